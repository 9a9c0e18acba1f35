"""Refuses a plan that a guard blocks, says why, and offers what is left of it."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen

from hipaa_tui.plans.planner import blocked_reasons
from hipaa_tui.tui.labels import extent
from hipaa_tui.tui.text_layout import GAP, Para, heading
from hipaa_tui.tui.widgets.key_line import KeyLine
from hipaa_tui.tui.widgets.static_text import Note

if TYPE_CHECKING:
    from hipaa_tui.plans.model import Plan

MOST = 8


class BlockedScreen(ModalScreen["Plan | None"]):
    """Ends with the plan without its blocked changes, or with None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("b", "rest", "Preview the rest", id="blocked.rest"),
        Binding("escape,enter", "dismiss", "Back", key_display="Esc", id="blocked.back"),
    ]

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self._plan = plan
        self._rest = plan.without_blocked()

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog"):
            yield Note(self.paragraphs)
        yield KeyLine()

    @property
    def paragraphs(self) -> list[Para]:
        reasons = blocked_reasons(self._plan)
        lines = [heading("Not applied: a guard blocks it"), GAP]
        lines += [Para(reason, "bad", lead="✗ ", lead_tone="bad") for reason in reasons[:MOST]]
        if len(reasons) > MOST:
            lines.append(Para(f"and {len(reasons) - MOST} more, under 3", "muted"))
        lines.append(GAP)
        if self._rest.changes:
            lines.append(Para(f"Without what is blocked there are {extent(self._rest)}: b shows that plan."))
        else:
            lines.append(Para("Nothing is left without it: remove the cause and plan again."))
        return [*lines, GAP, Para("Esc goes back.", "muted")]

    def action_rest(self) -> None:
        self.dismiss(self._rest)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "rest" or bool(self._rest.changes)
