"""Vaults become Terraform that says what was approved and resets nothing else."""

from __future__ import annotations

from pathlib import Path

from tests.azure.patches import blocks, inner, made
from tests.azure.server import azure
from tests.azure.vaults import VAULT, vault

PROTECT, ROLES, FIREWALL = "azure.keyvault.purge-protection", "azure.keyvault.rbac", "azure.keyvault.firewall"


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
