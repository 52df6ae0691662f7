"""Damaged Python: real files with random changes, which must neither crash nor hang the scanner, nor `launch scan`.

usage: mutated.py PROBE_DUMP LAUNCH [FOLDER…] [--files N] [--seed S]

Those that this Python still parses are compared with it, as imports.py does. Without folders: its standard library. Exit
code 1 on any difference, crash or document that is not JSON.
"""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import sysconfig
import tempfile

import imports

LARGEST = 64 * 1024  # bytes of a file to start from
BATCH = 1000  # files in one `launch scan`
LIMIT = 120  # seconds for one of them, far more than it needs

# No letters that Python takes for others (NFKC), such as mathematical ones: the scanner does not.
PIECES = ["(", ")", "[", "]", "{", "}", ":", ",", ";", "\\\n", "\n", "\t", "    ", "'", '"', '"""', "f'{", "}'", "#", "@", "=",
          ":=", "->", "...", "*", "**", "if ", "else:", "try:", "except ImportError:", "finally:", "import ", "from ", "torch.",
          "async ", "await ", "lambda: ", "yield ", "match x:", "case _:", "class C:", "def f(", "return", "raise", "\x00",
          "\x0c", "\ufeff", "é", "0x", "1_000j", "\r", "import torch.a as b, torch.c\n", "type X = int\n",
          "if TYPE_CHECKING:\n", "torch.__version__ >= '2.6'", "hasattr(torch, 'x') and ", "(" * 300, " " * 200 + "x\n"]


def lines_changed(text, chance):
    lines = text.splitlines(keepends=True)
    if not lines:
        return text
    first = chance.randrange(len(lines))
    last = min(len(lines), first + chance.choice((1, 1, 1, 2, 5, 40)))
    how = chance.randrange(6)
    if how == 0:
        del lines[first:last]
    elif how == 1:
        at = chance.randrange(len(lines))
        lines[at:at] = lines[first:last]
    elif how == 2:
        at = chance.randrange(len(lines))
        lines[first], lines[at] = lines[at], lines[first]
    elif how == 3:
        lines[first:last] = [chance.choice(("    ", "\t", " ")) + line for line in lines[first:last]]
    elif how == 4:
        lines[first:last] = [line[chance.randrange(1, 5):] for line in lines[first:last]]
    else:
        indent = lines[first][:len(lines[first]) - len(lines[first].lstrip())]
        head = chance.choice(("try:", "if x:", "if TYPE_CHECKING:", "with suppress(ImportError):", "for x in y:", "def f():",
                              "class C:", "if torch.__version__ < '2.5':"))
        tail = [f"{indent}except {chance.choice(('ImportError', 'Exception', 'KeyError'))}:\n", f"{indent}    pass\n"]
        lines[first:last] = [f"{indent}{head}\n", *("    " + line for line in lines[first:last]),
                             *(tail if head == "try:" else ())]
    return "".join(lines)


def characters_changed(text, chance):
    at = chance.randrange(len(text) + 1)
    how = chance.randrange(4)
    if how == 0:
        return text[:at] + text[at + chance.choice((1, 1, 3, 20)):]
    if how == 1:
        return text[:at] + chance.choice(PIECES) + text[at:]
    if how == 2:
        return text[:at] + chance.choice(PIECES) + text[at + 1:]
    return text[:at] if chance.random() < 0.3 else text.replace(chance.choice(PIECES), chance.choice(PIECES), 3)


def mutated(source, chance):
    """Bytes: mostly text with few changes."""
    text = source.decode("utf-8", "replace")
    for _ in range(chance.choice((1, 1, 2, 3, 8))):
        text = chance.choice((lines_changed, lines_changed, characters_changed))(text, chance)
    content = bytearray(text.encode("utf-8", "surrogatepass"))
    if content and chance.random() < 0.05:
        content[chance.randrange(len(content))] = chance.randrange(256)
    return bytes(content)


def scan(launch, folder):
    done = subprocess.run([launch, "--json", "scan", folder], capture_output=True, timeout=LIMIT)
    try:
        assert done.returncode == 0
        json.loads(done.stdout)
    except (AssertionError, ValueError):
        print(f"launch scan {folder}: code {done.returncode}\n{done.stderr.decode('utf-8', 'replace')[-2000:]}")
        return False
    return True


def compare(program, folder, names):
    """The differences, a line each."""
    paths = [os.path.join(folder, name) for name in names]
    found = imports.dump(program, "imports", paths)
    parsed = []
    for path in paths:
        with open(path, "rb") as file:
            source = file.read()
        try:
            expected = imports.expected_imports(source)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        parsed.append(path)
        if found[path] != expected:
            yield path, [use for use in expected if use not in found[path]], [u for u in found[path] if u not in expected]
    print(f"{len(paths)} files, of which this Python parses {len(parsed)}", flush=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("program")
    parser.add_argument("launch")
    parser.add_argument("folders", nargs="*")
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--keep", type=pathlib.Path, help="a folder for the files that fail")
    options = parser.parse_args()
    real = [path for path in imports.files_below(options.folders or [sysconfig.get_path("stdlib")], 0)
            if os.path.getsize(path) <= LARGEST]
    chance = random.Random(options.seed)
    wrong = 0
    for start in range(0, options.files, BATCH):
        with tempfile.TemporaryDirectory() as folder:
            names = [f"f{number}.py" for number in range(start, min(options.files, start + BATCH))]
            for name in names:
                source = pathlib.Path(chance.choice(real)).read_bytes()
                pathlib.Path(folder, name).write_bytes(mutated(source, chance))
            wrong += not scan(options.launch, folder)
            for path, missing, more in compare(options.program, folder, names):
                wrong += 1
                print(f"{path}: Python alone has {missing[:3]}, the scanner alone {more[:3]}")
                if options.keep:
                    options.keep.mkdir(parents=True, exist_ok=True)
                    (options.keep / os.path.basename(path)).write_bytes(pathlib.Path(path).read_bytes())
    print(f"{options.files} files, {wrong} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
