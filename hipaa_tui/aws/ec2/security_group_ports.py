"""Takes the Internet out of every rule of a security group but those of the ports that the public may reach."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.ingress import ALL, Rule, is_open, key_of, plain
from hipaa_tui.aws.vpc.network_acl_entries import ports_of
from hipaa_tui.support.json_value import ABSENT, Json

_LAST: Final = 65_535
_PORTED: Final = ("tcp", "udp")


def only_authorized(current: Json, arguments: Json) -> Json:
    """The rules, those for the whole Internet cut down to the authorized ports, the rest of them for `to` only.

    `arguments`: {"ports": "80, 443, udp/500", "to": networks that may still come in on the rest}. A rule for all
    traffic stays open on the authorized ports. ICMP and what has no ports stay as they are. ValueError where `to` is
    the Internet itself, or would leave an IPv4 rule without a successor.
    """
    if current is ABSENT:
        raise ValueError("there are no rules to narrow")
    to = [str(one) for one in arguments["to"]]
    for one in to:
        if is_open(one, ()):
            raise ValueError(f"{one} is the whole Internet: name the networks that may still come in")
    authorized = ports_of(str(arguments["ports"]))
    kept: dict[tuple[str, int, int, str], Rule] = {}
    added: list[Rule] = []
    for rule in map(plain, current["rules"]):
        if not is_open(rule["source"], ()) or rule["protocol"] not in (ALL, *_PORTED):
            kept[key_of(rule)] = rule
            continue
        inside, outside = _parted(rule, authorized)
        if not outside:
            kept[key_of(rule)] = rule
            continue
        added += inside
        six = ":" in rule["source"]
        successors = [one for one in to if (":" in one) is six]
        if not successors and not six:
            raise ValueError("name at least one IPv4 network that may still come in")
        added += [{**one, "source": source} for one in outside for source in successors]
    for rule in added:
        kept.setdefault(key_of(rule), rule)
    return {"rules": sorted(kept.values(), key=key_of)}


def _parted(rule: Rule, authorized: Sequence[tuple[str, int, int]]) -> tuple[list[Rule], list[Rule]]:
    """(the parts of the rule on authorized ports, the rest)."""
    if rule["protocol"] == ALL:
        inside = [{**rule, "protocol": name, "from": a, "to": b} for name, a, b in authorized]
        return inside, [rule]
    low, high = int(rule.get("from", 0)), int(rule.get("to", _LAST))
    ranges = sorted(
        (max(a, low), min(b, high))
        for name, a, b in authorized
        if name == rule["protocol"] and a <= high and b >= low
    )
    inside, outside = [], []
    position = low
    for first, last in ranges:
        if first > position:
            outside.append(_part(rule, position, first - 1))
        if last >= position:
            inside.append(_part(rule, max(first, position), last))
            position = last + 1
    if position <= high:
        outside.append(_part(rule, position, high))
    return inside, outside


def _part(rule: Mapping[str, Any], first: int, last: int) -> Rule:
    return {**rule, "from": first, "to": last}


BUILDERS: Final = {"only_authorized": only_authorized}
