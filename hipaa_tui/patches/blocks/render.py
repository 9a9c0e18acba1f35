"""Combines the rendered snippets: one block per resource, and references instead of literals.

If several changes of a plan describe one resource, their blocks are merged; the later value wins.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final

from hipaa_tui.patches.blocks.snippets import NoSnippetError, Rendered, Snippets
from hipaa_tui.patches.code.folder import Folder, Managed
from hipaa_tui.patches.code.resource_identity import EXPORTS, GLOBAL
from hipaa_tui.patches.language import hcl, schema
from hipaa_tui.patches.language.hcl import Block, Raw
from hipaa_tui.patches.language.syntax import Declared
from hipaa_tui.support.json_value import Json

_BUCKET: Final = re.compile(r"arn:[\w-]+:s3:::")


class Address(str):
    """ "aws_kms_key.phi", with its parts."""

    __slots__ = ()

    @property
    def label(self) -> str:
        return self.partition(".")[2]


@dataclass(frozen=True, slots=True)
class Piece:
    """One resource of the patch: its block, and the id to import it by ("" where it does not exist).

    A block with for_each has `keys` instead: of each instance the key, as it is written, and its id.
    """

    block: Block
    declared: Declared
    import_id: str
    comments: tuple[str, ...]
    file: str
    keys: tuple[tuple[str, str], ...] = ()

    @property
    def address(self) -> str:
        return self.block.address

    def instances(self) -> list[tuple[str, str]]:
        """(address, import id) of what it makes or takes over."""
        if not self.keys:
            return [(self.address, self.import_id)]
        return [(f"{self.address}[{key}]", id) for key, id in self.keys]

    def text(self) -> str:
        """Comments, block and import block."""
        parts = ["".join(f"# {one}\n" for one in self.comments) + hcl.written(self.block)]
        for address, id in self.instances():
            if id:
                attributes = (("to", address), ("id", hcl.string(id)))
                parts.append(hcl.written(Block("import", (), attributes)))
        return "\n".join(parts)


@dataclass
class Patchwork:
    """The blocks of the patch so far, and what they can be referred to by."""

    folder: Folder
    snippets: Snippets
    pieces: list[Piece] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._labels: dict[tuple[str, str, str], str] = {}
        self._provider = ""
        self._literals: dict[str, tuple[int, Raw]] = {}
        self._fields: dict[tuple[str, str], tuple[int, Raw]] = {}
        for bucket in self.folder.of_type("aws_s3_bucket"):
            name = "" if bucket.scope else self.folder.certain_name(bucket)
            self._literals |= _arns(name, bucket.address)

    # -- names ----------------------------------------------------------------------------------

    def address(self, type: str, name: str, label: str = "") -> Address:
        """The block's address for the object `name`: always the same one, and nobody else's.

        `label` is what to call it where the name is no word for people (a key's id).
        """
        key = self._key(type, name)
        if key not in self._labels:
            wanted = self._like(type, name) or hcl.label(label or name)
            used = {taken for (other, _, _), taken in self._labels.items() if other == type}
            free, number = wanted, 2
            while free in used or self.folder.taken(type, free):
                free, number = f"{wanted}_{number}", number + 1
            self._labels[key] = free
        return Address(f"{type}.{self._labels[key]}")

    def _like(self, type: str, name: str) -> str:
        """The label of the block that it belongs to in the repository: a bucket's versioning is called as the bucket."""
        found = (self.folder.named(parent, name) for parent in self.folder.parents(type))
        return next((one.block.labels[1] for one in found if one is not None), "")

    def _key(self, type: str, name: str) -> tuple[str, str, str]:
        # The same name in another region is another object, but for what has no region.
        return type, name, "" if type.startswith(GLOBAL) else self._provider

    def _index(self, address: str) -> int | None:
        return next((i for i, piece in enumerate(self.pieces) if piece.address == address), None)

    def known(self, change: str, name: str) -> Raw | None:
        """The expression for a field of what a change makes; None where no block exports it."""
        found = self._fields.get((change, name))
        return found[1] if found else None

    def export(self, change: str, address: str, identity: Mapping[str, Json], *, index: int = -1) -> None:
        """Let later blocks refer to what the block at `address` is (`index` -1: it stands in the folder)."""
        for name, attribute in EXPORTS.get(address.partition(".")[0], {}).items():
            expression = Raw(f"{address}.{attribute}")
            self._fields[(change, name)] = (index, expression)
            literal = identity.get(name)
            if isinstance(literal, str) and literal.startswith(("arn:", "/")):
                self._literals.setdefault(_literal(literal), (index, expression))

    # -- rendering ------------------------------------------------------------------------------

    def render(self, setting: str, variables: Mapping[str, Any], provider: str = "") -> Rendered:
        """What the setting's snippet gives, for resources of that provider. InputError, Refused."""
        self._provider = provider
        first = self._rendered(setting, variables, len(self.pieces))
        own = [at for block in first.blocks if (at := self._index(block.address)) is not None]
        # A block may refer to what stands before it only, so no two can refer to each other.
        return self._rendered(setting, variables, min(own)) if own else first

    def _rendered(self, setting: str, variables: Mapping[str, Any], limit: int) -> Rendered:
        functions: dict[str, Callable[..., Any]] = {
            "address": self.address,
            "begun": lambda address: self._index(address) is not None,
            "ref": lambda type, name, attribute="id", literal=None: self._ref(
                type, name, attribute, literal, limit
            ),
            "follows": lambda type, name: self._follows(type, name, limit),
        }
        return self.snippets.fill(setting, variables, functions, self._link(limit))

    def part(self, setting: str, variables: Mapping[str, Any]) -> hcl.Block:
        """What has to be set in the resource's own block, as that block. NoSnippetError, Refused, InputError."""
        return self._part("edits", setting, variables)

    def module_part(self, module: str, setting: str, variables: Mapping[str, Any]) -> hcl.Block:
        """What has to be set at the call of a module of a registry ("terraform-aws-modules.s3-bucket.aws")."""
        if not module:
            raise NoSnippetError("the module is not from a registry")
        return self._part(f"modules/{module}", setting, variables)

    def _part(self, folder: str, setting: str, variables: Mapping[str, Any]) -> hcl.Block:
        functions: dict[str, Callable[..., Any]] = {
            "address": self.address,
            "begun": lambda address: False,
            "ref": lambda type, name, attribute="id", literal=None: self._ref(
                type, name, attribute, literal, len(self.pieces)
            ),
            "follows": lambda type, name: "[]",
        }
        link = self._link(len(self.pieces))
        (block, *_) = self.snippets.fill(setting, variables, functions, link, folder=folder).blocks
        return block.to_write()

    @cached_property
    def _instances(self) -> dict[str, tuple[int, Raw]]:
        """The ARNs of buckets that a block makes several of."""
        found: dict[str, tuple[int, Raw]] = {}
        for bucket in self.folder.of_type("aws_s3_bucket"):
            for one in self.folder.instances(bucket) if bucket.many and not bucket.scope else ():
                found |= _arns(str(one.values.get("bucket") or ""), one.address)
        return found

    def _link(self, limit: int) -> hcl.Link:
        def link(text: str) -> str | None:
            if ":s3:::" in text and _BUCKET.match(text):
                self._literals = {**self._instances, **self._literals}
            found = self._literals.get(_literal(text))
            if found and found[0] < limit:
                return str(found[1])
            for end in range(len(text) - 1, 0, -1):
                if text[end] in "/:":
                    found = self._literals.get(_literal(text[:end]))
                    if found and found[0] < limit:
                        rest = hcl.string(text[end:])
                        return f'"${{{found[1]}}}{rest[1:]}'
            return None

        return link

    def _ref(self, type: str, name: str, attribute: str, literal: Json, limit: int) -> str:
        index = self._index(self._labelled(type, name))
        if index is not None and index < limit:
            return f"{self._labelled(type, name)}.{attribute}"
        there = self.folder.reference(type, name)
        if there:
            return f"{there}.{attribute}"
        return hcl.expression(name if literal is None else literal, self._link(limit))

    def _follows(self, type: str, name: str, limit: int) -> str:
        address = self._labelled(type, name)
        index = self._index(address)
        return f"[{address}]" if index is not None and index < limit else "[]"

    def _labelled(self, type: str, name: str) -> str:
        label = self._labels.get(self._key(type, name))
        return f"{type}.{label}" if label else ""

    # -- taking in ------------------------------------------------------------------------------

    def managed(self, rendered: Rendered) -> Managed | None:
        """Where the object of one of the blocks is managed in the folder already."""
        for block in rendered.blocks:
            if self._index(block.address) is None:
                found = self.folder.managed(block, rendered.imports.get(block.address, ""))
                if found:
                    return found
        return None

    def take(self, rendered: Rendered, *, file: str, comment: str, provider: str) -> list[str]:
        """Put the blocks into the patch, into those that are there already; their addresses."""
        for declared in rendered.blocks:
            block = declared.to_write()
            if provider:
                block = replace(block, attributes=(("provider", provider), *block.attributes))
            index = self._index(block.address)
            import_id = rendered.imports.get(block.address, "")
            if index is None:
                self.pieces.append(Piece(block, declared, import_id, (comment,), file))
                self.folder.add_own(file, declared)
                continue
            old = self.pieces[index]
            comments = old.comments if comment in old.comments else (*old.comments, comment)
            self.pieces[index] = replace(
                old, block=old.block.laid_over(block), import_id=import_id or old.import_id, comments=comments
            )
        return [block.address for block in rendered.blocks]

    def exported(self, change: str, address: str, identity: Mapping[str, Json]) -> None:
        """As `export`, for a block of the patch."""
        index = self._index(address)
        if index is not None:
            self.export(change, address, identity, index=index)

    def check(self) -> list[str]:
        """What the schema extract says against the finished blocks."""
        return [f"{piece.address}: {one}" for piece in self.pieces for one in schema.problems(piece.block)]


def _arns(bucket: str, address: str) -> dict[str, tuple[int, Raw]]:
    """The bucket's ARN in each partition, and how the folder refers to it."""
    partitions = ("aws", "aws-us-gov", "aws-cn") if bucket else ()
    return {f"arn:{one}:s3:::{bucket}": (-1, Raw(f"{address}.arn")) for one in partitions}


def _literal(text: str) -> str:
    # ARM ids mean the same in every letter case; ARNs do not.
    return text.lower() if text.startswith("/") else text
