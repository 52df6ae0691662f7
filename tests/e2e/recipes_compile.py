#!/usr/bin/env python3
"""torch.compile runs in the image of every recipe of recipes/.

usage: recipes_compile.py LAUNCH [DEMO RECIPE]

What it needs besides torch is of the system that a recipe's image has: the base image with apt's packages. The first stage
of each recipe's Dockerfile is rendered by launch, with the Python, the base image and the lock of the demo, as ci/demo has
them here (build/demo, or the folder DEMO and its recipe RECIPE). Where it is that of the demo's image, demo.py has compiled
a function in it; any other is built, and compiles one with the demo's torch, which is mounted. About 50 s on two cores,
for all recipes together.
"""

import os
import pathlib
import re
import subprocess
import sys
import tempfile
import tomllib

from compiles import COMPILES, EXPECTED
from recipe_digest import recipe_digest
from system_stage import build_stage, run, stage_of

LAUNCH = os.path.abspath(sys.argv[1])
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEMO = pathlib.Path(sys.argv[2] if len(sys.argv) > 2 else ROOT / "build" / "demo").resolve()
DEMO_RECIPE = sys.argv[3] if len(sys.argv) > 3 else "demo"
IMAGE = f"localhost/launch/{DEMO_RECIPE}:latest"
NAME = f"localhost/launch-recipes-{os.getpid()}"
# As ci/demo: the torch and the Python of its image, whose links lead there.
RUN = 'ln -s /demo/opt/venv /opt/venv; [ ! -d /demo/python ] || ln -s /demo/python /python; exec /opt/venv/bin/python3 -c "$0"'


def put_recipe(project, name, apt):
    """A recipe of this name with apt's packages, else as the demo, and its lock."""
    recipe = (DEMO / "recipes" / f"{DEMO_RECIPE}.toml").read_text()
    demo = tomllib.loads(recipe)["image"]
    if demo.get("python") == "base":
        apt = [*apt, "python3-dev"]
    recipe = re.sub(r"(?m)^apt .*", f"apt = [{', '.join(f'{package!r}' for package in sorted(apt))}]", recipe)
    recipe = re.sub(r"(?m)^(copy|scan) .*", "", recipe)
    lock = (DEMO / "lockfiles" / f"pylock.{DEMO_RECIPE}.toml").read_text()
    lock = re.sub(r'(?m)^recipe-digest = .*', f'recipe-digest = "{recipe_digest(recipe)}"', lock)
    (project / "recipes" / f"{name}.toml").write_text(recipe)
    (project / "lockfiles" / f"pylock.{name}.toml").write_text(lock)


def stages():
    """The names of recipes by their first stages; that of the demo is the first."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        project = pathlib.Path(folder)
        for part in ("recipes", "lockfiles"):
            (project / part).mkdir()
        recipes = sorted((ROOT / "recipes").glob("*.toml"), key=lambda path: (path.stem != "demo", path.stem))
        for path in recipes:
            put_recipe(project, path.stem, tomllib.loads(path.read_text())["image"]["apt"])
            found.setdefault(stage_of(LAUNCH, project, path.stem), []).append(path.stem)
    return found


def compiles(stage):
    """Builds a stage, and compiles a function in it."""
    try:
        build_stage(stage, NAME)
        said = run("podman", "run", "--rm", "--network", "none", "--mount", f"type=image,source={IMAGE},destination=/demo", NAME,
                   "sh", "-c", RUN, COMPILES)  # fmt: skip
        assert said == EXPECTED, said
    finally:
        subprocess.run(["podman", "rmi", NAME], capture_output=True)


def main():
    (demos, *others) = stages().items()
    assert "demo" in demos[1], demos
    print(f"{', '.join(demos[1])}: the system of the demo's image")
    for stage, names in others:
        compiles(stage)
        print(f"{', '.join(names)}: torch.compile works")


main()
