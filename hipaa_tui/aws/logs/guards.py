"""Checks that the key policy lets CloudWatch Logs use a customer managed key for a log group."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call


def logs_may_use_key(context: GuardContext) -> Verdict:
    """Blocks a customer managed key whose policy does not grant the region's CloudWatch Logs service principal.

    CloudWatch Logs then refuses the key. If the statement is removed later, it can no longer write to the log group
    (CloudWatch Logs User Guide, "Encrypt log data in CloudWatch Logs using AWS KMS").
    """
    key = str(context.arguments.get("key") or "")
    if not key:
        return (
            Outcome.PASS,
            "the policy of the key that this plan creates or reuses grants CloudWatch Logs access",
        )
    request = {"KeyId": key, "PolicyName": "default"}
    policy = context.cloud.call(Call("aws", "kms", "GetKeyPolicy", request, context.target.region))["Policy"]
    principals = {f"logs.{context.target.region}.amazonaws.com", "logs.amazonaws.com"}
    if any(_grants_encryption(statement, principals) for statement in documents.statements(policy)):
        return Outcome.PASS, "the key policy grants CloudWatch Logs access"
    return (
        Outcome.BLOCK,
        f"the key policy does not grant logs.{context.target.region}.amazonaws.com kms:GenerateDataKey*: add that "
        "statement first",
    )


def _grants_encryption(statement: dict[str, Any], services: set[str]) -> bool:
    normalized = documents.meaning(statement)
    principal = normalized.get("Principal")
    principals = set(principal.get("Service") or []) if isinstance(principal, dict) else set()
    actions = {str(action).lower() for action in normalized.get("Action") or []}
    can_encrypt = any(
        action in {"*", "kms:*", "kms:generatedatakey*", "kms:generatedatakey"} for action in actions
    )
    return normalized.get("Effect") == "Allow" and bool(principals & services) and can_encrypt


GUARDS: Final = {"logs-may-use-key": logs_may_use_key}
BLOCK_ON_ERROR: Final = ("logs-may-use-key",)
