"""Runs in a new image: is what was locked installed, and nothing else, and can what was asked for be imported?

usage: try_image.py [--word WORD] NAME==VERSION… -- NAME…

Prints what is wrong, and exits with 1 if anything is; else the word, in the last line.
"""

import csv
import importlib
import importlib.metadata
import mmap
import os
import re
import sys
import traceback

# Folders that projects install by mistake, and whose import does something else than making names known.
NOT_FOR_USE = {"test", "tests", "testing", "example", "examples", "benchmark", "benchmarks", "docs", "scripts", "tools"}
SHOWN = 5  # files at most


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


def strangers(locked):
    """Files of the virtual environment that are no package's of the lock: those of the base image."""
    if sys.prefix == sys.base_prefix:
        return
    names = {each.partition("==")[0] for each in locked}
    known = {os.path.join(sys.prefix, name) for name in
             ("pyvenv.cfg", "lib64", "bin/python", "bin/python3", f"bin/python{sys.version_info[0]}.{sys.version_info[1]}",
              f"bin/python{sys.version_info[0]}.{sys.version_info[1]}t")}  # fmt: skip
    for package in importlib.metadata.distributions():
        if normalized(package.metadata["Name"] or "") in names:
            for row in csv.reader((package.read_text("RECORD") or "").splitlines()):
                known.add(os.path.normpath(str(package.locate_file(row[0]))))
    found = []
    for folder, folders, files in os.walk(sys.prefix):
        folders[:] = [name for name in folders if name != "__pycache__"]
        found += [path for path in (os.path.join(folder, name) for name in files) if path not in known]
    for path in sorted(found)[:SHOWN]:
        yield f"{path} belongs to no package of the lock"
    if len(found) > SHOWN:
        yield f"… and {len(found) - SHOWN} more files"


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
    wrong = [*wrong_versions(locked), *strangers(locked)]
    print(*wrong, sep="\n", end="\n" if wrong else "")
    code = import_apart(modules_of(arguments[at + 1:])) or bool(wrong)
    if word and not code:
        print(word)
    return int(code)


sys.exit(main(sys.argv[1:]))
