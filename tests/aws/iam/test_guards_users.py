"""Nobody is locked out by what is done to users: not the caller, not who keeps the emergency key, not a machine."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import Caller, CloudError
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, do, text, verdict
from tests.aws.iam.estate_users import NO_MFA, READ, policy, user
from tests.aws.server import ACCOUNT, REGION

KEYS, LOGIN, GROUPS = "aws.iam.access-keys", "aws.iam.console-login", "aws.iam.user-groups"
POLICY = "aws.iam.password-policy"
MFA_GROUP, MFA_POLICY = "hipaa-tui-require-mfa", policy("hipaa-tui-require-mfa")
NOW = datetime.now(UTC)
PASSWORDS = resource_type("AWS::IAM::AccountPasswordPolicy").target(ACCOUNT, ACCOUNT, REGION)


def who(name="bob"):
    found = resource_type("AWS::IAM::User").target(name, ACCOUNT, REGION)
    assert found is not None
    return found


def key(aws, name="bob"):
    return do(aws, "iam", "CreateAccessKey", UserName=name)["AccessKey"]["AccessKeyId"]


def used(aws, **ago):
    """An IAM that knows when keys were used: moto never does."""
    when = {
        "LastUsedDate": (NOW - timedelta(**ago)).isoformat(),
        "ServiceName": "s3",
        "Region": "eu-central-1",
    }
    return Answers(aws, GetAccessKeyLastUsed={"AccessKeyLastUsed": when})


def off(cloud, target, *ends):
    """The keys of these ends, or all, switched off."""
    value = setting(KEYS).read(cloud, target).value
    keys = [
        {**one, "Status": "Inactive"} if not ends or one["EndsWith"] in ends else one for one in value["Keys"]
    ]
    return KEYS, {"Keys": keys}


class As(Answers):
    """The same cloud for somebody else."""

    def __init__(self, cloud, principal, **answers):
        super().__init__(cloud, **answers)
        self.principal = principal

    def caller(self):
        return Caller("aws", (ACCOUNT,), self.principal)


# Whose it is -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "tags"),
    [("break-glass", []), ("bob", [{"Key": "purpose", "Value": "BreakGlass"}]), ("ops-emergency-1", [])],
)
def test_a_user_for_emergencies_is_left_alone(aws, name, tags):
    do(aws, "iam", "CreateUser", UserName=name, Tags=tags)
    outcome, reason = verdict(aws, "break-glass-user", who(name))
    assert outcome is Outcome.BLOCK
    assert name in reason


def test_a_user_like_others_is_not_for_emergencies(aws):
    do(aws, "iam", "CreateUser", UserName="bob", Tags=[{"Key": "team", "Value": "billing"}])
    assert verdict(aws, "break-glass-user", who())[0] is Outcome.PASS


def test_nobody_switches_off_the_own_user(aws):
    user(aws, "bob")
    outcome, reason = verdict(As(aws, who().id), "not-the-callers-user", who())
    assert outcome is Outcome.BLOCK
    assert "you are bob" in reason
    # A report may give the name alone, and IAM's answer has the path too.
    pathed = f"arn:aws:iam::{ACCOUNT}:user/people/Bob"
    assert verdict(As(aws, pathed), "not-the-callers-user", who())[0] is Outcome.BLOCK
    role = f"arn:aws:sts::{ACCOUNT}:assumed-role/bob/bob"
    assert verdict(As(aws, role), "not-the-callers-user", who())[0] is Outcome.PASS
    assert verdict(aws, "not-the-callers-user", who())[0] is Outcome.PASS


# Keys ------------------------------------------------------------------------------------------------


def test_a_key_that_was_used_today_is_in_use_whatever_is_said(aws):
    user(aws, "bob")
    end = key(aws)[-4:]
    cloud = used(aws, hours=3)
    outcome, reason = verdict(
        cloud, "access-keys-quiet", who(), off(cloud, who()), quiet_days=14, handed_over=end
    )
    assert outcome is Outcome.BLOCK
    assert f"…{end} was used 3 hours ago (s3 in eu-central-1)" in reason


def test_a_key_that_was_used_lately_has_to_be_handed_over_first(aws):
    user(aws, "bob")
    end = key(aws)[-4:]
    cloud = used(aws, days=5)
    draft = off(cloud, who())
    outcome, reason = verdict(cloud, "access-keys-quiet", who(), draft, quiet_days=14)
    assert outcome is Outcome.BLOCK
    assert "create-access-key --user-name bob" in reason
    assert verdict(cloud, "access-keys-quiet", who(), draft, quiet_days=14, handed_over="ZZZZ")[0] is (
        Outcome.BLOCK
    )
    outcome, reason = verdict(cloud, "access-keys-quiet", who(), draft, quiet_days=14, handed_over=end)
    assert outcome is Outcome.WARN
    assert "ask its owner" in reason


def test_where_another_key_stays_on_the_hand_over_goes_there(aws):
    user(aws, "bob")
    old, new = key(aws)[-4:], key(aws)[-4:]
    cloud = used(aws, days=5)
    _, reason = verdict(cloud, "access-keys-quiet", who(), off(cloud, who(), old), quiet_days=14)
    assert f"the user keeps the active key …{new} (last used 5 days ago)" in reason


def test_a_key_of_a_quarter_ago_is_warned_about_and_one_that_nobody_used_is_not(aws):
    user(aws, "bob")
    end = key(aws)[-4:]
    cloud = used(aws, days=60)
    assert verdict(cloud, "access-keys-quiet", who(), off(cloud, who()))[0] is Outcome.WARN
    outcome, reason = verdict(aws, "access-keys-quiet", who(), off(aws, who()))
    assert outcome is Outcome.PASS
    assert f"no use of …{end} at all" in reason
    assert "without an active key" in reason


# Passwords -------------------------------------------------------------------------------------------


def test_taking_a_password_away_is_said_to_be_final_and_refused_where_it_is_used(aws):
    user(aws, "bob", login=True)
    outcome, reason = verdict(aws, "console-login-unused", who(), (LOGIN, None))
    assert outcome is Outcome.WARN
    assert "never, as far as IAM knows" in reason
    about = do(aws, "iam", "GetUser", UserName="bob")["User"]
    yesterday = {"User": {**about, "PasswordLastUsed": (NOW - timedelta(days=1)).isoformat()}}
    outcome, reason = verdict(Answers(aws, GetUser=yesterday), "console-login-unused", who(), (LOGIN, None))
    assert outcome is Outcome.BLOCK
    assert "24 hours ago" in reason
    assert verdict(aws, "console-login-unused", who())[0] is Outcome.PASS


RULES = {"MaxPasswordAge": 90, "HardExpiry": True}


def test_an_expiry_that_only_an_administrator_can_end_is_not_brought_nearer(aws):
    outcome, reason = verdict(aws, "password-policy-renewable", PASSWORDS, (POLICY, RULES))
    assert outcome is Outcome.BLOCK
    assert "turn HardExpiry off first" in reason
    do(aws, "iam", "UpdateAccountPasswordPolicy", **RULES)
    assert verdict(aws, "password-policy-renewable", PASSWORDS, (POLICY, RULES))[0] is Outcome.WARN
    soft = {**RULES, "HardExpiry": False}
    assert verdict(aws, "password-policy-renewable", PASSWORDS, (POLICY, soft))[0] is Outcome.PASS


def report(**changed):
    """IAM's credential report of users whose passwords were changed so many days ago."""
    columns = "user,arn,password_enabled,password_last_changed"
    rows = [
        f"{name},arn:aws:iam::{ACCOUNT}:user/{name},true,{(NOW - timedelta(days=days)).isoformat()}"
        for name, days in changed.items()
    ]
    rows.append("<root_account>,arn,true,not_supported")
    rows.append("svc-etl,arn,false,N/A")
    content = base64.b64encode("\n".join([columns, *rows]).encode()).decode()
    return {"Content": content, "GeneratedTime": "2026-01-02T03:04:05+00:00"}


