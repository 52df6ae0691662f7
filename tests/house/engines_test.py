#!/usr/bin/env python3
"""An engine is a file and a row of src/containers/engine_type.cpp: no other code names one."""

import re

import tree

TABLE = "src/containers/engine_type.cpp"
ROW = re.compile(r"\bROW\((?!ROW)(\w+)\)")
COMMENT = re.compile(r"(?<![:\"])//.*")


def problems_of(name, content, engines):
    """How code can name an engine: as a whole string, in a list of names, or as a kind."""
    words = "|".join(engines)
    naming = re.compile(rf'"(?:{words})"|\b(?:{words})(?:, | or )(?:{words})\b|\bEngineKind\b')
    lines = enumerate(content.splitlines(), 1)
    return [
        f"{name}:{number}: names the engine in {found[0]}; ask the table: {TABLE}"
        for number, line in lines
        if (found := naming.search(COMMENT.sub("", line)))
    ]


def self_check():
    bad = 'if (name == "docker") {\n"podman, docker or a path"\n"by docker or podman"\nEngineKind kind;\n'
    tree.expect_found("engines", problems_of("a", bad, ["podman", "docker"]),
                      'a:1: names the engine in "docker"', "a:2:", "a:3:", "a:4:")  # fmt: skip
    good = '// "podman"\nint x;  ///< "docker" or what\n"docker.io"\n"  podman run --rm"\nDockerfile\n'
    tree.expect_none("engines", problems_of("a", good, ["podman", "docker"]))


def main():
    self_check()
    engines = ROW.findall(tree.text(TABLE))
    own = {f"src/containers/{engine}.cpp" for engine in engines}
    names = tree.files("src/*.cpp", "src/*.hpp")
    found = [f"{TABLE} has a row that has no file: {name}" for name in sorted(own - set(names))]
    found += [] if len(engines) > 1 else [f"{TABLE}: the rows are not found"]
    for name in names:
        if name not in own:
            found += problems_of(name, tree.text(name), engines)
    tree.finish("engines", found, f"{len(names)} files, {len(engines)} engines")


main()
