"""Debian's docker-registry and an image's worth of small wheels, for tests of registries."""

import contextlib
import os
import socket
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


def free_port():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


@contextlib.contextmanager
def registry(folder, more=""):
    """The address of a registry that keeps its files in a folder, once it answers. `more`: the rest of its configuration,
    from the http section on."""
    address = f"127.0.0.1:{free_port()}"
    configuration = folder.with_suffix(".yml")
    configuration.write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: '{folder}'}}, delete: {{enabled: true}}}}\n"
        f"http:\n  addr: '{address}'\n  relativeurls: true\n{more}")  # fmt: skip
    server = subprocess.Popen(["docker-registry", "serve", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env={**os.environ, "OTEL_TRACES_EXPORTER": "none"})  # fmt: skip
    try:
        wait_for(address)
        yield address
    finally:
        server.terminate()
        server.wait()


def wait_for(address):
    for _ in range(100):
        with contextlib.suppress(OSError):
            socket.create_connection(address.split(":")).close()
            return
        time.sleep(0.1)
    raise AssertionError(f"docker-registry does not answer at {address}")


def start_registry(case, folder, more=""):
    """The same; it ends with the test class `case`."""
    return case.enterClassContext(registry(folder, more))
