"""Alarms as Terraform: the filter, the topic and its key, and the actions of an alarm that is there."""

from __future__ import annotations

from pathlib import Path

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language.syntax import parse
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_type
from tests.aws.cloudwatch.estate import alarm, build
from tests.aws.guards import do
from tests.aws.patches import declared, patched
from tests.aws.server import ACCOUNT, REGION
from tests.patches.patch_clouds import commit, git


def test_an_alarm_comes_with_its_filter_its_topic_and_the_key(aws: AwsCloud, repo: Path) -> None:
    build(aws)
    target = resource_type("AWS::CloudWatch::TrailAlarms").target(ACCOUNT, ACCOUNT, REGION)
    assert target is not None
    fix_requests = [
        FixRequest(load().get(f"aws.cloudwatch.alarm-{one}"), target, ())
        for one in ("key-loss", "vpc-changes")
    ]
    patch = make_patch(make_plan(fix_requests, {"aws": aws}, {}), repo, "hipaa/fix", {"aws": aws})
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


def test_an_alarm_of_the_repository_gets_its_actions(aws: AwsCloud, repo: Path) -> None:
    alarm(lambda service, operation, **more: do(aws, service, operation, **more), "silent")
    commit(
        repo,
        main_tf='resource "aws_cloudwatch_metric_alarm" "it" {\n  alarm_name = "silent"\n  threshold  = 0\n}\n',
    )
    text, patch = patched(aws, repo, "aws.cloudwatch.alarm-actions", "silent")
    blocks = declared(repo, patch)
    assert patch.left_out == ()
    (own,) = [one for one in blocks if one.labels and one.labels[0] == "aws_cloudwatch_metric_alarm"]
    assert own.labels[1] == "it"
    assert f'alarm_actions = ["arn:aws:sns:{REGION}:{ACCOUNT}:hipaa-tui-alarms"]' in " ".join(text.split())
    kinds = {one.labels[0] for one in blocks if one.type == "resource"}
    assert {"aws_sns_topic", "aws_kms_key", "aws_kms_alias"} <= kinds
