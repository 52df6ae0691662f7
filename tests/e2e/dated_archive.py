#!/usr/bin/env python3
"""dated_archive.py LAUNCH: on Debian, apt installs from the dated archive that the lock names.

The archive is a stand-in on loopback that has every state: it passes on what this machine's own mirror answers. The first
stage of a rendered Dockerfile is built with the host's network. Skipped where the stand-in for the base image (ci/stand-in,
which runs this test) is no Debian, or gets its packages from a mirror, which is used as it is.
"""

import http.server
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from image_project import base_python, write_lock, write_wheel
from system_stage import build_stage, run, stage_of

LAUNCH = os.path.abspath(sys.argv.pop(1))
NAME = f"launch-archive-{os.getpid()}"
PACKAGE = "hello"
TIME = "20260102T030405Z"
RECIPE = f"""python    = "{base_python()}"
platforms = ["linux-x86_64"]
packages  = ["numpy"]

[image]
python = "base"
apt    = ["{PACKAGE}"]
"""


def mirror():
    """The one of this machine, "" if it is none of Debian's own hosts."""
    listed = run("apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages").split()
    return next((uri for uri in listed if re.fullmatch(r"https?://([a-z0-9.-]*\.)?debian\.[a-z]*/debian/", uri)), "")


class Archive(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    seen = []

    def do_GET(self):  # noqa: N802 (the base class's name)
        self.seen.append(self.path)
        found = re.fullmatch(rf"/archive/(debian(?:-security)?)/{TIME}/(.*)", self.path)
        status, content = 404, b""
        if found:
            try:
                with urllib.request.urlopen(re.sub("debian/$", f"{found[1]}/", mirror()) + found[2]) as answer:
                    status, content = 200, answer.read()
            except urllib.error.HTTPError as error:
                status = error.code
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        pass


@unittest.skipUnless(base_python() == "3.11" and mirror(), "the base image is not Debian's own")
class DatedArchive(unittest.TestCase):
    def test_packages_are_of_its_state(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Archive)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        folder = self.enterContext(tempfile.TemporaryDirectory())
        project = pathlib.Path(folder)
        for part in ("recipes", "lockfiles"):
            (project / part).mkdir()
        (project / f"recipes/{NAME}.toml").write_text(RECIPE)
        write_lock(project, NAME, RECIPE, [write_wheel(project, "numpy", {"numpy.py": ""})])
        lock = project / f"lockfiles/pylock.{NAME}.toml"
        where = f"http://127.0.0.1:{server.server_port}/archive/{{archive}}/{{date}}"
        lock.write_text(lock.read_text() + f'snapshot = "{TIME}"\narchive = "{where}"\n')
        image = f"localhost/{NAME}"
        self.addCleanup(subprocess.run, ["podman", "rmi", image], capture_output=True)
        build_stage(stage_of(LAUNCH, project, NAME), image, "--network", "host")
        self.assertEqual(run("podman", "run", "--rm", "--network", "none", image, PACKAGE), "Hello, world!\n")
        self.assertTrue(any(path.startswith(f"/archive/debian/{TIME}/pool/main/h/hello/") for path in Archive.seen), Archive.seen)
        self.assertEqual([path for path in Archive.seen if f"/{TIME}/" not in path], [])
        sources = run("podman", "run", "--rm", "--network", "none", image, "sh", "-c", "cat /etc/apt/sources.list*; ls /tmp")
        self.assertNotIn("127.0.0.1", sources)  # the image keeps the lists of its base
        self.assertNotIn("apt\n", sources)


unittest.main()
