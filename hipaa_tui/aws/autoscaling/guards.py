"""Looks whether a load balancer finds an Auto Scaling group's instances well before its word can end them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.autoscaling.settings import group_of
from hipaa_tui.aws.ec2.lookups import listed
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call

_HEALTH: Final = "aws.autoscaling.health-check"
_WELL: Final = ("healthy", "InService")
_NOT_SAID: Final = ("initial", "draining", "unused", "unavailable")
"""States of a target that say nothing about its health, or not yet."""
_SHORT: Final = 60


def group_targets_healthy(look: Look) -> Verdict:
    """Blocks where an instance fails the load balancer's check today: it would be terminated at once.

    An instance that a check counts as unhealthy is replaced, after the grace period of its start (Amazon EC2 Auto
    Scaling User Guide, "Health checks for instances in an Auto Scaling group").
    """
    draft = next((one for one in look.changes if one.setting == _HEALTH), None)
    if draft is None:
        return Outcome.PASS, "no health check changes"
    group = group_of(look.cloud, look.target)
    serving = {
        str(one["InstanceId"])
        for one in group.get("Instances") or []
        if str(one.get("LifecycleState")).startswith("InService")
    }
    ill: set[str] = set()
    unknown: set[str] = set()
    for id, state in _states(look, draft.after):
        if id in serving and state not in _WELL:
            (unknown if state in _NOT_SAID else ill).add(id)
    if ill:
        return (
            Outcome.BLOCK,
            f"{listed(sorted(ill))} fail the load balancer's check today and would be terminated: mend the check (path, "
            "port, security group) or the program first",
        )
    if unknown:
        return (
            Outcome.WARN,
            f"the load balancer has not judged {listed(sorted(unknown))} yet: look again once it has",
        )
    grace = int(draft.after["GracePeriod"])
    if grace < _SHORT:
        return (
            Outcome.WARN,
            f"an instance has {grace} seconds to start before it is judged: see that this is enough, or an endless "
            "chain of replacements begins",
        )
    if not serving:
        return Outcome.PASS, "it has no instance in service that could be replaced"
    return Outcome.PASS, f"all of its {len(serving)} instances pass the load balancer's check today"


def _states(look: Look, value: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(instance, what its load balancers say of it)."""
    found: list[tuple[str, str]] = []
    for arn in value["TargetGroups"]:
        asked = Call("aws", "elbv2", "DescribeTargetHealth", {"TargetGroupArn": arn}, look.target.region)
        told = look.cloud.call(asked).get("TargetHealthDescriptions") or []
        found += [
            (str(one["Target"]["Id"]), str((one.get("TargetHealth") or {}).get("State"))) for one in told
        ]
    for name in value["Balancers"]:
        asked = Call("aws", "elb", "DescribeInstanceHealth", {"LoadBalancerName": name}, look.target.region)
        told = look.cloud.call(asked).get("InstanceStates") or []
        found += [(str(one["InstanceId"]), str(one.get("State"))) for one in told]
    return found


GUARDS = {"group-targets-healthy": group_targets_healthy}
CAUTIOUS = ("group-targets-healthy",)
