"""EFS file systems: whether they are backed up, and whether they were made encrypted."""

from __future__ import annotations

import re
from typing import Any, Final

from hipaa_tui.aws.declared import Declared, Read, Write, flag, text
from hipaa_tui.aws.resource_types.arn_named import Named
from hipaa_tui.support.json_value import Json

_ON: Final = frozenset({"ENABLED", "ENABLING"})


_FILE_SYSTEM: Final = {"FileSystemId": "{name}"}


class FileSystems(Named):
    name = "AWS::EFS::FileSystem"
    title = "EFS file system"
    service = "elasticfilesystem"
    kind = "file-system/"
    pattern = re.compile(r"fs-[0-9a-f]{8,40}")
    listing = Read("efs", "DescribeFileSystems", "FileSystems")
    field = "FileSystemId"
    tagging = Read("efs", "ListTagsForResource", "Tags", {"ResourceId": "{name}"}, pages=True)


class _OfFileSystem(Declared):
    resource = FileSystems.name
    identity = {"FileSystemId": "{name}", "Arn": "{id}"}


class BackupPolicy(_OfFileSystem):
    """{"Status": ENABLED or DISABLED}; on its way counts as there."""

    id = "aws.efs.backup-policy"
    title = "Automatic backups"
    reading = Read(
        *("efs", "DescribeBackupPolicy", "BackupPolicy", _FILE_SYSTEM),
        absent=("FileSystemNotFound",),
        # A file system that never had a policy has no backups.
        otherwise={"PolicyNotFound": {"Status": "DISABLED"}},
    )
    writing = Write("efs", "PutBackupPolicy", "BackupPolicy", _FILE_SYSTEM, sends=("Status",))
    settle_seconds = 120.0
    terraform = ("aws_efs_backup_policy",)

    def value(self, found: Any) -> Json:
        return {"Status": "ENABLED" if found.get("Status") in _ON else "DISABLED"}


class FileSystemEncryption(_OfFileSystem):
    """{"Encrypted": bool, "KmsKeyId"?}. Read-only: EFS takes it only when a file system is created."""

    id = "aws.efs.encryption"
    title = "Encryption of the file system"
    reading = Read(
        *("efs", "DescribeFileSystems", "FileSystems.0", _FILE_SYSTEM),
        gone=("FileSystemNotFound",),
        empty="gone",
    )
    fields = {"Encrypted": flag("Encrypted"), "KmsKeyId": text("KmsKeyId", None)}
    read_only = "EFS encrypts a file system from its creation on or never: make a new one"


RESOURCE_TYPES = (FileSystems(),)
SETTINGS = (BackupPolicy(), FileSystemEncryption())
