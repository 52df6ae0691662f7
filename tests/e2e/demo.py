"""The main job: ci/demo with the real torch, and its run record.

usage: demo.py walk DEMO LAUNCH; demo.py clean-up DEMO LAUNCH removes the images that a walk has brought
"""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

from compiles import COMPILES, EXPECTED
from podman_storage import base_images

what, demo, launch = sys.argv[1:]
project = pathlib.Path(demo).parent.parent / "build" / "demo"
image = "localhost/launch/demo:latest"
made_images = project / "made-images"

EARLY_TORCHRUN = """#!/opt/venv/bin/python3
import os, socket, sys
taken = socket.create_server(("", 29500))
taken.set_inheritable(True)
os.execv("/opt/venv/bin/torchrun", ["torchrun", *sys.argv[1:]])
"""
PORT_TRAIN = """
[train]
command = ["train.py"]
mounts  = [{ from = "early", to = "/opt/early", read-only = true }]
env     = { PATH = "/opt/early:/opt/venv/bin:/usr/bin:/bin" }
"""


def podman(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["podman", *arguments], capture_output=True, text=True)


def names(kind: str) -> set[str]:
    arguments = ["ps", "-a", "--format", "{{.Names}}"] if kind == "containers" else ["network", "ls", "--format", "{{.Name}}"]
    return set(podman(*arguments).stdout.split())


def all_images() -> set[str]:
    """The demo's by its name, bases by their ids."""
    return {*base_images(), *([image] if podman("image", "exists", image).returncode == 0 else [])}


def of_a_demo_run(found: set[str]) -> set[str]:
    return {name for name in found if name.startswith("launch-demo-")}


def walk() -> None:
    done = subprocess.run([demo], stdin=subprocess.DEVNULL)
    assert done.returncode == 0, f"ci/demo ended with {done.returncode}"

    train = json.loads((project / "train.json").read_text())
    assert train["code"] == 0, train
    record_file = pathlib.Path(train["record"])
    record = json.loads(record_file.read_text())
    lock = project / "lockfiles" / "pylock.demo.toml"
    text = json.dumps(record)
    lock_digest = "sha256:" + hashlib.sha256(lock.read_bytes()).hexdigest()
    assert lock_digest in text, f"the run record does not name the lock's digest {lock_digest}"
    assert record["world_size"] == 2, record.get("world_size")
    assert len(record["nodes"]) == 2, record["nodes"]
    assert re.search(r"sha256:[0-9a-f]{64}", json.dumps(record["image"])), record["image"]
    logs = "".join(file.read_text() for file in sorted((record_file.parent / "logs").iterdir()))
    assert re.search(r"loss [0-9.]+ -> [0-9.]+ in 60 steps .*equal parameters on 2 ranks", logs), logs[-2000:]


def lock_again_is_the_same_file() -> None:
    lock = project / "lockfiles" / "pylock.demo.toml"
    before = lock.read_bytes()
    done = subprocess.run([launch, "lock", "demo"], cwd=project, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert lock.read_bytes() == before, "a second lock wrote another file"


def functions_compile() -> None:
    done = podman("run", "--rm", "--network", "none", image, "python3", "-c", COMPILES)
    assert (done.returncode, done.stdout) == (0, EXPECTED), (done.returncode, done.stdout, done.stderr[-3000:])


def failing_rank_is_named() -> None:
    done = subprocess.run([launch, "train", "demo", "--nodes", "2", "--json", "--", "--fail-at", "3"], cwd=project,
                          capture_output=True, text=True)
    assert done.returncode == 1, (done.returncode, done.stderr[-3000:])
    cause = json.loads(done.stdout)["cause"]
    assert (cause["node"], cause["rank"], cause["kind"]) == (1, 1, "exception"), cause
    assert "rank 1 was asked to fail at step 3" in cause["message"], cause


def port_in_use_is_named() -> None:
    """A torchrun before the real one in PATH holds the port that the real one needs."""
    name = f"demo-port-{os.getpid()}"
    with tempfile.TemporaryDirectory() as folder:
        place = pathlib.Path(folder)
        for part in ("recipes", "lockfiles", "early"):
            (place / part).mkdir()
        recipe = (project / "recipes" / "demo.toml").read_text().split("[train]")[0] + PORT_TRAIN
        (place / "recipes" / f"{name}.toml").write_text(recipe)
        lock = (project / "lockfiles" / "pylock.demo.toml").read_text()  # it knows nothing of [train]
        (place / "lockfiles" / f"pylock.{name}.toml").write_text(lock)
        (place / "early" / "torchrun").write_text(EARLY_TORCHRUN)
        (place / "early" / "torchrun").chmod(0o755)
        digest = hashlib.sha256(lock.encode()).hexdigest()
        own = f"localhost/launch/{name}:latest"
        built = subprocess.run(["podman", "build", "-q", "--network", "none", "-t", own, "-"], text=True, capture_output=True,
                               input=f"FROM {image}\nLABEL launch.lock=sha256:{digest} launch.files=\"\"\n")
        assert built.returncode == 0, built.stderr
        try:
            command = [launch, "train", name, "--nodes", "1"]
            done = subprocess.run(command, cwd=place, capture_output=True, text=True)
            assert done.returncode == 1, (done.returncode, done.stderr[-3000:])
            assert "error: torchrun on node 0 failed: port 29500 is in use (code 1)\n" in done.stderr, done.stderr[-3000:]
            assert "\nhint: use another port: --port\n" in done.stderr, done.stderr[-3000:]
            done = subprocess.run([*command, "--port", "29501", "--", "--steps", "20"], cwd=place, capture_output=True, text=True)
            assert done.returncode == 0, (done.returncode, done.stderr[-3000:])
        finally:
            podman("rmi", own)


def main() -> None:
    images = all_images()
    containers, networks = names("containers"), names("networks")
    try:
        walk()
    finally:
        made = all_images() - images
        if made:
            made_images.write_text("\n".join(sorted(made)))  # the demo's before its base
    lock_again_is_the_same_file()
    functions_compile()
    failing_rank_is_named()
    port_in_use_is_named()
    assert not of_a_demo_run(names("containers") - containers), "containers are left"
    assert not of_a_demo_run(names("networks") - networks), "networks are left"
    print("the demo's path holds")


if what == "walk":
    main()
elif made_images.exists():
    for name in made_images.read_text().split():
        podman("rmi", name)
    made_images.unlink()
