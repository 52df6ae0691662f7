#!/usr/bin/env python3
"""engine_docker.py STAND_IN LAUNCH: launch with its own docker daemon, which ends with the test.

All of it runs in a network namespace, so that docker's bridge and firewall rules are gone with it.
"""

import functools
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from real_docker import SKIPPED, program, require_docker, why_not

NAME = f"launch-test-{os.getpid()}"

if len(sys.argv) == 3:
    if reason := why_not():
        print("skipped:", reason)
        sys.exit(SKIPPED)
    subprocess.run([sys.argv[1], "true"], check=True)  # makes the base, which may need the network
    inside = 'ip link set lo up && exec "$@"'
    os.execvp("unshare", ["unshare", "--net", "sh", "-c", inside, "sh", sys.argv[1], sys.executable, __file__, "inside",
                          *sys.argv[1:]])

from image_project import REGISTRY, TAG, base_python, write_lock, write_wheel  # noqa: E402 (needs the registry)
from standalone_archive import ARCHIVE, PYTHON, RELEASE, write_archive  # noqa: E402

LAUNCH = sys.argv[3]
TORCHRUN = (pathlib.Path(__file__).parent / "stand_in/torchrun").read_text()
JOB = """import os, sys, time
rank = int(os.environ["RANK"])
print("rank", rank, "of", os.environ["WORLD_SIZE"])
print("ready", rank, file=sys.stderr, flush=True)
if sys.argv[1:] == ["exit"] and rank == 1:
    sys.exit(7)
if sys.argv[1:]:
    time.sleep(600)
"""


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


