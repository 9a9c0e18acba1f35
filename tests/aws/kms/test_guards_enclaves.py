"""Guards of a KMS key that is limited to a Nitro enclave: who else uses the key, and who still administers it."""

from __future__ import annotations

import pytest

from hipaa_tui.aws.kms.enclaves import attested
from hipaa_tui.plans.run_guards import guards
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import allow, do, text, verdict
from tests.aws.kms.estate import enclave_key
from tests.aws.server import ACCOUNT, REGION

IMAGE = "0a" * 48


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


def enclave(aws, *statements):
    given = {"Policy": text(*statements)} if statements else {}
    where = target("AWS::KMS::Key", enclave_key(aws, **given))
    value = setting("aws.kms.enclave-policy").read(aws, where).value
    return where, ("aws.kms.enclave-policy", attested(value, IMAGE))


THROUGH_S3 = {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}


@pytest.mark.parametrize(
    "theirs",
    [
        allow({"Service": "logs.amazonaws.com"}, "kms:Decrypt", "*"),
        allow({"AWS": "*"}, "kms:*", "*", Condition=THROUGH_S3),
    ],
)
def test_a_key_that_services_use_is_not_bound_to_an_enclave(aws, theirs):
    owner = allow({"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "kms:*", "*", Sid="Owner")
    where, draft = enclave(aws, owner, theirs)
    outcome, said = verdict(aws, "enclave-key-only", where, draft)
    assert outcome is Outcome.BLOCK
    assert "a key of its own" in said


def test_who_loses_the_use_of_the_key_and_whose_grants_stay_is_said(aws):
    where, draft = enclave(aws)
    outcome, said = verdict(aws, "enclave-key-only", where, draft)
    assert outcome is Outcome.WARN
    assert f"arn:aws:iam::{ACCOUNT}:role/host" in said
    grant = {"KeyId": where.id, "Operations": ["Decrypt"]}
    do(aws, "kms", "CreateGrant", GranteePrincipal=f"arn:aws:iam::{ACCOUNT}:role/host", **grant)
    assert "1 grant to decrypt" in verdict(aws, "enclave-key-only", where, draft)[1]
    do(aws, "kms", "CreateGrant", GranteePrincipal="rds.us-east-1.amazonaws.com", **grant)
    outcome, said = verdict(aws, "enclave-key-only", where, draft)
    assert (outcome, "rds" in said) == (Outcome.BLOCK, True)
    assert verdict(aws, "enclave-key-only", where)[0] is Outcome.PASS


def test_the_account_goes_on_ruling_the_key(aws):
    where, draft = enclave(aws)
    assert verdict(aws, "enclave-key-administrators-kept", where, draft)[0] is Outcome.PASS
    name, value = draft
    lost = {**value, "Policy": text(allow({"AWS": f"arn:aws:iam::{ACCOUNT}:role/host"}, "kms:Decrypt", "*"))}
    outcome, said = verdict(aws, "enclave-key-administrators-kept", where, (name, lost))
    assert (outcome, "no one but AWS" in said) == (Outcome.BLOCK, True)


@pytest.mark.parametrize("name", ["enclave-key-only", "enclave-key-administrators-kept"])
def test_what_could_lock_somebody_out_blocks_where_it_cannot_look(name):
    assert name in guards()[1]
