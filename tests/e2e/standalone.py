#!/usr/bin/env python3
"""ci/stand-in tests/e2e/standalone.py LAUNCH: images with a Python that their base does not have, with the real podman.

Nothing runs while such an image is made: podman pulls it, registries get it, and its digest is known before.
"""

import gzip
import hashlib
import http.client
import io
import json
import os
import pathlib
import shutil
import subprocess
import tarfile
import unittest

from image_project import REGISTRY, TAG, in_image, write_wheel
from podman_storage import tree
from real_registry import run, start_registry
from registry_between import Between
from standalone_archive import PYTHON
from standalone_project import LAUNCH, NAME, RELEASE, StandaloneProject


# A year later, before the first time of a zip, and after the last of 32 bits.
CLOCKS = [("+1y", "Asia/Tokyo"), ("@1975-01-01 00:00:00", "America/St_Johns"), ("@2045-01-01 00:00:00", "UTC")]


def config(image):
    (found,) = json.loads(run("podman", "image", "inspect", image.removeprefix("sha256:")))
    return found["Config"]


def member(path, mode=0o755, user=0, content=None, target=None):
    """A folder, file or link for another layer of a base."""
    info = tarfile.TarInfo(path)
    info.mode, info.uid, info.gid = mode, user, user
    info.type = tarfile.SYMTYPE if target else tarfile.DIRTYPE if content is None else tarfile.REGTYPE
    info.linkname, info.size = target or "", len(content or b"")
    return info, content


