#!/usr/bin/env python3
"""ci/stand-in tests/e2e/ci_templates.py LAUNCH: ci/github/ and ci/gitlab/ are valid, and their commands work.

Run by the Python of `ci/python-env ci`. The commands are those that the files run, word for word, in a project whose
torch comes from a nightly channel on loopback, with the real podman, and Debian's docker-registry to push to.
"""

import hashlib
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest

import yaml
from image_project import TAG, wheel_of
from loopback import File, World, serve
from podman_storage import images_of
from real_registry import start_registry
from standalone_archive import PYTHON
from standalone_project import LAUNCH, NAME, StandaloneProject

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
GITHUB = sorted((ROOT / "ci/github").glob("*.yml"))
GITLAB = ROOT / "ci/gitlab/launch.yml"


def commands(path):
    """What a file's steps run, as text, by the name of its job."""
    parsed = yaml.safe_load(path.read_text())
    if path == GITLAB:
        return {name: "\n".join(job["script"]) for name, job in parsed.items() if "script" in job}
    return {name: "\n".join(step["run"] for step in job["steps"] if "run" in step)
            for name, job in parsed["jobs"].items()}


def torch(day, commit, names):
    """A nightly of torch that is all Python."""
    version = f"2.9.0.dev{day}+cpu"
    files = {"torch/__init__.py": "from . import version\nfrom .version import __version__\n" + names,
             "torch/version.py": f"__version__ = {version!r}\ncuda = None\nhip = None\ngit_version = {commit * 40!r}\n"}
    metadata = f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n"
    return File("torch", f"torch-{version}-py3-none-any.whl", wheel_of("torch", files, version=version), metadata.encode())


