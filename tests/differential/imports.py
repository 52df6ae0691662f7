"""Compares the Python scanner's results with Python's own tokenize and ast, on many real files.

usage: imports.py PROBE_DUMP [FOLDER…] [--least N] [--most N]

Without folders: the standard library and everything installed for the Python that runs this. A file that this Python
itself cannot parse is only required not to crash the scanner. Exit code 1 on any difference, and when fewer than
--least files could be compared.
"""

import argparse
import ast
import io
import os
import subprocess
import sys
import sysconfig
import tokenize
import warnings

OTHER_ERRORS = {"ImportError", "Exception", "BaseException"}
IMPORT_ERRORS = OTHER_ERRORS | {"ModuleNotFoundError"}


class Place:
    """The context of a place in the code; the names are those of the scanner's `need`.

    `modules`: what guards it, or offers the last choice, takes only that a module is missing.
    """

    def __init__(self, never=False, path=False, guarded=False, choices=(), modules=False):
        self.never, self.path, self.guarded, self.choices, self.modules = never, path, guarded, choices, modules

    def but(self, **changes):
        values = dict(never=self.never, path=self.path, guarded=self.guarded, choices=self.choices, modules=self.modules)
        values.update(changes)
        return Place(**values)


def says_type_checking(node):
    return (isinstance(node, ast.Name) and node.id == "TYPE_CHECKING") or (
        isinstance(node, ast.Attribute) and node.attr == "TYPE_CHECKING" and is_dotted(node))


def is_dotted(node):
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name)


def is_plain(node, *values):
    return isinstance(node, ast.Constant) and any(node.value is v or (type(v) is int and type(node.value) is int
                                                  and node.value == v) for v in values)


def run_of(test):
    """"never", "always" or "sometimes" for the first branch of an if."""
    if says_type_checking(test) or is_plain(test, False, 0):
        return "never"
    if is_plain(test, True, 1):
        return "always"
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = test.operand
        return "always" if says_type_checking(inner) or is_plain(inner, False, 0) else "sometimes"
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        if any(says_type_checking(v) or is_plain(v, False, 0) for v in test.values):
            return "never"
    return "sometimes"


def names_in(node):
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name):
            yield inner.id
        elif isinstance(inner, ast.Attribute):
            yield inner.attr


def takes_import_error(handler, errors=IMPORT_ERRORS):
    return handler.type is None or any(name in errors for name in names_in(handler.type))


def dotted(node):
    parts = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def gives_up(body):
    for node in body:
        if isinstance(node, ast.Raise):
            thrown = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if thrown is None or not skips(dotted(thrown)):
                return True
        if isinstance(node, ast.Expr):
            value = node.value
            while isinstance(value, (ast.Call, ast.BinOp, ast.Attribute, ast.Subscript, ast.Compare)):
                if isinstance(value, ast.Call):
                    if dotted(value.func) in ("exit", "quit", "sys.exit", "os._exit"):
                        return True
                    value = value.func
                else:
                    break
    return False


def skips(name):
    """True for what leaves out a test."""
    return (name in ("SkipTest", "pytest.skip", "pytest.xfail", "skip") or name.startswith("pytest.skip.")
            or name.endswith((".SkipTest", ".skipTest")))


def suppresses(node, errors=IMPORT_ERRORS):
    for item in node.items[:1]:
        call = item.context_expr
        if isinstance(call, ast.Call) and (dotted(call.func).split(".")[-1] in ("suppress", "assertRaises")
                                           or dotted(call.func) == "pytest.raises"):
            return any(name in errors for argument in call.args for name in names_in(argument))
    return False


def blocks(node):
    for field in ("body", "orelse", "finalbody"):
        yield from getattr(node, field, []) or []
    for handler in getattr(node, "handlers", []):
        yield from handler.body
    for case in getattr(node, "cases", []):
        yield from case.body


def brings(body, anything):
    for node in body:
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            continue
        if isinstance(node, ast.Import) or (isinstance(node, ast.ImportFrom) and (anything or node.level == 0)):
            return True
        if isinstance(node, ast.stmt) and brings(blocks(node), anything):
            return True
    return False


