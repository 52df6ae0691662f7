"""Runs inside a rank, as its sitecustomize, and tells rank.py over a pipe how the rank ends. One line each:

    {"hook": true}         it is loaded; the signals that rank.py chose now make the stacks of all threads follow, and
                           the exception that the main thread is handling
    {"exception": {…}}     nothing caught this exception
    {"exit": {…}}          the script called sys.exit, which may yet be caught: code, text (if it gave one), handled
                           (the exception that it was handling, if any)
    {"handled": {…}}       the main thread is handling this exception, perhaps in the clean-up after it
    {"end": true}          the interpreter ends by itself, not by os._exit, a signal or another program's exec

The script runs as if this were not there: a sitecustomize of the user's or the distribution's is imported as Python
would, child processes get the PYTHONPATH that the rank was meant to have, and whatever fails here is silent.
"""

import os
import sys

FRAMES = 8  # of each traceback of a chain
LINES = 20
LONGEST_LINE = 400
LONGEST_MESSAGE = 2000
MOST = 8  # exceptions of a chain, leaves of a group


def name_of(kind):
    module = getattr(kind, "__module__", None)
    name = getattr(kind, "__qualname__", kind.__name__)
    return name if module in (None, "builtins", "__main__") else f"{module}.{name}"


def message_of(error):
    try:
        text = str(error)
    except Exception:
        return "<exception str() failed>"
    try:
        text = of_process(text, type(error).__name__)
    except Exception:
        pass  # words that only look like torch's
    return text[:LONGEST_MESSAGE]


def of_process(text, kind):
    """torch hands on the error of another process as text. Its own last line says more than the first of all:

    Caught ValueError in DataLoader worker process 0.\\nOriginal Traceback (most recent call last):…ValueError: bad
    \\n\\n-- Process 0 terminated with the following error:\\nTraceback (most recent call last):…ValueError: bad
    """
    head, mark, rest = text.partition("Traceback (most recent call last)")
    first = head.strip().partition("\n")[0].rstrip(".")
    if first.startswith("Caught ") and head.endswith("\nOriginal ") and " in " in first:
        where = first[first.index(" in ") + 1 :]
    elif first.startswith("-- Process ") and mark:
        where = "in process " + first.split()[2]
    else:
        return text
    last = rest.strip().strip("'\"").splitlines()[-1].strip()
    return f"{last[len(kind) + 2 :] if last.startswith(kind + ': ') else last} ({where})"


def outline(error):
    return {"type": name_of(type(error)), "mro": [name_of(kind) for kind in type(error).__mro__[:-1]],
            "message": message_of(error)}


def chain_of(error):
    """The exceptions that led to this one, the nearest first. "from None" hides one from who reads the traceback; it
    led to this one all the same."""
    chain, seen = [], {id(error)}
    while len(chain) < MOST:
        error = error.__context__ if error.__cause__ is None else error.__cause__
        if error is None or id(error) in seen:
            break
        seen.add(id(error))
        chain.append(outline(error))
    return chain


def leaves_of(error):
    leaves, left = [], list(getattr(error, "exceptions", ()) or ())
    while left and len(leaves) < MOST:
        each = left.pop(0)
        if not isinstance(each, BaseException):
            return []
        inner = getattr(each, "exceptions", None)
        if isinstance(inner, (tuple, list)) and inner and isinstance(inner[0], BaseException):
            left[:0] = inner
        else:
            leaves.append(outline(each))
    return leaves


def lines_of(error):
    import traceback

    try:
        text = "".join(traceback.format_exception(type(error), error, error.__traceback__, limit=-FRAMES))
    except Exception:
        return []
    return [line[:LONGEST_LINE] for line in text.splitlines()[-LINES:]]


def script_is_running():
    """True while excepthook is called by code of the script, or of a library, that handles an exception itself."""
    frame = sys._getframe()
    while frame.f_back:
        frame = frame.f_back
    return frame.f_code.co_name in ("<module>", "_run_module_as_main")  # the latter with -m


def described(error, lines):
    """For rank.py: the exception, what led to it, and lines of its traceback."""
    return {**outline(error), "chain": chain_of(error), "leaves": leaves_of(error), "lines": lines}


