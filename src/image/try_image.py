"""Runs in a new image: is what was locked installed, and can what was asked for be imported?

usage: try_image.py [--word WORD] NAME==VERSION… -- NAME…

Prints what is wrong, and exits with 1 if anything is; else the word, in the last line.
"""

import importlib
import importlib.metadata
import mmap
import os
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


def import_all(modules, note):
    code = 0
    for module in modules:
        note(module)
        try:
            importlib.import_module(module)
        except BaseException:
            code = 1
            print(f"import {module}:")
            traceback.print_exc(file=sys.stdout)
    note("")
    return code


def import_apart(modules):
    """Imports them in another process, which a module may end as it likes, and returns an exit code."""
    shared = mmap.mmap(-1, mmap.PAGESIZE)  # the module that is being imported

    def note(module):
        shared[:] = module.encode()[:len(shared)].ljust(len(shared), b"\0")

    sys.stdout.flush()
    child = os.fork()
    if child == 0:
        sys.exit(import_all(modules, note))
    _, status = os.waitpid(child, 0)
    code = 128 + os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    module = shared[:].rstrip(b"\0").decode(errors="replace")
    if module:
        print(f"importing {module} ended Python with code {code}")
    return code or bool(module)


def main(arguments):
    at = arguments.index("--")
    word = arguments[1] if arguments[0] == "--word" else None
    locked = arguments[2 if word else 0:at]
    wrong = list(wrong_versions(locked))
    print(*wrong, sep="\n", end="\n" if wrong else "")
    code = import_apart(modules_of(arguments[at + 1:])) or bool(wrong)
    if word and not code:
        print(word)
    return int(code)


sys.exit(main(sys.argv[1:]))
