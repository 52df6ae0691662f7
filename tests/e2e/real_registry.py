"""Debian's docker-registry and an image's worth of small wheels, for tests of registries."""

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


def start_registry(case, folder, more=""):
    """Its address, once it answers; it ends with the test class `case`. `more`: the rest of its configuration, from the http section on."""
    address = f"127.0.0.1:{free_port()}"
    configuration = folder.with_suffix(".yml")
    configuration.write_text(
        f"version: 0.1\nlog: {{level: error}}\nstorage: {{filesystem: {{rootdirectory: '{folder}'}}, delete: {{enabled: true}}}}\n"
        f"http:\n  addr: '{address}'\n  relativeurls: true\n{more}")  # fmt: skip
    server = subprocess.Popen(["docker-registry", "serve", configuration], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                              env={**os.environ, "OTEL_TRACES_EXPORTER": "none"})  # fmt: skip
    case.addClassCleanup(server.wait)
    case.addClassCleanup(server.terminate)
    for _ in range(100):
        try:
            socket.create_connection(address.split(":")).close()
            break
        except OSError:
            time.sleep(0.1)
    return address
