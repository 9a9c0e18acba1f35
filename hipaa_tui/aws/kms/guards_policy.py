"""Checks a KMS key before its policy changes, before a trail uses it, and before its deletion is canceled."""

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


# Administrators of a key -----------------------------------------------------------------------------


def key_administrators_kept(look: Look) -> Verdict:
    """Blocks a key policy after which neither the account nor the caller could change it again.

    (KMS Developer Guide, "Default key policy": only AWS Support can recover a key whose policy admits no one.)
    """
    checked = 0
    for draft in look.changes:
        if draft.setting not in (_POLICY, _OWN_KEY) or draft.after is ABSENT:
            continue
        checked += 1
        if reason := _locked_out(look, draft):
            return (
                Outcome.BLOCK,
                f"{reason}: no one but AWS could change the policy of {draft.target.name} again",
            )
    if not checked:
        return Outcome.PASS, "no key policy changes"
    return Outcome.PASS, "the account and you can still change the key policy afterwards"


def _locked_out(look: Look, draft: Draft) -> str:
    """Returns why no one could administer the key any more, "" where that is fine."""
    before, after = _text(draft.before), _text(draft.after)
    root = _Account(draft.target)
    caller = look.cloud.caller().principal
    for statement in statements(after):
        if (
            statement.get("Effect") == "Deny"
            and allows(statement, _PUT)
            and _may_apply(statement, root, caller)
        ):
            return f"the statement {statement.get('Sid') or 'without a Sid'} denies {_PUT} to the account or to you"
    if not (_administers(after, root.match) or _administers(after, lambda name: _is_caller(name, caller))):
        return f"no statement grants the account or you {_PUT} without a condition"
    if _administers(before, root.match) and not _administers(after, root.match):
        return f"the statement that grants the account {_PUT} would be removed"
    if _administers(before, lambda name: _is_caller(name, caller)) and not (
        _administers(after, lambda name: _is_caller(name, caller)) or _administers(after, root.match)
    ):
        return f"the statement that grants you {_PUT} would be removed"
    return ""


def _text(value: Json) -> Json:
    """Returns the key policy from a value of either setting: the policy alone or the whole key."""
    return value.get("Policy") if isinstance(value, Mapping) else value


class _Account:
    """The account as a principal: its number or its root ARN."""

    def __init__(self, key: Target) -> None:
        self.names = {key.account, f"arn:{key.partition}:iam::{key.account}:root"}

    def match(self, name: str) -> bool:
        return name in self.names


def _administers(text: Json, match: Any) -> bool:
    return any(
        statement.get("Effect") == "Allow"
        and allows(statement, _PUT)
        and not list(conditions(statement))
        and any(match(name) for name in principals(statement))
        for statement in statements(text)
    )


def _may_apply(statement: Mapping[str, Any], root: _Account, caller: str) -> bool:
    """Could a Deny apply to the account or the caller? Its condition may exempt them, but is not evaluated."""
    if "NotPrincipal" in statement:
        return True
    return any(
        name == EVERYBODY or root.match(name) or _is_caller(name, caller) for name in principals(statement)
    )


def _is_caller(name: str, caller: str) -> bool:
    """Is the policy's principal the caller? The ARN of a session omits the path of its role."""
    if name == caller:
        return True
    session, named = parse(caller), parse(name)
    if session is None or named is None or session.account != named.account:
        return False
    kind, _, rest = session.resource.partition("/")
    return (
        kind == "assumed-role"
        and named.resource.startswith("role/")
        and named.resource.rpartition("/")[2] == rest.partition("/")[0]
    )


# The key of a trail ----------------------------------------------------------------------------------


def trail_key_usable(look: Look) -> Verdict:
    """Blocks a key with which CloudTrail could not deliver, and names the statements that its policy lacks.

    Warns of accounts that may read the bucket but not decrypt with the key.
    """
    draft = next((change for change in look.changes if change.setting == _TRAIL_KEY), None)
    if draft is None or not at(draft.after, "KmsKeyId"):
        return Outcome.PASS, "no key is set"
    bucket = str(trail_of(look).get("S3BucketName") or "")
    target = resource_type("AWS::S3::Bucket").target(bucket, look.target.account, look.target.region)
    region = _region(look, target) if target is not None else ""
    key = draft.after["KmsKeyId"]
    if reference_of(key) is not None:
        if region and region != look.target.region:
            return (
                Outcome.BLOCK,
                f"the key would be created in {look.target.region}, and the trail's bucket {bucket} is in "
                f"{region}: name a key of that region",
            )
        return _granted(look, _planned_text(look, None), bucket, region, "the key that this plan creates")
    arn = parse(str(key))
    if arn is None:
        return Outcome.BLOCK, f"{key} is not the ARN of a key"
    if region and arn.region != region:
        return (
            Outcome.BLOCK,
            f"{key} is in {arn.region}, and the trail's bucket {bucket} in {region}: name a key of that region",
        )
    metadata = look.cloud.call(Call("aws", "kms", "DescribeKey", {"KeyId": key}, arn.region))["KeyMetadata"]
    if metadata.get("KeyState") != "Enabled":
        return Outcome.BLOCK, f"{key} is {metadata.get('KeyState')}: CloudTrail could not deliver log files"
    spec = metadata.get("KeySpec", "SYMMETRIC_DEFAULT")
    if spec != "SYMMETRIC_DEFAULT" or (metadata.get("KeyUsage") or "ENCRYPT_DECRYPT") != "ENCRYPT_DECRYPT":
        return Outcome.BLOCK, f"{key} is a {spec} key: CloudTrail needs a symmetric encryption key"
    text = _planned_text(look, str(key))
    if text is ABSENT:
        query = {"KeyId": key, "PolicyName": "default"}
        text = look.cloud.call(Call("aws", "kms", "GetKeyPolicy", query, arn.region))["Policy"]
    return _granted(look, text, bucket, region, str(key))


