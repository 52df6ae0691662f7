#!/usr/bin/env python3
"""ci/stand-in tests/e2e/hostile_values.py LAUNCH: hostile values in every field and file name.

Each is either refused in a few printable lines, or arrives in a container byte for byte, whichever way the image is made;
a Dockerfile has the same instructions whatever it contains.
"""

import json
import os
import re
import shlex
import subprocess
import unicodedata
import unittest

from image_project import in_image
from standalone_project import LAUNCH, NAME, StandaloneProject

HOSTILE = {
    "newline": "a\nRUN touch /pwned",
    "carriage return": "a\rRUN touch /pwned",
    "double quotes": 'a" RUN "touch /pwned',
    "single quotes": "a'; touch /pwned; '",
    "substitution": "$(touch /pwned)",
    "braces": "${HOME:-$(touch /pwned)}",
    "variable": "$HOME",
    "backticks": "`touch /pwned`",
    "dash": "-rf",
    "flag": "--privileged",
    "nul": "a\0b",
    "tab": "a\tb",
    "escape": "a\x1b[31mb",
    "backslash at the end": "a\\",
    "backslash": "a\\nb\\$c",
    "comment": "# no comment",
    "spaces": "  a  b  ",
    "equals": "a=b c=d",
    "comma": "a,b=c",
    "semicolon": "a; touch /pwned #",
    "climbing": "../../../etc/pwned",
    "absolute": "/etc/pwned",
    "format": "%s%n{}{0}",
    "right to left": "a\u202eb",
    "line separator": "a\u2028RUN touch /pwned",
    "beyond ASCII": "é\u00a0ü",
    "empty": "",
    "64 KiB": "x" * 65536,
}
LONGEST_ERROR = 2000

RECIPE = """python = {python}
platforms = ["linux-x86_64"]
packages = ["small-tool"{package}]
[image]
from = {base}
apt = [{apt}]
copy = [{{ from = {copy_from}, to = {copy_to}, owner = {owner}, exclude = [{exclude}] }}]
user = {user}
env = {{ {name} = {value} }}
[train]
command = [{command}]
mounts = [{{ from = {mount_from}, to = {mount_to} }}]
env = {{ {train_name} = {train_value} }}
workdir = {workdir}
secrets = {{ {secret_name} = {secret_file} }}
[verify]
smoke = ["python", "-c", {smoke}]
"""
# Where in the recipe, and a good value; of the last two, none beside what is there.
FIELDS = {"python": None, "base": None, "copy_from": "src", "copy_to": "/workspace", "owner": "root", "exclude": "*.ipynb",
          "user": "trainer", "name": "GREETING", "value": "hello", "command": "main.py", "mount_from": "src", "mount_to": "/data",
          "train_name": "LEVEL", "train_value": "1", "workdir": "/workspace", "secret_name": "TOKEN", "secret_file": "token",
          "smoke": "import small_tool", "package": None, "apt": None}
NAMES = ("user", "owner", "name", "train_name", "secret_name")
# What nothing of the Dockerfile comes from.
OUTSIDE = {"command", "mount_from", "mount_to", "exclude", "train_value", "workdir", "secret_file", "smoke"}


def toml(text):
    return json.dumps(text).replace("\x7f", "\\u007f")


