"""Secrets in sentences and in lines of a known form: "the password is …", pgpass, netrc, options, social security numbers."""

from __future__ import annotations

import re
from typing import Final

from hipaa_tui.support.redaction.words import harmless, marker

_NAMES: Final = r"pass(?:word|wd|phrase|code)|pwd|(?:api|access|secret|private|account|license)[ _-]?key|secret|token|credentials?"
_SAID: Final = re.compile(
    rf"(?i)(?<![A-Za-z0-9])(?P<name>{_NAMES})(?:[ \t]{{1,4}}(?:for|of|to|on)[ \t]{{1,4}}\S{{1,60}})?"
    r"[ \t]{1,4}(?:(?:(?:is|was|will[ \t]be|been)[ \t]{1,4})?(?:set|changed|reset)[ \t]to|is|was|are|will[ \t]be)"
    r"(?:[ \t]{1,4}(?:now|still|currently|simply|just))?[ \t]{0,2}:?[ \t]{1,4}"
    r"(?P<quote>[\"'`\u201c\u2018]?)(?!\[redacted: )(?P<secret>[^\s\"'`\u201c\u201d\u2018\u2019<>]+)"
)
_OPTION: Final = re.compile(
    r"(?i)(?<![A-Za-z0-9-])--(?:[a-z]{1,20}-){0,3}(?P<name>pass(?:word|wd|phrase)?|token|secret|api-key|access-key|secret-key)"
    r"[ \t]{1,4}(?P<quote>[\"']?)(?!\[redacted: )(?P<secret>[^\s\"'<>|-][^\s\"'<>|]*)"
)
_UNIT: Final = re.compile(
    r"[ \t]{1,4}(?:[a-z]{1,20}[ \t])?(?:second|minute|hour|day|week|month|year|char|digit|letter|times?\b|%|percent|bit|byte|of\b|or\b|and\b)"
)
_END: Final = re.compile(r"[.,;!?)\u201d\u2019\"'`\]]{0,3}(?:\s|$)")
_CLOSE: Final = ".,;:!?)]}"
_WORD: Final = re.compile(r"[A-Za-z][a-z'-]*$|[A-Z]{2,5}$")
_ELSEWHERE: Final = re.compile(
    r"arn:|/|\$|\{|\[|https?:|alias/|[A-Za-z]:\\|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-|\d{4}-\d\d-\d\d|[<>]=?\d|[~\u2248]?\d{1,3}[%.,:;)]*$|\d{1,4}-?(?:d|h|m|y|bit|day|character)s?\b"
)
"""Beginnings of what stands behind "is" and is a place, an id, a date or an amount."""
_NAMED: Final = re.compile(r"[a-z]+(?:[_.-][a-z]+)+(?:\(\))?$|[A-Za-z]+(?:[A-Z][a-z]+)+$")
"""Names of settings and checks: "kms_key", "secretsmanager.rotation", "HttpTokens"."""

_PGPASS: Final = re.compile(
    r"(?m)(?:(?<=[\s\"'`=(])|^)(?P<host>[A-Za-z0-9*][A-Za-z0-9.*_-]{0,200}):(?P<port>54[0-9]{2}|6432|6543|25060|26257|\*)"
    r":(?P<base>[^\s:\"'`]{1,64}):(?P<user>[^\s:\"'`]{1,64}):(?!\[redacted: )(?P<secret>[^\s\"'`<>]+)"
)
_HEX: Final = re.compile(r"[0-9A-Fa-f]{1,4}$")
_NETRC: Final = re.compile(
    r"(?i)(?<![A-Za-z0-9])(?:machine[ \t]{1,4}\S{1,200}|default)\s{1,8}login\s{1,8}\S{1,200}\s{1,8}password\s{1,8}(?!\[redacted: )(?P<secret>\S{1,200})"
)
_SSN: Final = re.compile(
    r"(?<![\w./:@#-])(?!000|666|9)[0-9]{3}(?P<sign>[- \u2010-\u2013])(?!00)[0-9]{2}(?P=sign)(?!0000)[0-9]{4}(?![\w@-]|[./:][0-9])"
)
"""The Social Security Administration's rules: no area 000, 666 or 900 to 999, no group 00, no serial 0000."""
_SSN_NAMED: Final = re.compile(
    r"(?i)(?<![A-Za-z])(?:ssn|social[ _-]security(?:[ _-](?:number|no\.?|num))?)[\"']?[ \t]{0,4}(?:is|was|[:=#])?[ \t]{0,4}[\"']?"
    r"(?P<secret>(?!000|666|9)[0-9]{3}(?!00)[0-9]{2}(?!0000)[0-9]{4})(?![0-9])"
)
_NUMBER_OF: Final = re.compile(
    r"(?i)(?:order|invoice|ticket|case|part|ref|reference|serial|po|sku|item|model|version|build|tracking|change|request|catalog(?:ue)?"
    r"|batch|lot|account|article)[ \t]?(?:no\.?|nr\.?|num(?:ber)?|id|#)?[\"']?[ \t]{0,2}[:=#]?[ \t]{0,2}[\"']?$"
)
"""What makes digits of the same form the number of something else."""

