"""Tokens in their vendors' documented forms, webhooks, sentences and numbers of people are taken out; their likes stay."""

import json

import pytest

from hipaa_tui.support.redaction import redact, redact_text, secrets_in
from hipaa_tui.support.redaction.vendors import VENDORS

# Put together here, so that no scanner of repositories takes this file for a leak.
R = "A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8S9t0U1v2W3x4"
HEX = "0123456789abcdef0123456789abcdef"
GUID = "8f0c1d2e-0000-4000-8000-000000000001"
KUBE = "LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRVktLS0tLQpNSUlFb3dJQkFBS0NBUUVB"
CERTIFICATE = "LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0tCk1JSURCVENDQWUyZ0F3SUJB"

TOKENS = [
    "sk-" + "proj-" + R, "sk-" + "ant-api03-" + R, "sk-" + "svcacct-" + R, "sk-" + "admin-" + R,
    "sk-" + R[:20] + "T3BlbkFJ" + R[:20],
    "hv" + "s." + R[:24], "hv" + "b." + R, "hv" + "r." + R,
    R[:14] + ".atlasv1." + (R + R)[:67],
    "gh" + "p_" + R[:36], "gh" + "o_" + R[:36], "github" + "_pat_" + R[:22] + "_" + R,
    "gl" + "pat-" + R[:20], "gl" + "rt-" + R[:20], "gl" + "dt-" + R[:20], "GR13" + "48941" + R[:20],
    "xo" + "xb-123456789012-" + R[:24], "xo" + "xe.xoxp-1-" + R, "xa" + "pp-1-" + R,
    "np" + "m_" + R[:36], "py" + "pi-" + R, "S" + "G." + R[:22] + "." + R[:43],
    "sk_" + "live_" + R[:24], "rk_" + "test_" + R[:24], "wh" + "sec_" + R[:32],
    "S" + "K" + HEX, "da" + "pi" + HEX, "da" + "pi" + HEX + "-2", "AI" + "za" + R[:35], "GOC" + "SPX-" + R[:28],
    "ya" + "29." + R, "h" + "f_" + R[:34], "do" + "p_v1_" + HEX * 2, "sh" + "pat_" + HEX, "dckr" + "_pat_" + R[:27],
    "tsk" + "ey-auth-" + R[:20], "gl" + "sa_" + R[:32] + "_0123abcd", "ATAT" + "T3" + R, "PM" + "AK-" + HEX[:24] + "-" + (HEX + HEX)[:34],
    "NR" + "AK-" + "A" * 27, "pu" + "l-" + HEX + HEX[:8], "snt" + "rys_" + R, "AGE-SECRET" + "-KEY-1" + "Q" * 58,
]  # fmt: skip


@pytest.mark.parametrize("token", TOKENS, ids=lambda token: token[:10])
@pytest.mark.parametrize(
    "around",
    [
        "{}",
        "seen {} in a log.",
        "key:{}",
        '"{}",',
        "(see {})",
        "https://x.example/?k={}",
        "a\n{}\nb",
        "X_={}",
    ],
)
def test_a_token_is_known_by_its_form_wherever_it_stands(token, around):
    text = around.format(token)
    shown = redact_text(text)
    assert token not in shown
    assert token[8:28] not in shown
    assert "[redacted: " in shown
    assert redact_text(shown) == shown
    assert token not in json.dumps(redact({"a": [text], "b": json.dumps({"c": text})}))


def test_every_form_in_the_table_is_tried_here():
    webhooks = [url for url, _ in WEBHOOKS]
    for vendor in VENDORS:
        assert any(vendor.pattern.search(text) for text in (*TOKENS, *webhooks)), vendor.source
        assert vendor.source.startswith("https://")
        for text in (*TOKENS, *webhooks):
            if vendor.pattern.search(text):
                assert any(hint in text.lower() for hint in vendor.hints), (text, vendor.hints)


