#!/usr/bin/env python3
"""newer_engines.py STAND_IN LAUNCH: podman and docker of a newer Debian get the same images (ci/engines).

LAUNCH_TEST_SUITE names the Debian, trixie by default. All of it runs in a network namespace, so that the engines' bridges
and firewall rules are gone with it.
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

SUITE = os.environ.get("LAUNCH_TEST_SUITE", "trixie")
CI = pathlib.Path(__file__).resolve().parents[2] / "ci"

if len(sys.argv) == 3:
    from real_docker import SKIPPED, why_not

    if reason := why_not():
        print("skipped:", reason)
        sys.exit(SKIPPED)
    made = subprocess.run([CI / "engines", SUITE], text=True, stdout=subprocess.PIPE)
    if made.returncode:
        sys.exit(made.returncode)
    subprocess.run([sys.argv[1], "true"], check=True)  # makes the base, which may need the network
    inside = 'ip link set lo up && exec "$@"'
    os.execvp("unshare", ["unshare", "--net", "sh", "-c", inside, "sh", sys.argv[1], sys.executable, "-B", __file__, "inside",
                          sys.argv[2], made.stdout.strip()])  # fmt: skip

ENGINES = sys.argv.pop(3)
del sys.argv[1]

import docker_image  # noqa: E402 (needs the registry)
import elsewhere  # noqa: E402
from image_project import REGISTRY, write_wheel  # noqa: E402
from other_debian import UID, OtherDebian  # noqa: E402
from podman_storage import own_storage  # noqa: E402
from real_docker import require_docker, without_network  # noqa: E402
from standalone_project import LAUNCH, NAME, RELEASE, StandaloneProject  # noqa: E402


LAYERS = ["layer 1 of the base image", "user trainer", f"Python {RELEASE}", f"bytecode of Python {RELEASE}",
          "virtual environment", "nvidia-large 1.0", "small-tool 1.0", "bytecode of packages",
          *(f"the project's files in /{folder}/" for folder in ("new/workspace", "srv/new/deep", "opt/here", "lib/here", "srv")),
          "work folder"]  # fmt: skip
TORCHRUN = (pathlib.Path(__file__).parent / "stand_in/torchrun").read_text()
os.environ["LAUNCH_INDEX_URL"] = f"http://{REGISTRY}/simple"  # which has no packages


class Podman(StandaloneProject):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        debian = OtherDebian(cls, ENGINES, cls.root / "debian")
        cls.variables = {"PATH": debian.path, "LAUNCH_ENGINE": "podman", **own_storage(cls.root / "podman")}

    def setUp(self):
        self.podman("rmi", "--all", "--force")

    def podman(self, *arguments):
        done = subprocess.run(["podman", *arguments], env={**os.environ, **self.variables}, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def in_podman(self, image, *command):
        return self.podman("run", "--rm", "--network", "none", image, *command)

    def build_with_podman(self, *arguments, **more):
        return self.build(*arguments, **self.variables, **more)

    def test_is_the_image_that_the_older_podman_has(self):
        self.lock()
        older = self.build(LAUNCH_ENGINE="podman")
        built = self.build_with_podman()
        for each in (older, built):
            del each["seconds"]
        self.assertEqual(built, older)
        self.assertEqual(built["digest"], self.launch("build", NAME, "--digest")["digest"])
        self.assertEqual(self.in_podman(built["image"], "small"), "small\n")
        self.assertEqual(self.in_podman(built["image"], "python", "-c", "import platform; print(platform.python_version())"),
                         f"{RELEASE}\n")  # fmt: skip
        with self.subTest("is found again"):
            again = self.build_with_podman()
            self.assertEqual((again["up_to_date"], again["image"]), (True, built["image"]))
        self.expect_only_changed_layers_move(built, **self.variables)

    def test_dockerfile(self):
        self.lock()
        built = self.build_with_podman("--dockerfile")
        self.assertEqual(self.in_podman(built["image"], "small"), "small\n")
        again = self.build_with_podman("--dockerfile", "--from-scratch")
        self.assertEqual((again["up_to_date"], again["image_id"]), (False, built["image_id"]))

    def test_train(self):
        write_wheel(self.root / "wheels", "torch-stand-in", {"torch_stand_in-1.0.data/scripts/torchrun": TORCHRUN})
        project = self.make_project("train")
        recipe = project / f"recipes/{NAME}.toml"
        recipe.write_text(recipe.read_text().replace('"nvidia-large"', '"torch-stand-in"') +
                          '[train]\ncommand = ["main.py"]\ngpus = 0\nnodes = 2\n')
        self.lock(project)
        self.build_with_podman(project=project)
        for environment in ("image", "mounted"):
            with self.subTest(environment):
                done = self.launch("train", NAME, "--env", environment, project=project,
                                   LAUNCH_STATE=str(self.root / "state"), **self.variables)  # fmt: skip
                self.assertEqual((done["result"], done["environment"], done["world_size"]), ("succeeded", environment, 2))
                ranks = [line for line in self.words.splitlines() if line.endswith("] main")]
                self.assertEqual(sorted(ranks), ["[0.0] main", "[1.1] main"], self.words)
        self.assertEqual(self.podman("ps", "--all", "--quiet"), "")
        self.assertEqual(self.podman("network", "ls", "--format", "{{.Name}}"), "podman\n")


class PlainUser(StandaloneProject):
    """Rootless podman."""

    def setUp(self):
        self.lock()
        self.expected = self.launch("build", NAME, "--digest")
        self.older = self.build(LAUNCH_ENGINE="podman")
        debian = OtherDebian(type(self), ENGINES, self.root / "debian")
        variables = {**own_storage(self.root / "podman"), "XDG_RUNTIME_DIR": str(self.root / "runtime")}
        (self.root / "runtime").mkdir(mode=0o700)
        self.user = [*debian.as_user(LAUNCH, self.project), *(f"{name}={value}" for name, value in variables.items())]
        subprocess.run(["chown", "--recursive", f"{UID}:{UID}", self.root], check=True)
        self.addCleanup(self.run_as_user, "podman", "system", "migrate")  # ends the process that holds its namespace

    def run_as_user(self, *command):
        done = subprocess.run([*self.user, *command], text=True, env=self.environment(self.project, "store", {}),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return done.stdout

    def test_is_the_image_that_root_has(self):
        built = json.loads(self.run_as_user(LAUNCH, "--json", "build", NAME))
        self.assertEqual((built["digest"], built["image_id"]), (self.expected["digest"], self.older["image_id"]))
        inside = ["podman", "run", "--rm", "--network", "none", built["image"]]
        self.assertEqual(self.run_as_user(*inside, "small"), "small\n")
        self.assertEqual(self.run_as_user(*inside, "id", "-un"), "trainer\n")
        again = json.loads(self.run_as_user(LAUNCH, "--json", "build", NAME))
        self.assertEqual((again["up_to_date"], again["image"]), (True, built["image"]))


class DockerClassic(docker_image.DockerImage):
    """What the older docker does as well is left out."""

    configuration = {}
    test_an_image_that_does_not_work_gets_no_name = test_a_killed_build_leaves_nothing_in_the_way = None
    test_only_changed_layers_move = None

    @classmethod
    def start_docker(cls):
        debian = OtherDebian(cls, ENGINES, cls.root / "debian")
        return require_docker(cls, cls.root / "docker", folders=[debian.folder], **cls.configuration)

    def test_dockerfile(self):
        self.lock()
        built = self.build_with_docker("--dockerfile")
        self.assertEqual(self.in_docker(built["image"], "small"), "small\n")
        with self.subTest("tells the layers"):
            self.assertEqual([size["name"] for size in built["sizes"]], LAYERS)
            self.assertEqual(([size["digest"] for size in built["sizes"]], sum(size["unpacked"] for size in built["sizes"])),
                             self.docker.layers_of(built["image"]))  # fmt: skip
        again = self.build_with_docker("--dockerfile")
        self.assertEqual((again["up_to_date"], again["image"]), (True, built["image"]))


class DockerContainerd(DockerClassic):
    configuration = {"features": {"containerd-snapshotter": True}}
    kills = 2
    test_a_killed_build_leaves_nothing_in_the_way = docker_image.DockerImage.test_a_killed_build_leaves_nothing_in_the_way
    test_only_changed_layers_move = docker_image.DockerImage.test_only_changed_layers_move


class Far(elsewhere.Elsewhere):
    """docker's containerd store where it does not reach loopback."""

    test_a_docker_at_a_port = test_a_docker_of_a_context = test_a_docker_whose_socket_is_here = test_a_remote_podman = None
    test_a_killed_build_leaves_nothing_in_the_way = None

    @classmethod
    def start_docker(cls):
        debian = OtherDebian(cls, ENGINES, cls.root / "debian")
        return require_docker(cls, cls.root / "docker", prefix=elsewhere.OTHER_NETWORK, folders=[debian.folder],
                              **DockerContainerd.configuration, **without_network())


if __name__ == "__main__":
    unittest.main()
