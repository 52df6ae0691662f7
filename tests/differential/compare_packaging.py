#!/usr/bin/env python3
"""Asks python_oracle and the packaging library the same questions, and shows where their answers differ.

    compare_packaging.py ORACLE DATA_FOLDER ROOM     rooms: names versions specifiers markers requirements tags

10,000 different questions a room are generated from a fixed seed; those taken from real indexes and locks
(DATA_FOLDER/real_*.txt) come on top. Before it trusts the comparison it spoils one answer and sees that this is noticed.

Where the two are meant to differ:
- Numbers above 64 bits are an error here; packaging takes any. (No index has one; none is generated.)
- White space is ASCII's here; packaging also trims Unicode's and the separators U+001C to U+001F.
- A marker that packaging refuses to decide (UndefinedComparison: "~=" or "===" between strings, a set on the left)
  is a comparison that does not hold here, since PEP 508 leaves it open and a resolver has to go on. Of those only the
  spelling is compared.
- With a variable on both sides (`os_name == sys_platform`, which PEP 508 allows) packaging compares the value of the
  left one with the name of the right one; here both stand for their values. Only the spelling is compared.
- "contains" follows PEP 440 for one version by itself: a pre-release needs a clause that names one. packaging since
  26.0 answers for a list of candidates of which this is the only one; its `prereleases` property is what is compared.
- Text is normalized here (versions, extras, names); packaging keeps the spelling, so it is normalized before comparing.
- A wheel name with anything but ASCII letters, digits, "_" and "." in its project's name, its build number or its tags
  is an error here (PEP 425, PEP 427); packaging takes other letters in the name, and anything in the build number, the
  ABI and the platform.
- A "\\" in a marker's string is an error here, since PEP 508's grammar has none; packaging reads Python's escapes.
- A name or extra that ends with "_" is an error here (PEP 508); packaging takes it.
- A control character in a URL is an error here (RFC 3986); packaging takes all but space and tab.
"""

import functools
import re
import subprocess
import sys

from packaging import _manylinux, tags
from packaging._parser import Variable
from packaging.markers import InvalidMarker, Marker, UndefinedComparison
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.utils import InvalidName, InvalidWheelFilename, canonicalize_name, parse_wheel_filename
from packaging.version import InvalidVersion, Version
from packaging_questions import ROOMS, comparable, some

GENERATED = 10_000
INVALID = ["invalid"]


def yes(value):
    return "true" if value else "false"


def answer_version(text):
    try:
        found = Version(text)
    except InvalidVersion:
        return INVALID
    return [str(found), found.public, found.local or "", f"{yes(found.is_prerelease)} {yes(found.is_postrelease)}"]


def answer_order(a, b):
    try:
        left, right = Version(a), Version(b)
    except InvalidVersion:
        return INVALID
    return ["<" if left < right else ">" if left > right else "="]


def clause_text(spec):
    if spec.operator == "===":
        return spec.operator + spec.version
    head, star = (spec.version[:-2], ".*") if spec.version.endswith(".*") else (spec.version, "")
    return f"{spec.operator}{Version(head)}{star}"


def set_text(found):
    return ",".join(sorted({clause_text(spec) for spec in found}))


def answer_specifier(text, *versions):
    try:
        found = SpecifierSet(text)
    except InvalidSpecifier:
        return INVALID
    out = [set_text(found)]
    for candidate in map(Version, versions):
        matches = found.contains(candidate, prereleases=True)
        out.append(f"{yes(matches)} {yes(found.contains(candidate, prereleases=bool(found.prereleases)))}")
    return out


def environment(python, platform):
    short = python.rstrip("t")
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{short}.0",
        "os_name": "posix",
        "platform_machine": platform.partition("-")[2],
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{short}.0",
        "python_version": short,
        "sys_platform": "linux",
    }


def two_variables(part):
    if isinstance(part, list):
        return any(map(two_variables, part))
    return isinstance(part, tuple) and isinstance(part[0], Variable) and isinstance(part[2], Variable)


def answer_marker(text, python, platform, extras):
    try:
        found = Marker(text)
        spelled = str(found)
    except (InvalidMarker, ValueError):
        return INVALID
    if "\\" in text:
        return INVALID
    members = [e for e in extras.split(",") if e]
    # "extra" holds one value in metadata, "extras" a set in lock files; a marker with both is evaluated as the latter.
    values = environment(python, platform) | {
        "extra": members[0] if members else "",
        "extras": frozenset(members),
        "dependency_groups": frozenset(),
    }
    if two_variables(found._markers):
        return [spelled, None]
    try:
        return [spelled, yes(found.evaluate(values, context="lock_file"))]
    except UndefinedComparison:
        return [spelled, None]


