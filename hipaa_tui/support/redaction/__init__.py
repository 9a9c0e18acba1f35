"""Takes secrets out of what the tool writes down, because findings, policies and errors quote them.

Three looks: at names (a password is what stands under "password"), at shapes (a private key is one
wherever it stands), and inside JSON that is held in strings. Randomness alone never decides: hashes,
etags and ids would be lost, and they are what a reader needs.
"""

from hipaa_tui.support.redaction.text import redact_text
from hipaa_tui.support.redaction.values import redact, secrets_in

__all__ = ["redact", "redact_text", "secrets_in"]
