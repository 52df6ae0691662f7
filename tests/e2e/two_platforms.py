#!/usr/bin/env python3
"""two_platforms.py LAUNCH: one lock for two platforms, with real wheels of both, pushed as an image index.

Debian's docker-registry has it; skopeo and podman read it. The base image and the interpreter of the second platform
are stand-ins: the files are those of the first.
"""

import hashlib
import io
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest

from loopback import World, serve
from podman_storage import own_storage, release_storage
from real_registry import run, start_registry
from standalone_archive import ARCHIVE, PYTHON, RELEASE, write_archive

LAUNCH = pathlib.Path(sys.argv.pop(1)).resolve()
MACHINES = {"amd64": ("x86_64", 62), "arm64": ("aarch64", 183)}  # name, and e_machine of ELF


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


def base_files():
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as tar:
        for name, text in (("etc/passwd", "root:x:0:0:root:/root:/bin/sh\n"), ("etc/group", "root:x:0:\n")):
            entry = tarfile.TarInfo(name)
            entry.size, entry.mtime = len(text), 1_700_000_000
            tar.addfile(entry, io.BytesIO(text.encode()))
    return packed.getvalue()


class TwoPlatforms(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-platforms-")).resolve()
        cls.addClassCleanup(shutil.rmtree, cls.root)
        write_archive(cls.root / "python.tar.gz")
        world = World()
        world.image_tar = base_files()
        world.files["/" + ARCHIVE] = (cls.root / "python.tar.gz").read_bytes()
        server = cls.enterClassContext(serve(world))
        cls.registry = start_registry(cls, cls.root / "registry")
        cls.write_project(f"127.0.0.1:{server.port}", world.files["/" + ARCHIVE])

    @classmethod
    def write_project(cls, base, interpreter):
        project = cls.root / "project"
        (project / "recipes").mkdir(parents=True)
        (project / "train.py").write_text("print('trained')\n")
        archive = f'{{ url = "http://{base}/{ARCHIVE}", sha256 = "{digest_of(interpreter)[7:]}" }}'
        (project / "launch.toml").write_text(
            "".join(f'[[registry]]\nprefix = "{each}"\nlocation = "{each}"\ninsecure = true\n\n' for each in (base, cls.registry))
            + f'[[interpreter]]\nversion = "{RELEASE}"\nlinux-x86_64 = {archive}\nlinux-aarch64 = {archive}\n')
        (project / "recipes/both.toml").write_text(
            f'python = "{PYTHON}"\nplatforms = ["linux-x86_64", "linux-aarch64"]\npackages = ["pyyaml"]\n'
            f'[image]\nfrom = "{base}/base:1"\ncopy = [{{ from = "train.py", to = "/workspace/" }}]\n')

    def launch(self, *arguments, store="store"):
        environment = {name: value for name, value in os.environ.items() if not name.startswith("XDG_")}
        environment |= {"HOME": str(self.root / "home"), "LAUNCH_STORE": str(self.root / store)}
        done = subprocess.run([LAUNCH, "-C", self.root / "project", "--json", *arguments], env=environment, text=True,
                              capture_output=True)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout) if done.stdout else None

    def files_of(self, reference, architecture):
        """What podman finds in the image: the machine for which the wheel's library was compiled, by its place; the script."""
        known = {**os.environ, **own_storage(self.root / architecture)}
        image = run("podman", "pull", "--quiet", "--tls-verify=false", "--arch", architecture, reference, env=known).strip()
        try:
            script = ('cd "$(podman image mount "$0")" && for each in $(find opt/venv -name "_yaml*.so"); do echo "$each" '
                      '$(od -An -tu2 -j18 -N2 "$each"); done; cat workspace/train.py; podman image unmount "$0" >/dev/null')
            return run("sh", "-ec", script, image, env=known).splitlines()
        finally:
            run("podman", "rmi", "--force", image, env=known)
            release_storage(self.root / architecture)

    def test_an_index(self):
        self.launch("lock", "both")
        known = {each["platform"]: each for each in self.launch("build", "both", "--digest")["images"]}
        self.assertEqual(sorted(known), ["linux-aarch64", "linux-x86_64"])
        reference = f"{self.registry}/team/both:1"
        pushed = self.launch("build", "both", "--push", reference)
        raw = run("skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{reference}")
        index = json.loads(raw)
        self.assertEqual(pushed["image"], f"{self.registry}/team/both@{digest_of(raw.encode())}")
        self.assertEqual({each["platform"]["architecture"]: each["digest"] for each in index["manifests"]},
                         {"amd64": known["linux-x86_64"]["digest"], "arm64": known["linux-aarch64"]["digest"]})
        for architecture, (machine, number) in MACHINES.items():
            with self.subTest(architecture):
                name = f"_yaml.cpython-{PYTHON.replace('.', '')}-{machine}-linux-gnu.so"
                self.assertEqual(self.files_of(reference, architecture),
                                 [f"opt/venv/lib/python{PYTHON}/site-packages/yaml/{name} {number}", "print('trained')"])
        with self.subTest("again, with nothing but the lock"):
            again = self.launch("build", "both", "--push", reference, store="another store")
            self.assertEqual((again["image"], again["sent"]), (pushed["image"], 0))


if __name__ == "__main__":
    unittest.main(verbosity=2)
