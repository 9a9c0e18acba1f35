"""Auto Scaling groups and launch configurations: ids, health checks, and what is only looked at."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.model import CloudError, Reading
from hipaa_tui.providers.registry import builders, resource_type, setting, settings
from hipaa_tui.support.json_value import ABSENT
from tests.aws.guards import Answers
from tests.aws.server import ACCOUNT, REGION
from tests.aws.settings import Closed

HERE = f"{REGION}:{ACCOUNT}"
GROUP, LAUNCHES = "AWS::AutoScaling::AutoScalingGroup", "AWS::AutoScaling::LaunchConfiguration"
UUID = "11111111-2222-4333-8444-555555555555"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        (GROUP, f"arn:aws:autoscaling:{HERE}:autoScalingGroup:{UUID}:autoScalingGroupName/web/a", "web/a"),
        (GROUP, "web", "web"),
        (GROUP, f"arn:aws:autoscaling:{HERE}:launchConfiguration:{UUID}:launchConfigurationName/web", None),
        (LAUNCHES, f"arn:aws:autoscaling:{HERE}:launchConfiguration:{UUID}:launchConfigurationName/web", "web"),
        (LAUNCHES, f"arn:aws:autoscaling:{HERE}:scalingPolicy:{UUID}", None),
    ],
)  # fmt: skip
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name


def test_what_is_only_looked_at_is_never_written():
    one = setting("aws.autoscaling.launch-configuration-address")
    assert one.writes == ()
    with pytest.raises(ValueError, match=r"\w"):
        one.write(target(LAUNCHES, "web"), Reading({}), {})


def test_a_group_keeps_its_other_checks_and_its_longer_time():
    health, one = builders()["with_balancer_health"], setting("aws.autoscaling.health-check")
    current = {"Types": ["EBS", "EC2"], "GracePeriod": 900, "Balancers": ["old"], "TargetGroups": []}
    wanted = health(current, {"grace_seconds": 300})
    assert (wanted["Types"], wanted["GracePeriod"]) == (["EBS", "EC2", "ELB"], 900)
    where = target(GROUP, "web")
    (call,) = one.calls(where, Reading(current), wanted)
    assert call.arguments["HealthCheckType"] == "EBS,ELB"
    plain = {**current, "Types": ["EC2"]}
    (call,) = one.calls(where, Reading(wanted), plain)
    assert call.arguments["HealthCheckType"] == "EC2"
    assert one.same({**plain, "Types": []}, plain)


def test_what_hands_requests_to_a_group_is_seen_in_its_traffic_sources(aws):
    sources = [
        {"Identifier": "arn:tg", "Type": "elbv2"},
        {"Identifier": "old", "Type": "elb"},
        {"Identifier": "arn:lattice", "Type": "vpc-lattice"},
    ]
    group = {"AutoScalingGroupName": "web", "HealthCheckType": "EC2", "TrafficSources": sources}
    cloud = Answers(aws, DescribeAutoScalingGroups={"AutoScalingGroups": [group]})
    value = setting("aws.autoscaling.health-check").read(cloud, target(GROUP, "web")).value
    assert (value["TargetGroups"], value["Balancers"], value["GracePeriod"]) == (["arn:tg"], ["old"], 0)


def test_what_is_not_there_is_absent_and_what_may_not_be_seen_is_not(aws):
    nobody = {
        GROUP: target(GROUP, "nobody"),
        LAUNCHES: target(LAUNCHES, "nobody"),
    }
    for id in ("aws.autoscaling.health-check", "aws.autoscaling.launch-configuration-address"):
        one = settings()[id]
        assert one.read(aws, nobody[one.resource]).value is ABSENT, id
        with pytest.raises(CloudError, match="UnauthorizedOperation"):
            one.read(Closed("UnauthorizedOperation"), nobody[one.resource])
