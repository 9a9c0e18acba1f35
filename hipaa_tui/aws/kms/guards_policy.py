"""Looks at a key before its policy changes, before a trail depends on it, and before it is kept from deletion."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.cloudtrail.guards import about as trail_of
from hipaa_tui.aws.cloudtrail.key import missing
from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.aws.policies.principals import EVERYBODY, accounts, allows, conditions, principals
from hipaa_tui.aws.s3.guards import then
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import ABSENT, Json, at, compact, reference_of

_POLICY: Final = "aws.kms.key-policy"
_OWN_KEY: Final = "aws.kms.key"
_TRAIL_KEY: Final = "aws.cloudtrail.encryption-key"
_PUT: Final = "kms:PutKeyPolicy"


# Who rules a key ---------------------------------------------------------------------------------------


def key_administrators_kept(look: Look) -> Verdict:
    """Blocks a key policy after which the account or the caller could not change it again.

    (KMS Developer Guide, "Default key policy": a key whose policy lets nobody in can only be freed by AWS.)
    """
    seen = 0
    for draft in look.changes:
        if draft.setting not in (_POLICY, _OWN_KEY) or draft.after is ABSENT:
            continue
        seen += 1
        if reason := _locked_out(look, draft):
            return (
                Outcome.BLOCK,
                f"{reason}: nobody but AWS could change the policy of {draft.target.name} again",
            )
    if not seen:
        return Outcome.PASS, "no key policy changes"
    return Outcome.PASS, "the account and you can still change the key's policy afterwards"


def _locked_out(look: Look, draft: Draft) -> str:
    """Why nobody could rule the key any more, "" where that is fine."""
    before, after = _text(draft.before), _text(draft.after)
    root = _Account(draft.target)
    caller = look.cloud.caller().principal
    for one in statements(after):
        if one.get("Effect") == "Deny" and allows(one, _PUT) and _hits(one, root, caller):
            return f"the statement {one.get('Sid') or 'without a Sid'} denies {_PUT} to the account or to you"
    if not (_rules(after, root.match) or _rules(after, lambda name: _is(name, caller))):
        return f"no statement lets the account or you use {_PUT} without a condition"
    if _rules(before, root.match) and not _rules(after, root.match):
        return f"the statement goes that gives the account {_PUT}"
    if _rules(before, lambda name: _is(name, caller)) and not (
        _rules(after, lambda name: _is(name, caller)) or _rules(after, root.match)
    ):
        return f"the statement goes that gives you {_PUT}"
    return ""


def _text(value: Json) -> Json:
    """A key's policy, whether the setting is the policy or the whole key."""
    return value.get("Policy") if isinstance(value, Mapping) else value


class _Account:
    """The account as a principal: its number or its root."""

    def __init__(self, key: Target) -> None:
        self.names = {key.account, f"arn:{key.partition}:iam::{key.account}:root"}

    def match(self, name: str) -> bool:
        return name in self.names


def _rules(text: Json, match: Any) -> bool:
    return any(
        one.get("Effect") == "Allow"
        and allows(one, _PUT)
        and not list(conditions(one))
        and any(match(name) for name in principals(one))
        for one in statements(text)
    )


def _hits(statement: Mapping[str, Any], root: _Account, caller: str) -> bool:
    """Could a Deny be meant for the account or the caller? Its condition may leave them out: that is not seen."""
    if "NotPrincipal" in statement:
        return True
    return any(name == EVERYBODY or root.match(name) or _is(name, caller) for name in principals(statement))


def _is(name: str, caller: str) -> bool:
    """Is the principal of a policy the one who asks? A session's ARN has lost the path of its role."""
    if name == caller:
        return True
    mine, theirs = parse(caller), parse(name)
    if mine is None or theirs is None or mine.account != theirs.account:
        return False
    kind, _, rest = mine.resource.partition("/")
    return (
        kind == "assumed-role"
        and theirs.resource.startswith("role/")
        and theirs.resource.rpartition("/")[2] == rest.partition("/")[0]
    )


# The key of a trail ------------------------------------------------------------------------------------


