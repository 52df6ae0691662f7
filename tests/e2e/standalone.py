#!/usr/bin/env python3
"""ci/stand-in tests/e2e/standalone.py LAUNCH: images with a Python that their base does not have, with the real podman.

The archive has the layout of python-build-standalone and holds the distribution's own CPython; launch.toml names it.
Nothing runs while such an image is made: podman pulls it, registries get it, and its digest is known before.
"""

import functools
import hashlib
import http.server
import json
import os
import pathlib
import shutil
import stat
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import unittest

from image_project import REGISTRY, TAG, in_image, write_wheel
from real_registry import run, start_registry

LAUNCH = sys.argv.pop(1)
NAME = f"launch-test-{os.getpid()}"
INTERPRETER = pathlib.Path("/usr/bin/python3").resolve()  # the distribution's, which brings its own libpython
RELEASE, LIBRARY = subprocess.run(
    [INTERPRETER, "-c", "import platform, sysconfig; print(platform.python_version(), sysconfig.get_path('stdlib'))"],
    text=True, check=True, stdout=subprocess.PIPE).stdout.split()
PYTHON = RELEASE.rpartition(".")[0]
ARCHIVE = f"cpython-{RELEASE}%2Btest-install_only.tar.gz"


def plain(member):
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 1_700_000_000
    left_out = ("__pycache__", "/test/", "/sitecustomize.py")  # the last is a link to /etc
    return None if any(part in member.name for part in left_out) else member


def write_archive(path):
    """The distribution's interpreter below python/, as far as it is needed to run."""
    with tarfile.open(path, "w:gz") as tar:
        tar.add(INTERPRETER, f"python/bin/python{PYTHON}", filter=plain)
        for name in ("python3", "python"):
            link = tarfile.TarInfo(f"python/bin/{name}")
            link.type, link.linkname, link.mtime = tarfile.SYMTYPE, f"python{PYTHON}", 1_700_000_000
            tar.addfile(link)
        tar.add(LIBRARY, f"python/lib/python{PYTHON}", filter=plain)


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


def tree(root):
    """What there is by path, times aside."""
    found = {}
    for path in sorted(root.rglob("*")):
        status = path.lstat()
        content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else None
        found[str(path.relative_to(root))] = (stat.filemode(status.st_mode), status.st_uid, status.st_gid, content)
    return found


def config(image):
    (found,) = json.loads(run("podman", "image", "inspect", image.removeprefix("sha256:")))
    return found["Config"]


