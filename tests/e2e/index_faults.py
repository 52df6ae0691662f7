"""`launch lock` against an index and a channel that misbehave: the right lock or a clear error, never a wrong lock.

usage: index_faults.py LAUNCH [--seeds N] [--first N] [--jobs N] [--verbose]   (run by the Python that has packaging)

Each seed chooses one to three faults: where (pages, files, sidecars), what (see the names at FAULTS), and how often.
Right is the lock of a world without faults, from which is removed only what the faults took away: a project whose page
was missing, and each version that the program named as one that it could not use. After that the faults end, and
the next run with the same caches must find the lock of the whole world.
"""

import argparse
import concurrent.futures
import dataclasses
import random
import re
import socket
import struct
import sys
import tempfile
import threading
import time
import zlib
from pathlib import Path

from loopback import Answer, Handler, Project, World, pins, ranged, serve, sha256

LOGIN = (b"<!DOCTYPE html>\n<html><head><title>Sign in</title></head><body><form action=\"/login\">"
         b"<a href=\"/help\">Help</a></form></body></html>\n")
NIGHTS = (14, 15, 16)
LONGEST = 60  # seconds of a run

RECIPE = """python = "3.12"
platforms = ["linux-x86_64"]
packages = ["alpha", "gamma"]

[torch]
channel = "nightly"
cuda = "cu121"
packages = ["torch", "torchvision"]

[image]
python = "base"
from = "docker.io/library/python:3.12.4"
"""


def sound_world(style: random.Random, without=frozenset(), missing=frozenset()) -> World:
    """`without`: (project, version) that do not exist; `missing`: (index prefix, project) without a page."""
    world = World()  # the first index is the general one, the second the channel
    general = world.index("/simple", json=style.random() < 0.6, sidecars=style.random() < 0.5)
    channel = world.index("/whl/nightly/cu121", json=False, hashes=False, sidecars=style.random() < 0.5, missing=403)

    def add(index, project, version, *rest):
        if (project, version) not in without and (index.prefix, project) not in missing:
            index.add(project, version, *rest)

    for version in ("1.0", "1.1", "2.0"):
        add(general, "alpha", version, "py3-none-any", ["beta>=1", "numpy"])
    add(general, "beta", "1.0")
    add(general, "beta", "1.5", "py3-none-any", ["delta"])
    add(general, "beta", "2.0", "py3-none-any", ["gamma<2", "delta"])
    for project, versions in (("gamma", ("1.0", "1.9", "2.0")), ("delta", ("0.1", "0.2")), ("filelock", ("3.0", "3.1")),
                              ("pillow", ("10.0", "10.3"))):
        for version in versions:
            add(general, project, version)
    for version in ("1.26", "2.0"):
        add(general, "numpy", version, "cp312-cp312-manylinux2014_x86_64")
    add(general, "nvidia-nccl-cu12", "2.20.5", "py3-none-manylinux2014_x86_64")
    for project, version in (("nvidia-nccl-cu12", "2.20.5"), ("nvidia-nvtx-cu12", "12.1.105")):
        add(channel, project, version, "py3-none-manylinux1_x86_64")
    for triton in ("3.0.0+45fff310c8", "3.0.0+dedb7bdf33"):
        add(channel, "pytorch-triton", triton, "cp312-cp312-linux_x86_64", ["filelock"])
    for day in NIGHTS:
        add(channel, "torch", f"2.5.0.dev202406{day}+cu121", "cp312-cp312-linux_x86_64",
            ["filelock>=3", "nvidia-nccl-cu12==2.20.5", "nvidia-nvtx-cu12==12.1.105",
             f"pytorch-triton==3.0.0+{'dedb7bdf33' if day > 15 else '45fff310c8'}"])
        add(channel, "torchvision", f"0.20.0.dev202406{day}+cu121", "cp312-cp312-linux_x86_64",
            ["numpy", "pillow>=10", f"torch==2.5.0.dev202406{day}"])
    return world


# What an answer becomes. A fault returns an Answer, or writes to the connection itself and returns None.

def reset(handler):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    handler.close_connection = True
    handler.connection.close()


def drop(handler, answer, _):
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def drop_hard(handler, answer, _):
    reset(handler)


def cut(handler, answer, chance):
    """The body ends before its Content-Length."""
    handler.close_connection = True
    keep = int(len(answer.body) * chance.random())
    body, answer.body = answer.body, answer.body[:keep]
    answer.headers["Content-Length"] = str(len(body))
    return answer


