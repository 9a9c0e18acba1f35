"""The guard that asks who administers a security service for the organization."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import CloudError, Target
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, Refusing, do, verdict
from tests.aws.server import ACCOUNT, REGION


def switch(type: str) -> Target:
    found = resource_type(type).target(ACCOUNT, ACCOUNT, REGION)
    assert found is not None
    return found


DETECTOR = switch("AWS::GuardDuty::Detector")


@pytest.mark.parametrize("service", ["guardduty", "securityhub", "macie2", "inspector2"])
def test_a_service_that_nobody_administers_may_be_switched_on(aws, service):
    outcome, reason = verdict(aws, "central-administrator", DETECTOR, service=service)
    assert (outcome, "no account administers" in reason) == (Outcome.PASS, True)


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
