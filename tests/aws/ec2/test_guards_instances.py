"""A default group is closed only where nothing is in it, and metadata only where nobody asks in the old way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.clouds.connections import Reader
from hipaa_tui.plans.planned_state import Overlay
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Draft, Look, Outcome
from hipaa_tui.providers.model import CloudError, Reading
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, do, verdict
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION

DEFAULT_GROUP = "aws.ec2.default-security-group"
METADATA = "aws.ec2.instance-metadata"
CLOSED = {"ingress": [], "egress": []}
REQUIRED = {"HttpTokens": "required", "HttpPutResponseHopLimit": 1, "HttpEndpoint": "enabled"}


# The default group -----------------------------------------------------------------------------------


@pytest.fixture
def place(aws):
    """A VPC, whose group is the default one."""
    found = Place(aws)
    found.own, found.group = found.group, found.default_group()
    return found


def closing(place, cloud=None):
    return verdict(cloud or place.aws, "default-sg-unused", place.target(), (DEFAULT_GROUP, CLOSED))


def test_a_default_group_that_nothing_uses_may_be_closed(place):
    assert closing(place)[0] is Outcome.PASS
    assert verdict(place.aws, "default-sg-unused", place.target())[0] is Outcome.PASS


def test_what_is_in_the_default_group_is_named_and_blocks(place):
    place.interface("forgotten")
    outcome, reason = closing(place)
    assert outcome is Outcome.BLOCK
    assert "forgotten" in reason


@pytest.mark.parametrize("way", ["Ingress", "Egress"])
def test_a_rule_that_names_the_default_group_blocks(place, way):
    pair = {"UserIdGroupPairs": [{"GroupId": place.group}]}
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, **pair}
    do(place.aws, "ec2", f"AuthorizeSecurityGroup{way}", GroupId=place.own, IpPermissions=[rule])
    outcome, reason = closing(place)
    assert outcome is Outcome.BLOCK
    assert place.own in reason


def test_any_other_group_is_refused(place):
    place.group = place.own
    draft = Draft(DEFAULT_GROUP, place.target(), CLOSED, CLOSED)
    look = Look(place.aws, place.target(), [draft], {}, {}, Reader({"aws": place.aws}))
    outcome, reason = guards()[0]["default-sg-unused"](look)
    assert outcome is Outcome.BLOCK
    assert "not the default group" in reason


def test_a_launch_template_that_names_it_is_a_warning(place):
    data = {"SecurityGroupIds": [place.group]}
    do(place.aws, "ec2", "CreateLaunchTemplate", LaunchTemplateName="old-ward", LaunchTemplateData=data)
    outcome, reason = closing(place)
    assert outcome is Outcome.WARN
    assert "old-ward" in reason


def test_launch_templates_that_cannot_be_read_are_a_warning(place):
    class Refusing(Answers):
        def pages(self, call, items):
            if call.operation == "DescribeLaunchTemplateVersions":
                raise CloudError("UnauthorizedOperation", "no", status=403, call=call)
            return super().pages(call, items)

    assert closing(place, Refusing(place.aws))[0] is Outcome.WARN


def test_a_plan_that_changes_its_rules_before_blocks(place):
    target = place.target()
    read = Overlay(Reader({"aws": place.aws}))
    ingress = "aws.ec2.security-group-ingress"
    read.plan("c1", ingress, target, read(ingress, target), Reading({"rules": []}))
    draft = Draft(DEFAULT_GROUP, target, setting(DEFAULT_GROUP).read(place.aws, target).value, CLOSED)
    outcome, reason = guards()[0]["default-sg-unused"](Look(place.aws, target, [draft], {}, {}, read))
    assert outcome is Outcome.BLOCK
    assert "apply that first" in reason


# Metadata --------------------------------------------------------------------------------------------


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


def tag(place, key, value="x"):
    name = place.target_of_instance.name
    do(place.aws, "ec2", "CreateTags", Resources=[name], Tags=[{"Key": key, "Value": value}])


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
