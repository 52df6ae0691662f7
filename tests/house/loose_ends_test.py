#!/usr/bin/env python3
"""No note of unfinished work, no disabled test, no header without its guard, one JSON writer, one way to standard
output."""

import re

import tree

UNDONE = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "X" + "XX", "HA" + "CK")) + r")\b")
SWITCHED_OFF = re.compile(r"\bDIS" + "ABLED_")
JSON_WRITER = "src/base/json.hpp"
PRINTED = re.compile(r"std::cout|fmt::print\(|\b(printf|puts|putchar)\(|[(,] *stdout *[),]")


def problems_of(name, content):
    found = []
    for number, line in enumerate(content.splitlines(), 1):
        if UNDONE.search(line):
            found.append(f"{name}:{number}: work left undone: {line.strip()}")
        if SWITCHED_OFF.search(line):
            found.append(f"{name}:{number}: a test that is switched off: {line.strip()}")
        if ".dump(" in line and name.startswith("src/") and name != JSON_WRITER:
            found.append(f"{name}:{number}: JSON is written by json_text of base/json.hpp, which no byte can make throw")
        if PRINTED.search(line) and name.startswith("src/") and name.endswith(("pp", ".in")):
            found.append(f"{name}:{number}: standard output is written by cli/output, which sees what fails: {line.strip()}")
    if name.endswith(".hpp") and not content.startswith("#pragma once\n"):
        found.append(f"{name}: does not begin with #pragma once")
    if content and not content.endswith("\n"):
        found.append(f"{name}: does not end with a newline")
    return found


def main():
    bad = problems_of("a.hpp", "// TO" + "DO: more\nTEST(A, DIS" + "ABLED_b)")
    tree.expect_found("loose ends", bad, "work left undone", "switched off", "#pragma once", "end with a newline")
    tree.expect_found("loose ends", problems_of("src/a.cpp", "x.dump()\n"), "json_text")
    for printed in ("std::cout << 1;\n", "std::puts(text);\n", 'fmt::print("a");\n', "std::fputs(text, stdout);\n"):
        tree.expect_found("loose ends", problems_of("src/a.cpp", printed), "cli/output")
    tree.expect_none("loose ends", problems_of("src/a.cpp", 'std::fprintf(stderr, "a");\nsnprintf(a, 1, "");\n'))
    tree.expect_none("loose ends", problems_of("a.hpp", "#pragma once\n"))
    tree.expect_none("loose ends", problems_of(JSON_WRITER, "#pragma once\nx.dump()\n"))
    names = tree.files("src", "tests/*.cpp", "tests/*.hpp", "tests/*.py", "tests/*.txt", "bench", "cmake", "ci", ".ci", "CMakeLists.txt")
    names = [name for name in names if not name.startswith("tests/data/")]
    found = [problem for name in names for problem in problems_of(name, tree.text(name))]
    tree.finish("loose ends", found, f"{len(names)} files")


main()
