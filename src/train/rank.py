"""One rank of a run, as launch starts it: torchrun … rank.py SCRIPT ARGS.

Writes every line of the rank to stdout, prefixed with the rank, and its end as an event, so that the reader of the
node's output knows which rank wrote what, which ended first, and how:

    @launch RANK o TEXT    a line of its stdout; O: the line continues. A carriage return at the end of TEXT ended
                           the line: on a terminal, what follows replaces it (progress bars)
    @launch RANK e TEXT    a line of its stderr; E: the line continues; likewise
    @launch RANK p S TEXT  the start of such a line of S, "o" or "e", which follows whole when it ends
    @launch RANK s JSON    it was started: pid, time (seconds since 1970)
    @launch RANK f JSON    an exception: type, mro, message, time, chain, leaves, lines. With "hook", nothing caught
                           it, and the end follows, perhaps after seconds; without, it is the last on stderr.
                           words, as of x
    @launch RANK h JSON    the exception that it was handling when it called sys.exit: as f
    @launch RANK d JSON    the exception that it is handling, after a request: as f
    @launch RANK k JSON    the stacks of its threads, after a request: time, lines
    @launch RANK r JSON    what NCCL's RAS told in this node, after such a request: time, lines
    @launch RANK x JSON    it ended: code, signal, started, time; asked_to_end (before it ended), asked (when);
                           killed (it did not end in its time);
                           after (how many lines of both streams followed the exception on stderr);
                           ended_normally (null: unknown); said (what it gave to sys.exit, or the last line, if that is of
                           stderr and came just before); words (late lines of stderr that mean something);
                           oom_kills (null: unknown); memory_limit; message (torchelastic's error file)
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
from functools import partial

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # absent with PYTHONSAFEPATH

from rank_control import Control  # noqa: E402
from rank_evidence import (  # noqa: E402
    LONGEST_EVENT,
    LONGEST_TEXT,
    Hook,
    Memory,
    Watch,
    encoded,
    fitting,
    fitting_lines,
    main_thread_first,
    shortened,
    text_of,
)

RANK = os.environ.get("RANK", "0").encode()
PIPE = 65536  # bytes that a pipe holds
PIPE_BUF = 4096  # a write of up to that many bytes is not mixed with another rank's


def write(data):
    while data:
        data = data[os.write(1, data) :]


def put(kind, text):
    write(b"@launch %s %s %s\n" % (RANK, kind, text))


class Lines:
    """Splits one stream into lines; a carriage return ends a line too (progress bars), and stays at its end."""

    def __init__(self, kind, shown_to):
        self.kind = kind
        self.mark = b"@launch %s %s " % (RANK, kind)
        self.rest = b""
        self.cut = False  # a part of the line was passed on
        self.replaces = False  # the line replaces the one before
        self.shown_to = shown_to  # a function of the watch

    def take(self, data):
        data = self.rest + data
        end = data.rfind(b"\n") + 1
        if b"\r" in data:
            end = max(end, data.rstrip(b"\r").rfind(b"\r") + 1)  # one at the end of the data may precede a newline
        self.rest, data = data[end:], data[:end]
        if data:
            self.replaces = data.endswith(b"\r")
        if b"\r" in data:
            data = re.sub(rb"\r+(?!\n)", b"\r\n", re.sub(rb"\r+\n", b"\n", data))
        self.feed(data)
        self.lines(data)
        while len(self.rest) > LONGEST_EVENT:
            if not self.cut:
                self.feed(self.rest[:LONGEST_EVENT] + b"\n")
            self.cut = True
            put(self.kind.upper(), self.rest[:LONGEST_EVENT])
            self.rest = self.rest[LONGEST_EVENT:]
        bar = self.rest.rstrip(b"\r")
        if bar and not self.cut and (self.replaces or len(bar) < len(self.rest)):
            put(b"p", self.kind + b" " + bar)

    def lines(self, data):
        """Passes on whole lines, as many as fit into each write."""
        if not data:
            return
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

    def feed(self, data):
        """Shows whole lines to the watch; of a line that is passed on in parts, the first."""
        if self.cut and data:
            data = data[data.index(b"\n") + 1 :]
            self.cut = False
        if data:
            self.shown_to(data)

    def line(self, line):
        while len(line) > LONGEST_EVENT:
            put(self.kind.upper(), line[:LONGEST_EVENT])
            line = line[LONGEST_EVENT:]
        put(self.kind, line)

    def end(self):
        if self.rest:
            self.feed(self.rest + b"\n")
            self.line(self.rest.rstrip(b"\r"))
        self.rest = b""


SECRETS = "/run/secrets"


class NoSecret(Exception):
    pass


def secrets():
    """The variables that LAUNCH_SECRETS names. Each is what a file holds, without the last line's end."""
    found = {}
    for name in os.environ.get("LAUNCH_SECRETS", "").split():
        place = os.path.join(SECRETS, name)
        try:
            with open(place, "rb") as file:
                value = file.read()
        except OSError as error:
            raise NoSecret(f"cannot read the secret {place}: {error.strerror} (user {os.getuid()})")
        found[name] = os.fsdecode(value[:-1] if value.endswith(b"\n") else value)
    return found


