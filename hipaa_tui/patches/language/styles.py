"""The style of a file's objects and lists, and values printed in that style."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from hipaa_tui.patches.language import hcl
from hipaa_tui.patches.language.edits import NotEditableError, after_blanks, indent_at, line_start
from hipaa_tui.patches.language.hcl import Raw
from hipaa_tui.patches.language.syntax import Template, Traversal, expression_in
from hipaa_tui.patches.language.value_spans import Part
from hipaa_tui.support.json_value import Json

_WIDEST: Final = 90
_SPACED: Final = re.compile(r"[ \t]*[=:][ \t]*")


class Document(str):
    """A document as text, its interpolations included: to be written as a string of JSON."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Style:
    """The form of objects and lists in one place of a file.

    `json`: JSON, in which `templated` says that `${` begins an interpolation, `references` that one may be written;
    else HCL. `sign` stands between key and value; `quoted` keys; `commas` behind the entries of an object of several
    lines; `unit` is one step of indentation, `pad` what stands inside the braces of an object on one line.
    """

    json: bool = False
    templated: bool = False
    references: bool = True
    sign: str = " = "
    quoted: bool = False
    commas: bool = False
    unit: str = "  "
    pad: str = " "

    @property
    def aligned(self) -> bool:
        return self.sign.strip() == "="

    def like(self, source: bytes, sample: Part | None) -> Style:
        """This style as the object in the file has it."""
        if sample is None or not sample.entries:
            return self
        first = sample.entries[0]
        between = source[first.key_end : first.value.start].decode("utf-8", "replace")
        sign = between if _SPACED.fullmatch(between) else self.sign
        if "=" in sign:
            sign = " = " if sign.strip(" \t=") == "" and " " in sign else sign
        found = replace(self, sign=sign, quoted=source[first.start : first.start + 1] == b'"')
        if b"\n" in source[sample.start : first.start]:
            inner, outer = indent_at(source, first.start), indent_at(source, sample.start)
            deeper = inner.startswith(outer) and len(inner) > len(outer)
            found = replace(found, unit=inner[len(outer) :] if deeper else self.unit)
            if len(sample.entries) > 1:
                comma = source[after_blanks(source, first.end) :][:1] == b","
                found = replace(found, commas=comma)
        else:
            blank = source[sample.start + 1 : sample.start + 2] == b" "
            found = replace(found, pad=" " if blank else "")
        return found

    # -- writing

    def written(self, value: Json, indent: str, *, flat: bool = False) -> str:
        """The value; its further lines begin with `indent`. NotEditableError where the syntax cannot say it."""
        if isinstance(value, Mapping):
            rows = [(self.key(str(key)), item) for key, item in value.items()]
            if not rows:
                return "{}"
            if flat:
                inside = ", ".join(
                    f"{key}{self.sign}{self.written(item, indent, flat=True)}" for key, item in rows
                )
                return "{" + self.pad + inside + self.pad + "}"
            deeper = indent + self.unit
            lines = self.lines([(key, self.written(item, deeper)) for key, item in rows], deeper)
            ends = [","] * (len(lines) - 1) + [""] if self.json else ["," if self.commas else ""] * len(lines)
            if self.commas and not self.json:
                ends[-1] = ""
            shown = "".join(f"{deeper}{line}{end}\n" for line, end in zip(lines, ends, strict=True))
            return "{\n" + shown + indent + "}"
        if isinstance(value, list | tuple) and not isinstance(value, str):
            shown_flat = "[" + ", ".join(self.written(one, indent, flat=True) for one in value) + "]"
            simple = not any(isinstance(one, dict | list) for one in value)
            if flat or (simple and len(shown_flat) <= _WIDEST):
                return shown_flat
            deeper = indent + self.unit
            rows_ = [self.written(one, deeper) for one in value]
            ends = [","] * (len(rows_) - 1) + ["" if self.json else ","]
            return (
                "[\n" + "".join(f"{deeper}{a}{b}\n" for a, b in zip(rows_, ends, strict=True)) + indent + "]"
            )
        return self._scalar(value)

    def lines(self, rows: Sequence[tuple[str, str]], indent: str) -> list[str]:
        """`key = value` lines without their indentation; values of several lines are indented already."""
        if self.aligned:
            runs = [(key, "\n" in text) for key, text in rows]
            width = [
                max((len(key) for key, long in _run(runs, at) if not long), default=0)
                if not runs[at][1]
                else 0
                for at in range(len(rows))
            ]
            return [f"{key.ljust(width[at])}{self.sign}{text}" for at, (key, text) in enumerate(rows)]
        return [f"{key}{self.sign}{text}" for key, text in rows]

    def key(self, key: str) -> str:
        if self.json:
            return self._string(key)
        return hcl.string(key) if self.quoted else hcl.key(key)

    def _scalar(self, value: Json) -> str:
        if isinstance(value, Document):
            return json.dumps(value)
        if not self.json:
            return hcl.expression(value)
        if isinstance(value, Raw):
            return self._reference(value)
        return self._string(value) if isinstance(value, str) else hcl.expression(value)

    def _string(self, text: str) -> str:
        shown = json.dumps(text)
        if not self.templated:
            return shown
        if re.search(r"\$\$\{|%%\{", shown):
            raise NotEditableError(f"{text[:60]} cannot be written safely in a template")
        return shown.replace("${", "$${").replace("%{", "%%{")

    def _reference(self, text: str) -> str:
        """A reference inside of JSON is an interpolation."""
        value = expression_in(text)
        parts = value.parts if isinstance(value, Template) else (value,)
        shown = ""
        for part in parts:
            if isinstance(part, Traversal) and not part.indexed and self.references:
                shown += "${" + ".".join(part.parts) + "}"
            elif isinstance(part, str):
                shown += self._string(part)[1:-1]
            else:
                raise NotEditableError(f"{text[:60]} cannot be written there")
        return f'"{shown}"'


def _run(rows: list[tuple[str, bool]], at: int) -> list[tuple[str, bool]]:
    """The neighbours that stand on one line each, and so share a column."""
    start = end = at
    while start > 0 and not rows[start - 1][1]:
        start -= 1
    while end < len(rows) and not rows[end][1]:
        end += 1
    return rows[start:end]


def column(source: bytes, start: int, key_end: int) -> int:
    """How wide the keys of an entry's group are, from where its `=` stands; 0 where that is not told."""
    at = after_blanks(source, key_end)
    return at - start - 1 if source[at : at + 1] == b"=" and at > key_end else 0


def alone_on_line(source: bytes, start: int, end: int) -> bool:
    """Is it one line?"""
    return line_start(source, start) == line_start(source, end)
