"""The policy of a key for enclaves: which statements ask for the image that runs."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.aws.kms.enclaves import attested
from hipaa_tui.providers.registry import resource_type, setting
from tests.aws.guards import do, text
from tests.aws.kms.estate import enclave_key
from tests.aws.server import ACCOUNT, REGION

IMAGE = "0a" * 48


def target(kind, id):
    return resource_type(kind).target(id, ACCOUNT, REGION)


def test_a_key_is_for_enclaves_by_tag_alias_description_or_policy(aws):
    kind, one = resource_type("AWS::KMS::Key"), setting("aws.kms.enclave-policy")

    def enclave(**given):
        arn = do(aws, "kms", "CreateKey", **given)["KeyMetadata"]["Arn"]
        return arn, one.read(aws, kind.target(arn, ACCOUNT, REGION)).value["Enclave"]

    assert enclave(Description="for the Enclave")[1]
    assert enclave(Tags=[{"TagKey": "use", "TagValue": "nitro-enclave"}])[1]
    arn, found = enclave(Description="records")
    assert not found
    do(aws, "kms", "CreateAlias", AliasName="alias/enclave-records", TargetKeyId=arn.rpartition("/")[2])
    assert one.read(aws, kind.target(arn, ACCOUNT, REGION)).value["Enclave"]
    do(aws, "kms", "DisableKey", KeyId=arn.rpartition("/")[2])
    assert not one.read(aws, kind.target(arn, ACCOUNT, REGION)).value["Enclave"], "nobody can use it"


def condition(operator, value, name="ImageSha384", **more):
    allow = {"Sid": "A", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}
    return {**allow, "Condition": {operator: {f"kms:RecipientAttestation:{name}": value}, **more}}


@pytest.mark.parametrize(
    ("statement", "binds"),
    [
        (condition("StringEqualsIgnoreCase", IMAGE), True),
        (condition("StringEquals", [IMAGE], "PCR3"), True),
        (condition("StringLike", "0a*"), False),
        (condition("StringEqualsIfExists", IMAGE), False),
        (condition("StringNotEquals", IMAGE), False),
        (condition("ForAllValues:StringEquals", IMAGE), False),
        (
            condition(
                "ForAllValues:StringEquals", IMAGE, Null={"kms:RecipientAttestation:ImageSha384": "false"}
            ),
            True,
        ),
    ],
)
def test_only_a_condition_that_binds_to_an_image_counts(aws, statement, binds):
    arn = enclave_key(aws, Policy=text(statement))
    value = setting("aws.kms.enclave-policy").read(aws, target("AWS::KMS::Key", arn)).value
    assert value["Unattested"] == ([] if binds else ["A"])


def test_a_deny_without_attestation_closes_the_way_round_and_zeros_are_a_debug_enclave(aws):
    allow = {**condition("Null", "false"), "Condition": {}}
    deny = {**condition("Null", "true"), "Effect": "Deny", "Sid": "D"}
    zeros = {**condition("StringEquals", "0" * 96), "Sid": "Z"}
    arn = enclave_key(aws, Policy=text(allow, deny, zeros))
    value = setting("aws.kms.enclave-policy").read(aws, target("AWS::KMS::Key", arn)).value
    assert (value["Unattested"], value["Bypass"], value["Debug"]) == (["A"], [], True)
    less = {**deny, "Action": "kms:GenerateRandom"}
    arn = do(aws, "kms", "CreateKey", Policy=text(allow, less), Description="enclave")["KeyMetadata"]["Arn"]
    assert setting("aws.kms.enclave-policy").read(aws, target("AWS::KMS::Key", arn)).value["Bypass"] == ["A"]


@pytest.mark.parametrize(
    ("images", "reason"), [("", "describe-eif"), ("abc", "no measurement"), ("0" * 96, "not all zero")]
)
def test_an_image_that_is_none_is_refused(images, reason):
    held = {"Policy": json.dumps({"Statement": [condition("Null", "false")]}), "Unattested": ["A"]}
    with pytest.raises(ValueError, match=reason):
        attested(held, images)
