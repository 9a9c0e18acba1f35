"""Inbound rules change one by one, and the rest of the group is never touched."""

from __future__ import annotations

from itertools import pairwise

import pytest

from hipaa_tui.azure.network.settings import VERSION
from hipaa_tui.azure.network.sources import covers, narrow_source
from hipaa_tui.providers.model import CloudError, Reading
from hipaa_tui.providers.registry import resource_type, setting
from tests.azure.server import NSG, azure, bring, nsg, raw, rule, target

SETTING = setting("azure.network.nsg-rules")
HOW = {"from": ["*", "Internet", "0.0.0.0/0", "::/0", "any"], "to": ["10.0.0.0/8"], "ports": [22, 3389, 5432]}


@pytest.fixture
def cloud():
    rules = [
        rule("ssh", "22", description="front desk"),
        rule("web", "443", "Internet", priority=110),
        rule("out", "*", direction="Outbound", priority=100),
    ]
    with azure(*nsg(*rules)) as one:
        yield one


def value(*rules):
    return {
        "rules": sorted(
            ({"name": one["name"], **one["properties"]} for one in rules), key=lambda r: r["name"]
        )
    }


def test_the_value_is_the_inbound_rules(cloud):
    reading = SETTING.read(cloud, target(NSG))
    assert [one["name"] for one in reading.value["rules"]] == ["ssh", "web"]
    assert "provisioningState" not in reading.value["rules"][0]
    assert reading.identity["location"] == "eastus"


def test_a_change_puts_the_one_rule_and_goes_back(cloud):
    where = target(NSG)
    before = SETTING.read(cloud, where)
    after = narrow_source(before.value, HOW)
    (call,) = bring(cloud, SETTING.id, where, after)
    assert (call.operation, call.arguments["path"]) == ("PUT", f"{NSG}/securityRules/ssh")
    assert call.arguments.get("if_match") == before.identity["etags"].get("ssh")
    assert call.arguments["body"]["properties"]["sourceAddressPrefix"] == "10.0.0.0/8"
    assert call.arguments["body"]["properties"]["description"] == "front desk"
    assert SETTING.same(SETTING.read(cloud, where).value, after)
    assert bring(cloud, SETTING.id, where, after) == []
    names = {one["name"] for one in raw(cloud, NSG, VERSION)["properties"]["securityRules"]}
    assert names == {"ssh", "web", "out"}
    bring(cloud, SETTING.id, where, before.value)
    assert SETTING.same(SETTING.read(cloud, where).value, before.value)


def test_a_change_by_somebody_else_since_the_plan_stops_it():
    with azure(*nsg(rule("rdp", "3389", priority=120), rule("ssh", "22"))) as cloud:
        where = target(NSG)
        planned = SETTING.read(cloud, where)
        calls = SETTING.write(where, planned, narrow_source(planned.value, HOW))
        assert [("if_match" in call.arguments) for call in calls] == [True, False]
        bring(cloud, SETTING.id, where, {"rules": planned.value["rules"][:1]})
        with pytest.raises(CloudError) as caught:
            cloud.call(calls[0])
        assert (caught.value.status, caught.value.transient) == (412, False)


def test_several_rules_change_in_one_plan():
    with azure(*nsg(rule("rdp", "3389", priority=120), rule("ssh", "22"))) as cloud:
        after = narrow_source(SETTING.read(cloud, target(NSG)).value, HOW)
        assert len(bring(cloud, SETTING.id, target(NSG), after)) == 2
        assert SETTING.same(SETTING.read(cloud, target(NSG)).value, after)


def test_an_added_rule_goes_again(cloud):
    where = target(NSG)
    before = SETTING.read(cloud, where).value
    more = value(rule("extra", "25", priority=300))["rules"]
    bring(cloud, SETTING.id, where, {"rules": [*before["rules"], *more]})
    assert len(SETTING.read(cloud, where).value["rules"]) == 3
    calls = bring(cloud, SETTING.id, where, before)
    assert [(call.operation, call.arguments["path"]) for call in calls] == [
        ("DELETE", f"{NSG}/securityRules/extra")
    ]
    assert SETTING.same(SETTING.read(cloud, where).value, before)


