"""Checks that a secret is the primary one before its resource policy changes."""

from __future__ import annotations

from hipaa_tui.providers.guard import Look, Outcome, Verdict
from hipaa_tui.providers.model import Call


def secret_is_primary(look: Look) -> Verdict:
    """Blocks on a replica secret: its policy can only be changed at the primary secret."""
    request = Call(
        "aws", "secretsmanager", "DescribeSecret", {"SecretId": look.target.id}, look.target.region
    )
    primary = str(look.cloud.call(request).get("PrimaryRegion") or look.target.region)
    if primary != look.target.region:
        return (
            Outcome.BLOCK,
            f"it is a replica of the secret in {primary}: change the policy of that primary secret",
        )
    return Outcome.PASS, "the secret is not a replica"


GUARDS = {"secret-is-primary": secret_is_primary}
CAUTIOUS = ("secret-is-primary",)
