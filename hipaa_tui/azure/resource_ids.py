"""Reads ARM resource ids, and refuses those that are none: they come from reports that anybody may have written.

An id ends up in the path of a request that carries a token, so a segment may hold only what Azure's
naming rules allow (letters of any script, digits, and - _ . ( )): no query, no escape, no "..".
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_SEGMENT: Final = re.compile(r"[\w\-.()]{1,260}")
_GUID: Final = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_LONGEST: Final = 2048
"""Characters of an id that is still looked at; ARM's own limit for a resource id is lower."""


@dataclass(frozen=True, slots=True)
class ResourceId:
    """`scope` + /providers/ + `namespace` + /type/name pairs. `scope` is "" for the tenant."""

    scope: str
    namespace: str
    pairs: tuple[tuple[str, str], ...]

    @property
    def type(self) -> str:
        """ "Microsoft.Storage/storageAccounts", in the letter case of the id."""
        return "/".join((self.namespace, *(kind for kind, _ in self.pairs)))

    @property
    def name(self) -> str:
        return self.pairs[-1][1]

    @property
    def subscription(self) -> str:
        """In lower case (it is a GUID); "" for what lies above subscriptions."""
        return _after(self.scope, "subscriptions").lower()

    @property
    def group(self) -> str:
        """The resource group; "" for what lies in none."""
        return _after(self.scope, "resourcegroups")

    def is_of(self, account: str) -> bool:
        """Is it in the subscription `account`? Reports that name a subscription otherwise cannot say no."""
        return not self.subscription or not _GUID.fullmatch(account) or account.lower() == self.subscription

    def upto(self, depth: int) -> str:
        """The id of the ancestor with the first `depth` type/name pairs."""
        pairs = "".join(f"/{kind}/{name}" for kind, name in self.pairs[:depth])
        return f"{self.scope}/providers/{self.namespace}{pairs}"


def segments(path: str) -> list[str] | None:
    """The segments of an id or of a request's path; None where it is not a clean one."""
    if not path.startswith("/") or len(path) > _LONGEST:
        return None
    found = path[1:].removesuffix("/").split("/")
    if any(not _SEGMENT.fullmatch(segment) or not segment.strip(".") for segment in found):
        return None
    return found


def parse(id: str) -> ResourceId | None:
    """The parts of a resource's id; None where it is not the id of a resource (a bare name, a group …)."""
    found = segments(id.strip())
    if found is None:
        return None
    lowered = [segment.lower() for segment in found]
    if "providers" not in lowered:
        return None
    at = len(lowered) - 1 - lowered[::-1].index("providers")
    rest = found[at + 2 :]
    if not rest or len(rest) % 2:
        return None
    scope = "".join(f"/{segment}" for segment in found[:at])
    return ResourceId(scope, found[at + 1], tuple(zip(rest[::2], rest[1::2], strict=True)))


def is_at_or_above(scope: str, id: str) -> bool:
    """Does `scope` hold `id`, or is it the same? ("" is the tenant and holds everything.)"""
    one, other = scope.rstrip("/").lower(), id.rstrip("/").lower()
    return one == other or other.startswith(f"{one}/")


def _after(path: str, word: str) -> str:
    parts = path.split("/")
    lowered = [part.lower() for part in parts]
    return parts[lowered.index(word) + 1] if word in lowered[:-1] else ""
