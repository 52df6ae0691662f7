"""Locks that others published, rebuilt: from indexes made of what each lists, `launch lock` finds the same versions.

usage: public_locks.py LAUNCH [--all] [LOCK…]   (run by the Python that has packaging; LOCK: of tests/data/locks)

The channel and the general index are stand-ins that answer as the real ones do. Besides what the lock lists they have
what must not be chosen: a night after it that lacks a package, the night before, release candidates and old versions
of everything, another build of triton, and torch on the general index. The expected versions are those that the lock
says are installed for a Python and an architecture, by packaging's markers. Without --all: the newest and the oldest
Python of each lock.
"""

import argparse
import datetime
import json
import pathlib
import re
import sys
import tempfile

from loopback import Project, World, pins, serve, sha256
from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.tags import compatible_tags, cpython_tags, parse_tag
from packaging.version import Version

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "locks"
ARCHITECTURES = ("x86_64", "aarch64")
GLIBC = 36  # of the images of Python, which are Debian's
FAMILY = ("torch", "torchvision", "torchaudio")
EPOCH_OF_SIDECARS = "20250103"


def day_of(version: str) -> str:
    found = re.search(r"\.dev(\d{8})", version)
    return found[1] if found else ""


def moved(version: str, days: int) -> str:
    """The same version of a night so many days later."""
    day = datetime.datetime.strptime(day_of(version), "%Y%m%d") + datetime.timedelta(days)
    return version.replace(day_of(version), day.strftime("%Y%m%d"))


def environment(python: str, architecture: str, extra="") -> dict[str, str]:
    return {"python_version": python, "python_full_version": f"{python}.9", "sys_platform": "linux", "os_name": "posix",
            "platform_system": "Linux", "platform_machine": architecture, "implementation_name": "cpython",
            "platform_python_implementation": "CPython", "platform_release": "", "platform_version": "",
            "implementation_version": f"{python}.9", "extra": extra}


def usable_tags(python: str, architecture: str):
    version = tuple(map(int, python.split(".")))
    platforms = [f"manylinux_2_{minor}_{architecture}" for minor in range(GLIBC, 4, -1)]
    platforms += [f"manylinux{old}_{architecture}" for old in ("2014", "2010", "1")] + [f"linux_{architecture}"]
    name = f"cp{version[0]}{version[1]}"
    return {*cpython_tags(version, [name], platforms), *compatible_tags(version, name, platforms)}


