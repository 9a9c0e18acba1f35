"""Looks for who comes into a bucket by its access control list, before the list stops counting."""

from __future__ import annotations

from hipaa_tui.aws.s3.access import for_everybody
from hipaa_tui.aws.s3.guards import then
from hipaa_tui.aws.s3.guards_log_bucket import sources_of
from hipaa_tui.aws.s3.settings import call
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import at

_DELIVERY = "/groups/s3/LogDelivery"


def acl_in_use(look: Look) -> Verdict:
    """Blocks while the list lets others in whom no policy names, and warns of uploads and objects with lists.

    (Amazon S3 User Guide, "Prerequisites for disabling ACLs".)
    """
    if not any(draft.setting == "aws.s3.ownership" for draft in look.changes):
        return Outcome.PASS, "who owns the objects does not change"
    acl = then(look, "aws.s3.acl", look.target)
    owner = at(acl, "Owner.ID")
    others = [
        grant for grant in acl["Grants"] if at(grant, "Grantee.ID") != owner and not for_everybody(grant)
    ]
    if any(str(at(grant, "Grantee.URI") or "").endswith(_DELIVERY) for grant in others):
        sources, _ = sources_of(look)
        whose = f" of {', '.join(sources[:5])}" if sources else ""
        return (
            Outcome.BLOCK,
            f"access logs{whose} are delivered by its list: let logging.s3.amazonaws.com in by the bucket's policy "
            "first, and take the grant to LogDelivery away",
        )
    if others:
        named = sorted(
            {str(at(g, "Grantee.DisplayName") or at(g, "Grantee.ID") or at(g, "Grantee.URI")) for g in others}
        )
        return (
            Outcome.BLOCK,
            f"its list lets in {', '.join(named)}, and S3 refuses until it does not: name them in the bucket's policy, "
            "and take the grants away",
        )
    listed = look.cloud.call(
        Call(
            "aws",
            "s3",
            "ListObjectsV2",
            {**call(look.target, "").arguments, "MaxKeys": 1},
            look.target.region,
        )
    )
    if listed.get("KeyCount") or listed.get("Contents"):
        return (
            Outcome.WARN,
            "lists of single objects stop counting as well, and uploads that ask for another list than "
            "bucket-owner-full-control fail: look into what uploads here",
        )
    return Outcome.PASS, "its list lets nobody else in, and the bucket is empty"


GUARDS = {"acl-in-use": acl_in_use}
CAUTIOUS = ("acl-in-use",)
