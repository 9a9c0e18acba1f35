"""logs:AssociateKmsKey and DisassociateKmsKey, to which moto answers 500."""

from __future__ import annotations

import json
from typing import Any

from moto.logs.responses import LogsResponse


def associate_kms_key(response: Any) -> str:
    """The operation, as a method of moto's LogsResponse."""
    _group(response).kms_key_id = response._get_param("kmsKeyId")
    return json.dumps({})


def disassociate_kms_key(response: Any) -> str:
    """The operation, as a method of moto's LogsResponse."""
    _group(response).kms_key_id = None
    return json.dumps({})


def _group(response: Any) -> Any:
    name = response._get_param("logGroupName")
    groups = response.logs_backend.groups
    if name not in groups:
        from moto.logs.exceptions import ResourceNotFoundException

        raise ResourceNotFoundException
    return groups[name]


def install() -> None:
    """Teach moto's CloudWatch Logs the operations."""
    LogsResponse.associate_kms_key = associate_kms_key  # type: ignore[attr-defined]
    LogsResponse.disassociate_kms_key = disassociate_kms_key  # type: ignore[attr-defined]