class Published:
    """A file of tests/data/locks for one Python and architecture."""

    def __init__(self, name, python, architecture):
        self.name, self.python, self.architecture = name, python, architecture
        self.document = json.loads((DATA / f"{name}.json").read_text())
        self.cuda = name.rsplit("-", 1)[1]
        self.usable = usable_tags(python, architecture)
        self.versions: dict[str, list[dict]] = {}
        for package in self.document["packages"]:
            self.versions.setdefault(package["name"], []).append(package)
        self.notes: list[str] = []

    def applies(self, requirement: Requirement, extra="") -> bool:
        return requirement.marker is None or requirement.marker.evaluate(
            environment(self.python, self.architecture, extra))

    def fits(self, package) -> bool:
        return any(self.usable & set(parse_tag(tags.split("-", 1)[1] if tags.count("-") > 2 else tags))
                   for tags in package["wheels"])

    def chosen(self, requirement: Requirement):
        """The version that the lock takes for a requirement: of several, the one whose bound and wheels fit."""
        fitting = [one for one in self.versions[requirement.name]
                   if requirement.specifier.contains(one["version"], prereleases=True)]
        usable = [one for one in fitting if self.fits(one) and one["from"] != "test"]
        return max(usable or fitting, key=lambda one: Version(one["version"]))

    def lacking(self, requirement: Requirement) -> str | None:
        """The first package below a requirement that has no wheel here."""
        return next((f"{one['name']} {one['version']}" for one in self.closure([requirement]).values()
                     if not self.fits(one) or one["from"] == "test"), None)

    def closure(self, requirements) -> dict[str, dict]:
        found, seen, waiting = {}, set(), [one for one in requirements if self.applies(one)]
        while waiting:
            requirement = waiting.pop()
            if requirement.name not in self.versions:
                continue
            package = self.chosen(requirement)
            found[package["name"]] = package
            for extra in ["", *requirement.extras]:
                if (package["name"], extra) in seen:
                    continue
                seen.add((package["name"], extra))
                listed = package.get("extras", {}).get(extra, []) if extra else package.get("requires", [])
                waiting += [one for one in map(Requirement, listed) if self.applies(one)]
        return found

    def requirements(self) -> list[Requirement]:
        """The root's; without those that the lock itself contradicts, or whose packages have no wheel here."""
        kept = []
        for requirement in map(Requirement, self.document["requires"]):
            if not self.applies(requirement):
                continue
            if not any(requirement.specifier.contains(one["version"], prereleases=True)
                       for one in self.versions.get(requirement.name, [])):
                self.notes.append(f"left out: {requirement}, which the published lock itself does not satisfy")
            elif lacking := self.lacking(requirement):
                self.notes.append(f"left out: {requirement}, since {lacking} has no wheel for {self.architecture}")
            else:
                requirement.marker = None
                kept.append(requirement)
        return kept

    # The indexes.

    def world(self) -> World:
        world = World()
        general = world.index("/simple")
        nvidia = world.index("/nvidia", json=False)
        channel = world.index(f"/whl/nightly/{self.cuda}", json=False, hashes=False, missing=403)
        for package in self.document["packages"]:
            index = {"general": general, "nvidia": nvidia}.get(package["from"], channel)
            if package["from"] == "test":
                continue
            self.offer(index, package)
            ours = package["name"] in FAMILY or re.match(r"(nvidia|cuda|pytorch-triton|triton)", package["name"])
            if index is channel and not ours:
                self.offer(general, package)  # the channel's page copies it from there
            if index is not channel or not ours:
                general.add(package["name"], "0.0.1")
                general.add(package["name"], "99.0rc1")
            elif day_of(package["version"]):
                self.other_nights(channel, package)
            elif package["name"] in ("pytorch-triton", "triton"):
                channel.add(package["name"], package["version"].split("+")[0] + "+gitffffffff", "py3-none-any")
            else:
                channel.add(package["name"], "999.0", "py3-none-manylinux2014_x86_64.manylinux2014_aarch64")
        general.add("torch", "99.0")
        return world

    def offer(self, index, package, version=None, requires=None):
        sidecar = day_of(package["version"]) >= EPOCH_OF_SIDECARS if day_of(package["version"]) else None
        for tags in package["wheels"]:
            build, tags = (tags.split("-", 1) if tags.count("-") > 2 else ("", tags))
            index.add(package["name"], version or package["version"], tags,
                      package.get("requires", []) if requires is None else requires, package.get("extras"),
                      build=build, sidecar=sidecar)

    def other_nights(self, channel, package):
        """The night before, whole, and one after, of which torch has a wheel for Windows only."""
        before = moved(package["version"], -1)
        requires = [one.replace(day_of(one), day_of(moved(one, -1))) if one.startswith("torch==") and day_of(one)
                    else one for one in package.get("requires", [])]
        self.offer(channel, package, before, requires)
        after = moved(package["version"], 2)
        if package["name"] == "torch":
            channel.add("torch", after, f"cp{self.python.replace('.', '')}-cp{self.python.replace('.', '')}-win_amd64")
        else:
            self.offer(channel, package, after, [one.replace(day_of(one), day_of(moved(one, 2))) if
                                                 one.startswith("torch==") and day_of(one) else one
                                                 for one in package.get("requires", [])])

    def recipe(self, requirements, root: str, architectures=()) -> str:
        own = [str(one) for one in requirements if one.name in FAMILY]
        others = [str(one) for one in requirements if one.name not in FAMILY]
        nvidia = sorted({one["name"] for one in self.document["packages"] if one["from"] == "nvidia"})
        text = f"""python = "{self.python}"
platforms = {json.dumps([f"linux-{one}" for one in architectures or [self.architecture]])}
packages = {json.dumps(others)}

[torch]
channel = "nightly"
cuda = "{self.cuda}"
packages = {json.dumps(own)}

[image]
python = "base"
from = "docker.io/library/python:{self.python}.9"
"""
        return text + (f'\n[[index]]\nurl = "{root}/nvidia"\npackages = {json.dumps(nvidia)}\n' if nvidia else "")


