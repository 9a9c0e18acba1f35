"""Takes the Internet out of inbound rules: which rules let it in, and what they become.

A rule that lets the whole Internet reach a port of the list keeps its name and priority and gets the
allowed networks as its source. Where one rule opens such a port together with a web port (80, 443), the
web ports stay open to the Internet under the rule's own name, and the other ports move to a new rule
"<name>-narrowed" at the next free priority.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hipaa_tui.azure.network.settings import inbound_allow, ports, sources
from hipaa_tui.support.json_value import ABSENT, Json

SUFFIX: Final = "-narrowed"
WEB: Final = frozenset({"80", "443"})
LAST_PRIORITY: Final = 4096
"""Highest priority number of a custom rule."""
_LONGEST_NAME: Final = 80


def is_open(source: str, meant: Iterable[str]) -> bool:
    """Is `source` one of `meant` ("*", "Internet", …), or a network that holds every address?"""
    if source.lower() in {one.lower() for one in meant}:
        return True
    try:
        return ipaddress.ip_network(source, strict=False).prefixlen == 0
    except ValueError:
        return False


def covers(ranges: Iterable[str], port: int) -> bool:
    """Is `port` within "22", "20-30" or "*" of `ranges`?"""
    for one in ranges:
        first, _, last = one.partition("-")
        if one == "*" or (first.isdigit() and int(first) <= port <= int(last or first)):
            return True
    return False


def opened(rule: Mapping[str, Any], meant: Iterable[str], sensitive: Iterable[int]) -> list[int]:
    """The sensitive ports that the rule opens to the Internet; none where it is no such rule."""
    if not inbound_allow(rule) or not any(is_open(one, meant) for one in sources(rule)):
        return []
    return [port for port in sensitive if covers(ports(rule), port)]


def narrow_source(current: Json, arguments: Json) -> Json:
    """The rules with the Internet taken out of those that open a sensitive port to it.

    `arguments`: {"from": sources that mean the Internet, "to": CIDRs (a list, or text with commas), "ports":
    the sensitive port numbers}. ValueError where nothing would be allowed, where `to` is the Internet itself,
    or where no priority is free for a second rule.
    """
    if current is ABSENT:
        raise ValueError("there are no rules to narrow")
    meant = list(arguments["from"])
    to = arguments["to"]
    allowed = [one.strip() for one in to.split(",")] if isinstance(to, str) else list(to)
    sensitive = [int(port) for port in arguments["ports"]]
    if not [one for one in allowed if one]:
        raise ValueError("name at least one network that may still come in")
    for one in allowed:
        if is_open(one, meant):
            raise ValueError(f"{one} is the whole Internet: name the networks that may still come in")
    rules = list(current["rules"])
    for rule in current["rules"]:
        if opened(rule, meant, sensitive):
            index = rules.index(rule)
            rules[index : index + 1] = _narrowed(rule, meant, allowed, sensitive, rules)
    return {"rules": sorted(rules, key=lambda rule: str(rule["name"]))}


def _narrowed(
    rule: Mapping[str, Any], meant: list[str], allowed: list[str], sensitive: list[int], rules: list[Any]
) -> list[dict[str, Any]]:
    kept = [one for one in sources(rule) if not is_open(one, meant)]
    narrow = _with(rule, "sourceAddressPrefix", "sourceAddressPrefixes", sorted({*kept, *allowed}))
    web = [one for one in ports(rule) if one in WEB]
    # Everything but the web ports leaves the Internet's rule, whether it is on the list or not.
    rest = [one for one in ports(rule) if one not in WEB]
    if not web or not rest:
        return [narrow]
    stays = _with(rule, "destinationPortRange", "destinationPortRanges", web)
    second = _with(narrow, "destinationPortRange", "destinationPortRanges", rest)
    second["name"] = f"{str(rule['name'])[: _LONGEST_NAME - len(SUFFIX)]}{SUFFIX}"
    second["priority"] = _free_priority(int(rule["priority"]), rules)
    if any(str(one["name"]).lower() == second["name"].lower() for one in rules):
        raise ValueError(f"there is a rule {second['name']} already: bring {rule['name']} in order by hand")
    return [stays, second]


def _with(rule: Mapping[str, Any], single: str, plural: str, values: list[str]) -> dict[str, Any]:
    changed = {key: value for key, value in rule.items() if key not in {single, plural}}
    if len(values) == 1:
        changed[single] = values[0]
    else:
        changed[plural] = values
    return changed


def _free_priority(after: int, rules: Iterable[Mapping[str, Any]]) -> int:
    """The next number that no inbound rule has. A later number can only mean that more is denied before."""
    taken = {int(rule["priority"]) for rule in rules}
    free = next((number for number in range(after + 1, LAST_PRIORITY + 1) if number not in taken), None)
    if free is None:
        raise ValueError("no priority is free for a second rule")
    return free


BUILDERS = {"narrow_source": narrow_source}
