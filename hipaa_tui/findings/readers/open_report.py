"""Opens a report and parses its JSON, if it is JSON.

Whatever is wrong with a file as a whole is an InputError with one sentence, raised here.
"""

from __future__ import annotations

import codecs
import json
import stat
from pathlib import Path
from typing import Any, Final, NoReturn

from hipaa_tui.findings.readers.reader import Document, RawRow
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.sanitize import plain

MAX_BYTES: Final = 1 << 30
"""Maximum size of a report in bytes: parsed JSON takes several times its size in memory."""

EXPORT_AGAIN: Final = "export it again from the tool that created it"

_ARCHIVES: Final = {b"\x1f\x8b": "gzip", b"PK\x03\x04": "zip", b"BZh": "bzip2", b"(\xb5/\xfd": "zstd"}
_UTF32: Final = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)
_UTF16: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def open_document(path: Path) -> Document:
    """The file at `path`, decoded. InputError if it cannot be read or is not text."""
    return parse_document(path, _read(path))


def parse_document(path: Path, data: bytes) -> Document:
    """Like `open_document`, for bytes that have already been read from `path`."""
    text = _decode(path, data)
    if not text.strip():
        _refuse(path, f"is empty; {EXPORT_AGAIN}")
    if text.lstrip()[0] not in "[{":
        return Document(path, text=text)
    return _parse_json(path, text)


def shown(path: Path) -> str:
    """The path for an error message, without control characters."""
    return plain(str(path), 300)


def _refuse(path: Path, rest: str) -> NoReturn:
    raise InputError(f"{shown(path)} {rest}.")


def _read(path: Path) -> bytes:
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            _refuse(path, "is a folder; give the report files in it")
        if not stat.S_ISREG(found.st_mode):
            _refuse(path, "is not a regular file; save the report to a file first")
        if found.st_size > MAX_BYTES:
            _refuse(path, "is larger than 1 GiB; export fewer accounts or regions to a file")
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # it may have grown since
    except FileNotFoundError:
        _refuse(path, "does not exist; check the path")
    except PermissionError:
        _refuse(path, "cannot be read: permission denied")
    except MemoryError:
        _refuse(path, "does not fit into memory; export fewer accounts or regions to a file")
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = plain(getattr(error, "strerror", None) or str(error), 200)
        _refuse(path, f"cannot be read ({reason}); check the path and the disk")
    if len(data) > MAX_BYTES:
        _refuse(path, "is larger than 1 GiB; export fewer accounts or regions to a file")
    return data


def _decode(path: Path, data: bytes) -> str:
    for magic, name in _ARCHIVES.items():
        if data.startswith(magic):
            _refuse(path, f"is compressed ({name}); decompress it first")
    text: str | None = None
    if not data.startswith(_UTF32):
        encoding = "utf-16" if data.startswith(_UTF16) else "utf-8-sig"
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            text = None
    if text is None or "\0" in text:
        _refuse(path, f"is not UTF-8 text, nor UTF-16 with a byte order mark; {EXPORT_AGAIN}")
    return text


def _parse_json(path: Path, text: str) -> Document:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        rows = _json_lines(text)
        if rows is not None:
            return Document(path, rows=tuple(rows))
        where = f"line {error.lineno}, column {error.colno}"
        if text.rstrip()[-1] not in "]}":
            _refuse(path, f"is truncated: its JSON ends at {where}; {EXPORT_AGAIN}")
        _refuse(path, f"is not valid JSON: {error.msg} at {where}; {EXPORT_AGAIN}")
    except (RecursionError, MemoryError):
        _refuse(path, f"is nested too deeply or too large to be parsed; {EXPORT_AGAIN}")
    except ValueError:  # a number with thousands of digits
        _refuse(path, f"contains a number too large to be parsed; {EXPORT_AGAIN}")
    if value == []:
        _refuse(path, "is an empty list; there is nothing to load")
    wrapped = isinstance(value, dict) and isinstance(value.get("Findings"), list)
    return Document(path, rows=tuple(_expand(value, "")), wrapped=wrapped)


def _expand(value: Any, prefix: str) -> list[RawRow]:
    """The rows of one JSON value: a list of them, an object that wraps such a list, or one row."""
    if isinstance(value, dict) and isinstance(value.get("Findings"), list):
        value = value["Findings"]
    if not isinstance(value, list):
        return [RawRow(prefix or "row 1", value)]
    lead = f"{prefix}, " if prefix else ""
    return [RawRow(f"{lead}row {number}", row) for number, row in enumerate(value, start=1)]


def _json_lines(text: str) -> list[RawRow] | None:
    """The rows of a JSON Lines file, or None if it is not one.

    At least half of the lines must be objects: a truncated pretty-printed document also has lines that parse.
    """
    rows: list[RawRow] = []
    lines = good = 0
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        lines += 1
        where = f"line {number}"
        try:
            value = json.loads(line)
        except (ValueError, RecursionError):
            rows.append(RawRow(where, None, "The line is not a complete JSON object."))
            continue
        good += isinstance(value, dict)
        rows.extend(_expand(value, where))
    return rows if good * 2 >= lines and good else None
