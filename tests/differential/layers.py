#!/usr/bin/env python3
"""layers.py WHEEL_LAYERS [--wheels FOLDER]: the layers of wheels, compared with what pip and uv install.

Each layer is read by gzip, GNU tar, Python's tarfile and a reader of eStargz that follows its specification. Then the
same files, contents, modes and rows of RECORD are expected as pip and uv leave, but for the differences named below.
The wheels come from the machine's index, or are those of a folder.
"""

import argparse
import base64
import csv
import gzip
import hashlib
import io
import json
import os
import pathlib
import re
import stat
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile
import zlib

ARGUMENTS = argparse.ArgumentParser()
ARGUMENTS.add_argument("program")
ARGUMENTS.add_argument("--wheels", type=pathlib.Path, help="compare all wheels of this folder")
ARGUMENTS = ARGUMENTS.parse_args()

PYTHON = "%d.%d" % sys.version_info[:2]
SITE = f"lib/python{PYTHON}/site-packages"
TIME = 1_700_000_000
# Console scripts, data files, headers, old-style scripts, compiled code, executable files and scripts, long names.
WANTED = ["wheel==0.45.1", "pyyaml==6.0.2", "jupyterlab-widgets==3.0.13", "greenlet==3.1.1", "pyflakes==3.2.0",
          "docutils==0.20.1", "numpy==2.1.3", "ninja==1.11.1.1", "jmespath==1.0.1", "Pygments==2.18.0", "ruff==0.8.0",
          "pybind11==2.13.6", "virtualenv==20.27.1", "black==24.10.0", "jedi==0.19.2", "ipykernel==6.29.5",
          "nbconvert==7.16.4"]  # fmt: skip
# pip and uv note by whom, from where and whether by name; an image has no such history.
OF_THE_INSTALLER = re.compile(r"(^|site-packages/)[^/]+\.dist-info/(INSTALLER|RECORD|REQUESTED|direct_url\.json|uv_cache\.json)$")
# uv's lock on the prefix.
OF_UV = ".lock"
# pip and uv install the wheel of pip with a script for the version of Python too, which its metadata do not name.
OF_PIP = f"bin/pip{PYTHON}"
# The signatures of RECORD do not fit the RECORD that is installed.
SIGNATURE = re.compile(r"(^|site-packages/)[^/]+\.dist-info/RECORD\.(jws|p7s)$")


def plain(path):
    """pip in a virtual environment keeps headers below include/site, where no compiler looks."""
    return path.replace("include/site/", "include/")


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stderr.decode(errors='replace')}")
    return done.stdout


def rows(text):
    found = {}
    for row in csv.reader(io.StringIO(text)):
        path = plain(os.path.normpath(row[0]))
        if not OF_THE_INSTALLER.search(path) and not SIGNATURE.search(path) and not path.endswith(OF_PIP):
            assert path not in found, path
            found[path] = row[1:]
    return found


class Layer:
    """A layer, read by tarfile."""

    def __init__(self, path):
        self.path = path
        self.files, self.folders, self.order = {}, {}, []
        with tarfile.open(path, "r:gz") as tar:
            for member in tar:
                assert (member.uid, member.gid, member.uname, member.gname) == (0, 0, "", ""), member.name
                self.order.append(member.name)
                if member.isdir():
                    assert member.mode == 0o755 and member.mtime == TIME, member.name
                    assert member.name not in self.folders, member.name
                    self.folders[member.name] = member
                    continue
                assert member.isreg() and member.mode in (0o644, 0o755), member.name
                assert member.name not in self.files, member.name
                self.files[member.name] = (member.mode, tar.extractfile(member).read())


