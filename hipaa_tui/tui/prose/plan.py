"""Describes a plan in the five sections of its preview: changes, calls, guards, permissions, rollback."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import groupby

from hipaa_tui.plans.diff import Sign, lines
from hipaa_tui.plans.diff import words as value_words
from hipaa_tui.plans.model import Change, Group, Plan
from hipaa_tui.providers.guard import GuardResult
from hipaa_tui.providers.model import Call
from hipaa_tui.support.errors import HipaaTuiError
from hipaa_tui.support.json_value import ABSENT, Json
from hipaa_tui.tui.labels import GUARD_SIGNS, count, extent, moment
from hipaa_tui.tui.text_layout import GAP, Para, bullet, heading, labelled

DIFF_TONES = {Sign.ADDED: "added", Sign.REMOVED: "removed", Sign.CHANGED: "changed", Sign.SAME: "muted"}
VERBS = {"create": "created", "update": "changed", "remove": "removed"}


def headline(plan: Plan) -> list[Para]:
    """The two lines above the sections: how much changes, and what blocks it."""
    guards = {(guard.guard, guard.reason, guard.outcome.value) for c in plan.changes for guard in c.guards}
    warnings = sum(outcome == "warn" for _, _, outcome in guards)
    fixed = [change for change in plan.changes if change.irreversible]
    blocked = plan.blocked
    if not plan.changes:
        state = Para(f"Nothing to change: {len(plan.skipped)} left out, see 5.", "warn")
    elif blocked:
        state = Para(
            f"{count(len(blocked), 'change')} BLOCKED by a guard, see 3", "bad", lead="✗ ", lead_tone="bad"
        )
    elif warnings:
        state = Para(f"{count(warnings, 'warning')}, see 3", "warn", lead="! ", lead_tone="warn")
    else:
        state = Para("all guards pass", "good", lead="✓ ", lead_tone="good")
    tail = f" · {count(len(fixed), 'change')} CANNOT be undone" if fixed else ""
    tail += f" · {len(plan.skipped)} left out" if plan.skipped and plan.changes else ""
    what = f"Rollback of run {plan.of_run}: " if plan.kind == "rollback" else ""
    return [
        Para(f"{what}{extent(plan)}", "strong"),
        Para(f"{state.text}{tail} · plan {plan.hash[:12]}", state.tone, state.lead, state.lead_tone),
    ]


def changes(plan: Plan) -> list[Para]:
    """Section 1: each change with its difference between before and after."""
    out: list[Para] = []
    for group, members in _by_group(plan):
        out += _group_title(group, members[0][1])
        if group and group.parameters:
            answers = ", ".join(f"{name}={value_words(value)}" for name, value in group.parameters.items())
            out.append(Para(answers, "muted", lead="with ", lead_tone="muted"))
        for number, change in members:
            out += [GAP, *_change(number, change)]
        out.append(GAP)
    if plan.skipped:
        out += left_out(plan)
    return out or [Para("The plan contains no changes.", "muted")]


def calls(plan: Plan) -> list[Para]:
    """Section 2: the exact API calls in their order, each with its equivalent command."""
    out = [
        Para("Exactly these calls are made, in this order. Each $ line is the equivalent command.", "muted")
    ]
    for number, change in enumerate(plan.changes, start=1):
        out += [GAP, heading(f"{number}. {title(change)} of {change.target.name}")]
        for call, command in zip(change.calls, change.commands(), strict=True):
            out.append(Para(call_name(call), "strong"))
            arguments = _beside_the_name(call)
            if arguments:
                out.append(Para(value_words(arguments), "muted", indent=2))
            out.append(Para(command, "code", lead="$ ", lead_tone="muted", indent=2))
    return out


def checks(plan: Plan) -> list[Para]:
    """Section 3: the guards' results, and the effects on users of the resource."""
    out: list[Para] = []
    for group, members in _by_group(plan):
        out += _group_title(group, members[0][1])
        results = list(dict.fromkeys(guard for _, change in members for guard in change.guards))
        out += [_guard(result) for result in results] or [Para("No guard applies.", "muted")]
        if group:
            out += [labelled(name.capitalize(), text, 10) for name, text in group.effects.items() if text]
        out.append(GAP)
    return out or [Para("The plan contains no changes.", "muted")]


def permissions(plan: Plan) -> list[Para]:
    """Section 4: the permissions that applying and rolling back need."""
    forth = sorted({name for change in plan.changes for name in change.permissions})
    back = sorted({name for change in plan.changes for name in change.rollback_permissions})
    return [
        heading("To apply"),
        *([bullet(name, "code") for name in forth] or [Para("none", "muted")]),
        GAP,
        heading("To roll back"),
        *([bullet(name, "code") for name in back] or [Para("none", "muted")]),
    ]


