#!/usr/bin/env python3
"""ci/stand-in tests/e2e/image_build.py LAUNCH: images of tiny wheels, built by the real podman on a base from a registry.

The same input gives the same image ID from scratch, whatever the umask, the times of files and the store's place.
"""

import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

from image_project import REGISTRY, base_python, in_image, write_lock, write_wheel

LAUNCH = sys.argv.pop(1)
NAME = f"launch-test-{os.getpid()}"


class ImageBuild(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-test-image-")).resolve()
        cls.python = base_python()
        cls.images = set()
        cls.make_project()

    @classmethod
    def tearDownClass(cls):
        for image in cls.images:
            subprocess.run(["podman", "rmi", "--force", image], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        shutil.rmtree(cls.root)

    @classmethod
    def make_project(cls):
        for folder in ("recipes", "lockfiles/wheels", "src/deep", "src/__pycache__", "home"):
            (cls.root / folder).mkdir(parents=True)
        (cls.root / "src/main.py").write_text("print('main')\n")
        (cls.root / "src/deep/run.sh").write_text("#!/bin/sh\necho deep\n")
        (cls.root / "src/deep/run.sh").chmod(0o700)
        (cls.root / "src/__pycache__/main.cpython-311.pyc").write_bytes(b"not copied")
        (cls.root / "launch.toml").write_text(
            f'[[registry]]\nprefix = "docker.io"\nlocation = "{REGISTRY}"\ninsecure = true\n')
        recipe = f"""python    = "{cls.python}"
platforms = ["linux-x86_64"]
packages  = ["small-tool"]

[image]
python = "base"
copy = [{{ from = "src", to = "/our space/$HOME" }}, {{ from = "src/main.py", to = "/workspace/renamed.py" }}]
env  = {{ GREETING = 'a "quoted" $HOME \\ and # more', EMPTY = "" }}
user = "trainer"
"""
        (cls.root / f"recipes/{NAME}.toml").write_text(recipe)
        wheels = cls.root / "lockfiles/wheels"
        write_lock(cls.root, NAME, recipe, [
            write_wheel(wheels, "small-tool", {
                "small_tool/__init__.py": "VALUE = 42\ndef main():\n    print('small', VALUE)\n",
                "small_tool-1.0.data/scripts/old-style": "#!python\nimport small_tool; small_tool.main()\n",
                "small_tool-1.0.data/data/share/small/note.txt": "note\n",
            }, "[console_scripts]\nsmall = small_tool:main\n"),
            write_wheel(wheels, "nvidia-large", {"nvidia/large/lib.bin": os.urandom(1 << 20) * 17}),
        ])

    def launch(self, *arguments, store="store", umask=0o022, code=0):
        environment = {**os.environ, "HOME": str(self.root / "home"), "LAUNCH_STORE": str(self.root / store / "wheels")}
        for name in [name for name in environment if name.startswith("XDG_")]:
            del environment[name]
        done = subprocess.run([LAUNCH, "--json", *arguments], cwd=self.root, env=environment, text=True, umask=umask,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(done.returncode, code, done.stderr)
        self.words = done.stderr
        return json.loads(done.stdout) if done.stdout else None

    def build(self, *arguments, **options):
        answer = self.launch("build", NAME, *arguments, **options)
        self.images.add(answer["image_id"])
        return answer

    def test_image(self):
        self.launch("render", NAME)
        self.launch("render", NAME, "--check")
        first = self.build()
        image = first["image_id"]

        with self.subTest("holds what was installed"):
            self.assertEqual(in_image(self, image, "small"), "small 42\n")
            self.assertEqual(in_image(self, image, "old-style"), "small 42\n")
            found = in_image(self, image, "python", "-c", "import small_tool, sys, importlib.metadata as m; "
                                  "print(small_tool.__file__, sys.prefix, m.version('small-tool'))")
            self.assertEqual(found, f"/opt/venv/lib/python{self.python}/site-packages/small_tool/__init__.py /opt/venv 1.0\n")
            self.assertEqual(in_image(self, image, "cat", "/opt/venv/share/small/note.txt"), "note\n")
            self.assertEqual(in_image(self, image, "stat", "-c", "%s", f"/opt/venv/lib/python{self.python}/site-packages/"
                                           "nvidia/large/lib.bin"), f"{17 << 20}\n")
        with self.subTest("holds the project's files, to the letter"):
            self.assertEqual(in_image(self, image, "find", "/our space/$HOME", "-type", "f", "-printf", "%P %m\n").split("\n"),
                             ["main.py 644", "deep/run.sh 755", ""])
            self.assertEqual(in_image(self, image, "python", "/workspace/renamed.py"), "main\n")
            self.assertEqual(in_image(self, image, "pwd"), "/our space/$HOME\n")
        with self.subTest("has the recipe's environment and user"):
            self.assertEqual(in_image(self, image, "printenv", "GREETING"), 'a "quoted" $HOME \\ and # more\n')
            self.assertEqual(in_image(self, image, "id"), "uid=1001(trainer) gid=1001(trainer) groups=1001(trainer)\n")
            self.assertEqual(in_image(self, image, "printenv", "PATH").split(":")[0], "/opt/venv/bin")
        with self.subTest("has bytecode that goes by the source's hash"):
            flags = in_image(self, image, "python", "-c", "import small_tool; "
                                  "print(open(small_tool.__cached__, 'rb').read(8)[4])")
            self.assertEqual(flags, "3\n")
        with self.subTest("says which layer holds which wheels"):
            self.assertEqual([layer["wheels"] for layer in first["layers"]],
                             [["nvidia_large-1.0-py3-none-any.whl"], ["small_tool-1.0-py3-none-any.whl"]])
            self.assertGreater(first["layers"][0]["size"], 17 << 20)

        with self.subTest("is found again"):
            again = self.build()
            self.assertTrue(again["up_to_date"])
            self.assertEqual(again["image_id"], image)

        with self.subTest("is the same from scratch"):
            for path in [self.root, *self.root.glob("src/**/*"), *self.root.glob("lockfiles/**/*")]:
                os.utime(path, (0, 86400))
            scratch = self.build("--from-scratch", store="other/store", umask=0o077)
            self.assertFalse(scratch["up_to_date"])
            self.assertEqual(scratch["image_id"], image)
            self.assertEqual(scratch["image"], first["image"])
            self.assertEqual(scratch["layers"], first["layers"])

        with self.subTest("follows the project's files"):
            (self.root / "src/main.py").write_text("print('changed')\n")
            changed = self.build()
            self.assertNotEqual(changed["image_id"], image)
            self.assertEqual(in_image(self, changed["image_id"], "python", "/workspace/renamed.py"), "changed\n")
            self.assertEqual(changed["layers"], first["layers"])
        with self.subTest("is the same from scratch as on layers of another build"):
            scratch = self.build("--from-scratch")
            self.assertEqual((scratch["image_id"], scratch["image"]), (changed["image_id"], changed["image"]))

        with self.subTest("leaves no context behind"):
            self.assertEqual([p.name for p in (self.root / "store/contexts").iterdir()], [".lock"])


if __name__ == "__main__":
    unittest.main()