def test_whose_password_expires_at_once_is_named_with_what_says_so(aws):
    soft = {"MaxPasswordAge": 90, "HardExpiry": False}
    cloud = Answers(aws, GetCredentialReport=report(bob=200, carol=10))
    outcome, reason = verdict(cloud, "passwords-that-expire", PASSWORDS, (POLICY, soft))
    assert outcome is Outcome.WARN
    assert "1 of 2 passwords expire at once" in reason
    assert "bob" in reason
    assert "credential report of 2026-01-02T03:04" in reason
    # Those that are past the earlier age as well have expired long ago.
    do(aws, "iam", "UpdateAccountPasswordPolicy", MaxPasswordAge=150)
    assert verdict(cloud, "passwords-that-expire", PASSWORDS, (POLICY, soft))[0] is Outcome.PASS


def test_a_report_is_made_where_there_is_none_and_young_passwords_pass(aws):
    user(aws, "bob", login=True)
    soft = {"MaxPasswordAge": 90, "HardExpiry": False}
    outcome, reason = verdict(aws, "passwords-that-expire", PASSWORDS, (POLICY, soft))
    assert outcome is Outcome.PASS
    assert "none of 1 passwords" in reason


def test_without_a_report_the_first_password_counts_and_the_sentence_says_so(aws, monkeypatch):
    user(aws, "bob", login=True)

    class Closed(Answers):
        def call(self, call):
            if "CredentialReport" in call.operation:
                raise CloudError("AccessDenied", "no", status=403)
            return super().call(call)

    later = NOW + timedelta(days=120)
    monkeypatch.setattr("hipaa_tui.aws.iam.users.now", lambda: later)
    soft = {"MaxPasswordAge": 90, "HardExpiry": False}
    outcome, reason = verdict(Closed(aws), "passwords-that-expire", PASSWORDS, (POLICY, soft))
    assert outcome is Outcome.WARN
    assert "bob" in reason
    assert "there is no credential report" in reason


