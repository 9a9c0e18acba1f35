"""A suspended GuardDuty detector, and findings that are still open."""

from __future__ import annotations

from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import do
from tests.aws.runs import finds, plan_of, there_and_back
from tests.aws.server import ACCOUNT, REGION


def switch(type, region=REGION):
    return resource_type(type).target(ACCOUNT, ACCOUNT, region)


DETECTOR = switch("AWS::GuardDuty::Detector")


def test_a_suspended_detector_is_woken_and_keeps_its_frequency(aws, journal):
    do(aws, "guardduty", "CreateDetector", Enable=False, FindingPublishingFrequency="ONE_HOUR")
    plan = plan_of(aws, "aws.guardduty.enabled", DETECTOR)
    (call,) = plan.changes[0].calls
    assert (call.operation, call.arguments["FindingPublishingFrequency"]) == ("UpdateDetector", "ONE_HOUR")
    there_and_back(aws, journal, plan)


def test_open_findings_are_found_until_somebody_archives_them(aws):
    """Findings are an addition of ours to moto."""
    assert not finds(aws, "aws.guardduty.high-findings")
    id = do(aws, "guardduty", "CreateDetector", Enable=True)["DetectorId"]
    assert not finds(aws, "aws.guardduty.high-findings")
    do(aws, "guardduty", "CreateSampleFindings", DetectorId=id)
    assert finds(aws, "aws.guardduty.high-findings")
    do(aws, "guardduty", "ArchiveFindings", DetectorId=id, FindingIds=["sample-1"])
    assert not finds(aws, "aws.guardduty.high-findings")
