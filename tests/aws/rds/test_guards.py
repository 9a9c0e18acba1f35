"""Databases and warehouses: what is under way, who would be shut out and what it costs is seen before a change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, do, verdict
from tests.aws.rds.estate import SECRET
from tests.aws.server import ACCOUNT, REGION

PASS, WARN, BLOCK = Outcome.PASS, Outcome.WARN, Outcome.BLOCK
AT_REST = {"DBInstanceIdentifier": "phi-db", "DBInstanceStatus": "available", "Engine": "postgres"}
WAITS = {"PendingModifiedValues": {"DBInstanceClass": "db.r6g.large"}}
BACKUP = "aws.rds.instance-backup-retention"
WINDOW = {"PreferredMaintenanceWindow": "sun:05:00-sun:05:30"}


def found(type: str, name: str) -> Any:
    return resource_type(type).target(name, ACCOUNT, REGION)


DATABASE = found("AWS::RDS::DBInstance", "phi-db")
WAREHOUSE = found("AWS::Redshift::Cluster", "dw")
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
            "nothing else",
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


@pytest.mark.parametrize(("status", "outcome"), [("available", PASS), ("paused", BLOCK)])
def test_a_warehouse_that_is_paused_takes_no_change(aws, status, outcome):
    cloud = Answers(aws, DescribeClusters={"Clusters": [{"ClusterStatus": status}]})
    change = ("aws.redshift.upgrades", {"AllowVersionUpgrade": True})
    assert verdict(cloud, "database-settled", WAREHOUSE, change)[0] is outcome


@pytest.mark.parametrize(
    ("have", "change", "outcome", "word"),
    [
        (0, (BACKUP, {"BackupRetentionPeriod": 7}), WARN, "sun:05:00-sun:05:30"),
        (0, (BACKUP, {"BackupRetentionPeriod": 7, "ApplyImmediately": True}), WARN, "reads and writes stop"),
        (3, (BACKUP, {"BackupRetentionPeriod": 7}), PASS, "at once"),
        (3, ("aws.rds.instance-multi-az", {"MultiAZ": True}), WARN, "not verified until then"),
        (3, ("aws.rds.instance-multi-az", {"MultiAZ": True, "ApplyImmediately": True}), WARN, "slower"),
        (3, ("aws.rds.instance-minor-upgrades", {"AutoMinorVersionUpgrade": True}), WARN, "restarts"),
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
    ("named", "outcome", "word"), [(["210987654321"], PASS, "210987654321"), ([], WARN, "no account")]
)
def test_the_accounts_that_keep_a_snapshot_are_named(aws, named, outcome, word):
    result = {"DBSnapshotAttributes": [{"AttributeName": "restore", "AttributeValues": ["all", *named]}]}
    cloud = Answers(aws, DescribeDBSnapshotAttributes={"DBSnapshotAttributesResult": result})
    change = ("aws.rds.snapshot-sharing", {"Restore": named})
    verdict_, reason = verdict(cloud, "snapshot-restorers", SNAPSHOT, change)
    assert verdict_ is outcome
    assert word in reason


# Clients ---------------------------------------------------------------------------------------------


@pytest.fixture
def open_database(aws):
    """A public database whose security group lets a partner's network in."""
    group = do(aws, "ec2", "CreateSecurityGroup", GroupName="db", Description="db")["GroupId"]
    rule = {"IpProtocol": "tcp", "FromPort": 5432, "ToPort": 5432, "IpRanges": [{"CidrIp": "198.18.0.0/15"}]}
    inside = {**rule, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}
    do(aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[inside])
    login = {"MasterUsername": "root1", "MasterUserPassword": SECRET}
    size = {"Engine": "postgres", "DBInstanceClass": "db.t3.micro", "AllocatedStorage": 20}
    do(
        aws,
        "rds",
        "CreateDBInstance",
        DBInstanceIdentifier="phi-db",
        **size,
        **login,
        VpcSecurityGroupIds=[group],
    )
    return group, rule


def connected(aws: Any, count: float) -> None:
    data = {
        "MetricName": "DatabaseConnections",
        "Dimensions": [{"Name": "DBInstanceIdentifier", "Value": "phi-db"}],
        "Value": count,
        "Timestamp": (datetime.now(UTC) - timedelta(hours=1)).isoformat(),
    }
    do(aws, "cloudwatch", "PutMetricData", Namespace="AWS/RDS", MetricData=[data])


