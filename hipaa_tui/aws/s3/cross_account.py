"""Takes from other accounts what a bucket's policy lets them do to the bucket itself: its policy, lists and encryption.

What they read and write stays theirs. Conditions are not looked at, as AWS Config's rule does not:
https://docs.aws.amazon.com/config/latest/developerguide/s3-bucket-blacklisted-actions-prohibited.html
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.policies.principals import EVERYBODY
from hipaa_tui.aws.s3.settings import LONGEST_POLICY
from hipaa_tui.support.json_value import ABSENT, Json

SENSITIVE: Final = (
    *("s3:DeleteBucketPolicy", "s3:PutBucketAcl", "s3:PutBucketPolicy", "s3:PutEncryptionConfiguration"),
    "s3:PutObjectAcl",
)
"""What S3.6 of Security Hub keeps from other accounts."""
_ACTIONS: Final = (
    *("AbortMultipartUpload", "AllowVendedLogDeliveryForResource", "BypassGovernanceRetention"),
    *("CreateBucket", "CreateBucketMetadataTableConfiguration", "DeleteBucket"),
    *("DeleteBucketMetadataTableConfiguration", "DeleteBucketPolicy", "DeleteBucketWebsite"),
    *("DeleteObject", "DeleteObjectAnnotation", "DeleteObjectTagging", "DeleteObjectVersion"),
    *("DeleteObjectVersionAnnotation", "DeleteObjectVersionTagging", "GetAccelerateConfiguration"),
    *("GetAnalyticsConfiguration", "GetBucketAbac", "GetBucketAcl", "GetBucketCORS"),
    *("GetBucketLocation", "GetBucketLogging", "GetBucketMetadataTableConfiguration"),
    *("GetBucketNotification", "GetBucketObjectLockConfiguration", "GetBucketOwnershipControls"),
    *("GetBucketPolicy", "GetBucketPolicyStatus", "GetBucketPublicAccessBlock"),
    *("GetBucketRequestPayment", "GetBucketTagging", "GetBucketVersioning", "GetBucketWebsite"),
    *("GetEncryptionConfiguration", "GetIntelligentTieringConfiguration"),
    *("GetInventoryConfiguration", "GetLifecycleConfiguration", "GetMetricsConfiguration"),
    *("GetObject", "GetObjectAcl", "GetObjectAnnotation", "GetObjectAttributes"),
    *("GetObjectLegalHold", "GetObjectRetention", "GetObjectTagging", "GetObjectTorrent"),
    *("GetObjectVersion", "GetObjectVersionAcl", "GetObjectVersionAnnotation"),
    *("GetObjectVersionAnnotationForReplication", "GetObjectVersionAttributes"),
    *("GetObjectVersionForReplication", "GetObjectVersionTagging", "GetObjectVersionTorrent"),
    *("GetReplicationConfiguration", "InitiateReplication", "ListBucket"),
    *("ListBucketMultipartUploads", "ListBucketVersions", "ListMultipartUploadParts"),
    *("ListObjectAnnotations", "ListObjectVersionAnnotations", "ListTagsForResource"),
    *("ObjectOwnerOverrideToBucketOwner", "PauseReplication", "PutAccelerateConfiguration"),
    *("PutAnalyticsConfiguration", "PutBucketAbac", "PutBucketAcl", "PutBucketCORS"),
    *("PutBucketLogging", "PutBucketNotification", "PutBucketObjectLockConfiguration"),
    *("PutBucketOwnershipControls", "PutBucketPolicy", "PutBucketPublicAccessBlock"),
    *("PutBucketRequestPayment", "PutBucketTagging", "PutBucketVersioning", "PutBucketWebsite"),
    *("PutEncryptionConfiguration", "PutIntelligentTieringConfiguration"),
    *("PutInventoryConfiguration", "PutLifecycleConfiguration", "PutMetricsConfiguration"),
    *("PutObject", "PutObjectAcl", "PutObjectAnnotation", "PutObjectLegalHold"),
    *("PutObjectRetention", "PutObjectTagging", "PutObjectVersionAcl"),
    *("PutObjectVersionAnnotation", "PutObjectVersionTagging", "PutReplicationConfiguration"),
    *("ReplicateDelete", "ReplicateObject", "ReplicateObjectAnnotation", "ReplicateTags"),
    *("RestoreObject", "TagResource", "UntagResource"),
    *("UpdateBucketMetadataAnnotationTableConfiguration"),
    *("UpdateBucketMetadataInventoryTableConfiguration"),
    *("UpdateBucketMetadataJournalTableConfiguration", "UpdateObjectEncryption"),
)
"""Actions of S3 on buckets and objects (Service Authorization Reference)."""


def foreign(statement: Mapping[str, Any], account: str) -> list[str]:
    """Whom outside of the account the statement lets in, "*" for everybody; services and identity providers are not meant."""
    if statement.get("Effect") != "Allow":
        return []
    if "NotPrincipal" in statement:
        return [EVERYBODY]
    named = statement.get("Principal")
    if named == EVERYBODY:
        return [EVERYBODY]
    found = named if isinstance(named, Mapping) else {}
    several = [*_listed(found.get("AWS")), *_listed(found.get("CanonicalUser"))]
    return [one for one in several if not _ours(one, account)]


def sensitive(statement: Mapping[str, Any]) -> list[str]:
    """Which of the actions that are no other account's the statement is about."""
    if "NotAction" in statement:
        without = _listed(statement["NotAction"])
        return [one for one in SENSITIVE if not _matches(one, without)]
    return [one for one in SENSITIVE if _matches(one, _listed(statement.get("Action")))]


