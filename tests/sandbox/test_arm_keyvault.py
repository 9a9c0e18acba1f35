"""The sandbox refuses around keys what Azure refuses: use without a right, and a change of who decides."""

from __future__ import annotations

from typing import Any

import pytest

from tests.sandbox.arm_harness import ACCOUNT, GROUP, SUBSCRIPTION, VAULT, Wire

KEY = f"{VAULT}/keys/records"
RECOVERY = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/backup"
ROLE = (
    f"{KEY}/providers/Microsoft.Authorization/roleAssignments/00000009-0000-4000-8000-000000000000",
    f"{SUBSCRIPTION}/providers/Microsoft.Authorization/roleDefinitions/e147488a-f6f5-4113-8e2d-b22465e65bf6",
)
BY_KEY = {
    "properties": {
        "encryption": {
            "keySource": "Microsoft.Keyvault",
            "keyvaultproperties": {"keyname": "records", "keyvaulturi": "https://kv-phi.vault.azure.net"},
        }
    }
}
BACKUPS = {
    "properties": {
        "encryption": {
            "keyVaultProperties": {"keyUri": "https://kv-phi.vault.azure.net/keys/records"},
            "kekIdentity": {"useSystemAssignedIdentity": True},
        }
    }
}


@pytest.fixture
def principal(wire: Wire) -> Any:
    """The identity of an account that has everything but a right to use the key."""
    assert wire.put(KEY, {"properties": {"kty": "RSA"}}).status == 200
    wire.patch(VAULT, {"properties": {"enablePurgeProtection": True}})
    done = wire.patch(ACCOUNT, {"identity": {"type": "SystemAssigned"}})
    return done.body["identity"]["principalId"]


def grant(wire: Wire, principal: Any) -> None:
    body = {"roleDefinitionId": ROLE[1], "principalId": principal, "principalType": "ServicePrincipal"}
    assert wire.put(ROLE[0], {"properties": body}).status == 201


def test_a_key_says_what_it_is_and_nothing_secret(wire: Wire, principal: Any) -> None:
    key = wire.get(KEY).body["properties"]
    assert key["keyUri"] == "https://kv-phi.vault.azure.net/keys/records"
    assert (key["kty"], key["keySize"], key["attributes"]["enabled"]) == ("RSA", 2048, True)
    assert wire.patch(KEY, {"properties": {}}).status == 405
    assert wire.delete(KEY).status == 405


def test_roles_count_only_where_roles_decide(wire: Wire, principal: Any) -> None:
    grant(wire, principal)
    assert wire.patch(ACCOUNT, BY_KEY).code == "KeyVaultAuthenticationFailure"
    wire.patch(VAULT, {"properties": {"enableRbacAuthorization": True}})
    assert wire.patch(ACCOUNT, BY_KEY).status == 200


def test_access_policies_count_only_where_they_decide(wire: Wire, principal: Any) -> None:
    tenant = wire.get(VAULT).body["properties"]["tenantId"]
    policy = {
        "tenantId": tenant, "objectId": principal, "permissions": {"keys": ["get", "wrapKey", "unwrapKey"]},
    }  # fmt: skip
    wire.patch(VAULT, {"properties": {"accessPolicies": [policy]}})
    assert wire.patch(ACCOUNT, BY_KEY).status == 200
    wire.patch(ACCOUNT, {"properties": {"encryption": {"keySource": "Microsoft.Storage"}}})
    wire.patch(VAULT, {"properties": {"enableRbacAuthorization": True}})
    assert wire.patch(ACCOUNT, BY_KEY).code == "KeyVaultAuthenticationFailure"


def test_a_disabled_key_serves_nobody(wire: Wire, principal: Any) -> None:
    grant(wire, principal)
    wire.patch(VAULT, {"properties": {"enableRbacAuthorization": True}})
    wire.put(KEY, {"properties": {"kty": "RSA", "attributes": {"enabled": False}}})
    assert wire.patch(ACCOUNT, BY_KEY).code == "KeyVaultAuthenticationFailure"


def test_backups_take_a_key_only_while_nothing_is_protected(wire: Wire, principal: Any) -> None:
    wire.put(RECOVERY, {"location": "eastus", "sku": {"name": "RS0"}, "identity": {"type": "SystemAssigned"}})
    assert wire.patch(RECOVERY, BACKUPS).code == "UserErrorCMKKeyVaultAuthFailure"
    grant(wire, wire.get(RECOVERY).body["identity"]["principalId"])
    wire.patch(VAULT, {"properties": {"enableRbacAuthorization": True}})
    item = f"{RECOVERY}/backupProtectedItems/vm1"
    assert wire.put(item, {"properties": {}}).status in {200, 201}
    assert wire.patch(RECOVERY, BACKUPS).code == "InvalidRequestPropertyValue"
    wire.delete(item)
    assert wire.patch(RECOVERY, BACKUPS).status == 200
    assert wire.patch(RECOVERY, {"properties": {"encryption": {}}}).code == "InvalidRequestPropertyValue"


def test_who_may_not_assign_roles_may_not_change_who_decides(wire: Wire) -> None:
    state = wire.hook("GET", "state")
    state["permissions"] = {
        SUBSCRIPTION: [{"actions": ["*"], "notActions": ["Microsoft.Authorization/*/Write"]}],
    }
    wire.hook("PUT", "state", state)
    flip = {"properties": {"enableRbacAuthorization": True}}
    assert wire.patch(VAULT, flip).code == "InsufficientPermissions"
    same = {"properties": {"enableRbacAuthorization": False, "enabledForDeployment": True}}
    assert wire.patch(VAULT, same).status == 200
