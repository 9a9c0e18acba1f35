"""Who may read and change a secret by the secret's own policy."""

from __future__ import annotations

from hipaa_tui.aws.policies import documents
from hipaa_tui.aws.secretsmanager.settings import Secrets
from hipaa_tui.providers.model import Call, Cloud, CloudError, Operation, Reading, Setting, Target, absent_on
from hipaa_tui.support.json_value import ABSENT, Json


class SecretPolicy(Setting):
    """The policy's text, word for word; ABSENT where the secret has none, or is not there."""

    id = "aws.secretsmanager.policy"
    title = "Policy of the secret"
    resource = Secrets.name
    reads = (Operation("secretsmanager", "GetResourcePolicy"),)
    writes = (Operation("secretsmanager", "PutResourcePolicy"),)
    removes = (Operation("secretsmanager", "DeleteResourcePolicy"),)
    terraform = ("aws_secretsmanager_secret_policy",)

    def read(self, cloud: Cloud, target: Target) -> Reading:
        asked = Call("aws", "secretsmanager", "GetResourcePolicy", {"SecretId": target.id}, target.region)
        try:
            text = cloud.call(asked).get("ResourcePolicy")
        except CloudError as error:
            return absent_on(("ResourceNotFoundException",), error)
        # The ARN ends with six letters that AWS chose; before them stands the name.
        name = target.name.rpartition("-")[0]
        return Reading(str(text) if text else ABSENT, {"Arn": target.id, "Name": name})

    def write(self, target: Target, before: Reading, after: Json) -> list[Call]:
        asked = {"SecretId": target.id, "ResourcePolicy": after}
        return [Call("aws", "secretsmanager", "PutResourcePolicy", asked, target.region)]

    def remove(self, target: Target, before: Reading) -> list[Call]:
        return [Call("aws", "secretsmanager", "DeleteResourcePolicy", {"SecretId": target.id}, target.region)]

    def canonical(self, value: Json) -> Json:
        return documents.canonical(value)

    def display(self, value: Json) -> Json:
        return documents.parsed(value)


SETTINGS = (SecretPolicy(),)
