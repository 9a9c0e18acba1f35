"""Buckets whose policies let another account do more than read; "kept" lets it read."""

from __future__ import annotations

import json
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = ("aws.s3.foreign-control",)
PARTNER = "arn:aws:iam::444455556666:root"
OURS = f"arn:aws:iam::{ACCOUNT}:root"


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""

    def do(operation: str, name: str, **arguments: Any) -> None:
        cloud.call(Call("aws", "s3", operation, {"Bucket": name, **arguments}, REGION))

    for name, allowed in (
        ("named", lets("named", [PARTNER], ["s3:GetObject", "s3:PutBucketPolicy"])),
        ("wild", lets("wild", [OURS, PARTNER], "s3:*")),
        ("kept", lets("kept", PARTNER, ["s3:GetObject", "s3:ListBucket"])),
    ):
        do("CreateBucket", f"{name}-files")
        do("PutBucketPolicy", f"{name}-files", Policy=text(allowed))
    return cloud


def lets(name: str, principal: Any, action: Any, **more: Any) -> dict[str, Any]:
    """A statement about a bucket and its objects."""
    here = f"arn:aws:s3:::{name}-files"
    return {
        "Sid": "Partner",
        "Effect": "Allow",
        "Principal": {"AWS": principal},
        "Action": action,
        "Resource": [here, f"{here}/*"],
        **more,
    }


def text(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
