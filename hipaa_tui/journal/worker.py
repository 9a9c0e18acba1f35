"""Identifies the worker (process) that has a run, so that another process can tell whether it is still alive.

A worker on the same machine is dead when its process is gone. One on another machine, or a stopped one, is
considered dead once its lease has expired; a live worker renews it several times before.
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
"""Duration of a lease in seconds: longer than two tries of a slow call, short enough to wait for."""
NOBODY: Final = ""
"""The worker of a paused run, which any worker may resume."""


def new_worker() -> str:
    """A unique name of this worker: machine, pid, start time of the process, a random part.

    The random part distinguishes two workers of one process, and a machine from its clone.
    """
    pid = os.getpid()
    return f"{machine()}:{pid}:{_started(pid)}:{secrets.token_hex(4)}"


def alive(worker: str, beat: str, clock: datetime, lease: timedelta = LEASE) -> bool:
    """Is the worker still alive? `beat` is its last heartbeat, `clock` the store's current time."""
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
    """The scope of a pid: host, boot and pid namespace (two containers may share a host name)."""
    parts = [socket.gethostname().replace(":", "-")]
    try:
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()[:8])
        parts.append(str(Path("/proc/self/ns/pid").readlink()).strip("pid:[]"))
    except OSError:
        pass  # not Linux: the host's name has to do
    return "/".join(parts)


def _started(pid: int) -> str:
    """The process's start in ticks since boot, since pids are reused; "" if unknown."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    return stat.rpartition(")")[2].split()[19]
