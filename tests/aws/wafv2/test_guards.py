"""The guard that asks whether a web ACL can be associated, and what it would refuse."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Cloud
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import do, verdict
from tests.aws.server import ACCOUNT, REGION

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
    assert fits(aws) == (Outcome.PASS, "this plan creates the web ACL")
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
    assert (outcome, "is Block: make sure that its rules allow" in reason) == (Outcome.WARN, True)


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
