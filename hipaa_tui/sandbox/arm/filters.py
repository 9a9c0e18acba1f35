"""Understands the $filter expressions that clients send to lists, and says so of those it does not."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from hipaa_tui.sandbox.arm.address import is_at_or_above, parse_plain
from hipaa_tui.sandbox.arm.errors import ArmError
from hipaa_tui.sandbox.arm.estate import Resource
from hipaa_tui.sandbox.arm.paths import same_text
from hipaa_tui.support.json_value import Json

_EQUALS: Final = re.compile(r"^(\w+)\s+eq\s+'((?:[^']|'')*)'$", re.IGNORECASE)
_ASSIGNED: Final = re.compile(r"^assignedTo\(\s*'([^']*)'\s*\)$", re.IGNORECASE)
_AND: Final = re.compile(r"\s+and\s+", re.IGNORECASE)


def resources(expression: str) -> Callable[[Resource], bool]:
    """A test for lists over all types: resourceType, resourceGroup, name, location, tagName and tagValue."""
    wanted = dict(_equalities(expression))
    unknown = wanted.keys() - {"resourcetype", "resourcegroup", "name", "location", "tagname", "tagvalue"}
    if unknown:
        raise _unclear(expression)

    def test(one: Resource) -> bool:
        tags = one.body.get("tags") or {}
        held = {
            "resourcetype": one.type,
            "resourcegroup": one.id.split("/")[4] if one.id.count("/") > 4 else "",
            "name": one.body["name"],
            "location": one.body.get("location"),
            "tagname": wanted.get("tagname") if wanted.get("tagname") in tags else None,
            "tagvalue": tags.get(wanted.get("tagname")),
        }
        return all(same_text(held[key], value) for key, value in wanted.items())

    return test


def role_definitions(expression: str, roles: Iterable[dict[str, Json]]) -> list[Json]:
    """The role definitions that the expression asks for by roleName or type."""
    expression = _AND.sub(" and ", expression)
    wanted = dict(_equalities(" and ".join(one for one in _split(expression) if one.lower() != "atscope()")))
    fields = {"rolename": "roleName", "type": "type"}
    if wanted.keys() - fields.keys():
        raise _unclear(expression)
    return [
        role
        for role in roles
        if all(same_text(role["properties"].get(fields[key]), value) for key, value in wanted.items())
    ]


def assignments(
    expression: str, found: Iterable[Resource], scope: str, groups: Mapping[str, Sequence[str]] | None = None
) -> list[Resource]:
    """Role assignments or locks by atScope(), principalId and assignedTo(), as listed for `scope`.

    atScope() leaves out what is below the scope; assignedTo() also finds what a principal has through `groups`
    (object id → object ids of the members).
    """
    kept = list(found)
    for part in _split(expression):
        equals, assigned = _EQUALS.match(part), _ASSIGNED.match(part)
        if part.lower() == "atscope()":
            kept = [one for one in kept if not _is_below(scope, parse_plain(one.id).scope)]
        elif assigned or (equals and equals[1].lower() == "principalid"):
            principal = assigned[1] if assigned else equals[2] if equals else ""
            whose = {principal.lower()}
            if assigned:
                whose |= {id.lower() for id, members in (groups or {}).items() if _has(members, principal)}
            kept = [one for one in kept if str(one.body["properties"].get("principalId")).lower() in whose]
        else:
            raise _unclear(expression)
    return kept


def _has(members: Sequence[str], principal: str) -> bool:
    return any(same_text(one, principal) for one in members)


def _is_below(scope: str, other: str) -> bool:
    return is_at_or_above(scope, other) and not same_text(scope, other)


def _split(expression: str) -> list[str]:
    return [part.strip() for part in _AND.split(expression) if part.strip()]


def _equalities(expression: str) -> Iterable[tuple[str, str]]:
    for part in _split(expression):
        found = _EQUALS.match(part)
        if found is None:
            raise _unclear(expression)
        yield found[1].lower(), found[2].replace("''", "'")


def _unclear(expression: str) -> ArmError:
    return ArmError(
        400,
        "InvalidFilterInQueryString",
        f"Invalid $filter '{expression[:200]}' specified in the query string.",
    )
