"""Compares the probe's answers for a wheel with a real interpreter that has the wheel installed.

usage: import_agreement.py PROBE_DUMP --demo FOLDER LAUNCH | --wheel WHEEL --python COMMAND [--names FILE…]

The names are those of tests/data/probe, or of files with "torch.nn:Module" as the last word of a line;
"@torch:nn.Module" is reached by attributes, "torch.nn:Linear(bias=)" called with a keyword. The command
starts a Python that has the wheel installed; it gets a program on stdin. --demo takes both from the project that
ci/demo has left: the locked wheel of torch in the store, and the image. A "yes" must import and a "no" must fail. Failures
that are the environment's (a package outside the wheel is missing) or that come from torch's own circular imports
are counted apart: they say nothing about the name. All names are imported by one process, as importing torch again
takes seconds.
"""

import argparse
import collections
import json
import pathlib
import shlex
import subprocess
import sys

PROGRAM = r'''
import importlib, inspect, json, os, sys, warnings
warnings.simplefilter("ignore")
sys.stdout.flush()
out = os.dup(1)
os.dup2(2, 1)
import torch

def importing(module, name):
    if name in ("", "*"):
        importlib.import_module(module)
        return
    space = {}
    exec(f"from {module} import {name}", space)

def reached(module, chain):
    parts = []
    while True:  # what `from M import name` brought may be no module
        try:
            value = importlib.import_module(module)
            break
        except ModuleNotFoundError as error:
            if "." not in module or not str(error.name).startswith(module.split(".")[0] + "."):
                raise
            module, _, last = module.rpartition(".")
            parts.insert(0, last)
    for name in parts + chain.split("."):
        value = getattr(value, name)
    return value

def classify(error, root):
    if isinstance(error, ModuleNotFoundError) and error.name and error.name.split(".")[0] != root:
        return "environment"
    if isinstance(error, ImportError):
        if "partially initialized module" in str(error):
            return "circular"
        return "fails"
    return "fails" if isinstance(error, AttributeError) else "raises"

def lacks_environment(module, chain):
    """Whether a module on the way cannot be imported for lack of something outside the package."""
    for name in chain.split("."):
        module = f"{module}.{name}"
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            return bool(error.name) and error.name.split(".")[0] != module.split(".")[0]
        except BaseException:
            return False
    return False

def takes(function, keyword):
    try:
        parameters = inspect.signature(function).parameters
    except (TypeError, ValueError):
        return "unsigned"
    kinds = [p.kind for p in parameters.values() if p.name == keyword]
    if kinds and kinds[0] not in (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.VAR_POSITIONAL):
        return "works"
    return "any" if any(p.kind == inspect.Parameter.VAR_KEYWORD for p in parameters.values()) else "fails"

def answer(line):
    module, name = line.lstrip("@").split(":")
    try:
        if line.endswith("=)"):
            chain, keyword = name[:-2].split("(")
            return [takes(reached(module, chain), keyword), ""]
        (reached if line.startswith("@") else importing)(module, name)
        return ["works", ""]
    except BaseException as error:
        if isinstance(error, AttributeError) and lacks_environment(module, name.split("(")[0]):
            return ["environment", str(error)]
        return [classify(error, module.split(".")[0]), f"{type(error).__name__}: {error}"[:300]]

for line in QUESTIONS:  # imports first: the probe assumes that the code imports them all
    os.write(out, (json.dumps([line, *answer(line)]) + "\n").encode())
os._exit(0)
'''


DATA = pathlib.Path(__file__).resolve().parent.parent / "data" / "probe"
NAMES = sorted(file for kind in ("imports", "attributes", "keywords") for file in DATA.glob(f"{kind}_*.txt"))


def names_in(files):
    names = set()
    for file in files:
        with open(file, encoding="utf-8") as lines:
            names.update(line.split()[-1] for line in lines if line.strip() and not line.startswith("#"))
    return sorted(names)


def tier_of(name):
    return "attribute" if name.startswith("@") else "keyword" if name.endswith("=)") else "import"


def torch_of_demo(project, launch):
    fetched = subprocess.run([launch, "-C", project, "fetch", "demo", "--json"], stdout=subprocess.PIPE, check=True)
    wheels = json.loads(fetched.stdout)["wheels"]
    wheel = next(wheel["path"] for wheel in wheels if wheel["name"].startswith("torch-"))
    return wheel, ["podman", "run", "--rm", "-i", "--network", "none", "localhost/launch/demo:latest", "python3"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("probe_dump")
    parser.add_argument("--demo", nargs=2, metavar=("FOLDER", "LAUNCH"))
    parser.add_argument("--wheel")
    parser.add_argument("--names", nargs="+", default=NAMES)
    parser.add_argument("--allowed-wrong", type=int, default=0)
    parser.add_argument("--least", type=int, default=200)
    parser.add_argument("--python", default="")
    options = parser.parse_args()
    command = shlex.split(options.python)
    if options.demo:
        options.wheel, command = torch_of_demo(*options.demo)
    out = subprocess.run([options.probe_dump, "answers", options.wheel], input="\n".join(names_in(options.names)),
                         stdout=subprocess.PIPE, text=True, check=True).stdout
    answers = [line.split("\t") for line in out.splitlines()]
    order = sorted((a[0] for a in answers), key=lambda name: tier_of(name) != "import")
    program = f"QUESTIONS = {order!r}\n{PROGRAM}"
    done = subprocess.run([*command, "-"], input=program, stdout=subprocess.PIPE, text=True)
    if done.returncode != 0:
        print(f"{command[0]} ended with {done.returncode}, after: {done.stdout.splitlines()[-1:]}")
        return 3
    real = {name: (result, text) for name, result, text in map(json.loads, done.stdout.splitlines())}
    counts, wrong = collections.Counter(), 0
    for name, verdict, reason in answers:
        result, text = real[name]
        counts[tier_of(name), verdict, result] += 1
        if (verdict, result) in (("yes", "fails"), ("no", "works")):
            wrong += 1
            print(f"wrong: {name}: the probe says {verdict} ({reason}), Python {result} {text}")
    for (tier, verdict, result), count in sorted(counts.items()):
        print(f"{count:7} {tier:10} {verdict:8} {result}")
    decided = sum(count for (_, verdict, _), count in counts.items() if verdict != "unknown")
    print(f"{len(answers)} names, {decided} decided, {wrong} of them wrongly")
    return 1 if wrong > options.allowed_wrong or decided < options.least else 0


if __name__ == "__main__":
    sys.exit(main())
