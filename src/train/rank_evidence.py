"""What rank.py finds out about the end of its rank: from the hook inside it, from its stderr and from its cgroup."""

import json
import os
import re
import signal
import time

HERE = os.path.dirname(os.path.abspath(__file__))
HOOK_FOLDER = os.path.join(HERE, "hook")  # holds rank_hook.py as sitecustomize.py
STACKS_SIGNAL = signal.SIGRTMAX - 2
HANDLED_SIGNAL = signal.SIGRTMAX - 3
LONGEST_EVENT = 3900  # bytes of a line, so that it is one write
LONGEST_TEXT = 500


def text_of(line):
    return line.decode("utf-8", "replace")[:LONGEST_TEXT]


def encoded(event):
    return json.dumps(event, ensure_ascii=False).encode("utf-8", "replace")


def shortened(event):
    """The end of a rank as JSON, with as many of the first words as fit into one write."""
    while len(data := encoded(event)) > LONGEST_EVENT and event["words"]:
        event["words"].pop()
    return data


def main_thread_first(lines):
    """faulthandler's report has the current thread last; the signal came to the main thread."""
    threads = []
    for line in lines:
        if not threads or line.startswith(("Thread 0x", "Current thread 0x")):
            threads.append([])
        threads[-1].append(line)
    threads.sort(key=lambda thread: not thread[0].startswith("Current thread"))
    return [line for thread in threads for line in thread]


def fitting_lines(event, lines):
    """JSON with as many of the first lines as fit into one write."""
    while len(data := encoded(dict(event, lines=lines))) > LONGEST_EVENT and lines:
        lines = lines[:-1]
    return data


