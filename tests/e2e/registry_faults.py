#!/usr/bin/env python3
"""registry_faults.py LAUNCH: the base image is pulled from, and an image pushed to, a registry that misbehaves.

What it recovers from ends with the same digest, and the registry has every byte; what it does not ends with an error,
and the registry has no tag.
"""

import base64
import gzip
import hashlib
import io
import json
import os
import re
import shutil
import socket
import subprocess
import tarfile
import time
import unittest

from podman_storage import own_storage, release_storage
from real_registry import registry, run
from strict_registry import StrictRegistry, digest_of

REGISTRY = StrictRegistry()
os.environ["LAUNCH_STAND_IN"] = REGISTRY.address

from image_project import TAG, write_wheel  # noqa: E402 (it reads the variable)
from standalone_project import NAME, StandaloneProject  # noqa: E402

TARGET = "team/demo"
CHUNK = 64 << 20  # what launch sends at once
FILLING = b"".join(hashlib.sha256(str(i).encode()).digest() for i in range(100_000))  # 3.2 MB that do not shrink

SCHEMA1 = "application/vnd.docker.distribution.manifest.v1+prettyjws"
PULLING = f"\n  while pulling docker.io/nvidia/cuda:{TAG} from the registry REGISTRY\n"
PULLING_LAYER = "\n  while fetching layer.tar.gz" + PULLING
PULLING_MANIFEST = "\n  while fetching manifest.json" + PULLING
REFUSED = ("the registry returned {} for http://REGISTRY/v2/nvidia/cuda/manifests/MANIFEST, expected 200" + PULLING_MANIFEST
           + "\nhint: the registry does not let this user pull here: run `podman login` or `docker login` for it, or add a mirror "
           "to launch.toml: [[registry]]\n")
PUSHING = "\n  while pushing REGISTRY/team/demo\n"
PUSHING_BLOB = "\n  while pushing BLOB" + PUSHING
MAY_NOT_PUSH = ("\nhint: the registry does not let this user push here: run `podman login` or `docker login` for it, and check the "
                "repository's name\n")
NO_REGISTRY = ("\nhint: check the address of the registry (launch.toml, [[registry]]); the server there may not be a "
               "registry\n")
NOT_TRUSTED = ("error: cannot fetch https://SECURE/v2/team/demo/manifests/1: its certificate is not trusted: self-signed "
               "certificate\n  while pushing SECURE/team/demo\n\nhint: if you trust the server, set SSL_CERT_FILE to a bundle with "
               "its certificate authority\n")


def base_layer():
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as tar:
        for name, content in {"etc/passwd": b"root:x:0:0:root:/root:/bin/sh\n", "etc/group": b"root:x:0:\n",
                              "etc/os-release": b'ID=ubuntu\nVERSION_ID="24.04"\n', "usr/lib/filling": FILLING}.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0), digest_of(plain.getvalue())


def asks(handler, method, *parts):
    return handler.command == method and all(part in handler.path for part in parts)


