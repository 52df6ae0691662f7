"""Runs generated code with gates under a stand-in torch of many versions, and compares what ran with the probe.

usage: gates.py PROBE_DUMP [--show N] [--every N]

Each case is a package of a few files. Its gated imports are executed by this Python with a fake torch package whose
version and names are those of the case, and `launch`'s evaluation for the same version and names must say of each
import line whether it ran. Where the test itself raises something else than ImportError, nothing is compared. Exit code
1 on any difference.
"""

import argparse
import importlib.util
import itertools
import json
import os
import subprocess
import sys
import tempfile
import textwrap

VERSIONS = ["2.0.0", "2.0.1", "2.1.2", "2.3.1", "2.4.0", "2.5.1", "2.6.0", "2.7.0", "2.9.1", "2.10.0", "2.15.0",
            "2.6.0.dev20241112", "2.10.0.dev20251001", "2.7.0a0", "2.6.0rc1"]
LOCALS = ["", "+cu128", "+cpu"]
LITERALS = ["2.1", "2.6", "2.6.0", "2.10"]
# What exists from which release on.
NAMES = {"torch.new": (2, 6), "torch.old": (0,), "torch:feature": (2, 6), "torch.nn:Fresh": (2, 10)}

TORCH = '''
class TorchVersion(str):
    @classmethod
    def _other(cls, other):
        from packaging.version import Version
        if isinstance(other, Version):
            return other
        if isinstance(other, str):
            return Version(other)
        return Version(".".join(str(item) for item in other))

    def _compare(self, name, other):
        from packaging.version import InvalidVersion, Version
        try:
            return getattr(Version(self), name)(self._other(other))
        except InvalidVersion:
            return getattr(super(), name)(other)


for _name in ("__gt__", "__lt__", "__eq__", "__ge__", "__le__"):
    setattr(TorchVersion, _name, lambda self, other, _name=_name: self._compare(_name, other))
'''


def parts_of(literal):
    return tuple(int(part) for part in literal.split("."))


def tuple_text(literal):
    return "(" + ", ".join(literal.split(".")) + ",)"


