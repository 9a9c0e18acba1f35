"""Secrets: under which key they lie, whether they are exchanged by themselves, and used at all. A secret's value is never asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Remove, Write, flag, raw, tags_of
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import Cloud, Reading, Target
from hipaa_tui.support.json_value import ABSENT, Json

_DEFAULT: Final = "alias/aws/secretsmanager"


class Secrets(Named):
    name = "AWS::SecretsManager::Secret"
    title = "Secret"
    service = "secretsmanager"
    kind = "secret:"
    pattern = re.compile(r"[A-Za-z0-9/_+=.@!-]{1,519}")
    listing = Read("secretsmanager", "ListSecrets", "SecretList")
    field = "ARN"

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        return tags_of((described(cloud, target) or {}).get("Tags"))


_SECRET: Final = {"SecretId": "{id}"}
_DESCRIBED: Final = Read(
    *("secretsmanager", "DescribeSecret", "", _SECRET), gone=("ResourceNotFoundException",)
)


class _OfSecret(Declared):
    resource = Secrets.name
    reading = _DESCRIBED
    identity = {"Arn": "{id}"}


class SecretKey(_OfSecret):
    """{"KmsKeyId": a key's id, ARN or alias}; ABSENT where the secret is encrypted with the AWS managed key."""

    id = "aws.secretsmanager.key"
    title = "Key of the secret"
    writing = Write(
        *("secretsmanager", "UpdateSecret"),
        arguments=_SECRET,
        sends=("KmsKeyId",),
        also=("kms:GenerateDataKey", "kms:Decrypt"),
    )
    removing = Remove("secretsmanager", "UpdateSecret", arguments={**_SECRET, "KmsKeyId": _DEFAULT})
    terraform = ("aws_secretsmanager_secret",)

    def value(self, found: Any) -> Json:
        key = str(found.get("KmsKeyId") or "")
        return {"KmsKeyId": key} if key and not key.endswith(_DEFAULT) else ABSENT


class Rotation(_OfSecret):
    """{"RotationEnabled": bool, "AutomaticallyAfterDays"?: days}. Read-only: a rotation needs a function first."""

    id = "aws.secretsmanager.rotation"
    title = "Rotation"
    fields = {
        "RotationEnabled": flag("RotationEnabled"),
        "AutomaticallyAfterDays": raw("RotationRules.AutomaticallyAfterDays"),
    }
    read_only = "what exchanges the secret, and who has to hear of it, is a person's to say"


class SecretAge(_OfSecret):
    """{"UnusedDays", "UnchangedDays", "Overdue": bool, "Owner": service that keeps it or "", "Replica": bool}. Read-only.

    A secret that was never read or never rotated is counted from the day it was made: only the time since then can be
    held against it. The figures are of the day of the reading, so they are never compared or planned.
    """

    id = "aws.secretsmanager.age"
    title = "Days since it was read and exchanged"
    read_only = "whether the secret is still needed, and who exchanges it, is a person's to say"

    def read(self, cloud: Cloud, target: Target) -> Reading:
        found = described(cloud, target)
        if found is None or found.get("DeletedDate"):
            # A secret that waits for its deletion can neither be read nor rotated.
            return Reading(ABSENT)
        made = str(found.get("CreatedDate") or "")
        value = {
            "UnusedDays": _days(str(found.get("LastAccessedDate") or made)),
            "UnchangedDays": _days(str(found.get("LastRotatedDate") or made)),
            "Overdue": _overdue(found),
            "Owner": str(found.get("OwningService") or ""),
            "Replica": str(found.get("PrimaryRegion") or target.region) != target.region,
        }
        return Reading(value, {"Arn": target.id})


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
    """The secret as DescribeSecret returns it (never its value), None where there is none. Raises CloudError."""
    found: Mapping[str, Any] | None = _DESCRIBED.ask(cloud, target)
    return found


RESOURCE_TYPES = (Secrets(),)
SETTINGS = (SecretKey(), Rotation(), SecretAge())
