"""The default security group of a VPC is closed, and opened again as it was."""

from __future__ import annotations

import pytest

from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.predicates import holds
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION

GROUP = setting("aws.ec2.default-security-group")
CLOSED = {"ingress": [], "egress": []}


def complies(playbook, value):
    return holds(load().get(playbook).primary[0].complies, value)


def bring(aws, one, target, value):
    calls = one.calls(target, one.read(aws, target), value)
    for ready in calls:
        aws.call(ready)
    return [ready.operation for ready in calls]


@pytest.fixture
def place(aws):
    return Place(aws)


@pytest.fixture
def default(place):
    return resource_type("AWS::EC2::SecurityGroup").target(place.default_group(), ACCOUNT, REGION)


def test_a_default_group_is_closed_and_comes_back_as_it_was(aws, default):
    before = GROUP.read(aws, default)
    assert {rule["source"] for rule in before.value["ingress"]} == {default.name}
    assert before.value["egress"] == [{"protocol": "-1", "source": "0.0.0.0/0"}]
    assert not complies("aws.ec2.default-security-group", before.value)
    closing = ["RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress"]
    assert bring(aws, GROUP, default, CLOSED) == closing
    closed = GROUP.read(aws, default)
    assert GROUP.same(closed.value, CLOSED)
    assert complies("aws.ec2.default-security-group", closed.value)
    assert bring(aws, GROUP, default, CLOSED) == []
    bring(aws, GROUP, default, before.value)
    assert GROUP.same(GROUP.read(aws, default).value, before.value)


def test_any_other_group_has_nothing_there_and_complies(aws, place):
    reading = GROUP.read(aws, place.target())
    assert reading.absent
    assert reading.identity["GroupName"] == "g"
    assert complies("aws.ec2.default-security-group", reading.value)
    with pytest.raises(ValueError, match="not the default security group"):
        GROUP.write(place.target(), reading, CLOSED)


def test_a_closing_that_was_cut_is_told_from_other_peoples_changes(aws, default):
    before = GROUP.read(aws, default)
    first, second = GROUP.write(default, before, CLOSED)
    aws.call(first)
    half = GROUP.read(aws, default)
    assert any(GROUP.same(half.value, one) for one in GROUP.between(default, before.value, CLOSED))
    assert GROUP.write(default, half, CLOSED) == [second]


def test_rules_are_added_before_others_go_and_described_last(aws, default):
    rule = {"protocol": "tcp", "from": 443, "to": 443, "source": "10.0.0.0/8"}
    wanted = {"ingress": [rule], "egress": [{**rule, "description": "ward 3"}]}
    made = bring(aws, GROUP, default, wanted)
    assert [one.removeprefix("Authorize") for one in made[:2]] == [
        "SecurityGroupIngress",
        "SecurityGroupEgress",
    ]
    assert all(one.startswith("Revoke") for one in made[2:])
    assert GROUP.same(GROUP.read(aws, default).value, wanted)
    renamed = {**wanted, "egress": [{**rule, "description": "ward 4"}]}
    assert bring(aws, GROUP, default, renamed) == ["UpdateSecurityGroupRuleDescriptionsEgress"]
    assert GROUP.same(GROUP.read(aws, default).value, renamed)
