"""Reads the path of a request: which resource or which collection of Azure Resource Manager it names.

Ids are case-insensitive, so everything is looked up by a lower-case key; the case that a caller wrote
is kept for what is echoed.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final
from urllib.parse import unquote

from hipaa_tui.sandbox.arm.errors import ArmError

GROUP_TYPE: Final = "Microsoft.Resources/resourceGroups"
_LONGEST_SEGMENT: Final = 260
_LONGEST_PATH: Final = 4096


class Kind(Enum):
    """What a path is about."""

    SUBSCRIPTIONS = "subscriptions"
    SUBSCRIPTION = "subscription"
    GROUPS = "groups"
    RESOURCES = "resources"
    PROVIDER = "provider"
    RESOURCE = "resource"
    COLLECTION = "collection"


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed path.

    `id` is the path itself, without a trailing slash. `scope` is what stands before the last
    "/providers/" ("" for the tenant). `type` is "Namespace/type/type". `name` is "" for what is no
    resource.
    """

    kind: Kind
    id: str
    scope: str = ""
    type: str = ""
    name: str = ""

    @property
    def key(self) -> str:
        return self.id.lower()

    @property
    def subscription(self) -> str:
        """The subscription's id in lower case, "" above subscriptions."""
        return subscription_of(self.id)

    @property
    def group(self) -> str:
        """The id of the resource group that it lies in, "" where it lies in none."""
        parts = self.id.split("/")
        return "/".join(parts[:5]) if len(parts) > 4 and parts[3].lower() == "resourcegroups" else ""

    @property
    def parent(self) -> str:
        """The id of what it is nested in or extends: a resource, a group, a subscription, "" for the tenant."""
        parts = self.id.split("/")
        if self.type.count("/") > 1:
            return "/".join(parts[: -2 if self.kind is Kind.RESOURCE else -1])
        return self.scope


def subscription_of(id: str) -> str:
    """The id (lower case) of the subscription that an id lies in, "" for none."""
    parts = id.lower().split("/")
    return parts[2] if len(parts) > 2 and parts[1] == "subscriptions" else ""


def is_at_or_above(scope: str, id: str) -> bool:
    """Does `scope` hold `id`, or is it the same? "" and "/" are the tenant, which holds everything."""
    upper, lower = scope.lower().rstrip("/"), id.lower().rstrip("/")
    return upper == lower or lower.startswith(f"{upper}/")


def parse(path: str) -> Address:
    """The address in a percent-encoded path. ArmError (400, 404) for what names nothing.

    Empty segments are skipped: the SDKs write "//subscriptions/…" where a scope begins with a slash.
    """
    if len(path) > _LONGEST_PATH:
        raise ArmError(414, "UriTooLong", "The request URI is too long.")
    segments = [_segment(part) for part in path.split("/") if part]
    low = [part.lower() for part in segments]
    id = "".join(f"/{part}" for part in segments)
    at = len(low) - 1 - low[::-1].index("providers") if "providers" in low else -1
    if at >= 0 and len(low) > at + 1:
        return _under_provider(id, segments, at)
    match low:
        case ["subscriptions"]:
            return Address(Kind.SUBSCRIPTIONS, id)
        case ["subscriptions", _]:
            return Address(Kind.SUBSCRIPTION, id, scope="", name=segments[1])
        case ["subscriptions", _, "resourcegroups"]:
            return Address(Kind.GROUPS, id, scope=f"/subscriptions/{segments[1]}", type=GROUP_TYPE)
        case ["subscriptions", _, "resourcegroups", _]:
            scope = f"/subscriptions/{segments[1]}"
            return Address(Kind.RESOURCE, id, scope=scope, type=GROUP_TYPE, name=segments[3])
        case ["subscriptions", _, "resources"] | ["subscriptions", _, "resourcegroups", _, "resources"]:
            return Address(Kind.RESOURCES, id, scope=id.rpartition("/")[0])
    raise ArmError(
        404, "InvalidResourceType", f"The path '{id[:200]}' names nothing in Azure Resource Manager."
    )


def _under_provider(id: str, segments: list[str], at: int) -> Address:
    scope = "".join(f"/{part}" for part in segments[:at])
    if scope:
        # What is extended has to be an address itself, and not a collection.
        holder = parse_plain(scope)
        if holder.kind not in {Kind.SUBSCRIPTION, Kind.RESOURCE}:
            raise ArmError(404, "InvalidResourceType", f"'{scope}' is not a scope.")
    namespace, *rest = segments[at + 1 :]
    if not rest:
        return Address(Kind.PROVIDER, id, scope=scope, name=namespace)
    type = "/".join((namespace, *rest[::2]))
    if len(rest) % 2:
        return Address(Kind.COLLECTION, id, scope=scope, type=type)
    return Address(Kind.RESOURCE, id, scope=scope, type=type, name=rest[-1])


def parse_plain(id: str) -> Address:
    """The address of an id as it stands in a body: not percent-encoded. ArmError as `parse`."""
    return parse(id.replace("%", "%25"))


def _segment(raw: str) -> str:
    try:
        text = unquote(raw, errors="strict")
    except UnicodeDecodeError:
        raise ArmError(400, "BadRequest", "The request URI is not valid UTF-8.") from None
    if (
        "/" in text
        or "\\" in text
        or text in {".", ".."}
        or not text.isprintable()
        or len(text) > _LONGEST_SEGMENT
    ):
        raise ArmError(400, "InvalidResourceName", f"The path segment '{text[:80]!a}' is not a valid name.")
    return text
