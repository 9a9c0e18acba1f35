"""The folders of a configuration: the root module's, and those of the modules that it calls.

Files are named relative to the root folder, as Terraform does: "main.tf", "../modules/bucket/main.tf".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

from hipaa_tui.patches.code.installed import FOLDER as INSTALLED
from hipaa_tui.patches.editing.json_files import parse_json
from hipaa_tui.patches.language.syntax import Attribute, Declared, Expression, parse

Reader = Callable[[str], Mapping[str, str]]
"""A folder's Terraform files by their names from the root folder on; {} where the folder is not in the repository."""


def no_modules(_folder: str) -> Mapping[str, str]:
    """The reader of a folder alone."""
    return {}


_MOST: Final = 500
"""Folders that are read; a repository with more calls its modules in a circle."""


@dataclass(frozen=True, slots=True)
class Call:
    """A `module` block, and the folder that it calls; `folder` is None where that is not in the repository."""

    file: str
    block: Declared
    scope: str
    folder: str | None

    @property
    def name(self) -> str:
        return self.block.labels[0] if self.block.labels else ""

    @property
    def source(self) -> str:
        found = self.block.value("source")
        return found if isinstance(found, str) else ""

    @property
    def where(self) -> str:
        return f"{self.file}:{self.block.line} (module.{self.name})"


@dataclass
class Scope:
    """One folder: its blocks with their files, and what its .tfvars files give to the variables.

    `given` holds one (file, argument) where it is certain which file counts, else one for each that may. `path` is
    a module path that leads to it ("vpc.subnets").
    """

    folder: str
    path: str = ""
    blocks: list[tuple[str, Declared]] = field(default_factory=list)
    given: dict[str, list[tuple[str, Attribute]]] = field(default_factory=dict)
    calls: list[Call] = field(default_factory=list)

    def variable(self, name: str) -> tuple[str, Declared] | None:
        """(file, block) of the variable's declaration."""
        found = ((file, b) for file, b in self.blocks if b.type == "variable" and b.labels == (name,))
        return next(found, None)

    def local(self, name: str) -> tuple[str, Declared, Expression] | None:
        """(file, block, value) of a local value."""
        for file, block in self.blocks:
            if block.type == "locals":
                for one in block.attributes:
                    if one.name == name:
                        return file, block, one.value
        return None

    def call(self, name: str) -> Call | None:
        return next((one for one in self.calls if one.name == name), None)


@dataclass
class Scopes:
    """Every folder that the root module reaches. `broken` are the "file:line" of syntax errors."""

    files: dict[str, str]
    by_folder: dict[str, Scope] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    @property
    def root(self) -> Scope:
        return self.by_folder[""]

    def __iter__(self) -> Iterator[Scope]:
        return iter(self.by_folder.values())

    def of_module(self, path: str) -> Scope | None:
        """The scope of "module.a.module.b" (without indexes)."""
        scope: Scope | None = self.root
        for call in self.chain(path):
            scope = self.by_folder.get(call.folder) if call.folder is not None else None
        return scope if not path or self.chain(path) else None

    def chain(self, path: str) -> list[Call]:
        """The calls that lead to a module, the root's first; [] where one is not known."""
        found: list[Call] = []
        scope: Scope | None = self.root
        names = path.split(".")[1::2] if path else []
        for name in names:
            call = scope.call(name) if scope else None
            if call is None:
                return []
            found.append(call)
            scope = self.by_folder.get(call.folder) if call.folder is not None else None
        return found

    def foreign(self, path: str) -> Call | None:
        """The first call on the way to "module.a.module.b" whose module's code is not the repository's."""
        scope: Scope | None = self.root
        for name in path.split(".")[1::2] if path else []:
            call = scope.call(name) if scope else None
            if call is None:
                return None
            if (
                call.folder is None
                or call.folder.startswith(INSTALLED)
                or not self.by_folder[call.folder].blocks
            ):
                return call
            scope = self.by_folder[call.folder]
        return None

    def unread(self) -> list[Call]:
        """The calls of modules whose code is neither in the repository nor installed."""
        return [
            call
            for scope in self
            for call in scope.calls
            if call.folder is None or not self.by_folder[call.folder].blocks
        ]

    def calls_of(self, folder: str) -> list[Call]:
        """Every call of the module in a folder."""
        return [call for scope in self for call in scope.calls if call.folder == folder]


