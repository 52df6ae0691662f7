#!/usr/bin/env python3
"""ci/stand-in tests/e2e/docker_image.py LAUNCH: docker gets the same images as podman, from launch's registry on loopback.

The daemon is the distribution's own, and ends with the test (real_docker.py).
"""

import sys
import time
import unittest

from image_project import REGISTRY, TAG
from real_docker import SKIPPED, require_docker, why_not, without_network
from standalone_project import LAUNCH, NAME, RELEASE, StandaloneProject

if reason := why_not():
    print("skipped:", reason)
    sys.exit(SKIPPED)


class DockerImage(StandaloneProject):
    kills = 4

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.docker = cls.start_docker()
        cls.variables = {**cls.docker.variables, "LAUNCH_ENGINE": "docker"}
        cls.has_digests = "containerd" in cls.docker("info", "--format", "{{json .DriverStatus}}")

    @classmethod
    def start_docker(cls):
        return require_docker(cls, cls.root / "docker", **without_network())

    def setUp(self):
        for image in self.docker("images", "--all", "--quiet").split():
            self.docker("rmi", "--force", image)

    def build_with_docker(self, *arguments):
        return self.build(*arguments, **self.variables)

    def in_docker(self, image, *command):
        return self.docker("run", "--rm", "--network", "none", image, *command)

    def names(self):
        return self.docker("images", "--all", "--digests", "--format", "{{.Repository}}").split()

    def pulled_since(self, start):
        """The names that the daemon pulled from loopback, with their digests."""
        lines = self.docker("events", "--since", start, "--until", time.time(), "--filter", "event=pull", "--format", "{{.ID}}")
        return [line for line in lines.split() if line.startswith("127.0.0.1:")]

    def test_is_the_image_that_podman_has(self):
        self.lock()
        said = self.launch("build", NAME, "--digest")
        with_podman = self.build(LAUNCH_ENGINE="podman")
        start = time.time()
        built = self.build_with_docker()
        self.assertEqual((built["engine"], built["up_to_date"], built["image_id"]), ("docker", False, with_podman["image_id"]))
        self.assertEqual((built["digest"], built["layers"]), (with_podman["digest"], with_podman["layers"]))
        self.assertEqual(built["digest"], said["digest"])
        with self.subTest("docker pulled what --digest says"):
            (pulled,) = self.pulled_since(start)
            self.assertTrue(pulled.endswith(f"/launch/{NAME}/hand-over@{said['digest']}"), pulled)
        with self.subTest("what is printed is what docker runs"):
            expected = f"localhost/launch/{NAME}@{said['digest']}" if self.has_digests else with_podman["image_id"]
            self.assertEqual(built["image"], expected)
            self.assertEqual(self.in_docker(built["image"], "small"), "small\n")
            self.assertEqual(self.in_docker(f"localhost/launch/{NAME}", "sh", "-c", "id -un; echo $PRICE; deep/run.sh"),
                             "trainer\n$5\ndeep\n")  # fmt: skip
            self.assertEqual(self.in_docker(built["image"], "python", "-c", "import platform; print(platform.python_version())"),
                             f"{RELEASE}\n")  # fmt: skip
        with self.subTest("no name of loopback is left"):
            self.assertEqual([name for name in self.names() if name != "<none>"], [f"localhost/launch/{NAME}"])
        with self.subTest("is found again"):
            again = self.build_with_docker()
            self.assertEqual((again["up_to_date"], again["image"], again["digest"]), (True, built["image"], said["digest"]))
        with self.subTest("is pulled again"):
            again = self.build_with_docker("--from-scratch")
            self.assertEqual((again["up_to_date"], again["image"]), (False, built["image"]))

    def test_only_changed_layers_move(self):
        self.lock()
        first = self.build_with_docker()
        self.expect_only_changed_layers_move(first, **self.variables)

    def test_an_image_that_does_not_work_gets_no_name(self):
        name = f"{NAME}-broken"
        self.lock(name=name)
        self.launch("build", name, code=1, **self.variables)
        self.assertIn(f"error: the new image of {name} does not work: a trial in it exited with code 1\n", self.words)
        self.assertNotIn(f"localhost/launch/{name}", self.names())

    def kill_builds(self, count, check, forget, **more):
        """Kills that many builds, each later than the one before; the build after each gives the same image again.

        `check` gets what that build answers. `forget` gets what the first one answered, before each that is killed.
        """
        whole = self.build(**more)
        forget(whole)
        began = time.monotonic()
        self.assertEqual(self.build("--from-scratch", **more)["image"], whole["image"])
        took = time.monotonic() - began
        for step in range(count):
            with self.subTest(step=step):
                forget(whole)
                building = self.start_build("--from-scratch", **more)
                time.sleep(took * step / count)
                building.kill()
                building.communicate()
                again = self.build("--from-scratch", **more)
                self.assertEqual(again["image"], whole["image"])
                check(again)

    def test_a_killed_build_leaves_nothing_in_the_way(self):
        self.lock()
        self.docker("pull", "--quiet", f"{REGISTRY}/nvidia/cuda:{TAG}")  # it keeps the layers of the base

        def check(again):
            self.assertEqual(self.in_docker(again["image"], "small"), "small\n")
            self.assertFalse([name for name in self.names() if name.startswith("127.") and name.endswith(f"/{NAME}")])

        self.kill_builds(self.kills, check, lambda whole: self.docker("rmi", "--force", whole["image"]), **self.variables)


if __name__ == "__main__":
    unittest.main()
