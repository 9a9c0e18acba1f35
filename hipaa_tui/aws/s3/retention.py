"""How long S3 keeps objects: lifecycle rules that delete them, and Object Lock that lets nobody delete them.

Either can be final. What a rule deleted is gone, whatever becomes of the rule; Object Lock, once on, is
never turned off; and what was written under COMPLIANCE stays until its day, whoever asks.
(Amazon S3 User Guide, "Managing your storage lifecycle" and "Locking objects with Object Lock".)
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from hipaa_tui.aws.declared import Read, Remove, Write
from hipaa_tui.aws.s3.settings import BucketSetting
from hipaa_tui.providers.model import Cloud, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json, at, canonical_bytes

OWN_RULE: Final = "hipaa-tui"
"""How the names of lifecycle rules of ours begin."""
_WHOLE: Final[dict[str, Json]] = {"Prefix": ""}
_SIZE_DEFAULT: Final = "all_storage_classes_128K"
_DAYS_A_YEAR: Final = 365
_KINDS: Final = {"Expiration": "Days", "NoncurrentVersionExpiration": "NoncurrentDays"}


@dataclass(frozen=True, slots=True)
class Deletion:
    """What one rule deletes: `kind` is Expiration or NoncurrentVersionExpiration, `scope` the filter.

    `days` is None where the rule names a date instead.
    """

    rule: str
    kind: str
    scope: bytes
    days: int | None

    @property
    def whole(self) -> bool:
        return self.scope == canonical_bytes(_WHOLE)

    @property
    def words(self) -> str:
        when = f"after {self.days} days" if self.days is not None else "on a fixed date"
        what = "objects" if self.kind == "Expiration" else "earlier versions"
        return f"the rule {self.rule or 'without a name'} deletes {what} {when}"

    def within(self, other: Deletion) -> bool:
        """Does `other` delete all that this one does, and no later?"""
        if self.kind != other.kind or not (other.whole or other.scope == self.scope):
            return False
        return other == self or (
            None not in (self.days, other.days) and (other.days or 0) <= (self.days or 0)
        )


def deletions(value: Json) -> list[Deletion]:
    """What the rules in force delete; empty for ABSENT. Delete markers and unfinished uploads are no data."""
    return [one for rule in (value or {}).get("Rules", []) for one in _of_rule(rule)]


def _of_rule(rule: Mapping[str, Any]) -> Iterator[Deletion]:
    if rule.get("Status") != "Enabled":
        return
    for kind, field in _KINDS.items():
        action = rule.get(kind) or {}
        if action.get(field) or action.get("Date"):
            days = int(action[field]) if action.get(field) else None
            yield Deletion(str(rule.get("ID", "")), kind, canonical_bytes(scope(rule)), days)


def new_deletions(before: Json, after: Json) -> list[Deletion]:
    """What `after` deletes and `before` does not, or not so soon."""
    already = deletions(before)
    return [one for one in deletions(after) if not any(one.within(other) for other in already)]


def scope(rule: Mapping[str, Any]) -> dict[str, Json]:
    """The rule's filter in one form; a rule without any is about the whole bucket."""
    found = {k: v for k, v in (rule.get("Filter") or {}).items() if v not in (None, [], {})}
    both = found.pop("And", None)
    if isinstance(both, Mapping):
        found |= {key: item for key, item in both.items() if item not in (None, [], {}, "")}
    if "Tag" in found:
        found["Tags"] = [found.pop("Tag")]
    if isinstance(found.get("Tags"), list):
        found["Tags"] = sorted(found["Tags"], key=canonical_bytes)
    found.setdefault("Prefix", str(rule.get("Prefix") or ""))
    return found


_BUCKET: Final = {"Bucket": "{name}"}
_SIZE: Final = "TransitionDefaultMinimumObjectSize"


class Lifecycle(BucketSetting):
    """{"Rules": […], "TransitionDefaultMinimumObjectSize"?}; writing replaces all rules, so values are whole."""

    id = "aws.s3.lifecycle"
    title = "Lifecycle rules"
    reading = Read(
        *("s3", "GetBucketLifecycleConfiguration", "", _BUCKET), absent=("NoSuchLifecycleConfiguration",)
    )
    writing = Write("s3", "PutBucketLifecycleConfiguration", arguments=_BUCKET)
    removing = Remove("s3", "DeleteBucketLifecycle", arguments=_BUCKET)
    settle_seconds = 120.0
    terraform = ("aws_s3_bucket_lifecycle_configuration",)

    def value(self, found: Any) -> Json:
        if not found.get("Rules"):
            return ABSENT
        return {key: found[key] for key in ("Rules", _SIZE) if found.get(key)}

    def sent(self, before: Reading, after: Json) -> Json:
        # Without the size S3 would go back to its default.
        size = {key: item for key, item in after.items() if key == _SIZE}
        return {"LifecycleConfiguration": {"Rules": after["Rules"]}, **size}

    def canonical(self, value: Json) -> Json:
        rules = [self._rule(rule) for rule in value.get("Rules", [])]
        size = value.get(_SIZE) or _SIZE_DEFAULT
        return {"Rules": sorted(rules, key=canonical_bytes), "Size": size}

    def _rule(self, rule: Mapping[str, Any]) -> dict[str, Json]:
        kept = {k: v for k, v in rule.items() if k not in {"Filter", "Prefix"} and v not in (None, [], {})}
        return {**kept, "Filter": scope(rule)}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        found = new_deletions(before, after)
        if not found:
            return ""
        return f"{'; '.join(one.words for one in found)}: what S3 has deleted by then does not come back"


