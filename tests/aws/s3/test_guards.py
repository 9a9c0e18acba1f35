"""Guards of a bucket's policy and encryption: whether the policy fits, and whether readers elsewhere can use the key."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from tests.aws.guards import allow, do, key, make_bucket, text, verdict
from tests.aws.server import ACCOUNT

PARTNER = "444455556666"
PHI = "arn:aws:s3:::phi-records/*"
ENCRYPTION = "aws.s3.bucket-encryption"


def encrypted(with_key):
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": with_key}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": True}]}


# The policy itself -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("length", "outcome"), [(100, Outcome.PASS), (19_000, Outcome.WARN), (21_000, Outcome.BLOCK)]
)
def test_a_policy_has_to_fit(aws, length, outcome):
    target = make_bucket(aws, "phi-records")
    after = text({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "x" * length})
    assert verdict(aws, "policy-room", target, ("aws.s3.bucket-policy", after))[0] is outcome


def test_s3_refuses_new_public_policies_where_they_are_blocked(aws):
    target = make_bucket(aws, "phi-records")
    after = text(allow("*", "s3:GetObject", PHI))
    assert verdict(aws, "policy-room", target, ("aws.s3.bucket-policy", after))[0] is Outcome.PASS
    flags = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    blocked = dict.fromkeys(flags, True)
    do(aws, "s3", "PutPublicAccessBlock", Bucket="phi-records", PublicAccessBlockConfiguration=blocked)
    outcome, reason = verdict(aws, "policy-room", target, ("aws.s3.bucket-policy", after))
    assert outcome is Outcome.BLOCK
    assert "Theirs" in reason


# Encryption ------------------------------------------------------------------------------------------


def test_readers_of_another_account_need_the_key_too(aws):
    partner = {"AWS": [f"arn:aws:iam::{PARTNER}:role/claims-intake", PARTNER]}
    target = make_bucket(aws, "phi-records", allow(partner, "s3:GetObject", PHI))
    root = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*")
    closed, opened = (
        key(aws, Policy=text(root)),
        key(aws, Policy=text(root, allow(partner, "kms:Decrypt", "*"))),
    )
    outcome, reason = verdict(aws, "cross-account-readers", target, (ENCRYPTION, encrypted(closed)))
    assert outcome is Outcome.BLOCK
    assert PARTNER in reason
    assert verdict(aws, "cross-account-readers", target, (ENCRYPTION, encrypted(opened)))[0] is Outcome.PASS
    made = {"$known_after_apply": "c1.Arn"}
    assert verdict(aws, "cross-account-readers", target, (ENCRYPTION, encrypted(made)))[0] is Outcome.BLOCK


@pytest.mark.parametrize(
    ("principal", "outcome", "words"),
    [
        ({"AWS": f"arn:aws:iam::{ACCOUNT}:role/etl"}, Outcome.PASS, "no access outside the account"),
        ("*", Outcome.WARN, "anonymous readers"),
        (
            {"AWS": "arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E1"},
            Outcome.BLOCK,
            "identity",
        ),
        ({"Service": "cloudfront.amazonaws.com"}, Outcome.WARN, "cloudfront.amazonaws.com"),
    ],
)
def test_other_readers_are_told_apart(aws, principal, outcome, words):
    target = make_bucket(aws, "phi-records", allow(principal, "s3:GetObject", PHI))
    made = {"$known_after_apply": "c1.Arn"}
    found, reason = verdict(aws, "cross-account-readers", target, (ENCRYPTION, encrypted(made)))
    assert found is outcome
    assert words in reason


@pytest.mark.parametrize(
    "condition",
    [
        {"StringEquals": {"aws:PrincipalOrgID": "o-1"}},
        {"StringEquals": {"aws:SourceVpce": "vpce-1"}},
    ],
)
def test_readers_by_a_condition_need_the_key_too(aws, condition):
    target = make_bucket(aws, "phi-records", allow("*", "s3:GetObject", PHI, Condition=condition))
    outcome, reason = verdict(aws, "cross-account-readers", target)
    assert outcome is Outcome.WARN
    assert "Theirs" in reason
