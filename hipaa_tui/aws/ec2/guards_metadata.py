"""Looks who still asks an instance for its metadata in the old way, before that way is closed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import Json

METADATA: Final = "aws.ec2.instance-metadata"
DAYS: Final = 14
CONTAINERS: Final = ("eks:", "aws:eks:", "kubernetes.io/cluster/", "k8s.io/", "aws:ecs:", "amazonecsmanaged")
"""Beginnings of tags (lower case) that hosts of containers bear."""
_MAKERS: Final = (
    ("aws:autoscaling:groupname", "the Auto Scaling group"),
    ("aws:ec2launchtemplate:id", "the launch template"),
    ("aws:ec2:fleet-id", "the fleet"),
    ("spot-instance-request-id", "the spot request"),
)
"""Tags that say what makes instances like this one, the nearest first."""


def imdsv1_callers(look: Look) -> Verdict:
    """Blocks where something asked without a token lately; warns where that is not known, or will come back.

    MetadataNoToken counts such requests of each instance (EC2 User Guide, "Transition to using IMDSv2").
    """
    drafts = [draft for draft in look.changes if draft.setting == METADATA]
    if not drafts:
        return Outcome.PASS, "no metadata options change"
    draft = drafts[0]
    identity = look.read(METADATA, draft.target).identity
    calls = _without_token(look, draft.target.name)
    if calls:
        return (
            Outcome.BLOCK,
            f"programs on it asked for metadata without a token {calls:.0f} times in {DAYS} days and would get "
            "no answer: update them (old SDKs, agents, scripts with curl) until MetadataNoToken stays at zero",
        )
    tags = {str(key).lower(): str(value) for key, value in (identity.get("Tags") or {}).items()}
    notes = []
    if calls is None:
        why = "" if identity.get("State") in ("running", "") else f", being {identity.get('State')}"
        notes.append(
            f"it has no figures of requests without a token{why}: whether any program needs them is unknown"
        )
    hops = int(draft.after["HttpPutResponseHopLimit"])
    if hops < 2 and any(key.startswith(CONTAINERS) for key in tags):
        notes.append("it runs containers, which a token reaches only with a hop limit of 2: give hop_limit=2")
    if maker := _maker(tags):
        notes.append(f"{maker} makes the next instance as this one was: require tokens in its template too")
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, f"nothing on it asked for metadata without a token in {DAYS} days"


def _without_token(look: Look, instance: str) -> float | None:
    """How often, None where CloudWatch has no figures."""
    now = datetime.now(UTC)
    asked: dict[str, Json] = {
        "Namespace": "AWS/EC2",
        "MetricName": "MetadataNoToken",
        "Dimensions": [{"Name": "InstanceId", "Value": instance}],
        "StartTime": (now - timedelta(days=DAYS)).isoformat(),
        "EndTime": now.isoformat(),
        "Period": 86_400,
        "Statistics": ["Sum"],
    }
    found = look.cloud.call(Call("aws", "cloudwatch", "GetMetricStatistics", asked, look.target.region))
    points = found.get("Datapoints") or []
    return sum(float(one["Sum"]) for one in points) if points else None


def _maker(tags: Mapping[str, str]) -> str:
    return next((f"{words} {tags[key]}" for key, words in _MAKERS if key in tags), "")


GUARDS = {"imdsv1-callers": imdsv1_callers}
