"""Looks whether the credentials may make a change, and take it back, before the first write of either."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from hipaa_tui.clouds import call_description
from hipaa_tui.providers.guard import Draft, Look, Outcome, Verdict
from hipaa_tui.providers.model import Denied, Reading, Target
from hipaa_tui.providers.registry import setting


@dataclass
class _Needs:
    """What the changes of one resource ask for."""

    target: Target
    writes: set[str] = field(default_factory=set)
    way_back: set[str] = field(default_factory=set)


def permitted(look: Look) -> Verdict:
    """Blocks where a permission of the calls is missing, warns where only the rollback's are, or none can be told."""
    refused, no_way_back, unknown = [], [], []
    for needs in _needs(look):
        wanted = sorted(needs.writes | needs.way_back)
        if not wanted:
            continue
        found = look.cloud.denied(wanted, needs.target)
        missing = [one for one in found.actions if one in needs.writes]
        if missing:
            refused.append(_sentence(missing, needs.target, found))
        elif found.actions:
            no_way_back.append(_sentence(found.actions, needs.target, found))
        if found.unknown:
            unknown.append(f"{', '.join(found.unknown)} on {needs.target.name} ({found.reason})")
    if refused:
        return (
            Outcome.BLOCK,
            f"you may not {'; nor '.join(refused)}: ask for these permissions, or let somebody apply it who has them",
        )
    if no_way_back:
        return (
            Outcome.WARN,
            f"you may make this change and not take it back, which needs {'; and '.join(no_way_back)}: "
            "ask for these permissions first",
        )
    if unknown:
        return Outcome.WARN, f"it could not be told whether you may {'; and '.join(unknown)}"
    return Outcome.PASS, "you may make these calls, and those that take them back"


def _sentence(actions: Iterable[str], target: Target, found: Denied) -> str:
    by = f" (refused by {found.because})" if found.because else ""
    return f"{', '.join(actions)} on {target.name}{by}"


def _needs(look: Look) -> list[_Needs]:
    """The permissions by resource, in the order of the changes."""
    found: dict[str, _Needs] = {}
    for draft in look.changes:
        needs = found.setdefault(draft.target.key, _Needs(draft.target))
        writes, way_back = _of(look, draft)
        needs.writes.update(writes)
        needs.way_back.update(way_back)
    return list(found.values())


def _of(look: Look, draft: Draft) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """(permissions of the calls, of the calls that take them back); computed where the draft does not say them."""
    if draft.permissions is not None and draft.rollback_permissions is not None:
        return draft.permissions, draft.rollback_permissions
    one = setting(draft.setting)
    known = look.read(draft.setting, draft.target)
    before, after = Reading(draft.before, known.identity), Reading(draft.after, known.identity)
    writes = call_description.permissions(one.calls(draft.target, before, draft.after))
    if before.absent and one.kept_on_rollback:
        return writes, ()
    try:
        return writes, call_description.permissions(one.calls(draft.target, after, draft.before))
    except (ValueError, KeyError):
        return writes, ()  # what cannot be taken back needs no permission for it


GUARDS = {"permitted": permitted}
