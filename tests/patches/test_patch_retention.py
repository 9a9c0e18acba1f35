"""Retention, the account's block and a trail's events and key as Terraform, against a moto server."""

from __future__ import annotations

from pathlib import Path

import pytest

from hipaa_tui.patches.create import make_patch
from hipaa_tui.patches.language.syntax import parse
from hipaa_tui.plans.model import Plan
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Cloud, Target
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import do, key, make_bucket, text
from tests.aws.server import ACCOUNT, REGION
from tests.patches.patch_clouds import git

CATALOGUE = load()
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


def planned(aws: Cloud, target: Target, *playbooks: str, **given: str) -> Plan:
    wishes = [Wish(CATALOGUE.get(one), target, ()) for one in playbooks]
    plan = make_plan(wishes, {"aws": aws}, given)
    assert plan.skipped == ()
    assert not plan.blocked
    return plan


def written(aws: Cloud, plan: Plan, repo: Path) -> dict[str, str]:
    """Each block of the patch by its address, as text on one line."""
    patch = make_patch(plan, repo, "hipaa/fix", {"aws": aws})
    assert patch.left_out == ()
    found = {}
    for path in patch.files:
        whole = git(repo, "show", f"hipaa/fix:{path}") + "\n"
        for block in parse(whole).blocks:
            if block.type == "resource":
                # By our own labels each type is there once.
                start = whole.index(f'resource "{block.labels[0]}" "{block.labels[1]}"')
                end = whole.index("\n}\n", start)
                found[block.labels[0]] = " ".join(whole[start:end].split())
    return found


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
    plan = planned(aws, target, "aws.s3.lifecycle", noncurrent_days="2500")
    block = written(aws, plan, repo)["aws_s3_bucket_lifecycle_configuration"]
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
    plan = planned(aws, target, "aws.s3.object-lock", mode="GOVERNANCE", days="9")
    blocks = written(aws, plan, repo)
    lock = blocks["aws_s3_bucket_object_lock_configuration"]
    assert 'mode = "GOVERNANCE"' in lock
    assert "days = 9" in lock
    assert "depends_on = [aws_s3_bucket_versioning.phi_records]" in lock


def test_the_accounts_block_names_the_account(aws: Cloud, repo: Path) -> None:
    (target,) = resource_type("AWS::S3::AccountPublicAccessBlock").list(aws, ACCOUNT, REGION, "aws")
    blocks = written(aws, planned(aws, target, "aws.s3.account-public-access-block"), repo)
    block = blocks["aws_s3_account_public_access_block"]
    assert f'account_id = "{ACCOUNT}"' in block
    assert block.count("= true") == 4


def test_a_trail_is_one_block_however_many_changes_it_has(aws: Cloud, repo: Path, trail: Target) -> None:
    all_of_it = ("aws.cloudtrail.multi-region", "aws.cloudtrail.data-events", "aws.cloudtrail.encryption")
    blocks = written(aws, planned(aws, trail, *all_of_it), repo)
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
    block = written(aws, planned(aws, trail, "aws.cloudtrail.data-events"), repo)["aws_cloudtrail"]
    assert "is_multi_region_trail = false" in block
    assert "enable_logging = false" in block
    assert 's3_bucket_name = "trail-files"' in block
    assert "kms_key_id" not in block


def test_a_key_policy_is_said_with_the_whole_key(aws: Cloud, repo: Path, trail: Target) -> None:
    root = {"Sid": "Root", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    named = key(aws, Policy=text({**root, "Action": "kms:*", "Resource": "*"}), Description="ours")
    blocks = written(aws, planned(aws, trail, "aws.cloudtrail.encryption", kms_key=named), repo)
    assert 'description = "ours"' in blocks["aws_kms_key"].replace("  ", " ")
    assert "CloudTrailEncrypts" in blocks["aws_kms_key"]
    assert "bypass_policy_lockout_safety_check" not in blocks["aws_kms_key"]
