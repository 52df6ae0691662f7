"""packaging, pip and uv accept the locks that launch creates from the machine's real index.

usage: lock_installers.py LAUNCH   (run by the Python that has packaging, pip and uv)

A small real closure is locked for two platforms, by path and by URL, with a registry of the test's own for the base
image. Nothing of it is kept: the URLs are the machine's.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib

from loopback import World, serve
from packaging.pylock import Pylock

PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"


def run(argv, folder, code=0):
    print("$", *argv, flush=True)
    done = subprocess.run(argv, cwd=folder, capture_output=True, text=True)
    if done.returncode != code:
        sys.exit(f"expected exit code {code}, got {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout


def write_project(folder: pathlib.Path, port: int):
    (folder / "recipes").mkdir()
    for wheels in ("path", "url"):
        (folder / f"recipes/by-{wheels}.toml").write_text(
            f'python = "{PYTHON}"\nplatforms = ["linux-x86_64", "linux-aarch64"]\n'
            'packages = ["charset-normalizer", "rich"]\n'
            f'[lock]\nwheels = "{wheels}"\n[image]\npython = "base"\nfrom = "docker.io/library/python:{PYTHON}.0"\n')
    (folder / "launch.toml").write_text(
        f'[[registry]]\nprefix = "docker.io"\nlocation = "127.0.0.1:{port}"\ninsecure = true\n')


def check_lock(launch: str, folder: pathlib.Path, name: str):
    lock = folder / f"lockfiles/pylock.{name}.toml"
    said = json.loads(run([launch, "lock", name, "--json"], folder))
    assert said["changed"] is True, said
    text = lock.read_text()
    run([launch, "lock", name, "--check"], folder)
    said = json.loads(run([launch, "lock", name, "--json"], folder))
    assert said["changed"] is False and lock.read_text() == text, "the same recipe gives the same lock"

    pylock = Pylock.from_dict(tomllib.loads(text))
    selected = {package.name for package, _ in pylock.select()}
    assert {"charset-normalizer", "rich", "markdown-it-py", "mdurl", "pygments"} == selected, selected

    run([launch, "fetch", name, "--to", "house"], folder)
    pip = [sys.executable, "-m", "pip", "install", "--quiet"]
    uv = [str(pathlib.Path(sys.executable).parent / "uv"), "pip", "install", "--quiet"]
    for installer in (pip, uv):
        run([*installer, "--dry-run", "--target", str(folder / "dry"), "-r", str(lock)], folder)
    target = folder / f"installed-{name}"
    run([*uv, "--target", str(target), "-r", str(lock)], folder)
    run([sys.executable, "-c", "import rich, charset_normalizer"], target)


def check_air_gap(launch: str, folder: pathlib.Path):
    """A machine that has the project and the folder of --to, and no network: nothing but loopback answers there."""
    other = folder / "other"
    shutil.copytree(folder / "recipes", other / "recipes")
    shutil.copytree(folder / "lockfiles", other / "lockfiles", ignore=shutil.ignore_patterns("wheels"))
    shutil.copytree(folder / "house", other / "house")
    dead = "http://127.0.0.1:9/simple"
    gap = ["env", f"LAUNCH_STORE={other / 'store'}", f"XDG_CACHE_HOME={other / 'cache'}", f"LAUNCH_INDEX_URL={dead}",
           f"PIP_INDEX_URL={dead}", f"UV_DEFAULT_INDEX={dead}", "https_proxy=http://127.0.0.1:9", "http_proxy=http://127.0.0.1:9"]
    uv = str(pathlib.Path(sys.executable).parent / "uv")
    installers = {"pip": [sys.executable, "-m", "pip", "install", "--quiet", "--no-index"],
                  "uv": [uv, "pip", "install", "--quiet", "--offline", "--no-index"]}
    for name, installer in installers.items():
        run([*gap, *installer, "--find-links", "house", "--target", f"from-{name}", "charset-normalizer", "rich"], other)
        run([sys.executable, "-c", "import rich, charset_normalizer"], other / f"from-{name}")
    for lock in ("by-path", "by-url"):
        said = json.loads(run([*gap, launch, "fetch", lock, "--from", "house", "--json"], other))
        # The second lock has the same wheels, which are in the store by then.
        assert said["downloaded"] == 0 and said["taken"] == (len(said["wheels"]) if lock == "by-path" else 0), said
    # The lock by path installs from the files that fetch has put beside it.
    run([*gap, uv, "pip", "install", "--quiet", "--offline", "--target", "from-lock", "-r", "lockfiles/pylock.by-path.toml"], other)
    run([sys.executable, "-c", "import rich, charset_normalizer"], other / "from-lock")


def check_changed_byte(launch: str, folder: pathlib.Path):
    wheel = next((folder / "store").rglob("*.whl"))
    content = bytearray(wheel.read_bytes())
    content[len(content) // 2] ^= 1
    wheel.write_bytes(content)
    run([launch, "fetch", "by-path"], folder, code=3)


def main():
    launch = os.path.abspath(sys.argv[1])
    with serve(World()) as server, tempfile.TemporaryDirectory(prefix="launch-test-") as scratch:
        folder = pathlib.Path(scratch)
        for name in ("store", "state"):
            os.environ[f"LAUNCH_{name.upper()}"] = str(folder / name)
        os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
        write_project(folder, server.port)
        for name in ("by-path", "by-url"):
            check_lock(launch, folder, name)
        check_air_gap(launch, folder)
        check_changed_byte(launch, folder)


main()
