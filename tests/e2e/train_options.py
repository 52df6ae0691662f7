"""The options of launch train that say what ranks run in, with a real podman.

usage: train_options.py LAUNCH
"""

import json
import os
import pathlib
import subprocess
import sys
import unittest

from train_project import TrainProject, podman

LAUNCH = ""
NAME = f"launch-test-{os.getpid()}-options"

JOB = """import json, os, sys, time
print("RESULT", json.dumps({
    "env": dict(os.environ), "folder": os.getcwd(), "user": os.getuid(), "world": os.environ["WORLD_SIZE"],
    "files": {path: open(path).read() for path in sys.argv[1:] if os.path.isfile(path)},
    "writable": {path: os.access(path, os.W_OK) for path in sys.argv[1:]},
}), flush=True)
if "wait" in sys.argv:
    time.sleep(600)
"""


class TrainOptions(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = TrainProject(NAME, JOB)
        cls.root = cls.made.root
        cls.environment = cls.made.environment | {"HF_TOKEN": "hf_1234", "EMPTY": ""}
        cls.made.recipe(NAME)
        cls.made.recipe(f"{NAME}-user", user="trainer")
        (cls.root / "data").mkdir()
        (cls.root / "data" / "file").write_text("a file")
        (cls.root / "token").write_text("s3cret\n")
        (cls.root / "token").chmod(0o600)

    @classmethod
    def tearDownClass(cls):
        cls.made.close()

    def start(self, *options, arguments=(), recipe=NAME, **more):
        command = [LAUNCH, "-C", str(self.root), "train", recipe, "--nodes", "1", *options, "--", *arguments]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                **more)

    def train(self, *options, **more):
        process = self.start(*options, **more)
        out, err = process.communicate(timeout=120)
        return process.returncode, self.results(out), err

    @staticmethod
    def results(out):
        return [json.loads(line.split("RESULT ")[1]) for line in out.splitlines() if "RESULT " in line]

    def record(self):
        folder = max((self.root / "state" / "runs").iterdir(), key=lambda folder: folder.stat().st_mtime)
        return (folder / "run.json").read_text()

    def test_variables(self):
        code, [rank], err = self.train("--env", "HF_TOKEN", "--env", "EMPTY", "--env", "API_KEY=k3y", "--env",
                                       "TEXT=two\nlines, 'quoted' $HOME", "--env", "PATH=/opt/stand_in:/usr/bin:/x")
        self.assertEqual(code, 0, err)
        env = rank["env"]
        self.assertEqual([env[name] for name in ("HF_TOKEN", "EMPTY", "API_KEY", "TEXT", "PATH")],
                         ["hf_1234", "", "k3y", "two\nlines, 'quoted' $HOME", "/opt/stand_in:/usr/bin:/x"])
        record = self.record()
        self.assertNotIn("hf_1234", record)
        self.assertNotIn("k3y", record)
        self.assertIn("the value of API_KEY is not recorded, since the name suggests a secret\n", err)

    def test_values_of_the_shell_and_secrets_are_in_no_command_line(self):
        process = self.start("--env", "HF_TOKEN", "--secret", "S=token", arguments=("wait",))
        line = process.stdout.readline()
        [rank] = self.results(line)
        self.assertEqual((rank["env"]["HF_TOKEN"], rank["env"]["S"]), ("hf_1234", "s3cret"))
        try:
            lines = [text for place in pathlib.Path("/proc").glob("[0-9]*/cmdline") if NAME in (text := self.text_of(place))]
            self.assertTrue(any("podman" in text for text in lines), lines)
            container = podman("ps", "--filter", f"name={NAME}", "--format", "{{.Names}}").strip()
            seen = [*lines, self.record()]
            self.assertFalse([text for text in seen if "hf_1234" in text or "s3cret" in text])
            self.assertNotIn("s3cret", podman("inspect", container))
        finally:
            process.terminate()
            process.communicate(timeout=60)

    @staticmethod
    def text_of(place):
        try:
            return place.read_text(errors="replace")
        except OSError:
            return ""

    def test_mounts(self):
        code, [rank], err = self.train("--mount", "data:/data:ro", "--mount", f"{self.root}/job:/workspace",
                                       arguments=("/data/file", "/workspace/job.py"))
        self.assertEqual(code, 0, err)
        self.assertEqual(rank["files"], {"/data/file": "a file", "/workspace/job.py": JOB})
        self.assertEqual(rank["writable"], {"/data/file": False, "/workspace/job.py": True})
        self.assertIn(f"--mount puts {self.root}/job at /workspace instead of the recipe's {self.root}/job\n", err)

    def test_workdir(self):
        # The script is given from there.
        code, [rank], err = self.train("--mount", "job:/opt/job", "--workdir", "/opt/job")
        self.assertEqual((code, rank["folder"]), (0, "/opt/job"), err)
        code, _, err = self.train("--workdir", "/nowhere")
        self.assertEqual(code, 2, err)
        self.assertIn(f"error: the working folder /nowhere does not exist in the image localhost/launch/{NAME}:latest\n", err)

    def test_ranks_per_node(self):
        code, ranks, err = self.train("--ranks-per-node", "4")
        self.assertEqual((code, [rank["world"] for rank in ranks]), (0, ["4"] * 4), err)
        self.assertIn(": 4 ranks per node, on the CPU with gloo\n", err)
        threads = str(max(1, len(os.sched_getaffinity(0)) // 4))
        self.assertEqual({rank["env"]["OMP_NUM_THREADS"] for rank in ranks}, {threads})

    def test_secrets(self):
        code, [rank], err = self.train("--secret", "HF_TOKEN=token")
        self.assertEqual((code, rank["env"]["HF_TOKEN"]), (0, "s3cret"), err)
        self.assertEqual(json.loads(self.record())["secrets"], [{"name": "HF_TOKEN", "file": f"{self.root}/token"}])

    @unittest.skipIf(os.geteuid() == 0, "podman is not rootless")
    def test_images_with_a_user_and_rootless_podman(self):
        (self.root / "own").mkdir()
        code, [rank], err = self.train("--mount", "own:/own", "--secret", "S=token", arguments=("/own",), recipe=f"{NAME}-user")
        self.assertEqual((code, rank["user"], rank["env"]["S"], rank["writable"]), (0, 1001, "s3cret", {"/own": True}), err)
        self.assertIn("this user is mapped to trainer (1001:1001) in the containers, so that ranks can use what is mounted\n", err)

    @unittest.skipUnless(os.geteuid() == 0, "podman is rootless")
    def test_images_with_a_user(self):
        out = self.root / "out"
        out.mkdir()
        options, paths = ("--mount", "out:/out", "--mount", "job:/workspace:ro"), ("/out",)
        code, [rank], err = self.train(*options, arguments=paths, recipe=f"{NAME}-user")
        self.assertEqual((code, rank["user"], rank["writable"]), (0, 1001, {"/out": False}), err)
        self.assertIn(f"ranks run as trainer (1001:1001) and cannot write {out}, mounted at /out: run `sudo chown 1001:1001 "
                      f"{out}`, or mount it read-only\n", err)
        os.chown(out, 1001, 1001)
        code, [rank], err = self.train(*options, arguments=paths, recipe=f"{NAME}-user")
        self.assertEqual((code, rank["writable"]), (0, {"/out": True}), err)
        self.assertNotIn("ranks run as", err)
        code, _, err = self.train("--secret", "S=token", *options, recipe=f"{NAME}-user")
        self.assertEqual(code, 2, err)
        self.assertIn(f"error: the secret S: ranks run as trainer (1001:1001) and cannot read {self.root}/token\n", err)

    def test_proxies_of_the_machine_stay_there(self):
        before = self.environment
        self.environment = before | {"HTTPS_PROXY": "http://me:pw@proxy.example"}
        try:
            code, [rank], err = self.train()
            self.assertEqual((code, rank["env"].get("HTTPS_PROXY")), (0, None), err)
            self.assertIn("HTTPS_PROXY is set here, but not in the ranks: pass it with `--env HTTPS_PROXY`\n", err)
            code, [rank], err = self.train("--env", "HTTPS_PROXY")
            self.assertEqual((code, rank["env"]["HTTPS_PROXY"]), (0, "http://me:pw@proxy.example"), err)
        finally:
            self.environment = before

    def test_dry_run_is_a_script_that_runs_where_its_variables_are_set(self):
        process = self.start("--dry-run", "--env", "HF_TOKEN", "--env", "A=b c", "--secret", "S=token", "--mount",
                             "data:/data:ro", "--workdir", "/workspace", "--ranks-per-node", "2", arguments=("/data/file",))
        script, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0, err)
        self.assertNotIn("hf_1234", script)
        done = subprocess.run(["sh", "-e"], input=script, env=self.environment, capture_output=True, text=True, timeout=120)
        ranks = self.results(done.stdout)
        self.assertEqual((done.returncode, len(ranks)), (0, 2), done.stderr)
        self.assertEqual([ranks[0]["env"][name] for name in ("HF_TOKEN", "A", "S")], ["hf_1234", "b c", "s3cret"])
        without = {name: value for name, value in self.environment.items() if name != "HF_TOKEN"}
        done = subprocess.run(["sh", "-e"], input=script, env=without, capture_output=True, text=True, timeout=120)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("set HF_TOKEN: its value is not printed here", done.stderr)


if __name__ == "__main__":
    LAUNCH = sys.argv.pop(1)
    unittest.main()