class RegistryFaults(StandaloneProject):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        write_wheel(cls.root / "wheels", "nvidia-large", {"nvidia/large/lib.bin": os.urandom(1 << 20) * (CHUNK * 5 // 4 >> 20)})
        cls.layer, difference = base_layer()
        cls.parts = dict(zip(("MANIFEST", "CONFIG", "LAYER"), REGISTRY.offer("nvidia/cuda", TAG, (cls.layer, difference))))
        cls.addClassCleanup(REGISTRY.server_close)
        cls.addClassCleanup(REGISTRY.shutdown)
        site = cls.project / "launch.toml"
        site.write_text(site.read_text() + cls.plain_http(REGISTRY.address))
        case = cls("launch")
        case.lock()
        cls.expected = case.launch("build", NAME, "--digest")["digest"]

    @staticmethod
    def plain_http(address):
        return f'\n[[registry]]\nprefix = "{address}"\nlocation = "{address}"\ninsecure = true\n'

    def setUp(self):
        REGISTRY.reset()
        REGISTRY.login = ""
        REGISTRY.repositories.pop(TARGET, None)
        self.auth = self.root / "auth.json"
        self.auth.unlink(missing_ok=True)

    def log_in(self, *addresses, login="user:secret"):
        known = {"auth": base64.b64encode(login.encode()).decode()}
        self.auth.write_text(json.dumps({"auths": {address: known for address in addresses}}))

    def assert_error(self, expected):
        """What launch said, with names for what differs between runs."""
        words = self.words.replace(REGISTRY.address, "REGISTRY").replace(NAME, "NAME").replace(self.expected, "IMAGE")
        for name, digest in self.parts.items():
            words = words.replace(digest, name).replace(digest[7:], f"{name}-HEX")
        words = re.sub(r"while pushing (the layer of .*|layer 1 of .*|the configuration.*) \((LAYER|sha256:.*)\)", "while pushing BLOB", words)
        words = re.sub(r"/uploads/\d+\?_state=\d+(&digest=[^\s:]+)?", "/uploads/N", words)
        words = re.sub(r"/blobs/(LAYER|sha256:[0-9a-f]{64}): it has 5 bytes, expected \d+", "/blobs/BLOB: it has 5 bytes, expected N", words)
        words = re.sub(r"expected (LAYER$|sha256:[0-9a-f]{64})", "expected DIGEST", words, flags=re.MULTILINE)
        words = re.sub(r"(the connection was (lost: .*|closed before the end)|the server closed the connection .*)", "the connection was lost", words)
        self.assertEqual(words, expected)

    def pull(self, fault, code=0, **more):
        """The base image, which the store then lacks."""
        for digest in self.parts.values():
            shutil.rmtree(self.root / f"store/wheels/sha256/{digest[7:9]}/{digest[7:]}", ignore_errors=True)
        REGISTRY.fault = fault
        answer = self.launch("build", NAME, "--digest", code=code, REGISTRY_AUTH_FILE=str(self.auth), **more)
        if code == 0:
            self.assertEqual(answer["digest"], self.expected)
        else:
            for digest in self.parts.values():
                for kept in (self.root / f"store/wheels/sha256/{digest[7:9]}/{digest[7:]}").glob("*"):
                    self.assertTrue(kept.name == ".lock" or kept.suffix == ".part" or digest_of(kept.read_bytes()) == digest, kept)
        self.assertEqual(REGISTRY.wrong, [])

    def push(self, fault, code=0, address=None, **more):
        REGISTRY.fault = fault
        self.reference = f"{address or REGISTRY.address}/{TARGET}:1"
        answer = self.launch("build", NAME, "--push", self.reference, code=code, REGISTRY_AUTH_FILE=str(self.auth), **more)
        repository = REGISTRY.repositories[TARGET]
        if code == 0:
            self.assertEqual(answer["image"], f"{self.reference[:-2]}@{self.expected}")
            self.assertEqual(repository.tags, {"1": self.expected})
            manifest = json.loads(repository.manifests[self.expected][1])
            for part in [manifest["config"], *manifest["layers"]]:
                self.assertEqual(digest_of(repository.blobs[part["digest"]]), part["digest"])
        else:
            self.assertEqual(repository.tags, {})
        self.assertEqual(REGISTRY.wrong, [])
        return answer

    # Pulls.

    def test_pull_recovers(self):
        layer, half = self.parts["LAYER"], self.layer[:len(self.layer) // 2]
        for what, fault in {
            "the layer is cut": lambda h: asks(h, "GET", layer) and h.server.first(3, "cut") and h.cut(half, len(self.layer)),
            "no answer at all": lambda h: h.server.first(2, h.path) and h.cut(),
            "an error, once": lambda h: h.server.first(1, h.command + h.path) and h.refuse(500, "UNKNOWN"),
            "busy": lambda h: h.server.first(1, h.command + h.path) and h.refuse(429, "TOOMANYREQUESTS", Retry_After="1"),
            "the manifest is cut, once": lambda h: asks(h, "GET", "/manifests/") and h.server.first(1, "cut") and h.cut(b"{", 500),
            "slow": lambda h: asks(h, "GET", layer) and h.say(200, self.layer, slowly=0.05),
            "no ranges": lambda h: asks(h, "GET", layer) and h.say(200, self.layer),
            "HEAD names another digest": lambda h: h.command == "HEAD" and h.say(200, b"", Docker_Content_Digest=digest_of(b"")),
            "no HEAD": lambda h: h.command == "HEAD" and h.refuse(405, "UNSUPPORTED"),
        }.items():
            with self.subTest(what):
                REGISTRY.reset()
                self.pull(fault)

    def test_pull_with_tokens_that_expire(self):
        REGISTRY.login = "user:secret"
        REGISTRY.token_uses = 3
        self.log_in(REGISTRY.address)
        half = self.layer[:len(self.layer) // 2]
        self.pull(lambda h: asks(h, "GET", self.parts["LAYER"]) and h.is_known_user() and h.server.first(1, "cut")
                  and h.cut(half, len(self.layer)))
        self.assertGreater(len(REGISTRY.scopes), 2)
        self.assertEqual({tuple(each) for each in REGISTRY.scopes}, {("repository:nvidia/cuda:pull",)})

    def another_host(self):
        """Which has the same, asks for no login, and is strict about getting one."""
        other = StrictRegistry()
        self.addCleanup(other.server_close)
        self.addCleanup(other.shutdown)
        other.repositories = REGISTRY.repositories
        REGISTRY.login = "user:secret"
        self.log_in(REGISTRY.address, other.address)
        return other

    def test_pull_is_redirected_without_credentials(self):
        other = self.another_host()
        self.pull(lambda h: "/blobs/" in h.path and h.is_known_user() and h.say(307, Location=f"http://{other.address}{h.path}"))
        self.assertEqual(other.wrong, [])
        self.assertIn("GET", {method for method, *_ in other.seen})

    def test_pull_fails(self):
        layer, manifest = self.parts["LAYER"], self.parts["MANIFEST"]
        other = self.layer[:-1] + bytes([self.layer[-1] ^ 1])
        for what, fault, expected in [
            ("wrong bytes", lambda h: asks(h, "GET", layer) and h.say(200, other),
             "wrong digest of layer.tar.gz from http://REGISTRY/v2/nvidia/cuda/blobs/LAYER: expected sha256 LAYER-HEX, got "
             f"{digest_of(other)[7:]}" + PULLING_LAYER + "\nhint: the server's file is not the expected one; nothing was kept\n"),
            ("another length", lambda h: asks(h, "GET", layer) and h.say(200, self.layer[:-5]),
             f"http://REGISTRY/v2/nvidia/cuda/blobs/LAYER has {len(self.layer) - 5} bytes, expected {len(self.layer)}" + PULLING_LAYER),
            ("always an error", lambda h: asks(h, "GET", layer) and h.refuse(500, "UNKNOWN"),
             "cannot download http://REGISTRY/v2/nvidia/cuda/blobs/LAYER: the server answered 500" + PULLING_LAYER),
            ("always busy", lambda h: asks(h, "GET", manifest) and h.refuse(429, "TOOMANYREQUESTS"),
             "cannot download http://REGISTRY/v2/nvidia/cuda/manifests/MANIFEST: the server answered 429" + PULLING_MANIFEST),
            ("always cut", lambda h: asks(h, "GET", manifest) and h.cut(b"{", 500),
             "cannot download http://REGISTRY/v2/nvidia/cuda/manifests/MANIFEST: the connection was lost" + PULLING_MANIFEST),
            ("another type", lambda h: asks(h, "GET", manifest) and h.say(200, b"{}", Content_Type=SCHEMA1),
             "wrong digest of manifest.json from http://REGISTRY/v2/nvidia/cuda/manifests/MANIFEST: expected sha256 MANIFEST-HEX, got "
             f"{digest_of(b'{}')[7:]}" + PULLING_MANIFEST + "\nhint: the server's file is not the expected one; nothing was kept\n"),
            ("not there", lambda h: manifest in h.path and h.refuse(404, "MANIFEST_UNKNOWN"),
             "the registry returned 404 for http://REGISTRY/v2/nvidia/cuda/manifests/MANIFEST, expected 200" + PULLING_MANIFEST
             + "\nhint: that registry does not have what is locked: use another one, or lock again with --upgrade\n"),
            ("denied", lambda h: h.refuse(403, "DENIED"), REFUSED.format(403)),
            ("a login that is not known", lambda h: h.refuse(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="r"'),
             REFUSED.format(401)),
            ("redirects for ever", lambda h: asks(h, "GET", layer) and h.say(307, Location=h.path),
             "cannot download http://REGISTRY/v2/nvidia/cuda/blobs/LAYER: more than 10 redirects" + PULLING_LAYER),
        ]:
            with self.subTest(what):
                REGISTRY.reset()
                self.pull(fault, code=3)
                self.assert_error(f"error: {expected}")

    # Pushes.

    @staticmethod
    def half_and_cut(handler):
        """Keeps half of a chunk, and says nothing."""
        upload = handler.open_upload(handler.url.path.rsplit("/", 1)[1])
        half = handler.rfile.read(handler.rest // 2)
        handler.rest -= len(half)
        upload += half
        return handler.cut()

    @staticmethod
    def without_words(handler):
        """Does what was asked, and the answer is lost."""
        handler.say = lambda *_, **__: True
        handler.act()
        return handler.cut()

    @staticmethod
    def forget_upload(handler):
        handler.server.repositories[TARGET].uploads.clear()
        return False

    def test_push_recovers(self):
        for what, fault in {
            "nothing is wrong": lambda h: False,
            "a chunk is cut": lambda h: h.command == "PATCH" and h.server.first(2, "cut") and self.half_and_cut(h),
            "answers are lost": lambda h: h.command in ("PUT", "PATCH") and h.server.first(3, "cut") and self.without_words(h),
            "an error, once": lambda h: h.server.first(1, h.command) and h.refuse(500, "UNKNOWN"),
            "busy": lambda h: h.server.first(1, h.command) and h.refuse(429, "TOOMANYREQUESTS", Retry_After="1"),
            "no chunks": lambda h: h.command == "PATCH" and h.refuse(405, "UNSUPPORTED"),
            "no chunks, in other words": lambda h: h.command == "PATCH" and h.refuse(400, "UNSUPPORTED"),
            "slow": lambda h: h.command in ("PATCH", "PUT") and time.sleep(0.5),
            "uploads are forgotten": lambda h: h.command == "PATCH" and h.server.number("patch") == "2" and self.forget_upload(h),
            "the tag is another image": lambda h: asks(h, "HEAD", "/manifests/") and h.say(200, Docker_Content_Digest=digest_of(b"")),
            "other bytes arrive, once": lambda h: h.command == "PUT" and h.server.first(1, "put") and h.refuse(400, "DIGEST_INVALID"),
        }.items():
            with self.subTest(what):
                self.setUp()
                self.push(fault)

    def test_push_to_uploads_at_a_relative_address(self):
        REGISTRY.location = lambda path: path
        self.push(lambda h: False)

    def test_push_with_tokens_that_expire(self):
        REGISTRY.login = "user:secret"
        REGISTRY.token_uses = 5
        self.log_in(REGISTRY.address)
        self.push(lambda h: False)
        self.assertGreater(len(REGISTRY.scopes), 2)
        self.assertEqual({tuple(each) for each in REGISTRY.scopes}, {(f"repository:{TARGET}:pull,push",)})

    def test_push_to_uploads_on_another_host(self):
        other = self.another_host()
        REGISTRY.location = other.location
        self.push(lambda h: False)
        self.assertEqual(other.wrong, [])
        self.assertEqual({method for method, *_ in other.seen}, {"PATCH", "PUT"})

    def test_push_is_redirected_without_credentials(self):
        other = self.another_host()
        other.location = REGISTRY.location
        self.push(lambda h: h.command in ("PATCH", "PUT") and "/blobs/" in h.path and h.is_known_user()
                  and (h.body() or True) and h.say(307, Location=f"http://{other.address}{h.path}"))
        self.assertEqual(other.wrong, [])
        self.assertEqual({method for method, *_ in other.seen}, {"PATCH", "PUT"})

    def test_push_fails(self):
        uploads, zeros = "http://REGISTRY/v2/team/demo/blobs/uploads/", "sha256:" + "0" * 64
        for what, fault, expected in [
            ("always busy", lambda h: h.command == "POST" and h.refuse(429, "TOOMANYREQUESTS", "slow down"),
             f"the registry returned 429 for {uploads}, expected an upload (202) (TOOMANYREQUESTS: slow down)" + PUSHING_BLOB
             + "\nhint: the registry limits the request rate; try again later: blobs that are complete are not sent again\n"),
            ("always an error", lambda h: asks(h, "PUT", "/blobs/") and h.refuse(500, "UNKNOWN", "no space left"),
             f"the registry returned 500 for {uploads}N, expected 201 (UNKNOWN: no space left)" + PUSHING_BLOB
             + "\nhint: the registry returned a server error; try again later: blobs that are complete are not sent again\n"),
            ("always cut", lambda h: asks(h, "PUT", "/blobs/") and h.cut(),
             f"cannot send to {uploads}N: the connection was lost" + PUSHING_BLOB),
            ("denied", lambda h: h.command == "POST" and h.refuse(403, "DENIED", "the quota of team is exceeded"),
             f"the registry returned 403 for {uploads}, expected an upload (202) (DENIED: the quota of team is exceeded)"
             + PUSHING_BLOB + MAY_NOT_PUSH),
            ("a login that is not known", lambda h: h.refuse(401, "UNAUTHORIZED", WWW_Authenticate='Basic realm="r"'),
             "the registry returned 401 for http://REGISTRY/v2/team/demo/manifests/1, expected 200 or 404" + PUSHING + MAY_NOT_PUSH),
            ("no such manifests", lambda h: asks(h, "PUT", "/manifests/") and h.refuse(400, "MANIFEST_INVALID", "no OCI images here"),
             "the registry returned 400 for http://REGISTRY/v2/team/demo/manifests/1, expected 201 (MANIFEST_INVALID: no OCI "
             "images here)" + PUSHING + "\nhint: check the repository's name, and that the registry accepts OCI images\n"),
            ("no address", lambda h: h.command == "POST" and h.say(202),
             f"the registry sent an invalid answer for {uploads}: expected the address of the upload (Location)" + PUSHING_BLOB
             + NO_REGISTRY),
            ("another blob", lambda h: asks(h, "PUT", "/blobs/") and h.refuse(201, "", Docker_Content_Digest=zeros),
             f"the registry sent an invalid answer for {uploads}N: it stored {zeros}, expected DIGEST" + PUSHING_BLOB + NO_REGISTRY),
            ("another manifest", lambda h: asks(h, "PUT", "/manifests/") and h.refuse(201, "", Docker_Content_Digest=zeros),
             "the registry sent an invalid answer for http://REGISTRY/v2/team/demo/manifests/1: it stored "
             f"{zeros}, expected IMAGE" + PUSHING + NO_REGISTRY),
            ("another blob of that digest", lambda h: asks(h, "HEAD", "/blobs/") and h.say(200, b"12345"),
             "the registry sent an invalid answer for http://REGISTRY/v2/team/demo/blobs/BLOB: it has 5 bytes, expected N"
             + PUSHING_BLOB + NO_REGISTRY),
        ]:
            with self.subTest(what):
                self.setUp()
                self.push(fault, code=3)
                self.assert_error(f"error: {expected}")

    # Other addresses.

    def secure_registry(self):
        """Which speaks TLS with a certificate of its own, and has what REGISTRY has."""
        certificate = self.root / "certificate.pem"
        run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
            "-subj", "/CN=launch-test", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", self.root / "key.pem", "-out",
            self.root / "cert.pem")  # fmt: skip
        certificate.write_text((self.root / "key.pem").read_text() + (self.root / "cert.pem").read_text())
        secure = StrictRegistry(certificate)
        self.addCleanup(secure.server_close)
        self.addCleanup(secure.shutdown)
        secure.repositories = REGISTRY.repositories
        return secure

    def test_encryption(self):
        secure = self.secure_registry()
        trusted = self.project / f"home/.config/containers/certs.d/{secure.address}"
        with self.subTest("a certificate that is not trusted"):
            self.push(lambda h: False, code=3, address=secure.address)
            self.assert_error(NOT_TRUSTED.replace("SECURE", secure.address))
            self.assertEqual(secure.seen, [])
        trusted.mkdir(parents=True)
        shutil.copy(self.root / "cert.pem", trusted / "ca.crt")
        with self.subTest("one that is"):
            self.push(lambda h: False, address=secure.address)
        with self.subTest("uploads without encryption"):
            REGISTRY.repositories.pop(TARGET)
            secure.location = REGISTRY.location
            self.push(lambda h: False, code=3, address=secure.address)
            self.assert_error("error: the registry sent an invalid answer for https://SECURE/v2/team/demo/blobs/uploads/: it wants "
                              "the upload sent to http://REGISTRY/v2/team/demo/blobs/uploads/N without encryption\n"
                              "  while pushing BLOB\n  while pushing SECURE/team/demo\n".replace("SECURE", secure.address) + NO_REGISTRY)

    def test_insecure_with_a_certificate(self):
        """As podman, by the same file: a certificate that is not trusted is accepted, and launch says so."""
        secure = self.secure_registry()
        secure.login = REGISTRY.login = "user:secret"
        self.log_in(secure.address)
        site, before = self.site()
        site.write_text(re.sub(r"\[\[registry\]\]\n(\w+ = .*\n)+", "", before))
        configuration = self.root / "registries.conf"
        moved = f'[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "{secure.address}"\n'
        told = {"CONTAINERS_REGISTRIES_CONF": str(configuration)}
        podman = {**os.environ, **own_storage(self.root / "podman-tls"), **told, "REGISTRY_AUTH_FILE": str(self.auth)}
        self.addCleanup(release_storage, self.root / "podman-tls")
        image = f"{secure.address}/nvidia/cuda:{TAG}"
        with self.subTest("podman"):
            configuration.write_text(f'[[registry]]\nlocation = "{secure.address}"\n')
            self.assertIn("certificate", self.fails("podman", "pull", "--quiet", image, env=podman))
            configuration.write_text(f'[[registry]]\nlocation = "{secure.address}"\ninsecure = true\n')
            run("podman", "pull", "--quiet", image, env=podman)
        not_verified = f"warning: the certificate of {secure.address} is not verified, as {{}} says (insecure = true)\n"
        with self.subTest("a mirror"):
            configuration.write_text(moved + "insecure = true\n")
            self.pull(lambda h: False, **told)
            self.assertIn(not_verified.format(configuration), self.words)
        with self.subTest("push"):
            configuration.write_text(f'[[registry]]\nlocation = "{secure.address}"\ninsecure = true\n')
            self.push(lambda h: False, address=secure.address, **told)
            self.assertIn(not_verified.format(configuration), self.words)
            REGISTRY.repositories.pop(TARGET)
        with self.subTest("launch.toml"):
            site.write_text(before + self.plain_http(secure.address))
            self.push(lambda h: False, address=secure.address)
            self.assertIn(not_verified.format("launch.toml"), self.words)
            REGISTRY.repositories.pop(TARGET)
        with self.subTest("nobody says so"):
            site.write_text(before)
            self.push(lambda h: False, code=3, address=secure.address)
            self.assert_error(NOT_TRUSTED.replace("SECURE", secure.address))
        self.assertEqual(secure.wrong, [])

    def fails(self, *command, **more):
        """What a command says that fails."""
        done = subprocess.run(command, text=True, capture_output=True, **more)
        self.assertNotEqual(done.returncode, 0)
        return done.stderr

    def nowhere(self):
        """An address at which nobody answers."""
        closed = self.enterContext(socket.socket())  # bound, so that nobody else gets the port
        closed.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{closed.getsockname()[1]}"

    def site(self):
        """launch.toml, which is as before after the test; and what it says."""
        site = self.project / "launch.toml"
        before = site.read_text()
        self.addCleanup(site.write_text, before)
        return site, before

    def test_a_mirror_that_does_not_answer(self):
        site, before = self.site()
        nowhere = self.nowhere()
        site.write_text(before.replace(f'prefix = "docker.io"\nlocation = "{REGISTRY.address}"',
                                       f'prefix = "docker.io"\nlocation = "{nowhere}"'))
        self.pull(lambda h: False, code=3)
        self.assert_error("error: cannot download http://NOWHERE/v2/nvidia/cuda/manifests/MANIFEST: cannot connect to NOWHERE: "
                          "Connection refused".replace("NOWHERE", nowhere)
                          + PULLING_MANIFEST.replace("REGISTRY", nowhere)
                          + "\nhint: name a mirror that this machine can reach in launch.toml: [[registry]] prefix = "
                          '"docker.io", location = "HOST:PORT"\n')

    def test_registries_conf(self):
        """Without [[registry]] entries in launch.toml, launch finds what podman finds."""
        site, before = self.site()
        site.write_text(re.sub(r"\[\[registry\]\]\n(\w+ = .*\n)+", "", before))
        configuration, nowhere = self.root / "registries.conf", self.nowhere()
        configuration.write_text(
            f'[[registry]]\nlocation = "docker.io"\n[[registry.mirror]]\nlocation = "{nowhere}"\ninsecure = true\n'
            f'[[registry.mirror]]\nlocation = "{REGISTRY.address}"\ninsecure = true\n'
            f'[[registry]]\nlocation = "{REGISTRY.address}"\ninsecure = true\n')
        told = {"CONTAINERS_REGISTRIES_CONF": str(configuration)}
        with self.subTest("podman"):
            known = {**os.environ, **own_storage(self.root / "podman"), **told}
            self.addCleanup(release_storage, self.root / "podman")
            run("podman", "pull", "--quiet", f"docker.io/nvidia/cuda:{TAG}", env=known)
            digest = run("podman", "images", "--format", "{{.Digest}}", env=known).strip()
            self.assertEqual(digest, self.parts["MANIFEST"])
        moved = f"docker.io/nvidia/cuda comes from {REGISTRY.address}/nvidia/cuda, as {configuration} says\n"
        failed = f"warning: {nowhere}/nvidia/cuda, a mirror of docker.io/nvidia/cuda in {configuration}, failed: "
        with self.subTest("lock"):
            self.launch("lock", NAME, "--upgrade", **told)
            self.assertIn(failed + f"cannot fetch http://{nowhere}/v2/nvidia/cuda/manifests/{TAG}: cannot connect to {nowhere}: "
                          f"Connection refused\n{moved}", self.words)
        with self.subTest("pull"):
            self.pull(lambda h: False, **told)
            self.assertIn(failed, self.words)
            self.assertIn(moved, self.words)
        with self.subTest("push"):
            self.push(lambda h: False, **told)
            REGISTRY.repositories.pop(TARGET)
            self.push(lambda h: False, code=3)
            self.assert_error(
                "error: cannot fetch https://REGISTRY/v2/team/demo/manifests/1: TLS handshake failed with REGISTRY: the server does "
                "not answer in TLS\n" + PUSHING[1:] + "\nhint: if it speaks plain HTTP and you trust the network, say so in launch.toml: "
                '[[registry]] prefix = "REGISTRY", location = "REGISTRY", insecure = true (or in registries.conf: [[registry]] '
                'location = "REGISTRY", insecure = true)\n')
        with self.subTest("a mistake, which stops only what asks a registry"):
            configuration.write_text("[[registry]]\nlocation = 7\n")
            self.launch("render", NAME, **told)
            self.push(lambda h: False, code=2, **told)
            self.assert_error(f"error: {configuration}:2:12: [[registry]] location: expected a string, found an integer\n"
                              "  while looking up how to reach REGISTRY/team/demo\n")

    def test_what_another_repository_has_is_mounted(self):
        site, before = self.site()
        with registry(self.root / "real") as address:
            site.write_text(before + self.plain_http(address))
            first = self.launch("build", NAME, "--push", f"{address}/new/img:1")
            self.assertEqual((first["mounted"], first["present"]), (0, 0))
            second = self.launch("build", NAME, "--push", f"{address}/other/img:1")
            self.assertEqual([second[key] for key in ("image", "sent", "sent_bytes", "mounted", "present")],
                             [f"{address}/other/img@{self.expected}", 0, 0, first["sent"], 0])
            self.assertRegex(self.words, f"pushed {address}/other/img:1: 0 blobs sent \\(0 B\\), {first['sent']} mounted from other "
                                         r"repositories, 0 already there, \d")
        site.write_text(before)
        with self.subTest("what it no longer has is sent"):
            sent = self.push(lambda h: False)["sent"]
            REGISTRY.repositories.pop(TARGET)
            again = self.launch("build", NAME, "--push", f"{REGISTRY.address}/other/img:1")
            self.assertEqual((again["sent"], again["mounted"], REGISTRY.wrong), (sent, 0, []))
            asked = [path for method, path, _ in REGISTRY.seen if method == "POST" and "mount=" in path and "from=team%2Fdemo" in path]
            self.assertEqual(len(asked), sent)


if __name__ == "__main__":
    unittest.main()
