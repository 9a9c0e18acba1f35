"""Secrets: under which key they lie, whether they are exchanged by themselves, and used at all. A secret's value is never asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json

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


class SecretAge(Setting):
    """{"UnusedDays", "UnchangedDays", "Overdue": bool, "Owner": service that keeps it or "", "Replica": bool}. Only for looking.

    A secret that was never read or never exchanged is counted from the day it was made: only the time since then can be
    held against it. The figures are of the day of the reading, so they are never compared or planned.
    """

    id = "aws.secretsmanager.age"
    title = "Days since it was read and exchanged"
    resource = Secrets.name
    reads = (Operation("secretsmanager", "DescribeSecret"),)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = described(cloud, target)
        if about is None or about.get("DeletedDate"):
            # What waits for its deletion can neither be read nor exchanged.
            return Reading(ABSENT)
        made = str(about.get("CreatedDate") or "")
        value = {
            "UnusedDays": _days(str(about.get("LastAccessedDate") or made)),
            "UnchangedDays": _days(str(about.get("LastRotatedDate") or made)),
            "Overdue": _overdue(about),
            "Owner": str(about.get("OwningService") or ""),
            "Replica": str(about.get("PrimaryRegion") or target.region) != target.region,
        }
        return Reading(value, {"Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("whether the secret is still needed, and who exchanges it, is a person's to say")


def _overdue(about: Mapping[str, Any]) -> bool:
    """Should its rotation have exchanged it by yesterday?"""
    if not about.get("RotationEnabled"):
        return False
    every = (about.get("RotationRules") or {}).get("AutomaticallyAfterDays")
    last, due = str(about.get("LastRotatedDate") or ""), str(about.get("NextRotationDate") or "")
    return _days(due) > 1 or bool(last and every and _days(last) > int(every) + 1)


def _days(since: str) -> int:
    try:
        found = datetime.fromisoformat(since)
    except ValueError:
        return 0
    return (datetime.now(UTC) - (found if found.tzinfo else found.replace(tzinfo=UTC))).days


def described(cloud: Cloud, target: Target) -> Mapping[str, Any] | None:
    """What Secrets Manager says about the secret (never its value), None where there is none."""
    asked = Call("aws", "secretsmanager", "DescribeSecret", {"SecretId": target.id}, target.region)
    try:
        return cloud.call(asked)
    except CloudError as error:
        absent_on(("ResourceNotFoundException",), error)
        return None


RESOURCE_TYPES = (Secrets(),)
SETTINGS = (SecretKey(), Rotation(), SecretAge())
