"""Decides by a name whether its value is a secret, and by the value whether that is a false alarm.

The last word of the name decides: "db_password" is a secret; "password_policy", "KMSMasterKeyID" and
"token-service" are not. In environment variables, whose names are free, any word decides.
"""

from __future__ import annotations

import re
from typing import Final

MARKER: Final = "[redacted: "
"""Prefix of every replacement. It holds no digest of what it replaces: secrets can be guessed."""


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_WORD: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_NAME_LIMIT: Final = 200
_NO_NAME: Final = re.compile(r"^/|[(){}\"'<>\n]")
"""What makes a text a path or an expression ("/etc/passwd"), whatever its last word."""

_PASSWORDS: Final = frozenset({"password", "passwords", "passwd", "pwd", "passphrase", "passcode"})
_PASS_OF: Final = _set(
    "db database user admin root mysql postgres pg redis smtp mail ftp sftp sa master auth login account sql "
    "rds ldap proxy rabbitmq mongo key keystore truststore ssh vpn wifi"
)
_SECRETS: Final = frozenset({"secret", "secrets"})
_TOKENS: Final = frozenset({"token", "tokens"})
_NO_TOKEN: Final = _set(
    "next continuation page paging pagination idempotency idempotent request client sequence sync resume skip "
    "lock change http match cancellation max min num total count"
)
"""Words before "token" that make it a place in a list or a setting, not a credential."""
_KEY_OF: Final = _set(
    "api access secret account shared private storage signing encryption decryption master session auth license "
    "licence ssh service host function admin deploy webhook hmac jwt crypto cipher app application client "
    "subscription ingestion write read send integration partner"
)
_NO_KEY: Final = _set(
    "kms cmk partition sort primary foreign cache object s3 public range routing group dedup index row hash "
    "data lookup sse trust translation i18n feature registry"
)
_COMPOUND: Final = (
    *("password", "passwd", "passphrase"),
    *("secret", "clientsecret"),
    *("apikey", "accesskey", "secretkey", "accountkey", "privatekey", "sharedkey", "authkey", "signingkey"),
    *("storagekey", "encryptionkey", "masterkey", "hostkey", "licensekey"),
)
"""Endings of words that were written together ("dbpassword")."""
_FORM: Final = _set(
    "value values plaintext base64 b64 raw old new current previous primary secondary string str env"
)
"""Last words that say in which form or edition the thing is there, not what it is."""
_NEUTRAL: Final = _set(
    "id ids arn arns name names url urls uri uris endpoint path file filename dir folder ttl expiry expires "
    "expiration length len size age count type types algorithm alg version region host table bucket prefix suffix "
    "policy enabled disabled required rotation days hours minutes seconds issuer audience alias vault store manager "
    "service provider state status source created updated date time timestamp at limit hash fingerprint thumbprint "
    "header field column usage spec ref reference param parameter label kind format rotated interval timeout mode"
)
"""Last words that make a name in an environment a fact about the secret, not the secret."""

_STATES: Final = _set(
    "true false yes no on off none null nil required optional enabled disabled default active inactive unset "
    "absent present unknown hidden removed redacted pass fail n/a"
)
_ELSEWHERE: Final = re.compile(
    r"arn:aws[a-z-]*:|/subscriptions/|alias/|\{\{resolve:|@Microsoft\.KeyVault\(|\$\{[^}]*\}$|\$\([^)]*\)$|<[A-Za-z _-]*>$"
)
"""Beginnings of values that say where something is, and not what it is."""
_PLAIN_URL: Final = re.compile(r"https?://[^\s?@]*$")
_REDACTED: Final = re.compile(r"\[redacted: [a-z ]{1,30}\]\W*")
_MASKED: Final = re.compile(r"(?:[*•.…]+|[xX]{3,})$")
_SIMPLE_WORD: Final = re.compile(r"[A-Za-z][A-Za-z_.-]{0,23}$")


SSN: Final = "social security number"
_SSN: Final = re.compile(r"[0-9]{3}[- ]?[0-9]{2}[- ]?[0-9]{4}$")


def kind_of(name: str, *, environment: bool = False) -> str:
    """What the value under `name` is by its name: "password", "secret", "token" or "key"; "" for nothing secret."""
    if _NO_NAME.search(name):
        return ""
    words = [word.lower() for word in _WORD.findall(name[-_NAME_LIMIT:])]
    while len(words) > 1 and (words[-1] in _FORM or words[-1].isdigit()):
        words.pop()
    if not words:
        return ""
    if words[-3:] == ["client", "key", "data"]:
        return "key"  # kubeconfig
    if words[-1] == "ssn" or words[-2:] == ["social", "security"] or words[-3:-1] == ["social", "security"]:
        return SSN
    found = _last(words)
    if found or not environment or words[-1] in _NEUTRAL:
        return found
    for end in range(len(words) - 1, 0, -1):
        found = _last(words[:end]) or _bare_key(words[:end])
        if found:
            return found
    return _bare_key(words)


def _last(words: list[str]) -> str:
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _PASSWORDS or (last == "pass" and before in _PASS_OF):
        return "password"
    if last in _SECRETS:
        return "secret"
    if last in _TOKENS:
        return "" if before in _NO_TOKEN else "token"
    if last in {"key", "keys"} and before in _KEY_OF:
        return "key"
    if last == "signature" and before in {"access", "amz", "goog"}:
        return "signature"
    if last == "authorization" and len(words) <= 2:
        return "authorization header"
    for ending in _COMPOUND:
        if last.endswith(ending):
            return "password" if ending.startswith("pass") else "key" if ending.endswith("key") else "secret"
    if last.endswith("token") and last[:-5] not in _NO_TOKEN:
        return "token"
    return ""


def _bare_key(words: list[str]) -> str:
    """In an environment a key of anything counts, but for those that are names of columns or of KMS keys."""
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in {"key", "keys"}:
        return "" if before in _NO_KEY else "key"
    if last in {"pass", "auth", "creds", "credential", "credentials"}:
        return "password" if last == "pass" else "credential"
    return ""


def harmless(value: str, kind: str) -> bool:
    """Is the value under a telling name no secret: empty, a state, a place where one is kept, a plain word?"""
    text = value.strip()
    if not text or _REDACTED.fullmatch(text) or text.lower() in _STATES or _MASKED.match(text):
        return True
    if _ELSEWHERE.match(text):
        return True
    if kind == "password":
        return False
    if kind == SSN:
        return _SSN.match(text) is None
    if kind == "authorization header":
        return " " not in text and len(text) < 16
    if _PLAIN_URL.match(text) or (text.isascii() and text.isdigit() and len(text) < 6):
        return True
    return kind == "key" and _SIMPLE_WORD.match(text) is not None


def marker(kind: str) -> str:
    """What stands in the secret's place."""
    return f"{MARKER}{kind}]"
