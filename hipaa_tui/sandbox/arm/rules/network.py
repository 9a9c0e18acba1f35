"""Microsoft.Network: what a security rule may say, default rules, flow logs, and who uses what."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.sandbox.arm.change import Change
from hipaa_tui.sandbox.arm.errors import ArmError, bad_content, bad_reference
from hipaa_tui.sandbox.arm.estate import Estate, Resource, guid
from hipaa_tui.sandbox.arm.paths import dig, same_text
from hipaa_tui.support.json_value import Json

GROUP: Final = "microsoft.network/networksecuritygroups"
_NETWORK: Final = "microsoft.network/virtualnetworks"
_INTERFACE: Final = "microsoft.network/networkinterfaces"
_FLOW_TARGETS: Final = frozenset({_NETWORK, f"{_NETWORK}/subnets", _INTERFACE})
_SERVICE_TAG: Final = re.compile(r"^[A-Za-z][A-Za-z0-9]*(\.[A-Za-z0-9]+)*$")
_PORTS: Final = re.compile(r"^(\d{1,5})(?:-(\d{1,5}))?$")
_ENDS: Final = (
    ("sourcePortRange", "sourcePortRanges", "port"),
    ("destinationPortRange", "destinationPortRanges", "port"),
    ("sourceAddressPrefix", "sourceAddressPrefixes", "address"),
    ("destinationAddressPrefix", "destinationAddressPrefixes", "address"),
)
_DEFAULT_RULES: Final = (
    # name, priority, direction, access, source, destination
    ("AllowVnetInBound", 65000, "Inbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowAzureLoadBalancerInBound", 65001, "Inbound", "Allow", "AzureLoadBalancer", "*"),
    ("DenyAllInBound", 65500, "Inbound", "Deny", "*", "*"),
    ("AllowVnetOutBound", 65000, "Outbound", "Allow", "VirtualNetwork", "VirtualNetwork"),
    ("AllowInternetOutBound", 65001, "Outbound", "Allow", "*", "Internet"),
    ("DenyAllOutBound", 65500, "Outbound", "Deny", "*", "*"),
)


def default_rules(group: str) -> list[dict[str, Json]]:
    """The six rules that every security group ends with."""
    return [
        {
            "id": f"{group}/defaultSecurityRules/{name}",
            "name": name,
            "type": "Microsoft.Network/networkSecurityGroups/defaultSecurityRules",
            "properties": {
                "provisioningState": "Succeeded",
                "protocol": "*",
                "sourcePortRange": "*",
                "destinationPortRange": "*",
                "sourceAddressPrefix": source,
                "destinationAddressPrefix": destination,
                "access": access,
                "priority": priority,
                "direction": direction,
            },
        }
        for name, priority, direction, access, source, destination in _DEFAULT_RULES
    ]


def _check_rule(change: Change) -> None:
    rule = change.properties
    for single, plural, kind in _ENDS:
        values = [*([rule[single]] if rule.get(single) else []), *(rule.get(plural) or [])]
        groups = rule.get(plural.replace("AddressPrefixes", "ApplicationSecurityGroups"))
        if not values and not groups:
            raise ArmError(
                400,
                "SecurityRuleParameterMissing",
                f"Security rule {change.name} has neither '{single}' nor '{plural}'.",
                target=f"properties.{single}",
            )
        if rule.get(single) and rule.get(plural):
            raise bad_content(
                f"a rule has either '{single}' or '{plural}', not both.", f"properties.{plural}"
            )
        for value in values:
            (_check_port if kind == "port" else _check_address)(change.name, value, f"properties.{single}")
    for other in change.estate.under(f"{change.parent}/securityRules"):
        taken = other.body["properties"]
        clash = taken["priority"] == rule["priority"] and taken["direction"] == rule["direction"]
        if clash and other.key != change.id.lower():
            raise ArmError(
                400,
                "SecurityRuleConflict",
                f"Security rule {change.name} conflicts with rule {other.body['name']}. "
                "Rules cannot have the same Priority and Direction.",
                target="properties.priority",
            )


def _fill_rule(change: Change) -> None:
    for _, plural, _ in _ENDS:
        # Shown even where the rule has the single form.
        change.properties.setdefault(plural, [])


def _check_port(rule: str, value: Json, at: str) -> None:
    found = _PORTS.match(str(value))
    low, high = (int(found[1]), int(found[2] or found[1])) if found else (1, 0)
    if value != "*" and not low <= high <= 65535:
        raise ArmError(
            400,
            "SecurityRuleInvalidPortRange",
            f"Security rule {rule} has invalid Port range: {value!s:.60}.",
            target=at,
        )


def _check_address(rule: str, value: Json, at: str) -> None:
    text = str(value)
    if text == "*" or _SERVICE_TAG.match(text):
        return
    try:
        ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise ArmError(
            400,
            "SecurityRuleInvalidAddressPrefix",
            f"Security rule {rule} has invalid Address prefix. Value provided: {text[:60]}",
            target=at,
        ) from None


def _check_uses_group(change: Change) -> None:
    group = dig(change.new, "properties.networkSecurityGroup.id")
    if group is not None and change.estate.get(str(group)) is None:
        raise bad_reference(str(group), "properties.networkSecurityGroup.id")


def _check_flow_log(change: Change) -> None:
    target = change.properties["targetResourceId"]
    found = change.estate.get(str(target))
    if found is None:
        raise bad_reference(str(target), "properties.targetResourceId")
    if found.type.lower() == GROUP and change.old is None:
        # None can be made since 30 June 2025; those that are there can still be changed.
        raise bad_content(
            "NSG flow logs can no longer be created; create a virtual network flow log.",
            "properties.targetResourceId",
        )
    if found.type.lower() not in _FLOW_TARGETS | {GROUP}:
        raise bad_content("the target is no network, subnet or interface.", "properties.targetResourceId")
    account = change.estate.get(str(change.properties["storageId"]))
    if account is None:
        raise bad_reference(str(change.properties["storageId"]), "properties.storageId")
    for other in change.estate.under(change.id.rpartition("/")[0]):
        if other.key != change.id.lower() and same_text(
            dig(other.body, "properties.targetResourceId"), target
        ):
            raise ArmError(
                409,
                "Conflict",
                f"The resource {target} has the flow log {other.body['name']} already.",
                target="properties.targetResourceId",
            )
    change.properties["targetResourceGuid"] = guid("resource", str(target))


def _fill_guid(change: Change) -> None:
    change.properties.setdefault("resourceGuid", guid("resource", change.id))


def _users(estate: Estate, group: str) -> tuple[list[Json], list[Json]]:
    """The subnets and the interfaces that the group guards, as {"id"} objects."""
    subnets: list[Json] = []
    interfaces: list[Json] = []
    for one in estate.of_type(f"{_NETWORK}/subnets", _INTERFACE):
        into = {f"{_NETWORK}/subnets": subnets, _INTERFACE: interfaces}.get(one.type.lower())
        if into is not None and same_text(dig(one.body, "properties.networkSecurityGroup.id"), group):
            into.append({"id": one.id})
    return subnets, interfaces


def _show_group(estate: Estate, body: dict[str, Any]) -> None:
    properties = body.setdefault("properties", {})
    properties["defaultSecurityRules"] = default_rules(str(body["id"]))
    subnets, interfaces = _users(estate, str(body["id"]))
    for name, users in (("subnets", subnets), ("networkInterfaces", interfaces)):
        if users:
            properties[name] = users


def _keep_used_group(estate: Estate, group: Resource) -> None:
    users = [str(user["id"]) for kind in _users(estate, group.id) for user in kind]
    if users:
        raise ArmError(
            400,
            "InUseNetworkSecurityGroupCannotBeDeleted",
            f"Network security group {group.id} cannot be deleted because it is in use by: {', '.join(users)}.",
        )


def find_default_rule(id: str) -> Mapping[str, Json] | None:
    """The default rule with this id, None where it is no such id."""
    group, _, name = id.rpartition("/")
    rules = default_rules(group.rpartition("/")[0])
    return next((rule for rule in rules if same_text(rule["name"], name)), None)


CHECK: Final = {
    f"{GROUP}/securityrules": _check_rule,
    f"{_NETWORK}/subnets": _check_uses_group,
    _INTERFACE: _check_uses_group,
    "microsoft.network/networkwatchers/flowlogs": _check_flow_log,
}
FILL: Final = {
    f"{GROUP}/securityrules": _fill_rule,
    GROUP: _fill_guid,
    _NETWORK: _fill_guid,
    _INTERFACE: _fill_guid,
}
GONE: Final = {GROUP: _keep_used_group}
SHOW: Final = {GROUP: _show_group}
