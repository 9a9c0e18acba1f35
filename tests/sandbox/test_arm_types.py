"""What each service takes and refuses: the facts that playbooks rely on."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.sandbox.arm import catalogue
from tests.sandbox.arm_harness import (
    ACCOUNT,
    ALICE,
    BLOB,
    BOB,
    GROUP,
    NSG,
    OWNER,
    READER,
    RULE,
    SSH_RULE,
    SUBSCRIPTION,
    VAULT,
    VNET,
    WORKSPACE,
    Wire,
    assignment,
    diagnostics,
)

WATCHER = f"{GROUP}/providers/Microsoft.Network/networkWatchers/NetworkWatcher_eastus"
FLOW_LOG = f"{WATCHER}/flowLogs/vnet-flow"
IDENTITY = f"{GROUP}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/cmk"
POLICY = f"{BLOB}/containers/records/immutabilityPolicies/default"
LOG = {"category": "StorageRead", "enabled": True}


def account(**properties: Any) -> dict[str, Any]:
    return {"properties": properties}


def rule(**changes: Any) -> dict[str, Any]:
    return {"properties": {**SSH_RULE, **changes}}


def test_every_phrase_of_the_table_is_understood() -> None:
    assert len(catalogue.known_types()) >= 30
    assert catalogue.find("microsoft.storage/STORAGEACCOUNTS").name == "Microsoft.Storage/storageAccounts"


@pytest.mark.parametrize(
    ("body", "code", "target"),
    [
        (account(minimumTlsVersion="TLS1_4"), "InvalidRequestPropertyValue", "properties.minimumTlsVersion"),
        (account(supportsHttpsTrafficOnly="true"), "InvalidRequestPropertyValue", "properties.supportsHttpsTrafficOnly"),
        (account(minimumTLSVersion="TLS1_2"), "InvalidRequestContent", "properties.minimumTLSVersion"),
        (account(encryption={"requireInfrastructureEncryption": True}), "InvalidRequestPropertyValue", "properties.encryption.requireInfrastructureEncryption"),
        (account(isHnsEnabled=True), "InvalidRequestPropertyValue", "properties.isHnsEnabled"),
        (account(networkAcls={"defaultAction": "Deny", "ipRules": [{"value": "10.0.0.1"}]}), "InvalidRequestPropertyValue", "properties.networkAcls.ipRules[0].value"),
        (account(networkAcls={"defaultAction": "Deny", "ipRules": [{}]}), "InvalidRequestContent", "properties.networkAcls.ipRules[0].value"),
        (account(networkAcls={"defaultAction": "Deny", "ipRules": ["10.0.0.1"]}), "InvalidRequestContent", "properties.networkAcls.ipRules[0]"),
        (account(networkAcls="Deny"), "InvalidRequestPropertyValue", "properties.networkAcls"),
        (account(encryption={"keySource": "Microsoft.Keyvault"}), "InvalidRequestPropertyValue", "properties.encryption.keyvaultproperties"),
        ({"tags": {"a": 1}}, "InvalidRequestContent", "tags"),
        ({"properties": []}, "InvalidRequestContent", "properties"),
        ({"sku": {}}, "InvalidRequestContent", "sku.name"),
    ],
)  # fmt: skip
def test_an_account_refuses(wire: Wire, body: Any, code: str, target: str) -> None:
    answer = wire.patch(ACCOUNT, body)
    assert (answer.status, answer.code, answer.target) == (400, code, target)


def test_enum_words_are_taken_in_any_case_and_shown_in_azures(wire: Wire) -> None:
    assert (
        wire.patch(ACCOUNT, account(minimumTlsVersion="tls1_2")).body["properties"]["minimumTlsVersion"]
        == "TLS1_2"
    )
    assert wire.put(RULE, rule(protocol="tcp", access="ALLOW")).body["properties"]["protocol"] == "Tcp"


def test_read_only_properties_in_a_body_are_without_effect(wire: Wire) -> None:
    before = wire.get(ACCOUNT).body
    wire.patch(ACCOUNT, account(primaryEndpoints={"blob": "http://evil"}, provisioningState="Failed"))
    assert wire.get(ACCOUNT).body == before


def test_a_key_of_ones_own_needs_a_vault_with_purge_protection_and_an_identity(wire: Wire) -> None:
    made = wire.put(IDENTITY, {"location": "eastus"})
    assert set(made.body["properties"]) == {"tenantId", "principalId", "clientId"}
    key = {"keyname": "k", "keyvaulturi": "https://kv-phi.vault.azure.net", "keyversion": ""}
    body = {
        "identity": {"type": "UserAssigned", "userAssignedIdentities": {IDENTITY: {}}},
        "properties": {"encryption": {"keySource": "Microsoft.Keyvault", "keyvaultproperties": key}},
    }
    assert wire.patch(ACCOUNT, body).code == "KeyVaultPolicyError"
    assert wire.patch(VAULT, {"properties": {"enablePurgeProtection": True}}).status == 200
    done = wire.patch(ACCOUNT, body)
    assert done.status == 200
    assert (
        done.body["identity"]["userAssignedIdentities"][IDENTITY]["principalId"]
        == made.body["properties"]["principalId"]
    )
    body["identity"] = {"type": "UserAssigned", "userAssignedIdentities": {f"{IDENTITY}x": {}}}
    assert wire.patch(ACCOUNT, body).code == "FailedIdentityOperation"


def test_a_container_may_not_be_public_where_the_account_forbids_it(wire: Wire) -> None:
    container = f"{BLOB}/containers/records"
    assert wire.put(container, {"properties": {"publicAccess": "Container"}}).status == 201
    wire.patch(ACCOUNT, account(allowBlobPublicAccess=False))
    assert wire.get(container).body["properties"]["publicAccess"] == "Container"
    answer = wire.put(f"{BLOB}/containers/others", {"properties": {"publicAccess": "Blob"}})
    assert (answer.status, answer.code) == (409, "PublicAccessNotPermitted")
    assert wire.put(f"{BLOB}/containers/A_B", {}).code == "InvalidResourceName"


def test_soft_delete_takes_1_to_365_days_and_the_put_replaces(wire: Wire) -> None:
    kept = {"deleteRetentionPolicy": {"enabled": True, "days": 30}, "isVersioningEnabled": True}
    assert wire.put(BLOB, {"properties": kept}).status == 200
    days = {"deleteRetentionPolicy": {"enabled": True, "days": 366}}
    assert wire.put(BLOB, {"properties": days}).target == "properties.deleteRetentionPolicy.days"
    assert "isVersioningEnabled" not in wire.put(BLOB, {"properties": {}}).body["properties"]
    assert wire.put(f"{ACCOUNT}/blobServices/other", {"properties": {}}).code == "InvalidResourceName"
    assert wire.delete(BLOB).status == 405


def test_an_account_has_only_the_services_of_its_kind(wire: Wire) -> None:
    other = ACCOUNT.replace("phidata", "blobonly01")
    wire.put(other, {"location": "eastus", "kind": "BlobStorage", "sku": {"name": "Standard_LRS"}})
    assert set(wire.get(other).body["properties"]["primaryEndpoints"]) == {"blob"}
    assert wire.get(f"{other}/fileServices/default/shares").code == "FeatureNotSupportedForAccount"
    assert wire.get(f"{other}/blobServices/default/containers").body == {"value": []}


def test_an_immutability_policy_needs_if_match_and_is_for_good_once_locked(wire: Wire) -> None:
    wire.put(f"{BLOB}/containers/records", {})
    body = {"properties": {"immutabilityPeriodSinceCreationInDays": 2190}}
    made = wire.put(POLICY, body)
    assert made.body["properties"]["state"] == "Unlocked"
    assert wire.put(POLICY, body).status == 412
    etag = wire.put(POLICY, body, If_Match=made.body["etag"]).body["etag"]
    assert wire.send("POST", f"{POLICY}/lock", {}, If_Match=etag).body["properties"]["state"] == "Locked"
    assert (
        wire.delete(POLICY, If_Match=wire.get(POLICY).body["etag"]).code
        == "ContainerImmutabilityPolicyLocked"
    )
    assert wire.delete(ACCOUNT).code == "ContainerImmutabilityPolicyLocked"


def test_a_lifecycle_rule_needs_its_parts(wire: Wire) -> None:
    policy = f"{ACCOUNT}/managementPolicies/default"
    actions = {"baseBlob": {"delete": {"daysAfterModificationGreaterThan": 2190}}}
    one = {
        "name": "r",
        "type": "Lifecycle",
        "definition": {"actions": actions, "filters": {"blobTypes": ["blockBlob"]}},
    }
    assert wire.put(policy, {"properties": {"policy": {"rules": [one]}}}).status == 200
    one["definition"] = {"actions": actions, "filters": {}}
    answer = wire.put(policy, {"properties": {"policy": {"rules": [one]}}})
    assert answer.target == "properties.policy.rules[0].definition.filters.blobTypes"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"priority": 99}, "InvalidRequestPropertyValue"),
        ({"priority": 4097}, "InvalidRequestPropertyValue"),
        ({"priority": True}, "InvalidRequestPropertyValue"),
        ({"access": "Maybe"}, "InvalidRequestPropertyValue"),
        ({"direction": None}, "InvalidRequestContent"),
        ({"sourceAddress": "*"}, "InvalidRequestContent"),
        ({"sourceAddressPrefix": "10.0.0.300"}, "SecurityRuleInvalidAddressPrefix"),
        ({"destinationPortRange": "70000"}, "SecurityRuleInvalidPortRange"),
        ({"destinationPortRange": "30-20"}, "SecurityRuleInvalidPortRange"),
        ({"sourceAddressPrefix": None}, "SecurityRuleParameterMissing"),
        ({"sourceAddressPrefixes": ["10.0.0.0/8"]}, "InvalidRequestContent"),
    ],
)
def test_a_security_rule_refuses(wire: Wire, changes: dict[str, Any], code: str) -> None:
    answer = wire.put(RULE, rule(**changes))
    assert (answer.status, answer.code) == (400, code)


def test_two_rules_cannot_share_priority_and_direction(wire: Wire) -> None:
    other = f"{NSG}/securityRules/second"
    assert wire.put(other, rule()).code == "SecurityRuleConflict"
    assert wire.put(other, rule(direction="Outbound")).status == 201
    plural = rule(
        priority=200, sourceAddressPrefix=None, sourceAddressPrefixes=["VirtualNetwork", "10.0.0.0/8"]
    )
    assert wire.put(f"{NSG}/securityRules/third", plural).status == 201


def test_default_rules_are_read_only(wire: Wire) -> None:
    default = f"{NSG}/defaultSecurityRules"
    assert len(wire.get(default).body["value"]) == 6
    assert wire.get(f"{default}/DenyAllInBound").body["properties"]["priority"] == 65500
    assert wire.put(f"{default}/DenyAllInBound", rule()).status == 405


def test_flow_logs_need_their_target_and_account_and_are_not_made_for_groups(wire: Wire) -> None:
    wire.put(WATCHER, {"location": "eastus"})
    body = {
        "location": "eastus",
        "properties": {"targetResourceId": VNET, "storageId": ACCOUNT, "enabled": True},
    }
    assert (
        wire.put(FLOW_LOG, {"location": "eastus", "properties": {"storageId": ACCOUNT}}).code
        == "InvalidRequestContent"
    )
    assert (
        wire.put(
            FLOW_LOG, {**body, "properties": {**body["properties"], "targetResourceId": f"{VNET}x"}}
        ).code
        == "InvalidResourceReference"
    )
    assert (
        wire.put(FLOW_LOG, {**body, "properties": {**body["properties"], "targetResourceId": NSG}}).target
        == "properties.targetResourceId"
    )
    assert wire.put(FLOW_LOG, body).status == 201
    assert wire.put(FLOW_LOG.replace("vnet-flow", "again"), body).code == "Conflict"
    assert wire.patch(FLOW_LOG, {"tags": {"a": "b"}}).status == 200
    assert wire.patch(FLOW_LOG, {"properties": {"enabled": False}}).status == 400


@pytest.mark.parametrize(
    ("properties", "code"),
    [
        ({"logs": [LOG]}, "InvalidRequestContent"),
        ({"workspaceId": WORKSPACE}, "InvalidRequestContent"),
        ({"workspaceId": WORKSPACE, "logs": [{"category": "StorageRead"}]}, "InvalidRequestContent"),
        ({"workspaceId": WORKSPACE, "logs": [{"category": "Bogus", "enabled": True}]}, "InvalidRequestPropertyValue"),
        ({"workspaceId": f"{WORKSPACE}x", "logs": [LOG]}, "InvalidResourceReference"),
        ({"workspaceId": "law-audit", "logs": [LOG]}, "LinkedInvalidPropertyId"),
        ({"workspaceId": WORKSPACE, "logs": [{**LOG, "retentionPolicy": {"enabled": True, "days": 90}}]}, "InvalidRequestPropertyValue"),
        ({"workspaceId": WORKSPACE, "logs": [LOG, {"categoryGroup": "audit", "enabled": True}]}, "InvalidRequestContent"),
    ],
)  # fmt: skip
def test_a_diagnostic_setting_refuses(wire: Wire, properties: dict[str, Any], code: str) -> None:
    answer = wire.put(diagnostics(BLOB), {"properties": properties})
    assert (answer.status, answer.code) == (400, code)


def test_one_category_goes_to_one_sink_once_and_there_are_five_settings_at_most(wire: Wire) -> None:
    body = {"properties": {"workspaceId": WORKSPACE, "logs": [LOG]}}
    assert wire.put(diagnostics(BLOB, "one"), body).status == 200
    again = wire.put(diagnostics(BLOB, "two"), body)
    assert (again.status, again.code) == (409, "Conflict")
    assert wire.put(diagnostics(BLOB, "one"), body).status == 200
    off = {"properties": {"workspaceId": WORKSPACE, "logs": [{**LOG, "enabled": False}]}}
    for name in ("two", "three", "four", "five"):
        assert wire.put(diagnostics(BLOB, name), off).status == 200
    assert wire.put(diagnostics(BLOB, "six"), off).code == "Conflict"
    assert wire.patch(diagnostics(BLOB, "one"), body).status == 405
    assert len(wire.get(diagnostics(BLOB).rpartition("/")[0]).body["value"]) == 5
    assert wire.get(diagnostics(ACCOUNT).rpartition("/")[0]).body["value"] == []


def test_the_activity_log_has_diagnostic_settings_of_the_subscription(wire: Wire) -> None:
    logs = [{"category": one, "enabled": True} for one in ("Administrative", "Security", "Policy")]
    assert (
        wire.put(diagnostics(SUBSCRIPTION), {"properties": {"workspaceId": WORKSPACE, "logs": logs}}).status
        == 200
    )
    bad = {"properties": {"workspaceId": WORKSPACE, "logs": [LOG]}}
    assert wire.put(diagnostics(SUBSCRIPTION, "two"), bad).status == 400


def test_alerts_are_global_and_name_an_action_group(wire: Wire) -> None:
    group = f"{GROUP}/providers/Microsoft.Insights/actionGroups/security"
    alert = f"{GROUP}/providers/Microsoft.Insights/activityLogAlerts/nsg-write"
    assert (
        wire.put(
            group, {"location": "Global", "properties": {"groupShortName": "a" * 13, "enabled": True}}
        ).status
        == 400
    )
    assert (
        wire.put(
            group, {"location": "Global", "properties": {"groupShortName": "sec", "enabled": True}}
        ).status
        == 201
    )
    properties: dict[str, Any] = {
        "scopes": [SUBSCRIPTION],
        "condition": {"allOf": [{"field": "category", "equals": "Administrative"}]},
        "actions": {"actionGroups": [{"actionGroupId": group}]},
    }
    assert wire.put(alert, {"location": "eastus", "properties": properties}).target == "location"
    assert wire.put(alert, {"location": "global", "properties": properties}).status == 201
    assert wire.patch(alert, {"properties": {"enabled": False}}).body["properties"]["enabled"] is False
    assert wire.patch(alert, {"properties": {"scopes": []}}).status == 400


def test_a_workspace_keeps_30_to_730_days_and_its_tables_follow(wire: Wire) -> None:
    table = f"{WORKSPACE}/tables/AzureActivity"
    assert (
        wire.patch(WORKSPACE, {"properties": {"retentionInDays": 731}}).target == "properties.retentionInDays"
    )
    assert wire.patch(WORKSPACE, {"properties": {"retentionInDays": 365}}).status == 200
    assert wire.get(table).body["properties"]["retentionInDays"] == 365
    wire.patch(table, {"properties": {"retentionInDays": 90, "totalRetentionInDays": 2190}})
    shown = wire.get(table).body["properties"]
    assert (shown["retentionInDays"], shown["archiveRetentionInDays"], shown["retentionInDaysAsDefault"]) == (
        90,
        2100,
        False,
    )
    assert wire.patch(table, {"properties": {"totalRetentionInDays": 30}}).status == 400
    made = wire.put(WORKSPACE.replace("law-audit", "second"), {"location": "eastus"})
    assert (made.status, made.body["properties"]["retentionInDays"]) == (201, 30)


def test_role_and_principal_of_an_assignment_cannot_change(wire: Wire) -> None:
    id = assignment(SUBSCRIPTION, 1)
    same = {"roleDefinitionId": OWNER, "principalId": ALICE, "description": "reviewed"}
    assert wire.put(id, {"properties": same}).body["properties"]["description"] == "reviewed"
    for changed in ({**same, "roleDefinitionId": READER}, {**same, "principalId": BOB}):
        answer = wire.put(id, {"properties": changed})
        assert (answer.status, answer.code) == (409, "RoleAssignmentUpdateNotPermitted")
    assert wire.patch(id, {"properties": same}).status == 405
    assert wire.put(f"{id}x", {"properties": same}).code == "InvalidResourceName"
    ghost = OWNER.replace("8e3af657", "00000000")
    assert (
        wire.put(assignment(GROUP, 2), {"properties": {**same, "roleDefinitionId": ghost}}).code
        == "RoleDefinitionDoesNotExist"
    )


def test_a_custom_role_can_be_made_assigned_and_not_deleted_meanwhile(wire: Wire) -> None:
    role = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/c0ffee00-0000-4000-8000-000000000000"
    permissions = [{"actions": ["Microsoft.Storage/storageAccounts/read"], "notActions": []}]
    body = {
        "properties": {
            "roleName": "PHI reader",
            "permissions": permissions,
            "assignableScopes": [SUBSCRIPTION],
        }
    }
    assert wire.put(role, body).body["properties"]["type"] == "CustomRole"
    assert wire.put(role.replace("c0ffee00", "c0ffee01"), body).code == "RoleDefinitionWithSameNameExists"
    wire.put(assignment(GROUP, 2), {"properties": {"roleDefinitionId": role, "principalId": BOB}})
    assert wire.delete(role).code == "RoleDefinitionHasAssignments"
    wire.delete(assignment(GROUP, 2))
    assert wire.delete(role).status == 200
    assert wire.put(OWNER, body).status == 400


def test_purge_protection_of_a_vault_is_one_way(wire: Wire) -> None:
    assert wire.patch(VAULT, {"properties": {"enablePurgeProtection": True}}).status == 200
    assert wire.patch(VAULT, {"properties": {"enablePurgeProtection": False}}).status == 400
    body = {
        "location": "eastus",
        "properties": {"tenantId": ALICE, "sku": {"family": "A", "name": "standard"}},
    }
    assert wire.put(VAULT, body).body["properties"]["enablePurgeProtection"] is True
    made = VAULT.replace("kv-phi", "kv-two")
    assert wire.put(made, body).body["properties"]["softDeleteRetentionInDays"] == 90
    assert wire.patch(made, {"properties": {"softDeleteRetentionInDays": 7}}).status == 400


def test_recovery_vaults_have_states_without_return(wire: Wire) -> None:
    vault = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/backup"
    wire.put(vault, {"location": "eastus", "sku": {"name": "RS0"}})
    final = {"softDeleteSettings": {"softDeleteState": "AlwaysON", "softDeleteRetentionPeriodInDays": 14}}
    assert wire.patch(vault, {"properties": {"securitySettings": final}}).status == 200
    back = {"softDeleteSettings": {"softDeleteState": "Enabled"}}
    assert wire.patch(vault, {"properties": {"securitySettings": back}}).status == 400


def test_a_site_has_its_configuration_beside_it(wire: Wire) -> None:
    site = f"{GROUP}/providers/Microsoft.Web/sites/portal-01"
    config = {"minTlsVersion": "1.0", "ftpsState": "AllAllowed"}
    made = wire.put(site, {"location": "eastus", "properties": {"siteConfig": config}})
    assert made.body["properties"]["httpsOnly"] is False
    assert wire.get(f"{site}/config/web").body["properties"] == config
    changed = wire.patch(f"{site}/config/web", {"properties": {"minTlsVersion": "1.2"}})
    assert changed.body["properties"] == {"minTlsVersion": "1.2", "ftpsState": "AllAllowed"}
    assert wire.patch(f"{site}/config/web", {"properties": {"ftpsState": "Open"}}).status == 400


def test_defender_plans_and_policies_are_put_as_a_whole(wire: Wire) -> None:
    plan = f"{SUBSCRIPTION}/providers/Microsoft.Security/pricings/StorageAccounts"
    assert wire.put(plan, {"properties": {"pricingTier": "Gold"}}).status == 400
    assert (
        wire.put(plan, {"properties": {"pricingTier": "Standard", "subPlan": "DefenderForStorageV2"}}).status
        == 200
    )
    assert "subPlan" not in wire.put(plan, {"properties": {"pricingTier": "Free"}}).body["properties"]
    assert [one["name"] for one in wire.get(plan.rpartition("/")[0]).body["value"]] == ["StorageAccounts"]
    policy = f"{SUBSCRIPTION}/providers/Microsoft.Authorization/policyAssignments/hipaa"
    body = {"location": "eastus", "identity": {"type": "SystemAssigned"}, "properties": {"policyDefinitionId": "/providers/Microsoft.Authorization/policySetDefinitions/a169a624-5599-4385-a696-c8d643089fab", "enforcementMode": "DoNotEnforce"}}  # fmt: skip
    made = wire.put(policy, body)
    assert made.body["properties"]["scope"] == SUBSCRIPTION
    assert made.body["identity"]["principalId"]