def check_hashes(world: World, lock: dict) -> list[str]:
    files = {file.name: file for index in world.indexes for file in index.files.values()}
    wrong = []
    for package in lock["packages"]:
        for wheel in package["wheels"]:
            name = wheel.get("name") or wheel["url"].rsplit("/", 1)[-1].replace("%2B", "+")
            content = files[name].content
            if wheel["hashes"]["sha256"] != sha256(content) or wheel["size"] != len(content):
                wrong.append(f"{name}: the lock has another sha256 or size than the file")
    return wrong


def rebuild(launch: str, name: str, python: str, architecture: str) -> list[str]:
    """What is wrong; nothing if the lock is the published one."""
    published = Published(name, python, architecture)
    requirements = published.requirements()
    expected = {one["name"]: one["version"] for one in published.closure(requirements).values()}
    label = f"{name} on {architecture} with Python {python}"
    if not any(one.name == "torch" for one in requirements):
        print(f"{label}: not rebuilt: {'; '.join(published.notes)}")
        return []
    world = published.world()
    with serve(world) as server, tempfile.TemporaryDirectory(prefix="launch-test-") as folder:
        project = Project(launch, pathlib.Path(folder), server.root, server.port)
        project.recipe("rebuilt", published.recipe(requirements, server.root))
        run = project.run("lock", "rebuilt")
        lock = project.lock("rebuilt")
        if run.code != 0 or lock is None:
            return [f"{label}: exit code {run.code}\n{run.err}"]
        found = pins(lock)
        wrong = [f"{label}: {one} is {found.get(one, 'absent')}, in the published lock {expected.get(one, 'absent')}"
                 for one in sorted(found.keys() | expected.keys()) if found.get(one) != expected.get(one)]
        wrong += check_hashes(world, lock)
    print(f"{label}: {len(expected)} packages, " + ("as published" if not wrong else "other than published"))
    for note in published.notes:
        print(f"  {note}")
    return wrong + ([run.err] if wrong else [])


def rebuild_both(launch: str, name: str, python: str) -> list[str]:
    """One lock for both architectures, of what both can have: the versions of the two alone together."""
    each = [Published(name, python, architecture) for architecture in ARCHITECTURES]
    asked = [one.requirements() for one in each]
    requirements = [one for one in asked[0] if str(one) in map(str, asked[1])]
    label = f"{name} on both architectures with Python {python}"
    if not any(one.name == "torch" for one in requirements):
        return []
    closures = [{one["name"]: one["version"] for one in published.closure(requirements).values()} for published in each]
    if any(closures[0].get(one, version) != version for one, version in closures[1].items()):
        print(f"{label}: not rebuilt: the architectures have different versions")
        return []
    expected = closures[0] | closures[1]
    world = each[0].world()
    with serve(world) as server, tempfile.TemporaryDirectory(prefix="launch-test-") as folder:
        project = Project(launch, pathlib.Path(folder), server.root, server.port)
        project.recipe("rebuilt", each[0].recipe(requirements, server.root, ARCHITECTURES))
        run = project.run("lock", "rebuilt")
        lock = project.lock("rebuilt")
        if run.code != 0 or lock is None:
            return [f"{label}: exit code {run.code}\n{run.err}"]
        wrong = [f"{label}: {one} is {pins(lock).get(one, 'absent')}, expected {expected.get(one, 'absent')}"
                 for one in sorted(pins(lock).keys() | expected.keys()) if pins(lock).get(one) != expected.get(one)]
        for architecture, closure in zip(ARCHITECTURES, closures):
            chosen = {package["name"] for package in lock["packages"] if "marker" not in package or Marker(
                package["marker"]).evaluate(environment(python, architecture))}
            if chosen != set(closure):
                wrong.append(f"{label}: {architecture} has too many or too few of {sorted(chosen ^ set(closure))}")
        wrong += check_hashes(world, lock)
    print(f"{label}: {len(expected)} packages, " + ("as published" if not wrong else "other than published"))
    return wrong + ([run.err] if wrong else [])


