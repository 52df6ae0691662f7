#!/usr/bin/env python3
"""sbom.py SBOM_DUMP LOCKS: bills of materials against their schemas and readers of others.

The locks are the public ones of tests/data/locks, written as pylock.toml with made-up addresses and hashes; one more
holds names and addresses that are chosen to break JSON, package URLs and identifiers. Each CycloneDX document is
validated by cyclonedx-python-lib, each SPDX document against the schema of SPDX 2.3 and by spdx-tools, and each package
URL is read by packageurl-python. Names, versions, hashes and dependencies are compared with the lock.
"""

import hashlib
import importlib.resources
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest
from urllib.parse import quote

import jsonschema
import lib4sbom
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from spdx_tools.spdx.parser.json.json_parser import parse_from_file
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document

PROGRAM = sys.argv[1]
LOCKS = sorted(pathlib.Path(sys.argv[2]).glob("*.json"))
CHANNEL = "https://user:word@channel.example/whl/nightly"
DEFAULT = "https://pypi.example/simple"
ARCHIVE = "https://builds.example/cpython-3.12.11%2B20250604-x86_64-unknown-linux-gnu.tar.gz"
PLATFORMS = ["linux-x86_64", "linux-aarch64"]
CYCLONEDX = JsonStrictValidator(SchemaVersion.V1_6)
SPDX = jsonschema.Draft7Validator(json.loads(
    (importlib.resources.files(lib4sbom) / "schemas/spdx/2.3-schema.json").read_text()))  # fmt: skip


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def toml(value):
    return json.dumps(value, ensure_ascii=False)


def shown_url(url):
    """An index as documents have it: without password, fragment and last slash; U+202E by its bytes; the rest quoted."""
    plain = url.replace("user:word@", "").partition("#")[0].replace("\u202e", r"\xe2\x80\xae")
    return quote(plain, safe="-._~:/?@!$&'()*+,;=").rstrip("/")


