"""Domains of OpenSearch: ids, encryption, logs, the endpoint, and who reaches them."""

from __future__ import annotations

import pytest

from hipaa_tui.providers.model import Reading
from hipaa_tui.providers.registry import builders, resource_type, setting
from tests.aws.guards import Answers, do
from tests.aws.server import ACCOUNT, REGION
from tests.aws.settings import write

HERE = f"{REGION}:{ACCOUNT}"


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


@pytest.mark.parametrize(
    ("kind", "id", "name"),
    [
        ("AWS::OpenSearchService::Domain", f"arn:aws:es:{HERE}:domain/phi-search", "phi-search"),
        ("AWS::OpenSearchService::Domain", "phi-search", "phi-search"),
        ("AWS::OpenSearchService::Domain", "Phi Search", None),
    ],
)
def test_the_ids_that_scanners_report_are_understood(kind, id, name):
    found = target(kind, id)
    assert (found.name if found else None) == name


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


def test_what_is_not_there_is_absent(aws):
    for name, where in (
        ("aws.opensearch.endpoint", target("AWS::OpenSearchService::Domain", "nobody")),
        ("aws.opensearch.reach", target("AWS::OpenSearchService::Domain", "nobody")),
    ):
        assert setting(name).read(aws, where).absent, name
