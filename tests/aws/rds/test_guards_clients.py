"""Guards of a database's clients: who connects from outside the network, and who connects without TLS."""

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


def found(type: str, name: str) -> Any:
    return resource_type(type).target(name, ACCOUNT, REGION)


DATABASE = found("AWS::RDS::DBInstance", "phi-db")


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
