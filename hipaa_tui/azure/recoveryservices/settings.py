"""By whose key the backups of a Recovery Services vault are encrypted.

There is no way back to Azure's own key, and only a vault that never held a backup can change
(Microsoft.RecoveryServices 2025-02-01,
https://learn.microsoft.com/azure/backup/encryption-at-rest-with-cmk). The second layer of encryption can
be chosen only with the first key, so what the vault has of it is kept.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.declared import Declared
from hipaa_tui.azure.keyvault.keys import key_of
from hipaa_tui.azure.resource_types import ArmType, parts
from hipaa_tui.providers.model import Call, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json, at

VERSION: Final = "2025-02-01"


class RecoveryVaults(ArmType):
    name = "Microsoft.RecoveryServices/vaults"
    title = "Recovery Services vault"
    version = VERSION


def identity_of(vault: Mapping[str, Any]) -> dict[str, Json]:
    """What the cloud assigned to a vault, and what a Terraform block of it needs."""
    found = parts(str(vault["id"]))
    properties = vault.get("properties") or {}
    kept = (
        "encryption",
        "publicNetworkAccess",
        "redundancySettings",
        "securitySettings",
        "monitoringSettings",
    )
    return {
        "id": vault["id"],
        "name": found.name,
        "resourceGroup": found.group,
        "subscription": found.subscription,
        "location": vault.get("location", ""),
        "sku": (vault.get("sku") or {}).get("name", ""),
        "tags": vault.get("tags") or {},
        "identity": vault.get("identity"),
        "properties": {key: properties[key] for key in kept if key in properties},
    }


class VaultEncryption(Declared):
    """{"keyVaultProperties": {"keyUri"}, "kekIdentity": {"useSystemAssignedIdentity"} or {"userAssignedIdentity"},
    "infrastructureEncryption"?}, ABSENT where Azure's own key encrypts the backups.
    """

    id = "azure.recoveryservices.vault-encryption"
    title = "Encryption key of backups"
    resource = RecoveryVaults.name
    version = VERSION
    place = "properties.encryption"
    members = ("keyVaultProperties", "kekIdentity", "infrastructureEncryption")
    settle_seconds = 600.0
    retry_codes = ("UserErrorCMKKeyVaultAuthFailure",)
    irreversible = (
        "the vault can never go back to a key of Azure's: whoever loses the key loses every backup in it"
    )
    terraform = ("azurerm_recovery_services_vault",)

    def value(self, found: Mapping[str, Any]) -> Json:
        encryption = at(found, self.place) or {}
        return dict(encryption) if at(encryption, "keyVaultProperties.keyUri") else ABSENT

    def identity_of(self, target: Target, found: Mapping[str, Any]) -> dict[str, Json]:
        return identity_of(found)

    def changes(self, before: Reading, after: Json) -> Json:
        return {} if self.same(before.value, after) else after

    def remove(self, target: Target, before: Reading) -> list[Call]:
        raise ValueError("a Recovery Services vault cannot go back to a key of Azure's")

    def canonical(self, value: Json) -> Json:
        identity = value.get("kekIdentity") or {}
        return {
            "key": str((value.get("keyVaultProperties") or {}).get("keyUri", "")).rstrip("/").lower(),
            "system": bool(identity.get("useSystemAssignedIdentity")),
            "user": str(identity.get("userAssignedIdentity") or "").lower(),
        }

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        # From one key to another there is a way back; from Azure's own there is none.
        return self.irreversible if before is ABSENT else ""


def with_backup_key(current: Json, wanted: Json) -> Json:
    """Encryption by the key that `key_id` (of ARM) names, asked for by the vault's own identity."""
    key = key_of(str(wanted.get("key_id", "")), str(wanted.get("partition") or "AzureCloud"))
    layer = (current or {}).get("infrastructureEncryption")
    return {
        "keyVaultProperties": {"keyUri": key.uri},
        "kekIdentity": {"useSystemAssignedIdentity": True},
        **({"infrastructureEncryption": layer} if layer else {}),
    }


RESOURCE_TYPES = (RecoveryVaults(),)
SETTINGS = (VaultEncryption(),)
BUILDERS = {"with_backup_key": with_backup_key}
