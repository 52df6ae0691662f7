"""A project whose image is built on a base from a registry, for tests that ci/stand-in runs."""

import atexit
import base64
import hashlib
import io
import os
import pathlib
import subprocess
import urllib.request
import zipfile

from podman_storage import Bases
from recipe_digest import recipe_digest

atexit.register(Bases().close)
REGISTRY = os.environ["LAUNCH_STAND_IN"]
TAG = "12.8.1-base-ubuntu24.04"


def base_python():
    release = pathlib.Path("/etc/os-release").read_text()
    return "3.11" if 'VERSION_ID="12"' in release else "3.12"


def wheel_of(project, files, entry_points="", version="1.0"):
    """The bytes of a wheel of a pure project, with RECORD."""
    info = f"{project.replace('-', '_')}-{version}.dist-info"
    files = dict(files)
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {project}\nVersion: {version}\n"
    files[f"{info}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    if entry_points:
        files[f"{info}/entry_points.txt"] = entry_points
    record = ""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as wheel:
        for place, content in files.items():
            content = content.encode() if isinstance(content, str) else content
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
            record += f"{place},sha256={digest},{len(content)}\n"
            wheel.writestr(zipfile.ZipInfo(place, (2024, 1, 1, 0, 0, 0)), content, zipfile.ZIP_DEFLATED)
        wheel.writestr(f"{info}/RECORD", record + f"{info}/RECORD,,\n")
    return packed.getvalue()


def write_wheel(folder, project, files, entry_points=""):
    """Such a wheel in a folder; returns its path."""
    path = folder / f"{project.replace('-', '_')}-1.0-py3-none-any.whl"
    path.write_bytes(wheel_of(project, files, entry_points))
    return path


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def write_lock(root, name, recipe, wheels):
    """The lock for a recipe's text, with wheels in lockfiles/wheels."""
    accept = "application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, " \
             "application/vnd.docker.distribution.manifest.v2+json"
    request = urllib.request.Request(f"http://{REGISTRY}/v2/nvidia/cuda/manifests/{TAG}", headers={"Accept": accept})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request) as answer:
        digest = answer.headers["Docker-Content-Digest"]
    python = base_python()
    distribution = "debian 12" if python == "3.11" else "ubuntu 24.04"
    text = f'lock-version = "1.0"\nrequires-python = "=={python}.*"\ncreated-by = "launch"\n'
    for wheel in sorted(wheels, key=lambda path: path.name):
        data = wheel.read_bytes()
        text += f"""
[[packages]]
name = "{wheel.name.split('-')[0].replace('_', '-')}"
version = "1.0"
[[packages.wheels]]
name = "{wheel.name}"
path = "wheels/{wheel.name}"
upload-time = 2024-06-17T10:20:30Z
size = {len(data)}
hashes = {{ sha256 = "{sha256(data)}" }}
"""
    text += f"""
[tool.launch]
recipe-digest = "{recipe_digest(recipe)}"
channel = "index"
platforms = ["linux-x86_64"]

[tool.launch.base]
image = "docker.io/nvidia/cuda"
tag = "{TAG}"
digest = "{digest}"
distribution = "{distribution}"
python = "{python}"
"""
    (root / f"lockfiles/pylock.{name}.toml").write_text(text)


def in_image(case, image, *command):
    """The output of a command in a container of the image, without a network; `case` is the test that fails if it does."""
    done = subprocess.run(["podman", "run", "--rm", "--network", "none", image, *command], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    case.assertEqual(done.returncode, 0, done.stderr)
    return done.stdout
