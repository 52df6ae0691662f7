"""podman and docker of another Debian (ci/engines), as if this machine had its /usr."""

import os
import pathlib
import re
import shutil
import subprocess

UID = 47110
SUBORDINATE = 471100000  # the first of the user's further UIDs

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

    def inside(self, *command):
        return ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt", "--", *map(str, command)]

    def as_user(self, launch, project):
        """The start of a command by which a plain user, whom only this Debian knows, runs launch beside podman, in a project
        with a folder "home". launch gets this machine's libraries; what it needs must be the user's (UID)."""
        home = project / "home"
        files = self.folder / "files"
        files.mkdir()
        for name, line in (("passwd", f"trainer:x:{UID}:{UID}::{home}:/bin/sh"), ("group", f"trainer:x:{UID}:"),
                           ("subuid", f"trainer:{SUBORDINATE}:65536"), ("subgid", f"trainer:{SUBORDINATE}:65536")):
            (files / name).write_text(pathlib.Path("/etc", name).read_text() + line + "\n")
            subprocess.run(self.inside("mount", "--bind", files / name, f"/etc/{name}"), check=True)
        libraries = self.folder / "lib"
        libraries.mkdir()
        for line in subprocess.run(["ldd", launch], text=True, check=True, stdout=subprocess.PIPE).stdout.splitlines():
            name, _, where = line.strip().partition(" => ")
            if where and not re.match(r"lib(c|m|resolv)\.", name):  # those of the C library are the other Debian's
                shutil.copy(where.split()[0], libraries)
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "podman").write_text('#!/bin/sh\nunset LD_LIBRARY_PATH\nexec /usr/bin/podman "$@"\n')
        (programs / "podman").chmod(0o755)
        return self.inside("setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", "env", f"--chdir={project}", f"HOME={home}",
                           f"PATH={programs}:/usr/bin:/usr/sbin", f"LD_LIBRARY_PATH={libraries}")

    def end(self):
        self.process.communicate()
