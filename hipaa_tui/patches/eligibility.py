"""Decides, by a fresh read, which changes of a plan can go into a patch.

The live value must be the earlier or the planned one: then Terraform does what was approved. Anything else is drift,
and a patch would undo someone's work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.patches.code.folder import Folder
from hipaa_tui.patches.language.syntax import Traversal
from hipaa_tui.plans.model import Change, Plan
from hipaa_tui.providers.guard import Outcome
from hipaa_tui.providers.model import CloudError, Clouds, Progress, Reading, Target
from hipaa_tui.providers.registry import setting
from hipaa_tui.records.model import LeftOut
from hipaa_tui.support.json_value import ABSENT, Json, at, references, resolve

Place = tuple[str, str, str]
"""(provider, account, region): what one provider configuration of Terraform reaches."""


class NotReady(Exception):
    """A value that no change has made yet."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One setting of one resource in a patch.

    `changes` are all of the plan's changes to it, in order: the last one's *after* is rendered. `provider` is the
    provider reference ("aws.eu_west_1"), "" for the default provider. `applied`: the last *after* is already live.
    `removal`: a rollback removes the block.
    """

    changes: tuple[Change, ...]
    reading: Reading
    provider: str
    applied: bool
    removal: bool = False

    @property
    def change(self) -> Change:
        return self.changes[-1]


@dataclass
class Selection:
    """The candidates, and what is left out with the reason."""

    candidates: list[Candidate] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)

    def leave(self, changes: Iterable[Change], reason: str) -> None:
        for change in changes:
            if all(change.id != one.change for one in self.left_out):
                self.left_out.append(LeftOut(change.id, change.target.id, reason))


def select(plan: Plan, clouds: Clouds, folder: Folder, progress: Progress, total: int) -> Selection:
    """Select by reading every resource of the plan. The changes of a group go in or stay out together."""
    selection = Selection()
    places = _Places(plan, folder)
    readings: dict[str, Reading] = {}
    fallen: dict[str, str] = {}
    chains = _chains(plan.changes)
    for number, chain in enumerate(chains):
        change = chain[0]
        progress.step(number, total, f"{change.setting} of {change.target.name}")
        reading, reason = _look(chain, clouds, chains, readings)
        provider, elsewhere = places.provider(change)
        reason = _blocked(chain) or elsewhere or reason
        if reading is not None:
            readings.update({one.id: reading for one in chain})
        if reason or reading is None:
            for one in chain:
                fallen.setdefault(one.group, f"{one.id}: {reason}")
            selection.leave(chain, reason)
        elif chain[-1].after is ABSENT and plan.kind == "rollback" and chain[0].before is not ABSENT:
            selection.candidates.append(Candidate(chain, reading, provider, reading.absent, removal=True))
        elif chain[-1].after is ABSENT:
            selection.leave(chain, _removal(chain[-1], reading))
        else:
            selection.candidates.append(
                Candidate(chain, reading, provider, _applied(chain[-1], reading, readings))
            )
    return _without_fallen(selection, fallen)


def _without_fallen(selection: Selection, fallen: Mapping[str, str]) -> Selection:
    kept = Selection(left_out=selection.left_out)
    for candidate in selection.candidates:
        why = next((fallen[one.group] for one in candidate.changes if one.group in fallen), "")
        if why:
            kept.leave(candidate.changes, f"the changes of a fix are made together, and {why}")
        else:
            kept.candidates.append(candidate)
    return kept


def _chains(changes: Sequence[Change]) -> list[tuple[Change, ...]]:
    """Changes of the same setting of the same resource belong together, at the place of the first; but behind those
    that make what one of them refers to: a log group gets its retention first, and later a key.
    """
    found: dict[tuple[str, ...], list[Change]] = {}
    for change in changes:
        # An alias is the same name in every region, and another thing in each.
        where = (change.setting, change.target.key, change.target.account, change.target.region)
        found.setdefault(where, []).append(change)
    chains = [tuple(chain) for chain in found.values()]
    owner = {change.id: number for number, chain in enumerate(chains) for change in chain}
    ordered: dict[int, None] = {}
    begun: set[int] = set()

    def place(number: int) -> None:
        if number in begun:
            return  # two that wait for each other: the first comes first
        begun.add(number)
        for change in chains[number]:
            for maker, _ in references(change.after):
                if maker in owner:
                    place(owner[maker])
        ordered[number] = None

    for number in range(len(chains)):
        place(number)
    return [chains[number] for number in ordered]


def _blocked(chain: Sequence[Change]) -> str:
    for change in chain:
        for guard in change.guards:
            if guard.outcome is Outcome.BLOCK:
                return f"the guard {guard.guard} blocks it: {guard.reason}"
    return ""


def _look(
    chain: Sequence[Change],
    clouds: Clouds,
    chains: Sequence[Sequence[Change]],
    readings: Mapping[str, Reading],
) -> tuple[Reading | None, str]:
    """(what stands there, why that is in the way or ""); (None, why) where it could not be read."""
    change = chain[0]
    if _not_there(change, chains, readings):
        return Reading(ABSENT), ""
    try:
        reading = fresh(clouds, change.setting, change.target)
    except CloudError as error:
        return None, f"could not be read: {error}"
    one = setting(change.setting)
    states: list[Json] = [change.before]
    for step in chain:
        try:
            states.append(resolved(step.after, readings))
        except NotReady:
            continue
    if any(one.same(state, reading.value) for state in states):
        return reading, ""
    return reading, "drifted: the live value is neither the earlier nor the planned one; plan again"


def _applied(change: Change, reading: Reading, readings: Mapping[str, Reading]) -> bool:
    try:
        return setting(change.setting).same(resolved(change.after, readings), reading.value)
    except NotReady:
        return False


def _not_there(change: Change, chains: Sequence[Sequence[Change]], readings: Mapping[str, Reading]) -> bool:
    """Does the plan create this resource, and has nobody done so yet?"""
    if setting(change.setting).creates_resource:
        return False
    makers = (
        chain[0]
        for chain in chains
        if chain[0].target.key == change.target.key and setting(chain[0].setting).creates_resource
    )
    return any(maker.id in readings and readings[maker.id].absent for maker in makers)


def resolved(value: Json, readings: Mapping[str, Reading]) -> Json:
    """`value` with what the cloud assigned meanwhile. NotReady where a change has made nothing yet."""

    def lookup(change: str, name: str) -> Json:
        reading = readings.get(change)
        found = None if reading is None or reading.absent else at(dict(reading.identity), name)
        if found is None:
            raise NotReady(change)
        return found

    return resolve(value, lookup)


def _removal(change: Change, reading: Reading) -> str:
    title = setting(change.setting).title
    if reading.absent:
        return f"{title}: already removed, so nothing has to be added to the Terraform code"
    return (
        f"{title} is to be removed, but Terraform cannot delete what it does not manage: if a block for it "
        "exists, delete that block; else apply the plan with `hipaa-tui apply`"
    )


class _Places:
    """Which provider configuration of the folder reaches which account and region."""

    def __init__(self, plan: Plan, folder: Folder) -> None:
        self.aliases: dict[str, list[tuple[str, str]]] = {"aws": [], "azurerm": []}
        self.main: dict[str, tuple[str, str]] = {}
        self._default: dict[str, str] = {}
        for _, block in folder.blocks:
            if block.type != "provider" or len(block.labels) != 1 or block.labels[0] not in self.aliases:
                continue
            where = folder.values(block.value("region" if block.labels[0] == "aws" else "subscription_id"))
            place = next(iter(where)) if where and len(where) == 1 else ""
            alias = block.value("alias")
            if isinstance(alias, str):
                self.aliases[block.labels[0]].append((alias, place))
            elif not isinstance(alias, Traversal):
                self._default[block.labels[0]] = place
        for provider in ("aws", "azure"):
            mine = [change.target for change in plan.changes if change.target.provider == provider]
            accounts = Counter(target.account for target in mine)
            regions = Counter(target.region for target in mine if _regional(target))
            self.main[provider] = (_most(accounts), _most(regions))

    def provider(self, change: Change) -> tuple[str, str]:
        """(provider reference or "", why none reaches the resource or "")."""
        target = change.target
        account, region = self.main[target.provider]
        if target.provider == "azure":
            return self._azure(target.account.lower(), account.lower())
        if target.account != account:
            return "", (
                f"is in account {target.account}, the rest of the patch in {account}: "
                "create a separate patch in the folder of that account"
            )
        region = self._default.get("aws", "") or region
        if target.region == region or not _regional(target):
            return "", ""
        guess = target.region.replace("-", "_")
        for alias, place in self.aliases["aws"]:
            if place == target.region or (not place and alias in {guess, target.region}):
                return f"aws.{alias}", ""
        return "", (
            f"is in {target.region}, but the folder has no provider for that region: add "
            f'`provider "aws" {{ alias = "{guess}", region = "{target.region}" }}`'
        )

    def _azure(self, subscription: str, main: str) -> tuple[str, str]:
        main = self._default.get("azurerm", "").lower() or main
        if subscription in {main, ""}:
            return "", ""
        for alias, place in self.aliases["azurerm"]:
            if place.lower() == subscription:
                return f"azurerm.{alias}", ""
        return (
            "",
            f"is in subscription {subscription}, but the folder has no azurerm provider for it: add one with an alias",
        )


def _regional(target: Target) -> bool:
    return bool(target.region) and not target.type.startswith("AWS::IAM::")


def _most(counted: Counter[str]) -> str:
    return counted.most_common(1)[0][0] if counted else ""