def answer_requirement(text):
    try:
        found = Requirement(text)
        marker_text = str(found.marker) if found.marker else ""
    except (InvalidRequirement, ValueError):
        return INVALID
    if found.marker and "\\" in text.partition(";")[2] or found.url and re.search(r"[\x00-\x20\x7f]", found.url):
        return INVALID
    if any(name.endswith("_") for name in (found.name, *found.extras)):
        return INVALID
    project = canonicalize_name(found.name)
    extras = ",".join(sorted({canonicalize_name(e) for e in found.extras}))
    specifier = set_text(found.specifier)
    whole = project + (f"[{extras}]" if extras else "") + specifier
    whole += f" @ {found.url}{' ' if found.marker else ''}" if found.url else ""
    whole += f"; {marker_text}" if found.marker else ""
    return [project, extras, specifier, found.url or "", marker_text, whole]


@functools.cache
def supported(python, platform, glibc):
    machine = platform.partition("-")[2]
    _manylinux._get_glibc_version = lambda: _manylinux._GLibCVersion(2, int(glibc))
    _manylinux._have_compatible_abi = lambda executable, archs: True
    _manylinux._get_manylinux_module = lambda: None
    platforms = [f"linux_{machine}", *_manylinux.platform_tags([machine])]
    minor = int(python.rstrip("t").partition(".")[2])
    interpreter = f"cp3{minor}"
    abi = interpreter + ("t" if python.endswith("t") else "m" if minor < 8 else "")
    return [
        *tags.cpython_tags((3, minor), [abi], platforms),
        *tags.compatible_tags((3, minor), interpreter, platforms),
    ]


@functools.cache
def places(python, platform, glibc):
    return {tag: at for at, tag in reversed(list(enumerate(supported(python, platform, glibc))))}


def answer_tags(python, platform, glibc):
    return [" ".join(map(str, supported(python, platform, glibc)))]


def answer_wheel(file_name, python, platform, glibc):
    try:
        project, found, build, has = parse_wheel_filename(file_name)
    except InvalidWheelFilename:
        return INVALID
    parts = file_name[:-4].split("-")
    if not all(re.fullmatch(r"[\w.]+", part, re.ASCII) for part in (parts[0], *parts[2:])):
        return INVALID
    best = min((places(python, platform, glibc)[tag] for tag in has if tag in places(python, platform, glibc)), default="no")
    written = file_name.split("-")[2] if build else ""
    return [project, str(found), written, " ".join(sorted(map(str, has))), str(best)]


def answer_name(text):
    try:
        canonicalize_name(text, validate=True)
        valid = True
    except InvalidName:
        valid = False
    return [canonicalize_name(text) if text.isascii() else None, yes(valid)]


ANSWERS = {
    "version": answer_version,
    "order": answer_order,
    "specifier": answer_specifier,
    "marker": answer_marker,
    "requirement": answer_requirement,
    "tags": answer_tags,
    "wheel": answer_wheel,
    "name": answer_name,
}


def escape(field):
    return field.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n").replace("\r", "\\r")


def unescape(field):
    return re.sub(r"\\(.)", lambda m: {"t": "\t", "n": "\n", "r": "\r"}.get(m.group(1), m.group(1)), field)


def ask_oracle(questions):
    lines = "".join("\t".join(map(escape, q)) + "\n" for q in questions)
    done = subprocess.run([sys.argv[1]], input=lines.encode(), stdout=subprocess.PIPE, check=True)
    answers = done.stdout.decode().split("\n")
    assert answers.pop() == "" and len(answers) == len(questions), f"{len(answers)} answers to {len(questions)} questions"
    return [[unescape(field) for field in line.split("\t")] for line in answers]


def same(ours, theirs):
    """A None on their side is a field that is not compared."""
    return len(ours) == len(theirs) and all(t is None or o == t for o, t in zip(ours, theirs))


def differences(questions, ours):
    for question, mine in zip(questions, ours):
        theirs = ANSWERS[question[0]](*question[1:])
        if not same(mine, theirs):
            yield question, mine, theirs


def main():
    room = sys.argv[3]
    ask_real, ask_some = ROOMS[room]
    questions = {question: None for question in ask_real() if comparable(question)}
    enough = len(questions) + GENERATED
    while len(questions) < enough:
        questions.update((question, None) for question in ask_some() if comparable(question))
    questions = list(questions)
    ours = ask_oracle(questions)
    refused = sum(answer == INVALID for answer in ours)

    at = some.randrange(len(questions))
    while ANSWERS[questions[at][0]](*questions[at][1:])[-1] is None:
        at = some.randrange(len(questions))
    spoiled = [*ours[at][:-1], ours[at][-1] + "?"]
    if not list(differences([questions[at]], [spoiled])):
        sys.exit("a spoiled answer was not noticed: the comparison is broken")

    found = list(differences(questions, ours))
    for question, mine, theirs in found[:20]:
        print(f"{question}\n  ours      {mine}\n  packaging {theirs}".encode("ascii", "backslashreplace").decode())
    print(f"{room}: {len(questions)} questions, {refused} of them refused by both, {len(found)} differences")
    sys.exit(bool(found))


main()
