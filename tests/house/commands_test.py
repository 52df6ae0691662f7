#!/usr/bin/env python3
"""docs/commands/ matches --help, the manual pages are valid, and the completions work.

commands_test.py LAUNCH [--write]: --write brings docs/commands/ up to date.
"""

import pathlib
import shutil
import subprocess
import sys
import tempfile

import tree

PAGES = tree.ROOT / "docs/commands"
BASH = """
source "$1"; cd "$2"; shift 2
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
compopt() { :; }
_launch; printf '%s\\n' "${COMPREPLY[@]}"
"""


def run(*command, folder=None, stdin=None):
    return subprocess.run([str(part) for part in command], cwd=folder, input=stdin, capture_output=True, text=True)


def page_problems(written, kept):
    """Differences between two folders' pages, by name to text."""
    found = []
    for name in sorted(written.keys() | kept.keys()):
        if name not in kept:
            found.append(f"docs/commands/{name} is missing")
        elif name not in written:
            found.append(f"docs/commands/{name} describes no command")
        elif written[name] != kept[name]:
            found.append(f"docs/commands/{name} differs from what `launch --help` says")
    return [f"{problem}; run tests/house/commands_test.py LAUNCH --write" for problem in found]


def pages(folder):
    return {path.name: path.read_text() for path in folder.glob("*.md")}


def man_problems(folder):
    found = []
    for path in sorted(folder.glob("*.1")):
        done = run("man", "--warnings", "-E", "UTF-8", "-l", path) if shutil.which("man") else run("true")
        if done.stderr:
            found.append(f"{path.name}: {done.stderr.strip()}")
    return found


def completed_by_bash(script, project, *words):
    return run("bash", "-c", BASH, "bash", script, project, *words).stdout.split()


def completed_by_fish(script, project, line):
    done = run("fish", "--no-config", "-c", f"source {script}; complete -C'{line}'", folder=project)
    return [each.split("\t")[0] for each in done.stdout.splitlines()]


def completion_problems(folder, project):
    bash = folder / "bash-completion/completions/launch"
    wanted = [
        (("launch", "lo"), "lock"), (("launch", "lock", "--up"), "--upgrade"), (("launch", "lock", "de"), "demo"),
        (("launch", "check", "--channel", "ni"), "nightly"), (("launch", "--js"), "--json"),
        (("launch", "-v", "train", "--no"), "--nodes"),
    ]  # fmt: skip
    found = [f"bash does not complete {words} to {answer}" for words, answer in wanted
             if answer not in completed_by_bash(bash, project, *words)]  # fmt: skip
    fish = folder / "fish/vendor_completions.d/launch.fish"
    if shutil.which("fish"):
        found += [f"fish does not complete {words} to {answer}" for words, answer in wanted
                  if answer not in completed_by_fish(fish, project, " ".join(words))]  # fmt: skip
    zsh = folder / "zsh/site-functions/_launch"
    if shutil.which("zsh") and (syntax := run("zsh", "-n", zsh)).returncode != 0:
        found.append(f"zsh cannot read its completion: {syntax.stderr}")
    return found


def main():
    launch, *rest = sys.argv[1:]
    tree.expect_found("commands", page_problems({"a.md": "x", "b.md": "x"}, {"b.md": "y", "c.md": ""}),
                      "a.md is missing", "b.md differs", "c.md describes no command")  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        folder, project = pathlib.Path(scratch, "manual"), pathlib.Path(scratch, "project")
        (project / "recipes").mkdir(parents=True)
        (project / "recipes/demo.toml").write_text("")
        written = run(launch, "manual", folder)
        if written.returncode != 0:
            sys.exit(f"commands: launch manual failed: {written.stderr}")
        if rest == ["--write"]:
            shutil.rmtree(PAGES, ignore_errors=True)
            shutil.copytree(folder / "commands", PAGES)
        found = page_problems(pages(folder / "commands"), pages(PAGES))
        found += man_problems(folder / "man/man1") + completion_problems(folder, project)
        count = len(pages(folder / "commands"))
    tree.finish("commands", found, f"{count} pages")


main()
