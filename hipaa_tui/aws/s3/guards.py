"""Looks for who relies on a bucket as it is: partners who read it, and S3's own limits."""

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
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError, Target
from hipaa_tui.support.json_value import ABSENT, Json, at

POLICY = "aws.s3.bucket-policy"
BLOCK = "aws.s3.public-access-block"
_NEARLY_FULL = 0.9


def ask(look: Look, operation: str, none: tuple[str, ...] = ()) -> dict[str, Any]:
    """The answer about the finding's bucket; empty where the error is one of `none`."""
    try:
        return look.cloud.call(call(look.target, operation))
    except CloudError as error:
        if error.code in none:
            return {}
        raise


def today(look: Look, setting: str, target: Target) -> Json:
    """What stands there before this fix changes it, whether or not the reads show its changes already."""
    mine = [d.before for d in look.changes if d.setting == setting and d.target.key == target.key]
    return mine[0] if mine else look.read(setting, target).value


def then(look: Look, setting: str, target: Target) -> Json:
    """What stands there once this fix is made."""
    mine = [d.after for d in look.changes if d.setting == setting and d.target.key == target.key]
    return mine[-1] if mine else look.read(setting, target).value


def website(look: Look) -> bool:
    """Does the bucket serve a web site of its own?"""
    return bool(ask(look, "GetBucketWebsite", ("NoSuchWebsiteConfiguration",)))


def public_statements(look: Look) -> str:
    """Names of the policy's statements that let everybody in, "" where none does."""
    return sids(public(look.read(POLICY, look.target).value))


def policy_room(look: Look) -> Verdict:
    """Blocks a policy that S3 would refuse: too long, or public while public policies are blocked."""
    for draft in look.changes:
        if draft.setting != POLICY or draft.after is ABSENT:
            continue
        size = len(str(draft.after).encode())
        if size > LONGEST_POLICY:
            return Outcome.BLOCK, f"the policy would have {size} bytes, and S3 takes {LONGEST_POLICY}"
        blocked = at(look.read(BLOCK, draft.target).value, "BlockPublicPolicy")
        if blocked and (found := sids(public(draft.after))):
            return (
                Outcome.BLOCK,
                f"public policies are blocked, so S3 refuses every new policy that lets everybody in ({found}): "
                "take that statement out first",
            )
        if size > LONGEST_POLICY * _NEARLY_FULL:
            return Outcome.WARN, f"the policy would have {size} of {LONGEST_POLICY} bytes: little is left"
    return Outcome.PASS, "S3 takes the policy"


def cross_account_readers(look: Look) -> Verdict:
    """Blocks where named readers of other accounts could no longer decrypt what they may read."""
    text = look.read(POLICY, look.target).value
    outside = [one for one in accounts(text) if one != look.target.account]
    if "cloudfront" in outside:
        return (
            Outcome.BLOCK,
            "CloudFront reads it with an origin access identity, which cannot use KMS: move it to origin access control",
        )
    unheard = [one for one in outside if one not in _heard(look)]
    if unheard:
        return (
            Outcome.BLOCK,
            f"its policy lets in {', '.join(unheard)}, and the key's does not: new objects could not be read "
            "there. Name a key (kms_key) whose policy lets them decrypt",
        )
    if found := sids(public(text)):
        return Outcome.WARN, f"whoever reads it without credentials ({found}) cannot read new objects"
    # What is not public lets in whoever meets a condition: an organization, a network, an access point.
    if found := sids(one for one in allowing(text) if EVERYBODY in principals(one)):
        return (
            Outcome.WARN,
            f"it lets in whoever meets a condition ({found}): those of other accounts need the key for new "
            "objects, so see that its policy lets them decrypt",
        )
    named = sorted(name for name in services(text) if not name.startswith("logging.s3."))
    if named:
        return (
            Outcome.WARN,
            f"{', '.join(named)} may use the bucket, and needs the key for new objects: see that its policy allows it",
        )
    return Outcome.PASS, "its policy names nobody outside of the account"


def _heard(look: Look) -> set[str]:
    """The accounts that the policy of the key lets in; none where this plan makes the key."""
    key = _key(look)
    if not key:
        return set()
    request = {"KeyId": key, "PolicyName": "default"}
    found = look.cloud.call(Call("aws", "kms", "GetKeyPolicy", request, look.target.region))
    return set(accounts(found["Policy"]))


def _key(look: Look) -> str:
    for draft in look.changes:
        if draft.setting == "aws.s3.bucket-encryption" and draft.target.key == look.target.key:
            found: Json = at(draft.after, "Rules.0.ApplyServerSideEncryptionByDefault.KMSMasterKeyID")
            return found if isinstance(found, str) else ""
    return ""


GUARDS = {
    "policy-room": policy_room,
    "cross-account-readers": cross_account_readers,
}
CAUTIOUS = ("cross-account-readers",)
