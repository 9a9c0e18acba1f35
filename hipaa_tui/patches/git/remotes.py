"""Parses a remote's URL: host, repository, and the page for opening a pull request.

Credentials in a URL are never shown.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote, urlsplit

from hipaa_tui.support.redaction import redact_text
from hipaa_tui.support.sanitize import plain

GITHUB, AZURE, GITLAB, BITBUCKET = "github", "azure", "gitlab", "bitbucket"
_SCP: Final = re.compile(r"(?:[^@/\s]+@)?(?P<host>[A-Za-z0-9.-]+):(?!//)(?P<path>[^\s]+)")
_USERINFO: Final = re.compile(r"(?<=://)[^/\s@]*@")
_WORD: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9 ._~-]*")


@dataclass(frozen=True, slots=True)
class Hosted:
    """A repository as its host names it. `owner` is a user, an organization, or "ORGANIZATION/PROJECT"."""

    kind: str
    host: str
    owner: str
    name: str

    @property
    def slug(self) -> str:
        return f"{self.owner}/{self.name}"

    def page(self, branch: str, base: str) -> str:
        """The page on which a person opens the pull request."""
        head, into = quote(branch, safe="/"), quote(base, safe="/")
        match self.kind:
            case "github":
                range = f"{into}...{head}" if base else head
                return f"https://{self.host}/{self.slug}/compare/{range}?expand=1"
            case "azure":
                organization, project = (quote(one) for one in self.owner.split("/"))
                target = f"&targetRef={quote(base, safe='')}" if base else ""
                where = f"https://dev.azure.com/{organization}/{project}/_git/{quote(self.name)}"
                return f"{where}/pullrequestcreate?sourceRef={quote(branch, safe='')}{target}"
            case "gitlab":
                query = f"merge_request%5Bsource_branch%5D={quote(branch, safe='')}"
                return f"https://{self.host}/{self.slug}/-/merge_requests/new?{query}"
            case _:
                return f"https://{self.host}/{self.slug}/pull-requests/new?source={quote(branch, safe='')}"


def shown(url: str) -> str:
    """The address without credentials, fit to be shown."""
    return redact_text(plain(_USERINFO.sub("", url.partition("?")[0]), 300))


def without_credentials(text: str, url: str) -> str:
    """What a program said about this address, without the credentials that are in it."""
    try:
        parts = urlsplit(url)
        held = [parts.username or "", parts.password or "", parts.netloc.rpartition("@")[0]]
    except ValueError:
        held = []
    for secret in sorted({*held, *map(unquote, held)} - {"", "git"}, key=len, reverse=True):
        text = text.replace(secret, "[redacted]") if len(secret) > 3 else text
    return redact_text(_USERINFO.sub("", text))


def hosted(url: str) -> Hosted | None:
    """Which repository of which host the address names; None where that is not known."""
    host, path = _split(url)
    parts = [unquote(part) for part in path.strip("/").removesuffix(".git").split("/") if part]
    if not host or not parts or not all(_WORD.fullmatch(part) for part in parts):
        return None
    host = "github.com" if host == "ssh.github.com" else host
    # An enterprise's own server is known by the variable that gh itself goes by.
    if host == "github.com" or host.endswith(".ghe.com") or host == os.environ.get("GH_HOST", "").lower():
        return Hosted(GITHUB, host, *parts) if len(parts) == 2 else None
    if host == "dev.azure.com" or host.endswith((".visualstudio.com", ".dev.azure.com")):
        return _azure(host, parts)
    if host == "bitbucket.org":
        return Hosted(BITBUCKET, host, *parts) if len(parts) == 2 else None
    if host == "gitlab.com" or host.startswith("gitlab."):
        return Hosted(GITLAB, host, "/".join(parts[:-1]), parts[-1]) if len(parts) >= 2 else None
    return None


def _split(url: str) -> tuple[str, str]:
    if "://" in url:
        try:
            parts = urlsplit(url)
            host = parts.hostname or ""
        except ValueError:
            return "", ""
        return (host, parts.path) if parts.scheme in {"https", "http", "ssh", "git+ssh"} else ("", "")
    found = _SCP.fullmatch(url)
    return (found["host"].lower(), found["path"]) if found else ("", "")


def _azure(host: str, parts: list[str]) -> Hosted | None:
    if host in {"ssh.dev.azure.com", "vs-ssh.visualstudio.com"}:
        return Hosted(AZURE, "dev.azure.com", f"{parts[1]}/{parts[2]}", parts[3]) if len(parts) == 4 else None
    if host != "dev.azure.com":
        parts = [host.partition(".")[0], *(part for part in parts if part != "DefaultCollection")]
    if "_git" not in parts:
        return None
    at = parts.index("_git")
    before, after = parts[:at], parts[at + 1 :]
    if len(after) != 1 or len(before) not in {1, 2}:
        return None
    # A project's first repository has the project's name, and its address leaves one of them out.
    project = before[1] if len(before) == 2 else after[0]
    return Hosted(AZURE, "dev.azure.com", f"{before[0]}/{project}", after[0])
