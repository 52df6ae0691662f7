"""launch train on real NVIDIA GPUs: transports and bandwidth, ways to fail, the choice of GPUs.

usage: gpus.py LAUNCH [--report FILE] [WAY…]     only these ways to fail

Needs podman with CDI, GPUs, and a python3 with a CUDA build of torch on PATH, which is mounted: the image holds nothing
but links. Exits with 77 where something of that is missing. With two GPUs or more it also runs two nodes. The report is
markdown. LAUNCH_RECIPE_DIGEST names the program of that name.
"""

import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time

from train_project import TrainProject, lock_of, podman

HERE = pathlib.Path(__file__).resolve().parent
NAME = f"launch-gpus-{os.getpid()}"
SIZES = (1 << 20, 16 << 20, 64 << 20, 256 << 20, 1 << 30)

JOB = """
import json, os, signal, sys, time
from datetime import timedelta
import torch
import torch.distributed as dist
rank, local, world = (int(os.environ[name]) for name in ("RANK", "LOCAL_RANK", "WORLD_SIZE"))
what = sys.argv[1]
torch.cuda.set_device(local)

def join(seconds=120):
    dist.init_process_group("nccl", timeout=timedelta(seconds=seconds), device_id=torch.device("cuda", local))
    steps(5)
def steps(count):
    for _ in range(count):
        dist.all_reduce(torch.ones(1 << 16, device="cuda"))
    torch.cuda.synchronize()
def now():
    with open("/workspace/failed", "w") as file:
        file.write(str(time.time()))

def bandwidth():
    join()
    sizes = {}
    for size in SIZES:
        tensor = torch.ones(size // 4, device="cuda")
        for _ in range(5):
            dist.all_reduce(tensor)
        best = None
        for _ in range(12 if size < 1 << 28 else 4):
            dist.barrier()
            torch.cuda.synchronize()
            began = time.perf_counter()
            rounds = max(5, (1 << 29) // size)
            for _ in range(rounds):
                dist.all_reduce(tensor)
            torch.cuda.synchronize()
            took = (time.perf_counter() - began) / rounds
            best = took if best is None else min(best, took)
        sizes[size] = 2 * (world - 1) / world * size / best / 1e9
    if rank == 0:
        print("bandwidth", json.dumps(sizes), flush=True)

def train(wrap):
    join()
    torch.manual_seed(0)
    model = torch.nn.Sequential(*(torch.nn.Linear(512, 512) for _ in range(4))).cuda()
    if wrap == "fsdp2":
        from torch.distributed.fsdp import fully_shard
        for layer in model:
            fully_shard(layer)
        fully_shard(model)
    else:
        model = torch.nn.parallel.DistributedDataParallel(model, device_ids=[local])
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    data = torch.randn(64, 512, device="cuda", generator=torch.Generator("cuda").manual_seed(rank))
    first = None
    for step in range(30):
        loss = (model(data) - data).square().mean()
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        first = loss.item() if first is None else first
    if rank == 0:
        print(f"{wrap} loss {first:.3f} -> {loss.item():.3f}", flush=True)

def die():
    now()
    if what == "raise":
        raise ValueError("no more data")
    if what == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "assert":
        torch.zeros(4, device="cuda")[torch.tensor([9], device="cuda")]
        torch.cuda.synchronize()
    if what == "watchdog":  # the error is found by NCCL's watchdog, and not by Python
        torch.zeros(4, device="cuda")[torch.tensor([9], device="cuda")]
        time.sleep(600)
    if what == "memory":
        held = [torch.empty(1 << 33, dtype=torch.uint8, device="cuda") for _ in range(64)]
    if what == "address":
        import ctypes
        kernel = torch.cuda._compile_kernel('extern "C" __global__ void bad(float* p) { p[1ull << 40] = 1; }', "bad")
        kernel((1, 1, 1), (1, 1, 1), (torch.zeros(4, device="cuda"),))
        torch.cuda.synchronize()
    if what in ("hang", "silent"):
        time.sleep(600)

if what == "sees":
    print("sees", rank, torch.cuda.device_count(), torch.cuda.get_device_properties(local).uuid, flush=True)
elif what == "bandwidth":
    bandwidth()
elif what in ("fsdp2", "ddp"):
    train(what)
else:
    join(10 if what == "hang" else 120)
    if rank == world - 1:
        die()
    while True:
        steps(1)
        time.sleep(0.01)
if dist.is_initialized():
    dist.destroy_process_group()
""".replace("SIZES", repr(SIZES))

