"""Users as auditors find them: policies of their own, passwords without rules, no way to AWS Support."""

from __future__ import annotations

from typing import Any

from hipaa_tui.providers.model import Cloud
from tests.aws.guards import do, text
from tests.aws.server import ACCOUNT

PLAYBOOKS = (
    "aws.iam.password-policy",
    "aws.iam.require-mfa",
    "aws.iam.support-role",
)
ONE_WAY = ("aws.iam.unused-credentials", "aws.iam.old-access-keys", "aws.iam.user-policies")
"""Users are only wrong once time has passed, a password that is removed stays so, and the group that a fix
makes for one user goes again. test_playbooks_users.py follows them."""
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::phi-records/*"}
NO_MFA = {
    "Effect": "Deny",
    "NotAction": ["iam:EnableMFADevice"],
    "Resource": "*",
    "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}},
}


def policy(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{name}"


def user(cloud: Cloud, name: str, *, login: bool = False, **arguments: Any) -> None:
    do(cloud, "iam", "CreateUser", UserName=name, **arguments)
    if login:
        do(cloud, "iam", "CreateLoginProfile", UserName=name, Password="Abcd1234!x")


def build(cloud: Cloud) -> None:
    do(cloud, "iam", "CreatePolicy", PolicyName="ReadRecords", PolicyDocument=text(READ))
    do(cloud, "iam", "CreatePolicy", PolicyName="company-mfa", PolicyDocument=text(NO_MFA))
    user(cloud, "bob", login=True)
    do(cloud, "iam", "AttachUserPolicy", UserName="bob", PolicyArn=policy("ReadRecords"))
    user(cloud, "svc-etl", Path="/machines/")
    do(cloud, "iam", "PutUserPolicy", UserName="svc-etl", PolicyName="etl", PolicyDocument=text(READ))
    # In order: a person in a group whose own policy wants a second factor.
    user(cloud, "carol", login=True)
    do(cloud, "iam", "CreateGroup", GroupName="people")
    do(cloud, "iam", "AttachGroupPolicy", GroupName="people", PolicyArn=policy("company-mfa"))
    do(cloud, "iam", "AddUserToGroup", GroupName="people", UserName="carol")
    do(
        cloud,
        "iam",
        "UpdateAccountPasswordPolicy",
        MinimumPasswordLength=16,
        RequireSymbols=False,
        RequireNumbers=True,
        AllowUsersToChangePassword=False,
    )
