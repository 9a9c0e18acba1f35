"""Starts the two local clouds of the demo and the tests, and keeps the real ones out of reach meanwhile.

AWS is a moto server, Azure our own ARM server, each in a process of its own that cannot outlive this one:

    with Sandbox() as sandbox:
        sandbox.activate()  # from here on the SDKs in this process know no other cloud
        ...
"""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from hipaa_tui.sandbox.estate_aws import REGION
from hipaa_tui.sandbox.estate_azure import SUBSCRIPTION, SUBSCRIPTION_NAME
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.private_files import private_folder
from hipaa_tui.support.sanitize import plain

HOST: Final = "127.0.0.1"
START_SECONDS: Final = 60.0
"""How long both servers together may take until they answer."""
_STOP_SECONDS: Final = 3.0
_POLL_SECONDS: Final = 0.03
_PORT_TRIES: Final = 4
_SERVERS: Final = {
    "PYTHONUNBUFFERED": "1",
    # Five hundred machine images cost seconds and nobody asks for them; managed policies are attached to roles.
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
    # An account that enabled three regions: a switch of each region is shown without a minute of waiting.
    "HIPAA_TUI_SANDBOX_REGIONS": "us-east-1,us-west-2,eu-west-1",
    "MOTO_IAM_LOAD_MANAGED_POLICIES": "true",
}
_FOREIGN: Final = ("AWS_", "AZURE_", "ARM_", "BOTO_CONFIG", "IDENTITY_", "MSI_")
"""What the names of variables begin with that hold real credentials, or lead an SDK to a real cloud."""
_SUBSCRIPTION: Final = {"subscriptionId": SUBSCRIPTION, "displayName": SUBSCRIPTION_NAME}
_PORT_FILE: Final = "arm.port"
_LOCAL: Final = ("127.0.0.1", "localhost", "::1")


