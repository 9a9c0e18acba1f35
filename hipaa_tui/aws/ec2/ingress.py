"""Security group rules as plain data, and the builder that takes the Internet out of them.

EC2 groups rules by protocol and ports and hangs several sources on each; here a rule has one source, so
that two sets of rules can be compared and subtracted. The API's form is made only for a call.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from hipaa_tui.support.json_value import ABSENT, Json

Rule = dict[str, Any]

ALL: Final = "-1"
_NUMBERS: Final = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_PORTED: Final = frozenset({"tcp", "udp"})
_LAST: Final = 65_535
_SOURCES: Final = (
    ("IpRanges", "CidrIp"),
    ("Ipv6Ranges", "CidrIpv6"),
    ("PrefixListIds", "PrefixListId"),
    ("UserIdGroupPairs", "GroupId"),
)


def flattened(groups: Iterable[Mapping[str, Any]], owner: str) -> list[Rule]:
    """EC2's IpPermissions as rules of one source each, sorted. `owner` is the group's account."""
    rules: list[Rule] = []
    for group in groups:
        for plural, single in _SOURCES:
            for one in group.get(plural) or []:
                source = str(one[single])
                if one.get("UserId") not in (None, "", owner):
                    source = f"{source}/{one['UserId']}"
                rule = {
                    "protocol": group["IpProtocol"],
                    "from": group.get("FromPort"),
                    "to": group.get("ToPort"),
                    "source": source,
                    "description": one.get("Description"),
                }
                rules.append(plain(rule))
    return sorted(rules, key=key_of)


def permissions(rules: Iterable[Mapping[str, Any]], *, describe: bool = True) -> list[Json]:
    """The rules as EC2's IpPermissions."""
    groups: dict[tuple[str, int, int], dict[str, Any]] = {}
    for rule in sorted((plain(one) for one in rules), key=key_of):
        start = {"IpProtocol": rule["protocol"]}
        if "from" in rule:
            start |= {"FromPort": rule["from"], "ToPort": rule["to"]}
        group = groups.setdefault(key_of(rule)[:3], start)
        plural, single = _kind(rule["source"])
        name, _, account = rule["source"].partition("/") if single == "GroupId" else (rule["source"], "", "")
        source = {single: name}
        if account:
            source["UserId"] = account
        if describe and "description" in rule:
            source["Description"] = rule["description"]
        group.setdefault(plural, []).append(source)
    return list(groups.values())


def key_of(rule: Mapping[str, Any]) -> tuple[str, int, int, str]:
    """What a rule allows, whatever it is described as; sorts the rules."""
    rule = plain(rule)
    return rule["protocol"], rule.get("from", -2), rule.get("to", -2), rule["source"]


def plain(rule: Mapping[str, Any]) -> Rule:
    """One form for rules that allow the same."""
    protocol = str(rule["protocol"]).lower()
    found: Rule = {"protocol": _NUMBERS.get(protocol, protocol), "source": _plain_source(str(rule["source"]))}
    # All traffic has no ports, whatever a caller may have written there.
    if found["protocol"] != ALL and rule.get("from") is not None:
        found |= {"from": int(rule["from"]), "to": int(rule["to"])}
    if rule.get("description"):
        found["description"] = str(rule["description"])
    return found


def _plain_source(source: str) -> str:
    try:
        return str(ipaddress.ip_network(source, strict=False))
    except ValueError:
        return source


def _kind(source: str) -> tuple[str, str]:
    if source.startswith("sg-"):
        return _SOURCES[3]
    if source.startswith("pl-"):
        return _SOURCES[2]
    return _SOURCES[1] if ":" in source else _SOURCES[0]


def is_open(source: str, meant: Sequence[str]) -> bool:
    """Is the source one of `meant`, or a network that holds every address?"""
    if source in meant:
        return True
    try:
        return ipaddress.ip_network(source, strict=False).prefixlen == 0
    except ValueError:
        return False


