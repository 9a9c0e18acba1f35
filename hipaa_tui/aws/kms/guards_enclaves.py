"""Looks at a key before only attested enclaves may use it: who else does, and who rules it afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from hipaa_tui.aws.kms.enclaves import revealed
from hipaa_tui.aws.kms.guards_policy import key_administrators_kept
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import conditions, principals
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import ABSENT

_POLICY: Final = "aws.kms.enclave-policy"


def enclave_key_administrators_kept(look: Look) -> Verdict:
    """Blocks a policy after which the account or the caller could not change it again."""
    plain = [
        replace(one, setting="aws.kms.key-policy", before=one.before["Policy"], after=one.after["Policy"])
        for one in look.changes
        if one.setting == _POLICY and one.before is not ABSENT and one.after is not ABSENT
    ]
    return key_administrators_kept(replace(look, changes=plain))


def enclave_key_only(look: Look) -> Verdict:
    """Blocks where services of AWS use the key, which never attest, and warns who else loses the use of it.

    A grant allows beside the policy, with attestation or without (KMS Developer Guide, "Grants in AWS KMS").
    """
    draft = next((one for one in look.changes if one.setting == _POLICY and one.before is not ABSENT), None)
    if draft is None:
        return Outcome.PASS, "no key policy changes"
    losing: set[str] = set()
    for one in documents.statements(draft.before["Policy"]):
        if (one.get("Sid") or "a statement without a Sid") not in draft.before["Unattested"] or not _lets(
            one
        ):
            continue
        if services := [*principals(one, "Service"), *_through(one)]:
            return (
                Outcome.BLOCK,
                f"{', '.join(services)} uses this key and can never send an attestation, so what it keeps there would be "
                "unreadable: give the enclave a key of its own",
            )
        losing.update(principals(one))
    request = Call("aws", "kms", "ListGrants", {"KeyId": look.target.id}, look.target.region)
    grants = [
        one for one in look.cloud.pages(request, "Grants") if "Decrypt" in (one.get("Operations") or [])
    ]
    if served := sorted({str(one["GranteePrincipal"]) for one in grants if _is_service(one)}):
        return (
            Outcome.BLOCK,
            f"{', '.join(served[:3])} has a grant to decrypt with this key, so data of a service is under it: give the "
            "enclave a key of its own",
        )
    notes = []
    if grants:
        notes.append(
            f"{len(grants)} grant{'s' if len(grants) > 1 else ''} of the key to decrypt without attestation stay (aws kms list-grants)"
        )
    if losing:
        notes.append(
            f"{', '.join(sorted(losing))} can decrypt only from an enclave of that image from then on"
        )
    if notes:
        return Outcome.WARN, f"{'; '.join(notes)}: try the image's measurement in a test account first"
    return Outcome.PASS, "nobody else uses the key"


def _lets(statement: Mapping[str, Any]) -> bool:
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
CAUTIOUS = tuple(GUARDS)
