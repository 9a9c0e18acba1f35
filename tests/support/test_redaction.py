"""A secret is taken out wherever it stands, and what only sounds like one stays as it is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hipaa_tui.support.redaction import redact, redact_text, secrets_in
from hipaa_tui.support.redaction.values import DEEPEST

DATA = Path(__file__).parents[1] / "data" / "prowler"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJwYXRpZW50cyJ9.c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA\n-----END RSA PRIVATE KEY-----"
AWS_ID = "AKIA" + "IOSFODNN7EXAMPLE"
AWS_SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
GITHUB = "ghp_" + "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8"
SLACK = "xoxb-" + "123456789012-abcdefGHIJKL"
STRIPE = "sk_live_" + "abcdEFGHijklMNOP1234"
ENTRA = "abc8Q~" + "defghijklmnopqrstuvwxyz0123456789a"


@pytest.mark.parametrize(
    ("text", "secret", "kind"),
    [
        ("variable DB_PASSWORD=hunter2 found", "hunter2", "password"),
        ('{"DB_PASSWORD": "hunter2"}', "hunter2", "password"),
        (r'{"body": "{\"db_password\": \"hunter2\"}"}', "hunter2", "password"),
        ("dbPassword: hunter2", "hunter2", "password"),
        ("Server=tcp:x;User Id=sa;Password=p w;Encrypt=true".replace("p w", "p@w!"), "p@w!", "password"),
        ("SMTP_PASS='it\\'s mine' and more", "it\\'s mine", "password"),
        ('password="cut off in the mid', "cut off", "password"),
        ("AccountName=phi;AccountKey=abcd/efgh+ijkl==;EndpointSuffix=core", "abcd/efgh+ijkl==", "key"),
        ("Endpoint=sb://x/;SharedAccessKeyName=Root;SharedAccessKey=abc123=", "abc123=", "key"),
        ("postgres://etl:hunter2@db.local/phi", "hunter2", "password"),
        ("postgres://etl:hun@ter/2@db.local/phi", "hun@ter/2", "password"),
        ("https://user:hunter2@git.example.org/x.git", "hunter2", "password"),
        ("https://a.blob.core.windows.net/c?sv=2&sig=abCD12%2Fefgh%3D&se=2030-01-01", "abCD12%2Fefgh%3D", "signature"),
        ("https://b.s3.amazonaws.com/k?X-Amz-Signature=0123456789abcdef", "0123456789abcdef", "signature"),
        (f"key {AWS_ID} is old", AWS_ID, "access key id"),
        (f"{AWS_ID},{AWS_SECRET}", AWS_SECRET, "secret access key"),
        (f"the secret access key is {AWS_SECRET}.", AWS_SECRET, "secret access key"),
        (f"aws_secret_access_key = {AWS_SECRET}", AWS_SECRET, "secret access key"),
        (f"AWS_SESSION_TOKEN={'FwoGZXIvYXdz' * 4}", "FwoGZXIvYXdz", "token"),
        (f"got {JWT} back", JWT, "token"),
        (f"key:\n{PEM}\nend", "MIIEowIBAAKCAQEA", "private key"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXk", "b3BlbnNzaC1rZXk", "private key"),
        (f"clone with {GITHUB}", GITHUB, "token"),
        (f"posted by {SLACK}", SLACK, "token"),
        (f"charged by {STRIPE}", STRIPE, "key"),
        (f"client {ENTRA} expires", ENTRA, "secret"),
        ("Authorization: Bearer abc.123-def", "abc.123-def", "authorization header"),
        ("curl -H 'Authorization: Basic ZXRsOmh1bnRlcjI=' x", "ZXRsOmh1bnRlcjI=", "authorization header"),
        ("sent Basic ZXRsOmh1bnRlcjI= there", "ZXRsOmh1bnRlcjI=", "password"),
        ("sent bearer abc123def456 there", "abc123def456", "token"),
        ("https://hooks.slack.com/services/T000/B000/XXXXXXXXXXXXXXXX1", "XXXXXXXXXXXXXXXX1", "webhook"),
        ("?password=hunter2&next=1", "hunter2", "password"),
    ],
)  # fmt: skip
def test_a_secret_in_a_text_is_replaced_and_its_kind_is_said(text, secret, kind):
    shown = redact_text(text)
    assert secret not in shown
    assert f"[redacted: {kind}]" in shown
    assert redact_text(shown) == shown


@pytest.mark.parametrize(
    "text",
    [
        "arn:aws:secretsmanager:us-east-1:123456789012:secret:prod/db-AbCdEf",
        "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        "arn:aws:logs:us-east-1:123456789012:log-group:/aws/token:*",
        "secretsmanager:GetSecretValue",
        "kms:GenerateDataKeyWithoutPlaintext, sts:GetSessionToken, iam:UpdateAccessKey",
        '"allowSharedKeyAccess": "true"',
        "KMSMasterKeyID=1234abcd-12ab-34cd-56ef-1234567890ab",
        '{"keySource": "Microsoft.Keyvault", "keyName": "phi", "keyVersion": "0123456789abcdef"}',
        "/subscriptions/0000/resourceGroups/rg/providers/Microsoft.KeyVault/vaults/v/secrets/db-password",
        "db-pass: secretsmanager_automatic_rotation_enabled is FAIL",
        "api-token: must be rotated every 90 days",
        "User root has access key 1 older than 90 days.",
        "MinimumPasswordLength: 14, PasswordReusePrevention: 24, MaxPasswordAge=90",
        "HttpTokens=required",
        '"MetadataOptions": {"HttpTokens": "optional"}',
        "nextToken=abcdef123456, ClientRequestToken: 0b1c2d3e-aaaa, $skiptoken=xyz123",
        "team=token-service",
        "etag 0x8DC0FFEE, sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "https://vault.example.org:8200/v1/secret/data/phi",
        "registry.example.org/token:1.2.3",
        "basic authentication is allowed, bearer authentication is not",
        "password policy: not set",
        "DB_SECRET_ARN=arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
        "PASSWORD=${DB_PASSWORD}",
        "TOKEN_TTL=3600 KEY_ID=abcdef SECRET_NAME=prod/db PARTITION_KEY=pk1",
        "PWD: true, secret: none",
    ],
)
def test_what_only_sounds_like_a_secret_stays(text):
    assert redact_text(text) == text
    assert secrets_in({"text": text}) == []


def test_values_are_found_by_their_names_and_in_json_inside_strings():
    value = {
        "Environment": {
            "Variables": {"DB_PASSWORD": "pl4in", "STRIPE_KEY": "k1", "KEY_ID": "abc", "PIN": "7"}
        },
        "containerDefinitions": [{"environment": [{"name": "API_TOKEN", "value": "t0ken"}]}],
        "parameters": {"adminPassword": {"value": "pl4in"}},
        "Policy": json.dumps(
            {"Statement": [{"Condition": {"StringEquals": {"aws:Referer": "password=pl4in"}}}]}
        ),
        "MasterUserPassword": 1234,
        "environment": ["SECRET=pl4in"],
    }
    assert secrets_in(value) == [
        "Environment.Variables.DB_PASSWORD",
        "Environment.Variables.STRIPE_KEY",
        "containerDefinitions.0.environment.0.value",
        "parameters.adminPassword.value",
        "Policy.Statement.0.Condition.StringEquals.aws:Referer",
        "MasterUserPassword",
        "environment.0",
    ]
    shown = redact(value)
    for secret in ("pl4in", "t0ken", "k1", "1234"):
        assert secret not in json.dumps(shown)
    assert json.loads(shown["Policy"])["Statement"][0]["Condition"]["StringEquals"]["aws:Referer"]
    assert shown["Environment"]["Variables"]["KEY_ID"] == "abc"
    assert redact(shown) == shown


def test_a_shared_secret_in_a_condition_of_a_policy_is_found_and_a_browser_is_not():
    condition = {
        "StringLike": {"aws:UserAgent": "8f3b2c1d9e7a6b5c4d", "aws:Referer": "https://www.example.org/*"}
    }
    assert secrets_in(condition) == ["StringLike.aws:UserAgent"]
    condition = {"StringLike": {"aws:UserAgent": ["Mozilla/5.0*", "Amazon CloudFront"]}}
    assert secrets_in(condition) == []
    assert secrets_in({"StringEquals": {"aws:RequestTag/password": "pl4in"}})


@pytest.mark.parametrize(
    "value",
    [
        {"permissions": {"keys": ["get", "wrapKey"], "secrets": ["get", "list"]}},
        {"properties": {"allowSharedKeyAccess": True, "keyPolicy": {"keyExpirationPeriodInDays": 90}}},
        {"Key": "token-service", "Value": "payments"},
        [{"Key": "Name", "Value": "phi"}, {"Key": "data-class", "Value": "phi"}],
        {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/phi"},
        {"encryption": {"keySource": "Microsoft.Keyvault", "keyvaultproperties": {"keyname": "phi"}}},
        {"EncryptionKey": "arn:aws:kms:us-east-1:123456789012:key/1"},
        {"HttpTokens": "required", "NextToken": "abc", "VersionId": "3HL4kqtJvjVBH40Nrjfkd"},
        {"AccessKeys": [], "PasswordLastUsed": "2026-01-01T00:00:00Z", "PasswordEnabled": "true"},
        {"environment": "prod", "secret": "no", "password": ""},
        {"$known_after_apply": "c1.KeyId"},
        {'${file("/etc/passwd")}': "x", "/etc/passwd": "x"},
    ],
)
def test_ordinary_configuration_is_handed_back_as_it_is(value):
    assert redact(value) == value
    assert secrets_in(value) == []


@pytest.mark.parametrize("report", ["prowler.ocsf.json", "prowler.asff.json"])
def test_a_scanners_report_without_secrets_is_handed_back_as_it_is(report):
    rows = json.loads((DATA / report).read_text())
    assert [path for row in rows for path in secrets_in(row)] == []


def test_a_key_that_is_a_secret_is_replaced_and_no_entry_is_lost():
    value = {f"{AWS_ID}": 1, f"{AWS_ID[:-1]}X": 2, "other": 3}
    shown = redact(value)
    assert sorted(shown.values()) == [1, 2, 3]
    assert "AKIA" not in json.dumps(shown)


def test_a_duplicate_key_in_a_json_string_hides_nothing():
    assert "hunter2" not in redact('{"password": "hunter2", "password": ""}')


def test_what_lies_too_deep_is_not_kept_unseen():
    value = "hunter2"
    for _ in range(DEEPEST + 5):
        value = [value]
    assert "hunter2" not in json.dumps(redact(value))
    assert "hunter2" not in redact("[" * 50_000 + '"password": "hunter2"')


KEPT = st.text(st.characters(blacklist_categories=("Cs",)), max_size=30)
LEAF = st.none() | st.booleans() | st.integers(-9, 10**6) | st.floats(allow_nan=False) | KEPT
NAMES = st.sampled_from(
    ["password", "DB_PASSWORD", "token", "Policy", "Environment", "Variables", "name", "value", "Key", "Value", "a.b"]
)  # fmt: skip
VALUES = st.recursive(
    LEAF, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEPT | NAMES, inner, max_size=4), max_leaves=12
)  # fmt: skip
PIECES = st.lists(
    st.sampled_from(
        [
            *(
                "password",
                "token",
                "secret",
                "=",
                ":",
                ": ",
                " ",
                '"',
                "'",
                "\\",
                '\\"',
                ",",
                "&",
                ";",
                "\n",
                "{",
                "}",
            ),
            *(
                "https://",
                "a:b@",
                "@",
                "/",
                "hunter2",
                "arn:aws:",
                "[redacted: password]",
                "[redacted: ",
                "]",
                "x",
            ),
            *(
                AWS_ID,
                "eyJhbGciOi",
                ".eyJ",
                "Basic ",
                "Authorization: ",
                "-----BEGIN PRIVATE KEY-----",
                "sig=",
                "none",
            ),
        ]
    ),
    max_size=14,
).map("".join)


def shape(value):
    if isinstance(value, dict):
        return {key: shape(item) for key, item in enumerate(value.values())}
    if isinstance(value, list):
        return [shape(item) for item in value]
    return "leaf"


@settings(deadline=None)
@given(VALUES)
def test_the_structure_stays_and_a_second_time_changes_nothing(value):
    shown = redact(value)
    assert shape(shown) == shape(value)
    assert redact(shown) == shown
    assert secrets_in(shown) == []
    assert (shown == value) == (secrets_in(value) == [])


@settings(deadline=None, max_examples=400)
@given(PIECES)
def test_a_second_time_changes_no_text_either(text):
    shown = redact_text(text)
    assert redact_text(shown) == shown


SECRET = st.text("abcdefghijkmnopqrstuvwxyzABCDEFGHJK23456789!%^*_+.-", min_size=8, max_size=40).filter(
    lambda text: re.search(r"[a-z].*[0-9]|[0-9].*[a-z]", text) and text[-1].isalnum() and text[0].isalnum()
)
AROUND = st.text("abc XYZ,.\n", max_size=20)


@settings(deadline=None)
@given(
    SECRET,
    AROUND,
    AROUND,
    st.sampled_from(["{}", '"{}"', "'{}'"]),
    st.sampled_from(["=", ": ", " = "]),
    st.sampled_from(
        ["password", "DB_PASSWORD", "clientSecret", "api_token", "AccountKey", "MYSQL_ROOT_PASSWORD"]
    ),
)
def test_a_planted_secret_never_survives_in_a_text(secret, before, after, quoted, sign, name):  # fmt: skip  # noqa: PLR0917
    text = f"{before} {name}{sign}{quoted.format(secret)} {after}"
    assert secret not in redact_text(text)
    assert secret not in json.dumps(redact({"detail": text, "raw": json.dumps({"inner": text})}))


@settings(deadline=None)
@given(SECRET, VALUES, st.lists(st.sampled_from(["list", "dict", "text"]), max_size=4))
def test_a_planted_secret_never_survives_in_a_value(secret, beside, way):
    assume(secret not in json.dumps(beside, ensure_ascii=False))
    value = {"Variables": {"SERVICE_TOKEN": secret, "beside": beside}}
    for step in way:
        value = [value, 1] if step == "list" else {"in": value} if step == "dict" else json.dumps(value)
    assert secret not in json.dumps(redact(value), ensure_ascii=False)
    assert secrets_in(value)
