"""Reads playbooks from the shipped folder and a team's own, and finds the one for a check.

A team's playbook is untrusted input: YAML without aliases and duplicate keys, of limited size, checked against the
schema before anything else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from hipaa_tui.playbooks.model import Playbook
from hipaa_tui.playbooks.parameters import addressed, typed
from hipaa_tui.playbooks.regex_safety import check_pattern
from hipaa_tui.providers.registry import builders, settings
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.package_data import content_folder
from hipaa_tui.support.private_files import is_folder
from hipaa_tui.support.safe_yaml import read, read_own

LARGEST = 256 * 1024
"""Maximum size of a playbook file in bytes; the shipped ones have 1 to 5 KB."""
_SAFE = 2**53 - 1


@dataclass(frozen=True)
class Catalogue:
    """All playbooks, by id and by the checks that they cover."""

    playbooks: Mapping[str, Playbook]
    by_check: Mapping[str, Playbook]

    def for_check(self, check: str) -> Playbook | None:
        """The playbook for a check of any tool, or of hipaa-tui's own scan (the playbook's id)."""
        return self.playbooks.get(check) or self.by_check.get(check)

    def get(self, id: str) -> Playbook:
        """The playbook with that id. InputError if there is none."""
        try:
            return self.playbooks[id]
        except KeyError:
            raise InputError(f"there is no playbook {id!r}; `hipaa-tui playbooks` lists them") from None


def with_answers(catalogue: Catalogue, given: Mapping[str, Json]) -> Catalogue:
    """The catalogue with a team's answers as defaults, named as for `addressed`.

    InputError for an unknown or ambiguous parameter, and for an answer that its parameter does not accept.
    """
    if not given:
        return catalogue
    try:
        by_playbook = addressed(given, catalogue.playbooks.values())
    except InputError as error:
        raise InputError(f"answers in config.toml: {error}") from None
    answered = {
        id: _answered(playbook, by_playbook.get(id, {})) for id, playbook in catalogue.playbooks.items()
    }
    return Catalogue(answered, {check: answered[one.id] for check, one in catalogue.by_check.items()})


def _answered(playbook: Playbook, given: Mapping[str, Json]) -> Playbook:
    changed = dict(playbook.parameters)
    for name, answer in given.items():
        try:
            changed[name] = replace(changed[name], default=typed(changed[name], answer))
        except InputError as error:
            raise InputError(f"answers: {playbook.id} does not accept {error}") from None
    return replace(playbook, parameters=changed)


def _document(data: bytes) -> dict[str, Any]:
    """A playbook's YAML as an object. ValueError says what is wrong, and where in the file."""
    document = read(data, LARGEST)
    if not isinstance(document, dict):
        raise ValueError("a playbook must be a YAML object")
    _refuse_unlike_json(document)
    return document


def _refuse_unlike_json(value: Any) -> None:
    """ValueError for what YAML has and JSON has not: dates, sets, infinite numbers."""
    if isinstance(value, dict):
        for item in value.values():
            _refuse_unlike_json(item)
    elif isinstance(value, list):
        for item in value:
            _refuse_unlike_json(item)
    elif isinstance(value, int | float) and not -_SAFE <= value <= _SAFE:
        raise ValueError("a number beyond 9007199254740991 is not exact in JSON")
    elif value is not None and not isinstance(value, str | int | float):
        raise ValueError(
            f"{str(value)[:40]!r} is read as a {type(value).__name__}: put it in quotation marks"
        )


def _patterns(value: Any) -> Iterator[str]:
    """Every regular expression of a playbook."""
    if isinstance(value, dict):
        for key, item in value.items():
            if key in {"pattern", "matches"} and isinstance(item, str):
                yield item
            yield from _patterns(item)
    elif isinstance(value, list):
        for item in value:
            yield from _patterns(item)


@cache
def _validator() -> Any:
    from jsonschema import Draft202012Validator

    text = resources.files("hipaa_tui.playbooks").joinpath("schema.json").read_text("utf-8")
    return Draft202012Validator(json.loads(text))


def parse(path: Path) -> Playbook:
    """One playbook from its file. ValueError says what is wrong with it."""
    with path.open("rb") as file:
        return _parsed(path, file.read(LARGEST + 1))


