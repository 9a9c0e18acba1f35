"""elasticfilesystem:PutBackupPolicy, which moto only knows as an argument of a creation."""

from __future__ import annotations

import json
from typing import Any

from moto.efs.responses import EFSResponse


def put_backup_policy(response: Any) -> tuple[str, dict[str, str | int]]:
    """The operation, as a method of moto's EFSResponse."""
    _, found = response.efs_backend.describe_file_systems(file_system_id=response._get_param("FileSystemId"))
    asked = response._get_param("BackupPolicy")
    found[0]._backup = asked["Status"] == "ENABLED"
    return json.dumps({"BackupPolicy": {"Status": asked["Status"]}}), {"Content-Type": "application/json"}


def install() -> None:
    """Teach moto's EFS the operation."""
    EFSResponse.put_backup_policy = put_backup_policy  # type: ignore[attr-defined]
