"""Odd corners of the settings of users, groups and the account: ids, half-done writes, what cannot be taken back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.aws.iam.account import stronger_passwords
from hipaa_tui.aws.iam.credentials import deactivated_keys
from hipaa_tui.aws.iam.users import refuses_without_mfa
from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import resource_type, setting
from hipaa_tui.support.json_value import ABSENT, references
from tests.aws.guards import Answers, do, text
from tests.aws.iam.estate_users import NO_MFA, READ, policy, user
from tests.aws.server import ACCOUNT, REGION


def target(kind, id, region=REGION):
    return resource_type(kind).target(id, ACCOUNT, region)


# Ids -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        ("AWS::IAM::User", "bob", "bob"),
        ("AWS::IAM::User", f"arn:aws:iam::{ACCOUNT}:user/machines/svc-etl", "svc-etl"),
        ("AWS::IAM::Group", f"arn:aws:iam::{ACCOUNT}:group/admins", "admins"),
        ("AWS::IAM::Group", "admins", "admins"),
        ("AWS::IAM::ManagedPolicy", policy("AdminStar"), "AdminStar"),
        ("AWS::IAM::RootUser", f"arn:aws:iam::{ACCOUNT}:root", f"root user of {ACCOUNT}"),
        ("AWS::IAM::RootUser", "<root_account>", f"root user of {ACCOUNT}"),
        (
            "AWS::IAM::AccountPasswordPolicy",
            f"AWS::::Account:{ACCOUNT}",
            f"password policy of {ACCOUNT}",
        ),
        (
            "AWS::IAM::AccountPasswordPolicy",
            f"arn:aws:iam::{ACCOUNT}:password-policy",
            f"password policy of {ACCOUNT}",
        ),
        (
            "AWS::IAM::SupportAccess",
            "arn:aws:iam::aws:policy/AWSSupportAccess",
            f"access to aws support of {ACCOUNT}",
        ),
    ],
)
def test_reports_name_what_iam_has_in_many_ways(kind, id, name):
    found = target(kind, id, "eu-west-1")
    assert (found.name, found.account, found.region) == (name, ACCOUNT, "us-east-1")


@pytest.mark.parametrize(
    ("kind", "id"),
    [
        ("AWS::IAM::User", "<root_account>"),
        ("AWS::IAM::User", f"arn:aws:iam::{ACCOUNT}:root"),
        ("AWS::IAM::User", f"arn:aws:iam::{ACCOUNT}:role/bob"),
        ("AWS::IAM::User", "AIDAIOSFODNN7EXAMPLE"),
        ("AWS::IAM::User", ACCOUNT),
        ("AWS::IAM::Group", f"arn:aws:iam::{ACCOUNT}:user/bob"),
        ("AWS::IAM::ManagedPolicy", "arn:aws:iam::aws:policy/AdministratorAccess"),
        ("AWS::IAM::RootUser", "bob"),
        ("AWS::IAM::AccountPasswordPolicy", f"arn:aws:s3::{ACCOUNT}:password-policy"),
    ],
)
def test_what_is_something_else_is_not_taken(kind, id):
    assert target(kind, id) is None


def test_a_name_and_its_arn_are_one_user():
    arn = f"arn:aws:iam::{ACCOUNT}:user/bob"
    assert target("AWS::IAM::User", "bob").key == target("AWS::IAM::User", arn).key


def test_what_is_not_there_is_absent_and_not_an_error(aws):
    gone = target("AWS::IAM::User", "gone")
    for id in ("access-keys", "console-login", "mfa-devices", "user-groups", "user-policies"):
        assert setting(f"aws.iam.{id}").read(aws, gone).absent, id
    for id in ("group", "group-members"):
        assert setting(f"aws.iam.{id}").read(aws, target("AWS::IAM::Group", "gone")).absent, id
    assert (
        setting("aws.iam.shared-policy").read(aws, target("AWS::IAM::ManagedPolicy", policy("gone"))).absent
    )


# A second factor -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "demanded"),
    [
        ({}, True),
        ({"NotAction": None, "Action": "*"}, True),
        ({"NotAction": None, "Action": "s3:*"}, False),
        ({"Resource": "arn:aws:s3:::phi-records"}, False),
        ({"Effect": "Allow"}, False),
        ({"Condition": None}, False),
        # Bool is not asked of a request that says nothing, which is what access keys send.
        ({"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}}, False),
        ({"Condition": {"BoolIfExists": {"aws:multifactorauthpresent": False}}}, True),
        ({"Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "true"}}}, False),
        (
            {
                "Condition": {
                    "BoolIfExists": {"aws:MultiFactorAuthPresent": "false"},
                    "StringEquals": {"aws:username": "bob"},
                }
            },
            False,
        ),
    ],
)
def test_only_a_policy_that_refuses_every_session_without_a_factor_demands_one(changed, demanded):
    statement = {key: value for key, value in {**NO_MFA, **changed}.items() if value is not None}
    assert refuses_without_mfa(statement) is demanded


# Keys and passwords ----------------------------------------------------------------------------------


def test_two_keys_are_switched_off_one_after_the_other_and_a_cut_between_is_known(aws):
    user(aws, "bob")
    for _ in "ab":
        do(aws, "iam", "CreateAccessKey", UserName="bob")
    one, bob = setting("aws.iam.access-keys"), target("AWS::IAM::User", "bob")
    before = one.read(aws, bob)
    after = deactivated_keys(before.value, {"idle_days": -1})
    asked, *writes = one.write(bob, before, after)
    assert asked.operation == "ListAccessKeys"
    assert [list(references(dict(call.arguments))) for call in writes] == [
        [("self", f"AccessKeyMetadata.{index}.AccessKeyId")] for index in (0, 1)
    ]
    (half,) = one.between(bob, before.value, after)
    assert [key["Status"] for key in half["Keys"]] == ["Inactive", "Active"]
    other = {"Keys": after["Keys"][:1]}
    with pytest.raises(ValueError, match="others than those"):
        one.write(bob, before, other)


def test_time_that_goes_by_is_no_change_of_a_key():
    one = setting("aws.iam.access-keys")
    key = {"EndsWith": "MPLE", "Created": "2025-01-01T00:00:00+00:00", "Status": "Active"}
    today, tomorrow = {**key, "AgeDays": 5, "IdleDays": 5}, {**key, "AgeDays": 6, "IdleDays": 0}
    assert one.same({"Keys": [today]}, {"Keys": [tomorrow]})
    assert not one.same({"Keys": [today]}, {"Keys": [{**today, "Status": "Inactive"}]})


def test_a_password_of_yesterday_is_not_idle_because_an_earlier_one_was(aws):
    user(aws, "bob", login=True)
    about = do(aws, "iam", "GetUser", UserName="bob")["User"]
    long_ago = (datetime.now(UTC) - timedelta(days=300)).isoformat()
    cloud = Answers(aws, GetUser={"User": {**about, "PasswordLastUsed": long_ago}})
    value = setting("aws.iam.console-login").read(cloud, target("AWS::IAM::User", "bob")).value
    assert value["IdleDays"] == 0
    with pytest.raises(ValueError, match="create-login-profile"):
        setting("aws.iam.console-login").write(target("AWS::IAM::User", "bob"), Reading(ABSENT), value)


# Groups and policies ---------------------------------------------------------------------------------


def test_a_group_is_emptied_before_it_is_deleted(aws):
    do(aws, "iam", "CreatePolicy", PolicyName="ReadRecords", PolicyDocument=text(READ))
    one, group = setting("aws.iam.group"), target("AWS::IAM::Group", "readers")
    wanted = {"Attached": [policy("ReadRecords")], "Inline": {"own": text(READ)}}
    for call in one.write(group, Reading(ABSENT), wanted):
        aws.call(call)
    there = one.read(aws, group)
    assert one.same(there.value, wanted)
    assert [call.operation for call in one.remove(group, there)] == [
        *("DetachGroupPolicy", "DeleteGroupPolicy", "DeleteGroup")
    ]
    for call in one.remove(group, there):
        aws.call(call)
    assert one.read(aws, group).absent


def test_a_shared_policy_that_is_there_gets_a_new_version_and_keeps_its_place(aws):
    one, shared = setting("aws.iam.shared-policy"), target("AWS::IAM::ManagedPolicy", policy("x"))
    for call in one.write(shared, Reading(ABSENT), {"Document": text(READ)}):
        aws.call(call)
    before = one.read(aws, shared)
    for call in one.write(shared, before, {"Document": text(NO_MFA)}):
        aws.call(call)
    after = one.read(aws, shared)
    assert one.same(after.value, {"Document": text(NO_MFA)})
    assert before.identity["DefaultVersionId"] != after.identity["DefaultVersionId"]


# The account -----------------------------------------------------------------------------------------


def test_a_rule_for_passwords_is_written_whole_and_nothing_is_weakened():
    have = {"MinimumPasswordLength": 20, "RequireSymbols": True, "MaxPasswordAge": 30, "HardExpiry": True}
    wanted = {"MinimumPasswordLength": 14, "MaxPasswordAge": 90, "PasswordReusePrevention": 24}
    after = stronger_passwords(have, wanted)
    assert (after["MinimumPasswordLength"], after["MaxPasswordAge"]) == (20, 30)
    assert after["HardExpiry"]
    assert after["RequireSymbols"]
    one = setting("aws.iam.password-policy")
    (call,) = one.write(target("AWS::IAM::AccountPasswordPolicy", ACCOUNT), Reading(have), after)
    assert set(call.arguments) == set(after), "what is left out goes back to the API's default"
    none = {**after, "MaxPasswordAge": 0, "PasswordReusePrevention": 0}
    (call,) = one.write(target("AWS::IAM::AccountPasswordPolicy", ACCOUNT), Reading(have), none)
    assert not {"MaxPasswordAge", "PasswordReusePrevention"} & set(call.arguments), "the API takes no 0"


def test_passwords_that_expire_can_be_changed_by_their_users():
    assert stronger_passwords(ABSENT, {"MaxPasswordAge": 90})["AllowUsersToChangePassword"]
    assert not stronger_passwords(ABSENT, {"MinimumPasswordLength": 14})["AllowUsersToChangePassword"]


def test_a_summary_that_does_not_tell_is_not_taken_for_no_keys(aws):
    root = target("AWS::IAM::RootUser", ACCOUNT)
    with pytest.raises(ValueError, match="does not say"):
        setting("aws.iam.root-credentials").read(Answers(aws, GetAccountSummary={"SummaryMap": {}}), root)


def test_whether_there_is_a_security_contact_is_read_and_who_it_is_is_not(aws):
    contacts = target("AWS::Account::AlternateContact", ACCOUNT)
    one = setting("aws.account.security-contact")
    assert one.read(aws, contacts).absent
    person = {"Name": "Pat", "Title": "CISO", "EmailAddress": "pat@example.org", "PhoneNumber": "+1555"}
    do(aws, "account", "PutAlternateContact", AlternateContactType="SECURITY", **person)
    assert one.read(aws, contacts).value == {"Registered": True}
