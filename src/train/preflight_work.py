"""The parts of the check before a training, each in a process of its own, and what NCCL's log says of them.

What a rank finds: gpu (name, place); version (of NCCL); bandwidth ([[BYTES, GB/s], …], the bus bandwidth of the
all-reduce); transports ("P2P/CUMEM", "NET/IB/GDRDMA", in NCCL's words; "TCP" with gloo); interfaces (of its network);
hcas; warnings (the last that NCCL wrote).
"""

import fcntl
import os
import re
import socket
import struct
import time
from datetime import timedelta

LONGEST_TEXT = 600
MOST_WARNINGS = 3
MIB = 1 << 20
SIZES = {"nccl": (MIB, 64 * MIB, 1024 * MIB), "gloo": (MIB, 16 * MIB)}
TOO_LONG = 2.0  # seconds for one all-reduce of a measurement
ENOUGH = 0.5  # seconds for all of one size


def error_of(error):
    """An exception as rank.py names it."""
    names = [each.__qualname__ if each.__module__ == "builtins" else f"{each.__module__}.{each.__qualname__}"
             for each in type(error).__mro__]
    return {"type": names[0], "mro": names, "message": str(error)[:LONGEST_TEXT]}


class Meeting:
    """A group of ranks that reduce together."""

    def __init__(self, key, group, rank, limit, open_store):
        self.key, self.group, self.rank, self.limit, self.open_store = key, group, rank, limit, open_store

    def join(self, backend):
        import torch.distributed as dist

        store = dist.PrefixStore(self.key, self.open_store())
        dist.init_process_group(backend, store=store, rank=self.group.index(self.rank), world_size=len(self.group),
                                timeout=timedelta(seconds=self.limit))


def device_of(backend, local_rank):
    """The rank's GPU, chosen; or the CPU."""
    import torch

    if backend != "nccl":
        return torch.device("cpu")
    count = torch.cuda.device_count()
    if local_rank >= count:
        raise RuntimeError(f"torch sees {count} GPUs in the container; this rank needs {local_rank + 1}")
    torch.cuda.set_device(local_rank)
    return torch.device("cuda", local_rank)


def gpu_of(device):
    import torch

    properties = torch.cuda.get_device_properties(device)
    bus, slot = (getattr(properties, name, None) for name in ("pci_bus_id", "pci_device_id"))
    place = f"{getattr(properties, 'pci_domain_id', 0):04x}:{bus:02x}:{slot:02x}.0" if bus is not None else ""
    return {"name": properties.name, "place": place}


def alone(backend, local_rank, report):
    """Allocates, computes and reads back."""
    import torch

    report(step=1, at="finding its device")
    device = device_of(backend, local_rank)
    report(step=2, at="allocating memory")
    if device.type == "cuda":
        torch.zeros(1, device=device)
        report(gpu=gpu_of(device))
    size = 1024 if device.type == "cuda" else 64
    ones = torch.ones(size, size, device=device)
    report(step=3, at="multiplying matrices")
    product = ones @ ones
    if not bool((product == size).all()):
        raise RuntimeError("a product of matrices is wrong")
    report(ok=True)


def reduce(backend, local_rank, meeting, measured, log, report):
    """An all-reduce of the group, which must be right; if `measured`, its bandwidth too."""
    os.environ.update(NCCL_DEBUG="INFO", NCCL_DEBUG_SUBSYS="INIT,ENV,NET", NCCL_DEBUG_FILE=log)
    import torch
    import torch.distributed as dist

    device = device_of(backend, local_rank)
    report(step=1, at="connecting")
    if backend == "gloo":
        report(transports=["TCP"], interfaces=interfaces())
    meeting.join(backend)
    report(step=2, at="the first all-reduce")
    value = torch.full((1024,), float(meeting.rank + 1), device=device)
    dist.all_reduce(value)
    if not bool((value == sum(rank + 1 for rank in meeting.group)).all()):
        raise RuntimeError("the sum of an all-reduce is wrong")
    bandwidth = measure(backend, device, len(meeting.group), report) if measured else []
    report(ok=True, bandwidth=bandwidth)


