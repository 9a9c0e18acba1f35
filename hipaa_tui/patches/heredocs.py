"""Adds statements to a policy that stands as JSON in a heredoc; interpolations and layout stay byte for byte."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from hipaa_tui.patches.policies import Means, NotAddableError, Statement, missing_of
from hipaa_tui.patches.syntax import Expression, Items, Template, Traversal, expression_in

if TYPE_CHECKING:
    from tree_sitter import Node

_LIST: Final = re.compile(r'"Statement"\s*:\s*\[')
_BLANKS: Final = re.compile(r"[\s,]*")


def is_heredoc(node: Node) -> bool:
    """Does the expression begin as a heredoc?"""
    return (node.text or b"").startswith(b"<<")


def added_to_heredoc(
    source: bytes, node: Node, wanted: Sequence[Statement], means: Means
) -> tuple[int, int, str] | None:
    """(start, end, text) of the edit that adds what is missing; None where nothing is. NotAddableError."""
    start = source.index(b"\n", node.start_byte) + 1
    body = source[start : node.end_byte].decode("utf-8", "replace").rstrip("\r\n")
    content = body[: body.rfind("\n") + 1]
    try:
        whole = json.loads(content)
    except ValueError:
        raise NotAddableError("its heredoc is no JSON") from None
    found = _LIST.search(content)
    there = whole.get("Statement") if isinstance(whole, dict) else None
    if found is None or len(_LIST.findall(content)) != 1 or not isinstance(there, list) or not there:
        raise NotAddableError("its heredoc has no one list of statements")
    missing = missing_of([_expression(one) for one in there], wanted, means)
    if not missing:
        return None
    first, end = _bounds(content, found.end(), len(there))
    indent = " " * (first - content.rfind("\n", 0, first) - 1)
    lines = "\n" in content[found.end() : end]
    texts = [json.dumps(_json(one.value), indent=2 if lines else None) for one in missing]
    if lines:
        joined = "".join(",\n" + indent + text.replace("\n", f"\n{indent}") for text in texts)
    else:
        joined = "".join(f", {text}" for text in texts)
    at = start + len(content[:end].encode())
    return at, at, joined


def _bounds(content: str, at: int, count: int) -> tuple[int, int]:
    """(where the last of the list's items begins, where it ends)."""
    decoder, begin, end = json.JSONDecoder(), at, at
    for _ in range(count):
        blanks = _BLANKS.match(content, end)
        begin = blanks.end() if blanks else end
        _, end = decoder.raw_decode(content, begin)
    return begin, end


def _expression(value: Any) -> Expression:
    """JSON as the expression that HCL takes it for: strings may be templates."""
    if isinstance(value, dict):
        return Items(tuple(map(_expression, value.values())), tuple(value))
    if isinstance(value, list):
        return Items(tuple(map(_expression, value)))
    return expression_in(json.dumps(value)) if isinstance(value, str) else value


def _json(value: Expression) -> Any:
    if isinstance(value, Items):
        if value.keys:
            return {str(key): _json(one) for key, one in zip(value.keys, value.values, strict=True)}
        return [_json(one) for one in value.values]
    if isinstance(value, Traversal) and not value.indexed:
        return f"${{{'.'.join(value.parts)}}}"
    if isinstance(value, Template):
        return "".join(_escaped(one) if isinstance(one, str) else str(_json(one)) for one in value.parts)
    if isinstance(value, str):
        return _escaped(value)
    if isinstance(value, bool | int | float) or value is None:
        return value
    raise NotAddableError("a value of the statement cannot be said in a heredoc")


def _escaped(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")
