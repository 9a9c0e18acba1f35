"""Looks whom an archive vault's policies let in, before everybody becomes the account."""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.glacier import settings as glacier
from hipaa_tui.aws.policies.principals import accounts, allowing, public, sids
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import CloudError
from hipaa_tui.support.json_value import ABSENT

POLICY: Final = "aws.glacier.vault-policy"


def vault_readers(look: Look) -> Verdict:
    """Blocks what only a person can narrow; warns of strangers who come in today, and of a lock that lets them stay."""
    draft = next((one for one in look.changes if one.setting == POLICY), None)
    if draft is None or draft.before is ABSENT:
        return Outcome.PASS, "nobody's access changes"
    odd = [one for one in allowing(draft.before) if "NotPrincipal" in one]
    if odd:
        return (
            Outcome.BLOCK,
            f"{sids(odd)} lets everybody in but some (NotPrincipal): name those who are meant by hand",
        )
    wide = public(draft.before)
    if not wide:
        return Outcome.PASS, "no statement is for everybody"
    notes = [
        f"whoever came in by {sids(wide)} from another account is refused from then on, and the account's own need the "
        "permission in their own policy too"
    ]
    if named := [one for one in accounts(draft.before) if one != look.target.account]:
        notes.append(f"{', '.join(named)} keep what they are allowed by name")
    if locked := sids(public(_lock(look))):
        notes.append(f"the vault lock lets everybody in as well ({locked}), which stays")
    return Outcome.WARN, "; ".join(notes)


def _lock(look: Look) -> str | None:
    try:
        return str(look.cloud.call(glacier.call(look.target, "GetVaultLock")).get("Policy") or "") or None
    except CloudError as error:
        if error.code == "ResourceNotFoundException":
            return None
        raise


GUARDS = {"vault-readers": vault_readers}
CAUTIOUS = ("vault-readers",)
