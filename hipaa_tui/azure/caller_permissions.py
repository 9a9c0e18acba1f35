"""Says what the caller may do in Azure, by the permissions that ARM itself lists for a scope.

The list holds the actions of the caller's roles, groups included, at the scope and above it. It knows
nothing of deny assignments, policies and locks, which guards of their own look at.
https://learn.microsoft.com/en-us/rest/api/authorization/permissions/list-for-resource
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from hipaa_tui.azure.resource_ids import parse
from hipaa_tui.azure.resource_types import members
from hipaa_tui.providers.model import ANYWHERE, Cloud, CloudError, Denied, Target
from hipaa_tui.support.json_value import Json

VERSION: Final = "2022-04-01"
GROUPS_VERSION: Final = "2021-04-01"
REMEMBERED_SECONDS: Final = 300.0
"""How long an allowance is believed. A refusal is asked about anew each time: somebody is about to lift it."""
_MOST_GROUPS: Final = 40
"""Resource groups that are looked through before it counts as unknown what may be written in the others."""
_EXTENSIONS: Final = frozenset({"microsoft.authorization", "microsoft.insights"})

Permissions = list[dict[str, Any]]


class Access:
    """The caller's permissions by scope. Safe to share between threads."""

    def __init__(self, cloud: Cloud, clock: Callable[[], float] = time.monotonic) -> None:
        self._cloud = cloud
        self._clock = clock
        self._lock = threading.Lock()
        self._seen: dict[str, tuple[float, Permissions]] = {}

    def denied(self, actions: Sequence[str], target: Target) -> Denied:
        """See Cloud.denied. Raises CloudError where nobody is logged in."""
        wanted = sorted(set(actions))
        try:
            if target.type == ANYWHERE:
                return self._anywhere(wanted, target.account)
            return self._on(wanted, target)
        except CloudError as error:
            if error.unauthenticated:
                raise
            return Denied(unknown=tuple(wanted), reason=str(error))

    def _on(self, actions: list[str], target: Target) -> Denied:
        scope = scope_of(target.id)
        held = self._at(scope)
        left = [one for one in actions if not allows(held, one)]
        if not left:
            return Denied()
        with self._lock:
            self._seen.pop(scope.lower(), None)
        # Some writes are also checked on what they name (a workspace's keys), where other roles may hold.
        namespaces = {target.type.partition("/")[0].lower(), *_EXTENSIONS}
        linked = [
            one
            for one in left
            if one.lower().endswith("/action") and one.partition("/")[0].lower() not in namespaces
        ]
        refused = tuple(one for one in left if one not in linked)
        reason = "it is asked for on the resources that the change names" if linked else ""
        return Denied(refused, unknown=tuple(linked), reason=reason)

    def _anywhere(self, actions: list[str], subscription: str) -> Denied:
        """What the caller may do neither at the subscription nor in any of its resource groups."""
        top = f"/subscriptions/{subscription}"
        try:
            held = self._at(top)
        except CloudError as error:
            if not error.denied:
                raise
            held = []  # who has a role in a resource group only may not ask about the subscription
        left = [one for one in actions if not allows(held, one)]
        if not left:
            return Denied()
        groups = [str(one["id"]) for one in members(self._cloud, f"{top}/resourceGroups", GROUPS_VERSION)]
        for group in groups[:_MOST_GROUPS]:
            held = self._at(group)
            left = [one for one in left if not allows(held, one)]
            if not left:
                return Denied()
        if len(groups) > _MOST_GROUPS:
            return Denied(unknown=tuple(left), reason=f"there are {len(groups)} resource groups")
        return Denied(tuple(left))

    def _at(self, scope: str) -> Permissions:
        """The permissions at a scope, or at the nearest one above it that is there. Raises CloudError."""
        key, now = scope.lower(), self._clock()
        with self._lock:
            seen = self._seen.get(key)
        if seen is not None and now - seen[0] < REMEMBERED_SECONDS:
            return seen[1]
        try:
            found = members(self._cloud, f"{scope}/providers/Microsoft.Authorization/permissions", VERSION)
        except CloudError as error:
            above = above_of(scope)
            if error.status != 404 or not above:
                raise
            return self._at(above)
        with self._lock:
            self._seen[key] = (now, found)
        return found


def scope_of(id: str) -> str:
    """The scope at which access to a resource is decided: of an extension, what it extends."""
    found = parse(id)
    if found is None:
        return id.rstrip("/")
    if found.namespace.lower() in _EXTENSIONS and found.scope:
        return scope_of(found.scope)
    return id.rstrip("/")


def above_of(scope: str) -> str:
    """The next scope above: the parent resource, the resource group, the subscription; "" above that."""
    found = parse(scope)
    if found is None:
        head, word, _ = scope.lower().rpartition("/resourcegroups/")
        return scope[: len(head)] if word else ""
    return found.upto(len(found.pairs) - 1) if len(found.pairs) > 1 else found.scope


def allows(held: Sequence[Mapping[str, Json]], action: str) -> bool:
    """Does any of the permissions hold the action? What one role leaves out, another may give."""
    return any(_named(one, "actions", action) and not _named(one, "notActions", action) for one in held)


def _named(permission: Mapping[str, Json], key: str, action: str) -> bool:
    return any(_matches(str(pattern), action) for pattern in permission.get(key) or ())


def _matches(pattern: str, action: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), action, re.IGNORECASE) is not None
