"""A finding about a switch that each region has becomes one plan over all enabled regions."""

import json

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.findings.model import Finding
from hipaa_tui.plans.all_regions import in_every_region
from hipaa_tui.plans.planner import fix_requests, make_plan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.model import CloudError
from tests.aws.guards import Answers, do
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()
EBS = "aws.ec2.ebs-default-encryption"
REGIONS = ("us-east-1", "eu-west-1", "sa-east-1")


class Three(Answers):
    """An account with three enabled regions."""

    def scan_regions(self, *, everywhere=False):
        return list(REGIONS if in_every_region else REGIONS[:1])


@pytest.fixture
def clouds(aws):
    """In one of the regions the switch is on already."""
    do(aws, "ec2", "EnableEbsEncryptionByDefault", "eu-west-1")
    return {"aws": Three(aws)}


def finding(region=REGION, check=EBS, resource=""):
    return Finding(
        provider="aws", account=ACCOUNT, region=region, check=check, title="t", detail="d", severity="medium",
        resource_name="", resource_type="",
        resource=resource or f"arn:aws:ec2:{region}:{ACCOUNT}:volume", source="test",
    )  # fmt: skip


def laid_out(clouds, *findings, **more):
    wanted, skipped = fix_requests(findings, CATALOGUE)
    assert skipped == []
    return in_every_region(wanted, clouds, CATALOGUE, findings, **more)


def test_one_finding_is_planned_for_every_region_that_is_not_right_yet(clouds):
    wanted, problems = laid_out(clouds, finding(), all_regions=True)
    assert problems == []
    plan = make_plan(wanted, clouds, {})
    assert sorted({change.target.region for change in plan.changes}) == ["sa-east-1", "us-east-1"]
    assert {call.region for change in plan.changes for call in change.calls} == {"sa-east-1", "us-east-1"}


def test_only_what_was_asked_for_is_planned_without_the_word(clouds):
    wanted, _ = laid_out(clouds, finding())
    assert [wish.target.region for wish in wanted] == [REGION]


def test_findings_of_other_regions_go_with_their_region(clouds):
    wanted, _ = in_every_region(
        fix_requests([finding()], CATALOGUE)[0],
        clouds,
        CATALOGUE,
        [finding(), finding("sa-east-1")],
        all_regions=True,
    )
    found = {wish.target.region: wish.findings for wish in wanted}
    assert found[REGION] == (finding().fingerprint,)
    assert found["sa-east-1"] == (finding("sa-east-1").fingerprint,)
    assert found["eu-west-1"] == ()


def test_a_region_whose_finding_is_excepted_is_left_alone(clouds):
    wanted, problems = laid_out(clouds, finding(), excepted=[finding("sa-east-1")], all_regions=True)
    assert sorted(wish.target.region for wish in wanted) == ["eu-west-1", "us-east-1"]
    (left,) = problems
    assert (left.subject, left.reason) == (
        finding("sa-east-1").fingerprint,
        "its finding is excepted",
    )


def test_a_bucket_is_no_switch_of_a_region(clouds):
    wanted, _ = laid_out(
        clouds, finding(check="aws.s3.versioning", resource="arn:aws:s3:::phi"), all_regions=True
    )
    assert len(wanted) == 1


def test_where_the_regions_may_not_be_listed_it_is_said_and_the_one_is_planned(aws):
    class Refused(Answers):
        def scan_regions(self, *, everywhere=False):
            raise CloudError("AccessDenied", "with an explicit deny in a service control policy")

    wanted, problems = laid_out({"aws": Refused(aws)}, finding(), all_regions=True)
    assert [wish.target.region for wish in wanted] == [REGION]
    assert "service control policy" in problems[0].reason


def test_a_region_that_may_not_be_read_is_said_and_the_others_are_planned(clouds):
    class Denied(Three):
        def call(self, call):
            if call.region == "sa-east-1":
                raise CloudError("UnauthorizedOperation", "with an explicit deny in a service control policy")
            return super().call(call)

    cloud = Denied(clouds["aws"])
    wanted, problems = laid_out({"aws": cloud}, finding(), all_regions=True)
    plan = make_plan(wanted, {"aws": cloud}, {}, skipped=problems)
    assert {change.target.region for change in plan.changes} == {REGION}
    assert any("service control policy" in one.reason for one in plan.skipped)


def test_the_command_plans_all_regions_and_names_none_that_comply(aws, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))
    assert run(["scan", "--provider", "aws", "--playbook", EBS]) == 0
    do(aws, "ec2", "EnableEbsEncryptionByDefault", "eu-west-1")
    capsys.readouterr()
    assert run(["plan", "--all", "--all-regions", "--json", "-o", str(tmp_path / "plan.json")]) == 0
    plan = json.loads(capsys.readouterr().out)
    regions = {change["target"]["region"] for change in plan["changes"]}
    assert regions == {"us-east-1", "us-west-2"}, "and not eu-west-1, which is right already"
    assert plan["skipped"] == []
