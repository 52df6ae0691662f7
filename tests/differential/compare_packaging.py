#!/usr/bin/env python3
"""Puts the same questions to python_oracle and to the packaging library, and shows where the answers differ.

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
- A control character in a URL is an error here (RFC 3986); packaging takes all but space and tab.
"""

import functools
import itertools
import pathlib
import random
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

GENERATED = 10_000
some = random.Random(20261124)
data = pathlib.Path(sys.argv[2])

PYTHONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t", "3.15", "3.15t", "3.8", "3.7", "3.6"]
PLATFORMS = ["linux-x86_64", "linux-aarch64"]
INVALID = ["invalid"]


@functools.cache
def real(name):
    return (data / f"real_{name}.txt").read_text().splitlines()


def yes(value):
    return "true" if value else "false"


# --- making questions ---------------------------------------------------------------------------------------------


def spoil(text):
    """One character more, less or other."""
    at = some.randrange(len(text) + 1)
    odd = some.choice("aZ0 .-_+!*,;()[]<>=~@'\"v\t\n\\é\x00")
    return some.choice((text[:at] + odd + text[at:], text[:at] + text[at + 1 :], text[:at] + odd + text[at + 1 :]))


def number():
    return some.choice(("0", "1", "2", "3", "10", "12", "007", "20240617", str(some.randrange(100000))))


def recased(text):
    return "".join(some.choice((c.lower(), c.upper())) for c in text) if some.random() < 0.2 else text


def separator():
    return some.choice(("", "", ".", "-", "_"))


def release(most=4):
    return ".".join(number() for _ in range(some.randint(1, most)))


def public_version():
    text = some.choice(("", "", "", "", "v", "V")) + some.choice(("", "", "", "1!", "0!", "2!")) + release()
    if some.random() < 0.35:
        letters = some.choice(("a", "b", "c", "rc", "alpha", "beta", "pre", "preview"))
        text += separator() + letters + some.choice(("", separator() + number()))
    if some.random() < 0.25:
        text += some.choice(("-" + number(), separator() + some.choice(("post", "rev", "r")) + separator() + number()))
    if some.random() < 0.3:
        text += separator() + "dev" + some.choice(("", separator() + number()))
    return recased(text)


def local():
    parts = (some.choice(("cu121", "cpu", "abc", "1", "01", "cxx11", "git1234", number())) for _ in range(some.randint(1, 3)))
    return recased("+" + some.choice("._-").join(parts))


def version():
    text = public_version() + (local() if some.random() < 0.25 else "")
    if some.random() < 0.03:
        text = some.choice((" ", "\t", "\n", "  ")) + text + some.choice((" ", "\n", ""))
    return text


def any_version():
    if some.random() < 0.3:
        return some.choice(real("versions"))
    return version() if some.random() < 0.85 else spoil(version())


def good_version():
    while True:
        text = any_version()
        try:
            Version(text)
            return text
        except InvalidVersion:
            pass


def near(text):
    """A version that a clause about `text` is likely to have an opinion on."""
    base = Version(text)
    head = f"{base.epoch}!" + ".".join(map(str, base.release))
    return some.choice((
        text, base.public, base.base_version, head + ".0", head + "rc1", head + ".post1", head + ".dev1", head + "+cu121",
        head + ".1", base.public + "+cpu", base.public + ".0" if base.public == base.base_version else base.public,
        head + "a0", head + ".post0.dev1", base.public + ("" if base.dev is not None else ".dev0"),
    ))  # fmt: skip


def clause():
    op = some.choice(("==", "!=", ">=", "<=", ">", "<", "~=", "===", "==", ">="))
    blank = some.choice(("", "", "", " ", "  "))
    if op == "===":
        return op + blank + some.choice((version().strip(), "weird", "2.0.0", "foo+bar", ""))
    if op in ("==", "!=") and some.random() < 0.35:
        return op + blank + release() + ".*"
    if op == "~=" and some.random() < 0.9:
        return op + blank + number() + "." + public_version().lstrip("vV")
    return op + blank + (version() if op in ("==", "!=") else public_version())


def specifier_set():
    text = some.choice((",", ", ", " , ")).join(clause() for _ in range(some.choice((1, 1, 1, 2, 2, 3))))
    if some.random() < 0.02:
        text = some.choice(("", ",", text + ",", "," + text))
    return text if some.random() < 0.9 else spoil(text)


