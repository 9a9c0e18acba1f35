"""What a screen may ask of the application: the workbench, jobs, errors told, and the ways to other screens.

Screens know this class and not the one that puts them together (app.py), so that imports have no circle.
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
    """The operator's terminal over one workbench.

    `bench_factory` runs in a thread after the first paint. `banner` is shown at the top of every
    screen (the sandbox says here that nothing is real). `keymap` maps binding ids ("queue.plan") to keys.
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

    def warn(self, sentence: str) -> None:
        """A remark on something that is left out while the work goes on."""
        self.notify(plain(sentence, 500), severity="warning", timeout=20, markup=False)

    def back_to_queue(self) -> None:
        """Leave every screen above the queue and load the queue afresh."""
        raise NotImplementedError

    def preview(self, plan: Plan) -> None:
        """Show a plan before anything is written."""
        raise NotImplementedError

    def open_history(self) -> None:
        """Show the runs, above the queue."""
        raise NotImplementedError
