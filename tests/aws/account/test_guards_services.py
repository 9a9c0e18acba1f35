"""Guards of what is switched on for an account and a region, against a moto server."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Call, Cloud, CloudError, Target
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, allow, do, make_bucket, text, verdict
from tests.aws.server import ACCOUNT, REGION

CONFIG = {"Service": "config.amazonaws.com"}
ROLE = f"arn:aws:iam::{ACCOUNT}:role/aws-service-role/config.amazonaws.com/AWSServiceRoleForConfig"
ALL = {"allSupported": True, "includeGlobalResourceTypes": False}


class Refusing(Answers):
    """A cloud that refuses some operations with a code of the service, and answers the rest as it is."""

    def __init__(self, cloud: Cloud, code: str, *operations: str) -> None:
        super().__init__(cloud)
        self.code, self.refused = code, operations

    def call(self, call: Call):
        if call.operation in self.refused:
            raise CloudError(self.code, "not for you", status=403, call=call)
        return super().call(call)


def switch(type: str) -> Target:
    found = resource_type(type).target(ACCOUNT, ACCOUNT, REGION)
    assert found is not None
    return found


RECORDER = switch("AWS::Config::ConfigurationRecorder")
DETECTOR = switch("AWS::GuardDuty::Detector")
CHANNEL = ("aws.config.delivery-channel", {"s3BucketName": "audit"})


def put_recorder(aws: Cloud, name: str = "default", role: str = ROLE, **group: object) -> None:
    recorder = {"name": name, "roleARN": role, "recordingGroup": group or ALL}
    do(aws, "config", "PutConfigurationRecorder", ConfigurationRecorder=recorder)


@pytest.mark.parametrize("service", ["guardduty", "securityhub", "macie2", "inspector2"])
def test_a_service_that_nobody_administers_may_be_switched_on(aws, service):
    outcome, reason = verdict(aws, "central-administrator", DETECTOR, service=service)
    assert (outcome, "nobody administers" in reason) == (Outcome.PASS, True)


def test_an_account_that_administers_the_service_itself_may_switch_it_on(aws):
    do(aws, "guardduty", "EnableOrganizationAdminAccount", AdminAccountId=ACCOUNT)
    outcome, reason = verdict(aws, "central-administrator", DETECTOR, service="guardduty")
    assert (outcome, "this account itself" in reason) == (Outcome.PASS, True)


@pytest.mark.parametrize(
    ("service", "answers"),
    [
        ("guardduty", {"ListOrganizationAdminAccounts": {"AdminAccounts": [{"AdminAccountId": "1" * 12}]}}),
        ("securityhub", {"ListOrganizationAdminAccounts": {"AdminAccounts": [{"AccountId": "1" * 12}]}}),
        ("macie2", {"ListOrganizationAdminAccounts": {"adminAccounts": [{"accountId": "1" * 12}]}}),
        ("inspector2", {"ListDelegatedAdminAccounts": {"delegatedAdminAccounts": [{"accountId": "1" * 12}]}}),
    ],
)
def test_a_delegated_administrator_elsewhere_blocks(aws, service, answers):
    outcome, reason = verdict(Answers(aws, **answers), "central-administrator", DETECTOR, service=service)
    assert (outcome, "111111111111" in reason) == (Outcome.BLOCK, True)


def test_a_member_of_an_organization_is_told_whom_to_ask(aws):
    organization = do(aws, "organizations", "CreateOrganization", FeatureSet="ALL")["Organization"]
    member = Refusing(aws, "BadRequestException", "ListOrganizationAdminAccounts")
    outcome, reason = verdict(member, "central-administrator", DETECTOR, service="guardduty")
    assert (outcome, organization["Id"] in reason) == (Outcome.WARN, True)


def test_an_account_of_its_own_needs_to_ask_nobody(aws):
    alone = Refusing(aws, "BadRequestException", "ListOrganizationAdminAccounts")
    outcome, reason = verdict(alone, "central-administrator", DETECTOR, service="guardduty")
    assert (outcome, "no organization" in reason) == (Outcome.PASS, True)


def test_where_neither_can_be_asked_the_guard_does_not_call_it_safe(aws):
    blind = Refusing(aws, "AccessDeniedException", "ListOrganizationAdminAccounts", "DescribeOrganization")
    with pytest.raises(CloudError):
        verdict(blind, "central-administrator", DETECTOR, service="guardduty")


def test_a_region_without_a_recorder_may_get_one(aws):
    assert verdict(aws, "recorder-owner", RECORDER)[0] is Outcome.PASS


@pytest.mark.parametrize(
    ("made", "outcome", "word"),
    [
        ({}, Outcome.PASS, "is kept"),
        ({"role": f"arn:aws:iam::{ACCOUNT}:role/recorder"}, Outcome.WARN, "keeps its own role"),
        ({"resourceTypes": ["AWS::EC2::VPC"], "allSupported": False}, Outcome.WARN, "records 1 types"),
        ({"name": "aws-controltower-BaselineConfigRecorder"}, Outcome.BLOCK, "Control Tower"),
    ],
)
def test_a_recorder_belongs_to_whoever_made_it(aws, made, outcome, word):
    put_recorder(aws, **made)
    found, reason = verdict(aws, "recorder-owner", RECORDER)
    assert (found, word in reason) == (outcome, True)


def test_little_to_record_is_priced_and_much_is_warned_of(aws):
    make_bucket(aws, "one")
    do(aws, "s3", "PutBucketTagging", Bucket="one", Tagging={"TagSet": [{"Key": "a", "Value": "b"}]})
    outcome, reason = verdict(aws, "config-cost", RECORDER)
    assert (outcome, reason.startswith("1 tagged resources")) == (Outcome.PASS, True)
    page = {"ResourceTagMappingList": [{"ResourceARN": "arn:aws:s3:::x"}] * 100, "PaginationToken": "more"}
    outcome, reason = verdict(Answers(aws, GetResources=page), "config-cost", RECORDER)
    assert (outcome, "at least 5000" in reason, "15.00 USD" in reason) == (Outcome.WARN, True, True)


def bucket_verdict(aws: Cloud, name: str):
    return verdict(aws, "config-bucket-ready", RECORDER, CHANNEL, bucket=name)


def test_a_bucket_that_lets_aws_config_in_will_do(aws):
    ours = {"Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
    looks = allow(CONFIG, "s3:GetBucketAcl", "arn:aws:s3:::audit", **ours)
    make_bucket(aws, "audit", looks, allow(CONFIG, "s3:PutObject", "arn:aws:s3:::audit/*", **ours))
    assert bucket_verdict(aws, "audit")[0] is Outcome.PASS
    assert bucket_verdict(aws, "")[0] is Outcome.PASS


def test_a_bucket_that_keeps_aws_config_out_blocks(aws):
    looks = allow(CONFIG, "s3:GetBucketAcl", "arn:aws:s3:::audit")
    theirs = {"Condition": {"StringEquals": {"aws:SourceAccount": "1" * 12}}}
    make_bucket(aws, "audit", looks, allow(CONFIG, "s3:PutObject", "arn:aws:s3:::audit/*", **theirs))
    outcome, reason = bucket_verdict(aws, "audit")
    assert (outcome, "do s3:PutObject" in reason) == (Outcome.BLOCK, True)
    assert bucket_verdict(aws, "missing") == (Outcome.BLOCK, "there is no bucket missing")
    assert bucket_verdict(aws, "Not/a-bucket")[0] is Outcome.BLOCK


def test_a_log_archive_that_nobody_here_may_look_at_is_a_warning(aws):
    outcome, reason = bucket_verdict(Refusing(aws, "AccessDenied", "HeadBucket"), "archive")
    assert (outcome, "whoever keeps it" in reason) == (Outcome.WARN, True)


def test_a_channel_that_is_there_needs_no_bucket(aws):
    put_recorder(aws)
    do(aws, "config", "PutDeliveryChannel", DeliveryChannel={"name": "theirs", "s3BucketName": "theirs"})
    assert verdict(aws, "config-bucket-ready", RECORDER, bucket="missing")[0] is Outcome.PASS


def test_security_hub_is_warned_where_aws_config_does_not_record(aws):
    hub = switch("AWS::SecurityHub::Hub")
    assert verdict(aws, "config-records", hub)[0] is Outcome.WARN
    put_recorder(aws)
    do(aws, "config", "PutDeliveryChannel", DeliveryChannel={"name": "theirs", "s3BucketName": "theirs"})
    do(aws, "config", "StartConfigurationRecorder", ConfigurationRecorderName="default")
    assert verdict(aws, "config-records", hub)[0] is Outcome.PASS


SCRIPT = '{"schemaVersion":"2.2","description":"x","mainSteps":[]}'


def document(aws: Cloud, *accounts: str) -> Target:
    do(aws, "ssm", "CreateDocument", Content=SCRIPT, Name="restart", DocumentType="Command")
    for one in accounts:
        do(
            aws,
            "ssm",
            "ModifyDocumentPermission",
            Name="restart",
            PermissionType="Share",
            AccountIdsToAdd=[one],
        )
    found = resource_type("AWS::SSM::Document").target("restart", ACCOUNT, REGION)
    assert found is not None
    return found


def test_a_document_of_everybody_may_be_taken_back(aws):
    assert verdict(aws, "document-sharing", document(aws, "all"))[0] is Outcome.PASS


def test_accounts_that_keep_a_document_are_named(aws):
    outcome, reason = verdict(aws, "document-sharing", document(aws, "all", "1" * 12))
    assert (outcome, "111111111111" in reason) == (Outcome.WARN, True)


def test_a_document_that_is_gone_blocks(aws):
    gone = resource_type("AWS::SSM::Document").target("gone", ACCOUNT, REGION)
    assert verdict(aws, "document-sharing", gone)[0] is Outcome.BLOCK


def test_documents_that_stay_public_are_named(aws):
    sharing = switch("AWS::SSM::DocumentSharing")
    assert verdict(aws, "no-public-documents", sharing)[0] is Outcome.PASS
    document(aws, "all")
    outcome, reason = verdict(aws, "no-public-documents", sharing)
    assert (outcome, "restart" in reason) == (Outcome.WARN, True)


STAGE = f"arn:aws:apigateway:{REGION}::/restapis/abc123/stages/prod"
SEEN = {"SampledRequestsEnabled": False, "CloudWatchMetricsEnabled": True, "MetricName": "x"}


def web_acl(aws: Cloud, **more: object) -> str:
    asked = {"DefaultAction": {"Allow": {}}, "VisibilityConfig": SEEN, **more}
    made = do(aws, "wafv2", "CreateWebACL", Name="theirs", Scope="REGIONAL", **asked)
    return str(made["Summary"]["ARN"])


def fits(aws: Cloud, arn: str = ""):
    target = resource_type("AWS::WAFv2::WebACLAssociation").target(STAGE, ACCOUNT, REGION)
    return verdict(aws, "web-acl-fits", target, web_acl=arn, own="hipaa-tui")


def test_a_web_acl_that_only_counts_fits(aws):
    assert fits(aws) == (Outcome.PASS, "the web ACL is made by this plan")
    assert fits(aws, web_acl(aws))[0] is Outcome.PASS


def test_a_web_acl_that_refuses_at_once_is_warned_of(aws):
    rule = {
        "Name": "common",
        "Priority": 0,
        "Statement": {
            "ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}
        },
        "OverrideAction": {"None": {}},
        "VisibilityConfig": SEEN,
    }
    outcome, reason = fits(aws, web_acl(aws, Rules=[rule]))
    assert (outcome, "common" in reason) == (Outcome.WARN, True)


def test_a_web_acl_that_refuses_what_it_does_not_know_is_warned_of(aws):
    outcome, reason = fits(aws, web_acl(aws, DefaultAction={"Block": {}}))
    assert (outcome, "every request that no rule lets through" in reason) == (Outcome.WARN, True)


@pytest.mark.parametrize(
    "arn",
    [
        f"arn:aws:wafv2:us-east-1:{ACCOUNT}:global/webacl/cdn/1b-2c",
        f"arn:aws:wafv2:eu-west-1:{ACCOUNT}:regional/webacl/far/1b-2c",
        f"arn:aws:wafv2:{REGION}:111111111111:regional/webacl/theirs/1b-2c",
        f"arn:aws:wafv2:{REGION}:{ACCOUNT}:regional/webacl/gone/1b-2c",
        "arn:aws:s3:::no-web-acl",
    ],
)
def test_a_web_acl_that_cannot_stand_there_blocks(aws, arn):
    assert fits(aws, arn)[0] is Outcome.BLOCK


PULL = "ecr:BatchGetImage"


def images(aws: Cloud, *statements: dict[str, object]):
    do(aws, "ecr", "CreateRepository", repositoryName="api")
    if statements:
        without = [{k: v for k, v in one.items() if k != "Resource"} for one in statements]
        do(aws, "ecr", "SetRepositoryPolicy", repositoryName="api", policyText=text(*without))
    target = resource_type("AWS::ECR::Repository").target("api", ACCOUNT, REGION)
    return verdict(aws, "shared-images", target)


def test_accounts_that_keep_their_images_are_named(aws):
    named = allow({"AWS": "arn:aws:iam::111111111111:root"}, PULL, "*")
    outcome, reason = images(aws, allow("*", PULL, "*"), named)
    assert (outcome, "111111111111" in reason) == (Outcome.PASS, True)


def test_images_without_a_policy_are_nobody_elses(aws):
    assert images(aws)[0] is Outcome.PASS


def test_a_public_statement_with_a_condition_stays_and_is_named(aws):
    partners = {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1234567890"}}}
    assert images(aws, allow("*", PULL, "*", **partners))[0] is Outcome.WARN


def test_everybody_but_some_is_for_a_person(aws):
    odd = {"Sid": "Odd", "Effect": "Allow", "NotPrincipal": {"AWS": "arn:aws:iam::111111111111:root"}}
    outcome, reason = images(aws, {**odd, "Action": PULL})
    assert (outcome, "Odd" in reason) == (Outcome.BLOCK, True)
