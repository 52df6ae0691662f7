#!/usr/bin/env python3
"""ci/stand-in tests/e2e/mounted.py LAUNCH: runs without an image, with the real podman.

A container of the base image over which an environment is mounted has the same files as one of the recipe's image: kinds,
modes, owners, contents, times of files, and the same variables, folder and user. Everything of a run goes with it.
"""

import json
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time
import unittest

from image_project import write_wheel
from standalone_project import NAME, LAUNCH, StandaloneProject
from train_project import assert_nothing_left, bridges_of, left_over

HERE = pathlib.Path(__file__).parent

# What a rank sees of its container, but for what the engine and the run put there.
LOOK = r'''
import hashlib, json, os, stat, sys
OWN = {"/proc", "/sys", "/dev", "/out", "/run/launch", "/run/.containerenv", "/.dockerenv", "/etc/hosts", "/etc/hostname",
       "/etc/resolv.conf", "/etc/mtab", "/dev/termination-log"}
found = {}
def look(path):
    status = os.lstat(path)
    content = None
    if stat.S_ISLNK(status.st_mode):
        content = os.readlink(path)
    elif stat.S_ISREG(status.st_mode):
        try:
            content = hashlib.sha256(open(path, "rb").read()).hexdigest()
        except PermissionError:
            content = "may not be read"
    time = int(status.st_mtime) if stat.S_ISREG(status.st_mode) else None
    found[path] = [stat.filemode(status.st_mode), status.st_uid, status.st_gid, content, time]
    if stat.S_ISDIR(status.st_mode):
        try:
            names = os.listdir(path)
        except PermissionError:
            return
        for name in names:
            below = os.path.join(path, name)
            if below not in OWN:
                look(below)
import small_tool
small_tool.main()
look("/")
own = ("HOSTNAME", "TORCHELASTIC", "container", "LAUNCH", "RANK", "LOCAL", "MASTER", "OMP", "GLOO")
variables = {name: value for name, value in os.environ.items() if not name.startswith(own)}
open("here", "w").write("the work folder can be written")
os.umask(0)
with open(f"/out/{sys.argv[1]}.json", "w") as out:
    json.dump({"files": found, "variables": variables, "folder": os.getcwd(), "user": [os.getuid(), os.getgid(), os.getgroups()],
               "flags": [sys.prefix, sys.base_prefix, small_tool.__cached__]}, out)
'''

JOB = r'''
import pathlib
import re, sys, time
print("ready", flush=True)
if sys.argv[1:] == ["exit"]:
    sys.exit(7)
if sys.argv[1:] == ["wait"]:
    time.sleep(600)
while sys.argv[1:] == ["later"] and not pathlib.Path("/out/go").exists():
    time.sleep(0.05)
print(pathlib.Path("said.txt").read_text())
'''