class Docker(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-docker-")).resolve()
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.make_project()
        cls.docker = require_docker(cls, cls.root / "docker", **{"registry-mirrors": [f"http://{REGISTRY}"]})
        cls.environment = {**cls.docker.environment, "HOME": str(cls.root), "LAUNCH_STORE": str(cls.root / "cache/wheels"),
                           "LAUNCH_STATE": str(cls.root / "state"), "LAUNCH_ENGINE": "docker"}

    @classmethod
    def make_project(cls):
        for folder in ("recipes", "lockfiles/wheels", "src"):
            (cls.root / folder).mkdir(parents=True)
        (cls.root / "src/job.py").write_text(JOB)
        cls.recipe = f"""python    = "{base_python()}"
platforms = ["linux-x86_64"]
packages  = ["torch-stand-in"]

[image]
python = "base"
copy = [{{ from = "src", to = "/workspace" }}]
user = "trainer"

[train]
command = ["job.py"]
nodes   = 2
"""
        (cls.root / f"recipes/{NAME}.toml").write_text(cls.recipe)
        wheels = cls.root / "lockfiles/wheels"
        cls.wheel = write_wheel(wheels, "torch-stand-in", {"torch_stand_in-1.0.data/scripts/torchrun": TORCHRUN})
        cls.large = write_wheel(wheels, "large-tool", {f"large_tool/m{i}.py": "x = [1, 2, 3]\n" * 50000 for i in range(100)})
        write_lock(cls.root, NAME, cls.recipe, [cls.wheel])

    @classmethod
    def has_legacy_builder(cls):
        """It keeps the layers of an interrupted build, and does not say which they are."""
        version = cls.docker("version", "--format", "{{.Client.Version}}")
        return not cls.has_buildx() and int(version.split(".")[0]) >= 23

    @classmethod
    def has_buildx(cls):
        return subprocess.run([program("docker"), "buildx", "version"], env=cls.environment, capture_output=True).returncode == 0

    def start(self, *arguments):
        return subprocess.Popen([LAUNCH, *arguments], cwd=self.root, env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def launch(self, *arguments, code=0):
        process = self.start(*arguments)
        out, err = process.communicate()
        self.assertEqual(process.returncode, code, err)
        return out, err

    def left(self):
        return {"containers": self.docker("ps", "--all", "--format", "{{.Names}}").split(),
                "networks": self.docker("network", "ls", "--format", "{{.Name}}").split(),
                "images": sorted(self.docker("images", "--all", "--quiet", "--no-trunc").split())}

    def test_1_doctor(self):
        out, _ = self.launch("doctor")
        self.assertRegex(out, r"^engine +docker \d+\.\d+.*\[LAUNCH_ENGINE\]\n")

    def test_2_build(self):
        image, err = self.launch("build", NAME)
        with self.subTest("tells the layers"):
            sizes = json.loads(self.launch("--json", "build", NAME)[0])["sizes"]
            self.assertEqual([size["name"] for size in sizes if size["name"] != "work folder"],
                             ["layer 1 of the base image", f"apt: python{base_python()}", "user trainer", "virtual environment",
                              "torch-stand-in 1.0", "bytecode of packages", "the project's files in /workspace/"])  # fmt: skip
            self.assertEqual(([size["digest"] for size in sizes], sum(size["unpacked"] for size in sizes)),
                             self.docker.layers_of(image.strip()))
        with self.subTest("says that images are not the same each time"):
            self.assertIn("warning: docker keeps the times of files as they are, so each build produces a different image ID; use "
                          "podman to get the same one\n", err)
        with self.subTest("prints what docker runs"):
            self.assertEqual(self.docker("run", "--rm", "--network", "none", image.strip(), "id", "--user", "--name"), "trainer\n")
        with self.subTest("is found again"):
            again, err = self.launch("build", NAME)
            self.assertEqual((again, err), (image, f"localhost/launch/{NAME} is up to date\n"))

    def test_3_interrupted_build_leaves_nothing(self):
        before = self.left()
        write_lock(self.root, NAME, self.recipe, [self.wheel, self.large])
        process = self.start("build", NAME)
        while not any("compileall" in line for line in self.processes()):
            self.assertIsNone(process.poll(), "the build ended before it was interrupted")
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
        write_lock(self.root, NAME, self.recipe, [self.wheel])
        self.assertEqual(process.returncode, 130, err)
        if self.has_legacy_builder():
            before["images"] = self.left()["images"]
        self.wait_until_left(before)
        self.assertEqual([line for line in self.processes() if "compileall" in line], [])

    @staticmethod
    def processes():
        """Of this network namespace or below its daemon: those whose root is an image of it."""
        found = []
        for process in pathlib.Path("/proc").glob("[0-9]*"):
            try:
                if "/launch-docker-" in (process / "mountinfo").read_text():
                    found.append((process / "cmdline").read_text().replace("\0", " "))
            except OSError:
                pass
        return found

    def wait_until_left(self, expected):
        """The daemon continues for a moment after its client exits."""
        until = time.monotonic() + 30
        while self.left() != expected and time.monotonic() < until:
            time.sleep(0.1)
        self.assertEqual(self.left(), expected)

    def test_4_train(self):
        before = self.left()
        out, err = self.launch("train", NAME)
        self.assertEqual(sorted(out.splitlines()), ["[0.0] rank 0 of 2", "[1.1] rank 1 of 2"], err)
        self.assertEqual(self.left(), before)

    def test_5_failing_rank(self):
        before = self.left()
        _, err = self.launch("train", NAME, "--", "exit", code=7)
        self.assertIn("error: rank 1 on node 1 exited with code 7\n", err)
        self.assertEqual(self.left(), before)

    def test_6_interrupted_and_killed_runs_leave_nothing(self):
        before = self.left()
        for number, code in ((signal.SIGINT, 130), (signal.SIGKILL, -9)):
            process = self.start("train", NAME, "--", "wait")
            seen = ""
            while not ("ready 0" in seen and "ready 1" in seen):
                line = process.stderr.readline()
                self.assertTrue(line, seen)
                seen += line
            process.send_signal(number)
            _, err = process.communicate()
            self.assertEqual(process.returncode, code, err)
            self.wait_until_left(before)

    def test_7_command_that_is_not_in_the_image(self):
        recipe = self.recipe.replace("[train]", '[train]\nenv = { PATH = "/nowhere" }')
        (self.root / f"recipes/{NAME}.toml").write_text(recipe)
        write_lock(self.root, NAME, recipe, [self.wheel])
        self.launch("build", NAME)
        _, err = self.launch("train", NAME, code=2)
        self.assertIn(f"error: the command 'torchrun' is not in the image localhost/launch/{NAME}:latest\n", err)

    def test_8_without_an_image(self):
        project = self.root / "standalone"
        for folder in ("recipes", "src"):
            (project / folder).mkdir(parents=True)
        archive = project / ARCHIVE.replace("%2B", "+")
        write_archive(archive)
        (project / "launch.toml").write_text(
            f'[[registry]]\nprefix = "docker.io"\nlocation = "{REGISTRY}"\ninsecure = true\n\n'
            f'[[interpreter]]\nversion = "{RELEASE}"\n'
            f'linux-x86_64 = {{ url = "file://{archive}", sha256 = "{hashlib.sha256(archive.read_bytes()).hexdigest()}" }}\n')
        (project / "src/job.py").write_text(
            "import os, sys\nopen('new', 'w').close()\n"
            "print(sys.prefix, os.getuid(), os.getcwd(), os.stat('job.py').st_uid, os.access('/opt/venv', os.W_OK))\n")
        (project / f"recipes/{NAME}-mounted.toml").write_text(
            f'python = "{PYTHON}"\nplatforms = ["linux-x86_64"]\npackages = ["torch-stand-in"]\n'
            f'[image]\nfrom = "docker.io/nvidia/cuda:{TAG}"\ncopy = [{{ from = "src", to = "/workspace" }}]\nuser = "trainer"\n'
            '[train]\ncommand = ["job.py"]\nnodes = 2\ngpus = 0\n')
        (project / "index").mkdir()
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=project / "index"))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        environment = {**self.environment, "LAUNCH_INDEX_URL": f"http://127.0.0.1:{server.server_port}",
                       "PIP_FIND_LINKS": str(self.root / "lockfiles/wheels")}
        for command in (["lock", f"{NAME}-mounted"], ["train", f"{NAME}-mounted"]):
            before = self.left()
            done = subprocess.run([LAUNCH, *command], cwd=project, env=environment, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(", mounted environment ", done.stderr)
        self.assertEqual(sorted(done.stdout.splitlines()),
                         [f"[{each}] /opt/venv 1001 /workspace 1001 False" for each in ("0.0", "1.1")])
        after = self.left()
        self.assertEqual(len(after.pop("images")), len(before.pop("images")) + 1, "the base image")
        self.assertEqual(after, before)


if __name__ == "__main__":
    del sys.argv[1:]
    unittest.main()
