"""Looks for who reads a bucket without credentials on purpose, and would stand before a closed door.

Public here is what AWS calls so as well: its own word about the bucket's policy is asked for.
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
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.json_value import Json, at

_EVERYBODY = ("/groups/global/AllUsers", "/groups/global/AuthenticatedUsers")
_ACCOUNT_BLOCK = "aws.s3.account-public-access-block"
_EFFECTIVE = ("IgnorePublicAcls", "RestrictPublicBuckets")
"""The two flags that take public access away; the others only stop new grants."""


@dataclass
class Surroundings:
    """What is the same for every bucket of an account, looked up once."""

    look: Look
    distributions: list[dict[str, Any]] | None = None
    unseen: list[str] = field(default_factory=list)

    def origins(self, name: str, region: str) -> list[str]:
        """Ids of CloudFront's distributions that read the bucket as anybody would."""
        if self.distributions is None:
            try:
                self.distributions = list(_distributions(self.look))
            except CloudError as error:
                self.distributions = []
                self.unseen.append(
                    f"whether CloudFront reads it without credentials could not be seen ({error.code})"
                )
        domains = {
            f"{name}.s3.amazonaws.com",
            f"{name}.s3.{region}.amazonaws.com",
            f"{name}.s3-{region}.amazonaws.com",
            f"{name}.s3.dualstack.{region}.amazonaws.com",
            f"{name}.s3-website-{region}.amazonaws.com",
            f"{name}.s3-website.{region}.amazonaws.com",
        }
        found = set()
        for one in self.distributions:
            for origin in at(one, "Origins.Items") or []:
                signed = origin.get("OriginAccessControlId") or at(
                    origin, "S3OriginConfig.OriginAccessIdentity"
                )
                if str(origin.get("DomainName", "")).lower() in domains and not signed:
                    found.add(str(one.get("Id")))
        return sorted(found)

    def names(self, bucket: str) -> str:
        """The DNS name of Route 53 that leads to the bucket, "" where none does.

        S3 answers under a name only where the bucket is called like it.
        """
        if "." not in bucket:
            return ""
        try:
            for zone in self.look.cloud.pages(Call("aws", "route53", "ListHostedZones", {}), "HostedZones"):
                suffix = str(zone["Name"]).rstrip(".").lower()
                if bucket == suffix or bucket.endswith(f".{suffix}"):
                    request = {"HostedZoneId": zone["Id"], "StartRecordName": bucket, "MaxItems": "20"}
                    found = self.look.cloud.call(Call("aws", "route53", "ListResourceRecordSets", request))
                    if any(_leads(one, bucket) for one in found.get("ResourceRecordSets") or []):
                        return bucket
        except CloudError as error:
            self.unseen.append(f"whether a name of Route 53 leads to it could not be seen ({error.code})")
        return ""


def _leads(record: dict[str, Any], bucket: str) -> bool:
    if str(record.get("Name", "")).rstrip(".").lower() != bucket:
        return False
    values = [str(one.get("Value", "")) for one in record.get("ResourceRecords") or []]
    aims = [str(at(record, "AliasTarget.DNSName") or ""), *values]
    return any("s3-website" in aim or ".s3." in aim or aim.startswith("s3.") for aim in aims)


def _distributions(look: Look) -> Iterator[dict[str, Any]]:
    marker: dict[str, Json] = {}
    while True:
        request = Call("aws", "cloudfront", "ListDistributions", marker, look.target.region)
        page = look.cloud.call(request).get("DistributionList") or {}
        yield from page.get("Items") or []
        if not page.get("IsTruncated") or not page.get("NextMarker"):
            return
        marker = {"Marker": page["NextMarker"]}


def exposure(look: Look, around: Surroundings) -> tuple[str, list[str]]:
    """(who would go dark for certain, "" where nobody; who else reads it, and what could not be seen)."""
    if website(look):
        return (
            "it serves a web site to everybody: put CloudFront with origin access control before it first, "
            "or record an exception"
        ), []
    origins = around.origins(look.target.name, look.target.region)
    if origins:
        named = ", ".join(origins)
        return (
            f"CloudFront reads it without credentials ({named}): give those origin access control first",
            [],
        )
    if name := around.names(look.target.name):
        return f"the DNS name {name} leads straight to it: put CloudFront before it first", []
    notes = list(_by_policy(look))
    granted = sorted(
        {
            str(grant.get("Permission"))
            for grant in ask(look, "GetBucketAcl").get("Grants") or []
            if str(at(grant, "Grantee.URI") or "").endswith(_EVERYBODY)
        }
    )
    if granted:
        notes.append(f"its ACL gives everybody {', '.join(granted)}: that ends")
    if points := _open_points(look):
        notes.append(f"its access points {', '.join(points)} let everybody in: that ends")
    return "", [*notes, *around.unseen]


