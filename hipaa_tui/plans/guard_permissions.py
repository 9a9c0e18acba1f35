"""Checks that the credentials have the permissions for a change and for its rollback, before the first write."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hipaa_tui.clouds import call_description
from hipaa_tui.providers.guard import GuardContext, Outcome, PlannedChange, Verdict
from hipaa_tui.providers.model import Denied, Reading, Target
from hipaa_tui.providers.registry import setting


@dataclass
class _Needs:
    """The permissions that the changes of one resource and their rollback need."""

    target: Target
    writes: set[str] = field(default_factory=set)
    rollback: set[str] = field(default_factory=set)


def permitted(context: GuardContext) -> Verdict:
    """Blocks when a permission for the change is missing; warns when only the rollback lacks one, or it is unknown."""
    refused, no_rollback, unknown = [], [], []
    for needs in _needs(context):
        wanted = sorted(needs.writes | needs.rollback)
        if not wanted:
            continue
        denied = context.cloud.denied(wanted, needs.target)
        missing = [action for action in denied.actions if action in needs.writes]
        if missing:
            refused.append(_clause(missing, needs.target, denied))
        elif denied.actions:
            no_rollback.append(_clause(denied.actions, needs.target, denied))
        if denied.unknown:
            unknown.append(f"{', '.join(denied.unknown)} on {needs.target.name} ({denied.reason})")
    if refused:
        return (
            Outcome.BLOCK,
            f"you lack {'; and '.join(refused)}: ask for these permissions, or have a person who has them apply the "
            "plan",
        )
    if no_rollback:
        return (
            Outcome.WARN,
            f"you may make this change but not roll it back, which needs {'; and '.join(no_rollback)}: "
            "ask for these permissions first",
        )
    if unknown:
        return Outcome.WARN, f"it could not be determined whether you have {'; and '.join(unknown)}"
    return Outcome.PASS, "you have the permissions for the change and for its rollback"


def _clause(actions: Iterable[str], target: Target, denied: Denied) -> str:
    reason = f" (denied by {denied.because})" if denied.because else ""
    return f"{', '.join(actions)} on {target.name}{reason}"


def _needs(context: GuardContext) -> list[_Needs]:
    """The permissions by resource, in the order of the changes."""
    by_target: dict[str, _Needs] = {}
    for draft in context.changes:
        needs = by_target.setdefault(draft.target.key, _Needs(draft.target))
        writes, rollback = _permissions(context, draft)
        needs.writes.update(writes)
        needs.rollback.update(rollback)
    return list(by_target.values())


def _permissions(context: GuardContext, draft: PlannedChange) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(permissions of the change, permissions of its rollback); computed when the draft does not have them."""
    if draft.permissions is not None and draft.rollback_permissions is not None:
        return draft.permissions, draft.rollback_permissions
    declared = setting(draft.setting)
    current = context.read(draft.setting, draft.target)
    before, after = Reading(draft.before, current.identity), Reading(draft.after, current.identity)
    writes = call_description.permissions(declared.calls(draft.target, before, draft.after))
    if before.absent and declared.kept_on_rollback:
        return writes, ()
    try:
        return writes, call_description.permissions(declared.calls(draft.target, after, draft.before))
    except (ValueError, KeyError):
        return writes, ()  # a change that cannot be rolled back needs no permission for it


GUARDS = {"permitted": permitted}
