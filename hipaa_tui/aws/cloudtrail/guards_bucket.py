"""Checks for anonymous readers of a trail's bucket before its public access is removed."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from hipaa_tui.aws.cloudtrail.bucket import bucket_of
from hipaa_tui.aws.s3.guards_public import public_by_design
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict

ACL: Final = "aws.cloudtrail.bucket-acl"


def trail_bucket_readers(context: GuardContext) -> Verdict:
    """Returns the verdict of public-by-design for the trail's bucket: it may serve more than the trail."""
    seen = context.read(ACL, context.target)
    bucket = None if seen.absent else bucket_of(context.target, seen.identity)
    if bucket is None:
        return Outcome.BLOCK, "the trail or its bucket no longer exists: scan again"
    outcome, reason = public_by_design(replace(context, target=bucket))
    return outcome, f"{bucket.name}: {reason}"


GUARDS = {"trail-bucket-readers": trail_bucket_readers}
