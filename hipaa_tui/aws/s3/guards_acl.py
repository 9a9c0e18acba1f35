"""Finds who has access to a bucket by its ACL, before ACLs are disabled (BucketOwnerEnforced)."""

from __future__ import annotations

from hipaa_tui.aws.s3.access import for_everybody
from hipaa_tui.aws.s3.guards import then
from hipaa_tui.aws.s3.guards_log_bucket import sources_of
from hipaa_tui.aws.s3.settings import call
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call
from hipaa_tui.support.json_value import at

_DELIVERY = "/groups/s3/LogDelivery"


def acl_in_use(context: GuardContext) -> Verdict:
    """Blocks while the bucket ACL grants access to other accounts; warns when the bucket holds objects.

    Object ACLs and uploads that send an ACL stop working as well
    (Amazon S3 User Guide, "Prerequisites for disabling ACLs").
    """
    if not any(draft.setting == "aws.s3.ownership" for draft in context.changes):
        return Outcome.PASS, "object ownership does not change"
    acl = then(context, "aws.s3.acl", context.target)
    owner = at(acl, "Owner.ID")
    others = [
        grant for grant in acl["Grants"] if at(grant, "Grantee.ID") != owner and not for_everybody(grant)
    ]
    if any(str(at(grant, "Grantee.URI") or "").endswith(_DELIVERY) for grant in others):
        sources, _ = sources_of(context)
        whose = f" from {', '.join(sources[:5])}" if sources else ""
        return (
            Outcome.BLOCK,
            f"access logs{whose} are delivered by the bucket ACL's grant to LogDelivery: allow "
            "logging.s3.amazonaws.com in the bucket policy first, then remove that grant",
        )
    if others:
        grantees = sorted(
            {
                str(at(other, "Grantee.DisplayName") or at(other, "Grantee.ID") or at(other, "Grantee.URI"))
                for other in others
            }
        )
        return (
            Outcome.BLOCK,
            f"the bucket ACL grants access to {', '.join(grantees)}, and S3 refuses to disable ACLs while it does: "
            "name them in the bucket policy, then remove the grants",
        )
    listed = context.cloud.call(
        Call(
            "aws",
            "s3",
            "ListObjectsV2",
            {**call(context.target, "").arguments, "MaxKeys": 1},
            context.target.region,
        )
    )
    if listed.get("KeyCount") or listed.get("Contents"):
        return (
            Outcome.WARN,
            "object ACLs stop working as well, and uploads with any ACL but bucket-owner-full-control fail: check "
            "what uploads to this bucket",
        )
    return Outcome.PASS, "the bucket ACL grants no other account access, and the bucket is empty"


GUARDS = {"acl-in-use": acl_in_use}
BLOCK_ON_ERROR = ("acl-in-use",)
