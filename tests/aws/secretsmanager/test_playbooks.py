"""Secrets are looked at, and never read."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import Answers, do
from tests.aws.secretsmanager.estate import build
from tests.aws.server import ACCOUNT, REGION

MONTHLY = {"RotationEnabled": True, "RotationRules": {"AutomaticallyAfterDays": 30}}
PLACES = [Place("aws", ACCOUNT, REGION)]


def test_a_secret_without_rotation_is_found_and_its_value_told_nowhere(aws):
    build(aws)
    ours = [one for one in load().playbooks.values() if one.id.startswith("aws.secretsmanager.")]
    seen = scan(ours, PLACES, {"aws": aws})
    assert seen.problems == ()
    found = sorted((one.check, one.resource_name.rpartition("-")[0]) for one in seen.findings)
    assert found == [
        ("aws.secretsmanager.own-key", "db-pass"),
        ("aws.secretsmanager.rotation", "db-pass"),
        ("aws.secretsmanager.rotation", "kept"),
    ]
    assert "hunter" not in json.dumps([[one.title, one.detail] for one in seen.findings])


def test_a_secret_is_known_by_its_arn_and_nothing_else_is():
    kind = resource_type("AWS::SecretsManager::Secret")
    arn = f"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:app/db-pass-AbCdEf"
    assert kind.target(arn, ACCOUNT, REGION).id == arn
    assert kind.target(f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1", ACCOUNT, REGION) is None


@pytest.mark.parametrize(
    ("check", "days", "said"),
    [
        ("aws.secretsmanager.unused", {"LastAccessedDate": 91, "LastRotatedDate": 1}, True),
        ("aws.secretsmanager.unused", {"LastAccessedDate": 90, "LastRotatedDate": 300}, False),
        ("aws.secretsmanager.unused", {"CreatedDate": 91}, True),
        ("aws.secretsmanager.unused", {"CreatedDate": 400, "PrimaryRegion": "eu-west-1"}, False),
        ("aws.secretsmanager.unused", {"CreatedDate": 400, "OwningService": "rds"}, False),
        ("aws.secretsmanager.unused", {"CreatedDate": 400, "DeletedDate": 1}, False),
        ("aws.secretsmanager.unchanged", {"LastAccessedDate": 1, "LastRotatedDate": 91}, True),
        ("aws.secretsmanager.unchanged", {"CreatedDate": 400, "LastRotatedDate": 89}, False),
        ("aws.secretsmanager.unchanged", {"CreatedDate": 400}, True),
        ("aws.secretsmanager.unchanged", {"LastRotatedDate": 40, **MONTHLY}, True),
        ("aws.secretsmanager.unchanged", {"LastRotatedDate": 30, **MONTHLY}, False),
        ("aws.secretsmanager.unchanged", {"CreatedDate": 50, "NextRotationDate": 3, **MONTHLY}, True),
        ("aws.secretsmanager.unchanged", {"CreatedDate": 50, "NextRotationDate": -3, **MONTHLY}, False),
        ("aws.secretsmanager.unchanged", {"CreatedDate": 400, "OwningService": "rds"}, True),
        ("aws.secretsmanager.unchanged", {"CreatedDate": 400, "PrimaryRegion": "eu-west-1"}, False),
    ],
)
def test_a_secret_that_nobody_reads_or_exchanges_is_found(aws, check, days, said):
    """moto makes every secret today and remembers no reading, so what is said of it is told here."""
    secret = do(aws, "secretsmanager", "CreateSecret", Name="db-pass", SecretString="hunter2hunter2")
    ago = {
        name: (datetime.now(UTC) - timedelta(days=value)).isoformat() if name.endswith("Date") else value
        for name, value in {"CreatedDate": 500, **days}.items()
    }
    cloud = Answers(aws, DescribeSecret={"ARN": secret["ARN"], "Name": "db-pass", **ago})
    seen = scan([load().get(check)], PLACES, {"aws": cloud})
    assert seen.problems == ()
    assert [one.resource for one in seen.findings] == ([secret["ARN"]] if said else [])


def test_a_new_secret_is_neither_unused_nor_unchanged(aws):
    build(aws)
    ours = [load().get(f"aws.secretsmanager.{name}") for name in ("unused", "unchanged")]
    assert scan(ours, PLACES, {"aws": aws}).findings == ()


def test_days_cannot_be_written():
    with pytest.raises(ValueError, match="a person's to say"):
        setting("aws.secretsmanager.age").write(None, None, {})
