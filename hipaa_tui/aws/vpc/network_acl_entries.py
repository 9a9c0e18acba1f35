"""Inbound entries of a network ACL as plain data, and the builder that takes the door for everything out of them.

An ACL looks at every packet by itself, answers to what was asked from inside among them: what closes the
Internet's way in has to leave the ports to which answers come.
https://docs.aws.amazon.com/vpc/latest/userguide/nacl-ephemeral-ports.html
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from hipaa_tui.aws.ec2.ingress import Rule, plain
from hipaa_tui.support.json_value import ABSENT, Json

Entry = dict[str, Any]

ALL: Final = "-1"
ANYWHERE: Final = {4: "0.0.0.0/0", 6: "::/0"}
LAST_NUMBER: Final = 32_766
"""The highest that a person may give; above it stand the entries that refuse the rest."""
_NAMES: Final = {"6": "tcp", "17": "udp", "1": "icmp", "58": "icmpv6"}
_NUMBERS: Final = {name: number for number, name in _NAMES.items()}
_PORTED: Final = ("tcp", "udp")
_PING: Final = {4: "icmp", 6: "icmpv6"}
_LAST: Final = 65_535
_STEP: Final = 10


def entry_of(described: Mapping[str, Any]) -> Entry:
    """An entry as EC2 describes it, in our form."""
    protocol = str(described["Protocol"])
    found: Entry = {
        "number": int(described["RuleNumber"]),
        "action": str(described["RuleAction"]),
        "protocol": _NAMES.get(protocol, protocol),
        "source": str(described.get("CidrBlock") or described.get("Ipv6CidrBlock")),
    }
    if found["protocol"] in _PORTED and described.get("PortRange"):
        found |= {"from": int(described["PortRange"]["From"]), "to": int(described["PortRange"]["To"])}
    if found["protocol"] in _PING.values():
        kind = described.get("IcmpTypeCode") or {}
        found |= {"type": int(kind.get("Type", -1)), "code": int(kind.get("Code", -1))}
    return found


def arguments_of(entry: Mapping[str, Any]) -> dict[str, Json]:
    """The entry as the parameters of a call that makes it."""
    family = family_of(entry["source"])
    found: dict[str, Json] = {
        "RuleNumber": entry["number"],
        "RuleAction": entry["action"],
        "Protocol": _NUMBERS.get(entry["protocol"], entry["protocol"]),
        "CidrBlock" if family == 4 else "Ipv6CidrBlock": entry["source"],
    }
    if entry["protocol"] in _PORTED:
        found["PortRange"] = {"From": entry.get("from", 0), "To": entry.get("to", _LAST)}
    if entry["protocol"] in _PING.values():
        found["IcmpTypeCode"] = {"Type": entry.get("type", -1), "Code": entry.get("code", -1)}
    return found


def family_of(source: str) -> int:
    return 6 if ":" in source else 4


def is_door(entry: Mapping[str, Any]) -> bool:
    """Does the entry let everything in from everywhere?"""
    whole = entry["protocol"] == ALL and entry["source"] == ANYWHERE[family_of(entry["source"])]
    return bool(whole and entry["action"] == "allow")


def is_open(entries: Iterable[Mapping[str, Any]]) -> bool:
    """Does everything come in from everywhere, since no entry before refuses it?"""
    decided: set[int] = set()
    for one in sorted(entries, key=lambda each: int(each["number"])):
        family = family_of(one["source"])
        if one["protocol"] == ALL and one["source"] == ANYWHERE[family] and family not in decided:
            if one["action"] == "allow":
                return True
            decided.add(family)
    return False


def ports_of(text: str) -> list[tuple[str, int, int]]:
    """ "443, 8000-8100, udp/500" as (protocol, first, last). ValueError says what is wrong."""
    found = []
    for part in filter(None, (one.strip() for one in text.split(","))):
        protocol, _, rest = part.rpartition("/")
        first, _, last = rest.partition("-")
        if protocol not in ("", *_PORTED) or not first.isdigit() or not (last or first).isdigit():
            raise ValueError(f"{part}: give a port such as 443, 8000-8100 or udp/500")
        low, high = int(first), int(last or first)
        if not 0 <= low <= high <= _LAST:
            raise ValueError(f"{part}: ports go from 0 to {_LAST}, the lower one first")
        found.append((protocol or "tcp", low, high))
    return found


def everything(rule: Mapping[str, Any]) -> bool:
    """Does a security group's rule let the Internet in on every port, so that it says nothing of what is served?"""
    rule = plain(rule)
    if rule["source"] not in ANYWHERE.values():
        return False
    whole = rule.get("from", 0) <= 1 and rule.get("to", _LAST) == _LAST
    return bool(rule["protocol"] == ALL or (rule["protocol"] in _PORTED and whole))


