"""Checks a plan against this version and the live state before a run's first write."""

from __future__ import annotations

from collections.abc import Collection

from hipaa_tui.clouds.connections import SettingReader, cloud_of
from hipaa_tui.plans.diff import words
from hipaa_tui.plans.model import Change, Plan
from hipaa_tui.plans.planned_state import Overlay
from hipaa_tui.plans.planner import blocked_reasons
from hipaa_tui.plans.run_guards import ask
from hipaa_tui.providers.guard import PlannedChange
from hipaa_tui.providers.model import CloudError, Clouds, Reading, Setting, calls_as_json
from hipaa_tui.providers.registry import setting
from hipaa_tui.support.errors import InputError, RefusedError
from hipaa_tui.support.json_value import Json, references
from hipaa_tui.support.redaction import redact


def refuse_unlike(plan: Plan) -> None:
    """InputError if this version would make other calls than the plan contains: plan again."""
    for change in plan.changes:
        try:
            calls = setting(change.setting).calls(change.target, change.reading, change.after)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise InputError(
                f"this version cannot make the plan's change {change.id} ({error}): plan again"
            ) from None
        if calls_as_json(calls) != calls_as_json(change.calls):
            raise InputError(
                f"this version of hipaa-tui would make other calls for {change.target.name} than the plan contains: plan again"
            )


def refuse_blocked(plan: Plan) -> None:
    """RefusedError if a guard blocks any of the plan's changes, or if there is nothing to change."""
    reasons = blocked_reasons(plan)
    if reasons:
        raise RefusedError(
            f"{len({c.group for c in plan.blocked})} of {len(plan.groups)} fixes are blocked by a guard; "
            f"nothing was changed. {' | '.join(reasons)}"
        )
    if not plan.changes:
        raise RefusedError("the plan contains no changes; " + _why_nothing(plan))


def _why_nothing(plan: Plan) -> str:
    reasons = sorted({skipped.reason for skipped in plan.skipped})
    return "; ".join(reasons[:5]) or "there was nothing to plan"


def _stands(one: Setting, change: Change, value: Json) -> bool:
    """Is the wanted value already in place (as far as it is known before apply)?"""
    return not any(references(change.after)) and one.same(value, change.after)


def refuse_drift(plan: Plan, clouds: Clouds) -> None:
    """RefusedError if a live value is neither the planned `before` nor `after`."""
    read = SettingReader(clouds)
    seen: set[tuple[str, str]] = set()
    made: set[str] = set()
    found: list[str] = []
    for change in plan.changes:
        one = setting(change.setting)
        key = (change.setting, change.target.key)
        if key in seen or (change.target.key in made and not one.creates_resource):
            continue  # an earlier change of this plan prepares it
        seen.add(key)
        if one.creates_resource and change.verb == "create":
            made.add(change.target.key)
        try:
            live = read(change.setting, change.target)
        except CloudError as error:
            raise RefusedError(
                f"{change.target.name}: cannot be read ({error}); nothing was changed"
            ) from None
        if not one.same(live.value, change.before) and not _stands(one, change, live.value):
            found.append(account_of_drift(one, change, live.value, change.after))
    if found:
        raise RefusedError(
            "the live configuration has changed since the plan was made; nothing was changed, plan again. "
            + " | ".join(found)
        )


def refuse_blocked_now(plan: Plan, clouds: Clouds) -> None:
    """Run the guards again, since a plan may be hours old. RefusedError if one blocks now."""
    for reason in blocked_now(plan, clouds).values():
        raise RefusedError(f"{reason}; nothing was changed")


def blocked_now(plan: Plan, clouds: Clouds, groups: Collection[str] | None = None) -> dict[str, str]:
    """The blocking guards' reasons by group, as of now. `groups`: check only these."""
    below = Overlay(SettingReader(clouds))
    memory: dict[str, Json] = {}
    found: dict[str, str] = {}
    for group in plan.groups:
        changes = [change for change in plan.changes if change.group == group.id]
        read = Overlay(below)
        for change in changes:
            sure = setting(change.setting).planned_identity(change.target, change.after)
            after = Reading(change.after, {**change.identity, **sure})
            read.plan(change.id, change.setting, change.target, change.reading, after)
        if changes and group.guards and (groups is None or group.id in groups):
            main = next((c.target for c in changes if c.target.id == group.resource), changes[0].target)
            results = ask(
                group.guards,
                cloud=cloud_of(clouds, main.provider, main.account),
                target=main,
                changes=[
                    PlannedChange(
                        c.setting, c.target, c.before, c.after, c.permissions, c.rollback_permissions
                    )
                    for c in changes
                ],
                parameters=group.parameters,
                read=read,
                memory=memory,
            )
            blocks = [f"{result.guard}: {result.reason}" for result in results if result.outcome == "block"]
            if blocks:
                found[group.id] = f"{main.name}: {'; '.join(blocks)}"
                continue
        below.take(read)
    return found


def account_of_drift(one: Setting, change: Change, found: Json, wanted: Json) -> str:
    """The three values as a sentence: before, wanted, found."""
    before, after, live = (
        words(redact(one.display(value)))[:400] for value in (change.before, wanted, found)
    )
    return f"{one.title} of {change.target.name}: before was {before}, wanted is {after}, found {live}"
