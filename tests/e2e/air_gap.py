#!/usr/bin/env python3
"""ci/stand-in tests/e2e/air_gap.py LAUNCH: the road of README's "Air-gapped sites", with real wheels and the real podman.

One machine locks and fetches from the machine's real index. The other has the project, the folder of `fetch --to`, a
registry with the base image, and no index: every address but loopback is refused. The image has the base's Python.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from image_project import REGISTRY, base_python

LAUNCH = os.path.abspath(sys.argv[1])
NAME = f"launch-test-{os.getpid()}"
IMAGE = f"localhost/launch/{NAME}:latest"
DEAD = "http://127.0.0.1:9"


def run(argv, folder, environment):
    print("$", *argv, flush=True)
    done = subprocess.run(argv, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(f"exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def own_folders(folder):
    return {"LAUNCH_STORE": str(folder / "store"), "LAUNCH_STATE": str(folder / "state"), "XDG_CACHE_HOME": str(folder / "cache")}


def connected(folder):
    (folder / "recipes").mkdir(parents=True)
    (folder / f"recipes/{NAME}.toml").write_text(
        f'python = "{base_python()}"\npackages = ["rich", "charset-normalizer"]\n'
        '[image]\npython = "base"\nfrom = "docker.io/nvidia/cuda:12.6.3-base-ubuntu24.04"\n')
    (folder / "launch.toml").write_text(
        f'[[registry]]\nprefix = "docker.io"\nlocation = "{REGISTRY}"\ninsecure = true\n')
    run([LAUNCH, "lock", NAME], folder, own_folders(folder))
    run([LAUNCH, "fetch", NAME, "--to", "wheelhouse"], folder, own_folders(folder))


def isolated(folder, other):
    for name in ("recipes", "lockfiles", "wheelhouse"):
        shutil.copytree(other / name, folder / name)
    shutil.copy(other / "launch.toml", folder)
    gap = {**own_folders(folder), "LAUNCH_INDEX_URL": f"{DEAD}/simple", "LAUNCH_CHANNEL_URL": f"{DEAD}/whl",
           "http_proxy": DEAD, "https_proxy": DEAD, "no_proxy": "127.0.0.1"}
    run([LAUNCH, "fetch", NAME, "--from", "wheelhouse"], folder, gap)
    built = run([LAUNCH, "build", NAME], folder, gap)
    assert built.startswith(f"localhost/launch/{NAME}@sha256:"), built
    said = run(["podman", "run", "--rm", "--network", "none", IMAGE, "python", "-c",
                "import charset_normalizer, rich; print('imported')"], folder, gap)
    assert said == "imported\n", said


def main():
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-air-gap-")).resolve()
    try:
        connected(scratch / "connected")
        (scratch / "isolated").mkdir()
        isolated(scratch / "isolated", scratch / "connected")
    finally:
        subprocess.run(["podman", "rmi", "--force", IMAGE], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(scratch)


main()
