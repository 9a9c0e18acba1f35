"""Checks whom a Glacier vault policy admits before its public statements are limited to the account."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.glacier import settings as glacier
from hipaa_tui.aws.policies.principals import accounts, allowing, public, sids
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import CloudError
from hipaa_tui.support.json_value import ABSENT

POLICY: Final = "aws.glacier.vault-policy"


def vault_readers(context: GuardContext) -> Verdict:
    """Blocks an Allow with NotPrincipal, which must be rewritten by hand.

    Warns of access by other accounts that ends, and of a public vault lock policy, which stays.
    """
    draft = next((change for change in context.changes if change.setting == POLICY), None)
    if draft is None or draft.before is ABSENT:
        return Outcome.PASS, "no existing access changes"
    inverted = [statement for statement in allowing(draft.before) if "NotPrincipal" in statement]
    if inverted:
        return (
            Outcome.BLOCK,
            f"{sids(inverted)} allows everyone but the principals in NotPrincipal and has to be rewritten by hand: name "
            "the principals that need access",
        )
    wide = public(draft.before)
    if not wide:
        return Outcome.PASS, "no statement of the vault policy is public"
    notes = [
        f"principals of other accounts that {sids(wide)} admits will be refused, and those of this account also "
        "need the permission in their own IAM policies"
    ]
    if named := [account for account in accounts(draft.before) if account != context.target.account]:
        notes.append(f"{', '.join(named)} keep the access that is granted to them by name")
    if locked := sids(public(_lock(context))):
        notes.append(f"the vault lock policy is public as well ({locked}) and stays")
    return Outcome.WARN, "; ".join(notes)


def _lock(context: GuardContext) -> str | None:
    try:
        return (
            str(context.cloud.call(glacier.call(context.target, "GetVaultLock")).get("Policy") or "") or None
        )
    except CloudError as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise


GUARDS = {"vault-readers": vault_readers}
BLOCK_ON_ERROR = ("vault-readers",)
