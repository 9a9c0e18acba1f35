"""Trails as Terraform: a new one with its bucket, one that is there with all its settings, its key, and its bucket where that stands."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.patches.blocks.snippets import Refused, Snippets
from hipaa_tui.providers.model import Cloud, Target
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.support.package_data import content_folder
from tests.aws.cloudtrail import estate as trails
from tests.aws.cloudtrail import estate_no_trail as no_trail
from tests.aws.guards import do, key, make_bucket, text
from tests.aws.patches import declared, patched, planned, written
from tests.aws.server import ACCOUNT, REGION
from tests.patches.patch_clouds import git

TRAIL = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/main"


@pytest.fixture
def trail(aws: Cloud) -> Target:
    trails = {"Service": "cloudtrail.amazonaws.com"}
    both = ["arn:aws:s3:::trail-files", "arn:aws:s3:::trail-files/*"]
    make_bucket(
        aws, "trail-files", {"Effect": "Allow", "Principal": trails, "Action": "s3:*", "Resource": both}
    )
    do(aws, "cloudtrail", "CreateTrail", Name="main", S3BucketName="trail-files", S3KeyPrefix="all")
    found = resource_type("AWS::CloudTrail::Trail").target(TRAIL, ACCOUNT, REGION)
    assert found is not None
    return found


def test_a_trail_is_one_block_however_many_changes_it_has(aws: Cloud, repo: Path, trail: Target) -> None:
    all_of_it = ("aws.cloudtrail.multi-region", "aws.cloudtrail.data-events", "aws.cloudtrail.encryption")
    blocks, _ = written(aws, repo, planned(aws, *((one, trail) for one in all_of_it)))
    block = blocks["aws_cloudtrail"]
    for part in (
        "is_multi_region_trail = true",
        's3_key_prefix = "all"',
        'not_starts_with = ["arn:aws:s3:::trail-files/"]',
        "kms_key_id = aws_kms_key.hipaa_tui_trail.arn",
    ):
        assert part in block, part
    assert block.count("advanced_event_selector {") == 2
    assert " event_selector {" not in block


def test_a_trails_other_settings_are_said_as_they_are(aws: Cloud, repo: Path, trail: Target) -> None:
    blocks, _ = written(aws, repo, planned(aws, ("aws.cloudtrail.data-events", trail)))
    block = blocks["aws_cloudtrail"]
    assert "is_multi_region_trail = false" in block
    assert "enable_logging = false" in block
    assert 's3_bucket_name = "trail-files"' in block
    assert "kms_key_id" not in block


def test_a_key_policy_is_said_with_the_whole_key(aws: Cloud, repo: Path, trail: Target) -> None:
    root = {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    named = key(aws, Policy=text({**root, "Action": "kms:*", "Resource": "*"}), Description="ours")
    blocks, _ = written(aws, repo, planned(aws, ("aws.cloudtrail.encryption", trail), kms_key=named))
    assert 'description = "ours"' in blocks["aws_kms_key"].replace("  ", " ")
    assert "CloudTrailEncrypts" in blocks["aws_kms_key"]
    assert "bypass_policy_lockout_safety_check" not in blocks["aws_kms_key"]


def test_a_new_trail_comes_with_its_bucket_and_waits_for_the_policy(aws: AwsCloud, repo: Path) -> None:
    no_trail.build(aws)
    text, patch = patched(aws, repo, "aws.cloudtrail.enabled", ACCOUNT)
    blocks = declared(repo, patch)
    assert patch.left_out == ()
    (trail,) = [one for one in blocks if one.labels and one.labels[0] == "aws_cloudtrail"]
    assert trail.value("is_multi_region_trail") is True
    assert "depends_on" in text
    assert "aws_s3_bucket_policy" in {one.labels[0] for one in blocks if one.type == "resource"}


def test_a_trail_that_is_there_is_not_made_again() -> None:
    snippets = Snippets(content_folder("snippets") / "terraform")
    trail: dict[str, Any] = {"Name": "main", "Bucket": "b", "Arn": "arn"}
    variables = {"value": {"Trail": trail}, "before": {"Trail": trail}, "applied": False}
    functions = {
        "ref": lambda *_: '"b"',
        "follows": lambda *_: "[]",
        "address": lambda *_: None,
    }
    with pytest.raises(Refused, match="enable_logging"):
        snippets.fill("aws.cloudtrail.account-trail", variables, functions, lambda text: None)


def test_the_bucket_of_a_trail_is_closed_where_it_stands(aws: Any, repo: Path) -> None:
    """The blocks are the bucket's, whatever the finding names."""
    trails.build(aws)
    (repo / "logs.tf").write_text('resource "aws_s3_bucket" "theirs" {\n  bucket = "half-logs"\n}\n')
    git(repo, "add", "logs.tf")
    git(repo, "commit", "-q", "-m", "logs")
    arn = f"arn:aws:cloudtrail:{REGION}:{ACCOUNT}:trail/half"
    text, patch = patched(aws, repo, "aws.cloudtrail.bucket-public", arn)
    assert patch.left_out == ()
    for kind in ("aws_s3_bucket_public_access_block", "aws_s3_bucket_acl"):
        assert f'resource "{kind}"' in text
    assert text.count("bucket = aws_s3_bucket.theirs") == 2
    assert text.count('id = "half-logs"') == 2
    assert "AllUsers" not in text