# A second factor -------------------------------------------------------------------------------------


def device(aws, name="bob"):
    made = do(aws, "iam", "CreateVirtualMFADevice", VirtualMFADeviceName=f"{name}-phone")
    serial = made["VirtualMFADevice"]["SerialNumber"]
    codes = {"AuthenticationCode1": "123456", "AuthenticationCode2": "654321"}
    do(aws, "iam", "EnableMFADevice", UserName=name, SerialNumber=serial, **codes)


def test_a_machine_whose_key_works_is_not_asked_for_a_second_factor(aws):
    user(aws, "bob", login=True)
    end = key(aws)[-4:]
    outcome, reason = verdict(used(aws, days=2), "mfa-locks-nobody-out", who())
    assert outcome is Outcome.BLOCK
    assert f"…{end} (2 days ago, s3 in eu-central-1) is in use" in reason
    device(aws)
    outcome, reason = verdict(used(aws, days=200), "mfa-locks-nobody-out", who())
    assert outcome is Outcome.WARN
    assert "would work no more" in reason


def test_a_person_without_a_factor_is_told_first_and_one_with_a_factor_goes_on(aws):
    user(aws, "bob", login=True)
    outcome, reason = verdict(aws, "mfa-locks-nobody-out", who())
    assert outcome is Outcome.WARN
    assert "tell its owner first" in reason
    device(aws)
    assert verdict(aws, "mfa-locks-nobody-out", who())[0] is Outcome.PASS


def test_whoever_has_to_set_a_new_password_could_not(aws):
    user(aws, "bob")
    do(
        aws,
        "iam",
        "CreateLoginProfile",
        UserName="bob",
        Password="Abcd1234!x",
        PasswordResetRequired=True,
    )
    profile = {
        "LoginProfile": {"UserName": "bob", "CreateDate": NOW.isoformat(), "PasswordResetRequired": True}
    }
    outcome, reason = verdict(Answers(aws, GetLoginProfile=profile), "mfa-locks-nobody-out", who())
    assert outcome is Outcome.BLOCK
    assert "sign in once first" in reason


def test_the_group_for_the_second_factor_gives_nothing_else(aws):
    user(aws, "bob", login=True)
    group = resource_type("AWS::IAM::Group").target(MFA_GROUP, ACCOUNT, REGION)
    shared = resource_type("AWS::IAM::ManagedPolicy").target(MFA_POLICY, ACCOUNT, REGION)
    right = ("aws.iam.shared-policy", {"Document": text(NO_MFA)}, shared)
    only = ("aws.iam.shared-group", {"Attached": [MFA_POLICY], "Inline": {}}, group)
    more = ("aws.iam.shared-group", {"Attached": [MFA_POLICY, policy("Admin")], "Inline": {}}, group)
    asked = {"group": MFA_GROUP, "policy": MFA_POLICY}
    assert verdict(aws, "mfa-group-as-meant", who(), right, only, **asked)[0] is Outcome.PASS
    outcome, reason = verdict(aws, "mfa-group-as-meant", who(), right, more, **asked)
    assert outcome is Outcome.BLOCK
    assert "Admin" in reason
    # The policy is there already, and lets everybody through.
    do(aws, "iam", "CreatePolicy", PolicyName=MFA_GROUP, PolicyDocument=text(READ))
    outcome, reason = verdict(aws, "mfa-group-as-meant", who(), only, **asked)
    assert outcome is Outcome.BLOCK
    assert "does not refuse" in reason


