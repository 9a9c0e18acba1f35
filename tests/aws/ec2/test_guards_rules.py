"""The guard of a narrowed security group's other rules: none is lost, above all none that names a group."""

from __future__ import annotations

import pytest

from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import setting
from tests.aws.guards import do, verdict
from tests.aws.network import ALL, DATABASE, INGRESS, SSH, WORLD, Place


@pytest.fixture
def place(aws, monkeypatch):
    monkeypatch.delenv("SSH_CONNECTION", raising=False)
    return Place(aws)


def referenced(place, after, *permissions):
    """What is said about a change to other rules than the builder's."""
    rules = {"GroupId": place.group, "IpPermissions": list(permissions)}
    do(place.aws, "ec2", "AuthorizeSecurityGroupIngress", **rules)
    before = setting(INGRESS).read(place.aws, place.target()).value
    return verdict(place.aws, "sg-referenced", place.target(), (INGRESS, after(before)))


def test_only_the_internets_rules_go(place):
    other = do(place.aws, "ec2", "CreateSecurityGroup", GroupName="two", Description="d", VpcId=place.vpc)
    names_it = {**DATABASE, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": place.group}]}
    do(place.aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=other["GroupId"], IpPermissions=[names_it])
    by_group = {**DATABASE, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": other["GroupId"]}]}
    outcome, reason = place.verdict(SSH, by_group, guard="sg-referenced")
    assert outcome is Outcome.PASS
    assert other["GroupId"] in reason


def test_a_rule_that_names_a_group_never_goes(place):
    by_group = {**DATABASE, "IpRanges": [], "UserIdGroupPairs": [{"GroupId": place.group}]}
    outcome, reason = referenced(place, lambda before: {"rules": []}, by_group)
    assert outcome is Outcome.BLOCK
    assert f"tcp 5432-5432 from {place.group}" in reason


def test_a_range_is_split_and_not_thrown_away(place):
    wide = {"IpProtocol": "tcp", "FromPort": 20, "ToPort": 30, **WORLD}
    only = {"rules": [{"protocol": "tcp", "from": 22, "to": 22, "source": "10.0.0.0/8"}]}
    outcome, reason = referenced(place, lambda before: only, wide)
    assert outcome is Outcome.BLOCK
    assert "split" in reason
    assert place.verdict(guard="sg-referenced")[0] is Outcome.PASS


def test_a_rule_for_everything_is_a_warning(place):
    outcome, reason = place.verdict(ALL, guard="sg-referenced")
    assert outcome is Outcome.WARN
    assert "all traffic from 0.0.0.0/0" in reason


@pytest.mark.parametrize("guard", ["sg-referenced"])
def test_what_cannot_be_seen_blocks(guard):
    assert guard in guards()[1]