def opened(rule: Mapping[str, Any], meant: Sequence[str], sensitive: Iterable[int]) -> list[int]:
    """The sensitive ports that the rule opens to the Internet; none where it is no such rule."""
    rule = plain(rule)
    if not is_open(rule["source"], meant):
        return []
    if rule["protocol"] == ALL:
        return sorted(set(sensitive))
    if rule["protocol"] not in _PORTED:
        return []  # ICMP has types where TCP has ports, and other protocols have neither
    first, last = rule.get("from", 0), rule.get("to", _LAST)
    return sorted(port for port in set(sensitive) if first <= port <= last)


def narrow_ingress(current: Json, arguments: Json) -> Json:
    """The rules with the Internet taken out of those that open a sensitive port to it.

    `arguments`: {"from": sources that mean the Internet, "to": networks that may still come in (a list, or
    text with commas), "ports": the sensitive ports}. Of a range only the sensitive ports are narrowed; a
    rule for everything is narrowed as a whole. An IPv6 rule goes where `to` names no IPv6 network.
    ValueError where `to` is empty, is the Internet itself, or would leave an IPv4 rule without a successor.
    """
    if current is ABSENT:
        raise ValueError("there are no rules to narrow")
    meant = [_plain_source(str(one)) for one in arguments["from"]]
    to = arguments["to"]
    given = to.split(",") if isinstance(to, str) else list(to)
    allowed = [_network(str(one).strip()) for one in given if str(one).strip()]
    if not allowed:
        raise ValueError("name at least one network that may still come in")
    for one in allowed:
        if is_open(one, meant):
            raise ValueError(f"{one} is the whole Internet: name the networks that may still come in")
    sensitive = [int(port) for port in arguments["ports"]]
    rules: dict[tuple[str, int, int, str], Rule] = {}
    replaced: list[Rule] = []
    for rule in map(plain, current["rules"]):
        found = opened(rule, meant, sensitive)
        if not found:
            rules[key_of(rule)] = rule
            continue
        kept, closed = _split(rule, found)
        rules |= {key_of(one): one for one in kept}
        replaced += _narrowed(closed, allowed)
    # A rule that was there before keeps its own description, so these only fill what is missing.
    for rule in replaced:
        rules.setdefault(key_of(rule), rule)
    return {"rules": sorted(rules.values(), key=key_of)}


def _network(text: str) -> str:
    try:
        return str(ipaddress.ip_network(text, strict=True))
    except ValueError as error:
        raise ValueError(f"{error}: give networks such as 10.0.0.0/8") from None


def _narrowed(closed: list[Rule], allowed: list[str]) -> list[Rule]:
    """Each rule once for every allowed network of its own IP version."""
    six = ":" in str(closed[0]["source"])
    successors = [one for one in allowed if (":" in one) is six]
    if not successors and not six:
        # Taking the rule away altogether is not narrowing it. Nobody is known to live on IPv6 alone.
        raise ValueError("name at least one IPv4 network that may still come in")
    return [{**rule, "source": one} for rule in closed for one in successors]


def _split(rule: Rule, found: list[int]) -> tuple[list[Rule], list[Rule]]:
    """(the parts of the rule that stay open, the parts that do not)."""
    first, last = rule.get("from", 0), rule.get("to", _LAST)
    if rule["protocol"] == ALL or (first <= 1 and last == _LAST):
        # A rule for everything was never meant to open some port in particular.
        return [], [rule]
    kept: list[Rule] = []
    closed: list[Rule] = []
    start = first
    for port in found:
        if start < port:
            kept.append({**rule, "from": start, "to": port - 1})
        if closed and closed[-1]["to"] == port - 1:
            closed[-1]["to"] = port
        else:
            closed.append({**rule, "from": port, "to": port})
        start = port + 1
    if start <= last:
        kept.append({**rule, "from": start, "to": last})
    return kept, closed
