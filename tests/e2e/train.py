"""launch train with a real podman: two containers that communicate, fail, are interrupted and killed.

usage: train.py LAUNCH
"""

import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

from train_project import TrainProject, assert_nothing_left, bridges_of, left_over, podman

LAUNCH = ""
NAME = f"launch-test-{os.getpid()}"

JOB = """import os, signal, sys, time
def save(*_):
    time.sleep(float(sys.argv[2]) if len(sys.argv) > 2 else 0.5 + int(os.environ["RANK"]))
    print("saved", os.environ["RANK"], flush=True)
    sys.exit(0)
rank, world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
print("rank", rank, "of", world, *sys.argv[1:])
what = sys.argv[1] if len(sys.argv) > 1 else ""
if what == "stubborn":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
if what == "saves":
    signal.signal(signal.SIGTERM, save)
if what == "signals":
    signal.signal(signal.SIGUSR1, lambda *_: print("got SIGUSR1", rank, file=sys.stderr))
print("ready", rank, file=sys.stderr)
if rank == world - 1:
    open("/workspace/failed", "w").write(str(time.time()))
    if what == "exit":
        sys.exit(7)
    if what == "raise":
        raise ValueError("no more data")
    if what == "fails at first" and os.environ["LAUNCH_ATTEMPT"] == "0":
        sys.exit(7)
if what == "fails at first":
    sys.exit(0)
if what:
    time.sleep(600)
"""