class EStargz:
    """A reader of eStargz by its specification, which sees only the end of the blob, the table and single chunks."""

    def __init__(self, blob):
        self.blob = memoryview(blob)
        footer = blob[-51:]
        assert footer[:4] == b"\x1f\x8b\x08\x04" and footer[10:16] == b"\x1a\x00SG\x16\x00", footer
        assert footer[32:38] == b"STARGZ" and footer[38:43] == b"\x01\x00\x00\xff\xff" and footer[43:] == bytes(8)
        self.toc_offset = int(footer[16:32], 16)
        with tarfile.open(fileobj=io.BytesIO(self.member(self.toc_offset, len(blob)))) as tar:
            (entry,) = tar.getmembers()
            assert entry.name == "stargz.index.json"
            self.toc = tar.extractfile(entry).read()
        table = json.loads(self.toc)
        assert table["version"] == 1
        self.entries = table["entries"]

    def member(self, offset, end):
        """The content of the one gzip member that begins there; it ends before `end`."""
        reader = zlib.decompressobj(wbits=31)
        content = reader.decompress(self.blob[offset:end])
        assert reader.eof
        return content

    def check(self, layer):
        assert [entry["name"].rstrip("/") for entry in self.entries] + ["stargz.index.json"] == layer.order
        assert self.entries[0]["name"] == ".no.prefetch.landmark" and layer.files[".no.prefetch.landmark"][1] == b"\x0f"
        offsets = [entry["offset"] for entry in self.entries if "offset" in entry]
        assert offsets == sorted(set(offsets))
        ends = dict(zip(offsets, [*offsets[1:], self.toc_offset]))
        for entry in self.entries:
            assert entry["uid"] == entry["gid"] == 0 and entry["modtime"] == "2023-11-14T22:13:20Z", entry
            if entry["type"] == "dir":
                assert entry["mode"] == 0o755 and entry["name"].rstrip("/") in layer.folders, entry
                continue
            assert entry["type"] == "reg", entry
            mode, content = layer.files[entry["name"]]
            assert mode == entry["mode"] and len(content) == entry.get("size", 0), entry
            digest = "sha256:" + hashlib.sha256(content).hexdigest()
            assert entry["digest"] == digest, entry
            if content:
                offset = entry["offset"]
                assert entry["chunkDigest"] == digest and self.member(offset, ends[offset]) == content, entry


