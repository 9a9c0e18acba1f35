"""Names the worker that has a run, so that another process can tell whether it still lives.

A worker on the same machine is dead as soon as its process is gone. One elsewhere, or one that is stopped,
is taken for dead once its lease has run out: it renews it several times within that span.
"""

from __future__ import annotations

import os
import secrets
import socket
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Final

LEASE: Final = timedelta(seconds=60)
"""How long a worker may be silent. Long beside a slow call's two tries, short beside an operator's patience."""
NOBODY: Final = ""
"""The owner of a run that was laid down, to be resumed by whoever comes."""


def new_worker() -> str:
    """This process under a name of its own: machine, pid, time of its start, a random part.

    The random part tells two workers of one process apart, and a machine from its clone.
    """
    pid = os.getpid()
    return f"{machine()}:{pid}:{_started(pid)}:{secrets.token_hex(4)}"


def alive(worker: str, beat: str, clock: datetime, lease: timedelta = LEASE) -> bool:
    """Does the worker still run? `beat` is when it last said so, `clock` the time of all who share the store."""
    if worker == NOBODY or clock - datetime.fromisoformat(beat) >= lease:
        return False
    where, pid, started = ([*worker.split(":"), "", "", ""])[:3]
    if where != machine() or not pid.isdigit():
        return True  # nothing but its silence can tell
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return not started or _started(int(pid)) == started


@cache
def machine() -> str:
    """Where a pid means something: host, boot and process namespace (two containers may share a host's name)."""
    parts = [socket.gethostname().replace(":", "-")]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8])
        parts.append(str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]"))
    except OSError:
        pass  # not Linux: the host's name has to do
    return "/".join(parts)


def _started(pid: int) -> str:
    """When the process started, in ticks since boot; pids are used again. "" where it cannot be known."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
