"""Removes a block from a file, for the reverse patch of a merged one.

Terraform destroys whatever no block manages any more. That is wanted only if the block is a single resource that the
rollback removes, and nothing else refers to it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from hipaa_tui.patches.code.folder import Folder, Resource
from hipaa_tui.patches.editing.apply import NotEditableError
from hipaa_tui.patches.language.syntax import Declared, tree

if TYPE_CHECKING:
    from tree_sitter import Node


def references(folder: Folder, resource: Resource) -> list[str]:
    """What in the root module refers to the block, except its import block."""
    pattern = re.compile(rf"(?<![\w.-]){re.escape(resource.address)}(?![\w-])")
    found = []
    for _, block in folder.blocks:
        if block is resource.block or block.type == "import":
            continue
        if any(pattern.search(text) for text in _texts(block)):
            found.append(block.address or block.type)
    return found


def _texts(block: Declared) -> list[str]:
    inner = [text for one in block.blocks for text in _texts(one)]
    return [*(one.text for one in block.attributes), *inner]


def without(data: bytes, address: str, *, comments: str) -> bytes:
    """The file without the resource block, its import block, and the comment lines above it that contain `comments`.

    NotEditableError if the block is missing, or shares its lines with something else.
    """
    root = tree(data)
    if root.has_error:
        raise NotEditableError("the file is not valid HCL")
    body = next((one for one in root.children if one.type == "body"), None)
    spans = []
    seen = False
    for node in body.children if body else ():
        mine = _head(node) == ["resource", *address.split(".", 1)]
        seen = seen or mine
        if mine or _imports(node, address):
            spans.append(_span(data, node, comments))
    if not seen:
        raise NotEditableError(f"there is no block {address}")
    out, at = b"", 0
    for start, end in sorted(spans):
        out += data[at:start]
        at = end
    out += data[at:]
    return b"" if not out.strip() else out.rstrip(b"\r\n \t") + (b"\r\n" if b"\r\n" in data else b"\n")


def import_files(folder: Folder, address: str) -> list[str]:
    """The files with an import block for the address."""
    found = [
        name
        for name, block in folder.blocks
        if block.type == "import"
        and any(one.name == "to" and _is_of(one.text, address) for one in block.attributes)
    ]
    return list(dict.fromkeys(found))


def without_import(data: bytes, address: str) -> bytes:
    """The file without the import blocks of an address."""
    body = next((one for one in tree(data).children if one.type == "body"), None)
    for node in reversed(body.children if body else ()):
        if _imports(node, address):
            start, end = _span(data, node, "")
            data = data[:start] + data[end:]
    return data


def _head(node: Node) -> list[str]:
    if node.type != "block":
        return []
    names = [one for one in node.children if one.type in {"identifier", "string_lit"}]
    return [(one.text or b"").decode("utf-8", "replace").strip('"') for one in names]


def _imports(node: Node, address: str) -> bool:
    if _head(node) != ["import"]:
        return False
    text = (node.text or b"").decode("utf-8", "replace")
    found = re.search(r"(?m)^\s*to\s*=\s*(\S.*?)\s*$", text)
    return found is not None and _is_of(found[1], address)


def _is_of(to: str, address: str) -> bool:
    """Is it the address, or that of one of its instances?"""
    return to == address or (to.startswith(f"{address}[") and to.endswith("]"))


def _span(data: bytes, node: Node, comments: str) -> tuple[int, int]:
    """The block's lines, with its own comment above and one empty line before."""
    start = data.rfind(b"\n", 0, node.start_byte) + 1
    if data[start : node.start_byte].strip():
        raise NotEditableError("the block is not on lines of its own", node.start_point[0] + 1)
    end = data.find(b"\n", node.end_byte)
    end = len(data) if end < 0 else end + 1
    if data[node.end_byte : end].strip():
        raise NotEditableError("something follows the block on its last line", node.end_point[0] + 1)
    while comments and start:
        above = data.rfind(b"\n", 0, start - 1) + 1
        line = data[above:start].decode("utf-8", "replace").strip()
        if not line.startswith("#") or comments not in line:
            break
        start = above
    above = data.rfind(b"\n", 0, start - 1) + 1 if start else 0
    if start and not data[above:start].strip():
        start = above
    return start, end
