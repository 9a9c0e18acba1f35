"""Who may read and change a secret by the secret's own policy."""

from __future__ import annotations

from typing import Any

from hipaa_tui.aws.declared import PolicyText, Read, Remove, Write
from hipaa_tui.aws.secretsmanager.settings import Secrets
from hipaa_tui.providers.model import Target
from hipaa_tui.support.json_value import Json

_SECRET = {"SecretId": "{id}"}


class SecretPolicy(PolicyText):
    """The policy's text, word for word; ABSENT where the secret has none, or is not there."""

    id = "aws.secretsmanager.policy"
    title = "Policy of the secret"
    resource = Secrets.name
    reading = Read(
        *("secretsmanager", "GetResourcePolicy", "ResourcePolicy", _SECRET),
        gone=("ResourceNotFoundException",),
    )
    writing = Write("secretsmanager", "PutResourcePolicy", "ResourcePolicy", _SECRET)
    removing = Remove("secretsmanager", "DeleteResourcePolicy", arguments=_SECRET)
    terraform = ("aws_secretsmanager_secret_policy",)

    def identity_of(self, target: Target, found: Any) -> dict[str, Json]:
        # The ARN ends with six letters that AWS chose; the name stands before them.
        return {"Arn": target.id, "Name": target.name.rpartition("-")[0]}


SETTINGS = (SecretPolicy(),)
