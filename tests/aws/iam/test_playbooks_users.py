"""What becomes of users' keys, passwords and policies: months go by on the clock that tells how old they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.journal.journal import Journal
from hipaa_tui.plans.planner import FixRequest, make_plan
from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.runs.apply import Applying
from hipaa_tui.runs.rollback import rollback_plan
from hipaa_tui.store.database import open_store
from tests.aws.guards import Answers, do, text
from tests.aws.iam.estate_users import READ, policy, user
from tests.aws.server import ACCOUNT, REGION

CATALOGUE = load()
PLACES = [Place("aws", ACCOUNT, REGION)]


@pytest.fixture
def journal(tmp_path):
    return Journal(open_store(tmp_path / "home" / "store.db"))


@pytest.fixture
def later(monkeypatch):
    """Months after whatever the test makes now."""
    moment = datetime.now(UTC) + timedelta(days=120)
    for module in ("aws.iam.users", "aws.iam.guards_users", "aws.iam.guards_passwords"):
        monkeypatch.setattr(f"hipaa_tui.{module}.now", lambda: moment)
    return moment


def found(id, clouds):
    seen = scan([CATALOGUE.get(id)], PLACES, clouds)
    assert seen.problems == ()
    return {one.resource_name for one in seen.findings}


def planned(clouds, *wanted, **given):
    """The plan of (playbook, user or other resource) pairs."""
    fix_requests = []
    for id, name in wanted:
        playbook = CATALOGUE.get(id)
        target = resource_types()[playbook.resource].target(name, ACCOUNT, REGION)
        fix_requests.append(FixRequest(playbook, target, (name,)))
    return make_plan(fix_requests, clouds, given)


def applied(plan, clouds, journal):
    assert [(change.setting, change.guards) for change in plan.blocked] == []
    run = Applying(plan, clouds, journal, sleep=lambda seconds: None).start()
    assert (journal.row(run).state, journal.row(run).note) == ("done", "")
    return run


def statuses(aws, name):
    keys = do(aws, "iam", "ListAccessKeys", UserName=name)["AccessKeyMetadata"]
    return [key["Status"] for key in keys]


def test_an_unused_key_is_switched_off_and_on_again(aws, journal, later):
    clouds = {"aws": aws}
    user(aws, "svc-etl")
    ids = [do(aws, "iam", "CreateAccessKey", UserName="svc-etl")["AccessKey"]["AccessKeyId"] for _ in "ab"]
    assert found("aws.iam.unused-credentials", clouds) == {"svc-etl"}
    plan = planned(clouds, ("aws.iam.unused-credentials", "svc-etl"))
    assert all(change.reversible for change in plan.changes)
    # No part of a credential goes on record: the ids are looked up when the calls are made.
    assert not any(id in str(plan.as_json()) for id in ids)
    assert ids[0][-4:] in str(plan.as_json())
    run = applied(plan, clouds, journal)
    assert statuses(aws, "svc-etl") == ["Inactive", "Inactive"]
    assert found("aws.iam.unused-credentials", clouds) == set()
    assert found("aws.iam.old-access-keys", clouds) == set(), "an old key that is off is no finding"
    applied(rollback_plan(journal, run, clouds), clouds, journal)
    assert statuses(aws, "svc-etl") == ["Active", "Active"]


def test_a_password_that_nobody_uses_is_removed_and_the_plan_says_that_this_is_final(aws, journal, later):
    clouds = {"aws": aws}
    user(aws, "bob", login=True)
    assert found("aws.iam.unused-credentials", clouds) == {"bob"}
    plan = planned(clouds, ("aws.iam.unused-credentials", "bob"))
    (change,) = plan.changes
    assert not change.reversible
    assert "gone for good" in change.irreversible
    run = applied(plan, clouds, journal)
    assert found("aws.iam.unused-credentials", clouds) == set()
    back = rollback_plan(journal, run, clouds)
    assert back.changes == ()
    assert "create-login-profile" in back.skipped[0].reason


def test_whoever_wants_a_plan_that_goes_back_leaves_passwords_alone(aws, later):
    user(aws, "bob", login=True)
    do(aws, "iam", "CreateAccessKey", UserName="bob")
    plan = planned({"aws": aws}, ("aws.iam.unused-credentials", "bob"), console_login="leave")
    assert [change.setting for change in plan.changes] == ["aws.iam.access-keys"]


def test_an_old_key_in_use_is_left_on_until_it_is_handed_over(aws, journal, later):
    user(aws, "svc-etl")
    end = do(aws, "iam", "CreateAccessKey", UserName="svc-etl")["AccessKey"]["AccessKeyId"][-4:]
    when = (later - timedelta(days=3)).isoformat()
    used = {"LastUsedDate": when, "ServiceName": "s3", "Region": REGION}
    # moto knows of no use of a key.
    clouds = {"aws": Answers(aws, GetAccessKeyLastUsed={"UserName": "svc-etl", "AccessKeyLastUsed": used})}
    assert found("aws.iam.unused-credentials", clouds) == set()
    assert found("aws.iam.old-access-keys", clouds) == {"svc-etl"}
    plan = planned(clouds, ("aws.iam.old-access-keys", "svc-etl"))
    (reason,) = {g.reason for c in plan.blocked for g in c.guards if g.outcome is Outcome.BLOCK}
    assert "3 days ago (s3 in us-east-1)" in reason
    assert "create-access-key --user-name svc-etl" in reason
    plan = planned(clouds, ("aws.iam.old-access-keys", "svc-etl"), handed_over=end)
    run = applied(plan, clouds, journal)
    assert statuses(aws, "svc-etl") == ["Inactive"]
    applied(rollback_plan(journal, run, clouds), clouds, journal)
    assert statuses(aws, "svc-etl") == ["Active"]


def test_policies_move_to_a_group_and_a_second_fix_of_the_user_builds_on_it(aws, journal):
    clouds = {"aws": aws}
    do(aws, "iam", "CreatePolicy", PolicyName="ReadRecords", PolicyDocument=text(READ))
    user(aws, "bob", login=True)
    do(aws, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=policy("ReadRecords"))
    do(aws, "iam", "PutUserPolicy", UserName="bob", PolicyName="own", PolicyDocument=text(READ))
    user(aws, "svc-etl")
    assert found("aws.iam.user-policies", clouds) == {"bob"}
    plan = planned(clouds, ("aws.iam.user-policies", "bob"), ("aws.iam.require-mfa", "bob"))
    run = applied(plan, clouds, journal)
    groups = do(aws, "iam", "ListGroupsForUser", UserName="bob")["Groups"]
    assert {one["GroupName"] for one in groups} == {"hipaa-tui-user-bob", "hipaa-tui-require-mfa"}
    held = do(aws, "iam", "ListAttachedGroupPolicies", GroupName="hipaa-tui-user-bob")["AttachedPolicies"]
    assert [one["PolicyName"] for one in held] == ["ReadRecords"]
    assert do(aws, "iam", "ListGroupPolicies", GroupName="hipaa-tui-user-bob")["PolicyNames"] == ["own"]
    assert found("aws.iam.user-policies", clouds) == found("aws.iam.require-mfa", clouds) == set()
    applied(rollback_plan(journal, run, clouds), clouds, journal)
    assert found("aws.iam.user-policies", clouds) == {"bob"}
    left = {one["GroupName"] for one in do(aws, "iam", "ListGroups")["Groups"]}
    assert left == {"hipaa-tui-require-mfa"}, "the group of one user goes, the shared one stays"
    kept = do(aws, "iam", "ListAttachedUserPolicies", UserName="bob")["AttachedPolicies"]
    assert [one["PolicyName"] for one in kept] == ["ReadRecords"]
    assert do(aws, "iam", "ListUserPolicies", UserName="bob")["PolicyNames"] == ["own"]


def test_a_stricter_rule_for_passwords_stays_as_it_is(aws, journal):
    clouds = {"aws": aws}
    do(aws, "iam", "UpdateAccountPasswordPolicy", MinimumPasswordLength=20, MaxPasswordAge=30)
    applied(planned(clouds, ("aws.iam.password-policy", ACCOUNT)), clouds, journal)
    after = do(aws, "iam", "GetAccountPasswordPolicy")["PasswordPolicy"]
    assert (after["MinimumPasswordLength"], after["MaxPasswordAge"]) == (20, 30)
    assert after["PasswordReusePrevention"] == 24
    assert after["AllowUsersToChangePassword"]


def test_an_account_without_a_rule_for_passwords_goes_back_to_none(aws, journal):
    clouds = {"aws": aws}
    run = applied(planned(clouds, ("aws.iam.password-policy", ACCOUNT)), clouds, journal)
    assert found("aws.iam.password-policy", clouds) == set()
    applied(rollback_plan(journal, run, clouds), clouds, journal)
    assert found("aws.iam.password-policy", clouds) == {f"password policy of {ACCOUNT}"}


def test_what_a_person_has_to_do_is_found_and_seen_done(aws):
    user(aws, "bob", login=True)
    do(aws, "iam", "CreateGroup", GroupName="nobody")
    summary = {"SummaryMap": {"AccountAccessKeysPresent": 1, "AccountMFAEnabled": 0}}
    wrong = {"aws": Answers(aws, GetAccountSummary=summary)}  # moto's root user never has keys
    assert found("aws.iam.root-access-keys", wrong) == {f"root user of {ACCOUNT}"}
    assert found("aws.iam.user-mfa", wrong) == found("aws.iam.user-in-group", wrong) == {"bob"}
    assert found("aws.iam.group-members", wrong) == {"nobody"}

    right = {"aws": aws}
    serial = do(aws, "iam", "CreateVirtualMFADevice", VirtualMFADeviceName="phone")["VirtualMFADevice"][
        "SerialNumber"
    ]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    do(aws, "iam", "EnableMFADevice", UserName="bob", SerialNumber=serial, **codes)
    do(aws, "iam", "AddUserToGroup", GroupName="nobody", UserName="bob")
    for id in ("root-access-keys", "user-mfa", "user-in-group", "group-members"):
        assert found(f"aws.iam.{id}", right) == set(), id


def test_what_an_earlier_run_made_is_taken_as_it_is(aws, journal):
    clouds = {"aws": aws}
    do(aws, "iam", "CreatePolicy", PolicyName="ReadRecords", PolicyDocument=text(READ))
    for name in ("bob", "carol"):
        user(aws, name, login=True)
    run = applied(planned(clouds, ("aws.iam.require-mfa", "bob")), clouds, journal)
    plan = planned(clouds, ("aws.iam.require-mfa", "carol"))
    assert [change.setting for change in plan.changes] == ["aws.iam.user-groups"]
    applied(plan, clouds, journal)
    # What carol relies on by now is not taken from her with bob's rollback.
    applied(rollback_plan(journal, run, clouds), clouds, journal)
    assert found("aws.iam.require-mfa", clouds) == {"bob"}

    # Half of the way was gone by hand.
    do(aws, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=policy("ReadRecords"))
    do(aws, "iam", "CreateGroup", GroupName="hipaa-tui-user-bob")
    do(aws, "iam", "AddUserToGroup", GroupName="hipaa-tui-user-bob", UserName="bob")
    plan = planned(clouds, ("aws.iam.user-policies", "bob"))
    assert [change.setting for change in plan.changes] == ["aws.iam.group", "aws.iam.user-policies"]
    applied(plan, clouds, journal)
    assert found("aws.iam.user-policies", clouds) == set()


def test_a_group_that_has_the_permissions_already_takes_the_user(aws, journal):
    clouds = {"aws": aws}
    do(aws, "iam", "CreatePolicy", PolicyName="ReadRecords", PolicyDocument=text(READ))
    user(aws, "svc-etl", Path="/machines/")
    do(aws, "iam", "AttachUserPolicy", UserName="svc-etl", PolicyArn=policy("ReadRecords"))
    do(aws, "iam", "CreateGroup", GroupName="readers")
    do(aws, "iam", "AttachGroupPolicy", GroupName="readers", PolicyArn=policy("ReadRecords"))
    run = applied(planned(clouds, ("aws.iam.user-policies", "svc-etl"), group="readers"), clouds, journal)
    assert found("aws.iam.user-policies", clouds) == set()
    applied(rollback_plan(journal, run, clouds), clouds, journal)
    assert found("aws.iam.user-policies", clouds) == {"svc-etl"}
    assert do(aws, "iam", "ListGroupsForUser", UserName="svc-etl")["Groups"] == []