def test_clients_from_outside_are_looked_for_before_the_address_goes(aws, open_database):
    group, rule = open_database
    guard = "outside-database-clients"
    assert verdict(aws, guard, DATABASE)[0] is PASS
    rule["IpRanges"] = [{"CidrIp": "8.8.8.0/24"}]
    do(aws, "ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])
    outcome, reason = verdict(aws, guard, DATABASE)
    assert outcome is WARN
    assert "no figures" in reason
    connected(aws, 0)
    assert verdict(aws, guard, DATABASE)[0] is PASS
    connected(aws, 12)
    outcome, reason = verdict(aws, guard, DATABASE)
    assert outcome is BLOCK
    assert "8.8.8.0/24" in reason
    assert "clients_checked=true" in reason
    assert verdict(aws, guard, DATABASE, parameters={"clients_checked": True})[0] is WARN


@pytest.mark.parametrize(
    ("group", "others", "checked", "expected"),
    [
        ("default.postgres16", [], False, (WARN, "next reboot")),
        ("clinic", [], False, (WARN, "pg_stat_ssl")),
        ("clinic", ["second"], False, (BLOCK, "second")),
        ("clinic", ["second"], True, (WARN, "second")),
    ],
)
def test_whoever_shares_the_parameter_group_is_asked_too(aws, group, others, checked, expected):
    outcome, word = expected
    after = group if group == "clinic" else "hipaa-tui-tls-phi-db"
    members = [
        {**AT_REST, "DBInstanceIdentifier": name, "DBParameterGroups": [{"DBParameterGroupName": group}]}
        for name in ("phi-db", *others)
    ]
    cloud = Answers(
        aws,
        DescribeDBInstances={"DBInstances": members},
        DescribeDBParameterGroups={"DBParameterGroups": [{"DBParameterGroupFamily": "postgres16"}]},
        DescribeDBParameters={"Parameters": []},
    )
    change = ("aws.rds.instance-transport", {"Group": after, "Value": "1"})
    verdict_, reason = verdict(
        cloud, "plain-database-clients", DATABASE, change, parameters={"clients_checked": checked}
    )
    assert verdict_ is outcome
    assert word in reason
    assert verdict(cloud, "plain-database-clients", DATABASE)[0] is PASS


@pytest.mark.parametrize(("others", "outcome"), [([], WARN), (["second"], BLOCK)])
def test_whoever_shares_a_clusters_parameter_group_is_asked_too(aws, others, outcome):
    about = {"Engine": "aurora-mysql", "DBClusterParameterGroup": "clinic", "Status": "available"}
    clusters = [{**about, "DBClusterIdentifier": name} for name in ("clinics", *others)]
    cloud = Answers(
        aws,
        DescribeDBClusters={"DBClusters": clusters},
        DescribeDBClusterParameterGroups={"DBClusterParameterGroups": [{}]},
        DescribeDBClusterParameters={"Parameters": []},
    )
    change = ("aws.rds.cluster-transport", {"Group": "clinic", "Value": "ON"})
    where = found("AWS::RDS::DBCluster", "clinics")
    assert verdict(cloud, "plain-database-clients", where, change)[0] is outcome
    assert verdict(cloud, "database-settled", where, change)[0] is PASS


# Warehouses ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "outcome", "word"),
    [
        ({"NodeType": "ra3.xlplus"}, WARN, "restarts"),
        ({"NodeType": "dc2.large"}, WARN, "only reads"),
        ({"ClusterSnapshotCopyStatus": {"DestinationRegion": "eu-west-1"}}, BLOCK, "eu-west-1"),
        ({"HsmStatus": {"Status": "active"}}, BLOCK, "HSM"),
    ],
)
def test_a_warehouse_that_cannot_be_encrypted_as_it_is_is_left_alone(aws, about, outcome, word):
    cloud = Answers(aws, DescribeClusters={"Clusters": [{"ClusterStatus": "available", **about}]})
    verdict_, reason = verdict(cloud, "cluster-can-encrypt", WAREHOUSE)
    assert verdict_ is outcome
    assert word in reason


def test_a_vpc_without_a_way_to_s3_is_not_routed_through(aws):
    vpc = do(aws, "ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    cloud = Answers(aws, DescribeClusters={"Clusters": [{"VpcId": vpc}]})
    guard = "routes-to-storage"
    outcome, reason = verdict(cloud, guard, WAREHOUSE)
    assert outcome is BLOCK
    assert "routes_checked=true" in reason
    assert verdict(cloud, guard, WAREHOUSE, parameters={"routes_checked": True})[0] is WARN
    subnet = do(aws, "ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    do(aws, "ec2", "CreateNatGateway", SubnetId=subnet, ConnectivityType="private")
    assert verdict(cloud, guard, WAREHOUSE)[0] is WARN
    do(aws, "ec2", "CreateVpcEndpoint", VpcId=vpc, ServiceName=f"com.amazonaws.{REGION}.s3")
    assert verdict(cloud, guard, WAREHOUSE)[0] is PASS
    nowhere = Answers(aws, DescribeClusters={"Clusters": [{"ClusterStatus": "available"}]})
    assert verdict(nowhere, guard, WAREHOUSE)[0] is WARN