HINTS: Final = (
    "pass",
    "pwd",
    "key",
    "secret",
    "token",
    "credential",
    "ssn",
    "social",
    ":54",
    ":64",
    ":65",
    ":2",
    ":*:",
)
DIGITS: Final = re.compile(r"[0-9]{3}[- \u2010-\u2013][0-9]{2}[- \u2010-\u2013][0-9]{4}")
"""Without this or one of HINTS no text holds what is looked for here."""


def without_said(text: str) -> str:
    """The text with a marker in the place of each such secret."""
    text = _NETRC.sub(lambda found: _marked(found, "password"), text)
    text = _PGPASS.sub(_pgpass, text)
    text = _SAID.sub(_said, text)
    text = _OPTION.sub(_option, text)
    text = _SSN_NAMED.sub(lambda found: _marked(found, "social security number"), text)
    return _SSN.sub(_ssn, text)


def _marked(found: re.Match[str], kind: str, length: int | None = None) -> str:
    start = found.start("secret") - found.start()
    end = found.end("secret") - found.start() if length is None else start + length
    return found[0][:start] + marker(kind) + found[0][end:]


def _kind(name: str) -> str:
    lowered = name.lower()
    if lowered.startswith(("pass", "pwd")):
        return "password"
    return "token" if lowered == "token" else "key" if lowered.endswith("key") else "secret"


def _said(found: re.Match[str]) -> str:
    """Of "the password is hunter2" the last word; a sentence about a password stays ("the password is not set")."""
    kind = _kind(found["name"])
    value = found["secret"].rstrip(_CLOSE)
    if not value or harmless(value, kind) or _ELSEWHERE.match(value):
        return found[0]
    quoted = bool(found["quote"])
    after = found.string[found.end() : found.end() + 40]
    if not quoted and (_WORD.match(value) or _NAMED.match(value)):
        return found[0]
    if value.isdigit() and (len(value) < 4 or _UNIT.match(after)):
        return found[0]
    if kind != "password" and not (
        len(value) >= 8 and any(c.isdigit() for c in value) and any(c.isalpha() for c in value)
    ):
        return found[0]
    if quoted and _WORD.match(value) and value.lower() in _NOTHING:
        return found[0]
    return _marked(found, kind, len(value))


_NOTHING: Final = frozenset(
    {"weak", "strong", "empty", "blank", "expired", "password", "optional", "required"}
)


def _option(found: re.Match[str]) -> str:
    """Of "--password hunter2" the value; what tells about the option stays ("--token is required")."""
    kind, value = _kind(found["name"]), found["secret"].rstrip(_CLOSE)
    if not value or harmless(value, kind) or _ELSEWHERE.match(value):
        return found[0]
    if not found["quote"] and (_WORD.match(value) or _NAMED.match(value)):
        return found[0]
    return _marked(found, kind, len(value))


def _pgpass(found: re.Match[str]) -> str:
    """A line "host:port:database:user:password"; addresses of IPv6 have the same signs."""
    parts = (found["host"], found["base"], found["user"])
    if all(_HEX.match(part) for part in parts) or harmless(found["secret"], "password"):
        return found[0]
    return _marked(found, "password")


def _ssn(found: re.Match[str]) -> str:
    before = found.string[max(0, found.start() - 40) : found.start()]
    return found[0] if _NUMBER_OF.search(before) else marker("social security number")
