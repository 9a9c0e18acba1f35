"""Looks at who pulls images by a policy, before a statement of it goes."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import EVERYBODY, accounts, principals, sids
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.support.json_value import ABSENT

_SHOWN: Final = 5


def shared_images(look: Look) -> Verdict:
    """Blocks where a refusal would become the policy's whole meaning, warns of public statements that stay."""
    text = look.read("aws.ecr.repository-policy", look.target).value
    if text is ABSENT:
        return Outcome.PASS, "the repository has no policy"
    found = documents.statements(text)
    odd = [one for one in found if one.get("Effect") == "Allow" and "NotPrincipal" in one]
    if odd:
        return (
            Outcome.BLOCK,
            f"{sids(odd)} lets everybody in but some (NotPrincipal), which only a person can put right: name those "
            "who are meant",
        )
    conditional = [
        one
        for one in found
        if one.get("Effect") == "Allow" and EVERYBODY in principals(one) and one.get("Condition")
    ]
    if conditional:
        return (
            Outcome.WARN,
            f"{sids(conditional)} stays, since it has a condition: look whether that keeps strangers out",
        )
    named = [one for one in accounts(text) if one != EVERYBODY]
    more = f"; {', '.join(named[:_SHOWN])} keep what they are allowed by name" if named else ""
    return Outcome.PASS, f"only statements for everybody go{more}"


GUARDS = {"shared-images": shared_images}