def test_forms_that_mean_the_same_are_the_same():
    one = value(rule("a", ["22", "80"], "10.0.0.0/8"))
    other = value(
        rule(
            "a",
            ["80", "22"],
            ["10.0.0.0/8"],
            protocol="TCP",
            access="allow",
            sourceAddressPrefix="",
            description="",
        )
    )
    assert SETTING.same(one, other)
    assert not SETTING.same(one, value(rule("a", ["22", "80"], "10.0.0.0/16")))


@pytest.mark.parametrize("source", ["*", "Internet", "0.0.0.0/0", "::/0", "Any", "internet"])
@pytest.mark.parametrize("ports", ["22", "20-30", "*", ["1-10", "3380-3400"]])
def test_every_way_to_say_internet_is_narrowed(source, ports):
    after = narrow_source(value(rule("open", ports, source)), HOW)
    (found,) = after["rules"]
    assert found["sourceAddressPrefix"] == "10.0.0.0/8"
    assert narrow_source(after, HOW) == after


@pytest.mark.parametrize(
    "harmless",
    [
        rule("web", ["80", "443"], "Internet"),
        rule("inside", "22", "10.1.0.0/16"),
        rule("tagged", "22", "VirtualNetwork"),
        rule("denied", "22", "*", access="Deny"),
        rule("out", "22", "*", direction="Outbound"),
    ],
)
def test_what_opens_nothing_stays(harmless):
    assert narrow_source(value(harmless), HOW) == value(harmless)


def test_other_sources_of_the_rule_stay():
    (found,) = narrow_source(value(rule("a", "22", ["Internet", "203.0.113.7"])), HOW)["rules"]
    assert found["sourceAddressPrefixes"] == ["10.0.0.0/8", "203.0.113.7"]


def test_web_ports_stay_open_and_the_others_move_to_a_rule_of_their_own():
    current = value(rule("mixed", ["443", "22", "8080"]), rule("next", "53", priority=101))
    rules = {one["name"]: one for one in narrow_source(current, HOW)["rules"]}
    assert rules["mixed"]["destinationPortRange"] == "443"
    assert rules["mixed"]["sourceAddressPrefix"] == "*"
    assert rules["mixed-narrowed"]["destinationPortRanges"] == ["22", "8080"]
    assert rules["mixed-narrowed"]["sourceAddressPrefix"] == "10.0.0.0/8"
    assert rules["mixed-narrowed"]["priority"] == 102


@pytest.mark.parametrize(
    ("to", "said"), [([], "at least one"), (["0.0.0.0/0"], "whole Internet"), ("::/0", "whole")]
)
def test_the_internet_is_no_network_to_narrow_to(to, said):
    with pytest.raises(ValueError, match=said):
        narrow_source(value(rule("a", "22")), {**HOW, "to": to})


def test_ports():
    assert covers(["20-30"], 22)
    assert not covers(["220", "x"], 22)


def test_a_rule_of_the_group_means_the_group():
    found = resource_type("Microsoft.Network/networkSecurityGroups").target(
        f"{NSG}/securityRules/ssh", "", ""
    )
    assert found.id == NSG


def test_a_write_that_is_cut_between_two_rules_is_recognised():
    before = value(rule("a", "22"), rule("b", "22", priority=110), rule("mixed", ["22", "443"], priority=120))
    after = narrow_source(before, HOW)
    after = {"rules": [one for one in after["rules"] if one["name"] != "b"]}
    where = resource_type("Microsoft.Network/networkSecurityGroups").target(NSG, "", "")
    steps = SETTING.between(where, before, after)
    assert len(steps) == len(SETTING.write(where, Reading(before), after)) - 1
    seen = [before, *steps, after]
    for one, other in pairwise(seen):
        assert not SETTING.same(one, other)
    assert SETTING.between(where, before, before) == []
