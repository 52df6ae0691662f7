"""Projects whose image has a Python that its base does not have, for tests that ci/stand-in runs.

launch.toml names the Python (standalone_archive).
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
import tempfile
import threading
import unittest

from image_project import REGISTRY, TAG, write_wheel
from standalone_archive import ARCHIVE, PYTHON, RELEASE, write_archive

LAUNCH = pathlib.Path(sys.argv.pop(1)).resolve()
NAME = f"launch-test-{os.getpid()}"


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class StandaloneProject(unittest.TestCase):
    """A project, and launch in it."""

    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-standalone-")).resolve()
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.images = set()
        cls.bases = set()  # which go last
        cls.addClassCleanup(cls.remove_images)
        for folder in ("served", "wheels"):
            (cls.root / folder).mkdir()
        write_archive(cls.root / "served" / ARCHIVE.replace("%2B", "+"))
        handler = functools.partial(Quiet, directory=cls.root / "served")
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.shutdown)
        wheels = cls.root / "wheels"
        write_wheel(wheels, "small-tool", {"small_tool.py": "def main():\n    print('small')\n",
                                           "small_data/template.py": "{{ not Python }}\n"},
                    "[console_scripts]\nsmall = small_tool:main\n")
        write_wheel(wheels, "broken-tool", {"broken_tool.py": "raise ImportError('no such library')\n"})
        write_wheel(wheels, "nvidia-large", {"nvidia/large/lib.bin": os.urandom(1 << 20) * 17, "nvidia/large/__init__.py": ""})
        cls.project = cls.make_project("project")

    @classmethod
    def remove_images(cls):
        for image in [*cls.images, *cls.bases]:
            subprocess.run(["podman", "rmi", "--force", image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @classmethod
    def make_project(cls, name):
        """A project with two recipes, NAME and NAME-broken."""
        project = cls.root / name
        for folder in ("recipes", "src/deep", "home"):
            (project / folder).mkdir(parents=True)
        (project / "src/main.py").write_text("print('main')\n")
        (project / "src/deep/run.sh").write_text("#!/bin/sh\necho deep\n")
        (project / "src/deep/run.sh").chmod(0o755)
        (project / "src/deep/empty").mkdir()
        (project / "src/link").symlink_to("deep/run.sh")
        digest = hashlib.sha256((cls.root / "served" / ARCHIVE.replace("%2B", "+")).read_bytes()).hexdigest()
        url = f"http://127.0.0.1:{cls.server.server_port}/{ARCHIVE}"
        (project / "launch.toml").write_text(
            f'[[registry]]\nprefix = "docker.io"\nlocation = "{REGISTRY}"\ninsecure = true\n\n'
            f'[[interpreter]]\nversion = "{RELEASE}"\n'
            f'linux-x86_64 = {{ url = "{url}", sha256 = "{digest}" }}\n')
        start = f'python = "{PYTHON}"\nplatforms = ["linux-x86_64"]\n'
        image = f'[image]\nfrom = "docker.io/nvidia/cuda:{TAG}"\n'
        (project / f"recipes/{NAME}.toml").write_text(
            f'{start}packages = ["small-tool", "nvidia-large"]\n{image}user = "trainer"\n'
            'copy = [{ from = "src", to = "/new/workspace" }, { from = "src/deep", to = "/srv/new/deep", owner = "1234:5678" },\n'
            '        { from = "src/main.py", to = "/opt/here/renamed.py" }, { from = "src/main.py", to = "/lib/here/" },\n'
            '        { from = "src/deep", to = "/srv", owner = "1234:5678" }]\nenv = { PATH = "/new/workspace/bin:$PATH", PRICE = "$5" }\n')
        (project / f"recipes/{NAME}-broken.toml").write_text(f'{start}packages = ["broken-tool"]\n{image}')
        return project

    def environment(self, project, store, more):
        environment = {**os.environ, "HOME": str(project / "home"), "LAUNCH_STORE": str(self.root / store / "wheels"),
                       "PIP_FIND_LINKS": str(self.root / "wheels"), **more}
        for name in [name for name in environment if name.startswith("XDG_")]:
            del environment[name]
        return environment

    def launch(self, *arguments, project=None, store="store", code=0, umask=0o022, clock=None, **more):
        """`clock`: what faketime shows it instead of the time, such as "+1y"."""
        project = project or self.project
        fake = ["faketime", "-f", clock] if clock else []
        more = {**more, "FAKETIME_DONT_FAKE_MONOTONIC": "1"} if clock else more
        done = subprocess.run([*fake, LAUNCH, "--json", *arguments], cwd=project, text=True, umask=umask,
                              env=self.environment(project, store, more), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, done.stderr)
        self.words = done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def start_build(self, *arguments, **more):
        return subprocess.Popen([LAUNCH, "build", NAME, *arguments], cwd=self.project, text=True, stdout=subprocess.DEVNULL,
                                stderr=subprocess.PIPE, env=self.environment(self.project, "store", more))

    def lock(self, project=None, name=NAME):
        self.launch("lock", name, project=project)

    def build(self, *arguments, **options):
        answer = self.launch("build", NAME, *arguments, **options)
        self.images.add(answer["image_id"])
        return answer

    def damage(self, wheel):
        """Overwrites a part of a wheel in the store, until the test ends. Returns what makes it whole again."""
        (kept,) = (self.root / "store").rglob(wheel)
        whole = kept.read_bytes()
        middle = len(whole) // 2
        self.write(kept, whole[:middle] + bytes(4096) + whole[middle + 4096 :])
        self.addCleanup(self.write, kept, whole)
        return lambda: self.write(kept, whole)

    @staticmethod
    def write(path, data):
        path.chmod(0o644)
        path.write_bytes(data)

    def expect_only_changed_layers_move(self, built, **variables):
        """The engine has what was built. The layer of a wheel cannot be read again, so whoever asks for it fails."""
        main = self.project / "src/main.py"
        self.addCleanup(main.write_text, main.read_text())
        main.write_text("print('changed')\n")
        self.damage("nvidia_large-1.0-py3-none-any.whl")
        changed = self.build(**variables)
        self.assertNotEqual(changed["image_id"], built["image_id"])
        self.assertEqual(changed["sizes"][:-1], built["sizes"][:-1], "all but the project's files")
