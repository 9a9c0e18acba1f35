"""The scan: lists every resource that a playbook covers, reads it and checks whether it complies.

A resource is listed once and a setting read once, however many playbooks use it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass

from hipaa_tui.clouds.connections import SettingReader, cloud_of
from hipaa_tui.clouds.scan_scope import Place
from hipaa_tui.findings.model import Finding
from hipaa_tui.plans.compliance import Scene, misfits, resource_complies
from hipaa_tui.plans.diff import words
from hipaa_tui.playbooks.model import Playbook
from hipaa_tui.playbooks.parameters import answers
from hipaa_tui.providers.model import CloudError, Clouds, Progress, Silent, Target
from hipaa_tui.providers.registry import resource_type, setting

WORKERS = 12
"""Parallel reads: reading waits for the network, and AWS throttles far above this."""


@dataclass(frozen=True, slots=True)
class Scanned:
    """The result of a scan.

    `examined`: the (playbook id, target key) pairs that were checked, compliant or not. `problems`: a sentence for
    whatever could not be checked.
    """

    findings: tuple[Finding, ...]
    examined: frozenset[tuple[str, str]]
    problems: tuple[str, ...]


def scan(
    playbooks: Iterable[Playbook],
    places: Sequence[Place],
    clouds: Clouds,
    *,
    progress: Progress | None = None,
    parameters: Mapping[str, str] | None = None,
) -> Scanned:
    """Check everything that the playbooks cover in these places; guided ones if they have `checks`.

    Cancelled, raised by the progress, passes through."""
    progress = progress or Silent()
    by_type: dict[str, list[Playbook]] = {}
    for playbook in playbooks:
        if playbook.primary:
            by_type.setdefault(playbook.resource, []).append(playbook)
    read = SettingReader(clouds)
    problems: list[str] = []
    looks: list[tuple[Playbook, Target]] = []
    with ThreadPoolExecutor(WORKERS) as pool:
        try:
            listings = {
                pool.submit(
                    resource_type(name).list,
                    cloud_of(clouds, place.provider, place.account),
                    place.account,
                    place.region,
                    place.partition,
                ): (name, place)
                for name in sorted(by_type)
                for place in _places_of(name, places)
            }
            for number, done in enumerate(as_completed(listings), start=1):
                name, place = listings[done]
                progress.step(number, len(listings), f"listing {resource_type(name).title}")
                try:
                    targets = done.result()
                except CloudError as error:
                    where = place.region or place.account
                    problems.append(f"{resource_type(name).title} in {where} could not be listed: {error}")
                    continue
                looks.extend((playbook, target) for target in targets for playbook in by_type[name])
            given = parameters or {}
            assessing = {
                pool.submit(_assess, playbook, target, read, given): (playbook, target)
                for playbook, target in looks
            }
            examined: set[tuple[str, str]] = set()
            found: dict[tuple[str, str], Finding] = {}
            for number, assessed in enumerate(as_completed(assessing), start=1):
                playbook, target = assessing[assessed]
                progress.step(number, len(assessing), f"{playbook.id} on {target.name}")
                try:
                    finding = assessed.result()
                except (CloudError, ValueError) as error:
                    problems.append(f"{playbook.id} on {target.name} could not be checked: {error}")
                    continue
                examined.add((playbook.id, target.key))
                if finding is not None:
                    found[(playbook.id, target.key)] = finding
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    order = [(playbook.id, target.key) for playbook, target in looks]
    return Scanned(
        tuple(found[key] for key in dict.fromkeys(order) if key in found),
        frozenset(examined),
        tuple(sorted(problems)),
    )


def _places_of(type_name: str, places: Sequence[Place]) -> list[Place]:
    """Where to list a type: in every region, or once per account."""
    kind = resource_type(type_name)
    mine = [place for place in places if place.provider == kind.provider]
    if kind.regional:
        return mine
    return list({(place.account, place.partition): place for place in reversed(mine)}.values())


def _assess(
    playbook: Playbook, target: Target, read: SettingReader, given: Mapping[str, str]
) -> Finding | None:
    known = {name: value for name, value in given.items() if name in playbook.parameters}
    scene = Scene(playbook, target, answers(playbook, known), read)
    with misfits(playbook):
        if resource_complies(scene):
            return None
        return _finding(scene)


def _finding(scene: Scene) -> Finding:
    playbook, target = scene.playbook, scene.target
    return Finding(
        provider=target.provider,
        account=target.account,
        region=target.region,
        check=playbook.id,
        resource=target.id,
        resource_name=target.name,
        resource_type=target.type,
        title=playbook.title,
        detail=_found(scene),
        severity=playbook.severity,
        source="scan",
        partition=target.partition,
    )


def _found(scene: Scene) -> str:
    """The non-compliant value, in one line."""
    parts = []
    for spec in scene.playbook.primary:
        if scene.applies(spec):
            one = setting(spec.setting)
            parts.append(
                f"{one.title}: {words(one.display(scene.read(spec.setting, scene.target).value))[:300]}"
            )
    return "found " + "; ".join(parts)
