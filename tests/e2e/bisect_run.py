#!/usr/bin/env python3
"""ci/stand-in tests/e2e/bisect_run.py LAUNCH: `launch bisect --run` with the real podman and nightlies of a small torch.

torch comes from a nightly channel on loopback. A name goes on the 5th; on the 3rd there is a nightly that cannot be
locked.
"""

import signal
import subprocess
import time
import unittest

from image_project import TAG, wheel_of
from loopback import File, World, serve
from podman_storage import list_images
from real_registry import run
from standalone_archive import PYTHON
from standalone_project import LAUNCH, NAME, StandaloneProject

FAILS = "python -c 'from torch import Module'"


def torch(day):
    version = f"2.9.0.dev2025060{day}+cpu"
    commit = str(day) * 40
    files = {"torch/__init__.py": "from . import version\n" + ("class Module: pass\n" if day < 5 else ""),
             "torch/version.py": f"__version__ = {version!r}\ngit_version = {commit!r}\n"}
    needs = "Requires-Dist: absent\n" if day == 3 else ""
    metadata = f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n{needs}"
    content = wheel_of("torch", files, version=version)
    return File("torch", f"torch-{version}-py3-none-any.whl", content, metadata.encode())


class BisectRun(StandaloneProject):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        world = World()
        cls.world = cls.enterClassContext(serve(world))
        channel = world.index("/whl/nightly/cpu", json=False, hashes=False, missing=403, sidecars=True)
        world.index("/simple")
        for day in range(1, 7):
            channel.offer(torch(day))
        (cls.project / f"recipes/{NAME}.toml").write_text(
            f'python = "{PYTHON}"\nplatforms = ["linux-x86_64"]\n'
            '[torch]\nchannel = "nightly"\ncuda = "cpu"\npackages = ["torch"]\n'
            f'[image]\nfrom = "docker.io/nvidia/cuda:{TAG}"\ncopy = [{{ from = "src" }}]\nuser = "trainer"\n')

    def setUp(self):
        self.before = self.storage()

    def tearDown(self):
        self.assertEqual(self.containers(), [])
        self.assertEqual(self.storage(), self.before, "images of candidates remain, or others are gone")

    def variables(self):
        return {"LAUNCH_CHANNEL_URL": f"{self.world.root}/whl", "LAUNCH_INDEX_URL": f"{self.world.root}/simple",
                "LAUNCH_ENGINE": "podman"}

    def bisect(self, command, *more, code=0):
        return self.launch("bisect", NAME, "--run", command, *more, code=code, **self.variables())

    def storage(self):
        """Images of this test's recipe, by name and ID, and all that have its name in a label."""
        named = list_images("--format", "{{.Repository}}:{{.Tag}}@{{.ID}}", "--filter", f"reference=localhost/launch/{NAME}*")
        return named, set(list_images("--all", "--quiet", "--filter", f"label=org.opencontainers.image.title={NAME}"))

    def containers(self):
        return run("podman", "ps", "--all", "--quiet", "--filter", "label=launch.bisect").split()

    def test_a_name_that_goes(self):
        answer = self.bisect(FAILS)
        said = {each["version"][-2:]: each["verdict"] for each in answer["tried"]}
        self.assertEqual(said, {"01": "works", "02": "works", "03": "skipped", "04": "works", "05": "fails", "06": "fails"})
        change = answer["change"]
        self.assertEqual((change["before"], change["after"], change["from"], change["to"]),
                         ("2.9.0.dev20250604", "2.9.0.dev20250605", "works", "fails"))
        self.assertEqual(change["commits"], {"before": "4" * 40, "after": "5" * 40})
        failing = next(each for each in answer["tried"] if each["version"].endswith("05"))
        self.assertEqual(failing["codes"], [1, 1])
        self.assertIn("ImportError: cannot import name 'Module' from 'torch'", failing["output"][-1])
        self.assertFalse((self.project / f"lockfiles/pylock.{NAME}.toml").exists())
        self.assertEqual(self.bisect(FAILS)["remembered"], 6)

    def test_what_the_command_sees(self):
        command = ("test $(id -un) = trainer && test -e main.py && test -n \"$LAUNCH_BISECT_VERSION\" && "
                   "test ! -e /sys/class/net/eth0 || exit 9; "
                   "case $LAUNCH_BISECT_VERSION in *06) kill -SEGV $$;; *05) exit 125;; esac")
        answer = self.bisect(command)
        codes = {each["version"][-2:]: each["codes"] for each in answer["tried"]}
        self.assertEqual((codes["01"], codes["05"], codes["06"]), ([0, 0], [125], [139, 139]))
        self.assertEqual(answer["change"]["skipped"], ["2.9.0.dev20250605"])

    def test_the_image_of_the_recipe_stays(self):
        self.launch("lock", NAME, **self.variables())
        self.addCleanup(lambda: (self.project / f"lockfiles/pylock.{NAME}.toml").unlink())
        built = self.launch("build", NAME, **self.variables())["image_id"]
        try:
            before = self.storage()
            self.bisect("test ! -e /no", code=1)
            self.assertEqual(self.storage(), before)
        finally:
            run("podman", "rmi", built)

    def test_an_interrupt_or_a_kill(self):
        command = "case $LAUNCH_BISECT_VERSION in *06) sleep 100;; esac"
        for sent, code in ((signal.SIGKILL, -9), (signal.SIGINT, 130), (signal.SIGTERM, 143)):
            with self.subTest(sent.name):
                running = subprocess.Popen([LAUNCH, "bisect", NAME, "--run", command], cwd=self.project, text=True,
                                           stderr=subprocess.PIPE, env=self.environment(self.project, "store", self.variables()))
                until = time.monotonic() + 120
                while time.monotonic() < until and running.poll() is None and not self.newest_runs():
                    time.sleep(0.1)
                running.send_signal(sent)
                said = running.communicate()[1]
                self.assertEqual(running.returncode, code, said)
                if sent == signal.SIGKILL:
                    self.assertNotEqual(self.storage(), self.before)
                    continue
                self.assertIn("continuing an earlier search: 1 of 6 versions already tried", said)
                self.assertTrue(said.endswith("interrupted; run the same command again to continue\n"), said)
                self.assertEqual(self.containers(), [])
                self.assertEqual(self.storage(), self.before)

    def newest_runs(self):
        found = subprocess.run(["podman", "inspect", *self.containers()], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        return "LAUNCH_BISECT_VERSION=2.9.0.dev20250606" in found.stdout


if __name__ == "__main__":
    unittest.main()
