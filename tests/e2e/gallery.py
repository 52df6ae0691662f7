"""Ways to die: real torchrun, real torch with gloo, four nodes. Each time the right rank, kind, message and code.

usage: gallery.py LAUNCH [--all] [CASE…]

The image is the demo's (localhost/launch/demo:latest, or LAUNCH_GALLERY_IMAGE) with other labels. ctest runs the cases
in USUAL (about 45 s on two cores); `--all` runs every case (about 10 s each):

    LAUNCH_RECIPE_DIGEST=build/dev/tests/e2e/recipe_digest python3 tests/e2e/gallery.py build/dev/src/cli/launch --all

Rank 2 of the four fails, after some steps of training, unless a case says otherwise. The last column of the printed
table is the time from its failure until everything was gone.
"""

import dataclasses
import hashlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import textwrap
import time

from train_project import left_over, lock_of, podman

NAME = f"launch-gallery-{os.getpid()}"
IMAGE = os.environ.get("LAUNCH_GALLERY_IMAGE", "localhost/launch/demo:latest")
BOUND = 20  # seconds until all is gone; 1 to 5 on an idle machine
LIMIT = 1200 << 20  # bytes of memory, where a case has one

RECIPE = f"""python    = "3.11"
platforms = ["linux-x86_64"]
packages  = ["torch"]

[train]
command = ["/gallery/case.py"]
nodes   = 4
gpus    = 0
mounts  = [{{{{ from = "{{folder}}", to = "/gallery" }}}}]
"""

# What all cases begin with.
TRAINING = """
import os, signal, sys, time
from datetime import timedelta
import torch
import torch.distributed as dist
rank = int(os.environ["RANK"])
def join(seconds=120):
    dist.init_process_group("gloo", timeout=timedelta(seconds=seconds))
def steps(count):
    for _ in range(count):
        dist.all_reduce(torch.ones(64))
        time.sleep(0.01)
def now():
    with open("/gallery/failed", "w") as file:
        file.write(str(time.time()))
"""


@dataclasses.dataclass
class Case:
    name: str
    code: str  # of the rank that fails, after it has called now()
    kind: str
    message: str
    returned: int
    whole: bool = False  # code is the whole script
    shown: str = ""  # in the report
    limited: bool = False  # the failing node's memory
    rank: int = 2
    options: tuple = ()  # of launch train

    def script(self):
        code = textwrap.dedent(self.code).strip() + "\n"
        if self.whole:
            return code
        return (TRAINING + "join()\nsteps(3)\n" + f"if rank == {self.rank}:\n    now()\n" +
                textwrap.indent(code, "    ") + "steps(10**6)\n")


WORKER = """
class Bad(torch.utils.data.Dataset):
    def __len__(self): return 64
    def __getitem__(self, i):
        if i == 9: {what}
        return torch.ones(4)
for batch in torch.utils.data.DataLoader(Bad(), batch_size=4, num_workers=2): pass
"""