def _granted(look: Look, text: Json, bucket: str, region: str, key: str) -> Verdict:
    missing_statements = missing(text, look.target.id, bucket_key=_bucket_key(look, bucket, region))
    if missing_statements:
        added = ", ".join(compact(statement) for statement in missing_statements)
        return (
            Outcome.BLOCK,
            f"the policy of {key} does not let CloudTrail use it for this trail, so nothing would be delivered: "
            f"add {added}",
        )
    readers = _readers(look, bucket, region)
    unheard = [reader for reader in readers if reader not in accounts(text)]
    if unheard:
        return (
            Outcome.WARN,
            f"{', '.join(unheard)} may read {bucket}, but the policy of {key} does not let them decrypt: they "
            "could not read new log files",
        )
    return (
        Outcome.PASS,
        f"{key} is enabled, in the bucket's region, and its policy lets CloudTrail use it for this trail",
    )


def _planned_text(look: Look, key: str | None) -> Json:
    """Returns the key policy once the plan is applied: of `key`, or of the key that the plan creates (None)."""
    if key is None:
        alias, t = str(look.arguments.get("own_key") or ""), look.target
        own = Target(t.provider, "AWS::KMS::Key", t.account, t.region, alias, alias, t.partition)
        return _text(then(look, _OWN_KEY, own))
    planned = [d.after for d in look.changes if d.setting == _POLICY and d.target.id == key]
    return planned[-1] if planned else ABSENT


def _region(look: Look, bucket: Target) -> str:
    reading = look.read("aws.s3.bucket", bucket)
    return "" if reading.absent else str(reading.value["Region"])


def _bucket_key(look: Look, bucket: str, region: str) -> bool:
    encryption = _of_bucket(look, bucket, region, "aws.s3.bucket-encryption")
    return any(bool(rule.get("BucketKeyEnabled")) for rule in at(encryption, "Rules") or [])


def _readers(look: Look, bucket: str, region: str) -> list[str]:
    readers = accounts(_of_bucket(look, bucket, region, "aws.s3.bucket-policy"))
    return [reader for reader in readers if reader not in {look.target.account, "cloudfront"}]


def _of_bucket(look: Look, bucket: str, region: str, setting: str) -> Json:
    """Reads a setting of the trail's bucket; ABSENT where another account owns it and it may not be read."""
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


# A key scheduled for deletion ------------------------------------------------------------------------


def key_deletion_meant(look: Look) -> Verdict:
    """Warns who scheduled the deletion, and that the key stays disabled after the deletion is canceled."""
    query = {
        "LookupAttributes": [{"AttributeKey": "ResourceName", "AttributeValue": look.target.id}],
        "MaxResults": 50,
    }
    aftermath = (
        "the key stays disabled after the deletion is canceled, so data under it stays unreadable until someone "
        "enables it"
    )
    try:
        events = look.cloud.call(Call("aws", "cloudtrail", "LookupEvents", query, look.target.region))
    except CloudError as error:
        return (
            Outcome.WARN,
            f"CloudTrail could not be read for who scheduled the deletion ({error.code}): ask first; {aftermath}",
        )
    history = events.get("Events") or []
    scheduled = [event for event in history if event.get("EventName") == "ScheduleKeyDeletion"]
    if not scheduled:
        return Outcome.WARN, f"CloudTrail no longer shows who scheduled the deletion: ask first; {aftermath}"
    last = max(scheduled, key=lambda event: str(event.get("EventTime")))
    off = [
        event
        for event in history
        if event.get("EventName") == "DisableKey" and str(event.get("EventTime")) < str(last.get("EventTime"))
    ]
    before = "and it had been disabled before" if off else "and no event shows that it was disabled before"
    return (
        Outcome.WARN,
        f"{last.get('Username') or 'someone'} scheduled the deletion at {last.get('EventTime')}, {before}: ask "
        f"whether that was intended; {aftermath}",
    )


GUARDS = {
    "key-administrators-kept": key_administrators_kept,
    "trail-key-usable": trail_key_usable,
    "key-deletion-meant": key_deletion_meant,
}
CAUTIOUS = ("key-administrators-kept", "trail-key-usable")
