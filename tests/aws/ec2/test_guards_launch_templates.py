"""The metadata options of a launch template: the guard that asks who still calls IMDSv1, and the version that is made."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.ec2.estate_launching import template
from tests.aws.guards import Answers, do, verdict
from tests.aws.server import ACCOUNT, REGION

METADATA = "aws.ec2.launch-template-metadata"
OLD = {"HttpTokens": "optional", "HttpEndpoint": "enabled", "InstanceMetadataTags": "enabled"}
AFTER = {
    "HttpTokens": "required",
    "HttpEndpoint": "enabled",
    "HttpPutResponseHopLimit": 1,
    "DefaultVersion": None,
}
GUARD = "template-users-need-tokens"


def target(id: str) -> Any:
    return resource_type("AWS::EC2::LaunchTemplate").target(id, ACCOUNT, REGION)


def making(aws: Any, id: str, calls: float = 0, *tags: str) -> Any:
    """The cloud with a running instance of the template; moto takes no tag of AWS's own at a launch."""
    image = do(aws, "ec2", "RegisterImage", Name="web")["ImageId"]
    made = do(aws, "ec2", "RunInstances", ImageId=image, MinCount=1, MaxCount=1)["Instances"][0]["InstanceId"]
    point = {
        "MetricName": "MetadataNoToken",
        "Dimensions": [{"Name": "InstanceId", "Value": made}],
        "Value": calls,
        "Timestamp": (datetime.now(UTC) - timedelta(days=3)).isoformat(),
    }
    do(aws, "cloudwatch", "PutMetricData", Namespace="AWS/EC2", MetricData=[point])
    listed = do(aws, "ec2", "DescribeInstances")
    own = [{"Key": "aws:ec2launchtemplate:id", "Value": id}, *({"Key": one, "Value": "x"} for one in tags)]
    listed["Reservations"][0]["Instances"][0]["Tags"] = own
    return Answers(aws, DescribeInstances=listed)


def says(aws: Any, id: str, **more: Any) -> tuple[Outcome, str]:
    return verdict(aws, GUARD, target(id), (METADATA, {**AFTER, **more}))


def test_a_template_whose_instances_ask_with_tokens_passes(aws):
    id = template(aws, "web", OLD)
    assert says(making(aws, id), id)[0] is Outcome.PASS
    assert verdict(aws, GUARD, target(id))[0] is Outcome.PASS


def test_a_template_whose_instances_ask_in_the_old_way_is_left(aws):
    id = template(aws, "web", OLD)
    outcome, reason = says(making(aws, id, 4), id)
    assert outcome is Outcome.BLOCK
    assert "without a token" in reason


def test_whoever_asks_for_the_latest_version_gets_no_earlier_content(aws):
    id = template(aws, "web", OLD)
    do(
        aws,
        "ec2",
        "CreateLaunchTemplateVersion",
        LaunchTemplateId=id,
        LaunchTemplateData={"ImageId": "ami-2"},
    )
    outcome, reason = says(aws, id)
    assert outcome is Outcome.BLOCK
    assert "default version 1 is not its latest (2)" in reason


def test_a_template_of_eks_is_changed_at_its_node_group(aws):
    tags = [{"ResourceType": "launch-template", "Tags": [{"Key": "eks:cluster-name", "Value": "phi"}]}]
    id = template(aws, "eks-1", OLD, TagSpecifications=tags)
    outcome, reason = says(aws, id)
    assert outcome is Outcome.BLOCK
    assert "node group" in reason


def test_what_nobody_can_tell_and_containers_are_warnings(aws):
    id = template(aws, "web", OLD)
    assert says(aws, id)[0] is Outcome.WARN
    cloud = making(aws, id, 0, "aws:ecs:cluster")
    outcome, reason = says(cloud, id)
    assert outcome is Outcome.WARN
    assert "hop limit of 2" in reason
    assert says(cloud, id, HttpPutResponseHopLimit=2)[0] is Outcome.PASS


def test_the_next_version_is_the_default_one_but_for_its_tokens_and_goes_again(aws):
    one, id = setting(METADATA), template(aws, "web", OLD)
    first = fresh({"aws": aws}, METADATA, target(id))
    for call in one.write(target(id), first, {**first.value, **AFTER})[:1]:
        made = aws.call(call)["LaunchTemplateVersion"]
    assert made["LaunchTemplateData"]["InstanceType"] == "t3.micro"
    assert made["LaunchTemplateData"]["MetadataOptions"]["InstanceMetadataTags"] == "enabled"
    do(aws, "ec2", "ModifyLaunchTemplate", LaunchTemplateId=id, DefaultVersion=str(made["VersionNumber"]))
    second = fresh({"aws": aws}, METADATA, target(id))
    assert (second.value["DefaultVersion"], second.value["HttpTokens"]) == (2, "required")
    for call in one.write(target(id), second, first.value):
        aws.call(call)
    last = fresh({"aws": aws}, METADATA, target(id))
    assert last.value == first.value
    assert last.identity["Latest"] == 1


def test_a_version_of_somebody_else_is_never_deleted(aws):
    one, id = setting(METADATA), template(aws, "web", OLD)
    data = {"MetadataOptions": {"HttpTokens": "required", "HttpEndpoint": "enabled"}}
    do(aws, "ec2", "CreateLaunchTemplateVersion", LaunchTemplateId=id, LaunchTemplateData=data)
    do(aws, "ec2", "ModifyLaunchTemplate", LaunchTemplateId=id, DefaultVersion="2")
    live = fresh({"aws": aws}, METADATA, target(id))
    back = one.write(target(id), live, {**live.value, "HttpTokens": "optional", "DefaultVersion": 1})
    assert [call.operation for call in back] == ["ModifyLaunchTemplate"]


def test_a_template_that_is_gone_is_absent(aws):
    nobody = target("lt-0123456789abcdef0")
    assert fresh({"aws": aws}, METADATA, nobody).absent
    with pytest.raises(ValueError, match="no such launch template"):
        setting(METADATA).write(nobody, fresh({"aws": aws}, METADATA, nobody), AFTER)
