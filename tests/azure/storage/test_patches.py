"""Networks, retention and keys of storage become Terraform that says what was approved and resets nothing else."""

from __future__ import annotations

from pathlib import Path

from tests.azure.patches import before_and_after, blocks, inner, made, same_resources
from tests.azure.server import ACCOUNT, SCOPE, azure, resource, storage_account
from tests.azure.vaults import KEY, key, ready_vault
from tests.patches.patch_clouds import git

NETWORK, TLS = "azure.storage.network-default-deny", "azure.storage.secure-transfer"
KEEP, RETAIN = "azure.storage.container-immutability", "azure.storage.lifecycle-retention"
ENCRYPT = "azure.storage.customer-managed-key"
CONTAINER = f"{ACCOUNT}/blobServices/default/containers/audit-logs"
SUBNET = f"{SCOPE}/resourceGroups/net/providers/Microsoft.Network/virtualNetworks/v/subnets/a"


def test_a_firewall_is_said_with_all_that_was_there(repo: Path) -> None:
    acls = {
        "defaultAction": "Allow",
        "bypass": "Logging",
        "ipRules": [{"value": "203.0.113.7"}],
        "virtualNetworkRules": [{"id": SUBNET}],
        "resourceAccessRules": [{"tenantId": "t", "resourceId": "/r"}],
    }
    with azure(storage_account(networkAcls=acls)) as cloud:
        patch = made(repo, cloud, (TLS, ACCOUNT), (NETWORK, ACCOUNT), allowed_cidrs="198.51.100.0/24")
    assert patch.left_out == ()
    block = blocks(repo, patch)["azurerm_storage_account.patientfiles"]
    assert block.value("min_tls_version") == "TLS1_2"
    assert block.value("public_network_access_enabled") is True
    rules = inner(block, "network_rules")
    assert rules.value("default_action") == "Deny"
    assert rules.value("bypass").values == ("AzureServices", "Logging")
    assert rules.value("ip_rules").values == ("203.0.113.7", "198.51.100.0/24")
    assert rules.value("virtual_network_subnet_ids").values == (SUBNET,)
    assert inner(rules, "private_link_access").value("endpoint_resource_id") == "/r"


def test_rules_that_terraform_cannot_say_leave_the_change_out(repo: Path) -> None:
    acls = {"defaultAction": "Allow", "ipv6Rules": [{"value": "2001:db8::/32"}]}
    with azure(storage_account(networkAcls=acls)) as cloud:
        patch = made(repo, cloud, (TLS, ACCOUNT), (NETWORK, ACCOUNT))
    (left,) = patch.left_out
    assert "IPv6" in str(left)


def test_a_policy_is_made_and_one_that_is_there_is_imported(repo: Path) -> None:
    with azure(storage_account(), resource(CONTAINER, properties={})) as cloud:
        patch = made(repo, cloud, (KEEP, CONTAINER))
    found = blocks(repo, patch)
    address = "azurerm_storage_container_immutability_policy.patientfiles_audit_logs"
    assert found[address].value("immutability_period_in_days") == 2190
    assert found[address].value("locked") is False
    assert found[address].value("protected_append_writes_enabled") is True
    assert found[address].value("storage_container_resource_manager_id") == CONTAINER
    assert f"import {address}" not in found


def test_a_policy_that_is_there_is_imported(repo: Path) -> None:
    policy = resource(
        f"{CONTAINER}/immutabilityPolicies/default",
        properties={"immutabilityPeriodSinceCreationInDays": 7, "state": "Unlocked"},
    )
    with azure(storage_account(), resource(CONTAINER, properties={}), policy) as cloud:
        patch = made(repo, cloud, (KEEP, CONTAINER))
    address = "azurerm_storage_container_immutability_policy.patientfiles_audit_logs"
    assert blocks(repo, patch)[f"import {address}"].value("id") == policy["id"]


def lifecycle(*rules: dict[str, object]) -> dict[str, object]:
    return resource(f"{ACCOUNT}/managementPolicies/default", properties={"policy": {"rules": list(rules)}})


def test_every_rule_of_an_account_is_said(repo: Path) -> None:
    tidy = {
        "name": "tidy",
        "enabled": True,
        "type": "Lifecycle",
        "definition": {
            "actions": {
                "baseBlob": {
                    "tierToCool": {"daysAfterLastAccessTimeGreaterThan": 30},
                    "tierToArchive": {
                        "daysAfterModificationGreaterThan": 90,
                        "daysAfterLastTierChangeGreaterThan": 7,
                    },
                    "delete": {"daysAfterModificationGreaterThan": 100},
                    "enableAutoTierToHotFromCool": True,
                },
                "snapshot": {"delete": {"daysAfterCreationGreaterThan": 5}},
                "version": {
                    "tierToCold": {"daysAfterCreationGreaterThan": 4},
                    "delete": {"daysAfterCreationGreaterThan": 5},
                },
            },
            "filters": {
                "blobTypes": ["blockBlob"],
                "prefixMatch": ["scans/"],
                "blobIndexMatch": [{"name": "kind", "op": "==", "value": "x"}],
            },
        },
    }
    off = {**tidy, "name": "off", "enabled": False}
    with azure(storage_account(), lifecycle(tidy, off)) as cloud:
        patch = made(repo, cloud, (RETAIN, ACCOUNT))
    assert patch.left_out == ()
    found = blocks(repo, patch)
    block = found["azurerm_storage_management_policy.patientfiles"]
    first, second = block.blocks
    assert (first.value("name"), first.value("enabled"), second.value("enabled")) == ("tidy", True, False)
    base = inner(first, "actions", "base_blob")
    assert base.value("tier_to_cool_after_days_since_last_access_time_greater_than") == 30
    assert base.value("tier_to_archive_after_days_since_modification_greater_than") == 90
    assert base.value("tier_to_archive_after_days_since_last_tier_change_greater_than") == 7
    assert base.value("delete_after_days_since_modification_greater_than") == 2190
    assert base.value("auto_tier_to_hot_from_cool_enabled") is True
    snapshot = inner(first, "actions", "snapshot")
    assert snapshot.value("delete_after_days_since_creation_greater_than") == 2190
    version = inner(first, "actions", "version")
    assert version.value("delete_after_days_since_creation") == 2190
    assert version.value("tier_to_cold_after_days_since_creation_greater_than") == 4
    filters = inner(first, "filters")
    assert filters.value("prefix_match").values == ("scans/",)
    assert inner(filters, "match_blob_index_tag").value("value") == "x"
    imported = found["import azurerm_storage_management_policy.patientfiles"]
    assert imported.value("id") == f"{ACCOUNT}/managementPolicies/default"


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


def test_the_patch_says_the_same_before_and_after_the_plan_was_applied(repo: Path) -> None:
    before, after = before_and_after(repo, ENCRYPT, ACCOUNT)
    assert same_resources(repo, before, after)
