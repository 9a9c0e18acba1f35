"""Looks at the key of a log group before CloudWatch Logs has to write with it."""

from __future__ import annotations

from typing import Any, Final

from hipaa_tui.aws.policies import documents
from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call


def logs_may_use_key(look: Look) -> Verdict:
    """Blocks a key of the operator's own whose policy does not let the region's CloudWatch Logs in.

    Logs then refuses the key, or, should the statement go later, can write no more (CloudWatch Logs User Guide,
    "Encrypt log data in CloudWatch Logs using AWS KMS").
    """
    key = str(look.arguments.get("key") or "")
    if not key:
        return Outcome.PASS, "the key that is made, or taken, lets CloudWatch Logs in"
    asked = {"KeyId": key, "PolicyName": "default"}
    text = look.cloud.call(Call("aws", "kms", "GetKeyPolicy", asked, look.target.region))["Policy"]
    wanted = {f"logs.{look.target.region}.amazonaws.com", "logs.amazonaws.com"}
    if any(_lets_in(one, wanted) for one in documents.statements(text)):
        return Outcome.PASS, "the key's policy lets CloudWatch Logs in"
    return (
        Outcome.BLOCK,
        f"the key's policy does not let logs.{look.target.region}.amazonaws.com encrypt: add that first",
    )


def _lets_in(statement: dict[str, Any], services: set[str]) -> bool:
    meant = documents.meaning(statement)
    principal = meant.get("Principal")
    named = set(principal.get("Service") or []) if isinstance(principal, dict) else set()
    actions = {str(one).lower() for one in meant.get("Action") or []}
    may = any(one in {"*", "kms:*", "kms:generatedatakey*", "kms:generatedatakey"} for one in actions)
    return meant.get("Effect") == "Allow" and bool(named & services) and may


GUARDS: Final = {"logs-may-use-key": logs_may_use_key}
CAUTIOUS: Final = ("logs-may-use-key",)
