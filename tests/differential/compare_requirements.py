"""Compares how launch and pip read requirements files: the same packages and constraints, of generated files."""

import pathlib
import random
import subprocess
import sys
import tempfile

from pip._internal.network.session import PipSession
from pip._internal.req.req_file import parse_requirements
from pip._vendor.packaging.requirements import Requirement

PIECES = [
    "numpy",
    "Py_YAML >=6,<7",
    "torch >= 2.2.0.dev",
    "a[x,Y]==1.*  # why",
    "b!=2#not a comment",
    "c ; python_version < '3.11'",
    "d; sys_platform == 'linux' and extra != 'x'",
    "# only a comment",
    "   # indented",
    "",
    "e==1 \\\n  --hash=sha256:" + "a" * 64 + " \\\n  --hash=sha256:" + "b" * 64,
    "f>=1,\\\n<2",
    "\tg  ",
    "--extra-index-url https://wheels.example/simple",
    "-i https://pypi.example/simple",
    "--pre",
    "-f ./wheels",
    "-r other.txt",
    "-rother.txt",
    "--requirement=other.txt",
    "--requirement other.txt",
    "-c bounds.txt",
    "--constraint=bounds.txt",
    "h @ https://pypi.example/h-1-py3-none-any.whl",
    "i>",
    "--no-such-option",
    "j (>=1.0)",
    "k>=1 # a \\",
]


def of_pip(file):
    try:
        parsed = list(parse_requirements(str(file), session=PipSession()))
        out = []
        for one in parsed:
            requirement = Requirement(one.requirement)
            if requirement.url:
                return None
            marker = requirement.marker
            if marker and not marker.evaluate({"python_version": "3.12", "python_full_version": "3.12.0",
                                               "sys_platform": "linux", "extra": ""}) and not one.constraint:
                continue
            out.append(("constraint " if one.constraint else "package ") + normal(requirement, one.constraint))
        return sorted(set(out))
    except (Exception, SystemExit):
        return None


def normal(requirement, constraint):
    name = requirement.name.lower().replace("_", "-")
    extras = "" if constraint else "[%s]" % ",".join(sorted(extra.lower() for extra in requirement.extras))
    specifiers = sorted(f"{one.operator}{one.version.replace('dev0', 'dev')}" for one in requirement.specifier)
    return f"{name}{extras} {specifiers} {requirement.marker or ''}"


def of_launch(lines):
    if any(line.startswith("error ") for line in lines):
        return None
    out = []
    for line in lines:
        kind, text = line.split(" ", 1)
        out.append(f"{kind} {normal(Requirement(text), kind == 'constraint')}")
    return sorted(set(out))


def main():
    dump, count = sys.argv[1], int(sys.argv[2])
    chance = random.Random(15)
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "other.txt").write_text("in-other>=1\n-c bounds.txt\n")
        (folder / "bounds.txt").write_text("bound<3\n-r more.txt\n")
        (folder / "more.txt").write_text("more==1\n")
        files = []
        for number in range(count):
            pieces = [chance.choice(PIECES) for _ in range(chance.randint(1, 5))]
            text = chance.choice(["\n", "\r\n"]).join(piece.replace("\n", chance.choice(["\n", "\r\n"])) for piece in pieces)
            file = folder / f"{number}.txt"
            file.write_bytes((("\ufeff" if chance.random() < 0.1 else "") + text + chance.choice(["", "\n"])).encode())
            files.append(file)
        answer = subprocess.run([dump, *map(str, files)], check=True, capture_output=True, text=True).stdout
        blocks = [part.splitlines()[1:] for part in ("\n" + answer).split("\nfile ")[1:]]
        assert len(blocks) == len(files)
        differences = 0
        refused = 0
        for file, block in zip(files, blocks):
            # An empty file is no error of pip's, but a recipe needs packages.
            block = [line for line in block if "list no packages" not in line]
            ours, theirs = of_launch(block), of_pip(file)
            refused += theirs is None
            if ours != theirs:
                differences += 1
                print(f"{file.read_bytes()!r}\n  launch {ours} {block}\n  pip    {theirs}")
        print(f"requirements files: {len(files)} compared, {refused} refused by both, {differences} differences")
        return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