RECIPE = """python    = "3.12"
platforms = ["linux-x86_64"]
packages  = ["torch"]

[train]
command = ["job.py"]
nodes   = 1
mounts  = [
  {{ from = "/usr", to = "/usr", read-only = true }},
  {{ from = "{torch}", to = "{torch}", read-only = true }},
  {{ from = "job", to = "/workspace" }},
]
[train.env]
PATH = "{torch}/bin:/usr/bin"
LD_LIBRARY_PATH = "/usr/local/nvidia/lib64"
PYTHONDONTWRITEBYTECODE = "1"
HOME = "/tmp"
USER = "trainer"
CUDA_HOME = "/usr/local/cuda"
{more}"""

# What a machine forbids goes for its containers too.
INHERITED = ("NCCL_NVLS_ENABLE", "TORCH_SYMM_MEM_DISABLE_MULTICAST", "NVSHMEM_DISABLE_NVLS")

FAILURES = {  # kind, message
    "raise": ("exception", "ValueError: no more data"),
    "kill": ("signal", "SIGKILL"),
    "assert": ("exception", "device-side assert"),
    "watchdog": ("", "device-side assert"),
    "memory": ("exception", "OutOfMemoryError"),
    "address": ("exception", "illegal memory access"),
    "hang": ("hang", ""),
    "silent": ("hang", ""),  # nobody times out: NCCL knows who is behind
}


