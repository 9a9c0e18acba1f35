"""The application as the screens use it: the workbench, jobs, messages, and navigation to other screens.

Screens import this class and not its subclass in app.py, which imports them, so that there is no import cycle.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from textual.app import App
from textual.binding import Binding
from textual.screen import Screen

from hipaa_tui.support.sanitize import plain
from hipaa_tui.tui.ascii_filter import AsciiFilter, speaks_utf8
from hipaa_tui.tui.theme import CSS, THEME

if TYPE_CHECKING:
    from collections.abc import Sequence

    from textual.filter import LineFilter

    from hipaa_tui.plans.model import Plan
    from hipaa_tui.tui.jobs import Job
    from hipaa_tui.workbench import Workbench


class OperatorApp(App[None]):
    """The full-screen interface on one workbench.

    `bench_factory` runs in a thread after the first frame. `banner` is shown at the top of every screen (the demo
    says there that its clouds are local). `keymap` maps binding ids ("queue.plan") to keys.
    """

    TITLE = "hipaa-tui"
    CSS = CSS

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
        """The open workbench. Only the list of findings exists before it is open."""
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
        """The session's mode and banner, for the title bar."""
        return " · ".join(part for part in ("read-only" if self.read_only else "", self.banner) if part)

    async def action_quit(self) -> None:
        """Quit. A run in progress is stopped at its next safe point first."""
        writing = [job for job in self.jobs if job.writes]
        for job in self.jobs:
            job.stop()
        if not writing:
            self.exit()
            return
        self._leaving = True
        self.notify("Stopping the run at the next safe point, then quitting.", markup=False)

    def job_ended(self, job: Job[Any]) -> None:
        self.jobs.discard(job)
        if self._leaving and not any(other.writes for other in self.jobs):
            self.exit()

    def tell(self, sentence: str) -> None:
        """Show an error until the user closes it."""
        from hipaa_tui.tui.screens.notice import NoticeScreen

        self.push_screen(NoticeScreen("Something went wrong", sentence))

    def bindings_of(self, screen: type[Screen[Any]]) -> list[Binding]:
        """A screen's own bindings with the keys of the keymap."""
        found = []
        for binding in Binding.make_bindings(screen.__dict__.get("BINDINGS", ())):
            keys = self._keymap.get(binding.id or "")
            found.append(binding.with_key(keys.split(",")[0]) if keys else binding)
        return found

    async def settled(self) -> None:
        """Wait until no job is running, for tests and screenshots."""
        while self.jobs:
            await asyncio.sleep(0.01)
        await asyncio.sleep(0.02)

    def warn(self, sentence: str) -> None:
        """Show a warning as a notification."""
        self.notify(plain(sentence, 500), severity="warning", timeout=20, markup=False)

    def back_to_queue(self) -> None:
        """Close every screen above the list of findings and reload the list."""
        raise NotImplementedError

    def preview(self, plan: Plan) -> None:
        """Open the preview of a plan."""
        raise NotImplementedError

    def open_history(self) -> None:
        """Open the history above the list of findings."""
        raise NotImplementedError
