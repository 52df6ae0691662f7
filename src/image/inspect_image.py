"""Runs in an image: what does its torch say of itself, which names can be imported, does a command work?

usage: inspect_image.py [--torch] [--gpus] MODULE:NAME… -- COMMAND…

Writes a line of JSON to stdout before each step and for each answer. What is imported and the command write to stderr.
"""

import importlib
import json
import os
import subprocess
import sys
import time
import traceback

answers = os.fdopen(os.dup(1), "w", encoding="utf-8")  # which no child inherits
os.dup2(2, 1)


def answer(key, value):
    answers.write(json.dumps({key: value}) + "\n")
    answers.flush()


def reason(error):
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0]}"[:500] if lines else type(error).__name__


def torch_build(with_gpus):
    torch = importlib.import_module("torch")
    of_build = getattr(torch, "version", None)
    values = {key: getattr(of_build, key, None) for key in ("cuda", "hip", "git_version")}
    build = {key: None if value is None else str(value) for key, value in values.items()}
    build["version"] = str(torch.__version__)
    if with_gpus:
        try:
            build["gpus"] = torch.cuda.device_count()
        except Exception:
            traceback.print_exc()
            build["gpus"] = 0
    return build


def find(text):
    """What `from MODULE import NAME` does, or `import MODULE` without a name."""
    module, _, name = text.partition(":")
    if not name:
        importlib.import_module(module)
        return
    found = __import__(module, fromlist=[name])
    for each in [name] if name != "*" else getattr(found, "__all__", []):
        getattr(found, each)


def missing(names):
    for name in names:
        try:
            find(name)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            yield name, reason(error)


def main(arguments):
    at = arguments.index("--")
    names = [word for word in arguments[:at] if not word.startswith("--")]
    command = arguments[at + 1:]
    if "--torch" in arguments[:at]:
        answer("step", "importing torch")
        try:
            answer("torch", torch_build("--gpus" in arguments[:at]))
        except BaseException as error:
            traceback.print_exc()
            return answer("torch", {"error": reason(error)})
    answer("step", "importing the names that the code needs")
    answer("missing", dict(missing(names)))
    answer("step", "running the smoke test")
    sys.stdout.flush()
    began = time.monotonic()
    try:
        code = subprocess.call(command)
    except OSError as error:
        return answer("smoke", {"error": f"cannot start {command[0]}: {error.strerror}"})
    answer("smoke", {"code": code if code >= 0 else 128 - code, "seconds": round(time.monotonic() - began, 3)})


main(sys.argv[1:])
