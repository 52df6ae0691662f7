#!/usr/bin/env python3
"""Writes what a public uv.lock, or a requirements file of `uv pip compile`, lists as one of the JSON files here.

usage: condense.py LOCK SOURCE [GROUP…] > FILE.json

Kept are the packages that the root and these groups or extras can need on Linux: name, version, index (channel, test,
nvidia or general), tags of the wheels, requirements. A lock does not say the bounds of its packages: what is pinned in
truth (CUDA's packages, triton, torch by torchvision) and what the lock has in several versions becomes "==", else ">=".
"""

import json
import pathlib
import re
import sys
import tomllib

PINNED = re.compile(r"(nvidia-|cuda-|pytorch-triton|triton|torch$|tensorrt)")
ON_LINUX = re.compile(r"manylinux.*_(x86_64|aarch64)|-linux_(x86_64|aarch64)|-any$")


def index_of(package):
    registry = package["source"].get("registry", "")
    for word, name in (("whl/nightly", "channel"), ("whl/test", "test"), ("nvidia", "nvidia")):
        if word in registry:
            return name
    return "general"


class UvLock:
    def __init__(self, document, groups):
        self.groups = groups
        self.versions = {}
        for package in document["package"]:
            self.versions.setdefault(package["name"], []).append(package)
        self.root = next(one for one in document["package"] if "registry" not in one["source"])
        self.requires_python = document["requires-python"]

    def marker(self, text):
        """Without uv's own names for groups and extras: true for those asked for, else false."""
        def decided(found):
            return "python_version >= '3'" if found[1] in self.groups else "python_version < '3'"
        text = re.sub(r"extra == '(?:group|extra)-\d+-" + re.escape(self.root["name"]) + r"-([^']*)'", decided, text)
        return re.sub(r"extra == '([^']*)'", decided, text)

    def requirement(self, entry, parent):
        name, versions = entry["name"], self.versions[entry["name"]]
        extras = f"[{','.join(entry['extra'])}]" if entry.get("extra") else ""
        version = entry.get("version") or versions[0]["version"]
        bound = ("==" if len(versions) > 1 or PINNED.match(name) else ">=") + version
        if name == "torch":
            bound = "==" + version.split("+")[0] if parent in ("torchvision", "torchaudio") else ""
        if name == "torchvision":
            bound = ""
        return name + extras + bound + (f" ; {self.marker(entry['marker'])}" if "marker" in entry else "")

    def needed(self):
        """(package, extras) of all that can be reached."""
        found, seen = {}, set()

        def visit(entries):
            for entry in entries:
                for package in self.versions[entry["name"]]:
                    key = (package["name"], package["version"])
                    if entry.get("version", package["version"]) != package["version"]:
                        continue
                    for extra in ["", *entry.get("extra", [])]:
                        if (key, extra) in seen:
                            continue
                        seen.add((key, extra))
                        found.setdefault(key, (package, []))
                        if extra:
                            found[key][1].append(extra)
                            visit(package.get("optional-dependencies", {}).get(extra, []))
                        else:
                            visit(package.get("dependencies", []))

        visit(self.root.get("dependencies", []))
        for group in self.groups:
            visit(self.root.get("optional-dependencies", {}).get(group, []))
            visit(self.root.get("dev-dependencies", {}).get(group, []))
        return [found[key] for key in sorted(found)]

    def packages(self):
        for package, extras in self.needed():
            names = [wheel["url"].split("/")[-1].removesuffix(".whl") for wheel in package.get("wheels", [])]
            one = {"name": package["name"], "version": package["version"], "from": index_of(package),
                   "wheels": [name.split("-", 2)[2] for name in names
                              if ON_LINUX.search(name) and "musllinux" not in name]}
            if package.get("dependencies"):
                one["requires"] = [self.requirement(entry, package["name"]) for entry in package["dependencies"]]
            if extras:
                one["extras"] = {extra: [self.requirement(entry, package["name"])
                                         for entry in package["optional-dependencies"].get(extra, [])]
                                 for extra in sorted(extras)}
            yield one

    def requires(self):
        listed = [one for one in self.root["metadata"]["requires-dist"]
                  if "extra ==" not in one.get("marker", "")
                  or any(f"extra == '{group}'" in one["marker"] for group in self.groups)]
        for group in self.groups:
            listed += self.root["metadata"].get("requires-dev", {}).get(group, [])
        for one in listed:
            extras = f"[{','.join(one['extras'])}]" if one.get("extras") else ""
            yield (one["name"] + extras + one.get("specifier", "")
                   + (f" ; {self.marker(one['marker'])}" if "marker" in one else ""))


class Compiled:
    """A requirements file of `uv pip compile`, for one Python on linux-x86_64, with annotations."""

    requires_python = None

    def __init__(self, text):
        self.versions, self.tags, self.parents, self.indexes = {}, {}, {}, {}
        name = None
        for line in text.splitlines():
            pin = re.match(r"([\w.-]+)==(\S+)$", line)
            wheel = re.match(r"([\w.-]+) @ .*/([^/]+)\.whl$", line)
            if pin or wheel:
                name = (pin or wheel)[1]
                self.versions[name] = pin[2] if pin else wheel[2].split("-")[1].replace("%2B", "+")
                self.tags[name] = wheel[2].split("-", 2)[2] if wheel else "py3-none-any"
                self.parents[name] = []
            elif name and (parent := re.match(r"\s+#\s+(?:via )?([a-z][\w-]*)$", line)) and parent[1] != "via":
                self.parents[name].append(parent[1])
            elif name and "# from" in line:
                self.indexes[name] = "channel" if "whl/nightly" in line else "general"

    def packages(self):
        for name, version in self.versions.items():
            bound = {child: ("==" if PINNED.match(child) else ">=") + self.versions[child].split("+git")[0]
                     for child, parents in self.parents.items() if name in parents}
            yield {"name": name, "version": version, "from": self.indexes.get(name, "channel"),
                   "wheels": [self.tags[name]],
                   "requires": [child + (one.split("+cu")[0] if child == "torch" else one)
                                for child, one in bound.items()]}

    def requires(self):
        return [name for name, parents in self.parents.items() if not parents or name == "torch"]


def main():
    path, source, *groups = sys.argv[1:]
    text = pathlib.Path(path).read_text()
    lock = UvLock(tomllib.loads(text), groups) if path.endswith(".lock") else Compiled(text)
    head = {"source": source, "requires-python": lock.requires_python, "requires": list(lock.requires())}
    print(json.dumps(head)[:-1] + ', "packages": [')
    print(",\n".join(json.dumps(package) for package in lock.packages()))
    print("]}")


main()
