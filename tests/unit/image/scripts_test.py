#!/usr/bin/env python3
"""scripts_test.py SRC_IMAGE: the scripts of images, under this machine's Python."""

import importlib.util
import json
import marshal
import os
import pathlib
import subprocess
import sys
import tempfile
import unittest
import zipfile

SCRIPTS = pathlib.Path(sys.argv.pop(1))
TAG = sys.implementation.cache_tag


def python(*arguments, **environment):
    done = subprocess.run([sys.executable, "-S", "-s", "-B", *map(str, arguments)], capture_output=True, text=True,
                          env={"PYTHONHASHSEED": "0", **environment})  # fmt: skip
    return done.returncode, done.stdout, done.stderr


class Case(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="launch-test-")
        self.addCleanup(scratch.cleanup)
        self.root = pathlib.Path(scratch.name)

    def write(self, path, content):
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else content.encode())
        return place


class CompileFiles(Case):
    def compile(self, source, files, prefix="/opt/venv", checked=True, processes=1, earlier="", **environment):
        """The bytecode of these files by path, and the bytes of the zip."""
        out = self.root / "out.zip"
        job = self.write("job.json", json.dumps({"from": str(source), "files": files, "prefix": prefix, "out": str(out),
                                                 "checked": checked, "processes": processes, "earlier": str(earlier)}))  # fmt: skip
        self.assertEqual(python(SCRIPTS / "compile_files.py", job, **environment), (0, "", ""))
        self.assertEqual(list(self.root.glob("out.zip.*")), [])
        with zipfile.ZipFile(out) as made:
            return {name: made.read(name) for name in made.namelist()}, out.read_bytes()

    def wheel(self, *files):
        place = self.root / "a.whl"
        with zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as out:
            for name, content in files:
                out.writestr(name, content)
        return place

    def test_the_same_input_gives_the_same_bytes(self):
        text = "names = {'a', 'b', 'c'}\ndef f(x): return x in {'one', 'two', 'three'}\n"
        source = self.write("src/a.py", text).parent
        first = self.compile(source, [["a.py", "lib/a.py"]])[1]
        os.utime(source / "a.py", (1, 1))
        self.assertEqual(self.compile(source, [["a.py", "lib/a.py"]])[1], first)

    def sources(self):
        """Files that make Python load modules, and files with names that occur in those."""
        names = "def IncrementalEncoder(): return Codec().getregentry('normalize', 'is_normalized', 'bidirectional', 'koi8_r')\n"
        loads = ["x = '\\N{BULLET}'\n", "# -*- coding: koi8-r -*-\n", "# -*- coding: cp1252 -*-\nx = 1\n", "(\n"]
        return [(f"{index}.py", text) for index, text in enumerate(text for one in loads for text in (names, one, names))]

    def test_bytecode_depends_on_no_other_file(self):
        files = self.sources()
        wheel = self.wheel(*files)
        wanted = [[index, f"lib/{name}"] for index, (name, _) in enumerate(files)]
        made, whole = self.compile(wheel, wanted)
        self.assertEqual(len(made), len(files) - 1)
        for processes in (2, 3, 20):
            self.assertEqual(self.compile(wheel, wanted, processes=processes)[1], whole, processes)
        for one in wanted:
            for path, code in self.compile(wheel, [one])[0].items():
                self.assertEqual(code, made[path], path)
        self.assertEqual(self.compile(wheel, wanted[::-1])[0], made)

    def test_what_is_the_same_is_not_compiled_again(self):
        old = [("a.py", "x = 1\n"), ("bad.py", "(\n"), ("b.py", "old = 1\n")]
        self.compile(self.wheel(*old), [[index, f"lib/{name}"] for index, (name, _) in enumerate(old)])
        earlier = (self.root / "out.zip").rename(self.root / "earlier.zip")
        new = self.wheel(("a.py", "("), ("bad.py", "x = 2\n"), ("b.py", "new = 1\n"))  # as if not looked at
        made = self.compile(new, [[0, "lib/a.py", True], [1, "lib/bad.py", True], [2, "lib/b.py"]], earlier=earlier)[0]
        self.assertEqual(list(made), [f"lib/__pycache__/{name}.{TAG}.pyc" for name in ("a", "b")])
        self.assertEqual(marshal.loads(made[f"lib/__pycache__/a.{TAG}.pyc"][16:]).co_names, ("x",))
        self.assertEqual(marshal.loads(made[f"lib/__pycache__/b.{TAG}.pyc"][16:]).co_names, ("new",))

    def test_an_error_of_a_process_is_the_last_line(self):
        job = self.write("job.json", json.dumps({"from": str(self.root), "files": [["gone.py", "lib/gone.py"], ["b", "c"]],
                                                 "prefix": "/p", "out": str(self.root / "out.zip"), "checked": True,
                                                 "processes": 1, "earlier": ""}))  # fmt: skip
        code, out, err = python(SCRIPTS / "compile_files.py", job)
        self.assertEqual((code, out), (1, ""))
        self.assertEqual(err.splitlines()[-1], f"FileNotFoundError: [Errno 2] No such file or directory: '{self.root}/gone.py'")

    def test_no_process_is_left_after_an_error(self):
        self.write("src/a.py", "x = 1\n")
        job = self.write("job.json", json.dumps({"from": str(self.root / "src"), "files": [["a.py", f"{i}.py"] for i in range(4)],
                                                 "prefix": "/p", "out": str(self.root / "out.zip"), "checked": True,
                                                 "processes": 4, "earlier": ""}))  # fmt: skip
        run = """import marshal, os, runpy, sys
fork = os.fork
left = [int(sys.argv[2])]
def fork_so_often():
    if not left[0]: raise OSError("no more processes")
    left[0] -= 1
    return fork()
def load(file): raise EOFError("cut off")
os.fork, marshal.load = fork_so_often, load
try:
    runpy.run_path(sys.argv[3])
except (OSError, EOFError) as error:
    print(error)
try:
    print("left:", os.waitpid(-1, 0))
except ChildProcessError:
    print("none left")
"""
        for forks, said in ((2, "no more processes"), (4, "cut off")):
            self.assertEqual(python("-c", run, job, forks, SCRIPTS / "compile_files.py"), (0, f"{said}\nnone left\n", ""))

    def test_a_killed_process_is_named(self):
        self.write("src/a.py", "x = 1\n")
        job = self.write("job.json", json.dumps({"from": str(self.root / "src"), "files": [["a.py", f"{i}.py"] for i in range(2)],
                                                 "prefix": "/p", "out": str(self.root / "out.zip"), "checked": True,
                                                 "processes": 2, "earlier": ""}))  # fmt: skip
        run = """import builtins, os, runpy, signal, sys
own = compile
def killed(source, path, *rest, **named):
    if path.startswith("/p/"): os.kill(os.getpid(), signal.SIGKILL)
    return own(source, path, *rest, **named)
builtins.compile = killed
runpy.run_path(sys.argv[2])
"""
        code, out, err = python("-c", run, job, SCRIPTS / "compile_files.py")
        self.assertEqual((code, out, err), (1, "", "a compiling process was killed by signal 9\n"))

    def test_a_wheel_and_a_folder_give_the_same(self):
        text = "x = 1\n"
        wheel = self.wheel(("first.py", "other"), ("a.py", text))
        from_wheel = self.compile(wheel, [[1, "lib/a.py"]])[0]
        self.write("src/a.py", text)
        self.assertEqual(self.compile(self.root / "src", [["a.py", "lib/a.py"]])[0], from_wheel)
        self.assertEqual(list(from_wheel), [f"lib/__pycache__/a.{TAG}.pyc"])

    def test_code_names_its_place_in_the_image(self):
        code = self.compile(self.wheel(("a.py", "x = 1")), [[0, "lib/site/a.py"]])[0][f"lib/site/__pycache__/a.{TAG}.pyc"]
        self.assertEqual(marshal.loads(code[16:]).co_filename, "/opt/venv/lib/site/a.py")

    def test_is_validated_by_its_source_or_not_at_all(self):
        wheel = self.wheel(("a.py", b"x = 1\n"))
        for checked, flags in ((True, 3), (False, 1)):
            [code] = self.compile(wheel, [[0, "a.py"]], checked=checked)[0].values()
            self.assertEqual(code[:4], importlib.util.MAGIC_NUMBER)
            self.assertEqual(int.from_bytes(code[4:8], "little"), flags)
            self.assertEqual(code[8:16], importlib.util.source_hash(b"x = 1\n"))

    def test_what_is_not_python_is_left_out(self):
        bad = ["def {{ name }}():\n", "print 'two'\n", b"x = '\xff'\n", b"x = 1\0\n", "(" * 100_000, "return 1\n",
               b"# coding: nonsense\n", "x = " + "-" * 200_000 + "1\n"]  # fmt: skip
        files = [(f"bad{index}.py", text) for index, text in enumerate(bad)] + [("good.py", "x = 1\n")]
        made = self.compile(self.wheel(*files), [[index, name] for index, (name, _) in enumerate(files)])[0]
        self.assertEqual(list(made), [f"__pycache__/good.{TAG}.pyc"])

    def test_a_file_may_have_its_own_encoding(self):
        text = "# -*- coding: latin-1 -*-\nx = 'j\xf6rg'\n".encode("latin-1")
        [code] = self.compile(self.wheel(("a.py", text)), [[0, "a.py"]])[0].values()
        self.assertIn("j\xf6rg", marshal.loads(code[16:]).co_consts)

    def test_warnings_of_a_file_are_nobodys(self):
        made = self.compile(self.wheel(("a.py", "x = '\\d' is 'd'\nassert (x, 1)\n")), [[0, "a.py"]])[0]
        self.assertEqual(len(made), 1)

    def test_nothing_of_a_file_is_run(self):
        place = self.root / "run"
        self.compile(self.wheel(("a.py", f"open({str(place)!r}, 'w')\n")), [[0, "a.py"]])
        self.assertFalse(place.exists())

    def test_python_uses_it(self):
        """Both kinds are imported instead of the source; the checked one only as long as it fits."""
        for checked in (True, False):
            site = self.root / f"site-{checked}"
            source = self.write(f"{site.name}/demo.py", "x = 'as compiled'\n")
            made = self.compile(site, [["demo.py", "demo.py"]], prefix=str(site), checked=checked)[0]
            for name, code in made.items():
                self.write(f"{site.name}/{name}", code)
            ask = "import sys; sys.path.insert(0, sys.argv[1]); import demo; print(demo.x, demo.__cached__)"
            code, out, err = python("-v", "-c", ask, site)
            self.assertEqual((code, out), (0, f"as compiled {site}/__pycache__/demo.{TAG}.pyc\n"))
            self.assertIn(f"# {site}/__pycache__/demo.{TAG}.pyc matches {source}", err)
            source.write_text("x = 'edited since'\n")
            said = python("-c", ask, site)[1].split(" /")[0]
            self.assertEqual(said, "edited since" if checked else "as compiled")


