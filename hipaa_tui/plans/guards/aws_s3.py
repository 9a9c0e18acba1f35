"""Looks for who relies on a bucket as it is: web sites, partners, log deliveries, and S3's own limits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hipaa_tui.json_value import ABSENT, Json, at
from hipaa_tui.plans.guards.model import Look, Outcome, Verdict
from hipaa_tui.settings.aws.policy_access import (
    EVERYBODY,
    accounts,
    allowing,
    principals,
    public,
    services,
    sids,
)
from hipaa_tui.settings.aws.s3 import LONGEST_POLICY, call
from hipaa_tui.settings.model import Call, CloudError

POLICY = "aws.s3.bucket-policy"
BLOCK = "aws.s3.public-access-block"
_EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_NEARLY_FULL = 0.9


def ask(look: Look, operation: str, none: tuple[str, ...] = ()) -> dict[str, Any]:
    """The answer about the finding's bucket; empty where the error is one of `none`."""
    try:
        return look.cloud.call(call(look.target, operation))
    except CloudError as error:
        if error.code in none:
            return {}
        raise


def website(look: Look) -> bool:
    """Does the bucket serve a web site of its own?"""
    return bool(ask(look, "GetBucketWebsite", ("NoSuchWebsiteConfiguration",)))


def public_statements(look: Look) -> str:
    """Names of the policy's statements that let everybody in, "" where none does."""
    return sids(public(look.read(POLICY, look.target).value))


def public_by_design(look: Look) -> Verdict:
    """Blocks a web site or an origin of CloudFront that would go dark; warns of public readers."""
    if website(look):
        return (
            Outcome.BLOCK,
            "it serves a web site to everybody: put CloudFront with origin access control before it first, "
            "or record an exception",
        )
    notes = []
    try:
        origins = _open_origins(look)
    except CloudError as error:
        origins = []
        notes.append(f"whether CloudFront reads it without credentials could not be seen ({error.code})")
    if origins:
        return (
            Outcome.BLOCK,
            f"CloudFront reads it without credentials ({', '.join(origins)}): give those origin access control first",
        )
    if found := public_statements(look):
        notes.append(f"its policy lets everybody in on purpose or by mistake ({found}): that ends")
    granted = sorted(
        {
            str(grant.get("Permission"))
            for grant in ask(look, "GetBucketAcl").get("Grants") or []
            if str(at(grant, "Grantee.URI") or "").endswith(_EVERYBODY)
        }
    )
    if granted:
        notes.append(f"its ACL gives everybody {', '.join(granted)}: that ends")
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, "no web site, no open CloudFront origin, no public policy and no public ACL"


def _open_origins(look: Look) -> list[str]:
    """Ids of CloudFront's distributions that read the bucket as anybody would."""
    domains = {
        f"{look.target.name}.s3.amazonaws.com",
        f"{look.target.name}.s3.{look.target.region}.amazonaws.com",
        f"{look.target.name}.s3-{look.target.region}.amazonaws.com",
        f"{look.target.name}.s3.dualstack.{look.target.region}.amazonaws.com",
    }
    found = set()
    for one in _distributions(look):
        for origin in at(one, "Origins.Items") or []:
            signed = origin.get("OriginAccessControlId") or at(origin, "S3OriginConfig.OriginAccessIdentity")
            if str(origin.get("DomainName", "")).lower() in domains and not signed:
                found.add(str(one.get("Id")))
    return sorted(found)


def _distributions(look: Look) -> Iterator[dict[str, Any]]:
    marker: dict[str, Json] = {}
    while True:
        request = Call("aws", "cloudfront", "ListDistributions", marker, look.target.region)
        page = look.cloud.call(request).get("DistributionList") or {}
        yield from page.get("Items") or []
        if not page.get("IsTruncated") or not page.get("NextMarker"):
            return
        marker = {"Marker": page["NextMarker"]}


def no_plain_http_clients(look: Look) -> Verdict:
    """Blocks where a web site needs plain HTTP; who else uses it only access logs can tell."""
    if website(look):
        return Outcome.BLOCK, "S3 serves web sites over plain HTTP only: put CloudFront before it first"
    if found := public_statements(look):
        return (
            Outcome.WARN,
            f"everybody may read it ({found}), and links that begin with http:// stop working",
        )
    logging = look.read("aws.s3.bucket-logging", look.target).value
    if logging is ABSENT:
        return Outcome.PASS, "no web site and no public readers; without access logs nobody can say more"
    where = f"s3://{logging['TargetBucket']}/{logging.get('TargetPrefix', '')}"
    return Outcome.PASS, f"no web site and no public readers; plain HTTP shows as cipher suite - in {where}"


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
    "public-by-design": public_by_design,
    "no-plain-http-clients": no_plain_http_clients,
    "policy-room": policy_room,
    "cross-account-readers": cross_account_readers,
}
CAUTIOUS = ("cross-account-readers",)
