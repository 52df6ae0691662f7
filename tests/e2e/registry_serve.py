#!/usr/bin/env python3
"""registry_serve.py REGISTRY_IMAGE: podman, docker and skopeo pull an image from our own registry.

Its layers are streamed from wheels. All see the image that was made: its ID, its digest, its files. docker has a daemon
of its own, which ends with the test (real_docker.py).
"""

import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import unittest
import urllib.error
import urllib.request

from podman_storage import own_storage
from real_docker import start_docker, why_not, without_network
from real_registry import PREFIX, WHEELS, download_wheels, run

REGISTRY_IMAGE = sys.argv.pop(1)


class Registry(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-registry-serve-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        download_wheels(cls.root / "wheels")
        cls.log = cls.root / "log"
        with open(cls.log, "w") as log:
            cls.server = subprocess.Popen(
                [REGISTRY_IMAGE, "serve", cls.root / "store", PREFIX, "%d.%d" % sys.version_info[:2], f"{PREFIX}/bin/python3",
                 *sorted((cls.root / "wheels").iterdir())],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)  # fmt: skip
        cls.addClassCleanup(cls.end_server)
        line = cls.server.stdout.readline()
        assert line, cls.log.read_text()
        cls.address, cls.digest, cls.id = line.split()

    @classmethod
    def end_server(cls):
        cls.server.stdin.close()
        assert cls.server.wait() == 0
        cls.server.stdout.close()

    def fetch(self, path, **headers):
        with urllib.request.urlopen(urllib.request.Request(f"http://{self.address}/v2/{path}", headers=headers)) as answer:
            return answer.status, answer.read()

    def manifest(self):
        return json.loads(self.fetch("launch/demo/manifests/latest")[1])

    def podman(self, *arguments):
        """podman with a storage of its own."""
        return run("podman", *arguments, env={**os.environ, **own_storage(self.root / "podman")})

    def test_every_blob_has_its_digest_whole_and_in_parts(self):
        manifest = self.manifest()
        for blob in [manifest["config"], *manifest["layers"]]:
            _, whole = self.fetch(f"launch/demo/blobs/{blob['digest']}")
            self.assertEqual("sha256:" + hashlib.sha256(whole).hexdigest(), blob["digest"])
            self.assertEqual(len(whole), blob["size"])
            half = len(whole) // 2
            status, rest = self.fetch(f"launch/demo/blobs/{blob['digest']}", Range=f"bytes={half}-")
            self.assertEqual((status, rest), (206, whole[half:]))

    def test_errors_are_documents(self):
        with self.assertRaises(urllib.error.HTTPError) as caught:
            self.fetch("launch/demo/manifests/none")
        with caught.exception as answer:
            self.assertEqual(answer.status, 404)
            self.assertEqual(json.loads(answer.read())["errors"][0]["code"], "MANIFEST_UNKNOWN")

    def test_skopeo_reads_and_copies(self):
        said = json.loads(run("skopeo", "inspect", "--tls-verify=false", f"docker://{self.address}/launch/demo:latest"))
        self.assertEqual(said["Digest"], self.digest)
        self.assertEqual(said["RepoTags"], ["latest"])
        self.assertEqual(len(said["Layers"]), len(WHEELS))
        run("skopeo", "copy", "--quiet", "--preserve-digests", "--src-tls-verify=false",
            f"docker://{self.address}/launch/demo@{self.digest}", f"dir:{self.root}/copy")  # fmt: skip
        self.assertEqual("sha256:" + hashlib.sha256((self.root / "copy/manifest.json").read_bytes()).hexdigest(), self.digest)

    def test_podman_pulls(self):
        name = f"{self.address}/launch/demo@{self.digest}"
        self.podman("pull", "--quiet", "--tls-verify=false", name)
        (line,) = self.podman("images", "--no-trunc", "--format", "{{.ID}} {{.Digest}}").splitlines()
        self.assertEqual(line.split(), [self.id, self.digest])
        mounted = pathlib.Path(self.podman("image", "mount", self.id.split(":")[1]).strip())
        self.addCleanup(self.podman, "image", "umount", self.id.split(":")[1])
        self.assertTrue(os.access(mounted / "opt/venv/bin/ninja", os.X_OK))

    def test_docker_pulls(self):
        if reason := why_not():
            self.skipTest(reason)
        docker = start_docker(type(self), self.root / "docker", **without_network())
        name = f"{self.address}/launch/demo@{self.digest}"
        docker("pull", "--quiet", name)
        (image,) = json.loads(docker("image", "inspect", name))
        self.assertEqual((image["Id"], image["RepoDigests"]), (self.id, [name]))
        docker("save", "--output", self.root / "saved.tar", name)
        names = set()
        with tarfile.open(self.root / "saved.tar") as saved:
            for layer in json.load(saved.extractfile("manifest.json"))[0]["Layers"]:
                with tarfile.open(fileobj=saved.extractfile(layer)) as content:
                    names.update(content.getnames())
        self.assertIn("opt/venv/bin/ninja", names)


if __name__ == "__main__":
    unittest.main()