WEBHOOKS = [
    ("https://hooks.slack.com/services/T00000000/B00000000/" + R[:24], R[:24]),
    ("https://hooks.slack.com/triggers/T00000000/123/" + HEX, HEX),
    (f"https://clinic.webhook.office.com/webhookb2/{GUID}@{GUID}/IncomingWebhook/{HEX}/{GUID}", HEX),
    (f"https://outlook.office.com/webhook/{GUID}@{GUID}/IncomingWebhook/{HEX}/{GUID}", HEX),
    ("https://discord.com/api/webhooks/123456789012345678/" + R, R),
    ("https://discordapp.com/api/v10/webhooks/123456789012345678/" + R, R),
    ("https://hooks.zapier.com/hooks/catch/1234567/abc12de/", "abc12de"),
    ("https://prod-01.westus.logic.azure.com:443/workflows/" + HEX + "/triggers/manual/paths/invoke?api-version=2016-06-01&sp=%2F&sv=1.0&sig=" + R[:43], R[:43]),
]  # fmt: skip


@pytest.mark.parametrize(("url", "secret"), WEBHOOKS, ids=lambda value: value[8:40])
def test_whoever_has_a_webhook_may_post_there(url, secret):
    shown = redact_text(f"alerts go to {url} now")
    assert secret not in shown
    assert shown.startswith("alerts go to https://")
    assert redact_text(shown) == shown


@pytest.mark.parametrize(
    ("text", "secret", "kind"),
    [
        (f"    client-key-data: {KUBE}", KUBE, "private key"),
        (f'{{"client-key-data": "{KUBE}"}}', KUBE, "private key"),
        ("client-key-data: c2VjcmV0LWtleS1ieXRlcw==", "c2VjcmV0LWtleS1ieXRlcw", "key"),
        (f"tls.key: {KUBE}", KUBE, "private key"),
        ("db.example.org:5432:phi:etl:hunter2", "hunter2", "password"),
        ("in ~/.pgpass: *:*:*:postgres:hunter2", "hunter2", "password"),
        ("localhost:5433:phi:etl:correct\\:horse", "horse", "password"),
        ("warehouse:5439:dev:awsuser:Sw0rdf1sh\nnext", "Sw0rdf1sh", "password"),
        ("machine db.example.org login etl password hunter2", "hunter2", "password"),
        ("the password is hunter2", "hunter2", "password"),
        ("The password is Tr0ub4dor&3.", "Tr0ub4dor&3", "password"),
        ("the root password was: S3cret! and more", "S3cret!", "password"),
        ("password for etl is now hunter2, tell nobody", "hunter2", "password"),
        ('the passphrase is "swordfish"', "swordfish", "password"),
        ("pwd is Summer2026", "Summer2026", "password"),
        ("the admin password has changed; password is set to Winter-26", "Winter-26", "password"),
        ("the password is 83619274", "83619274", "password"),
        ("the api key is 9f86d081884c7d65", "9f86d081884c7d65", "key"),
        ("the token is abcd1234efgh", "abcd1234efgh", "token"),
        ("run with --password hunter2 now", "hunter2", "password"),
        ("mysql --user etl --db-password 's3 x'", "s3", "password"),
        ("patient 123-45-6789 was seen", "123-45-6789", "social security number"),
        ("SSN: 123456789", "123456789", "social security number"),
        ("social security number 123 45 6789", "123 45 6789", "social security number"),
        ("ssn=899-99-9999;", "899-99-9999", "social security number"),
    ],
)  # fmt: skip
def test_what_people_write_down_is_taken_out(text, secret, kind):
    shown = redact_text(text)
    assert secret not in shown
    assert f"[redacted: {kind}]" in shown
    assert redact_text(shown) == shown
    assert [path.partition(".")[0] for path in secrets_in({"detail": text})] == ["detail"]
    assert secret not in json.dumps(redact({"a": json.dumps({"b": text})}))


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"ssn": "123456789"}, "ssn"),
        ({"patient": {"socialSecurityNumber": "123-45-6789"}}, "patient.socialSecurityNumber"),
        ({"users": [{"user": {"client-key-data": "c2VjcmV0LWtleS1ieXRlcw=="}}]}, "users.0.user.client-key-data"),
        ({"type": "service_account", "private_key": "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\n"}, "private_key"),
    ],
)  # fmt: skip
def test_values_are_known_by_their_names(value, path):
    assert secrets_in(value) == [path]


