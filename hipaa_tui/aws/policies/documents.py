"""Reads, compares and extends policy documents, which every AWS service writes a little differently.

The text is what is kept and restored; what it means is compared: a lone string for a list of one, items
in another order and "false" for false are the same policy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.support.json_value import ABSENT, Json, canonical_bytes

VERSION: Final = "2012-10-17"
_LISTS: Final = ("Action", "NotAction", "Resource", "NotResource")


def parsed(text: Json) -> Json:
    """The document of a policy's text, or the text itself where it is no JSON."""
    if not isinstance(text, str):
        return text
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def statements(text: Json) -> list[dict[str, Any]]:
    """The statements of a policy text; empty for ABSENT. ValueError where it is no policy."""
    if text is ABSENT:
        return []
    document = parsed(text)
    if not isinstance(document, Mapping):
        raise ValueError("the policy is not a JSON object")
    found = document.get("Statement", [])
    found = found if isinstance(found, list) else [found]
    if not all(isinstance(one, Mapping) for one in found):
        raise ValueError("the policy's statements are not JSON objects")
    return [dict(one) for one in found]


def canonical(text: Json) -> Json:
    """One form for all texts that mean the same policy."""
    document = parsed(text)
    if not isinstance(document, Mapping):
        return document
    try:
        found = [meaning(one) for one in statements(text)]
    except ValueError:
        return dict(document)
    rest = {key: value for key, value in document.items() if key not in {"Statement", "Id"}}
    return {**rest, "Statement": sorted(found, key=canonical_bytes)}


def meaning(statement: Mapping[str, Any], *, with_sid: bool = True) -> dict[str, Any]:
    """One form for all statements that mean the same; the Sid is only a name."""
    plain = {key: value for key, value in statement.items() if with_sid or key != "Sid"}
    for key in _LISTS:
        if key in plain:
            plain[key] = _sorted(plain[key])
    for key in ("Principal", "NotPrincipal"):
        if key in plain:
            plain[key] = _principal(plain[key])
    if "Condition" in plain and isinstance(plain["Condition"], Mapping):
        plain["Condition"] = {
            operator: {name.lower(): _sorted(values) for name, values in tests.items()}
            if isinstance(tests, Mapping)
            else tests
            for operator, tests in plain["Condition"].items()
        }
    return plain


def with_statements(text: Json, wanted: Json, *, longest: int) -> Json:
    """The policy with the wanted statement or statements; every other one stays as it stands.

    A statement that means the same, under whatever Sid, is enough. One with our Sid and another meaning
    is somebody's work: it is not replaced, ours gets a Sid of its own. ValueError where the policy would
    be longer than `longest` bytes.
    """
    document = {"Version": VERSION, "Statement": []} if text is ABSENT else parsed(text)
    if not isinstance(document, Mapping):
        raise ValueError("the policy that is there is not JSON, so nothing can be added to it safely")
    have = statements(text)
    added: list[dict[str, Any]] = []
    for one in wanted if isinstance(wanted, list) else [wanted]:
        same = meaning(one, with_sid=False)
        if any(meaning(other, with_sid=False) == same for other in (*have, *added)):
            continue
        added.append({**one, "Sid": _free_sid(str(one.get("Sid", "HipaaTui")), [*have, *added])})
    if not added:
        return text
    result = json.dumps(
        {**document, "Statement": [*have, *added]}, ensure_ascii=False, separators=(", ", ": ")
    )
    if len(result.encode()) > longest:
        raise ValueError(f"the policy would have {len(result.encode())} bytes and {longest} are allowed")
    return result


def _free_sid(sid: str, have: list[dict[str, Any]]) -> str:
    taken = {one.get("Sid") for one in have}
    number, free = 2, sid
    while free in taken:
        free, number = f"{sid}{number}", number + 1
    return free


def _principal(value: Any) -> Any:
    if value == "*":
        return {"AWS": ["*"]}
    if isinstance(value, Mapping):
        return {kind: _sorted(names) for kind, names in value.items()}
    return value


def _sorted(value: Any) -> list[str]:
    items = value if isinstance(value, list) else [value]
    return sorted(str(item).lower() if isinstance(item, bool) else str(item) for item in items)
