#!/usr/bin/env python3
"""Collects real versions, wheel names and requirements into tests/data/python/.

Reads the index that the machine's pip is configured with: pages as JSON (PEP 691), METADATA by range reads of the
wheels. Run by hand, with build/python-env/bin/python, when the data should be renewed:
    collect_real.py DATA_FOLDER [LOCK…]     (uv.lock files whose markers are taken as well)
"""

import concurrent.futures
import io
import json
import pathlib
import random
import re
import subprocess
import sys
import urllib.parse
import urllib.request
import zipfile

PROJECTS = """
torch torchvision torchaudio torchdata torchtext triton pytorch-triton torchtnt-nightly torchrec-nightly
fbgemm-gpu-nightly torchtitan torchao torchrec fbgemm-gpu xformers numpy scipy pandas sympy mpmath networkx filelock
fsspec jinja2 markupsafe typing-extensions setuptools pillow transformers datasets accelerate tokenizers safetensors
huggingface-hub deepspeed vllm bitsandbytes tensorboard tensorflow jax jaxlib onnx protobuf grpcio cryptography
aiohttp pydantic pydantic-core black pytz pywin32 zope.interface oslo.config backports.zoneinfo ruamel.yaml pyyaml
wandb lightning pytorch-lightning torchmetrics scikit-learn matplotlib pytest tox twisted celery django flask requests
urllib3 idna certifi attrs packaging pip wheel virtualenv uv ruff ray dask distributed pyarrow numba llvmlite cupy-cuda12x
nvidia-cublas-cu12 nvidia-cudnn-cu12 nvidia-cuda-runtime-cu12 nvidia-cuda-nvrtc-cu12 nvidia-cuda-cupti-cu12
nvidia-cufft-cu12 nvidia-curand-cu12 nvidia-cusolver-cu12 nvidia-cusparse-cu12 nvidia-nccl-cu12 nvidia-nvtx-cu12
nvidia-nvjitlink-cu12 nvidia-cusparselt-cu12 nvidia-nvshmem-cu12 nvidia-cufile-cu12 nvidia-cublas-cu11
nvidia-cudnn-cu11 nvidia-nccl-cu11 cuda-toolkit cuda-bindings cuda-python nvidia-cublas nvidia-cudnn-cu13
nvidia-nccl-cu13 sqlalchemy psycopg2-binary lxml gevent greenlet msgpack ujson orjson regex spacy nltk gensim
""".split()
VERSIONS_A_PROJECT = 120
WHEELS_A_PROJECT = 80
METADATA_A_PROJECT = 6
MOST_WHEELS = 7000


def index_url():
    found = subprocess.run(
        [sys.executable, "-m", "pip", "config", "get", "global.index-url"], capture_output=True, text=True
    ).stdout.strip()
    if found:
        return found
    from pip._internal.models.index import PyPI

    return PyPI.simple_url


def get(url, headers=None):
    with urllib.request.urlopen(urllib.request.Request(url, headers=headers or {}), timeout=60) as answer:
        return answer.read()


class RemoteFile(io.RawIOBase):
    """A file on a server that answers range requests, for zipfile."""

    def __init__(self, url, size):
        self.url, self.size, self.at = url, size, 0
        start = max(0, size - 65536)
        self.tail_at, self.tail = start, get(url, {"Range": f"bytes={start}-{size - 1}"})

    def seekable(self):
        return True

    def readable(self):
        return True

    def tell(self):
        return self.at

    def seek(self, offset, whence=0):
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def read(self, size=-1):
        size = self.size - self.at if size < 0 else min(size, self.size - self.at)
        if size <= 0:
            return b""
        if self.at >= self.tail_at:
            found = self.tail[self.at - self.tail_at :][:size]
        else:
            found = get(self.url, {"Range": f"bytes={self.at}-{self.at + size - 1}"})
        self.at += len(found)
        return found


def requirements_of(url, size):
    with zipfile.ZipFile(RemoteFile(url, size)) as wheel:
        name = next(n for n in wheel.namelist() if n.endswith(".dist-info/METADATA") and n.count("/") == 1)
        text = wheel.read(name).decode("utf-8", "replace").partition("\n\n")[0]
    return re.findall(r"^Requires-Dist: *(.*?) *\r?$", text, re.MULTILINE)


def project(base, name):
    """Versions, wheel names and requirements of one project; nothing if the index does not have it."""
    try:
        page = json.loads(get(f"{base}/{name}/", {"Accept": "application/vnd.pypi.simple.v1+json"}))
    except OSError as failure:
        print(f"{name}: {failure}", file=sys.stderr)
        return [], [], []
    wheels = [f for f in page["files"] if f["filename"].endswith(".whl")]
    some = random.Random(name)
    versions = page.get("versions") or []
    requirements = set()
    for file in some.sample(wheels, min(len(wheels), METADATA_A_PROJECT)):
        try:
            url = urllib.parse.urljoin(f"{base}/{name}/", file["url"])
            requirements.update(requirements_of(url, file["size"]))
        except (OSError, KeyError, StopIteration, zipfile.BadZipFile) as failure:
            print(f"{file['filename']}: {failure!r}", file=sys.stderr)
    return (
        some.sample(versions, min(len(versions), VERSIONS_A_PROJECT)),
        [f["filename"] for f in some.sample(wheels, min(len(wheels), WHEELS_A_PROJECT))],
        sorted(requirements),
    )


def main():
    folder = pathlib.Path(sys.argv[1])
    base = index_url().rstrip("/")
    versions, wheels, requirements, markers = set(), set(), set(), set()
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda name: project(base, name), PROJECTS):
            versions.update(found[0])
            wheels.update(found[1])
            requirements.update(found[2])
    for lock in sys.argv[2:]:
        text = pathlib.Path(lock).read_text()
        markers.update(re.findall(r'marker = "((?:[^"\\]|\\.)*)"', text))
        markers.update(re.findall(r"^    \"([^\"]*(?:==|<|>| in )[^\"]*)\",?$", text, re.MULTILINE))
        versions.update(re.findall(r'^version = "([^"]+)"$', text, re.MULTILINE))
        wheels.update(urllib.parse.unquote(w) for w in re.findall(r'/([^/"#?]+\.whl)', text))
    # A requirement with a URL names a location; the generated cases have invented URLs.
    requirements = {r for r in requirements if "://" not in r}
    wheels = random.Random(0).sample(sorted(wheels), min(len(wheels), MOST_WHEELS))
    for name, lines in (
        ("versions", versions),
        ("wheels", wheels),
        ("requirements", requirements),
        ("markers", markers),
    ):
        (folder / f"real_{name}.txt").write_text("".join(f"{line}\n" for line in sorted(lines)))
        print(f"{len(lines)} {name}", file=sys.stderr)


main()