STRINGS = {
    "python_version": ["3.8", "3.9", "3.12", "3.13", "3.13t", "3.10.*", "3", "3.11.0", "2.7 3.6", "3.9.dev1", ""],
    "python_full_version": ["3.12.0", "3.12.1", "3.12", "3.8.*", "3.13.0rc1", "3.9.0+local", "x"],
    "implementation_version": ["3.12.0", "3.9", "0"],
    "platform_release": ["", "5.10", "6.1.0-10-amd64", "6.18"],
    "platform_version": ["", "#1 SMP"],
    "sys_platform": ["linux", "win32", "darwin", "linux2", "lin"],
    "platform_system": ["Linux", "Windows", "Darwin", "linux"],
    "platform_machine": ["x86_64", "aarch64", "arm64", "AMD64", "x86_64 aarch64"],
    "os_name": ["posix", "nt"],
    "implementation_name": ["cpython", "pypy"],
    "platform_python_implementation": ["CPython", "PyPy", "Jython"],
    "extra": ["cuda", "CUDA", "all", "Some_Extra", "some-extra", ""],
    "extras": ["cuda", "Some_Extra", "all"],
    "dependency_groups": ["dev", "Test_Group"],
}
SPELLINGS = {
    "os_name": ["os.name"],
    "sys_platform": ["sys.platform"],
    "platform_machine": ["platform.machine"],
    "platform_version": ["platform.version"],
    "platform_python_implementation": ["platform.python_implementation", "python_implementation"],
}


def comparison(variables):
    name = some.choice(variables)
    spelled = some.choice([name, name, *SPELLINGS.get(name, [])])
    text = some.choice(STRINGS[name] if some.random() < 0.95 else [v for vs in STRINGS.values() for v in vs])
    quote = some.choice("'\"")
    blank = some.choice((" ", " ", "", "  ", "\t"))
    sets = name in ("extras", "dependency_groups")
    op = some.choice(("in", "not in", "not  in", "==") if sets and some.random() < 0.95 else
                     ("==", "!=", "<", "<=", ">", ">=", "in", "not in", "==", "==", "~=", "==="))  # fmt: skip
    if op[0] in "in":
        blank = " "
    sides = [spelled, f"{quote}{text}{quote}"]
    if sets or some.random() < 0.15:
        sides.reverse()
    if some.random() < 0.01:
        sides[some.randrange(2)] = some.choice(variables)
    return f"{sides[0]}{blank}{op}{blank}{sides[1]}"


def marker(variables, depth=0):
    parts = []
    for _ in range(some.choice((1, 1, 2, 3))):
        if parts:
            parts.append(some.choice((" and ", " or ", " and ", "  or ")))
        if depth < 3 and some.random() < 0.25:
            parts.append("(" + some.choice(("", " ")) + marker(variables, depth + 1) + some.choice(("", " ")) + ")")
        else:
            parts.append(comparison(variables))
    return "".join(parts)


def any_marker():
    kind = some.random()
    if kind < 0.1:
        return some.choice(real("markers"))
    if kind < 0.3:
        return some.choice(real_requirement_markers())
    plain = [v for v in STRINGS if v not in ("extra", "extras", "dependency_groups")]
    variables = some.choice((plain, plain, plain + ["extra"] * 3, plain + ["extras", "dependency_groups"] * 2))
    text = marker(variables)
    return text if some.random() < 0.9 else spoil(text)


@functools.cache
def real_requirement_markers():
    return [r.partition(";")[2].strip() for r in real("requirements") if ";" in r]


def name():
    text = "".join(some.choice("abcXYZ019") + some.choice(("", "", "-", "_", ".", "--", "-_.")) for _ in range(some.randint(1, 8)))
    text += some.choice("aZ3")
    return text if some.random() < 0.85 else spoil(text)


def requirement():
    text = some.choice(("", "", " ")) + some.choice((name(), "torch", "nvidia-cublas-cu12"))
    if some.random() < 0.3:
        blank = some.choice(("", " "))
        extras = some.choice((",", " , ", ", ")).join(name() for _ in range(some.choice((0, 1, 1, 2, 3))))
        text += f"{blank}[{blank}{extras}{blank}]"
    if some.random() < 0.1:
        place = some.choice(("https://pypi.example/a-1.0.whl", "file:///a.whl", "git+https://a.example/r@v1#egg=x", ""))
        text += f"{some.choice((' ', ''))}@ {place} "
    elif some.random() < 0.7:
        clauses = some.choice((",", ", ", " , ")).join(clause() for _ in range(some.choice((1, 1, 2, 3))))
        text += some.choice(("", " ")) + some.choice((clauses, clauses, clauses, f"({clauses})", f"( {clauses} )"))
    if some.random() < 0.4:
        plain = [v for v in STRINGS if v not in ("extras", "dependency_groups")]
        text += some.choice(("; ", ";", " ; ")) + marker(plain)
    return text + some.choice(("", "", "", " "))


def any_requirement():
    if some.random() < 0.35:
        text = some.choice(real("requirements"))
        return text if some.random() < 0.95 else spoil(text)
    text = requirement()
    return text if some.random() < 0.88 else spoil(text)