CASES = [
    Case("raise", "raise ValueError('no more data')", "exception", "ValueError: no more data", 1,
         shown="ValueError: no more data"),
    Case("long output after it", """
        import atexit
        atexit.register(lambda: [print("bye", i, file=sys.stderr) for i in range(100)])
        raise ValueError("no more data")""", "exception", "ValueError: no more data", 1, shown="raise ValueError"),
    Case("chained", """
        try:
            {}["lr"]
        except KeyError as error:
            raise RuntimeError("bad schedule") from error""", "exception", "RuntimeError: bad schedule", 1,
         shown="KeyError: 'lr'"),
    Case("exception group", """
        try:
            from builtins import ExceptionGroup
        except ImportError:
            sys.exit("this Python has no exception groups")
        raise ExceptionGroup("step 3", [ValueError("a"), TypeError("b")])""",
         "exception", "ExceptionGroup: step 3 (2 sub-exceptions): ValueError: a", 1),
    Case("handled, then sys.exit(3)", """
        import traceback
        try:
            {}["lr"]
        except KeyError:
            traceback.print_exc()
        for i in range(80): print("going on", i, file=sys.stderr)
        sys.exit(3)""", "exit", "", 3),
    Case("sys.exit(text)", "sys.exit('no data in /data')", "exit", "no data in /data", 1),
    Case("os._exit(5)", "os._exit(5)", "exit", "", 5),
    Case("abort", "os.abort()", "signal", "SIGABRT", 134, shown="Current thread"),
    Case("terminate of C++", """
        import ctypes
        torch_cpu = ctypes.CDLL("libstdc++.so.6")
        torch_cpu._ZSt20__throw_length_errorPKc(b"a vector of mine")""",
         "signal", "SIGABRT: std::length_error: a vector of mine", 134),
    Case("SIGSEGV", "import ctypes; ctypes.string_at(0)", "signal", "SIGSEGV", 139, shown="in string_at"),
    Case("SIGKILL by hand", "os.kill(os.getpid(), signal.SIGKILL)", "signal", "SIGKILL", 137,
         shown="hint: memory was not the reason"),
    Case("killed by the kernel, out of memory", """
        while not os.path.exists("/gallery/limited"): time.sleep(0.1)
        now()
        kept = []
        while True: kept.append(torch.ones(1 << 24))""", "oom", r"the container's limit is \d.*B", 137, limited=True),
    Case("import error", TRAINING + "join(); steps(3)\nif rank == 2:\n  now(); import no_such_module\nsteps(10**6)",
         "exception", "ModuleNotFoundError: No module named 'no_such_module'", 1, whole=True),
    Case("missing script", "", "exit", "the script /gallery/case.py is not in the image", 2, whole=True, rank=-1),
    Case("syntax error", "def f(:\n    pass", "exception", r"SyntaxError: invalid syntax \(case.py, line 1\)", 1,
         whole=True, rank=-1),
    Case("DataLoader worker raises", WORKER.format(what="raise ValueError('bad sample')"),
         "exception", r"ValueError: bad sample \(in DataLoader worker process 0\)", 1),
    Case("DataLoader worker killed", WORKER.format(what="os.kill(os.getpid(), signal.SIGKILL)"),
         "exception", r"RuntimeError: DataLoader worker \(pid.*", 1),
    Case("atexit handler of 4 s", """
        import atexit
        atexit.register(lambda: time.sleep(4))
        raise ValueError("no more data")""", "exception", "ValueError: no more data", 1),
    Case("two ranks, 50 ms apart", TRAINING + """
join()
steps(3)
dist.barrier()
if rank == 2:
    now()
    raise ValueError("the first")
if rank == 1:
    time.sleep(0.05)
    raise KeyError("the second")
steps(10**6)""", "exception", "ValueError: the first", 1, whole=True),
    Case("one sleeps, the others time out", TRAINING + """
join(5)
steps(3)
if rank == 2:
    now()
    time.sleep(600)
steps(10**6)""", "hang", ".*timed out waiting.*", 1, whole=True),
    Case("one sleeps, and nobody times out", TRAINING + """
join(600)
steps(3)
def load():
    now()
    time.sleep(600)
if rank == 2:
    load()
steps(10**6)""", "hang", r"no rank has printed a line for .* s, 3 ranks wait for others; it is at case.py:\d+ in load", 1,
         whole=True, options=("--hang-timeout", "3")),
    Case("leaves with code 0", "sys.exit(0)", "left", ".*", 1),
    Case("leaves, and the others are silent", TRAINING + """
if rank == 2:
    now()
    sys.exit(0)
time.sleep(600)""", "left", "no rank has printed a line for .* s", 1, whole=True, options=("--hang-timeout", "3")),
    Case("another ignores SIGTERM", TRAINING + """
join()
steps(3)
if rank == 1:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
dist.barrier()
if rank == 2:
    now()
    raise ValueError("no more data")
while rank == 1:
    time.sleep(1)
steps(10**6)""", "exception", "ValueError: no more data", 1, whole=True),
    Case("its peers die first", """
        dist.destroy_process_group()
        for fd in range(3, 256):
            try:
                if os.readlink(f"/proc/self/fd/{fd}").startswith("socket:"):
                    import socket
                    socket.socket(fileno=os.dup(fd)).shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        time.sleep(1)
        raise ValueError("the true cause")""", "exception", "ValueError: the true cause", 1),
    Case("raises KeyboardInterrupt", "raise KeyboardInterrupt", "exception", "KeyboardInterrupt", 130),
    Case("becomes another program", "os.execv('/bin/sh', ['sh', '-c', 'exit 9'])", "exit", "", 9),
    Case("exception in a thread, then exit", """
        import threading
        thread = threading.Thread(target=lambda: 1 / 0)
        thread.start(); thread.join()
        sys.exit(1)""", "exit", "ZeroDivisionError: division by zero", 1),
    Case("endless recursion", "def f(): return f()\nf()",
         "exception", "RecursionError: maximum recursion depth exceeded.*", 1),
    Case("MemoryError", "bytearray(1 << 60)", "exception", "MemoryError", 1),
    Case("unicode", "raise ValueError('Größe \\u2260 \\U0001f600')", "exception",
         "ValueError: Größe \u2260 \U0001f600", 1),
    Case("excepthook replaced", """
        sys.excepthook = lambda *_: print("a box of red lines", file=sys.stderr)
        raise ValueError("no more data")""", "exception", "ValueError: no more data", 1),
    Case("caught, printed, os._exit(1)", """
        import traceback
        try:
            raise ValueError("no more data")
        except ValueError:
            traceback.print_exc()
            os._exit(1)""", "exception", "ValueError: no more data", 1),
    Case("an error of its own about NCCL and a timeout", "raise RuntimeError('NCCL timeout, I think')",
         "exception", "RuntimeError: NCCL timeout, I think", 1),
]
USUAL = ("raise", "sys.exit(text)", "SIGSEGV", "one sleeps, the others time out", "leaves with code 0")


