"""Alarms on what a trail records: a metric filter on its log group, and an alarm on the metric.

The rules are those of the CIS AWS Foundations Benchmark, section 4, as Security Hub's CloudWatch controls name them
(https://docs.aws.amazon.com/securityhub/latest/userguide/cloudwatch-controls.html).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.logs.settings import name_of
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, ResourceType, Setting, Target
from hipaa_tui.support.json_value import Json

NAMESPACE: Final = "HipaaTui/Trail"
_MINE: Final = "hipaa-tui-"


def _events(*names: str, source: str = "") -> str:
    """A pattern for these events of the trail."""
    any_of = " || ".join(f"($.eventName = {name})" for name in names)
    return f"{{ ($.eventSource = {source}) && ({any_of}) }}" if source else f"{{ {any_of} }}"


PATTERNS: Final[Mapping[str, str]] = {
    "root-use": '{ $.userIdentity.type = "Root" && $.userIdentity.invokedBy NOT EXISTS && $.eventType != "AwsServiceEvent" }',
    "unauthorized-calls": '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }',
    "sign-in-without-mfa": '{ ($.eventName = "ConsoleLogin") && ($.additionalEventData.MFAUsed != "Yes") }',
    "iam-policy-changes": _events(
        "DeleteGroupPolicy", "DeleteRolePolicy", "DeleteUserPolicy", "PutGroupPolicy", "PutRolePolicy",
        "PutUserPolicy", "CreatePolicy", "DeletePolicy", "CreatePolicyVersion", "DeletePolicyVersion",
        "AttachRolePolicy", "DetachRolePolicy", "AttachUserPolicy", "DetachUserPolicy", "AttachGroupPolicy",
        "DetachGroupPolicy",
    ),
    "trail-changes": _events("CreateTrail", "UpdateTrail", "DeleteTrail", "StartLogging", "StopLogging"),
    "failed-logins": '{ ($.eventName = ConsoleLogin) && ($.errorMessage = "Failed authentication") }',
    "key-loss": _events("DisableKey", "ScheduleKeyDeletion", source="kms.amazonaws.com"),
    "bucket-policy-changes": _events(
        "PutBucketAcl", "PutBucketPolicy", "PutBucketCors", "PutBucketLifecycle", "PutBucketReplication",
        "DeleteBucketPolicy", "DeleteBucketCors", "DeleteBucketLifecycle", "DeleteBucketReplication",
        source="s3.amazonaws.com",
    ),
    "config-changes": _events(
        "StopConfigurationRecorder", "DeleteDeliveryChannel", "PutDeliveryChannel", "PutConfigurationRecorder",
        source="config.amazonaws.com",
    ),
    "security-group-changes": _events(
        "AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress",
        "RevokeSecurityGroupEgress", "CreateSecurityGroup", "DeleteSecurityGroup",
    ),
    "network-acl-changes": _events(
        "CreateNetworkAcl", "CreateNetworkAclEntry", "DeleteNetworkAcl", "DeleteNetworkAclEntry",
        "ReplaceNetworkAclEntry", "ReplaceNetworkAclAssociation",
    ),
    "gateway-changes": _events(
        "CreateCustomerGateway", "DeleteCustomerGateway", "AttachInternetGateway", "CreateInternetGateway",
        "DeleteInternetGateway", "DetachInternetGateway",
    ),
    "route-table-changes": _events(
        "CreateRoute", "CreateRouteTable", "ReplaceRoute", "ReplaceRouteTableAssociation", "DeleteRouteTable",
        "DeleteRoute", "DisassociateRouteTable", source="ec2.amazonaws.com",
    ),
    "vpc-changes": _events(
        "CreateVpc", "DeleteVpc", "ModifyVpcAttribute", "AcceptVpcPeeringConnection", "CreateVpcPeeringConnection",
        "DeleteVpcPeeringConnection", "RejectVpcPeeringConnection", "AttachClassicLinkVpc", "DetachClassicLinkVpc",
        "DisableVpcClassicLink", "EnableVpcClassicLink",
    ),
}  # fmt: skip
"""What is watched, by our name of it."""
_CONDITION: Final = re.compile(r'\$\.([A-Za-z.]+)\s*(!=|=|NOT EXISTS)\s*"?([^")]*?)"?\s*(?=\)|\}|&&|\|\||$)')


class TrailAlarms(ResourceType):
    """No resource of its own: the alarms that an account has in a region on what its trails record."""

    name = "AWS::CloudWatch::TrailAlarms"
    title = "Alarms on the trail"
    per_region = True

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return [self._of(account, region, partition)]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        if arn is None:
            found = re.fullmatch(r"(?:AWS::::Account:)?(\d{12})", id)
            return self._of(found[1], region, partition) if found and region else None
        # Where nothing watches, reports name the log group without saying which, or the account.
        mine = (arn.service == "logs" and arn.resource.startswith("log-group")) or (
            arn.service,
            arn.resource,
        ) == (
            "iam",
            "root",
        )
        where = arn.region or region
        return self._of(arn.account or account, where, arn.partition) if mine and where else None

    def _of(self, account: str, region: str, partition: str) -> Target:
        id = f"arn:{partition}:logs:{region}:{account}:log-group"
        return Target("aws", self.name, account, region, id, f"alarms on the trail in {region}", partition)


class Alarms(Setting):
    """{"Ours": {rule: {"LogGroup", "Topic", "Pattern"}}, "Covered": [rules], "TrailGroups": [log groups]}

    "Ours" is what hipaa-tui made, and the only part that is compared and written. "Covered" names the rules that an
    alarm with an action watches on a trail's log group, whosever it is; "TrailGroups" are those groups.
    """

    id = "aws.cloudwatch.trail-alarms"
    title = "Alarms on what the trail records"
    resource = TrailAlarms.name
    reads = (
        Operation("cloudtrail", "DescribeTrails"),
        Operation("logs", "DescribeMetricFilters"),
        Operation("cloudwatch", "DescribeAlarms"),
    )
    writes = (
        Operation("logs", "PutMetricFilter"),
        Operation("cloudwatch", "PutMetricAlarm"),
        Operation("cloudwatch", "DeleteAlarms"),
        Operation("logs", "DeleteMetricFilter"),
    )
    terraform = ("aws_cloudwatch_log_metric_filter", "aws_cloudwatch_metric_alarm")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        def ask(service: str, operation: str, items: str) -> list[Json]:
            return cloud.pages(Call("aws", service, operation, {}, target.region), items)

        trails = (
            cloud.call(Call("aws", "cloudtrail", "DescribeTrails", {}, target.region)).get("trailList") or []
        )
        groups = sorted(
            {
                name_of(str(one["CloudWatchLogsLogGroupArn"]))
                for one in trails
                if one.get("CloudWatchLogsLogGroupArn")
            }
        )
        filters = ask("logs", "DescribeMetricFilters", "metricFilters")
        alarms = ask("cloudwatch", "DescribeAlarms", "MetricAlarms")
        ours: dict[str, Json] = {}
        covered = set()
        for one in filters:
            heard = [alarm for alarm in alarms if _watches(alarm, one) and alarm.get("AlarmActions")]
            name = str(one["filterName"]).removeprefix(_MINE)
            mine = [alarm for alarm in heard if alarm.get("AlarmName") == one["filterName"]]
            if str(one["filterName"]).startswith(_MINE) and name in PATTERNS and mine:
                ours[name] = {
                    "LogGroup": str(one["logGroupName"]),
                    "Topic": str(mine[0]["AlarmActions"][0]),
                    "Pattern": str(one.get("filterPattern")),
                }
            if heard and one["logGroupName"] in groups:
                covered |= {rule for rule in PATTERNS if says(str(one.get("filterPattern")), PATTERNS[rule])}
        return Reading({"Ours": ours, "Covered": sorted(covered), "TrailGroups": groups})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        have, want = before.value["Ours"], after["Ours"]
        calls: list[Call] = []
        for rule, place in want.items():
            if have.get(rule) != place:
                calls += [self._filter(target, rule, place), self._alarm(target, rule, place)]
        for rule, place in have.items():
            if rule not in want:
                name = _MINE + rule
                calls.append(Call("aws", "cloudwatch", "DeleteAlarms", {"AlarmNames": [name]}, target.region))
                gone = {"logGroupName": place["LogGroup"], "filterName": name}
                calls.append(Call("aws", "logs", "DeleteMetricFilter", gone, target.region))
        return calls

    def _filter(self, target: Target, rule: str, place: Mapping[str, Any]) -> Call:
        metric = {"metricName": rule, "metricNamespace": NAMESPACE, "metricValue": "1", "defaultValue": 0.0}
        asked = {
            "logGroupName": place["LogGroup"],
            "filterName": _MINE + rule,
            "filterPattern": place["Pattern"],
            "metricTransformations": [metric],
        }
        return Call("aws", "logs", "PutMetricFilter", asked, target.region)

    def _alarm(self, target: Target, rule: str, place: Mapping[str, Any]) -> Call:
        asked = {
            "AlarmName": _MINE + rule,
            "AlarmDescription": f"The trail records: {rule.replace('-', ' ')} (hipaa-tui)",
            "Namespace": NAMESPACE,
            "MetricName": rule,
            "Statistic": "Sum",
            "Period": 300,
            "EvaluationPeriods": 1,
            "Threshold": 1.0,
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "TreatMissingData": "notBreaching",
            "AlarmActions": [place["Topic"]],
        }
        return Call("aws", "cloudwatch", "PutMetricAlarm", asked, target.region)

    def canonical(self, value: Json) -> Json:
        return value["Ours"]


def says(pattern: str, wanted: str) -> bool:
    """Does a filter's pattern have every condition of the wanted one, in whatever order and quotes?"""
    return set(_conditions(wanted)) <= set(_conditions(pattern))


