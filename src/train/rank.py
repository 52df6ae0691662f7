"""One rank of a run, as launch starts it: torchrun … rank.py SCRIPT ARGS.

Writes every line of the rank to stdout, prefixed with the rank, and its end as an event, so that the reader of the
node's output knows which rank wrote what, which ended first, and how:

    @launch RANK o TEXT    a line of its stdout; O: the line continues
    @launch RANK e TEXT    a line of its stderr; E: the line continues
    @launch RANK s JSON    it was started
    @launch RANK x JSON    it ended: code, signal, time (seconds since 1970), failed (when its last traceback
                           began), asked_to_end (before it ended), killed (it did not end in its time), message
                           (torchelastic's error file)

Beside this file there may be another, "control" (train/control.hpp), through which the run ends its ranks, hands them
signals, and shows that it lives.
"""

import ctypes
import json
import os
import re
import resource
import selectors
import signal
import subprocess
import sys
import threading
import time

RANK = os.environ.get("RANK", "0").encode()
PIPE_BUF = 4096  # a write of up to that many bytes is not mixed with another rank's
LONGEST = 3900
TRACEBACK = b"Traceback (most recent call last)"


def write(data):
    while data:
        data = data[os.write(1, data) :]


def put(kind, text):
    write(b"@launch %s %s %s\n" % (RANK, kind, text))


def put_event(kind, event):
    put(kind, json.dumps(event).encode())


class Lines:
    """Splits one stream into lines; a carriage return ends a line too (progress bars)."""

    def __init__(self, kind):
        self.kind = kind
        self.mark = b"@launch %s %s " % (RANK, kind)
        self.rest = b""
        self.failed = None

    def take(self, data):
        data = self.rest + data
        if b"\r" in data:
            *whole, self.rest = re.split(rb"\r*\n|\r(?!$)", data)
            for line in whole:
                self.line(line)
        else:
            end = data.rfind(b"\n") + 1
            self.rest = data[end:]
            self.lines(data[:end])
        while len(self.rest) > LONGEST:
            put(self.kind.upper(), self.rest[:LONGEST])
            self.rest = self.rest[LONGEST:]

    def lines(self, data):
        """Passes on whole lines, as many as fit into each write."""
        if not data:
            return
        if self.kind == b"e" and TRACEBACK in data:
            self.failed = time.time()
        data = self.mark + data[:-1].replace(b"\n", b"\n" + self.mark) + b"\n"
        at = 0
        while at < len(data):
            end = data.rfind(b"\n", at, at + PIPE_BUF) + 1
            if end > 0:
                write(data[at:end])
            else:
                end = data.index(b"\n", at) + 1
                self.line(data[at + len(self.mark) : end - 1])
            at = end

    def line(self, line):
        if self.kind == b"e" and TRACEBACK in line:
            self.failed = time.time()
        while len(line) > LONGEST:
            put(self.kind.upper(), line[:LONGEST])
            line = line[LONGEST:]
        put(self.kind, line)

    def end(self):
        if self.rest:
            self.line(self.rest.rstrip(b"\r"))
        self.rest = b""


def die_with_parent():
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def read_to_end(rank, streams):
    selector = selectors.DefaultSelector()
    for pipe, lines in streams.items():
        selector.register(pipe, selectors.EVENT_READ, lines)
    ended = None
    while selector.get_map():
        for key, _ in selector.select(timeout=0.1):
            data = os.read(key.fd, 65536)
            if data:
                key.data.take(data)
            else:
                selector.unregister(key.fileobj)
        # A process that the rank left behind may hold its pipes open forever.
        if rank.poll() is not None:
            ended = ended or time.monotonic()
            if time.monotonic() - ended > 0.5:
                break
    for lines in streams.values():
        lines.end()
    return rank.wait()