def any_wheel():
    if some.random() < 0.6:
        text = some.choice(real("wheels"))
        return text if some.random() < 0.95 else spoil(text)
    minor = some.randint(6, 15)
    pythons = some.choice((f"cp3{minor}", f"py3{minor}", "py3", "py2.py3", f"cp3{minor}.cp3{minor + 1}", f"CP3{minor}"))
    abis = some.choice((f"cp3{minor}", f"cp3{minor}t", "none", "abi3", "abi3t", f"cp3{minor}m", "abi3.abi3t", "none.abi3"))
    machine = some.choice(("x86_64", "aarch64"))
    platforms = some.choice((
        "any", f"linux_{machine}", f"manylinux_2_{some.randint(1, 45)}_{machine}", f"manylinux1_{machine}",
        f"manylinux2014_{machine}.manylinux_2_17_{machine}", f"manylinux_2_28_{machine}.manylinux_2_27_{machine}",
        f"musllinux_1_2_{machine}", "win_amd64", "macosx_11_0_arm64", f"manylinux2010_{machine}",
    ))  # fmt: skip
    build = some.choice(("", "", "", "-1", "-1abc", "-007x", "-x1", "-"))
    project = re.sub("[-_.]+", "_", name())
    shape = f"{project}-{version().replace('-', '_').strip()}{build}-{pythons}-{abis}-{platforms}.whl"
    return shape if some.random() < 0.95 else spoil(shape)


# --- packaging's answers ------------------------------------------------------------------------------------------


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
    # "extra" holds one value in metadata, "extras" a set in lock files; a marker that has both is asked as the latter.
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


# --- the rooms ----------------------------------------------------------------------------------------------------


def extras():
    return some.choice(("", "", "cuda", "some-extra", "all"))


def real_names():
    yield from (("name", r.partition("-")[0]) for r in real("wheels"))
    yield from (("name", re.match("[^ ;<>=!~@(]*", r).group()) for r in real("requirements"))


def some_names():
    yield "name", name()


def real_versions():
    yield from (("version", v) for v in real("versions"))
    yield from (("order", a, b) for a, b in itertools.pairwise(some.sample(real("versions"), len(real("versions")))))


def some_versions():
    a, b = any_version(), any_version()
    yield some.choice((("version", a), ("order", a, b)))
    if answer_version(a) != INVALID:
        yield "order", a, near(a)


def real_specifiers():
    for text in real("requirements"):
        try:
            yield specifier_question(str(Requirement(text).specifier))
        except InvalidRequirement:
            pass


def specifier_question(text):
    versions = [good_version() for _ in range(3)]
    for part in re.findall(r"[=<>!~]=?=?\s*([^,\s]+)", text):
        try:
            versions += [near(part.removesuffix(".*")) for _ in range(3)]
        except InvalidVersion:
            pass
    return "specifier", text, *versions


def some_specifiers():
    yield specifier_question(specifier_set())


def marker_question(text):
    return "marker", text, some.choice(PYTHONS), some.choice(PLATFORMS), extras()


def real_markers():
    for python, platform in itertools.product(PYTHONS, PLATFORMS):
        for op in ("==", "!=", "<", ">=", "in", "not in"):
            yield "marker", f'python_version {op} "3.13t"', python, platform, ""
            yield "marker", f'"3.13t" {op} python_version', python, platform, ""
    for text in real("markers") + real_requirement_markers():
        yield marker_question(text)


def some_markers():
    yield marker_question(any_marker())


def real_requirements():
    yield from (("requirement", r) for r in real("requirements"))


def some_requirements():
    yield "requirement", any_requirement()


def wheel_question(file_name):
    return "wheel", file_name, some.choice(PYTHONS), some.choice(PLATFORMS), some.choice(("17", "28", "35", "36", "39"))


def real_tags():
    for python, platform, glibc in itertools.product(PYTHONS, PLATFORMS, ("5", "12", "17", "28", "31", "35", "36", "39", "41")):
        yield "tags", python, platform, glibc
    yield from map(wheel_question, real("wheels"))


def some_tags():
    yield wheel_question(any_wheel())


ROOMS = {
    "names": (real_names, some_names),
    "versions": (real_versions, some_versions),
    "specifiers": (real_specifiers, some_specifiers),
    "markers": (real_markers, some_markers),
    "requirements": (real_requirements, some_requirements),
    "tags": (real_tags, some_tags),
}


def comparable(question):
    """A line of UTF-8, with no number that 64 bits do not hold."""
    return not any(len(run.lstrip("0")) > 19 for field in question for run in re.findall("[0-9]+", field))


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
    """A None of theirs is a field that is not compared."""
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