# Groups ----------------------------------------------------------------------------------------------


@pytest.fixture
def bob(aws):
    """A user with one policy of each kind."""
    user(aws, "bob")
    do(aws, "iam", "CreatePolicy", PolicyName="ReadRecords", PolicyDocument=text(READ))
    do(aws, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=policy("ReadRecords"))
    do(aws, "iam", "PutUserPolicy", UserName="bob", PolicyName="own", PolicyDocument=text(READ))
    return who()


NONE_LEFT = ("aws.iam.user-policies", {"Attached": [], "Inline": {}})


def test_a_group_that_has_less_than_the_user_is_refused_and_one_that_has_more_is_named(aws, bob):
    outcome, reason = verdict(aws, "group-permissions-kept", bob, NONE_LEFT, group="readers")
    assert outcome is Outcome.BLOCK
    assert "there is no group readers" in reason
    do(aws, "iam", "CreateGroup", GroupName="readers")
    do(aws, "iam", "AttachGroupPolicy", GroupName="readers", PolicyArn=policy("ReadRecords"))
    outcome, reason = verdict(aws, "group-permissions-kept", bob, NONE_LEFT, group="readers")
    assert outcome is Outcome.BLOCK
    assert "own would be lost" in reason
    do(aws, "iam", "PutGroupPolicy", GroupName="readers", PolicyName="same", PolicyDocument=text(READ))
    assert verdict(aws, "group-permissions-kept", bob, NONE_LEFT, group="readers")[0] is Outcome.PASS
    admin = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    do(aws, "iam", "PutGroupPolicy", GroupName="readers", PolicyName="all", PolicyDocument=text(admin))
    outcome, reason = verdict(aws, "group-permissions-kept", bob, NONE_LEFT, group="readers")
    assert outcome is Outcome.WARN
    assert "gains what else readers has: all" in reason


def test_the_group_of_one_user_is_not_shared_by_accident(aws, bob):
    group = resource_type("AWS::IAM::Group").target("hipaa-tui-user-bob", ACCOUNT, REGION)
    whole = setting("aws.iam.user-policies").read(aws, bob).value
    made = ("aws.iam.group", whole, group)
    own = "hipaa-tui-user-bob"
    assert verdict(aws, "group-permissions-kept", bob, made, NONE_LEFT, own=own)[0] is Outcome.PASS
    do(aws, "iam", "CreateGroup", GroupName=own)
    user(aws, "mallory")
    do(aws, "iam", "AddUserToGroup", GroupName=own, UserName="mallory")
    outcome, reason = verdict(aws, "group-permissions-kept", bob, made, NONE_LEFT, own=own)
    assert outcome is Outcome.BLOCK
    assert "mallory" in reason


def test_an_eleventh_group_is_refused_before_iam_does(aws, bob):
    eleven = {"Groups": [f"g{number}" for number in range(11)], "ConsoleLogin": False}
    outcome, reason = verdict(
        aws, "group-permissions-kept", bob, NONE_LEFT, (GROUPS, eleven), group="readers"
    )
    assert outcome is Outcome.BLOCK
    assert "10 groups already" in reason


# Support ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("trusted", "outcome"),
    [
        (f"arn:aws:iam::{ACCOUNT}:root", Outcome.PASS),
        ("arn:aws:iam::444455556666:root", Outcome.WARN),
        ("444455556666", Outcome.WARN),
        ("*", Outcome.BLOCK),
    ],
)
def test_who_may_take_on_the_support_role_is_said(aws, trusted, outcome):
    target = resource_type("AWS::IAM::SupportAccess").target(ACCOUNT, ACCOUNT, REGION)
    trust = {"Effect": "Allow", "Principal": {"AWS": trusted}, "Action": "sts:AssumeRole"}
    do(aws, "iam", "CreateRole", RoleName="hipaa-tui-support", AssumeRolePolicyDocument=text(trust))
    found, reason = verdict(aws, "support-role-trust", target, role="hipaa-tui-support")
    assert found is outcome
    assert "hipaa-tui-support" in reason


def test_what_could_lock_somebody_out_blocks_where_it_cannot_look():
    cautious = guards()[1]
    for name in ("access-keys-quiet", "mfa-locks-nobody-out", "group-permissions-kept", "break-glass-user"):
        assert name in cautious, name
