"""An archive in the layout of python-build-standalone, with the distribution's own CPython."""

import io
import pathlib
import subprocess
import tarfile

INTERPRETER = pathlib.Path("/usr/bin/python3").resolve()  # the distribution's, which brings its own libpython
RELEASE, LIBRARY = subprocess.run(
    [INTERPRETER, "-c", "import platform, sysconfig; print(platform.python_version(), sysconfig.get_path('stdlib'))"],
    text=True, check=True, stdout=subprocess.PIPE).stdout.split()
PYTHON = RELEASE.rpartition(".")[0]
HEADER = b"/* Python.h */\n"
ARCHIVE = f"cpython-{RELEASE}%2Btest-install_only.tar.gz"


def plain(member):
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 1_700_000_000
    left_out = ("__pycache__", "/test/", "/sitecustomize.py")  # the last is a link to /etc
    return None if any(part in member.name for part in left_out) else member


def write_archive(path):
    """The distribution's interpreter below python/, as far as it is needed to run."""
    with tarfile.open(path, "w:gz") as tar:
        tar.add(INTERPRETER, f"python/bin/python{PYTHON}", filter=plain)
        for name in ("python3", "python"):
            link = tarfile.TarInfo(f"python/bin/{name}")
            link.type, link.linkname, link.mtime = tarfile.SYMTYPE, f"python{PYTHON}", 1_700_000_000
            tar.addfile(link)
        tar.add(LIBRARY, f"python/lib/python{PYTHON}", filter=plain)
        header = tarfile.TarInfo(f"python/include/python{PYTHON}/Python.h")  # the real one is in another package
        header.size, header.mtime = len(HEADER), 1_700_000_000
        tar.addfile(header, io.BytesIO(HEADER))