class Train(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = TrainProject(NAME, JOB)
        cls.root, cls.environment = cls.made.root, cls.made.environment
        cls.made.recipe(NAME)
        cls.made.recipe(NAME + "-empty", path="/usr/bin")
        cls.made.recipe(NAME + "-late", path="/opt/stand_in/late:/usr/bin")

    @classmethod
    def tearDownClass(cls):
        cls.made.close()

    def start(self, *arguments, recipe=NAME, options=()):
        command = [LAUNCH, "-C", str(self.root), "train", recipe, *options, "--", *arguments]
        return subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def train(self, *arguments, **more):
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=120)
        return process.returncode, out.decode(), err.decode()

    def wait_until_both_run(self, process):
        seen = b""
        while not (b"ready 0" in seen and b"ready 1" in seen):
            line = process.stderr.readline()
            self.assertTrue(line, seen.decode())
            seen += line

    def records(self):
        return sorted((self.root / "state" / "runs").iterdir(), key=lambda folder: folder.stat().st_mtime)

    def record(self):
        return json.loads((self.records()[-1] / "run.json").read_text())

    def left_over(self):
        # podman does not list a container that it is removing.
        processes = [place.parent.name + " " + text for place in pathlib.Path("/proc").glob("[0-9]*/cmdline")
                     if NAME in (text := self.text_of(place).replace("\0", " "))]
        return left_over(NAME) + processes + bridges_of([folder.name for folder in self.records()])

    @staticmethod
    def text_of(place):
        try:
            return place.read_text(errors="replace")
        except OSError:
            return ""

    def assert_nothing_left(self, within=0.0):
        """podman's monitor of a container ends a moment after the container was removed."""
        assert_nothing_left(lambda: left_over(NAME), within)
        assert_nothing_left(self.left_over, within=5)

    def test_two_nodes(self):
        code, out, err = self.train()
        self.assertEqual((code, sorted(out.splitlines())), (0, ["[0.0] rank 0 of 2", "[1.1] rank 1 of 2"]), err)
        self.assertIn("[1.1] ready 1\n", err)
        self.assertRegex(err, r"done in .*: 2 nodes, world size 2\n")
        record = self.record()
        self.assertEqual((record["world_size"], len(record["nodes"]), record["end"]["result"]), (2, 2, "succeeded"))
        self.assertRegex(record["image"]["digest"], r"^sha256:[0-9a-f]{64}$")
        lock = (self.root / "lockfiles" / f"pylock.{NAME}.toml").read_bytes()
        self.assertEqual(record["lock"], "sha256:" + hashlib.sha256(lock).hexdigest())
        logs = self.records()[-1] / "logs"
        self.assertEqual((logs / "node1.rank1.log").read_text().count("rank 1 of 2\n"), 1)
        self.assert_nothing_left()

    def test_json(self):
        code, out, err = self.train("exit", options=("--json",))
        self.assertTrue(out, (code, err))
        document = json.loads(out)
        self.assertEqual((code, document["code"], document["cause"]["rank"], document["cause"]["kind"]),
                         (7, 7, 1, "exit"), err)
        self.assertEqual(len(document["nodes"]), 2)

    def test_failing_rank_ends_all_and_its_code_is_returned(self):
        for what, code, sentence in (("exit", 7, "exited with code 7"),
                                     ("raise", 1, "raised ValueError: no more data (code 1)")):
            returned, _, err = self.train(what)
            took = time.time() - float((self.root / "job" / "failed").read_text())
            print(f"{what}: all ended {took:.1f} s after the rank failed", file=sys.stderr)
            self.assertLess(took, 15)  # 1 s on an idle machine; without launch it is 600
            self.assertEqual(returned, code, err)
            self.assertIn(f"error: rank 1 on node 1 {sentence}\n", err)
            self.assertEqual(self.record()["end"]["cause"]["rank"], 1)
            self.assert_nothing_left()

    def test_interrupts_leave_nothing(self):
        for number, code, what in ((signal.SIGINT, 130, "wait"), (signal.SIGTERM, 143, "stubborn")):
            process = self.start(what, options=("--grace", "1"))
            self.wait_until_both_run(process)
            began = time.monotonic()
            process.send_signal(number)
            _, err = process.communicate(timeout=60)
            print(f"{number.name}: gone after {time.monotonic() - began:.1f} s", file=sys.stderr)
            self.assertEqual(process.returncode, code, err.decode())
            self.assertEqual(self.record()["end"]["result"], "interrupted")
            self.assertEqual(self.record()["end"]["killed"], [0, 1] if what == "stubborn" else [])
            self.assertIn("warning: 2 ranks were killed, since they did not end within 1 s: rank 0 on node 0 and rank 1 "
                          "on node 1; --grace SECONDS gives more time\n" if what == "stubborn"
                          else "SIGTERM ended 2 ranks at once: no handler for it was set (yet)\n", err.decode())
            self.assert_nothing_left()

    def test_ranks_have_time_to_save(self):
        process = self.start("saves")
        self.wait_until_both_run(process)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143, err.decode())
        self.assertIn(b"stopping: the ranks have 30 s to save and end; interrupt again to end them at once\n", err)
        self.assertIn(b"[0.0] saved 0\n[1.1] saved 1\n", out)
        self.assertIn(b"2 ranks handled SIGTERM and ended with code 0\n", err)
        self.assertEqual([rank["code"] for rank in self.record()["end"]["ranks"]], [0, 0])
        self.assert_nothing_left()

    def test_second_interrupt_ends_at_once_and_is_recorded(self):
        process = self.start("stubborn")
        self.wait_until_both_run(process)
        process.send_signal(signal.SIGINT)
        while b"stopping: " not in process.stderr.readline():
            pass
        began = time.monotonic()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        print(f"second SIGINT: gone after {time.monotonic() - began:.1f} s", file=sys.stderr)
        self.assertLess(time.monotonic() - began, 20, "the ranks would have had 30 s")
        self.assertEqual(process.returncode, 130, err.decode())
        self.assertEqual((self.record()["end"]["result"], self.record()["end"]["killed"]), ("interrupted", [0, 1]))
        self.assertIn(b"warning: 2 ranks were killed at the second interrupt: rank 0 on node 0 and rank 1 on node 1\n", err)
        self.assert_nothing_left()

    def test_signals_of_the_user_reach_the_ranks(self):
        process = self.start("signals")
        self.wait_until_both_run(process)
        process.send_signal(signal.SIGUSR1)
        seen = b""
        while not (b"got SIGUSR1 0" in seen and b"got SIGUSR1 1" in seen):
            line = process.stderr.readline()
            self.assertTrue(line, seen.decode())
            seen += line
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assert_nothing_left()

    def everything_of(self, folder):
        """Every process that belongs to the run and is not in a container: a batch system may signal all of them."""
        return [int(place.parent.name) for place in pathlib.Path("/proc").glob("[0-9]*/cmdline")
                if folder.name in self.text_of(place)]

    def test_signals_to_all_processes_of_a_job_are_as_those_to_launch_alone(self):
        process = self.start("signals")
        self.wait_until_both_run(process)
        everything = [process.pid, *self.everything_of(self.records()[-1])]
        self.assertGreaterEqual(len(everything), 4, "launch, a guard and two clients")
        for pid in everything:
            os.kill(pid, signal.SIGUSR1)
        seen = b""
        while not (b"got SIGUSR1 0" in seen and b"got SIGUSR1 1" in seen):
            line = process.stderr.readline()
            self.assertTrue(line, seen.decode())
            seen += line
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        self.assertIn(b"interrupted by SIGTERM after ", err)
        self.assert_nothing_left(within=5)

    def test_sigterm_to_all_processes_of_a_job_leaves_the_ranks_their_time(self):
        process = self.start("saves", "5")
        self.wait_until_both_run(process)
        folder = self.records()[-1]
        for pid in (*self.everything_of(folder), process.pid):  # launch last
            os.kill(pid, signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143, err.decode())
        self.assertIn(b"[0.0] saved 0\n", out)
        self.assertIn(b"[1.1] saved 1\n", out)
        self.assertIn(b"2 ranks handled SIGTERM and ended with code 0\n", err)
        self.assertEqual((self.record()["end"]["result"], self.record()["end"]["killed"]), ("interrupted", []))
        self.assert_nothing_left(within=5)

    def test_a_run_that_fails_is_started_again(self):
        code, out, err = self.train("fails at first", options=("--restarts", "2"))
        self.assertEqual(code, 0, err)
        self.assertIn("attempt 2 of 3: rank 1 on node 1 exited with code 7\n", err)
        self.assertEqual(out.count("[1.1] rank 1 of 2 fails at first\n"), 2)
        record = self.record()
        first, = record["attempts"]
        self.assertEqual((first["end"]["cause"]["rank"], first["end"]["code"], record["end"]["result"]), (1, 7, "succeeded"))
        logs = self.records()[-1] / "logs"
        self.assertEqual((logs / "attempt2" / "node1.rank1.log").read_text(), (logs / "node1.rank1.log").read_text())
        shown = self.launch("runs", "show", "last").stdout
        self.assertRegex(shown, r"attempt 1 +failed with code 7 after .*: rank 1 on node 1 exited with code 7\n")
        self.assert_nothing_left(within=5)

    def test_a_run_can_be_stopped_in_its_second_attempt(self):
        process = self.start("exit", options=("--restarts", "100"))
        seen = b""
        while b"attempt 2 of 101: " not in seen:
            line = process.stderr.readline()
            self.assertTrue(line, seen.decode())
            seen += line
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
        self.assertIn(process.returncode, (130, 7), err.decode())  # a rank may just have failed
        self.assert_nothing_left(within=5)

    def test_a_node_that_is_missing_from_the_rendezvous_is_named(self):
        code, _, err = self.train(recipe=NAME + "-late", options=("--rendezvous-timeout", "3"))
        self.assertEqual(code, 3, err)
        self.assertIn("error: the ranks had not started after 3.0 s: node 1 has not reached n0:29500 (code 3)\n", err)
        self.assertIn("  [1] torchrun: still importing\n", err)
        self.assertEqual(self.record()["end"]["cause"]["kind"], "rendezvous")
        self.assert_nothing_left(within=5)

    def test_ranks_that_hang_are_ended(self):
        code, _, err = self.train("wait", options=("--hang-timeout", "2"))
        self.assertEqual(code, 1, err)
        self.assertRegex(err, r"error: no rank has printed a line for .* s, and none has moved \(code 1\)\n")
        self.assertEqual(self.record()["end"]["cause"]["kind"], "hang")
        log = (self.records()[-1] / "logs" / "node1.rank1.log").read_text()
        self.assertRegex(log, r'the stacks of its threads:\n.*\n  File "/workspace/job.py", line \d+ in <module>\n')
        self.assert_nothing_left(within=5)

    def processes_of(self, folder):
        """launch, its guard and the engine's clients: what a batch system kills with the job's cgroup."""
        found = []
        for place in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            words = self.text_of(place).split("\0")
            client = any(word.startswith(f"launch-{folder.name}-") for word in words) and "run" in words[1:2]
            if client or words[1:3] == ["guard", str(folder)]:
                found.append(int(place.parent.name))
        return found

    def test_ranks_end_by_themselves_when_all_who_watch_are_killed(self):
        for what in ("wait", "stubborn"):
            process = self.start(what)
            self.wait_until_both_run(process)
            folder = self.records()[-1]
            others = self.processes_of(folder)
            self.assertEqual(len(others), 3, "a guard and two clients")
            for pid in (process.pid, *others):
                os.kill(pid, signal.SIGSTOP)
            for pid in (process.pid, *others):
                os.kill(pid, signal.SIGKILL)
            process.communicate()
            began = time.monotonic()
            while podman("ps", "--quiet", "--filter", f"label=launch.run={folder.name}").strip():
                self.assertLess(time.monotonic() - began, 30)
                time.sleep(0.2)
            print(f"all killed, {what}: the ranks ended after {time.monotonic() - began:.1f} s", file=sys.stderr)
            self.launch("stop", folder.name)
            self.assert_nothing_left(within=10)

    def test_a_launch_that_is_stopped_with_ctrl_z_ends_nothing(self):
        process = self.start("saves")
        self.wait_until_both_run(process)
        guard = next(pid for pid in self.processes_of(self.records()[-1]) if "guard" in self.text_of(pathlib.Path(f"/proc/{pid}/cmdline")))
        for pid in (process.pid, guard):  # with the guard, as when a batch system suspends a job
            os.kill(pid, signal.SIGSTOP)
        time.sleep(9)  # a rank waits 6 s for a heartbeat
        for pid in (process.pid, guard):
            os.kill(pid, signal.SIGCONT)
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=60)
        self.assertIn(b"[1.1] saved 1\n", out, err.decode())
        self.assert_nothing_left()

    def test_interrupt_while_starting(self):
        process = self.start("wait")
        time.sleep(0.3)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143, err.decode())
        self.assert_nothing_left()

    def test_killed_launch_leaves_nothing(self):
        for what in ("wait", "stubborn"):
            process = self.start(what)
            self.wait_until_both_run(process)
            process.kill()
            began = time.monotonic()
            process.wait()
            self.assert_nothing_left(within=30)
            print(f"SIGKILL: gone after {time.monotonic() - began:.1f} s", file=sys.stderr)
            self.assertEqual(self.record()["end"]["result"], "lost")
            process.stdout.close()
            process.stderr.close()

    def launch(self, *arguments):
        command = [LAUNCH, "-C", str(self.root), *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120)

    def test_run_is_listed_followed_and_stopped_from_elsewhere(self):
        process = self.start("wait")
        self.wait_until_both_run(process)
        run = json.loads(self.launch("--json", "runs").stdout)["runs"][0]
        self.assertEqual((run["recipe"], run["state"], run["code"]), (NAME, "running", None))
        with subprocess.Popen([LAUNCH, "-C", str(self.root), "logs", run["run"], "--follow"], env=self.environment,
                              stdout=subprocess.PIPE, text=True) as follower:
            began = time.monotonic()
            stopped = self.launch("stop", "last")
            print(f"stop: gone after {time.monotonic() - began:.1f} s", file=sys.stderr)
            self.assertEqual((stopped.returncode, stopped.stderr), (0, f"stopped {run['run']}\n"))
            self.assertEqual(left_over(NAME), [])
            followed, _ = follower.communicate(timeout=60)
        self.assert_nothing_left()
        _, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, follower.returncode), (143, 0), err.decode())
        self.assertIn("interrupted by launch stop after ", err.decode())
        logs = self.records()[-1] / "logs"
        self.assertEqual(followed, (logs / "all.log").read_text())
        self.assertIn("[1.1] ready 1\n", followed)
        self.assertEqual(self.launch("logs", "last", "--rank", "1.1").stdout, (logs / "node1.rank1.log").read_text())
        end = self.record()["end"]
        self.assertEqual((end["result"], end["code"], end["cause"]["kind"]), ("interrupted", 143, "stopped"))
        self.assertEqual(self.launch("stop", "last").stderr, f"{run['run']} has already ended: interrupted\n")

    def test_stop_removes_what_is_left_when_launch_and_guard_were_killed(self):
        process = self.start("wait")
        self.wait_until_both_run(process)
        folder = self.records()[-1]
        for place in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            if self.text_of(place).split("\0")[1:3] == ["guard", str(folder)]:
                os.kill(int(place.parent.name), signal.SIGKILL)
        process.kill()
        process.communicate()
        self.assertEqual(json.loads(self.launch("--json", "runs").stdout)["runs"][0]["state"], "lost")
        stopped = self.launch("stop", folder.name)
        self.assertEqual((stopped.returncode, stopped.stderr),
                         (0, f"the launch of {folder.name} was killed: removed what was left of it\n"))
        self.assert_nothing_left(within=10)
        self.assertEqual(self.record()["end"]["result"], "lost")

    def test_command_that_is_not_in_the_image(self):
        code, _, err = self.train(recipe=NAME + "-empty")
        self.assertEqual(code, 2, err)
        self.assertIn(f"error: the command 'torchrun' is not in the image localhost/launch/{NAME}-empty:latest\n", err)
        self.assert_nothing_left()

    def test_script_that_is_not_in_the_image(self):
        (self.root / "job" / "job.py").rename(self.root / "job" / "away.py")
        try:
            code, _, err = self.train()
        finally:
            (self.root / "job" / "away.py").rename(self.root / "job" / "job.py")
        self.assertEqual(code, 2, err)
        self.assertRegex(err, r"error: rank \d on node \d exited with code 2: the script /workspace/job.py is not in the"
                              r" image\n")
        self.assertIn("hint: add it with [image] copy in the recipe;", err)

    def test_image_that_is_not_there(self):
        self.made.recipe(NAME + "-none", image=False)
        code, out, err = self.train(recipe=NAME + "-none")
        self.assertEqual((code, out, err), (3, "", f"error: podman has no image localhost/launch/{NAME}-none:latest; an environment cannot be "
                                                   f"mounted instead: the Python of the recipe {NAME}-none is that of the base "
                                                   "image or its distribution\n\n"
                                                   f"hint: run `launch build {NAME}-none`\n"))

    def test_dry_run_starts_nothing(self):
        before = self.records() if (self.root / "state/runs").exists() else []
        code, out, err = self.train("--steps", "5 0", options=("--dry-run", "--nodes", "1"))
        self.assertEqual(code, 0, err)
        run = re.search(r"launch-(\S+)-n0", out)[1]
        network, code, stop, _, node, wait, removal, end = [line for line in out.splitlines() if not line.startswith("# ")]
        self.assertRegex(network, rf"podman network create --disable-dns --subnet 198\.19\.\S+/27 --label launch.run={run} launch-{run} \|\| exit$")
        self.assertEqual(removal, f"podman network rm launch-{run}")
        self.assertTrue(node.startswith(f"podman run --rm --init --pull never --log-driver none --name launch-{run}-n0"))
        self.assertTrue(node.endswith("torchrun --nnodes 1 --node-rank 0 --nproc-per-node 1 --master-addr n0 "
                                      "--master-port 29500 /run/launch/rank.py job.py --steps '5 0' & nodes=\"$nodes $!\""))
        self.assertEqual((code, wait, end), ("code=0 nodes=", "for node in $nodes; do wait $node || code=$?; done", "exit $code"))
        self.assertIn(f"wait; {removal}; exit $1", stop)
        self.assertEqual(self.records() if (self.root / "state/runs").exists() else [], before)

    def test_dry_run_is_a_script_that_runs(self):
        code, out, err = self.train(options=("--dry-run",))
        self.assertEqual(code, 0, err)
        done = subprocess.run(["sh", "-e"], input=out, env=self.environment, capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        lines = [line for line in done.stdout.splitlines() if " o rank " in line]
        self.assertEqual(sorted(lines), ["@launch 0 o rank 0 of 2", "@launch 1 o rank 1 of 2"])
        self.assert_nothing_left()

    def test_an_interrupted_script_of_dry_run_leaves_nothing(self):
        script = self.train("wait", options=("--dry-run",))[1]
        process = subprocess.Popen(["sh", "-c", script], env=self.environment, stdout=subprocess.PIPE, text=True)
        for line in process.stdout:
            if " s {" in line:
                break
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
        self.assertEqual(process.returncode, 143)
        self.assert_nothing_left()

    def test_two_runs_at_once_have_networks_of_their_own(self):
        first, second = self.start("wait"), self.start("wait")
        for process in (first, second):
            self.wait_until_both_run(process)
        for process in (first, second):
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        self.assert_nothing_left()


if __name__ == "__main__":
    LAUNCH = sys.argv.pop(1)
    unittest.main()
