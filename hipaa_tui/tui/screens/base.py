"""What all full screens have in common: title bar, keys at the bottom, Esc, and background jobs."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hipaa_tui.support.sanitize import plain, plain_lines
from hipaa_tui.tui.theme import WIDE
from hipaa_tui.tui.widgets.key_line import KeyLine
from hipaa_tui.tui.widgets.title_bar import TitleBar

if TYPE_CHECKING:
    from hipaa_tui.providers.model import Progress
    from hipaa_tui.tui.jobs import Job
    from hipaa_tui.tui.operator_app import OperatorApp

T = TypeVar("T")
LONGEST_COPY = 1_000_000


class Page(Screen[None]):
    """A full screen with title bar and footer."""

    caption = ""
    """The screen's name in the title bar."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "Back", key_display="Esc", id="page.back")
    ]

    def compose(self) -> ComposeResult:
        yield TitleBar(self.caption, self.hipaa.session_note)
        yield from self.body()
        # The palette's hint would push the screen's own keys off an 80-column footer.
        yield KeyLine()

    def body(self) -> ComposeResult:
        """The widgets between title bar and footer."""
        raise NotImplementedError

    @property
    def hipaa(self) -> OperatorApp:
        return cast("OperatorApp", self.app)

    @property
    def wide(self) -> bool:
        return self.app.size.width >= WIDE

    def key(self, id: str) -> str:
        """The key that is currently bound to the id, as it is displayed."""
        for active in self.active_bindings.values():
            if active.binding.id == id:
                return self.app.get_key_display(active.binding)
        return "?"

    def action_back(self) -> None:
        """Esc: leave the focused field first, then the screen."""
        from textual.widgets import Input

        if isinstance(self.focused, Input):
            self.screen.focus_next("Document, VerticalScroll, RowList")
            return
        self.app.pop_screen()

    def say(self, sentence: str) -> None:
        """Show a short notification. For what must be read, use `HipaaTuiApp.tell`."""
        self.notify(plain(sentence, 500), markup=False)

    def copy(self, text: str, what: str) -> None:
        """Copy text to the clipboard, without control characters. `what` completes "Copied …"."""
        self.app.copy_to_clipboard(plain_lines(text, LONGEST_COPY))
        self.say(f"Copied {what}.")

    def work(
        self,
        title: str,
        work: Callable[[Progress], T],
        then: Callable[[T], None],
        *,
        harmless: bool = True,
    ) -> None:
        """Run something in a thread under a progress dialog; Esc stops it.

        `harmless` says that stopping it leaves nothing changed.
        """
        from hipaa_tui.tui.screens.progress_dialog import ProgressDialog

        def done(result: tuple[Any] | None) -> None:
            if result is not None:
                then(result[0])

        self.app.push_screen(ProgressDialog(title, work, harmless=harmless), done)

    def job(self, work: Callable[[Progress], T], *, writes: bool = False) -> Job[T]:
        """Start a job whose messages this screen receives."""
        from hipaa_tui.tui.jobs import Job

        job = Job(self, self.hipaa.core, work, writes=writes)
        self.hipaa.jobs.add(job)
        job.start()
        return job
