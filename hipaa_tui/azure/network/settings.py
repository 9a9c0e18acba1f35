"""Who reaches what through a network security group: its own inbound rules, as one setting.

The setting belongs to the group, since that is what reports name and since only all rules together say
what is let in. A write touches the rules that differ, one by one as child resources: a PUT of the
group itself would delete every rule that it does not carry. Rules have no PATCH (Microsoft.Network
2025-07-01). The first write carries If-Match, so that a change by somebody else since the plan stops it;
the later ones cannot, since a group and all its rules share one etag and the first write changes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.azure.resource_types import ArmType, get, operations, parts, request
from hipaa_tui.providers.model import Call, Cloud, Reading, Setting, Target
from hipaa_tui.support.json_value import Json

VERSION: Final = "2025-07-01"
_READ_ONLY: Final = frozenset({"provisioningState"})
_LISTS: Final = (
    # One field for a single value and one for several; a rule has either.
    ("sourceAddressPrefix", "sourceAddressPrefixes"),
    ("destinationAddressPrefix", "destinationAddressPrefixes"),
    ("sourcePortRange", "sourcePortRanges"),
    ("destinationPortRange", "destinationPortRanges"),
)
_GROUPS: Final = ("sourceApplicationSecurityGroups", "destinationApplicationSecurityGroups")
_WORDS: Final = ("protocol", "access", "direction")


class NetworkSecurityGroups(ArmType):
    name = "Microsoft.Network/networkSecurityGroups"
    title = "Network security group"
    version = VERSION
    also_means = ("Microsoft.Network/networkSecurityGroups/securityRules",)


def several(rule: Mapping[str, Any], single: str, plural: str) -> list[str]:
    """The values of a field that a rule has in a singular and a plural form, sorted, each once."""
    return sorted({str(one) for one in (rule.get(single), *(rule.get(plural) or ())) if one})


def sources(rule: Mapping[str, Any]) -> list[str]:
    """The address prefixes and service tags that a rule is about on the far side."""
    return several(rule, "sourceAddressPrefix", "sourceAddressPrefixes")


def ports(rule: Mapping[str, Any]) -> list[str]:
    """The destination ports of a rule: "22", "20-30" or "*"."""
    return several(rule, "destinationPortRange", "destinationPortRanges")


def inbound_allow(rule: Mapping[str, Any]) -> bool:
    return (str(rule.get("direction")).lower(), str(rule.get("access")).lower()) == ("inbound", "allow")


class InboundRules(Setting):
    """{"rules": [{"name", "priority", "protocol", "access", "sourceAddressPrefix" …}]}, sorted by name.

    The group's own inbound rules, whatever they allow or deny; Azure's default rules are not in it.
    """

    id = "azure.network.nsg-rules"
    title = "Inbound rules"
    resource = NetworkSecurityGroups.name
    reads = operations("Microsoft.Network", "GET")
    writes = operations("Microsoft.Network", "PUT", "DELETE")
    terraform = ("azurerm_network_security_rule", "azurerm_network_security_group")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        group = get(cloud, target.id, VERSION)
        properties = group.get("properties") or {}
        own = properties.get("securityRules") or []
        rules = [
            {"name": str(one["name"]), **_writable(one.get("properties") or {})}
            for one in own
            if str((one.get("properties") or {}).get("direction", "")).lower() == "inbound"
        ]
        where = parts(target.id)
        identity = {
            "id": group.get("id", target.id),
            "name": where.name,
            "resourceGroup": where.group,
            "subscription": where.subscription,
            "location": group.get("location", ""),
            "tags": group.get("tags") or {},
            "etags": {str(one["name"]): one["etag"] for one in own if one.get("etag")},
            "subnets": [one.get("id") for one in properties.get("subnets") or []],
            "networkInterfaces": [one.get("id") for one in properties.get("networkInterfaces") or []],
        }
        return Reading({"rules": sorted(rules, key=lambda rule: str(rule["name"]))}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        old = {rule["name"]: rule for rule in before.value["rules"]}
        new = {rule["name"]: rule for rule in after["rules"]}
        etags = before.identity.get("etags") or {}
        calls: list[Call] = []
        for name, rule in new.items():
            if name in old and _plain(old[name]) == _plain(rule):
                continue
            properties = {
                key: value for key, value in rule.items() if key != "name" and value not in (None, "", [])
            }
            calls.append(
                self._call(
                    "PUT", target, name, None if calls else etags.get(name), {"properties": properties}
                )
            )
        for name in sorted(old.keys() - new.keys()):
            calls.append(self._call("DELETE", target, name, None if calls else etags.get(name)))
        return calls

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        """Rules are written one by one, in the order of `write`: each step but the last is half of it."""
        rules = {rule["name"]: rule for rule in before["rules"]}
        wanted = {rule["name"]: rule for rule in after["rules"]}
        steps: list[Json] = []
        for name, rule in wanted.items():
            if name not in rules or _plain(rules[name]) != _plain(rule):
                rules = {**rules, name: rule}
                steps.append({"rules": list(rules.values())})
        for name in sorted(rules.keys() - wanted.keys()):
            rules = {other: rule for other, rule in rules.items() if other != name}
            steps.append({"rules": list(rules.values())})
        return steps[:-1]

    def _call(self, method: str, target: Target, name: str, etag: Json, body: Json | None = None) -> Call:
        return request(method, f"{target.id}/securityRules/{name}", VERSION, body, if_match=etag)

    def canonical(self, value: Json) -> Json:
        return {
            "rules": sorted((_plain(rule) for rule in value["rules"]), key=lambda rule: str(rule["name"]))
        }


def _writable(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in properties.items() if key not in _READ_ONLY and value is not None}


def _plain(rule: Mapping[str, Any]) -> dict[str, Any]:
    """One form for rules that do the same: lists for singular and plural, lower case for Azure's words."""
    plain = {key: value for key, value in rule.items() if value not in (None, "", [])}
    for single, plural in _LISTS:
        found = several(plain, single, plural)
        plain.pop(plural, None)
        plain.pop(single, None)
        if found:
            plain[plural] = sorted(one.lower() for one in found)
    for word in _WORDS:
        if word in plain:
            plain[word] = str(plain[word]).lower()
    for groups in _GROUPS:
        if groups in plain:
            plain[groups] = sorted(str(one.get("id", "")).lower() for one in plain[groups])
    return plain


RESOURCE_TYPES = (NetworkSecurityGroups(),)
SETTINGS = (InboundRules(),)
