"""A document that everybody may read, in a region whose instances nobody manages."""

from __future__ import annotations

import json
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import REGION

PLAYBOOKS = (
    "aws.ssm.document-public",
    "aws.ssm.block-public-documents",
    "aws.ssm.default-host-management",
)
SCRIPT = json.dumps(
    {
        "schemaVersion": "2.2",
        "description": "restart",
        "mainSteps": [
            {"action": "aws:runShellScript", "name": "restart", "inputs": {"runCommand": ["true"]}}
        ],
    }
)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; what is named "kept" is as it should be."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    for name in ("restart-portal", "kept"):
        do("ssm", "CreateDocument", Content=SCRIPT, Name=name, DocumentType="Command")
    share = {"Name": "restart-portal", "PermissionType": "Share", "AccountIdsToAdd": ["all"]}
    do("ssm", "ModifyDocumentPermission", **share)
    return cloud
