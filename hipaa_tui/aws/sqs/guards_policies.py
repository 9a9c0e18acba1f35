"""Looks at whom the policy of a queue, a topic or a secret lets in, before everybody becomes the account's own."""

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
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT

_SHOWN: Final = 5
_POLICIES: Final = ("aws.sqs.policy", "aws.sns.policy", "aws.secretsmanager.policy")


def message_policy_users(look: Look) -> Verdict:
    """Blocks what only a person can narrow; else warns, since nobody can list who came in as everybody.

    Senders and readers of other accounts leave no trace in a queue or topic, and their calls are data events, which
    CloudTrail keeps only where it is told to; readers of a secret stand in CloudTrail for 90 days.
    """
    draft = next((one for one in look.changes if one.setting in _POLICIES), None)
    if draft is None or draft.before is ABSENT:
        return Outcome.PASS, "nobody's access changes"
    odd = [one for one in allowing(draft.before) if "NotPrincipal" in one]
    if odd:
        return (
            Outcome.BLOCK,
            f"{sids(odd)} lets everybody in but some (NotPrincipal), which only a person can put right: name those "
            "who are meant",
        )
    wide = public(draft.before)
    if not wide:
        return Outcome.PASS, "no statement is for everybody"
    stays = _conditional(draft.before, wide)
    more = (
        f"; {sids(stays)} stays, since it has a condition: look whether that keeps strangers out"
        if stays
        else ""
    )
    kept = [*[one for one in accounts(draft.before) if one != EVERYBODY], *sorted(services(draft.before))]
    named = f"; {', '.join(kept[:_SHOWN])} keep what they are allowed by name" if kept else ""
    return (
        Outcome.WARN,
        f"who came in by {sids(wide)} cannot be known: programs of other accounts are refused from then on, unless "
        f"a statement names them{named}{more}",
    )


def secret_is_primary(look: Look) -> Verdict:
    """Blocks at a replica, which takes its policy from its primary and no call of its own."""
    asked = Call("aws", "secretsmanager", "DescribeSecret", {"SecretId": look.target.id}, look.target.region)
    primary = str(look.cloud.call(asked).get("PrimaryRegion") or look.target.region)
    if primary != look.target.region:
        return Outcome.BLOCK, f"it is a replica of the secret in {primary}: change the policy there"
    return Outcome.PASS, "it is no replica"


def _conditional(text: Any, wide: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The statements for everybody that stay for the sake of their condition."""
    found = documents.statements(text)
    return [
        one
        for one in found
        if one.get("Effect") == "Allow" and EVERYBODY in principals(one) and one not in wide
    ]


GUARDS = {"message-policy-users": message_policy_users, "secret-is-primary": secret_is_primary}
CAUTIOUS = ("message-policy-users", "secret-is-primary")
