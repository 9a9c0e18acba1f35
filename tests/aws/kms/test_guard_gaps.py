"""Who is let in by a condition, by a grant or by a key that was there before is seen as well."""

from __future__ import annotations

import pytest

from hipaa_tui.plans.default_guards import manager_of
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, allow, do, key, make_bucket, text, verdict
from tests.aws.server import ACCOUNT, REGION

PHI = "arn:aws:s3:::phi-records/*"
ROLES = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/autoscaling.amazonaws.com"
SCALING = f"{ROLES}/AWSServiceRoleForAutoScaling"
ROOT = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*")
GROUPS = {"AutoScalingGroups": [{"AutoScalingGroupName": "portal"}]}
VOLUMES = resource_type("AWS::EC2::EBSEncryptionByDefault").target(ACCOUNT, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({"iac": "terraform"}, "Terraform"),
        ({"IaC": "cdk"}, "CDK"),
        ({"deployed-by": "Bicep"}, "Bicep"),
        ({"pulumi:project": "portal"}, "Pulumi"),
        ({"aws:cdk:path": "Portal/Bucket"}, "CDK"),
        ({"azd-env-name": "prod"}, "Azure Developer CLI"),
        ({"aks-managed-poolName": "agents"}, "AKS"),
        ({"pulumi": "false", "iac": "none"}, ""),
        ({"deployed-by": "maria"}, ""),
    ],
)
def test_more_tools_leave_tags(tags, words):
    assert words in manager_of(tags)
    assert bool(manager_of(tags)) is bool(words)


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


def test_an_origin_by_its_dual_stack_name_would_go_dark(aws):
    target = make_bucket(aws, "phi-records")
    origin = {"DomainName": f"phi-records.s3.dualstack.{REGION}.amazonaws.com"}
    listed = {"DistributionList": {"Items": [{"Id": "E9", "Origins": {"Items": [origin]}}]}}
    found = verdict(Answers(aws, ListDistributions=listed), "public-by-design", target)
    assert found[0] is Outcome.BLOCK
    assert "E9" in found[1]


def test_an_alias_stands_for_its_key(aws):
    target = make_bucket(aws, "phi-records")
    do(aws, "kms", "CreateAlias", AliasName="alias/phi", TargetKeyId=key(aws).rpartition("/")[2])
    assert verdict(aws, "kms-key-usable", target, key="alias/phi")[0] is Outcome.PASS
    whole = f"arn:aws:kms:{REGION}:{ACCOUNT}:alias/phi"
    assert verdict(aws, "kms-key-usable", target, key=whole)[0] is Outcome.PASS


# The key of new volumes ------------------------------------------------------------------------------


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
