#!/usr/bin/env python3
"""ci/stand-in tests/e2e/verify.py LAUNCH: `launch verify` with the real podman and a small torch."""

import json
import signal
import subprocess
import time
import unittest

from image_project import TAG, write_wheel
from real_registry import run
from standalone_archive import PYTHON
from standalone_project import LAUNCH, NAME, StandaloneProject

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TORCH = {
    "torch/__init__.py": "from .version import __version__\nfrom . import version\nclass Module: pass\n",
    "torch/version.py": f"__version__ = '1.0+cpu'\ncuda = None\nhip = None\ngit_version = '{COMMIT}'\n",
    "torch/nn.py": "class Linear: pass\n",
}
WORKS = 'smoke = ["sh", "-c", "python -c \'import torch\' && test $(pwd) = /workspace && echo it works"]'


class Verify(StandaloneProject):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_wheel(cls.root / "wheels", "torch", TORCH)

    def setUp(self):
        self.record = self.project / f"lockfiles/{NAME}.verified.json"
        self.record.unlink(missing_ok=True)
        (self.project / "src/main.py").write_text("import os\nfrom torch import Module\nfrom torch.nn import Linear\n")
        self.recipe(WORKS)
        self.lock()
        self.image = self.build()["image_id"]

    def recipe(self, smoke, packages=""):
        (self.project / f"recipes/{NAME}.toml").write_text(
            f'python = "{PYTHON}"\nplatforms = ["linux-x86_64"]\npackages = [{packages}]\n'
            '[torch]\nchannel = "index"\npackages = ["torch==1.0"]\n'
            f'[image]\nfrom = "docker.io/nvidia/cuda:{TAG}"\ncopy = [{{ from = "src" }}]\nuser = "trainer"\n'
            f'[verify]\nscan = ["src"]\n{smoke}\n[train]\ncommand = ["main.py"]\ngpus = 0\n')

    def verify(self, code=0):
        answer = self.launch("verify", NAME, code=code)
        self.assertEqual(self.containers(), [])
        return answer

    def train(self):
        """What a run would say."""
        return subprocess.run([LAUNCH, "train", NAME, "--dry-run"], cwd=self.project, text=True, check=True,
                              stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              env=self.environment(self.project, "store", {})).stderr

    def containers(self):
        """Those in which images of this test are verified: each has a part of the image's ID in its name."""
        names = run("podman", "ps", "--all", "--filter", "label=launch.verify", "--format", "{{.Names}}").split()
        return [name for name in names if any(image.removeprefix("sha256:")[:12] in name for image in self.images)]

    def test_what_works_is_recorded_until_the_lock_changes(self):
        self.assertIn(f"not verified: run `launch verify {NAME}`\n", self.train())
        answer = self.verify()
        self.assertEqual((answer["verified"], answer["problems"], answer["smoke"]["output"]), (True, [], ["it works"]))
        record = json.loads(self.record.read_text())
        self.assertEqual(answer["found"], record)
        self.assertEqual(record["image"]["id"], self.image)
        self.assertEqual(record["torch"], {"version": "1.0+cpu", "cuda": None, "hip": None, "git_version": COMMIT})
        self.assertEqual((record["names"], record["gpus"], record["driver"]), (2, [], None))
        self.launch("lock", NAME)
        self.assertRegex(self.words, r"is unchanged\nverified on \d{4}-\d\d-\d\d without a GPU\n$")
        self.assertRegex(self.train(), r"\nverified on \d{4}-\d\d-\d\d without a GPU\n")
        with self.subTest("another lock"):
            self.recipe(WORKS, packages='"small-tool"')
            self.lock()
            self.assertTrue(self.words.endswith(f"not verified yet: run `launch verify {NAME}`\n"), self.words)
            self.verify(code=3)
            self.assertIn(f"was built from another lock: it has {record['lock']}, the lock is sha256:", self.words)
            self.assertEqual(json.loads(self.record.read_text()), record)
            self.build()
            self.assertNotEqual(self.verify()["found"]["lock"], record["lock"])

    def test_what_does_not_work_is_not_recorded(self):
        self.verify()
        (self.project / "src/main.py").write_text("from torch.nn import Linear, Gone\nimport torch.gone\n")
        self.verify(code=3)
        self.assertIn("was built from other files than the project has now\n", self.words)
        self.build()
        answer = self.verify(code=1)
        self.assertEqual([each["text"] for each in answer["problems"]],
                         ["src/main.py:1: torch.nn:Gone: AttributeError: module 'torch.nn' has no attribute 'Gone'",
                          "src/main.py:2: torch.gone: ModuleNotFoundError: No module named 'torch.gone'"])
        self.assertTrue(answer["removed"])
        self.assertFalse(self.record.exists())
        (self.project / "src/main.py").write_text("")
        self.build()
        self.recipe('smoke = ["python", "-c", "import torch; print(torch.version.cuda, flush=True); assert torch.version.cuda"]')
        answer = self.verify(code=1)
        self.assertEqual((answer["problems"][0]["text"], answer["smoke"]["code"]), ("the smoke test exited with code 1", 1))
        self.assertEqual((answer["smoke"]["output"][0], answer["smoke"]["output"][-1]), ("None", "AssertionError"))

    def test_the_check_of_launch_itself(self):
        self.recipe("")
        self.assertTrue(self.verify()["verified"])
        self.assertIsNone(json.loads(self.record.read_text())["smoke"])

    def test_an_interrupt_or_a_kill_leaves_no_container(self):
        self.recipe('smoke = ["sleep", "100"]')
        for sent, code in ((signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGKILL, -9)):
            with self.subTest(sent.name):
                verifying = subprocess.Popen([LAUNCH, "verify", NAME], cwd=self.project, stderr=subprocess.DEVNULL,
                                             env=self.environment(self.project, "store", {}))
                until = time.monotonic() + 60
                while not self.containers() and time.monotonic() < until:
                    time.sleep(0.05)
                self.assertTrue(self.containers(), "no container was started")
                verifying.send_signal(sent)
                self.assertEqual(verifying.wait(), code)
                self.assertFalse(self.record.exists())
                if sent != signal.SIGKILL:
                    self.assertEqual(self.containers(), [])
        self.recipe(WORKS)
        self.verify()


if __name__ == "__main__":
    unittest.main()
