"""Writes the commit's message: whoever reads the log must find the finding, the reason and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from hipaa_tui.errors import InputError
from hipaa_tui.patches.model import LeftOut
from hipaa_tui.patches.render import Patchwork
from hipaa_tui.plans import diff
from hipaa_tui.plans.guards.model import Outcome
from hipaa_tui.plans.model import Change, Group, Plan
from hipaa_tui.redaction import redact_text
from hipaa_tui.settings.registry import setting
from hipaa_tui.text import plain

SUBJECT: Final = 72
_LINES_A_CHANGE: Final = 6


def commit_message(
    plan: Plan,
    addresses: Mapping[str, Sequence[str]],
    left_out: Sequence[LeftOut],
    *,
    notes: Sequence[str],
    patchwork: Patchwork,
    template: Path,
) -> str:
    """The message, from the template. `addresses` are by change id; changes without any are not in the patch.

    Everything that a cloud or a report wrote is made plain. InputError where the template is wrong.
    """
    from jinja2 import StrictUndefined, TemplateError
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    changes = [change for change in plan.changes if addresses.get(change.id)]
    groups = [group for group in plan.groups if any(change.group == group.id for change in changes)]
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined,
        autoescape=False,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["plain"] = plain
    variables: dict[str, Any] = {
        "subject": plain(_subject(plan, changes, groups), SUBJECT),
        "plan": {
            "hash": plan.hash,
            "kind": plan.kind,
            "of_run": plain(plan.of_run),
            "created": plain(plan.created),
        },
        "groups": [_group(group, changes) for group in groups],
        "changes": [_change(change, addresses[change.id]) for change in changes],
        "warnings": _unique(
            f"{change.target.name}: {guard.guard}: {guard.reason}"
            for change in changes
            for guard in change.guards
            if guard.outcome is Outcome.WARN
        ),
        "left_out": [plain(f"{one.change} {one.resource}: {one.reason}", 400) for one in left_out],
        "imported": [piece.address for piece in patchwork.pieces if piece.import_id],
        "created": [piece.address for piece in patchwork.pieces if not piece.import_id],
        "notes": [plain(note, 400) for note in notes],
        "stays": _unique(
            f"{change.target.name} ({setting(change.setting).title}): {change.reversal}"
            for change in changes
            if not change.reversible
        ),
    }
    try:
        text = environment.from_string(template.read_text(encoding="utf-8")).render(variables)
    except (TemplateError, TypeError, ValueError) as error:
        raise InputError(f"the snippet {template.name} cannot be filled: {error}") from None
    except OSError as error:
        raise InputError(f"{template}: {error.strerror or error}") from None
    lines = [redact_text(line.rstrip()) for line in text.strip().splitlines()]
    # git takes a line of "#" or "---" for its own in some hands; ours begin with neither.
    return "\n".join(lines) + "\n"


def _subject(plan: Plan, changes: Sequence[Change], groups: Sequence[Group]) -> str:
    names = list(
        dict.fromkeys(group.resource.rstrip("/").rpartition("/")[2].rpartition(":")[2] for group in groups)
    )
    names = names or list(dict.fromkeys(change.target.name for change in changes))
    titles = list(dict.fromkeys(group.title for group in groups))
    if plan.kind == "rollback":
        return f"Roll back {plan.of_run[:12]}: {len(changes)} change{'s' if len(changes) != 1 else ''}"
    what = titles[0] if len(titles) == 1 else f"Fix {len(titles)} HIPAA findings"
    where = names[0] if len(names) == 1 else f"{len(names)} resources"
    return f"{what} ({where})"


def _group(group: Group, changes: Sequence[Change]) -> dict[str, Any]:
    return {
        "title": plain(group.title, 200),
        "playbook": plain(group.playbook, 100),
        "resource": plain(group.resource, 300),
        "why": plain(group.why, 600),
        "findings": [plain(one, 100) for one in group.findings],
        "controls": [plain(one, 40) for one in group.controls],
        "effects": {name: plain(text, 400) for name, text in group.effects.items() if text},
    }


def _change(change: Change, addresses: Sequence[str]) -> dict[str, Any]:
    one = setting(change.setting)
    lines = diff.lines(one.display(change.before), one.display(change.after))
    shown = [f"{line.sign} {plain(line.text(), 160)}" for line in lines[:_LINES_A_CHANGE]]
    if len(lines) > _LINES_A_CHANGE:
        shown.append(f"… and {len(lines) - _LINES_A_CHANGE} more")
    return {
        "id": plain(change.id, 40),
        "title": plain(one.title, 100),
        "verb": change.verb,
        "name": plain(change.target.name, 200),
        "setting": plain(change.setting, 100),
        "addresses": list(addresses),
        "lines": shown,
        "reversal": plain(change.reversal, 300),
    }


def _unique(texts: Iterable[str]) -> list[str]:
    return [plain(text, 400) for text in dict.fromkeys(texts)]
