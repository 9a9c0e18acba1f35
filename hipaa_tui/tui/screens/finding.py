"""One finding in full, or the marked ones together, with the parameters of their playbooks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from hipaa_tui.tui.labels import count
from hipaa_tui.tui.prose.finding import finding, one_line, remedy
from hipaa_tui.tui.screens.base import Page
from hipaa_tui.tui.text_layout import GAP, Para, heading
from hipaa_tui.tui.widgets.parameter_form import ParameterForm
from hipaa_tui.tui.widgets.scroll_form import ScrollForm
from hipaa_tui.tui.widgets.static_text import StaticText

if TYPE_CHECKING:
    from pathlib import Path

    from hipaa_tui.plans.model import Plan
    from hipaa_tui.playbooks.model import Playbook
    from hipaa_tui.triage.evidence_service import Progress
    from hipaa_tui.workbench import QueueRow

MOST = 200
"""Maximum number of marked findings that are listed; the rest is counted."""


class FindingScreen(Page):
    """Shows findings and plans their fix."""

    caption = "Finding"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p,enter", "plan", "Plan the fix", key_display="p", id="finding.plan"),
        Binding("y", "copy", "Copy resource", id="finding.copy"),
        Binding("x", "leave", "Except", id="finding.except"),
        Binding("v", "prove", "Record evidence", id="finding.prove"),
        Binding("e", "end", "End exception", id="finding.end-exception"),
    ]

    def __init__(self, rows: Sequence[QueueRow]) -> None:
        super().__init__()
        self._rows = tuple(rows)

    def body(self) -> ComposeResult:
        asking = self._asking()
        asked = sum(len(playbook.parameters) for playbook in asking)
        with ScrollForm(classes="body"):
            if len(self._rows) == 1:
                playbook = self._playbook(self._rows[0])
                yield StaticText(finding(self._rows[0], playbook), id="finding")
                guided = playbook is not None and playbook.guided
                known = self.hipaa.bench.evidence.of(self._rows[0].id).evidence if guided else ()
                yield StaticText(remedy(playbook, known), id="remedy")
            else:
                yield StaticText(self._list(), id="finding")
            if asking:
                yield ParameterForm(asking)
            if self._plannable():
                asks = f" Tab goes to {count(asked, 'parameter')}." if asking else ""
                yield StaticText(
                    [
                        GAP,
                        Para(
                            f"Press p or Enter to plan the fix; planning is read-only.{asks}",
                            "muted",
                        ),
                    ]
                )

    def on_mount(self) -> None:
        self.query_one(ScrollForm).focus()

    def _playbook(self, row: QueueRow) -> Playbook | None:
        return self.hipaa.bench.catalogue.playbooks.get(row.playbook)

    def _plannable(self) -> list[QueueRow]:
        found = ((row, self._playbook(row)) for row in self._rows)
        return [row for row, playbook in found if playbook is not None and not playbook.guided]

    def _asking(self) -> list[Playbook]:
        """The playbooks to plan that have parameters, each once."""
        found = {row.playbook: self._playbook(row) for row in self._plannable()}
        return [playbook for playbook in found.values() if playbook is not None and playbook.parameters]

    def _list(self) -> list[Para]:
        able = len(self._plannable())
        lines = [heading(f"{count(len(self._rows), 'marked finding')}, one plan"), GAP]
        lines += [one_line(row) for row in self._rows[:MOST]]
        if len(self._rows) > MOST:
            lines.append(Para(f"and {len(self._rows) - MOST:,} more", "muted"))
        if able < len(self._rows):
            sentence = (
                f"{len(self._rows) - able} of them have no automatic playbook; the plan leaves them out."
            )
            lines += [GAP, Para(sentence, "warn", lead="! ", lead_tone="warn")]
        return lines

    @on(Input.Submitted)
    def action_plan(self) -> None:
        """Plan in a thread, then show the preview."""
        given: dict[str, str] = {}
        for form in self.query(ParameterForm):
            answers = form.answers()
            if answers is None:
                return
            given = answers
        ids = [row.id for row in self._rows]
        bench = self.hipaa.bench
        self.work(
            "Planning from the live configuration (read-only)",
            lambda progress: bench.plan(findings=ids, given=given, progress=progress),
            self._preview,
        )

    def _preview(self, plan: Plan) -> None:
        from hipaa_tui.tui.screens.preview import PreviewScreen

        self.app.push_screen(PreviewScreen(plan))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Planning is offered only if a playbook can be applied."""
        if action in {"leave", "end"}:
            row = self._rows[0]
            left = row.exception is not None
            return len(self._rows) == 1 and row.state != "fixed" and left == (action == "end")
        if action == "prove":
            playbook = self._playbook(self._rows[0])
            return len(self._rows) == 1 and playbook is not None and playbook.guided
        return action != "plan" or bool(self._plannable())

    def action_leave(self) -> None:
        """Ask for an exception and record it."""
        from hipaa_tui.tui.screens.exception_form import ExceptionForm

        row, bench = self._rows[0], self.hipaa.bench

        def answered(answers: tuple[str, str, str] | None) -> None:
            if answers is not None:
                self.work(
                    "Recording the exception",
                    lambda _: bench.exceptions.grant(row.id, *answers),
                    lambda granted: self._back(f"Excepted {granted.told}"),
                )

        self.app.push_screen(ExceptionForm(row), answered)

    def action_end(self) -> None:
        exception, bench = self._rows[0].exception, self.hipaa.bench
        if exception is not None:
            self.work(
                "Ending the exception",
                lambda _: bench.exceptions.end(exception.id),
                lambda _: self._back("The exception has ended. The finding is open again."),
            )

    def action_prove(self) -> None:
        """Ask for a step's evidence and record it."""
        from hipaa_tui.tui.screens.evidence_form import EvidenceForm

        row, bench = self._rows[0], self.hipaa.bench

        def answered(answers: tuple[int, str, Path | None] | None) -> None:
            if answers is not None:
                step, note, file = answers
                self.work(
                    "Recording the evidence",
                    lambda _: bench.evidence.record(row.id, step, note, file),
                    self._recorded,
                )

        self.app.push_screen(EvidenceForm(bench.evidence.of(row.id)), answered)

    def _recorded(self, now: Progress) -> None:
        self.query_one("#remedy", StaticText).show(remedy(now.playbook, now.evidence))
        self.say(now.next[0].upper() + now.next[1:] + ".")

    def _back(self, sentence: str) -> None:
        self.hipaa.back_to_queue()
        self.say(sentence)

    def action_copy(self) -> None:
        resources = [row.resource for row in self._rows]
        self.copy("\n".join(resources), count(len(resources), "resource"))
