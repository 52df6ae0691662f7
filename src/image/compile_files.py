"""Compiles Python files to bytecode, and runs none of them.

usage: compile_files.py JOB

JOB is a JSON file: "from" is a wheel or a folder; "files" lists [INDEX IN THE WHEEL or PATH IN THE FOLDER, PATH BELOW THE
PREFIX], and a third value, true, for a file that is the same as when the zip "earlier" was made, which has its bytecode;
"prefix" is where the files will be; "out" is the zip to write, with the bytecode by its path below the prefix; "checked"
says whether the interpreter compares the bytecode with its source; "processes" is how many compile at a time. The same
input gives the same bytes, however many these are, and whatever is taken from the earlier zip. A file that is not valid
Python, such as a template, is left out.
"""

import encodings.cp437  # noqa: F401 (names in zips; see compile_some)
import importlib.util
import json
import marshal
import os
import signal
import sys
import traceback
import warnings
import zipfile


class Sources:
    def __init__(self, place):
        self.place = place
        self.wheel = None if os.path.isdir(place) else zipfile.ZipFile(place)
        self.entries = self.wheel.infolist() if self.wheel else []

    def reopen(self):
        """In a new process: processes must not share a position in the file."""
        if self.wheel:
            self.wheel.fp = open(self.place, "rb")

    def read(self, name):
        if self.wheel:
            return self.wheel.read(self.entries[name])
        with open(os.path.join(self.place, name), "rb") as file:
            return file.read()


def bytecode(source, path, checked):
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    flags = 3 if checked else 1  # PEP 552
    return b"".join([importlib.util.MAGIC_NUMBER, flags.to_bytes(4, "little"), importlib.util.source_hash(source),
                     marshal.dumps(code)])


def compile_some(job, sources, share, place):
    """Compiles the first files of a share, and writes what came of each to `place`.

    marshal marks objects that others refer to as well; up to Python 3.10 names among them, so the bytes of a file depend on
    the modules that are loaded. A file may load some (a codec, unicodedata for a name of a character). The next file then
    needs a new process: bytecode must not depend on the files that were compiled before.
    """
    sources.reopen()
    loaded = len(sys.modules)
    made = []
    for name, path, *_ in share:
        made.append(bytecode(sources.read(name), f"{job['prefix']}/{path}", job["checked"]))
        if len(sys.modules) != loaded:
            break
    with open(place, "wb") as file:
        file.write(marshal.dumps(made))


def start(job, sources, share, place):
    """The process that does this."""
    process = os.fork()
    if process:
        return process
    code = 1
    try:
        compile_some(job, sources, share, place)
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def compile_all(job, sources, files):
    """The bytecode of files by their paths; None for what is not Python."""
    made = {}
    running = {}

    def go_on(share, place):
        if share:
            running[start(job, sources, share, place)] = share, place

    try:
        for number in range(job["processes"]):
            go_on(files[number :: job["processes"]], f"{job['out']}.{number}")
        while running:
            process, status = os.wait()
            share, place = running.pop(process)
            if os.WIFSIGNALED(status):
                print(f"a compiling process was killed by signal {os.WTERMSIG(status)}", file=sys.stderr)
            if status:
                sys.exit(1)
            with open(place, "rb") as file:
                some = marshal.load(file)
            os.remove(place)
            made.update((path, content) for (_, path, *_), content in zip(share, some))
            go_on(share[len(some) :], place)
    except BaseException:
        for process in running:
            os.kill(process, signal.SIGKILL)
        for process in running:
            os.waitpid(process, 0)
        raise
    return made


def main(job):
    warnings.simplefilter("ignore")
    files = job["files"]
    made = compile_all(job, Sources(job["from"]), [file for file in files if len(file) == 2])
    earlier = zipfile.ZipFile(job["earlier"]) if job["earlier"] else None
    known = set(earlier.namelist()) if earlier else set()
    with zipfile.ZipFile(job["out"], "w") as out:
        for _, path, *same in files:
            full = f"{job['prefix']}/{path}"
            place = zipfile.ZipInfo(importlib.util.cache_from_source(full)[len(job["prefix"]) + 1:])
            if same:
                content = earlier.read(place.filename) if place.filename in known else None
            else:
                content = made[path]
            if content is None:
                continue
            place.create_system = 3  # Unix, whatever this is
            place.external_attr = 0o100644 << 16
            out.writestr(place, content)


with open(sys.argv[1], encoding="utf-8") as file:
    main(json.load(file))