# Each style yields (lines before, expression). {v} is the literal, {t} it as a tuple, {op} the comparison.
STYLES = {
    "torch version text": ("import torch", 'torch.__version__ {op} "{v}"'),
    "torch version of version": ("import torch.version", 'torch.version.__version__ {op} "{v}"'),
    "text of it": ("import torch", 'str(torch.__version__) {op} "{v}"'),
    "torch version tuple": ("import torch", "torch.__version__ {op} {t}"),
    "from torch": ("from torch import __version__ as V", 'V {op} "{v}"'),
    "packaging parse": ("import torch\nfrom packaging import version",
                        'version.parse(torch.__version__) {op} version.parse("{v}")'),
    "packaging Version": ("import torch\nfrom packaging.version import Version",
                          'Version(torch.__version__) {op} Version("{v}")'),
    "swapped": ("import torch\nfrom packaging.version import Version",
                'Version("{v}") {op} Version(torch.__version__)'),
    "packaging as": ("import torch as th\nimport packaging.version as pv",
                     'pv.parse(th.__version__) {op} pv.parse("{v}")'),
    "dotted": ("import torch\nimport packaging.version",
               'packaging.version.Version(torch.__version__) {op} packaging.version.Version("{v}")'),
    "base version": ("import torch\nfrom packaging import version",
                     'version.parse(version.parse(torch.__version__).base_version) {op} version.parse("{v}")'),
    "public": ("import torch\nfrom packaging.version import parse",
               'parse(parse(torch.__version__).public) {op} parse("{v}")'),
    "release": ("import torch\nfrom packaging.version import parse",
                "parse(torch.__version__).release {op} {t}"),
    "release of two": ("import torch\nfrom packaging.version import parse",
                       "parse(torch.__version__).release[:2] {op} {t}"),
    "major and minor": ("import torch\nfrom packaging.version import Version\n_V = Version(torch.__version__)",
                        "(_V.major, _V.minor) {op} {t}"),
    "major alone": ("import torch\nfrom packaging.version import Version",
                    "Version(torch.__version__).major >= 2 and Version(torch.__version__).minor {op} 6"),
    "constants": ("import torch\nMAJOR, MINOR = (int(x) for x in torch.__version__.split('.')[:2])",
                  "(MAJOR, MINOR) {op} {t}"),
    "constants by map": ("import torch\nMAJOR, MINOR = map(int, torch.__version__.split('.')[:2])",
                         "MAJOR > 1 and MINOR {op} 6"),
    "tuple of map": ("import torch", 'tuple(map(int, torch.__version__.split(".")[:2])) {op} {t}'),
    "tuple of comprehension": ("import torch",
                               'tuple(int(x) for x in torch.__version__.split("+")[0].split(".")[:2]) {op} {t}'),
    "list": ("import torch", '[int(x) for x in torch.__version__.split(".")[:2]] {op} [2, 6]'),
    "one number": ("import torch", 'int(torch.__version__.split(".")[1]) {op} 6'),
    "float": ("import torch", 'float(".".join(torch.__version__.split(".")[:2])) {op} 2.6'),
    "without local": ("import torch", 'torch.__version__.split("+")[0] {op} "{v}"'),
    "by partition": ("import torch\nfrom packaging.version import Version",
                     'Version(torch.__version__.partition("+")[0]) {op} Version("{v}")'),
    "first letters": ("import torch", 'torch.__version__[:3] {op} "2.6"'),
    "starts with": ("import torch", 'not torch.__version__.startswith("2.6")'),
    "starts with one of": ("import torch", 'torch.__version__.startswith(("2.0", "2.1."))'),
    "in": ("import torch", 'torch.__version__ in ("2.6.0", "2.10.0+cu128")'),
    "metadata": ("import importlib.metadata\nfrom packaging.version import Version",
                 'Version(importlib.metadata.version("torch")) {op} Version("{v}")'),
    "metadata as": ("from importlib.metadata import version as _version\nfrom packaging.version import parse",
                    'parse(_version("torch")) {op} parse("{v}")'),
    "metadata text": ("from importlib import metadata", 'metadata.version("torch") {op} "{v}"'),
    "torch_version": ("from torch.torch_version import TorchVersion\nimport torch",
                      'TorchVersion(torch.__version__) {op} "{v}"'),
    "torch_version of text": ("from torch.torch_version import TorchVersion, __version__ as V",
                              'V {op} TorchVersion("{v}")'),
    "specifier": ("import torch\nfrom packaging.specifiers import SpecifierSet",
                  'torch.__version__ in SpecifierSet("{op}{v}")'),
    "specifier contains": ("import torch\nfrom packaging.specifiers import SpecifierSet",
                           'SpecifierSet("{op}{v}").contains(torch.__version__, prereleases=True)'),
    "loose": ("import torch\nfrom distutils.version import LooseVersion",
              'LooseVersion(torch.__version__) {op} LooseVersion("{v}")'),
    "strict": ("import torch\nfrom distutils.version import StrictVersion",
               'StrictVersion(torch.__version__.split("+")[0]) {op} StrictVersion("{v}")'),
    "operator": ("import operator\nimport torch\nfrom packaging.version import Version",
                 'operator.{word}(Version(torch.__version__), Version("{v}"))'),
    "between": ("import torch\nfrom packaging.version import Version",
                'Version("2.1") <= Version(torch.__version__) < Version("{v}")'),
    "is prerelease": ("import torch\nfrom packaging.version import Version",
                      'Version(torch.__version__).is_devrelease or Version(torch.__version__) {op} Version("{v}")'),
    "hasattr": ("import torch", 'hasattr(torch, "feature")'),
    "hasattr below": ("import torch.nn as nn", 'hasattr(nn, "Fresh")'),
    "getattr": ("import torch", 'getattr(torch, "feature", None) is not None'),
    "getattr bare": ("import torch", 'getattr(torch, "feature", False)'),
    "dir": ("import torch", '"feature" in dir(torch)'),
    "find_spec": ("import importlib.util", 'importlib.util.find_spec("torch.new") is not None'),
    "find_spec as": ("from importlib.util import find_spec", 'find_spec("torch.new")'),
    "all": ("import torch\nfrom packaging.version import Version",
            'hasattr(torch, "feature") and Version(torch.__version__) {op} Version("{v}")'),
    "any": ("import torch\nfrom packaging.version import Version",
            'hasattr(torch, "feature") or Version(torch.__version__) {op} Version("{v}")'),
    "not": ("import torch\nfrom packaging.version import Version",
            'not (Version(torch.__version__) {op} Version("{v}"))'),
    "choice": ("import torch\nfrom packaging.version import Version",
               '(Version(torch.__version__) >= Version("2.6.0a0")) if hasattr(torch, "feature") else False'),
    "max": ("import torch\nfrom packaging.version import Version",
            'max(Version(torch.__version__), Version("2.1")) {op} Version("{v}")'),
    "table": ("import torch\nfrom packaging.version import Version\nimport operator\n"
              'OPS = {{">=": operator.ge, "<": operator.lt, ">": operator.gt, "<=": operator.le, "==": operator.eq}}',
              'OPS["{op}"](Version(torch.__version__), Version("{v}"))'),
}