def pythons_of(name: str) -> list[str]:
    """Those that torch has a wheel for."""
    packages = json.loads((DATA / f"{name}.json").read_text())["packages"]
    minors = {int(found[1]) for one in packages if one["name"] == "torch" and day_of(one["version"])
              for tags in one["wheels"] if (found := re.match(r"cp3(\d+)-cp3\d+-", tags)) and int(found[1]) >= 10}
    return [f"3.{minor}" for minor in sorted(minors)]


# The answer of the article that the project goes back to: a night of June 2024, with its triton, and every sha256.

ARTICLE = {"nvidia-cuda-nvrtc-cu12": "12.1.105", "nvidia-cuda-runtime-cu12": "12.1.105",
           "nvidia-cuda-cupti-cu12": "12.1.105", "nvidia-cudnn-cu12": "8.9.2.26", "nvidia-cublas-cu12": "12.1.3.1",
           "nvidia-cufft-cu12": "11.0.2.54", "nvidia-curand-cu12": "10.3.2.106", "nvidia-cusolver-cu12": "11.4.5.107",
           "nvidia-cusparse-cu12": "12.1.0.106", "nvidia-nccl-cu12": "2.20.5", "nvidia-nvtx-cu12": "12.1.105"}
ARTICLE_GENERAL = {"filelock": "3.15.1", "typing-extensions": "4.12.2", "sympy": "1.12.1", "networkx": "3.3",
                   "jinja2": "3.1.4", "fsspec": "2024.6.0", "mpmath": "1.3.0", "markupsafe": "2.1.5"}
ON_X86 = 'platform_system == "Linux" and platform_machine == "x86_64"'


def article_world(partners: bool) -> World:
    """`partners`: the nights have torchvision too."""
    world = World()
    general = world.index("/simple")
    channel = world.index("/whl/nightly/cu121", json=False, hashes=False, missing=403)
    for name, version in ARTICLE_GENERAL.items():
        general.add(name, version, requires={"sympy": ["mpmath>=0.19"], "jinja2": ["MarkupSafe>=2.0"]}.get(name, []))
    for name, version in ARTICLE.items():
        channel.add(name, version, "py3-none-manylinux1_x86_64")
    for triton in ("3.0.0+45fff310c8", "3.0.0+dedb7bdf33", "3.0.0+989adb9a29"):
        channel.add("pytorch-triton", triton, "cp311-cp311-linux_x86_64", ["filelock"])
    for day in range(14, 20):
        triton = "3.0.0+dedb7bdf33" if day >= 19 else "3.0.0+45fff310c8"
        requires = ["filelock", "typing-extensions>=4.8.0", "sympy", "networkx", "jinja2", "fsspec",
                    *(f"{name}=={version} ; {ON_X86}" for name, version in ARTICLE.items()),
                    f'pytorch-triton=={triton} ; {ON_X86} and python_version < "3.13"']
        for python in ("cp310", "cp311", "cp312"):
            channel.add("torch", f"2.5.0.dev202406{day}+cu121", f"{python}-{python}-linux_x86_64", requires)
        if partners and day <= 17:
            channel.add("torchvision", f"0.20.0.dev202406{day}+cu121", "cp311-cp311-linux_x86_64",
                        ["numpy", f"torch==2.5.0.dev202406{day}", "pillow!=8.3.*,>=5.3.0"])
    general.add("numpy", "2.0.0")
    general.add("pillow", "10.3.0")
    return world


