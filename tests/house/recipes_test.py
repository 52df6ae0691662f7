#!/usr/bin/env python3
"""recipes_test.py LAUNCH: the locks and Dockerfiles in the tree are those of the recipes, and need no network to say so.

Every recipe has a C++ compiler in its image, without which torch.compile does not run, and a lock, or a line in
lockfiles/README.md that says why not.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib

import tree

LAUNCH = os.path.abspath(sys.argv[1])
NOWHERE = "http://127.0.0.1:1/simple"


def launch(root, home, *arguments):
    environment = {"PATH": os.environ["PATH"], "HOME": home, "LAUNCH_INDEX_URL": NOWHERE, "LAUNCH_CHANNEL_URL": NOWHERE}
    return subprocess.run([LAUNCH, "-C", root, *arguments], env=environment, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT)  # fmt: skip


def problems_of(root):
    problems = []
    recipes = {path.stem: tomllib.loads(path.read_text()) for path in root.glob("recipes/*.toml")}
    locked = {path.name.removeprefix("pylock.").removesuffix(".toml") for path in root.glob("lockfiles/pylock.*.toml")}
    rendered = {path.parent.name for path in root.glob("images/*/Dockerfile")}
    explained = {name for line in (root / "lockfiles/README.md").read_text().splitlines() if "| not here" in line
                 for name in re.findall(r"`([^`]+)`", line.split("|")[1])}  # fmt: skip
    with tempfile.TemporaryDirectory() as home:
        for name, recipe in sorted(recipes.items()):
            if "g++" not in recipe.get("image", {}).get("apt", []):
                problems.append(f"recipes/{name}.toml: torch.compile needs a compiler: add \"g++\" to apt under [image]")
            if (name in locked) == (name in explained):
                problems.append(f"lockfiles: {name} has a lock, or else lockfiles/README.md says why it has none")
            for command in ("lock", "render") if name in locked else ():
                done = launch(root, home, command, name, "--check")
                if done.returncode:
                    problems.append(f"launch {command} {name} --check: exit code {done.returncode}\n{done.stdout}")
    problems += [f"{name} has no recipe" for name in sorted((locked | rendered | explained) - set(recipes))]
    problems += [f"images/{name}: a lock and a Dockerfile belong together" for name in sorted(locked ^ rendered)]
    return problems, len(recipes)


def check_itself():
    with tempfile.TemporaryDirectory() as folder:
        root = tree.pathlib.Path(folder)
        for part in ("recipes", "lockfiles", "images"):
            shutil.copytree(tree.ROOT / part, root / part, ignore=shutil.ignore_patterns("wheels"))
        tree.expect_none("recipes", problems_of(root)[0])
        recipe = root / "recipes/demo.toml"
        recipe.write_text(recipe.read_text().replace('"numpy"', '"numpy", "requests"').replace('"g++"', '"gcc"'))
        dockerfile = root / "images/finetune/Dockerfile"
        dockerfile.write_text(dockerfile.read_text() + "USER root\n")
        (root / "recipes/nightly.toml").unlink()
        (root / "recipes/other.toml").write_text(recipe.read_text())
        tree.expect_found("recipes", problems_of(root)[0], "launch lock demo --check: exit code 3", "recipes/demo.toml: torch.compile",
                          "launch render finetune --check: exit code 1", "nightly has no recipe", "lockfiles: other has a lock")  # fmt: skip


check_itself()
found, count = problems_of(tree.ROOT)
tree.finish("recipes", found, f"{count} recipes")
