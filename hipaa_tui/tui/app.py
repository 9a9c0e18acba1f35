"""The application: paints its frame at once and opens the workbench behind it, so that nobody waits for an SDK."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Final

from textual.app import App, SystemCommand
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hipaa_tui.tui.ascii_filter import AsciiFilter, speaks_utf8
from hipaa_tui.tui.screens.queue import QueueScreen
from hipaa_tui.tui.theme import CSS, THEME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.filter import LineFilter

    from hipaa_tui.tui.jobs import Job
    from hipaa_tui.workbench import Workbench

WIDE: Final = 100
"""Columns from which a list shows its detail beside it."""
BREAKPOINTS: Final[list[tuple[int, str]]] = [(0, "-narrow"), (WIDE, "-wide")]


class HipaaTuiApp(App[None]):
    """The operator's terminal over one workbench.

    `bench_factory` runs in a thread after the first paint. `banner` is shown at the top of every
    screen (the sandbox says here that nothing is real). `keymap` maps binding ids ("queue.plan") to keys.
    """

    TITLE = "hipaa-tui"
    CSS = CSS
    HORIZONTAL_BREAKPOINTS = BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "help", "Help", id="app.help"),
    ]

    def __init__(
        self,
        bench_factory: Callable[[], Workbench],
        *,
        banner: str = "",
        read_only: bool = False,
        keymap: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__()
        self.bench_factory = bench_factory
        self.banner = banner
        self.read_only = read_only
        self.core = threading.Lock()
        self.jobs: set[Job[Any]] = set()
        self._bench: Workbench | None = None
        self._leaving = False
        self._ascii: Sequence[LineFilter] = () if speaks_utf8() else (AsciiFilter(),)
        self.register_theme(THEME)
        self.theme = THEME.name
        if keymap:
            self.set_keymap(dict(keymap))

    @property
    def bench(self) -> Workbench:
        """The open workbench. Screens other than the queue exist only once it is open."""
        if self._bench is None:
            raise RuntimeError("the workbench is not open yet")
        return self._bench

    @bench.setter
    def bench(self, bench: Workbench) -> None:
        self._bench = bench

    @property
    def is_open(self) -> bool:
        return self._bench is not None

    @property
    def session_note(self) -> str:
        """What is special about this session, for the title bar."""
        return " · ".join(part for part in ("read-only" if self.read_only else "", self.banner) if part)

    def get_default_screen(self) -> Screen[Any]:
        return QueueScreen()

    def get_line_filters(self) -> Sequence[LineFilter]:
        return [*super().get_line_filters(), *self._ascii]

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        """What the palette offers: the actions that apply on this screen, and no others."""
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

    async def action_quit(self) -> None:
        """Leave; while a run is being written only after it has come to a safe place."""
        writing = [job for job in self.jobs if job.writes]
        for job in self.jobs:
            job.stop()
        if not writing:
            self.exit()
            return
        self._leaving = True
        self.notify("Stopping the run at the next safe place, then leaving.", markup=False)

    def job_ended(self, job: Job[Any]) -> None:
        self.jobs.discard(job)
        if self._leaving and not any(other.writes for other in self.jobs):
            self.exit()

    def tell(self, sentence: str) -> None:
        """Show an error that the person can act on, and keep it until it was read."""
        from hipaa_tui.tui.screens.notice import NoticeScreen

        self.push_screen(NoticeScreen("That did not work", sentence))

    def back_to_queue(self) -> None:
        """Leave every screen above the queue and load the queue afresh."""
        while len(self.screen_stack) > 1:
            self.pop_screen()
        queue = self.screen
        if isinstance(queue, QueueScreen):
            queue.reload()

    def bindings_of(self, screen: type[Screen[Any]]) -> list[Binding]:
        """A screen's own bindings with the keys that the keymap gives them."""
        found = []
        for binding in Binding.make_bindings(screen.__dict__.get("BINDINGS", ())):
            keys = self._keymap.get(binding.id or "")
            found.append(binding.with_key(keys.split(",")[0]) if keys else binding)
        return found

    async def settled(self) -> None:
        """Wait until no job is under way, for tests and pictures."""
        while self.jobs:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.02)

    def _handle_exception(self, error: Exception) -> None:
        """A bug in a handler: leave with a sentence and a log file instead of a traceback."""
        from hipaa_tui.support.crash_report import record_bug

        if self.is_headless:
            super()._handle_exception(error)  # tests want to see it
            return
        self._return_code = 1
        self.panic(record_bug(error))
