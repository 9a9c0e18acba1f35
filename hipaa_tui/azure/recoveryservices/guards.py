"""Looks whether a Recovery Services vault holds anything, since only an empty one takes a key of the customer's."""

from __future__ import annotations

from hipaa_tui.azure.resource_types import members
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.support.json_value import ABSENT, at

SETTING = "azure.recoveryservices.vault-encryption"
BACKUP_VERSION = "2026-10-01"
REPLICATION_VERSION = "2025-08-01"
_SHOWN = 3


def recovery_vault_empty(look: Look) -> Verdict:
    """Only a vault that never held anything can change from Azure's key to one of the customer's.

    https://learn.microsoft.com/azure/backup/encryption-at-rest-with-cmk
    """
    drafts = [one for one in look.changes if one.setting == SETTING and one.before is ABSENT]
    if not drafts:
        return Outcome.PASS, "no vault gets its first key"
    id = drafts[0].target.id
    items = [
        *members(look.cloud, f"{id}/backupProtectedItems", BACKUP_VERSION),
        *members(look.cloud, f"{id}/replicationProtectedItems", REPLICATION_VERSION),
    ]
    if items:
        names = ", ".join(
            str(at(one, "properties.friendlyName") or one.get("name")) for one in items[:_SHOWN]
        )
        more = f" and {len(items) - _SHOWN} more" if len(items) > _SHOWN else ""
        return (
            Outcome.BLOCK,
            f"the vault protects {names}{more}, and Azure lets only a vault that never held anything change its "
            "key: make a new vault with the key and move the backups there",
        )
    return (
        Outcome.WARN,
        "the vault protects nothing now, but Azure also refuses where something was registered with it before",
    )


GUARDS = {"recovery-vault-empty": recovery_vault_empty}
CAUTIOUS = ("recovery-vault-empty",)