class TryImage(Case):
    def package(self, name, version, content="", module=None):
        """A package of one module, and its dist-info."""
        module = module or name.replace("-", "_")
        info = f"site/{name.replace('-', '_')}-{version}.dist-info"
        self.write(f"site/{module}.py", content)
        self.write(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        self.write(f"{info}/RECORD", f"{module}.py,,\n{info[5:]}/METADATA,,\n{info[5:]}/RECORD,,\n"
                                      f"{info[5:]}/top_level.txt,,\n")
        self.write(f"{info}/top_level.txt", module + "\n")

    def trial(self, *arguments):
        script = (SCRIPTS / "try_image.py").read_text()
        code, out, err = python("-c", script, *arguments, PYTHONPATH=str(self.root / "site"))
        self.assertEqual(err, "")
        return code, out

    def test_nothing_is_wrong(self):
        self.package("demo", "1.0")
        self.package("My.Other-Name", "2.0+cu128", module="other")
        self.assertEqual(self.trial("demo==1.0", "my-other-name==2.0+cu128", "--", "demo", "my-other-name"), (0, ""))
        self.assertEqual(self.trial("--"), (0, ""))

    def test_a_package_is_missing_or_another(self):
        self.package("demo", "1.0")
        self.assertEqual(self.trial("demo==2.0", "gone==3", "--", "demo", "gone"),
                         (1, "demo is 1.0, expected 2.0\ngone 3 is not installed\n"))  # fmt: skip

    def test_an_import_fails(self):
        self.package("demo", "1.0", "import no_such_module\n")
        code, out = self.trial("demo==1.0", "--", "demo")
        self.assertEqual(code, 1)
        self.assertTrue(out.startswith("import demo:\nTraceback (most recent call last):\n"), out)
        self.assertTrue(out.endswith("\nModuleNotFoundError: No module named 'no_such_module'\n"), out)

    def test_the_word_is_the_last_line_if_nothing_is_wrong(self):
        self.package("demo", "1.0", "print('imported')\n")
        self.assertEqual(self.trial("--word", "w0rd", "demo==1.0", "--", "demo"), (0, "imported\nw0rd\n"))
        self.assertEqual(self.trial("--word", "w0rd", "--"), (0, "w0rd\n"))
        self.assertEqual(self.trial("--word", "w0rd", "demo==2.0", "--"), (1, "demo is 1.0, expected 2.0\n"))

    def test_an_import_that_ends_python_is_named(self):
        self.package("a-good", "1.0", "print('good')\n")
        self.package("ends", "1.0", "import os, sys; sys.stdout.flush(); os._exit(int(os.environ.get('ENDS_WITH', 0)))\n")
        self.package("last", "1.0", "print('last')\n")
        arguments = ("--word", "w0rd", "a-good==1.0", "ends==1.0", "last==1.0", "--", "a-good", "ends", "last")
        self.assertEqual(self.trial(*arguments), (1, "good\nimporting ends ended Python with code 0\n"))
        self.write("site/ends.py", "import os; os.kill(os.getpid(), 9)\n")
        self.assertEqual(self.trial("ends==1.0", "--", "ends"), (137, "importing ends ended Python with code 137\n"))

    def test_nothing_else_is_in_the_virtual_environment(self):
        site = f"lib/python{sys.version_info[0]}.{sys.version_info[1]}/site-packages"
        self.package("demo", "1.0")
        self.package("old", "3.0")
        (self.root / "venv/bin").mkdir(parents=True)
        for name in ("python", "python3", f"python{sys.version_info[0]}.{sys.version_info[1]}"):
            (self.root / "venv/bin" / name).symlink_to(os.path.realpath(sys.executable))
        (self.root / "venv/lib64").symlink_to("lib")
        self.write("venv/pyvenv.cfg", f"home = {os.path.dirname(os.path.realpath(sys.executable))}\n")
        (self.root / "venv" / site).parent.mkdir(parents=True)
        (self.root / "site").rename(self.root / "venv" / site)
        self.write(f"venv/{site}/__pycache__/demo.pyc", b"")

        def trial(*locked):
            done = subprocess.run([self.root / "venv/bin/python3", "-I", "-B", "-c", (SCRIPTS / "try_image.py").read_text(),
                                   "--word", "w0rd", *locked, "--"], text=True, capture_output=True)  # fmt: skip
            self.assertEqual(done.stderr, "")
            return done.returncode, done.stdout

        self.assertEqual(trial("demo==1.0", "old==3.0"), (0, "w0rd\n"))
        venv = self.root / "venv"
        old = [f"{venv}/{site}/{name} belongs to no package of the lock\n"
               for name in ("old-3.0.dist-info/METADATA", "old-3.0.dist-info/RECORD", "old-3.0.dist-info/top_level.txt", "old.py")]
        self.assertEqual(trial("demo==1.0"), (1, "".join(old)))
        self.write("venv/bin/torchrun", "")
        self.write(f"venv/{site}/demo/more.py", "")
        self.write(f"venv/{site}/old.pth", "")
        more = [f"{venv}/bin/torchrun belongs to no package of the lock\n", f"{venv}/{site}/demo/more.py belongs to no package of the lock\n"]
        self.assertEqual(trial("demo==1.0"), (1, "".join(more + old[:3]) + "… and 2 more files\n"))

    def test_an_error_at_the_end_of_python_counts(self):
        self.package("demo", "1.0", "import atexit, os; atexit.register(os._exit, 7)\n")
        self.assertEqual(self.trial("--word", "w0rd", "demo==1.0", "--", "demo"), (7, ""))

    def test_an_import_that_exits_is_one_that_fails(self):
        self.package("demo", "1.0", "raise SystemExit(0)\n")
        code, out = self.trial("demo==1.0", "--", "demo")
        self.assertEqual(code, 1)
        self.assertTrue(out.endswith("\nSystemExit: 0\n"), out)

    def test_only_what_was_asked_for_is_imported(self):
        self.package("demo", "1.0")
        self.package("helper", "1.0", "raise ImportError('not here')\n")
        self.package("with-tests", "1.0", "raise ImportError('not here')\n", module="tests")
        self.package("private", "1.0", "raise ImportError('not here')\n", module="_private")
        versions = ("demo==1.0", "helper==1.0", "with-tests==1.0", "private==1.0")
        self.assertEqual(self.trial(*versions, "--", "demo", "with-tests", "private"), (0, ""))

    def test_a_package_may_have_its_modules_under_other_names(self):
        self.package("scikit-demo", "1.0", "raise ImportError('broken')\n", module="skdemo")
        code, out = self.trial("scikit-demo==1.0", "--", "scikit-demo")
        self.assertEqual(code, 1)
        self.assertTrue(out.startswith("import skdemo:\n"), out)


unittest.main()