@dataclass(frozen=True, slots=True)
class _Server:
    """A running server process."""

    title: str
    process: subprocess.Popen[bytes]
    log: Path

    @property
    def dead(self) -> bool:
        return self.process.poll() is not None

    def last_words(self) -> str:
        """The last line of its log, which is where a traceback says what is wrong."""
        lines = [line.strip() for line in self.said().split("\n") if line.strip()]
        return plain(lines[-1], limit=300) if lines else "it said nothing"

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def end(self) -> None:
        """Ask it to end, and end it where it does not. Waits, so that no zombie stays."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        with contextlib.suppress(OSError):
            self.process.terminate()
        try:
            self.process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Sandbox:
    """Both local clouds, from `start` to `stop`. Needs moto, which comes with the extra "demo".

    `folder` takes logs and the empty configuration files that stand in for the user's (default: a
    private temporary folder, removed at the end unless `keep`).
    """

    def __init__(self, folder: Path | None = None, *, keep: bool = False) -> None:
        self.folder = folder
        self._keep = keep or folder is not None
        self._servers: list[_Server] = []
        self._moto_port = 0
        self._arm_port = 0
        self._replaced: dict[str, str | None] | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def aws_url(self) -> str:
        return f"http://{HOST}:{self._moto_port}"

    @property
    def arm_url(self) -> str:
        return f"http://{HOST}:{self._arm_port}"

    def start(self) -> Self:
        """Start both and wait until they answer. InputError says why one does not."""
        if self._servers:
            return self
        if any(importlib.util.find_spec(name) is None for name in ("moto", "flask")):
            raise InputError("the local AWS needs moto, which is not installed; install hipaa-tui[demo]")
        folder = self.folder = self.folder or Path(tempfile.mkdtemp(prefix="hipaa-tui-sandbox-"))
        private_folder(folder)
        deadline = time.monotonic() + START_SECONDS
        try:
            arm = self._start_arm(folder)
            self._await_moto(folder, deadline)
            self._await_arm(arm, folder, deadline)
        except BaseException:
            self.stop()
            raise
        return self

    def stop(self) -> None:
        """End both, and put the environment back. May be called again."""
        self.deactivate()
        while self._servers:
            self._servers.pop().end()
        if self.folder is not None and not self._keep:
            shutil.rmtree(self.folder, ignore_errors=True)
            self.folder = None

    def environment(self) -> dict[str, str]:
        """Variables that lead every SDK and CLI to these clouds, over whatever else is set.

        An update() with it is safe: what cannot be taken away by setting something else has a harmless
        value. `isolated` removes it too.
        """
        if self.folder is None:
            raise InputError("the sandbox is not running; start it first")
        profile = self.folder / "aws-config"
        profile.write_text("[default]\n", encoding="utf-8")  # a profile that no file names is an error
        proxies = {name: _with_local(os.environ.get(name, "")) for name in ("NO_PROXY", "no_proxy")}
        services = {name: self.aws_url for name in os.environ if name.startswith("AWS_ENDPOINT_URL_")}
        return {
            **services,
            **proxies,
            "AWS_ENDPOINT_URL": self.aws_url,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "false",
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_SESSION_TOKEN": "",
            "AWS_PROFILE": "default",
            "AWS_DEFAULT_PROFILE": "default",
            "AWS_CONFIG_FILE": str(profile),
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_USE_FIPS_ENDPOINT": "false",
            "AWS_USE_DUALSTACK_ENDPOINT": "false",
            "AZURE_CONFIG_DIR": str(self.folder / "azure-config"),
            "HIPAA_TUI_ARM_ENDPOINT": self.arm_url,
        }

    def isolated(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """A whole environment for another process: `base` (ours if none) without a trace of real clouds."""
        return _without_clouds(os.environ if base is None else base) | self.environment()

    def activate(self) -> None:
        """Let this process reach the sandbox and nothing else. May be called again."""
        if self._replaced is not None:
            return
        wanted = self.isolated()
        names = set(wanted) | set(os.environ)
        before = {name: os.environ.get(name) for name in names}
        self._replaced = {name: value for name, value in before.items() if value != wanted.get(name)}
        _set({name: wanted.get(name) for name in self._replaced})

    def deactivate(self) -> None:
        """Put back what `activate` replaced. May be called again."""
        _set(self._replaced or {})
        self._replaced = None

    def _spawn(self, title: str, log: Path, arguments: Sequence[str]) -> _Server:
        with log.open("wb") as output:
            process = subprocess.Popen(
                # -P: nothing in the folder where the person happens to be is imported.
                [sys.executable, "-P", "-m", "hipaa_tui.sandbox.parent_watch", *arguments],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=_without_clouds(os.environ) | _SERVERS | _python_path(),
                creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
                | getattr(subprocess, "CREATE_NO_WINDOW", 0),
            )
        server = _Server(title, process, log)
        self._servers.append(server)
        return server

    def _start_arm(self, folder: Path) -> _Server:
        (folder / _PORT_FILE).unlink(missing_ok=True)
        state = folder / "arm-state.json"
        state.write_text(json.dumps({"subscriptions": [_SUBSCRIPTION]}), encoding="utf-8")
        arguments = ["--port", "0", "--port-file", str(folder / _PORT_FILE), "--state", str(state)]
        return self._spawn("Azure (ARM server)", folder / "arm.log", ["hipaa_tui.sandbox.arm", *arguments])

    def _await_arm(self, server: _Server, folder: Path, deadline: float) -> None:
        while not (folder / _PORT_FILE).exists():
            self._pause(server, deadline)
        port = int((folder / _PORT_FILE).read_text(encoding="utf-8"))
        while not _answers(port, "/_sandbox/health"):
            self._pause(server, deadline)
        self._arm_port = port

    def _await_moto(self, folder: Path, deadline: float) -> None:
        """Start moto and wait for it, on another port where somebody took the first one in between."""
        for tries_left in reversed(range(_PORT_TRIES)):
            port = _free_port()
            arguments = ["hipaa_tui.sandbox.moto_extensions", "-H", HOST, "-p", str(port)]
            server = self._spawn("AWS (moto)", folder / "moto.log", arguments)
            try:
                # It has to say itself that it listens there: somebody else's server may answer too.
                while not (f"{HOST}:{port}" in server.said() and _answers(port, "/moto-api/")):
                    self._pause(server, deadline)
            except InputError:
                if not tries_left or not server.dead or "in use" not in server.said():
                    raise
                self._servers.remove(server)
                server.end()
            else:
                self._moto_port = port
                return

    def _pause(self, server: _Server, deadline: float) -> None:
        """Wait a moment. InputError where the server is dead, or out of time."""
        late = time.monotonic() > deadline
        if server.dead or late:
            what = f"answer within {START_SECONDS:.0f} s" if late else "start"
            where = f"; its log is {server.log}" if self._keep else ""
            raise InputError(f"the local {server.title} did not {what}: {server.last_words()}{where}")
        time.sleep(_POLL_SECONDS)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind((HOST, 0))
        return int(one.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    """Does an HTTP server answer there, whatever it says?"""
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status < 500
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _without_clouds(base: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in base.items() if not name.upper().startswith(_FOREIGN)}


def _python_path() -> dict[str, str]:
    """Where the child finds this package when it runs from a checkout; nothing where it is installed."""
    root = str(Path(__file__).resolve().parents[2])
    if root in {sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}:
        return {}
    return {"PYTHONPATH": os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH", ""))))}


def _with_local(hosts: str) -> str:
    """NO_PROXY with this machine in it."""
    named = [one.strip() for one in hosts.split(",") if one.strip()]
    return hosts if "*" in named else ",".join([*named, *(one for one in _LOCAL if one not in named)])


def _set(variables: Mapping[str, str | None]) -> None:
    """Set variables of this process; None removes."""
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value
