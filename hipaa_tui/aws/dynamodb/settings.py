"""DynamoDB tables: what brings them back, which key they lie under, and who may delete them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
from hipaa_tui.aws.kms.settings import LONGEST_POLICY, own_key
from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.model import (
    Call,
    Cloud,
    CloudError,
    Operation,
    Reading,
    ResourceType,
    Setting,
    Target,
    absent_on,
)
from hipaa_tui.support.json_value import ABSENT, Json

_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{3,255}")
_LONGEST_PERIOD: Final = 35
"""Days that point-in-time recovery reaches back where nobody says fewer (DynamoDB Developer Guide, "PITR")."""
_BUSY: Final = ("ResourceInUseException", "LimitExceededException", "ContinuousBackupsUnavailableException")
"""The table is being changed already, or was made a moment ago."""
THROUGH: Final = [
    *("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:Encrypt"),
    *("kms:GenerateDataKey*", "kms:ReEncrypt*"),
]
"""What a caller of a table needs of its key (DynamoDB Developer Guide, "Authorizing use of your key")."""


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("dynamodb", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call about the table."""
    return Call("aws", "dynamodb", operation, {"TableName": target.name, **arguments}, target.region)


def table_of(cloud: Cloud, target: Target) -> dict[str, Any]:
    """What DescribeTable says; empty where there is no such table."""
    try:
        return dict(cloud.call(call(target, "DescribeTable"))["Table"])
    except CloudError as error:
        absent_on(("ResourceNotFoundException",), error)
        return {}


class Tables(ResourceType):
    name = "AWS::DynamoDB::Table"
    title = "DynamoDB table"
    lists = _operations("ListTables")

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        names = cloud.pages(Call("aws", "dynamodb", "ListTables", {}, region), "TableNames")
        found = (self.target(str(name), account, region, partition) for name in names)
        return [target for target in found if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        name = id
        if arn is not None:
            kind, _, name = arn.resource.partition("/")
            if arn.service != "dynamodb" or kind != "table":
                return None
            account, region, partition = arn.account or account, arn.region or region, arn.partition
        if not _NAME.fullmatch(name):
            return None
        full = f"arn:{partition}:dynamodb:{region}:{account}:table/{name}"
        return Target("aws", self.name, account, region, full, name, partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        request = Call("aws", "dynamodb", "ListTagsOfResource", {"ResourceArn": target.id}, target.region)
        return {str(tag["Key"]): str(tag["Value"]) for tag in cloud.pages(request, "Tags")}


class TableSetting(Setting):
    """What the settings of a table have in common: one change at a time."""

    resource = Tables.name
    settle_seconds = 300.0
    retry_codes = _BUSY

    def identity(self, target: Target) -> dict[str, Json]:
        return {"TableName": target.name, "Arn": target.id}


class PointInTimeRecovery(TableSetting):
    """{"PointInTimeRecoveryEnabled": bool, "RecoveryPeriodInDays"?: how far back, 1 to 35}"""

    id = "aws.dynamodb.point-in-time-recovery"
    title = "Point-in-time recovery"
    reads = _operations("DescribeContinuousBackups")
    writes = _operations("UpdateContinuousBackups")
    terraform = ("aws_dynamodb_table",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "DescribeContinuousBackups"))["ContinuousBackupsDescription"]
        except CloudError as error:
            return absent_on(("TableNotFoundException", "ResourceNotFoundException"), error)
        about = found.get("PointInTimeRecoveryDescription") or {}
        on = about.get("PointInTimeRecoveryStatus") == "ENABLED"
        value: dict[str, Json] = {"PointInTimeRecoveryEnabled": on}
        if on and about.get("RecoveryPeriodInDays"):
            value["RecoveryPeriodInDays"] = int(about["RecoveryPeriodInDays"])
        return Reading(value, self.identity(target))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "UpdateContinuousBackups", PointInTimeRecoverySpecification=after)]

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
    reads = (*_operations("DescribeTable"), Operation("kms", "DescribeKey"))
    writes = _operations("UpdateTable")
    removes = _operations("UpdateTable")
    settle_seconds = 900.0
    terraform = ("aws_dynamodb_table",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = table_of(cloud, target).get("SSEDescription") or {}
        key = str(about.get("KMSMasterKeyArn") or "")
        if not key or about.get("Status") not in {"ENABLED", "ENABLING", "UPDATING"}:
            return Reading(ABSENT, self.identity(target))
        value: dict[str, Json] = {"KMSMasterKeyArn": key}
        if "/aws/" in key:
            value["KeyManager"] = "AWS"
        else:
            found = cloud.call(Call("aws", "kms", "DescribeKey", {"KeyId": key}, target.region))
            value["KeyManager"] = str(found["KeyMetadata"].get("KeyManager", ""))
        return Reading(value, {**self.identity(target), "Status": str(about.get("Status"))})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        asked: dict[str, Json] = {"Enabled": True, "SSEType": "KMS"}
        # AWS's own key is not named: DynamoDB takes it where nobody names another.
        if after.get("KeyManager") != "AWS":
            asked["KMSMasterKeyId"] = after["KMSMasterKeyArn"]
        return [call(target, "UpdateTable", SSESpecification=asked)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [call(target, "UpdateTable", SSESpecification={"Enabled": False})]

    def canonical(self, value: Json) -> Json:
        return {"key": value["KMSMasterKeyArn"]}


class DeletionProtection(TableSetting):
    """{"DeletionProtectionEnabled": bool}"""

    id = "aws.dynamodb.deletion-protection"
    title = "Deletion protection"
    reads = _operations("DescribeTable")
    writes = _operations("UpdateTable")
    terraform = ("aws_dynamodb_table",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        about = table_of(cloud, target)
        value = {"DeletionProtectionEnabled": bool(about.get("DeletionProtectionEnabled"))}
        return Reading(value if about else ABSENT, self.identity(target))

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        protected = after["DeletionProtectionEnabled"]
        return [call(target, "UpdateTable", DeletionProtectionEnabled=protected)]


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
