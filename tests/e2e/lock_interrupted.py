"""`launch lock` four at a time into one store, and `launch lock` and `launch fetch` killed at any moment.

usage: lock_interrupted.py LAUNCH [--rounds N] [--points N] [--seed N]

Together: each of four projects with one store and one cache gets the same lock as a project alone, round after round.
Killed: SIGKILL at random times; the lock file is the old one or the new one, byte for byte, `launch store verify`
finds nothing wrong, and the next run succeeds.
"""

import argparse
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from loopback import Handler, Project, World, pins, serve, sha256

PIECE = 64 << 10
RECIPE = """python = "3.12"
platforms = ["linux-x86_64"]
packages = ["alpha"]

[torch]
channel = "nightly"
cuda = "cu121"
{date}packages = ["torch", "torchvision"]

[lock]
wheels = "path"

[image]
python = "base"
from = "docker.io/library/python:3.12.4"
"""


class UnhurriedHandler(Handler):
    """About 30 MB a second for a connection, so that there are moments to be killed in."""

    def write(self, answer):
        body, answer.body = answer.body, b""
        answer.headers["Content-Length"] = str(len(body))
        super().write(answer)
        for at in range(0, len(body) if self.command != "HEAD" else 0, PIECE):
            self.wfile.write(body[at:at + PIECE])
            time.sleep(0.002)


def make_world(seed: int) -> World:
    filling = random.Random(seed).randbytes(6 << 20)
    world = World()
    general = world.index("/simple")
    channel = world.index("/whl/nightly/cu121", json=False, hashes=False, missing=403)
    general.add("alpha", "1.0", requires=["beta"], filling=filling[:3 << 20])
    general.add("beta", "1.0", filling=filling[1 << 20:5 << 20])
    general.add("numpy", "2.0", "cp312-cp312-manylinux2014_x86_64", filling=filling[:2 << 20])
    for day in (14, 15, 16):
        channel.add("torch", f"2.5.0.dev202406{day}+cu121", "cp312-cp312-linux_x86_64",
                    ["pytorch-triton==3.0.0+45fff310c8", "nvidia-nvtx-cu12==12.1.105"], filling=filling)
        channel.add("torchvision", f"0.20.0.dev202406{day}+cu121", "cp312-cp312-linux_x86_64",
                    ["numpy", f"torch==2.5.0.dev202406{day}"], filling=filling[:4 << 20])
    channel.add("pytorch-triton", "3.0.0+45fff310c8", "cp312-cp312-linux_x86_64", filling=filling[:5 << 20])
    channel.add("nvidia-nvtx-cu12", "12.1.105", "py3-none-manylinux1_x86_64", filling=filling[:1 << 20])
    return world