class HostileValues(StandaloneProject):
    def setUp(self):
        self.recipe = self.project / f"recipes/{NAME}.toml"
        good = self.recipe.read_text()
        self.fields = {**FIELDS, "python": re.search(r'python = "(.*)"', good)[1], "base": re.search(r'from = "(docker.*)"', good)[1]}
        self.write_recipe()
        (self.project / "token").write_text("secret\n")
        self.lock()
        self.good_lock = (self.project / f"lockfiles/pylock.{NAME}.toml").read_text()
        self.addCleanup(self.recipe.write_text, good)

    def write_recipe(self, **values):
        fields = {name: toml(values.get(name, good)) for name, good in self.fields.items()}
        for name, before in (("package", ", "), ("apt", "")):
            fields[name] = before + toml(values[name]) if name in values else ""
        self.recipe.write_text(RECIPE.format(**fields))

    def said(self, *arguments):
        """Exit code and stdout of launch, whose words are few and printable."""
        done = subprocess.run([LAUNCH, *arguments], cwd=self.project, env=self.environment(self.project, "store", {}),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        words = done.stderr.decode()
        self.assertIn(done.returncode, (0, 1, 2, 3), words)
        unprintable = [c for c in words if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c not in "\n\t"]
        self.assertEqual(unprintable, [], words)
        self.assertLess(len(words), LONGEST_ERROR, words[:LONGEST_ERROR])
        if done.returncode != 0:
            self.assertRegex(words, "(?m)^error: ")
        self.words = words
        return done.returncode, done.stdout.decode(errors="surrogateescape")

    def instructions(self, dockerfile):
        """The keywords of a Dockerfile, with continued lines joined as builders do."""
        lines = [line for line in re.sub(r"\\\n", "", dockerfile).split("\n") if line and not line.startswith("#")]
        return [line.split(" ")[0] for line in lines]

    def expect_same_instructions(self, code, out, expected, field):
        if code == 0:
            self.assertEqual(self.instructions(out), expected, field)
        return code == 0

    def test_fields_of_a_recipe(self):
        _, rendered = self.said("render", NAME, "--stdout")
        expected = self.instructions(rendered)
        accepted = {}
        for field in self.fields:
            for kind, value in HOSTILE.items():
                with self.subTest(field=field, kind=kind):
                    self.write_recipe(**{field: value})
                    if field in ("python", "base", "package", "apt"):
                        code, _ = self.said("lock", NAME)
                        self.assertNotEqual(code, 0)
                        continue
                    code, out = self.said("render", NAME, "--stdout")
                    if self.expect_same_instructions(code, out, expected, field):
                        accepted.setdefault(field, set()).add(kind)
                        code, _ = self.said("build", NAME, "--digest")
                        self.assertEqual(code, 0, self.words)
        self.assertEqual({field: sorted(kinds) for field, kinds in accepted.items() if field in NAMES}, {},
                         "names that are no names")
        for kind in ("newline", "carriage return", "nul", "escape"):
            self.assertEqual([field for field, kinds in accepted.items()
                              if kind in kinds and field not in OUTSIDE], [], kind)
        self.assertEqual(set(HOSTILE) - accepted["value"], {"newline", "carriage return", "nul", "escape", "tab", "64 KiB"})

    def test_fields_of_a_lock(self):
        _, rendered = self.said("render", NAME, "--stdout")
        expected = self.instructions(rendered)
        lock = self.project / f"lockfiles/pylock.{NAME}.toml"
        self.addCleanup(lock.write_text, self.good_lock)
        fields = re.findall(r'(?m)^([a-z-]+) = "(.*)"$', self.good_lock)
        self.assertGreater(len(fields), 15)
        for key, good in fields:
            for kind, value in HOSTILE.items():
                with self.subTest(field=key, good=good, kind=kind):
                    lock.write_text(self.good_lock.replace(f'{key} = "{good}"', f"{key} = {toml(value)}"))
                    code, out = self.said("render", NAME, "--stdout")
                    if self.expect_same_instructions(code, out, expected, key):
                        self.said("build", NAME, "--digest")

    def test_what_arrives(self):
        good = {kind: value for kind, value in HOSTILE.items()
                if kind not in ("newline", "carriage return", "nul", "escape", "tab", "64 KiB")}
        good["as long as a value can be"] = "$" * 32000
        environment = {f"HOSTILE_{i}": value for i, value in enumerate(good.values())}
        names = [value for kind, value in good.items() if "/" not in value and value and len(value) < 256]
        folder = self.project / "hostile"
        folder.mkdir()
        for name in names:
            (folder / name).write_text(name)
        self.recipe.write_text(
            f'python = "{self.fields["python"]}"\nplatforms = ["linux-x86_64"]\npackages = ["small-tool"]\n[image]\n'
            f'from = "{self.fields["base"]}"\ncopy = [{{ from = "hostile", to = {toml("/to/ $(touch pwned) `x` ${HOME}/--a")} }}]\n'
            f'[image.env]\n' + "".join(f"{name} = {toml(value)}\n" for name, value in environment.items()))
        self.lock()
        show = ("import json, os; print(json.dumps([{k: v for k, v in os.environ.items() if k.startswith('HOSTILE_')},"
                " os.getcwd(), {n: open(n).read() for n in os.listdir()}, os.path.exists('/pwned')]))")
        for way in ((), ("--dockerfile",)):
            with self.subTest(way=way):
                image = self.build(*way)["image_id"]
                found = json.loads(in_image(self, image, "python", "-c", show))
                self.assertEqual(found[0], environment)
                self.assertEqual(found[1], "/to/ $(touch pwned) `x` ${HOME}/--a")
                self.assertEqual(found[2], {name: name for name in names})
                self.assertFalse(found[3])

    def test_file_names(self):
        for kind, name in {"newline": b"a\nRUN touch pwned", "no UTF-8": b"a\xff"}.items():
            with self.subTest(kind):
                path = os.fsencode(self.project / "src") + b"/" + name
                with open(path, "w"):
                    pass
                try:
                    code, out = self.said("build", NAME, "--digest")
                finally:
                    os.remove(path)
                self.assertEqual((code, out), (2, ""), self.words)

    def test_arguments_of_engines(self):
        for kind, value in HOSTILE.items():
            if kind == "nul":
                continue  # no process has such an argument
            with self.subTest(kind):
                code, out = self.said("train", NAME, "--dry-run", "--", value)
                self.assertEqual(code, 0, self.words)
                runs = [shlex.split(line) for line in out.split("\n") if " run " in line] if "\n" not in value else [shlex.split(out)]
                self.assertTrue(any(value in words for words in runs), out)


if __name__ == "__main__":
    unittest.main()