def without_foreign_control(current: Json, wanted: Json) -> Json:
    """{"account"}: the policy in which no other account may do these things; ABSENT where nothing is left.

    Statements that let no other account do them stay word for word, and so does what they let the account itself.
    ValueError where the policy would be larger than S3 takes.
    """
    if current is ABSENT:
        return ABSENT
    account = str(wanted["account"])
    have = documents.statements(current)
    if not any(foreign(one, account) and sensitive(one) for one in have):
        return current
    kept = [new for one in have for new in _narrowed(one, account)]
    if not kept:
        return ABSENT
    document = {**documents.parsed(current), "Statement": _named(kept)}
    text = json.dumps(document, ensure_ascii=False, separators=(", ", ": "))
    if len(text.encode()) > LONGEST_POLICY:
        raise ValueError(
            f"the policy would have {len(text.encode())} bytes and S3 takes {LONGEST_POLICY}: name the actions by hand"
        )
    return text


def _narrowed(statement: Mapping[str, Any], account: str) -> list[dict[str, Any]]:
    strangers, taken = foreign(statement, account), sensitive(statement)
    if not (strangers and taken):
        return [dict(statement)]
    left = _without(statement, taken)
    own = _own_part(statement, strangers)
    if own is None:
        return [left] if left else []
    others = {**left, "Principal": _only(statement["Principal"], strangers)} if left else None
    if others and "Sid" in others:
        others["Sid"] = f"{others['Sid']}OtherAccounts"
    return [own, *([others] if others else [])]


def _own_part(statement: Mapping[str, Any], strangers: Sequence[str]) -> dict[str, Any] | None:
    """The statement for whom it names beside the strangers, word for word; None where that is nobody."""
    named = statement.get("Principal")
    if not isinstance(named, Mapping):
        return None
    mine = {
        kind: left
        for kind, names in named.items()
        if (
            left := [
                one for one in _listed(names) if kind not in ("AWS", "CanonicalUser") or one not in strangers
            ]
        )
    }
    return {**statement, "Principal": mine} if mine else None


def _only(named: Json, strangers: Sequence[str]) -> Json:
    found = {
        kind: [one for one in _listed(names) if one in strangers]
        for kind, names in named.items()
        if kind in ("AWS", "CanonicalUser")
    }
    return {kind: names for kind, names in found.items() if names}


def _without(statement: Mapping[str, Any], taken: Sequence[str]) -> dict[str, Any] | None:
    """The statement without these actions; None where it is about nothing else."""
    if "NotAction" in statement:
        return {**statement, "NotAction": sorted({*_listed(statement["NotAction"]), *taken})}
    kept: list[str] = []
    for pattern in _listed(statement.get("Action")):
        if not any(_matches(one, [pattern]) for one in taken):
            kept.append(pattern)
        elif "*" in pattern or "?" in pattern:
            kept += _rest(pattern, taken)
    return {**statement, "Action": list(dict.fromkeys(kept))} if kept else None


def _rest(pattern: str, taken: Sequence[str]) -> list[str]:
    """What else the pattern holds, by the shortest beginnings that hold nothing of what is taken."""
    wanted = "*" if pattern == "*" else pattern.partition(":")[2]
    out = [one.partition(":")[2].lower() for one in taken]
    inside = [one for one in _ACTIONS if fnmatchcase(one.lower(), wanted.lower()) and one.lower() not in out]
    begins = wanted.rstrip("*")
    if "*" in begins or "?" in begins or not wanted.endswith("*"):
        return [f"s3:{one}" for one in inside]
    found: dict[str, None] = {}
    for one in inside:
        sizes = range(max(1, len(begins)), len(one))
        fitting = (
            one[:size] for size in sizes if not any(other.startswith(one[:size].lower()) for other in out)
        )
        begin = next(fitting, None)
        found[f"s3:{begin}*" if begin else f"s3:{one}"] = None
    return list(found)


def _matches(action: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(action.lower(), one.lower()) for one in patterns)


def _ours(name: str, account: str) -> bool:
    arn = parse(name)
    return name == account or (arn is not None and arn.account == account)


def _named(several: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Each Sid once, as S3 wants it."""
    taken: set[str] = set()
    found = []
    for one in several:
        if sid := str(one.get("Sid") or ""):
            number, free = 2, sid
            while free in taken:
                free, number = f"{sid}{number}", number + 1
            taken.add(free)
            found.append({**one, "Sid": free})
        else:
            found.append(one)
    return found


def _listed(value: Any) -> list[str]:
    if value is None:
        return []
    return [str(one) for one in value] if isinstance(value, list) else [str(value)]


BUILDERS = {"without_foreign_control": without_foreign_control}
