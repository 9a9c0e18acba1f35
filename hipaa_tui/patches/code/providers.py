"""The provider versions of a folder, and the changes to rendered blocks for older ones.

Snippets are for hashicorp/aws 5 and hashicorp/azurerm 4. Before aws 4.0 a bucket's settings are inside of its block (https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/version-4-upgrade); azurerm 4.0 gave
some arguments other names (.../azurerm/latest/docs/guides/4.0-upgrade-guide).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from hipaa_tui.patches.code.folder import Folder
from hipaa_tui.patches.code.resource_identity import INLINE
from hipaa_tui.patches.language.hcl import Block
from hipaa_tui.patches.language.syntax import Items, expression_in, parse

LOCK_FILE: Final = ".terraform.lock.hcl"
_SOURCES: Final = {"aws": "hashicorp/aws", "azurerm": "hashicorp/azurerm"}
_NEWEST: Final = 99
_PART: Final = re.compile(r"(~>|>=|<=|!=|=|<|>)?\s*v?(\d+)(?:\.(\d+))?(?:\.(\d+))?")
_SINCE_4: Final = frozenset(
    {
        "aws_s3_bucket_acl",
        "aws_s3_bucket_lifecycle_configuration",
        "aws_s3_bucket_logging",
        "aws_s3_bucket_object_lock_configuration",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_versioning",
    }
)
_BEFORE_AZURERM_4: Final[Mapping[str, Mapping[str, str]]] = {
    "azurerm_storage_account": {"https_traffic_only_enabled": "enable_https_traffic_only"},
}


def majors(folder: Folder, lock: str = "") -> dict[str, int]:
    """Provider → its major version: the locked one, else the newest that the constraints of the folder allow."""
    found = dict.fromkeys(_SOURCES, _NEWEST)
    for _, block in folder.blocks:
        if block.type != "terraform":
            continue
        for required in block.inner("required_providers"):
            for one in required.attributes:
                name, constraint = _required(one.name, one.text)
                if name:
                    found[name] = newest_major(constraint)
    for block in parse(lock).blocks:
        for name, source in _SOURCES.items():
            version = block.value("version")
            if block.type == "provider" and block.labels[0].endswith(source) and isinstance(version, str):
                found[name] = newest_major(version)
    return found


def _required(name: str, text: str) -> tuple[str, str]:
    value = expression_in(text)
    if isinstance(value, str):
        return (name if name in _SOURCES else ""), value
    if not isinstance(value, Items):
        return "", ""
    rows = {str(key): one for key, one in zip(value.keys, value.values, strict=False)}
    source = str(rows.get("source", f"hashicorp/{name}"))
    known = next((one for one, wanted in _SOURCES.items() if source.endswith(wanted)), "")
    return known, str(rows.get("version", ""))


def newest_major(constraint: str) -> int:
    """The newest major version that a constraint allows ("~> 3.74" → 3, ">= 3.0, < 5.0" → 4); 99 where it is open."""
    newest = _NEWEST
    for part in constraint.split(","):
        found = _PART.fullmatch(part.strip())
        if found is None:
            continue
        operator, major, minor, patch = found.groups()
        if operator == "~>":
            # "~> 3" alone lets only the rightmost part move, which is the major version.
            newest = min(newest, int(major) if minor is not None else _NEWEST)
        elif operator in {None, "=", "<="}:
            newest = min(newest, int(major))
        elif operator == "<":
            whole = int(minor or 0) == 0 and int(patch or 0) == 0
            newest = min(newest, int(major) - 1 if whole else int(major))
    return newest


def renamed(block: Block, versions: Mapping[str, int]) -> Block:
    """The block with the names that the folder's version of the provider knows."""
    if versions.get("azurerm", _NEWEST) >= 4:
        return block
    names = _BEFORE_AZURERM_4.get(block.labels[0], {})
    attributes = tuple((names.get(name, name), text) for name, text in block.attributes)
    return replace(block, attributes=attributes, blocks=tuple(map(_metric, block.blocks)))


def _metric(block: Block) -> Block:
    """A diagnostic setting's metrics: once each was switched on or off by name."""
    if block.type != "enabled_metric":
        return block
    return replace(block, type="metric", attributes=(*block.attributes, ("enabled", "true")))


def stands_inside(type: str, versions: Mapping[str, int]) -> bool:
    """Has the folder's version of the provider no such type, since it is a part of the bucket's block?"""
    return type in _SINCE_4 and versions.get("aws", _NEWEST) < 4


def inside_of(block: Block) -> Block | None:
    """What a block says as a part of the block of what it belongs to; None where that cannot be said alike."""
    parent, argument = INLINE.get(block.labels[0], ("", ""))
    if parent == "aws_s3_bucket":
        return inside_of_bucket(block)
    text = block.get(argument) if argument == "policy" else None
    return Block("resource", (parent, "edit"), ((argument, text),)) if text else None


def inside_of_bucket(block: Block) -> Block | None:
    """What a block of one of those types says as a part of the bucket's block; None where that cannot be said alike."""
    attributes = {name: text for name, text in block.attributes if name not in {"bucket", "depends_on"}}
    part = Block("resource", ("aws_s3_bucket", "edit"))
    match block.labels[0].removeprefix("aws_s3_bucket_"):
        case "versioning":
            status = next((dict(one.attributes).get("status") for one in block.blocks), None)
            enabled = {'"Enabled"': "true", '"Suspended"': "false"}.get(status or "")
            inner = Block("versioning", attributes=(("enabled", enabled),)) if enabled else None
        case "server_side_encryption_configuration":
            inner = Block("server_side_encryption_configuration", blocks=block.blocks)
        case "logging":
            kept = tuple((name, text) for name, text in attributes.items() if name.startswith("target_"))
            inner = Block("logging", attributes=kept) if not block.blocks else None
        case "policy" | "acl" if len(attributes) == 1 and not block.blocks:
            return replace(part, attributes=tuple(attributes.items()))
        case _:
            inner = None
    return replace(part, blocks=(inner,)) if inner else None
