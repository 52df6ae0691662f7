"""A project whose runs take two seconds and no torch: its image holds nothing, /usr of this machine is mounted, and
stand_in/torchrun stands for torchrun.
"""

import hashlib
import io
import ipaddress
import os
import pathlib
import shutil
import subprocess
import tarfile
import tempfile
import time

from recipe_digest import recipe_digest

HERE = pathlib.Path(__file__).parent

RECIPE = """python    = "3.11"
platforms = ["linux-x86_64"]
packages  = ["numpy"]

[train]
command = ["job.py"]
nodes   = 2
mounts  = [
  {{ from = "/usr", to = "/usr", read-only = true }},
  {{ from = "{stand_in}", to = "/opt/stand_in", read-only = true }},
  {{ from = "job", to = "/workspace" }},
]
[train.env]
PATH = "{path}"
"""

LOCK = """lock-version = "1.0"
created-by = "launch"
requires-python = "==3.11.*"
environments = []
packages = []

[tool.launch]
recipe-digest = "{recipe}"
channel = "index"
platforms = ["linux-x86_64"]
"""


def lock_of(recipe):
    """The text of a lock without packages for the text of a recipe."""
    return LOCK.format(recipe=recipe_digest(recipe))


def podman(*arguments, **more):
    return subprocess.run(["podman", *arguments], capture_output=True, check=True, **more).stdout.decode()


def left_over(name):
    """The containers and networks with this in their names."""
    listed = podman("ps", "--all", "--format", "{{.Names}}") + podman("network", "ls", "--format", "{{.Name}}")
    return [each for each in listed.split() if name in each]


def bridges_of(runs):
    """Those runs whose network's bridge is on the machine: the addresses are those of src/train/subnet.cpp."""
    shown = subprocess.run(["ip", "-brief", "-4", "address"], capture_output=True, check=True, text=True).stdout
    first = ipaddress.ip_address("198.19.0.1")
    blocks = {run: int(hashlib.sha256(run.encode()).hexdigest()[:6], 16) % 2048 for run in runs}
    return [run for run, block in blocks.items() if f" {first + 32 * block}/27" in shown]


def assert_nothing_left(look, within=0.0):
    """`look`: lists what is left."""
    until = time.monotonic() + within
    while (left := look()) and time.monotonic() < until:
        time.sleep(0.1)
    assert not left, left


def add_user(tar, user):
    """A user with the ID 1001, who owns the work folder."""
    text = f"root:x:0:0:root:/root:/bin/sh\n{user}:x:1001:1001::/home/{user}:/bin/sh\n".encode()
    entry = tarfile.TarInfo("etc/passwd")
    entry.size = len(text)
    tar.addfile(entry, io.BytesIO(text))


def empty_root(user=None):
    """A root file system as a tar: mount points, and the links of a merged /usr."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for name in ("usr", "opt", "workspace", "tmp", "run", "etc", "proc", "sys", "dev"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = tarfile.DIRTYPE, 0o755
            if user and name == "workspace":
                entry.uid = entry.gid = 1001
            tar.addfile(entry)
        for name in ("bin", "sbin", "lib", "lib64"):
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname = tarfile.SYMTYPE, f"usr/{name}"
            tar.addfile(entry)
        if user:
            add_user(tar, user)
    return out.getvalue()


class TrainProject:
    """`job`: the text of /workspace/job.py. The folder of the runs, with their images, is removed by `close`."""

    def __init__(self, name, job):
        self.name = name
        self.images = []
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-"))
        (self.root / "job").mkdir()
        (self.root / "job" / "job.py").write_text(job)
        self.environment = os.environ | {"LAUNCH_STATE": str(self.root / "state"), "LAUNCH_ENGINE": "podman"}

    def close(self):
        for image in self.images:
            subprocess.run(["podman", "rmi", "-f", image], capture_output=True)
        shutil.rmtree(self.root)

    def recipe(self, name, path="/opt/stand_in:/usr/bin", image=True, user=None, recipe=None, lock=None):
        """Writes a recipe (of the tests' own, or this text) and its lock, and makes its image, perhaps with a user."""
        recipe = recipe or RECIPE.format(stand_in=HERE / "stand_in", path=path)
        lock = lock or lock_of(recipe)
        for folder, file, text in (("recipes", f"{name}.toml", recipe), ("lockfiles", f"pylock.{name}.toml", lock)):
            (self.root / folder).mkdir(exist_ok=True)
            (self.root / folder / file).write_text(text)
        if not image:
            return
        digest = hashlib.sha256(lock.encode()).hexdigest()
        reference = f"localhost/launch/{name}:latest"
        of_user = ("-c", f"USER {user}") if user else ()
        podman("import", "-c", f"LABEL launch.lock=sha256:{digest}", "-c", "WORKDIR /workspace", *of_user, "-", reference,
               input=empty_root(user))
        self.images.append(reference)
