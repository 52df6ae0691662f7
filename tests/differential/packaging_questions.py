"""Questions for the comparison with the packaging library: for each room those taken from real indexes and locks
(DATA_FOLDER/real_*.txt, the folder being this program's second argument), and ones made up, from a fixed seed."""

import functools
import itertools
import pathlib
import random
import re
import sys

from packaging.requirements import InvalidRequirement, Requirement
from packaging.version import InvalidVersion, Version

some = random.Random(20261124)
data = pathlib.Path(sys.argv[2])

PYTHONS = ["3.9", "3.10", "3.11", "3.12", "3.13", "3.13t", "3.14", "3.14t", "3.15", "3.15t", "3.8", "3.7", "3.6"]
PLATFORMS = ["linux-x86_64", "linux-aarch64"]


@functools.cache
def real(name):
    return (data / f"real_{name}.txt").read_text().splitlines()


def is_version(text):
    try:
        Version(text)
    except InvalidVersion:
        return False
    return True


def spoil(text):
    """One character inserted, deleted or changed."""
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
    """A version near the boundary of a clause about `text`."""
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
    if is_version(a):
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
    """A line of UTF-8, without numbers that exceed 64 bits."""
    return not any(len(run.lstrip("0")) > 19 for field in question for run in re.findall("[0-9]+", field))
