"""A key vault with a key, an account and a recovery vault that could use it: what tests of keys start from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.planned_state import Overlay
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange
from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import setting
from tests.azure.server import ACCOUNT, GROUP, SCOPE, azure, resource, storage_account, target

TENANT = "7e4a1c00-0000-4000-8000-000000000001"
VAULT = f"{GROUP}/providers/Microsoft.KeyVault/vaults/clinic-keys"
KEY = f"{VAULT}/keys/records"
RECOVERY = f"{GROUP}/providers/Microsoft.RecoveryServices/vaults/nightly"
KEY_URI = "https://clinic-keys.vault.azure.net/keys/records"
ADMINISTRATOR = "00482a5a-887f-4fb3-b363-3b7fe8e74483"
SECRETS_USER = "4633458b-17de-408a-b874-0445c86b69e6"
PURGE, MODEL, NETWORK = (
    "azure.keyvault.purge-protection",
    "azure.keyvault.authorization",
    "azure.keyvault.network",
)
OWN_KEY = "azure.storage.customer-managed-key"
STORAGE_IDENTITY = "azure.storage.system-identity"
BACKUP_KEY = "azure.recoveryservices.vault-encryption"
RECOVERY_IDENTITY = "azure.recoveryservices.system-identity"


def vault(id: str = VAULT, *, tags: dict[str, str] | None = None, **properties: Any) -> dict[str, Any]:
    """A vault of the kind that audits find: deletable at once, open to every address, with access policies."""
    return resource(
        id,
        location="eastus",
        tags=tags or {"team": "records"},
        properties={
            "tenantId": TENANT,
            "sku": {"family": "A", "name": "standard"},
            "accessPolicies": [],
            "enableSoftDelete": True,
            "softDeleteRetentionInDays": 30,
            "vaultUri": f"https://{id.rpartition('/')[2]}.vault.azure.net/",
            **properties,
        },
    )


def ready_vault(**properties: Any) -> dict[str, Any]:
    """A vault whose keys may be used to encrypt data by."""
    return vault(**{"enablePurgeProtection": True, "enableRbacAuthorization": True, **properties})


def key(id: str = KEY, *, attributes: dict[str, Any] | None = None, **properties: Any) -> dict[str, Any]:
    """An RSA key as ARM shows it: without anything secret."""
    return resource(
        id,
        properties={
            "kty": "RSA",
            "keySize": 3072,
            "keyOps": ["wrapKey", "unwrapKey"],
            "attributes": {"enabled": True, **(attributes or {})},
            "keyUri": KEY_URI,
            **properties,
        },
    )


def policy(principal: str, **permissions: list[str]) -> dict[str, Any]:
    """An access policy of a vault."""
    return {"tenantId": TENANT, "objectId": principal, "permissions": permissions}


def endpoint(status: str = "Approved") -> dict[str, Any]:
    """A private endpoint connection of a vault."""
    return {
        "id": f"{VAULT}/privateEndpointConnections/pe",
        "properties": {"privateLinkServiceConnectionState": {"status": status}},
    }


def role(
    guid: str, number: int, principal: str, kind: str = "User", *, scope: str = VAULT, **more: Any
) -> Any:
    """An assignment of any role."""
    return resource(
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{number:08d}-0000-4000-8000-000000000000",
        properties={
            "roleDefinitionId": f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{guid}",
            "principalId": principal,
            "principalType": kind,
            "scope": scope,
            **more,
        },
    )


def account(principal: str = "", **properties: Any) -> dict[str, Any]:
    """A storage account, with an identity of its own where `principal` names one."""
    found = storage_account(ACCOUNT, **properties)
    if principal:
        found["identity"] = {"type": "SystemAssigned", "principalId": principal, "tenantId": TENANT}
    return found


def recovery_vault(principal: str = "", location: str = "eastus", **properties: Any) -> dict[str, Any]:
    """A Recovery Services vault."""
    found = resource(RECOVERY, location=location, sku={"name": "RS0"}, properties=properties)
    if principal:
        found["identity"] = {"type": "SystemAssigned", "principalId": principal, "tenantId": TENANT}
    return found


def verdict(
    guard: str, *resources: Mapping[str, Any], drafts: Sequence[tuple[str, str, Any]], **arguments: Any
) -> tuple[Outcome, str]:
    """What a guard says of changes (setting, target id, after), each laid over what stands there as a planning
    does. A callable `after` is given what stands there."""
    with azure(*resources) as cloud:
        overlay = Overlay(SettingReader({"azure": cloud}))
        changes = []
        for number, (id, where, after) in enumerate(drafts):
            one, aim = setting(id), target(where)
            reading = overlay(id, aim)
            wanted = after(reading.value) if callable(after) else after
            sure = {**reading.identity, **one.planned_identity(aim, wanted)}
            overlay.plan(f"c{number}", id, aim, reading, Reading(wanted, sure))
            changes.append(PlannedChange(id, aim, reading.value, wanted))
        return guards()[0][guard](GuardContext(cloud, changes[-1].target, changes, {}, arguments, overlay))
