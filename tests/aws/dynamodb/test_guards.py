"""Guards of DynamoDB tables: who can use the table's key, and what auto scaling can cost."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.dynamodb.estate import ID
from tests.aws.guards import Answers, allow, do, key, text, verdict
from tests.aws.server import ACCOUNT, REGION

PASS, WARN, BLOCK = Outcome.PASS, Outcome.WARN, Outcome.BLOCK


@pytest.fixture
def table(aws):
    do(aws, "dynamodb", "CreateTable", TableName="patients", **ID, BillingMode="PAY_PER_REQUEST")
    return resource_type("AWS::DynamoDB::Table").target("patients", ACCOUNT, REGION)


def test_a_key_that_shuts_out_the_tables_users_is_refused(aws, table):
    assert verdict(aws, "table-key-readers", table, parameters={"kms_key": ""})[0] is PASS
    closed = key(aws)
    outcome, reason = verdict(aws, "table-key-readers", table, parameters={"kms_key": closed})
    assert outcome is BLOCK
    assert "readers_checked=true" in reason
    told = {"kms_key": closed, "readers_checked": True}
    assert verdict(aws, "table-key-readers", table, parameters=told)[0] is WARN
    through = {"StringEquals": {"kms:ViaService": f"dynamodb.{REGION}.amazonaws.com"}}
    root = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*")
    open_key = key(aws, Policy=text(root, allow({"AWS": "*"}, "kms:*", "*", Condition=through)))
    assert verdict(aws, "table-key-readers", table, parameters={"kms_key": open_key})[0] is PASS


def test_a_table_whose_key_was_lost_or_that_has_replicas_is_not_touched(aws, table):
    lost = {"Table": {"SSEDescription": {"InaccessibleEncryptionDateTime": "2026-01-01T00:00:00+00:00"}}}
    outcome, reason = verdict(Answers(aws, DescribeTable=lost), "table-key-readers", table)
    assert outcome is BLOCK
    assert "2026-01-01" in reason
    spread = {"Table": {"Replicas": [{"RegionName": "eu-west-1"}]}}
    outcome, reason = verdict(Answers(aws, DescribeTable=spread), "table-key-readers", table)
    assert outcome is BLOCK
    assert "eu-west-1" in reason


@pytest.mark.parametrize(
    ("most", "about", "expected"),
    [
        (50, {"TableStatus": "ACTIVE"}, (PASS, "at most about")),
        (4000, {"TableStatus": "ACTIVE"}, (WARN, "at most about")),
        (
            50,
            {"TableStatus": "ACTIVE", "GlobalSecondaryIndexes": [{"IndexName": "by-date"}]},
            (WARN, "by-date"),
        ),
        (50, {"TableStatus": "ARCHIVED"}, (BLOCK, "ARCHIVED")),
    ],
)
def test_scaling_says_what_it_may_cost_and_what_it_leaves_out(aws, table, most, about, expected):
    rule = {"MinCapacity": 5, "MaxCapacity": most}
    after = {
        "BillingMode": "PROVISIONED",
        "Provisioned": {"Read": 5, "Write": 5},
        "Read": rule,
        "Write": rule,
    }
    cloud = Answers(aws, DescribeTable={"Table": about})
    found, reason = verdict(cloud, "scaling-bounds", table, ("aws.dynamodb.autoscaling", after))
    assert found is expected[0]
    assert expected[1] in reason
