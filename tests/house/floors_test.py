#!/usr/bin/env python3
"""A folder below src/ includes only from the floors below its own, and third-party headers only in their rooms."""

import re

import tree

# docs/design.md, "The house"
FLOORS = {
    "base": 1,
    "specs": 2,
    "net": 3, "archive": 3, "containers": 3, "fabric": 3, "pysource": 3,
    "index": 4, "registry": 4, "resolve": 4,
    "pytorch": 5,
    "project": 6, "store": 6,
    "locking": 7, "probe": 7, "image": 7, "train": 7,
    "commands": 8,
    "cli": 9,
    "main.cpp": 10,
}  # fmt: skip

ROOM_OF = {
    "CLI/": {"cli"},
    "toml++/": {"base"},
    "gumbo.h": {"index"},
    "simdjson.h": {"index"},
    "libdeflate.h": {"archive"},
    "isa-l/": {"archive"},
    "zlib.h": {"archive"},
    "curl/": {"net"},
    "boost/": {"base", "net"},
    "openssl/": {"base"},
    "spdlog/": {"base"},
    "tl/expected.hpp": {"base"},
    "fmt/": set(FLOORS),
    "nlohmann/": set(FLOORS),
}
# Headers that cost seconds in each file that includes them.
FILES_OF = {"CLI/": {"cli/command.cpp", "cli/run.cpp"}, "boost/beast/": {"net/http_server.cpp"}}
SYSTEM = re.compile(
    r"[a-z_0-9]+"  # the standard library
    r"|(sys|net|netinet|arpa|linux)/.*\.h"
    r"|(dirent|dlfcn|errno|fcntl|grp|ifaddrs|netdb|poll|pthread|pwd|sched|signal|spawn|stdio|stdlib|string|termios|time|unistd)\.h"
)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)


def problems_of(name, content):
    """`name` is relative to src/."""
    room = name.split("/")[0]
    if room not in FLOORS:
        return [f"src/{name}: the folder {room} has no floor; add it to docs/design.md and to this test"]
    found = []
    for bracket, header in INCLUDE.findall(content):
        if bracket == '"':
            other = header.split("/")[0]
            if other not in FLOORS or "/" not in header:
                found.append(f'src/{name}: "{header}" is not named from src/ on')
            elif other != room and FLOORS[other] >= FLOORS[room]:
                found.append(f"src/{name}: {room} (floor {FLOORS[room]}) includes {header} of floor {FLOORS[other]}")
        elif not SYSTEM.fullmatch(header):
            rooms = next((rooms for prefix, rooms in ROOM_OF.items() if header.startswith(prefix)), None)
            if rooms is None:
                found.append(f"src/{name}: <{header}> belongs to no room; name its library in docs/design.md and here")
            elif room not in rooms:
                found.append(f"src/{name}: <{header}> is to be included in {', '.join(sorted(rooms))} only")
            elif files := next((f for p, f in FILES_OF.items() if header.startswith(p) and name not in f), None):
                found.append(f"src/{name}: <{header}> is to be included in {', '.join(sorted(files))} only")
            elif header.startswith("nlohmann/") and not name.endswith(".cpp"):
                found.append(f"src/{name}: <{header}> is for source files, not for headers")
    return found


def design_problems(page):
    """The table of docs/design.md matches FLOORS."""
    said = {}
    for floor, folders in re.findall(r"^\| (\d+) \| ([^|]+) \|", page, re.MULTILINE):
        for folder in re.findall(r"`([a-z.]+)`", folders):
            said[folder] = int(floor)
    return [
        f"docs/design.md puts {folder} on floor {said.get(folder)}, this test on {FLOORS.get(folder)}"
        for folder in sorted(FLOORS.keys() | said.keys())
        if said.get(folder) != FLOORS.get(folder)
    ]


def self_check():
    bad = {
        "net/a.cpp": '#include "archive/b.hpp"\n',
        "project/a.hpp": "#include <nlohmann/json.hpp>\n",
        "project/a.cpp": '  #  include "train/b.hpp"\n',
        "probe/a.cpp": '#include "image/b.hpp"\n#include <curl/curl.h>\n#include <xyz/a.h>\n',
        "base/a.cpp": '#include "cli/app.hpp"\n#include "file.hpp"\n',
        "cellar/a.cpp": "",
        "cli/a.cpp": "#include <CLI/CLI.hpp>\n",
    }
    found = [problem for name, content in bad.items() for problem in problems_of(name, content)]
    tree.expect_found(
        "floors", found,
        "net (floor 3) includes archive/b.hpp of floor 3", "project/a.hpp: <nlohmann/json.hpp> is for source files",
        "project (floor 6) includes train/b.hpp of floor 7", "probe (floor 7) includes image/b.hpp of floor 7",
        "<curl/curl.h> is to be included in net only", "<xyz/a.h> belongs to no room", '"file.hpp" is not named from',
        "base (floor 1) includes cli/app.hpp", "the folder cellar has no floor",
        "cli/a.cpp: <CLI/CLI.hpp> is to be included in cli/command.cpp, cli/run.cpp only",
    )  # fmt: skip
    good = '#include <sys/stat.h>\n#include <vector>\n#include <fmt/format.h>\n#include "net/http.hpp"\n#include "base/file.hpp"\n'
    tree.expect_none("floors", problems_of("net/http.cpp", good))
    tree.expect_found("floors", design_problems("| 2 | `base` · `net` | x |\n"), "docs/design.md puts base on floor 2")


def main():
    self_check()
    names = tree.files("src/*.cpp", "src/*.hpp")
    found = [problem for name in names for problem in problems_of(name.removeprefix("src/"), tree.text(name))]
    if (tree.ROOT / "docs/design.md").exists():
        found += design_problems(tree.text("docs/design.md"))
    tree.finish("floors", found, f"{len(names)} files")


main()
