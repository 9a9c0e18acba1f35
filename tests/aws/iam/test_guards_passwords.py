"""Guards of the account's password policy: whose password expires at once, and who can still renew it."""

from __future__ import annotations

import base64
from datetime import timedelta

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import CloudError
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, do, verdict
from tests.aws.iam.estate_users import user
from tests.aws.iam.users import NOW
from tests.aws.server import ACCOUNT, REGION

POLICY = "aws.iam.password-policy"
PASSWORDS = resource_type("AWS::IAM::AccountPasswordPolicy").target(ACCOUNT, ACCOUNT, REGION)
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
