"""Guards of RDS databases and snapshots: pending changes, maintenance windows, costs, and who restores a snapshot."""

from __future__ import annotations

from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, verdict
from tests.aws.server import ACCOUNT, REGION

PASS, WARN, BLOCK = Outcome.PASS, Outcome.WARN, Outcome.BLOCK
AT_REST = {"DBInstanceIdentifier": "phi-db", "DBInstanceStatus": "available", "Engine": "postgres"}
WAITS = {"PendingModifiedValues": {"DBInstanceClass": "db.r6g.large"}}
BACKUP = "aws.rds.instance-backup-retention"
WINDOW = {"PreferredMaintenanceWindow": "sun:05:00-sun:05:30"}


def found(type: str, name: str) -> Any:
    return resource_type(type).target(name, ACCOUNT, REGION)


DATABASE = found("AWS::RDS::DBInstance", "phi-db")
SNAPSHOT = found("AWS::RDS::DBSnapshot", "phi-snap")


def said(aws: Any, guard: str, about: dict[str, Any], *changes: Any, **given: Any) -> tuple[Outcome, str]:
    """What a guard says of the instance "phi-db" as DescribeDBInstances is made to tell of it."""
    cloud = Answers(aws, DescribeDBInstances={"DBInstances": [{**AT_REST, **about}]})
    return verdict(cloud, guard, DATABASE, *changes, **given)


@pytest.mark.parametrize(
    ("about", "after", "outcome", "word"),
    [
        ({}, {"MultiAZ": True}, PASS, "available"),
        ({"DBInstanceStatus": "modifying"}, {"MultiAZ": True}, BLOCK, "modifying"),
        ({"DBInstanceStatus": "stopped"}, {"MultiAZ": True}, BLOCK, "stopped"),
        (WAITS, {"MultiAZ": True}, WARN, "DBInstanceClass"),
        (WAITS, {"MultiAZ": True, "ApplyImmediately": True}, BLOCK, "apply_immediately=false"),
        (
            {"PendingModifiedValues": {"MultiAZ": True}},
            {"MultiAZ": True, "ApplyImmediately": True},
            PASS,
            "no other pending changes",
        ),
    ],
)
def test_a_database_takes_one_change_after_the_other_and_no_one_elses(aws, about, after, outcome, word):
    change = ("aws.rds.instance-multi-az", after)
    verdict_, reason = said(aws, "database-settled", about, change)
    assert verdict_ is outcome
    assert word in reason


@pytest.mark.parametrize(("engine", "outcome"), [("mysql", BLOCK), ("aurora-mysql", PASS)])
def test_a_member_of_a_multi_az_cluster_is_changed_with_its_cluster_only(aws, engine, outcome):
    about = {"DBClusterIdentifier": "clinics", "Engine": engine}
    change = ("aws.rds.instance-public-access", {"PubliclyAccessible": False})
    assert said(aws, "database-settled", about, change)[0] is outcome


@pytest.mark.parametrize(
    ("have", "change", "outcome", "word"),
    [
        (0, (BACKUP, {"BackupRetentionPeriod": 7}), WARN, "sun:05:00-sun:05:30"),
        (0, (BACKUP, {"BackupRetentionPeriod": 7, "ApplyImmediately": True}), WARN, "I/O is suspended"),
        (3, (BACKUP, {"BackupRetentionPeriod": 7}), PASS, "immediately"),
        (3, ("aws.rds.instance-multi-az", {"MultiAZ": True}), WARN, "unverified until then"),
        (3, ("aws.rds.instance-multi-az", {"MultiAZ": True, "ApplyImmediately": True}), WARN, "slower"),
        (3, ("aws.rds.instance-minor-upgrades", {"AutoMinorVersionUpgrade": True}), WARN, "will restart it"),
    ],
)
def test_what_waits_for_the_window_is_told_from_what_does_not(aws, have, change, outcome, word):
    about = {**WINDOW, "BackupRetentionPeriod": have}
    verdict_, reason = said(aws, "database-window", about, change)
    assert verdict_ is outcome
    assert word in reason


@pytest.mark.parametrize(
    ("engine", "change", "outcome"),
    [
        ("postgres", (), PASS),
        ("postgres", (("aws.rds.instance-multi-az", {"MultiAZ": True}),), WARN),
        ("sqlserver-ex", (("aws.rds.instance-multi-az", {"MultiAZ": True}),), BLOCK),
    ],
)
def test_a_standby_says_its_price(aws, engine, change, outcome):
    assert said(aws, "standby-cost", {"Engine": engine}, *change)[0] is outcome


@pytest.mark.parametrize(
    ("engine", "version", "outcome"),
    [
        ("postgres", "16.3", PASS),
        ("aurora-mysql", "8.0.mysql_aurora.3.05.2", PASS),
        ("mariadb", "10.6.14", PASS),
        ("mariadb", "10.5.20", BLOCK),
        ("oracle-ee", "19.0", BLOCK),
    ],
)
def test_login_by_iam_is_offered_where_the_engine_has_it(aws, engine, version, outcome):
    about = {"Engine": engine, "EngineVersion": version}
    assert said(aws, "iam-login-engine", about)[0] is outcome


def test_logs_with_whole_queries_are_spoken_of(aws):
    about = {"DBParameterGroups": [{"DBParameterGroupName": "clinic"}]}
    for value, outcome in (("none", PASS), ("all", WARN)):
        parameters = [{"ParameterName": "log_statement", "ParameterValue": value}]
        cloud = Answers(
            aws,
            DescribeDBInstances={"DBInstances": [{**AT_REST, **about}]},
            DescribeDBParameters={"Parameters": parameters},
        )
        assert verdict(cloud, "database-logs-hold-queries", DATABASE)[0] is outcome
    member = {"DBClusterIdentifier": "clinics", "Engine": "aurora-postgresql"}
    assert said(aws, "database-logs-hold-queries", member)[0] is WARN


@pytest.mark.parametrize(
    ("named", "outcome", "word"), [(["210987654321"], PASS, "210987654321"), ([], WARN, "no named account")]
)
def test_the_accounts_that_keep_a_snapshot_are_named(aws, named, outcome, word):
    result = {"DBSnapshotAttributes": [{"AttributeName": "restore", "AttributeValues": ["all", *named]}]}
    cloud = Answers(aws, DescribeDBSnapshotAttributes={"DBSnapshotAttributesResult": result})
    change = ("aws.rds.snapshot-sharing", {"Restore": named})
    verdict_, reason = verdict(cloud, "snapshot-restorers", SNAPSHOT, change)
    assert verdict_ is outcome
    assert word in reason
