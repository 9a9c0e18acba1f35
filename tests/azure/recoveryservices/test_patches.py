"""A vault whose backups get a key becomes Terraform that resets nothing else."""

from __future__ import annotations

from pathlib import Path

from tests.azure.patches import before_and_after, blocks, inner, made, same_resources
from tests.azure.server import azure
from tests.azure.vaults import KEY, RECOVERY, key, ready_vault, recovery_vault

BACKUPS = "azure.recoveryservices.own-key"


def test_the_patch_says_the_same_before_and_after_the_plan_was_applied(repo: Path) -> None:
    before, after = before_and_after(repo, BACKUPS, RECOVERY)
    assert same_resources(repo, before, after)


def test_backups_keep_what_the_vault_is_set_to(repo: Path) -> None:
    there = recovery_vault(
        redundancySettings={
            "standardTierStorageRedundancy": "LocallyRedundant",
            "crossRegionRestore": "Disabled",
        },
        securitySettings={
            "softDeleteSettings": {"softDeleteState": "Enabled", "softDeleteRetentionPeriodInDays": 14},
            "immutabilitySettings": {"state": "Unlocked"},
        },
    )
    with azure(there, ready_vault(), key()) as cloud:
        patch = made(repo, cloud, (BACKUPS, RECOVERY), key_id=KEY)
    block = blocks(repo, patch)["azurerm_recovery_services_vault.nightly"]
    assert block.value("storage_mode_type") == "LocallyRedundant"
    assert block.value("immutability") == "Unlocked"
    assert block.value("soft_delete_enabled") is True
    assert inner(block, "identity").value("type") == "SystemAssigned"
    encryption = inner(block, "encryption")
    assert encryption.value("key_id") == "https://clinic-keys.vault.azure.net/keys/records"
    assert encryption.value("use_system_assigned_identity") is True
    assert encryption.value("infrastructure_encryption_enabled") is False
