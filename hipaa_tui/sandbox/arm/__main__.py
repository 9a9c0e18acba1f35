"""Runs the sandbox's Azure Resource Manager as a process, for the demo and for whoever wants to look at it."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from pathlib import Path
from types import FrameType

from hipaa_tui.sandbox.arm.server import LOOPBACK, ArmServer
from hipaa_tui.support.errors import HipaaTuiError, InputError
from hipaa_tui.support.json_value import Json


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT. The exit code: 0, or 2 for bad usage with a sentence on stderr."""
    parser = argparse.ArgumentParser(prog="python -m hipaa_tui.sandbox.arm", description=__doc__)
    parser.add_argument(
        "--port", type=int, default=0, help="port to listen on; 0 (the default) takes a free one"
    )
    parser.add_argument(
        "--host", default=LOOPBACK, help="loopback address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--state", type=Path, help="JSON file with the resources to begin with; it is not written"
    )
    parser.add_argument("--port-file", type=Path, help="file to write the port to once it is listened on")
    options = parser.parse_args(arguments)
    stopped = threading.Event()

    def stop(_signal: int, _frame: FrameType | None) -> None:
        stopped.set()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, stop)
    try:
        if not 0 <= options.port <= 65535:
            raise InputError(f"{options.port}: a port is a number from 0 to 65535")
        with ArmServer(_state(options.state), options.port, options.host) as server:
            if options.port_file is not None:
                _write_port(options.port_file, server.port)
            sys.stdout.write(f"listening on {server.url}\n")
            sys.stdout.flush()
            stopped.wait()
    except HipaaTuiError as error:
        sys.stderr.write(f"{error}\n")
        return int(error.exit_code)
    return 0


def _state(path: Path | None) -> Json:
    if path is None:
        return None
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path} is not JSON: {error}") from None


def _write_port(path: Path, port: int) -> None:
    """Whole or not at all: somebody may be waiting for the file to appear."""
    beside = path.with_name(f".{path.name}.new")
    try:
        beside.write_text(f"{port}\n", encoding="utf-8")
        beside.replace(path)
    except OSError as error:
        raise InputError(f"cannot write {path}: {error.strerror or error}") from None


if __name__ == "__main__":
    sys.exit(main())
