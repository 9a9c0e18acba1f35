"""DynamoDB, ElastiCache, OpenSearch and EFS: odd ids, half-done states, and what is never taken back."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.policies.documents import statements
from hipaa_tui.providers.model import CloudError, Reading
from hipaa_tui.providers.registry import builders, resource_type, setting
from hipaa_tui.support.json_value import ABSENT
from tests.aws.dynamodb.estate_databases import ID
from tests.aws.guards import Answers, do, key
from tests.aws.server import ACCOUNT, REGION

HERE = f"{REGION}:{ACCOUNT}"
TABLE = f"arn:aws:dynamodb:{HERE}:table/patients"


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


def write(aws, name, where, after):
    """The calls to `after`, made, and what stands there then."""
    one = setting(name)
    for call in one.calls(where, one.read(aws, where), after):
        aws.call(call)
    return one.read(aws, where).value


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
        ("AWS::EFS::FileSystem", f"arn:aws:elasticfilesystem:{HERE}:file-system/fs-0123abcd", "fs-0123abcd"),
        ("AWS::EFS::FileSystem", f"arn:aws:elasticfilesystem:{HERE}:access-point/fsap-1", None),
        ("AWS::FSx::FileSystem", f"arn:aws:fsx:{HERE}:file-system/fs-0123abcd", "fs-0123abcd"),
        ("AWS::ElastiCache::ReplicationGroup", f"arn:aws:elasticache:{HERE}:replicationgroup:s", "s"),
        ("AWS::ElastiCache::ReplicationGroup", f"arn:aws:elasticache:{HERE}:cluster:s-001", None),
        ("AWS::OpenSearchService::Domain", f"arn:aws:es:{HERE}:domain/phi-search", "phi-search"),
        ("AWS::OpenSearchService::Domain", "phi-search", "phi-search"),
        ("AWS::OpenSearchService::Domain", "Phi Search", None),
        ("AWS::Backup::BackupVault", f"arn:aws:backup:{HERE}:backup-vault:clinic", "clinic"),
        ("AWS::Backup::BackupVault", f"arn:aws:backup:{HERE}:recovery-point:1", None),
        ("AWS::Backup::BackupPlan", f"arn:aws:backup:{HERE}:backup-plan", "hipaa-tui-phi"),
        ("AWS::Backup::BackupPlan", f"arn:aws:backup:{HERE}:backup-plan:1-2", "1-2"),
        ("AWS::Backup::BackupSelection", "hipaa-tui-phi/by-tag", "hipaa-tui-phi/by-tag"),
        ("AWS::Logs::ResourcePolicy", "with space", None),
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


def test_what_is_not_there_is_absent(aws):
    for name, where in (
        ("aws.dynamodb.point-in-time-recovery", target("AWS::DynamoDB::Table", "nobody")),
        ("aws.dynamodb.encryption", target("AWS::DynamoDB::Table", "nobody")),
        ("aws.dynamodb.deletion-protection", target("AWS::DynamoDB::Table", "nobody")),
        ("aws.dynamodb.autoscaling", target("AWS::DynamoDB::Table", "nobody")),
        ("aws.elasticache.snapshot-retention", target("AWS::ElastiCache::ReplicationGroup", "nobody")),
        ("aws.elasticache.encryption", target("AWS::ElastiCache::ReplicationGroup", "nobody")),
        ("aws.opensearch.endpoint", target("AWS::OpenSearchService::Domain", "nobody")),
        ("aws.opensearch.reach", target("AWS::OpenSearchService::Domain", "nobody")),
        ("aws.efs.encryption", target("AWS::EFS::FileSystem", "fs-0123abcd")),
        ("aws.dax.encryption", target("AWS::DAX::Cluster", "nobody")),
    ):
        assert setting(name).read(aws, where).absent, name


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


def test_encryption_of_a_domain_is_one_call_and_never_taken_back(aws):
    do(aws, "opensearch", "CreateDomain", DomainName="phi-search", EngineVersion="OpenSearch_2.11")
    where = target("AWS::OpenSearchService::Domain", "phi-search")
    one = setting("aws.opensearch.encryption")
    before = one.read(aws, where)
    after = builders()["with_domain_encryption"](before.value, {"key": "arn:k/1"})
    (call,) = one.calls(where, before, after)
    assert set(call.arguments) == {"DomainName", "EncryptionAtRestOptions", "NodeToNodeEncryptionOptions"}
    assert one.same(write(aws, "aws.opensearch.encryption", where, after), {**after, "KmsKeyId": "1"})
    assert one.cannot_be_undone(before.value, after)
    with pytest.raises(ValueError, match="never"):
        one.calls(where, one.read(aws, where), before.value)


def test_logs_that_go_elsewhere_stay_there(aws):
    do(aws, "opensearch", "CreateDomain", DomainName="phi-search", EngineVersion="OpenSearch_2.11")
    where = target("AWS::OpenSearchService::Domain", "phi-search")
    theirs = {"CloudWatchLogsLogGroupArn": f"arn:aws:logs:{HERE}:log-group:theirs:*", "Enabled": True}
    write(aws, "aws.opensearch.logs", where, {"AUDIT_LOGS": theirs, "SEARCH_SLOW_LOGS": theirs})
    one = setting("aws.opensearch.logs")
    kinds = ["SEARCH_SLOW_LOGS", "INDEX_SLOW_LOGS"]
    after = builders()["with_domain_logs"](one.read(aws, where).value, {"group": "arn:ours", "kinds": kinds})
    assert after["SEARCH_SLOW_LOGS"] == after["AUDIT_LOGS"] == theirs
    (call,) = one.calls(where, one.read(aws, where), after)
    assert set(call.arguments["LogPublishingOptions"]) == {
        "AUDIT_LOGS",
        "SEARCH_SLOW_LOGS",
        "INDEX_SLOW_LOGS",
    }
    (back,) = one.calls(where, Reading(after), {"AUDIT_LOGS": theirs})
    assert back.arguments["LogPublishingOptions"]["INDEX_SLOW_LOGS"] == {"Enabled": False}
    with pytest.raises(ValueError, match="has the logs"):
        builders()["with_domain_logs"]({}, {"group": "g", "kinds": ["OTHER"]})


def test_a_custom_endpoint_is_said_again(aws):
    where = target("AWS::OpenSearchService::Domain", "phi-search")
    named = {
        "CustomEndpointEnabled": True,
        "CustomEndpoint": "s.example.org",
        "CustomEndpointCertificateArn": "c",
    }
    status = {
        "DomainStatus": {
            "DomainName": "phi-search",
            "DomainEndpointOptions": {"EnforceHTTPS": False, **named},
        }
    }
    one = setting("aws.opensearch.endpoint")
    before = one.read(Answers(aws, DescribeDomain=status), where)
    (call,) = one.calls(where, before, {"EnforceHTTPS": True})
    assert call.arguments["DomainEndpointOptions"] == {"EnforceHTTPS": True, **named}


@pytest.mark.parametrize(
    ("status", "reach"),
    [
        ({"VPCOptions": {"SubnetIds": ["s-1"]}}, {"InVpc": True, "Public": False}),
        ({"AccessPolicies": ""}, {"InVpc": False, "Public": False}),
        (
            {"AccessPolicies": '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "es:*"}}'},
            {"InVpc": False, "Public": True},
        ),
    ],
)
def test_who_reaches_a_domain_is_told(aws, status, reach):
    where = target("AWS::OpenSearchService::Domain", "phi-search")
    cloud = Answers(aws, DescribeDomain={"DomainStatus": status})
    assert setting("aws.opensearch.reach").read(cloud, where).value == reach


def test_fewer_days_of_snapshots_delete_some():
    one = setting("aws.elasticache.snapshot-retention")
    few, many = {"SnapshotRetentionLimit": 1}, {"SnapshotRetentionLimit": 15}
    assert one.cannot_be_undone(few, many) == ""
    assert "older than 1 days" in one.cannot_be_undone(many, few)
    assert (
        builders()["snapshots_at_least"]({"SnapshotRetentionLimit": 20}, {"days": 15})[
            "SnapshotRetentionLimit"
        ]
        == 20
    )


@pytest.mark.parametrize(
    ("about", "source"),
    [
        ({"SnapshotRetentionLimit": 0}, "s-002"),
        ({"SnapshotRetentionLimit": 0, "NodeGroups": []}, "s-001"),
        ({"SnapshotRetentionLimit": 0, "ClusterEnabled": True}, None),
        ({"SnapshotRetentionLimit": 3}, None),
    ],
)
def test_the_first_snapshots_are_taken_of_a_replica(aws, about, source):
    roles = {"s-001": "primary", "s-002": "replica"}
    nodes = [{"CacheClusterId": id, "CurrentRole": role} for id, role in roles.items()]
    group = {"NodeGroups": [{"NodeGroupMembers": nodes}], "MemberClusters": list(roles), **about}
    where = target("AWS::ElastiCache::ReplicationGroup", "s")
    one = setting("aws.elasticache.snapshot-retention")
    before = one.read(Answers(aws, DescribeReplicationGroups={"ReplicationGroups": [group]}), where)
    (call,) = one.calls(where, before, {"SnapshotRetentionLimit": 15})
    assert call.arguments.get("SnapshottingClusterId") == source


def test_what_is_chosen_at_creation_is_only_looked_at(aws):
    made = {"IamRoleArn": "arn:aws:iam::1:role/r", "NodeType": "dax.r5.large", "ReplicationFactor": 1}
    do(aws, "dax", "CreateCluster", ClusterName="phi", **made, SSESpecification={"Enabled": True})
    (cluster,) = resource_type("AWS::DAX::Cluster").list(aws, ACCOUNT, REGION, "aws")
    assert setting("aws.dax.encryption").read(aws, cluster).value == {"AtRest": True, "InTransit": False}
    do(aws, "efs", "CreateFileSystem", CreationToken="phi")
    (files,) = resource_type("AWS::EFS::FileSystem").list(aws, ACCOUNT, REGION, "aws")
    assert setting("aws.efs.encryption").read(aws, files).value == {"Encrypted": False}
    for name, where in (("aws.dax.encryption", cluster), ("aws.efs.encryption", files)):
        with pytest.raises(ValueError, match="make a new one"):
            setting(name).calls(where, Reading({}), {})