class Control(threading.Thread):
    """Does with the rank what the control file wants."""

    FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "control")
    PAUSE = 0.1
    LOST = 70  # looks in a row without a sign of life; looks, since a file system may stall
    LOST_GRACE = 2

    def __init__(self):
        super().__init__(daemon=True)
        self.rank = None
        self.asked = None  # when it was asked to end
        self.killed = False
        self.text = b""
        self.same = 0
        self.wishes = self.read()

    def read(self):
        """What is wanted; empty if nobody wants anything: there is no file, or it was removed."""
        try:
            with open(self.FILE, "rb") as file:
                text = file.read()
            words = text.split(b"\n")[1].split()
            wishes = {key.decode(): int(value) for key, value in zip(words[::2], words[1::2])}
        except (OSError, IndexError, ValueError):
            self.same = 0
            return {}
        self.same = self.same + 1 if text == self.text else 0
        self.text = text
        return wishes

    def run(self):
        while self.rank.poll() is None:
            self.look()
            time.sleep(self.PAUSE)
        if self.same >= self.LOST:  # nobody may be left who reads what we write
            time.sleep(1)
            os._exit(128 + signal.SIGKILL)

    def look(self):
        before, self.wishes = self.wishes, self.read()
        for name, number in (("usr1", signal.SIGUSR1), ("usr2", signal.SIGUSR2)):
            if self.wishes.get(name, 0) > before.get(name, 0):
                self.rank.send_signal(number)
        if self.same >= self.LOST:
            self.end(self.LOST_GRACE)
        elif self.wishes.get("stop"):
            self.end(self.wishes.get("grace", 0))

    def ask(self):
        """SIGTERM, once: torchrun and the run may both send it."""
        if self.asked is None:
            self.asked = time.monotonic()
            self.rank.send_signal(signal.SIGTERM)

    def end(self, grace):
        if self.asked is None:
            self.ask()
        elif time.monotonic() - self.asked >= grace:
            self.killed = True
            self.rank.kill()

    def wait_for_others(self):
        """torchrun ends the other ranks when one has failed; those that are saving need their time."""
        if self.same >= self.LOST:
            return
        self.join()
        while self.wishes.get("stop") and not self.wishes.get("release") and self.same < self.LOST:
            time.sleep(self.PAUSE)
            self.wishes = self.read()


def error_file_message():
    try:
        with open(os.environ["TORCHELASTIC_ERROR_FILE"]) as file:
            message = json.load(file)["message"]
        return message if isinstance(message, str) else message["message"]
    except (KeyError, OSError, TypeError, ValueError):
        return None


def end_as(code):
    """Ends in the same way as the rank, so that torchrun sees the same."""
    if code >= 0:
        os._exit(code)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if -code not in (signal.SIGKILL, signal.SIGSTOP):
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
    os._exit(128 - code)


def main():
    signals = []
    waiting = []
    rank = None
    control = Control()

    def deliver(number):
        if number == signal.SIGTERM:
            control.ask()
        else:
            rank.send_signal(number)

    def forward(number, _frame):
        if number not in (signal.SIGUSR1, signal.SIGUSR2):
            signals.append(number)
        if rank is None:
            waiting.append(number)
        elif rank.poll() is None:
            deliver(number)

    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"):
        signal.signal(getattr(signal, name), forward)
    control.rank = rank = subprocess.Popen(
        [sys.executable, "-u", *sys.argv[1:]],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,  # torchrun signals our group; each signal reaches the rank once, from us
        preexec_fn=die_with_parent,
    )
    for number in waiting:
        deliver(number)
    control.start()
    put_event(b"s", {"pid": rank.pid, "time": time.time()})
    out, err = Lines(b"o"), Lines(b"e")
    code = read_to_end(rank, {rank.stdout: out, rank.stderr: err})
    put_event(
        b"x",
        {
            "code": max(code, 0),
            "signal": max(-code, 0),
            "time": time.time(),
            "failed": err.failed,
            "asked_to_end": bool(signals) or control.asked is not None,
            "killed": control.killed,
            "message": error_file_message(),
        },
    )
    control.wait_for_others()
    end_as(code)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os._exit(141)