def installed(root):
    """The files of an installed tree, links followed by no one."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode) or path in (root / OF_UV, root / OF_PIP):
            continue
        assert stat.S_ISREG(status.st_mode), path
        found[plain(str(path.relative_to(root)))] = (0o755 if status.st_mode & 0o111 else 0o644, path.read_bytes())
    return found


def entry_points(wheel):
    """The names of the scripts that an installer writes itself."""
    with zipfile.ZipFile(wheel) as archive:
        names = [name for name in archive.namelist() if re.fullmatch(r"[^/]+\.dist-info/entry_points\.txt", name)]
        text = archive.read(names[0]).decode() if names else ""
    found, wanted = set(), False
    for line in map(str.strip, text.splitlines()):
        if line.startswith("["):
            wanted = line.strip("[] ") in ("console_scripts", "gui_scripts")
        elif wanted and line and line[0] not in "#;":
            found.add("bin/" + line.split("=")[0].strip())
    return found


def plain_scripts(wheel):
    """The files in .data/scripts that are not executable in the wheel. The format lets an installer make them so; uv
    does, and pip does not."""
    with zipfile.ZipFile(wheel) as archive:
        return {"bin/" + entry.filename.split("/", 2)[2] for entry in archive.infolist()
                if re.match(r"[^/]+\.data/scripts/[^/]", entry.filename) and not entry.external_attr >> 16 & 0o111}  # fmt: skip


def rare_wheel(folder):
    """A wheel with what few have: stored and empty files, long and foreign names, scripts of all kinds."""
    info = "rare-1.0.dist-info"
    files = {
        "rare/__init__.py": (b"def main():\n    print('rare')\n", zipfile.ZIP_DEFLATED, 0o644),
        "rare/empty": (b"", zipfile.ZIP_STORED, 0o644),
        "rare/empty-deflated": (b"", zipfile.ZIP_DEFLATED, 0o600),
        "rare/stored": (b"0123456789abcdef" * 20_000, zipfile.ZIP_STORED, 0o644),
        "rare/block": (bytes(65535), zipfile.ZIP_STORED, 0o644),
        "rare/random": (os.urandom(200_000), zipfile.ZIP_DEFLATED, 0o644),
        "rare/tool": (b"#!/bin/sh\n", zipfile.ZIP_DEFLATED, 0o755),
        "rare/group-tool": (b"#!/bin/sh\n", zipfile.ZIP_DEFLATED, 0o610),
        "rare/spaces and, commas \"quoted\"": (b"x", zipfile.ZIP_DEFLATED, 0o644),
        "rare/\u00e4\u00f6\u00fc/\u65e5\u672c\u8a9e": (b"foreign", zipfile.ZIP_DEFLATED, 0o644),
        "rare/" + "d" * 90 + "/" + "e" * 90 + "/" + "f" * 90: (b"long", zipfile.ZIP_DEFLATED, 0o644),
        "rare/" + "d" * 200 + "/" + "\u00e9" * 100: (b"longer", zipfile.ZIP_DEFLATED, 0o644),
        "rare-1.0.data/scripts/old": (b"#!python\nprint('old')\n", zipfile.ZIP_DEFLATED, 0o644),
        "rare-1.0.data/scripts/old-window": (b"#!pythonw\nprint('old')\n", zipfile.ZIP_DEFLATED, 0o644),
        "rare-1.0.data/scripts/shell": (b"#!/bin/sh\necho python\n", zipfile.ZIP_STORED, 0o644),
        "rare-1.0.data/data/share/rare/data": (b"data", zipfile.ZIP_DEFLATED, 0o644),
        "rare-1.0.data/data/etc/tool": (b"data", zipfile.ZIP_DEFLATED, 0o755),
        "rare-1.0.data/purelib/rare_pure.py": (b"", zipfile.ZIP_DEFLATED, 0o644),
        "rare-1.0.data/platlib/rare_plat.py": (b"p = 1\n", zipfile.ZIP_DEFLATED, 0o644),
        f"{info}/METADATA": (b"Metadata-Version: 2.1\nName: rare\nVersion: 1.0\n", zipfile.ZIP_DEFLATED, 0o644),
        f"{info}/WHEEL": (b"Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
                          zipfile.ZIP_DEFLATED, 0o644),
        f"{info}/entry_points.txt": (b"[console_scripts]\nrare = rare:main\nrare.dotted = rare:main [extra]\n"
                                     b"[gui_scripts]\nrare-window = rare:main\n", zipfile.ZIP_DEFLATED, 0o644),
        f"{info}/licenses/LICENSE": (b"free", zipfile.ZIP_DEFLATED, 0o644),
    }  # fmt: skip
    out = io.StringIO()
    record = csv.writer(out, lineterminator="\n")
    for name, (content, _, _) in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).decode().rstrip("=")
        record.writerow([name, f"sha256={digest}", len(content)])
    record.writerow([f"{info}/RECORD", "", ""])
    files[f"{info}/RECORD"] = (out.getvalue().encode(), zipfile.ZIP_DEFLATED, 0o644)
    wheel = folder / "rare-1.0-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, (content, method, mode) in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type, entry.external_attr = method, (stat.S_IFREG | mode) << 16
            archive.writestr(entry, content)
    return wheel


class Layers(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="launch-test-layers-")
        cls.addClassCleanup(cls.scratch.cleanup)
        cls.root = pathlib.Path(cls.scratch.name)
        if ARGUMENTS.wheels:
            cls.wheels = sorted(ARGUMENTS.wheels.glob("*.whl"))
        else:
            run(sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps",
                "--only-binary", ":all:", "--dest", cls.root / "wheels", *WANTED)  # fmt: skip
            cls.wheels = sorted((cls.root / "wheels").iterdir())
            assert len(cls.wheels) == len(WANTED)

    def make(self, prefix, wheels, umask=0o022):
        """Their layers and what the program says of them. `prefix` is also where pip and uv install."""
        out = self.root / "layers"
        out.mkdir(exist_ok=True)
        said = run(ARGUMENTS.program, self.root / "store", prefix, PYTHON, sys.executable, str(TIME), out, *wheels, umask=umask)
        found = {}
        for line in said.decode().splitlines():
            layer, tar, toc, size, tar_size, name = line.split(" ", 5)
            found[name] = (out / (name + ".tar.gz"), layer, tar, toc, int(size), int(tar_size))
        return found

    def check_formats(self, path, layer_digest, tar_digest, toc_digest, size, tar_size):
        blob = path.read_bytes()
        self.assertEqual("sha256:" + hashlib.sha256(blob).hexdigest(), layer_digest)
        self.assertEqual(len(blob), size)
        run("gzip", "-t", path)
        tar = run("gzip", "-dc", path)
        self.assertEqual("sha256:" + hashlib.sha256(tar).hexdigest(), tar_digest)
        self.assertEqual(len(tar), tar_size)
        self.assertEqual(gzip.decompress(blob[-51:]), b"")
        layer = Layer(path)
        listed = run("tar", "--quoting-style=literal", "-tzf", path).decode(errors="surrogateescape").splitlines()
        self.assertEqual([name.rstrip("/") for name in listed], layer.order)
        estargz = EStargz(blob)
        self.assertEqual("sha256:" + hashlib.sha256(estargz.toc).hexdigest(), toc_digest)
        estargz.check(layer)
        return layer

    def compare(self, ours, theirs, scripts, without_mode=()):
        for files in (ours, theirs):
            for path in list(files):
                if OF_THE_INSTALLER.search(path) or SIGNATURE.search(path):
                    del files[path]
        self.assertEqual(sorted(ours), sorted(theirs))
        for path, (mode, content) in ours.items():
            self.assertEqual(oct(0o644 if path in without_mode else mode), oct(theirs[path][0]), path)
            if path in scripts:  # the same call in other words
                self.assertTrue(content.startswith(b"#!%s\n" % sys.executable.encode()), path)
            else:
                self.assertTrue(content == theirs[path][1], path)

    def compare_records(self, ours, theirs, scripts):
        ours, theirs = rows(ours), rows(theirs)
        self.assertEqual(sorted(ours), sorted(theirs))
        for path, row in ours.items():
            # A RECORD in a wheel may leave out digests and sizes, which pip and uv copy.
            if os.path.normpath(f"{SITE}/{path}") not in scripts and all(theirs[path]):
                self.assertEqual(row, theirs[path], path)

    def check_wheel(self, wheel, prefix, made):
        layer = self.check_formats(*made)
        ours = {}
        for name, (mode, content) in layer.files.items():
            if name not in (".no.prefetch.landmark", "stargz.index.json"):
                self.assertTrue(name.startswith(prefix[1:] + "/"), name)
                ours[name[len(prefix):]] = (mode, content)  # fmt: skip
        scripts = entry_points(wheel)
        (record,) = (path for path in ours if re.fullmatch(f"{SITE}/[^/]+\\.dist-info/RECORD", path))
        self.assertEqual(layer.order[-2:], [prefix[1:] + "/" + record, "stargz.index.json"])
        for name, command in {
            "pip": ["-m", "pip", "--disable-pip-version-check", "install", "--no-compile", "--no-deps", "--no-index",
                    "--ignore-installed", "--no-warn-script-location", "--quiet", "--prefix"],
            "uv": ["-m", "uv", "pip", "install", "--no-deps", "--no-index", "--quiet", "--no-cache", "--link-mode=copy",
                   "--prefix"],
        }.items():  # fmt: skip
            with self.subTest(wheel=wheel.name, installer=name):
                target = pathlib.Path(tempfile.mkdtemp(dir=self.root))
                run(sys.executable, *command, target, wheel, umask=0o022)
                self.compare(dict(ours), installed(target), scripts, plain_scripts(wheel) if name == "pip" else ())
                self.compare_records(ours[record][1].decode(), (target / record).read_text(), scripts)
                run("rm", "-rf", target)

    def test_trees_are_those_of_pip_and_uv(self):
        prefix = "/opt/venv"
        for wheel in self.wheels:
            with self.subTest(wheel=wheel.name):
                made = self.make(prefix, [wheel])[wheel.name]
                self.check_wheel(wheel, prefix, made)
                made[0].unlink()

    def test_a_wheel_of_rare_things_is_installed_as_by_pip_and_uv(self):
        wheel = rare_wheel(self.root)
        for prefix in ("/opt/venv", "/v", "/" + "deep/" * 30 + "venv"):
            self.check_wheel(wheel, prefix, self.make(prefix, [wheel])[wheel.name])

    def test_bytes_depend_on_the_wheel_alone(self):
        wheel = min(self.wheels, key=lambda wheel: wheel.stat().st_size)
        (first,) = self.make("/opt/venv", [wheel]).values()
        blob = first[0].read_bytes()
        run("rm", "-rf", self.root / "store")
        other = self.root / "elsewhere" / wheel.name
        other.parent.mkdir(exist_ok=True)
        other.write_bytes(wheel.read_bytes())
        os.environ.update(TZ="Asia/Kathmandu", LC_ALL="tr_TR.UTF-8")
        (second,) = self.make("/opt/venv", [other], umask=0o077).values()
        self.assertEqual(first[1:], second[1:])
        self.assertEqual(second[0].read_bytes(), blob)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
