"""A region's defaults of instance metadata: the guard that asks who still calls IMDSv1, and the setting."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, do, verdict
from tests.aws.server import ACCOUNT, REGION

DEFAULTS = "aws.ec2.instance-metadata-defaults"
KIND = resource_type("AWS::EC2::InstanceMetadataDefaults")
TARGET = KIND.target(ACCOUNT, ACCOUNT, REGION)


def says(aws: Any) -> tuple[Outcome, str]:
    return verdict(aws, "next-instances-need-tokens", TARGET, (DEFAULTS, {"HttpTokens": "required"}))


def instance(aws: Any, calls: float = 0, tags: Any = (), tokens: str = "optional") -> str:
    """A running instance that was asked so often without a token."""
    image = do(aws, "ec2", "RegisterImage", Name="web")["ImageId"]
    asked = {"ImageId": image, "MinCount": 1, "MaxCount": 1, "MetadataOptions": {"HttpTokens": tokens}}
    if tags:
        asked["TagSpecifications"] = [{"ResourceType": "instance", "Tags": list(tags)}]
    made = str(do(aws, "ec2", "RunInstances", **asked)["Instances"][0]["InstanceId"])
    point = {
        "MetricName": "MetadataNoToken",
        "Dimensions": [{"Name": "InstanceId", "Value": made}],
        "Value": calls,
        "Timestamp": (datetime.now(UTC) - timedelta(days=3)).isoformat(),
    }
    do(aws, "cloudwatch", "PutMetricData", Namespace="AWS/EC2", MetricData=[point])
    return made


def test_a_region_where_nobody_asks_in_the_old_way_passes(aws):
    assert says(aws)[0] is Outcome.PASS
    instance(aws)
    instance(aws, calls=9, tokens="required")  # counted before it was told
    assert says(aws)[0] is Outcome.PASS


def test_who_asks_in_the_old_way_is_named(aws):
    made = instance(aws, calls=3)
    outcome, reason = says(aws)
    assert outcome is Outcome.WARN
    assert made in reason


def test_a_group_that_would_grow_broken_instances_is_a_block(aws):
    """moto takes no tag of AWS's own at a launch: EC2's answer is told here, with the instance as it is."""
    made = instance(aws, calls=3)
    listed = do(aws, "ec2", "DescribeInstances")
    listed["Reservations"][0]["Instances"][0]["Tags"] = [{"Key": "aws:autoscaling:groupName", "Value": "web"}]
    outcome, reason = says(Answers(aws, DescribeInstances=listed))
    assert outcome is Outcome.BLOCK
    assert made in reason
    assert "Auto Scaling group web" in reason


def test_of_very_many_instances_some_are_looked_at_and_that_is_said(aws):
    one = {"State": {"Name": "running"}, "MetadataOptions": {"HttpTokens": "optional"}}
    many = [{**one, "InstanceId": f"i-{number:017x}"} for number in range(501)]
    outcome, reason = says(Answers(aws, DescribeInstances={"Reservations": [{"Instances": many}]}))
    assert outcome is Outcome.WARN
    assert "500 of 501" in reason


def test_what_the_organization_has_decided_is_changed_there(aws):
    decided = {"AccountLevel": {"HttpTokens": "optional", "ManagedBy": "declarative-policy"}}
    outcome, reason = says(Answers(aws, GetInstanceMetadataDefaults=decided))
    assert outcome is Outcome.BLOCK
    assert "organization" in reason


@pytest.mark.parametrize(
    "id", [ACCOUNT, f"AWS::::Account:{ACCOUNT}", f"arn:aws:ec2:eu-west-1:{ACCOUNT}:account"]
)
def test_reports_name_the_default_by_the_account(id):
    found = KIND.target(id, ACCOUNT, REGION)
    assert found.region == ("eu-west-1" if id.startswith("arn") else REGION)


def test_a_default_that_nobody_chose_comes_back_as_none_and_the_others_stay(aws):
    one = setting(DEFAULTS)
    do(aws, "ec2", "ModifyInstanceMetadataDefaults", HttpPutResponseHopLimit=2)
    first = fresh({"aws": aws}, DEFAULTS, TARGET)
    assert first.value == {"HttpTokens": "no-preference"}
    for after in ({"HttpTokens": "required"}, first.value):
        for call in one.write(TARGET, first, after):
            aws.call(call)
        seen = fresh({"aws": aws}, DEFAULTS, TARGET)
        assert seen.value == after
        assert seen.identity["HttpPutResponseHopLimit"] == 2
