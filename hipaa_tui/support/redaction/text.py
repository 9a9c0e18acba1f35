"""Removes secrets from plain text: by what precedes a value, and by the value's shape.

Takes linear time for any text. A secret whose end is missing is removed up to the end of the text.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Final

from hipaa_tui.support.redaction import prose, vendors
from hipaa_tui.support.redaction.words import harmless, kind_of, marker

_HINTS: Final = (
    *(
        "pass",
        "pwd",
        "secret",
        "token",
        "key",
        "sig",
        "://",
        "bearer",
        "basic",
        "authori",
        "eyj",
        "akia",
        "asia",
    ),
    *("a3t", "q~", "+a", "acdb", "cred", "auth"),
    *vendors.HINTS,
    *prose.HINTS,
)
"""Without any of these (in any letter case) no text holds what is looked for; most texts are done here."""

_SHAPES: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    (
        "secret access key",
        re.compile(
            r"(?i:secret[ _-]?(?:access[ _-]?)?key|(?<![A-Za-z0-9])A[KS]IA[A-Z0-9]{16})"
            r"(?:[^A-Za-z0-9/+\[]|is|was){1,8}(?P<secret>[A-Za-z0-9/+]{40})(?![A-Za-z0-9/+=])"
        ),
    ),
    ("access key id", re.compile(r"(?<![A-Za-z0-9])(?:AKIA|ASIA|A3T[A-Z0-9])[A-Z0-9]{16}(?![A-Za-z0-9])")),
    (
        "token",
        re.compile(r"(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{5,}\.[A-Za-z0-9_-]{2,}(?:\.[A-Za-z0-9_-]*){0,3}"),
    ),
    (
        "secret",
        re.compile(r"(?<![A-Za-z0-9~._-])[A-Za-z0-9~._-]{3}[0-9]Q~[A-Za-z0-9~._-]{31,34}(?![A-Za-z0-9~_-])"),
    ),
    (
        "account key",
        re.compile(r"(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{76}(?:\+ABa|\+AMC|\+ASt|ACDb)[A-Za-z0-9+/]{6}=="),
    ),
    (
        "signature",
        re.compile(
            r"(?i)(?<![A-Za-z0-9_])(?:x-amz-|x-goog-)?sig(?:nature)?=(?P<secret>[A-Za-z0-9%+/=_-]{8,})"
        ),
    ),
    (
        "token",
        re.compile(
            r"(?i)(?<![A-Za-z0-9_])bearer[ \t]{1,4}(?P<secret>(?=[^\s\"']{0,200}[0-9])[A-Za-z0-9._~+/=-]{8,})"
        ),
    ),
)

_PEM: Final = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_END: Final = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_BASIC: Final = re.compile(r"(?i)(?<![A-Za-z0-9])basic[ \t]{1,4}([A-Za-z0-9+/]{8,}={0,2})")
_AUTHORITY: Final = re.compile(r"[^/?#]*")
_URL: Final = re.compile(r"://[^\s\"'<>`\\]*")
_PAIR: Final = re.compile(
    r"(?<![A-Za-z0-9_.$-])(?P<name>[A-Za-z_$][A-Za-z0-9_.$-]{0,99})[\\\"']{0,8}[ \t]{0,4}(?P<sign>[:=]>?)[ \t]{0,4}"
)
_BARE: Final = re.compile(r"(?:\[redacted: [a-z ]{1,30}\]|[^\s\"'<>;&\\`])+")
_OPENING: Final = {")": "(", "}": "{", "]": "["}
_LINE: Final = re.compile(r"[^\r\n\"'\\]*")
_GOES_ON: Final = re.compile(r"[ \t]+\S|[\"'`]")
_WORDS: Final = re.compile(r"[A-Za-z][a-z_-]*$")
_LOOK_AGAIN: Final = 300
"""Characters of a harmless value within which another pair is looked for; one that is longer is passed over."""
_QUOTE: Final = re.compile(r"(\\{0,16})([\"'`])")
_SCHEME: Final = re.compile(
    r"(?i)(?:basic|bearer|digest|negotiate|ntlm|aws4-hmac-sha256|sharedaccesssignature|sharedkey|sharedkeylite"
    r"|token|apikey|splunk|key)[ \t]"
)


def redact_text(text: str) -> str:
    """The text with every secret replaced by a marker. Idempotent."""
    for _ in range(4):  # a replacement can bring a name and a value together; once is the rule
        lowered = text.lower()
        if not any(hint in lowered for hint in _HINTS) and prose.DIGITS.search(text) is None:
            return text
        done = prose.without_said(_pairs(_shapes(text, lowered)))
        if done == text:
            return text
        text = done
    return text


def _shapes(text: str, lowered: str) -> str:
    text = vendors.without_tokens(_private_keys(text), lowered)
    for kind, shape in _SHAPES:
        text = shape.sub(lambda found, kind=kind: _without(found, kind), text)  # type: ignore[misc]
    text = _BASIC.sub(_basic, text)
    return _URL.sub(
        lambda found: _without_userinfo(found.string[max(0, found.start() - 5) : found.start()], found[0]),
        text,
    )


def _without(found: re.Match[str], kind: str) -> str:
    if "secret" not in found.re.groupindex:
        return marker(kind)
    start, end = found.start("secret") - found.start(), found.end("secret") - found.start()
    return found[0][:start] + marker(kind) + found[0][end:]


def _private_keys(text: str) -> str:
    """Without private keys; one whose end is missing goes to the end of the text."""
    parts, at = [], 0
    while (begun := _PEM.search(text, at)) is not None:
        ended = _PEM_END.search(text, begun.end())
        parts += [text[at : begun.start()], marker("private key")]
        at = ended.end() if ended else len(text)
    return "".join([*parts, text[at:]]) if parts else text


def _basic(found: re.Match[str]) -> str:
    """Credentials of HTTP's Basic scheme are user:password in base64; other words are only words."""
    text = found[1]
    try:
        said = base64.b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return found[0]
    return f"Basic {marker('password')}" if b":" in said and said.isascii() else found[0]


