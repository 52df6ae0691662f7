"""Compiles Python files to bytecode, and runs none of them.

usage: compile_files.py JOB

JOB is a JSON file: "from" is a wheel or a folder; "files" lists [INDEX IN THE WHEEL or PATH IN THE FOLDER, PATH BELOW THE
PREFIX]; "prefix" is where the files will be; "out" is the zip to write, with the bytecode by its path below the prefix;
"checked" says whether the interpreter compares the bytecode with its source. The same input gives the same bytes. A file
that is not valid Python, such as a template, is left out.
"""

import importlib.util
import json
import marshal
import os
import sys
import warnings
import zipfile


def reader(place):
    if os.path.isdir(place):
        return lambda name: open(os.path.join(place, name), "rb").read()
    wheel = zipfile.ZipFile(place)
    entries = wheel.infolist()
    return lambda index: wheel.read(entries[index])


def bytecode(source, path, checked):
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    flags = 3 if checked else 1  # PEP 552
    return b"".join([importlib.util.MAGIC_NUMBER, flags.to_bytes(4, "little"), importlib.util.source_hash(source),
                     marshal.dumps(code)])


def main(job):
    warnings.simplefilter("ignore")
    read = reader(job["from"])
    with zipfile.ZipFile(job["out"], "w") as out:
        for name, path in job["files"]:
            full = f"{job['prefix']}/{path}"
            content = bytecode(read(name), full, job["checked"])
            if content is None:
                continue
            place = zipfile.ZipInfo(importlib.util.cache_from_source(full)[len(job["prefix"]) + 1:])
            place.create_system = 3  # Unix, whatever this is
            place.external_attr = 0o100644 << 16
            out.writestr(place, content)


with open(sys.argv[1], encoding="utf-8") as file:
    main(json.load(file))
