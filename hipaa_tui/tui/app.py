"""The application: its screens, help and the command palette."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hipaa_tui.tui.operator_app import OperatorApp
from hipaa_tui.tui.screens.queue import QueueScreen
from hipaa_tui.tui.theme import BREAKPOINTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.filter import LineFilter

    from hipaa_tui.plans.model import Plan


class HipaaTuiApp(OperatorApp):
    """The application with its screens: the queue first, help and the palette from everywhere."""

    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", id="app.help"),
    ]

    def get_default_screen(self) -> Screen[Any]:
        return QueueScreen()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), *self._ascii]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """The entries of the command palette: only actions that apply on this screen."""
        seen = set()
        for active in screen.active_bindings.values():
            binding = active.binding
            # Textual's own bindings have no id; moving the cursor is no command.
            ours = binding.id and not binding.id.startswith("list.")
            if not (ours and active.enabled and binding.description) or binding.action in seen:
                continue
            seen.add(binding.action)

            async def run(action: str = binding.action, node: Any = active.node) -> None:
                await self.run_action(action, default_namespace=node)

            key = self.get_key_display(binding)
            yield SystemCommand(f"{binding.description} ({key})", binding.tooltip or "", run)

    def action_help(self) -> None:
        from hipaa_tui.tui.screens.help import HelpScreen

        if not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(self.screen))

    def preview(self, plan: Plan) -> None:
        from hipaa_tui.tui.screens.preview import PreviewScreen

        self.push_screen(PreviewScreen(plan))

    def open_history(self) -> None:
        from hipaa_tui.tui.screens.history import HistoryScreen

        self.back_to_queue()
        self.push_screen(HistoryScreen())

    def back_to_queue(self) -> None:
        while len(self.screen_stack) > 1:
            self.pop_screen()
        queue = self.screen
        if isinstance(queue, QueueScreen):
            queue.reload()

    def _handle_exception(self, error: Exception) -> None:
        """An internal error in a handler: quit with a sentence and a log file instead of a traceback."""
        from hipaa_tui.support.crash_report import record_bug

        if self.is_headless:
            super()._handle_exception(error)  # tests want to see it
            return
        self._return_code = 1
        self.panic(record_bug(error))
