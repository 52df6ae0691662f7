"""The check before a training (launch train --preflight), one process per rank:

    torchrun … rank.py preflight.py nccl|gloo

Each rank alone, then an all-reduce over all. If that fails: over the ranks of each node, over pairs of nodes, and over
pairs inside a node that fails, so that it is known what works and what does not (preflight_rounds.py). Each part runs
in a process of its own, which is killed at its limit: a hang is a finding (preflight_work.py has the parts).

The lines on stdout, each after "@preflight ":

    {"hello": HOST}
    {"round": N, "kind": KIND, "groups": [[RANK, …], …], "limit": SECONDS}    from rank 0: what follows
    {"part": N, "ok": true, "seconds": S, …}                                   what a rank found in round N
    {"part": N, "ok": false, "why": WHY, "step": COUNT, "at": TEXT, …}         the same; it was at that step
    {"over": true, "silent": [RANK, …]}                                        from rank 0: who gave no answer

WHY: error (an exception: type, mro, message), died (status, negative for a signal), hang (it did not end in its time),
ended (it was given up, since another rank of its group had failed).
"""

import ctypes
import json
import os
import select
import shutil
import signal
import socket
import sys
import tempfile
import time
from datetime import timedelta

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))  # absent with PYTHONSAFEPATH

import preflight_rounds  # noqa: E402

START = 120  # seconds that the ranks have to load torch and reach the store
MARGIN = 15  # for a rank to tell what its part found
SETTLE = 3  # for a rank to say why it fails, once another has failed
PAUSE = 0.1


def say(**found):
    data = b"@preflight %s\n" % json.dumps(found).encode()
    while data:
        data = data[os.write(1, data) :]


class Board:
    """What the ranks tell each other, in the store of torchrun's agent on node 0."""

    def __init__(self, store):
        self.store = store

    def tell(self, key, value):
        self.store.set("launch/preflight/" + key, json.dumps(value))

    def knows(self, keys):
        return self.store.check(["launch/preflight/" + key for key in keys])

    def wait_for(self, keys, seconds):
        """Looks again and again: after a wait that timed out, older torch could not use its connection again."""
        until = time.monotonic() + seconds
        while not (known := self.knows(keys)) and time.monotonic() < until:
            time.sleep(PAUSE)
        return known

    def hear(self, key):
        return json.loads(self.store.get("launch/preflight/" + key))


class Part:
    """A process that does a part of the check, and what it wrote so far."""

    def __init__(self, work):
        """`work` is called in the process, with a function that takes what it found, or found so far."""
        self.read_end, write_end = os.pipe()
        parent = os.getpid()
        self.pid = os.fork()  # torch is loaded, and nothing of it is used yet
        if self.pid == 0:
            self.child(work, write_end, parent)
        os.close(write_end)
        self.rest = b""
        self.said = {"step": 0, "at": "starting"}
        self.open = True

    def child(self, work, write_end, parent):
        def report(**found):
            os.write(write_end, json.dumps(found).encode() + b"\n")

        try:
            PR_SET_PDEATHSIG = 1
            ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() == parent:
                work(report)
        except BaseException as error:
            from preflight_work import error_of

            report(ok=False, why="error", error=error_of(error))
        finally:
            os._exit(0)

    def read(self, seconds):
        """Waits for more, at most so long."""
        if not select.select([self.read_end], [], [], seconds)[0]:
            return
        data = os.read(self.read_end, 65536)
        self.open = bool(data)
        *lines, self.rest = (self.rest + data).split(b"\n")
        for line in lines:
            self.said.update(json.loads(line))

    def end(self):
        """Its exit status, negative for a signal."""
        try:
            os.kill(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        os.close(self.read_end)
        status = os.waitpid(self.pid, 0)[1]
        return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)


def watch(part, limit, others_failed):
    """What a part found, or how it failed."""
    began = time.monotonic()
    failed = None  # when another rank was seen to have
    looked = 0
    why = None
    while part.open and why is None:
        part.read(PAUSE)
        now = time.monotonic()
        if now - began > limit:
            why = "hang"
        elif failed is not None and now - failed > SETTLE:
            why = "ended"
        elif failed is None and now - looked > 5 * PAUSE:
            looked = now
            failed = now if others_failed() else None
    status = part.end()
    found = dict(part.said, seconds=round(time.monotonic() - began, 2))
    if why is not None and "ok" not in found:
        found.update(ok=False, why=why)
    elif "ok" not in found:
        found.update(ok=False, why="died", status=status)
    return found


