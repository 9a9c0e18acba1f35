"""Looks at who relies on documents that are shared, before they are not any more."""

from __future__ import annotations

from typing import Final

from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT

_SHOWN: Final = 5
_MOST: Final = 200
"""Documents whose sharing is looked at; each is a call."""


def document_sharing(look: Look) -> Verdict:
    """Warns of whoever keeps the document or loses it: Systems Manager does not say who uses it."""
    found = look.read("aws.ssm.document-sharing", look.target).value
    if found is ABSENT:
        return Outcome.BLOCK, f"there is no document {look.target.name} any more: scan again"
    named = [one for one in found["AccountIds"] if one != "all"]
    if named:
        return (
            Outcome.WARN,
            f"{_some(named)} may go on using it, as named: take them out yourself if they should not",
        )
    return Outcome.PASS, "it is shared with everybody and with nobody by name"


def no_public_documents(look: Look) -> Verdict:
    """Warns where documents are public already: the switch keeps new ones from it and leaves those as they are."""
    target = look.target
    documents = resource_type("AWS::SSM::Document").list(
        look.cloud, target.account, target.region, target.partition
    )
    public = sorted(
        one.name
        for one in documents[:_MOST]
        if "all" in ((look.read("aws.ssm.document-sharing", one).value or {}).get("AccountIds") or [])
    )
    if public:
        return (
            Outcome.WARN,
            f"{_some(public)} stay public until aws.ssm.document-public takes that from them",
        )
    if len(documents) > _MOST:
        return (
            Outcome.WARN,
            f"only {_MOST} of {len(documents)} documents were looked at, and none of them is public",
        )
    return Outcome.PASS, "no document of the account is public"


def _some(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


GUARDS = {"document-sharing": document_sharing, "no-public-documents": no_public_documents}
