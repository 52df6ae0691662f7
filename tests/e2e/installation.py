#!/usr/bin/env python3
"""installation.py UNPACK_WHEELS [--most-used]: wheels as installed in images, compared with the real pip and uv.

The wheels come from the machine's index. The same files, contents, modes and RECORD rows are expected but for what names
the installer; console scripts differ in their text and must do the same. --most-used compares more than 200 wheels and
takes about 15 minutes and 5 GB.
"""

import csv
import filecmp
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

UNPACK = sys.argv.pop(1)
MOST_USED = "--most-used" in sys.argv
PYTHON = "%d.%d" % sys.version_info[:2]
SITE = f"lib/python{PYTHON}/site-packages"
# Console scripts, data files, headers, old-style scripts, compiled code, executable files.
WHEELS = ["wheel==0.45.1", "pyyaml==6.0.2", "jupyterlab-widgets==3.0.13", "greenlet==3.1.1", "pyflakes==3.2.0",
          "docutils==0.20.1", "numpy==2.1.3", "ninja==1.11.1.1", "jmespath==1.0.1", "Pygments==2.18.0"]
# Applications that, with what they depend on, bring most of the projects that are downloaded most. Each is resolved on its
# own, as they would be installed.
APPLICATIONS = ["jupyterlab", "mlflow", "sphinx", "hatch", "pre-commit", "pytest-cov", "pytest-asyncio", "mypy", "awscli", "s3fs",
                "fastapi[standard]", "scrapy", "transformers", "datasets", "google-cloud-aiplatform", "azure-identity",
                "kubernetes", "grpcio-tools", "opentelemetry-exporter-otlp", "snowflake-connector-python", "openpyxl",
                "celery[redis]", "ansible-core", "paramiko", "psycopg2-binary"]  # fmt: skip
OF_THE_INSTALLER = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json", "uv_cache.json", ".lock"}


def plain(path):
    """In a virtual environment pip and uv keep headers below include/site, where no compiler looks."""
    return path.replace("include/site/", "include/")


def tree(root):
    return {plain(str(path.relative_to(root))): path for path in sorted(root.rglob("*")) if path.is_file()}


def record(path):
    with open(path, newline="") as file:
        return {plain(row[0]): row[1:] for row in csv.reader(file) if pathlib.PurePath(row[0]).name not in OF_THE_INSTALLER}


def normalized(wheel):
    return re.sub(r"[-_.]+", "-", wheel.name.split("-")[0]).lower()


class Installation(unittest.TestCase):
    def setUp(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="launch-test-installation-")
        self.root = pathlib.Path(self.scratch.name)
        self.addCleanup(self.scratch.cleanup)

    def run_quietly(self, *command):
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(done.returncode, 0, done.stdout)

    def pip(self, *arguments):
        self.run_quietly(sys.executable, "-m", "pip", "--disable-pip-version-check", *arguments)

    def install_by_pip(self, wheel, place):
        self.pip("install", "--no-compile", "--no-deps", "--no-index", "--ignore-installed", "--no-warn-script-location",
                 "--prefix", place, wheel)

    def install_by_uv(self, wheel, place):
        self.run_quietly(sys.executable, "-m", "uv", "pip", "install", "--no-deps", "--no-index", "--no-cache", "--reinstall",
                         "--link-mode", "copy", "--python", sys.executable, "--prefix", place, wheel)

    def compare(self, wheel, ours, install):
        theirs = self.root / "theirs" / ours.name
        install(wheel, theirs)
        self.addCleanup(shutil.rmtree, theirs, ignore_errors=True)
        expected, found = tree(theirs), tree(ours)
        for files in (expected, found):
            for path in list(files):
                if pathlib.PurePath(path).name in OF_THE_INSTALLER:
                    del files[path]
        self.assertEqual((sorted(found.keys() - expected), sorted(expected.keys() - found)), ([], []))
        for path, file in found.items():
            self.assertEqual(file.stat().st_mode & 0o111 != 0, expected[path].stat().st_mode & 0o111 != 0, path)
            if not path.startswith("bin/"):
                self.assertTrue(filecmp.cmp(file, expected[path], shallow=False), path)
        (our_record,) = ours.glob(f"{SITE}/*.dist-info/RECORD")
        (their_record,) = theirs.glob(f"{SITE}/*.dist-info/RECORD")
        mine, real = record(our_record), record(their_record)
        self.assertEqual((sorted(mine.keys() - real), sorted(real.keys() - mine)), ([], []))
        for path, row in mine.items():
            if "bin/" not in path:
                self.assertEqual(row, real[path], path)
        shutil.rmtree(theirs)
        return len(found)

    def download(self, folder, *wanted):
        self.pip("download", "--quiet", "--only-binary", ":all:", "--dest", folder, *wanted)

    def unpacked(self, files):
        """The folder of each wheel, as images get it."""
        self.run_quietly(UNPACK, self.root / "ours", PYTHON, sys.executable, *files)
        return {wheel: self.root / "ours" / normalized(wheel) for wheel in files}

    def test_files_are_those_of_pip_and_uv(self):
        self.download(self.root / "wheels", "--no-deps", *WHEELS)
        files = sorted((self.root / "wheels").iterdir())
        self.assertEqual(len(files), len(WHEELS))
        for wheel, ours in self.unpacked(files).items():
            for install in (self.install_by_pip, self.install_by_uv):
                with self.subTest(wheel.name, by=install.__name__):
                    self.compare(wheel, ours, install)

    @unittest.skipUnless(MOST_USED, "takes long")
    def test_files_of_the_most_used(self):
        files = {}
        for application in APPLICATIONS:
            self.download(self.root / "wheels" / application, application)
            for wheel in sorted((self.root / "wheels" / application).iterdir()):
                files[normalized(wheel)] = wheel
        self.assertGreaterEqual(len(files), 200)
        compared = 0
        for wheel, ours in self.unpacked(files.values()).items():
            for install in (self.install_by_pip, self.install_by_uv):
                with self.subTest(wheel.name, by=install.__name__):
                    compared += self.compare(wheel, ours, install)
        size = sum(wheel.stat().st_size for wheel in files.values())
        print(f"{len(files)} wheels, {size / 1e6:.0f} MB; {compared} files compared with those of pip and uv", flush=True)
        print(*sorted(files), flush=True)

    def test_scripts_do_the_same(self):
        wheels = self.root / "wheels"
        self.download(wheels, "--no-deps", "Pygments==2.18.0")
        self.run_quietly(UNPACK, self.root / "ours", PYTHON, sys.executable, *wheels.iterdir())
        self.pip("install", "--quiet", "--no-index", "--no-deps", "--ignore-installed", "--prefix", self.root / "pip",
                 *wheels.iterdir())
        answers = []
        for prefix in (self.root / "ours/pygments", self.root / "pip"):
            environment = {**os.environ, "PYTHONPATH": str(prefix / SITE)}
            done = subprocess.run([prefix / "bin/pygmentize", "-V"], env=environment, stdout=subprocess.PIPE, text=True)
            answers.append((done.returncode, done.stdout))
        self.assertEqual(answers[0], answers[1])
        self.assertEqual(answers[0][0], 0)


if __name__ == "__main__":
    unittest.main(argv=[each for each in sys.argv if each != "--most-used"])
