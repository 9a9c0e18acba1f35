"""Guards of IAM users, their access keys and console logins: emergency users, the caller's own user, and keys in use."""

from __future__ import annotations

from datetime import timedelta

import pytest

from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import setting
from tests.aws.guards import Answers, As, do, verdict
from tests.aws.iam.estate_users import user
from tests.aws.iam.users import NOW, key, used, who
from tests.aws.server import ACCOUNT

KEYS, LOGIN = "aws.iam.access-keys", "aws.iam.console-login"


def off(cloud, target, *ends):
    """The keys of these ends, or all, switched off."""
    value = setting(KEYS).read(cloud, target).value
    keys = [
        {**one, "Status": "Inactive"} if not ends or one["EndsWith"] in ends else one for one in value["Keys"]
    ]
    return KEYS, {"Keys": keys}


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
    assert f"no record of any use of …{end}" in reason
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


def test_what_could_lock_somebody_out_blocks_where_it_cannot_look():
    cautious = guards()[1]
    for name in ("access-keys-quiet", "mfa-locks-nobody-out", "group-permissions-kept", "break-glass-user"):
        assert name in cautious, name
