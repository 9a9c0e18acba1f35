"""The configuration recorder of a region, alone and in every region, and conformance packs."""

from __future__ import annotations

from collections import Counter

from hipaa_tui.findings.model import Finding
from hipaa_tui.plans.all_regions import in_every_region
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.providers.registry import resource_type
from hipaa_tui.runs.apply import Applying
from tests.aws.guards import Answers, do
from tests.aws.runs import CATALOGUE, finds, plan_of, there_and_back
from tests.aws.server import ACCOUNT, REGION

HOME, FAR = REGION, "eu-west-1"
OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/recorder"
NARROW = {"resourceTypes": ["AWS::EC2::VPC"]}


def switch(type, region=REGION):
    return resource_type(type).target(ACCOUNT, ACCOUNT, region)


RECORDER = switch("AWS::Config::ConfigurationRecorder")


def recorder(aws, region=REGION, **group):
    about = {"name": "theirs", "roleARN": OWN_ROLE, "recordingGroup": group or {"allSupported": True}}
    do(aws, "config", "PutConfigurationRecorder", region, ConfigurationRecorder=about)


def channel(aws, region=REGION):
    do(aws, "config", "PutDeliveryChannel", region, DeliveryChannel={"name": "x", "s3BucketName": "archive"})


def test_a_recorder_that_is_there_is_widened_and_started_and_nothing_else_is_made(aws, journal):
    recorder(aws, **NARROW)
    channel(aws)
    plan = plan_of(aws, "aws.config.recorder", RECORDER, log_bucket="archive")
    assert [change.setting for change in plan.changes] == ["aws.config.recorder", "aws.config.recording"]
    after = plan.changes[0].after
    assert (after["roleARN"], after["recordingGroup"]["allSupported"]) == (OWN_ROLE, True)
    assert plan.changes[0].calls[0].arguments["ConfigurationRecorder"]["name"] == "theirs"
    there_and_back(aws, journal, plan)


def test_a_recorder_that_only_stands_still_is_started(aws, journal):
    recorder(aws, allSupported=True, includeGlobalResourceTypes=True)
    channel(aws)
    plan = plan_of(aws, "aws.config.recorder", RECORDER, log_bucket="archive")
    assert [call.operation for c in plan.changes for call in c.calls] == ["StartConfigurationRecorder"]
    there_and_back(aws, journal, plan)
    do(aws, "config", "StartConfigurationRecorder", ConfigurationRecorderName="theirs")
    assert not finds(aws, "aws.config.recorder")


def test_types_that_are_left_out_by_name_stay_left_out(aws):
    strategy = {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}
    recorder(aws, exclusionByResourceTypes={"resourceTypes": ["AWS::EC2::VPC"]}, recordingStrategy=strategy)
    channel(aws)
    assert [
        c.setting for c in plan_of(aws, "aws.config.recorder", RECORDER, log_bucket="archive").changes
    ] == ["aws.config.recording"]


def test_a_recorder_that_fails_is_found_and_left_to_a_person(aws):
    recorder(aws, allSupported=True, includeGlobalResourceTypes=True)
    channel(aws)
    do(aws, "config", "StartConfigurationRecorder", ConfigurationRecorderName="theirs")
    status = [{"name": "theirs", "recording": True, "lastStatus": "Failure"}]
    failing = Answers(aws, DescribeConfigurationRecorderStatus={"ConfigurationRecordersStatus": status})
    assert finds(failing, "aws.config.recorder")
    (skipped,) = plan_of(failing, "aws.config.recorder", RECORDER, log_bucket="archive").skipped
    assert "does not comply, and the playbook would not change it" in skipped.reason


def test_one_finding_becomes_a_plan_of_every_region_with_one_role_and_one_home(aws, journal):
    playbook = CATALOGUE.get("aws.config.recorder")
    report = Finding(
        provider="aws",
        account=ACCOUNT,
        region=HOME,
        check="config_recorder_all_regions_enabled",
        resource=f"arn:aws:config:{HOME}:{ACCOUNT}:recorder",
        resource_name=ACCOUNT,
        resource_type="AwsConfigRecorder",
        title="",
        detail="",
        severity="medium",
        source="prowler",
    )
    regions = Answers(aws)
    regions.scan_regions = lambda *, everywhere=False: [HOME, FAR]
    clouds = {"aws": regions}
    wanted, problems = in_every_region(
        [FixRequest(playbook, RECORDER, (report.fingerprint,))], clouds, CATALOGUE, [report]
    )
    assert problems == []
    plan = make_plan(wanted, clouds, {})
    made = Counter(call.operation for change in plan.changes for call in change.calls)
    assert made["CreateServiceLinkedRole"] == 1
    assert made["PutConfigurationRecorder"] == made["CreateBucket"] == made["PutDeliveryChannel"] == 2
    of_iam = {
        change.target.region: change.after["recordingGroup"]["includeGlobalResourceTypes"]
        for change in plan.changes
        if change.setting == "aws.config.recorder"
    }
    assert of_iam == {HOME: True, FAR: False}
    assert plan.blocked == ()
    run = Applying(plan, clouds, journal, sleep=lambda seconds: None).start()
    assert (journal.row(run).state, journal.row(run).note) == ("done", "")
    assert not finds(aws, "aws.config.recorder", HOME)
    assert not finds(aws, "aws.config.recorder", FAR)


def test_a_hipaa_pack_is_known_by_its_name(aws):
    """Conformance packs of an account are an addition of ours to moto."""
    assert finds(aws, "aws.config.conformance-pack")
    for name in ("Operational-Best-Practices-for-PCI-DSS", "Operational-Best-Practices-for-HIPAA-Security"):
        assert finds(aws, "aws.config.conformance-pack")
        do(aws, "config", "PutConformancePack", ConformancePackName=name, TemplateBody="Resources: {}")
    assert not finds(aws, "aws.config.conformance-pack")
