"""What a DynamoDB table can carry: capacity that follows the load, and the account's own limits.

Application Auto Scaling keeps a target and a policy for each of reading and writing
(DynamoDB Developer Guide, "Managing throughput capacity automatically with DynamoDB auto scaling").
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.dynamodb.settings import Tables, TableSetting, table_of
from hipaa_tui.providers.model import Call, Cloud, Operation, Reading, ResourceType, Setting, Target
from hipaa_tui.support.json_value import ABSENT, Json

DIMENSIONS: Final = {"Read": "ReadCapacityUnits", "Write": "WriteCapacityUnits"}
ACCOUNT_LIMIT: Final = 40_000
"""Units that a table may have where the account's quota was never raised (DynamoDB, "Service quotas")."""
_FACTOR: Final = 10
_PERCENT: Final = 100
_ACCOUNT: Final = re.compile(r"(?:AWS::::Account:)?(\d{12})")


def _scaling(target: Target, operation: str, which: str, **arguments: Json) -> Call:
    given = {
        "ServiceNamespace": "dynamodb",
        "ResourceId": f"table/{target.name}",
        "ScalableDimension": f"dynamodb:table:{DIMENSIONS[which]}",
        **arguments,
    }
    return Call("aws", "application-autoscaling", operation, given, target.region)


class Autoscaling(TableSetting):
    """{"BillingMode", "Provisioned": {"Read", "Write"}, "Read"?: rule, "Write"?: rule}

    A rule is {"MinCapacity", "MaxCapacity", "TargetValue"?: percent in use, "PolicyName"?}. Mode and units are
    for predicates and builders; only the rules are compared and written.
    """

    id = "aws.dynamodb.autoscaling"
    title = "Capacity that follows the load"
    reads = (
        Operation("dynamodb", "DescribeTable"),
        Operation("application-autoscaling", "DescribeScalableTargets"),
        Operation("application-autoscaling", "DescribeScalingPolicies"),
    )
    writes = (
        Operation("application-autoscaling", "RegisterScalableTarget"),
        Operation("application-autoscaling", "PutScalingPolicy"),
        Operation("application-autoscaling", "DeregisterScalableTarget"),
    )
    settle_seconds = 60.0
    terraform = ("aws_appautoscaling_target", "aws_appautoscaling_policy")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = table_of(cloud, target)
        if not about:
            return Reading(ABSENT, self.identity_of(target, {}))
        mode = str((about.get("BillingModeSummary") or {}).get("BillingMode") or "PROVISIONED")
        value: dict[str, Json] = {"BillingMode": mode, "Provisioned": _units(about)}
        if mode == "PROVISIONED":
            value |= _rules(cloud, target)
        indexes = [str(one.get("IndexName")) for one in about.get("GlobalSecondaryIndexes") or []]
        return Reading(value, {**self.identity_of(target, {}), "Indexes": indexes})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [request for request, _ in self._steps(target, before.value, after)]

    def between(self, target: Target, before: Json, after: Json) -> list[Json]:
        return [value for _, value in self._steps(target, before, after)][:-1]

    def _steps(self, target: Target, before: Json, after: Json) -> list[tuple[Call, Json]]:
        now: dict[str, Any] = dict(before)
        steps: list[tuple[Call, Json]] = []

        def step(request: Call, which: str, rule: Json) -> None:
            nonlocal now
            now = {key: item for key, item in now.items() if key != which} | ({which: rule} if rule else {})
            steps.append((request, dict(now)))

        for which in DIMENSIONS:
            have, want = now.get(which), after.get(which)
            if _rule(have) == _rule(want):
                continue
            if want is None:
                step(_scaling(target, "DeregisterScalableTarget", which), which, None)
                continue
            bounds = {key: want[key] for key in ("MinCapacity", "MaxCapacity")}
            step(
                _scaling(target, "RegisterScalableTarget", which, **bounds), which, {**(have or {}), **bounds}
            )
            if want.get("TargetValue"):
                step(_scaling(target, "PutScalingPolicy", which, **_policy(target, which, want)), which, want)
        return steps

    def canonical(self, value: Json) -> Json:
        return {which: _rule(value.get(which)) for which in DIMENSIONS}


def _units(about: Mapping[str, Any]) -> dict[str, Json]:
    given = about.get("ProvisionedThroughput") or {}
    return {which: int(given.get(name) or 0) for which, name in DIMENSIONS.items()}


