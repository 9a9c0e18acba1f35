"""Runs the sandbox's Azure Resource Manager as an HTTP server in the background of a process."""

from __future__ import annotations

import ipaddress
import socket
import sys
import threading
from http.server import ThreadingHTTPServer
from typing import Any, Final

from hipaa_tui.sandbox.arm.errors import ArmError
from hipaa_tui.sandbox.arm.router import Router
from hipaa_tui.sandbox.arm.wire import Handler
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json

LOOPBACK: Final = "127.0.0.1"


class Listener(ThreadingHTTPServer):
    """The listening socket; a thread for each connection."""

    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 128

    def __init__(self, host: str, port: int, router: Router) -> None:
        self.router = router
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), Handler)
        name = f"[{host}]" if ":" in host else host
        self.url = f"http://{name}:{self.server_address[1]}"

    def server_bind(self) -> None:
        """Bind without http.server's look-up of the machine's name, which can take seconds."""
        socket.socket.setsockopt(self.socket, socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hangs up is no error; anything else goes to stderr as usual."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection, so that stopping can end it."""
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Forget the connection."""
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def hang_up(self) -> None:
        """End the connections that clients keep alive."""
        with self._open_lock:
            for one in self._open:
                try:
                    one.shutdown(socket.SHUT_RDWR)
                except OSError:
                    continue


class ArmServer:
    """Azure Resource Manager on loopback. `state`: see hipaa_tui.sandbox.arm.state.

    `port` 0 takes a free one. As a context manager it starts and stops. InputError for a host that is
    not loopback, a port that is taken, or a state that is none.
    """

    def __init__(self, state: Json = None, port: int = 0, host: str = LOOPBACK) -> None:
        _require_loopback(host)
        try:
            self.router = Router(state)
        except ArmError as error:
            raise InputError(f"the sandbox's state cannot be loaded: {error.message}") from None
        self._host = host
        self._port = port
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None

    @property
    def url(self) -> str:
        """ "http://127.0.0.1:PORT", without a slash. InputError where it is not started."""
        if self._listener is None:
            raise InputError("the sandbox is not started")
        return self._listener.url

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rpartition(":")[2])

    def start(self) -> ArmServer:
        """Listen, in a thread of its own. Requests are answered as soon as this returns."""
        try:
            self._listener = Listener(self._host, self._port, self.router)
        except OSError as error:
            raise InputError(
                f"cannot listen on {self._host}:{self._port}: {error.strerror or error}"
            ) from None
        self._thread = threading.Thread(
            target=self._listener.serve_forever,
            kwargs={"poll_interval": 0.02},
            name="arm-sandbox",
            daemon=True,
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop listening and end open connections. Stopping twice does no harm."""
        listener, self._listener = self._listener, None
        if listener is None:
            return
        listener.shutdown()
        listener.hang_up()
        listener.server_close()
        if self._thread is not None:
            self._thread.join(timeout=5)

    def __enter__(self) -> ArmServer:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()


def _require_loopback(host: str) -> None:
    try:
        safe = ipaddress.ip_address(host).is_loopback
    except ValueError:
        safe = False
    if not safe:
        raise InputError(f"{host}: the sandbox listens on loopback only; use {LOOPBACK}")