def short(handler, answer, chance):
    """A smaller Content-Length than the body has: for the client, a truncated body."""
    answer.body = answer.body[:int(len(answer.body) * chance.uniform(0.2, 0.95))]
    return answer


def long(handler, answer, _):
    """A larger Content-Length, and then silence until the connection is closed."""
    handler.close_connection = True
    answer.headers["Content-Length"] = str(len(answer.body) + 100)
    return answer


def status(code):
    def fault(handler, answer, _):
        return Answer(code, b"no\n", {"Retry-After": "0"} if code in (429, 503) else {})
    fault.__name__ = f"status_{code}"
    fault.code = code
    return fault


def garbage(handler, answer, chance):
    answer.body = chance.randbytes(max(1, len(answer.body)))
    return answer


def empty(handler, answer, _):
    answer.body = b""
    return answer


def login(handler, answer, _):
    return Answer(200, LOGIN, {"Content-Type": "text/html"})


def redirect_loop(handler, answer, _):
    return Answer(302, b"", {"Location": handler.path})


def bad_gzip(handler, answer, _):
    answer.headers["Content-Encoding"] = "gzip"
    return answer


def cut_gzip(handler, answer, _):
    packer = zlib.compressobj(wbits=31)
    packed = packer.compress(answer.body) + packer.flush()
    answer.headers["Content-Encoding"] = "gzip"
    answer.body = packed[:-12]
    return answer


