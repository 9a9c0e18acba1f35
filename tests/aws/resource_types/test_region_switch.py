"""A service that is on or off for a region is one resource, by whatever name a report gives it."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.registry import resource_type
from tests.aws.server import ACCOUNT

FAR = "eu-west-1"


@pytest.mark.parametrize(
    ("type", "ids"),
    [
        ("AWS::Config::ConfigurationRecorder", ["arn:aws:config:{r}:{a}:recorder"]),
        ("AWS::GuardDuty::Detector", ["arn:aws:guardduty:{r}:{a}:detector/unknown", "detector/unknown"]),
        ("AWS::GuardDuty::Detector", ["arn:aws:guardduty:{r}:{a}:detector/12abc34d567e8fa901bc2d34e56789f0"]),
        ("AWS::SecurityHub::Hub", ["arn:aws:securityhub:{r}:{a}:hub/unknown", "hub/default"]),
        ("AWS::AccessAnalyzer::Analyzer", ["arn:aws:accessanalyzer:{r}:{a}:analyzer/unknown"]),
        ("AWS::Macie::Session", ["arn:aws:macie:{r}:{a}:session"]),
        ("AWS::Inspector::Scanning", ["arn:aws:inspector2:{r}:{a}:inspector2"]),
        ("AWS::SSM::DocumentSharing", []),
        ("AWS::SSM::DefaultHostManagement", []),
    ],
)
def test_a_regions_switch_is_meant_by_whatever_name_a_report_gives_it(type, ids):
    kind = resource_type(type)
    names = ["{a}", "AWS::::Account:{a}", "arn:aws:iam::{a}:root", kind.of(ACCOUNT, FAR, "aws").id, *ids]
    for name in names:
        found = kind.target(name.format(r=FAR, a=ACCOUNT), ACCOUNT, FAR)
        assert found == kind.of(ACCOUNT, FAR, "aws"), name
    assert kind.target(ACCOUNT, ACCOUNT, "") is None
    assert kind.target("arn:aws:s3:::a-bucket", ACCOUNT, FAR) is None
    other = "AWS::SecurityHub::Hub" if type == "AWS::GuardDuty::Detector" else "AWS::GuardDuty::Detector"
    assert kind.target(resource_type(other).of(ACCOUNT, FAR, "aws").id, ACCOUNT, FAR) is None
