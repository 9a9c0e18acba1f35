"""Checks a repository policy before its public statements are removed."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import EVERYBODY, accounts, principals, sids
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.support.json_value import ABSENT

_SHOWN: Final = 5


def shared_images(context: GuardContext) -> Verdict:
    """Blocks an Allow with NotPrincipal, which must be rewritten by hand; warns of public statements that stay."""
    text = context.read("aws.ecr.repository-policy", context.target).value
    if text is ABSENT:
        return Outcome.PASS, "the repository has no policy"
    statements = documents.statements(text)
    inverted = [
        statement
        for statement in statements
        if statement.get("Effect") == "Allow" and "NotPrincipal" in statement
    ]
    if inverted:
        return (
            Outcome.BLOCK,
            f"{sids(inverted)} allows everyone but the principals in NotPrincipal and has to be rewritten by hand: name "
            "the principals that need access",
        )
    conditional = [
        statement
        for statement in statements
        if statement.get("Effect") == "Allow"
        and EVERYBODY in principals(statement)
        and statement.get("Condition")
    ]
    if conditional:
        return (
            Outcome.WARN,
            f"{sids(conditional)} is public with a condition and stays: check that the condition keeps outsiders out",
        )
    named = [account for account in accounts(text) if account != EVERYBODY]
    more = f"; {', '.join(named[:_SHOWN])} keep the access that is granted to them by name" if named else ""
    return Outcome.PASS, f"only public statements are removed{more}"


GUARDS = {"shared-images": shared_images}
