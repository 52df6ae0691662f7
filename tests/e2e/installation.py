#!/usr/bin/env python3
"""installation.py UNPACK_WHEELS: wheels as installed in images, compared with the real pip.

The wheels come from the machine's index. The same files, contents, modes and RECORD rows are expected but for what names
the installer; console scripts differ in their text and must do the same.
"""

import csv
import filecmp
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

UNPACK = sys.argv.pop(1)
PYTHON = "%d.%d" % sys.version_info[:2]
SITE = f"lib/python{PYTHON}/site-packages"
# Console scripts, data files, headers, old-style scripts, compiled code, executable files.
WHEELS = ["wheel==0.45.1", "pyyaml==6.0.2", "jupyterlab-widgets==3.0.13", "greenlet==3.1.1", "pyflakes==3.2.0",
          "docutils==0.20.1", "numpy==2.1.3", "ninja==1.11.1.1", "jmespath==1.0.1", "Pygments==2.18.0"]
OF_THE_INSTALLER = {"INSTALLER", "RECORD", "REQUESTED", "direct_url.json"}


def plain(path):
    """pip in a virtual environment keeps headers below include/site, where no compiler looks."""
    return path.replace("include/site/", "include/")


def tree(root):
    return {plain(str(path.relative_to(root))): path for path in sorted(root.rglob("*")) if path.is_file()}


def record(path):
    with open(path, newline="") as file:
        return {plain(row[0]): row[1:] for row in csv.reader(file) if pathlib.PurePath(row[0]).name not in OF_THE_INSTALLER}


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

    def compare(self, wheel, ours):
        theirs = self.root / "pip" / ours.name
        self.pip("install", "--no-compile", "--no-deps", "--no-index", "--ignore-installed", "--no-warn-script-location",
                 "--prefix", theirs, wheel)
        expected, found = tree(theirs), tree(ours)
        for files in (expected, found):
            for path in list(files):
                if pathlib.PurePath(path).name in OF_THE_INSTALLER:
                    del files[path]
        self.assertEqual(sorted(found), sorted(expected))
        for path, file in found.items():
            self.assertEqual(file.stat().st_mode & 0o111 != 0, expected[path].stat().st_mode & 0o111 != 0, path)
            if not path.startswith("bin/"):
                self.assertTrue(filecmp.cmp(file, expected[path], shallow=False), path)
        (our_record,) = ours.glob(f"{SITE}/*.dist-info/RECORD")
        (their_record,) = theirs.glob(f"{SITE}/*.dist-info/RECORD")
        mine, real = record(our_record), record(their_record)
        self.assertEqual(sorted(mine), sorted(real))
        for path, row in mine.items():
            if "bin/" not in path:
                self.assertEqual(row, real[path], path)

    def test_files_are_those_of_pip(self):
        wheels = self.root / "wheels"
        self.pip("download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", wheels, *WHEELS)
        files = sorted(wheels.iterdir())
        self.assertEqual(len(files), len(WHEELS))
        self.run_quietly(UNPACK, self.root / "ours", PYTHON, sys.executable, *files)
        for wheel in files:
            with self.subTest(wheel.name):
                project = wheel.name.split("-")[0].lower().replace("_", "-").replace(".", "-")
                self.compare(wheel, self.root / "ours" / project)

    def test_scripts_do_the_same(self):
        wheels = self.root / "wheels"
        self.pip("download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", wheels, "Pygments==2.18.0")
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
    unittest.main()
