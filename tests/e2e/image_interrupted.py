#!/usr/bin/env python3
"""ci/stand-in tests/e2e/image_interrupted.py LAUNCH: builds that are interrupted or killed, by the real podman.

podman gets a storage of its own here, so that everything in it is of these builds.
"""

import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from image_project import REGISTRY, base_python, write_lock, write_wheel
from podman_storage import own_storage, release_storage

LAUNCH = sys.argv.pop(1)
NAME = f"launch-test-{os.getpid()}"


class Interrupted(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-interrupted-")).resolve()
        cls.environment = {**os.environ, "HOME": str(cls.root), "LAUNCH_STORE": str(cls.root / "cache/wheels"),
                           **own_storage(cls.root)}
        for folder in ("recipes", "lockfiles/wheels"):
            (cls.root / folder).mkdir(parents=True)
        (cls.root / "launch.toml").write_text(
            f'[[registry]]\nprefix = "docker.io"\nlocation = "{REGISTRY}"\ninsecure = true\n')
        cls.recipe = f"""python    = "{base_python()}"
platforms = ["linux-x86_64"]
packages  = ["small-tool"]

[image]
python = "base"
env  = {{ LAUNCH_TEST = "{NAME}" }}
user = "trainer"
"""
        (cls.root / f"recipes/{NAME}.toml").write_text(cls.recipe)
        # Its bytecode takes a minute.
        cls.large = write_wheel(cls.root / "lockfiles/wheels", "large-tool",
                                {f"large_tool/m{i}.py": "x = [1, 2, 3]\n" * 50000 for i in range(100)})
        cls.small = write_wheel(cls.root / "lockfiles/wheels", "small-tool", {"small_tool.py": "VALUE = 42\n"})
        cls.lock(cls.small)
        process = cls.start()
        _, err = process.communicate()
        assert process.returncode == 0, err
        cls.podman("untag", f"localhost/launch/{NAME}")

    @classmethod
    def tearDownClass(cls):
        cls.podman("rmi", "--all", "--force")
        release_storage(cls.root)
        shutil.rmtree(cls.root)

    @classmethod
    def lock(cls, *wheels):
        write_lock(cls.root, NAME, cls.recipe, wheels)

    @classmethod
    def podman(cls, *arguments):
        return subprocess.run(["podman", *arguments], env=cls.environment, check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

    @classmethod
    def start(cls):
        return subprocess.Popen([LAUNCH, "build", NAME], cwd=cls.root, env=cls.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    @staticmethod
    def processes():
        """Processes in the containers of these builds, found by the recipe's environment."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if f"LAUNCH_TEST={NAME}".encode() in (process / "environ").read_bytes().split(b"\0"):
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                pass
        return found

    def wait_for(self, what, process):
        while not what():
            self.assertIsNone(process.poll(), "the build ended before it was interrupted")
            time.sleep(0.05)

    def compiling(self):
        return any("compileall" in line and not line.startswith("/bin/") for line in self.processes())

    def left(self):
        places = [self.root / "cache/contexts", self.root / "cache/builds"]
        return {"containers": self.podman("ps", "--all", "--external", "--format", "{{.Names}}").split(),
                "images": sorted(self.podman("images", "--all", "--quiet", "--no-trunc").split()),
                "files": sorted(path.name for place in places for path in place.iterdir() if path.suffix != ".lock"
                                and path.name != ".lock"),
                "bundles": [path.name for path in pathlib.Path("/var/tmp").glob("buildah*/mnt")],
                "processes": self.processes()}

    def interrupt(self, process, number):
        began = time.monotonic()
        process.send_signal(number)
        out, err = process.communicate()
        print(f"{number.name}: gone after {time.monotonic() - began:.1f} s", file=sys.stderr)
        self.assertEqual((process.returncode, out), (128 + number, ""), err)
        self.assertIn("interrupted; no image was built\n", err)

    def test_interrupted_run_leaves_nothing(self):
        self.lock(self.large, self.small)
        before = self.left()
        for number in (signal.SIGINT, signal.SIGTERM):
            process = self.start()
            self.wait_for(self.compiling, process)
            self.assertNotEqual(self.left(), before)
            self.interrupt(process, number)
            self.assertEqual(self.left(), before)

    def test_interrupted_copy_leaves_nothing(self):
        self.lock(self.large, self.small)
        before = self.left()
        process = self.start()
        self.wait_for(lambda: self.podman("ps", "--all", "--external", "--quiet"), process)
        self.interrupt(process, signal.SIGTERM)
        self.assertEqual(self.left(), before)

    def test_killed_build_is_cleaned_up_by_the_next(self):
        before = self.left()
        self.lock(self.large, self.small)
        process = self.start()
        self.wait_for(self.compiling, process)
        process.kill()
        process.communicate()
        self.assertNotEqual(self.left(), before)
        self.lock(self.small)
        process = self.start()
        _, err = process.communicate()
        self.assertEqual(process.returncode, 0, err)
        self.podman("untag", f"localhost/launch/{NAME}")
        self.assertEqual(self.left(), before)

    def test_builds_of_one_recipe_wait_for_each_other(self):
        self.lock(self.large, self.small)
        before = self.left()
        first = self.start()
        self.wait_for(self.compiling, first)
        second = self.start()
        line = second.stderr.readline()
        self.assertEqual(line, f"another build of {NAME} is running; waiting for it\n")
        self.interrupt(second, signal.SIGTERM)
        self.assertTrue(self.compiling())
        self.interrupt(first, signal.SIGINT)
        self.assertEqual(self.left(), before)


if __name__ == "__main__":
    unittest.main()
