"""Checks that the load balancer reports the group's instances healthy before ELB health checks may replace them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.autoscaling.settings import group_of
from hipaa_tui.aws.ec2.lookups import listed
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call

_HEALTH: Final = "aws.autoscaling.health-check"
_HEALTHY: Final = ("healthy", "InService")
_UNDECIDED: Final = ("initial", "draining", "unused", "unavailable")
"""Target states that do not tell, or not yet, whether the target is healthy."""
_SHORT_GRACE: Final = 60
"""Seconds of health check grace period below which the guard warns."""


def group_targets_healthy(context: GuardContext) -> Verdict:
    """Blocks where an instance fails the load balancer's health check today: it would be terminated at once.

    Warns of instances without a health status yet, and of a short health check grace period. An instance that a
    health check counts as unhealthy is replaced once its grace period is over (Amazon EC2 Auto Scaling User Guide,
    "Health checks for instances in an Auto Scaling group").
    """
    draft = next((change for change in context.changes if change.setting == _HEALTH), None)
    if draft is None:
        return Outcome.PASS, "no health check changes"
    group = group_of(context.cloud, context.target)
    serving = {
        str(instance["InstanceId"])
        for instance in group.get("Instances") or []
        if str(instance.get("LifecycleState")).startswith("InService")
    }
    unhealthy: set[str] = set()
    unknown: set[str] = set()
    for id, state in _states(context, draft.after):
        if id in serving and state not in _HEALTHY:
            (unknown if state in _UNDECIDED else unhealthy).add(id)
    if unhealthy:
        return (
            Outcome.BLOCK,
            f"{listed(sorted(unhealthy))} fail the load balancer's health check and would be terminated: fix the check "
            "(path, port, security group) or the application first",
        )
    if unknown:
        return (
            Outcome.WARN,
            f"the load balancer has no health status for {listed(sorted(unknown))} yet: plan again once it has one",
        )
    grace = int(draft.after["GracePeriod"])
    if grace < _SHORT_GRACE:
        return (
            Outcome.WARN,
            f"the health check grace period is {grace} seconds: make sure that an instance starts within it, or "
            "instances are replaced in an endless loop",
        )
    if not serving:
        return Outcome.PASS, "the group has no instance in service that could be replaced"
    return Outcome.PASS, f"all {len(serving)} instances in service pass the load balancer's health check"


def _states(context: GuardContext, value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Returns (instance id, health state) as each load balancer of the group reports it."""
    states: list[tuple[str, str]] = []
    for arn in value["TargetGroups"]:
        request = Call("aws", "elbv2", "DescribeTargetHealth", {"TargetGroupArn": arn}, context.target.region)
        reported = context.cloud.call(request).get("TargetHealthDescriptions") or []
        states += [
            (str(target["Target"]["Id"]), str((target.get("TargetHealth") or {}).get("State")))
            for target in reported
        ]
    for name in value["Balancers"]:
        request = Call(
            "aws", "elb", "DescribeInstanceHealth", {"LoadBalancerName": name}, context.target.region
        )
        reported = context.cloud.call(request).get("InstanceStates") or []
        states += [(str(instance["InstanceId"]), str(instance.get("State"))) for instance in reported]
    return states


GUARDS = {"group-targets-healthy": group_targets_healthy}
BLOCK_ON_ERROR = ("group-targets-healthy",)
