"""Several accounts: by a role of one name in each account of an organization, or by several profiles."""

import json

import pytest

from hipaa_tui.cli.main import run
from hipaa_tui.clouds.connections import Connections, cloud_of
from hipaa_tui.clouds.scan_scope import places
from hipaa_tui.providers.access import Access
from hipaa_tui.providers.model import Call, CloudError
from hipaa_tui.support.errors import InputError
from tests.aws.guards import do
from tests.aws.server import ACCOUNT, REGION

ROLE = "OrganizationAccountAccessRole"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("HIPAA_TUI_HOME", str(tmp_path / "home"))


@pytest.fixture
def organization(aws):
    """(the account ids of two members, the first of which has a bucket)."""
    do(aws, "organizations", "CreateOrganization", FeatureSet="ALL")
    members = [
        str(do(aws, "organizations", "CreateAccount", Email=f"{name}@example.org", AccountName=name)["CreateAccountStatus"]["AccountId"])
        for name in ("clinic", "archive")
    ]  # fmt: skip
    cloud = cloud_of(Connections(Access(region=REGION, role=ROLE)), "aws", members[0])
    # moto makes the role and attaches a policy that this server did not load.
    admin = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    do(cloud, "iam", "PutRolePolicy", RoleName=ROLE, PolicyName="admin", PolicyDocument=json.dumps(admin))
    cloud.call(Call("aws", "s3", "CreateBucket", {"Bucket": "clinic-records"}, REGION))
    return members


def test_every_active_account_of_the_organization_is_looked_at(aws, organization):
    clouds = Connections(Access(region=REGION, role=ROLE))
    found, problems = places(clouds, ["aws"], (), ())
    assert [(one.account, one.region) for one in found] == [(one, REGION) for one in (ACCOUNT, *organization)]
    assert problems == []
    own = cloud_of(clouds, "aws", ACCOUNT)
    theirs = cloud_of(clouds, "aws", organization[0])
    assert own.caller().accounts == (ACCOUNT,)
    assert theirs.caller().accounts == (organization[0],)
    assert f"assumed-role/{ROLE}/hipaa-tui" in theirs.caller().principal


def test_named_accounts_need_no_right_to_list_the_organization(aws, organization):
    clouds = Connections(Access(region=REGION, role=ROLE, accounts=(organization[1],)))
    found, problems = places(clouds, ["aws"], (), ())
    assert ([one.account for one in found], problems) == ([organization[1]], [])


def test_an_account_that_is_not_ours_is_answered_by_the_sessions_own(aws, organization):
    """The guard `caller-account` then says that the credentials are for another account."""
    clouds = Connections(Access(region=REGION, role=ROLE))
    assert cloud_of(clouds, "aws", "999999999999").caller().accounts == (ACCOUNT,)


def test_without_an_organization_it_is_said_what_to_do(aws):
    clouds = Connections(Access(region=REGION, role=ROLE))
    found, problems = places(clouds, ["aws"], (), ())
    assert found == []
    (said,) = problems
    assert "name them with --account" in said


@pytest.mark.parametrize(
    "access",
    [
        Access(role="arn:aws:iam::123456789012:role/x"),
        Access(role="a b"),
        Access(role=ROLE, accounts=("12",)),
    ],
)
def test_what_is_no_role_or_no_account_is_refused_before_anything_is_asked(access):
    with pytest.raises(InputError):
        Connections(access).accounts("aws")


def test_several_profiles_reach_their_accounts_and_a_broken_one_is_said(aws, tmp_path, monkeypatch):
    config = tmp_path / "config"
    keys = "aws_access_key_id = testing\naws_secret_access_key = testing\n"
    config.write_text(f"[profile one]\nregion = us-east-1\n{keys}")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    found, problems = places(Connections(Access(profiles=("one", "gone"))), ["aws"], (), ())
    assert [(one.account, one.region) for one in found] == [(ACCOUNT, "us-east-1")]
    assert [said.split(":")[0] for said in problems] == ["aws profile gone"]


def test_a_fix_is_made_in_the_account_of_its_finding(aws, home, organization, capsys, tmp_path):
    role = ["--role", ROLE, "--region", REGION]
    assert run(["scan", *role, "--provider", "aws", "--playbook", "aws.s3.public-access-block"]) == 0
    capsys.readouterr()
    assert run(["findings", "--json"]) == 0
    (finding,) = json.loads(capsys.readouterr().out)
    assert finding["account"] == organization[0]
    plan = tmp_path / "plan.json"
    assert run(["plan", "--all", "-o", str(plan), *role]) == 0
    assert run(["apply", str(plan), "--yes", *role]) == 0
    theirs = cloud_of(Connections(Access(region=REGION, role=ROLE)), "aws", organization[0])
    block = theirs.call(Call("aws", "s3", "GetPublicAccessBlock", {"Bucket": "clinic-records"}, REGION))
    assert all(block["PublicAccessBlockConfiguration"].values())
    capsys.readouterr()
    run_id = json.loads((run(["history", "--json"]), capsys.readouterr().out)[1])[0]["run"]
    assert run(["rollback", run_id, "--yes", *role]) == 0
    with pytest.raises(CloudError):
        theirs.call(Call("aws", "s3", "GetPublicAccessBlock", {"Bucket": "clinic-records"}, REGION))


def test_a_plan_without_the_role_leaves_out_what_is_in_other_accounts(
    aws, home, organization, capsys, tmp_path
):
    assert run(["scan", "--role", ROLE, "--provider", "aws", "--playbook", "aws.s3.public-access-block"]) == 0
    capsys.readouterr()
    assert run(["plan", "--all", "--json", "-o", str(tmp_path / "plan.json")]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert {change["target"]["account"] for change in plan["changes"]} <= {ACCOUNT}
    assert {skipped["kind"] for skipped in plan["skipped"]} == {"not reached"}


def test_a_plan_is_blocked_where_the_credentials_are_of_another_account(
    aws, home, organization, capsys, tmp_path
):
    assert run(["scan", "--role", ROLE, "--provider", "aws", "--playbook", "aws.s3.public-access-block"]) == 0
    assert run(["plan", "--all", "--role", ROLE, "-o", str(tmp_path / "plan.json")]) == 0
    capsys.readouterr()
    assert run(["apply", str(tmp_path / "plan.json"), "--yes"]) in {3, 4}
    assert "caller-account" in "".join(capsys.readouterr())


def test_what_does_not_go_together_is_refused(home, capsys):
    assert run(["scan", "--account", ACCOUNT]) == 2
    assert run(["scan", "--role", ROLE, "--profile", "a", "--profile", "b"]) == 2