REFUSAL = """\
error: the base image docker.io/nvidia/cuda:12.1.1-base-ubuntu22.04 (Ubuntu 22.04) has Python 3.10, but \
recipes/article.toml requires python = "3.11"
  while asking for the base image docker.io/nvidia/cuda:12.1.1-base-ubuntu22.04

hint: set python = "3.10" in recipes/article.toml
hint: or keep Python 3.11 and set from = "docker.io/library/debian:12-slim" under [image], or any image of Debian 12
"""
BASE_PYTHON = '[image]\npython = "base"\n'
DEBIAN = BASE_PYTHON + 'from = "docker.io/library/debian:12-slim"\n'
ARTICLES = [  # title, packages, key, [image], whether the nights have torchvision
    ("of that date", ["torch"], 'date = "2024-06-17"\n', DEBIAN, False),
    ("of that date, with torchvision", ["torch", "torchvision"], 'date = "2024-06-17"\n', DEBIAN, True),
    ("as of that day", ["torch"], 'as-of = "2024-06-17"\n', DEBIAN, True),
    ("of the newest night with torchvision", ["torch", "torchvision"], "", DEBIAN, True),
    ("with a Python of its own, on the image of its CUDA", ["torch"], 'date = "2024-06-17"\n', "", False),
    ("with the Python of the image of its CUDA, 3.10", ["torch"], 'date = "2024-06-17"\n', BASE_PYTHON, False),
]


def article_lock(launch: str, packages, key, image, partners) -> tuple[World, dict | None, str]:
    world = article_world(partners)
    with serve(world) as server, tempfile.TemporaryDirectory(prefix="launch-test-") as folder:
        project = Project(launch, pathlib.Path(folder), server.root, server.port)
        project.recipe("article", 'python = "3.11"\nplatforms = ["linux-x86_64"]\n[torch]\nchannel = "nightly"\n'
                       f'cuda = "cu121"\n{key}packages = {json.dumps(packages)}\n{image}')
        run = project.run("lock", "article")
        return world, project.lock("article"), run.err


def article(launch: str) -> list[str]:
    wrong = []
    for title, packages, key, image, partners in ARTICLES:
        label = f"the article's lock {title}"
        world, lock, said = article_lock(launch, packages, key, image, partners)
        if image == BASE_PYTHON:
            print(f"{label}: refused")
            if lock or not said.endswith(REFUSAL):
                wrong.append(f"{label}: {said}\nexpected\n{REFUSAL}")
            continue
        if lock is None:
            wrong.append(f"{label}: {said}")
            continue
        expected = {**ARTICLE_GENERAL, **ARTICLE, "torch": "2.5.0.dev20240617+cu121",
                    "pytorch-triton": "3.0.0+45fff310c8"}
        if "torchvision" in packages:
            expected |= {"torchvision": "0.20.0.dev20240617+cu121", "numpy": "2.0.0", "pillow": "10.3.0"}
        base = lock["tool"]["launch"]["base"]
        print(f"{label}: torch {pins(lock)['torch']}, triton {pins(lock)['pytorch-triton']}, {len(expected)} packages, "
              f"base image {base['image']}:{base['tag']}")
        if pins(lock) != expected:
            wrong.append(f"{label}: {pins(lock)}, expected {expected}\n{said}")
        own = lock["tool"]["launch"].get("interpreter", {}).get("version", "none")
        if not image and (base["tag"], own.rpartition(".")[0]) != ("12.1.1-base-ubuntu22.04", "3.11"):
            wrong.append(f"{label}: base image {base['tag']}, Python {own}")
        if not lock["requires-python"].startswith("==3.11"):
            wrong.append(f"{label}: requires-python = {lock['requires-python']}")
        wrong += check_hashes(world, lock)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("launch")
    parser.add_argument("--all", action="store_true", help="every Python of each lock")
    parser.add_argument("locks", nargs="*")
    arguments = parser.parse_args()
    wrong = [] if arguments.locks else article(arguments.launch)
    for name in arguments.locks or sorted(path.stem for path in DATA.glob("*.json")):
        pythons = pythons_of(name)
        for python in pythons if arguments.all else sorted({pythons[0], pythons[-1]}):
            for architecture in ARCHITECTURES:
                wrong += rebuild(arguments.launch, name, python, architecture)
            wrong += rebuild_both(arguments.launch, name, python)
    print(*wrong, sep="\n")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
