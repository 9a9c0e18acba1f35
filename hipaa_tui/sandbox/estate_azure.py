"""Builds the Azure subscription that the demo remediates: the part of the health retailer that grew on Azure.

The same company as in estate_aws: the portal's front, the claims team's storage, what both share. Here too
some of it is wrong, some is right already, and some is open on purpose.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from hipaa_tui.providers.model import Call, Cloud
from hipaa_tui.support.json_value import Json

SUBSCRIPTION: Final = "8f0c4d2e-6b1a-4e57-9c3d-5a7e21b0d946"
SUBSCRIPTION_NAME: Final = "Meridian Health Market"
TENANT: Final = "3c1d9a70-52be-4f6b-8e0d-94f7b6a1c258"
LOCATION: Final = "eastus"
SCOPE: Final = f"/subscriptions/{SUBSCRIPTION}"
PORTAL: Final = f"{SCOPE}/resourceGroups/rg-portal-prod"
CLAIMS: Final = f"{SCOPE}/resourceGroups/rg-claims"
SHARED: Final = f"{SCOPE}/resourceGroups/rg-shared"
PORTAL_STORAGE: Final = f"{PORTAL}/providers/Microsoft.Storage/storageAccounts/meridianportal"
CLAIMS_STORAGE: Final = f"{CLAIMS}/providers/Microsoft.Storage/storageAccounts/meridianclaims"
AUDIT_STORAGE: Final = f"{SHARED}/providers/Microsoft.Storage/storageAccounts/meridianaudit"
"""The one account that is kept as all of them should be."""
WORKSPACE: Final = f"{SHARED}/providers/Microsoft.OperationalInsights/workspaces/meridian-logs"
NETWORK: Final = f"{PORTAL}/providers/Microsoft.Network"
VAULT: Final = f"{CLAIMS}/providers/Microsoft.KeyVault/vaults/kv-meridian-claims"
LEGACY_DEPLOY: Final = "c47d1f3a-88e5-4b0c-a6d2-07f9e1b35c84"
"""Object id of the service principal that deployed everything once."""
_HEAD_OF_PLATFORM: Final = "1b6e40d9-f2a7-4c58-b913-6d0e5a8c7f21"
_BREAK_GLASS: Final = "9e2f7c05-31d4-4a8b-8c6f-e5b0a19d7243"
_CLAIMS_TEAM: Final = "64a8b1ce-0d97-4f32-95e1-c2f7d8036b5a"
_OWNER: Final = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
_CONTRIBUTOR: Final = "b24988ac-6180-42a0-ab88-20f7382dd24c"
_VERSIONS: Final = {
    "Microsoft.Resources": "2025-04-01",
    "Microsoft.Storage": "2025-08-01",
    "Microsoft.OperationalInsights": "2025-07-01",
    "Microsoft.Insights": "2021-05-01-preview",
    "Microsoft.Network": "2025-07-01",
    "Microsoft.KeyVault": "2024-11-01",
    "Microsoft.ManagedIdentity": "2024-11-30",
    "Microsoft.Authorization": "2022-04-01",
}
_CLINICAL: Final = {"data-class": "phi"}


def seed(cloud: Cloud, step: Callable[[str], None] = lambda _: None) -> None:
    """Build all of it in an empty subscription. `step` hears each part's name. Raises CloudError."""
    for name, build in PARTS:
        step(name)
        build(cloud)


def _put(cloud: Cloud, id: str, properties: Json = None, **more: Json) -> None:
    """Create the resource; its type follows from its id."""
    namespace = (
        id.rpartition("/providers/")[2].split("/")[0] if "/providers/" in id else "Microsoft.Resources"
    )
    body = {**more, **({} if properties is None else {"properties": properties})}
    arguments = {"path": id, "api_version": _VERSIONS[namespace], "body": body}
    cloud.call(Call("azure", namespace, "PUT", arguments))


def _groups(cloud: Cloud) -> None:
    for group, team in ((PORTAL, "portal"), (CLAIMS, "claims"), (SHARED, "platform")):
        _put(cloud, group, location=LOCATION, tags={"team": team, "company": "meridian"})


def _logs(cloud: Cloud) -> None:
    _put(cloud, WORKSPACE, {"sku": {"name": "PerGB2018"}, "retentionInDays": 365}, location=LOCATION)