def without_modules(place):
    """The place of `from module import name`: the name can be missing though the module is there."""
    if not place.modules:
        return place
    return place.but(guarded=False) if place.guarded else place.but(choices=place.choices[:-1])


class Walk:
    def __init__(self):
        self.uses = []
        self.groups = 0

    def add(self, module, name, alias, place):
        need = "path" if place.path else "must"
        if place.guarded:
            need = "optional"
        if place.never:
            need = "type"
        choices = "".join(f" {group}.{index}" for group, index in place.choices)
        self.uses.append(f"{module}:{name} {alias.lineno} {alias.col_offset + 1} {need}{choices}")

    def body(self, nodes, place):
        for node in nodes:
            self.node(node, place)

    def node(self, node, place):
        if isinstance(node, ast.Import):
            for alias in node.names:
                self.add(alias.name, "", alias, place)
        elif isinstance(node, ast.ImportFrom):
            if node.level == 0:
                for alias in node.names:
                    self.add(node.module, alias.name, alias, place if alias.name == "*" else without_modules(place))
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            self.body(node.body, Place(never=place.never, path=True))
        elif isinstance(node, ast.ClassDef):
            self.body(node.body, place)
        elif isinstance(node, ast.If):
            self.branch(node, place)
        elif isinstance(node, (ast.Try, getattr(ast, "TryStar", ast.Try))):
            self.attempt(node, place)
        elif isinstance(node, (ast.With, ast.AsyncWith)):
            if suppresses(node):
                modules = not suppresses(node, OTHER_ERRORS) and (place.modules or not place.guarded)
                place = place.but(guarded=True, modules=modules)
            self.body(node.body, place)
        elif isinstance(node, (ast.For, ast.AsyncFor, ast.While)):
            inside = place.but(path=True)
            self.body(node.body, inside)
            self.body(node.orelse, inside)
        elif type(node).__name__ == "Match":
            for case in node.cases:
                self.body(case.body, place.but(path=True))

    def branch(self, node, place):
        run = run_of(node.test)
        if run == "never":
            self.body(node.body, place.but(never=True))
            rest = place
        elif run == "always":
            self.body(node.body, place)
            rest = place.but(never=True)
        else:
            rest = place.but(path=True)
            self.body(node.body, rest)
        self.body(node.orelse, rest)

    def attempt(self, node, place):
        handler = next((h for h in node.handlers if takes_import_error(h)), None)
        goes_on = handler is not None and not gives_up(handler.body)
        tries, offers = brings(node.body, False), goes_on and brings(handler.body, False)
        modules = (not any(takes_import_error(h, OTHER_ERRORS) for h in node.handlers)
                   and (place.modules or not place.guarded))  # fmt: skip
        tried, handled = place, place.but(path=True)
        if goes_on and tries and offers:
            group, self.groups = self.groups, self.groups + 1
            tried = place.but(choices=(*place.choices, (group, 0)), modules=modules)
            handled = place.but(choices=(*place.choices, (group, 1)))
        elif goes_on and tries:
            tried = place.but(guarded=True, modules=modules)
        elif offers and brings(node.body, True):
            handled = handled.but(guarded=True)
        self.body(node.body, tried)
        for h in node.handlers:
            self.body(h.body, handled if h is handler else place.but(path=True))
        self.body(node.orelse, tried)
        self.body(node.finalbody, place)


def order(use):
    return tuple(int(part) for part in use.split(" ")[1:3])


def expected_imports(source):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = ast.parse(source)
    walk = Walk()
    walk.body(tree.body, Place())
    return sorted(walk.uses, key=order)


KINDS = {tokenize.NAME: "NAME", tokenize.NUMBER: "NUMBER", tokenize.STRING: "STRING", tokenize.OP: "OP",
         tokenize.NEWLINE: "NEWLINE", tokenize.INDENT: "INDENT", tokenize.DEDENT: "DEDENT"}
OPENS = {getattr(tokenize, name) for name in ("FSTRING_START", "TSTRING_START") if hasattr(tokenize, name)}
CLOSES = {getattr(tokenize, name) for name in ("FSTRING_END", "TSTRING_END") if hasattr(tokenize, name)}


