"""Vaults and keys become Terraform that says what was approved and resets nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipaa_tui.azure.cloud import AzureCloud
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language.syntax import Declared, parse
from hipaa_tui.patches.model import Patch
from hipaa_tui.providers.model import Call
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.json_value import resolve
from tests.azure.server import ACCOUNT, azure, storage_account
from tests.azure.server import target as arm_target
from tests.azure.vaults import KEY, RECOVERY, VAULT, key, ready_vault, recovery_vault, vault
from tests.patches.patch_clouds import git, plan_for

PROTECT, ROLES, FIREWALL = "azure.keyvault.purge-protection", "azure.keyvault.rbac", "azure.keyvault.firewall"
ENCRYPT, BACKUPS = "azure.storage.customer-managed-key", "azure.recoveryservices.own-key"


def made(
    repo: Path, cloud: AzureCloud, *wishes: tuple[str, str], branch: str = "hipaa/fix", **given: str
) -> Patch:
    plan = plan_for(cloud, *((playbook, arm_target(id)) for playbook, id in wishes), **given)
    return make_patch(plan, repo, branch, {"azure": cloud})


def blocks(repo: Path, patch: Patch) -> dict[str, Declared]:
    found = {}
    for path in patch.files:
        parsed = parse(git(repo, "show", f"{patch.branch}:{path}") + "\n")
        assert parsed.broken == 0
        for block in parsed.blocks:
            to = next((one.text for one in block.attributes if one.name == "to"), "")
            found[f"import {to}" if to else block.address] = block
    return found


def inner(block: Declared, type: str) -> Declared:
    (found,) = [one for one in block.blocks if one.type == type]
    return found


def test_three_fixes_of_one_vault_make_one_block_that_resets_nothing(repo: Path) -> None:
    with azure(vault(enabledForDeployment=True)) as cloud:
        patch = made(
            repo, cloud, (PROTECT, VAULT), (ROLES, VAULT), (FIREWALL, VAULT), allowed_cidrs="203.0.113.0/24"
        )
    assert patch.left_out == ()
    block = blocks(repo, patch)["azurerm_key_vault.clinic_keys"]
    assert block.value("purge_protection_enabled") is True
    assert block.value("enable_rbac_authorization") is True
    assert block.value("soft_delete_retention_days") == 30
    assert block.value("enabled_for_deployment") is True
    assert block.value("public_network_access_enabled") is True
    acls = inner(block, "network_acls")
    assert (acls.value("default_action"), acls.value("bypass")) == ("Deny", "AzureServices")
    assert acls.value("ip_rules").values == ("203.0.113.0/24",)
    assert blocks(repo, patch)["import azurerm_key_vault.clinic_keys"].value("id") == VAULT


def test_a_firewall_that_stands_is_said_again(repo: Path) -> None:
    rules = {"defaultAction": "Deny", "bypass": "None", "ipRules": [{"value": "203.0.113.9/32"}]}
    with azure(vault(networkAcls=rules)) as cloud:
        patch = made(repo, cloud, (PROTECT, VAULT))
    acls = inner(blocks(repo, patch)["azurerm_key_vault.clinic_keys"], "network_acls")
    assert (acls.value("default_action"), acls.value("bypass")) == ("Deny", "None")
    assert acls.value("ip_rules").values == ("203.0.113.9/32",)


def test_an_account_gets_identity_role_and_key_by_reference(repo: Path) -> None:
    with azure(storage_account(), ready_vault(), key()) as cloud:
        patch = made(repo, cloud, (ENCRYPT, ACCOUNT), key_id=KEY)
    assert patch.left_out == ()
    found = blocks(repo, patch)
    account = found["azurerm_storage_account.patientfiles"]
    assert inner(account, "identity").value("type") == "SystemAssigned"
    text = git(repo, "show", f"{patch.branch}:{patch.files[0]}")
    assert "azurerm_storage_account.patientfiles.identity[0].principal_id" in text
    assert "ignore_changes = [customer_managed_key]" in text
    own = found["azurerm_storage_account_customer_managed_key.patientfiles"]
    assert own.value("key_vault_uri") == "https://clinic-keys.vault.azure.net"
    assert own.value("key_name") == "records"
    assert "storage_account_id = azurerm_storage_account.patientfiles.id" in " ".join(text.split())
    assert "import azurerm_storage_account_customer_managed_key.patientfiles" not in found


@pytest.mark.parametrize("playbook", [ENCRYPT, BACKUPS])
def test_the_patch_says_the_same_before_and_after_the_plan_was_applied(repo: Path, playbook: str) -> None:
    id = ACCOUNT if playbook == ENCRYPT else RECOVERY
    with azure(storage_account(), recovery_vault(), ready_vault(), key()) as cloud:
        plan = plan_for(cloud, (playbook, arm_target(id)), key_id=KEY)
        before = make_patch(plan, repo, "hipaa/before", {"azure": cloud})
        known = {}
        for change in plan.changes:
            for call in change.calls:
                arguments = resolve(dict(call.arguments), lambda one, name: known[one][name])
                cloud.call(Call(call.provider, call.service, call.operation, arguments))
            known[change.id] = setting(change.setting).read(cloud, change.target).identity
        after = make_patch(plan, repo, "hipaa/after", {"azure": cloud})

    def resources(patch: Patch) -> dict[str, str]:
        text = "\n\n".join(git(repo, "show", f"{patch.branch}:{path}") for path in patch.files)
        return {
            one.split("\n")[0]: one
            for one in text.split("\n\n")
            if one.lstrip("# ").strip() and "import {" not in one
        }

    assert resources(before) == resources(after)
    imported = {name for name in blocks(repo, after) if name.startswith("import azurerm_role_assignment")}
    assert len(imported) == 1
    assert not imported & blocks(repo, before).keys()


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
