"""The real Azure SDKs against the sandbox's ARM server: what tests of anything on Azure start from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from hipaa_tui.azure.authorization.settings import OWNER
from hipaa_tui.azure.cloud import AzureCloud, connect
from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange
from hipaa_tui.providers.model import Call, Setting, Target
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.sandbox.arm import ArmServer

SUBSCRIPTION = "0c1f0a5e-7a0b-4c55-9f3e-2d5b8c0f1a01"
SCOPE = f"/subscriptions/{SUBSCRIPTION}"
GROUP = f"{SCOPE}/resourceGroups/clinic"
ACCOUNT = f"{GROUP}/providers/Microsoft.Storage/storageAccounts/patientfiles"
NSG = f"{GROUP}/providers/Microsoft.Network/networkSecurityGroups/front"
WORKSPACE = f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/hipaa-tui-audit"
CONTRIBUTOR = "b24988ac-6180-42a0-ab88-20f7382dd24c"
HTTPS = {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"}


def resource(id: str, **fields: Any) -> dict[str, Any]:
    """A resource as ARM stores it; name and type follow from the id."""
    namespace, *rest = id.rpartition("/providers/")[2].split("/")
    return {"id": id, "name": rest[-1], "type": "/".join((namespace, *rest[::2])), **fields}


def storage_account(id: str = ACCOUNT, **properties: Any) -> dict[str, Any]:
    """An account of the kind that audits find: HTTP allowed, TLS 1.0, containers may be public."""
    return resource(
        id,
        location="eastus",
        sku={"name": "Standard_GRS", "tier": "Standard"},
        kind="StorageV2",
        tags={"team": "records"},
        properties={
            "supportsHttpsTrafficOnly": False,
            "minimumTlsVersion": "TLS1_0",
            "allowBlobPublicAccess": True,
            "accessTier": "Hot",
            "primaryEndpoints": {"blob": "https://b/", "file": "https://f/", "web": "https://w/"},
            "provisioningState": "Succeeded",
            **properties,
        },
    )


def rule(name: str, ports: str | list[str], source: str | list[str] = "*", **more: Any) -> dict[str, Any]:
    """An inbound Allow rule of a network security group, as the group's GET holds it."""
    properties: dict[str, Any] = {
        "priority": 100,
        "direction": "Inbound",
        "access": "Allow",
        "protocol": "Tcp",
        "sourcePortRange": "*",
        "destinationAddressPrefix": "*",
    }
    one, many = ("destinationPortRange", "destinationPortRanges")
    properties[one if isinstance(ports, str) else many] = ports
    one, many = ("sourceAddressPrefix", "sourceAddressPrefixes")
    properties[one if isinstance(source, str) else many] = source
    return {"name": name, "properties": {**properties, **more}}


def nsg(*rules: Mapping[str, Any], id: str = NSG, **properties: Any) -> list[dict[str, Any]]:
    """A network security group and its rules, each as a resource of its own."""
    children = [resource(f"{id}/securityRules/{one['name']}", properties=one["properties"]) for one in rules]
    group = resource(id, location="eastus", tags={}, properties={"securityRules": [], **properties})
    return [group, *children]


def assignment(
    guid: int, principal: str, kind: str = "User", *, scope: str = SCOPE, **more: Any
) -> dict[str, Any]:
    """An assignment of the role Owner, at the subscription if nothing else is said."""
    name = f"00000000-0000-4000-8000-{guid:012d}"
    return resource(
        f"{scope}/providers/Microsoft.Authorization/roleAssignments/{name}",
        properties={
            "roleDefinitionId": f"{SCOPE}/providers/Microsoft.Authorization/roleDefinitions/{OWNER}",
            "principalId": principal,
            "principalType": kind,
            "scope": scope,
            **more,
        },
    )


def lock(scope: str, level: str, name: str = "keep") -> dict[str, Any]:
    return resource(f"{scope}/providers/Microsoft.Authorization/locks/{name}", properties={"level": level})


@contextmanager
def azure(
    *resources: Mapping[str, Any], groups: Mapping[str, Sequence[str]] | None = None
) -> Iterator[AzureCloud]:
    """A cloud that holds these resources, for the time of the block. `groups` are object ids and their members'."""
    state = {
        "groups": {id: list(members) for id, members in (groups or {}).items()},
        "subscriptions": [
            {"subscriptionId": SUBSCRIPTION, "displayName": "clinic", "managementGroups": ["root"]}
        ],
        "resources": [{"id": GROUP, "location": "eastus"}, *resources],
    }
    with ArmServer(state) as server:
        yield connect(endpoint=server.url)


def target(id: str) -> Target:
    """The resource of that id, as a finding would name it."""
    namespace, *rest = id.rpartition("/providers/")[2].split("/")
    found = resource_type("/".join((namespace, *rest[::2]))).target(id, SUBSCRIPTION, "eastus", "AzureCloud")
    assert found is not None
    return found


def bring(cloud: AzureCloud, setting_id: str, where: Target, value: Any) -> list[Call]:
    """Carry out what brings the setting to the value (None: absent), and return the calls."""
    one: Setting = setting(setting_id)
    calls = one.calls(where, one.read(cloud, where), value)
    for call in calls:
        cloud.call(call)
    return calls


def raw(cloud: AzureCloud, id: str, version: str) -> dict[str, Any]:
    """The resource as the wire has it."""
    return cloud.call(Call("azure", "test", "GET", {"path": id, "api_version": version}))


def verdict(
    guard: str, *resources: Mapping[str, Any], drafts: Sequence[tuple[str, str, Any]]
) -> tuple[Outcome, str]:
    """What a guard says where there are these resources, about changes (setting, target id, after).

    A callable `after` is given what stands there now.
    """
    with azure(*resources) as cloud:
        changes = []
        for setting_id, id, after in drafts:
            before = setting(setting_id).read(cloud, target(id)).value
            changes.append(
                PlannedChange(setting_id, target(id), before, after(before) if callable(after) else after)
            )
        return guards()[0][guard](
            GuardContext(cloud, changes[0].target, changes, {}, {}, SettingReader({"azure": cloud}))
        )
