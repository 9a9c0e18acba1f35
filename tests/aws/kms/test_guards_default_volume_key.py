"""Guards of the KMS key of new EBS volumes: whether Auto Scaling can use it, by its policy or by a grant."""

from __future__ import annotations

from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, allow, do, key, text, verdict
from tests.aws.server import ACCOUNT, REGION

ROLES = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com"
SCALING = f"{ROLES}/AWSServiceRoleForAutoScaling"
ROOT = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*")
GROUPS = {"AutoScalingGroups": [{"AutoScalingGroupName": "portal"}]}
VOLUMES = resource_type("AWS::EC2::EBSEncryptionByDefault").target(ACCOUNT, ACCOUNT, REGION)


def grants(principal):
    return {"Grants": [{"GranteePrincipal": principal}]}


def test_auto_scaling_may_come_in_by_a_grant(aws):
    named = key(aws, Policy=text(ROOT))
    draft = ("aws.ec2.ebs-default-key", {"KmsKeyId": named})
    answers = {
        "GetEbsDefaultKmsKeyId": {"KmsKeyId": "alias/aws/ebs"},
        "DescribeAutoScalingGroups": GROUPS,
    }
    other = Answers(aws, ListGrants=grants(f"arn:aws:iam::{ACCOUNT}:role/other"), **answers)
    assert verdict(other, "kms-key-usable", VOLUMES, draft)[0] is Outcome.BLOCK
    ours = Answers(aws, ListGrants=grants(SCALING), **answers)
    assert verdict(ours, "kms-key-usable", VOLUMES, draft)[0] is Outcome.PASS


def volumes(aws, current, **answers):
    """What is said about turning encryption on where new volumes get this key."""
    cloud = Answers(aws, GetEbsDefaultKmsKeyId={"KmsKeyId": current}, **answers)
    return verdict(cloud, "ebs-key-grants", VOLUMES)


def test_awss_own_key_of_new_volumes_is_open_to_all(aws):
    assert volumes(aws, "alias/aws/ebs")[0] is Outcome.PASS


def test_a_key_of_new_volumes_that_is_set_already_is_looked_at(aws):
    named = key(aws, Policy=text(ROOT))
    assert volumes(aws, named)[0] is Outcome.PASS
    outcome, reason = volumes(aws, named, DescribeAutoScalingGroups=GROUPS)
    assert outcome is Outcome.BLOCK
    assert "portal" in reason
    assert volumes(aws, named, DescribeAutoScalingGroups=GROUPS, ListGrants=grants(SCALING))[0] is (
        Outcome.PASS
    )
    opened = key(aws, Policy=text(ROOT, allow({"AWS": SCALING}, "kms:*", "*")))
    assert volumes(aws, opened, DescribeAutoScalingGroups=GROUPS)[0] is Outcome.PASS


def test_a_key_of_new_volumes_that_is_off_is_named(aws):
    named = key(aws)
    do(aws, "kms", "DisableKey", KeyId=named.rpartition("/")[2])
    outcome, reason = volumes(aws, named)
    assert outcome is Outcome.BLOCK
    assert "Disabled" in reason


def test_a_key_that_the_plan_sets_is_left_to_the_other_guard(aws):
    cloud = Answers(aws, GetEbsDefaultKmsKeyId={"KmsKeyId": "alias/aws/ebs"})
    draft = ("aws.ec2.ebs-default-key", {"KmsKeyId": key(aws)})
    assert "kms-key-usable" in verdict(cloud, "ebs-key-grants", VOLUMES, draft)[1]
    assert "ebs-key-grants" not in guards()[1]
