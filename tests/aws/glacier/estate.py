"""An archive vault that everybody may read; "kept" lets its own account in."""

from __future__ import annotations

import json
from typing import Any

from hipaa_tui.aws.cloud import AwsCloud
from hipaa_tui.providers.model import Call
from tests.aws.server import ACCOUNT, REGION

PLAYBOOKS = ("aws.glacier.vault-policy",)


def build(cloud: AwsCloud) -> AwsCloud:
    """Build it in an empty account."""
    for name, principal in (("films", "*"), ("kept", {"AWS": f"arn:aws:iam::{ACCOUNT}:root"})):
        vault(cloud, name, lets(name, principal))
    return cloud


def vault(cloud: AwsCloud, name: str, *statements: Any) -> str:
    """A vault with a policy of these statements; its ARN."""

    def do(operation: str, **more: Any) -> None:
        cloud.call(Call("aws", "glacier", operation, {"accountId": "-", "vaultName": name, **more}, REGION))

    do("CreateVault")
    if statements:
        text = json.dumps({"Version": "2012-10-17", "Statement": list(statements)})
        do("SetVaultAccessPolicy", policy={"Policy": text})
    return f"arn:aws:glacier:{REGION}:{ACCOUNT}:vaults/{name}"


def lets(name: str, principal: Any, **more: Any) -> dict[str, Any]:
    """A statement about a vault."""
    arn = f"arn:aws:glacier:{REGION}:{ACCOUNT}:vaults/{name}"
    return {
        "Sid": "Read",
        "Effect": "Allow",
        "Principal": principal,
        "Action": "glacier:InitiateJob",
        "Resource": arn,
        **more,
    }
