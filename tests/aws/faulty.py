"""A proxy on this machine that answers some requests itself and passes the others on: AWS on a bad day."""

from __future__ import annotations

import http.client
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit


@dataclass
class Fault:
    """An answer for the next `times` requests that `pattern` is found in: "METHOD path", the X-Amz-Target and the body."""

    pattern: str
    status: int
    body: str
    times: int = 1
    headers: Mapping[str, str] = field(default_factory=dict)


class Faulty:
    """`url` is what to set as the endpoint; `seen` has how often each fault was given."""

    def __init__(self, upstream: str) -> None:
        self.faults: list[Fault] = []
        self.given = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_: object) -> None:
                pass

            def answer(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                body = self.rfile.read(length) if length else b""
                text = f"{self.command} {self.path}\n{self.headers.get('X-Amz-Target', '')}\n" + body.decode(
                    "utf-8", "replace"
                )
                fault = outer.take(text)
                if fault is not None:
                    self.send(fault.status, dict(fault.headers), fault.body.encode())
                    return
                target = urlsplit(upstream)
                connection = http.client.HTTPConnection(target.hostname or "", target.port)
                kept = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
                connection.request(self.command, self.path, body, kept)
                response = connection.getresponse()
                skipped = {"transfer-encoding", "connection", "content-length", "date", "server"}
                headers = {k: v for k, v in response.getheaders() if k.lower() not in skipped}
                self.send(response.status, headers, response.read())

            def send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(body)

            do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = do_PATCH = answer

        self._lock = threading.Lock()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def take(self, text: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if fault.times and re.search(fault.pattern, text):
                    fault.times -= 1
                    self.given += 1
                    return fault
        return None


@contextmanager
def faulty(upstream: str = "http://127.0.0.1:9") -> Iterator[Faulty]:
    proxy = Faulty(upstream)
    threading.Thread(target=proxy.server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield proxy
    finally:
        proxy.server.shutdown()
        proxy.server.server_close()


def query(code: str, message: str) -> str:
    """An error as IAM, RDS, Redshift, ElastiCache and S3 answer it."""
    return f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"


def s3(code: str, message: str) -> str:
    return f"<Error><Code>{code}</Code><Message>{message}</Message></Error>"


def json(code: str, message: str) -> str:
    """An error as KMS, EKS, Lambda and OpenSearch answer it."""
    return f'{{"__type": "{code}", "code": "{code}", "message": "{message}"}}'
