"""A script that everybody may read, an image that everybody may pull, and instances that nobody manages."""

from __future__ import annotations

import json
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = (
    "aws.ssm.document-public",
    "aws.ssm.block-public-documents",
    "aws.ssm.default-host-management",
    "aws.ecr.scan-on-push",
    "aws.ecr.public-policy",
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
PULL = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account; what is named "kept" is as it should be."""

    def do(service: str, operation: str, **arguments: Any) -> dict[str, Any]:
        return cloud.call(Call("aws", service, operation, arguments, REGION))

    for name in ("restart-portal", "kept"):
        do("ssm", "CreateDocument", Content=SCRIPT, Name=name, DocumentType="Command")
    share = {"Name": "restart-portal", "PermissionType": "Share", "AccountIdsToAdd": ["all"]}
    do("ssm", "ModifyDocumentPermission", **share)
    do("ecr", "CreateRepository", repositoryName="portal/api")
    good = {"scanOnPush": True}
    do("ecr", "CreateRepository", repositoryName="kept", imageScanningConfiguration=good)
    everybody = {"Sid": "Public", "Effect": "Allow", "Principal": "*", "Action": PULL}
    team = {**everybody, "Sid": "Team", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}
    for name, statements in (("portal/api", [everybody, team]), ("kept", [team])):
        text = json.dumps({"Version": "2012-10-17", "Statement": statements})
        do("ecr", "SetRepositoryPolicy", repositoryName=name, policyText=text)
    return cloud
