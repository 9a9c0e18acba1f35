"""EFS file systems: whether they are backed up, and whether they were made encrypted."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from hipaa_tui.aws.arn import parse
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

_ID: Final = re.compile(r"fs-[0-9a-f]{8,40}")
_ON: Final = frozenset({"ENABLED", "ENABLING"})


def _operations(*names: str) -> tuple[Operation, ...]:
    return tuple(Operation("efs", name) for name in names)


def call(target: Target, operation: str, **arguments: Json) -> Call:
    """A call about the file system."""
    return Call("aws", "efs", operation, {"FileSystemId": target.name, **arguments}, target.region)


class FileSystems(ResourceType):
    name = "AWS::EFS::FileSystem"
    title = "EFS file system"
    lists = _operations("DescribeFileSystems")

    def list(self, cloud: Cloud, account: str, region: str, partition: str) -> list[Target]:
        listed = cloud.pages(Call("aws", "efs", "DescribeFileSystems", {}, region), "FileSystems")
        found = (self.target(str(one["FileSystemId"]), account, region, partition) for one in listed)
        return [target for target in found if target is not None]

    def target(self, id: str, account: str, region: str, partition: str = "aws") -> Target | None:
        arn = parse(id)
        name = id
        if arn is not None:
            kind, _, name = arn.resource.partition("/")
            if arn.service != "elasticfilesystem" or kind != "file-system":
                return None
            account, region, partition = arn.account or account, arn.region or region, arn.partition
        if not _ID.fullmatch(name):
            return None
        full = f"arn:{partition}:elasticfilesystem:{region}:{account}:file-system/{name}"
        return Target("aws", self.name, account, region, full, name, partition)

    def tags(self, cloud: Cloud, target: Target) -> Mapping[str, str]:
        asked = Call("aws", "efs", "ListTagsForResource", {"ResourceId": target.name}, target.region)
        return {str(tag["Key"]): str(tag["Value"]) for tag in cloud.pages(asked, "Tags")}


class BackupPolicy(Setting):
    """{"Status": ENABLED or DISABLED}; on its way counts as there."""

    id = "aws.efs.backup-policy"
    title = "Automatic backups"
    resource = FileSystems.name
    reads = _operations("DescribeBackupPolicy")
    writes = _operations("PutBackupPolicy")
    settle_seconds = 120.0
    retry_codes = ("IncorrectFileSystemLifeCycleState",)
    terraform = ("aws_efs_backup_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        identity = {"FileSystemId": target.name, "Arn": target.id}
        try:
            found = cloud.call(call(target, "DescribeBackupPolicy"))["BackupPolicy"]
        except CloudError as error:
            if error.code == "FileSystemNotFound":
                return Reading(ABSENT, identity)
            # One that was never asked for has no policy, which is the same as none.
            absent_on(("PolicyNotFound",), error)
            return Reading({"Status": "DISABLED"}, identity)
        on = found.get("Status") in _ON
        return Reading({"Status": "ENABLED" if on else "DISABLED"}, identity)

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        return [call(target, "PutBackupPolicy", BackupPolicy={"Status": after["Status"]})]


class FileSystemEncryption(Setting):
    """{"Encrypted": bool, "KmsKeyId"?}. Only for looking: EFS takes it at creation alone."""

    id = "aws.efs.encryption"
    title = "Encryption of the file system"
    resource = FileSystems.name
    reads = _operations("DescribeFileSystems")

    def read(self, cloud: Cloud, target: Target) -> Reading:
        try:
            found = cloud.call(call(target, "DescribeFileSystems")).get("FileSystems") or []
        except CloudError as error:
            return absent_on(("FileSystemNotFound",), error)
        about: Mapping[str, Any] = next(iter(found), {})
        if not about:
            return Reading(ABSENT)
        value = {"Encrypted": bool(about.get("Encrypted"))}
        key = {"KmsKeyId": str(about["KmsKeyId"])} if about.get("KmsKeyId") else {}
        return Reading({**value, **key}, {"FileSystemId": target.name, "Arn": target.id})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        raise ValueError("EFS encrypts a file system from its creation on or never: make a new one")


RESOURCE_TYPES = (FileSystems(),)
SETTINGS = (BackupPolicy(), FileSystemEncryption())
