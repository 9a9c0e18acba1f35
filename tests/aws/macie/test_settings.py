"""Macie: on, paused, off, or not to be asked."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import do
from tests.aws.runs import plan_of
from tests.aws.server import ACCOUNT, REGION
from tests.aws.settings import Closed


def switch(type, region=REGION):
    return resource_type(type).target(ACCOUNT, ACCOUNT, region)


def test_paused_macie_goes_on_and_is_paused_again(aws, journal):
    do(aws, "macie2", "DisableMacie")
    do(aws, "macie2", "EnableMacie", status="PAUSED", findingPublishingFrequency="ONE_HOUR")
    plan = plan_of(aws, "aws.macie.enabled", switch("AWS::Macie::Session"))
    (call,) = plan.changes[0].calls
    assert call.operation == "UpdateMacieSession"
    assert call.arguments == {"status": "ENABLED", "findingPublishingFrequency": "ONE_HOUR"}


def test_a_service_that_is_off_is_told_from_one_that_may_not_be_asked():
    """Both are the same refusal with another sentence, which moto cannot give."""
    one = setting("aws.macie.session")
    assert one.read(Closed("AccessDeniedException", "Macie is not enabled."), switch(one.resource)).absent
    with pytest.raises(CloudError):
        one.read(
            Closed("AccessDeniedException", "User is not authorized to perform macie2:GetMacieSession"),
            switch(one.resource),
        )
