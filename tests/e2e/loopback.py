"""Indexes, PyTorch's channel and a registry on 127.0.0.1, with real wheels made in memory, for tests of the lock.

    world = World()
    general = world.index("/simple")
    channel = world.index("/whl/nightly/cu124", json=False, hashes=False, missing=403)
    channel.add("torch", "2.6.0.dev20241121+cu124", tags="cp312-cp312-linux_x86_64", requires=["filelock"])
    with serve(world) as server: …
"""

import dataclasses
import functools
import gzip
import hashlib
import html
import http.server
import io
import json
import os
import pathlib
import re
import subprocess
import threading
import time
import tomllib
import urllib.parse
import zipfile

JSON_PAGE = "application/vnd.pypi.simple.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
IMAGE_INDEX = "application/vnd.oci.image.index.v1+json"
CONFIGURATION = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
ARCHITECTURES = ("amd64", "arm64")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@dataclasses.dataclass
class Answer:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass
class File:
    project: str
    name: str
    content: bytes
    metadata: bytes = b""
    requires_python: str = ""
    yanked: bool = False
    hidden: bool = False
    sidecar: bool | None = None  # whether it has one; None: as the index does


def wheel_bytes(project, version, tags, metadata: bytes, filling: bytes = b"") -> bytes:
    """A wheel with RECORD; the same arguments give the same bytes."""
    stem = f"{project.replace('-', '_')}-{version}"
    module = project.replace("-", "_").replace(".", "_")
    pure = "true" if tags.endswith("-none-any") else "false"
    expanded = [f"Tag: {python}-{abi}-{platform}\n" for python in tags.split("-")[0].split(".")
                for abi in tags.split("-")[1].split(".") for platform in tags.split("-")[2].split(".")]
    files = {f"{module}/__init__.py": f"__version__ = {version!r}\n".encode(),
             f"{stem}.dist-info/METADATA": metadata,
             f"{stem}.dist-info/WHEEL":
                 f"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: {pure}\n{''.join(expanded)}".encode()}
    if filling:
        files[f"{module}/data.bin"] = filling
    record = "".join(f"{name},,\n" for name in files) + f"{stem}.dist-info/RECORD,,\n"
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in [*files.items(), (f"{stem}.dist-info/RECORD", record.encode())]:
            archive.writestr(zipfile.ZipInfo(name, (2024, 6, 17, 0, 0, 0)), content,
                             zipfile.ZIP_STORED if len(content) > 100_000 else zipfile.ZIP_DEFLATED)
    return packed.getvalue()