def layer_of(members):
    """A tar of these, and that compressed."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as tar:
        for info, content in members:
            tar.addfile(info, io.BytesIO(content or b""))
    return out.getvalue(), gzip.compress(out.getvalue(), mtime=0)


def changed_base(user=None, members=()):
    """A registry with the stand-in, which runs as that user there, and has these files in another layer."""

    def read(path, accept=""):
        upstream = http.client.HTTPConnection(REGISTRY)
        upstream.request("GET", f"/v2/nvidia/cuda/{path}", headers={"Accept": accept})
        answer = upstream.getresponse()
        found = answer.getheader("Content-Type"), json.loads(answer.read())
        upstream.close()
        return found

    def digest(content):
        return "sha256:" + hashlib.sha256(content).hexdigest()

    kind, manifest = read(f"manifests/{TAG}", "application/vnd.oci.image.manifest.v1+json")
    _, about = read(f"blobs/{manifest['config']['digest']}")
    if user:
        about["config"]["User"] = user
    tar, layer = layer_of(members)
    if members:
        about["rootfs"]["diff_ids"].append(digest(tar))
        about["history"].append({"created_by": "more files"})
        manifest["layers"].append({**manifest["layers"][0], "digest": digest(layer), "size": len(layer)})
    about = json.dumps(about).encode()
    manifest["config"].update({"digest": digest(about), "size": len(about)})
    manifest = json.dumps(manifest).encode()
    answers = {f"manifests/{TAG}": (manifest, kind), f"manifests/{digest(manifest)}": (manifest, kind),
               f"blobs/{digest(about)}": (about, "application/octet-stream"),
               f"blobs/{digest(layer)}": (layer, "application/octet-stream")}

    def fault(handler):
        content, kind = answers.get(handler.path.removeprefix("/v2/nvidia/cuda/"), (None, None))
        if content:
            handler.say(200, {"Content-Type": kind, "Docker-Content-Digest": digest(content)}, content)
        return content is not None

    between = Between(REGISTRY)
    between.fault = fault
    between.address = f"127.0.0.1:{between.server_port}"
    between.image = digest(about)
    return between


class Standalone(StandaloneProject):
    def mounted(self, image):
        place = subprocess.run(["podman", "image", "mount", image.removeprefix("sha256:")], text=True, check=True,
                               stdout=subprocess.PIPE).stdout.strip()
        self.addCleanup(subprocess.run, ["podman", "image", "umount", image.removeprefix("sha256:")], stdout=subprocess.DEVNULL)
        return pathlib.Path(place)

    def test_image(self):
        self.lock()
        said = self.launch("build", NAME, "--digest")
        first, words = self.build(), self.words
        image = first["image_id"]
        self.assertEqual([(each["digest"], each["image_id"]) for each in said["images"]],
                         [(first["image"].split("@")[1], image)])
        self.assertEqual(in_image(self, image, "small"), "small\n")
        self.assertEqual(in_image(self, image, "python", "-c", "import platform, sys; print(platform.python_version(), "
                                       "sys.prefix, sys.base_prefix)"), f"{RELEASE} /opt/venv /python\n")
        header = "import pathlib, sysconfig; print(pathlib.Path(sysconfig.get_path('include'), 'Python.h').read_text(), end='')"
        self.assertEqual(in_image(self, image, "python", "-c", header), "/* Python.h */\n", "Triton looks for it there")
        flags = "import json, small_tool; print(*(open(m.__cached__, 'rb').read(8)[4] for m in (json, small_tool)))"
        self.assertEqual(in_image(self, image, "python", "-c", flags), "1 3\n", "the library's bytecode is not checked")
        self.assertEqual(in_image(self, image, "sh", "-c", "pwd; id; echo $PRICE; ls -A / | grep -e stargz -e prefetch; "
                                       "deep/run.sh; echo ${PATH%%:/usr*}"),
                         "/new/workspace\nuid=1001(trainer) gid=1001(trainer) groups=1001(trainer)\n$5\ndeep\n"
                         "/new/workspace/bin:/opt/venv/bin\n")
        self.assertEqual([layer["wheels"] for layer in first["layers"]],
                         [["nvidia_large-1.0-py3-none-any.whl"], ["small_tool-1.0-py3-none-any.whl"]])
        self.assertRegex(words, r"\n9 layers, [0-9.]+ MB compressed, [0-9.]+ MB unpacked:\n  COMPRESSED +UNPACKED +LAYER\n"
                                r"  [0-9.]+ MB +[0-9.]+ MB +\w")
        sizes = {size["name"]: size for size in first["sizes"]}
        self.assertEqual(list(sizes)[0], "layer 1 of the base image")
        self.assertEqual(list(sizes)[-1], "the project's files")
        self.assertEqual([sizes["nvidia-large 1.0"][key] for key in ("digest", "unpacked")],
                         [first["layers"][0][key] for key in ("digest", "size")])
        self.assertGreater(sizes["nvidia-large 1.0"]["unpacked"], 1000 * sizes["virtual environment, user trainer"]["compressed"])
        history = json.loads(subprocess.run(["podman", "history", "--format", "json", image.removeprefix("sha256:")], text=True,
                                            stdout=subprocess.PIPE).stdout)
        self.assertEqual([line["CreatedBy"] for line in history][:8],
                         ["the project's files", "bytecode of other packages", "bytecode of the toolkit's packages", "small-tool 1.0",
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
        for number, (clock, zone) in enumerate(CLOCKS):
            with self.subTest(clock=clock):
                again = self.launch("build", NAME, "--digest", project=other, store=f"other {number}", umask=0o077, TZ=zone,
                                    LC_ALL="C.UTF-8", PYTHONHASHSEED="7", PYTHONOPTIMIZE="2", clock=clock)
                self.assertEqual(again, first)
        with self.subTest("another user"):
            self.assertEqual(self.launch_as_another_user(other, "build", NAME, "--digest"), first)
        (other / "src/main.py").write_text("print('changed')\n")
        changed = self.launch("build", NAME, "--digest", project=other, store="other 0")
        self.assertNotEqual(changed, first)

    def launch_as_another_user(self, project, *arguments):
        """One whom the system does not know."""
        if os.geteuid() != 0:
            self.skipTest("needs root")
        self.root.chmod(0o755)
        program = shutil.copy(LAUNCH, self.root / "launch")
        for path in (project, self.root / "theirs"):
            path.mkdir(exist_ok=True)
            run("chown", "--recursive", "12345:12345", path)
        done = subprocess.run([program, "--json", *arguments], cwd=project, text=True, user=12345, group=12345, extra_groups=[],
                              env=self.environment(project, "theirs", {}), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_image_of_a_year_later(self):
        self.lock()
        first = self.build()
        for number, (clock, zone) in enumerate(CLOCKS):
            with self.subTest(clock=clock):
                run("podman", "rmi", "--force", first["image_id"])
                again = self.build(store=f"later {number}", clock=clock, TZ=zone, umask=0o077)
                self.assertEqual((again["up_to_date"], again["image"], again["image_id"]), (False, first["image"], first["image_id"]))

    def expect_same_files(self, pulled, built):
        one, two = tree(self.mounted(pulled)), tree(self.mounted(built))
        two.pop("etc/hosts")  # buildah leaves it behind where a RUN adds the user
        self.assertEqual(sorted(one), sorted(two))
        for path, found in one.items():
            self.assertEqual(found._replace(changed=None), two[path]._replace(changed=None), path)

    def test_context_is_built_without_launch(self):
        self.lock()
        context, registries = self.root / "context", self.root / "registries.conf"
        said = self.launch("render", NAME, "--context", str(context), umask=0o077)
        self.assertEqual((said["context"], said["recipe"]), (str(context), NAME))
        self.assertRegex(self.words, f"{context} is written for linux/amd64: 17.[0-9] MB of wheels; build it with `podman build "
                                     f"--platform linux/amd64 {context}` or `docker build --platform linux/amd64 {context}`\n")
        registries.write_text(f'[[registry]]\nprefix = "docker.io"\nlocation = "{REGISTRY}"\ninsecure = true\n')
        built = subprocess.run(["podman", "build", "--quiet", context], text=True, check=True, stdout=subprocess.PIPE,
                               env={**os.environ, "CONTAINERS_REGISTRIES_CONF": str(registries)}).stdout.strip()
        self.images.add(built)
        self.expect_same_files(self.build()["image_id"], built)
        self.launch("render", NAME, "--context", str(context), code=2)
        self.assertEqual(self.words, f"error: {context} is not an empty folder\n\nhint: name a new folder for the build context\n")

    def expect_same_image(self, pulled, built):
        """Of the plan and of the Dockerfile."""
        self.expect_same_files(pulled, built)
        configs = [config(image) for image in (pulled, built)]
        del configs[1]["Labels"]["launch.inputs"]
        for each in configs:
            each["Labels"].pop("io.buildah.version", None)
            each.pop("Entrypoint", None)
            each["Env"].sort()
        self.assertEqual(*configs)

    def test_dockerfile_gives_the_same_files(self):
        self.lock()
        pulled, built = self.build(), self.build("--dockerfile")
        self.assertNotEqual(pulled["image_id"], built["image_id"])
        self.expect_same_image(pulled["image_id"], built["image_id"])
        (found,) = json.loads(run("podman", "image", "inspect", built["image_id"].removeprefix("sha256:")))
        self.assertEqual([size["digest"] for size in built["sizes"]], found["RootFS"]["Layers"])
        self.assertEqual(built["layers"][0]["digest"], next(size["digest"] for size in built["sizes"]
                                                            if size["name"] == "nvidia-large 1.0"))
        history = json.loads(run("podman", "history", "--format", "json", built["image_id"].removeprefix("sha256:")))
        self.assertEqual(sum(size["unpacked"] for size in built["sizes"]), sum(step["size"] for step in history))
        self.assertRegex(self.words, r"\n13 layers, [0-9.]+ MB unpacked:\n  UNPACKED +LAYER\n  [0-9.]+ MB +layer 1 of the base")

    def test_base_with_a_user(self):
        project = self.project_on(changed_base("65534"), "user")
        recipe = project / f"recipes/{NAME}.toml"
        with self.subTest("the recipe's user"):
            self.lock(project)
            self.assertIn('\nuser = "65534"\n', (project / f"lockfiles/pylock.{NAME}.toml").read_text())
            pulled, built = self.build(project=project), self.build("--dockerfile", project=project)
            self.assertEqual(config(built["image_id"])["User"], "trainer")
            self.expect_same_image(pulled["image_id"], built["image_id"])
        start = recipe.read_text().partition("user = ")[0] + 'copy = [{ from = "src", to = "/srv" }]\n'
        write = ("sh", "-c", "id -u; pwd; touch new deep/new; stat -c %u:%g . main.py new")
        with self.subTest("the base's user, who owns the work folder that the base has"):
            recipe.write_text(start + '[verify]\nsmoke = ["true"]\n')
            self.lock(project)
            pulled = self.build(project=project)
            self.launch("verify", NAME, project=project)  # it has the files that the project has
            built = self.build("--dockerfile", project=project)
            self.launch("verify", NAME, project=project)
            for image in (pulled["image_id"], built["image_id"]):
                self.assertEqual(config(image)["User"], "65534")
                self.assertEqual(in_image(self, image, *write), "65534\n/srv\n" + 3 * "65534:65534\n")
            self.expect_same_image(pulled["image_id"], built["image_id"])
        with self.subTest("the base's own Python"):
            recipe.write_text(start.replace("[image]", '[image]\npython = "base"\napt = ["bash"]'))
            self.lock(project)
            image = self.build(project=project)["image_id"]
            self.assertEqual(in_image(self, image, *write), "65534\n/srv\n" + 3 * "65534:65534\n")
            self.assertNotEqual(in_image(self, image, "find", "/opt/venv", "-name", "small_tool*.pyc"), "")

    def project_on(self, base, name):
        """A project on another base."""
        project = self.make_project(name)
        site = project / "launch.toml"
        site.write_text(site.read_text().replace(REGISTRY, base.address))
        self.bases.add(base.image)
        return project

    def locked_project_on(self, name, *members):
        """The same with these files in the base."""
        project = self.project_on(changed_base(members=members), name)
        self.lock(project)
        return project

    def test_base_with_an_opt_of_its_own(self):
        project = self.locked_project_on("opt", member("opt", 0o1777, 65534), member("opt/vendor", 0o700, 7),
                                         member("opt/vendor/f", 0o600, 7, b"theirs"))
        pulled, built = self.build(project=project), self.build("--dockerfile", project=project)
        self.assertEqual(in_image(self, pulled["image_id"], "stat", "-c", "%a %u:%g", "/opt", "/opt/vendor"),
                         "1777 65534:65534\n700 7:7\n")
        self.expect_same_image(pulled["image_id"], built["image_id"])

    def test_base_with_a_link_for_opt(self):
        project = self.locked_project_on("link", member("var/opt/vendor"), member("opt", target="var/opt"))
        self.launch("build", NAME, project=project, code=2)
        self.assertIn(f"error: the base image docker.io/nvidia/cuda:{TAG} has a link at /opt, which the layers of /opt/venv "
                      "would replace\n\nhint: set another base image with `from` under [image] of the recipe, and lock again\n",
                      self.words)
        image = self.build("--dockerfile", project=project)["image_id"]
        self.assertEqual(in_image(self, image, "sh", "-c", "readlink /opt; ls /opt; small"), "var/opt\nhere\nvendor\nvenv\nsmall\n")

    def test_base_with_packages_in_the_virtual_environment(self):
        site = f"opt/venv/lib/python{PYTHON}/site-packages"
        project = self.locked_project_on("packages", member("opt/venv/bin"), member("opt/venv/bin/torchrun", content=b"theirs"),
                                         member(f"{site}/small_data"),
                                         member(f"{site}/small_data/old.py", content=b"old = 1\n"))
        self.launch("build", NAME, "--digest", project=project, code=2)
        self.assertIn(f"error: the base image docker.io/nvidia/cuda:{TAG} has /opt/venv, whose files would be mixed with those "
                      "of the lock\n", self.words)
        self.launch("build", NAME, "--dockerfile", project=project, code=1)
        self.assertIn(f"error: the new image of {NAME} does not work: a trial in it exited with code 1\n"
                      "  /opt/venv/bin/torchrun belongs to no package of the lock\n"
                      f"  /{site}/small_data/old.py belongs to no package of the lock\n", self.words)

    def project_of(self, name, **wheels):
        """A locked project of wheels with these files."""
        project = self.make_project(name)
        for package, files in wheels.items():
            write_wheel(self.root / "wheels", package, files)
        recipe = project / f"recipes/{NAME}.toml"
        recipe.write_text(recipe.read_text().replace('"nvidia-large"', ", ".join(f'"{package}"' for package in wheels)) +
                          '[train]\ncommand = ["main.py"]\ngpus = 0\n')
        self.lock(project)
        return project

    def test_wheels_that_do_not_fit_together(self):
        project = self.project_of("clash", clashone={"thing": "a file"}, clashtwo={"thing/a.py": ""})
        for arguments in (["build", NAME], ["build", NAME, "--digest"], ["build", NAME, "--dockerfile"], ["serve", NAME],
                          ["build", NAME, "--push", "127.0.0.1:9/x:1"], ["render", NAME, "--context", str(self.root / "clashing")],
                          ["train", NAME, "--env", "mounted"]):
            with self.subTest(arguments):
                self.launch(*arguments, project=project, code=2, LAUNCH_STATE=str(self.root / "state"))
                self.assertIn("error: the wheels of clashone 1.0 and clashtwo 1.0 cannot be installed together: "
                              f'"lib/python{PYTHON}/site-packages/thing" is a file in the first and a folder in the second\n',
                              self.words)

    def test_a_wheel_that_replaces_files_and_one_that_ends_python(self):
        other = "def main():\n    print('other')\n"
        project = self.project_of("odd", zzover={"small_tool.py": other}, ends={"ends.py": "import os\nos._exit(0)\n"})
        replaced = {"package": "small-tool 1.0", "by": "zzover 1.0", "files": 1,
                    "first": f"lib/python{PYTHON}/site-packages/small_tool.py"}  # fmt: skip
        images = []
        for arguments in ([], ["--dockerfile"]):
            with self.subTest(arguments):
                self.launch("build", NAME, *arguments, project=project, code=1)
                self.assertIn(f"error: the new image of {NAME} does not work: a trial in it exited with code 1\n"
                              "  importing ends ended Python with code 0\n", self.words)
                answer = self.build("--no-run", *arguments, project=project)
                self.assertEqual(answer["replaced"], [replaced])
                self.assertIn(f"warning: zzover 1.0 replaces 1 file of small-tool 1.0: {replaced['first']}\n", self.words)
                self.assertEqual(in_image(self, answer["image_id"], "small"), "other\n")
                verified = self.launch("verify", NAME, project=project, code=1)
                self.assertEqual(verified["problems"], [{"kind": "smoke", "text": "the smoke test exited with code 1"}])
                images.append(answer["image_id"])
        self.expect_same_image(*images)

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
        self.assertIn("  ImportError: no such library\n\nhint: use `--no-run` to skip the trial", self.words)
        self.assertNotEqual(subprocess.run(["podman", "image", "exists", f"localhost/launch/{name}:latest"]).returncode, 0)
        answer = self.launch("build", name, "--no-run")
        self.images.add(answer["image_id"])


if __name__ == "__main__":
    unittest.main()
