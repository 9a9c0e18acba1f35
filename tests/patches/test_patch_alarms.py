"""An alarm on the trail as Terraform: its filter, itself, its topic and the topic's key."""

from __future__ import annotations

from pathlib import Path

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language.syntax import parse
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_type
from tests.aws.cloudwatch.estate_alarms import build
from tests.aws.server import ACCOUNT, REGION
from tests.patches.patch_clouds import git


def test_an_alarm_comes_with_its_filter_its_topic_and_the_key(aws: AwsCloud, repo: Path) -> None:
    build(aws)
    target = resource_type("AWS::CloudWatch::TrailAlarms").target(ACCOUNT, ACCOUNT, REGION)
    assert target is not None
    wishes = [
        Wish(load().get(f"aws.cloudwatch.alarm-{one}"), target, ()) for one in ("key-loss", "vpc-changes")
    ]
    patch = make_patch(make_plan(wishes, {"aws": aws}, {}), repo, "hipaa/fix", {"aws": aws})
    assert patch.left_out == ()
    text = "".join(git(repo, "show", f"hipaa/fix:{path}") + "\n" for path in patch.files)
    found = [block.labels for block in parse(text).blocks if block.type == "resource"]
    assert sorted(type for type, _ in found) == [
        "aws_cloudwatch_log_metric_filter",
        "aws_cloudwatch_log_metric_filter",
        "aws_cloudwatch_metric_alarm",
        "aws_cloudwatch_metric_alarm",
        "aws_kms_alias",
        "aws_kms_key",
        "aws_sns_topic",
    ]
    assert "($.eventName = ScheduleKeyDeletion)" in text
