"""Shared by the house tests: the files of the checkout, and the final report."""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def files(*patterns):
    """Paths (relative to ROOT) of the files that git tracks or would add, by pathspec."""
    found = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *patterns],
        stdout=subprocess.PIPE,
        check=True,
    ).stdout.decode()
    return sorted(name for name in set(found.split("\0")) if name and (ROOT / name).is_file())


def text(name):
    return (ROOT / name).read_bytes().decode("utf-8", "replace")


def expect_found(what, problems, *wanted):
    """The self-check: each expected text is in a problem found in an example that has them all."""
    for words in wanted:
        if not any(words in problem for problem in problems):
            sys.exit(f"{what}: the check is broken; it does not see: {words}\nit sees: {problems}")


def expect_none(what, problems):
    """The self-check: nothing is found in a correct example."""
    if problems:
        sys.exit(f"{what}: the check is broken; it minds what is right: {problems}")


def finish(what, problems, counted):
    for problem in problems:
        print(problem)
    print(f"{what}: {counted}, {len(problems)} problems")
    sys.exit(1 if problems else 0)