class Rank:
    def __init__(self, backend):
        self.backend = backend
        self.rank, self.world = int(os.environ["RANK"]), int(os.environ["WORLD_SIZE"])
        self.local_rank, self.per_node = int(os.environ["LOCAL_RANK"]), int(os.environ["LOCAL_WORLD_SIZE"])
        self.board = None
        self.scratch = tempfile.mkdtemp(prefix="launch-preflight-")

    def store(self, seconds):
        from torch.distributed import TCPStore

        agent_has_it = os.environ.get("TORCHELASTIC_USE_AGENT_STORE") == "True"
        return TCPStore(os.environ["MASTER_ADDR"], int(os.environ["MASTER_PORT"]), self.world,
                        self.rank == 0 and not agent_has_it, timedelta(seconds=seconds))

    def take_part(self, number, turn):
        """Its part of a round."""
        import preflight_work

        index, group = next(each for each in enumerate(turn["groups"]) if self.rank in each[1])
        failed = f"failed/{number}/{index}"
        log = os.path.join(self.scratch, f"nccl.{number}")
        meeting = preflight_work.Meeting(f"launch/preflight/meeting/{number}/{index}", group, self.rank, turn["limit"],
                                         lambda: self.store(turn["limit"]))

        def work(report):
            if turn["kind"] == "alone":
                preflight_work.alone(self.backend, self.local_rank, report)
            else:
                preflight_work.reduce(self.backend, self.local_rank, meeting, turn["kind"] == "all", log, report)

        found = watch(Part(work), turn["limit"], lambda: self.board.knows([failed]))
        found.update(preflight_work.found_in_log(log))
        if not found["ok"]:
            self.board.tell(failed, self.rank)
        return found

    def follow(self, leader):
        """Takes part in one round after another."""
        number = 0
        while True:
            if leader:
                leader.announce(number)
            if not self.board.wait_for([f"round/{number}"], START + preflight_rounds.LONGEST + 2 * MARGIN):
                return  # rank 0 is stuck
            turn = self.board.hear(f"round/{number}")
            if turn is None:
                return
            if any(self.rank in group for group in turn["groups"]):
                found = self.take_part(number, turn)
                say(part=number, **found)
                self.board.tell(f"part/{number}/{self.rank}", found["ok"])
            if leader:
                leader.collect(number, turn)
            number += 1

    def check(self):
        say(hello=socket.gethostname())
        import torch.distributed  # noqa: F401 which takes seconds, and is in all parts

        self.board = Board(self.store(START))
        self.board.tell(f"hello/{self.rank}", True)
        self.follow(Leader(self) if self.rank == 0 else None)


class Leader:
    """Rank 0: decides which rounds there are, by what the ranks found."""

    def __init__(self, rank):
        self.board = rank.board
        self.rounds = preflight_rounds.rounds(rank.world, rank.per_node, rank.backend)
        self.good = None  # the ranks for which the last round worked
        self.silent = self.missing([f"hello/{rank}" for rank in range(rank.world)], START)

    def missing(self, keys, seconds):
        """The places of the keys that nobody has set in this time."""
        if self.board.wait_for(keys, seconds):
            return []
        return [place for place, key in enumerate(keys) if not self.board.knows([key])]

    def announce(self, number):
        turn = None
        if not self.silent:
            try:
                turn = self.rounds.send(self.good)
            except StopIteration:
                pass
        if turn is None:
            say(over=True, silent=self.silent)
        else:
            say(round=number, **turn)
        self.board.tell(f"round/{number}", turn)

    def collect(self, number, turn):
        ranks = [rank for group in turn["groups"] for rank in group]
        missing = self.missing([f"part/{number}/{rank}" for rank in ranks], turn["limit"] + MARGIN)
        self.silent = [ranks[place] for place in missing]
        self.good = {rank for rank in ranks if rank not in self.silent and self.board.hear(f"part/{number}/{rank}")}


def main():
    for name in ("SIGUSR1", "SIGUSR2"):  # meant for the training
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    rank = Rank(sys.argv[1])
    try:
        rank.check()
    finally:
        shutil.rmtree(rank.scratch, ignore_errors=True)
    os._exit(0)  # torch takes its time to end


if __name__ == "__main__":
    main()
