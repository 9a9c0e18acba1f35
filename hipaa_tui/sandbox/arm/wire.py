"""Speaks HTTP/1.1 to the router, and stays up whatever comes over the wire."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler
from typing import Any, Final, Protocol, cast
from urllib.parse import parse_qsl, urlsplit

from hipaa_tui.sandbox.arm.errors import ArmError, bad_content
from hipaa_tui.sandbox.arm.messages import Request, Response
from hipaa_tui.support.json_value import Json

MOST_BODY: Final = 4 * 1024 * 1024
"""Bytes; Azure Resource Manager's own limit of a request."""
_DRAINED: Final = 64 * 1024 * 1024
"""Bytes of a body too large that are read and dropped, so that the client gets to read the refusal."""
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
_METHODS: Final = {405: "MethodNotAllowed", 400: "BadRequest", 408: "RequestTimeout", 414: "UriTooLong"}


class Answering(Protocol):
    """What answers the requests."""

    def answer(self, request: Request) -> Response:
        """The response; never raises for what a client sends."""


class Listening(Protocol):
    """What the handler needs of the socket that it serves."""

    url: str
    router: Answering


class Handler(BaseHTTPRequestHandler):
    """One connection, kept alive over many requests."""

    protocol_version = "HTTP/1.1"
    server_version = "hipaa-tui-arm"
    sys_version = ""
    disable_nagle_algorithm = True
    # Headers and body leave in one segment.
    wbufsize = -1
    timeout = 120

    def serve(self) -> None:
        """Read one request, answer it."""
        listener = cast("Listening", self.server)
        try:
            self._refuse_strangers()
            body = self._body()
            request = self._request(listener.url, body)
        except ArmError as error:
            self._send(Response(error.status, error.body(), error.headers))
            return
        self._send(listener.router.answer(request))

    do_GET = do_HEAD = do_PUT = do_PATCH = do_DELETE = do_POST = serve

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Refuse what http.server could not read, in ARM's envelope. An unknown method is 405, not 501."""
        self.close_connection = True
        status = 405 if code == 501 else code
        error = ArmError(
            status, _METHODS.get(status, "BadRequest"), message or explain or "The request is not valid."
        )
        if not hasattr(self, "headers"):
            self.request_version = self.protocol_version
            self.command = ""
        self._send(Response(error.status, error.body()))

    def log_message(self, format: str, *args: Any) -> None:
        """Write nothing: /_sandbox/requests tells what was asked."""

    def _refuse_strangers(self) -> None:
        # A web page in the user's browser can reach loopback under a name of its own, but not with ours as Host.
        host = self.headers.get("Host", "")
        name = urlsplit(f"//{host}").hostname if _is_host(host) else None
        if name not in _LOOPBACK and not (name or "").startswith("127."):
            self.close_connection = True
            raise ArmError(403, "Forbidden", "The sandbox answers only to this machine's own names.")

    def _body(self) -> bytes:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            raise ArmError(411, "LengthRequired", "A Content-Length is needed; chunks are not read.")
        given = self.headers.get("Content-Length", "0").strip()
        if not (given.isascii() and given.isdigit() and len(given) < 16):
            self.close_connection = True
            raise ArmError(400, "BadRequest", "The Content-Length is not a number.")
        length = int(given)
        if length > MOST_BODY:
            self.close_connection = True
            self._drain(min(length, _DRAINED))
            raise ArmError(413, "RequestEntityTooLarge", f"The request is larger than {MOST_BODY} bytes.")
        body = self.rfile.read(length)
        if len(body) < length:
            self.close_connection = True
            raise ArmError(400, "BadRequest", "The request is shorter than its Content-Length.")
        return body

    def _drain(self, length: int) -> None:
        while length > 0:
            chunk = self.rfile.read(min(length, 65536))
            if not chunk:
                return
            length -= len(chunk)

    def _request(self, base: str, body: bytes) -> Request:
        path, _, query = self.path.partition("#")[0].partition("?")
        if path.startswith(("http://", "https://")):
            path = urlsplit(path).path
        try:
            pairs = parse_qsl(query, keep_blank_values=True, max_num_fields=100, errors="strict")
        except ValueError:
            raise ArmError(400, "BadRequest", "The query string is not valid.") from None
        return Request(
            method=self.command,
            path=path,
            base=base,
            query={name.lower(): value for name, value in pairs},
            headers={name.lower(): value for name, value in self.headers.items()},
            body=_json(body) if self.command in {"PUT", "PATCH", "POST"} else None,
            raw_query=query,
        )

    def _send(self, response: Response) -> None:
        if response.status == 0:
            # A fault that hangs up: the client cannot know whether its request took effect.
            self.close_connection = True
            return
        content = b"" if response.body is None else json.dumps(response.body).encode()
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        if content:
            self.send_header("Content-Type", "application/json; charset=utf-8")
        if response.status != 204:
            self.send_header("Content-Length", str(len(content)))
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD" and response.status != 204:
            self.wfile.write(content)
        self.wfile.flush()


def _is_host(text: str) -> bool:
    try:
        return urlsplit(f"//{text}").port is not None or bool(text)
    except ValueError:
        return False


def _json(body: bytes) -> Json:
    """The parsed body, None for an empty one. ArmError 400 where it is not JSON."""
    if not body.strip():
        return None
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise bad_content("it is not valid JSON.") from None


def _no_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")
