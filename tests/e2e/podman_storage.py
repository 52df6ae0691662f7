"""podman's storage: the base images in this machine's, and storage of a test's own."""

import fcntl
import os
import pathlib
import stat
import subprocess
import tempfile
from typing import NamedTuple


def list_images(*arguments):
    """What `podman images` prints in words. podman 4.3 fails to list images while one of them is removed, as other tests do:
    then they are listed again."""
    while True:
        listed = subprocess.run(["podman", "images", "--no-trunc", *arguments], text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)
        if listed.returncode == 0:
            return listed.stdout.split()
        gone = any(message in listed.stderr for message in ("image not known", "locating item named"))
        assert gone, listed.stderr


def images_of(name):
    """The IDs of the images with a name."""
    return set(list_images("--quiet", name))


def base_images():
    return images_of("docker.io/nvidia/cuda")


class Bases:
    """Base images that tests bring, which tests that run at a time share: the last of them removes those that were not there
    before the first.

    Each holds a lock of a file, shared, while it runs; who can have it alone is the first or the last. The file has the IDs of
    the images that were there before.
    """

    def __init__(self, folder=tempfile.gettempdir()):
        self.path = pathlib.Path(folder) / "launch-test-bases"
        while True:
            self.file = open(self.path, "a+")
            if self.alone():
                self.file.truncate(0)
                self.file.write("\n".join(base_images()))
                self.file.flush()
            fcntl.flock(self.file, fcntl.LOCK_SH)
            if self.path.exists() and os.path.samestat(os.stat(self.path), os.fstat(self.file.fileno())):
                return
            self.file.close()  # the last one has removed it meanwhile

    def alone(self):
        try:
            fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def close(self):
        if self.alone():
            for base in base_images() - set(self.path.read_text().split()):
                subprocess.run(["podman", "rmi", base], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            self.path.unlink()
        self.file.close()


def own_storage(folder, driver="overlay", more=""):
    """The variable with which podman keeps its images and containers below a folder; `more`: further lines of storage.conf."""
    folder.mkdir(parents=True, exist_ok=True)
    configuration = folder / "storage.conf"
    configuration.write_text(f'[storage]\ndriver = "{driver}"\ngraphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n{more}')
    return {"CONTAINERS_STORAGE_CONF": str(configuration)}


def release_storage(folder):
    """podman keeps its storage mounted; afterwards the folder can be removed."""
    subprocess.run(["umount", folder / "graph/overlay"], stderr=subprocess.DEVNULL)


class Found(NamedTuple):
    mode: str
    user: int
    group: int
    content: object  # of a file its bytes, of a link its target
    changed: object  # of a file its time, whole seconds


def tree(root):
    """What there is in a folder, by path."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        is_file = stat.S_ISREG(status.st_mode)
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if is_file else None
        found[str(path.relative_to(root))] = Found(stat.filemode(status.st_mode), status.st_uid, status.st_gid, content,
                                                   int(status.st_mtime) if is_file else None)
    return found
