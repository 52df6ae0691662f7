"""What a person sees of a training run: colours and progress bars on a terminal and in a pipe, and what the files keep.

usage: screen.py LAUNCH
"""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import unittest

from train_project import TrainProject

LAUNCH = ""
NAME = f"launch-test-{os.getpid()}"
COLUMNS = 60

# Writes as tqdm does, whose bar begins each state with a carriage return; the last is written again with a newline.
JOB = r"""import os, sys, time
rank = int(os.environ["RANK"])
def state(i):
    return f"{i / 2:3.0f}%|{'█' * (i // 20):<10}| {i}/200 [00:00<00:00, 123.45it/s, loss={i}]"
print("\x1b[31mred\x1b[2J of", rank)
for i in range(101):
    sys.stderr.write("\r" + state(i))
while not os.path.exists("/workspace/seen"):
    time.sleep(0.01)
sys.stderr.write("\r" + " " * len(state(100)) + "\r")
sys.stderr.write("written by rank %d\n" % rank)
for i in range(101, 200):
    sys.stderr.write("\r" + state(i))
sys.stderr.write("\r" + state(200) + "\n")
"""


def state(i):
    return f"{i / 2:3.0f}%|{'█' * (i // 20):<10}| {i}/200 [00:00<00:00, 123.45it/s, loss={i}]"


class Display:
    """As much of a terminal as launch uses. Anything else is an error."""

    SEQUENCE = re.compile(r"\x1b\[(\?7[lh]|(\d*)A|[KJ]|[\d;]*m)")

    def __init__(self):
        self.lines, self.row, self.column, self.wraps = [""], 0, 0, True

    def put(self, text):
        while text:
            found = self.SEQUENCE.match(text)
            if found:
                self.control(found[1], found[2])
                text = text[found.end():]
            else:
                self.character(text[0])
                text = text[1:]

    def control(self, what, count):
        if what.startswith("?7"):
            self.wraps = what == "?7h"
        elif what.endswith("A"):
            self.row -= int(count or 1)
            assert self.row >= 0
        elif what in "KJ":
            self.lines[self.row] = self.lines[self.row][:self.column]
            if what == "J":
                del self.lines[self.row + 1:]

    def character(self, one):
        if one == "\r":
            self.column = 0
            return
        if one == "\n" or self.column == COLUMNS and self.wraps:
            self.row += 1
            if self.row == len(self.lines):
                self.lines.append("")
            if one == "\n":
                return
            self.column = 0
        assert one.isprintable(), repr(one)
        line = self.lines[self.row].ljust(self.column)
        self.column = min(self.column, COLUMNS - 1)
        self.lines[self.row] = line[:self.column] + one + line[self.column + 1:]
        self.column += 1


class Screen(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.made = TrainProject(NAME, JOB)
        cls.made.recipe(NAME)
        cls.command = [LAUNCH, "-C", str(cls.made.root), "train", NAME]
        cls.seen = cls.made.root / "job" / "seen"

    @classmethod
    def tearDownClass(cls):
        cls.made.close()

    def environment(self, **more):
        kept = {name: value for name, value in self.made.environment.items()
                if name not in ("CI", "NO_COLOR", "CLICOLOR_FORCE")}
        return kept | {"TERM": "xterm-256color"} | more

    def on_terminal(self, **more):
        """The bytes that were printed until the bars had been seen, and all of them."""
        self.seen.unlink(missing_ok=True)
        ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        process = subprocess.Popen(self.command, env=self.environment(**more), stdin=theirs, stdout=theirs, stderr=theirs,
                                   start_new_session=True)
        os.close(theirs)
        printed = before = b""
        while True:
            try:
                part = os.read(ours, 65536)
            except OSError:  # the other end is closed
                break
            printed += part
            last = printed[printed.rfind(b"\x1b[?7l"):]
            if not before and last.endswith(b"\x1b[?7h") and last.count(b" 50%|") == 2:
                before = printed
                self.seen.touch()
        os.close(ours)
        self.assertEqual(process.wait(), 0, printed.decode())
        return before.decode(), printed.decode()

    def logs(self):
        return max((self.made.root / "state" / "runs").iterdir(), key=lambda folder: folder.stat().st_mtime) / "logs"

    def check_logs(self):
        for rank in range(2):
            lines = (self.logs() / f"node{rank}.rank{rank}.log").read_text().split("\n")
            self.assertEqual(lines.count(f"\x1b[31mred\x1b[2J of {rank}"), 1)
            self.assertEqual([line for line in lines if "it/s" in line], [state(i) for i in range(201)])

    def test_terminal(self):
        before, printed = self.on_terminal()
        display = Display()
        display.put(before)
        self.assertEqual(display.lines[-2:], [f"[{rank}.{rank}] {state(100)}"[:COLUMNS - 1] for rank in range(2)])
        self.assertEqual((display.row, display.column), (len(display.lines) - 1, 0))
        display.put(printed[len(before):])
        for rank in range(2):
            self.assertIn(f"[{rank}.{rank}] \x1b[31mred\\x1b[2J of {rank}\x1b[0m\r\n", printed)
            self.assertIn(f"[{rank}.{rank}] red\\x1b[2J of {rank}", display.lines)
            self.assertIn(f"[{rank}.{rank}] written by rank {rank}", display.lines)
            self.assertIn(f"[{rank}.{rank}] {state(200)}"[:COLUMNS], display.lines)
        self.assertEqual("\n".join(display.lines).count("it/s"), 2, "the last state of each bar")
        self.check_logs()

    def test_terminal_without_colour(self):
        before, printed = self.on_terminal(NO_COLOR="1")
        self.assertIn("[0.0] red\\x1b[2J of 0\r\n", printed)
        self.assertNotRegex(printed, r"\x1b\[[0-9;]*m")
        self.check_logs()

    def test_pipe(self):
        self.seen.touch()
        ran = subprocess.run(self.command, env=self.environment(), capture_output=True, check=True)
        out, err = ran.stdout.decode(), ran.stderr.decode()
        self.assertEqual(sorted(out.splitlines()), [f"[{rank}.{rank}] red\\x1b[2J of {rank}" for rank in range(2)])
        self.assertNotIn("\x1b", err)
        for rank in range(2):
            bars = [line for line in err.splitlines() if line.startswith(f"[{rank}.{rank}] ") and "it/s" in line]
            self.assertEqual([bars[0], bars[-1]], [f"[{rank}.{rank}] {state(0)}", f"[{rank}.{rank}] {state(200)}"])
            self.assertLess(len(bars), 20)  # 2, unless the run takes more than 10 s
        self.check_logs()
        shown = subprocess.run([LAUNCH, "-C", str(self.made.root), "logs", "last", "--rank", "0"], env=self.environment(),
                               capture_output=True, check=True)
        self.assertTrue(shown.stdout.decode().startswith("red\\x1b[2J of 0\n"))

    def test_stdout_elsewhere(self):
        """`launch train | tee FILE`: what tee prints later would end up between bars that are drawn over."""
        self.seen.touch()
        ours, theirs = pty.openpty()
        with subprocess.Popen(self.command, env=self.environment(), stdout=subprocess.PIPE, stderr=theirs) as process:
            os.close(theirs)
            printed = b""
            while True:
                try:
                    printed += os.read(ours, 65536)
                except OSError:
                    break
            process.stdout.read()
        os.close(ours)
        self.assertNotIn(b"\x1b[?7l", printed)
        self.assertIn(f"[0.0]\x1b[0m {state(200)}\r\n", printed.decode())


if __name__ == "__main__":
    LAUNCH = os.path.abspath(sys.argv.pop())
    unittest.main()