@pytest.mark.parametrize(
    "text",
    [
        # Not social security numbers: areas, groups and serials that are never given out, and numbers of other things.
        "000-12-3456", "666-12-3456", "900-12-3456", "987-65-4321", "123-00-4567", "123-45-0000",
        "order 123-45-6789", "Order no. 123-45-6789 shipped", "invoice #123-45-6789", "ticket: 123-45-6789", "part number 123-45-6789",
        "2026-123-45-6789", "123-45-6789-01", "call 555-123-4567", "PO123-45-6789", "v123-45-6789", "2026-12-01", "a 123456789 b",
        "arn:aws:iam::123456789012:role/x-123-45-6789", "/subscriptions/123-45-6789/x", "1.123-45-6789", "sha256 123-45-67890",
        "ssn column is encrypted", '{"ssn": "varchar"}', "SSN: encrypted",
        # Sentences about passwords.
        "the password is not set", "The password is older than 90 days.", "password is 90 days old", "the password is 14 characters long",
        "the password is expired", "password is required", "Password is never rotated; the access key is 120 days old",
        "the secret is rotated every 30 days", "the secret is arn:aws:secretsmanager:us-east-1:123456789012:secret:x",
        "the token is optional (HttpTokens)", "the key is alias/phi", "the key is 1234abcd-12ab-34cd-56ef-1234567890ab",
        "the api key is in /etc/app", "password is stored in SSM", "credentials are kms-encrypted", "the password is weak.",
        "the access key was created 2026-01-01", "the password is >= 8 characters", "the password is at least 14 characters",
        "the password is ${DB_PASSWORD}", "passwords are checked", "the secret key is imported", "password is true",
        "the token is of type IMDSv2", "--password is required", "--token <TOKEN>", "use --secret-key or not", "--password $PASS", "--token ''",
        # Their likes.
        "fe80:5432:abcd:ef01:2345", "db.example.org:5432", "db.example.org:5432/phi", "web:8443:tcp:ingress:open",
        "arn:aws:rds:us-east-1:123456789012:db:phi", "00:1A:2B:3C:4D:5E", "host:80:a:b:c",
        f"certificate-authority-data: {CERTIFICATE}", f"client-certificate-data: {CERTIFICATE}",
        "https://hooks.slack.com/", "https://discord.com/channels/1/2", "https://outlook.office.com/mail", "webhook.office.com is allowed",
        "sk-learn and sk-image", "risk-proj-list", "hvs.", "dapi is an API", "gl-project", "npm_config_cache", "SG.", "sg-0123456789abcdef0",
        "pypi-mirror", "SKU", "desk0123", "sk_live_", "shpat_", "hf_transfer", "ghp_short", "task-proj-ABCDEFGHIJKLMNOPQRSTUVWX",
        HEX, HEX * 2, GUID, f"sha1:{HEX}01234567", f"etag {HEX}-12", f"arn:aws:kms:us-east-1:123456789012:key/mrk-{HEX}",
        f"/subscriptions/{GUID}/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/phi", "vpc-0a1b2c3d4e5f60718 sg-0a1b2c3d4e5f60718",
        "AC" + HEX, "eyJ", "x-amz-id-2: abc",
    ],
)  # fmt: skip
def test_what_only_looks_like_one_stays(text):
    assert redact_text(text) == text
    assert secrets_in({"text": text, "list": [text]}) == []
