"""The reverse of a plan, for teams that only use patches: swaps before and after."""

from __future__ import annotations

from dataclasses import replace

from hipaa_tui.clouds.connections import fresh
from hipaa_tui.patches.eligibility import NotReady, resolved
from hipaa_tui.plans.model import Change, Plan
from hipaa_tui.providers.model import CloudError, Clouds, Reading
from hipaa_tui.support.json_value import Json, references


def backwards(plan: Plan, clouds: Clouds) -> Plan:
    """The plan's changes, last first, each from its after to its before.

    What a rollback keeps (a key that may have encrypted data) is kept, too. Values that the cloud has assigned in the
    meantime are read; a change for which that is not possible keeps its reference, and the patch leaves it out.
    """
    makers = {one for change in plan.changes for one in _makers(change.after)}
    readings: dict[str, Reading] = {}
    for change in plan.changes:
        if change.id in makers:
            try:
                readings[change.id] = fresh(clouds, change.setting, change.target)
            except CloudError:
                continue
    back = [_back(change, readings) for change in reversed(plan.changes) if change.reversible]
    return replace(plan, kind="rollback", of_run=f"plan {plan.hash[:7]}", changes=tuple(back))


def _back(change: Change, readings: dict[str, Reading]) -> Change:
    return replace(
        change, before=_known(change.after, readings), after=_known(change.before, readings), guards=()
    )


def _known(value: Json, readings: dict[str, Reading]) -> Json:
    try:
        return resolved(value, readings)
    except NotReady:
        return value


def _makers(value: Json) -> set[str]:
    return {change for change, _ in references(value)}
