"""What a run wants of its ranks while they work, for rank.py.

Beside this file is another, "control" (train/control.hpp), through which the run ends its ranks, hands them signals,
asks for their stacks, and shows that it lives.
"""

import fcntl
import os
import signal
import threading
import time


class Control(threading.Thread):
    """Does with the rank what the control file wants."""

    FILE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "control")
    PAUSE = 0.1
    LOST = 60  # looks in a row without a heartbeat; looks, since a file system may stall
    LOST_WITHOUT_LOCKS = 600  # on a file system that does not tell whether a keeper lives
    LOST_GRACE = 2

    def __init__(self, rank):
        """`rank`: has a process, ask_to_end() and ask_for_stacks()."""
        super().__init__(daemon=True)
        self.rank = rank
        self.asked = None  # when it was asked to end here
        self.killed = False
        self.text = b""
        self.same = 0
        self.lost = False
        self.over = threading.Event()  # the rank has ended
        self.wishes = self.read()
        self.done = dict(self.wishes)  # what was wanted before is not for this rank

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
        while self.rank.process.poll() is None:
            self.look()
            self.over.wait(self.PAUSE)
        if self.lost:  # nobody may be left who reads what we write
            time.sleep(0.5)
            os._exit(128 + signal.SIGKILL)

    def look(self):
        self.wishes = self.read()

        def more(name):
            """Counts only grow; a read may fail, or find a line half written."""
            wanted, done = self.wishes.get(name, 0), self.done.get(name, 0)
            self.done[name] = max(wanted, done)
            return wanted > done

        for name, number in (("usr1", signal.SIGUSR1), ("usr2", signal.SIGUSR2)):
            if more(name):
                self.rank.process.send_signal(number)
        if more("stacks"):
            self.rank.ask_for_stacks()
        self.lost = self.lost or self.is_lost()
        if self.lost:
            self.end(self.LOST_GRACE)
        elif self.wishes.get("stop"):
            self.end(self.wishes.get("grace", 0))

    def is_lost(self):
        """No heart beats, and nobody holds the keepers' lock: who does may be stopped, or wait for the
        disk."""
        if self.same < self.LOST:
            return False
        try:
            with open(self.FILE, "rb") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, FileNotFoundError):
            return False
        except OSError:
            return self.same >= self.LOST_WITHOUT_LOCKS
        return True

    def end(self, grace):
        if self.asked is None:
            self.asked = time.monotonic()
            self.rank.ask_to_end()
        elif time.monotonic() - self.asked >= grace:
            self.killed = True
            self.rank.process.kill()

    def wait_for_others(self):
        """torchrun ends the other ranks when one has failed; those that are saving need their time."""
        if self.lost:
            return
        self.over.set()
        self.join()
        while self.wishes.get("stop") and not self.wishes.get("release") and not self.is_lost():
            time.sleep(self.PAUSE)
            self.wishes = self.read()
