"""The guard of an Auto Scaling group's health check: which instances it would end at once."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.autoscaling.estate import group
from tests.aws.guards import Answers, do, verdict
from tests.aws.network import Place
from tests.aws.server import ACCOUNT, REGION

HEALTH = "aws.autoscaling.health-check"


def target(kind: str, id: str) -> Any:
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.fixture
def web(aws):
    """An Auto Scaling group of one instance behind a target group."""
    place = Place(aws)
    group(aws, place.vpc, place.subnet, "web", balanced=True, size=1)
    found = do(aws, "autoscaling", "DescribeAutoScalingGroups")["AutoScalingGroups"][0]
    place.one = target("AWS::AutoScaling::AutoScalingGroup", found["AutoScalingGroupARN"])
    place.targets, place.id = found["TargetGroupARNs"], found["Instances"][0]["InstanceId"]
    return place


def health(place, cloud=None, grace=300, balancers=()):
    value = {"Types": ["EC2", "ELB"], "GracePeriod": grace, "Balancers": list(balancers)}
    after = {**value, "TargetGroups": [] if balancers else place.targets}
    return verdict(cloud or place.aws, "group-targets-healthy", place.one, (HEALTH, after))


def judged(place, state):
    about = {"Target": {"Id": place.id}, "TargetHealth": {"State": state}}
    return Answers(place.aws, DescribeTargetHealth={"TargetHealthDescriptions": [about]})


def test_a_group_whose_targets_are_well_may_ask_the_balancer(web):
    assert health(web)[0] is Outcome.PASS
    assert "all 1 instances in service" in health(web, judged(web, "healthy"))[1]


def test_an_instance_that_would_be_ended_at_once_blocks(web):
    outcome, reason = health(web, judged(web, "unhealthy"))
    assert outcome is Outcome.BLOCK
    assert web.id in reason
    about = {"InstanceStates": [{"InstanceId": web.id, "State": "OutOfService"}]}
    assert health(web, Answers(web.aws, DescribeInstanceHealth=about), balancers=["old"])[0] is Outcome.BLOCK


def test_an_instance_that_is_not_judged_yet_is_a_warning(web):
    assert health(web, judged(web, "initial"))[0] is Outcome.WARN


def test_a_short_time_to_start_is_a_warning(web):
    outcome, reason = health(web, grace=5)
    assert outcome is Outcome.WARN
    assert "5 seconds" in reason
