"""Checks that a Recovery Services vault is empty: only then can it change to a customer-managed key."""

from __future__ import annotations

from hipaa_tui.azure.resource_types import members
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.support.json_value import ABSENT, at

SETTING = "azure.recoveryservices.vault-encryption"
BACKUP_VERSION = "2026-10-01"
REPLICATION_VERSION = "2025-08-01"
_SHOWN = 3


def recovery_vault_empty(context: GuardContext) -> Verdict:
    """Blocks when the vault protects items; otherwise warns, since only a vault that never had any can change its key.

    https://learn.microsoft.com/azure/backup/encryption-at-rest-with-cmk
    """
    drafts = [one for one in context.changes if one.setting == SETTING and one.before is ABSENT]
    if not drafts:
        return Outcome.PASS, "no vault changes to a customer-managed key"
    id = drafts[0].target.id
    items = [
        *members(context.cloud, f"{id}/backupProtectedItems", BACKUP_VERSION),
        *members(context.cloud, f"{id}/replicationProtectedItems", REPLICATION_VERSION),
    ]
    if items:
        names = ", ".join(
            str(at(one, "properties.friendlyName") or one.get("name")) for one in items[:_SHOWN]
        )
        more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
        return (
            Outcome.BLOCK,
            f"the vault protects {names}{more}, and Azure only lets a vault that never held backups change to a "
            "customer-managed key: create a new vault with the key and move the backups there",
        )
    return (
        Outcome.WARN,
        "the vault protects nothing now, but Azure also refuses the change if anything was registered with it before",
    )


GUARDS = {"recovery-vault-empty": recovery_vault_empty}
BLOCK_ON_ERROR = ("recovery-vault-empty",)
