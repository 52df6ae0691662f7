#!/usr/bin/env python3
"""The sources are formatted according to .clang-format. Skipped with other major versions of clang-format."""

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
    print(f"format: clang-format {VERSION} not found")
    sys.exit(SKIPPED)


def problems_of(program, *names, content=None):
    """Of the named files, or of `content` under the one name given."""
    how = ["--dry-run", "-Werror"] + ([f"--assume-filename={names[0]}"] if content is not None else list(names))
    said = subprocess.run([program, *how], cwd=tree.ROOT, input=content, stderr=subprocess.PIPE, text=True).stderr
    lines = {}
    for name, line in re.findall(r"^(.+?):(\d+):\d+: error: code should be clang-formatted", said, re.MULTILINE):
        lines.setdefault(names[0] if content is not None else name, line)
    return [f"{name}:{line}: is not formatted; run: clang-format -i {name}" for name, line in lines.items()]


def main():
    program = clang_format()
    tree.expect_found("format", problems_of(program, "src/a.cpp", content="int  a;\n"), "src/a.cpp:1: is not formatted")
    tree.expect_none("format", problems_of(program, "src/a.cpp", content="int a;\n"))
    names = tree.files("src/*.cpp", "src/*.hpp", "tests/*.cpp", "tests/*.hpp", "bench/*.cpp")
    parts = [names[i :: os.cpu_count()] for i in range(os.cpu_count())]
    with concurrent.futures.ThreadPoolExecutor(len(parts)) as pool:
        found = [problem for problems in pool.map(lambda part: problems_of(program, *part), filter(None, parts)) for problem in problems]
    tree.finish("format", found, f"{len(names)} files")


main()