class Index:
    """One simple index. `json`: PEP 691 to who asks for it; `hashes`: sha256 on its pages; `sidecars`: PEP 658."""

    def __init__(self, prefix, json=True, hashes=True, sidecars=False, missing=404):
        self.prefix, self.json, self.hashes, self.sidecars, self.missing = prefix, json, hashes, sidecars, missing
        self.files: dict[str, File] = {}
        self.projects: dict[str, list[File]] = {}

    def add(self, project, version, tags="py3-none-any", requires=(), extras=None, requires_python="", yanked=False,
            filling=b"", build="", sidecar=None) -> File:
        lines = [f"Requires-Dist: {one}" for one in requires]
        for extra, needs in (extras or {}).items():
            lines.append(f"Provides-Extra: {extra}")
            for need in needs:
                base, _, marker = need.partition(";")
                lines.append(f"Requires-Dist: {base.strip()} ; "
                             + (f"({marker.strip()}) and " if marker else "") + f'extra == "{extra}"')
        if requires_python:
            lines.append(f"Requires-Python: {requires_python}")
        metadata = "\n".join(["Metadata-Version: 2.1", f"Name: {project}", f"Version: {version}", *lines]) + "\n"
        stem = f"{project.replace('-', '_')}-{version}"
        name = f"{stem}-{build}-{tags}.whl" if build else f"{stem}-{tags}.whl"
        content = wheel_bytes(project, version, tags, metadata.encode(), filling)
        return self.offer(File(normalized(project), name, content, metadata.encode(), requires_python, yanked,
                               sidecar=sidecar))

    def add_source(self, project, version, requires_python="") -> File:
        return self.offer(File(normalized(project), f"{project.replace('-', '_')}-{version}.tar.gz", b"no wheel",
                               requires_python=requires_python))

    def offer(self, file: File) -> File:
        self.files[file.name] = file
        self.projects.setdefault(file.project, []).append(file)
        return file

    def link(self, file: File) -> str:
        return f"{self.prefix}/{urllib.parse.quote(file.name)}"

    def has_sidecar(self, file: File) -> bool:
        return bool(file.metadata) and (self.sidecars if file.sidecar is None else file.sidecar)

    def answer(self, path: str, headers) -> Answer | None:
        """`path` without the prefix: "torch/" is a page, "torch-….whl" a file."""
        if path.endswith("/"):
            files = self.projects.get(path[:-1])
            if not files:
                return Answer(self.missing, b"not here\n")
            asks_json = self.json and JSON_PAGE in headers.get("Accept", "")
            return Answer(200, self.json_page(path[:-1], files) if asks_json else self.html_page(path[:-1], files),
                          {"Content-Type": JSON_PAGE if asks_json else "text/html"})
        name = urllib.parse.unquote(path)
        if name.endswith(".metadata") and (file := self.files.get(name.removesuffix(".metadata"))):
            return Answer(200, file.metadata) if self.has_sidecar(file) else Answer(self.missing, b"not here\n")
        file = self.files.get(name)
        return Answer(200, file.content, {"ETag": f'"{sha256(file.content)[:16]}"'}) if file else None

    def json_page(self, project, files) -> bytes:
        listed = []
        for file in files:
            if file.hidden:
                continue
            entry = {"filename": file.name, "url": self.link(file), "size": len(file.content),
                     "hashes": {"sha256": sha256(file.content)} if self.hashes else {}}
            if file.requires_python:
                entry["requires-python"] = file.requires_python
            if file.yanked:
                entry["yanked"] = True
            if self.has_sidecar(file):
                entry["core-metadata"] = {"sha256": sha256(file.metadata)}
            listed.append(entry)
        return json.dumps({"meta": {"api-version": "1.1"}, "name": project, "files": listed}).encode()

    def html_page(self, project, files) -> bytes:
        lines = []
        for file in files:
            if file.hidden:
                continue
            more = f' data-requires-python="{html.escape(file.requires_python)}"' if file.requires_python else ""
            more += ' data-yanked=""' if file.yanked else ""
            if self.has_sidecar(file):
                digest = sha256(file.metadata)
                more += f' data-dist-info-metadata="sha256={digest}" data-core-metadata="sha256={digest}"'
            fragment = f"#sha256={sha256(file.content)}" if self.hashes else ""
            lines.append(f'    <a href="{self.link(file)}{fragment}"{more}>{file.name}</a><br/>\n')
        return (f"<!DOCTYPE html>\n<html>\n  <body>\n    <h1>Links for {project}</h1>\n{''.join(lines)}  </body>\n"
                "</html>\n<!--TIMESTAMP 1718600000-->").encode()


