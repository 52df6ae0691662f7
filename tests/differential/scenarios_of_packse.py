"""The scenarios of packse, with which other resolvers are tested: `launch lock` against their answers and against uv.

usage: scenarios_of_packse.py LAUNCH [--jobs N] [--verbose] [--only WORD]   (run by the Python that has uv)

Each scenario is an index of its own. The answer must be the one that the scenario expects, and the one that
`uv pip compile --only-binary :all:` gives for the same requirements, Python and platform. Scenarios of resolution for
all platforms at once are asked for one platform, so only uv's answer counts there. Where launch differs on purpose, or
cannot be asked, DIFFERENT says why.
"""

import argparse
import concurrent.futures
import json
import pathlib
import re
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "e2e"))
from loopback import Project, World, pins, serve  # noqa: E402

DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "resolve" / "packse.json"
UV = pathlib.Path(sys.executable).parent / "uv"
GLIBC = 36  # of the images of Python, which are Debian's

# Scenarios whose answer differs, and why. "uv": only uv's answer differs; "packse": only the expected one; "both".
SOURCE = ("packse", "it needs a source archive to be built, which a recipe has to ask for")
TRANSITIVE = ("packse", "a pre-release that a package requires counts as one that the recipe requires (PEP 440)")
SPECIFIED = ("uv", "a bound that names a pre-release allows pre-releases (PEP 440); this uv prefers final releases")
DIFFERENT = {
    "backtracking/wrong-backtracking-indirect":
        ("uv", "the recipe's first package goes back one version, where uv keeps it and takes the oldest of another"),
    "prereleases/package-only-prereleases-in-range":
        ("packse", "if only pre-releases are in a range, they are allowed (PEP 440)"),
    "prereleases/package-prerelease-specified-mixed-available": SPECIFIED,
    "prereleases/package-prereleases-specifier-boundary": SPECIFIED,
    "prereleases/transitive-package-only-prereleases-in-range": TRANSITIVE,
    "prereleases/transitive-prerelease-and-stable-dependency": TRANSITIVE,
    "prereleases/transitive-prerelease-and-stable-dependency-many-versions": TRANSITIVE,
    "prereleases/transitive-prerelease-and-stable-dependency-many-versions-holes": TRANSITIVE,
    "requires_python/incompatible-python-compatible-override-available-no-wheels": SOURCE,
    "requires_python/incompatible-python-compatible-override-no-compatible-wheels": SOURCE,
    "requires_python/incompatible-python-compatible-override-other-wheel": SOURCE,
    "requires_python/incompatible-python-compatible-override-unavailable-no-wheels": SOURCE,
    "requires_python/python-less-than-current":
        ("both", "uv and the scenario ignore the upper bound of Requires-Python"),
    "wheels/no-wheels": SOURCE,
    "wheels/no-wheels-with-matching-platform": SOURCE,
    "wheels/only-wheels-no-binary": ("packse", "a recipe cannot refuse wheels"),
    "yanked/transitive-yanked-and-unyanked-dependency":
        ("both", "a package's == allows a yanked version (PEP 592); uv wants the recipe to name it"),
}


def world_of(scenario) -> World:
    world = World()
    index = world.index("/simple", sidecars=True)
    for name, versions in scenario["packages"].items():
        for version, one in versions.items():
            python = one.get("requires-python", ">=3.12")
            for tags in one.get("tags", ["py3-none-any"]) if one.get("wheel", True) else []:
                index.add(name, version, tags, one.get("requires", []), one.get("extras"), python or "",
                          one.get("yanked", False))
            if one.get("source", True):
                file = index.add_source(name, version, python or "")
                file.yanked = one.get("yanked", False)
    return world


def patched(python: str) -> str:
    return python if python.count(".") == 2 else f"{python}.0"


def answer_of_launch(launch, scenario, server, folder) -> tuple[dict | None, str]:
    project = Project(launch, pathlib.Path(folder) / "project", server.root, server.port)
    project.recipe("one", f'python = "{scenario["python"]}"\nplatforms = ["linux-x86_64"]\n'
                   f'packages = {json.dumps(scenario["requires"])}\n'
                   f'[image]\npython = "base"\nfrom = "docker.io/library/python:{patched(scenario["python"])}"\n')
    run = project.run("lock", "one", timeout=60)
    lock = project.lock("one")
    if run.code not in (0, 2) or (run.code == 0) != (lock is not None):
        return None, f"exit code {run.code}\n{run.err}"
    return pins(lock) if lock else None, run.err


def answer_of_uv(scenario, server, folder) -> tuple[dict | None, str]:
    requirements = pathlib.Path(folder) / "requirements.in"
    requirements.write_text("\n".join(scenario["requires"]) + "\n")
    done = subprocess.run(
        [UV, "pip", "compile", "--quiet", "--no-annotate", "--no-header", "--only-binary", ":all:", "--no-config",
         "--python", sys.executable, "--no-python-downloads", "--python-version", patched(scenario["python"]),
         "--python-platform", f"x86_64-manylinux_2_{GLIBC}", "--cache-dir", pathlib.Path(folder) / "uv-cache",
         "--index-url", f"{server.root}/simple", requirements], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        return None, done.stderr
    return dict(line.split("==") for line in done.stdout.split() if "==" in line), done.stderr


def shown(answer: dict | None) -> str:
    if answer is None:
        return "no solution"
    return ", ".join(f"{name} {version}" for name, version in sorted(answer.items())) or "nothing"


def ask(launch: str, scenario) -> tuple[str, list[str], str]:
    """The differences: of uv, of packse."""
    with serve(world_of(scenario)) as server, tempfile.TemporaryDirectory(prefix="launch-test-") as folder:
        ours, said = answer_of_launch(launch, scenario, server, folder)
        theirs, _ = answer_of_uv(scenario, server, folder)
    found = []
    if ours != theirs:
        found.append(f"uv: {shown(theirs)}")
    if not scenario.get("universal"):
        expected = scenario.get("expected")
        if (ours is not None) != scenario["satisfiable"] or (expected and ours is not None and ours != expected):
            found.append("packse: " + (shown(expected) if expected else
                                       "a solution" if scenario["satisfiable"] else "no solution"))
    return shown(ours), found, said


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("launch")
    parser.add_argument("--jobs", type=int, default=4)
    parser.add_argument("--verbose", action="store_true", help="the expected differences, and what launch said")
    parser.add_argument("--only", default="", metavar="WORD", help="scenarios with this in their name")
    arguments = parser.parse_args()
    scenarios = [one for one in json.loads(DATA.read_text())["scenarios"]
                 if arguments.only in one["name"]]
    wrong = 0
    with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:
        answers = pool.map(lambda one: ask(arguments.launch, one), scenarios)
        for scenario, (ours, found, said) in zip(scenarios, answers):
            who, why = DIFFERENT.get(scenario["name"], ("", ""))
            expected = {"": set(), "both": {"uv", "packse"}}.get(who, {who})
            surprising = {one.split(":")[0] for one in found} != expected
            wrong += surprising
            if surprising or arguments.verbose:
                why = why or ("unexplained" if found else "as expected")
                print(f"{scenario['name']}: launch: {ours}", *found, why, sep="\n  ", flush=True)
                print("  " + re.sub(r"\n", "\n  ", said.strip()))
    print(f"{len(scenarios)} scenarios, {sum(one['name'] in DIFFERENT for one in scenarios)} different on purpose, "
          f"{wrong} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
