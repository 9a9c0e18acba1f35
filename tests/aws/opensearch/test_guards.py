"""Guards of OpenSearch domains: which can be encrypted or changed now, whom TLS refuses, and what slow logs hold."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type
from tests.aws.guards import Answers, allow, do, text, verdict
from tests.aws.server import ACCOUNT, REGION

PASS, WARN, BLOCK = Outcome.PASS, Outcome.WARN, Outcome.BLOCK
ENDPOINT = "aws.opensearch.endpoint"


@pytest.fixture
def domain(aws):
    do(aws, "opensearch", "CreateDomain", DomainName="phi-search", EngineVersion="OpenSearch_2.11")
    return resource_type("AWS::OpenSearchService::Domain").target("phi-search", ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("about", "outcome", "word"),
    [
        (
            {"EngineVersion": "OpenSearch_2.11", "ClusterConfig": {"InstanceCount": 3}},
            PASS,
            "encrypted in place",
        ),
        (
            {"EngineVersion": "Elasticsearch_6.7", "ClusterConfig": {"InstanceCount": 3}},
            PASS,
            "encrypted in place",
        ),
        ({"EngineVersion": "Elasticsearch_6.5"}, BLOCK, "6.7"),
        ({"EngineVersion": ""}, BLOCK, "does not know the engine"),
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
        ({"EnforceHTTPS": True, "TLSSecurityPolicy": "Policy-Min-TLS-1-2-2019-07"}, PASS, "already requires"),
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
