#!/usr/bin/env python3
"""ci/stand-in tests/e2e/image_killed.py LAUNCH [--points N] [NAME…]: SIGKILL while podman gets an image, and while it is pushed.

Half of the points are spread over the time of a whole run, half over its phases: the programs that launch starts, and
the requests that a registry gets. podman has a storage of its own, so that everything in it is of these builds.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time
import unittest

from image_project import REGISTRY, TAG
from podman_storage import own_storage, release_storage
from real_registry import run, start_registry
from registry_between import Between
from standalone_project import LAUNCH, NAME, StandaloneProject

OPTIONS = argparse.ArgumentParser()
OPTIONS.add_argument("--points", type=int, default=8)
PARSED, NAMES = OPTIONS.parse_known_args()
POINTS = PARSED.points
MARK = f"LAUNCH_TEST_KILLED={NAME}"  # in the environment of everything that these builds start
PROGRAMS = ("tag", "pull", "run", "untag")
REQUESTS = ("PUT manifests", "PUT blobs", "PATCH blobs", "POST blobs", "HEAD blobs", "HEAD manifests")


def of_these_builds():
    """Command lines of the processes that these builds started, by PID."""
    found = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if MARK.encode() in (process / "environ").read_bytes().split(b"\0"):
                found[int(process.name)] = (process / "cmdline").read_text().replace("\0", " ").strip()
        except OSError:
            pass
    return found


def subcommands(process):
    """Those of a process's running children: "pull"."""
    words = []
    for children in pathlib.Path(f"/proc/{process.pid}/task").glob("*/children"):
        try:
            for child in children.read_text().split():
                words += pathlib.Path(f"/proc/{child}/cmdline").read_text().split("\0")[1:2]
        except OSError:
            pass
    return words