def _without_userinfo(scheme: str, url: str) -> str:
    """ "://user:password@host/…" without the password, whatever characters it holds."""
    parts = url.split("://")
    parts[0] = scheme
    for index, part in enumerate(parts[1:], start=1):
        authority = _AUTHORITY.match(part)[0]  # type: ignore[index]
        if not parts[index - 1].endswith(("http", "https")):
            authority = part.partition("?")[0]  # paths of databases hold no @, their passwords may hold a /
        if "@" in authority:
            end = authority.rindex("@")
        elif "@" in part and ":" in authority and not re.fullmatch(r"[^:]*:[0-9]*", authority):
            end = part.rindex("@")  # a password with a slash in it
        else:
            continue
        user, colon, password = part[:end].partition(":")
        if colon and not harmless(password, "password"):
            parts[index] = f"{user}:{marker('password')}{part[end:]}"
    return "://".join(["", *parts[1:]])


def _pairs(text: str) -> str:
    """Without the values that stand behind a telling name: `name=value`, `name: value`, `"name": "value"`."""
    parts, done, at = [], 0, 0
    while (found := _PAIR.search(text, at)) is not None:
        at = found.end()
        name, tight = found["name"], found["sign"].startswith(":")
        # What a colon or slash leads to stands in an ARN, a path or a host with its port.
        if tight and found.start() and text[found.start() - 1] in ":/@":
            continue
        kind = kind_of(name.rpartition("$")[2], environment=name.isupper() and "_" in name)
        if not kind:
            continue
        start, end = _value(text, found.end(), kind, loose=tight and found[0][-1] != ":")
        if start < end and not harmless(text[start:end], kind):
            parts += [text[done:start], marker(kind)]
            done = at = end
        elif end - start > _LOOK_AGAIN:
            at = end
    return "".join([*parts, text[done:]]) if parts else text


def _value(text: str, at: int, kind: str, *, loose: bool) -> tuple[int, int]:
    """Where the value that begins at `at` stands. `loose`: behind "name: ", where prose may follow."""
    quote = _QUOTE.match(text, at)
    if quote is not None:
        return quote.end(), _closing(text, quote.end(), quote[0])
    if kind == "authorization header":
        if _SCHEME.match(text, at) is None:
            return at, at
        return at, at + len(_LINE.match(text, at)[0])  # type: ignore[index]
    bare = _BARE.match(text, at)
    if bare is None:
        return at, at
    value = _unwrapped(bare[0])
    if not any(char.isalnum() for char in value):
        return at, at
    if loose and _WORDS.match(value) and _GOES_ON.match(text, bare.end()):
        return at, at  # a sentence goes on: "db-pass: must be rotated"
    return at, at + len(value)


def _unwrapped(text: str) -> str:
    """Without the punctuation and closing brackets that belong to what stands around it."""
    closing = ",." + "".join(mark for mark, opening in _OPENING.items() if opening not in text)
    return text.rstrip(closing)


def _closing(text: str, at: int, quote: str) -> int:
    """Where the same quotation mark closes what it opened; a text that was cut off ends with its line."""
    while (end := text.find(quote, at)) >= 0:
        if len(quote) > 1 or text[end - 1] != "\\" or _even(text, end):
            return end
        at = end + 1
    return _end_of_line(text, at)


def _even(text: str, end: int) -> bool:
    """Are the backslashes before `end` escapes of each other?"""
    start = end
    while start and text[start - 1] == "\\":
        start -= 1
    return (end - start) % 2 == 0


def _end_of_line(text: str, at: int) -> int:
    end = text.find("\n", at)
    return len(text) if end < 0 else end
