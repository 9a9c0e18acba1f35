"""Says which hosts may ever get a token: Microsoft's own, and for the sandbox this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from hipaa_tui.support.errors import InputError

CLOUDS: Final = {
    # Host of Azure Resource Manager: (name of the cloud, host that issues its tokens), as `az cloud list` has them.
    "management.azure.com": ("AzureCloud", "login.microsoftonline.com"),
    "management.usgovcloudapi.net": ("AzureUSGovernment", "login.microsoftonline.us"),
    "management.chinacloudapi.cn": ("AzureChinaCloud", "login.chinacloudapi.cn"),
}
PUBLIC: Final = "https://management.azure.com"
ENDPOINT_VARIABLE: Final = "HIPAA_TUI_ARM_ENDPOINT"
LOOPBACK: Final = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where Azure Resource Manager is: `url` without a path, the cloud's name, who issues its tokens."""

    url: str
    cloud: str
    authority: str
    sandbox: bool


def endpoint_of(url: str) -> Endpoint:
    """The endpoint at `url`. InputError where that is neither Microsoft's nor plain http on this machine."""
    parts = urlsplit(url.rstrip("/"))
    host = (parts.hostname or "").lower()
    local = parts.scheme == "http" and host in LOOPBACK
    known = parts.scheme == "https" and host in CLOUDS and parts.port in {None, 443}
    if not (local or known) or parts.path or parts.query or parts.username:
        raise InputError(
            f"{url}: not an endpoint of Azure Resource Manager; use https://management.azure.com, or http:// on "
            "127.0.0.1 for the sandbox (a token is never sent anywhere else)"
        )
    cloud, authority = CLOUDS.get(host, CLOUDS["management.azure.com"])
    return Endpoint(url.rstrip("/"), cloud, authority, local)