def trail_key_usable(look: Look) -> Verdict:
    """Blocks a key with which CloudTrail would stop delivering, with the statements that its policy lacks."""
    draft = next((one for one in look.changes if one.setting == _TRAIL_KEY), None)
    if draft is None or not at(draft.after, "KmsKeyId"):
        return Outcome.PASS, "no key is set"
    bucket = str(trail_of(look).get("S3BucketName") or "")
    where = resource_type("AWS::S3::Bucket").target(bucket, look.target.account, look.target.region)
    region = _region(look, where) if where is not None else ""
    key = draft.after["KmsKeyId"]
    if reference_of(key) is not None:
        if region and region != look.target.region:
            return (
                Outcome.BLOCK,
                f"the key would be made in {look.target.region}, and the trail's bucket {bucket} is in {region}: name "
                "one of that region",
            )
        return _granted(look, _planned_text(look, None), bucket, region, "the key that this plan makes")
    arn = parse(str(key))
    if arn is None:
        return Outcome.BLOCK, f"{key} is no ARN of a key"
    if region and arn.region != region:
        return Outcome.BLOCK, f"{key} is in {arn.region}, and the trail's bucket {bucket} in {region}"
    about = look.cloud.call(Call("aws", "kms", "DescribeKey", {"KeyId": key}, arn.region))["KeyMetadata"]
    if about.get("KeyState") != "Enabled":
        return Outcome.BLOCK, f"{key} is {about.get('KeyState')}: CloudTrail could deliver nothing"
    spec = about.get("KeySpec", "SYMMETRIC_DEFAULT")
    if spec != "SYMMETRIC_DEFAULT" or (about.get("KeyUsage") or "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
        return Outcome.BLOCK, f"{key} is a {spec} key: CloudTrail needs a symmetric one that encrypts"
    text = _planned_text(look, str(key))
    if text is ABSENT:
        given = {"KeyId": key, "PolicyName": "default"}
        text = look.cloud.call(Call("aws", "kms", "GetKeyPolicy", given, arn.region))["Policy"]
    return _granted(look, text, bucket, region, str(key))


def _granted(look: Look, text: Json, bucket: str, region: str, key: str) -> Verdict:
    lacking = missing(text, look.target.id, bucket_key=_bucket_key(look, bucket, region))
    if lacking:
        added = ", ".join(compact(one) for one in lacking)
        return (
            Outcome.BLOCK,
            f"the policy of {key} does not let CloudTrail use it for this trail, so nothing would be delivered: add {added}",
        )
    readers = _readers(look, bucket, region)
    unheard = [one for one in readers if one not in accounts(text)]
    if unheard:
        return (
            Outcome.WARN,
            f"{', '.join(unheard)} may read {bucket}, and the policy of {key} does not let them decrypt: they could "
            "not read new log files",
        )
    return (
        Outcome.PASS,
        f"{key} is enabled, near the bucket, and its policy lets CloudTrail use it for this trail",
    )


def _planned_text(look: Look, key: str | None) -> Json:
    """The key's policy as the plan leaves it: of that key, or of the one that it makes (None)."""
    if key is None:
        alias, t = str(look.arguments.get("own_key") or ""), look.target
        own = Target(t.provider, "AWS::KMS::Key", t.account, t.region, alias, alias, t.partition)
        return _text(then(look, _OWN_KEY, own))
    planned = [d.after for d in look.changes if d.setting == _POLICY and d.target.id == key]
    return planned[-1] if planned else ABSENT


def _region(look: Look, bucket: Target) -> str:
    found = look.read("aws.s3.bucket", bucket)
    return "" if found.absent else str(found.value["Region"])


def _bucket_key(look: Look, bucket: str, region: str) -> bool:
    found = _of_bucket(look, bucket, region, "aws.s3.bucket-encryption")
    return any(bool(rule.get("BucketKeyEnabled")) for rule in at(found, "Rules") or [])


def _readers(look: Look, bucket: str, region: str) -> list[str]:
    found = accounts(_of_bucket(look, bucket, region, "aws.s3.bucket-policy"))
    return [one for one in found if one not in {look.target.account, "cloudfront"}]


def _of_bucket(look: Look, bucket: str, region: str, setting: str) -> Json:
    """A setting of the trail's bucket; ABSENT where it is somebody else's and may not be looked at."""
    target = look.target
    where = resource_type("AWS::S3::Bucket").target(
        bucket, target.account, region or target.region, target.partition
    )
    if where is None:
        return ABSENT
    try:
        return look.read(setting, where).value
    except CloudError as error:
        if error.denied or error.code == "NoSuchBucket":
            return ABSENT
        raise


# A key that was to go ----------------------------------------------------------------------------------


def key_deletion_meant(look: Look) -> Verdict:
    """Warns who scheduled the deletion, and that a key which is kept stays disabled."""
    given = {
        "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": look.target.id}],
        "MaxResults": 50,
    }
    kept = "it stays disabled once it is kept, so what it encrypts stays unreadable until somebody enables it"
    try:
        events = look.cloud.call(Call("aws", "cloudtrail", "LookupEvents", given, look.target.region))
    except CloudError as error:
        return Outcome.WARN, f"who scheduled the deletion could not be seen ({error.code}): ask first; {kept}"
    found = events.get("Events") or []
    scheduled = [one for one in found if one.get("EventName") == "ScheduleKeyDeletion"]
    if not scheduled:
        return Outcome.WARN, f"CloudTrail no longer knows who scheduled the deletion: ask first; {kept}"
    last = max(scheduled, key=lambda one: str(one.get("EventTime")))
    off = [
        one
        for one in found
        if one.get("EventName") == "DisableKey" and str(one.get("EventTime")) < str(last.get("EventTime"))
    ]
    before = "and it had been disabled before" if off else "and nothing says that it was disabled before"
    return (
        Outcome.WARN,
        f"{last.get('Username') or 'somebody'} scheduled the deletion at {last.get('EventTime')}, {before}: ask "
        f"whether that was meant; {kept}",
    )


GUARDS = {
    "key-administrators-kept": key_administrators_kept,
    "trail-key-usable": trail_key_usable,
    "key-deletion-meant": key_deletion_meant,
}
CAUTIOUS = ("key-administrators-kept", "trail-key-usable")
