#!/usr/bin/env python3
"""ci/stand-in tests/e2e/standalone.py LAUNCH: an image with a Python that its base does not have, built by the real podman.

The archive has the layout of python-build-standalone and holds the distribution's own CPython; launch.toml names it.
Nothing is installed by apt; the image is the same from scratch.
"""

import functools
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
import unittest

from image_project import REGISTRY, TAG, in_image, write_wheel

LAUNCH = sys.argv.pop(1)
NAME = f"launch-test-{os.getpid()}"
INTERPRETER = pathlib.Path("/usr/bin/python3").resolve()  # the distribution's, which brings its own libpython
RELEASE, LIBRARY = subprocess.run(
    [INTERPRETER, "-c", "import platform, sysconfig; print(platform.python_version(), sysconfig.get_path('stdlib'))"],
    text=True, check=True, stdout=subprocess.PIPE).stdout.split()
PYTHON = RELEASE.rpartition(".")[0]
ARCHIVE = f"cpython-{RELEASE}%2Btest-install_only.tar.gz"


def plain(member):
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 1_700_000_000
    left_out = ("__pycache__", "/test/", "/sitecustomize.py")  # the last is a link to /etc
    return None if any(part in member.name for part in left_out) else member


def write_archive(path):
    """The distribution's interpreter below python/, as far as it is needed to run."""
    with tarfile.open(path, "w:gz") as tar:
        tar.add(INTERPRETER, f"python/bin/python{PYTHON}", filter=plain)
        for name in ("python3", "python"):
            link = tarfile.TarInfo(f"python/bin/{name}")
            link.type, link.linkname, link.mtime = tarfile.SYMTYPE, f"python{PYTHON}", 1_700_000_000
            tar.addfile(link)
        tar.add(LIBRARY, f"python/lib/python{PYTHON}", filter=plain)


class Standalone(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-standalone-")).resolve()
        cls.images = set()
        for folder in ("recipes", "served", "wheels", "home"):
            (cls.root / folder).mkdir()
        archive = cls.root / "served" / ARCHIVE.replace("%2B", "+")
        write_archive(archive)
        handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=cls.root / "served")
        handler.log_message = lambda *_: None
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        write_wheel(cls.root / "wheels", "small-tool", {"small_tool.py": "def main():\n    print('small')\n"},
                    "[console_scripts]\nsmall = small_tool:main\n")
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        url = f"http://127.0.0.1:{cls.server.server_port}/{ARCHIVE}"
        (cls.root / "launch.toml").write_text(
            f'[[registry]]\nprefix = "docker.io"\nlocation = "{REGISTRY}"\ninsecure = true\n\n'
            f'[[interpreter]]\nversion = "{RELEASE}"\n'
            f'linux-x86_64 = {{ url = "{url}", sha256 = "{digest}" }}\n')
        (cls.root / f"recipes/{NAME}.toml").write_text(
            f'python = "{PYTHON}"\nplatforms = ["linux-x86_64"]\npackages = ["small-tool"]\n'
            f'[image]\npython = "standalone"\nfrom = "docker.io/nvidia/cuda:{TAG}"\n')

    @classmethod
    def tearDownClass(cls):
        cls.server.shutdown()
        for image in cls.images:
            subprocess.run(["podman", "rmi", "--force", image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(cls.root)

    def launch(self, *arguments, store="store"):
        environment = {**os.environ, "HOME": str(self.root / "home"), "LAUNCH_STORE": str(self.root / store / "wheels"),
                       "PIP_FIND_LINKS": str(self.root / "wheels")}
        for name in [name for name in environment if name.startswith("XDG_")]:
            del environment[name]
        done = subprocess.run([LAUNCH, "--json", *arguments], cwd=self.root, env=environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_image(self):
        self.launch("lock", NAME)
        first = self.launch("build", NAME)
        self.images.add(first["image_id"])
        image = first["image_id"]
        self.assertEqual(in_image(self, image, "small"), "small\n")
        self.assertEqual(in_image(self, image, "python", "-c", "import platform, sys; print(platform.python_version(), "
                                       "sys.prefix, sys.base_prefix)"), f"{RELEASE} /opt/venv /python\n")
        self.assertEqual(in_image(self, image, "python", "-c", "import json; print(open(json.__cached__, 'rb').read(8)[4])"),
                         "1\n", "the library's bytecode is not checked")
        again = self.launch("build", NAME, "--from-scratch", store="other/store")
        self.images.add(again["image_id"])
        self.assertEqual((again["image_id"], again["image"]), (image, first["image"]))


if __name__ == "__main__":
    unittest.main()
