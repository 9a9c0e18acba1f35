"""Tables of DynamoDB and clusters of DAX: ids, recovery, keys, scaling and the account's limits."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.providers.model import CloudError, Reading
from hipaa_tui.providers.registry import builders, resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.dynamodb.estate import ID
from tests.aws.guards import Answers, do, key
from tests.aws.server import ACCOUNT, REGION
from tests.aws.settings import write

HERE = f"{REGION}:{ACCOUNT}"
TABLE = f"arn:aws:dynamodb:{HERE}:table/patients"


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.fixture
def table(aws):
    units = {"ReadCapacityUnits": 20, "WriteCapacityUnits": 10}
    do(aws, "dynamodb", "CreateTable", TableName="patients", **ID, ProvisionedThroughput=units)
    return target("AWS::DynamoDB::Table", "patients")


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        ("AWS::DynamoDB::Table", TABLE, "patients"),
        ("AWS::DynamoDB::Table", "patients", "patients"),
        ("AWS::DynamoDB::Table", f"{TABLE}/index/by-date", None),
        ("AWS::DynamoDB::Table", f"arn:aws:dynamodb:{HERE}:global-table/patients", None),
        ("AWS::DAX::Cluster", f"arn:aws:dax:{HERE}:cache/phi", "phi"),
        (
            "AWS::DynamoDB::AccountLimits",
            f"AWS::::Account:{ACCOUNT}",
            f"DynamoDB limits of {ACCOUNT} in {REGION}",
        ),
    ],
)
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name


def test_what_may_not_be_looked_at_is_not_absent(aws, table):
    class Shut(Answers):
        def call(self, call):
            raise CloudError("AccessDeniedException", "no", status=403, call=call)

    for name in (
        "aws.dynamodb.point-in-time-recovery",
        "aws.dynamodb.encryption",
        "aws.dynamodb.autoscaling",
    ):
        with pytest.raises(CloudError):
            setting(name).read(Shut(aws), table)


def test_turning_recovery_off_says_what_is_lost():
    one = setting("aws.dynamodb.point-in-time-recovery")
    on, off = {"PointInTimeRecoveryEnabled": True}, {"PointInTimeRecoveryEnabled": False}
    assert one.cannot_be_undone(off, on) == ""
    assert "with it goes every moment" in one.cannot_be_undone(on, off)
    assert one.same(on, {**on, "RecoveryPeriodInDays": 35})


def test_a_key_of_aws_is_told_from_one_of_yours(aws, table):
    name = "aws.dynamodb.encryption"
    assert setting(name).read(aws, table).absent
    mine = key(aws)
    assert write(aws, name, table, {"KMSMasterKeyArn": mine}) == {
        "KMSMasterKeyArn": mine,
        "KeyManager": "CUSTOMER",
    }
    theirs = {"SSEDescription": {"Status": "ENABLED", "KMSMasterKeyArn": mine}}
    by_aws = Answers(
        aws, DescribeTable={"Table": theirs}, DescribeKey={"KeyMetadata": {"KeyManager": "AWS", "Arn": mine}}
    )
    assert setting(name).read(by_aws, table).value["KeyManager"] == "AWS"
    (back,) = setting(name).calls(table, Reading(ABSENT), {"KMSMasterKeyArn": mine, "KeyManager": "AWS"})
    assert "KMSMasterKeyId" not in back.arguments["SSESpecification"]
    assert write(aws, name, table, ABSENT) is ABSENT


def test_the_key_lets_the_users_of_a_table_in_once():
    wanted = {
        "description": "d",
        "partition": "aws",
        "account": ACCOUNT,
        "through": f"dynamodb.{REGION}.amazonaws.com",
    }
    made = builders()["own_key_through"](ABSENT, wanted)
    through = statements(made["Policy"])[-1]
    assert through["Condition"]["StringEquals"]["kms:CallerAccount"] == ACCOUNT
    assert builders()["own_key_through"](made, wanted) == made


def test_half_of_a_scaling_rule_is_known_as_the_way_to_the_whole(aws, table):
    one = setting("aws.dynamodb.autoscaling")
    before = one.read(aws, table)
    after = builders()["with_autoscaling"](before.value, {"percent": 70, "most": 0})
    assert after["Read"] == {"MinCapacity": 20, "MaxCapacity": 200, "TargetValue": 70}
    calls = one.calls(table, before, after)
    passed = one.between(table, before.value, after)
    assert [call.operation for call in calls] == ["RegisterScalableTarget", "PutScalingPolicy"] * 2
    for call, value in zip(calls[:-1], passed, strict=True):
        aws.call(call)
        assert one.same(one.read(aws, table).value, value), call.operation
    aws.call(calls[-1])
    assert one.same(one.read(aws, table).value, after)
    # A rule of somebody's stays, and the other is added.
    assert builders()["with_autoscaling"](after, {"percent": 50, "most": 0}) == after
    with pytest.raises(ValueError, match="fewer than"):
        builders()["with_autoscaling"](before.value, {"percent": 70, "most": 15})


def test_the_accounts_use_counts_tables_and_indexes(aws, table):
    (limits,) = resource_type("AWS::DynamoDB::AccountLimits").list(aws, ACCOUNT, REGION, "aws")
    cloud = Answers(
        aws, DescribeLimits={"AccountMaxReadCapacityUnits": 25, "AccountMaxWriteCapacityUnits": 1000}
    )
    found = setting("aws.dynamodb.account-use").read(cloud, limits).value
    assert found["Read"] == {"Provisioned": 20, "Limit": 25, "Percent": 80}
    assert found["Write"]["Percent"] == 1


def test_what_is_not_there_is_absent(aws):
    for name, where in (
        ("aws.dynamodb.point-in-time-recovery", target("AWS::DynamoDB::Table", "nobody")),
        ("aws.dynamodb.encryption", target("AWS::DynamoDB::Table", "nobody")),
        ("aws.dynamodb.deletion-protection", target("AWS::DynamoDB::Table", "nobody")),
        ("aws.dynamodb.autoscaling", target("AWS::DynamoDB::Table", "nobody")),
        ("aws.dax.encryption", target("AWS::DAX::Cluster", "nobody")),
    ):
        assert setting(name).read(aws, where).absent, name


def test_what_is_chosen_at_creation_is_only_looked_at(aws):
    made = {"IamRoleArn": "arn:aws:iam::1:role/r", "NodeType": "dax.r5.large", "ReplicationFactor": 1}
    do(aws, "dax", "CreateCluster", ClusterName="phi", **made, SSESpecification={"Enabled": True})
    (cluster,) = resource_type("AWS::DAX::Cluster").list(aws, ACCOUNT, REGION, "aws")
    assert setting("aws.dax.encryption").read(aws, cluster).value == {"AtRest": True, "InTransit": False}
    with pytest.raises(ValueError, match="make a new one"):
        setting("aws.dax.encryption").calls(cluster, Reading({}), {})