def die_with_parent():
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def take_what_is_there(selector, streams):
    """What was written before the event that follows, and after the last look: a pipe holds no more than one read."""
    for key, _ in selector.select(timeout=0):
        if key.data in streams:
            data = os.read(key.fd, PIPE)
            if data:  # else its end, which the caller sees
                key.data.take(data)


def read_to_end(rank, streams):
    """Until all are closed; what was written to an earlier stream first is read first."""
    selector = selectors.DefaultSelector()
    for pipe, lines in streams.items():
        selector.register(pipe, selectors.EVENT_READ, lines)
    order = list(streams.values())
    ended = None
    while selector.get_map():
        for key, _ in sorted(selector.select(timeout=0.1), key=lambda ready: order.index(ready[0].data)):
            data = os.read(key.fd, PIPE)
            if key.data is order[-1]:
                take_what_is_there(selector, order[:-1])
            if data:
                key.data.take(data)
            else:
                selector.unregister(key.fileobj)
                key.data.end()
        order[-1].pause()
        # A process that the rank left behind may hold its pipes open forever.
        if rank.poll() is not None:
            ended = ended or time.monotonic()
            if time.monotonic() - ended > 0.5:
                break
    for lines in order:
        lines.end()
    return rank.wait()


def error_file_message():
    try:
        with open(os.environ["TORCHELASTIC_ERROR_FILE"]) as file:
            message = json.load(file)["message"]
        return str(message if isinstance(message, str) else message["message"])[:LONGEST_TEXT]
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


