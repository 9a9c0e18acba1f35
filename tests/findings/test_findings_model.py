"""A finding is the same finding wherever it is reported again."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, replace

import pytest

from hipaa_tui.findings.model import Finding
from hipaa_tui.findings.readers.fields import name_in

FINDING = Finding(
    provider="aws",
    account="012345678901",
    region="us-east-1",
    check="s3_bucket_secure_transport_policy",
    resource="arn:aws:s3:::phi-records",
    resource_name="phi-records",
    resource_type="AwsS3Bucket",
    title="t",
    detail="d",
    severity="medium",
    source="prowler-csv",
)


def test_the_fingerprint_never_changes_between_versions():
    """Journals and exceptions refer to it: this value is a promise."""
    assert FINDING.fingerprint == "45ecb65eb4dd"


@pytest.mark.parametrize("field", ["provider", "account", "region", "check", "resource"])
def test_another_identity_is_another_finding(field):
    assert replace(FINDING, **{field: "other"}).fingerprint != FINDING.fingerprint


@pytest.mark.parametrize("field", ["title", "detail", "severity", "source", "resource_name"])
def test_what_only_explains_makes_no_other_finding(field):
    assert replace(FINDING, **{field: "other"}).fingerprint == FINDING.fingerprint


def test_azure_ids_are_compared_without_case():
    arm = "/subscriptions/S/resourceGroups/RG/providers/Microsoft.Storage/storageAccounts/a"
    azure = replace(FINDING, provider="azure", resource=arm)
    assert azure.fingerprint == replace(azure, resource=arm.lower()).fingerprint
    upper = replace(FINDING, resource=FINDING.resource.upper())
    assert upper.fingerprint != FINDING.fingerprint


def test_a_finding_cannot_be_changed():
    with pytest.raises(FrozenInstanceError):
        FINDING.severity = "low"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("resource", "name"),
    [
        ("arn:aws:s3:::phi-records", "phi-records"),
        ("arn:aws:dynamodb:us-east-1:123456789012:table/patients", "patients"),
        ("arn:aws:lambda:us-east-1:123456789012:function:etl", "etl"),
        ("arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/etl:*", "/aws/lambda/etl"),
        ("arn:aws:sns:us-east-1:123456789012:alerts", "alerts"),
        ("arn:aws:iam::123456789012:role/service/etl", "service/etl"),
        ("arn:aws:s3:::", ""),
        ("AWS::::Account:123456789012", "123456789012"),
        ("/subscriptions/S/providers/Microsoft.Storage/storageAccounts/acct/", "acct"),
        ("AppInsights", "AppInsights"),
        ("///", "///"),
    ],
)
def test_a_resource_without_a_name_is_called_by_the_end_of_its_id(resource, name):
    assert name_in(resource) == name