class Project:
    """A recipe whose command is the case's script, and an image of its lock."""

    def __init__(self, launch):
        self.launch = launch
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="launch-gallery-"))
        self.folder = self.root / "gallery"
        self.folder.mkdir()
        self.image = f"localhost/launch/{NAME}:latest"
        self.environment = os.environ | {"LAUNCH_STATE": str(self.root / "state"), "LAUNCH_ENGINE": "podman"}
        recipe = RECIPE.format(folder=self.folder)
        lock = lock_of(recipe)
        for folder, file, text in (("recipes", f"{NAME}.toml", recipe), ("lockfiles", f"pylock.{NAME}.toml", lock)):
            (self.root / folder).mkdir()
            (self.root / folder / file).write_text(text)
        labels = "LABEL launch.lock=sha256:" + hashlib.sha256(lock.encode()).hexdigest() \
        + ' launch.recipe="" launch.inputs="" launch.files=""'
        podman("build", "--pull=never", "-t", self.image, "-", input=f"FROM {IMAGE}\n{labels}\n".encode())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        subprocess.run(["podman", "rmi", self.image], capture_output=True)
        shutil.rmtree(self.root)

    def limit(self, process):
        """Limits the failing node's memory as soon as it runs."""
        while process.poll() is None:
            for name in podman("ps", "--format", "{{.Names}}").split():
                if NAME in name and name.endswith("-n2"):
                    podman("update", "--memory", str(LIMIT), "--memory-swap", str(LIMIT), name)
                    (self.folder / "limited").touch()
                    return
            time.sleep(0.2)

    def run(self, case):
        for path in self.folder.iterdir():
            path.unlink()
        if case.name != "missing script":
            (self.folder / "case.py").write_text(case.script())
        command = [self.launch, "-C", str(self.root), "--json", "train", NAME, *case.options]
        # conmon leaves a file "oom" in the working folder.
        process = subprocess.Popen(command, cwd=self.root, env=self.environment, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        if case.limited:
            self.limit(process)
        out, err = process.communicate(timeout=180)
        failed = self.folder / "failed"
        took = time.time() - float(failed.read_text()) if failed.exists() else None
        return process.returncode, json.loads(out), err.decode(), took


def problems_of(case, code, document, err, took, left):
    cause = document["cause"] or {}
    found = []
    if case.rank >= 0 and (cause.get("rank"), cause.get("node")) != (case.rank, case.rank):
        found.append(f"rank {cause.get('rank')} on node {cause.get('node')}")
    if cause.get("kind") != case.kind:
        found.append(f"kind {cause.get('kind')}, expected {case.kind}")
    expected = case.message if ".*" in case.message or "\\" in case.message else re.escape(case.message)
    if not re.fullmatch(expected, cause.get("message") or ""):
        found.append(f"message {cause.get('message')!r}")
    if (code, document["code"]) != (case.returned, case.returned):
        found.append(f"code {code}, expected {case.returned}")
    if case.shown not in err:
        found.append(f"{case.shown!r} is not shown")
    if took is not None and took > BOUND + (20 if case.options or case.kind == "hang" else 0):
        found.append(f"all gone after {took:.1f} s only")
    if left:
        found.append(f"left: {left}")
    return found


def main():
    launch, *chosen = os.path.abspath(sys.argv[1]), *sys.argv[2:]
    cases = CASES if "--all" in chosen else [case for case in CASES if case.name in (chosen or USUAL)]
    failed = 0
    print(f"{'case':44} {'rank':4} {'kind':10} {'code':>4} {'gone':>6}  message")
    with Project(launch) as project:
        for case in cases:
            code, document, err, took = project.run(case)
            problems = problems_of(case, code, document, err, took, left_over(NAME))
            cause = document["cause"] or {}
            gone = "" if took is None else f"{took:.1f} s"
            print(f"{case.name:44} {cause.get('rank', ''):4} {cause.get('kind', ''):10} {code:4} {gone:>6}  "
                  f"{cause.get('message')}", flush=True)
            if problems:
                failed += 1
                print("FAILED: " + "; ".join(problems) + "\n" + textwrap.indent(err, "    "), flush=True)
    print(f"{len(cases) - failed} of {len(cases)} as expected")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
