"""Debian's docker-registry and an image's worth of small wheels, for tests of registries."""

import contextlib
import os
import re
import subprocess
import sys
import time

WHEELS = ["pyyaml==6.0.2", "jmespath==1.0.1", "ninja==1.11.1.1"]
PREFIX = "/opt/venv"


def run(*command, **more):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **more)
    if done.returncode != 0:
        raise AssertionError(f"{command}: {done.stderr}")
    return done.stdout


def download_wheels(folder):
    run(sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps",
        "--only-binary", ":all:", "--dest", folder, *WHEELS)  # fmt: skip


@contextlib.contextmanager
def registry(folder, more=""):
    """The address of a registry that keeps its files in a folder, once it answers. `more`: the rest of its configuration,
    from the http section on."""
    configuration = folder.with_suffix(".yml")
    configuration.write_text(
        f"version: 0.1\nlog: {{level: info}}\nstorage: {{filesystem: {{rootdirectory: '{folder}'}}, delete: {{enabled: true}}}}\n"
        f"http:\n  addr: '127.0.0.1:0'\n  relativeurls: true\n{more}")  # fmt: skip
    log = folder.with_suffix(".log")
    with log.open("w") as sink:
        server = subprocess.Popen(["docker-registry", "serve", configuration], stdout=subprocess.DEVNULL, stderr=sink,
                                  env={**os.environ, "OTEL_TRACES_EXPORTER": "none"})  # fmt: skip
    try:
        yield address_in(log)
    finally:
        server.terminate()
        server.wait()


def address_in(log):
    """Where the registry listens: it says so when it does."""
    for _ in range(200):
        if found := re.search(r'msg="listening on (127\.0\.0\.1:[0-9]+)', log.read_text()):
            return found[1]
        time.sleep(0.05)
    raise AssertionError(f"docker-registry does not listen:\n{log.read_text()}")


def start_registry(case, folder, more=""):
    """The same; it ends with the test class `case`."""
    return case.enterClassContext(registry(folder, more))
