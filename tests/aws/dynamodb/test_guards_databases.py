"""Tables, caches and search domains: who would be shut out and what AWS would refuse is seen before a change."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.dynamodb.estate_databases import ID
from tests.aws.guards import Answers, allow, do, key, text, verdict
from tests.aws.server import ACCOUNT, REGION

PASS, WARN, BLOCK = Outcome.PASS, Outcome.WARN, Outcome.BLOCK
GB = 1024**3
ENDPOINT = "aws.opensearch.endpoint"


@pytest.fixture
def table(aws):
    do(aws, "dynamodb", "CreateTable", TableName="patients", **ID, BillingMode="PAY_PER_REQUEST")
    return resource_type("AWS::DynamoDB::Table").target("patients", ACCOUNT, REGION)


@pytest.fixture
def domain(aws):
    do(aws, "opensearch", "CreateDomain", DomainName="phi-search", EngineVersion="OpenSearch_2.11")
    return resource_type("AWS::OpenSearchService::Domain").target("phi-search", ACCOUNT, REGION)


@pytest.mark.parametrize(("held", "outcome"), [(100 * GB, PASS), (1000 * GB, WARN)])
def test_recovery_of_a_large_table_is_a_warning(aws, table, held, outcome):
    cloud = Answers(aws, DescribeTable={"Table": {"TableSizeBytes": held}})
    found, reason = verdict(cloud, "cost-of-size", table)
    assert found is outcome
    assert "USD a month" in reason


@pytest.mark.parametrize(("held", "outcome"), [(100 * GB, PASS), (2000 * GB, WARN)])
def test_backup_of_a_large_file_system_is_a_warning(aws, held, outcome):
    files = resource_type("AWS::EFS::FileSystem").target("fs-0123abcd", ACCOUNT, REGION)
    cloud = Answers(aws, DescribeFileSystems={"FileSystems": [{"SizeInBytes": {"Value": held}}]})
    assert verdict(cloud, "cost-of-size", files)[0] is outcome


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


@pytest.mark.parametrize(
    ("node", "outcome"), [("cache.r6g.large", PASS), ("cache.t3.small", WARN), ("cache.t1.micro", BLOCK)]
)
def test_a_node_without_snapshots_is_named(aws, node, outcome):
    group = resource_type("AWS::ElastiCache::ReplicationGroup").target("sessions", ACCOUNT, REGION)
    about = {"ReplicationGroupId": "sessions", "CacheNodeType": node, "SnapshotRetentionLimit": 0}
    cloud = Answers(aws, DescribeReplicationGroups={"ReplicationGroups": [about]})
    found, reason = verdict(cloud, "cache-snapshot-room", group)
    assert found is outcome
    assert node in reason


# Search domains --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("about", "outcome", "word"),
    [
        ({"EngineVersion": "OpenSearch_2.11", "ClusterConfig": {"InstanceCount": 3}}, PASS, "where it is"),
        ({"EngineVersion": "Elasticsearch_6.7", "ClusterConfig": {"InstanceCount": 3}}, PASS, "where it is"),
        ({"EngineVersion": "Elasticsearch_6.5"}, BLOCK, "6.7"),
        ({"EngineVersion": ""}, BLOCK, "not known"),
        ({"EngineVersion": "OpenSearch_1.3", "ClusterConfig": {"WarmEnabled": True}}, BLOCK, "UltraWarm"),
        (
            {"EngineVersion": "OpenSearch_1.3", "ClusterConfig": {"InstanceType": "t2.small.search"}},
            BLOCK,
            "t2",
        ),
        ({"EngineVersion": "OpenSearch_1.3", "ClusterConfig": {"InstanceCount": 1}}, WARN, "one node"),
    ],
)
def test_a_domain_that_cannot_be_encrypted_is_left_alone(aws, domain, about, outcome, word):
    cloud = Answers(aws, DescribeDomain={"DomainStatus": about})
    found, reason = verdict(cloud, "domain-can-encrypt", domain)
    assert found is outcome
    assert word in reason


@pytest.mark.parametrize(
    ("about", "outcome"), [({}, PASS), ({"Processing": True}, BLOCK), ({"Deleted": True}, BLOCK)]
)
def test_a_domain_takes_one_change_after_the_other(aws, domain, about, outcome):
    cloud = Answers(aws, DescribeDomain={"DomainStatus": {"DomainName": "phi-search", **about}})
    assert verdict(cloud, "domain-settled", domain)[0] is outcome


@pytest.mark.parametrize(
    ("before", "outcome", "word"),
    [
        ({"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"}, PASS, "come in today"),
        ({"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-0-2019-07"}, WARN, "TLS 1.0"),
        ({"EnforceHTTPS": False}, WARN, "http://"),
    ],
)
def test_clients_that_would_be_refused_are_spoken_of(aws, domain, before, outcome, word):
    status = {"DomainStatus": {"DomainName": "phi-search", "DomainEndpointOptions": before}}
    after = {"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-PFS-2023-10"}
    found, reason = verdict(
        Answers(aws, DescribeDomain=status), "plain-search-clients", domain, (ENDPOINT, after)
    )
    assert found is outcome
    assert word in reason


@pytest.mark.parametrize(("there", "outcome"), [(0, PASS), (8, WARN), (10, BLOCK)])
def test_a_region_takes_ten_log_resource_policies(aws, domain, there, outcome):
    for number in range(there):
        policy = text(allow({"Service": "es.amazonaws.com"}, "logs:PutLogEvents", "*"))
        do(aws, "logs", "PutResourcePolicy", policyName=f"p{number}", policyDocument=policy)
    ours = resource_type("AWS::Logs::ResourcePolicy").target("hipaa-tui-opensearch", ACCOUNT, REGION)
    change = ("aws.logs.resource-policy", json.dumps({"Statement": []}), ours)
    assert verdict(aws, "log-policy-room", domain, change)[0] is outcome


def test_slow_logs_are_as_secret_as_the_domain(aws, domain):
    group = {"CloudWatchLogsLogGroupArn": "arn:aws:logs:us-east-1:1:log-group:g", "Enabled": True}
    slow = ("aws.opensearch.logs", {"SEARCH_SLOW_LOGS": group})
    assert verdict(aws, "slow-logs-hold-queries", domain, slow)[0] is WARN
    errors = ("aws.opensearch.logs", {"ES_APPLICATION_LOGS": group})
    assert verdict(aws, "slow-logs-hold-queries", domain, errors)[0] is PASS
