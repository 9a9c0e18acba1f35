"""Checks an instance for IMDSv1 callers before it requires tokens (IMDSv2)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import Json

METADATA: Final = "aws.ec2.instance-metadata"
DAYS: Final = 14
CONTAINERS: Final = ("eks:", "aws:eks:", "kubernetes.io/cluster/", "k8s.io/", "aws:ecs:", "amazonecsmanaged")
"""Prefixes (lower case) of tags on instances that run containers."""
_LAUNCHERS: Final = (
    ("aws:autoscaling:groupname", "the Auto Scaling group"),
    ("aws:ec2launchtemplate:id", "the launch template"),
    ("aws:ec2:fleet-id", "the fleet"),
    ("spot-instance-request-id", "the spot request"),
)
"""Tags that name what launched the instance, the most direct first."""


def imdsv1_callers(context: GuardContext) -> Verdict:
    """Blocks where programs used IMDSv1 in the last DAYS days.

    Warns where that is unknown, where containers need a higher hop limit, and where something launches more instances
    like it. MetadataNoToken counts the requests without a token of each instance (EC2 User Guide, "Transition to using
    IMDSv2").
    """
    drafts = [draft for draft in context.changes if draft.setting == METADATA]
    if not drafts:
        return Outcome.PASS, "no metadata options change"
    draft = drafts[0]
    identity = context.read(METADATA, draft.target).identity
    calls = _without_token(context, draft.target.name)
    if calls:
        return (
            Outcome.BLOCK,
            f"programs on the instance requested metadata without a token {calls:.0f} times in {DAYS} days and "
            "would get no answer: update them (old SDKs, agents, curl scripts) until MetadataNoToken stays at zero",
        )
    tags = {str(key).lower(): str(value) for key, value in (identity.get("Tags") or {}).items()}
    notes = []
    if calls is None:
        why = (
            "" if identity.get("State") in ("running", "") else f" (the instance is {identity.get('State')})"
        )
        notes.append(
            f"CloudWatch has no figures for MetadataNoToken{why}: whether any program needs IMDSv1 is unknown"
        )
    hops = int(draft.after["HttpPutResponseHopLimit"])
    if hops < 2 and any(key.startswith(CONTAINERS) for key in tags):
        notes.append(
            "it runs containers, and IMDSv2 answers reach those only with a hop limit of 2: set hop_limit=2"
        )
    if maker := _launcher(tags):
        notes.append(
            f"{maker} launches the next instance with the old options: require tokens in its template too"
        )
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"no program on it requested metadata without a token in {DAYS} days"


def _without_token(context: GuardContext, instance: str) -> float | None:
    """Returns the number of IMDSv1 requests in the last DAYS days; None where CloudWatch has no figures."""
    now = datetime.now(UTC)
    query: dict[str, Json] = {
        "Namespace": "AWS/EC2",
        "MetricName": "MetadataNoToken",
        "Dimensions": [{"Name": "InstanceId", "Value": instance}],
        "StartTime": (now - timedelta(days=DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 86_400,
        "Statistics": ["Sum"],
    }
    response = context.cloud.call(
        Call("aws", "cloudwatch", "GetMetricStatistics", query, context.target.region)
    )
    points = response.get("Datapoints") or []
    return sum(float(point["Sum"]) for point in points) if points else None


def _launcher(tags: Mapping[str, str]) -> str:
    return next((f"{words} {tags[key]}" for key, words in _LAUNCHERS if key in tags), "")


GUARDS = {"imdsv1-callers": imdsv1_callers}