class Templates(StandaloneProject):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.pushed = start_registry(cls, cls.root / "registry")
        world = World()
        cls.world = cls.enterClassContext(serve(world))
        cls.channel = world.index("/whl/nightly/cpu", json=False, hashes=False, missing=403)
        cls.bin = cls.root / "bin"
        cls.bin.mkdir()
        (cls.bin / "launch").symlink_to(LAUNCH)
        cls.addClassCleanup(cls.remove_images)

    @classmethod
    def remove_images(cls):
        for image in images_of(f"localhost/launch/{NAME}"):
            subprocess.run(["podman", "rmi", "--force", image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def setUp(self):
        self.project = self.make_project(self.id().rsplit(".", 1)[1])
        with (self.project / "launch.toml").open("a") as site:
            site.write(f'[[registry]]\nprefix = "{self.pushed}"\nlocation = "{self.pushed}"\ninsecure = true\n')
        (self.project / f"recipes/{NAME}.toml").write_text(
            f'python = "{PYTHON}"\nplatforms = ["linux-x86_64"]\n'
            '[torch]\nchannel = "nightly"\ncuda = "cpu"\npackages = ["torch"]\n'
            f'[image]\nfrom = "docker.io/nvidia/cuda:{TAG}"\ncopy = [{{ from = "src" }}]\n'
            '[verify]\nscan = ["src"]\nsmoke = ["python", "-c", "import torch"]\n')
        (self.project / "src/main.py").write_text("from torch import Module\n")
        self.channel.files.clear()
        self.channel.projects.clear()
        self.channel.offer(torch("20250604", "a", "class Module: pass\n"))
        self.call("lock", NAME)

    def variables(self):
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("LAUNCH_", "PIP_", "UV_", "XDG_"))}
        return {**kept, "HOME": str(self.project / "home"), "PATH": f"{self.bin}:{os.environ['PATH']}", "RECIPE": NAME,
                "LAUNCH_CHANNEL_URL": f"{self.world.root}/whl", "LAUNCH_INDEX_URL": f"{self.world.root}/simple",
                "LAUNCH_ENGINE": "podman", "RUNNER_TEMP": str(self.project), "GITHUB_SHA": "0123abc",
                "CI_COMMIT_SHA": "0123abc", "IMAGE": f"{self.pushed}/team", "CI_REGISTRY_IMAGE": f"{self.pushed}/team",
                "GITHUB_STEP_SUMMARY": str(self.project / "summary.md"), "CI_REGISTRY": self.pushed,
                "CI_REGISTRY_USER": "user", "CI_REGISTRY_PASSWORD": "password"}

    def call(self, *arguments):
        return subprocess.run([LAUNCH, *arguments], cwd=self.project, env=self.variables(), check=True, text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

    def run_steps(self, script, code=0):
        """As a runner does: bash, which ends at the first command that fails."""
        done = subprocess.run(["bash", "-eo", "pipefail", "-c", script], cwd=self.project, env=self.variables(), text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, done.stderr + done.stdout)
        return done.stdout

    def locked(self):
        return re.search(r'version = "(2\.9[^"]*)"', (self.project / f"lockfiles/pylock.{NAME}.toml").read_text())[1]

    def test_files_are_valid(self):
        def check(schema, *files):
            done = subprocess.run([pathlib.Path(sys.executable).with_name("check-jsonschema"), "--builtin-schema", schema, *files],
                                  text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 0, done.stdout)
        check("vendor.github-workflows", *GITHUB)
        check("vendor.github-actions", ROOT / "ci/github/setup-launch/action.yml")
        check("vendor.gitlab-ci", "--data-transform", "gitlab-ci", GITLAB)
        rules = ("{extends: default, rules: {line-length: {max: 180}, document-start: disable, "
                 "truthy: {check-keys: false}, comments: {min-spaces-from-content: 1}}}")
        done = subprocess.run([pathlib.Path(sys.executable).with_name("yamllint"), "--strict", "-d", rules, ROOT / "ci/github",
                               ROOT / "ci/gitlab"], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_check(self):
        for script in (commands(ROOT / "ci/github/check.yml")["check"], commands(GITLAB)["launch check"]):
            with self.subTest(script):
                (self.project / "src/main.py").write_text("from torch import Module\n")
                self.run_steps(script)
                self.assertEqual(json.loads((self.project / "launch.sarif").read_text())["runs"][0]["results"], [])
                (self.project / "src/main.py").write_text("import os\nfrom torch import Gone\n")
                self.run_steps(script, code=1)
                result, = json.loads((self.project / "launch.sarif").read_text())["runs"][0]["results"]
                self.assertEqual(result["locations"][0]["physicalLocation"]["region"]["startLine"], 2)

    def test_bump(self):
        self.channel.offer(torch("20250605", "b", "class Module: pass\n"))
        self.channel.offer(torch("20250606", "c", ""))
        script = commands(ROOT / "ci/github/bump.yml")["bump"]
        self.run_steps(script)
        self.assertEqual(self.locked(), "2.9.0.dev20250605+cpu")
        self.assertTrue((self.project / f"images/{NAME}/Dockerfile").exists())
        self.assertTrue((self.project / f"lockfiles/{NAME}.verified.json").exists())
        report = (self.project / "report.md").read_text()
        self.assertIn(f"## {NAME} moved to torch 2.9.0.dev20250605+cpu: built and verified\n", report)
        self.assertIn("`src/main.py:1: torch.Module: torch/__init__.py of torch 2.9.0.dev20250606+cpu has no Module`", report)
        self.assertEqual((self.project / "summary.md").read_text(), report)
        self.run_steps(script, code=1)  # a newer one that does not work
        self.assertEqual(self.locked(), "2.9.0.dev20250605+cpu")
        self.assertEqual(json.loads(self.call("verify", NAME, "--json"))["verified"], True)

    def test_bump_on_gitlab(self):
        self.channel.offer(torch("20250605", "b", "class Module: pass\n"))
        for command in (["git", "init", "--quiet"], ["git", "add", "lockfiles"],
                        ["git", "-c", "user.name=t", "-c", "user.email=t@localhost", "commit", "--quiet", "-m", "start"]):
            subprocess.run(command, cwd=self.project, check=True, env=self.variables())
        script = commands(GITLAB)["launch bump"]
        self.assertEqual(len(re.findall(r"^git push .*$", script, re.M)), 1)
        self.run_steps(re.sub(r"^git push .*$", "", script, flags=re.M))
        said = subprocess.run(["git", "log", "-1", "--format=%s"], cwd=self.project, check=True, text=True, stdout=subprocess.PIPE)
        self.assertEqual(said.stdout, f"## {NAME} moved to torch 2.9.0.dev20250605+cpu: not built\n")

    def test_image(self):
        for script in (commands(ROOT / "ci/github/image.yml")["image"], commands(GITLAB)["launch image"]):
            with self.subTest(script):
                self.run_steps(script)
                known = subprocess.run(["skopeo", "inspect", "--raw", "--tls-verify=false", f"docker://{self.pushed}/team/{NAME}:0123abc"],
                                       check=True, stdout=subprocess.PIPE).stdout
                digest = json.loads(self.call("build", NAME, "--digest", "--json"))["digest"]
                self.assertEqual("sha256:" + hashlib.sha256(known).hexdigest(), digest)


unittest.main()