class Rank:
    """The process, and what is known of it."""

    def __init__(self):
        self.process = None
        self.asked = None  # when it was asked to end
        self.known = {}  # of its streams, when it called sys.exit and when the interpreter had ended
        self.started = time.time()
        self.memory = Memory()
        self.watch = Watch(self.timed_out)
        self.hook = Hook(self.failed, partial(self.tell_handled, b"d"), self.stacks, self.leaving)
        self.control = Control(self)

    def start(self):
        self.process = subprocess.Popen(
            [sys.executable, "-u", *sys.argv[1:]],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**self.hook.environment(), **secrets()},
            pass_fds=(self.hook.write_end,),
            start_new_session=True,  # torchrun signals our group; each signal reaches the rank once, from us
            preexec_fn=die_with_parent,
        )
        os.close(self.hook.write_end)
        put(b"s", encoded({"pid": self.process.pid, "time": self.started}))

    def cannot_start(self, why):
        """Reports the end of a rank that was not started, and would not be in another attempt either."""
        put(b"s", encoded({"pid": os.getpid(), "time": self.started}))
        put(b"e", why.encode("utf-8", "replace"))
        event = {"code": 2, "signal": 0, "started": self.started, "time": time.time(), "asked_to_end": False}
        put(b"x", shortened({**event, "ended_normally": True, "said": why, "words": []}))

    def ask_to_end(self):
        """SIGTERM, once: torchrun and the run may both send it. From any thread."""
        if self.asked is None:
            self.asked = time.time()
            self.process.send_signal(signal.SIGTERM)

    def deliver(self, number):
        """A signal that came to us, in the main thread."""
        if number == signal.SIGTERM:
            return self.ask_to_end()
        if number not in (signal.SIGUSR1, signal.SIGUSR2):
            self.asked = self.asked or time.time()
        self.process.send_signal(number)

    def failed(self, exception):
        late = {"hook": True, "asked_to_end": self.asked is not None, "words": self.watch.words()[-3:]}
        put(b"f", fitting({**exception, **late}, exception["lines"]))

    @staticmethod
    def goes_on():
        """Whether torch is told to leave the end of a collective that timed out to the script."""
        def value(name):
            return os.environ.get("TORCH_" + name, os.environ.get(name))
        return value("NCCL_ASYNC_ERROR_HANDLING") in ("0", "2") or value("NCCL_BLOCKING_WAIT") == "1"

    def timed_out(self, text):
        """NCCL's watchdog gave a collective up, and ends the process, which may take a minute."""
        if self.goes_on():
            return
        kind = "torch.distributed.DistBackendError"
        put(b"f", fitting({"type": kind, "mro": [kind], "message": text, "time": time.time(), "chain": [], "leaves": [],
                           "hook": True, "asked_to_end": self.asked is not None}, [text]))

    @staticmethod
    def tell_handled(kind, exception):
        put(kind, fitting({**exception, "time": time.time()}, exception["lines"]))

    def stacks(self, lines):
        put(b"k", fitting_lines({"time": time.time()}, main_thread_first(lines)))

    def known_now(self, aborted=False):
        return {"after": self.watch.after, "said": self.watch.reason(), "words": self.watch.words(aborted)}

    def leaving(self, how):
        self.known[how] = self.known_now()

    def known_at(self, code, how):
        """What a library says later is not the script's, unless it ends the process itself."""
        return self.known.get(how) if code > 0 and how in self.known else self.known_now(aborted=code < 0)

    def ask_for_stacks(self):
        """The stacks, and what it is handling, follow as events, if the rank can tell them, and what NCCL knows. From any thread."""
        self.hook.ask_for_stacks(self.process)
        if os.environ.get("LOCAL_RANK", "0") == "0":
            threading.Thread(target=self.ask_ras, daemon=True).start()

    @staticmethod
    def ask_ras():
        import rank_ras  # needs a moment, and rarely

        put(b"r", fitting_lines({"time": time.time()}, rank_ras.notable(rank_ras.answer())))

    def end(self, code):
        hook, exception, by_hook = self.hook, self.hook.exception, True
        if exception and exception["late"] and code != 1:
            exception = None  # sys.last_exc was of an exception that did not end the rank
        if exception is None:
            exception, by_hook = self.watch.exception, False
        if exception and (not by_hook or exception["late"]):
            put(b"f", fitting({**exception, "hook": by_hook}, exception["lines"]))
        exit = hook.exit if hook.ended and hook.exit and hook.exit["code"] == code else {}  # else it was caught
        event = {
            "code": max(code, 0),
            "signal": max(-code, 0),
            "started": self.started,
            "time": time.time(),
            "asked_to_end": self.asked is not None,
            "asked": self.asked,
            "killed": self.control.killed and code == -signal.SIGKILL,
            **self.known_at(code, "exit" if exit else "end"),
            "ended_normally": hook.ended if hook.loaded else None,
            "oom_kills": self.memory.new_kills() if code != 0 else None,
            "memory_limit": self.memory.limit(),
            "message": error_file_message(),
        }
        if "text" in exit:
            event["said"] = exit["text"][:LONGEST_TEXT]
        if "handled" in exit:
            self.tell_handled(b"h", exit["handled"])
        put(b"x", shortened(event))


def main():
    waiting = []
    rank = Rank()

    def forward(number, _frame):
        if rank.process is None:
            waiting.append(number)
        elif rank.process.poll() is None:
            rank.deliver(number)

    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"):
        signal.signal(getattr(signal, name), forward)
    try:
        rank.start()
    except NoSecret as error:
        rank.cannot_start(str(error))
        os._exit(2)
    for number in waiting:
        rank.deliver(number)
    rank.control.start()
    out, err = Lines(b"o", rank.watch.feed_other), Lines(b"e", rank.watch.feed)
    process = rank.process
    code = read_to_end(process, {process.stdout: out, process.stderr: err, rank.hook.read_end: rank.hook})
    rank.end(code)
    rank.control.wait_for_others()
    end_as(code)


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        os._exit(141)
