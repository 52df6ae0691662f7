#!/usr/bin/env python3
"""dated_archive.py LAUNCH: on Debian, apt installs from the dated archive that the lock or the base's lists name.

The archive is a stand-in on loopback that has every state: it passes on what this machine's own mirror answers. The first
stage of a rendered Dockerfile is built with the host's network, on the base or on one with other lists of sources. Skipped
where the stand-in for the base image (ci/stand-in, which runs this test) is no Debian, or gets its packages from a mirror,
which is used as it is.
"""

import http.server
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

from image_project import REGISTRY, TAG, base_python, write_lock, write_wheel
from podman_storage import own_storage, release_storage
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


def setUpModule():
    """With a storage of its own: in the machine's, the base would have another test's name and this one's, of which podman
    writes one into the history of the images that either builds."""
    folder = pathlib.Path(unittest.enterModuleContext(tempfile.TemporaryDirectory()))
    os.environ.update(own_storage(folder))
    unittest.addModuleCleanup(release_storage, folder)


@unittest.skipUnless(base_python() == "3.11" and mirror(), "the base image is not Debian's own")
class DatedArchive(unittest.TestCase):
    def setUp(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        self.project = pathlib.Path(folder)
        for part in ("recipes", "lockfiles/wheels"):
            (self.project / part).mkdir(parents=True)
        (self.project / f"recipes/{NAME}.toml").write_text(RECIPE)
        (self.project / "launch.toml").write_text(
            f'[[registry]]\nprefix = "docker.io"\nlocation = "{REGISTRY}"\ninsecure = true\n')
        wheel = write_wheel(self.project / "lockfiles/wheels", "numpy", {"numpy/__init__.py": ""})
        write_lock(self.project, NAME, RECIPE, [wheel])
        self.lock = self.project / f"lockfiles/pylock.{NAME}.toml"
        self.image = f"localhost/{NAME}"
        Archive.seen.clear()

    def serve(self):
        """The archive; returns its address."""
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Archive)
        self.addCleanup(server.server_close)
        self.addCleanup(server.shutdown)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}/archive"

    def name_in_lock(self, *lines):
        self.lock.write_text(self.lock.read_text() + "".join(f"{line}\n" for line in lines))

    def remove(self, image):
        self.addCleanup(subprocess.run, ["podman", "rmi", image], capture_output=True)

    def base_with(self, lists):
        """A base image with these lists of sources: name → text."""
        image = f"localhost/{NAME}-base"
        self.remove(image)
        script = "rm -rf /etc/apt/sources.list*; mkdir /etc/apt/sources.list.d"
        for name, text in lists.items():
            script += f"; printf %s {shlex.quote(text)} > /etc/apt/{name}"
        file = f"FROM {REGISTRY}/nvidia/cuda:{TAG}\nRUN {json.dumps(['/bin/sh', '-ec', script])}\n"
        run("podman", "build", "--quiet", "--tls-verify=false", "--tag", image, "-", input=file)
        return image

    def install(self, base=None):
        """The first stage, on that base; the lines for the user that the engine printed."""
        stage = stage_of(LAUNCH, self.project, NAME)
        self.remove(self.image)
        if base:
            stage = re.sub("^FROM .*", f"FROM {base}", stage, flags=re.M)
        said = build_stage(stage, self.image, "--network", "host")
        self.assertEqual(self.inside(PACKAGE), "Hello, world!\n")
        return [line for line in said.splitlines() if line.startswith("launch: ")]

    def inside(self, *command):
        return run("podman", "run", "--rm", "--network", "none", self.image, *command)

    def check_archive(self):
        """All was fetched in the state of the lock, by the image's own lists."""
        self.assertTrue(any(path.startswith(f"/archive/debian/{TIME}/pool/main/h/hello/") for path in Archive.seen), Archive.seen)
        self.assertEqual([path for path in Archive.seen if f"/{TIME}/" not in path], [])
        self.assertEqual(self.inside("sh", "-c", f"grep -rs {TIME} /etc/apt; ls -d /tmp/apt 2>/dev/null; true"), "")

    def test_that_the_lock_names(self):
        where = self.serve()
        self.name_in_lock(f'snapshot = "{TIME}"', f'archive = "{where}/{{archive}}/{{date}}"')
        self.assertEqual(self.install(), [])
        self.check_archive()

    def test_that_the_lists_of_a_base_name(self):
        """As Debian's images have them, today and before; with a list of another archive beside them."""
        where = self.serve()
        self.name_in_lock(f'snapshot = "{TIME}"')
        hosts = mirror().removesuffix("/debian/")
        sources = "".join(
            f"Types: deb\n# {where}/{archive}/20250520T000000Z\nURIs: {hosts}/{archive}\nSuites: {suites}\n"
            "Components: main\nSigned-By: /usr/share/keyrings/debian-archive-keyring.gpg\n\n"
            for archive, suites in (("debian", "bookworm bookworm-updates"), ("debian-security", "bookworm-security")))
        lines = "".join(
            f"# deb {where}/{archive}/20250520T000000Z {suite} main\ndeb [arch=amd64] {hosts}/{archive} {suite} main\n"
            for archive, suite in (("debian", "bookworm"), ("debian-security", "bookworm-security")))
        for lists in ({"sources.list.d/debian.sources": sources}, {"sources.list": lines}):
            Archive.seen.clear()
            self.assertEqual(self.install(self.base_with(lists)), [])
            self.check_archive()
            self.assertTrue(any(path.startswith(f"/archive/debian-security/{TIME}/dists/") for path in Archive.seen))
            run("podman", "rmi", self.image)

    def test_that_is_live_on_purpose(self):
        where = self.serve()
        self.name_in_lock('archive = "live"')
        listed = f"# {where}/debian/20250520T000000Z\ndeb {mirror()} bookworm main\n"
        self.assertEqual(self.install(self.base_with({"sources.list": listed})), [])
        self.assertEqual(Archive.seen, [])

    def build(self, code):
        """What `launch build` says."""
        self.remove(f"localhost/launch/{NAME}:latest")
        done = subprocess.run([LAUNCH, "-C", self.project, "build", NAME], text=True, capture_output=True,
                              env={**os.environ, "LAUNCH_STORE": str(self.project / "store/wheels"), "LAUNCH_ENGINE": "podman"})
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def test_that_no_list_names(self):
        """The base has none, as debootstrap makes it."""
        self.name_in_lock(f'snapshot = "{TIME}"')
        self.assertIn(
            f"warning: the versions of python3.11 and {PACKAGE} depend on the day of the build: the lists of sources in the base "
            "image name a mirror or no dated archive\n", self.build(0))

    def test_that_cannot_be_read(self):
        self.name_in_lock(f'snapshot = "{TIME}"', 'archive = "http://127.0.0.1:9/archive/{archive}/{date}"')
        said = re.sub(r'(building at STEP "RUN).*', r"\1…", self.build(3))
        place = f"http://127.0.0.1:9/archive/debian/{TIME}"
        self.assertTrue(said.startswith(f"error: podman could not build localhost/launch/{NAME}:latest:\n"), said)
        self.assertTrue(said.endswith(
            f"  W: Failed to fetch {place}/dists/bookworm/InRelease  Could not connect to 127.0.0.1:9 (127.0.0.1). - connect "
            "(111: Connection refused)\n"
            "  W: Some index files failed to download. They have been ignored, or old ones used instead.\n"
            f"  apt cannot read {place}\n"
            '  Error: building at STEP "RUN…\n'
            "\n"
            'hint: under [apt] in launch.toml, set debian to a mirror of it ("http://HOST/archive/{archive}/{date}"), or to '
            '"live" for the versions of the day of the build; then run `launch lock RECIPE`\n'), said)


unittest.main()