def read_scopes(
    files: Mapping[str, str],
    reader: Reader = no_modules,
    var_files: Sequence[str] = (),
    installed: Mapping[str, str] = MappingProxyType({}),
) -> Scopes:
    """The root module's files, and by `reader` those of every module that it calls.

    `var_files` are the .tfvars files that are given to Terraform with -var-file; `installed` says in which folder the
    module of a path is that is not in the repository.
    """
    scopes = Scopes(dict(files))
    waiting = [Scope("")]
    while waiting:
        scope = waiting.pop(0)
        texts = dict(reader(scope.folder)) if scope.folder else dict(files)
        scopes.files.update(texts)
        scopes.by_folder[scope.folder] = scope
        _read(scope, texts, scopes.broken, var_files)
        for name, block in scope.blocks:
            if block.type != "module" or not block.labels:
                continue
            path = f"{scope.path}.{block.labels[0]}".lstrip(".")
            folder = _called(scope.folder, block)
            folder = installed.get(path) if folder is None else folder
            scope.calls.append(Call(name, block, scope.folder, folder))
            known = folder is None or folder in scopes.by_folder
            if not known and all(folder != one.folder for one in waiting) and len(scopes.by_folder) < _MOST:
                waiting.append(Scope(folder or "", path))
    return scopes


def auto_loaded(names: Mapping[str, object] | list[str]) -> list[str]:
    """The .tfvars files that Terraform reads by itself, in its order.

    https://developer.hashicorp.com/terraform/language/values/variables#variable-definition-precedence
    """
    automatic = sorted(name for name in names if name.endswith(".auto.tfvars"))
    return [*(name for name in names if name == "terraform.tfvars"), *automatic]


def module_name(source: str) -> str:
    """ "terraform-aws-modules.s3-bucket.aws" of a module's source in a registry or on GitHub; "" of another."""
    path = source.removeprefix("git::").removeprefix("https://").partition("?")[0].removesuffix(".git")
    parts = [one for one in path.split("/") if one and one not in {"registry.terraform.io", "github.com"}]
    if len(parts) == 2 and parts[1].startswith("terraform-"):
        provider, _, name = parts[1].removeprefix("terraform-").partition("-")
        parts = [parts[0], name, provider]
    plain = len(parts) == 3 and all(re.fullmatch(r"[A-Za-z0-9_-]+", one) for one in parts)
    return ".".join(parts) if plain else ""


def _read(scope: Scope, texts: Mapping[str, str], broken: list[str], var_files: Sequence[str]) -> None:
    given: dict[str, dict[str, Attribute]] = {}
    for name, text in sorted(texts.items()):
        parsed = parse_json(text) if name.endswith(".json") else parse(text)
        if parsed.broken:
            broken.append(f"{name}:{parsed.broken}")
        if name.endswith(".tfvars"):
            given[name] = {one.name: one for one in parsed.attributes}
        else:
            scope.blocks += [(name, block) for block in parsed.blocks]
    loaded = [*auto_loaded(list(given)), *(name for name in var_files if name in given)]
    others = [] if var_files else [name for name in given if name not in loaded]
    for name in others:
        # Given by hand, one environment or the other: each says what a variable may be.
        for variable, attribute in given[name].items():
            scope.given.setdefault(variable, []).append((name, attribute))
    for name in loaded:
        scope.given.update({variable: [(name, attribute)] for variable, attribute in given[name].items()})


def _called(folder: str, block: Declared) -> str | None:
    source = block.value("source")
    if not isinstance(source, str) or not source.startswith(("./", "../")):
        return None
    path = posixpath.normpath(posixpath.join(folder, source))
    return "" if path == "." else path
