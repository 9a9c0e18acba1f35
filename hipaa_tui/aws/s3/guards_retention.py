"""Checks what changed lifecycle rules, versioning or Object Lock would delete, lock for good, or make more expensive.

HIPAA documentation has to be kept for six years (45 CFR 164.316(b)(2)(i)). Without a backup, what a lifecycle rule
deletes is gone for good.
"""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.policies.principals import services
from hipaa_tui.aws.s3.guards import then
from hipaa_tui.aws.s3.guards_log_bucket import sources_of
from hipaa_tui.aws.s3.retention import Deletion, deletions, new_deletions, retention_days
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, at

SIX_YEARS: Final = 2190
"""Days, for 45 CFR 164.316(b)(2)(i)."""
LIFECYCLE: Final = "aws.s3.lifecycle"
_LOCK = "aws.s3.object-lock"
_RETENTION = "aws.s3.object-lock-retention"
_VERSIONING = "aws.s3.bucket-versioning"
_LOG_DELIVERY: Final = (
    *("cloudtrail.amazonaws.com", "config.amazonaws.com", "delivery.logs.amazonaws.com"),
    *("logging.s3.amazonaws.com", "logdelivery.elasticloadbalancing.amazonaws.com"),
)
_WORDS: Final = ("log", "audit", "evidence", "trail", "compliance", "policies", "hipaa")
"""Parts of bucket names and tags that suggest logs or documentation."""


def retention_kept(context: GuardContext) -> Verdict:
    """Blocks rules that delete sooner than today's, or that delete logs and documentation within six years.

    Warns of every other deletion that is new.
    """
    notes: list[str] = []
    for draft in context.changes:
        if draft.setting != LIFECYCLE:
            continue
        added = new_deletions(draft.before, draft.after)
        if shorter := _shortened(draft, added):
            return Outcome.BLOCK, f"{shorter}: objects would be deleted permanently and sooner than today"
        why = _documentation_clause(context, draft.target)
        too_early = [deletion for deletion in added if deletion.days is None or deletion.days < SIX_YEARS]
        if too_early and why:
            return (
                Outcome.BLOCK,
                f"{too_early[0].words}, and {why}: HIPAA documentation must be kept for six years ({SIX_YEARS} days, "
                "45 CFR 164.316(b)(2)(i)), so answer with more days",
            )
        notes += [f"{deletion.words}: make sure that none of it has to be kept longer" for deletion in added]
        unchanged = [deletion for deletion in deletions(draft.after) if deletion not in added]
        if why:
            notes += [
                f"{deletion.words} already today, and {why}: six years are {SIX_YEARS} days"
                for deletion in unchanged
                if deletion.days is None or deletion.days < SIX_YEARS
            ]
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, "no rule deletes an object or version that is kept today"


def _shortened(draft: PlannedChange, added: list[Deletion]) -> str:
    """The first rule that deletes the same objects sooner than a rule of today; "" when there is none."""
    for deletion in added:
        for other in deletions(draft.before):
            same = other.kind == deletion.kind and (other.scope == deletion.scope or deletion.whole)
            if same and None not in (deletion.days, other.days) and (deletion.days or 0) < (other.days or 0):
                return f"{deletion.words}, while today {other.words}"
    return ""


def _documentation_clause(context: GuardContext, bucket: Target) -> str:
    """A clause that says why the bucket seems to hold logs or documentation; "" when nothing suggests it."""
    principals = services(context.read("aws.s3.bucket-policy", bucket).value)
    delivering = [principal for principal in _LOG_DELIVERY if principal in principals]
    if delivering:
        return f"{delivering[0]} delivers logs to it"
    tags = resource_type(bucket.type).tags(context.cloud, bucket)
    for word in _WORDS:
        if word in bucket.name.lower():
            return f"the bucket name contains '{word}'"
        if any(word in f"{key} {value}".lower() for key, value in tags.items()):
            return f"one of its tags contains '{word}'"
    return ""


def object_lock_mode(context: GuardContext) -> Verdict:
    """Blocks COMPLIANCE mode, a shorter retention, and Object Lock on a log bucket or without versioning.

    Otherwise warns that Object Lock cannot be turned off again.
    """
    target = context.target
    locking = [d for d in context.changes if d.setting in (_LOCK, _RETENTION)]
    if not locking:
        return Outcome.PASS, "Object Lock does not change"
    retention = next((d for d in locking if d.setting == _RETENTION), None)
    if retention is not None and at(retention.after, "Mode") == "COMPLIANCE":
        return (
            Outcome.BLOCK,
            "nobody, not even root or AWS, can shorten or remove COMPLIANCE retention of "
            f"{retention_days(retention.after)} days, so hipaa-tui does not apply it: try GOVERNANCE first, and set "
            "COMPLIANCE by hand or by a patch",
        )
    if retention is not None and retention_days(retention.after) < retention_days(retention.before):
        return (
            Outcome.BLOCK,
            f"new objects would be locked for {retention_days(retention.after)} days instead of today's "
            f"{retention_days(retention.before)}",
        )
    delivered, note = sources_of(context)
    principals = services(context.read("aws.s3.bucket-policy", target).value)
    if delivered or "logging.s3.amazonaws.com" in principals:
        whose = f"from {', '.join(delivered[:5])} " if delivered else ""
        return (
            Outcome.BLOCK,
            f"access logs {whose}are delivered to this bucket, and S3 delivers none to a bucket with a default "
            "retention",
        )
    if at(then(context, _VERSIONING, target), "Status") != "Enabled":
        return Outcome.BLOCK, "versioning is off, and Object Lock requires it: enable versioning first"
    notes = [note] if note else []
    if deleting := deletions(context.read(LIFECYCLE, target).value):
        notes.append(f"{deleting[0].words}, but only once the lock has expired")
    return (
        Outcome.WARN,
        "; ".join(
            (
                "Object Lock cannot be turned off again, and principals with s3:BypassGovernanceRetention can still "
                "delete objects",
                *notes,
            )
        ),
    )


def versioning_cost(context: GuardContext) -> Verdict:
    """Warns when no lifecycle rule expires noncurrent versions, and that versioning cannot be removed again."""
    draft = next(
        (d for d in context.changes if d.setting == _VERSIONING and d.target.key == context.target.key), None
    )
    if draft is None or at(draft.after, "Status") != "Enabled":
        return Outcome.PASS, "versioning does not change"
    one_way = "" if draft.before is not ABSENT else "versioning can be suspended later but not removed; "
    rules = deletions(context.read(LIFECYCLE, context.target).value)
    earlier = [rule for rule in rules if rule.kind == "NoncurrentVersionExpiration"]
    current = [rule for rule in rules if rule.kind == "Expiration"]
    if not earlier:
        expired = (
            f", and objects that {current[0].words.partition(' deletes')[0]} expires stay as noncurrent versions"
            if current
            else ""
        )
        return (
            Outcome.WARN,
            f"{one_way}no lifecycle rule deletes noncurrent versions, so each overwritten or deleted object is "
            f"charged until its versions are deleted{expired}",
        )
    if one_way:
        return Outcome.WARN, f"{one_way}{earlier[0].words}"
    return Outcome.PASS, f"versioning was enabled before, and {earlier[0].words}"


GUARDS = {
    "s3-retention-kept": retention_kept,
    "object-lock-mode": object_lock_mode,
    "versioning-cost": versioning_cost,
}
BLOCK_ON_ERROR = ("s3-retention-kept", "object-lock-mode")