class Reporter:
    def __init__(self, pipe):
        import _thread

        self.pipe, self.pid, self.thread = pipe, os.getpid(), _thread.get_ident()
        self.thread_now = _thread.get_ident
        os.set_inheritable(pipe, False)
        self.file = self.identity()
        self.told = False
        self.at_end = lambda: None
        os.register_at_fork(after_in_child=self.leave)

    def identity(self):
        found = os.fstat(self.pipe)
        return found.st_dev, found.st_ino

    def leave(self):
        """A forked child must neither speak for the rank nor keep its pipe open."""
        try:
            if self.identity() == self.file:
                os.close(self.pipe)
        except OSError:
            pass
        self.pid = None

    def say(self, text):
        # The script may have closed all descriptors, and opened a file of its own with this number.
        if self.pid != os.getpid() or self.identity() != self.file:
            return
        data = text.encode("utf-8", "replace") + b"\n"
        while data:
            data = data[os.write(self.pipe, data) :]

    def report(self, error, late):
        import time  # built in

        if self.told or self.pid != os.getpid() or not isinstance(error, BaseException):
            return
        self.told = True
        now = time.time()
        if isinstance(error, KeyboardInterrupt):
            # An import may evaluate a string, after which Python forgets that it must end by SIGINT.
            self.say('{"exception": {"type": "KeyboardInterrupt", "mro": ["KeyboardInterrupt"], "message": "", '
                     f'"time": {now}, "late": {str(late).lower()}, "chain": [], "leaves": [], "lines": []}}}}')
            return
        import json

        what = {**described(error, lines_of(error)), "time": now, "late": late}
        self.say(json.dumps({"exception": what}, ensure_ascii=False))

    def raised(self, error):
        """Called by excepthook, for an exception of the main thread that ends the rank."""
        try:
            if self.thread_now() == self.thread and not script_is_running():
                self.report(error, late=False)
        except BaseException:
            pass

    def leave_with(self, argument):
        """Called when the script calls sys.exit."""
        try:
            if self.thread_now() != self.thread or self.pid != os.getpid():
                return
            # As Python does it: None is 0, and what is no number is printed, with code 1.
            number = argument if isinstance(argument, int) else 0 if argument is None else 1
            error = sys.exc_info()[1]
            if number & 0xFF == 0:
                return
            what = {"code": number & 0xFF}
            if not isinstance(argument, int):
                what["text"] = str(argument)[:LONGEST_MESSAGE]
            if isinstance(error, Exception):
                what["handled"] = described(error, lines=[])
            import json

            self.say(json.dumps({"exit": what}, ensure_ascii=False))
        except Exception:
            pass

    def asked(self, _number, _frame):
        """Called by the signal, in the main thread, as soon as that executes Python."""
        try:
            error = sys.exc_info()[1]
            if self.pid == os.getpid() and isinstance(error, Exception):
                import json

                self.say(json.dumps({"handled": described(error, lines_of(error))}, ensure_ascii=False))
        except Exception:
            pass

    def end(self):
        """Of all atexit handlers the last, as it was registered first."""
        try:
            # Set even if excepthook was replaced without calling the previous one.
            self.report(getattr(sys, "last_exc", None) or getattr(sys, "last_value", None), late=True)
            self.at_end()
            self.say('{"end": true}')
        except BaseException:
            pass


def note_exits(reporter):
    """sys.exit raises SystemExit, of which excepthook is never told."""
    previous = sys.exit

    def exit(status=None, /):
        reporter.leave_with(status)
        previous(status)

    exit.__module__, exit.__qualname__, exit.__doc__ = "sys", "exit", previous.__doc__
    sys.exit = exit


def enable_questions(reporter, stacks, handled):
    import _signal  # built in
    import faulthandler

    # Calls that the kernel can restart are not interrupted. At the end, when Python would restore the default action,
    # which kills, the signal is ignored.
    _signal.signal(handled, reporter.asked)
    _signal.siginterrupt(handled, False)
    reporter.at_end = lambda: _signal.signal(handled, _signal.SIG_IGN)

    # What the signal does once the interpreter, which is ending, has put back what was there before faulthandler.
    _signal.signal(stacks, _signal.SIG_IGN)
    if not faulthandler.is_enabled():
        faulthandler.enable(2)
    faulthandler.register(stacks, reporter.pipe, all_threads=True, chain=False)


def load(parent, pipe, stacks, handled):
    if os.getppid() != parent:
        return
    import atexit

    reporter = Reporter(pipe)
    previous = sys.excepthook

    def excepthook(kind, error, trace):
        reporter.raised(error)
        previous(kind, error, trace)

    sys.excepthook = excepthook
    atexit.register(reporter.end)
    note_exits(reporter)
    try:
        enable_questions(reporter, stacks, handled)
    except Exception:
        pass  # no stacks then
    reporter.say('{"hook": true}')


def step_aside():
    """Undoes what rank.py did to have this imported; returns what it passed."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [folder for folder in sys.path if folder != here]
    first, _, others = os.environ.get("PYTHONPATH", "").partition(os.pathsep)
    if first == here:
        del os.environ["PYTHONPATH"]
        if others:
            os.environ["PYTHONPATH"] = others
    sys.modules.pop("sitecustomize", None)
    return [int(each) for each in os.environ.pop("LAUNCH_RANK_HOOK", "").split()]


if __name__ == "sitecustomize":
    try:
        given = step_aside()
        if given:
            load(*given)
    except BaseException:
        pass
    # The one that would have been imported. What it raises, ModuleNotFoundError included, is as if it were alone.
    import sitecustomize  # noqa: F401
