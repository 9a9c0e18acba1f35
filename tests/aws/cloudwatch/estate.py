"""A trail whose log group nobody watches, and an alarm that tells nobody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.aws.cloudwatch.metric_alarms import PATTERNS
from tests.aws.guards import do as by_hand
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = (*(f"aws.cloudwatch.alarm-{rule}" for rule in PATTERNS), "aws.cloudwatch.alarm-actions")
GROUP = "/trail"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; the alarm "kept" is as it should be."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return by_hand(cloud, service, operation, **arguments)

    do("s3", "CreateBucket", Bucket="trail-files")
    do("logs", "CreateLogGroup", logGroupName=GROUP)
    group = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:{GROUP}:*"
    role = f"arn:aws:iam::{ACCOUNT}:role/trail"
    do(
        "cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files", CloudWatchLogsLogGroupArn=group,
        CloudWatchLogsRoleArn=role,
    )  # fmt: skip
    topic = do("sns", "CreateTopic", Name="alerts")["TopicArn"]
    for name, actions in (("silent", []), ("kept", [topic])):
        alarm(do, name, AlarmActions=actions)
    return cloud


def alarm(do: Any, name: str, **more: Any) -> None:
    """An alarm on the errors of a function."""
    do(
        "cloudwatch",
        "PutMetricAlarm",
        AlarmName=name,
        AlarmDescription="errors",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Dimensions=[{"Name": "FunctionName", "Value": "etl"}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=2,
        Threshold=0.0,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        **more,
    )


def vpc_changes(
    cloud: AwsCloud, *, group: str = GROUP, actions: Sequence[str] = (), metric: str = "m"
) -> None:
    """A filter of the log group for changes of VPCs, and an alarm on its metric, both of somebody else."""
    made = [{"metricName": "m", "metricNamespace": "N", "metricValue": "1"}]
    named = {"logGroupName": group, "filterName": "theirs", "filterPattern": PATTERNS["vpc-changes"]}
    by_hand(cloud, "logs", "PutMetricFilter", **named, metricTransformations=made)
    counts = {
        "Namespace": "N",
        "MetricName": metric,
        "Statistic": "Sum",
        "Period": 300,
        "EvaluationPeriods": 1,
    }
    above = {"Threshold": 1.0, "ComparisonOperator": "GreaterThanOrEqualToThreshold"}
    by_hand(
        cloud,
        "cloudwatch",
        "PutMetricAlarm",
        AlarmName="theirs",
        **counts,
        **above,
        AlarmActions=list(actions),
    )