def inside(source: str, networks: Sequence[str]) -> bool:
    """Is the network a part of one of `networks`?"""
    try:
        wanted = ipaddress.ip_network(source, strict=False)
    except ValueError:
        return False
    known = (ipaddress.ip_network(one, strict=False) for one in networks)
    return any(one.version == wanted.version and wanted.subnet_of(one) for one in known)  # type: ignore[arg-type]


def without_door(current: Json, arguments: Json) -> Json:
    """The entries with the door for everything replaced by entries for what has to come in.

    `arguments`: {"internal": networks that may send anything, "ports": "443, udp/500" for everybody,
    "return_ports": "1024-65535", "traffic": the value of aws.ec2.network-acl-traffic}. What security groups
    let in today comes in afterwards too. The new entries stand where the door stood, so that those before and
    after it mean what they did. ValueError where there is no room for them.
    """
    if current is ABSENT:
        raise ValueError("there is no such network ACL any more")
    entries = [dict(one) for one in current["entries"]]
    doors = [one for one in entries if is_door(one)]
    for family in (4, 6):
        here = [one for one in doors if family_of(one["source"]) == family]
        if here:
            first = min(int(one["number"]) for one in here)
            needed = _needed(family, arguments)
            before = [one for one in entries if int(one["number"]) < first]
            new = [one for one in needed if not any(_content(one) == _content(old) for old in before)]
            entries += _numbered(new, entries, family, first)
    return value_of([one for one in entries if one not in doors])


def value_of(entries: Iterable[Mapping[str, Any]]) -> Json:
    """The setting's value of these entries."""
    listed = sorted((dict(one) for one in entries), key=lambda one: int(one["number"]))
    return {"entries": listed, "open": is_open(listed)}


def _content(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: item for key, item in entry.items() if key != "number"}


def _needed(family: int, arguments: Mapping[str, Any]) -> list[Entry]:
    """What has to come in by one version of IP, as entries without numbers."""
    traffic = arguments["traffic"]
    networks = [str(one) for one in (*arguments["internal"], *traffic["Networks"])]
    internal = _widest([one for one in networks if family_of(one) == family])
    everywhere = ANYWHERE[family]
    if everywhere in internal:
        raise ValueError(f"{everywhere} is the whole Internet: name the networks that may send anything")
    back = ports_of(str(arguments["return_ports"]))
    if len(back) != 1 or back[0][0] != "tcp":
        raise ValueError("return_ports is one range, such as 1024-65535")
    _, low, high = back[0]
    found: list[Entry] = [{"protocol": ALL, "source": one} for one in internal]
    asked = [
        (protocol, first, last, everywhere) for protocol, first, last in ports_of(str(arguments["ports"]))
    ]
    ports, rest = _served(traffic["Served"], family, internal)
    found += [
        {"protocol": protocol, "from": first, "to": last, "source": source}
        for protocol, first, last, source in _together([*asked, *ports])
        if not low <= first <= last <= high
    ]
    found += [{"protocol": one, "from": low, "to": high, "source": everywhere} for one in _PORTED]
    # Path MTU discovery needs ICMP, and security groups still say which of it arrives.
    found.append({"protocol": _PING[family], "type": -1, "code": -1, "source": everywhere})
    for one in rest:
        if one not in found and one["protocol"] not in _PING.values():
            found.append(one)
    return [{"action": "allow", **one} for one in found]


