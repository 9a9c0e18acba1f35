"""Permissions as they grow: everything for everybody, inline and attached, and one role in order."""

from __future__ import annotations

from hipaa_tui.providers.model import Cloud
from tests.aws.guards import do, text
from tests.aws.server import ACCOUNT

PLAYBOOKS = (
    "aws.iam.customer-admin",
    "aws.iam.inline-admin",
    "aws.iam.permissions-boundary",
)
# The policy that a fix makes in the place of AWS's goes again: test_playbooks_policies.py follows it.
ONE_WAY = ("aws.iam.aws-admin",)
STAR = {"Effect": "Allow", "Action": "*", "Resource": "*"}
READ = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::phi-records/*"}


def policy(name: str, path: str = "") -> str:
    return f"arn:aws:iam::{ACCOUNT}:policy/{path}{name}"


def admin() -> str:
    return "arn:aws:iam::aws:policy/AdministratorAccess"


def trust(service: str = "ec2.amazonaws.com") -> str:
    return text({"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"})


def role(cloud: Cloud, name: str, *attached: str, service: str = "ec2.amazonaws.com") -> str:
    made = do(cloud, "iam", "CreateRole", RoleName=name, AssumeRolePolicyDocument=trust(service))
    for arn in attached:
        do(cloud, "iam", "AttachRolePolicy", RoleName=name, PolicyArn=arn)
    return str(made["Role"]["Arn"])


def managed(cloud: Cloud, name: str, *statements: dict[str, object]) -> str:
    made = do(cloud, "iam", "CreatePolicy", PolicyName=name, PolicyDocument=text(*statements))
    return str(made["Policy"]["Arn"])


def build(cloud: Cloud) -> None:
    star = managed(cloud, "AdminStar", STAR)
    do(cloud, "iam", "CreateGroup", GroupName="admins")
    do(cloud, "iam", "AttachGroupPolicy", GroupName="admins", PolicyArn=star)
    do(cloud, "iam", "CreateUser", UserName="alice")
    do(cloud, "iam", "AddUserToGroup", GroupName="admins", UserName="alice")
    do(cloud, "iam", "AttachUserPolicy", UserName="alice", PolicyArn=admin())
    role(cloud, "app", star)
    role(cloud, "ops", admin())
    do(cloud, "iam", "CreateUser", UserName="svc-etl")
    do(cloud, "iam", "PutUserPolicy", UserName="svc-etl", PolicyName="star", PolicyDocument=text(STAR))
    # In order: a role with a managed policy that names what it reads.
    role(cloud, "reader", managed(cloud, "ReadRecords", READ), service="lambda.amazonaws.com")
