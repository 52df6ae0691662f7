#!/usr/bin/env python3
"""ignored_files.py COPIED_FILES [CASES]: what a copy takes of a project with a .dockerignore, against podman's builds.

Podman builds an image from nothing with `COPY . /` for each of some hand-written lists of patterns, then for random
ones. Its storage is a folder of its own. Where the two engines differ, launch follows docker, so these lists have no
pattern such as `!*/a`: podman looks for what it includes in no folder that is excluded.
"""

import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile

from podman_storage import own_storage

COPIED_FILES = sys.argv[1]
CASES = int(sys.argv[2]) if len(sys.argv) > 2 else 60
SEED = 20240617

FILES = ["README.md", "a", "ab.py", "conf/a.py", "conf/b/a.py", "conf/b/c/d.txt", "conf/b/c/é.py", "data/a/b", "data/b.txt", "data/b/a",
         "data/big.bin", "lib/[x].py", "lib/a b.txt", "lib/a-b", "lib/deep/er/est/a", "lib/deep/er/est/b.py", "src/a.py", "src/b.txt",
         "src/data/a.txt", "src/data/b"]  # fmt: skip
FOLDERS = ["data/empty", "src/empty/inner"]

BY_HAND = [
    "",
    "# a comment\n\n   \ndata\n",
    "/data\n",
    "data/\n./src/\n",
    " data \n",
    "*\n!src\n",
    "*\n!src/data\n",
    "*\n!README.md\n!conf/b/c\nconf/b/c/d.txt\n",
    "data\n!data/a\n",
    "data/*\n!data/a\n",
    "**/*.py\n",
    "**/*.py\n!conf/**\n",
    "*.py\n",
    "*/*.py\n",
    "**/a\n",
    "conf/**/a.py\n",
    "conf/**\n",
    "**/b\n!data/b/a\n",
    "s?c/[ab].*\n",
    "lib/a[^x]b\n",
    "lib/\\[x\\].py\n",
    "lib/a b.txt\n",
    "src/../data\n",
    "conf/b/c/?.py\n",
    "!src\nsrc/a.py\n",
    "src\n!src\nsrc/b.txt\n",
    "\ufeffdata\n",
    "data\r\nsrc\r\n",
    ".\n",
]


def random_pattern(chance):
    """A path of the tree, with parts of it replaced by wildcards."""
    parts = chance.choice(FILES + FOLDERS).split("/")
    parts = parts[: chance.randint(1, len(parts))]
    includes = chance.random() < 0.4
    for i in range(len(parts)):
        if includes and i + 1 < len(parts):
            continue
        kind = chance.random()
        if kind < 0.15:
            parts[i] = "*"
        elif kind < 0.25:
            parts[i] = "*" + parts[i][-2:]
        elif kind < 0.35:
            parts[i] = "?" + parts[i][1:]
        elif kind < 0.40:
            parts[i] = "[a-d]" + parts[i][1:]
    return ("!" if includes else "") + chance.choice(["", "", "/"]) + "/".join(parts)


def random_case(chance):
    first = chance.choice(["", "*\n", "data\n", "**/*.py\n"])
    return first + "".join(random_pattern(chance) + "\n" for _ in range(chance.randint(1, 5)))


def write_tree(root):
    for name in FILES:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("")
    for name in FOLDERS:
        (root / name).mkdir(parents=True)


def podman(root, *arguments):
    environment = {**os.environ, **own_storage(root, driver="vfs")}
    done = subprocess.run(["podman", *arguments], env=environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 0, done.stderr
    return done.stdout


def by_podman(root):
    (root / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    out = root / "out"
    podman(root, "build", "--quiet", "--file", str(root / "Dockerfile"), "--output", f"type=local,dest={out}", str(root / "project"))
    found = {f"{path.relative_to(out)}{'/' if path.is_dir() else ''}" for path in out.rglob("*")}
    shutil.rmtree(out)
    return found


def by_launch(root):
    done = subprocess.run([COPIED_FILES, root / "project"], text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if "the project has nothing to copy: all of it is excluded by .dockerignore" in done.stderr:
        return set()  # podman copies nothing, without a word
    return set(done.stdout.splitlines()) if done.returncode == 0 else done.stderr


def main():
    chance = random.Random(SEED)
    root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-ignored-"))
    differences = 0
    try:
        write_tree(root / "project")
        cases = BY_HAND + [random_case(chance) for _ in range(CASES)]
        for case in cases:
            (root / "project/.dockerignore").write_text(case)
            wanted, found = by_podman(root), by_launch(root)
            if wanted == found:
                continue
            differences += 1
            print(f"{json.dumps(case)}\n  podman alone: {sorted(wanted - set(found))}\n  launch alone: "
                  f"{found if isinstance(found, str) else sorted(found - wanted)}")  # fmt: skip
        print(f"{len(cases)} lists of patterns, {differences} differences")
    finally:
        podman(root, "rmi", "--all", "--force")
        shutil.rmtree(root)
    return 1 if differences else 0


sys.exit(main())
