"""The metadata options of an instance: tokens are required, and back."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.ec2.instances import require_tokens
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.predicates import holds
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import do
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION

METADATA = setting("aws.ec2.instance-metadata")


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
def instance(place):
    return resource_type("AWS::EC2::Instance").target(place.instance()["InstanceId"], ACCOUNT, REGION)


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
