"""What is switched on for an account and a region: half-done, in several regions, and reported under many names."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.findings.model import Finding
from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.all_regions import everywhere
from hipaa_tui.plans.planner import Wish, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from tests.aws.guards import Answers, do
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()
HOME, FAR = REGION, "eu-west-1"
OWN_ROLE = f"arn:aws:iam::{ACCOUNT}:role/recorder"
NARROW = {"resourceTypes": ["AWS::EC2::VPC"]}


@pytest.fixture
def journal(tmp_path):
    return Journal(open_store(tmp_path / "home" / "store.db"))


def switch(type, region=REGION):
    return resource_type(type).target(ACCOUNT, ACCOUNT, region)


def planned(aws, playbook, *targets, **given):
    return make_plan([Wish(CATALOGUE.get(playbook), one, ()) for one in targets], {"aws": aws}, given)


def finds(aws, playbook, region=REGION):
    """Does a scan find something wrong?"""
    found = scan([CATALOGUE.get(playbook)], [Place("aws", ACCOUNT, region)], {"aws": aws})
    assert found.problems == ()
    return bool(found.findings)


def there_and_back(aws, journal, plan):
    """Apply it, and take it back; the first values of each setting are there again."""
    clouds = {"aws": aws}
    assert plan.blocked == ()
    run = Applying(plan, clouds, journal, sleep=lambda seconds: None).start()
    assert (journal.row(run).state, journal.row(run).note) == ("done", "")
    undone = Applying(rollback_plan(journal, run, clouds), clouds, journal, sleep=lambda seconds: None)
    assert journal.row(undone.start()).state == "done"
    for change in plan.changes:
        live = fresh(clouds, change.setting, change.target).value
        assert setting(change.setting).same(live, change.before), change.setting


RECORDER = switch("AWS::Config::ConfigurationRecorder")


def recorder(aws, region=REGION, **group):
    about = {"name": "theirs", "roleARN": OWN_ROLE, "recordingGroup": group or {"allSupported": True}}
    do(aws, "config", "PutConfigurationRecorder", region, ConfigurationRecorder=about)


def channel(aws, region=REGION):
    do(aws, "config", "PutDeliveryChannel", region, DeliveryChannel={"name": "x", "s3BucketName": "archive"})


def test_a_recorder_that_is_there_is_widened_and_started_and_nothing_else_is_made(aws, journal):
    recorder(aws, **NARROW)
    channel(aws)
    plan = planned(aws, "aws.config.recorder", RECORDER, log_bucket="archive")
    assert [change.setting for change in plan.changes] == ["aws.config.recorder", "aws.config.recording"]
    after = plan.changes[0].after
    assert (after["roleARN"], after["recordingGroup"]["allSupported"]) == (OWN_ROLE, True)
    assert plan.changes[0].calls[0].arguments["ConfigurationRecorder"]["name"] == "theirs"
    there_and_back(aws, journal, plan)


def test_a_recorder_that_only_stands_still_is_started(aws, journal):
    recorder(aws, allSupported=True, includeGlobalResourceTypes=True)
    channel(aws)
    plan = planned(aws, "aws.config.recorder", RECORDER, log_bucket="archive")
    assert [call.operation for c in plan.changes for call in c.calls] == ["StartConfigurationRecorder"]
    there_and_back(aws, journal, plan)
    do(aws, "config", "StartConfigurationRecorder", ConfigurationRecorderName="theirs")
    assert not finds(aws, "aws.config.recorder")


def test_types_that_are_left_out_by_name_stay_left_out(aws):
    strategy = {"useOnly": "EXCLUSION_BY_RESOURCE_TYPES"}
    recorder(aws, exclusionByResourceTypes={"resourceTypes": ["AWS::EC2::VPC"]}, recordingStrategy=strategy)
    channel(aws)
    assert [
        c.setting for c in planned(aws, "aws.config.recorder", RECORDER, log_bucket="archive").changes
    ] == ["aws.config.recording"]


def test_a_recorder_that_fails_is_found_and_left_to_a_person(aws):
    recorder(aws, allSupported=True, includeGlobalResourceTypes=True)
    channel(aws)
    do(aws, "config", "StartConfigurationRecorder", ConfigurationRecorderName="theirs")
    status = [{"name": "theirs", "recording": True, "lastStatus": "Failure"}]
    failing = Answers(aws, DescribeConfigurationRecorderStatus={"ConfigurationRecordersStatus": status})
    assert finds(failing, "aws.config.recorder")
    (skipped,) = planned(failing, "aws.config.recorder", RECORDER, log_bucket="archive").skipped
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
    wanted, problems = everywhere(
        [Wish(playbook, RECORDER, (report.fingerprint,))], clouds, CATALOGUE, [report]
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


DETECTOR = switch("AWS::GuardDuty::Detector")


def test_a_suspended_detector_is_woken_and_keeps_its_frequency(aws, journal):
    do(aws, "guardduty", "CreateDetector", Enable=False, FindingPublishingFrequency="ONE_HOUR")
    plan = planned(aws, "aws.guardduty.enabled", DETECTOR)
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


HUB = switch("AWS::SecurityHub::Hub")
CIS = f"arn:aws:securityhub:{REGION}::standards/cis-aws-foundations-benchmark/v/3.0.0"


def test_a_hub_without_a_standard_gets_one(aws, journal):
    do(aws, "securityhub", "EnableSecurityHub", EnableDefaultStandards=False)
    plan = planned(aws, "aws.securityhub.enabled", HUB)
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


@pytest.mark.parametrize(
    ("id", "code", "off", "refused"),
    [
        (
            *("aws.securityhub.hub", "InvalidAccessException"),
            *("Account is not subscribed to AWS Security Hub", "You do not have permission"),
        ),
        (
            *("aws.macie.session", "AccessDeniedException"),
            *("Macie is not enabled.", "User is not authorized to perform macie2:GetMacieSession"),
        ),
    ],
)
def test_a_service_that_is_off_is_told_from_one_that_may_not_be_asked(aws, id, code, off, refused):
    """Both are the same refusal with another sentence, which moto cannot give."""

    class Saying(Answers):
        sentence = ""

        def call(self, call: Call):
            raise CloudError(code, self.sentence, status=403, call=call)

    cloud = Saying(aws)
    cloud.sentence = off
    assert setting(id).read(cloud, switch(setting(id).resource)).absent
    cloud.sentence = refused
    with pytest.raises(CloudError):
        setting(id).read(cloud, switch(setting(id).resource))


def test_paused_macie_goes_on_and_is_paused_again(aws, journal):
    do(aws, "macie2", "DisableMacie")
    do(aws, "macie2", "EnableMacie", status="PAUSED", findingPublishingFrequency="ONE_HOUR")
    plan = planned(aws, "aws.macie.enabled", switch("AWS::Macie::Session"))
    (call,) = plan.changes[0].calls
    assert call.operation == "UpdateMacieSession"
    assert call.arguments == {"status": "ENABLED", "findingPublishingFrequency": "ONE_HOUR"}


def test_inspector_is_told_only_the_kinds_that_are_not_looked_at(aws, journal):
    do(aws, "inspector2", "Enable", accountIds=[ACCOUNT], resourceTypes=["EC2"])
    plan = planned(aws, "aws.inspector.enabled", switch("AWS::Inspector::Scanning"))
    assert plan.changes[0].calls[0].arguments["resourceTypes"] == ["ECR", "LAMBDA", "LAMBDA_CODE"]
    there_and_back(aws, journal, plan)


def test_an_analyzer_of_unused_access_is_none_of_external_access(aws):
    """Access Analyzer is an addition of ours to moto."""
    unused = {"unusedAccess": {"unusedAccessAge": 90}}
    made = {"analyzerName": "unused", "type": "ACCOUNT_UNUSED_ACCESS", "configuration": unused}
    do(aws, "accessanalyzer", "CreateAnalyzer", **made)
    assert finds(aws, "aws.accessanalyzer.enabled")
    do(aws, "accessanalyzer", "CreateAnalyzer", analyzerName="theirs", type="ACCOUNT")
    assert not finds(aws, "aws.accessanalyzer.enabled")


def test_a_hipaa_pack_is_known_by_its_name(aws):
    """Conformance packs of an account are an addition of ours to moto."""
    assert finds(aws, "aws.config.conformance-pack")
    for name in ("Operational-Best-Practices-for-PCI-DSS", "Operational-Best-Practices-for-HIPAA-Security"):
        assert finds(aws, "aws.config.conformance-pack")
        do(aws, "config", "PutConformancePack", ConformancePackName=name, TemplateBody="Resources: {}")
    assert not finds(aws, "aws.config.conformance-pack")


def certificate(aws, days, **more):
    """A cloud in which the account's certificate ends in so many days: moto's cannot be put to use."""
    arn = do(aws, "acm", "RequestCertificate", DomainName="portal.example.org")["CertificateArn"]
    about = {
        "CertificateArn": arn,
        "Status": "ISSUED",
        "Type": "IMPORTED",
        "InUseBy": ["arn:aws:elasticloadbalancing:x"],
        "NotAfter": (datetime.now(UTC) + timedelta(days=days, hours=1)).isoformat(),
    }
    return Answers(aws, DescribeCertificate={"Certificate": {**about, **more}})


@pytest.mark.parametrize(
    ("days", "more", "wrong"),
    [
        (31, {}, False),
        (29, {}, True),
        (-2, {"Status": "EXPIRED"}, True),
        (2, {"InUseBy": []}, False),
        (400, {"Status": "EXPIRED"}, True),
    ],
)
def test_a_certificate_in_use_has_to_last_for_a_month(aws, days, more, wrong):
    assert finds(certificate(aws, days, **more), "aws.acm.certificate-expiry") is wrong


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
