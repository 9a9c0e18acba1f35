"""Finds the block at the place that a report names: by file and line, by Terraform address, or both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

from hipaa_tui.findings.readers.reader import InCode
from hipaa_tui.patches.code.folder import Folder, Resource
from hipaa_tui.patches.code.instances import split_address
from hipaa_tui.patches.code.report_paths import Names
from hipaa_tui.patches.language.syntax import Declared, tree

INDEX: Final = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[\d+\]')
_MOST: Final = 8


class Unclear(Exception):
    """Why there is no resource to name, as half a sentence; what it may be besides."""

    def __init__(self, reason: str, candidates: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.candidates = tuple(candidates[:_MOST])


@dataclass
class Spots:
    """Of one folder at its commit. Everything raises Unclear where there is no block, or not one alone."""

    folder: Folder
    names: Names
    _ends: dict[str, dict[int, int]] = field(default_factory=dict)

    def block(self, row: InCode) -> Resource:
        if not row.files:
            return self._alone(row, self._at_address(row.address, self.folder.resources))
        meant = self.names.of(row.files)
        if not meant.files:
            raise Unclear(meant.problem)
        there = [one for file in meant.files for one in self._resources.get(file, ())]
        if not row.address:
            if meant.unsure:
                raise Unclear(meant.problem, meant.files)
            return self._at_line(row, meant.files[0])
        named = list(self._at_address(row.address, there))
        if meant.unsure:
            named = [one for one in named if self._covers(one, row.line)]
        if named:
            return self._alone(row, iter(named))
        if meant.unsure:
            raise Unclear(meant.problem, meant.files)
        found = self._at_line(row, meant.files[0])
        raise Unclear(
            f"{found.file}:{row.line} is {found.address} in the repository's commit, not {row.address}; "
            "scan the committed code"
        )

    def _at_address(self, address: str, among: Iterable[Resource]) -> Iterator[Resource]:
        module, own = split_address(INDEX.sub("", address))
        if own.startswith("data."):
            raise Unclear(f"{address} is a data block: the resource is managed elsewhere")
        scope = self.folder.scopes.of_module(module) if module else None
        for one in among:
            if one.address == own and (not module or scope is None or one.scope == scope.folder):
                yield one

    def _alone(self, row: InCode, found: Iterator[Resource]) -> Resource:
        several = list(found)
        if len(several) == 1:
            return several[0]
        if several:
            raise Unclear(f"{row.address} is defined in several places", [one.where for one in several])
        raise Unclear(f"{row.address} is not in the repository's commit")

    def _at_line(self, row: InCode, file: str) -> Resource:
        if not row.line:
            raise Unclear(f"the report gives neither a line of {file} nor an address")
        for block in self._blocks(file):
            if block.line <= row.line <= self._end(file, block):
                if block.type != "resource":
                    said = ".".join((block.type, *block.labels))
                    raise Unclear(f"{file}:{row.line} is in {said}, which is not a resource")
                mine = (one for one in self._resources[file] if one.block is block)
                return next(mine)
        raise Unclear(
            f"{file}:{row.line} is not in a block in the repository's commit; scan the committed code"
        )

    def _blocks(self, file: str) -> Sequence[Declared]:
        return self._by_file.get(file, ())

    @cached_property
    def _by_file(self) -> Mapping[str, list[Declared]]:
        found: dict[str, list[Declared]] = {}
        for scope in self.folder.scopes:
            for name, block in scope.blocks:
                found.setdefault(name, []).append(block)
        return found

    @cached_property
    def _resources(self) -> Mapping[str, list[Resource]]:
        found: dict[str, list[Resource]] = {}
        for one in self.folder.resources:
            found.setdefault(one.file, []).append(one)
        return found

    def _covers(self, resource: Resource, line: int) -> bool:
        return resource.block.line <= line <= self._end(resource.file, resource.block)

    def _end(self, file: str, block: Declared) -> int:
        """The block's last line; of JSON that is where the next one starts."""
        if file.endswith(".json"):
            later = [one.line for one in self._blocks(file) if one.line > block.line]
            return min(later) - 1 if later else len(self.folder.files[file].splitlines())
        if file not in self._ends:
            root = tree(self.folder.files[file].encode())
            bodies = [child for child in root.children if child.type == "body"]
            self._ends[file] = {
                child.start_point[0] + 1: child.end_point[0] + 1 for body in bodies for child in body.children
            }
        return self._ends[file].get(block.line, block.line)
