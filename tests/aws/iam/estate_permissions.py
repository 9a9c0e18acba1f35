"""Policies with one right too many each: to subscribe to anything, to decrypt with every key, or no list they stand in."""

from __future__ import annotations

from hipaa_tui.providers.model import Cloud
from tests.aws.guards import do, text
from tests.aws.iam.estate_policies import READ, managed, role

PLAYBOOKS = (
    "aws.iam.marketplace-subscribe",
    "aws.iam.inline-marketplace-subscribe",
    "aws.iam.decrypt-all-keys",
    "aws.iam.inline-decrypt-all-keys",
    "aws.iam.no-inline-policies",
)
BUY = {
    "Sid": "Buy",
    "Effect": "Allow",
    "Action": ["aws-marketplace:Subscribe", "s3:ListBucket"],
    "Resource": "*",
}
SHOP = {"Effect": "Allow", "Action": "aws-marketplace:*", "Resource": "*"}
DECRYPT = {"Effect": "Allow", "Action": ["kms:Decrypt", "kms:Encrypt", "s3:GetObject"], "Resource": "*"}
KEYS = {"Sid": "Keys", "Effect": "Allow", "Action": "kms:*", "Resource": "arn:aws:kms:*:*:key/*"}


def build(cloud: Cloud) -> None:
    do(cloud, "kms", "CreateKey", Description="patients")
    managed(cloud, "Purchasing", BUY)
    managed(cloud, "Reports", DECRYPT, SHOP)
    do(cloud, "iam", "CreateGroup", GroupName="buyers")
    do(
        cloud,
        "iam",
        "PutGroupPolicy",
        GroupName="buyers",
        PolicyName="buy",
        PolicyDocument=text(BUY, SHOP, KEYS),
    )
    do(cloud, "iam", "CreateUser", UserName="svc-etl")
    do(cloud, "iam", "PutUserPolicy", UserName="svc-etl", PolicyName="read", PolicyDocument=text(READ))
    role(cloud, "reports", service="lambda.amazonaws.com")
    do(cloud, "iam", "PutRolePolicy", RoleName="reports", PolicyName="keys", PolicyDocument=text(DECRYPT))
    # In order: a role with a managed policy that names what it reads.
    role(cloud, "reader", managed(cloud, "ReadRecords", READ), service="lambda.amazonaws.com")
