"""A PostgreSQL server of our own, on its own port, from the programs that Debian's package brings."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.aws.server import free_port

MISSING = "no PostgreSQL server on this machine: install the package postgresql to run this too"
_PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/usr/local/opt/postgresql*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
)


def programs() -> Path | None:
    """The folder of initdb and postgres, the newest where there are several; None where there is none."""
    found = [
        path for place in _PLACES for path in Path("/").glob(place.lstrip("/")) if (path / "initdb").exists()
    ]
    if on_path := shutil.which("initdb"):
        found.append(Path(on_path).parent)
    return max(found, key=lambda path: (path.parent.name.zfill(8), str(path)), default=None)


@contextmanager
def postgresql_server() -> Iterator[str]:
    """The URL of an empty database whose server lives as long as the block. LookupError where there is none."""
    where = programs()
    if where is None:
        raise LookupError(MISSING)
    folder = Path(tempfile.mkdtemp(prefix="hipaa-tui-postgresql-"))
    # PostgreSQL refuses to run as root: there its package's own user runs it.
    user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    if user:
        shutil.chown(folder, "postgres", "postgres")
    port = free_port()
    options = f"-c listen_addresses=127.0.0.1 -c port={port} -c unix_socket_directories={folder} -c fsync=off"

    def run(*command: str) -> None:
        subprocess.run(
            [*user, *command],
            check=True,
            cwd="/",
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=120,
        )

    data = str(folder / "data")
    try:
        run(str(where / "initdb"), "-D", data, "-A", "trust", "-U", "hipaa", "--no-sync", "-E", "UTF8")
        run(str(where / "pg_ctl"), "-D", data, "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield f"postgresql://hipaa@127.0.0.1:{port}/postgres"
        finally:
            run(str(where / "pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
