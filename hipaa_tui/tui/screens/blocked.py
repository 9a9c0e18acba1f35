"""Says why guards block a plan, and offers the plan without the blocked changes."""

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
from hipaa_tui.tui.widgets.static_text import StaticText

if TYPE_CHECKING:
    from hipaa_tui.plans.model import Plan

MOST = 8


class BlockedScreen(ModalScreen["Plan | None"]):
    """Returns the plan without its blocked changes, or None."""

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
            yield StaticText(self.paragraphs)
        yield KeyLine()

    @property
    def paragraphs(self) -> list[Para]:
        reasons = blocked_reasons(self._plan)
        lines = [heading("Not applied: blocked by a guard"), GAP]
        lines += [Para(reason, "bad", lead="✗ ", lead_tone="bad") for reason in reasons[:MOST]]
        if len(reasons) > MOST:
            lines.append(Para(f"and {len(reasons) - MOST} more in section 3", "muted"))
        lines.append(GAP)
        if self._rest.changes:
            lines.append(Para(f"The rest has {extent(self._rest)}. Press b to preview it."))
        else:
            lines.append(Para("Nothing else is in the plan. Remove the cause, then plan again."))
        return [*lines, GAP, Para("Esc goes back.", "muted")]

    def action_rest(self) -> None:
        self.dismiss(self._rest)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        return action != "rest" or bool(self._rest.changes)
