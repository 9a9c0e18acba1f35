"""Says where signed requests may go: anywhere over TLS, and over plain http to this machine only.

A request over plain http shows whoever is on the path what is configured, and an answer on the way back can be changed.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from hipaa_tui.support.errors import InputError

VARIABLE: Final = "AWS_ENDPOINT_URL"
"""Names the endpoint of every service; AWS_ENDPOINT_URL_<SERVICE> that of one."""


def is_loopback(url: str) -> bool:
    """Is the URL's host this machine, by its address or as "localhost"?"""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def refuse_plain_http(url: str, what: str) -> None:
    """InputError unless the URL is https, or http on this machine. `what` names the URL in the sentence."""
    scheme = url.partition("://")[0].lower()
    if scheme == "https" or (scheme == "http" and is_loopback(url)):
        return
    raise InputError(
        f"{what} is {url}: hipaa-tui sends AWS requests over https, and over plain http to this machine only "
        "(127.0.0.1, ::1 or localhost)"
    )


def refuse_environment(environment: Mapping[str, str]) -> None:
    """InputError where AWS_ENDPOINT_URL or one of AWS_ENDPOINT_URL_<SERVICE> is plain http on another machine."""
    if environment.get("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "").lower() == "true":
        return
    for name, url in sorted(environment.items()):
        if url and (name == VARIABLE or name.startswith(f"{VARIABLE}_")):
            refuse_plain_http(url, name)