def _rules(cloud: Cloud, target: Target) -> dict[str, Json]:
    asked = {"ServiceNamespace": "dynamodb", "ResourceIds": [f"table/{target.name}"]}
    listed = cloud.pages(
        Call("aws", "application-autoscaling", "DescribeScalableTargets", asked, target.region),
        "ScalableTargets",
    )
    if not listed:
        return {}
    about = {"ServiceNamespace": "dynamodb", "ResourceId": f"table/{target.name}"}
    policies = cloud.pages(
        Call("aws", "application-autoscaling", "DescribeScalingPolicies", about, target.region),
        "ScalingPolicies",
    )
    rules: dict[str, Json] = {}
    for one in listed:
        which = next(
            (w for w, name in DIMENSIONS.items() if str(one["ScalableDimension"]).endswith(f"table:{name}")),
            "",
        )
        if not which:
            continue
        rule: dict[str, Json] = {key: int(one[key]) for key in ("MinCapacity", "MaxCapacity")}
        for policy in policies:
            tracked = policy.get("TargetTrackingScalingPolicyConfiguration") or {}
            if policy.get("ScalableDimension") == one["ScalableDimension"] and tracked.get("TargetValue"):
                rule["TargetValue"] = int(tracked["TargetValue"])
                rule["PolicyName"] = str(policy["PolicyName"])
        rules[which] = rule
    return rules


def _policy(target: Target, which: str, rule: Mapping[str, Any]) -> dict[str, Json]:
    return {
        "PolicyName": rule.get("PolicyName") or f"hipaa-tui-{target.name}-{which.lower()}",
        "PolicyType": "TargetTrackingScaling",
        "TargetTrackingScalingPolicyConfiguration": {
            "TargetValue": float(rule["TargetValue"]),
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": f"DynamoDB{which}CapacityUtilization",
            },
        },
    }


def _rule(rule: Json) -> Json:
    return (
        {key: rule.get(key) or 0 for key in ("MinCapacity", "MaxCapacity", "TargetValue")} if rule else None
    )


def with_autoscaling(current: Json, wanted: Json) -> Json:
    """Rules for reading and writing where there are none: never below what is provisioned today.

    `wanted` is {"percent", "most"}; `most` 0 takes ten times of what is provisioned. A rule that is there stays.
    """
    if current is ABSENT:
        raise ValueError("there is no such table")
    result = dict(current)
    for which in DIMENSIONS:
        least = max(1, int(current["Provisioned"][which]))
        if current.get(which):
            continue
        most = int(wanted.get("most") or 0) or min(ACCOUNT_LIMIT, least * _FACTOR)
        if most < least:
            raise ValueError(f"{which.lower()}: {most} units at most are fewer than the {least} of today")
        result[which] = {"MinCapacity": least, "MaxCapacity": most, "TargetValue": int(wanted["percent"])}
    return result


class Limits(ResourceType):
    """No resource of its own: what one account may provision in one region."""

    name = "AWS::DynamoDB::AccountLimits"
    title = "Account's DynamoDB limits"

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        return [self._of(account, region, partition)]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        found = _ACCOUNT.fullmatch(id)
        if found:
            return self._of(found[1], region, partition)
        ours = f"arn:{partition}:dynamodb:{region}:{account}:account-limits"
        return self._of(account, region, partition) if id == ours else None

    def _of(self, account: str, region: str, partition: str) -> Target:
        id = f"arn:{partition}:dynamodb:{region}:{account}:account-limits"
        return Target(
            "aws", self.name, account, region, id, f"DynamoDB limits of {account} in {region}", partition
        )


class AccountUse(Setting):
    """{"Read", "Write"}: {"Provisioned", "Limit", "Percent"} of what the account may have. Only for looking."""

    id = "aws.dynamodb.account-use"
    title = "Provisioned capacity of the account"
    resource = Limits.name
    reads = (
        Operation("dynamodb", "DescribeLimits"),
        Operation("dynamodb", "ListTables"),
        Operation("dynamodb", "DescribeTable"),
    )

    def read(self, cloud: Cloud, target: Target) -> Reading:
        limits = cloud.call(Call("aws", "dynamodb", "DescribeLimits", {}, target.region))
        totals = dict.fromkeys(DIMENSIONS, 0)
        for table in Tables().list(cloud, target.account, target.region, target.partition):
            about = table_of(cloud, table)
            for one in (about, *(about.get("GlobalSecondaryIndexes") or [])):
                for which, units in _units(one).items():
                    totals[which] += int(units)
        value: dict[str, Json] = {}
        for which, name in DIMENSIONS.items():
            limit = int(limits.get(f"AccountMax{name}") or 0)
            share = totals[which] * _PERCENT // limit if limit else 0
            value[which] = {"Provisioned": totals[which], "Limit": limit, "Percent": share}
        return Reading(value)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("a quota is raised in Service Quotas, by a person")


RESOURCE_TYPES = (Limits(),)
SETTINGS = (Autoscaling(), AccountUse())
BUILDERS = {"with_autoscaling": with_autoscaling}
