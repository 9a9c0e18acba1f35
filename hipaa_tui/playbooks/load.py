"""Reads playbooks from the shipped folder and from a team's own, and finds the one for a check.

A playbook from another folder is hostile until read: YAML without aliases (no bombs), without
duplicate keys, of limited size, held against the schema before anything looks inside.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from hipaa_tui.content import content_folder
from hipaa_tui.errors import InputError
from hipaa_tui.playbooks.model import Playbook
from hipaa_tui.settings.builders import builders

LARGEST = 256 * 1024
"""Bytes of a playbook file; the shipped ones have 1 to 5 KB."""


@dataclass(frozen=True)
class Catalogue:
    """All playbooks, by id and by the checks that they answer."""

    playbooks: Mapping[str, Playbook]
    by_check: Mapping[str, Playbook]

    def for_check(self, check: str) -> Playbook | None:
        """The playbook that answers a check of any tool, or our own scan's (the playbook's id)."""
        return self.playbooks.get(check) or self.by_check.get(check)

    def get(self, id: str) -> Playbook:
        """The playbook of that id. InputError where there is none."""
        try:
            return self.playbooks[id]
        except KeyError:
            raise InputError(f"there is no playbook {id!r}; `hipaa-tui playbooks` lists them") from None


def read_document(path: Path) -> dict[str, Any]:
    """A playbook's YAML as an object. ValueError says what is wrong, and where in the file."""
    import yaml

    class Loader(yaml.SafeLoader):
        """Safe, and without aliases and duplicate keys: what one reads is what stands there."""

        def compose_node(self, parent: Any, index: Any) -> Any:
            if self.check_event(yaml.events.AliasEvent):
                line = self.peek_event().start_mark.line + 1  # type: ignore[no-untyped-call]
                raise ValueError(f"line {line}: YAML aliases are not accepted in playbooks")
            return super().compose_node(parent, index)

        def construct_mapping(self, node: Any, deep: bool = False) -> Any:
            seen = set()
            for key_node, _ in node.value:
                key = key_node.value
                if not isinstance(key, str):
                    raise ValueError(f"line {key_node.start_mark.line + 1}: a key must be plain text")
                if key in seen:
                    raise ValueError(f"line {key_node.start_mark.line + 1}: the key {key!r} stands twice")
                seen.add(key)
            return super().construct_mapping(node, deep)

    if path.stat().st_size > LARGEST:
        raise ValueError(f"larger than {LARGEST // 1024} KB")
    try:
        # A subclass of SafeLoader: no tag constructs an object.
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=Loader)  # noqa: S506
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}: " if mark else ""
        raise ValueError(f"{where}not YAML: {getattr(error, 'problem', error)}") from None
    except (UnicodeDecodeError, RecursionError):
        raise ValueError("not a YAML text in UTF-8") from None
    if not isinstance(document, dict):
        raise ValueError("a playbook is a YAML object")
    return document


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    text = resources.files("hipaa_tui.playbooks").joinpath("schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


def parse(path: Path) -> Playbook:
    """One playbook from its file. ValueError says what is wrong with it."""
    document = read_document(path)
    problem = next(
        iter(sorted(_validator().iter_errors(document), key=lambda e: list(map(str, e.path)))), None
    )
    if problem is not None:
        where = ".".join(str(step) for step in problem.absolute_path) or "the document"
        raise ValueError(f"{where}: {problem.message[:300]}")
    return Playbook.from_document(document, path, frozenset(builders()))


def files(folders: Iterable[Path]) -> list[Path]:
    """The playbook files below the folders, in a stable order."""
    return [path for folder in folders for path in sorted(folder.rglob("*.yaml")) if path.is_file()]


def load(own_folders: Iterable[Path] = ()) -> Catalogue:
    """The shipped playbooks and those of a team's own folders. InputError names the bad file."""
    folders = [content_folder("playbooks"), *own_folders]
    for folder in folders:
        if not folder.is_dir():
            raise InputError(f"the playbook folder {folder} is not there; see `playbooks` in config.toml")
    found: dict[str, Playbook] = {}
    by_check: dict[str, Playbook] = {}
    for path in files(folders):
        try:
            playbook = parse(path)
        except (ValueError, OSError) as error:
            raise InputError(f"{path}: {error}") from None
        if playbook.id in found:
            raise InputError(f"{path}: the playbook id {playbook.id} is taken by {found[playbook.id].path}")
        found[playbook.id] = playbook
        for checks in playbook.answers.values():
            for check in checks:
                if check in by_check:
                    other = by_check[check].id
                    raise InputError(f"{path}: the check {check} is answered by {other} already")
                by_check[check] = playbook
    return Catalogue(found, by_check)
