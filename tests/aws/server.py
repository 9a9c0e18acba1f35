"""A moto server of our own and boto3 against it over HTTP: what tests of anything on AWS start from."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager

ACCOUNT = "123456789012"
REGION = "us-east-1"
ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def moto_server() -> Iterator[str]:
    """The URL of a moto server that lives as long as the block."""
    port = free_port()
    # No test needs AWS's own images and policies, and loading them after each reset takes a second.
    less = {
        "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
        "MOTO_IAM_LOAD_MANAGED_POLICIES": "false",
        "HIPAA_TUI_SANDBOX_REGIONS": "us-east-1,us-west-2,eu-west-1",
    }
    environment = {**os.environ, **less}
    process = subprocess.Popen(
        [sys.executable, "-m", "hipaa_tui.sandbox.moto_extensions", "-H", "127.0.0.1", "-p", str(port)],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process)
        yield url
    finally:
        process.terminate()
        process.wait(10)


def reset(url: str) -> None:
    """Forget everything that the server holds."""
    request = urllib.request.Request(f"{url}/moto-api/reset", method="POST")  # noqa: S310 - our own server
    urllib.request.urlopen(request).close()  # noqa: S310


def _wait(url: str, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("moto ended before it answered")
        try:
            urllib.request.urlopen(f"{url}/moto-api/").close()  # noqa: S310 - our own server
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("moto did not answer within 30 s")
