"""Lifecycle rules, Object Lock, notifications, ACLs and the account's block as Terraform."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Cloud
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import do, make_bucket
from tests.aws.patches import blocks_of, declared, found, patch_of, patched, planned, written
from tests.aws.s3 import estate_public as public
from tests.aws.s3.estate_events import build
from tests.aws.server import ACCOUNT, REGION


def test_lifecycle_rules_of_every_form_are_said(aws: Cloud, repo: Path) -> None:
    target = make_bucket(aws, "phi-records")
    rules = [
        {
            "ID": "theirs",
            "Status": "Disabled",
            "Filter": {"And": {"Prefix": "x/", "Tags": [{"Key": "k", "Value": "${v}"}]}},
            "Expiration": {"Days": 3000},
            "Transitions": [{"Days": 30, "StorageClass": "GLACIER"}],
        },
        {
            "ID": "dated",
            "Status": "Disabled",
            "Filter": {"Tag": {"Key": "a", "Value": "b"}},
            "Expiration": {"Date": "2040-01-01T00:00:00Z"},
        },
    ]
    do(
        aws,
        "s3",
        "PutBucketLifecycleConfiguration",
        Bucket="phi-records",
        LifecycleConfiguration={"Rules": rules},
    )
    plan = planned(aws, ("aws.s3.lifecycle", target), noncurrent_days="2500")
    blocks, _ = written(aws, repo, plan)
    block = blocks["aws_s3_bucket_lifecycle_configuration"]
    for part in (
        'id = "theirs"',
        '"k" = "$${v}"',
        "days = 3000",
        'storage_class = "GLACIER"',
        'tag { key = "a"',
        'date = "2040-01-01T00:00:00Z"',
        "noncurrent_days = 2500",
        "days_after_initiation = 7",
    ):
        assert part in block, block


def test_a_lock_is_one_block_after_the_versions(aws: Cloud, repo: Path) -> None:
    target = make_bucket(aws, "phi-records")
    plan = planned(aws, ("aws.s3.object-lock", target), mode="GOVERNANCE", days="9")
    blocks, _ = written(aws, repo, plan)
    lock = blocks["aws_s3_bucket_object_lock_configuration"]
    assert 'mode = "GOVERNANCE"' in lock
    assert "days = 9" in lock
    assert "depends_on = [aws_s3_bucket_versioning.phi_records]" in lock


def test_the_accounts_block_names_the_account(aws: Cloud, repo: Path) -> None:
    (target,) = resource_type("AWS::S3::AccountPublicAccessBlock").list(aws, ACCOUNT, REGION, "aws")
    blocks, _ = written(aws, repo, planned(aws, ("aws.s3.account-public-access-block", target)))
    block = blocks["aws_s3_account_public_access_block"]
    assert f'account_id = "{ACCOUNT}"' in block
    assert block.count("= true") == 4


def test_a_bucket_that_tells_eventbridge_is_one_small_block(aws: AwsCloud, repo: Path) -> None:
    build(aws)
    _, patch = patched(aws, repo, "aws.s3.event-notifications", "arn:aws:s3:::records-silent")
    blocks = declared(repo, patch)
    assert patch.left_out == ()
    (block,) = [one for one in blocks if one.type == "resource"]
    assert (block.labels[0], block.value("eventbridge")) == ("aws_s3_bucket_notification", True)


def test_lists_that_no_longer_count_are_said_after_they_are_closed(aws: Any, repo: Path) -> None:
    public.build(aws)
    portal = found("AWS::S3::Bucket", "portal-assets")
    blocks = blocks_of(repo, patch_of(aws, repo, planned(aws, ("aws.s3.acl-prohibited", portal))))
    owner = blocks["aws_s3_bucket_ownership_controls.portal_assets"]
    assert 'object_ownership = "BucketOwnerEnforced"' in owner
    assert "depends_on = [aws_s3_bucket_acl.portal_assets]" in owner
    assert "AllUsers" not in blocks["aws_s3_bucket_acl.portal_assets"]
