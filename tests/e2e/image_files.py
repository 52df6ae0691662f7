#!/usr/bin/env python3
"""ci/stand-in tests/e2e/image_files.py LAUNCH: the project's files in images that the real podman builds.

What arrives in a container is what was meant: names, kinds, modes, owners, links; and the user can write its work folder,
whether the base image has it or not.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from image_project import REGISTRY, base_python, in_image, write_lock, write_wheel

LAUNCH = sys.argv.pop(1)


class ImageFiles(unittest.TestCase):
    def setUp(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-files-")).resolve()
        self.addCleanup(shutil.rmtree, self.root)
        self.images = set()
        self.addCleanup(self.remove_images)
        self.project = self.root / "project"
        for folder in ("recipes", "lockfiles/wheels"):
            (self.project / folder).mkdir(parents=True)
        (self.root / "home").mkdir()
        (self.project / "launch.toml").write_text(
            f'[[registry]]\nprefix = "docker.io"\nlocation = "{REGISTRY}"\ninsecure = true\n')
        self.wheel = write_wheel(self.project / "lockfiles/wheels", "small-tool", {"small_tool/__init__.py": "VALUE = 42\n"})

    def remove_images(self):
        for image in self.images:
            subprocess.run(["podman", "rmi", "--force", image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def write(self, name, content="x", mode=0o644):
        path = self.project / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        path.chmod(mode)

    def recipe(self, name, image):
        """Writes a recipe and its lock; returns the recipe's name, which no other process has."""
        name = f"launch-test-{name}-{os.getpid()}"
        text = f'python = "{base_python()}"\nplatforms = ["linux-x86_64"]\npackages = ["small-tool"]\n[image]\npython = "base"\n{image}'
        (self.project / f"recipes/{name}.toml").write_text(text)
        write_lock(self.project, name, text, [self.wheel])
        return name

    def launch(self, *arguments, umask=0o022):
        environment = {**os.environ, "HOME": str(self.root / "home"), "LAUNCH_STORE": str(self.root / "store/wheels")}
        for name in [name for name in environment if name.startswith("XDG_")]:
            del environment[name]
        return subprocess.run([LAUNCH, *arguments], cwd=self.project, env=environment, text=True, umask=umask,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def build(self, name, *arguments, **options):
        """The image's ID; self.words is what the build said."""
        done = self.launch("--json", "build", name, *arguments, **options)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.words = done.stderr
        answer = json.loads(done.stdout)
        self.images.add(answer["image_id"])
        return answer["image_id"]

    def found(self, image, folder):
        """Kind, mode, owner, path and target of all that is in a folder of the image."""
        said = in_image(self, image, "find", folder, "-printf", "%y %m %U:%G %P %l\n")
        return sorted(line.rstrip() for line in said.splitlines())

    def test_whole_project(self):
        name = self.recipe("all", 'copy = [{ from = ".", exclude = ["recipes", "launch.toml"] }]\nuser = "trainer"\n')
        self.write("train.py", "print('train')\n", 0o600)
        self.write("tools/run.sh", "#!/bin/sh\necho run\n", 0o700)
        self.write("a b/é.txt")
        (self.project / "empty/inner").mkdir(parents=True, mode=0o700)
        (self.project / "tools/latest.py").symlink_to("../train.py")
        (self.project / "tools/absolute.py").symlink_to(self.project / "train.py")
        (self.project / "current").symlink_to("tools")
        (self.project / "dangling").symlink_to("gone")
        for left_out in (".git/config", "src/__pycache__/a.pyc", "env/pyvenv.cfg", "data/large.bin"):
            self.write(left_out)
        self.write("data/keep.txt")
        self.write(".dockerignore", "data\n!data/keep.txt\n.dockerignore\n")
        image = self.build(name, "--from-scratch")
        self.assertIn("not copied into the image: .git, env and lockfiles;", self.words)
        self.assertEqual(self.found(image, "/workspace"), [
            "d 755 1001:1001",
            "d 755 1001:1001 a b",
            "d 755 1001:1001 data",
            "d 755 1001:1001 empty",
            "d 755 1001:1001 empty/inner",
            "d 755 1001:1001 src",
            "d 755 1001:1001 tools",
            "f 644 1001:1001 a b/é.txt",
            "f 644 1001:1001 data/keep.txt",
            "f 644 1001:1001 train.py",
            "f 755 1001:1001 tools/run.sh",
            "l 777 1001:1001 current tools",
            "l 777 1001:1001 dangling gone",
            "l 777 1001:1001 tools/absolute.py ../train.py",
            "l 777 1001:1001 tools/latest.py ../train.py",
        ])  # fmt: skip
        self.assertEqual(in_image(self, image, "python", "tools/absolute.py"), "train\n")
        self.assertEqual(in_image(self, image, "current/run.sh"), "run\n")
        self.assertEqual(in_image(self, image, "sh", "-c", "id -un; pwd; touch new empty/new; rm train.py; ls"),
                         "trainer\n/workspace\na b\ncurrent\ndangling\ndata\nempty\nnew\nsrc\ntools\n")
        self.assertEqual(self.build(name, "--from-scratch", umask=0o077), image)

        self.write(".env")
        done = self.launch("build", name)
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("1 file looks like a secret: .env\n", done.stderr)

    def test_owners(self):
        self.write("src/a.py")
        self.write(".env", "KEY=1\n")
        name = self.recipe("owners", 'copy = [{ from = "src", to = "/srv" }, { from = ".env", to = "/opt/app/.env", owner = "root" }, '
                                     '{ from = "src", to = "/data/deep", owner = "1234:50" }]\nuser = "trainer"\n')
        image = self.build(name)
        self.assertEqual(self.found(image, "/srv"), ["d 755 1001:1001", "f 644 1001:1001 a.py"])
        self.assertEqual(self.found(image, "/opt/app"), ["d 755 0:0", "f 644 0:0 .env"])
        self.assertEqual(self.found(image, "/data/deep"), ["d 755 1234:50", "f 644 1234:50 a.py"])
        self.assertEqual(in_image(self, image, "sh", "-c", "pwd; touch new; ls; touch /opt/app/new 2>/dev/null || echo no"),
                         "/srv\na.py\nnew\nno\n")

        name = self.recipe("root", 'copy = [{ from = "src", to = "/srv" }]\n')
        self.assertEqual(self.found(self.build(name), "/srv"), ["d 755 0:0", "f 644 0:0 a.py"])


if __name__ == "__main__":
    unittest.main()