@functools.cache
def image_parts(python: str, tar: bytes) -> dict[str, tuple[str, bytes]]:
    """An image index with this Python, or none, for every architecture, and all its parts by digest. `tar`: its one
    layer; empty: it has none."""
    parts, manifests = {}, []

    def keep(media, value):
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        parts["sha256:" + sha256(body)] = (media, body)
        return {"mediaType": media, "digest": "sha256:" + sha256(body), "size": len(body)}

    layers = [keep(LAYER, gzip.compress(tar, mtime=0))] if tar else []
    root = {"type": "layers", "diff_ids": ["sha256:" + sha256(tar)] if tar else []}
    for architecture in ARCHITECTURES:
        variables = [f"PYTHON_VERSION={python}"] if python else []
        configuration = keep(CONFIGURATION, {"os": "linux", "architecture": architecture, "config": {"Env": variables},
                                             "rootfs": root})
        manifest = keep(MANIFEST, {"schemaVersion": 2, "mediaType": MANIFEST, "config": configuration, "layers": layers})
        manifests.append({**manifest, "platform": {"os": "linux", "architecture": architecture}})
    index = keep(IMAGE_INDEX, {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": manifests})
    parts["tag"] = parts[index["digest"]]
    return parts


def registry_answer(path: str, known: dict[str, tuple[str, bytes]], tar: bytes) -> Answer:
    """A registry that has every image; python:X.Y.Z has that Python. `known`: what it has named by digest. `tar`: as
    for image_parts."""
    asked = path.rsplit("/", 1)[-1]
    if "/manifests/" not in path and "/blobs/" not in path:
        return Answer(200, b"{}", {"Content-Type": "application/json"})
    if not asked.startswith("sha256:"):
        python = re.match(r"3\.\d+\.\d+", asked) if "/python/" in path else None
        parts = image_parts(python[0] if python else "", tar)
        known.update(parts)
        asked = "tag"
    if asked not in known:
        return Answer(404, b"{}", {"Content-Type": "application/json"})
    media, body = known[asked]
    return Answer(200, body, {"Content-Type": media, "Docker-Content-Digest": "sha256:" + sha256(body)})


class World:
    def __init__(self):
        self.indexes: list[Index] = []
        self.images: dict[str, tuple[str, bytes]] = {}
        self.image_tar = b""
        self.files: dict[str, bytes] = {}

    def index(self, prefix, **style) -> Index:
        self.indexes.append(Index(prefix, **style))
        return self.indexes[-1]

    def answer(self, path: str, headers) -> Answer:
        path = path.split("?")[0]
        if path.startswith("/v2/"):
            return registry_answer(path, self.images, self.image_tar)
        if path in self.files:
            return Answer(200, self.files[path])
        for index in sorted(self.indexes, key=lambda one: -len(one.prefix)):
            if path.startswith(index.prefix + "/"):
                return index.answer(path[len(index.prefix) + 1:], headers) or Answer(index.missing, b"not here\n")
        return Answer(404, b"not here\n")


def ranged(answer: Answer, headers) -> Answer:
    """The part of a 200 answer that the request's Range asks for (RFC 9110)."""
    asked = re.fullmatch(r"bytes=(\d*)-(\d*)", headers.get("Range", ""))
    if answer.status != 200 or not asked or (headers.get("If-Range") or answer.headers.get("ETag")) != \
            answer.headers.get("ETag"):
        return answer
    size = len(answer.body)
    if asked[1]:
        first, last = int(asked[1]), min(int(asked[2] or size), size - 1)
    else:
        first, last = max(0, size - int(asked[2])), size - 1
    if first >= size or first > last:
        return Answer(416, b"", {"Content-Range": f"bytes */{size}"})
    return Answer(206, answer.body[first:last + 1], {**answer.headers, "Content-Range": f"bytes {first}-{last}/{size}"})


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802 (the base class's name)
        answer = self.server.world.answer(self.path, self.headers)
        self.write(answer if self.path.startswith("/v2/") else ranged(answer, self.headers))

    do_HEAD = do_GET

    def write(self, answer: Answer):
        self.send_response(answer.status)
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if "Content-Length" not in answer.headers:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, world: World, handler=Handler):
        super().__init__(("127.0.0.1", 0), handler)
        self.world = world
        self.port = self.server_address[1]
        self.root = f"http://127.0.0.1:{self.port}"

    def handle_error(self, *_):
        pass  # a client that hangs up

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


def serve(world: World, handler=Handler) -> Server:
    return Server(world, handler)


@dataclasses.dataclass
class Run:
    code: int
    out: str
    err: str
    seconds: float


class Project:
    """A project folder whose indexes, channel and registry are a server's, with caches and a store of its own."""

    def __init__(self, launch, folder: pathlib.Path, root: str, port: int):
        self.launch, self.folder = os.path.abspath(launch), folder
        (folder / "recipes").mkdir(parents=True)
        (folder / "launch.toml").write_text(
            f'[[registry]]\nprefix = "docker.io"\nlocation = "127.0.0.1:{port}"\ninsecure = true\n')
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("LAUNCH_", "PIP_", "UV_")) and not name.lower().endswith("_proxy")}
        self.environment = kept | {
            "LAUNCH_INDEX_URL": f"{root}/simple", "LAUNCH_CHANNEL_URL": f"{root}/whl",
            "LAUNCH_STORE": str(folder / "store"), "LAUNCH_STATE": str(folder / "state"),
            "XDG_CACHE_HOME": str(folder / "cache"), "XDG_CONFIG_HOME": str(folder / "config"), "NO_COLOR": "1"}

    def recipe(self, name: str, text: str):
        (self.folder / f"recipes/{name}.toml").write_text(text)

    def lock_path(self, name: str) -> pathlib.Path:
        return self.folder / f"lockfiles/pylock.{name}.toml"

    def lock(self, name: str) -> dict | None:
        path = self.lock_path(name)
        return tomllib.loads(path.read_text()) if path.exists() else None

    def start(self, *arguments) -> subprocess.Popen:
        return subprocess.Popen([self.launch, "-C", str(self.folder), *arguments], env=self.environment, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True)

    def run(self, *arguments, timeout=120) -> Run:
        """Code -1000: it did not end in time."""
        begin = time.monotonic()
        process = self.start(*arguments)
        try:
            out, err = process.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            return Run(-1000, out, err, time.monotonic() - begin)
        return Run(process.returncode, out, err, time.monotonic() - begin)


def pins(lock: dict) -> dict[str, str]:
    return {package["name"]: package["version"] for package in lock["packages"]}
