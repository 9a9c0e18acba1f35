"""From where a storage account is reached: its public endpoint, and the firewall in front of that.

`networkAcls` is one value: a PATCH that names it replaces all of it, so every rule that is to stay is
sent along (Microsoft.Storage 2025-08-01). That is also how a rollback finds the rule set as it was.
https://learn.microsoft.com/azure/storage/common/storage-network-security
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hipaa_tui.azure.storage.settings import AccountSetting
from hipaa_tui.providers.model import Reading, Target
from hipaa_tui.support.json_value import Json, canonical_bytes

MOST_RULES: Final = 400
"""IP rules that an account takes."""
_LONGEST_PREFIX: Final = 30
"""/31 and /32 are refused: such addresses are written one by one."""
_LISTS: Final = ("ipRules", "ipv6Rules", "virtualNetworkRules", "resourceAccessRules")
_NO_RULES: Final[Mapping[str, Json]] = {
    "bypass": "AzureServices",
    "defaultAction": "Allow",
    "ipRules": [],
    "virtualNetworkRules": [],
    "resourceAccessRules": [],
}
_PRIVATE: Final = tuple(
    # RFC 1918: https://learn.microsoft.com/azure/storage/common/storage-network-security-ip-address-range
    ipaddress.ip_network(one)
    for one in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
)


class NetworkRules(AccountSetting):
    """{"publicNetworkAccess", "networkAcls": {"defaultAction", "bypass", "ipRules", "virtualNetworkRules" …}}"""

    id = "azure.storage.network-rules"
    title = "Network access"
    unset = {"publicNetworkAccess": "Enabled", "networkAcls": _NO_RULES}
    settle_seconds = 60.0

    def value(self, found: Mapping[str, Any]) -> Json:
        held = found.get("properties") or {}
        return {
            "publicNetworkAccess": held.get("publicNetworkAccess") or "Enabled",
            "networkAcls": _writable({**_NO_RULES, **(held.get("networkAcls") or {})}),
        }

    def identity_of(self, target: Target, found: Mapping[str, Any]) -> dict[str, Json]:
        connections = (found.get("properties") or {}).get("privateEndpointConnections") or []
        endpoints = [_connection(one) for one in connections]
        return {**super().identity_of(target, found), "privateEndpoints": endpoints}

    def changes(self, before: Reading, after: Json) -> Json:
        changed = super().changes(before, after)
        if "networkAcls" in changed:
            changed["networkAcls"] = _writable(changed["networkAcls"])
        return changed

    def canonical(self, value: Json) -> Json:
        rules = {**_NO_RULES, **(value.get("networkAcls") or {})}
        return {
            "publicNetworkAccess": str(value.get("publicNetworkAccess") or "Enabled").lower(),
            "networkAcls": {
                "bypass": sorted(bypassing(rules)),
                "defaultAction": str(rules["defaultAction"] or "Allow").lower(),
                "ipRules": _sorted(_network(str(one["value"])) for one in rules.get("ipRules") or []),
                "ipv6Rules": _sorted(_network(str(one["value"])) for one in rules.get("ipv6Rules") or []),
                "virtualNetworkRules": _sorted(
                    str(one["id"]).lower() for one in rules.get("virtualNetworkRules") or []
                ),
                "resourceAccessRules": _sorted(
                    f"{one.get('tenantId')}|{one.get('resourceId')}".lower()
                    for one in rules.get("resourceAccessRules") or []
                ),
            },
        }


def bypassing(rules: Mapping[str, Json]) -> set[str]:
    """Who passes the firewall by, of AzureServices, Logging and Metrics."""
    words = {word.strip() for word in str(rules.get("bypass") or "").split(",")}
    return words - {"", "None"}


def _connection(one: Mapping[str, Any]) -> dict[str, str]:
    state = (one.get("properties") or {}).get("privateLinkServiceConnectionState") or {}
    return {"id": str(one.get("id", "")), "status": str(state.get("status", ""))}


def _writable(rules: Mapping[str, Any]) -> dict[str, Json]:
    """The rule set without what the service adds to a rule (the state of a subnet's)."""
    kept = {key: value for key, value in rules.items() if key not in _LISTS}
    for key in _LISTS:
        if key in rules:
            kept[key] = [{k: v for k, v in one.items() if k != "state"} for one in rules[key] or []]
    return kept


def _sorted(found: Iterable[str]) -> list[str]:
    return sorted(set(found), key=canonical_bytes)


def _network(text: str) -> str:
    """One form for an address and for the range that holds only it."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text.lower()


def with_storage_firewall(current: Json, wanted: Json) -> Json:
    """The current network access with the default closed, and `allowed` (CIDRs) let in besides who is already.

    `public` False closes the public endpoint as well. Azure's trusted services get a way in, and keep theirs.
    ValueError for what a storage firewall does not take.
    """
    before = {**_NO_RULES, **((current or {}).get("networkAcls") or {})}
    ranges = list(before["ipRules"] or [])
    known = {_network(str(one["value"])) for one in ranges}
    for text in wanted.get("allowed") or []:
        for one in _taken(ipaddress.ip_network(text)):
            if one not in known:
                ranges.append({"value": one.removesuffix("/32"), "action": "Allow"})
                known.add(one)
    if len(ranges) > MOST_RULES:
        raise ValueError(f"a storage account takes {MOST_RULES} IP rules, and these would be {len(ranges)}")
    through = {*bypassing(before), "AzureServices"}
    bypass = before["bypass"] if bypassing(before) == through else ", ".join(sorted(through))
    public = (current or {}).get("publicNetworkAccess") or "Enabled"
    return {
        "publicNetworkAccess": public if wanted.get("public", True) else "Disabled",
        "networkAcls": {**before, "defaultAction": "Deny", "bypass": bypass, "ipRules": ranges},
    }


def _taken(network: ipaddress.IPv4Network | ipaddress.IPv6Network) -> list[str]:
    """The range as the firewall takes it: the two addresses of a /31 one by one."""
    if network.version != 4 or any(network.overlaps(one) for one in _PRIVATE):
        raise ValueError(f"{network}: the firewall of a storage account takes public IPv4 ranges only")
    if network.prefixlen > _LONGEST_PREFIX:
        return [f"{address}/32" for address in network]
    return [str(network)]


SETTINGS = (NetworkRules(),)
BUILDERS = {"with_storage_firewall": with_storage_firewall}
