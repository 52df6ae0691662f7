"""Runs in a new image: is what was locked installed, and can what was asked for be imported?

usage: try_image.py NAME==VERSION… -- NAME…

Prints what is wrong, and exits with 1 if anything is.
"""

import importlib
import importlib.metadata
import re
import sys
import traceback

# Folders that projects install by mistake, and whose import does something else than making names known.
NOT_FOR_USE = {"test", "tests", "testing", "example", "examples", "benchmark", "benchmarks", "docs", "scripts", "tools"}


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def wrong_versions(locked):
    for name, _, version in (each.partition("==") for each in locked):
        try:
            found = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            yield f"{name} {version} is not installed"
            continue
        if found != version:
            yield f"{name} is {found}, expected {version}"


def modules_of(names):
    if not hasattr(importlib.metadata, "packages_distributions"):  # before Python 3.10
        return sorted(set(names) & {"torch"})
    modules = importlib.metadata.packages_distributions()
    return sorted(module for module, owners in modules.items()
                  if not module.startswith("_") and module not in NOT_FOR_USE and module.isidentifier()
                  and any(normalized(owner) in names for owner in owners))


def main(arguments):
    at = arguments.index("--")
    wrong = list(wrong_versions(arguments[:at]))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    for module in modules_of(arguments[at + 1:]):
        try:
            importlib.import_module(module)
        except BaseException:
            wrong.append(module)
            print(f"import {module}:")
            traceback.print_exc(file=sys.stdout)
    return 1 if wrong else 0


sys.exit(main(sys.argv[1:]))