IMPORT = "import torch.extra_{n}"

# Each shape has {before}, {test} and imports named by IMPORT.
SHAPES = {
    "if": "{before}\nif {test}:\n    {0}\n",
    "if not": "{before}\nif not ({test}):\n    {0}\n",
    "if else": "{before}\nif {test}:\n    {0}\nelse:\n    {1}\n",
    "elif": "{before}\nif not hasattr(torch_, 'absent_everywhere') and False:\n    {0}\nelif {test}:\n    {1}\nelse:\n    {2}\n",
    "nested": "{before}\nif {test}:\n    if hasattr(torch_, 'feature'):\n        {0}\n    {1}\n",
    "flag": "{before}\nFLAG = {test}\nif FLAG:\n    {0}\n",
    "flag of flags": "{before}\n_A = {test}\nB = _A and True\nif not B:\n    {0}\nelse:\n    {1}\n",
    "flag set in if": "{before}\nFLAG = False\nif {test}:\n    FLAG = True\nif FLAG:\n    {0}\n",
    "flag set in else": "{before}\nif {test}:\n    FLAG = 'new'\nelse:\n    FLAG = 'old'\nif FLAG == 'new':\n    {0}\nif FLAG == 'old':\n    {1}\n",
    "early return": "{before}\ndef f():\n    if {test}:\n        return\n    {0}\nf()\n",
    "early return not": "{before}\ndef f():\n    if not ({test}):\n        return 1\n    {0}\n    return 2\nf()\n",
    "early raise": "{before}\ndef f():\n    if not ({test}):\n        raise ImportError('old')\n    {0}\ntry:\n    f()\nexcept ImportError:\n    pass\n",
    "return in else": "{before}\ndef f():\n    if {test}:\n        {0}\n    else:\n        return\n    {1}\nf()\n",
    "nested return": "{before}\ndef f():\n    if True:\n        if {test}:\n            return\n    {0}\nf()\n",
    "return in both": "{before}\ndef f(x=1):\n    if {test}:\n        if hasattr(torch_, 'feature'):\n            return 1\n        {0}\n    else:\n        {1}\n    {2}\nf()\n",
    "module raise": "{before}\nif not ({test}):\n    raise ImportError('old')\n{0}\n",
    "assert": "{before}\ndef f():\n    assert {test}\n    {0}\ntry:\n    f()\nexcept AssertionError:\n    pass\n",
    "assert at top": "{before}\nassert {test}, 'old'\n{0}\n",
    "continue": "{before}\nfor i in range(1):\n    if {test}:\n        continue\n    {0}\n",
    "function": "{before}\ndef is_new():\n    return {test}\nif is_new():\n    {0}\n",
    "function with branches": "{before}\ndef is_new():\n    if {test}:\n        return True\n    return False\nif not is_new():\n    {0}\nelse:\n    {1}\n",
    "function with try": "{before}\ndef is_new():\n    try:\n        import torch.new\n    except ImportError:\n        return False\n    return {test}\nif is_new():\n    {0}\n",
    "raising function": "{before}\ndef check_new():\n    if not ({test}):\n        raise RuntimeError('old')\ndef f():\n    check_new()\n    {0}\ntry:\n    f()\nexcept RuntimeError:\n    pass\n",
    "other file": ("{before}\nFLAG = {test}\n", "from .a import FLAG\nif FLAG:\n    {0}\n"),
    "other file as": ("{before}\nFLAG = {test}\n", "from .a import FLAG as F\nif not F:\n    {0}\nelse:\n    {1}\n"),
    "other file's module": ("{before}\nFLAG = {test}\n", "from . import a\nif a.FLAG:\n    {0}\n"),
    "absolute file": ("{before}\nFLAG = {test}\n", "from case.a import FLAG\ndef f():\n    if FLAG:\n        {0}\nf()\n"),
    "other file's function": ("{before}\ndef is_new():\n    return {test}\n", "from .a import is_new\nif is_new():\n    {0}\n"),
    "star": ("{before}\nIS_NEW = {test}\n", "from .a import *\nif IS_NEW:\n    {0}\n"),
    "conditional value": "{before}\nimport builtins\nKIND = 'a' if {test} else 'b'\nif KIND == 'a':\n    {0}\nelse:\n    {1}\n",
    "try flag": "{before}\ntry:\n    import torch.new\n    HAS = True\nexcept ImportError:\n    HAS = False\nif HAS and ({test}):\n    {0}\nif not HAS:\n    {1}\n",
    "try else flag": "{before}\ntry:\n    from torch import feature\nexcept ImportError:\n    feature = None\nelse:\n    {0}\nif feature is not None:\n    {1}\n",
    "try returns": "{before}\ndef f():\n    try:\n        import torch.new\n        return {test}\n    except ImportError:\n        pass\n    {0}\nf()\n",
    "handler returns": "{before}\ndef f():\n    try:\n        import torch.new\n    except ImportError:\n        return None\n    {0}\nf()\n",
    "try raise": "{before}\ntry:\n    if not ({test}):\n        raise ImportError\n    HAS = True\nexcept ImportError:\n    HAS = False\nif HAS:\n    {0}\nelse:\n    {1}\n",
    "suppress": "{before}\nfrom contextlib import suppress\nNEW = False\nwith suppress(ImportError):\n    import torch.new\n    NEW = True\nif NEW:\n    {0}\n",
    "attribute error": "{before}\ntry:\n    torch_.feature\n    NEW = True\nexcept AttributeError:\n    NEW = False\nif NEW:\n    {0}\nelse:\n    {1}\n",
    "walrus": "{before}\nif (new := ({test})):\n    {0}\n",
    "class": "{before}\nclass A:\n    if {test}:\n        {0}\n    new = {test}\n",
    "refusal before": "{before}\ndef f(use):\n    if use and not ({test}):\n        raise RuntimeError('old')\n    if use:\n        {0}\nfor use in (True, False):\n    try:\n        f(use)\n    except RuntimeError:\n        pass\n",
    "refusal in a branch before": "{before}\ndef f(kind):\n    if kind in ('a', 'b'):\n        if not ({test}):\n            raise RuntimeError('old')\n    for i in range(1):\n        if kind == 'a' and not i:\n            {0}\n    if kind != 'b':\n        return\n    {1}\nfor kind in ('a', 'b', 'c'):\n    try:\n        f(kind)\n    except RuntimeError:\n        pass\n",
    "assertion before": "{before}\nclass A:\n    def f(self):\n        assert self.mesh is None or ({test})\n        if not self.mesh:\n            return\n        {0}\nfor mesh in (None, 1):\n    a = A()\n    a.mesh = mesh\n    try:\n        a.f()\n    except AssertionError:\n        pass\n",
    "base class": "{before}\nclass A:\n    def __init__(self):\n        if not ({test}):\n            raise RuntimeError('old')\nclass B(A):\n    def f(self):\n        {0}\nclass C(B):\n    def __init__(self):\n        self.n = 1\n        super().__init__()\n    def f(self):\n        {1}\nclass D(B):\n    def __init__(self):\n        pass\n    def f(self):\n        {2}\nfor each in (B, C, D):\n    try:\n        each().f()\n    except RuntimeError:\n        pass\n",
    "other file's base class": ("{before}\nclass A:\n    def __init__(self):\n        if not ({test}):\n            raise RuntimeError('old')\n", "from .a import A\nclass B(A):\n    def f(self):\n        {0}\nclass C(A):\n    def __init__(self):\n        pass\n    def f(self):\n        {1}\nfor each in (B, C):\n    try:\n        each().f()\n    except RuntimeError:\n        pass\n"),
    "package": ("{0}\n", "from . import a\n{1}\ndef f():\n    {2}\nf()\n", "{before}\nif not ({test}):\n    raise ImportError('old')\n"),
    "package with a helper": ("{0}\n", "from . import a\n{1}\n", "{before}\ndef check_new():\n    if not ({test}):\n        raise ImportError('old')\ncheck_new()\n"),
    "package that imports before": ("{0}\n", "{1}\n", "{before}\nfrom . import a\nif not ({test}):\n    raise ImportError('old')\n"),
    "module getattr": "{before}\ndef __getattr__(name):\n    if name == 'thing':\n        if not ({test}):\n            raise AttributeError(name)\n        {0}\n        return 1\n    raise AttributeError(name)\nimport sys\ngetattr(sys.modules[__name__], 'thing', None)\n",
}

