"""The guard of a Recovery Services vault's first customer-managed key: only an empty vault takes one."""

from __future__ import annotations

import pytest

from hipaa_tui.azure.recoveryservices.settings import with_backup_key
from hipaa_tui.providers.guard import Outcome
from tests.azure.server import resource
from tests.azure.vaults import BACKUP_KEY, KEY, RECOVERY, recovery_vault, verdict

PRINCIPAL = "44444444-0000-4000-8000-000000000001"
BACKUPS = (BACKUP_KEY, RECOVERY, with_backup_key(None, {"key_id": KEY}))


@pytest.mark.parametrize("kind", ["backupProtectedItems", "replicationProtectedItems"])
def test_a_vault_that_holds_something_takes_no_first_key(kind):
    item = resource(f"{RECOVERY}/{kind}/vm1", properties={"friendlyName": "records-db"})
    outcome, reason = verdict("recovery-vault-empty", recovery_vault(PRINCIPAL), item, drafts=[BACKUPS])
    assert outcome is Outcome.BLOCK
    assert "protects records-db" in reason


def test_an_empty_vault_may_have_held_something_before():
    outcome, reason = verdict("recovery-vault-empty", recovery_vault(PRINCIPAL), drafts=[BACKUPS])
    assert outcome is Outcome.WARN
    assert "registered" in reason


def test_another_key_for_backups_that_have_one_is_no_first_key():
    there = recovery_vault(
        PRINCIPAL,
        encryption={"keyVaultProperties": {"keyUri": "https://clinic-keys.vault.azure.net/keys/old"}},
    )
    assert verdict("recovery-vault-empty", there, drafts=[BACKUPS])[0] is Outcome.PASS
