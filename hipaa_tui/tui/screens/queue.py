"""The first screen: the findings, most urgent first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal

from hipaa_tui.tui.finding_list import FindingList
from hipaa_tui.tui.jobs import Job
from hipaa_tui.tui.labels import STATE_TONES, count, severity_tone, urgency
from hipaa_tui.tui.screens.base import Page
from hipaa_tui.tui.text_layout import GAP, Para, heading
from hipaa_tui.tui.widgets.document import Document
from hipaa_tui.tui.widgets.filter_line import FilterLine
from hipaa_tui.tui.widgets.row_list import Column, RowList
from hipaa_tui.tui.widgets.static_text import StaticText

if TYPE_CHECKING:
    from hipaa_tui.providers.model import Progress
    from hipaa_tui.runs.model import RunView
    from hipaa_tui.workbench import QueueRow, ScanReport

COLUMNS: tuple[Column[QueueRow], ...] = (
    Column("Urgency", urgency, 8, tone=severity_tone),
    Column("Finding", lambda row: row.title, 20, weight=5),
    Column("Resource", lambda row: row.resource_name, 14, weight=2),
    Column("HIPAA control", lambda row: ", ".join(row.controls), 16, weight=1, needs=106),
    Column("Playbook", lambda row: row.playbook or "none", 18, weight=1, needs=130),
    Column("State", lambda row: row.state, 10, tone=lambda row: STATE_TONES.get(row.state, "plain")),
)


class QueueScreen(Page):
    """The findings; from 100 columns on with the details of the highlighted one beside them."""

    caption = "Findings"
    DEFAULT_CSS = """
    QueueScreen #status { padding: 0 1; height: 1; }
    QueueScreen #findings { width: 1fr; }
    QueueScreen #detail { width: 2fr; display: none; border-left: vkey $border; }
    QueueScreen.-wide #findings { width: 3fr; }
    QueueScreen.-wide #detail { display: block; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "clear", "Clear filter", show=False, id="queue.clear"),
        Binding("enter", "open", "Open", show=False, id="queue.open"),
        Binding("slash", "filter", "Filter", id="queue.filter"),
        Binding("space", "mark", "Mark", key_display="Space", id="queue.mark"),
        Binding("p", "plan", "Plan", id="queue.plan"),
        Binding("s", "state", "State", id="queue.state"),
        Binding("l", "load", "Load", id="queue.load"),
        Binding("r", "scan", "Scan", id="queue.scan"),
        Binding("h", "history", "History", id="queue.history"),
        Binding("y", "copy", "Copy", show=False, id="queue.copy"),
        Binding("q", "app.quit", "Quit", show=False, id="queue.quit"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self.backlog = FindingList()
        self.opening = True
        self.failed = False
        self._announced = False

    def body(self) -> ComposeResult:
        yield StaticText([Para("Opening the store ...", "muted")], id="status")
        with Horizontal(classes="body"):
            yield RowList(COLUMNS, lambda row: row.id, id="findings")
            yield Document(id="detail")
        yield FilterLine()

    @property
    def findings(self) -> RowList[QueueRow]:
        return self.query_one("#findings", RowList)

    def on_mount(self) -> None:
        self.findings.focus()
        # Only after the first frame: opening imports the SDKs and the store, which take a while.
        self.call_after_refresh(self.reload)

    def reload(self) -> None:
        """Reload the findings and the runs, in a thread."""
        app = self.hipaa

        def read(progress: Progress) -> tuple[FindingList, list[RunView]]:
            if not app.is_open:
                app.bench = app.bench_factory()
            backlog = FindingList.of(app.bench.queue())
            return backlog, [run for run in app.bench.runs() if run.state.value == "interrupted"]

        self.job(read)

    @on(Job.Finished)
    def _loaded(self, event: Job.Finished) -> None:
        self.hipaa.job_ended(event.job)
        loaded, interrupted = event.result
        self.opening = False
        self.failed = False
        self.backlog = loaded.narrowed_like(self.backlog)
        self.findings.marked &= {row.id for row in self.backlog.all_rows}
        self._show()
        self.refresh_bindings()
        if interrupted and not self._announced:
            self._announced = True
            self._announce(interrupted)

    @on(Job.Failed)
    def _failed(self, event: Job.Failed) -> None:
        self.hipaa.job_ended(event.job)
        self.opening = False
        self.failed = not self.hipaa.is_open
        self._show()
        self.hipaa.tell(event.explanation())

    @on(Job.Stopped)
    def _stopped(self, event: Job.Stopped) -> None:
        self.hipaa.job_ended(event.job)

    def _announce(self, runs: list[RunView]) -> None:
        from hipaa_tui.tui.screens.interrupted import InterruptedScreen

        def answered(look: bool | None) -> None:
            if look:
                self.action_history()

        self.app.push_screen(InterruptedScreen(runs), answered)

    def _show(self) -> None:
        rows = self.backlog.rows()
        self.findings.show(rows, empty=self._empty())
        self.query_one("#status", StaticText).show([Para(self._status(len(rows)), "muted")])

    def _status(self, shown: int) -> str:
        if self.failed:
            return "The store could not be opened."
        parts = [f"{count(shown, 'finding')} of {len(self.backlog):,}"]
        parts.append("open only" if self.backlog.open_only else "all states")
        if self.backlog.words:
            parts.append(f"matching “{self.backlog.words}”")
        if self.findings.marked:
            parts.append(f"{len(self.findings.marked)} marked")
        return " · ".join(parts)

    def _empty(self) -> list[Para]:
        if self.opening:
            return []
        if self.failed:
            return [heading("The store could not be opened"), GAP, Para("Press q to leave.")]
        if not len(self.backlog):
            return [
                heading("No findings yet"),
                GAP,
                Para(
                    f"Press {self.key('queue.load')} to load a report of Prowler, Security Hub or a Terraform scanner."
                ),
                Para(f"Press {self.key('queue.scan')} to scan the accounts of your credentials (read-only)."),
                Para(f"Press {self.key('app.help')} for help."),
            ]
        if self.backlog.words:
            return [heading("No finding matches"), GAP, Para("Esc clears the filter.")]
        return [
            heading("No open findings"),
            GAP,
            Para(
                f"Press {self.key('queue.state')} to show all states, {self.key('queue.scan')} to scan again."
            ),
        ]

    @on(RowList.Highlighted)
    def _highlighted(self) -> None:
        detail = self.query_one("#detail", Document)
        row = self.findings.current
        if row is None or not self.wide:
            detail.show([])
            return
        from hipaa_tui.tui.prose.finding import finding

        detail.show(finding(row, self.hipaa.bench.catalogue.playbooks.get(row.playbook)))

    def on_resize(self) -> None:
        self._highlighted()

    @on(RowList.Selected)
    def action_open(self) -> None:
        row = self.findings.current
        if row is not None:
            from hipaa_tui.tui.screens.finding import FindingScreen

            self.app.push_screen(FindingScreen([row]))

    def action_plan(self) -> None:
        """Plan the marked findings; if none is marked, open the highlighted one."""
        marked = [row for row in self.backlog.all_rows if row.id in self.findings.marked]
        if not marked:
            self.action_open()
            return
        from hipaa_tui.tui.screens.finding import FindingScreen

        self.app.push_screen(FindingScreen(marked))

    def action_mark(self) -> None:
        self.findings.toggle_mark()
        self.query_one("#status", StaticText).show([Para(self._status(len(self.findings.rows)), "muted")])

    def action_filter(self) -> None:
        self.query_one(FilterLine).open()

    @on(FilterLine.Changed)
    def _filter(self, event: FilterLine.Changed) -> None:
        self.backlog.words = event.words
        self._show()

    @on(FilterLine.Done)
    def _filtered(self) -> None:
        self.findings.focus()

    def action_clear(self) -> None:
        """Esc: clear the filter first, then the marks."""
        if self.backlog.words:
            self.query_one(FilterLine).close()
        elif self.findings.marked:
            self.findings.marked.clear()
            self._show()

    def action_state(self) -> None:
        self.backlog.open_only = not self.backlog.open_only
        self._show()

    def action_copy(self) -> None:
        row = self.findings.current
        if row is not None:
            self.copy(row.resource, f"the resource {row.resource}")

    def action_load(self) -> None:
        from hipaa_tui.tui.load_reports import ask_for_reports

        ask_for_reports(self, self.reload)

    def action_scan(self) -> None:
        self.work(
            "Scanning with every playbook (read-only)",
            self.hipaa.bench.scan,
            self._scanned,
        )

    def _scanned(self, report: ScanReport) -> None:
        self.reload()
        found = f"{count(report.examined, 'check')}: {report.failing:,} do not comply, {report.new:,} of them new."
        if report.problems:
            from hipaa_tui.tui.screens.notice import NoticeScreen

            self.app.push_screen(NoticeScreen("Scanned in part", found, *report.problems[:12]))
        else:
            self.say(found)

    def action_history(self) -> None:
        from hipaa_tui.tui.screens.history import HistoryScreen

        self.app.push_screen(HistoryScreen())

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Actions that need the workbench are off until it is open."""
        needs_bench = {"plan", "load", "scan", "history", "mark", "state", "filter", "copy", "open"}
        if action == "filter" and self.query("FilterLine:focus-within"):
            return False
        return self.hipaa.is_open or action not in needs_bench
