"""Secrets: under which key they lie, and whether they are exchanged by themselves. A secret's value is never asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.json_value import ABSENT, Json
from hipaa_tui.settings.aws.named import Named
from hipaa_tui.settings.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on

_DEFAULT: Final = "alias/aws/secretsmanager"


class Secrets(Named):
    name = "AWS::SecretsManager::Secret"
    title = "Secret"
    service = "secretsmanager"
    kind = "secret:"
    pattern = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,519}")
    listing = Operation("secretsmanager", "ListSecrets")
    lists = (listing,)
    items = "SecretList"
    field = "ARN"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        about = described(cloud, target) or {}
        return {str(tag["Key"]): str(tag["Value"]) for tag in about.get("Tags") or []}


class SecretKey(Setting):
    """{"KmsKeyId": a key's id, ARN or alias}; ABSENT where the secret lies under AWS's own key."""

    id = "aws.secretsmanager.key"
    title = "Key of the secret"
    resource = Secrets.name
    reads = (Operation("secretsmanager", "DescribeSecret"),)
    writes = (Operation("secretsmanager", "UpdateSecret", also=("kms:GenerateDataKey", "kms:Decrypt")),)
    removes = (Operation("secretsmanager", "UpdateSecret"),)
    terraform = ("aws_secretsmanager_secret",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = described(cloud, target)
        if about is None:
            return Reading(ABSENT)
        key = str(about.get("KmsKeyId") or "")
        own = bool(key) and not key.endswith(_DEFAULT)
        return Reading({"KmsKeyId": key} if own else ABSENT, {"Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        asked = {"SecretId": target.id, "KmsKeyId": after["KmsKeyId"]}
        return [Call("aws", "secretsmanager", "UpdateSecret", asked, target.region)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        asked = {"SecretId": target.id, "KmsKeyId": _DEFAULT}
        return [Call("aws", "secretsmanager", "UpdateSecret", asked, target.region)]


class Rotation(Setting):
    """{"RotationEnabled": bool, "AutomaticallyAfterDays"?: days}. Only for looking: a rotation needs a function first."""

    id = "aws.secretsmanager.rotation"
    title = "Rotation"
    resource = Secrets.name
    reads = (Operation("secretsmanager", "DescribeSecret"),)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = described(cloud, target)
        if about is None:
            return Reading(ABSENT)
        days = (about.get("RotationRules") or {}).get("AutomaticallyAfterDays")
        every = {"AutomaticallyAfterDays": days} if days else {}
        return Reading({"RotationEnabled": bool(about.get("RotationEnabled")), **every}, {"Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("what exchanges the secret, and who has to hear of it, is a person's to say")


def described(cloud: Cloud, target: Target) -> Mapping[str, Any] | None:
    """What Secrets Manager says about the secret (never its value), None where there is none."""
    asked = Call("aws", "secretsmanager", "DescribeSecret", {"SecretId": target.id}, target.region)
    try:
        return cloud.call(asked)
    except CloudError as error:
        absent_on(("ResourceNotFoundException",), error)
        return None


RESOURCE_TYPES = (Secrets(),)
SETTINGS = (SecretKey(), Rotation())
