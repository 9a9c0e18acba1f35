"""By whose key a storage account is encrypted: Azure's own, or one of the customer's in a key vault.

The data is encrypted either way; the key in the vault wraps the account's own. So the switch, and the way
back, rewrite nothing, but the account cannot be read while the key cannot be reached. The key must
outlive the way back (https://learn.microsoft.com/azure/storage/common/customer-managed-keys-overview).
A PATCH replaces `encryption` whole, so what the account has of it is sent along.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.keyvault.keys import key_of
from hipaa_tui.azure.storage.settings import AccountSetting
from hipaa_tui.providers.model import Reading, Target
from hipaa_tui.support.json_value import Json, at

OWN_KEY: Final = "Microsoft.Keyvault"
AZURE_KEY: Final = "Microsoft.Storage"
_CHOSEN: Final = ("keyname", "keyvaulturi", "keyversion")
_KEPT: Final = ("services", "requireInfrastructureEncryption")


def uses_key_vault(value: Json) -> bool:
    """Does the value name a key in a vault?"""
    return str(at(value, "keySource")).lower() == OWN_KEY.lower()


class CustomerManagedKey(AccountSetting):
    """{"keySource", "keyvaultproperties": {"keyname", "keyvaulturi", "keyversion"?},
    "identity": {"userAssignedIdentity"?, "federatedIdentityClientId"?}}

    Without a version the account follows the key's rotation; without a user-assigned identity it asks as
    itself.
    """

    id = "azure.storage.customer-managed-key"
    title = "Encryption key"
    place = "properties.encryption"
    members = ("keySource", "keyvaultproperties", "identity")
    settle_seconds = 600.0
    # A role assignment takes up to ten minutes to be heard of by the vault.
    retry_codes = ("KeyVaultAuthenticationFailure",)
    terraform = ("azurerm_storage_account_customer_managed_key",)

    def value(self, found: Mapping[str, Any]) -> Json:
        encryption = at(found, self.place) or {}
        value: dict[str, Json] = {"keySource": encryption.get("keySource") or AZURE_KEY}
        if uses_key_vault(value):
            key = encryption.get("keyvaultproperties") or {}
            value["keyvaultproperties"] = {name: key[name] for name in _CHOSEN if key.get(name)}
            if encryption.get("identity"):
                value["identity"] = {k: v for k, v in encryption["identity"].items() if v}
        return value

    def identity_of(self, target: Target, found: Mapping[str, Any]) -> dict[str, Json]:
        encryption = at(found, self.place) or {}
        kept = {key: item for key, item in encryption.items() if key in _KEPT}
        return {**super().identity_of(target, found), "encryption": kept}

    def changes(self, before: Reading, after: Json) -> Json:
        if self.same(before.value, after):
            return {}
        kept = dict(before.identity.get("encryption") or {})
        if kept.get("services"):
            kept["services"] = {name: _plain(one) for name, one in kept["services"].items() if one}
        return {**kept, **after} if uses_key_vault(after) else {**kept, "keySource": AZURE_KEY}

    def canonical(self, value: Json) -> Json:
        if not uses_key_vault(value):
            return {"keySource": AZURE_KEY}
        key = value.get("keyvaultproperties") or {}
        identity = value.get("identity") or {}
        return {
            "keySource": OWN_KEY,
            "vault": str(key.get("keyvaulturi", "")).rstrip("/").lower(),
            "key": str(key.get("keyname", "")).lower(),
            "version": str(key.get("keyversion") or ""),
            "identity": str(identity.get("userAssignedIdentity") or "").lower(),
            "client": str(identity.get("federatedIdentityClientId") or "").lower(),
        }


def _plain(service: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in service.items() if key != "lastEnabledTime"}


def with_customer_key(_current: Json, wanted: Json) -> Json:
    """Encryption by the key that `key_id` (of ARM) names, asked for by the account's own identity."""
    key = key_of(str(wanted.get("key_id", "")), str(wanted.get("partition") or "AzureCloud"))
    return {
        "keySource": OWN_KEY,
        "keyvaultproperties": {"keyname": key.name, "keyvaulturi": key.vault_uri},
    }


SETTINGS = (CustomerManagedKey(),)
BUILDERS = {"with_customer_key": with_customer_key}
