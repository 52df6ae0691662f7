"""The main job: ci/demo on the real torch, and what its run record says. usage: demo.py DEMO LAUNCH"""

import hashlib
import json
import pathlib
import re
import subprocess
import sys

demo, launch = sys.argv[1:]
project = pathlib.Path(demo).parent.parent / "build" / "demo"
image = "localhost/launch/demo:latest"


def podman(*arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(["podman", *arguments], capture_output=True, text=True)


def names(kind: str) -> set[str]:
    arguments = ["ps", "-a", "--format", "{{.Names}}"] if kind == "containers" else ["network", "ls", "--format", "{{.Name}}"]
    return set(podman(*arguments).stdout.split())


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


def failing_rank_is_named() -> None:
    done = subprocess.run([launch, "train", "demo", "--nodes", "2", "--json", "--", "--fail-at", "3"], cwd=project,
                          capture_output=True, text=True)
    assert done.returncode == 1, (done.returncode, done.stderr[-3000:])
    cause = json.loads(done.stdout)["cause"]
    assert (cause["node"], cause["rank"], cause["kind"]) == (1, 1, "exception"), cause
    assert "rank 1 was asked to fail at step 3" in cause["message"], cause


had_image = podman("image", "exists", image).returncode == 0
containers, networks = names("containers"), names("networks")
try:
    walk()
    lock_again_is_the_same_file()
    failing_rank_is_named()
    assert not of_a_demo_run(names("containers") - containers), "containers are left"
    assert not of_a_demo_run(names("networks") - networks), "networks are left"
finally:
    if not had_image:
        podman("rmi", "-f", image)
print("the demo's path holds")
