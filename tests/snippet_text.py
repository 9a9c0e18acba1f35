"""Reads a snippet as text, whichever of its branches a value takes, so that no argument escapes the schema.

A snippet is a template with one argument or one block's head a line. Statements of the template are left out, so
each line of each branch counts, in the block in which it stands; a macro's lines count where it is called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_COMMENT = re.compile(r"\{#.*?#\}", re.DOTALL)
_SET_BLOCK = re.compile(r"\{%-? set \w+ %\}.*?\{%-? endset %\}", re.DOTALL)
_MACRO = re.compile(r"\{%-? macro (\w+)\(.*?%\}(.*?)\{%-? endmacro %\}", re.DOTALL)
_STATEMENT = re.compile(r"\{%.*?%\}", re.DOTALL)
_HOLE = re.compile(r"\{\{.*?\}\}")
_CALL = re.compile(r"^\{\{ (\w+)\(.*\) \}\}$")
_FROM = re.compile(r'\{% from "([^"]+)" import (.*?) %\}')
_HEAD = re.compile(r'^(resource|module|import)(?: "([^"]+)")?(?: "[^"]*"| \{\{.*\}\})? \{$')
_BLOCK = re.compile(r"^([\w{} ]+?) \{(\})?$")
_ARGUMENT = re.compile(r"^((?:\w|\{\{.*?\}\})+) = (.*)$")


@dataclass(frozen=True, slots=True)
class Name:
    """An argument or nested block of a snippet: where it stands (aws_elb, listener), what it is, its line.

    A name is a pattern: "*" is what the value chooses.
    """

    where: tuple[str, ...]
    kind: str
    name: str
    line: str


class NotASnippetError(Exception):
    """A line that is none of what a snippet's lines are."""


def names(path: Path, shared: Path) -> Iterator[Name]:
    """Every argument and block that the snippet can give."""
    text = path.read_text("utf-8")
    macros = dict(_macros(text))
    for file, _ in _FROM.findall(text):
        macros |= dict(_macros((shared / file).read_text("utf-8")))
    stack: list[str] = []
    yield from _walk(_lines(_MACRO.sub("", text)), macros, stack)
    if stack:
        raise NotASnippetError(f"{path.name} leaves {stack} open")


def _macros(text: str) -> Iterator[tuple[str, str]]:
    for found in _MACRO.finditer(_COMMENT.sub("", text)):
        yield found[1], found[2]


def _lines(text: str) -> list[str]:
    plain = _STATEMENT.sub("", _SET_BLOCK.sub("", _COMMENT.sub("", text)))
    return [line for one in plain.splitlines() if (line := " ".join(one.split()))]


def _walk(lines: list[str], macros: dict[str, str], stack: list[str]) -> Iterator[Name]:
    for line in lines:
        called = _CALL.match(line)
        if called:
            if called[1] in macros:
                yield from _walk(_lines(macros[called[1]]), macros, stack)
            elif called[1] != "refuse":
                raise NotASnippetError(line)
        elif line in {"}", "]", "})", "}]"}:
            if not stack:
                raise NotASnippetError(f"{line} closes nothing")
            stack.pop()
        elif stack and stack[-1] == "=":
            # Inside of a value: a map's keys are the user's own.
            stack.extend("=" for _ in range(line.endswith(("{", "[", "({"))))
        elif head := _HEAD.match(line):
            stack.append(_HOLE.sub("*", head[2]) if head[1] == "resource" else head[1])
        elif argument := _ARGUMENT.match(line):
            yield Name(tuple(stack), "argument", _HOLE.sub("*", argument[1]), line)
            stack.extend("=" for _ in range(argument[2].endswith(("{", "[", "({"))))
        elif block := _BLOCK.match(line):
            name = _HOLE.sub("*", block[1])
            yield Name(tuple(stack), "block", name, line)
            if not block[2]:
                stack.append(name)
        else:
            raise NotASnippetError(line)
