"""A docker daemon of a test's own: that of the distribution's docker.io, which ci/setup installs.

LAUNCH_TEST_DOCKER names a folder with the programs of another docker (docker, dockerd, containerd). With
LAUNCH_TEST_DOCKER_STORE=containerd the daemon keeps images there, which docker 24 and later can.
"""

import contextlib
import json
import os
import pathlib
import resource
import shutil
import signal
import subprocess
import time
import unittest

SKIPPED = 77
# A docker below /usr/local is another's.
FOLDERS = [pathlib.Path(folder) for folder in (os.environ.get("LAUNCH_TEST_DOCKER"), "/usr/bin", "/usr/sbin") if folder]
HAS_DOCKER_IO = ('ID=debian\n', 'ID=ubuntu\n')


def program(name, folders=FOLDERS):
    return shutil.which(name, path=":".join(map(str, folders)))


def why_not():
    """Why no daemon can run here; empty if one should. On a distribution that has docker.io, its absence is a failure."""
    if os.geteuid() != 0:
        return f"a docker daemon needs root, and this is user {os.geteuid()}"
    missing = [name for name in ("docker", "dockerd") if not program(name)]
    if not missing:
        return ""
    if pathlib.Path("/usr/share/doc/podman-docker").exists():
        return "podman-docker is installed, which excludes docker.io"
    if any(line in pathlib.Path("/etc/os-release").read_text() for line in HAS_DOCKER_IO):
        raise SystemExit(f"{', '.join(missing)} not installed: run ci/setup")
    return f"{', '.join(missing)} not installed, and this distribution is neither Debian nor Ubuntu"


def limit(kind):
    _, hard = resource.getrlimit(kind)
    return 10000 if hard == resource.RLIM_INFINITY else min(hard, 10000)


def processes_of(folder):
    """Those whose command line names the folder: containerd, and the shims of containers."""
    found = []
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if str(folder).encode() in (process / "cmdline").read_bytes() and int(process.name) != os.getpid():
                found.append(int(process.name))
    return found


def mounts_below(folder):
    lines = pathlib.Path("/proc/self/mounts").read_text().splitlines()
    return [line.split()[1] for line in lines if line.split()[1].startswith(f"{folder}/")]


class Docker:
    """Calls the client. Others call it with `environment`, or with `variables` added to their own."""

    def __init__(self, root, prefix=(), folders=FOLDERS, **configuration):
        """`root`: a new folder's path, for everything. `prefix`: a command that starts the daemon, such as unshare.
        `folders`: where docker's programs are."""
        self.root = pathlib.Path(root).resolve()
        self.root.mkdir()
        self.socket = self.root / "docker.sock"
        self.group = f"{self.root.parent.name}-{self.root.name}"
        self.client, self.server = (program(name, folders) for name in ("docker", "dockerd"))
        self.variables = {"PATH": ":".join([*map(str, folders), os.environ["PATH"]]),
                          "DOCKER_HOST": f"unix://{self.socket}", "DOCKER_CONFIG": str(self.root / "client")}
        self.environment = {**os.environ, **self.variables}
        for name in ("DOCKER_CONTEXT", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION"):
            self.environment.pop(name, None)
        self.prefix = list(prefix)
        self.configuration = {
            "data-root": f"{self.root}/data", "exec-root": f"{self.root}/exec", "pidfile": f"{self.root}/pid",
            "hosts": [f"unix://{self.socket}"], "cgroup-parent": f"/{self.group}", "log-level": "error",
            "default-ulimits": {name: {"Name": name, "Soft": limit(kind), "Hard": limit(kind)}
                                for name, kind in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC))},
            **configuration}  # fmt: skip
        if os.environ.get("LAUNCH_TEST_DOCKER_STORE") == "containerd":
            self.configuration["features"] = {"containerd-snapshotter": True}
        self.had = {folder for folder in self.shared_folders() if folder.exists()}
        self.daemon = None

    @staticmethod
    def shared_folders():
        """What a daemon makes outside its folders."""
        return [pathlib.Path(path) for path in ("/run/docker", "/run/docker/plugins", "/run/docker/libnetwork")]

    def start(self):
        words = ""
        for driver in ("overlayfs", "native") if "features" in self.configuration else ("overlay2", "vfs"):
            words = self.try_driver({"storage-driver": driver})
            if self.daemon:
                return self
        if "not permitted" in words.lower() or "permission denied" in words.lower():
            raise unittest.SkipTest(f"dockerd cannot run with the privileges of this machine: {words}")
        raise AssertionError(f"dockerd does not start: {words}")

    def try_driver(self, driver):
        configuration, log = self.root / "daemon.json", self.root / "daemon.log"
        configuration.write_text(json.dumps({**self.configuration, **driver}))
        with open(log, "w") as out:
            self.daemon = subprocess.Popen([*self.prefix, self.server, "--config-file", configuration],
                                           stdout=out, stderr=out, env={**os.environ, "PATH": self.variables["PATH"]})  # fmt: skip
        until = time.monotonic() + 60
        while subprocess.run([self.client, "version"], env=self.environment, capture_output=True).returncode:
            if self.daemon.poll() is None and time.monotonic() < until:
                time.sleep(0.1)
                continue
            self.end()
            return log.read_text().strip()[-1000:]
        return ""

    def end(self):
        """Ends the daemon and what it started; nothing of it is left but its folder."""
        if not self.daemon:
            return
        self.daemon.send_signal(signal.SIGTERM)
        try:
            self.daemon.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
        self.daemon = None
        until = time.monotonic() + 10
        while left := processes_of(self.root):
            for process in left if time.monotonic() > until else ():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.05)
        for mount in sorted(mounts_below(self.root), reverse=True):
            subprocess.run(["umount", "--lazy", mount], check=True)
        for group in self.groups():
            for folder, _, _ in os.walk(group, topdown=False):
                os.rmdir(folder)
        for folder in reversed(self.shared_folders()):
            if folder not in self.had:
                with contextlib.suppress(OSError):
                    folder.rmdir()

    def groups(self):
        return [group for pattern in (self.group, f"*/{self.group}") for group in pathlib.Path("/sys/fs/cgroup").glob(pattern)]

    def __call__(self, *arguments):
        """What the client prints."""
        done = subprocess.run([self.client, *map(str, arguments)], env=self.environment, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        if done.returncode:
            raise AssertionError(f"docker {arguments}: {done.stderr}")
        return done.stdout

    def layers_of(self, image):
        """Their digests, from below, and the bytes that they have unpacked, in all."""
        (about,) = json.loads(self("image", "inspect", image))
        sizes = self("history", "--human=false", "--format", "{{.Size}}", image)
        return about["RootFS"]["Layers"], sum(map(int, sizes.split()))


def without_network(**more):
    """The configuration of a daemon that changes nothing of the machine's network."""
    return {"bridge": "none", "iptables": False, "ip-forward": False, "ip-masq": False, **more}


def start_docker(case, root, **options):
    """Its daemon ends with the test class `case`. Where this machine does not allow one, the test is skipped."""
    docker = Docker(root, **options)
    case.addClassCleanup(docker.end)
    return docker.start()


def require_docker(case, root, **options):
    """The same for a class that needs one: where this machine does not allow it, the program ends as skipped."""
    try:
        return start_docker(case, root, **options)
    except unittest.SkipTest as why:
        print("skipped:", why)
        raise SystemExit(SKIPPED) from None