class Mounted(StandaloneProject):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        torchrun = (HERE / "stand_in/torchrun").read_text().replace("#!/usr/bin/env python3", "#!python", 1)
        write_wheel(cls.root / "wheels", "stand-in-torchrun", {"stand_in_torchrun-1.0.data/scripts/torchrun": torchrun})
        (cls.project / "src/look.py").write_text(LOOK)
        (cls.project / "src/job.py").write_text(JOB)
        (cls.project / "src/said.txt").write_text("before")
        (cls.root / "out").mkdir()
        (cls.root / "out").chmod(0o777)
        recipe = cls.project / f"recipes/{NAME}.toml"
        text = recipe.read_text().replace('"nvidia-large"]', '"nvidia-large", "stand-in-torchrun"]')
        train = f'[train]\ncommand = ["/new/workspace/look.py"]\ngpus = 0\nmounts = [{{ from = "{cls.root}/out", to = "/out" }}]\n'
        recipe.write_text(text + train)
        (cls.project / f"recipes/{NAME}-root.toml").write_text(
            text.replace('user = "trainer"\n', '') + train)
        (cls.project / f"recipes/{NAME}-job.toml").write_text(
            text + train.replace('"/new/workspace/look.py"', '"job.py"') + "nodes = 2\n")

    def setUp(self):
        self.addCleanup(self.assert_nothing_left)

    def assert_nothing_left(self):
        assert_nothing_left(self.left_over, within=20)

    def left_over(self):
        runs = [path.parent.name for path in (self.root / "state").rglob("run.json")]
        return left_over(NAME) + bridges_of(runs) + [str(path) for path in (self.root / "state").rglob("files.tar")]

    def train(self, *arguments, recipe=NAME, **options):
        return self.launch("train", recipe, *arguments, LAUNCH_STATE=str(self.root / "state"), **options)

    def record(self, document):
        record = json.loads(pathlib.Path(document["record"]).read_text())
        if record["mounted"]:
            self.images.add(record["image"]["name"])
        return record

    def start(self, *arguments, recipe=f"{NAME}-job"):
        environment = self.environment(self.project, "store", {"LAUNCH_STATE": str(self.root / "state")})
        return subprocess.Popen([LAUNCH, "train", recipe, "--env", "mounted", "--", *arguments], cwd=self.project, text=True,
                                env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def seen(self, kind):
        return json.loads((self.root / f"out/{kind}.json").read_text())

    def check_same(self, recipe):
        answer = self.launch("build", recipe)
        self.images.add(answer["image_id"])
        image = self.train("--env", "image", "--", "image", recipe=recipe)
        mounted = self.train("--env", "mounted", "--", "mounted", recipe=recipe)
        self.assertEqual([self.record(each)["environment"] for each in (image, mounted)], ["image", "mounted"])
        self.assertEqual([each["environment"] for each in (image, mounted)], ["image", "mounted"])
        one, two = self.seen("image"), self.seen("mounted")
        files = [each.pop("files") for each in (one, two)]
        self.assertEqual(one, two)
        self.assertEqual(sorted(files[0]), sorted(files[1]))
        for path, found in files[0].items():
            self.assertEqual(found, files[1][path], path)
        return files[1], two

    def test_the_same_files_as_in_the_image(self):
        self.lock()
        files, seen = self.check_same(NAME)
        self.assertEqual(seen["folder"], "/new/workspace")
        self.assertEqual(seen["user"], [1001, 1001, [1001]])
        self.assertTrue(pathlib.Path(seen["flags"][2]).name in {pathlib.Path(path).name for path in files})
        self.assertEqual(files["/srv/run.sh"][:3], ["-rwxr-xr-x", 1234, 5678])
        self.assertEqual(files["/etc/shadow"][0], "-rw-r-----")

    def test_the_same_files_for_root(self):
        self.lock(name=f"{NAME}-root")
        files, _ = self.check_same(f"{NAME}-root")
        self.assertNotIn("may not be read", [found[3] for found in files.values()])

    def test_without_an_image(self):
        """By default, the image of this lock; else an environment. A run has the files that its project had at its start."""
        name = f"{NAME}-job"
        self.lock(name=name)
        done = self.train("--env", "image", recipe=name, code=3)
        self.assertIsNone(done)
        self.assertIn(f"error: podman has no image localhost/launch/{name}:latest\n\nhint: run `launch build {name}`\n", self.words)
        document = self.train(recipe=name)
        self.assertRegex(self.words, rf"run {name}-\S+: 2 nodes of 1 rank, podman \S+ with gloo, mounted environment [0-9a-f]{{12}} "
                                     rf"\(podman has no image localhost/launch/{name}:latest\)\n")
        record = self.record(document)
        self.assertEqual([mount["to"] for mount in record["mounted"]["mounts"]], ["/python", "/opt/venv"])
        self.assertRegex(record["image"]["name"], r"^localhost/launch-base:[0-9a-f]{12}$")
        runs = self.launch("runs", LAUNCH_STATE=str(self.root / "state"))["runs"]
        self.assertEqual({run["run"]: run["environment"] for run in runs}[document["run"]], "mounted")
        self.assertEqual(self.train("--", "exit", recipe=name, code=7)["cause"]["kind"], "exit")

        answer = self.launch("build", name)
        self.images.add(answer["image_id"])
        self.assertEqual(self.train(recipe=name)["environment"], "image")

    def test_commands_run_as_they_are_printed(self):
        self.lock()
        document = self.train("--env", "mounted", "--", "again")
        printed = subprocess.run([LAUNCH, "train", NAME, "--env", "mounted", "--dry-run"], cwd=self.project, text=True, check=True,
                                 env=self.environment(self.project, "store", {"LAUNCH_STATE": str(self.root / "state")}),
                                 stdout=subprocess.PIPE).stdout.splitlines()
        printed = [line for line in printed if not line.startswith("# ")]
        network = printed[0].removesuffix(" || exit")
        run = network.split()[-1].removeprefix("launch-")
        steps = [network, *printed[4].removesuffix(' & nodes="$nodes $!"').split(" && ")]
        steps[-1] = steps[-1].removeprefix("exec ")
        wanted = [" ".join(command).replace(document["run"], run).replace(f"/runs/{run}/", "/dry-run/")
                  for command in self.record(document)["commands"]]
        words = [" ".join(shlex.split(line.split(" <")[0])) for line in steps]

        def without_addresses(line):
            return re.sub(r"198\.19\.[0-9.]+", "ADDRESS", line).removesuffix(" again")

        self.assertEqual([without_addresses(line) for line in wanted], [without_addresses(line) for line in words])
        self.assertEqual([line.split()[1] for line in words], ["network", "create", "cp", "start"])
        self.assertRegex(steps[2], r" </.*/dry-run/files\.tar$")
        self.assertEqual(printed[6:], [f"podman network rm launch-{run}", "exit $code"])

    def test_what_was_changed_is_made_again(self):
        self.lock()
        key = self.record(self.train("--env", "mounted", "--", "mounted"))["mounted"]["key"].split(":")[1]
        self.assertEqual(self.words.count("warning"), 0)
        tree = self.root / "store/wheels/environments" / key / "tree"
        (module,) = tree.rglob("small_tool.py")
        good = module.read_text()
        module.write_text(good.replace("small", "smell"))  # also in the tree of its wheel: it is the same file
        self.train("--env", "mounted", "--", "mounted")
        self.assertIn("has changed since it was made, so it is made again: venv/lib/", self.words)
        self.assertIn("has changed since it was unpacked, so it is unpacked again: lib/", self.words)
        self.assertEqual(module.read_text(), good)
        (tree / "venv/lib/added.pth").write_text("import os")
        self.train("--env", "mounted", "--", "mounted")
        self.assertIn("venv/lib/added.pth was added", self.words)
        self.train("--env", "mounted", "--", "mounted")
        self.assertNotIn("warning", self.words)

    def test_an_environment_in_use_is_not_collected(self):
        name = f"{NAME}-job"
        self.lock(name=name)
        run = self.start("wait")
        self.wait_for(run)
        store = self.root / "store/wheels"
        collected = self.launch("store", "gc", "--unused-for", "0")
        left = [path.name for path in (store / "environments").glob("*") if path.is_dir()]
        self.assertEqual(len(left), 1, collected)
        run.send_signal(signal.SIGINT)
        run.communicate()
        self.assertEqual(run.returncode, 130)
        before = self.launch("store", "list")["unpacked"]
        self.assertEqual(before["environments"], 1)
        self.assertGreater(before["trees"], 3)
        time.sleep(1.1)  # --unused-for counts whole seconds
        self.assertGreaterEqual(self.launch("store", "gc", "--unused-for", "0")["trees"], before["trees"])
        self.assertEqual(self.launch("store", "list")["unpacked"], {"trees": 0, "bytes": 0, "environments": 0})
        self.train(recipe=name)

    def wait_for(self, run):
        seen = ""
        while seen.count("ready") < 2:
            line = run.stdout.readline()
            self.assertTrue(line, seen + (run.stderr.read() if run.poll() is not None else ""))
            seen += line

    def test_edits_do_not_reach_a_run(self):
        name = f"{NAME}-job"
        self.lock(name=name)
        self.train("--env", "mounted", recipe=name)
        said = self.project / "src/said.txt"
        self.addCleanup(said.write_text, "before")
        run = self.start("later")
        self.wait_for(run)
        said.write_text("after")
        (self.root / "out/go").touch()
        self.addCleanup((self.root / "out/go").unlink)
        out, err = run.communicate()
        self.assertEqual(run.returncode, 0, err)
        self.assertIn("before", out)
        self.assertNotIn("after", out)

    def test_a_killed_launch_leaves_nothing(self):
        name = f"{NAME}-job"
        self.lock(name=name)
        self.train("--env", "mounted", recipe=name)
        for pause in (0.1, 0.3, 0.5, 0.7, 0.9, 1.2, 2.0):
            with self.subTest(pause=pause):
                run = self.start("wait")
                time.sleep(pause)
                run.kill()
                run.communicate()
                self.assert_nothing_left()

    def test_a_killed_maker_leaves_nothing_in_the_way(self):
        name = f"{NAME}-job"
        self.lock(name=name)
        for step in range(6):
            with self.subTest(step=step):
                subprocess.run(["rm", "-rf", self.root / "killed"], check=True)
                environment = self.environment(self.project, "killed", {"LAUNCH_STATE": str(self.root / "state")})
                run = subprocess.Popen([LAUNCH, "train", name, "--env", "mounted"], cwd=self.project, env=environment,
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(0.2 + 0.25 * step)
                run.kill()
                run.wait()
                self.assert_nothing_left()
                self.train("--env", "mounted", recipe=name, store="killed")
                self.assertEqual(list((self.root / "killed/wheels").glob("scratch")), [])

    def test_what_cannot_be_mounted(self):
        name = f"{NAME}-apt"
        (self.project / f"recipes/{name}.toml").write_text(
            (self.project / f"recipes/{NAME}-job.toml").read_text().replace("[image]\n", '[image]\napt = ["gcc"]\n'))
        self.lock(name=name)
        why = f"the recipe {name} installs packages with apt under [image]"
        self.train("--env", "mounted", recipe=name, code=2)
        self.assertIn(f"error: cannot mount an environment: {why}\n\nhint: run `launch build {name}`, and use --env image\n",
                      self.words)
        self.train(recipe=name, code=3)
        self.assertIn(f"error: podman has no image localhost/launch/{name}:latest; an environment cannot be mounted instead: "
                      f"{why}\n\nhint: run `launch build {name}`\n", self.words)


if __name__ == "__main__":
    unittest.main()
