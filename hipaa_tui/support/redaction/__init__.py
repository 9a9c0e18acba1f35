"""Removes secrets from everything that is written down: findings, policies and errors can quote them.

Secrets are recognized by name (the value of "password"), by shape (a private key), and inside of JSON in strings.
Randomness alone is not enough: hashes, etags and ids would be lost, which a reader needs.
"""

from hipaa_tui.support.redaction.text import redact_text
from hipaa_tui.support.redaction.values import redact, secrets_in

__all__ = ["redact", "redact_text", "secrets_in"]
