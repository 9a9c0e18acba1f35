"""Guards of IAM groups and of the support role: MFA locks nobody out, and no user loses or gains permissions unseen."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, do, text, verdict
from tests.aws.iam.estate_users import NO_MFA, READ, policy, user
from tests.aws.iam.users import NOW, key, used, who
from tests.aws.server import ACCOUNT, REGION

GROUPS = "aws.iam.user-groups"
MFA_GROUP, MFA_POLICY = "hipaa-tui-require-mfa", policy("hipaa-tui-require-mfa")


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
    assert "would no longer work" in reason


def test_a_person_without_a_factor_is_told_first_and_one_with_a_factor_goes_on(aws):
    user(aws, "bob", login=True)
    outcome, reason = verdict(aws, "mfa-locks-nobody-out", who())
    assert outcome is Outcome.WARN
    assert "tell the user first" in reason
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
    assert "have the user do that first" in reason


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
    assert "no longer denies" in reason


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
    assert "the group readers does not exist" in reason
    do(aws, "iam", "CreateGroup", GroupName="readers")
    do(aws, "iam", "AttachGroupPolicy", GroupName="readers", PolicyArn=policy("ReadRecords"))
    outcome, reason = verdict(aws, "group-permissions-kept", bob, NONE_LEFT, group="readers")
    assert outcome is Outcome.BLOCK
    assert "who would lose" in reason
    do(aws, "iam", "PutGroupPolicy", GroupName="readers", PolicyName="same", PolicyDocument=text(READ))
    assert verdict(aws, "group-permissions-kept", bob, NONE_LEFT, group="readers")[0] is Outcome.PASS
    admin = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    do(aws, "iam", "PutGroupPolicy", GroupName="readers", PolicyName="all", PolicyDocument=text(admin))
    outcome, reason = verdict(aws, "group-permissions-kept", bob, NONE_LEFT, group="readers")
    assert outcome is Outcome.WARN
    assert "gains the other policies of readers: all" in reason


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
    assert "already in 10 groups" in reason


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