def fitting(event, lines):
    """An exception as JSON, with as many of the last lines as fit into one write."""
    event = dict(event)
    event.pop("late", None)
    event["message"] = (event.get("message") or "")[:LONGEST_TEXT]
    for key in ("chain", "leaves"):
        event[key] = [dict(each, message=each["message"][: LONGEST_TEXT // 2]) for each in event.get(key, ())]
    while True:
        data = encoded(dict(event, lines=lines))
        if len(data) <= LONGEST_EVENT:
            return data
        if lines:
            lines = lines[1:]
        elif long := [key for key in ("words", "chain", "leaves") if event.get(key)]:
            event[long[0]] = event[long[0]][:-1]
        else:
            return encoded(dict(event, message="", lines=[]))


class Hook:
    """The pipe from rank_hook.py, which runs inside the rank."""

    def __init__(self, on_exception, on_handled, on_stacks, on_leaving):
        self.on_exception, self.on_handled = on_exception, on_handled
        self.on_stacks, self.on_leaving = on_stacks, on_leaving
        self.read_end, self.write_end = os.pipe()
        self.rest = b""
        self.loaded = False
        self.open = True
        self.exception = None
        self.exit = None  # the last call of sys.exit, which may have been caught
        self.ended = False
        self.stacks = []
        self.stacks_time = None
        self.asking = None  # the rank whose stacks were asked for

    def environment(self):
        """The rank's, in which Python imports the hook."""
        environment = dict(os.environ)
        if not os.path.exists(os.path.join(HOOK_FOLDER, "sitecustomize.py")):
            return environment
        others = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = HOOK_FOLDER + (os.pathsep + others if others else "")
        environment["LAUNCH_RANK_HOOK"] = f"{os.getpid()} {self.write_end} {STACKS_SIGNAL} {HANDLED_SIGNAL}"
        return environment

    def take(self, data):
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.line(line)

    def line(self, line):
        if not line.startswith(b"{"):
            self.stacks.append(text_of(line))
            self.stacks_time = time.monotonic()
            return
        try:
            said = json.loads(line)
        except ValueError:
            return
        self.loaded = self.loaded or "hook" in said
        if "exception" in said:
            self.exception = said["exception"]
            if not self.exception["late"]:
                self.on_exception(self.exception)
        if "handled" in said:
            self.on_handled(said["handled"])
        if "exit" in said:
            self.exit = said["exit"]
            self.on_leaving("exit")
        if "end" in said:
            self.ended = True
            self.on_leaving("end")

    def pause(self):
        """Called ten times a second: faulthandler does not say where its report ends. Only then is the rank asked what
        it is handling, as it answers with a function of its own, which would be in the stacks."""
        quiet = time.monotonic() - self.stacks_time if self.stacks else 0
        if quiet > 0.1 and self.asking:
            rank, self.asking = self.asking, None
            self.signal(rank, HANDLED_SIGNAL)
        elif quiet > 0.2:
            lines, self.stacks = self.stacks, []
            self.on_stacks(lines)

    def end(self):
        self.open = False
        lines, self.stacks = self.stacks, []
        if lines:
            self.on_stacks(lines)

    def ask_for_stacks(self, rank):
        self.asking = rank
        self.signal(rank, STACKS_SIGNAL)

    def signal(self, rank, number):
        """Without the hook, and after an exec of another program, the signal would kill the rank. One that ends has
        nothing to tell."""
        if self.loaded and self.open and not self.ended and rank.poll() is None:
            rank.send_signal(number)


class Watch:
    """Recognises in the lines of stderr, as they pass, what they say about the rank's end.

    A traceback is evidence of an uncaught exception only if the hook has no better word, the rank ended with code 1
    (as Python does) soon after it and few lines followed; rank_cause.cpp has that rule, and `after` counts the lines
    of both streams. A chain is one exception, the last. Tracebacks of threads and of ignored exceptions do not end a
    rank, and are not remembered.
    """

    # A line that tells of a lost peer means nothing if the rank has gone on since: it must be as young as that at the
    # end. What a rank does before it leaves, such as closing a logger, takes a while.
    SECONDS = 10
    LINES = 50
    SECONDS_OF_ABORT = 600  # NCCL's watchdog may wait that long before it aborts, and dumps thousands of lines
    SECONDS_OF_REASON = 1  # of the last line

    TRACEBACK = b"Traceback (most recent call last):"
    RANK = re.compile(rb"^\[rank\d+\]: ?")  # of torch
    CHAINED = b"above exception"  # "The above exception was the direct cause of", "During handling of the above …"
    HANDLED = (b"Exception in thread ", b"Exception ignored ")
    SYNTAX = re.compile(rb"(SyntaxError|IndentationError|TabError): ")
    WARNING = re.compile(rb"\S+:\d+: \w*Warning: ")  # of the module warnings; the line of code follows, indented
    # The last line with each of these is kept; blame.cpp and rank_cause.cpp know what they mean.
    NOTABLE = (
        b"terminate called",
        b"what():",
        b"Fatal Python error",
        b"can't open file '",
        b"CUDA error:",
        b"Watchdog caught collective operation timeout",
        b"Received a dump signal due to a collective timeout from rank",
        b"watchdog thread terminated with exception",
        b"NCCL communicator was aborted",
        b"ncclRemoteError",
        b"Connection closed by remote peer",
        b"Connection closed by peer",
        b"Connection reset by peer",
        b"failed to pass monitoredBarrier",
        b"Timed out waiting",
        b"Gloo connectFullMesh failed",
    )
    TIMEOUT = b"Watchdog caught collective operation timeout"
    ALL = (TRACEBACK, CHAINED, *HANDLED, b"SyntaxError: ", b"IndentationError: ", b"TabError: ", *NOTABLE)

    def __init__(self, timed_out=None):
        self.timed_out = timed_out  # called once, with the first line that says so
        self.reading = False  # the frames of a traceback
        self.handled = None  # of a thread: "announced" by its first line, "said" when its traceback is over
        self.chained = False
        self.exception = None
        self.after = 0
        self.begun = None
        self.frames = []
        self.notable = {}  # a mark: the line, when it came, the number of lines before it
        self.count = 0  # lines of both streams
        self.last = b""  # of stderr
        self.last_time = 0.0
        self.last_tells = False  # nothing came after it, and it is neither of a bar nor of a warning
        self.bar = self.warning = False  # of which the line before is

    def feed_other(self, data):
        """Whole lines of stdout."""
        lines = data.count(b"\n")
        self.count += lines
        self.after += lines
        self.last_tells = self.last_tells and data.isspace()

    def feed(self, data):
        """Whole lines of stderr."""
        for line in data[:-1].rsplit(b"\n", 3)[-3:]:
            self.note_last(line)
        if self.reading or any(word in data for word in self.ALL):
            for line in data.splitlines():
                self.count += 1
                self.line(line)
            return
        lines = data.count(b"\n")
        self.count += lines
        if data.isspace():
            return
        self.after += lines
        self.handled, self.chained = None, False

    def note_last(self, line):
        bar, self.bar = self.bar, line.endswith((b"\r", b"\x1b[A"))
        if not line.strip():
            return
        self.warning = bool(self.WARNING.match(line)) or self.warning and line.startswith(b" ")
        self.last, self.last_time = self.RANK.sub(b"", line).strip(), time.monotonic()
        self.last_tells = not (bar or self.bar or self.warning)

    def reason(self):
        """The last line, if it may be why the rank leaves now."""
        young = time.monotonic() - self.last_time <= self.SECONDS_OF_REASON
        return text_of(self.last) if self.last_tells and young else ""

    def line(self, line):
        line = self.RANK.sub(b"", line)
        for word in self.NOTABLE:
            if word in line:
                if word == self.TIMEOUT and word not in self.notable and self.timed_out:
                    self.timed_out(text_of(line[line.index(word) :].strip()))
                self.notable[word] = text_of(line.strip()), time.monotonic(), self.count
        if line.startswith(b"    |"):
            return  # a member of an exception group
        if line.startswith(b"  | "):
            line = line[4:]  # of the group itself
        if self.TRACEBACK in line:
            if self.handled == "said" and not self.chained:
                self.handled = None
            self.reading = True
            self.begun = time.time()
            self.frames = [line]
        elif self.reading and line[:1] in (b" ", b""):
            self.frames.append(line)
        elif self.reading or self.SYNTAX.match(line):
            self.complete(line)
        elif self.CHAINED in line:
            self.chained = True
        elif line:
            self.after += 1
            self.chained = False
            self.handled = "announced" if line.startswith(self.HANDLED) else None

    def complete(self, line):
        """The line after the frames: "ValueError: no"."""
        self.reading = False
        if self.handled:
            self.handled = "said"
        else:
            text = text_of(line.strip())
            kind, _, message = text[len("__main__.") if text.startswith("__main__.") else 0 :].partition(": ")
            chain = [self.outline(), *self.exception["chain"]] if self.chained and self.exception else []
            self.exception = {"type": kind, "mro": [kind], "message": message, "time": self.begun or time.time(),
                              "chain": chain[:8], "leaves": [],
                              "lines": [text_of(each) for each in [*self.frames[-19:], line]]}
            self.after = 0
        self.chained = False
        self.begun, self.frames = None, []

    def outline(self):
        return {key: self.exception[key] for key in ("type", "mro", "message")}

    def words(self, aborted=False):
        """The lines that still mean something if the rank ends now."""
        seconds = self.SECONDS_OF_ABORT if aborted else self.SECONDS
        now = time.monotonic()
        return [text[:250] for text, when, count in self.notable.values()
                if now - when <= seconds and (aborted or self.count - count <= self.LINES)]


class Memory:
    """How often the kernel killed a process of this container for want of memory."""

    FILES = (("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory.max"),
             ("/sys/fs/cgroup/memory/memory.oom_control", "/sys/fs/cgroup/memory/memory.limit_in_bytes"))

    def __init__(self):
        self.before = self.kills()

    def kills(self):
        """None if the kernel does not tell."""
        for events, _ in self.FILES:
            found = re.search(r"^oom_kill (\d+)$", self.read(events), re.M)
            if found:
                return int(found[1])
        return None

    def new_kills(self):
        now = self.kills()
        return None if now is None or self.before is None else max(now - self.before, 0)

    def limit(self):
        """The container's, in bytes; None without one."""
        for _, limit in self.FILES:
            text = self.read(limit).strip()
            if text.isdigit():
                return int(text) if int(text) < 1 << 60 else None
        return None

    @staticmethod
    def read(path):
        try:
            with open(path) as file:
                return file.read()
        except OSError:
            return ""
