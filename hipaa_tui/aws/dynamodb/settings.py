"""DynamoDB tables: what brings them back, which key they lie under, and who may delete them."""

from __future__ import annotations

import re
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Remove, Write, flag
from hipaa_tui.aws.kms.settings import LONGEST_POLICY, own_key
from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    Operation,
    Reading,
    Target,
)
from hipaa_tui.support.json_value import ABSENT, Json

_LONGEST_PERIOD: Final = 35
"""Days that point-in-time recovery reaches back where nobody says fewer (DynamoDB Developer Guide, "PITR")."""
_LIMITED: Final = ("LimitExceededException", "ContinuousBackupsUnavailableException")
"""The table is being changed already, or was made a moment ago."""
THROUGH: Final = [
    *("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"),
    *("kms:GenerateDataKey*", "kms:ReEncrypt*"),
]
"""What a caller of a table needs of its key (DynamoDB Developer Guide, "Authorizing use of your key")."""


_TABLE: Final = {"TableName": "{name}"}
_DESCRIBED: Final = Read(
    *("dynamodb", "DescribeTable", "Table", _TABLE), gone=("ResourceNotFoundException",), empty="gone"
)


def table_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """The table as DescribeTable returns it; empty where there is no such table. Raises CloudError."""
    return dict(_DESCRIBED.ask(cloud, target) or {})


class Tables(Named):
    name = "AWS::DynamoDB::Table"
    title = "DynamoDB table"
    service = "dynamodb"
    kind = "table/"
    pattern = re.compile(r"[A-Za-z0-9_.-]{3,255}")
    listing = Read("dynamodb", "ListTables", "TableNames")
    tagging = Read("dynamodb", "ListTagsOfResource", "Tags", {"ResourceArn": "{id}"}, pages=True)


class TableSetting(Declared):
    """What the settings of a table have in common: one change at a time."""

    resource = Tables.name
    settle_seconds = 300.0
    retry_codes = _LIMITED
    identity = {"TableName": "{name}", "Arn": "{id}"}


class PointInTimeRecovery(TableSetting):
    """{"PointInTimeRecoveryEnabled": bool, "RecoveryPeriodInDays"?: how far back, 1 to 35}"""

    id = "aws.dynamodb.point-in-time-recovery"
    title = "Point-in-time recovery"
    reading = Read(
        *("dynamodb", "DescribeContinuousBackups", "ContinuousBackupsDescription", _TABLE),
        gone=("TableNotFoundException", "ResourceNotFoundException"),
    )
    writing = Write("dynamodb", "UpdateContinuousBackups", "PointInTimeRecoverySpecification", _TABLE)
    terraform = ("aws_dynamodb_table",)

    def value(self, found: Any) -> Json:
        described = found.get("PointInTimeRecoveryDescription") or {}
        on = described.get("PointInTimeRecoveryStatus") == "ENABLED"
        value: dict[str, Json] = {"PointInTimeRecoveryEnabled": on}
        if on and described.get("RecoveryPeriodInDays"):
            value["RecoveryPeriodInDays"] = int(described["RecoveryPeriodInDays"])
        return value

    def canonical(self, value: Json) -> Json:
        on = bool(value["PointInTimeRecoveryEnabled"])
        return {"on": on, "days": int(value.get("RecoveryPeriodInDays") or _LONGEST_PERIOD) if on else 0}

    def cannot_be_undone(self, before: Json, after: Json) -> str:
        if (
            after is ABSENT
            or after["PointInTimeRecoveryEnabled"]
            or not (before or {}).get("PointInTimeRecoveryEnabled")
        ):
            return ""
        return "with it goes every moment that the table could be brought back to until now"


class TableEncryption(TableSetting):
    """{"KMSMasterKeyArn", "KeyManager"?: CUSTOMER or AWS}; ABSENT where DynamoDB uses keys of its own.

    Who manages the key is for predicates; it is never compared or written.
    """

    id = "aws.dynamodb.encryption"
    title = "Key of the table"
    reads = (Operation("dynamodb", "DescribeTable"), Operation("kms", "DescribeKey"))
    writing = Write("dynamodb", "UpdateTable", "SSESpecification", _TABLE)
    removing = Remove("dynamodb", "UpdateTable", arguments={**_TABLE, "SSESpecification": {"Enabled": False}})
    settle_seconds = 900.0
    terraform = ("aws_dynamodb_table",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        described = table_of(cloud, target).get("SSEDescription") or {}
        identity = self.identity_of(target, {})
        key = str(described.get("KMSMasterKeyArn") or "")
        if not key or described.get("Status") not in {"ENABLED", "ENABLING", "UPDATING"}:
            return Reading(ABSENT, identity)
        value: dict[str, Json] = {"KMSMasterKeyArn": key}
        if "/aws/" in key:
            value["KeyManager"] = "AWS"
        else:
            found = cloud.call(Call("aws", "kms", "DescribeKey", {"KeyId": key}, target.region))
            value["KeyManager"] = str(found["KeyMetadata"].get("KeyManager", ""))
        return Reading(value, {**identity, "Status": str(described.get("Status"))})

    def sent(self, before: Reading, after: Json) -> Json:
        # The AWS managed key is not named: DynamoDB uses it where no key is given.
        key = {} if after.get("KeyManager") == "AWS" else {"KMSMasterKeyId": after["KMSMasterKeyArn"]}
        return {"Enabled": True, "SSEType": "KMS", **key}

    def canonical(self, value: Json) -> Json:
        return {"key": value["KMSMasterKeyArn"]}


class DeletionProtection(TableSetting):
    """{"DeletionProtectionEnabled": bool}"""

    id = "aws.dynamodb.deletion-protection"
    title = "Deletion protection"
    reading = _DESCRIBED
    fields = {"DeletionProtectionEnabled": flag("DeletionProtectionEnabled")}
    identity_when_gone = True
    writing = Write("dynamodb", "UpdateTable", arguments=_TABLE, sends=("DeletionProtectionEnabled",))
    terraform = ("aws_dynamodb_table",)


def own_key_through(current: Json, wanted: Json) -> Json:
    """`own_key`, with the account's principals let in through one service ("through": its host name).

    DynamoDB asks KMS with the rights of whoever calls the table, so a key that knows its administrators alone
    would shut every reader out (KMS Developer Guide, "How Amazon DynamoDB uses AWS KMS").
    """
    key = own_key(current, wanted)
    service = str(wanted["through"])
    statement = {
        "Sid": f"Through{service.partition('.')[0].capitalize()}",
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": THROUGH,
        "Resource": "*",
        "Condition": {"StringEquals": {"kms:CallerAccount": wanted["account"], "kms:ViaService": service}},
    }
    text = documents.with_statements(key["Policy"], statement, longest=LONGEST_POLICY)
    return {**key, "Policy": text}


RESOURCE_TYPES = (Tables(),)
SETTINGS = (PointInTimeRecovery(), TableEncryption(), DeletionProtection())
BUILDERS = {"own_key_through": own_key_through}
