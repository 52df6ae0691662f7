#!/usr/bin/env python3
"""registry_push.py REGISTRY_IMAGE: an image is pushed without an engine to Debian's docker-registry.

With TLS and a password; and through a server in between that misbehaves. skopeo and podman read what arrived.
"""

import base64
import crypt
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest
import urllib.parse

from podman_storage import own_storage
from real_registry import PREFIX, WHEELS, download_wheels, run, start_registry
from registry_between import Between

REGISTRY_IMAGE = sys.argv.pop(1)
BLOBS = len(WHEELS) + 1


class Push(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-registry-push-"))
        cls.addClassCleanup(shutil.rmtree, cls.root)
        download_wheels(cls.root / "wheels")
        cls.plain = start_registry(cls, cls.root / "plain")

    def push(self, reference, chunk=100_000, insecure="", mount="", code=0, **environment):
        known = {"HOME": str(self.root), "PATH": os.environ["PATH"], **environment}
        done = subprocess.run(
            [REGISTRY_IMAGE, "push", reference, str(chunk), insecure, mount, self.root / "store", PREFIX,
             "%d.%d" % sys.version_info[:2], f"{PREFIX}/bin/python3", *sorted((self.root / "wheels").iterdir())],
            env=known, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
        self.assertEqual(done.returncode, code, done.stderr)
        if code:
            return done.stderr
        digest, *counts = done.stdout.split()
        return digest, *map(int, counts)

    def between(self, fault):
        server = Between(self.plain)
        server.fault = fault
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        return server, f"127.0.0.1:{server.server_port}"

    def assert_whole(self, name, digest):
        """Every blob is in the registry as the manifest says."""
        target = self.root / "read"
        run("skopeo", "copy", "--quiet", "--preserve-digests", "--src-tls-verify=false", f"docker://{self.plain}/{name}", f"dir:{target}")
        manifest = (target / "manifest.json").read_bytes()
        self.assertEqual("sha256:" + hashlib.sha256(manifest).hexdigest(), digest)
        for blob in [json.loads(manifest)["config"], *json.loads(manifest)["layers"]]:
            self.assertEqual(hashlib.sha256((target / blob["digest"][7:]).read_bytes()).hexdigest(), blob["digest"][7:])
        shutil.rmtree(target)

    def test_tls_and_password(self):
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1", "-subj",
            "/CN=launch-test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.root / "key.pem", "-out", self.root / "cert.pem")  # fmt: skip
        (self.root / "htpasswd").write_text(f"user:{crypt.crypt('secret', crypt.mksalt(crypt.METHOD_BLOWFISH, rounds=16))}\n")
        address = start_registry(type(self), self.root / "secure",
                                 f"  tls: {{certificate: '{self.root}/cert.pem', key: '{self.root}/key.pem'}}\n"
                                 f"auth: {{htpasswd: {{realm: test, path: '{self.root}/htpasswd'}}}}\n")  # fmt: skip
        reference = f"{address}/team/demo:1"
        trusted = self.root / f".config/containers/certs.d/{address}"
        with self.subTest("an unknown certificate"):
            self.assertIn("its certificate is not trusted: self-signed certificate", self.push(reference, code=3))
        trusted.mkdir(parents=True)
        shutil.copy(self.root / "cert.pem", trusted / "ca.crt")
        with self.subTest("no user"):
            self.assertIn("the registry returned 401 for", self.push(reference, code=3))
        auth = self.root / "auth.json"
        with self.subTest("a wrong password"):
            auth.write_text(json.dumps({"auths": {address: {"auth": base64.b64encode(b"user:wrong").decode()}}}))
            self.assertIn("hint: the registry does not let this user push here", self.push(reference, code=3, REGISTRY_AUTH_FILE=str(auth)))
        auth.write_text(json.dumps({"auths": {address: {"auth": base64.b64encode(b"user:secret").decode()}}}))
        digest, sent, present, mounted = self.push(reference, REGISTRY_AUTH_FILE=str(auth))
        self.assertEqual((sent, present, mounted), (BLOBS, 0, 0))
        with self.subTest("again, and from another repository"):
            self.assertEqual(self.push(reference, REGISTRY_AUTH_FILE=str(auth)), (digest, 0, BLOBS, 0))
            self.assertEqual(self.push(f"{address}/other/demo:1", mount="team/demo", REGISTRY_AUTH_FILE=str(auth)), (digest, 0, 0, BLOBS))
        with self.subTest("read by skopeo and podman"):
            said = json.loads(run("skopeo", "inspect", "--authfile", auth, "--cert-dir", trusted, f"docker://{address}/other/demo:1"))
            self.assertEqual(said["Digest"], digest)
            known = {**os.environ, **own_storage(self.root / "podman")}
            run("podman", "pull", "--quiet", "--authfile", auth, "--cert-dir", trusted, f"{reference.rsplit(':', 1)[0]}@{digest}", env=known)
            self.assertEqual(run("podman", "images", "--format", "{{.Digest}}", env=known).split(), [digest])
        with self.subTest("pulled into a store, and then no longer asked for"):
            name = f"{reference.rsplit(':', 1)[0]}@{digest}"
            known = {"HOME": str(self.root), "PATH": os.environ["PATH"], "REGISTRY_AUTH_FILE": str(auth)}
            layers = run(REGISTRY_IMAGE, "pull", name, self.root / "pulled", env=known).split()
            self.assertEqual(len(layers), len(WHEELS))
            for layer in map(pathlib.Path, layers):
                self.assertEqual(hashlib.sha256(layer.read_bytes()).hexdigest(), layer.parent.name)
            known["REGISTRY_AUTH_FILE"] = str(self.root / "none.json")
            self.assertEqual(run(REGISTRY_IMAGE, "pull", name, self.root / "pulled", env=known).split(), layers)
        with self.subTest("by a helper"):
            helper = self.root / "bin/docker-credential-test"
            helper.parent.mkdir()
            helper.write_text('#!/bin/sh\nread server\ntest "$1" = get && echo "{\\"Username\\": \\"user\\", \\"Secret\\": \\"secret\\"}"\n')
            helper.chmod(0o755)
            auth.write_text(json.dumps({"credHelpers": {address: "test"}}))
            self.push(f"{address}/third/demo:1", REGISTRY_AUTH_FILE=str(auth), PATH=f"{helper.parent}:{os.environ['PATH']}")

    def test_connections_that_are_cut(self):
        def fault(handler):
            if handler.command == "PATCH" and handler.server.nth("patch") in (2, 5, 9, 12):
                return handler.cut(0 if handler.server.nth("cut") % 2 else 30_000)
            return handler.command == "PUT" and handler.server.nth("put") in (1, 3) and handler.cut(0)

        server, address = self.between(fault)
        digest, sent, *_ = self.push(f"{address}/cut/demo:1", insecure=address)
        self.assertEqual(sent, BLOBS)
        self.assert_whole("cut/demo:1", digest)
        self.assertGreater(server.counts["cut"], 0)

    def test_tokens_that_expire(self):
        def fault(handler):
            server = handler.server
            if handler.path.startswith("/token"):
                token = str(server.nth("token"))
                handler.say(200, {}, json.dumps({"token": token}).encode())
                return True
            token = handler.headers.get("Authorization", "").removeprefix("Bearer ")
            if token and token == str(server.counts["token"]) and server.nth(f"use of {token}") <= 5:
                return False
            return handler.refuse(401, WWW_Authenticate=f'Bearer realm="http://{address}/token",service="test",scope="repository:token/demo:pull"')

        server, address = self.between(fault)
        digest, sent, *_ = self.push(f"{address}/token/demo:1", insecure=address)
        self.assertEqual(sent, BLOBS)
        self.assertGreater(server.counts["token"], 2)
        self.assert_whole("token/demo:1", digest)
        (asked, *_) = [path for _, path, _ in server.seen if path.startswith("/token")]
        self.assertEqual(urllib.parse.parse_qs(urllib.parse.urlsplit(asked).query), {"service": ["test"], "scope": ["repository:token/demo:pull,push"]})

    def test_busy_and_broken(self):
        def fault(handler):
            if handler.server.nth("all") % 5 == 3:
                return handler.refuse(429, Retry_After="1")
            return handler.server.nth("some") % 7 == 4 and handler.refuse(500)

        _, address = self.between(fault)
        digest, *_ = self.push(f"{address}/busy/demo:1", chunk=1_000_000, insecure=address)
        self.assert_whole("busy/demo:1", digest)

    def test_no_chunks(self):
        server, address = self.between(lambda handler: handler.command == "PATCH" and handler.refuse(405))
        digest, sent, *_ = self.push(f"{address}/whole/demo:1", insecure=address)
        self.assertEqual(sent, BLOBS)
        self.assert_whole("whole/demo:1", digest)
        self.assertIn("PATCH", {method for method, *_ in server.seen})

    def test_redirects_to_another_host(self):
        elsewhere, other = self.between(lambda handler: False)

        def fault(handler):
            if handler.headers.get("Authorization") != "Basic dXNlcjpzZWNyZXQ=":
                return handler.refuse(401, WWW_Authenticate='Basic realm="test"')
            return handler.command in ("PATCH", "PUT") and handler.refuse(307, Location=f"http://{other}{handler.path}")

        _, address = self.between(fault)
        auth = self.root / "redirect.json"
        auth.write_text(json.dumps({"auths": {address: {"auth": "dXNlcjpzZWNyZXQ="}, other: {"auth": "dXNlcjpzZWNyZXQ="}}}))
        digest, *_ = self.push(f"{address}/moved/demo:1", insecure=address, REGISTRY_AUTH_FILE=str(auth))
        self.assert_whole("moved/demo:1", digest)
        self.assertEqual({method for method, *_ in elsewhere.seen}, {"PATCH", "PUT"})
        self.assertEqual([headers for *_, headers in elsewhere.seen if "Authorization" in headers], [])

    def test_wrong_digest_leaves_no_tag(self):
        _, address = self.between(lambda handler: handler.command == "PUT" and handler.refuse(201, Docker_Content_Digest="sha256:" + "0" * 64))
        said = self.push(f"{address}/wrong/demo:1", insecure=address, code=3)
        self.assertRegex(said, r"it stored sha256:0+, expected sha256:[0-9a-f]{64}\n  while pushing the ")
        done = subprocess.run(["skopeo", "inspect", "--tls-verify=false", f"docker://{self.plain}/wrong/demo:1"], capture_output=True)
        self.assertNotEqual(done.returncode, 0)


if __name__ == "__main__":
    unittest.main()
