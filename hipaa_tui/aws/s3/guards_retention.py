"""Looks at what a change of lifecycle rules, versioning or Object Lock deletes, keeps for ever, or lets cost more.

Documentation is kept for six years (45 CFR 164.316(b)(2)(i)), and what no backup holds a lifecycle rule
deletes for good.
"""

from __future__ import annotations

from typing import Final

from hipaa_tui.aws.policies.principals import services
from hipaa_tui.aws.s3.guards import then
from hipaa_tui.aws.s3.guards_log_bucket import sources_of
from hipaa_tui.aws.s3.retention import Deletion, deletions, new_deletions, retention_days
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, at

SIX_YEARS: Final = 2190
"""Days, for 45 CFR 164.316(b)(2)(i)."""
LIFECYCLE: Final = "aws.s3.lifecycle"
_LOCK = "aws.s3.object-lock"
_RETENTION = "aws.s3.object-lock-retention"
_VERSIONING = "aws.s3.bucket-versioning"
_DELIVERS: Final = (
    *("cloudtrail.amazonaws.com", "config.amazonaws.com", "delivery.logs.amazonaws.com"),
    *("logging.s3.amazonaws.com", "logdelivery.elasticloadbalancing.amazonaws.com"),
)
_WORDS: Final = ("log", "audit", "evidence", "trail", "compliance", "policies", "hipaa")
"""What names and tags of buckets say that hold documentation; part of a word is enough."""


def retention_kept(look: Look) -> Verdict:
    """Blocks rules that delete sooner than today, and those that delete documentation within six years."""
    notes: list[str] = []
    for draft in look.changes:
        if draft.setting != LIFECYCLE:
            continue
        found = new_deletions(draft.before, draft.after)
        if shorter := _shortened(draft, found):
            return Outcome.BLOCK, f"{shorter}: what is kept today would be deleted sooner, and for good"
        why = _documentation(look, draft.target)
        early = [one for one in found if one.days is None or one.days < SIX_YEARS]
        if early and why:
            return (
                Outcome.BLOCK,
                f"{early[0].words}, and {why}: documentation is kept for six years ({SIX_YEARS} days, "
                "45 CFR 164.316(b)(2)(i)), so give a longer time",
            )
        notes += [f"{one.words}: be sure that nothing in it has to be kept longer" for one in found]
        kept = [one for one in deletions(draft.after) if one not in found]
        if why:
            notes += [
                f"{one.words} already, and {why}: six years are {SIX_YEARS} days"
                for one in kept
                if one.days is None or one.days < SIX_YEARS
            ]
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, "no object and no version is deleted that is kept today"


def _shortened(draft: Draft, found: list[Deletion]) -> str:
    """The first rule that deletes sooner what a rule deletes later today, "" where there is none."""
    for one in found:
        for other in deletions(draft.before):
            same = other.kind == one.kind and (other.scope == one.scope or one.whole)
            if same and None not in (one.days, other.days) and (one.days or 0) < (other.days or 0):
                return f"{one.words}, and today {other.words}"
    return ""


def _documentation(look: Look, bucket: Target) -> str:
    """Why the bucket holds logs or documentation, as half a sentence; "" where nothing says so."""
    named = services(look.read("aws.s3.bucket-policy", bucket).value)
    delivering = [name for name in _DELIVERS if name in named]
    if delivering:
        return f"{delivering[0]} delivers to it"
    tags = resource_type(bucket.type).tags(look.cloud, bucket)
    for word in _WORDS:
        if word in bucket.name.lower():
            return f"its name says {word}"
        if any(word in f"{key} {value}".lower() for key, value in tags.items()):
            return f"a tag of it says {word}"
    return ""


def object_lock_mode(look: Look) -> Verdict:
    """Blocks what can never be taken back in a direct apply, and locks where deliveries or versions need none."""
    target = look.target
    locking = [d for d in look.changes if d.setting in (_LOCK, _RETENTION)]
    if not locking:
        return Outcome.PASS, "nothing is locked"
    wanted = next((d for d in locking if d.setting == _RETENTION), None)
    if wanted is not None and at(wanted.after, "Mode") == "COMPLIANCE":
        return (
            Outcome.BLOCK,
            f"COMPLIANCE for {retention_days(wanted.after)} days can be undone by nobody, neither root nor AWS: "
            "this is not applied from here; try GOVERNANCE first, and set COMPLIANCE by hand or by a patch",
        )
    if wanted is not None and retention_days(wanted.after) < retention_days(wanted.before):
        return (
            Outcome.BLOCK,
            f"new objects would be locked for {retention_days(wanted.after)} days and not for "
            f"{retention_days(wanted.before)} as today",
        )
    delivered, note = sources_of(look)
    named = services(look.read("aws.s3.bucket-policy", target).value)
    if delivered or "logging.s3.amazonaws.com" in named:
        whose = f"of {', '.join(delivered[:5])} " if delivered else ""
        return (
            Outcome.BLOCK,
            f"access logs {whose}are delivered here, and S3 delivers none to a bucket that locks new objects",
        )
    if at(then(look, _VERSIONING, target), "Status") != "Enabled":
        return Outcome.BLOCK, "versioning is not on, and Object Lock needs it: turn it on first"
    also = [note] if note else []
    if deleting := deletions(look.read(LIFECYCLE, target).value):
        also.append(f"{deleting[0].words}, and will wait until the lock ends")
    return (
        Outcome.WARN,
        "; ".join(
            (
                "Object Lock is never turned off again, and whoever has s3:BypassGovernanceRetention can still delete",
                *also,
            )
        ),
    )


def versioning_cost(look: Look) -> Verdict:
    """Warns where every version would be paid for, for ever, and of what versioning changes for good."""
    draft = next(
        (d for d in look.changes if d.setting == _VERSIONING and d.target.key == look.target.key), None
    )
    if draft is None or at(draft.after, "Status") != "Enabled":
        return Outcome.PASS, "versioning does not change"
    one_way = (
        "" if draft.before is not ABSENT else "versioning can be suspended later, but never be taken away; "
    )
    rules = deletions(look.read(LIFECYCLE, look.target).value)
    earlier = [one for one in rules if one.kind == "NoncurrentVersionExpiration"]
    current = [one for one in rules if one.kind == "Expiration"]
    if not earlier:
        more = (
            f", and what {current[0].words.partition(' deletes')[0]} deletes stays as an earlier version"
            if current
            else ""
        )
        return (
            Outcome.WARN,
            f"{one_way}no lifecycle rule ends earlier versions, so each overwritten or deleted object is paid for "
            f"until somebody deletes its versions{more}",
        )
    if one_way:
        return Outcome.WARN, f"{one_way}{earlier[0].words}"
    return Outcome.PASS, f"versioning was on before, and {earlier[0].words}"


GUARDS = {
    "s3-retention-kept": retention_kept,
    "object-lock-mode": object_lock_mode,
    "versioning-cost": versioning_cost,
}
CAUTIOUS = ("s3-retention-kept", "object-lock-mode")
