"""Security Hub: on or off, and which standards it checks."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import do
from tests.aws.runs import finds, plan_of, there_and_back
from tests.aws.server import ACCOUNT, REGION
from tests.aws.settings import Closed


def switch(type, region=REGION):
    return resource_type(type).target(ACCOUNT, ACCOUNT, region)


HUB = switch("AWS::SecurityHub::Hub")
CIS = f"arn:aws:securityhub:{REGION}::standards/cis-aws-foundations-benchmark/v/3.0.0"


def test_a_hub_without_a_standard_gets_one(aws, journal):
    do(aws, "securityhub", "EnableSecurityHub", EnableDefaultStandards=False)
    plan = plan_of(aws, "aws.securityhub.enabled", HUB)
    assert [call.operation for c in plan.changes for call in c.calls] == ["BatchEnableStandards"]
    there_and_back(aws, journal, plan)


def test_whichever_standard_somebody_chose_will_do(aws):
    do(aws, "securityhub", "EnableSecurityHub", EnableDefaultStandards=False)
    asked = [{"StandardsArn": CIS}]
    do(aws, "securityhub", "BatchEnableStandards", StandardsSubscriptionRequests=asked)
    assert not finds(aws, "aws.securityhub.enabled")


def test_a_standard_is_added_beside_others_and_each_can_go_alone(aws):
    do(aws, "securityhub", "EnableSecurityHub", EnableDefaultStandards=False)
    one, other = setting("aws.securityhub.standards"), CIS.replace("3.0.0", "1.4.0")
    for wanted in ([CIS], sorted([CIS, other]), [other]):
        for call in one.write(HUB, one.read(aws, HUB), {"Standards": wanted}):
            aws.call(call)
        assert one.read(aws, HUB).value == {"Standards": wanted}
    assert one.between(HUB, {"Standards": [CIS]}, {"Standards": [other]}) == [
        {"Standards": sorted([CIS, other])}
    ]


def test_a_service_that_is_off_is_told_from_one_that_may_not_be_asked():
    """Both are the same refusal with another sentence, which moto cannot give."""
    one = setting("aws.securityhub.hub")
    assert one.read(
        Closed("InvalidAccessException", "Account is not subscribed to AWS Security Hub"),
        switch(one.resource),
    ).absent
    with pytest.raises(CloudError):
        one.read(Closed("InvalidAccessException", "You do not have permission"), switch(one.resource))
