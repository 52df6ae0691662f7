"""podman's storage: the base images in this machine's, and storage of a test's own."""

import os
import stat
import subprocess
from typing import NamedTuple


def base_images(*more):
    """The IDs of the base images, and of images with further names."""
    listed = [subprocess.run(["podman", "images", "--quiet", "--no-trunc", name], text=True, stdout=subprocess.PIPE)
              for name in ("docker.io/nvidia/cuda", *more)]
    return {image for one in listed for image in one.stdout.split()}


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
