"""recipes/gpt.toml with the real torch on two nodes: interrupted with Ctrl-C and resumed, as if it had never stopped.

usage: resume.py LAUNCH

The interrupted run is the first, and says after which step it stopped; the uninterrupted one has as many steps as it and
the resumed one together. Every loss and every byte of the last checkpoint's tensors are equal: with the same number of
ranks and threads, torch and gloo add up in the same order. The image is the demo's (localhost/launch/demo:latest, or
LAUNCH_GALLERY_IMAGE) with the recipe's script. About 70 s on two cores.
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

from train_project import assert_nothing_left, left_over, lock_of, podman

LAUNCH = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
NAME = f"launch-resume-{os.getpid()}"
IMAGE = os.environ.get("LAUNCH_GALLERY_IMAGE", "localhost/launch/demo:latest")
MORE = 12  # steps after the interruption
EVERY = 8  # steps from checkpoint to checkpoint


class Project:
    """The recipe, with a folder of checkpoints, and an image of its lock."""

    def __init__(self):
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-resume-"))
        self.environment = os.environ | {"LAUNCH_STATE": str(self.root / "state"), "LAUNCH_ENGINE": "podman"}
        self.process = None
        self.image = f"localhost/launch/{NAME}:latest"
        recipe = (ROOT / "recipes/gpt.toml").read_text().replace('python    = "3.12"', 'python    = "3.11"')
        lock = lock_of(recipe)
        for folder, file, text in (("recipes", f"{NAME}.toml", recipe), ("lockfiles", f"pylock.{NAME}.toml", lock)):
            (self.root / folder).mkdir()
            (self.root / folder / file).write_text(text)
        labels = "LABEL launch.lock=sha256:" + hashlib.sha256(lock.encode()).hexdigest() \
        + ' launch.recipe="" launch.inputs="" launch.files=""'
        build = self.root / "Dockerfile"
        build.write_text(f"FROM {IMAGE}\nCOPY train.py /workspace/train.py\n{labels}\n")
        podman("build", "--pull=never", "--network", "none", "-t", self.image, "-f", build, ROOT / "recipes/gpt")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            self.process.communicate()
        subprocess.run(["podman", "rmi", self.image], capture_output=True)
        shutil.rmtree(self.root)

    @property
    def checkpoints(self):
        return self.root / "checkpoints"

    def start(self, steps, nodes=2):
        self.checkpoints.mkdir(exist_ok=True)
        command = [LAUNCH, "-C", self.root, "--json", "train", NAME, "--nodes", str(nodes), "--gpus", "0", "--",
                   "--steps", str(steps), "--every", str(EVERY)]
        self.process = subprocess.Popen(command, cwd=self.root, env=self.environment, text=True, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE)
        return self.process

    def train(self, steps, nodes=2):
        """The output of a run that succeeds."""
        process = self.start(steps, nodes)
        out, err = process.communicate(timeout=300)
        assert (process.returncode, json.loads(out)["code"]) == (0, 0), err
        return err

    def interrupted(self, after):
        """The output of a run that is interrupted after some step."""
        process = self.start(10**6)
        seen = ""
        while f"step {after}: " not in seen:
            line = process.stderr.readline()
            assert line, seen
            seen += line
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=300)
        document = json.loads(out)
        assert (process.returncode, document["code"], document["result"]) == (130, 130, "interrupted"), seen + err
        record = json.loads(pathlib.Path(document["record"]).read_text())
        assert [rank["code"] for rank in record["end"]["ranks"]] == [0, 0], record["end"]
        return seen + err


def losses(text):
    """Step to loss, as it was printed."""
    return dict(re.findall(r"^\[0\.0\] step (\d+): loss (\S+)$", text, re.M))


def shards_of(folder):
    """All tensors of a checkpoint. Its .metadata has a random name besides."""
    return {path.name: path.read_bytes() for path in folder.glob("*.distcp")}


def main():
    with Project() as project:
        text = project.interrupted(after=2 * EVERY + 3)
        stopped = int(re.search(r"^\[0\.0\] stopped after step (\d+), which is saved$", text, re.M)[1])
        assert (project.checkpoints / f"step-{stopped:08}").is_dir(), text
        before = losses(text)
        unfinished = project.checkpoints / f"step-{stopped + 100:08}.part"  # as a killed run leaves it
        unfinished.mkdir()

        text = project.train(stopped + MORE)
        assert f"[0.0] resuming after step {stopped}, 2 ranks, gloo, cpu\n" in text, text
        resumed = losses(text)
        assert list(before | resumed) == [str(step) for step in range(1, stopped + MORE + 1)], (before, resumed)
        assert not before.keys() & resumed.keys(), "a step was done twice"
        last = f"step-{stopped + MORE:08}"
        of_resumed = shards_of(project.checkpoints / last)
        project.checkpoints.rename(project.root / "other")

        whole = losses(project.train(stopped + MORE))
        differing = {step: (loss, (before | resumed)[step]) for step, loss in whole.items() if loss != (before | resumed)[step]}
        assert not differing and len(whole) == stopped + MORE, differing
        assert shards_of(project.checkpoints / last) == of_resumed != {}, "the last checkpoints differ"
        assert float(whole[str(stopped + MORE)]) < float(whole["1"]), whole
        assert_nothing_left(lambda: left_over(NAME))
    print(f"interrupted after step {stopped}, resumed to step {stopped + MORE}: every loss and the last checkpoint are those of "
          "a run without interruption")


main()