def expected_tokens(source):
    """Kind, line, column and bytes of each name, number, string and operator, and the blocks between them."""
    result, nested, start = [], 0, None
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        if token.type in OPENS:
            nested, start = nested + 1, start or token.start
        elif token.type in CLOSES:
            nested -= 1
            if nested == 0:
                result.append(f"STRING {start[0]} {start[1]}")
                start = None
        elif token.type == tokenize.ERRORTOKEN:  # the older, pure tokenize does not know all of Unicode's letters
            raise tokenize.TokenError
        elif nested == 0 and token.type in KINDS:
            kind = KINDS[token.type]
            if kind in ("NEWLINE", "INDENT", "DEDENT"):
                result.append(kind)
            else:
                result.append(f"{kind} {token.start[0]} {token.start[1]}")
    return result


def plain_tokens(lines, source):
    """The scanner's tokens in the form of expected_tokens: columns in characters."""
    text = source.decode("utf-8-sig").splitlines(keepends=True) if not source.isascii() else None
    result = []
    for line in lines:
        kind, row, column, _ = line.split(" ")
        if kind in ("NEWLINE", "INDENT", "DEDENT"):
            result.append(kind)
        elif kind != "END":
            at = int(column) - 1
            if text is not None:
                at = len(source_line(source, int(row))[:at].decode("utf-8"))
            result.append(f"{kind} {row} {at}")
    return result


LINES = {}


def source_line(source, row):
    if LINES.get("source") is not source:
        body = source[3:] if source.startswith(b"\xef\xbb\xbf") else source
        LINES.update(source=source, lines=body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").split(b"\n"))
    return LINES["lines"][row - 1]


def dump(program, what, paths):
    out = subprocess.run([program, what], input="".join(p + "\n" for p in paths).encode("utf-8"), check=True,
                         stdout=subprocess.PIPE).stdout.decode("utf-8", "replace")
    found, current = {}, None
    for line in out.split("\n")[:-1]:
        if line.startswith("FILE "):
            current = found.setdefault(line[5:], [])
        else:
            current.append(line)
    return found


def files_below(folders, most):
    seen = []
    for folder in folders:
        for place, inner, names in os.walk(folder):
            inner.sort()
            seen += [os.path.join(place, name) for name in sorted(names) if name.endswith(".py")]
    step = max(1, len(seen) // most) if most else 1
    return [path for path in seen[::step] if path.isprintable()]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--least", type=int, default=1)
    parser.add_argument("--most", type=int, default=0)
    options = parser.parse_args()
    folders = options.folders or sorted({sysconfig.get_path("stdlib"), sysconfig.get_path("purelib")})
    paths = files_below(folders, options.most)
    imports, tokens = dump(options.program, "imports", paths), dump(options.program, "tokens", paths)
    compared = {"imports": 0, "tokens": 0}
    uses = refused = shown = wrong = 0

    def report(path, what, expected, found):
        nonlocal shown, wrong
        wrong += 1
        if shown < 20:
            shown += 1
            at = next((i for i, pair in enumerate(zip(expected, found)) if pair[0] != pair[1]),
                      min(len(expected), len(found)))
            print(f"{path}: {what} differ: Python has {expected[at:at + 2]}, the scanner {found[at:at + 2]}")

    for path in paths:
        with open(path, "rb") as file:
            source = file.read()
        try:
            expected = expected_imports(source)
        except (SyntaxError, ValueError, RecursionError):
            refused += 1
            continue
        found = [use for use in imports[path] if not use.startswith("PROBLEM")]
        problems = [use for use in imports[path] if use.startswith("PROBLEM")]
        if problems or expected != found:
            report(path, "imports", expected, found + problems)
        compared["imports"] += 1
        uses += len(expected)
        try:
            source.decode("utf-8-sig")
            expected = expected_tokens(source)
        except (SyntaxError, ValueError, tokenize.TokenError):
            continue
        compared["tokens"] += 1
        found = plain_tokens([t for t in tokens[path] if not t.startswith("PROBLEM")], source)
        if expected != found:
            report(path, "tokens", expected, found)
    print(f"{compared['imports']} files with {uses} imports compared ({compared['tokens']} token by token), "
          f"{refused} that this Python refuses, {wrong} differences")
    return 1 if wrong or compared["imports"] < options.least else 0


if __name__ == "__main__":
    sys.exit(main())
