"""How a key vault is kept from being destroyed, who decides about access to it, and who reaches it.

Each setting is a few fields of the vault, changed by PATCH with only those that differ
(Microsoft.KeyVault 2024-11-01): a PUT would replace the vault's whole configuration, its access policies
included. `networkAcls` is one value: a PATCH that names it replaces all of it.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.declared import Declared
from hipaa_tui.azure.resource_types import ArmType, parts
from hipaa_tui.providers.model import Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json

VERSION: Final = "2024-11-01"
DEFAULT_DAYS: Final = 90
"""Days that a deleted vault is kept where it does not say."""
_PRIVATE: Final = tuple(
    # RFC 1918: refused in IP rules, https://learn.microsoft.com/azure/key-vault/general/network-security
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)
_CONTEXT: Final = (
    # What a Terraform block of the vault needs besides, and what a guard looks at. None of it is a secret.
    "accessPolicies",
    "enablePurgeProtection",
    "enableRbacAuthorization",
    "enabledForDeployment",
    "enabledForDiskEncryption",
    "enabledForTemplateDeployment",
    "networkAcls",
    "publicNetworkAccess",
    "sku",
    "softDeleteRetentionInDays",
    "tenantId",
    "vaultUri",
)


class Vaults(ArmType):
    name = "Microsoft.KeyVault/vaults"
    title = "Key vault"
    version = VERSION


def identity_of(vault: Mapping[str, Any]) -> dict[str, Json]:
    """What the cloud assigned to a vault, and what a Terraform block of it needs.

    `privateEndpoints` are the endpoint connections as {"id", "status"}.
    """
    found = parts(str(vault["id"]))
    properties = vault.get("properties") or {}
    return {
        "id": vault["id"],
        "name": found.name,
        "resourceGroup": found.group,
        "subscription": found.subscription,
        "location": vault.get("location", ""),
        "tags": vault.get("tags") or {},
        "privateEndpoints": [_connection(one) for one in properties.get("privateEndpointConnections") or []],
        "properties": {key: properties[key] for key in _CONTEXT if key in properties},
    }


def _connection(one: Mapping[str, Any]) -> dict[str, str]:
    state = (one.get("properties") or {}).get("privateLinkServiceConnectionState") or {}
    return {"id": str(one.get("id", "")), "status": str(state.get("status", ""))}


class _VaultSetting(Declared):
    """Members of the vault's properties."""

    resource = Vaults.name
    version = VERSION
    settle_seconds = 60.0
    terraform = ("azurerm_key_vault",)

    def identity_of(self, target: Target, found: Mapping[str, Any]) -> dict[str, Json]:
        return identity_of(found)


class PurgeProtection(_VaultSetting):
    """Whether a deleted vault, and what is deleted in it, is kept until its days are over.

    `softDeleteRetentionInDays` is fixed when the vault is made; it is shown, and neither written nor compared.
    https://learn.microsoft.com/azure/key-vault/general/soft-delete-overview
    """

    id = "azure.keyvault.purge-protection"
    title = "Purge protection"
    irreversible = (
        "soft delete and purge protection cannot be turned off again: once deleted, the vault, its name and "
        "what it holds stay for the days of its retention (7 to 90), and nobody can free the name sooner"
    )
    unset = {
        "enableSoftDelete": False,
        "enablePurgeProtection": False,
        "softDeleteRetentionInDays": DEFAULT_DAYS,
    }

    def canonical(self, value: Json) -> Json:
        return {key: value.get(key, False) for key in ("enableSoftDelete", "enablePurgeProtection")}

    def changes(self, before: Reading, after: Json) -> Json:
        old, new = self.canonical(before.value or {}), self.canonical(after)
        for key, value in new.items():
            if old[key] and not value:
                raise ValueError(f"{key} of a key vault cannot be turned off again")
        if new["enablePurgeProtection"] and not new["enableSoftDelete"]:
            raise ValueError("purge protection takes effect only together with soft delete")
        return super().changes(before, after)

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        if before is not ABSENT and self.same(before, after):
            return ""
        days = (before or {}).get("softDeleteRetentionInDays", DEFAULT_DAYS)
        return (
            "soft delete and purge protection cannot be turned off again: once deleted, the vault, its name "
            f"and what it holds stay for {days} days, and nobody can free the name sooner"
        )


class Authorization(_VaultSetting):
    """Whether role assignments decide about keys, secrets and certificates, or the vault's access policies.

    The other of the two is kept and ignored, so the way back finds the policies as they were.
    """

    id = "azure.keyvault.authorization"
    title = "Permission model"
    settle_seconds = 120.0
    unset = {"enableRbacAuthorization": False}


class Network(_VaultSetting):
    """From where the vault is reached: its public endpoint, and the firewall in front of that."""

    id = "azure.keyvault.network"
    title = "Network access"
    unset = {
        "publicNetworkAccess": "Enabled",
        "networkAcls": {
            "bypass": "AzureServices",
            "defaultAction": "Allow",
            "ipRules": [],
            "virtualNetworkRules": [],
        },
    }

    def canonical(self, value: Json) -> Json:
        rules = {**self.unset["networkAcls"], **(value.get("networkAcls") or {})}
        return {
            "publicNetworkAccess": str(value.get("publicNetworkAccess") or "Enabled").capitalize(),
            "networkAcls": {
                "bypass": rules["bypass"] or "AzureServices",
                "defaultAction": rules["defaultAction"] or "Allow",
                "ipRules": sorted({_network(str(one["value"])) for one in rules["ipRules"] or []}),
                "virtualNetworkRules": sorted(
                    {str(one["id"]).lower() for one in rules["virtualNetworkRules"] or []}
                ),
            },
        }


def _network(text: str) -> str:
    """Azure writes a single address as a range of one."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text.lower()


def with_vault_firewall(current: Json, wanted: Json) -> Json:
    """The current network access with the default closed, and `allowed` let in besides who is already.

    `allowed` are CIDRs and `subnets` ids, both optional; `public` False closes the public endpoint as well.
    Trusted services of Azure keep the way that they have. ValueError for a range that a firewall of a vault
    does not take.
    """
    before = {**Network.unset["networkAcls"], **((current or {}).get("networkAcls") or {})}
    ranges = list(before["ipRules"] or [])
    known = {_network(str(one["value"])) for one in ranges}
    for text in wanted.get("allowed") or []:
        network = ipaddress.ip_network(text)
        if network.version != 4 or any(network.overlaps(one) for one in _PRIVATE):
            raise ValueError(f"{text}: the firewall of a key vault takes public IPv4 ranges only")
        if str(network) not in known:
            ranges.append({"value": str(network)})
    public = (current or {}).get("publicNetworkAccess", "Enabled")
    return {
        "publicNetworkAccess": public if wanted.get("public", True) else "Disabled",
        "networkAcls": {**before, "defaultAction": "Deny", "ipRules": ranges},
    }


RESOURCE_TYPES = (Vaults(),)
SETTINGS = (PurgeProtection(), Authorization(), Network())
BUILDERS = {"with_vault_firewall": with_vault_firewall}
