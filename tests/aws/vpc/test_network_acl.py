"""Entries of a network ACL: what has to come in stays, what is open to the world goes, in an order that never shuts anybody out."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipaa_tui.aws.vpc.network_acl_entries import everything, is_open, ports_of, value_of, without_door
from hipaa_tui.aws.vpc.network_acl_evaluation import admitted, refusing
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers
from tests.aws.guards import do as do_by_hand
from tests.aws.server import ACCOUNT, REGION

ACL = setting("aws.ec2.network-acl-ingress")
DOOR = {"number": 100, "action": "allow", "protocol": "-1", "source": "0.0.0.0/0"}
SIX = {**DOOR, "number": 101, "source": "::/0"}
NOTHING = {"Networks": ["10.7.0.0/16"], "Served": []}
ASKED: dict[str, Any] = {
    "internal": ["10.0.0.0/8"],
    "ports": "443",
    "return_ports": "1024-65535",
    "traffic": NOTHING,
}


@pytest.fixture
def do(aws):
    return lambda service, operation, **more: do_by_hand(aws, service, operation, **more)


def target(type: str, id: str) -> Any:
    found = resource_type(type).target(id, ACCOUNT, REGION)
    assert found is not None
    return found


def served(*rules: dict[str, Any]) -> dict[str, Any]:
    return {**ASKED, "traffic": {**NOTHING, "Served": list(rules)}}


def tcp(first: int, last: int, source: str) -> dict[str, Any]:
    return {"protocol": "tcp", "from": first, "to": last, "source": source}


def said(value: Any) -> list[tuple[Any, ...]]:
    keys = ("protocol", "from", "to", "source")
    return [tuple(one.get(key) for key in keys) for one in value["entries"] if one["action"] == "allow"]


def test_the_door_makes_way_for_what_has_to_come_in():
    found = without_door(value_of([DOOR]), ASKED)
    assert said(found) == [
        ("-1", None, None, "10.0.0.0/8"),
        ("tcp", 443, 443, "0.0.0.0/0"),
        ("tcp", 1024, 65535, "0.0.0.0/0"),
        ("udp", 1024, 65535, "0.0.0.0/0"),
        ("icmp", None, None, "0.0.0.0/0"),
    ]
    assert [one["number"] for one in found["entries"]] == [110, 120, 130, 140, 150]
    assert found["open"] is False


@pytest.mark.parametrize(
    ("rule", "entry"),
    [
        (tcp(22, 22, "203.0.113.0/24"), ("tcp", 22, 22, "203.0.113.0/24")),
        (tcp(80, 80, "pl-0123456789abcdef0"), ("tcp", 80, 80, "0.0.0.0/0")),
        ({"protocol": "50", "source": "203.0.113.9/32"}, ("50", None, None, "203.0.113.9/32")),
        (tcp(8443, 8443, "0.0.0.0/0"), None),  # where answers come anyway
        (tcp(443, 443, "203.0.113.0/24"), None),  # everybody may
        (tcp(5432, 5432, "10.3.0.0/16"), None),  # internal
        (tcp(22, 22, "sg-0123456789abcdef0"), None),
        ({"protocol": "-1", "source": "0.0.0.0/0"}, None),  # says nothing of what is served
        (tcp(0, 65535, "0.0.0.0/0"), None),
    ],
)
def test_what_security_groups_let_in_comes_in(rule, entry):
    plain = said(without_door(value_of([DOOR]), ASKED))
    more = [one for one in said(without_door(value_of([DOOR]), served(rule))) if one not in plain]
    assert more == ([entry] if entry else [])


def test_each_version_of_ip_has_its_own_entries():
    traffic = {"Networks": ["10.7.0.0/16", "2001:db8:7::/56"], "Served": [tcp(22, 22, "2001:db8:9::/64")]}
    found = without_door(value_of([DOOR, SIX]), {**ASKED, "traffic": traffic})
    assert not is_open(found["entries"])
    six = [one for one in said(found) if ":" in one[3]]
    assert six[0] == ("-1", None, None, "2001:db8:7::/56")
    assert ("tcp", 22, 22, "2001:db8:9::/64") in six
    assert six[-1][0] == "icmpv6"
    only_four = without_door(value_of([DOOR]), {**ASKED, "traffic": traffic})
    assert [one for one in said(only_four) if ":" in one[3]] == []


def test_entries_before_and_after_keep_their_meaning():
    deny = {"number": 90, "action": "deny", "protocol": "-1", "source": "198.51.100.0/24"}
    later = {"number": 103, "action": "deny", "protocol": "tcp", "from": 22, "to": 22, "source": "0.0.0.0/0"}
    found = without_door(value_of([deny, DOOR, later]), ASKED)
    order = [one["number"] for one in found["entries"]]
    assert order[0] == 90
    assert order[-1] == 103
    assert len(order) == 7
    with pytest.raises(ValueError, match="no room"):
        without_door(value_of([{**deny, "number": 99}, DOOR, later]), ASKED)


def test_a_refusal_before_the_door_closes_it():
    deny = {**DOOR, "number": 50, "action": "deny"}
    assert value_of([DOOR])["open"] is True
    assert value_of([deny, DOOR])["open"] is False
    assert value_of([deny, DOOR, SIX])["open"] is True


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"internal": ["0.0.0.0/0"]}, "whole Internet"),
        ({"ports": "ssh"}, "give a port"),
        ({"ports": "99999"}, "ports go from"),
        ({"return_ports": "udp/1024-65535"}, "one range"),
    ],
)
def test_answers_that_make_no_sense_are_refused(more, why):
    with pytest.raises(ValueError, match=why):
        without_door(value_of([DOOR]), {**ASKED, **more})


PORTS = st.tuples(st.integers(0, 65535), st.integers(0, 65535)).map(sorted)
SOURCES = st.sampled_from(
    ["0.0.0.0/0", "203.0.113.0/24", "198.51.100.7/32", "10.1.0.0/16", "::/0", "2001:db8::/32"]
)
RULES = st.builds(
    lambda protocol, ports, source: {
        "protocol": protocol,
        "from": ports[0],
        "to": ports[1],
        "source": source,
    },
    st.sampled_from(["tcp", "udp"]),
    PORTS,
    SOURCES,
)


@given(st.lists(RULES, max_size=6))
def test_nothing_that_a_group_lets_in_is_lost(rules):
    found = without_door(value_of([DOOR, SIX]), served(*rules))
    assert not found["open"]
    assert all(admitted(rule, found["entries"]) for rule in rules if not everything(rule))
    numbers = [one["number"] for one in found["entries"]]
    assert len(set(numbers)) == len(numbers)


def test_new_entries_stand_before_the_door_goes_and_it_is_back_before_they_go(aws, do):
    acls = do("ec2", "DescribeNetworkAcls")["NetworkAcls"]
    where = target("AWS::EC2::NetworkAcl", acls[0]["NetworkAclId"])
    before = ACL.read(aws, where)
    wanted = without_door(before.value, ASKED)
    calls = ACL.write(where, before, wanted)
    assert [one.operation[:6] for one in calls] == [*["Create"] * 5, "Delete"]
    stages = ACL.between(where, before.value, wanted)
    for call, stage in zip(calls, [*stages, wanted], strict=True):
        aws.call(call)
        assert ACL.same(ACL.read(aws, where).value, stage)
    back = ACL.write(where, ACL.read(aws, where), before.value)
    assert [one.operation[:6] for one in back] == ["Create", *["Delete"] * 5]
    changed = value_of([{**DOOR, "action": "deny"}])
    assert [one.operation for one in ACL.write(where, before, changed)] == ["ReplaceNetworkAclEntry"]


def test_an_acl_of_another_account_or_gone_is_not_listed(aws, do):
    kind = resource_type("AWS::EC2::NetworkAcl")
    acls = do("ec2", "DescribeNetworkAcls")["NetworkAcls"]
    shared = Answers(aws, DescribeNetworkAcls={"NetworkAcls": [{**acls[0], "OwnerId": "999999999999"}]})
    assert kind.list(shared, ACCOUNT, REGION, "aws") == []
    assert kind.list(aws, ACCOUNT, REGION, "aws")
    assert kind.target("acl-1; x", ACCOUNT, REGION) is None
    gone = Answers(aws, DescribeNetworkAcls={"NetworkAcls": []})
    with pytest.raises(CloudError, match="not there any more"):
        ACL.read(gone, target("AWS::EC2::NetworkAcl", acls[0]["NetworkAclId"]))


def test_ports_are_read_as_people_write_them():
    assert ports_of("443, 8000-8100,udp/500") == [
        ("tcp", 443, 443),
        ("tcp", 8000, 8100),
        ("udp", 500, 500),
    ]
    assert ports_of("") == []


def allow(
    number: int, first: int, last: int, source: str = "0.0.0.0/0", action: str = "allow"
) -> dict[str, Any]:
    return {"number": number, "action": action, **tcp(first, last, source)}


@pytest.mark.parametrize(
    ("entries", "admits"),
    [
        ([DOOR], True),
        ([allow(10, 0, 100), allow(20, 101, 65535)], True),
        ([allow(10, 0, 21), allow(20, 23, 65535)], False),
        ([allow(10, 22, 22, "203.0.113.0/25", "deny"), DOOR], False),
        ([allow(10, 22, 22, "198.51.100.0/24", "deny"), DOOR], True),
        ([allow(10, 23, 23, action="deny"), DOOR], True),
        ([DOOR, allow(110, 22, 22, action="deny")], True),
        ([SIX], False),
    ],
)
def test_the_lowest_entry_that_fits_decides(entries, admits):
    assert admitted(tcp(22, 22, "203.0.113.0/24"), entries) is admits
    assert admitted({"protocol": "50", "source": "203.0.113.0/24"}, [DOOR]) is True


ADMIN = {"ports": "22,3389", "to": ["10.0.0.0/8"]}


def test_ports_for_administration_are_refused_before_what_opens_them():
    found = refusing(value_of([DOOR]), ADMIN)["entries"]
    assert [(one["number"], one["action"], one.get("from"), one["source"]) for one in found] == [
        (80, "allow", 22, "10.0.0.0/8"),
        (85, "deny", 22, "0.0.0.0/0"),
        (90, "allow", 3389, "10.0.0.0/8"),
        (95, "deny", 3389, "0.0.0.0/0"),
        (100, "allow", None, "0.0.0.0/0"),
    ]
    assert refusing({"entries": found, "open": True}, ADMIN)["entries"] == found


def test_who_comes_in_already_is_not_let_in_twice():
    inner = {**DOOR, "number": 50, "source": "10.0.0.0/8"}
    found = refusing(value_of([inner, allow(60, 1024, 65535), SIX]), ADMIN)["entries"]
    assert [one["number"] for one in found] == [50, 55, 60, 91, 96, 101]
    assert [one["source"] for one in found if one["action"] == "deny"] == ["0.0.0.0/0", "::/0", "::/0"]
    with pytest.raises(ValueError, match="no room"):
        refusing(value_of([{**inner, "number": 1}, {**DOOR, "number": 2}]), ADMIN)
    with pytest.raises(ValueError, match="whole Internet"):
        refusing(value_of([DOOR]), {**ADMIN, "to": ["0.0.0.0/0"]})
