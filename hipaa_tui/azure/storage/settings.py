"""How a storage account is spoken to and by whom: transport encryption and anonymous access.

Both settings are single fields of the account, changed by PATCH with only the fields that differ
(Microsoft.Storage 2025-08-01): a PUT would replace the account's whole configuration.
Support for TLS 1.0 and 1.1 ended on 3 February 2026. The API still takes such a value, so a rollback
writes it back, but clients that need it stay locked out.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.declared import Declared
from hipaa_tui.azure.resource_types import ArmType, parts
from hipaa_tui.providers.model import Target
from hipaa_tui.support.json_value import Json

VERSION: Final = "2025-08-01"
_TLS: Final = ("TLS1_0", "TLS1_1", "TLS1_2", "TLS1_3")
_TERRAFORM: Final = (
    # Fields that azurerm_storage_account would reset if a rendered block left them out.
    "accessTier",
    "allowBlobPublicAccess",
    "allowCrossTenantReplication",
    "allowSharedKeyAccess",
    "defaultToOAuthAuthentication",
    "encryption",
    "isHnsEnabled",
    "isLocalUserEnabled",
    "isNfsV3Enabled",
    "isSftpEnabled",
    "largeFileSharesState",
    "minimumTlsVersion",
    "networkAcls",
    "publicNetworkAccess",
    "supportsHttpsTrafficOnly",
)


class StorageAccounts(ArmType):
    name = "Microsoft.Storage/storageAccounts"
    title = "Storage account"
    version = VERSION
    also_means = ("Microsoft.Storage/storageAccounts/blobServices",)


def identity_of(account: Mapping[str, Any]) -> dict[str, Json]:
    """What the cloud assigned to an account, and what a Terraform block of it needs.

    `accountTier` and `replication` are the halves of the SKU's name ("Standard_LRS"); `properties`
    holds the account's other flags as the wire has them, none of them a secret.
    """
    found = parts(str(account["id"]))
    tier, _, replication = str((account.get("sku") or {}).get("name", "")).partition("_")
    properties = account.get("properties") or {}
    return {
        "id": account["id"],
        "name": found.name,
        "resourceGroup": found.group,
        "subscription": found.subscription,
        "location": account.get("location", ""),
        "accountTier": tier,
        "replication": replication,
        "kind": account.get("kind", ""),
        "tags": account.get("tags") or {},
        "identity": account.get("identity"),
        "properties": {key: properties[key] for key in _TERRAFORM if key in properties},
    }


class AccountSetting(Declared):
    """Members of a storage account's properties."""

    resource = StorageAccounts.name
    version = VERSION
    terraform: tuple[str, ...] = ("azurerm_storage_account",)

    def identity_of(self, target: Target, found: Mapping[str, Any]) -> dict[str, Json]:
        return identity_of(found)


class Transport(AccountSetting):
    """Whether plain HTTP is refused, and the oldest TLS that is accepted.

    Both missing is what accounts made before 2019 and 2020 have: HTTP is let in, and TLS 1.0.
    """

    id = "azure.storage.transport"
    title = "Secure transfer"
    unset = {"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_0"}


class BlobPublicAccess(AccountSetting):
    """Whether a container may be opened to anonymous readers. The containers' own levels are kept.

    An account where it was never set (made before December 2023) lets its containers be opened.
    """

    id = "azure.storage.blob-public-access"
    title = "Anonymous access to blobs"
    unset = {"allowBlobPublicAccess": True}


def with_transport(current: Json, least: Json) -> Json:
    """`least` laid over the current transport, but never an older TLS than the one already asked for.

    ValueError where `least` names a TLS version that there is not.
    """
    wanted = {**(current or {}), **least}
    versions = [
        str(value["minimumTlsVersion"]) for value in (current or {}, least) if "minimumTlsVersion" in value
    ]
    unknown = [version for version in versions if version not in _TLS]
    if unknown:
        raise ValueError(f"{unknown[0]} is not a TLS version of Azure Storage; it has {', '.join(_TLS)}")
    if versions:
        wanted["minimumTlsVersion"] = max(versions, key=_TLS.index)
    return wanted


RESOURCE_TYPES = (StorageAccounts(),)
SETTINGS = (Transport(), BlobPublicAccess())
BUILDERS = {"with_transport": with_transport}
