"""Narrows what a policy lets everybody do to the account that owns the resource, so that its own programs go on.

A statement for everybody is most often there for the account's own programs, or for a service that sends on its
behalf. Both go on by statements that name the account: of who calls (aws:PrincipalAccount), of whom a service acts
for (aws:SourceAccount), and of which topic sends (aws:SourceArn; SNS is documented to say that). Only strangers go.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import EVERYBODY, allows, principals, public
from hipaa_tui.support.json_value import ABSENT, Json


def only_account(current: Json, wanted: Json) -> Json:
    """{"account", "send"?: the action by which services send, "sources"?: ARN patterns, "longest", "most"?: statements}.

    Statements that do not let everybody in stay word for word, in their order. ValueError where the policy would
    be larger than the service takes.
    """
    if current is ABSENT:
        return ABSENT
    wide = public(current)
    if not wide:
        return current
    have = documents.statements(current)
    taken = {str(one["Sid"]) for one in have if one.get("Sid")}
    kept: list[dict[str, Any]] = []
    for one in have:
        kept += _narrowed(one, wanted, taken) if one in wide else [one]
    most = int(wanted.get("most") or len(kept))
    if len(kept) > most:
        raise ValueError(f"the policy would have {len(kept)} statements and {most} are allowed")
    document = {**documents.parsed(current), "Statement": kept}
    text = json.dumps(document, ensure_ascii=False, separators=(", ", ": "))
    if len(text.encode()) > int(wanted["longest"]):
        raise ValueError(
            f"the policy would have {len(text.encode())} bytes and {wanted['longest']} are allowed"
        )
    return text


def _narrowed(statement: Mapping[str, Any], wanted: Json, taken: set[str]) -> list[dict[str, Any]]:
    """What stands in its place: itself for the account's own, and the sending for the services that act for it."""
    account = str(wanted["account"])
    found = []
    if named := _named(statement):
        # They stand beside "*" and are let in by name, whatever becomes of the rest.
        found.append({**statement, "Principal": named})
        statement = {**statement, "Principal": EVERYBODY, "Sid": _free("PrincipalsOfAccount", taken)}
    found.append(_with(statement, "StringEquals", "aws:PrincipalAccount", account))
    send = str(wanted.get("send") or "")
    if not send or not allows(statement, send):
        return found
    sending = {**statement, "Action": send}
    narrow: list[tuple[str, str, str, Json]] = [
        ("ServicesOfAccount", "StringEquals", "aws:SourceAccount", account)
    ]
    if wanted.get("sources"):
        narrow.append(("TopicsOfAccount", "ArnLike", "aws:SourceArn", list(wanted["sources"])))
    for sid, operator, key, value in narrow:
        one = _with(sending, operator, key, value)
        found.append({**one, "Sid": _free(sid, taken)})
    return found


def _named(statement: Mapping[str, Any]) -> dict[str, Any]:
    """The principals of the statement but everybody."""
    principal = statement.get("Principal")
    if not isinstance(principal, Mapping):
        return {}
    named = {kind: [one for one in principals(statement, kind) if one != EVERYBODY] for kind in principal}
    return {kind: names for kind, names in named.items() if names}


def _with(statement: Mapping[str, Any], operator: str, key: str, value: Json) -> dict[str, Any]:
    """The statement with one more test: all of a condition's tests have to hold."""
    condition = {name: dict(tests) for name, tests in (statement.get("Condition") or {}).items()}
    tests = condition.setdefault(operator, {})
    for name in [one for one in tests if one.lower() == key.lower()]:
        # It says something of the same that narrows nothing, else the statement would not be public.
        del tests[name]
    tests[key] = value
    return {**statement, "Condition": condition}


def _free(sid: str, taken: set[str]) -> str:
    number, free = 2, sid
    while free in taken:
        free, number = f"{sid}{number}", number + 1
    taken.add(free)
    return free


BUILDERS = {"only_account": only_account}
