"""Checks playbooks beyond their schema: names exist, predicates parse, templates render, texts are not empty.

A playbook that passes can be loaded and planned; whether its fix works has to be tested against a cloud.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Final

from hipaa_tui.controls.citations import all_citations
from hipaa_tui.playbooks.load import files, parse
from hipaa_tui.playbooks.model import ChangeSpec, Playbook
from hipaa_tui.playbooks.parameters import answers
from hipaa_tui.playbooks.scaffold import Blank, blanks
from hipaa_tui.playbooks.templating import check_template
from hipaa_tui.providers.predicates import check as check_predicate
from hipaa_tui.providers.registry import resource_types, settings
from hipaa_tui.support.errors import InputError
from hipaa_tui.support.json_value import Json
from hipaa_tui.support.package_data import content_folder
from hipaa_tui.support.private_files import is_file, is_folder

LONGEST_TITLE: Final = 60
"""Maximum length of a title, which lists and commit subjects show in full."""


def lint(
    paths: Sequence[Path], guards: Collection[str], own_folders: Sequence[Path] = ()
) -> tuple[int, list[str]]:
    """(number of playbooks checked, a sentence per problem). Without paths: the shipped ones and the team's own.

    `guards` are the names of all guards (which hipaa_tui.plans knows).
    """
    everything = not paths
    places = list(paths) or [content_folder("playbooks"), *own_folders]
    found: list[Path] = []
    problems: list[str] = []
    for place in places:
        if is_folder(place):
            found += files([place])
        elif is_file(place):
            found.append(place)
        else:
            problems.append(f"{place}: no such file or folder")
    ids: dict[str, Path] = {}
    checks: dict[str, str] = {}
    titles: dict[str, str] = {}
    for path in found:
        try:
            playbook = parse(path)
        except (ValueError, OSError) as error:
            problems.append(f"{path}: {error}")
            continue
        problems += [f"{path}: {problem}" for problem in problems_of(playbook, guards)]
        problems += [
            f"{path}: line {left.line} is not filled in yet: {left.what}" for left in blanks_of(path)
        ]
        if playbook.id in ids:
            problems.append(f"{path}: the id {playbook.id} is already used by {ids[playbook.id]}")
        ids[playbook.id] = path
        if playbook.title.casefold() in titles:
            problems.append(f"{path}: title: {titles[playbook.title.casefold()]} has the same title")
        titles[playbook.title.casefold()] = playbook.id
        for check in (check for names in playbook.answers.values() for check in names):
            if check in checks:
                problems.append(f"{path}: the check {check} is already covered by {checks[check]}")
            checks[check] = playbook.id
    if everything and not found:
        problems.append("no playbooks were found")
    return len(found), problems


def blanks_of(path: Path) -> list[Blank]:
    """The lines of the file that are still to be filled in after `playbooks new`."""
    return blanks(path.read_text("utf-8", errors="replace"))


def problems_of(playbook: Playbook, guards: Collection[str]) -> Iterator[str]:
    """The problems of a playbook that has passed the schema, a sentence each."""
    if len(playbook.title) > LONGEST_TITLE:
        yield f"title: {len(playbook.title)} characters, more than {LONGEST_TITLE}: shorten it"
    if playbook.title.endswith("."):
        yield "title: remove the full stop"
    known = all_citations()
    for control in playbook.controls:
        if control not in known:
            yield f"controls: there is no HIPAA citation {control}"
    try:
        answers(playbook, {})
    except InputError as error:
        yield f"parameters: invalid default: {error}"
    if playbook.guided and not playbook.checks:
        return
    if playbook.resource not in resource_types():
        yield f"resource: {playbook.resource} is not a resource type that hipaa-tui lists"
    elif playbook.regions and not resource_types()[playbook.resource].per_region:
        yield f"regions: {playbook.resource} is not a per-region setting"
    if not playbook.primary:
        yield "changes: at least one must be about the finding's own resource (without target)"
    yield from _guards(playbook, guards)
    earlier: set[str] = set()
    for change in playbook.changes or playbook.checks:
        for problem in _change(playbook, change, earlier):
            yield f"change {change.id}: {problem}"
        if change.id in earlier:
            yield f"change {change.id}: duplicate id"
        earlier.add(change.id)


def _guards(playbook: Playbook, known: Collection[str]) -> Iterator[str]:
    for guard in playbook.guards:
        if guard.name not in known:
            yield f"guards: there is no guard {guard.name!r}"
        yield from (
            f"guard {guard.name}: {problem}" for problem in _values(playbook, dict(guard.arguments), set())
        )


def _change(playbook: Playbook, change: ChangeSpec, earlier: set[str]) -> Iterator[str]:
    if change.setting not in settings():
        yield f"there is no setting {change.setting}"
        return
    kind = change.target["type"] if change.target else playbook.resource
    belongs = settings()[change.setting].resource
    if kind != belongs:
        yield f"{change.setting} is a setting of {belongs}, not of {kind}"
    if change.when is not None and change.when["parameter"] not in playbook.parameters:
        yield f"when: there is no parameter {change.when['parameter']!r}"
    if change.complies is not None:
        try:
            check_predicate(change.complies)
        except ValueError as error:
            yield f"complies: {error}"
    elif change.target is None and _waits(change.arguments):
        yield "complies: required, since the wanted value is known only after an earlier change"
    yield from _values(playbook, change.arguments, earlier)
    yield from _values(playbook, change.complies, earlier)
    yield from _values(playbook, dict(change.target or {}), earlier)


def _values(playbook: Playbook, value: Json, earlier: set[str]) -> Iterator[str]:
    """Problems of templates and {$…} references inside of a value."""
    if isinstance(value, str):
        try:
            check_template(value)
        except ValueError as error:
            yield str(error)
    elif isinstance(value, list):
        for item in value:
            yield from _values(playbook, item, earlier)
    elif isinstance(value, dict):
        if set(value) == {"$param"} and value["$param"] not in playbook.parameters:
            yield f"there is no parameter {value['$param']!r}"
        if set(value) == {"$from"} and str(value["$from"]).partition(".")[0] not in earlier:
            yield f"$from {value['$from']}: no earlier change has that id"
        for key, item in value.items():
            if key not in {"$param", "$from", "$current"}:
                yield from _values(playbook, item, earlier)


def _waits(value: Json) -> bool:
    if isinstance(value, dict):
        return "$from" in value or any(_waits(item) for item in value.values())
    return isinstance(value, list) and any(_waits(item) for item in value)
