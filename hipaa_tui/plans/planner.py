"""Computes plans: ordered, guarded changes from findings and the live configuration.

Planning is read-only. A setting that an earlier change of the plan will have changed is read from the plan (the
overlay), so that two playbooks that change one setting build on each other instead of undoing each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hipaa_tui.clouds import call_description
from hipaa_tui.clouds.connections import SettingReader, cloud_of
from hipaa_tui.findings.model import Finding
from hipaa_tui.plans.compliance import MisfitError, Scene, misfits, resource_complies
from hipaa_tui.plans.guard_secrets import without_secrets
from hipaa_tui.plans.model import COMPLIES, GONE, NOT_REACHED, Change, Group, Plan, Skipped
from hipaa_tui.plans.planned_state import Overlay
from hipaa_tui.plans.reach import Reach
from hipaa_tui.plans.run_guards import EVERYWHERE, ask, guards
from hipaa_tui.playbooks.load import Catalogue
from hipaa_tui.playbooks.model import ChangeSpec, Playbook
from hipaa_tui.playbooks.parameters import addressed, answers
from hipaa_tui.providers.guard import GuardResult, Managed, Outcome, PlannedChange, nobody
from hipaa_tui.providers.model import Call, CloudError, Clouds, Progress, Reading, Setting, Silent, Target
from hipaa_tui.providers.predicates import holds
from hipaa_tui.providers.registry import resource_types
from hipaa_tui.providers.registry import setting as registered
from hipaa_tui.support.json_value import ABSENT, Json, at, reference, references
from hipaa_tui.support.redaction import redact, redact_text


@dataclass(frozen=True, slots=True)
class FixRequest:
    """One playbook to be applied to one resource, for the findings that it answers."""

    playbook: Playbook
    target: Target
    findings: tuple[str, ...]


def fix_requests(findings: Iterable[Finding], catalogue: Catalogue) -> tuple[list[FixRequest], list[Skipped]]:
    """(each playbook and resource that the findings need, once, in the findings' order; what is skipped)."""
    found: dict[tuple[str, str, str], FixRequest] = {}
    skipped: list[Skipped] = []
    for finding in findings:
        playbook = catalogue.for_check(finding.check)
        reason = _no_wish(playbook)
        target = None
        if playbook is not None and not reason:
            target = resource_types()[playbook.resource].target(
                finding.resource, finding.account, finding.region, finding.partition
            )
            reason = "" if target else f"the report names a resource that is not of type {playbook.resource}"
        if playbook is None or target is None:
            name = playbook.id if playbook else ""
            skipped.append(Skipped(finding.fingerprint, finding.resource, name, reason))
            continue
        key = (playbook.id, target.key, target.region)
        earlier = found.get(key)
        ids = (*(earlier.findings if earlier else ()), finding.fingerprint)
        found[key] = FixRequest(playbook, target, ids)
    return list(found.values()), skipped


def _no_wish(playbook: Playbook | None) -> str:
    if playbook is None:
        return "no playbook covers this check"
    if playbook.guided:
        return "its playbook is guided: the steps are done by hand"
    return ""


def make_plan(
    wanted: Sequence[FixRequest],
    clouds: Clouds,
    given: Mapping[str, str],
    *,
    skipped: Sequence[Skipped] = (),
    progress: Progress | None = None,
    created: datetime | None = None,
    managed: Managed = nobody,
) -> Plan:
    """The plan for these wishes from the live configuration. InputError for an invalid parameter.

    `given` are parameters, named as for `addressed`. `managed` says what else manages a resource. What cannot be planned
    (unreadable, already compliant) is in `skipped` with its reason.
    """
    progress = progress or Silent()
    theirs = addressed(given, {wish.playbook.id: wish.playbook for wish in wanted}.values()) if wanted else {}
    planning = _Planning(clouds, managed)
    for number, wish in enumerate(in_order(wanted)):
        progress.step(number, len(wanted), f"{wish.playbook.id} on {wish.target.name}")
        planning.add(wish, answers(wish.playbook, theirs.get(wish.playbook.id, {})))
    progress.step(len(wanted), len(wanted), "planned")
    return Plan(
        kind="apply",
        created=(created or datetime.now(UTC)).isoformat(timespec="seconds"),
        changes=tuple(planning.changes),
        groups=tuple(planning.groups),
        skipped=(*skipped, *planning.skipped),
    )


def in_order(wanted: Sequence[FixRequest]) -> list[FixRequest]:
    """The wishes in order, but each after those on the same resource that its playbook names in `after`."""
    here: dict[str, set[str]] = {}
    for wish in wanted:
        here.setdefault(wish.target.key, set()).add(wish.playbook.id)
    done: dict[str, set[str]] = {key: set() for key in here}
    ordered: list[FixRequest] = []
    left = list(wanted)
    while left:
        ready = [w for w in left if not (set(w.playbook.after) & here[w.target.key]) - done[w.target.key]]
        # Playbooks that name each other in a circle keep their order.
        taken = ready or left[:1]
        for wish in taken:
            done[wish.target.key].add(wish.playbook.id)
        ordered += taken
        chosen = {id(wish) for wish in taken}
        left = [wish for wish in left if id(wish) not in chosen]
    return ordered


def _calls(one: Setting, target: Target, before: Reading, after: Json) -> list[Call]:
    """The calls of a write. ValueError if it needs something that does not exist (any more)."""
    try:
        return one.calls(target, before, after)
    except (AttributeError, KeyError, TypeError):
        if not before.absent:
            raise
        raise ValueError(
            f"{one.title} of {target.name} does not exist, so it cannot be changed; scan again"
        ) from None


class _CannotPlan(Exception):
    """The group is left out; the message says why. `kind` as in Skipped."""

    def __init__(self, reason: str, kind: str = "") -> None:
        super().__init__(reason)
        self.kind = kind


@dataclass
class _Planning:
    """The plan in the making: its changes so far, and the state that they lead to."""

    clouds: Clouds
    managed: Managed = nobody
    changes: list[Change] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    memory: dict[str, Json] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.live = SettingReader(self.clouds)
        self.overlay = Overlay(self.live)
        self.reach = Reach(self.clouds)
        self._listed: dict[tuple[str, str, str], frozenset[str]] = {}

    def is_listed(self, target: Target) -> bool:
        """Does the account list the resource? Each list is read once. Raises CloudError."""
        kind = resource_types()[target.type]
        where = (target.type, target.account, target.region if kind.regional else "")
        if where not in self._listed:
            cloud = cloud_of(self.clouds, target.provider, target.account)
            found = kind.list(cloud, target.account, target.region, target.partition)
            self._listed[where] = frozenset(one.key for one in found)
        return target.key in self._listed[where]

    def add(self, wish: FixRequest, parameters: Mapping[str, Json]) -> None:
        group_id = f"g{len(self.groups) + 1}"
        refusal = self.reach.refusal(wish.target.provider, wish.target.account)
        if refusal:
            self._leave_out(wish, refusal, NOT_REACHED)
            return
        try:
            drafted = _GroupDraft(self, wish, parameters, group_id, len(self.changes))
            with misfits(wish.playbook):
                changes, group = drafted.make()
        except (_CannotPlan, MisfitError) as reason:
            self._leave_out(wish, str(reason), reason.kind if isinstance(reason, _CannotPlan) else "")
            return
        self.changes.extend(changes)
        self.groups.append(group)
        if not any(change.blocked for change in changes):
            # What a blocked group would have created will not exist for the next ones.
            self.overlay.take(drafted.overlay)

    def _leave_out(self, wish: FixRequest, reason: str, kind: str) -> None:
        why = redact_text(reason)
        for finding in wish.findings or ("",):
            self.skipped.append(Skipped(finding, wish.target.id, wish.playbook.id, why, kind))


class _Promised(dict[str, Json]):
    """An identity that is partly known only after a change: an unknown field is a reference, and is remembered."""

    def __init__(self, change: str, known: Mapping[str, Json]) -> None:
        super().__init__(known)
        self._change = change

    def __missing__(self, name: str) -> Json:
        self[name] = reference(self._change, name)
        return self[name]


class _GroupDraft:
    """The group of one playbook on one resource."""

    def __init__(
        self,
        planning: _Planning,
        wish: FixRequest,
        parameters: Mapping[str, Json],
        group_id: str,
        taken: int,
    ) -> None:
        self.planning = planning
        self.wish = wish
        self.group_id = group_id
        self.taken = taken
        self.overlay = Overlay(planning.overlay)
        self.made: dict[str, Callable[[str], Json]] = {}
        self.scene = Scene(wish.playbook, wish.target, parameters, self.overlay, self._assigned)

    def make(self) -> tuple[list[Change], Group]:
        """The group and its changes. _CannotPlan says why there are none."""
        wish = self.wish
        try:
            if self._complies(self.planning.live):
                self._refuse_gone()
                raise _CannotPlan("already complies: nothing to change", COMPLIES)
            if self._complies(self.overlay):
                raise _CannotPlan("complies once the plan's earlier changes are made")
            changes = [
                change
                for spec in wish.playbook.changes
                if self.scene.applies(spec) and (change := self._change(spec)) is not None
            ]
            specs = self._guards()
        except CloudError as error:
            raise _CannotPlan(f"the live configuration could not be read: {error}") from None
        except ValueError as error:
            raise _CannotPlan(f"cannot be planned: {error}") from None
        if not changes:
            raise _CannotPlan("complies once the plan's earlier changes are made")
        results = ask(
            specs,
            cloud=cloud_of(self.planning.clouds, wish.target.provider, wish.target.account),
            target=wish.target,
            changes=[
                PlannedChange(c.setting, c.target, c.before, c.after, c.permissions, c.rollback_permissions)
                for c in changes
            ],
            parameters=self.scene.parameters,
            read=self.overlay,
            memory=self.planning.memory,
            managed=self.planning.managed,
        )
        group = Group(
            id=self.group_id,
            playbook=wish.playbook.id,
            title=wish.playbook.title,
            why=wish.playbook.why,
            resource=wish.target.id,
            controls=wish.playbook.controls,
            findings=wish.findings,
            parameters=dict(self.scene.parameters),
            effects={
                "downtime": wish.playbook.effects.downtime,
                "cost": wish.playbook.effects.cost,
                "limits": wish.playbook.effects.limits,
                "risk": wish.playbook.effects.risk,
            },
            guards=tuple(specs),
        )
        guarded = [replace(change, guards=_guards_of(change, results)) for change in changes]
        if any(result.outcome is Outcome.BLOCK for result in results):
            return without_secrets(guarded, group)
        return guarded, group

    def _complies(self, read: Callable[[str, Target], Reading]) -> bool:
        return resource_complies(Scene(self.wish.playbook, self.wish.target, self.scene.parameters, read))

    def _refuse_gone(self) -> None:
        """_CannotPlan if no setting of the resource exists and its account does not list it.

        An absent setting may be compliant, and so a deleted resource would look compliant.
        """
        target, live = self.wish.target, self.planning.live
        primary = [spec for spec in self.wish.playbook.primary if self.scene.applies(spec)]
        if any(spec.builder == "absent" and registered(spec.setting).creates_resource for spec in primary):
            return  # the fix is to delete the resource: gone means fixed
        seen = [live(spec.setting, target) for spec in primary]
        if not seen or any(not reading.absent or reading.identity for reading in seen):
            return
        kind = resource_types()[target.type]
        try:
            listed = self.planning.is_listed(target)
        except CloudError as error:
            raise _CannotPlan(
                f"it has no such setting, and {kind.title}s cannot be listed to check whether it exists: {error}"
            ) from None
        if (
            not listed
            and target.key not in self.overlay.made
            and target.key not in self.planning.overlay.made
        ):
            raise _CannotPlan(f"gone: {target.account} has no such {kind.title} any more", GONE)

    def _change(self, spec: ChangeSpec) -> Change | None:
        """The change for the spec, or None if the live value complies."""
        one = registered(spec.setting)
        target = self.scene.target_of(spec)
        reading = self.overlay(spec.setting, target)
        change_id = f"c{self.taken + 1}"
        self.made[spec.id] = lambda name: _field(reading.identity, name, spec.id)
        if self.scene.complies(spec, reading.value):
            self._remember_maker(spec, one, target)
            return None
        wanted = self.scene.wanted(spec, reading.value)
        if one.same(reading.value, wanted):
            raise ValueError(
                f"{one.title} of {target.name} does not comply, and the playbook would not change it"
            )
        predicate = self.scene.predicate(spec)
        if predicate is not None and not any(references(wanted)) and not holds(predicate, wanted):
            raise ValueError(f"{one.title} of {target.name} would not comply with the given parameters")
        reading = self._promised(spec, target, reading)
        calls = _calls(one, target, reading, wanted)
        self.taken += 1
        sure = one.planned_identity(target, wanted)
        identity = {**reading.identity, **sure}
        if reading.absent:
            self.made[spec.id] = lambda name: sure[name] if name in sure else reference(change_id, name)
        known = {name: value for name, value in identity.items() if not any(references(value))}
        self.overlay.plan(change_id, spec.setting, target, reading, Reading(wanted, known))
        final = one.cannot_be_undone(reading.value, wanted)
        reversible, reversal = _reversal(one, reading.value, final, self._kept(one, target))
        return Change(
            id=change_id,
            group=self.group_id,
            playbook=self.wish.playbook.id,
            setting=spec.setting,
            target=target,
            findings=self.wish.findings,
            before=reading.value,
            after=wanted,
            identity=redact(dict(reading.identity)),
            complies=predicate,
            calls=tuple(calls),
            permissions=call_description.permissions(calls),
            rollback_permissions=_rollback_permissions(one, target, reading, Reading(wanted, identity)),
            guards=(),
            reversible=reversible,
            reversal=reversal,
            irreversible=final,
        )

    def _promised(self, spec: ChangeSpec, target: Target, reading: Reading) -> Reading:
        """What the cloud assigns to an earlier change is known only after that change: the reading has references to it."""
        maker = self.overlay.maker(spec.setting, target) or self.planning.overlay.maker(spec.setting, target)
        if maker is None or reading.absent:
            return reading
        return Reading(reading.value, _Promised(maker[0], reading.identity))

    def _kept(self, one: Setting, target: Target) -> bool:
        """Does the change protect a resource that this plan creates and a rollback keeps?"""
        made = target.key in self.overlay.made or target.key in self.planning.overlay.made
        return made and not one.creates_resource

    def _remember_maker(self, spec: ChangeSpec, one: Setting, target: Target) -> None:
        """If an earlier group of this plan creates it, its identity is that change's."""
        planned = self.planning.overlay.maker(spec.setting, target)
        if planned is not None:
            change_id, reading = planned
            sure = dict(reading.identity)
            self.made[spec.id] = lambda name: sure[name] if name in sure else reference(change_id, name)

    def _assigned(self, what: str) -> Json:
        name, _, path = what.partition(".")
        if name not in self.made:
            raise ValueError(f"{what}: no earlier change of the playbook has the id {name!r}")
        return self.made[name](path)

    def _guards(self) -> list[dict[str, Json]]:
        known = guards()[0]
        specs = [{"name": name, "arguments": {}} for name in EVERYWHERE if name in known]
        specs += [
            {"name": guard.name, "arguments": self.scene.fill(dict(guard.arguments))}
            for guard in self.wish.playbook.guards
        ]
        return specs


def _field(identity: Mapping[str, Json], name: str, change: str) -> Json:
    found = at(dict(identity), name)
    if found is None:
        raise ValueError(f"{change}.{name} is not known")
    return found


def _guards_of(change: Change, results: tuple[GuardResult, ...]) -> tuple[GuardResult, ...]:
    """Every change of a group has the group's results: they are applied or left out together."""
    return results


def _reversal(one: Setting, before: Json, final: str, protects: bool) -> tuple[bool, str]:
    if final:
        return False, final
    if before is ABSENT and protects:
        return False, "kept by a rollback: it protects a resource that the plan creates and a rollback keeps"
    if before is ABSENT and one.kept_on_rollback:
        return False, f"kept by a rollback: {one.kept_on_rollback}"
    if before is ABSENT:
        return True, "a rollback removes it again"
    return True, "a rollback restores the earlier value"


def _rollback_permissions(one: Setting, target: Target, before: Reading, after: Reading) -> tuple[str, ...]:
    if before.absent and one.kept_on_rollback:
        return ()
    try:
        return call_description.permissions(one.calls(target, after, before.value))
    except (ValueError, KeyError):
        return ()


def blocked_reasons(plan: Plan) -> list[str]:
    """The reason of each blocking guard, once, with its resource."""
    reasons = {
        f"{change.target.name}: {guard.guard}: {guard.reason}"
        for change in plan.changes
        for guard in change.guards
        if guard.outcome is Outcome.BLOCK
    }
    return sorted(reasons)