@lru_cache(maxsize=1024)
def _parsed(path: Path, data: bytes) -> Playbook:
    """Cached by content: the catalogue is loaded several times per process."""
    document = _document(data)
    problem = next(
        iter(sorted(_validator().iter_errors(document), key=lambda e: list(map(str, e.path)))), None
    )
    if problem is not None:
        where = ".".join(str(step) for step in problem.absolute_path) or "the document"
        raise ValueError(f"{where}: {problem.message[:300]}")
    for pattern in _patterns(
        [
            document.get("parameters"),
            [one.get("complies") for name in ("changes", "checks") for one in document.get(name, ())],
        ]
    ):
        check_pattern(pattern)
    return Playbook.from_document(document, path, frozenset(builders()))


@lru_cache(maxsize=1024)
def _shipped(path: Path, data: bytes) -> Playbook:
    """A shipped playbook. `playbooks lint` and the tests have checked it against the schema, so loading does not.

    If it was edited and is broken, the full check says what is wrong.
    """
    try:
        return Playbook.from_document(read_own(data), path, frozenset(builders()))
    except Exception:
        return _parsed(path, data)


def files(folders: Iterable[Path]) -> list[Path]:
    """The playbook files below the folders, in a stable order. InputError for a link to outside of its folder."""
    found = []
    for folder in folders:
        inside = folder.resolve()
        for path in sorted(folder.rglob("*.yaml")):
            if not path.is_file():
                continue
            if path.is_symlink() and not path.resolve().is_relative_to(inside):
                raise InputError(
                    f"{path}: links to a file outside of the playbook folder; copy the file there"
                )
            found.append(path)
    return found


def load(own_folders: Iterable[Path] = (), problem: Callable[[str], None] | None = None) -> Catalogue:
    """The shipped playbooks and those of a team's folders.

    An invalid file or folder of the team's is an InputError; with `problem` that is called with the sentence instead, and
    the file is left out.
    """
    loading = _Loading()
    shipped = content_folder("playbooks")
    for path in files([shipped]):
        loading.add(path, _shipped(path, path.read_bytes()))
    for folder in own_folders:
        try:
            paths = files([_existing(folder)])
        except InputError as error:
            _tell(error, problem)
            continue
        for path in paths:
            try:
                loading.add(path, _team(path))
            except InputError as error:
                _tell(error, problem)
    return Catalogue(loading.playbooks, loading.by_check)


def _existing(folder: Path) -> Path:
    if not is_folder(folder):
        raise InputError(f"the playbook folder {folder} does not exist; see `playbooks` in config.toml")
    return folder


def _tell(error: InputError, problem: Callable[[str], None] | None) -> None:
    if problem is None:
        raise error
    problem(f"{error}; it is left out")


def _team(path: Path) -> Playbook:
    """A team's playbook. InputError names the file and what is wrong with it."""
    try:
        playbook = parse(path)
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: {error}") from None
    named = {change.setting for change in (*playbook.changes, *playbook.checks)}
    unknown = sorted(named - settings().keys())
    if unknown:
        raise InputError(f"{path}: there is no setting {unknown[0]!r}; `hipaa-tui playbooks lint` lists them")
    return playbook


@dataclass
class _Loading:
    """The playbooks so far. An id and a check belong to one playbook each."""

    playbooks: dict[str, Playbook] = field(default_factory=dict)
    by_check: dict[str, Playbook] = field(default_factory=dict)

    def add(self, path: Path, playbook: Playbook) -> None:
        """InputError if another playbook has its id or covers one of its checks."""
        if playbook.id in self.playbooks:
            raise InputError(
                f"{path}: the playbook id {playbook.id} is already used by {self.playbooks[playbook.id].path}"
            )
        checks = [check for named in playbook.answers.values() for check in named]
        for number, check in enumerate(checks):
            other = playbook if check in checks[:number] else self.by_check.get(check)
            if other is not None:
                raise InputError(f"{path}: the check {check} is already covered by {other.id}")
        self.playbooks[playbook.id] = playbook
        self.by_check.update(dict.fromkeys(checks, playbook))
