"""Checks a KMS key before its policy changes, before a trail uses it, and before its deletion is canceled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.aws.policies.principals import EVERYBODY, allows, conditions, principals
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import Call, CloudError, Target
from hipaa_tui.support.json_value import ABSENT, Json

POLICY: Final = "aws.kms.key-policy"
OWN_KEY: Final = "aws.kms.key"
_PUT: Final = "kms:PutKeyPolicy"


# Administrators of a key -----------------------------------------------------------------------------


def key_administrators_kept(context: GuardContext) -> Verdict:
    """Blocks a key policy after which neither the account nor the caller could change it again.

    (KMS Developer Guide, "Default key policy": only AWS Support can recover a key whose policy admits no one.)
    """
    checked = 0
    for draft in context.changes:
        if draft.setting not in (POLICY, OWN_KEY) or draft.after is ABSENT:
            continue
        checked += 1
        if reason := _locked_out(context, draft):
            return (
                Outcome.BLOCK,
                f"{reason}: no one but AWS could change the policy of {draft.target.name} again",
            )
    if not checked:
        return Outcome.PASS, "no key policy changes"
    return Outcome.PASS, "the account and you can still change the key policy afterwards"


def _locked_out(context: GuardContext, draft: PlannedChange) -> str:
    """Returns why no one could administer the key any more, "" where that is fine."""
    before, after = policy_text(draft.before), policy_text(draft.after)
    root = _Account(draft.target)
    caller = context.cloud.caller().principal
    for statement in statements(after):
        if (
            statement.get("Effect") == "Deny"
            and allows(statement, _PUT)
            and _may_apply(statement, root, caller)
        ):
            return f"the statement {statement.get('Sid') or 'without a Sid'} denies {_PUT} to the account or to you"
    if not (_administers(after, root.match) or _administers(after, lambda name: _is_caller(name, caller))):
        return f"no statement grants the account or you {_PUT} without a condition"
    if _administers(before, root.match) and not _administers(after, root.match):
        return f"the statement that grants the account {_PUT} would be removed"
    if _administers(before, lambda name: _is_caller(name, caller)) and not (
        _administers(after, lambda name: _is_caller(name, caller)) or _administers(after, root.match)
    ):
        return f"the statement that grants you {_PUT} would be removed"
    return ""


def policy_text(value: Json) -> Json:
    """Returns the key policy from a value of either setting: the policy alone or the whole key."""
    return value.get("Policy") if isinstance(value, Mapping) else value


class _Account:
    """The account as a principal: its number or its root ARN."""

    def __init__(self, key: Target) -> None:
        self.names = {key.account, f"arn:{key.partition}:iam::{key.account}:root"}

    def match(self, name: str) -> bool:
        return name in self.names


def _administers(text: Json, match: Any) -> bool:
    return any(
        statement.get("Effect") == "Allow"
        and allows(statement, _PUT)
        and not list(conditions(statement))
        and any(match(name) for name in principals(statement))
        for statement in statements(text)
    )


def _may_apply(statement: Mapping[str, Any], root: _Account, caller: str) -> bool:
    """Could a Deny apply to the account or the caller? Its condition may exempt them, but is not evaluated."""
    if "NotPrincipal" in statement:
        return True
    return any(
        name == EVERYBODY or root.match(name) or _is_caller(name, caller) for name in principals(statement)
    )


def _is_caller(name: str, caller: str) -> bool:
    """Is the policy's principal the caller? The ARN of a session omits the path of its role."""
    if name == caller:
        return True
    session, named = parse(caller), parse(name)
    if session is None or named is None or session.account != named.account:
        return False
    kind, _, rest = session.resource.partition("/")
    return (
        kind == "assumed-role"
        and named.resource.startswith("role/")
        and named.resource.rpartition("/")[2] == rest.partition("/")[0]
    )


# The key of a trail ----------------------------------------------------------------------------------


# A key scheduled for deletion ------------------------------------------------------------------------


def key_deletion_meant(context: GuardContext) -> Verdict:
    """Warns who scheduled the deletion, and that the key stays disabled after the deletion is canceled."""
    query = {
        "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": context.target.id}],
        "MaxResults": 50,
    }
    aftermath = (
        "the key stays disabled after the deletion is canceled, so data under it stays unreadable until someone "
        "enables it"
    )
    try:
        events = context.cloud.call(Call("aws", "cloudtrail", "LookupEvents", query, context.target.region))
    except CloudError as error:
        return (
            Outcome.WARN,
            f"CloudTrail could not be read for who scheduled the deletion ({error.code}): ask first; {aftermath}",
        )
    history = events.get("Events") or []
    scheduled = [event for event in history if event.get("EventName") == "ScheduleKeyDeletion"]
    if not scheduled:
        return Outcome.WARN, f"CloudTrail no longer shows who scheduled the deletion: ask first; {aftermath}"
    last = max(scheduled, key=lambda event: str(event.get("EventTime")))
    off = [
        event
        for event in history
        if event.get("EventName") == "DisableKey" and str(event.get("EventTime")) < str(last.get("EventTime"))
    ]
    before = "and it had been disabled before" if off else "and no event shows that it was disabled before"
    return (
        Outcome.WARN,
        f"{last.get('Username') or 'someone'} scheduled the deletion at {last.get('EventTime')}, {before}: ask "
        f"whether that was intended; {aftermath}",
    )


GUARDS = {
    "key-administrators-kept": key_administrators_kept,
    "key-deletion-meant": key_deletion_meant,
}
BLOCK_ON_ERROR = ("key-administrators-kept",)