def slow(handler, answer, _):
    """Two seconds for the body, a piece at a time."""
    handler.send_response(answer.status)
    for name, value in answer.headers.items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(answer.body)))
    handler.end_headers()
    if handler.command == "HEAD":
        return
    step = max(1, len(answer.body) // 10)
    for at in range(0, len(answer.body), step):
        handler.wfile.write(answer.body[at:at + step])
        handler.wfile.flush()
        time.sleep(0.2)


def whole(handler, answer, _):
    """200 and the whole file for every range."""
    return handler.unranged


def other_range(handler, answer, _):
    """206 with another range than was asked for."""
    content = handler.unranged.body
    if answer.status == 206 and len(content) > 20:
        answer.body = content[3:len(answer.body) + 3]
        answer.headers["Content-Range"] = f"bytes 3-{len(answer.body) + 2}/{len(content)}"
    return answer


def lying_range(handler, answer, _):
    """206 with the right Content-Range and the bytes of another place."""
    if answer.status == 206:
        answer.body = (answer.body[1:] + answer.body[:1])
    return answer


def other_total(handler, answer, _):
    """Each answer names another size of the whole file."""
    if "Content-Range" in answer.headers:
        handler.server.faults.count += 1
        answer.headers["Content-Range"] = re.sub(
            r"/(\d+)", lambda found: f"/{int(found[1]) + handler.server.faults.count}", answer.headers["Content-Range"])
    return answer


def changed(handler, answer, _):
    """One byte in the file's first entry differs, and its ETag, from the second request on."""
    content = bytearray(handler.unranged.body)
    content[60] ^= 1
    altered = Answer(200, bytes(content), {"ETag": f'"{sha256(bytes(content))[:16]}"'})
    return ranged(altered, handler.headers)


def other_digest(handler, answer, _):
    """Every sha256 on the page is of something else."""
    def other(found):
        return found[1] + (b"0" if found[2] != b"0" else b"1")

    answer.body = re.sub(rb"(sha256(?:=|\": \"))([0-9a-f])", other, answer.body)
    return answer


def other_package(handler, answer, _):
    """The metadata of another package."""
    if answer.status == 200:
        answer.body = answer.body.replace(b"Name: ", b"Name: not-")
    return answer


ANYWHERE = [drop, drop_hard, cut, short, long, garbage, empty, login, redirect_loop, bad_gzip, cut_gzip, slow,
            *map(status, (400, 401, 403, 404, 410, 429, 500, 502, 503))]
FAULTS = {"page": [*ANYWHERE, other_digest], "sidecar": [*ANYWHERE, other_package],
          "file": [*ANYWHERE, whole, other_range, lying_range, other_total, changed, changed]}
MISSING = ("status_403", "status_404", "status_410")


@dataclasses.dataclass
class Fault:
    kind: str  # page, file or sidecar
    pattern: str
    fault: object
    often: str  # once, thrice, sometimes, always
    hits: int = 0

    def strikes(self, chance: random.Random) -> bool:
        self.hits += 1
        if self.fault is changed:
            return self.hits > 1
        return {"once": self.hits == 1, "thrice": self.hits <= 3, "sometimes": chance.random() < 0.5,
                "always": True}[self.often]

    def __str__(self):
        return f"{self.fault.__name__} {self.often} at the {self.kind} {self.pattern}"


class Faults:
    GENERAL = ("alpha", "beta", "gamma", "delta", "numpy", "filelock", "pillow")
    CHANNEL = ("torch", "torchvision", "pytorch-triton", "nvidia-nccl-cu12", "nvidia-nvtx-cu12")

    def __init__(self, chance: random.Random, world: World):
        self.chance, self.lock, self.count, self.struck = random.Random(chance.random()), threading.Lock(), 0, []
        self.faults = []
        for _ in range(chance.choice((1, 1, 2, 3))):
            kind = chance.choice(("page", "file", "file"))
            index, projects = chance.choice(((world.indexes[0], self.GENERAL), (world.indexes[1], self.CHANNEL)))
            if kind == "file" and index.sidecars and (index is world.indexes[0] or chance.random() < 0.5):
                kind = "sidecar"
            project = chance.choice(projects)
            pattern = f"/{project}/" if kind == "page" else f"/{project.replace('-', '_')}-"
            if chance.random() < 0.15:
                pattern = index.prefix + "/"
            self.faults.append(Fault(kind, pattern, chance.choice(FAULTS[kind]),
                                     chance.choice(("once", "thrice", "sometimes", "always", "always"))))

    def of(self, path: str) -> Fault | None:
        kind = "page" if path.endswith("/") else "sidecar" if path.endswith(".metadata") else "file"
        with self.lock:
            for fault in self.faults:
                if fault.kind == kind and fault.pattern in path and fault.strikes(self.chance):
                    self.struck.append((fault, path))
                    return fault
        return None


class FaultyHandler(Handler):
    timeout = 70

    def do_GET(self):  # noqa: N802 (the base class's name)
        faults = self.server.faults
        if self.path.startswith("/v2/") or faults is None or not (fault := faults.of(self.path)):
            return super().do_GET()
        self.unranged = self.server.world.answer(self.path, self.headers)
        answer = ranged(self.server.world.answer(self.path, self.headers), self.headers)
        answer = fault.fault(self, answer, faults.chance)
        if answer is not None:
            self.write(answer)
        return None

    do_HEAD = do_GET


def wheels(lock: dict) -> dict[str, tuple[str, int]]:
    """Digest and size by file name."""
    return {(wheel.get("name") or wheel["url"].rsplit("/", 1)[-1]).replace("%2B", "+"):
            (wheel["hashes"]["sha256"], wheel.get("size"))
            for package in lock["packages"] for wheel in package["wheels"]}


def differences(found: dict, expected: dict) -> str:
    return "; ".join(f"{name}: {found.get(name, 'absent')}, expected {expected.get(name, 'absent')}"
                     for name in sorted(found.keys() | expected.keys()) if found.get(name) != expected.get(name))


def named_versions(world: World, said: str) -> set[tuple[str, str]]:
    """The versions that messages name, as "project 1.0" or by a file name."""
    found = set()
    for index in world.indexes:
        for file in index.files.values():
            version = file.name.split("-")[1]
            if file.name in said or f"{file.project} {version}" in said:
                found.add((file.project, version))
            day = re.search(r"dev(\d{4})(\d\d)(\d\d)", version)
            if day and f"skipped nightly {day[1]}-{day[2]}-{day[3]}" in said:
                found.add((file.project, version))
    return found


def reference(launch, seed, without=frozenset(), missing=frozenset()) -> tuple[dict | None, str]:
    """The lock of a world without faults."""
    world = sound_world(random.Random(seed), without, missing)
    with serve(world) as server, tempfile.TemporaryDirectory(prefix="launch-test-") as folder:
        project = Project(launch, Path(folder), server.root, server.port)
        project.recipe("faults", RECIPE)
        run = project.run("lock", "faults")
        return project.lock("faults"), run.err


def check_error(run, project) -> list[str]:
    wrong = []
    if run.code == -1000:
        return [f"it did not end in {LONGEST} s"]
    if run.code not in (2, 3):
        wrong.append(f"exit code {run.code}")
    if len(re.findall(r"^error: ", run.err, re.MULTILINE)) != 1 or "internal error" in run.err:
        wrong.append("not exactly one error")
    if list(project.folder.glob("lockfiles/*")):
        wrong.append("it wrote something below lockfiles")
    return wrong


def check_lock(launch, seed, world, faults, run, lock) -> list[str]:
    sound, _ = reference(launch, seed)
    served = wheels(sound)
    if pins(lock) != pins(sound) or wheels(lock).keys() != served.keys():
        named = named_versions(world, run.err)
        missing = {(path.rsplit("/", 2)[0], path.rsplit("/", 2)[1]) for fault, path in faults.struck
                   if fault.kind == "page" and fault.fault.__name__ in MISSING}
        rest, said = reference(launch, seed, frozenset(named), frozenset(missing))
        if rest is None or pins(rest) != pins(lock) or wheels(lock).keys() != wheels(rest).keys():
            return [f"in a world without {sorted(named)} and {sorted(missing)}: "
                    f"{differences(wheels(lock), wheels(rest)) if rest else said}"]
        served = wheels(rest)
    altered = [path for fault, path in faults.struck if fault.fault is changed]
    digests_changed = any(fault.fault is other_digest for fault, _ in faults.struck)
    wrong = []
    for name, (digest, size) in wheels(lock).items():
        if size != served[name][1]:
            wrong.append(f"{name}: the lock has size {size}, served were {served[name][1]} bytes")
        elif digest != served[name][0] and not digests_changed and not any(
                path.replace("%2B", "+").endswith("/" + name) for path in altered):
            wrong.append(f"{name}: sha256 {digest}, served were bytes with {served[name][0]}")
    return wrong


def check_after(launch, seed, project, faults) -> list[str]:
    """Without faults, with the same caches: the lock of the whole world, and every wheel can be fetched."""
    project.lock_path("faults").unlink(missing_ok=True)
    run = project.run("lock", "faults", timeout=LONGEST)
    lock, sound = project.lock("faults"), reference(launch, seed)[0]
    if lock is None:
        return [f"afterwards, without faults: exit code {run.code}\n{run.err}"]
    if pins(lock) != pins(sound) or wheels(lock) != wheels(sound):
        return [f"afterwards, without faults, the lock has {differences(wheels(lock), wheels(sound))}\n{run.err}"]
    fetched = project.run("fetch", "faults", timeout=LONGEST)
    return [] if fetched.code == 0 else [f"afterwards, fetch: exit code {fetched.code}\n{fetched.err}"]


def one_seed(launch: str, seed: int) -> tuple[str, list[str], str]:
    world = sound_world(random.Random(seed))
    with serve(world, FaultyHandler) as server, tempfile.TemporaryDirectory(prefix="launch-test-") as folder:
        server.faults = faults = Faults(random.Random(seed * 7919), world)
        project = Project(launch, Path(folder), server.root, server.port)
        project.recipe("faults", RECIPE)
        run = project.run("lock", "faults", timeout=LONGEST)
        lock = project.lock("faults")
        server.faults = None
        title = f"seed {seed} ({'; '.join(map(str, faults.faults))}; {len(faults.struck)} struck)"
        if run.code == 0 and lock is not None:
            outcome, wrong = "lock", check_lock(launch, seed, world, faults, run, lock)
            if any(fault.fault is other_digest for fault, _ in faults.struck):
                fetched = project.run("fetch", "faults", timeout=LONGEST)
                if fetched.code not in (0, 3):
                    wrong.append(f"fetch ended with {fetched.code}\n{fetched.err}")
                elif fetched.code == 0 and wheels(lock) != wheels(reference(launch, seed)[0]):
                    wrong.append("fetch accepted bytes that have another sha256")
        else:
            outcome, wrong = "error", check_error(run, project)
        if not any(fault.fault is other_digest for fault, _ in faults.struck):  # such a page is a page like any other
            wrong += check_after(launch, seed, project, faults)
        said = f"{run.seconds:.1f} s, exit code {run.code}\n{run.err}"
    return f"{title}: {outcome}", wrong, said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("launch")
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--verbose", action="store_true", help="what the program said, of each seed")
    arguments = parser.parse_args()
    seeds = range(arguments.first, arguments.first + arguments.seeds)
    failed, unharmed, outcomes, longest = 0, 0, {"lock": 0, "error": 0}, 0.0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        for title, wrong, said in pool.map(lambda seed: one_seed(arguments.launch, seed), seeds):
            outcomes[title.rsplit(" ", 1)[1]] += 1
            unharmed += "; 0 struck)" in title
            longest = max(longest, float(said.split(" ", 1)[0]))
            if wrong or arguments.verbose:
                print(title, *wrong, said, sep="\n", flush=True)
            failed += bool(wrong)
    print(f"{arguments.seeds} seeds: {outcomes['lock']} locks, {outcomes['error']} errors; {unharmed} without a request "
          f"that is faulty; the longest run {longest:.1f} s; {failed} wrong")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
