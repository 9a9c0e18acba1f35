"""The key of a log group lets CloudWatch Logs in, or it is not set."""

import json

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import do, key, verdict
from tests.aws.server import ACCOUNT, REGION

MINE = {
    "Effect": "Allow",
    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"},
    "Action": "kms:*",
    "Resource": "*",
}
LOGS = {
    "Effect": "Allow", "Principal": {"Service": f"logs.{REGION}.amazonaws.com"},
    "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:GenerateDataKey*", "kms:Describe*"], "Resource": "*",
}  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "outcome"),
    [
        ([MINE, LOGS], Outcome.PASS),
        ([MINE], Outcome.BLOCK),
        ([MINE, {**LOGS, "Effect": "Deny"}], Outcome.BLOCK),
        ([MINE, {**LOGS, "Action": "kms:Decrypt"}], Outcome.BLOCK),
        ([MINE, {**LOGS, "Principal": {"Service": "logs.eu-west-1.amazonaws.com"}}], Outcome.BLOCK),
    ],
)
def test_a_key_that_logs_may_not_use_is_not_set(aws, statements, outcome):
    ours = key(aws)
    text = json.dumps({"Version": "2012-10-17", "Statement": statements})
    do(aws, "kms", "PutKeyPolicy", KeyId=ours, PolicyName="default", Policy=text)
    group = resource_type("AWS::Logs::LogGroup").target("/app", ACCOUNT, REGION)
    assert verdict(aws, "logs-may-use-key", group, key=ours)[0] is outcome


def test_the_key_that_is_made_lets_logs_in(aws):
    group = resource_type("AWS::Logs::LogGroup").target("/app", ACCOUNT, REGION)
    assert verdict(aws, "logs-may-use-key", group, key="")[0] is Outcome.PASS
