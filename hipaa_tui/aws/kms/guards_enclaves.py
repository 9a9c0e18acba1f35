"""Checks a KMS key before only attested enclaves may use it: other users, grants, administrators."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hipaa_tui.aws.kms.enclaves import revealed
from hipaa_tui.aws.kms.guards_policy import key_administrators_kept
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import conditions, principals
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT

_POLICY: Final = "aws.kms.enclave-policy"


def enclave_key_administrators_kept(context: GuardContext) -> Verdict:
    """Blocks a policy after which neither the account nor the caller could change it again."""
    plain = [
        replace(
            change, setting="aws.kms.key-policy", before=change.before["Policy"], after=change.after["Policy"]
        )
        for change in context.changes
        if change.setting == _POLICY and change.before is not ABSENT and change.after is not ABSENT
    ]
    return key_administrators_kept(replace(context, changes=plain))


def enclave_key_only(context: GuardContext) -> Verdict:
    """Blocks where AWS services use the key, which never attest; warns of principals and grants that are affected.

    A grant allows use beside the policy, with attestation or without (KMS Developer Guide, "Grants in AWS KMS").
    """
    draft = next(
        (change for change in context.changes if change.setting == _POLICY and change.before is not ABSENT),
        None,
    )
    if draft is None:
        return Outcome.PASS, "no key policy changes"
    losing: set[str] = set()
    for statement in documents.statements(draft.before["Policy"]):
        if (statement.get("Sid") or "a statement without a Sid") not in draft.before[
            "Unattested"
        ] or not _grants_use(statement):
            continue
        if services := [*principals(statement, "Service"), *_through(statement)]:
            return (
                Outcome.BLOCK,
                f"{', '.join(services)} uses this key and can never send an attestation document, so its data "
                "would become unreadable: give the enclave a key of its own",
            )
        losing.update(principals(statement))
    request = Call("aws", "kms", "ListGrants", {"KeyId": context.target.id}, context.target.region)
    grants = [
        grant
        for grant in context.cloud.pages(request, "Grants")
        if "Decrypt" in (grant.get("Operations") or [])
    ]
    if served := sorted({str(grant["GranteePrincipal"]) for grant in grants if _is_service(grant)}):
        return (
            Outcome.BLOCK,
            f"{', '.join(served[:3])} has a grant to decrypt with this key, so a service's data is encrypted under "
            "it: give the enclave a key of its own",
        )
    notes = []
    if grants:
        notes.append(
            f"{len(grants)} grant{'s' if len(grants) > 1 else ''} to decrypt without attestation stay in force "
            "(aws kms list-grants)"
        )
    if losing:
        notes.append(
            f"{', '.join(sorted(losing))} will be able to decrypt only from an enclave of that image"
        )
    if notes:
        return Outcome.WARN, f"{'; '.join(notes)}: test the image's measurement in a test account first"
    return Outcome.PASS, "no other principal uses the key"


def _grants_use(statement: Mapping[str, Any]) -> bool:
    return statement.get("Effect") == "Allow" and bool(revealed(statement))


def _through(statement: Mapping[str, Any]) -> list[str]:
    return [value for _, key, values in conditions(statement) if key == "kms:viaservice" for value in values]


def _is_service(grant: Mapping[str, Any]) -> bool:
    names = (str(grant.get("GranteePrincipal") or ""), str(grant.get("IssuingAccount") or ""))
    return any(
        name.endswith((".amazonaws.com", ".amazonaws.com.cn")) or "aws-service-role" in name for name in names
    )


GUARDS = {
    "enclave-key-administrators-kept": enclave_key_administrators_kept,
    "enclave-key-only": enclave_key_only,
}
BLOCK_ON_ERROR = tuple(GUARDS)
