"""Finds intended anonymous readers of a bucket who would be locked out.

"Public" follows AWS's definition: GetBucketPolicyStatus is asked about the bucket policy as well.
(Amazon S3 User Guide, "Blocking public access to your Amazon S3 storage".)
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from hipaa_tui.aws.policies.principals import accounts, public, sids
from hipaa_tui.aws.s3.account import AccountBlocks
from hipaa_tui.aws.s3.guards import BLOCK, POLICY, ask, today, website
from hipaa_tui.aws.s3.settings import FLAGS
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import Json, at

_PUBLIC_GROUPS = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_ACCOUNT_BLOCK = "aws.s3.account-public-access-block"
_EFFECTIVE = ("IgnorePublicAcls", "RestrictPublicBuckets")
"""The two flags that end existing public access; the other two only refuse new grants."""


@dataclass
class Surroundings:
    """What every bucket of an account shares (CloudFront, Route 53), read once."""

    context: GuardContext
    distributions: list[dict[str, Any]] | None = None
    unseen: list[str] = field(default_factory=list)

    def origins(self, name: str, region: str) -> list[str]:
        """Ids of the CloudFront distributions that read the bucket anonymously."""
        if self.distributions is None:
            try:
                self.distributions = list(_distributions(self.context))
            except CloudError as error:
                self.distributions = []
                self.unseen.append(
                    f"CloudFront distributions could not be listed ({error.code}), and one may read the bucket "
                    "anonymously"
                )
        domains = {
            f"{name}.s3.amazonaws.com",
            f"{name}.s3.{region}.amazonaws.com",
            f"{name}.s3-{region}.amazonaws.com",
            f"{name}.s3.dualstack.{region}.amazonaws.com",
            f"{name}.s3-website-{region}.amazonaws.com",
            f"{name}.s3-website.{region}.amazonaws.com",
        }
        ids = set()
        for distribution in self.distributions:
            for origin in at(distribution, "Origins.Items") or []:
                signed = origin.get("OriginAccessControlId") or at(
                    origin, "S3OriginConfig.OriginAccessIdentity"
                )
                if str(origin.get("DomainName", "")).lower() in domains and not signed:
                    ids.add(str(distribution.get("Id")))
        return sorted(ids)

    def names(self, bucket: str) -> str:
        """The Route 53 record that points to the bucket; "" when there is none.

        S3 answers for a DNS name only when the bucket has the same name.
        """
        if "." not in bucket:
            return ""
        try:
            for zone in self.context.cloud.pages(
                Call("aws", "route53", "ListHostedZones", {}), "HostedZones"
            ):
                suffix = str(zone["Name"]).rstrip(".").lower()
                if bucket == suffix or bucket.endswith(f".{suffix}"):
                    request = {"HostedZoneId": zone["Id"], "StartRecordName": bucket, "MaxItems": "20"}
                    answer = self.context.cloud.call(
                        Call("aws", "route53", "ListResourceRecordSets", request)
                    )
                    if any(_points_to(record, bucket) for record in answer.get("ResourceRecordSets") or []):
                        return bucket
        except CloudError as error:
            self.unseen.append(
                f"Route 53 records could not be read ({error.code}), and one may point to the bucket"
            )
        return ""


def _points_to(record: dict[str, Any], bucket: str) -> bool:
    if str(record.get("Name", "")).rstrip(".").lower() != bucket:
        return False
    values = [str(item.get("Value", "")) for item in record.get("ResourceRecords") or []]
    targets = [str(at(record, "AliasTarget.DNSName") or ""), *values]
    return any("s3-website" in target or ".s3." in target or target.startswith("s3.") for target in targets)


def _distributions(context: GuardContext) -> Iterator[dict[str, Any]]:
    marker: dict[str, Json] = {}
    while True:
        request = Call("aws", "cloudfront", "ListDistributions", marker, context.target.region)
        page = context.cloud.call(request).get("DistributionList") or {}
        yield from page.get("Items") or []
        if not page.get("IsTruncated") or not page.get("NextMarker"):
            return
        marker = {"Marker": page["NextMarker"]}


def exposure(context: GuardContext, shared: Surroundings) -> tuple[str, list[str]]:
    """(what would certainly break, "" if nothing; other public readers and what could not be checked)."""
    if website(context):
        return (
            "the bucket hosts a public static website: put CloudFront with origin access control (OAC) in front of it "
            "first, or record an exception"
        ), []
    origins = shared.origins(context.target.name, context.target.region)
    if origins:
        ids = ", ".join(origins)
        return (
            f"CloudFront distributions read the bucket anonymously ({ids}): set up origin access control (OAC) for "
            "them first",
            [],
        )
    if name := shared.names(context.target.name):
        return f"the DNS name {name} points directly to the bucket: put CloudFront in front of it first", []
    notes = list(_by_policy(context))
    granted = sorted(
        {
            str(grant.get("Permission"))
            for grant in ask(context, "GetBucketAcl").get("Grants") or []
            if str(at(grant, "Grantee.URI") or "").endswith(_PUBLIC_GROUPS)
        }
    )
    if granted:
        notes.append(f"the bucket ACL grants {', '.join(granted)} to the public, which will end")
    if points := _public_access_points(context):
        notes.append(f"the access points {', '.join(points)} are public, which will end")
    return "", [*notes, *shared.unseen]


def _by_policy(context: GuardContext) -> Iterator[str]:
    policy = context.read(POLICY, context.target).value
    statements = sids(public(policy))
    reported_public = bool(
        at(ask(context, "GetBucketPolicyStatus", ("NoSuchBucketPolicy",)), "PolicyStatus.IsPublic")
    )
    if statements:
        yield f"the bucket policy grants the public access, intended or not ({statements}), which will end"
    elif reported_public:
        yield "AWS reports the bucket policy as public: anonymous access by it will end"
    others = [
        account for account in accounts(policy) if account not in {context.target.account, "cloudfront"}
    ]
    if (statements or reported_public) and others:
        # RestrictPublicBuckets limits a bucket with a public policy to its own account and to AWS services.
        yield f"as long as the policy has that statement, {', '.join(others)} would lose access as well"


def _public_access_points(context: GuardContext) -> list[str]:
    """Access points of the bucket that AWS reports as public."""
    target = context.target

    def control(operation: str, **arguments: Json) -> Call:
        parameters = {"AccountId": target.account, **arguments}
        return Call("aws", "s3control", operation, parameters, target.region)

    open_points = []
    for point in context.cloud.pages(control("ListAccessPoints", Bucket=target.name), "AccessPointList"):
        if point.get("NetworkOrigin") == "VPC":
            continue
        try:
            status = context.cloud.call(control("GetAccessPointPolicyStatus", Name=point["Name"]))
        except CloudError as error:
            if "NoSuch" not in error.code:
                raise
            continue
        if at(status, "PolicyStatus.IsPublic"):
            open_points.append(str(point["Name"]))
    return sorted(open_points)


def closed_already(context: GuardContext) -> str:
    """Which public access block already keeps the public out; "" when none does."""
    account = resource_type(AccountBlocks.name).target(
        context.target.account, context.target.account, context.target.region, context.target.partition
    )
    account_flags: dict[str, Any] = {}
    if account is not None:
        try:
            account_flags = today(context, _ACCOUNT_BLOCK, account) or {}
        except CloudError as error:
            if not error.denied:
                raise
    if all(account_flags.get(flag) for flag in _EFFECTIVE):
        return "the account's public access block"
    bucket_flags = today(context, BLOCK, context.target) or {}
    return "the bucket's public access block" if all(bucket_flags.get(flag) for flag in _EFFECTIVE) else ""


def public_by_design(context: GuardContext) -> Verdict:
    """Blocks when a website, a CloudFront origin or a DNS name would break; warns of other public readers."""
    if block := closed_already(context):
        return Outcome.PASS, f"{block} already keeps the public out, so no reader loses access"
    broken, notes = exposure(context, Surroundings(context))
    if broken:
        return Outcome.BLOCK, broken
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return (
        Outcome.PASS,
        "the bucket has no website, no anonymous CloudFront origin, and no public policy, ACL or access point",
    )


def every_bucket_private(context: GuardContext) -> Verdict:
    """Checks every bucket of the account; blocks while one would lose public readers and is not listed in `accepted`.

    `accepted` is a comma-separated list of buckets that may lose them; for those it warns.
    """
    wanted = context.changes[-1].after if context.changes else dict.fromkeys(FLAGS, True)
    if wanted is not None and not any(wanted.get(flag) for flag in _EFFECTIVE):
        return Outcome.PASS, "only new public grants are refused: today's readers keep their access"
    target = context.target
    accepted = {name.strip() for name in str(context.arguments.get("accepted") or "").split(",")} - {""}
    shared = Surroundings(context)
    buckets = resource_type("AWS::S3::Bucket").list(
        context.cloud, target.account, target.region, target.partition
    )
    losing: dict[str, str] = {}
    for bucket in buckets:
        bucket_look = replace(context, target=bucket)
        flags = context.read(BLOCK, bucket).value or {}
        if all(flags.get(flag) for flag in _EFFECTIVE):
            continue
        broken, notes = exposure(bucket_look, shared)
        if broken or notes:
            losing[bucket.name] = broken or "; ".join(notes)
    unaccepted = sorted(set(losing) - accepted)
    if unaccepted:
        reasons = "; ".join(f"{name}: {losing[name]}" for name in unaccepted)
        return (
            Outcome.BLOCK,
            f"{len(unaccepted)} of {len(buckets)} buckets would lose public readers ({reasons}): resolve that first, "
            "or name the buckets in private_anyway",
        )
    if losing:
        return (
            Outcome.WARN,
            f"{', '.join(sorted(losing))} will lose public readers, as you accepted in private_anyway",
        )
    return Outcome.PASS, f"none of the {len(buckets)} buckets has public readers"


GUARDS = {"public-by-design": public_by_design, "every-bucket-private": every_bucket_private}
BLOCK_ON_ERROR = ("every-bucket-private",)
