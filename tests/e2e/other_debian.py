"""podman and docker of another Debian (ci/engines), as if this machine had its /usr."""

import os
import pathlib
import shutil
import subprocess

# /run, /dev/shm and what podman keeps in /var and /etc are the engines' own: they do not meet this machine's, and leave
# nothing behind. Everything else has the paths that it has here.
ENTER = """set -e
mount --bind "$1/usr" /usr
mount -t tmpfs -o mode=0755 tmpfs /run
mount -t tmpfs -o mode=1777 tmpfs /dev/shm
mount -t tmpfs tmpfs /var/lib/containers
mount --bind "$2" /etc/containers
echo entered
read -r _ || :
"""
CALL = """#!/bin/sh
PATH=/usr/sbin:/usr/bin exec nsenter --mount=/proc/{process}/ns/mnt -- /bin/sh -c 'cd "$0" && exec "$@"' "$PWD" {name} "$@"
"""


class OtherDebian:
    """A mount namespace, and a folder of programs that are called in it."""

    def __init__(self, case, root, folder):
        """`root`: what ci/engines printed. `folder`: a new one, which has the programs; the namespace ends with the test
        class `case`, once nothing runs in it."""
        self.folder = folder
        folder.mkdir()
        configuration = folder / "etc"
        shutil.copytree(pathlib.Path(root) / "etc/containers", configuration, symlinks=True)
        settings = pathlib.Path("/etc/containers/containers.conf.d")  # ci/setup writes what podman needs on this machine
        if settings.exists():
            shutil.copytree(settings, configuration / "containers.conf.d", dirs_exist_ok=True)
        pathlib.Path("/var/lib/containers").mkdir(exist_ok=True)
        self.process = subprocess.Popen(
            ["unshare", "--mount", "--", "/bin/sh", "-c", ENTER, "sh", root, configuration],
            text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
        case.addClassCleanup(self.end)
        if self.process.stdout.readline() != "entered\n":
            raise AssertionError("the other Debian's files cannot be mounted")
        for name in ("podman", "docker", "dockerd"):
            program = folder / name
            program.write_text(CALL.format(process=self.process.pid, name=name))
            program.chmod(0o755)
        self.path = f"{folder}:{os.environ['PATH']}"

    def end(self):
        self.process.communicate()