def _conditions(pattern: str) -> Iterable[tuple[str, str, str]]:
    for field, operator, value in _CONDITION.findall(pattern):
        yield field, operator, value.strip()


def _watches(alarm: Mapping[str, Any], one: Mapping[str, Any]) -> bool:
    return any(
        (alarm.get("MetricName"), alarm.get("Namespace"))
        == (made.get("metricName"), made.get("metricNamespace"))
        for made in one.get("metricTransformations") or []
    )


def with_trail_alarm(current: Json, wanted: Json) -> Json:
    """The alarms with one more of ours: {"rule", "topic"}, on the first log group that a trail delivers to."""
    groups = current["TrailGroups"]
    if not groups:
        raise ValueError(
            "no trail delivers to CloudWatch Logs: apply aws.cloudtrail.cloudwatch-logs, then plan this again"
        )
    rule = wanted["rule"]
    made = {"LogGroup": groups[0], "Topic": wanted["topic"], "Pattern": PATTERNS[rule]}
    ours = {**current["Ours"], rule: made}
    return {**current, "Ours": ours, "Covered": sorted({*current["Covered"], wanted["rule"]})}


RESOURCE_TYPES = (TrailAlarms(),)
SETTINGS = (Alarms(),)
BUILDERS = {"with_trail_alarm": with_trail_alarm}
