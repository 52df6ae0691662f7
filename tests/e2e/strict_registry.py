"""A registry on 127.0.0.1 that keeps everything in memory and refuses every request that OCI's distribution
specification 1.1 does not allow; and faults for it.

A fault is called before each request. It may answer itself, and then returns True.
"""

import base64
import collections
import hashlib
import http.server
import json
import re
import socket
import ssl
import threading
import time
import urllib.parse

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIGURATION = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
PIECE = 64 << 10


def digest_of(content):
    return "sha256:" + hashlib.sha256(content).hexdigest()


class Repository:
    def __init__(self):
        self.blobs, self.manifests, self.tags, self.uploads = {}, {}, {}, {}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle_all(self):
        self.rest = int(self.headers.get("Content-Length", 0))
        self.url = urllib.parse.urlsplit(self.path)
        self.query = dict(urllib.parse.parse_qsl(self.url.query))
        self.server.seen.append((self.command, self.path, dict(self.headers)))
        if not self.server.fault(self):
            self.act()
        if self.rest:  # a body that nobody has read is not the next request
            self.close_connection = True

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_all  # noqa: N815 (the base class's names)

    def act(self):
        if self.url.path == "/token":
            return self.token()
        if not self.is_known_user():
            return self.refuse(401, "UNAUTHORIZED", WWW_Authenticate=self.server.challenge())
        if (self.command, self.url.path) == ("GET", "/v2/"):
            return self.say(200, b"{}")
        match = re.fullmatch(r"/v2/([a-z0-9/._-]+)/(manifests|blobs)/(.*)", self.url.path)
        if not match:
            return self.wrong(404, "UNSUPPORTED", f"no such address: {self.path}")
        name, kind, rest = match.groups()
        self.repository = self.server.repositories[name]
        self.base = f"/v2/{name}"
        action = getattr(self, f"{self.command}_{kind}".lower().replace("head_", "get_"), None)
        if kind == "blobs" and rest.startswith("uploads/"):
            action = getattr(self, f"{self.command}_upload".lower(), None)
            rest = rest.removeprefix("uploads/")
        return action(rest) if action else self.wrong(405, "UNSUPPORTED", f"{self.command} {self.path}")

    # Users.

    def is_known_user(self):
        server = self.server
        given = self.headers.get("Authorization", "")
        if not server.login:
            return given == "" or self.wrong_header("Authorization without a challenge")
        return given.startswith("Bearer ") and server.use_token(given.removeprefix("Bearer "), f"{self.command} {self.path}")

    def token(self):
        wanted = "Basic " + base64.b64encode(self.server.login.encode()).decode()
        if self.headers.get("Authorization") != wanted:
            return self.refuse(401, "UNAUTHORIZED")
        scopes = urllib.parse.parse_qs(self.url.query).get("scope", [])
        self.server.scopes.append(scopes)
        self.say(200, json.dumps({"token": self.server.new_token()}).encode())

    # What there is.

    def get_manifests(self, reference):
        digest = self.repository.tags.get(reference, reference)
        if digest not in self.repository.manifests:
            return self.refuse(404, "MANIFEST_UNKNOWN")
        media, content = self.repository.manifests[digest]
        if media not in self.headers.get("Accept", ""):
            return self.wrong(406, "MANIFEST_UNKNOWN", f"Accept does not have {media}")
        self.say(200, content, Content_Type=media, Docker_Content_Digest=digest)

    def get_blobs(self, digest):
        content = self.repository.blobs.get(digest)
        if content is None:
            return self.refuse(404, "BLOB_UNKNOWN")
        self.say_part(content, digest)

    def say_part(self, content, digest):
        asked = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if self.command == "HEAD" or not asked:
            return self.say(200, content, Docker_Content_Digest=digest, Accept_Ranges="bytes")
        first, last = int(asked[1]), min(int(asked[2] or len(content)), len(content) - 1)
        if first > last:
            return self.say(416, b"", Content_Range=f"bytes */{len(content)}")
        self.say(206, content[first:last + 1], Content_Range=f"bytes {first}-{last}/{len(content)}")

    # Uploads.

    def post_upload(self, rest):
        if rest or self.rest or set(self.query) - {"mount", "from"}:
            return self.wrong(400, "BLOB_UPLOAD_INVALID", "an upload starts without a body")
        if self.query.get("mount") in self.server.repositories[self.query.get("from", "")].blobs:
            self.repository.blobs[self.query["mount"]] = self.server.repositories[self.query["from"]].blobs[self.query["mount"]]
            return self.say(201, b"", Location=f"{self.base}/blobs/{self.query['mount']}")
        identifier = self.server.number("upload")
        self.repository.uploads[identifier] = bytearray()
        self.say_upload(identifier)

    def say_upload(self, identifier, status=202):
        count = len(self.repository.uploads[identifier])
        self.say(status, b"", Location=self.server.location(f"{self.base}/blobs/uploads/{identifier}?_state={count}"),
                 Range=f"0-{max(0, count - 1)}")

    def open_upload(self, identifier):
        upload = self.repository.uploads.get(identifier)
        if upload is None:
            self.refuse(404, "BLOB_UPLOAD_UNKNOWN")
        elif self.command in ("PATCH", "PUT") and self.query.get("_state") != str(len(upload)):
            self.wrong(400, "BLOB_UPLOAD_INVALID", f"the upload has {len(upload)} bytes, and its address says otherwise")
        else:
            return upload
        return None

    def get_upload(self, identifier):
        if self.open_upload(identifier) is not None:
            self.say_upload(identifier, 204)

    def delete_upload(self, identifier):
        if self.open_upload(identifier) is not None:
            del self.repository.uploads[identifier]
            self.say(204)

    def patch_upload(self, identifier):
        upload = self.open_upload(identifier)
        if upload is None:
            return None
        said = f"{len(upload)}-{len(upload) + self.rest - 1}"
        if self.headers.get("Content-Range", said) != said:
            return self.refuse(416, "BLOB_UPLOAD_INVALID", Location=self.base, Range=f"0-{max(0, len(upload) - 1)}")
        if self.headers.get("Content-Type") != "application/octet-stream":
            return self.wrong(400, "BLOB_UPLOAD_INVALID", "Content-Type")
        upload += self.body()
        return self.say_upload(identifier)

    def put_upload(self, identifier):
        upload = self.open_upload(identifier)
        if upload is None:
            return None
        upload += self.body()
        digest = self.query.get("digest")
        if digest_of(upload) != digest:
            return self.refuse(400, "DIGEST_INVALID")
        self.repository.blobs[digest] = bytes(self.repository.uploads.pop(identifier))
        return self.say(201, b"", Location=f"{self.base}/blobs/{digest}", Docker_Content_Digest=digest)

    def put_manifests(self, reference):
        content = self.body()
        manifest, media = json.loads(content), self.headers.get("Content-Type")
        parts = [manifest["config"], *manifest["layers"]]
        if media != manifest["mediaType"]:
            return self.wrong(400, "MANIFEST_INVALID", f"Content-Type is {media}")
        if missing := [part["digest"] for part in parts if part["size"] != len(self.repository.blobs.get(part["digest"], b""))]:
            return self.wrong(400, "MANIFEST_BLOB_UNKNOWN", f"{missing}")
        digest = digest_of(content)
        self.repository.manifests[digest] = (media, content)
        self.repository.tags[reference] = digest
        return self.say(201, b"", Location=f"{self.base}/manifests/{digest}", Docker_Content_Digest=digest)

    # Answers.

    def body(self):
        content, self.rest = self.rfile.read(self.rest), 0
        return content

    def say(self, status, content=b"", slowly=0.0, **headers):
        self.send_response(status)
        length = str(len(content))
        for name, value in {"Content-Length": length, **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        for at in range(0, len(content) if self.command != "HEAD" else 0, PIECE):
            self.wfile.write(content[at:at + PIECE])
            time.sleep(slowly)
        return True

    def refuse(self, status, code, message="refused", **headers):
        self.body()
        return self.say(status, json.dumps({"errors": [{"code": code, "message": message}]}).encode(),
                        Content_Type="application/json", **headers)

    def wrong(self, status, code, what):
        """launch did what it must not do."""
        self.server.wrong.append(f"{self.command} {self.path}: {what}")
        return self.refuse(status, code, what)

    def wrong_header(self, what):
        self.server.wrong.append(f"{self.command} {self.path}: {what}")
        return False

    def cut(self, content=b"", length=None):
        """Ends the connection; with content, after a part of an answer."""
        if length is not None:
            self.send_response(200)
            self.send_header("Content-Length", str(length))
            self.end_headers()
            self.wfile.write(content)
            self.wfile.flush()
        self.connection.shutdown(socket.SHUT_RDWR)
        self.close_connection = True
        return True

    def log_message(self, *_):
        pass


class StrictRegistry(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, certificate=None):
        super().__init__(("127.0.0.1", 0), Handler)
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.socket = context.wrap_socket(self.socket, server_side=True, do_handshake_on_connect=False)
        self.scheme = "https" if certificate else "http"
        self.address = f"127.0.0.1:{self.server_port}"
        self.repositories = collections.defaultdict(Repository)
        self.guard = threading.Lock()
        self.login = ""  # "user:password"
        self.reset()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def reset(self):
        """Forgets what was seen, and the faults."""
        self.fault = lambda handler: False
        self.location = lambda path: f"{self.scheme}://{self.address}{path}"
        self.seen, self.wrong, self.scopes, self.counts, self.tokens = [], [], [], collections.Counter(), {}
        self.refused = {}
        self.token_uses = 1_000_000

    def handle_error(self, *_):
        pass

    def number(self, key):
        """How often this was asked, from 1."""
        with self.guard:
            self.counts[key] += 1
            return str(self.counts[key])

    def first(self, count, key):
        return int(self.number(key)) <= count

    def new_token(self):
        token = f"token-{self.number('token')}"
        with self.guard:
            self.tokens[token] = self.token_uses
        return token

    def use_token(self, token, request):
        """A token is good for so many requests, and for one that was refused with an older token: a real one,
        which ends by time, does not end within the moment in which a client asks again."""
        with self.guard:
            if token not in self.tokens:
                return False
            self.tokens[token] -= 1
            if self.tokens[token] >= 0 or self.refused.get(request, token) != token:
                return True
            self.refused[request] = token
            return False

    def challenge(self):
        return f'Bearer realm="{self.scheme}://{self.address}/token",service="strict"'

    def offer(self, name, tag, files):
        """An image with one layer; returns the digests of manifest, configuration and layer."""
        layer, difference = files
        config = json.dumps({"os": "linux", "architecture": "amd64", "config": {"Env": ["PATH=/usr/bin:/bin"]},
                             "rootfs": {"type": "layers", "diff_ids": [difference]}}).encode()
        parts = [{"mediaType": CONFIGURATION, "digest": digest_of(config), "size": len(config)},
                 {"mediaType": LAYER, "digest": digest_of(layer), "size": len(layer)}]
        manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "config": parts[0], "layers": parts[1:]}).encode()
        repository = self.repositories[name]
        repository.blobs |= {digest_of(config): config, digest_of(layer): layer}
        repository.manifests[digest_of(manifest)] = (MANIFEST, manifest)
        repository.tags[tag] = digest_of(manifest)
        return [digest_of(each) for each in (manifest, config, layer)]