class Killed(StandaloneProject):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.variables = {**own_storage(cls.root / "podman"), MARK.split("=")[0]: NAME, "LAUNCH_ENGINE": "podman"}
        cls.addClassCleanup(release_storage, cls.root / "podman")
        run("podman", "pull", "--quiet", "--tls-verify=false", f"{REGISTRY}/nvidia/cuda:{TAG}", env=cls.with_storage())
        cls.base = cls.images_in_podman()

    @classmethod
    def remove_images(cls):
        run("podman", "rmi", "--all", "--force", env=cls.with_storage())

    @classmethod
    def with_storage(cls):
        return {**os.environ, "CONTAINERS_STORAGE_CONF": cls.variables["CONTAINERS_STORAGE_CONF"]}

    @classmethod
    def images_in_podman(cls, whole=True):
        """ID and name of each; a name is None if it has none. `whole`: podman has all parts of all of them."""
        listed = subprocess.run(["podman", "images", "--no-trunc", "--format", "{{.ID}} {{.Names}}"], env=cls.with_storage(),
                                text=True, check=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        assert not whole or "may be corrupted" not in listed.stderr, listed.stderr
        lines = [line.split(" ", 1) for line in listed.stdout.splitlines()]
        return {(image, name) for image, names in lines for name in names.strip("[]").split() or [None]}

    def names_after_a_kill(self):
        """Names in podman, except those of loopback, which the next build removes."""
        found = self.images_in_podman(whole=False) - self.base
        return {each for each in found if each[1] and not each[1].startswith("127.0.0.1:")}

    def start(self, *arguments):
        return subprocess.Popen([LAUNCH, "--json", *arguments], cwd=self.project, text=True, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, env=self.environment(self.project, "store", self.variables))

    def build(self, name=NAME, code=0):
        return self.launch("build", name, code=code, **self.variables)

    def forget(self):
        """As if nothing had been built: no image in podman but the base, and no layer that is known in the store."""
        for image, _ in self.images_in_podman() - self.base:
            subprocess.run(["podman", "rmi", "--force", image.removeprefix("sha256:")], stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, env=self.with_storage())
        self.assertEqual(self.images_in_podman(), self.base)
        for known in (self.root / "store/wheels/sha256").glob("*/*/layers"):
            shutil.rmtree(known)

    def kill_at(self, process, moment):
        """`moment`: seconds, or a program and the seconds after its start."""
        if isinstance(moment, tuple):
            program, moment = moment
            while program not in subcommands(process) and process.poll() is None:
                time.sleep(0.001)
        time.sleep(moment)
        process.kill()
        process.communicate()

    def expect_no_processes(self):
        until = time.monotonic() + 20
        while (left := of_these_builds()) and time.monotonic() < until:
            time.sleep(0.02)
        self.assertEqual(left, {}, "processes are left")

    def expect_nothing_else(self, *images):
        """podman has these images, each with its name, and the base; no containers."""
        self.assertEqual(self.images_in_podman() - self.base, set(images))
        self.assertEqual(run("podman", "ps", "--all", "--external", "--quiet", env=self.with_storage()), "")
        self.launch("store", "verify")

    @staticmethod
    def moments(took, count):
        early = [took * (step + 0.5) / (count // 2) for step in range(count // 2)]
        late = [(PROGRAMS[step % len(PROGRAMS)], 0.02 * (step // len(PROGRAMS))) for step in range(count - count // 2)]
        return early + late

    def test_build(self):
        self.lock()
        self.build()  # brings the base and the interpreter
        self.forget()
        began = time.monotonic()
        whole = self.build()
        took = time.monotonic() - began
        self.expect_nothing_else(named := (whole["image_id"], f"localhost/launch/{NAME}:latest"))
        caught = before = 0
        for moment in self.moments(took, POINTS):
            with self.subTest(moment=moment):
                self.forget()
                building = self.start("build", NAME)
                self.kill_at(building, moment)
                caught += building.returncode == -9
                if isinstance(moment, tuple) and moment[1] == 0:
                    self.assertEqual(building.returncode, -9, f"no {moment[0]} was seen")
                self.expect_no_processes()
                ours = self.names_after_a_kill()
                before += not ours
                self.assertLessEqual(ours, {named}, "a name of something else")
                again = self.build()
                self.assertEqual((again["image"], again["image_id"]), (whole["image"], whole["image_id"]))
                self.expect_nothing_else(named)
        print(f"a build of {took:.1f} s killed at {POINTS} points, {caught} while it ran, {before} before its image had a name",
              flush=True)

    def test_half_an_image(self):
        """As podman's storage has it if a pull was killed while it was completed."""
        self.lock()
        whole = self.build()
        place = self.root / "podman/graph/overlay-images"
        images = json.loads((place / "images.json").read_text())
        (half,) = [image for image in images if image["id"] == whole["image_id"][7:]]
        for name in ("names", "digest", "big-data-names", "big-data-sizes", "big-data-digests"):
            del half[name]
        (place / "images.json").write_text(json.dumps(images))
        shutil.rmtree(place / half["id"])
        with self.assertRaisesRegex(AssertionError, "may be corrupted"):
            self.images_in_podman()
        again = self.build()
        self.assertEqual((again["up_to_date"], again["image"]), (False, whole["image"]))
        self.expect_nothing_else((whole["image_id"], f"localhost/launch/{NAME}:latest"))

    def test_an_image_that_does_not_work_never_has_a_name(self):
        name = f"{NAME}-broken"
        self.lock(name=name)
        self.forget()
        self.build(name, code=1)
        count = max(1, POINTS // 5)
        for step in range(count):
            with self.subTest(step=step):
                self.forget()
                self.kill_at(self.start("build", name), ("run", 0.1 * step))
                self.expect_no_processes()
                self.assertEqual(self.names_after_a_kill(), set())
                self.build(name, code=1)
                self.expect_nothing_else()

    def push(self, reference):
        return self.launch("build", NAME, "--push", reference, **self.variables)

    def expect_whole(self, reference, digest):
        """Every blob can be read from the registry."""
        target = self.root / "read"
        run("skopeo", "copy", "--quiet", "--preserve-digests", "--src-tls-verify=false", f"docker://{reference}", f"dir:{target}")
        self.assertEqual(json.loads(run("skopeo", "inspect", f"dir:{target}"))["Digest"], digest)
        shutil.rmtree(target)

    def tagged(self, reference):
        done = subprocess.run(["skopeo", "inspect", "--tls-verify=false", "--format", "{{.Digest}}", f"docker://{reference}"],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertTrue(done.returncode == 0 or "manifest unknown" in done.stderr or "name unknown" in done.stderr, done.stderr)
        return done.stdout.strip()

    def forget_pushes(self):
        """So that the next push sends its layers: what another repository of the registry has would be mounted."""
        for note in list((self.root / "store").rglob("pushed-*")):
            note.unlink()

    def test_push(self):
        self.lock()
        registry = start_registry(type(self), self.root / "registry")
        server = Between(registry)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        address = f"127.0.0.1:{server.server_port}"
        site = (self.project / "launch.toml").read_text()
        self.addCleanup((self.project / "launch.toml").write_text, site)
        (self.project / "launch.toml").write_text(
            site + f'\n[[registry]]\nprefix = "{address}"\nlocation = "{address}"\ninsecure = true\n')
        began = time.monotonic()
        digest = self.push(f"{address}/team/whole:1")["image"].split("@")[1]
        took = time.monotonic() - began
        counts = {kind: sum(self.kind(*seen[:2]) == kind for seen in server.seen) for kind in REQUESTS}
        caught = before = 0
        for step in range(POINTS):
            in_time = step < POINTS // 2
            place = step - POINTS // 2
            kind = "" if in_time else REQUESTS[place % len(REQUESTS)]
            nth = 1 + place // len(REQUESTS) % max(1, counts.get(kind, 1))
            with self.subTest(step=step, kind=kind, nth=nth):
                name = f"team/demo-{step}:1"
                if in_time or kind in ("PUT blobs", "PATCH blobs"):
                    self.forget_pushes()
                pushing = self.start("build", NAME, "--push", f"{address}/{name}")
                if in_time:
                    self.kill_at(pushing, took * (step + 0.5) / (POINTS // 2))
                else:
                    server.counts.clear()
                    server.fault = lambda handler: self.kill_in_request(handler, kind, nth, pushing)
                    pushing.communicate()
                    server.fault = lambda handler: False
                caught += pushing.returncode == -9
                if not in_time and kind in counts and counts[kind] >= nth:
                    self.assertEqual(pushing.returncode, -9, "no such request was seen")
                self.expect_no_processes()
                found = self.tagged(f"{registry}/{name}")
                before += not found
                if found:
                    self.assertEqual(found, digest)
                    self.expect_whole(f"{registry}/{name}", digest)
                self.assertEqual(self.push(f"{address}/{name}")["image"], f"{address}/{name[:-2]}@{digest}")
                self.expect_whole(f"{registry}/{name}", digest)
                self.launch("store", "verify")
        print(f"a push of {took:.1f} s killed at {POINTS} points, {caught} while it ran, {before} before its image had a tag",
              flush=True)

    @staticmethod
    def kind(method, path):
        return f"{method} {'manifests' if '/manifests/' in path else 'blobs'}"

    def kill_in_request(self, handler, kind, nth, pushing):
        if self.kind(handler.command, handler.path) == kind and handler.server.nth(kind) == nth:
            pushing.kill()
            pushing.wait()
        return False


if __name__ == "__main__":
    unittest.main(argv=[sys.argv[0], *NAMES])
