"""The guard of an instance's metadata options: who still calls IMDSv1, and containers that need a second hop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, do, verdict
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION

METADATA = "aws.ec2.instance-metadata"
REQUIRED = {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"}


@pytest.fixture
def instance(aws):
    place = Place(aws)
    place.target_of_instance = resource_type("AWS::EC2::Instance").target(
        place.instance()["InstanceId"], ACCOUNT, REGION
    )
    return place


def asked(place, times):
    datum = {
        "MetricName": "MetadataNoToken",
        "Dimensions": [{"Name": "InstanceId", "Value": place.target_of_instance.name}],
        "Timestamp": (datetime.now(UTC) - timedelta(days=3)).isoformat(),
        "Value": float(times),
    }
    do(place.aws, "cloudwatch", "PutMetricData", Namespace="AWS/EC2", MetricData=[datum])


def requiring(place, **more):
    draft = (METADATA, {**REQUIRED, **more})
    return verdict(place.aws, "imdsv1-callers", place.target_of_instance, draft)


def test_an_instance_that_is_asked_with_tokens_only_passes(instance):
    asked(instance, 0)
    assert requiring(instance)[0] is Outcome.PASS
    assert verdict(instance.aws, "imdsv1-callers", instance.target_of_instance)[0] is Outcome.PASS


def test_programs_that_ask_without_a_token_block(instance):
    asked(instance, 0)
    asked(instance, 12)
    outcome, reason = requiring(instance)
    assert outcome is Outcome.BLOCK
    assert "12 times" in reason


def test_an_instance_without_figures_is_a_warning(instance):
    outcome, reason = requiring(instance)
    assert outcome is Outcome.WARN
    assert "no figures" in reason
    do(instance.aws, "ec2", "StopInstances", InstanceIds=[instance.target_of_instance.name])
    assert "stopped" in requiring(instance)[1]


@pytest.mark.parametrize("key", ["eks:cluster-name", "kubernetes.io/cluster/clinic", "aws:ecs:clusterName"])
def test_a_host_of_containers_needs_two_hops(instance, key):
    asked(instance, 0)
    with_tag = Answers(instance.aws, DescribeInstances=tagged(instance, key))
    draft = (METADATA, REQUIRED)
    outcome, reason = verdict(with_tag, "imdsv1-callers", instance.target_of_instance, draft)
    assert outcome is Outcome.WARN
    assert "hop_limit=2" in reason
    draft = (METADATA, {**REQUIRED, "HttpPutResponseHopLimit": 2})
    assert verdict(with_tag, "imdsv1-callers", instance.target_of_instance, draft)[0] is Outcome.PASS


def tagged(place, key, value="x"):
    """The instance as EC2 shows it with a tag that only AWS may set."""
    found = do(place.aws, "ec2", "DescribeInstances", InstanceIds=[place.target_of_instance.name])
    found["Reservations"][0]["Instances"][0]["Tags"] = [{"Key": key, "Value": value}]
    return found


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("aws:autoscaling:groupName", "the Auto Scaling group portal"),
        ("aws:ec2launchtemplate:id", "the launch template portal"),
    ],
)
def test_what_makes_the_next_instance_is_named(instance, key, words):
    asked(instance, 0)
    with_tag = Answers(instance.aws, DescribeInstances=tagged(instance, key, "portal"))
    draft = (METADATA, REQUIRED)
    outcome, reason = verdict(with_tag, "imdsv1-callers", instance.target_of_instance, draft)
    assert outcome is Outcome.WARN
    assert words in reason