OPS = {">=": "ge", "<": "lt", ">": "gt", "<=": "le", "==": "eq"}

RUNNER = '''
import importlib, json, os, sys, types
torch_folder, version, names = sys.argv[1], sys.argv[2], set(sys.argv[3].split(","))
sys.path.insert(0, torch_folder)
import warnings
warnings.simplefilter("ignore")
import torch as torch_
import builtins
builtins.torch_ = torch_
ran = []
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name.startswith("torch.extra_"):
            return importlib.util.spec_from_loader(name, self)
        return None
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        ran.append(module.__name__)
import importlib.util
folders = [""]
class Cases:
    """Modules of the package "case", straight from their files."""
    def find_spec(self, name, path=None, target=None):
        if name != "case" and not name.startswith("case."):
            return None
        return importlib.util.spec_from_loader(name, self, is_package=name == "case")
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        file = folders[0] + "/" + module.__name__.replace(".", "/") + (".py" if "." in module.__name__ else "/__init__.py")
        with open(file, encoding="utf-8") as text:
            exec(compile(text.read(), file, "exec"), module.__dict__)
sys.meta_path.insert(0, Finder())
sys.meta_path.insert(0, Cases())
for line in sys.stdin:
    folder, modules = line.rstrip("\\n").split("\\t")
    folders[0] = folder
    ran.clear()
    error = ""
    for name in [n for n in sys.modules if n == "case" or n.startswith("case.") or n.startswith("torch.extra_")]:
        del sys.modules[name]
    for name in list(vars(torch_)):
        if name.startswith("extra_"): delattr(torch_, name)
    sys.modules.pop("torch.new", None)
    if hasattr(torch_, "new"): del torch_.new
    try:
        for module in modules.split(" "):
            importlib.import_module("case." + module)
    except (ImportError, AssertionError) as problem:
        error = ""
    except Exception as problem:
        error = f"{type(problem).__name__}: {problem}"
    print(json.dumps([sorted(ran), error]))
'''


