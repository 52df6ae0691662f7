#!/usr/bin/env python3
"""ci/stand-in tests/e2e/elsewhere.py LAUNCH: an engine that does not reach this machine's loopback gets the same image.

docker's daemon and podman's service run in network namespaces of their own, and with storage of their own. launch has
only their sockets: a unix socket of another machine's or container's daemon, a TCP port, a client of a remote service.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest

from image_project import REGISTRY, TAG
from podman_storage import own_storage, release_storage
from real_docker import SKIPPED, require_docker, why_not, without_network
from real_registry import run
from standalone_project import NAME, StandaloneProject

if reason := why_not():
    print("skipped:", reason)
    sys.exit(SKIPPED)

OTHER_NETWORK = ("unshare", "--net", "--")


def pump(source, target):
    with contextlib.suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)


def connect(client, path):
    with client, socket.socket(socket.AF_UNIX) as server, contextlib.suppress(OSError):
        server.connect(str(path))
        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)
        back.join()


def forward(case, path):
    """A loopback port that leads to a unix socket, until the test ends."""
    listener = socket.create_server(("127.0.0.1", 0))

    def accept():
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=connect, args=(listener.accept()[0], path), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    case.addCleanup(listener.close)
    case.addCleanup(listener.shutdown, socket.SHUT_RDWR)
    return listener.getsockname()[1]


class Elsewhere(StandaloneProject):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.docker = cls.start_docker()
        cls.variables = {**cls.docker.variables, "LAUNCH_ENGINE": "docker"}

    @classmethod
    def start_docker(cls):
        return require_docker(cls, cls.root / "docker", prefix=OTHER_NETWORK, **without_network())

    def setUp(self):
        self.lock()
        self.said = self.launch("build", NAME, "--digest")
        self.forget()

    def forget(self):
        """docker keeps the layers of the base, once it has them."""
        if f"localhost/launch/{NAME}" in self.docker("images", "--format", "{{.Repository}}").split():
            self.keep_base()
            self.docker("rmi", f"localhost/launch/{NAME}")

    def keep_base(self):
        if "base" not in self.docker("images", "--format", "{{.Repository}}").split():
            run("skopeo", "copy", "--quiet", "--src-tls-verify=false", f"docker://{REGISTRY}/nvidia/cuda:{TAG}",
                f"docker-archive:{self.root}/base.tar:base:kept")  # fmt: skip
            self.docker("load", "--quiet", "--input", self.root / "base.tar")

    def expect_archive(self, built, why):
        self.assertIn(f"{built['engine']} gets the image as an archive: {why}\n", self.words)
        self.assertEqual((built["digest"], built["image_id"]), (self.said["digest"], self.said["images"][0]["image_id"]))

    def build_with_docker(self, *arguments, **more):
        return self.build(*arguments, **{**self.variables, **more})

    def expect_in_docker(self, built):
        images = dict(line.split() for line in self.docker("images", "--all", "--no-trunc", "--format",
                                                           "{{.Repository}}:{{.Tag}} {{.ID}}").splitlines())  # fmt: skip
        images.pop("base:kept", None)
        self.assertIn(images.pop(f"localhost/launch/{NAME}:latest"), (built["image_id"], built["digest"]))
        self.assertEqual(images, {})
        self.assertEqual(self.docker("run", "--rm", "--network", "none", built["image"], "small"), "small\n")

    def test_a_docker_whose_socket_is_here(self):
        built = self.build_with_docker()
        self.expect_archive(built, "it made no request to this machine's loopback address")
        self.expect_in_docker(built)
        again = self.build_with_docker()
        self.assertEqual((again["up_to_date"], again["image"]), (True, built["image"]))
        self.assertNotIn("archive", self.words)

    def test_a_docker_at_a_port(self):
        host = f"tcp://127.0.0.1:{forward(self, self.docker.socket)}"
        built = self.build_with_docker(DOCKER_HOST=host)
        self.expect_archive(built, f"its daemon is at {host}")
        self.expect_in_docker(built)

    def test_a_docker_of_a_context(self):
        host = f"tcp://127.0.0.1:{forward(self, self.docker.socket)}"
        self.docker("context", "create", "far", "--docker", f"host={host}")
        self.addCleanup(self.docker, "context", "rm", "--force", "far")
        variables = {name: value for name, value in self.variables.items() if name != "DOCKER_HOST"}
        built = self.build(**variables, DOCKER_CONTEXT="far")
        self.expect_archive(built, f"its daemon is at {host}")
        self.expect_in_docker(built)

    def test_a_killed_build_leaves_nothing_in_the_way(self):
        host = f"tcp://127.0.0.1:{forward(self, self.docker.socket)}"
        whole = self.build_with_docker(DOCKER_HOST=host)
        for number in (signal.SIGKILL, signal.SIGINT):
            self.forget()
            building = self.start_build(**{**self.variables, "DOCKER_HOST": host})
            while "as an archive" not in building.stderr.readline():
                self.assertIsNone(building.poll())
            building.send_signal(number)
            words = building.communicate()[1]
            self.assertEqual(building.returncode, {signal.SIGKILL: -9, signal.SIGINT: 130}[number], words)
            again = self.build_with_docker(DOCKER_HOST=host)
            self.assertEqual(again["image"], whole["image"])
            self.expect_in_docker(again)

    def test_a_damaged_store_is_named_and_not_the_engine(self):
        make_whole = self.damage("nvidia_large-1.0-py3-none-any.whl")
        self.launch("build", NAME, code=3, **self.variables)
        self.assertRegex(self.words, "error: the layer of nvidia-large 1.0 is damaged in the store: expected sha256:[0-9a-f]{64}, "
                                     "found sha256:[0-9a-f]{64}\n\nhint: run `launch store verify` to find what is damaged\n")
        self.assertNotIn("localhost", self.docker("images", "--all", "--format", "{{.Repository}}"))
        make_whole()
        self.expect_in_docker(self.build_with_docker())

    def test_a_remote_podman(self):
        place = self.root / "podman"
        own = own_storage(place)
        url = f"unix://{place}/podman.sock"
        service = subprocess.Popen([*OTHER_NETWORK, "podman", "system", "service", "--time=0", url],
                                   env={**os.environ, **own}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        self.addCleanup(release_storage, place)
        self.addCleanup(service.wait)
        self.addCleanup(service.terminate)
        variables = {"CONTAINER_HOST": url, "LAUNCH_ENGINE": "podman"}
        until = time.monotonic() + 30
        while not (place / "podman.sock").exists():
            self.assertLess(time.monotonic(), until)
            time.sleep(0.05)

        def podman(*arguments):
            return subprocess.run(["podman", *arguments], env={**os.environ, "CONTAINER_HOST": url}, text=True, check=True,
                                  stdout=subprocess.PIPE).stdout  # fmt: skip

        built = self.build(**variables)
        self.expect_archive(built, "it is the client of a remote service")
        self.assertEqual(built["image"], f"localhost/launch/{NAME}@{self.said['digest']}")
        self.assertEqual(podman("images", "--all", "--no-trunc", "--digests", "--format", "{{.ID}} {{.Digest}} {{.Repository}}"),
                         f"{built['image_id']} {built['digest']} localhost/launch/{NAME}\n")  # fmt: skip
        self.assertEqual(podman("run", "--rm", "--network", "none", built["image"], "small"), "small\n")
        again = self.build(**variables)
        self.assertEqual((again["up_to_date"], again["image"]), (True, built["image"]))


if __name__ == "__main__":
    unittest.main()
