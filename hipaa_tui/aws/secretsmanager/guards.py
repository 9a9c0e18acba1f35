"""Checks that a secret is the primary one before its resource policy changes."""

from __future__ import annotations

from hipaa_tui.providers.guard import GuardContext, Outcome, Verdict
from hipaa_tui.providers.model import Call


def secret_is_primary(context: GuardContext) -> Verdict:
    """Blocks on a replica secret: its policy can only be changed at the primary secret."""
    request = Call(
        "aws", "secretsmanager", "DescribeSecret", {"SecretId": context.target.id}, context.target.region
    )
    primary = str(context.cloud.call(request).get("PrimaryRegion") or context.target.region)
    if primary != context.target.region:
        return (
            Outcome.BLOCK,
            f"it is a replica of the secret in {primary}: change the policy of that primary secret",
        )
    return Outcome.PASS, "the secret is not a replica"


GUARDS = {"secret-is-primary": secret_is_primary}
BLOCK_ON_ERROR = ("secret-is-primary",)
