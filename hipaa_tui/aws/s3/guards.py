"""Checks that S3 accepts a new bucket policy and that cross-account readers can use its KMS key. Shared helpers."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.policies.principals import (
    EVERYBODY,
    accounts,
    allowing,
    principals,
    public,
    services,
    sids,
)
from hipaa_tui.aws.s3.settings import LONGEST_POLICY, call
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError, Target
from hipaa_tui.support.json_value import ABSENT, Json, at

POLICY = "aws.s3.bucket-policy"
BLOCK = "aws.s3.public-access-block"
_NEARLY_FULL = 0.9


def ask(context: GuardContext, operation: str, none: tuple[str, ...] = ()) -> dict[str, Any]:
    """Calls an S3 operation on the finding's bucket; returns {} when the error code is one of `none`."""
    try:
        return context.cloud.call(call(context.target, operation))
    except CloudError as error:
        if error.code in none:
            return {}
        raise


def today(context: GuardContext, setting: str, target: Target) -> Json:
    """The setting's value before this fix, even when reads already return the planned value."""
    planned = [d.before for d in context.changes if d.setting == setting and d.target.key == target.key]
    return planned[0] if planned else context.read(setting, target).value


def then(context: GuardContext, setting: str, target: Target) -> Json:
    """The setting's value after this fix."""
    planned = [d.after for d in context.changes if d.setting == setting and d.target.key == target.key]
    return planned[-1] if planned else context.read(setting, target).value


def website(context: GuardContext) -> bool:
    """Whether static website hosting is enabled on the bucket."""
    return bool(ask(context, "GetBucketWebsite", ("NoSuchWebsiteConfiguration",)))


def public_statements(context: GuardContext) -> str:
    """Sids of the bucket policy's public statements; "" when there are none."""
    return sids(public(context.read(POLICY, context.target).value))


def policy_room(context: GuardContext) -> Verdict:
    """Blocks a policy that is too large, or public while BlockPublicPolicy is on; warns near the size limit."""
    for draft in context.changes:
        if draft.setting != POLICY or draft.after is ABSENT:
            continue
        size = len(str(draft.after).encode())
        if size > LONGEST_POLICY:
            return Outcome.BLOCK, f"the policy would have {size} bytes, and the S3 limit is {LONGEST_POLICY}"
        blocked = at(context.read(BLOCK, draft.target).value, "BlockPublicPolicy")
        if blocked and (statements := sids(public(draft.after))):
            return (
                Outcome.BLOCK,
                f"BlockPublicPolicy is on, so S3 refuses a policy that still has the public statement {statements}: "
                "remove it first",
            )
        if size > LONGEST_POLICY * _NEARLY_FULL:
            return (
                Outcome.WARN,
                f"the policy would use {size} of {LONGEST_POLICY} bytes: there is little room left",
            )
    return Outcome.PASS, "S3 accepts the policy"


def cross_account_readers(context: GuardContext) -> Verdict:
    """Blocks when principals that the bucket policy names could not decrypt new objects with the KMS key.

    Warns when anonymous, conditional or service principals may read the bucket: the key policy has to cover them.
    """
    policy = context.read(POLICY, context.target).value
    outside = [one for one in accounts(policy) if one != context.target.account]
    if "cloudfront" in outside:
        return (
            Outcome.BLOCK,
            "CloudFront reads the bucket with an origin access identity, which does not support KMS: migrate to "
            "origin access control (OAC) first",
        )
    refused = [one for one in outside if one not in _key_accounts(context)]
    if refused:
        return (
            Outcome.BLOCK,
            f"the bucket policy grants access to {', '.join(refused)} and the key policy does not, so they could not "
            "read new objects: answer kms_key with a key whose policy lets them decrypt",
        )
    if statements := sids(public(policy)):
        return Outcome.WARN, f"anonymous readers ({statements}) will not be able to read new objects"
    # A wildcard principal that is not public is limited by a condition: an organization, a network, an access point.
    if statements := sids(one for one in allowing(policy) if EVERYBODY in principals(one)):
        return (
            Outcome.WARN,
            f"any principal that meets a condition has access ({statements}): those of other accounts need the key "
            "for new objects, so make sure that the key policy lets them decrypt",
        )
    service_names = sorted(name for name in services(policy) if not name.startswith("logging.s3."))
    if service_names:
        return (
            Outcome.WARN,
            f"{', '.join(service_names)} may use the bucket and needs the key for new objects: make sure that the "
            "key policy allows it",
        )
    return Outcome.PASS, "the bucket policy grants no access outside the account"


def _key_accounts(context: GuardContext) -> set[str]:
    """The accounts that the key policy grants access to; empty when this plan creates the key."""
    key = _key(context)
    if not key:
        return set()
    request = {"KeyId": key, "PolicyName": "default"}
    answer = context.cloud.call(Call("aws", "kms", "GetKeyPolicy", request, context.target.region))
    return set(accounts(answer["Policy"]))


def _key(context: GuardContext) -> str:
    for draft in context.changes:
        if draft.setting == "aws.s3.bucket-encryption" and draft.target.key == context.target.key:
            key: Json = at(draft.after, "Rules.0.ApplyServerSideEncryptionByDefault.KMSMasterKeyID")
            return key if isinstance(key, str) else ""
    return ""


GUARDS = {
    "policy-room": policy_room,
    "cross-account-readers": cross_account_readers,
}
BLOCK_ON_ERROR = ("cross-account-readers",)
