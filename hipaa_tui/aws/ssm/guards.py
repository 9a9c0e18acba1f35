"""Finds the accounts that SSM documents are shared with, before sharing is restricted."""

from __future__ import annotations

from typing import Final

from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT

_SHOWN: Final = 5
_MOST: Final = 200
"""Maximum number of documents whose sharing is read; each takes a call."""


def document_sharing(context: GuardContext) -> Verdict:
    """Warns when the document is also shared with named accounts, which keep it; blocks when it no longer exists.

    Systems Manager does not report who uses a document.
    """
    sharing = context.read("aws.ssm.document-sharing", context.target).value
    if sharing is ABSENT:
        return Outcome.BLOCK, f"the document {context.target.name} no longer exists: scan again"
    accounts = [account for account in sharing["AccountIds"] if account != "all"]
    if accounts:
        return (
            Outcome.WARN,
            f"the document stays shared with {_listed(accounts)}: stop sharing with them yourself if they should not "
            "have it",
        )
    return Outcome.PASS, "the document is public and shared with no named account"


def no_public_documents(context: GuardContext) -> Verdict:
    """Warns of documents that are public already: the setting only blocks sharing of further ones."""
    target = context.target
    documents = resource_type("AWS::SSM::Document").list(
        context.cloud, target.account, target.region, target.partition
    )
    public = sorted(
        document.name
        for document in documents[:_MOST]
        if "all" in ((context.read("aws.ssm.document-sharing", document).value or {}).get("AccountIds") or [])
    )
    if public:
        return (
            Outcome.WARN,
            f"{_listed(public)} stay public: make them private with aws.ssm.document-public",
        )
    if len(documents) > _MOST:
        return (
            Outcome.WARN,
            f"only {_MOST} of {len(documents)} documents were checked, and none of them is public",
        )
    return Outcome.PASS, "no document of the account is public"


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{', '.join(names[:_SHOWN])}{more}"


GUARDS = {"document-sharing": document_sharing, "no-public-documents": no_public_documents}
