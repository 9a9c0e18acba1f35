"""The kinds of resources that Inspector scans."""

from __future__ import annotations

from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import do
from tests.aws.runs import plan_of, there_and_back
from tests.aws.server import ACCOUNT, REGION


def switch(type, region=REGION):
    return resource_type(type).target(ACCOUNT, ACCOUNT, region)


def test_inspector_is_told_only_the_kinds_that_are_not_looked_at(aws, journal):
    do(aws, "inspector2", "Enable", accountIds=[ACCOUNT], resourceTypes=["EC2"])
    plan = plan_of(aws, "aws.inspector.enabled", switch("AWS::Inspector::Scanning"))
    assert plan.changes[0].calls[0].arguments["resourceTypes"] == ["ECR", "LAMBDA", "LAMBDA_CODE"]
    there_and_back(aws, journal, plan)
