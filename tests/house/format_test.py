#!/usr/bin/env python3
"""The sources are formatted as .clang-format says. Other major versions of clang-format format otherwise: skipped."""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys

import tree

VERSION = 14
SKIPPED = 77


def clang_format():
    for program in (f"clang-format-{VERSION}", "clang-format"):
        found = shutil.which(program)
        if found:
            version = subprocess.run([found, "--version"], stdout=subprocess.PIPE, text=True, check=True).stdout
            if re.search(rf"version {VERSION}\.", version):
                return found
    print(f"format: clang-format {VERSION} is not here")
    sys.exit(SKIPPED)


def problems_of(program, name, content):
    formatted = subprocess.run(
        [program, f"--assume-filename={tree.ROOT / name}"], input=content.encode(), stdout=subprocess.PIPE, check=True
    ).stdout.decode()
    if formatted == content:
        return []
    lines = zip(content.splitlines(), formatted.splitlines())
    first = next((number for number, (a, b) in enumerate(lines, 1) if a != b), "the end")
    return [f"{name}:{first}: is not formatted; run: clang-format -i {name}"]


def main():
    program = clang_format()
    tree.expect_found("format", problems_of(program, "src/a.cpp", "int  a;\n"), "src/a.cpp:1: is not formatted")
    tree.expect_none("format", problems_of(program, "src/a.cpp", "int a;\n"))
    names = tree.files("src/*.cpp", "src/*.hpp", "tests/*.cpp", "tests/*.hpp", "bench/*.cpp")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        found = [p for ps in pool.map(lambda name: problems_of(program, name, tree.text(name)), names) for p in ps]
    tree.finish("format", found, f"{len(names)} files")


main()
