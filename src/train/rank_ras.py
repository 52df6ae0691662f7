"""What NCCL's RAS tells, for rank.py: how many operations the ranks of each communicator have launched, if not equally
many. Every process that uses NCCL 2.24 or newer has a server for that; the first of a node has the port.
"""

import os
import re
import socket
import time

PATIENCE = 4  # seconds; RAS asks the other processes, and waits for those that do not answer
MOST = 1 << 22  # bytes
NOTABLE = re.compile(
    r"#\d+-\d+ |\s*Communicator ranks have different |\s*Rank \d+ has (not )?launched |\s*\d+ ranks have (not )?launched "
)


def address():
    host, _, port = os.environ.get("NCCL_RAS_ADDR", "").rpartition(":")
    return (host.strip("[]") or "127.0.0.1", int(port) if port.isdigit() else 28028)


def answer(patience=PATIENCE):
    """All that it says; what has come when the time is over. Empty without RAS."""
    until = time.monotonic() + patience
    data = b""
    try:
        with socket.create_connection(address(), timeout=patience) as server:
            server.sendall(b"verbose status\n")
            while len(data) < MOST:
                server.settimeout(max(until - time.monotonic(), 0.01))
                more = server.recv(65536)
                if not more:
                    break
                data += more
    except OSError:
        pass
    return data.decode("utf-8", "replace")


def notable(text):
    """The lines about communicators whose ranks differ, each without what follows " -- "."""
    lines = [line.partition(" -- ")[0].rstrip() for line in text.splitlines() if NOTABLE.match(line)]
    return [line for line, after in zip(lines, [*lines[1:], "#"]) if not (line.startswith("#") and after.startswith("#"))]