class Test:
    def __init__(self, launch: str, server, folder: Path):
        self.launch, self.server, self.folder, self.wrong, self.count = launch, server, folder, [], 0

    def project(self, date="", shared: Path | None = None) -> Project:
        self.count += 1
        project = Project(self.launch, self.folder / f"p{self.count}", self.server.root, self.server.port)
        project.recipe("one", RECIPE.format(date=date))
        if shared:
            project.environment |= {"LAUNCH_STORE": str(shared / "store"), "XDG_CACHE_HOME": str(shared / "cache")}
        return project

    def succeed(self, what: str, project: Project, *arguments):
        run = project.run(*arguments, timeout=60)
        if run.code != 0:
            self.wrong.append(f"{what}: launch {' '.join(arguments)}: exit code {run.code}\n{run.out}{run.err}")
        return run

    # Together.

    def together(self, rounds: int, expected: str):
        for number in range(rounds):
            shared = self.folder / f"shared{number}"
            projects = [self.project(shared=shared) for _ in range(4)]
            runs = [None] * 4

            def lock(place, projects=projects, runs=runs):
                runs[place] = projects[place].run("lock", "one", timeout=60)

            threads = [threading.Thread(target=lock, args=(place,)) for place in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            for project, run in zip(projects, runs):
                text = project.lock_path("one").read_text() if project.lock_path("one").exists() else ""
                if run.code != 0 or text != expected:
                    self.wrong.append(f"round {number}: exit code {run.code}, "
                                      f"{'another lock' if text else 'no lock'}\n{run.err}{text}")
            self.succeed(f"round {number}", projects[0], "store", "verify")
            shutil.rmtree(shared, ignore_errors=True)
            for project in projects:
                shutil.rmtree(project.folder)
        print(f"{rounds} rounds of 4 locks together: {len(self.wrong)} wrong", flush=True)

    # Killed.

    @staticmethod
    def moment(chance: random.Random, seconds: float) -> float:
        """Half of them near the end, where files are moved into place."""
        return seconds * (chance.uniform(0, 1) if chance.random() < 0.5 else chance.uniform(0.8, 1.1))

    def kill(self, project: Project, after: float, *arguments) -> bool:
        """Whether it was still running."""
        process = subprocess.Popen([project.launch, "-C", str(project.folder), *arguments], env=project.environment,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            process.wait(after)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
            return True
        return False

    def check_after(self, what: str, project: Project):
        self.succeed(what, project, "store", "verify")
        torn = [path.name for path in project.folder.glob("lockfiles/*") if path.is_file()
                and path != project.lock_path("one")]
        if torn and not all(name.startswith(".") for name in torn):
            self.wrong.append(f"{what}: left behind: {torn}")

    def killed_lock(self, points: int, chance: random.Random, old: str, new: str, seconds: float):
        outcomes = {"old": 0, "new": 0}
        caught, before = 0, len(self.wrong)
        for number in range(points):
            project = self.project()
            project.lock_path("one").parent.mkdir()
            project.lock_path("one").write_text(old)
            after = self.moment(chance, seconds)
            what = f"launch lock --upgrade killed after {after:.3f} s"
            caught += self.kill(project, after, "lock", "one", "--upgrade")
            text = project.lock_path("one").read_text()
            if text not in (old, new):
                self.wrong.append(f"{what}: the lock is neither the old nor the new one:\n{text}")
            outcomes["new" if text == new else "old"] += 1
            self.check_after(what, project)
            self.succeed(what, project, "lock", "one", "--upgrade")
            if project.lock_path("one").read_text() != new:
                self.wrong.append(f"{what}: the next run wrote another lock")
            self.check_after(f"{what}, and run again", project)
            shutil.rmtree(project.folder)
        print(f"launch lock killed at {points} points ({caught} while it ran; {outcomes['old']} old locks, "
              f"{outcomes['new']} new): {len(self.wrong) - before} wrong", flush=True)

    def killed_fetch(self, points: int, chance: random.Random, new: str, seconds: float):
        caught, before = 0, len(self.wrong)
        for number in range(points):
            project = self.project()
            project.lock_path("one").parent.mkdir()
            project.lock_path("one").write_text(new)
            after = self.moment(chance, seconds)
            what = f"launch fetch killed after {after:.3f} s"
            caught += self.kill(project, after, "fetch", "one", "--to", str(project.folder / "house"))
            self.check_house(what, project, False)
            self.check_after(what, project)
            self.succeed(what, project, "fetch", "one", "--to", str(project.folder / "house"))
            self.check_house(what, project, True)
            self.check_after(f"{what}, and run again", project)
            shutil.rmtree(project.folder)
        print(f"launch fetch killed at {points} points ({caught} while it ran): {len(self.wrong) - before} wrong",
              flush=True)

    def check_house(self, what: str, project: Project, complete: bool):
        """Every wheel in the folder has the bytes that the index has."""
        files = {file.name: file for index in self.server.world.indexes for file in index.files.values()}
        found = {path.name: path for path in (project.folder / "house").rglob("*.whl")}
        for name, path in found.items():
            if sha256(path.read_bytes()) != sha256(files[name].content):
                self.wrong.append(f"{what}: {name} in the wheel house is torn")
        if complete and len(found) != len(project.lock("one")["packages"]):
            self.wrong.append(f"{what}: the wheel house has {sorted(found)}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("launch")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--points", type=int, default=10)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    arguments = parser.parse_args()
    print(f"seed {arguments.seed}")
    chance = random.Random(arguments.seed)
    with serve(make_world(arguments.seed), UnhurriedHandler) as server, \
            tempfile.TemporaryDirectory(prefix="launch-test-") as folder:
        test = Test(arguments.launch, server, Path(folder))
        before = test.project('as-of = "2024-06-15"\n')
        test.succeed("the old lock", before, "lock", "one")
        old = before.lock_path("one").read_text()
        after = test.project()
        locked = test.succeed("the new lock", after, "lock", "one")
        new = after.lock_path("one").read_text()
        if pins(before.lock("one")) == pins(after.lock("one")):
            sys.exit("the old and the new lock are the same")
        clean = test.project()
        clean.lock_path("one").parent.mkdir()
        clean.lock_path("one").write_text(new)
        fetched = test.succeed("fetch", clean, "fetch", "one", "--to", str(clean.folder / "house"))
        print(f"launch lock takes {locked.seconds:.2f} s, launch fetch {fetched.seconds:.2f} s", flush=True)
        test.together(arguments.rounds, new)
        test.killed_lock(arguments.points, chance, old, new, locked.seconds)
        test.killed_fetch(arguments.points, chance, new, fetched.seconds)
        print(*test.wrong, sep="\n")
        sys.exit(1 if test.wrong else 0)


if __name__ == "__main__":
    main()