def _storage(cloud: Cloud) -> None:
    portal = {"supportsHttpsTrafficOnly": False, "minimumTlsVersion": "TLS1_0", "allowBlobPublicAccess": True}
    _account(cloud, PORTAL_STORAGE, portal, {"team": "portal"}, days=0)
    _put(cloud, f"{PORTAL_STORAGE}/blobServices/default/containers/store-flyers", {"publicAccess": "Blob"})
    _put(cloud, f"{PORTAL_STORAGE}/blobServices/default/containers/uploads", {"publicAccess": "None"})
    claims = {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_1", "allowBlobPublicAccess": True}
    _account(cloud, CLAIMS_STORAGE, claims, {"team": "claims", **_CLINICAL}, days=7)
    _put(cloud, f"{CLAIMS_STORAGE}/blobServices/default/containers/outgoing", {"publicAccess": "None"})
    audit = {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2", "allowBlobPublicAccess": False}
    _account(cloud, AUDIT_STORAGE, audit, {"team": "compliance"}, days=90)
    logs = [{"category": name, "enabled": True} for name in ("StorageRead", "StorageWrite", "StorageDelete")]
    setting = (
        f"{AUDIT_STORAGE}/blobServices/default/providers/Microsoft.Insights/diagnosticSettings/to-workspace"
    )
    _put(cloud, setting, {"workspaceId": WORKSPACE, "logs": logs, "metrics": []})


def _account(cloud: Cloud, id: str, properties: Json, tags: dict[str, str], days: int) -> None:
    """A storage account that keeps deleted blobs for so many days (0: not at all)."""
    _put(cloud, id, properties, location=LOCATION, kind="StorageV2", sku={"name": "Standard_GRS"}, tags=tags)
    kept = {"enabled": True, "days": days} if days else {"enabled": False}
    _put(cloud, f"{id}/blobServices/default", {"deleteRetentionPolicy": kept})


def _networks(cloud: Cloud) -> None:
    inside = "10.80.0.0/16"
    groups: dict[str, list[Json]] = {
        "nsg-portal-web": [_rule("visitors", 100, ["80", "443"], "Internet")],
        "nsg-jumpbox": [
            _rule("ssh-from-home", 100, "22", "*"),
            _rule("rdp-from-home", 110, "3389", "Internet"),
            _rule("https-inside", 200, "443", inside),
        ],
        "nsg-claims-db": [_rule("sql", 100, "1433", "0.0.0.0/0"), _rule("sql-inside", 200, "1433", inside)],
        "nsg-internal": [_rule("services", 100, "8443", inside)],
    }
    for name, rules in groups.items():
        _put(cloud, _nsg(name), {"securityRules": rules}, location=LOCATION, tags={"team": "platform"})
    subnets = [
        {
            "name": name,
            "properties": {
                "addressPrefix": f"10.80.{third}.0/24",
                "networkSecurityGroup": {"id": _nsg(group)},
            },
        }
        for third, name, group in (
            (0, "web", "nsg-portal-web"),
            (1, "services", "nsg-internal"),
            (2, "claims-db", "nsg-claims-db"),
            (3, "admin", "nsg-jumpbox"),
        )
    ]
    network = {"addressSpace": {"addressPrefixes": [inside]}, "subnets": subnets}
    _put(cloud, f"{NETWORK}/virtualNetworks/vnet-portal", network, location=LOCATION)
    address = f"{NETWORK}/publicIPAddresses/pip-jumpbox"
    static = {"publicIPAllocationMethod": "Static"}
    _put(cloud, address, static, location=LOCATION, sku={"name": "Standard"})
    reached = {
        "subnet": {"id": f"{NETWORK}/virtualNetworks/vnet-portal/subnets/admin"},
        "publicIPAddress": {"id": address},
        "privateIPAllocationMethod": "Dynamic",
    }
    interface = {
        "ipConfigurations": [{"name": "primary", "properties": reached}],
        "networkSecurityGroup": {"id": _nsg("nsg-jumpbox")},
    }
    _put(cloud, f"{NETWORK}/networkInterfaces/nic-jumpbox", interface, location=LOCATION)


def _nsg(name: str) -> str:
    return f"{NETWORK}/networkSecurityGroups/{name}"


def _rule(name: str, priority: int, ports: str | list[str], source: str) -> Json:
    """An inbound rule that lets the source in on the ports."""
    return {
        "name": name,
        "properties": {
            "priority": priority,
            "direction": "Inbound",
            "access": "Allow",
            "protocol": "Tcp",
            "sourcePortRange": "*",
            "destinationPortRange" if isinstance(ports, str) else "destinationPortRanges": ports,
            "sourceAddressPrefix": source,
            "destinationAddressPrefix": "*",
        },
    }


def _vault(cloud: Cloud) -> None:
    identity = f"{PORTAL}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-portal-app"
    _put(cloud, identity, location=LOCATION, tags={"team": "portal"})
    # enablePurgeProtection is not said: that is how vaults come to be without it.
    vault = {
        "tenantId": TENANT,
        "sku": {"family": "A", "name": "standard"},
        "enableRbacAuthorization": True,
        "enableSoftDelete": True,
        "softDeleteRetentionInDays": 90,
    }
    _put(cloud, VAULT, vault, location=LOCATION, tags={"team": "claims", **_CLINICAL})


def _roles(cloud: Cloud) -> None:
    caller = cloud.caller().principal
    for number, (scope, role, principal, kind, description) in enumerate(
        (
            (SCOPE, _OWNER, _HEAD_OF_PLATFORM, "User", "Head of platform"),
            (SCOPE, _OWNER, _BREAK_GLASS, "User", "Break-glass account, sealed in the safe at headquarters"),
            (SCOPE, _OWNER, LEGACY_DEPLOY, "ServicePrincipal", "legacy-deploy: release pipeline of 2019"),
            (SCOPE, _OWNER, caller, "ServicePrincipal", "The account that remediates audit findings"),
            (CLAIMS, _CONTRIBUTOR, _CLAIMS_TEAM, "Group", "Claims team"),
        ),
        start=1,
    ):
        assignment = f"{scope}/providers/Microsoft.Authorization/roleAssignments/{_assignment_name(number)}"
        definition = f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{role}"
        who = {"roleDefinitionId": definition, "principalId": principal, "principalType": kind}
        _put(cloud, assignment, {**who, "description": description})


def _assignment_name(number: int) -> str:
    return f"4d8a{number:04x}-7c1e-4b92-a5f0-3e6b9d21c7{number:02x}"


PARTS: Final[tuple[tuple[str, Callable[[Cloud], None]], ...]] = (
    ("Azure resource groups", _groups),
    ("Azure logs", _logs),
    ("Azure storage", _storage),
    ("Azure networks", _networks),
    ("Azure vault and identity", _vault),
    ("Azure roles", _roles),
)
"""The parts in their order, each with the name that progress shows."""
