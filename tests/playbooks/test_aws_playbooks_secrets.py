"""Secrets are looked at, and never read."""

import json

from aws_estates.secrets import build
from aws_server import ACCOUNT, REGION

from hipaa_tui.plans.scan import Place, scan
from hipaa_tui.playbooks.load import load
from hipaa_tui.settings.registry import resource_type

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