def undoes_run(plan: Plan) -> list[Para]:
    """Section 5: how each change is rolled back, last one first, and what the plan leaves out."""
    out = [Para("A rollback is a plan, too: it is previewed and confirmed like this one.", "muted"), GAP]
    for number, change in enumerate(reversed(plan.changes), start=1):
        name = f"{title(change)} of {change.target.name}"
        if change.irreversible:
            out.append(
                Para(f"{name}: CANNOT be undone. {change.irreversible}", "bad", f"✗ {number}. ", "bad")
            )
        elif not change.reversible:
            out.append(Para(f"{name}: {change.reversal}", "warn", f"! {number}. ", "warn"))
        else:
            out.append(Para(f"{name}: {change.reversal}", lead=f"✓ {number}. ", lead_tone="good"))
    if plan.skipped:
        out += [GAP, *left_out(plan)]
    return [*out, GAP, labelled("Plan", plan.hash, 10), labelled("Created", moment(plan.created), 10)]


SECTIONS: tuple[tuple[str, Callable[[Plan], list[Para]]], ...] = (
    ("Changes", changes),
    ("Calls", calls),
    ("Guards, effects", checks),
    ("Permissions", permissions),
    ("Rollback", undoes_run),
)


def left_out(plan: Plan) -> list[Para]:
    """What the plan leaves out, and why."""
    lines = [heading(f"Left out: {len(plan.skipped)}")]
    for skipped in plan.skipped:
        name = skipped.resource or skipped.subject
        playbook = f" ({skipped.playbook})" if skipped.playbook else ""
        lines.append(Para(f"{name}: {skipped.reason}{playbook}", lead="- "))
    return lines


def title(change: Change) -> str:
    """The title of the change's setting; its id if this version does not know it."""
    return setting_title(change.setting)


def setting_title(id: str) -> str:
    """The title of a setting; its id if this version does not know it."""
    from hipaa_tui.providers.registry import setting

    try:
        return setting(id).title
    except HipaaTuiError:
        return id


def call_name(call: Call) -> str:
    """ "s3:PutBucketPolicy in us-east-1", "PUT Microsoft.Storage"."""
    if call.provider == "azure":
        return f"{call.operation} {call.arguments.get('path', call.service)}"
    return f"{call.service}:{call.operation}" + (f" in {call.region}" if call.region else "")


def _beside_the_name(call: Call) -> dict[str, Json]:
    """The arguments that `call_name` does not show."""
    shown = {"path"} if call.provider == "azure" else set()
    return {name: value for name, value in call.arguments.items() if name not in shown}


def all_commands(plan: Plan) -> str:
    """Every equivalent command of the plan, one a line, with a comment line before those of each change."""
    return "\n".join(
        "\n".join([f"# {title(change)} of {change.target.name}", *change.commands()])
        for change in plan.changes
    )


def _change(number: int, change: Change) -> Iterator[Para]:
    yield Para(
        f"{title(change)} of {change.target.name}: {VERBS[change.verb]}",
        "strong",
        lead=f"{number}. ",
        lead_tone="strong",
    )
    place = " · ".join(x for x in (change.target.type, change.target.account, change.target.region) if x)
    yield Para(place, "muted", indent=3)
    before, after = _display(change)
    found = lines(before, after)
    for line in found:
        tone = DIFF_TONES[line.sign]
        yield Para(line.text(), tone, lead=f"{line.sign} ", lead_tone=tone, indent=3)
    if not found:
        yield Para("the same configuration in another form", "muted", indent=3)
    if change.irreversible:
        yield Para(f"cannot be undone: {change.irreversible}", "bad", "✗ ", "bad", indent=3)
    for guard in change.guards:
        if guard.outcome.value != "pass":
            sign, tone = GUARD_SIGNS[guard.outcome.value]
            yield Para(f"{guard.guard}: {guard.reason}", tone, f"{sign}  ", tone, indent=3)


def _display(change: Change) -> tuple[Json, Json]:
    from hipaa_tui.providers.registry import setting

    try:
        one = setting(change.setting)
    except HipaaTuiError:
        return change.before, change.after
    before = None if change.before is ABSENT else one.display(change.before)
    return before, None if change.after is ABSENT else one.display(change.after)


def _guard(result: GuardResult) -> Para:
    sign, tone = GUARD_SIGNS[result.outcome.value]
    return Para(f"{result.guard}: {result.reason}", "plain" if tone == "good" else tone, f"{sign:<8} ", tone)


def _group_title(group: Group | None, change: Change) -> list[Para]:
    if group is None:
        return [heading(change.playbook or change.setting)]
    return [
        heading(group.title),
        Para(" · ".join(x for x in (group.playbook, ", ".join(group.controls)) if x), "muted"),
    ]


def _by_group(plan: Plan) -> Iterator[tuple[Group | None, list[tuple[int, Change]]]]:
    """The groups in the plan's order, their changes numbered throughout the plan."""
    groups: Mapping[str, Group] = {group.id: group for group in plan.groups}
    for id, members in groupby(enumerate(plan.changes, start=1), key=lambda pair: pair[1].group):
        yield groups.get(id), list(members)
