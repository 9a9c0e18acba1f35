"""A default security group is closed and opened again as it was, and an instance asks for tokens and back."""

import pytest

from hipaa_tui.aws.ec2.instances import require_tokens
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.predicates import holds
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import do
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION

GROUP = setting("aws.ec2.default-security-group")
METADATA = setting("aws.ec2.instance-metadata")
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


@pytest.fixture
def instance(place):
    return resource_type("AWS::EC2::Instance").target(place.instance()["InstanceId"], ACCOUNT, REGION)


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


def test_instances_are_listed_and_named(aws, instance):
    kind = resource_type("AWS::EC2::Instance")
    assert instance.id == f"arn:aws:ec2:{REGION}:{ACCOUNT}:instance/{instance.name}"
    assert kind.target(instance.id, "", "") == instance
    assert kind.target(f"arn:aws:ec2:{REGION}:{ACCOUNT}:volume/vol-1", ACCOUNT, REGION) is None
    assert kind.target("i-; rm", ACCOUNT, REGION) is None
    assert instance in kind.list(aws, ACCOUNT, REGION, "aws")
    do(aws, "ec2", "CreateTags", Resources=[instance.name], Tags=[{"Key": "team", "Value": "records"}])
    assert kind.tags(aws, instance) == {"team": "records"}


def test_tokens_are_required_and_back(aws, instance):
    before = METADATA.read(aws, instance)
    assert before.identity["InstanceType"]
    assert not complies("aws.ec2.instance-metadata", before.value)
    wanted = require_tokens(before.value, {"hop_limit": 2})
    assert wanted == {"HttpTokens": "required", "HttpPutResponseHopLimit": 2, "HttpEndpoint": "enabled"}
    assert bring(aws, METADATA, instance, wanted) == ["ModifyInstanceMetadataOptions"]
    assert METADATA.same(METADATA.read(aws, instance).value, wanted)
    assert complies("aws.ec2.instance-metadata", METADATA.read(aws, instance).value)
    assert bring(aws, METADATA, instance, wanted) == []
    bring(aws, METADATA, instance, before.value)
    assert METADATA.same(METADATA.read(aws, instance).value, before.value)


def test_hops_are_never_taken_away_and_a_closed_endpoint_stays(aws):
    current = {"HttpTokens": "optional", "HttpPutResponseHopLimit": 3, "HttpEndpoint": "disabled"}
    assert complies("aws.ec2.instance-metadata", current)
    found = require_tokens(current, {"hop_limit": 1})
    assert found == {**current, "HttpTokens": "required"}
    with pytest.raises(ValueError, match="terminated"):
        require_tokens(None, {"hop_limit": 1})


def test_an_instance_that_is_gone_has_nothing_and_complies(aws, instance):
    do(aws, "ec2", "TerminateInstances", InstanceIds=[instance.name])
    reading = METADATA.read(aws, instance)
    assert reading.absent
    assert complies("aws.ec2.instance-metadata", reading.value)
    kind = resource_type("AWS::EC2::Instance")
    assert instance not in kind.list(aws, ACCOUNT, REGION, "aws")
    missing = kind.target("i-0123456789abcdef0", ACCOUNT, REGION)
    assert METADATA.read(aws, missing).absent
    with pytest.raises(CloudError):
        kind.tags(aws, missing)


def test_the_calls_are_what_ec2s_model_takes(aws, instance):
    (one,) = METADATA.write(instance, METADATA.read(aws, instance), {"HttpTokens": "required"})
    assert one == Call(
        "aws",
        "ec2",
        "ModifyInstanceMetadataOptions",
        {
            "InstanceId": instance.name,
            "HttpTokens": "required",
            "HttpPutResponseHopLimit": 1,
            "HttpEndpoint": "enabled",
        },
        REGION,
    )