def _served(
    rules: Iterable[Mapping[str, Any]], family: int, internal: Sequence[str]
) -> tuple[list[tuple[str, int, int, str]], list[Entry]]:
    """(ports with their sources, the rest) that security groups let in from outside."""
    ports: list[tuple[str, int, int, str]] = []
    rest: list[Entry] = []
    for rule in (outside(one, family) for one in rules):
        if rule is None or inside(rule["source"], internal) or everything(rule):
            continue
        source = rule["source"]
        if rule["protocol"] in _PORTED:
            ports.append((rule["protocol"], rule.get("from", 0), rule.get("to", _LAST), source))
        else:
            rest.append({"protocol": rule["protocol"], "source": source})
    return ports, rest


def outside(rule: Mapping[str, Any], family: int) -> Rule | None:
    """A security group's rule where it lets networks of this version of IP in, else None.

    A prefix list counts as everywhere, since an ACL cannot name one.
    """
    found = plain(rule)
    source = str(found["source"])
    if source.startswith("pl-"):
        return {**found, "source": ANYWHERE[family]}
    return found if not source.startswith("sg-") and family_of(source) == family else None


def _together(ports: Iterable[tuple[str, int, int, str]]) -> list[tuple[str, int, int, str]]:
    """The ranges of each protocol and source, those that touch made one; what everybody may do nobody needs twice."""
    merged: list[tuple[str, int, int, str]] = []
    for protocol, first, last, source in sorted(set(ports), key=lambda one: (one[0], one[3], one[1], one[2])):
        if merged and merged[-1][0] == protocol and merged[-1][3] == source and first <= merged[-1][2] + 1:
            low, high = merged[-1][1], max(merged[-1][2], last)
            merged[-1] = (protocol, low, high, source)
        else:
            merged.append((protocol, first, last, source))
    anybody = [one for one in merged if one[3] in ANYWHERE.values()]
    return [
        one
        for one in merged
        if one in anybody or not any(a[0] == one[0] and a[1] <= one[1] and one[2] <= a[2] for a in anybody)
    ]


def _widest(networks: Iterable[str]) -> list[str]:
    """The networks without those that lie in another one."""
    unique = sorted(set(networks), key=lambda one: (ipaddress.ip_network(one).prefixlen, one))
    kept: list[str] = []
    for one in unique:
        if not inside(one, kept):
            kept.append(one)
    return kept


def _numbered(new: Sequence[Entry], entries: Sequence[Entry], family: int, door: int) -> list[Entry]:
    """The new entries with free numbers around the door's, between its neighbours of the same IP version."""
    same = [int(one["number"]) for one in entries if family_of(one["source"]) == family and not is_door(one)]
    low = max([number for number in same if number < door], default=0)
    high = min([number for number in same if number > door], default=LAST_NUMBER + 1)
    taken = {int(one["number"]) for one in entries}
    above = [number for number in range(door + 1, high) if number not in taken]
    below = [number for number in range(door - 1, low, -1) if number not in taken]
    spaced = [number for number in above if (number - door) % _STEP == 0]
    room = next((one for one in (spaced, above, below, [*below, *above]) if len(one) >= len(new)), None)
    if room is None:
        raise ValueError(
            f"between the entries {low} and {high} there is no room for {len(new)} new ones: give them other numbers first"
        )
    numbers = sorted(room[: len(new)])
    return [{"number": number, **one} for number, one in zip(numbers, new, strict=True)]


BUILDERS: Final = {"without_door": without_door}