def with_lifecycle(current: Json, wanted: Json) -> Json:
    """The rules that are there, and ours for what none of them does.

    `wanted` is {"abort_days": days after which unfinished uploads go, "noncurrent_days": days after which
    versions go that are not current, 0 for never}. Current objects are never deleted.
    """
    rules = list((current or {}).get("Rules", []))
    whole = [r for r in rules if r.get("Status") == "Enabled" and scope(r) == _WHOLE]
    taken = {str(rule.get("ID")) for rule in rules}
    days = int(wanted.get("noncurrent_days") or 0)
    if not any(at(rule, "AbortIncompleteMultipartUpload.DaysAfterInitiation") for rule in whole):
        action = {"AbortIncompleteMultipartUpload": {"DaysAfterInitiation": int(wanted["abort_days"])}}
        rules.append(_own("unfinished-uploads", action, taken))
    if days and not any(at(rule, "NoncurrentVersionExpiration.NoncurrentDays") for rule in whole):
        rules.append(
            _own("earlier-versions", {"NoncurrentVersionExpiration": {"NoncurrentDays": days}}, taken)
        )
    return {**(current or {}), "Rules": rules}


def _own(what: str, action: Mapping[str, Json], taken: set[str]) -> dict[str, Json]:
    number, name = 2, f"{OWN_RULE}-{what}"
    while name in taken:
        name, number = f"{OWN_RULE}-{what}-{number}", number + 1
    return {"ID": name, "Status": "Enabled", "Filter": dict(_WHOLE), **action}


_LOCK: Final = Read(
    *("s3", "GetObjectLockConfiguration", "ObjectLockConfiguration", _BUCKET),
    absent=("ObjectLockConfigurationNotFoundError",),
)
_LOCK_ONLY: Final = {**_BUCKET, "ObjectLockConfiguration": {"ObjectLockEnabled": "Enabled"}}


class ObjectLock(BucketSetting):
    """{"ObjectLockEnabled": "Enabled"}: objects of the bucket can be locked. ABSENT where they cannot."""

    id = "aws.s3.object-lock"
    title = "Object Lock"
    reading = _LOCK
    writing = Write("s3", "PutObjectLockConfiguration", arguments=_LOCK_ONLY, sends=None)
    irreversible = "Object Lock is never turned off again, and versioning can no longer be suspended"
    kept_on_rollback = "Object Lock, once on, is never turned off"
    terraform = ("aws_s3_bucket_object_lock_configuration",)

    def value(self, found: Any) -> Json:
        return {"ObjectLockEnabled": "Enabled"} if found.get("ObjectLockEnabled") == "Enabled" else ABSENT


class DefaultRetention(BucketSetting):
    """{"Mode": "GOVERNANCE" or "COMPLIANCE", "Days" or "Years"} of objects that are written from now on."""

    id = "aws.s3.object-lock-retention"
    title = "Default retention of new objects"
    reading = replace(_LOCK, at="ObjectLockConfiguration.Rule.DefaultRetention")
    writing = Write(
        "s3", "PutObjectLockConfiguration", "ObjectLockConfiguration.Rule.DefaultRetention", _LOCK_ONLY
    )
    removing = Remove("s3", "PutObjectLockConfiguration", arguments=_LOCK_ONLY)
    terraform = ("aws_s3_bucket_object_lock_configuration",)

    def value(self, found: Any) -> Json:
        return {key: item for key, item in found.items() if item} or ABSENT

    def canonical(self, value: Json) -> Json:
        rest = {key: item for key, item in value.items() if key not in {"Days", "Years"} and item}
        return {**rest, "days": retention_days(value)}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        if after is ABSENT or after.get("Mode") != "COMPLIANCE":
            return ""
        return (
            f"what is written meanwhile is locked for {retention_days(after)} days: nobody can delete it before, "
            "neither root nor AWS, and a rollback only ends this for later objects"
        )


def retention_days(value: Json) -> int:
    """The period of a default retention in days; 0 for ABSENT."""
    found = value or {}
    return int(found.get("Days") or 0) or int(found.get("Years") or 0) * _DAYS_A_YEAR


def lock_of(cloud: Cloud, target: Target) -> dict[str, Json]:
    """The bucket's ObjectLockConfiguration, empty where there is none."""
    return dict(_LOCK.ask(cloud, target) or {})


def default_retention(current: Json, wanted: Json) -> Json:
    """The retention that was asked for: {"mode", "days"}. Nobody's default, since it is final or nearly so.

    A period that is longer already is kept; a mode is never loosened.
    """
    mode = str(wanted.get("mode") or "")
    if not mode:
        raise ValueError(
            "say by which mode: mode=GOVERNANCE (whoever has s3:BypassGovernanceRetention can still delete) or "
            "mode=COMPLIANCE (nobody can); Object Lock, once on, is never turned off"
        )
    days = int(wanted["days"])
    have = current or {}
    if have.get("Mode") == "COMPLIANCE" and mode != "COMPLIANCE":
        raise ValueError("the bucket locks by COMPLIANCE already, and this would loosen it")
    return {"Mode": mode, "Days": max(days, retention_days(have))}


SETTINGS = (Lifecycle(), ObjectLock(), DefaultRetention())
BUILDERS = {"with_lifecycle": with_lifecycle, "default_retention": default_retention}