def measure(backend, device, ranks, report):
    """[bytes, GB/s] of each size for which there is time and memory on all ranks."""
    import torch

    found = []
    seconds, last = 0.0, 0
    for step, size in enumerate(SIZES[backend], 3):
        report(step=step, at=f"an all-reduce of {size // MIB} MiB")
        free = torch.cuda.mem_get_info()[0] if device.type == "cuda" else 4 * size
        seconds, least = agreed(device, seconds, free)
        expected = seconds * size / last if last else 0.0
        if expected > TOO_LONG or least < 3 * size:
            break
        seconds = timed(device, size, int(min(20, max(2, ENOUGH / expected))) if expected else 5)
        last = size
        found.append([size, 2 * (ranks - 1) / ranks * size / seconds / 1e9])
    return found


def agreed(device, seconds, free):
    """The longest time and the least memory of all ranks."""
    import torch
    import torch.distributed as dist

    both = torch.tensor([seconds, -float(free)], dtype=torch.float64, device=device)
    dist.all_reduce(both, op=dist.ReduceOp.MAX)
    return both[0].item(), -both[1].item()


def timed(device, size, count):
    """Seconds of one all-reduce of so many bytes."""
    import torch
    import torch.distributed as dist

    def wait():
        if device.type == "cuda":
            torch.cuda.synchronize()

    value = torch.zeros(size // 4, device=device)
    dist.all_reduce(value)
    wait()
    began = time.perf_counter()
    for _ in range(count):
        dist.all_reduce(value)
    wait()
    return (time.perf_counter() - began) / count


def interfaces():
    """The interface that gloo uses: the one that is named, or that of the host name's address."""
    if named := os.environ.get("GLOO_SOCKET_IFNAME"):
        return named.split(",")
    try:
        address = socket.gethostbyname(socket.gethostname())
    except OSError:
        return []
    return [name for _, name in socket.if_nameindex() if address_of(name) == address]


def address_of(interface):
    SIOCGIFADDR = 0x8915
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        try:
            answer = fcntl.ioctl(any_socket, SIOCGIFADDR, struct.pack("256s", interface.encode()[:15]))
        except OSError:
            return None
    return socket.inet_ntoa(answer[20:24])


def found_in_log(path):
    """What NCCL's log says, even of a process that was killed; nothing without one."""
    try:
        with open(path, errors="replace") as file:
            return read_log(file.read())
    except OSError:
        return {}


def read_log(text):
    """Transports, interfaces, HCAs, version and warnings in the words of NCCL (NCCL_DEBUG=INFO)."""
    transports = [transport_of(line) for line in text.split("\n")]
    if "Connected NVLS tree" in text:
        transports.append("NVLS")
    sockets = re.findall(r"NET/Socket : Using(.*)", text)
    hcas = re.findall(r"NET/IB : Using(.*)", text)
    version = re.search(r"NCCL version (\d+\.\d+\.\d+)", text)
    found = {
        "transports": unique(each for each in transports if each),
        "interfaces": unique(name for line in sockets for name in re.findall(r"\[\d+\]([^:\s]+):", line)),
        "hcas": unique(name for line in hcas for name in re.findall(r"\[\d+\]([^:\s]+:\d+)", line)),
        "warnings": [line[:LONGEST_TEXT] for line in re.findall(r"NCCL WARN (.*)", text)][-MOST_WARNINGS:],
        "version": version.group(1) if version else None,
    }
    return {key: value for key, value in found.items() if value}


def unique(values):
    return list(dict.fromkeys(values))


def transport_of(line):
    """"P2P/CUMEM", "SHM/direct", "NET/Socket", "NET/IB/GDRDMA" of a line about a channel; None of any other."""
    if found := re.search(r" via (NET|COLLNET)/(.+?)/\d+(?:\(\d+\))?(/GDRDMA)?", line):
        return f"{found[1]}/{found[2]}{found[3] or ''}"
    if found := re.search(r" via (P2P|SHM)/(\w+)", line):
        return f"{found[1]}/{found[2]}"
    return None
