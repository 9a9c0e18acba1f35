"""Says whom a policy lets in, since what a fix may break are those who rely on it.

It reads what is written and evaluates nothing: conditions are looked at only for the keys that make a
statement not public (Amazon S3 User Guide, "The meaning of public").
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.policies import documents
from hipaa_tui.support.json_value import Json

EVERYBODY: Final = "*"
_NOT_PUBLIC: Final = frozenset(
    {
        "aws:principalaccount",
        "aws:principalarn",
        "aws:principalorgid",
        "aws:principalorgpaths",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
    }
)


def allowing(text: Json) -> list[dict[str, Any]]:
    """The statements that allow something; empty for ABSENT. ValueError where it is no policy."""
    return [one for one in documents.statements(text) if one.get("Effect") == "Allow"]


def principals(statement: Mapping[str, Any], kind: str = "AWS") -> list[str]:
    """The principals of one kind ("AWS", "Service", "Federated") that the statement is about."""
    found = statement.get("Principal")
    if found == EVERYBODY:
        return [EVERYBODY] if kind == "AWS" else []
    if not isinstance(found, Mapping):
        return []
    named = found.get(kind) or []
    return [str(one) for one in (named if isinstance(named, list) else [named])]


def public(text: Json) -> list[dict[str, Any]]:
    """The statements that let everybody in."""
    return [one for one in allowing(text) if EVERYBODY in principals(one) and not _narrowed(one)]


def accounts(text: Json) -> list[str]:
    """The accounts whose principals are let in by name, sorted. CloudFront's identities are "cloudfront"."""
    return sorted({account for one in allowing(text) for name in principals(one) if (account := _of(name))})


def services(text: Json) -> dict[str, list[dict[str, Any]]]:
    """The services that are let in, each with the statements that do it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for one in allowing(text):
        for name in principals(one, "Service"):
            found.setdefault(name, []).append(one)
    return found


def allows(statement: Mapping[str, Any], action: str) -> bool:
    """Is the action among the statement's, wildcards counted?"""
    named = statement.get("Action") or []
    wanted = action.lower()
    return any(
        fnmatchcase(wanted, str(one).lower()) for one in (named if isinstance(named, list) else [named])
    )


def conditions(statement: Mapping[str, Any]) -> Iterator[tuple[str, str, list[str]]]:
    """(operator, key in lower case, values) of each test of the statement's condition."""
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, values in tests.items() if isinstance(tests, Mapping) else ():
            yield str(operator), str(key).lower(), [str(one) for one in _several(values)]


def sids(found: Iterable[Mapping[str, Any]]) -> str:
    """The statements' names for a sentence."""
    return ", ".join(str(one.get("Sid") or "a statement without a Sid") for one in found)


def _narrowed(statement: Mapping[str, Any]) -> bool:
    for operator, key, values in conditions(statement):
        wide = any(one in {"0.0.0.0/0", "::/0", "*"} for one in values)
        if key in _NOT_PUBLIC and not wide and "not" not in operator.lower():
            return True
    return False


def _of(name: str) -> str:
    if name.isdigit() and len(name) == 12:
        return name
    arn = parse(name)
    return arn.account if arn is not None else ""


def _several(values: Any) -> list[Any]:
    return values if isinstance(values, list) else [values]