def release_of(version):
    head = version.split("+")[0]
    parts = []
    for part in head.split("."):
        digits = "".join(itertools.takewhile(str.isdigit, part))
        if digits != part:
            if digits:
                parts.append(int(digits))
            break
        parts.append(int(part))
    return tuple(parts)


def is_release(version):
    return all(part.isdigit() for part in version.split("."))


def names_at(version):
    return {name for name, since in NAMES.items() if release_of(version)[:2] >= since}


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def write_torch(folder, version, public):
    names = names_at(version)
    write(f"{folder}/torch/torch_version.py", TORCH + "from .version import __version__ as _v\n__version__ = TorchVersion(_v)\n")
    write(f"{folder}/torch/version.py", f"__version__ = {version!r}\n")
    write(f"{folder}/torch/__init__.py", "from .torch_version import __version__ as __version__\n"
          + ("feature = len\n" if "torch:feature" in names else ""))
    write(f"{folder}/torch/nn/__init__.py", "Fresh = len\n" if "torch.nn:Fresh" in names else "")
    for module in ("new", "old"):
        if f"torch.{module}" in names:
            write(f"{folder}/torch/{module}.py", "")
    write(f"{folder}/torch-{public}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: torch\nVersion: {public}\n")


def cases():
    """(name, {file: text}) of each combination of a style with a shape, comparison and literal."""
    has_distutils = importlib.util.find_spec("distutils") is not None  # Python 3.12 has no more
    styles = [style for style in STYLES if has_distutils or style not in ("loose", "strict")]
    shapes = list(SHAPES)
    made = 0
    for (index, style), (place, shape) in itertools.product(enumerate(styles), enumerate(shapes)):
        ops = list(OPS.items())
        for turn in range(2):
            op, word = ops[(index + place + turn * 2) % len(ops)]
            literal = LITERALS[(index * 3 + place + turn) % len(LITERALS)]
            before, test = (text.format(v=literal, t=tuple_text(literal), op=op, word=word) for text in STYLES[style])
            texts = SHAPES[shape] if isinstance(SHAPES[shape], tuple) else (SHAPES[shape],)
            imports = [IMPORT.format(n=n) for n in range(3)]
            files = {name: text.format(*imports, before=before, test=test)
                     for name, text in zip(("a", "b", "__init__"), texts)}
            # torch_ is the runner's builtin; the scanned text has an import of that name.
            files = {name: text.replace("torch_.", "torch.").replace("torch_,", "torch,") for name, text in files.items()}
            files = {name: "import torch\n" + text for name, text in files.items()}
            yield f"{style} / {shape} / {op} {literal} #{made}", files
            made += 1


