"""The confirmation before anything is changed. It repeats what will change; Enter alone cancels."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Input

from hipaa_tui.plans.model import irreversible_targets
from hipaa_tui.tui.labels import extent
from hipaa_tui.tui.prose.plan import VERBS, title
from hipaa_tui.tui.text_layout import GAP, Para, bullet, heading
from hipaa_tui.tui.widgets.key_line import KeyLine
from hipaa_tui.tui.widgets.plain_input import PlainInput
from hipaa_tui.tui.widgets.static_text import StaticText

if TYPE_CHECKING:
    from hipaa_tui.plans.model import Plan

MOST = 6


class ConfirmScreen(ModalScreen[bool | None]):
    """Returns True only after `y` or the button.

    For a change that cannot be undone, the resource's name has to be typed first; for a plan above the policy's
    limit, the number of its resources.
    """

    DEFAULT_CSS = "ConfirmScreen VerticalScroll { height: auto; max-height: 100%; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "yes", "Apply", id="confirm.yes"),
        Binding("n,escape", "dismiss", "Cancel", key_display="Esc", id="confirm.no"),
        Binding("left,right", "other", "Other button", show=False, id="confirm.other"),
    ]

    def __init__(self, plan: Plan, *, resuming: str = "", reach: int = 0, reason: str = "") -> None:
        super().__init__()
        self._resuming = resuming
        self._plan = plan
        self._reach = reach
        self._reason = reason
        self._names = irreversible_targets(plan.changes)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"), VerticalScroll(can_focus=False):
            yield StaticText(self.paragraphs)
            for index, name in enumerate(self._names):
                yield StaticText([GAP, Para(name, "strong", lead="To confirm, type  ", lead_tone="plain")])
                yield PlainInput(id=f"name-{index}", placeholder="the resource's name")
            if self._reach:
                lead = "To confirm, type the number of resources "
                yield StaticText([GAP, Para(str(self._reach), "strong", lead=lead, lead_tone="plain")])
                yield PlainInput(id="reach", placeholder="the number of resources")
            yield StaticText(id="complaint")
            verb = "Resume" if self._resuming else "Apply"
            typed = bool(self._names) or bool(self._reach)
            with Horizontal(classes="buttons"):
                yield Button("Cancel", id="cancel")
                yield Button(verb if typed else f"{verb} (y)", id="apply", variant="warning")
        yield KeyLine()

    @property
    def paragraphs(self) -> list[Para]:
        plan = self._plan
        verb = "Roll back" if plan.kind == "rollback" else "Apply"
        if self._resuming:
            verb = f"Resume run {self._resuming}"
        lines = [heading(f"{verb}: {extent(plan)}?"), GAP]
        for change in plan.changes[:MOST]:
            lines.append(bullet(f"{title(change)} of {change.target.name}: {VERBS[change.verb]}"))
            if change.irreversible:
                lines.append(Para(f"CANNOT be undone: {change.irreversible}", "bad", "✗ ", "bad", indent=2))
        if len(plan.changes) > MOST:
            lines.append(Para(f"and {len(plan.changes) - MOST:,} more", "muted"))
        reasons = {guard.reason for c in plan.changes for guard in c.guards if guard.outcome.value == "warn"}
        lines += [Para(reason, "warn", lead="! ", lead_tone="warn") for reason in sorted(reasons)[:3]]
        if self._reach:
            lines.append(Para(self._reason, "warn", lead="! ", lead_tone="warn"))
        how = (
            "Type the name below, then choose Apply."
            if self._names
            else "Type the number below, then choose Apply."
            if self._reach
            else "Press y to apply; Enter and Esc cancel."
        )
        return [*lines, GAP, Para(f"{how} Plan {plan.hash[:12]}.", "muted")]

    def on_mount(self) -> None:
        self.query_one("#cancel", Button).focus()

    def action_yes(self) -> None:
        for index, name in enumerate(self._names):
            field = self.query_one(f"#name-{index}", Input)
            if field.value.strip() != name:
                self.query_one("#complaint", StaticText).show(
                    [
                        Para(
                            f"This cannot be undone: type {name} exactly, then choose Apply.",
                            "bad",
                            "✗ ",
                            "bad",
                        )
                    ]
                )
                field.focus()
                return
        if self._reach:
            field = self.query_one("#reach", Input)
            if field.value.strip() != str(self._reach):
                sentence = f"This changes many resources: type {self._reach} exactly, then choose Apply."
                self.query_one("#complaint", StaticText).show([Para(sentence, "bad", "✗ ", "bad")])
                field.focus()
                return
        self.dismiss(True)

    def action_other(self) -> None:
        focused = self.focused
        other = "#cancel" if focused is not None and focused.id == "apply" else "#apply"
        self.query_one(other, Button).focus()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        if event.button.id == "apply":
            self.action_yes()
        else:
            self.dismiss(None)

    @on(Input.Submitted)
    def _typed(self) -> None:
        """Enter in a field only moves to the next one: typing the name does not confirm yet."""
        self.focus_next()
