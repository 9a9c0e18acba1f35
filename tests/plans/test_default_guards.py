"""The wrong account is refused on either cloud, and whoever else manages a resource is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hipaa_tui.clouds.connections import SettingReader
from hipaa_tui.plans.default_guards import manager_of
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import GuardContext, Outcome
from hipaa_tui.providers.model import Caller, CloudError, Reading, Target
from tests.aws.guards import Answers, bucket, do, make_bucket, verdict


class Someone:
    """A cloud that only knows who is asking."""

    provider = "azure"

    def __init__(self, *accounts, partition="AzureCloud"):
        self.accounts, self.partition = accounts, partition

    def caller(self):
        return Caller("azure", self.accounts, "me", self.partition)


def ask(cloud, target):
    look = GuardContext(cloud, target, (), {}, {}, lambda setting, where: Reading(None))
    return guards()[0]["caller-account"](look)[0]


def test_the_callers_own_account_passes(aws):
    assert verdict(aws, "caller-account", bucket("phi-records"))[0] is Outcome.PASS


@pytest.mark.parametrize("other", [{"account": "210987654321"}, {"partition": "aws-us-gov"}])
def test_another_account_or_partition_is_refused(aws, other):
    outcome, reason = verdict(aws, "caller-account", replace(bucket("phi-records"), **other))
    assert outcome is Outcome.BLOCK
    assert next(iter(other.values())) in reason


def test_a_supporting_change_in_another_account_is_refused(aws):
    elsewhere = replace(bucket("logs-there"), account="210987654321")
    draft = ("aws.s3.public-access-block", {"BlockPublicAcls": True}, elsewhere)
    make_bucket(aws, "logs-there")
    assert verdict(aws, "caller-account", bucket("phi-records"), draft)[0] is Outcome.BLOCK


def test_a_subscription_is_the_same_in_any_case():
    target = Target("azure", "T", "ABCDEF", "", "/subscriptions/ABCDEF", "x", "AzureCloud")
    assert ask(Someone("abcdef", "123456"), target) is Outcome.PASS
    assert ask(Someone("123456"), target) is Outcome.BLOCK
    assert ask(Someone(), target) is Outcome.BLOCK
    assert ask(Someone("abcdef", partition="AzureUSGovernment"), target) is Outcome.BLOCK


def test_not_knowing_who_is_asking_blocks():
    assert "caller-account" in guards()[1]


@pytest.mark.parametrize(
    ("tags", "words"),
    [
        ({}, ""),
        ({"team": "records", "env": "terraform-test"}, ""),
        ({"terraform": "false"}, ""),
        ({"managed-by": "hipaa-tui"}, ""),
        ({"aws:cloudformation:stack-name": "portal"}, "CloudFormation stack portal"),
        ({"Terraform": "true"}, "Terraform"),
        ({"ManagedBy": "Terraform"}, "Terraform"),
        ({"managed_by": "opentofu 1.8"}, "Terraform"),
        ({"example.com/managed-by": "pulumi"}, "Pulumi"),
        ({"provisioner": "Bicep"}, "Bicep"),
        ({"kubernetes.io/cluster/clinic": "owned"}, "Kubernetes cluster clinic"),
        ({"kubernetes.io/cluster/clinic": "shared"}, ""),
        ({"elasticbeanstalk:environment-name": "portal"}, "Elastic Beanstalk environment portal"),
    ],
)
def test_tags_tell_who_manages_a_resource(tags, words):
    found = manager_of(tags)
    assert words in found
    assert bool(found) is bool(words)


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


def test_a_managed_bucket_is_a_warning(aws):
    target = make_bucket(aws, "phi-records")
    assert verdict(aws, "managed-elsewhere", target)[0] is Outcome.PASS
    tagging = {"TagSet": [{"Key": "ManagedBy", "Value": "terraform"}]}
    do(aws, "s3", "PutBucketTagging", Bucket="phi-records", Tagging=tagging)
    outcome, reason = verdict(aws, "managed-elsewhere", target)
    assert outcome is Outcome.WARN
    assert "phi-records" in reason


def test_a_managed_log_bucket_is_a_warning_too(aws):
    target, logs = make_bucket(aws, "phi-records"), make_bucket(aws, "logs-here")
    tagging = {"TagSet": [{"Key": "terraform", "Value": "true"}]}
    do(aws, "s3", "PutBucketTagging", Bucket="logs-here", Tagging=tagging)
    made = ("aws.s3.bucket", {"Region": "us-east-1"}, logs)
    assert "logs-here" in verdict(aws, "managed-elsewhere", target, made)[1]


def test_what_a_report_names_and_is_gone_blocks(aws):
    outcome, reason = verdict(aws, "managed-elsewhere", bucket("nothing-here"))
    assert outcome is Outcome.BLOCK
    assert "no longer exists" in reason


# What CloudFormation knows of a resource without tags ------------------------------------------------


def stacks(aws, *named):
    """moto's CloudFormation does not find stacks by what they made: its answers are told here."""
    listed = {"StackSummaries": [{"StackName": "portal"}]}
    made = [{"StackName": "portal", "PhysicalResourceId": one} for one in named]
    return Answers(aws, ListStacks=listed, DescribeStackResources={"StackResources": made})


def test_a_bucket_that_a_stack_made_is_a_warning_without_tags(aws):
    target = make_bucket(aws, "phi-records")
    outcome, reason = verdict(stacks(aws, "phi-records"), "managed-elsewhere", target)
    assert outcome is Outcome.WARN
    assert "CloudFormation stack portal" in reason
    assert "hipaa-tui patch" in reason
    assert verdict(stacks(aws, "other-bucket"), "managed-elsewhere", target)[0] is Outcome.PASS


class Stackless(Answers):
    """A cloud where nobody may ask for stacks, or where there are none; it counts."""

    code, asked = "AccessDenied", 0

    def call(self, call):
        if call.service != "cloudformation":
            return super().call(call)
        self.asked += 1
        if self.code:
            raise CloudError(self.code, "no", status=403, call=call)
        return {"StackSummaries": []}


def look_at(cloud, target, memory):
    reader = SettingReader({"aws": cloud})
    return guards()[0]["managed-elsewhere"](GuardContext(cloud, target, (), {}, {}, reader, memory))


@pytest.mark.parametrize("code", ["AccessDenied", ""])
def test_stacks_are_asked_for_once_in_a_planning_and_never_stand_in_the_way(aws, code):
    targets = [make_bucket(aws, name) for name in ("phi-records", "claim-records")]
    cloud, memory = Stackless(aws), {}
    cloud.code = code
    for target in targets:
        outcome, reason = look_at(cloud, target, memory)
        assert outcome is Outcome.PASS
        assert ("AccessDenied" in reason) is bool(code)
    assert cloud.asked == 1


def test_a_resource_with_tags_of_its_own_is_not_asked_about(aws):
    target = make_bucket(aws, "phi-records")
    tagging = {"TagSet": [{"Key": "team", "Value": "records"}]}
    do(aws, "s3", "PutBucketTagging", Bucket="phi-records", Tagging=tagging)
    cloud = Stackless(aws)
    assert look_at(cloud, target, {})[0] is Outcome.PASS
    assert cloud.asked == 0