class Standalone(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-standalone-")).resolve()
        cls.addClassCleanup(shutil.rmtree, cls.root)
        cls.images = set()
        cls.addClassCleanup(cls.remove_images)
        for folder in ("served", "wheels"):
            (cls.root / folder).mkdir()
        write_archive(cls.root / "served" / ARCHIVE.replace("%2B", "+"))
        handler = functools.partial(Quiet, directory=cls.root / "served")
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.shutdown)
        wheels = cls.root / "wheels"
        write_wheel(wheels, "small-tool", {"small_tool.py": "def main():\n    print('small')\n",
                                           "small_data/template.py": "{{ not Python }}\n"},
                    "[console_scripts]\nsmall = small_tool:main\n")
        write_wheel(wheels, "broken-tool", {"broken_tool.py": "raise ImportError('no such library')\n"})
        write_wheel(wheels, "nvidia-large", {"nvidia/large/lib.bin": os.urandom(1 << 20) * 17, "nvidia/large/__init__.py": ""})
        cls.project = cls.make_project("project")

    @classmethod
    def remove_images(cls):
        for image in cls.images:
            subprocess.run(["podman", "rmi", "--force", image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    @classmethod
    def make_project(cls, name):
        """A project with two recipes, NAME and NAME-broken."""
        project = cls.root / name
        for folder in ("recipes", "src/deep", "home"):
            (project / folder).mkdir(parents=True)
        (project / "src/main.py").write_text("print('main')\n")
        (project / "src/deep/run.sh").write_text("#!/bin/sh\necho deep\n")
        (project / "src/deep/run.sh").chmod(0o755)
        (project / "src/deep/empty").mkdir()
        (project / "src/link").symlink_to("deep/run.sh")
        digest = hashlib.sha256((cls.root / "served" / ARCHIVE.replace("%2B", "+")).read_bytes()).hexdigest()
        url = f"http://127.0.0.1:{cls.server.server_port}/{ARCHIVE}"
        (project / "launch.toml").write_text(
            f'[[registry]]\nprefix = "docker.io"\nlocation = "{REGISTRY}"\ninsecure = true\n\n'
            f'[[interpreter]]\nversion = "{RELEASE}"\n'
            f'linux-x86_64 = {{ url = "{url}", sha256 = "{digest}" }}\n')
        start = f'python = "{PYTHON}"\nplatforms = ["linux-x86_64"]\n'
        image = f'[image]\npython = "standalone"\nfrom = "docker.io/nvidia/cuda:{TAG}"\n'
        (project / f"recipes/{NAME}.toml").write_text(
            f'{start}packages = ["small-tool", "nvidia-large"]\n{image}user = "trainer"\n'
            'copy = [{ from = "src", to = "/new/workspace" }, { from = "src/deep", to = "/srv/new/deep", owner = "1234:5678" },\n'
            '        { from = "src/main.py", to = "/opt/here/renamed.py" }, { from = "src/main.py", to = "/lib/here/" },\n'
            '        { from = "src/deep", to = "/srv", owner = "1234:5678" }]\nenv = { PATH = "/new/workspace/bin:$PATH", PRICE = "$5" }\n')
        (project / f"recipes/{NAME}-broken.toml").write_text(f'{start}packages = ["broken-tool"]\n{image}')
        return project

    def environment(self, project, store, more):
        environment = {**os.environ, "HOME": str(project / "home"), "LAUNCH_STORE": str(self.root / store / "wheels"),
                       "PIP_FIND_LINKS": str(self.root / "wheels"), **more}
        for name in [name for name in environment if name.startswith("XDG_")]:
            del environment[name]
        return environment

    def launch(self, *arguments, project=None, store="store", code=0, umask=0o022, **more):
        project = project or self.project
        done = subprocess.run([LAUNCH, "--json", *arguments], cwd=project, text=True, umask=umask,
                              env=self.environment(project, store, more), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, done.stderr)
        self.words = done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def lock(self, project=None, name=NAME):
        self.launch("lock", name, project=project)

    def build(self, *arguments, **options):
        answer = self.launch("build", NAME, *arguments, **options)
        self.images.add(answer["image_id"])
        return answer

    def mounted(self, image):
        place = subprocess.run(["podman", "image", "mount", image.removeprefix("sha256:")], text=True, check=True,
                               stdout=subprocess.PIPE).stdout.strip()
        self.addCleanup(subprocess.run, ["podman", "image", "umount", image.removeprefix("sha256:")], stdout=subprocess.DEVNULL)
        return pathlib.Path(place)

    def test_image(self):
        self.lock()
        said = self.launch("build", NAME, "--digest")
        first = self.build()
        image = first["image_id"]
        self.assertEqual([(each["digest"], each["image_id"]) for each in said["images"]],
                         [(first["image"].split("@")[1], image)])
        self.assertEqual(in_image(self, image, "small"), "small\n")
        self.assertEqual(in_image(self, image, "python", "-c", "import platform, sys; print(platform.python_version(), "
                                       "sys.prefix, sys.base_prefix)"), f"{RELEASE} /opt/venv /python\n")
        flags = "import json, small_tool; print(*(open(m.__cached__, 'rb').read(8)[4] for m in (json, small_tool)))"
        self.assertEqual(in_image(self, image, "python", "-c", flags), "1 3\n", "the library's bytecode is not checked")
        self.assertEqual(in_image(self, image, "sh", "-c", "pwd; id; echo $PRICE; ls -A / | grep -e stargz -e prefetch; "
                                       "deep/run.sh; echo ${PATH%%:/usr*}"),
                         "/new/workspace\nuid=1001(trainer) gid=1001(trainer) groups=1001(trainer)\n$5\ndeep\n"
                         "/new/workspace/bin:/opt/venv/bin\n")
        self.assertEqual([layer["wheels"] for layer in first["layers"]],
                         [["nvidia_large-1.0-py3-none-any.whl"], ["small_tool-1.0-py3-none-any.whl"]])
        history = json.loads(subprocess.run(["podman", "history", "--format", "json", image.removeprefix("sha256:")], text=True,
                                            stdout=subprocess.PIPE).stdout)
        self.assertEqual([line["CreatedBy"] for line in history][:8],
                         ["the project's files", "bytecode of other packages", "bytecode of NVIDIA's packages", "small-tool 1.0",
                          "nvidia-large 1.0", "virtual environment, user trainer", f"bytecode of Python {RELEASE}",
                          f"Python {RELEASE}"])  # fmt: skip
        again = self.build()
        self.assertEqual((again["up_to_date"], again["image"]), (True, first["image"]))
        with self.subTest("is pulled again from the same bytes"):
            again = self.build("--from-scratch")
            self.assertEqual((again["up_to_date"], again["image"]), (False, first["image"]))

    def test_digest_depends_on_nothing_but_the_project(self):
        self.lock()
        first = self.launch("build", NAME, "--digest")
        other = self.make_project("another folder")
        shutil.copytree(self.project / "lockfiles", other / "lockfiles")
        for path in other.glob("src/**/*"):
            os.utime(path, (0, 86400))
        again = self.launch("build", NAME, "--digest", project=other, store="other", umask=0o077, TZ="Asia/Tokyo",
                            LC_ALL="C.UTF-8", PYTHONHASHSEED="7", PYTHONOPTIMIZE="2")
        self.assertEqual(again, first)
        (other / "src/main.py").write_text("print('changed')\n")
        changed = self.launch("build", NAME, "--digest", project=other, store="other")
        self.assertNotEqual(changed, first)

    def test_dockerfile_gives_the_same_files(self):
        self.lock()
        pulled, built = self.build(), self.build("--dockerfile")
        self.assertNotEqual(pulled["image_id"], built["image_id"])
        one, two = tree(self.mounted(pulled["image_id"])), tree(self.mounted(built["image_id"]))
        two.pop("etc/hosts")  # buildah leaves it behind where a RUN adds the user
        self.assertEqual(sorted(one), sorted(two))
        for path, found in one.items():
            self.assertEqual(found, two[path], path)
        configs = [config(image["image_id"]) for image in (pulled, built)]
        del configs[1]["Labels"]["launch.inputs"]
        for each in configs:
            each["Labels"].pop("io.buildah.version", None)
            each.pop("Entrypoint", None)
            each["Env"].sort()
        self.assertEqual(*configs)

    def test_is_served_and_pushed_as_it_is(self):
        self.lock()
        digest = self.launch("build", NAME, "--digest")["digest"]
        address = start_registry(type(self), self.root / "registry")
        site = (self.project / "launch.toml").read_text()
        self.addCleanup((self.project / "launch.toml").write_text, site)
        (self.project / "launch.toml").write_text(
            site + f'\n[[registry]]\nprefix = "{address}"\nlocation = "{address}"\ninsecure = true\n')
        pushed = self.launch("build", NAME, "--push", f"{address}/team/demo:1")
        self.assertEqual(pushed["image"], f"{address}/team/demo@{digest}")
        self.assertGreater(pushed["sent_bytes"], 17 << 20)
        again = self.launch("build", NAME, "--push", f"{address}/team/demo:2")
        self.assertEqual((again["sent"], again["image"]), (0, pushed["image"]))
        with self.subTest("with bills of materials, which this registry lists under a tag"):
            for _ in range(2):
                attached = self.launch("build", NAME, "--push", f"{address}/team/demo:1", "--sbom")
                self.assertEqual(len(attached["sboms"]), 2)
            listed = run("skopeo", "inspect", "--raw", "--tls-verify=false",
                         f"docker://{address}/team/demo:{digest.replace(':', '-')}")
            self.assertEqual([(each["digest"], each["artifactType"]) for each in json.loads(listed)["manifests"]],
                             list(zip(attached["sboms"], ["application/vnd.cyclonedx+json", "application/spdx+json"])))
            artifact = json.loads(run("skopeo", "inspect", "--raw", "--tls-verify=false",
                                      f"docker://{address}/team/demo@{attached['sboms'][0]}"))
            self.assertEqual(artifact["subject"]["digest"], digest)
        found = run("skopeo", "inspect", "--tls-verify=false", f"docker://{address}/team/demo:1")
        self.assertEqual(json.loads(found)["Digest"], digest)

        server = subprocess.Popen([LAUNCH, "serve", NAME], cwd=self.project, text=True, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, env=self.environment(self.project, "store", {}))
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        reference = server.stdout.readline().strip()
        self.assertTrue(reference.endswith(f"/launch/{NAME}:latest@{digest}"), reference)
        name = reference.split("@")[0]
        run("skopeo", "copy", "--quiet", "--src-tls-verify=false", f"docker://{name}", f"dir:{self.root}/served-image")
        self.assertEqual(json.loads(run("skopeo", "inspect", f"dir:{self.root}/served-image"))["Digest"], digest)
        server.terminate()
        self.assertEqual(server.wait(), 143)
        server.stdout.close()

    def test_an_image_that_does_not_work_gets_no_name(self):
        name = f"{NAME}-broken"
        self.lock(name=name)
        self.launch("build", name, code=1)
        self.assertIn(f"error: the new image of {name} does not work: a trial in it exited with code 1\n"
                      "  import broken_tool:\n", self.words)
        self.assertIn("  ImportError: no such library\n\nhint: `--no-run` leaves the trial out", self.words)
        self.assertNotEqual(subprocess.run(["podman", "image", "exists", f"localhost/launch/{name}:latest"]).returncode, 0)
        answer = self.launch("build", name, "--no-run")
        self.images.add(answer["image_id"])

    def test_a_killed_build_leaves_nothing_in_the_way(self):
        self.lock()
        whole = self.build()
        took = 1.0
        for step in range(6):
            with self.subTest(step=step):
                building = subprocess.Popen([LAUNCH, "build", NAME, "--from-scratch"], cwd=self.project,
                                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                            env=self.environment(self.project, "store", {}))
                time.sleep(took * step / 6)
                building.kill()
                building.wait()
                again = self.build("--from-scratch")
                self.assertEqual(again["image"], whole["image"])
                named = run("podman", "images", "--format", "{{.Repository}}").split()
                self.assertFalse([each for each in named if each.endswith(f"/launch/{NAME}") and each.startswith("127.")])
                self.assertEqual(run("podman", "ps", "--all", "--quiet", "--filter", f"ancestor={again['image_id']}"), "")


if __name__ == "__main__":
    unittest.main()
