"""Decides who may do what: the token that every request carries, the caller's permissions, resource locks."""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Mapping
from typing import Final

from hipaa_tui.sandbox.arm.address import is_at_or_above
from hipaa_tui.sandbox.arm.errors import ArmError
from hipaa_tui.sandbox.arm.estate import TENANT, Estate, Resource
from hipaa_tui.sandbox.arm.paths import dig, same_text
from hipaa_tui.support.json_value import Json

LOCK_TYPE: Final = "microsoft.authorization/locks"
_ASSIGNMENTS: Final = "microsoft.authorization/roleassignments"
_CHALLENGE: Final = (
    f'Bearer authorization_uri="https://login.microsoftonline.com/{TENANT}", '
    'error="invalid_token", error_description="The authentication failed because of missing \'Authorization\' header."'
)


def caller(authorization: str) -> str:
    """The object id in the bearer token, "" where it names none. ArmError 401 without a bearer token.

    Nothing is verified: the sandbox guards nothing, and only its log and `createdBy` show the id.
    """
    scheme, _, token = authorization.strip().partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise ArmError(
            401,
            "AuthenticationFailed",
            "Authentication failed. The 'Authorization' header is missing or is no bearer token.",
            headers={"WWW-Authenticate": _CHALLENGE},
        )
    try:
        payload = token.strip().split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (IndexError, ValueError, binascii.Error, RecursionError):
        return ""
    return str(claims.get("oid") or claims.get("appid") or "") if isinstance(claims, dict) else ""


def require(estate: Estate, action: str, scope: str, oid: str) -> None:
    """ArmError 403 unless the caller's permissions at `scope` hold the action."""
    if any(_allows(one, action) for one in granted(estate, scope, oid)):
        return
    raise ArmError(
        403,
        "AuthorizationFailed",
        f"The client '{oid}' with object id '{oid}' does not have authorization to perform action '{action}' over "
        f"scope '{scope}' or the scope is invalid. If access was recently granted, please refresh your credentials.",
    )


def granted(estate: Estate, scope: str, oid: str) -> list[Json]:
    """The permissions that a caller has at `scope`.

    Those that are configured; else those of the caller's role assignments; else, for a caller whom no
    assignment names, an Owner's.
    """
    assigned = [
        one for one in estate.of_type(_ASSIGNMENTS) if same_text(dig(one.body, "properties.principalId"), oid)
    ]
    if estate.permissions or not oid or not assigned:
        return estate.granted(scope)
    found: list[Json] = []
    for one in assigned:
        at = str(dig(one.body, "properties.scope") or one.key.partition(f"/providers/{_ASSIGNMENTS}")[0])
        if is_at_or_above(at, scope):
            found += _permissions_of(estate, str(dig(one.body, "properties.roleDefinitionId")))
    return found


def _permissions_of(estate: Estate, definition: str) -> list[Json]:
    # The rules of some types ask this module for access themselves.
    from hipaa_tui.sandbox.arm.rules.authorization import DEFINITIONS, built_in_roles

    guid = definition.rpartition("/")[2]
    kept = [one.body for one in estate.of_type(DEFINITIONS)]
    for role in (*built_in_roles(), *kept):
        if same_text(role["name"], guid):
            return list(dig(role, "properties.permissions") or [])
    return []


def _allows(permission: Mapping[str, Json], action: str) -> bool:
    def named(key: str) -> bool:
        return any(_matches(str(one), action) for one in permission.get(key) or ())

    return named("actions") and not named("notActions")


def _matches(pattern: str, action: str) -> bool:
    return re.fullmatch(re.escape(pattern).replace(r"\*", ".*"), action, re.IGNORECASE) is not None


def locked_scope(lock: Resource) -> str:
    """What the lock is on."""
    return lock.id[: lock.key.rindex("/providers/microsoft.authorization/locks/")]


def refuse_locked(estate: Estate, id: str, *, deletes: bool) -> None:
    """ArmError 409 where a lock at `id` or above it refuses the write.

    A deletion is refused by a lock on anything below too, since that would go with it. Locks
    themselves are not locked.
    """
    if "/providers/microsoft.authorization/locks/" in id.lower():
        return
    scopes = []
    for lock in estate.of_type(LOCK_TYPE):
        scope, level = locked_scope(lock), dig(lock.body, "properties.level")
        holds = is_at_or_above(scope, id) or (deletes and is_at_or_above(id, scope))
        if holds and (deletes or level == "ReadOnly"):
            scopes.append(scope)
    if scopes:
        what = "delete" if deletes else "write"
        raise ArmError(
            409,
            "ScopeLocked",
            f"The scope '{id}' cannot perform {what} operation because following scope(s) are locked: "
            f"'{','.join(scopes)}'. Please remove the lock and try again.",
        )