def lines_of(files):
    """Where the imports stand: {name: (file, line)}."""
    found = {}
    for name, text in files.items():
        for number, line in enumerate(text.splitlines(), 1):
            if line.strip().startswith("import torch.extra_"):
                found[line.strip().split()[1]] = (f"case/{name}.py", number)
    return found


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("--show", type=int, default=20)
    parser.add_argument("--every", type=int, default=1, help="compare only every Nth case")
    options = parser.parse_args()
    compared = skipped = wrong = undecided = 0
    with tempfile.TemporaryDirectory() as top:
        all_cases = list(cases())[::options.every]
        for number, (_, files) in enumerate(all_cases):
            write(f"{top}/c{number}/case/__init__.py", "")
            for name, text in files.items():
                write(f"{top}/c{number}/case/{name}.py", text)
        write(f"{top}/runner.py", RUNNER)
        for position, version in enumerate(VERSIONS):
            public = version
            full = version + LOCALS[position % len(LOCALS)]
            torch = f"{top}/torch-{position}"
            write_torch(torch, full, public)
            names = names_at(full)
            order = ["b" if "b" in files else "a" for _, files in all_cases]
            ran = subprocess.run([sys.executable, f"{top}/runner.py", torch, full, ",".join(names)],
                                 input="".join(f"{top}/c{n}\t{m}\n" for n, m in enumerate(order)), text=True,
                                 stdout=subprocess.PIPE, check=True).stdout.splitlines()
            present = " ".join(sorted({n if ":" in n else n + ":" for n in names} | {"torch:", "torch.nn:", "torch.version:",
                               "torch:version", "torch.version:__version__", "torch:__version__",
                               "torch.torch_version:TorchVersion", "torch.torch_version:__version__"}))
            out = subprocess.run([options.program, "gates"], text=True, stdout=subprocess.PIPE, check=True,
                                 input="".join(f"{top}/c{n}\t{public}\t{full}\t{present}\n"
                                               for n in range(len(all_cases)))).stdout
            answers = out.split("CASE ")[1:]
            for number, ((name, files), line, answer) in enumerate(zip(all_cases, ran, answers)):
                imported, error = json.loads(line)
                if error:
                    skipped += 1
                    continue
                said = {}
                for row in answer.splitlines()[1:]:
                    file, at, _, runs, need, *_ = row.split(" ")
                    said[(file, int(at))] = "no" if need == "type" else runs
                for module, place in lines_of(files).items():
                    expected = "yes" if module in imported else "no"
                    found = said.get(place, "missing")
                    compared += 1
                    if found == expected:
                        continue
                    if found == "unknown" and name.startswith("specifier / ") and not is_release(version):
                        continue  # releases of packaging differ
                    if found in ("depends", "unknown"):
                        undecided += 1
                    wrong += 1
                    if wrong <= options.show:
                        print(f"torch {full}: {name}: {module}: ran {expected}, the probe says {found}\n"
                              + textwrap.indent("\n".join(files.values()), "    "))
    print(f"{len(all_cases)} gated packages x {len(VERSIONS)} versions: {compared} imports compared, {skipped} runs with "
          f"other errors left out, {wrong} differences ({undecided} undecided)")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