def _by_policy(look: Look) -> Iterator[str]:
    text = look.read(POLICY, look.target).value
    found = sids(public(text))
    said = bool(at(ask(look, "GetBucketPolicyStatus", ("NoSuchBucketPolicy",)), "PolicyStatus.IsPublic"))
    if found:
        yield f"its policy lets everybody in on purpose or by mistake ({found}): that ends"
    elif said:
        yield "AWS calls its policy public: whoever comes in by that statement without credentials stays out"
    others = [one for one in accounts(text) if one not in {look.target.account, "cloudfront"}]
    if (found or said) and others:
        # RestrictPublicBuckets leaves a bucket with a public policy to its own account and to services of AWS.
        yield f"while that statement stands, {', '.join(others)} would be shut out as well"


def _open_points(look: Look) -> list[str]:
    """Access points of the bucket that AWS calls public."""
    target = look.target

    def control(operation: str, **arguments: Json) -> Call:
        given = {"AccountId": target.account, **arguments}
        return Call("aws", "s3control", operation, given, target.region)

    found = []
    for one in look.cloud.pages(control("ListAccessPoints", Bucket=target.name), "AccessPointList"):
        if one.get("NetworkOrigin") == "VPC":
            continue
        try:
            status = look.cloud.call(control("GetAccessPointPolicyStatus", Name=one["Name"]))
        except CloudError as error:
            if "NoSuch" not in error.code:
                raise
            continue
        if at(status, "PolicyStatus.IsPublic"):
            found.append(str(one["Name"]))
    return sorted(found)


def closed_already(look: Look) -> str:
    """Which block keeps everybody out already, "" where none does."""
    account = resource_type(AccountBlocks.name).target(
        look.target.account, look.target.account, look.target.region, look.target.partition
    )
    whole: dict[str, Any] = {}
    if account is not None:
        try:
            whole = today(look, _ACCOUNT_BLOCK, account) or {}
        except CloudError as error:
            if not error.denied:
                raise
    if all(whole.get(flag) for flag in _EFFECTIVE):
        return "the account's own block"
    own = today(look, BLOCK, look.target) or {}
    return "the bucket's own block" if all(own.get(flag) for flag in _EFFECTIVE) else ""


def public_by_design(look: Look) -> Verdict:
    """Blocks a web site or an origin of CloudFront that would go dark; warns of public readers."""
    if already := closed_already(look):
        return Outcome.PASS, f"{already} keeps everybody out already, so nobody loses anything"
    dark, notes = exposure(look, Surroundings(look))
    if dark:
        return Outcome.BLOCK, dark
    if notes:
        return Outcome.WARN, "; ".join(notes)
    return Outcome.PASS, "no web site, no open CloudFront origin, no public policy, ACL or access point"


def every_bucket_private(look: Look) -> Verdict:
    """Looks at every bucket of the account, and blocks while one would lose readers whom nobody has named.

    Who shall lose public access anyway stands in the argument `accepted`, names with commas.
    """
    given = look.changes[-1].after if look.changes else dict.fromkeys(FLAGS, True)
    if given is not None and not any(given.get(flag) for flag in _EFFECTIVE):
        return Outcome.PASS, "only new grants are refused: whoever reads today goes on reading"
    target = look.target
    accepted = {name.strip() for name in str(look.arguments.get("accepted") or "").split(",")} - {""}
    around = Surroundings(look)
    buckets = resource_type("AWS::S3::Bucket").list(
        look.cloud, target.account, target.region, target.partition
    )
    losing: dict[str, str] = {}
    for bucket in buckets:
        own = replace(look, target=bucket)
        flags = look.read(BLOCK, bucket).value or {}
        if all(flags.get(flag) for flag in _EFFECTIVE):
            continue
        dark, notes = exposure(own, around)
        if dark or notes:
            losing[bucket.name] = dark or "; ".join(notes)
    unheard = sorted(set(losing) - accepted)
    if unheard:
        said = "; ".join(f"{name}: {losing[name]}" for name in unheard)
        return (
            Outcome.BLOCK,
            f"{len(unheard)} of {len(buckets)} buckets would lose public readers ({said}): put that right, or "
            "name them in private_anyway",
        )
    if losing:
        return Outcome.WARN, f"{', '.join(sorted(losing))} will lose public readers, as you have named them"
    return Outcome.PASS, f"none of the {len(buckets)} buckets is read without credentials"


GUARDS = {"public-by-design": public_by_design, "every-bucket-private": every_bucket_private}
CAUTIOUS = ("every-bucket-private",)
