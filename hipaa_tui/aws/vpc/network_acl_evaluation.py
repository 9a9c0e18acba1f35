"""What a network ACL's entries come to in their order, and the builder that refuses ports for administration."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.vpc.network_acl_entries import ALL, ANYWHERE, Entry, family_of, inside, ports_of, value_of
from hipaa_tui.support.json_value import ABSENT, Json

_PORTED: Final = ("tcp", "udp")
_LAST: Final = 65_535
_STEP: Final = 5

Range = tuple[int, int]


def admitted(rule: Mapping[str, Any], entries: Iterable[Mapping[str, Any]]) -> bool:
    """Do the entries, the lowest number first, let in all that a security group's rule does?"""
    source, ported = str(rule["source"]), rule["protocol"] in _PORTED
    left: list[Range] = [(int(rule.get("from", 0)), int(rule.get("to", _LAST)))] if ported else [(0, 0)]
    for one in sorted(entries, key=lambda each: int(each["number"])):
        if one["protocol"] not in (ALL, rule["protocol"]) or not _overlap(source, str(one["source"])):
            continue
        here = (int(one.get("from", 0)), int(one.get("to", _LAST))) if ported else (0, 0)
        if one["action"] == "deny":
            if any(first <= here[1] and here[0] <= last for first, last in left):
                return False
        elif inside(source, [str(one["source"])]) and one.get("type", -1) == -1:
            left = [part for each in left for part in _without(each, here)]
    return not left


def _overlap(one: str, other: str) -> bool:
    first, second = ipaddress.ip_network(one, strict=False), ipaddress.ip_network(other, strict=False)
    return first.version == second.version and first.overlaps(second)


def _without(whole: Range, taken: Range) -> list[Range]:
    parts = [(whole[0], min(whole[1], taken[0] - 1)), (max(whole[0], taken[1] + 1), whole[1])]
    return [(first, last) for first, last in parts if first <= last]


def refusing(current: Json, arguments: Json) -> Json:
    """The entries with some before that refuse `ports` to everybody but the networks `to`, where they are open now.

    ValueError where there is no room before the entry that opens them, or `to` is the Internet itself.
    """
    if current is ABSENT:
        raise ValueError("there is no such network ACL any more")
    to = [str(one) for one in arguments["to"]]
    if any(one in ANYWHERE.values() for one in to):
        raise ValueError("that is the whole Internet: name the networks that may still come in")
    entries: list[Entry] = [dict(one) for one in current["entries"]]
    for family, everywhere in ANYWHERE.items():
        networks = [one for one in to if family_of(one) == family]
        wanted: dict[int, list[Entry]] = {}
        for protocol, first, last in ports_of(str(arguments["ports"])):
            ports = {"protocol": protocol, "from": first, "to": last}
            opens = _opening({**ports, "source": everywhere}, entries)
            if opens is None:
                continue
            before = [one for one in entries if int(one["number"]) < opens]
            new = wanted.setdefault(opens, [])
            new += [
                {"action": "allow", **ports, "source": one}
                for one in networks
                if not admitted({**ports, "source": one}, before)
                and admitted({**ports, "source": one}, entries)
            ]
            new.append({"action": "deny", **ports, "source": everywhere})
        for number, new in sorted(wanted.items()):
            entries += _before(number, new, entries, family)
    return value_of(entries)


def _opening(rule: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> int | None:
    """The number of the entry that opens any of the rule's ports to everybody, None where all are refused before."""
    for one in sorted(entries, key=lambda each: int(each["number"])):
        if one["source"] != rule["source"] or one["protocol"] not in (ALL, rule["protocol"]):
            continue
        first, last = int(one.get("from", 0)), int(one.get("to", _LAST))
        if one["action"] == "deny" and first <= rule["from"] and rule["to"] <= last:
            return None
        if one["action"] == "allow" and first <= rule["to"] and rule["from"] <= last:
            return int(one["number"])
    return None


def _before(number: int, new: Sequence[Entry], entries: Sequence[Entry], family: int) -> list[Entry]:
    """The new entries in their order with free numbers just before `number`."""
    same = [int(one["number"]) for one in entries if family_of(one["source"]) == family]
    low = max([each for each in same if each < number], default=0)
    taken = {int(one["number"]) for one in entries}
    free = [each for each in range(number - 1, low, -1) if each not in taken]
    spaced = [each for each in free if (number - each) % _STEP == 0]
    room = next((one for one in (spaced, free) if len(one) >= len(new)), None)
    if room is None:
        raise ValueError(
            f"between the entries {low} and {number} there is no room for {len(new)} new ones: "
            "give them other numbers first"
        )
    numbers = sorted(room[: len(new)])
    return [{"number": each, **one} for each, one in zip(numbers, new, strict=True)]


BUILDERS: Final = {"refusing": refusing}
