#!/usr/bin/env python3
"""No file of the repository names a package registry's host or a path of the machine that it is on.

Which hosts those are is asked of this machine: pip's built-in index and file store, the indexes that pip is configured
with, and the sites of apt.
"""

import os
import re
import shutil
import subprocess
import sys
import urllib.parse

import tree

# Addresses that belong to the program, or to no one in particular.
ALLOWED = re.compile(r"localhost|127\.\d+\.\d+\.\d+|\[?::1\]?|.*\.example|download\.pytorch\.org")
# Folders that exist everywhere: a checkout directly below one is no evidence.
COMMON = {"/", "/build", "/data", "/home", "/mnt", "/opt", "/root", "/srv", "/tmp", "/usr/src", "/var/tmp", "/workspace"}


def output(*command):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return done.stdout if done.returncode == 0 else ""


def pip_hosts():
    from pip._internal.models.index import PyPI

    yield PyPI.netloc
    yield PyPI.file_storage_domain
    for line in output(sys.executable, "-m", "pip", "config", "list").splitlines():
        if "index-url" in line or "find-links" in line:
            yield from re.findall(r"https?://[^\s'\"]+", line)
    yield from re.findall(r"https?://\S+", " ".join(v for k, v in os.environ.items() if re.match("(PIP|UV)_.*(INDEX|LINKS)", k)))


def apt_hosts():
    if shutil.which("apt-get"):
        yield from output("apt-get", "indextargets", "--format", "$(SITE)").splitlines()


def host_of(address):
    host = urllib.parse.urlsplit(address if "://" in address else f"//{address}").hostname or ""
    return host.lower()


def registry_hosts():
    hosts = {host_of(address) for address in [*pip_hosts(), *apt_hosts()]}
    return sorted(host for host in hosts if host and not ALLOWED.fullmatch(host))


def host_pattern(host):
    """A name without a dot is a plain word, so it counts only in an address."""
    return re.compile((r"(?<![\w-])" if "." in host else "//(?:[^/@]*@)?") + re.escape(host) + r"(?![\w-])", re.IGNORECASE)


def machine_folders(root):
    return [str(folder) for folder in (root, root.parent) if str(folder) not in COMMON]


def folder_pattern(folder):
    return re.compile(r"(?<![\w.-])" + re.escape(folder) + r"(?![\w.-])")


def problems_of(name, content, hosts, folders):
    found = []
    for number, line in enumerate(content.splitlines(), 1):
        for host in hosts:
            if host_pattern(host).search(line):
                found.append(f"{name}:{number}: names the package registry's host {host}")
        for folder in folders:
            if folder_pattern(folder).search(line):
                found.append(f"{name}:{number}: names the folder {folder} of this machine")
                break
    return found


def self_check():
    import pathlib

    content = "url = 'https://Registry.test/simple'\n x /attic/launch/a.cpp\n//user@mirror/debian\nxregistry.test mirror /attics\n"
    found = problems_of("a", content, ["registry.test", "mirror"], machine_folders(pathlib.Path("/attic/launch")))
    tree.expect_found("places", found, "a:1: names the package registry's host registry.test",
                      "a:2: names the folder /attic/launch", "a:3: names the package registry's host mirror")  # fmt: skip
    tree.expect_none("places", [problem for problem in found if problem.startswith("a:4")])
    tree.expect_none("places", [f for f in machine_folders(pathlib.Path("/tmp/launch")) if f == "/tmp"])


def main():
    self_check()
    hosts, folders = registry_hosts(), machine_folders(tree.ROOT)
    if not hosts:
        sys.exit("places: neither pip nor apt names a host; the check would see nothing")
    names = tree.files()
    found = [problem for name in names for problem in problems_of(name, tree.text(name), hosts, folders)]
    tree.finish("places", found, f"{len(names)} files, {len(hosts)} hosts")


main()
