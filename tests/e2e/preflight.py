"""launch train --preflight: real torchrun, real torch with gloo, four nodes of one rank each.

usage: preflight.py LAUNCH

The image is the demo's (localhost/launch/demo:latest, or LAUNCH_GALLERY_IMAGE) with other labels. Rank 2 is the one that
fails: a module that Python imports in each rank makes it so.
"""

import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

from train_project import assert_nothing_left, left_over, lock_of, podman

LAUNCH = ""
NAME = f"launch-preflight-{os.getpid()}"
IMAGE = os.environ.get("LAUNCH_GALLERY_IMAGE", "localhost/launch/demo:latest")

RECIPE = """python    = "3.11"
platforms = ["linux-x86_64"]
packages  = ["torch"]

[train]
command = ["/job/train.py"]
nodes   = 4
gpus    = 0
mounts  = [{{ from = "{folder}", to = "/job" }}]
[train.env]
PYTHONPATH = "/job"
"""

TRAINING = """
import torch.distributed as dist
dist.init_process_group("gloo")
dist.barrier()
print("trained", flush=True)
"""

# In rank 2, the code of a test.
FAULT = """import os, signal
if os.environ.get("RANK") == "2":
    {}
"""
# Its part number COUNT, or the rank itself, stops as it begins that part.
STOPS = """fork, parts = os.fork, []
    def stops():
        parts.append(0)
        pid = {before} if len(parts) == {count} else fork()
        return pid
    def child():
        pid = fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
        return pid
    def rank():
        os.kill(os.getpid(), signal.SIGSTOP)
        return fork()
    os.fork = stops
"""


class Preflight(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-preflight-"))
        cls.folder = cls.root / "job"
        cls.folder.mkdir()
        (cls.folder / "train.py").write_text(TRAINING)
        cls.image = f"localhost/launch/{NAME}:latest"
        cls.environment = os.environ | {"LAUNCH_STATE": str(cls.root / "state"), "LAUNCH_ENGINE": "podman"}
        recipe = RECIPE.format(folder=cls.folder)
        lock = lock_of(recipe)
        for folder, file, text in (("recipes", f"{NAME}.toml", recipe), ("lockfiles", f"pylock.{NAME}.toml", lock)):
            (cls.root / folder).mkdir()
            (cls.root / folder / file).write_text(text)
        labels = "LABEL launch.lock=sha256:" + hashlib.sha256(lock.encode()).hexdigest() \
        + ' launch.recipe="" launch.inputs="" launch.files=""'
        podman("build", "--pull=never", "-t", cls.image, "-", input=f"FROM {IMAGE}\n{labels}\n".encode())

    @classmethod
    def tearDownClass(cls):
        subprocess.run(["podman", "rmi", cls.image], capture_output=True)
        shutil.rmtree(cls.root)

    def start(self, fault="pass"):
        (self.folder / "sitecustomize.py").write_text(FAULT.format(fault))
        # conmon leaves a file "oom" in the working folder.
        return subprocess.Popen([LAUNCH, "-C", str(self.root), "--json", "train", NAME, "--preflight"], cwd=self.root,
                                env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def train(self, fault="pass"):
        process = self.start(fault)
        try:
            out, err = process.communicate(timeout=500)
        except subprocess.TimeoutExpired:
            process.terminate()
            self.fail(process.communicate()[1].decode())
        assert_nothing_left(lambda: left_over(NAME))
        document = json.loads(out)
        print(f"{fault.splitlines()[0]!r}: code {process.returncode}, preflight in "
              f"{document['preflight']['seconds']:.1f} s: {document['preflight']['message']}", file=sys.stderr)
        return process.returncode, document, err.decode()

    def assert_fails(self, fault, blame, message):
        code, document, err = self.train(fault)
        found = document["preflight"]
        self.assertEqual((code, document["result"], found["blame"], found["ranks"], found["nodes"]),
                         (3, "failed", blame, [2], [2]), err)
        self.assertEqual(found["message"], message)
        self.assertIn(f"error: preflight failed: {message}\n", err)
        self.assertNotIn("trained", err)
        log = re.search("^hint: read what each rank found: (.*)$", err, re.MULTILINE).group(1)
        self.assertIn("[2.2] @preflight ", pathlib.Path(log).read_text())

    def test_one_that_works_is_followed_by_the_training(self):
        code, document, err = self.train()
        self.assertEqual((code, document["result"]), (0, "succeeded"), err)
        self.assertRegex(err, r"\npreflight: an all-reduce over 4 ranks works: gloo over TCP \(eth0\), \d+\.\d\d GB/s bus "
                              r"bandwidth at \d+ MiB, in .* s\n")
        self.assertEqual(err.count("] trained\n"), 4)
        found = document["preflight"]
        self.assertEqual((found["works"], found["backend"], found["transports"], found["interfaces"]),
                         (True, "gloo", ["TCP"], ["eth0"]))
        record = json.loads(pathlib.Path(document["record"]).read_text())
        self.assertEqual(record["preflight"], found)

    def test_a_rank_with_a_wrong_interface_is_named(self):
        self.assert_fails('os.environ["GLOO_SOCKET_IFNAME"] = "wrong0"', "node",
                          "node 2 reaches no other node, while the others reach each other: Unable to find address for: "
                          "wrong0")

    def test_a_rank_that_hangs_alone_is_named_after_its_limit(self):
        self.assert_fails(STOPS.format(before="child()", count=1), "device",
                          "rank 2 on node 2 fails alone: no answer within 20 s (starting)")

    def test_a_rank_that_stops_altogether_is_named(self):
        self.assert_fails(STOPS.format(before="rank()", count=2), "rank", "rank 2 on node 2 stopped answering")

    def test_interrupted_or_killed_it_leaves_nothing(self):
        for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
            before = set((self.root / "state" / "runs").glob("*"))
            process = self.start(STOPS.format(before="child()", count=1))
            while not (logs := set((self.root / "state" / "runs").glob("*")) - before) or "[2.2] @preflight " not in \
                    self.text_of(logs.copy().pop() / "logs" / "preflight" / "all.log"):
                self.assertIsNone(process.poll())
                time.sleep(0.05)
            process.send_signal(number)
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, code, err.decode())
            assert_nothing_left(lambda: left_over(NAME), 0 if number == signal.SIGINT else 30)

    @staticmethod
    def text_of(file):
        return file.read_text() if file.exists() else ""


if __name__ == "__main__":
    LAUNCH = os.path.abspath(sys.argv.pop(1))
    unittest.main(verbosity=2)
