"""Buckets that let everybody in by a list and by a policy."""

from __future__ import annotations

import json
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = ("aws.s3.public-acl", "aws.s3.public-policy", "aws.s3.acl-prohibited")


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; the bucket "kept" has no lists, and a policy for its own account."""

    def do(operation: str, name: str, **arguments: Any) -> None:
        cloud.call(Call("aws", "s3", operation, {"Bucket": name, **arguments}, REGION))

    for name in ("portal-assets", "phi-records", "kept-records"):
        do("CreateBucket", name)
        do("DeletePublicAccessBlock", name)
    do("PutBucketAcl", "portal-assets", ACL="public-read-write")
    team = statement("Team", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kept-records")
    everybody = statement("Public", "*", "phi-records")
    office = {**everybody, "Sid": "Office", "Condition": {"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}}
    do("PutBucketPolicy", "kept-records", Policy=text(team))
    do("PutBucketPolicy", "phi-records", Policy=text(everybody, office))
    enforced = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    do("PutBucketOwnershipControls", "kept-records", OwnershipControls=enforced)
    return cloud


def statement(sid: str, principal: Any, bucket: str) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Principal": principal,
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }


def text(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