class Gpus:
    def __init__(self, launch):
        self.launch = launch
        self.rows = []
        self.plans = []
        self.failed = 0
        self.made = TrainProject(NAME, JOB)
        self.root = self.made.root
        self.environment = self.made.environment
        venv = pathlib.Path(shutil.which("python3")).parent.parent
        more = "".join(f'{name} = "{os.environ[name]}"\n' for name in INHERITED if name in os.environ)
        self.text = RECIPE.format(torch=venv, more=more)
        self.recipe(NAME, "job.py")

    def recipe(self, name, script):
        text = self.text.replace("job.py", script)
        # The lock has no packages, so it must say what torch is built for.
        lock = lock_of(text).replace('channel = "index"', 'channel = "index"\ncuda = "cu130"')
        self.made.recipe(name, recipe=text, lock=lock)

    def gpus(self):
        query = ["nvidia-smi", "--query-gpu=uuid,memory.used", "--format=csv,noheader,nounits"]
        lines = subprocess.run(query, check=True, capture_output=True, text=True).stdout.splitlines()
        return [(uuid, int(used)) for uuid, used in (line.split(", ") for line in lines)]

    def free_after(self):
        """Seconds until no GPU's memory is in use."""
        began = time.monotonic()
        while any(used > 700 for _, used in self.gpus()) and time.monotonic() - began < 30:
            time.sleep(0.1)
        return time.monotonic() - began

    def train(self, *arguments, options=(), environment=None, timeout=180):
        (self.root / "job" / "failed").unlink(missing_ok=True)
        command = [self.launch, "-C", str(self.root), "--json", "train", NAME, *options, "--", *arguments]
        process = subprocess.run(command, env=self.environment | (environment or {}), capture_output=True, text=True,
                                 timeout=timeout)
        return process.returncode, process.stdout, process.stderr

    def last_run(self):
        return max((self.root / "state" / "runs").iterdir(), key=lambda folder: folder.stat().st_mtime)

    def record(self):
        return json.loads((self.last_run() / "run.json").read_text())

    def logs(self):
        run = self.last_run()
        return "".join(path.read_text(errors="replace") for path in sorted((run / "logs").glob("*.log")))

    def check(self, what, good, found):
        self.failed += not good
        print(("ok    " if good else "FAILED ") + what + ": " + found, flush=True)

    def bandwidth_of(self, text):
        found = re.search(r"bandwidth (\{.*\})", text)
        return {int(size): value for size, value in json.loads(found[1]).items()} if found else {}

    def measure(self, shape, options, transport):
        code, out, err = self.train("bandwidth", options=(*options, "--preflight"))
        found = (json.loads(out) if out else {}).get("preflight") or {}
        self.checked = {each["bytes"]: each["gb_per_s"] for each in found.get("bandwidth", [])}
        self.check(f"preflight, {shape}", found.get("works") is True
                   and any(transport in each for each in found["transports"]), found.get("message") or err[-3000:])
        ours = self.bandwidth_of(self.logs())
        self.check(f"bandwidth, {shape}", code == 0 and bool(ours), str(ours) if ours else err[-3000:])
        by_hand = {}
        script = subprocess.run([self.launch, "-C", str(self.root), "train", NAME, "--dry-run", *options, "--", "bandwidth"],
                                env=self.environment, capture_output=True, text=True)
        if script.returncode == 0:
            out = subprocess.run(["sh"], input=script.stdout, capture_output=True, text=True, timeout=180).stdout
            by_hand = self.bandwidth_of(out)
        self.rows.append((shape, ours, by_hand, self.checked))
        self.plans.append((shape, self.record()))

    def fail(self, what, options, shape, world):
        kind, message = FAILURES[what]
        more = ("--hang-timeout", "10") if what == "silent" else ()
        code, out, err = self.train(what, options=(*options, *more))
        ended = time.time()
        failed = self.root / "job" / "failed"
        took = ended - float(failed.read_text()) if failed.exists() else -1
        free = self.free_after()
        document = json.loads(out) if out else {}
        cause = document.get("cause") or {}
        good = (cause.get("rank") == world - 1 and (not kind or cause.get("kind") == kind)
                and message in (cause.get("message") or "") + err and code != 0 and free < 5)
        self.check(f"{what}, {shape}", good, f"rank {cause.get('rank')}, {cause.get('kind')}, "
                   f"{str(cause.get('message'))[:200]!r}, code {code}, over {took:.1f} s after it, GPUs free {free:.1f} s later")
        if not good:
            print(err[-6000:], flush=True)
        self.rows.append((f"{what}, {shape}", cause, code, took, free))

    def losses(self):
        return {int(step): float(loss) for step, loss in re.findall(r"step (\d+): loss ([\d.]+)", self.logs())}

    def resume(self, options):
        """The recipe gpt, interrupted and resumed, beside a run without interruption."""
        shutil.copy(HERE.parent.parent / "recipes" / "gpt" / "train.py", self.root / "job" / "gpt.py")
        self.recipe(NAME + "-gpt", "gpt.py")
        def start(folder, steps):
            (self.root / "job" / folder).mkdir(exist_ok=True)
            command = [self.launch, "-C", str(self.root), "train", NAME + "-gpt", *options, "--", "--checkpoints",
                       f"/workspace/{folder}", "--steps", str(steps)]
            return subprocess.Popen(command, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        before = set((self.root / "state" / "runs").iterdir())
        first = start("cut", 100000)
        until = time.monotonic() + 120
        while time.monotonic() < until and not (set((self.root / "state" / "runs").iterdir()) - before
                                                and len(self.losses()) > 3):
            time.sleep(0.2)
        first.send_signal(signal.SIGINT)
        _, err = first.communicate(timeout=120)
        steps = max(self.losses(), default=0)
        outcomes, losses = [first.returncode], []
        for folder in ("cut", "whole"):
            process = start(folder, steps + 100)
            _, err = process.communicate(timeout=180)
            outcomes.append(process.returncode)
            losses.append(self.losses())
        resumed, whole = losses
        far = max((abs(resumed[step] - whole[step]) / whole[step] for step in resumed if step in whole), default=9)
        self.check("gpt with FSDP2, interrupted and resumed", outcomes == [130, 0, 0] and min(resumed) > steps - 50
                   and far < 0.02, f"interrupted at step {steps}, resumed with {min(resumed, default=0)}; losses of steps "
                   f"{sorted(resumed)[-3:]} differ by {far:.5f} at most from a run without interruption; codes {outcomes}"
                   + ("" if outcomes == [130, 0, 0] else "\n" + err.decode()[-3000:]))

    def seen(self, options=(), environment=None):
        code, _, err = self.train("sees", options=options, environment=environment)
        found = [line.split(" ", 1)[1] for line in self.logs().splitlines() if line.startswith("sees ")]
        return sorted(found), err

    def choices(self):
        uuids = [uuid for uuid, _ in self.gpus()]
        last = str(len(uuids) - 1)
        short = [uuid.removeprefix("GPU-") for uuid in uuids]
        for what, options, environment, expected in (
                ("all", (), {}, [f"{i} {len(uuids)} {uuid}" for i, uuid in enumerate(short)]),
                ("index", ("--gpus", last + ","), {}, [f"0 1 {short[-1]}"]),
                ("UUID", ("--gpus", uuids[-1] + ","), {}, [f"0 1 {short[-1]}"]),
                ("CUDA_VISIBLE_DEVICES", (), {"CUDA_VISIBLE_DEVICES": last}, [f"0 1 {short[-1]}"])):
            seen, err = self.seen(options, environment)
            self.check(f"GPUs by {what}", seen == expected, f"{seen}" + ("" if seen == expected else f", expected {expected}\n{err[-2000:]}"))

    def run(self, ways):
        count = len(self.gpus())
        shapes = [("one node", ("--nodes", "1"), count)]
        if count > 1:
            shapes.append(("two nodes", ("--nodes", "2"), count))
        if not ways:
            self.choices()
        for shape, options, world in shapes if not ways else []:
            if world > 1:
                self.measure(shape, options, "P2P" if shape == "one node" else "NET/Socket")
            for wrap in ("ddp", "fsdp2"):
                code, _, err = self.train(wrap, options=options)
                said = re.search(rf"{wrap} loss .*", self.logs())
                self.check(f"{wrap}, {shape}", code == 0 and bool(said), said[0] if said else err[-3000:])
        for shape, options, world in shapes[-1:]:
            for what in [way for way in ways if way in FAILURES] if ways else FAILURES:
                if what not in ("hang", "silent") or world > 1:
                    self.fail(what, options, shape, world)
        if not ways or "resume" in ways:
            self.resume(shapes[-1][1])
        left = [name for name in podman("ps", "--all", "--format", "{{.Names}}").split() if NAME in name]
        self.check("nothing left", not left, str(left))


def missing():
    if not pathlib.Path("/dev/nvidia0").exists():
        return "no NVIDIA GPU"
    if not shutil.which("podman"):
        return "no podman"
    found = subprocess.run(["python3", "-c", "import torch; assert torch.version.cuda"], capture_output=True)
    return "" if found.returncode == 0 else "python3 has no CUDA build of torch"


def report(gpus):
    lines = ["| run | what |", "|---|---|"]
    for row in gpus.rows:
        if len(row) == 4:
            shape, ours, by_hand, checked = row
            for size in SIZES:
                if size in ours:
                    ratio = f", by hand {by_hand[size]:.1f} ({ours[size] / by_hand[size]:.3f})" if size in by_hand else ""
                    before = f", preflight {checked[size]:.1f}" if size in checked else ""
                    lines.append(f"| all-reduce of {size >> 20} MiB, {shape} | {ours[size]:.1f} GB/s{ratio}{before} |")
        else:
            name, cause, code, took, free = row
            lines.append(f"| {name} | rank {cause.get('rank')} {cause.get('kind')}: {cause.get('message')}; code {code}; "
                         f"over after {took:.1f} s, GPUs free after {free:.1f} s more |")
    for shape, record in gpus.plans:
        lines += ["", f"The environment of {shape}:", "", "| variable | value | reason |", "|---|---|---|"]
        lines += [f"| {each['name']} | {each['value']} | {each['reason']} |" for each in record["env"]]
        lines += [f"| {each['name']} | left alone | {each['reason']} |" for each in record["left_alone"]]
        preflight = record["preflight"] or {}
        lines += ["", f"Its preflight: {preflight.get('message')}, in {preflight.get('seconds', 0):.1f} s."]
    return "\n".join(lines) + "\n"


def main():
    why = missing()
    if why:
        print("skipped:", why)
        sys.exit(77)
    gpus = Gpus(os.path.abspath(sys.argv[1]))
    try:
        gpus.run([way for way in sys.argv[2:] if way in (*FAILURES, "resume")])
    finally:
        gpus.made.close()
        if "--report" in sys.argv:
            pathlib.Path(sys.argv[sys.argv.index("--report") + 1]).write_text(report(gpus))
    sys.exit(1 if gpus.failed else 0)


if __name__ == "__main__":
    main()