class Lock:
    """A pylock.toml, and what its documents must say."""

    def __init__(self):
        self.packages = []  # name, version, [(file, url)], index, dependencies

    def text(self):
        out = 'lock-version = "1.0"\ncreated-by = "test"\n'
        for name, version, files, index, needs in self.packages:
            out += f"\n[[packages]]\nname = {toml(name)}\nversion = {toml(version)}\nindex = {toml(index)}\n"
            if needs:
                out += "dependencies = [" + ", ".join(f"{{ name = {toml(one)} }}" for one in needs) + "]\n"
            for file, url in files:
                out += (f"[[packages.wheels]]\nname = {toml(file)}\nurl = {toml(url)}\nsize = 12\n"
                        f'hashes = {{ sha256 = "{sha256(file)}" }}\n')
        digest = f'"sha256:{sha256("base")}"'
        return out + f"""
[tool.launch]
recipe-digest = {digest}
cuda-version = "12.8.1"
date = "2025-06-06"

[tool.launch.base]
image = "docker.io/nvidia/cuda"
tag = "12.8.1-base-ubuntu24.04"
digest = {digest}
driver-floor = "525.60.13"
distribution = "ubuntu 24.04"
python = "3.12"

[tool.launch.interpreter]
version = "3.12.11"

[tool.launch.interpreter.linux-x86_64]
url = "{ARCHIVE}"
sha256 = "{sha256("archive")}"
"""

    def documents(self, platforms):
        done = subprocess.run([PROGRAM, *platforms], input=self.text().encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        if done.returncode != 0:
            raise AssertionError(done.stderr.decode())
        return done.stdout.decode().split("---\n")


def fits(tags, platform):
    machine = platform.split("-", 1)[1]
    python, abi, where = tags.split("-")[-3:]
    return ((where == "any" or machine in where) and abi in ("none", "abi3", "cp312")
            and any(one in ("py3", "cp312") or (abi == "abi3" and re.fullmatch(r"cp3\d", one)) for one in python.split(".")))


def public_lock(path, platforms):
    """Of each name, the first version that has a wheel for all platforms. Files with damaged names are left out."""
    lock, seen = Lock(), set()
    document = json.loads(path.read_text())
    for one in document["packages"]:
        name = canonicalize_name(one["name"])
        tags = [tags for tags in dict.fromkeys(one["wheels"])
                if "%" not in tags and any(fits(tags, platform) for platform in platforms)]
        if name in seen or not all(any(fits(each, platform) for each in tags) for platform in platforms):
            continue
        seen.add(name)
        index = CHANNEL if one["from"] == "channel" else DEFAULT
        files = [f"{name.replace('-', '_')}-{one['version']}-{each}.whl" for each in tags]
        files = [(file, f"{index}/{file.replace('+', '%2B')}") for file in files]
        needs = sorted({canonicalize_name(Requirement(each).name) for each in one.get("requires", [])})
        lock.packages.append((name, one["version"], files, index, needs))
    return lock


def hostile_lock():
    lock = Lock()
    for number, part in enumerate(['"}],"x":[{"a":"', "\\", "\u202e", "\u00e9", "<script>", "%zz%", "?a=b#c", "[", "|`^{}"]):
        name = f"evil{number}"
        file = f"{name}-1.0-py3-none-any.whl"
        url = f"https://user:word@files.example/{part}/{file}?token=word".replace("\u202e", "%E2%80%AE")
        lock.packages.append((name, "1.0", [(file, url)], f"https://pypi.example/{part}/", ["evil0", f"evil{number}"]))
    return lock


class Sbom(unittest.TestCase):
    maxDiff = None

    def check(self, lock, platforms):
        texts = lock.documents(platforms)
        for text in texts:
            self.assertNotIn("word", text)
            self.assertEqual(text, json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n")
        self.assertEqual(texts, lock.documents(platforms))
        cyclonedx, spdx = map(json.loads, texts)
        self.assertIsNone(CYCLONEDX.validate_str(texts[0]))
        self.assertEqual([error.message for error in SPDX.iter_errors(spdx)], [])
        self.check_spdx_tools(texts[1])
        names = {name for name, *_ in lock.packages}
        wanted = {}
        for name, version, files, index, needs in lock.packages:
            used = [file for file, _ in files]
            wanted[name] = (version, set(used), index, {one for one in needs if one in names and one != name})
        self.compare_cyclonedx(cyclonedx, wanted)
        self.compare_spdx(spdx, wanted)

    def check_spdx_tools(self, text):
        path = pathlib.Path(self.folder.name) / "sbom.spdx.json"
        path.write_text(text)
        messages = validate_full_spdx_document(parse_from_file(str(path)))
        self.assertEqual([message.validation_message for message in messages], [])

    def check_purl(self, text, name, version, wanted):
        """The wheel's file name; what packageurl-python reads is what the lock says."""
        purl = PackageURL.from_string(text)
        _, files, index, _ = wanted[name]
        self.assertEqual((purl.type, purl.namespace, purl.name, purl.version, purl.subpath), ("pypi", None, name, version, None))
        file = purl.qualifiers["file_name"]
        self.assertIn(file, files)
        if index == DEFAULT:
            self.assertEqual(set(purl.qualifiers), {"file_name"})
        else:
            self.assertEqual(purl.qualifiers["checksum"], "sha256:" + sha256(file))
            self.assertEqual(purl.qualifiers["repository_url"], shown_url(index))
        return file

    def compare_cyclonedx(self, document, wanted):
        parts = {one["bom-ref"]: one for one in document["components"]}
        self.assertEqual(len(parts), len(document["components"]))
        libraries = {ref: one for ref, one in parts.items() if one["type"] == "library"}
        self.assertEqual({(one["name"], one["version"]) for one in libraries.values()},
                         {(name, version) for name, (version, *_) in wanted.items()})
        for ref, one in libraries.items():
            file = self.check_purl(ref, one["name"], one["version"], wanted)
            self.assertEqual(one["hashes"], [{"alg": "SHA-256", "content": sha256(file)}])
        reached, graph = set(), {one["ref"]: one.get("dependsOn", []) for one in document["dependencies"]}
        self.assertEqual(set(graph), {"image", *parts})
        for ref, one in libraries.items():
            self.assertEqual({parts[need]["name"] for need in graph[ref]}, wanted[one["name"]][3])
        waiting = ["image"]
        while waiting:
            ref = waiting.pop()
            if ref not in reached:
                reached.add(ref)
                waiting += graph[ref]
        self.assertEqual(reached, set(graph))
        others = sorted(PackageURL.from_string(ref).type for ref in parts if ref not in libraries)
        self.assertEqual(others, ["generic", "oci"])

    def compare_spdx(self, document, wanted):
        packages = {one["SPDXID"]: one for one in document["packages"]}
        wheels = {ref: one for ref, one in packages.items() if ref.startswith("SPDXRef-wheel-")}
        self.assertEqual({(one["name"], one["versionInfo"]) for one in wheels.values()},
                         {(name, version) for name, (version, *_) in wanted.items()})
        edges = [(one["spdxElementId"], one["relationshipType"], one["relatedSpdxElement"])
                 for one in document["relationships"]]
        self.assertEqual(len(edges), len(set(edges)))
        for ref, one in wheels.items():
            locator = one["externalRefs"][0]["referenceLocator"]
            file = self.check_purl(locator, one["name"], one["versionInfo"], wanted)
            self.assertEqual(one["packageFileName"], file)
            self.assertEqual(one["checksums"], [{"algorithm": "SHA256", "checksumValue": sha256(file)}])
            needs = {packages[to]["name"] for start, kind, to in edges if start == ref and kind == "DEPENDS_ON"}
            self.assertEqual(needs, wanted[one["name"]][3])
        contained = {to for start, kind, to in edges if (start, kind) == ("SPDXRef-image", "CONTAINS")}
        self.assertEqual(contained, set(packages) - {"SPDXRef-image"})
        self.assertIn(("SPDXRef-DOCUMENT", "DESCRIBES", "SPDXRef-image"), edges)

    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)

    def test_public_locks(self):
        self.assertGreaterEqual(len(LOCKS), 7)
        for path in LOCKS:
            for platforms in ([PLATFORMS[0]], PLATFORMS):
                with self.subTest(lock=path.name, platforms=platforms):
                    lock = public_lock(path, platforms)
                    self.assertGreater(len(lock.packages), 5)
                    self.check(lock, platforms)

    def test_hostile_lock(self):
        self.check(hostile_lock(), PLATFORMS[:1])

    def test_the_validators_find_what_is_wrong(self):
        cyclonedx, spdx = hostile_lock().documents(PLATFORMS[:1])
        self.assertIsNone(CYCLONEDX.validate_str(cyclonedx))
        self.assertIsNotNone(CYCLONEDX.validate_str(cyclonedx.replace('"container"', '"vessel"')))
        self.assertFalse(SPDX.is_valid(json.loads(spdx.replace('"CONTAINS"', '"HOLDS"'))))


unittest.main(argv=sys.argv[:1])
