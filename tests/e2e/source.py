#!/usr/bin/env python3
"""ci/stand-in tests/e2e/source.py LAUNCH: real packages without wheels, from the machine's index.

antlr4-python3-runtime (for hydra-core) and rouge-score are built from source in a container, locked, fetched into a
second store, installed in an image and imported. Rebuilding gives the same bytes; a build that needs a compiler fails
with a hint and works with it.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import tomllib
import unittest

from image_project import REGISTRY, base_python
from podman_storage import images_of

LAUNCH = sys.argv.pop(1)
NAME = f"launch-test-source-{os.getpid()}"
PYTHON = pathlib.Path(__file__).resolve().parents[2] / "build/python-env/bin/python"
BUILT = ["antlr4-python3-runtime", "rouge-score"]


class Source(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-source-")).resolve()
        cls.python = base_python()
        (cls.root / "recipes").mkdir()
        (cls.root / "launch.toml").write_text(
            f'[[registry]]\nprefix = "docker.io"\nlocation = "{REGISTRY}"\ninsecure = true\n')
        (cls.root / f"recipes/{NAME}.toml").write_text(f"""python   = "{cls.python}"
packages = ["hydra-core==1.3.2", "rouge-score==0.1.2"]
[lock.build.antlr4-python3-runtime]
[lock.build.rouge-score]
[image]
python = "base"
from = "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04"
""")
        cls.before = cls.images()

    @classmethod
    def tearDownClass(cls):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run(["podman", "rmi", "--force", f"localhost/launch/{NAME}"], **quiet)
        for image in cls.images() - cls.before:
            subprocess.run(["podman", "rmi", image], **quiet)  # fails for what others use
        shutil.rmtree(cls.root)

    @staticmethod
    def images():
        """The systems of builds from source."""
        return images_of("localhost/launch/build-system")

    def launch(self, *arguments, store="store", code=0):
        environment = {**os.environ, "LAUNCH_STORE": str(self.root / store / "wheels")}
        done = subprocess.run([LAUNCH, *arguments], cwd=self.root, env=environment, text=True, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, done.stderr)
        return done.stderr

    def test_real_packages(self):
        said = self.launch("lock", NAME)
        for package in BUILT:
            self.assertIn(f"building {package} ", said)
        lock = self.root / f"lockfiles/pylock.{NAME}.toml"
        text = lock.read_text()
        packages = {package["name"]: package for package in tomllib.loads(text)["packages"]}
        for package in BUILT:
            self.assertTrue(packages[package]["sdist"]["name"].endswith(".tar.gz"))
            self.assertTrue(packages[package]["wheels"][0]["path"].startswith("wheels/"))
        self.assertIn("antlr4-python3-runtime", [d["name"] for d in packages["hydra-core"]["dependencies"]])

        with self.subTest("nothing is built twice"):
            for arguments in (["lock", NAME], ["lock", NAME, "--check"]):
                self.assertNotIn("building", self.launch(*arguments))
            self.assertEqual(lock.read_text(), text)
            lock.unlink()
            self.assertNotIn("building", self.launch("lock", NAME))
            self.assertEqual(lock.read_text(), text)
        with self.subTest("a second store builds the same bytes"):
            self.assertIn("building rouge-score 0.1.2", self.launch("fetch", NAME, store="second"))
            self.assertTrue((self.root / "lockfiles" / packages["rouge-score"]["wheels"][0]["path"]).exists())
        with self.subTest("pip and uv install the lock"):
            uv = [str(PYTHON.parent / "uv"), "pip", "install", "--python", str(PYTHON)]
            for installer in ([str(PYTHON), "-m", "pip", "install"], uv):
                done = subprocess.run([*installer, "--quiet", "--dry-run", "--target", str(self.root / "dry"), "-r", str(lock)],
                                      text=True, capture_output=True)
                self.assertEqual(done.returncode, 0, done.stderr)
        with self.subTest("the image has them"):
            self.launch("build", NAME, store="second")
            run = ["podman", "run", "--rm", "--network", "none", f"localhost/launch/{NAME}", "python", "-c"]
            code = ("import antlr4, hydra; from rouge_score import rouge_scorer; "
                    "score = rouge_scorer.RougeScorer(['rouge1']).score('a b', 'a c'); print(hydra.__version__, score['rouge1'].recall)")
            done = subprocess.run([*run, code], text=True, capture_output=True)
            self.assertEqual(done.stdout, "1.3.2 0.5\n", done.stderr)
        with self.subTest("nothing is left behind"):
            self.assertEqual([p.name for p in (self.root / "store/contexts").iterdir()], [".lock"])
            listed = subprocess.run(["podman", "ps", "--all", "--quiet", "--filter", "name=launch-rouge-score-"],
                                    text=True, stdout=subprocess.PIPE)
            self.assertEqual(listed.stdout, "")


    def test_commit_in_git(self):
        """An extension module in C from a commit: needs a compiler, and is the same bytes in a second store."""
        name = f"{NAME}-git"
        repository = self.root / "repository"
        repository.mkdir()
        (repository / "setup.py").write_text(
            'from setuptools import Extension, setup\n'
            'setup(name="hello-42", version="1.2", ext_modules=[Extension("hello_42", ["hello.c"])])\n')
        (repository / "hello.c").write_text("""#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "hello_42", NULL, -1, NULL};
PyMODINIT_FUNC PyInit_hello_42(void) {
  PyObject* made = PyModule_Create(&module);
  PyModule_AddIntConstant(made, "answer", 42);
  return made;
}
""")
        git = ["git", "-c", "user.name=test", "-c", "user.email=test@host.example", "-C", str(repository)]
        for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "one"]):
            subprocess.run([*git, *command], check=True)
        commit = subprocess.run([*git, "rev-parse", "HEAD"], text=True, stdout=subprocess.PIPE).stdout.strip()
        recipe = self.root / f"recipes/{name}.toml"
        text = f"""python   = "{self.python}"
packages = ["hello-42 @ git+file://{repository}@{commit}"]
[image]
python = "base"
from = "docker.io/nvidia/cuda:12.8.1-base-ubuntu24.04"
[lock.build.hello-42]
"""
        recipe.write_text(text)
        self.assertIn('hint: it needs a compiler: set apt = ["g++"] under [lock.build.hello-42]', self.launch("lock", name, code=2))
        recipe.write_text(text + 'apt = ["gcc", "libc6-dev"]\n')
        self.launch("lock", name)
        self.assertIn("building hello-42 1.2", self.launch("fetch", name, store="second"))
        wheel = next((self.root / "lockfiles/wheels").glob("hello_42-*.whl"))
        self.assertIn("-linux_", wheel.name)


if __name__ == "__main__":
    unittest.main()
