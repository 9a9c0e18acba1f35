"""Checks who loses access when public statements of a queue, topic or secret policy are limited to the account."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import (
    EVERYBODY,
    accounts,
    allowing,
    principals,
    public,
    services,
    sids,
)
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.support.json_value import ABSENT

_SHOWN: Final = 5
_POLICIES: Final = ("aws.sqs.policy", "aws.sns.policy", "aws.secretsmanager.policy")


def message_policy_users(context: GuardContext) -> Verdict:
    """Blocks on a NotPrincipal statement; warns when a public statement is narrowed, since its users cannot be listed.

    Senders and consumers of other accounts leave no trace in a queue or topic, and their calls are data events, which
    CloudTrail records only when configured to. Reads of a secret are in CloudTrail's event history for 90 days.
    """
    draft = next((one for one in context.changes if one.setting in _POLICIES), None)
    if draft is None or draft.before is ABSENT:
        return Outcome.PASS, "no existing policy changes"
    inverted = [one for one in allowing(draft.before) if "NotPrincipal" in one]
    if inverted:
        return (
            Outcome.BLOCK,
            f"{sids(inverted)} allows all principals but some (NotPrincipal), which hipaa-tui cannot narrow: replace "
            "it by hand with the principals that need access",
        )
    narrowed = public(draft.before)
    if not narrowed:
        return Outcome.PASS, "no statement is public"
    conditional = _conditional(draft.before, narrowed)
    unchanged = (
        f"; {sids(conditional)} stays, since it has a condition: check that the condition keeps other accounts out"
        if conditional
        else ""
    )
    named_principals = [
        *[one for one in accounts(draft.before) if one != EVERYBODY],
        *sorted(services(draft.before)),
    ]
    keeping = (
        f"; {', '.join(named_principals[:_SHOWN])} keep the access that they have by name"
        if named_principals
        else ""
    )
    return (
        Outcome.WARN,
        f"no API lists who uses the public statement {sids(narrowed)}: applications of other accounts will "
        f"be refused unless another statement names them{keeping}{unchanged}",
    )


def _conditional(policy: Any, narrowed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The wildcard statements that stay as they are because a condition limits them."""
    all_statements = documents.statements(policy)
    return [
        statement
        for statement in all_statements
        if statement.get("Effect") == "Allow"
        and EVERYBODY in principals(statement)
        and statement not in narrowed
    ]


GUARDS = {
    "message-policy-users": message_policy_users,
}
BLOCK_ON_ERROR = ("message-policy-users",)
