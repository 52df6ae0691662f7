"""Builds a wheel from a source archive. Runs in a container without network.

usage: build_wheel.py ARCHIVE ROOT

/build/in holds the archive, and in wheels/ what it needs to be built, pip among it; the wheel goes to /build/out.
All paths are fixed, so that the same input gives the same bytes.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import venv

GIVEN, OUT, ENV, SRC = (pathlib.Path("/build", name) for name in ("in", "out", "env", "src"))


def unpack(archive, root):
    if archive.name.endswith(".zip"):
        shutil.unpack_archive(archive, SRC)
        return SRC / root
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "data_filter"):
            tar.extractall(SRC, filter="data")
        else:
            for member in tar.getmembers():
                member.uid = member.gid = os.getuid()
                member.uname = member.gname = ""
                member.mode = 0o755 if member.isdir() or member.mode & 0o100 else 0o644
            tar.extractall(SRC)
    return SRC / root


def main():
    archive, root = sys.argv[1:]
    os.umask(0o022)
    wheels = sorted((GIVEN / "wheels").iterdir())
    pip = next(wheel for wheel in wheels if wheel.name.lower().startswith("pip-"))
    venv.EnvBuilder(symlinks=True, with_pip=False).create(ENV)
    os.environ.update(PATH=f"{ENV}/bin:{os.environ['PATH']}", VIRTUAL_ENV=str(ENV))
    run = [str(ENV / "bin/python"), str(pip / "pip")]
    quiet = ["--no-index", "--no-deps", "--no-cache-dir", "--disable-pip-version-check", "--no-input"]
    others = [str(wheel) for wheel in wheels if wheel != pip]
    if others:
        install = ["install", "--quiet", "--no-compile", "--no-warn-script-location", "--root-user-action=ignore"]
        subprocess.run([*run, *install, *quiet, *others], check=True)
    source = unpack(GIVEN / archive, root)
    build = subprocess.run([*run, "wheel", "--no-build-isolation", "--wheel-dir", str(OUT), *quiet, str(source)])
    sys.exit(build.returncode)


main()
