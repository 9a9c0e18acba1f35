"""The preview of a plan: changes, calls, guards, permissions, rollback."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hipaa_tui.support.errors import InputError
from hipaa_tui.tui.jobs import Job
from hipaa_tui.tui.labels import count
from hipaa_tui.tui.paths import typed_file, typed_target
from hipaa_tui.tui.prose.plan import SECTIONS, all_commands, headline
from hipaa_tui.tui.prose.policy import policy
from hipaa_tui.tui.screens.base import Page
from hipaa_tui.tui.widgets.document import Document
from hipaa_tui.tui.widgets.section_bar import SectionBar
from hipaa_tui.tui.widgets.static_text import StaticText

if TYPE_CHECKING:
    from hipaa_tui.plans.model import Plan
    from hipaa_tui.policy.decide import Decision
    from hipaa_tui.providers.model import Progress
    from hipaa_tui.runs.model import RunView


class PreviewScreen(Page):
    """Previews a plan or a rollback plan. Digits select the section; `a` applies after a confirmation."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("1", "section(0)", "Changes", show=False, id="preview.changes"),
        Binding("2", "section(1)", "Calls", show=False, id="preview.calls"),
        Binding("3", "section(2)", "Guards and effects", show=False, id="preview.guards"),
        Binding("4", "section(3)", "Permissions", show=False, id="preview.permissions"),
        Binding("5", "section(4)", "Rollback", show=False, id="preview.way-back"),
        Binding("a", "apply", "Apply", id="preview.apply"),
        Binding("t", "patch", "Terraform", id="preview.patch"),
        Binding("w", "write", "Write file", id="preview.write"),
        Binding("y", "copy", "Copy commands", id="preview.copy"),
        Binding("v", "approval", "Approval", id="preview.approval"),
    ]
    DEFAULT_CSS = """
    PreviewScreen #headline, PreviewScreen #policy { padding: 0 1; }
    PreviewScreen #section { height: 1fr; }
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.decision: Decision | None = None
        self.caption = "Rollback preview" if plan.kind == "rollback" else "Preview"

    def body(self) -> ComposeResult:
        yield StaticText(headline(self.plan), id="headline")
        yield StaticText(id="policy")
        yield SectionBar([name for name, _ in SECTIONS])
        yield Document(SECTIONS[0][1](self.plan), id="section")

    def on_mount(self) -> None:
        self.query_one(Document).focus()
        if self.plan.changes and not self.plan.blocked:
            bench, plan = self.hipaa.bench, self.plan
            self.job(lambda _: bench.decision(plan))

    @on(Job.Finished)
    def _judged(self, event: Job.Finished) -> None:
        self.hipaa.job_ended(event.job)
        self._show_decision(event.result)

    @on(Job.Failed)
    def _not_judged(self, event: Job.Failed) -> None:
        self.hipaa.job_ended(event.job)
        self.hipaa.tell(event.explanation())

    @on(Job.Stopped)
    def _stopped(self, event: Job.Stopped) -> None:
        self.hipaa.job_ended(event.job)

    def _show_decision(self, decision: Decision) -> None:
        self.decision = decision
        self.query_one("#policy", StaticText).show(policy(decision))
        self.refresh_bindings()

    def action_section(self, index: int) -> None:
        self.query_one(SectionBar).current = index
        self.query_one(Document).show(SECTIONS[index][1](self.plan))

    @on(SectionBar.Chosen)
    def _chosen(self, event: SectionBar.Chosen) -> None:
        self.action_section(event.index)

    def action_apply(self) -> None:
        """Ask for confirmation, or say why the plan cannot be applied."""
        plan = self.plan
        if self.hipaa.read_only:
            self.hipaa.tell(
                "Nothing can be applied in read-only mode. You can still commit the plan as Terraform (t) or write it"
                " to a file (w). To apply, start without --read-only and without read_only in config.toml."
            )
        elif not plan.changes:
            self.hipaa.tell("The plan contains no changes to apply.")
        elif plan.blocked:
            self._refuse()
        else:
            bench = self.hipaa.bench
            self.work("Checking the policy", lambda _: bench.decision(plan), self._decided)

    def _decided(self, decision: Decision) -> None:
        """The policy is checked again here: an approval may have arrived, or a change window may have closed."""
        self._show_decision(decision)
        if decision.blocks:
            self.hipaa.tell(f"Not applied: {' | '.join(decision.blocks)}")
            return
        from hipaa_tui.tui.screens.confirm import ConfirmScreen

        self.app.push_screen(
            ConfirmScreen(self.plan, reach=decision.reach, reason=decision.reason), self._confirmed
        )

    def _confirmed(self, yes: bool | None) -> None:
        if yes and self.decision is not None:
            from hipaa_tui.tui.screens.run import RunScreen

            plan, bench, reach = self.plan, self.hipaa.bench, self.decision.reach or None

            def apply(progress: Progress) -> RunView:
                return bench.apply(plan, reach=reach, progress=progress)

            self.app.push_screen(RunScreen(plan, apply))

    def action_approval(self) -> None:
        """Import a colleague's approval from a file."""
        from hipaa_tui.tui.screens.text_prompt import TextPrompt

        def answered(text: str | None) -> None:
            if text is not None:
                path, bench, plan = typed_file(text), self.hipaa.bench, self.plan

                def take(_: Progress) -> Decision:
                    bench.gate.take(plan, path)
                    return bench.decision(plan)

                self.work("Importing the approval", take, self._show_decision)

        self.app.push_screen(
            TextPrompt(
                "Add an approval",
                f"Path of an approval of plan {self.plan.hash[:12]}, as written by `hipaa-tui approve`. To get one, write"
                " the plan to a file (w) and send it to an approver.",
                _no_file,
            ),
            answered,
        )

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Importing an approval is offered only if one is missing."""
        return action != "approval" or bool(self.decision and self.decision.missing)

    def _refuse(self) -> None:
        from hipaa_tui.tui.screens.blocked import BlockedScreen

        def answered(rest: Plan | None) -> None:
            if rest is not None:
                # A new plan with its own hash: it is previewed before it is confirmed.
                self.app.switch_screen(PreviewScreen(rest))

        self.app.push_screen(BlockedScreen(self.plan), answered)

    def action_patch(self) -> None:
        if not self.plan.changes:
            self.hipaa.tell("The plan contains no changes to commit.")
            return
        from hipaa_tui.tui.screens.patch import PatchScreen

        self.app.push_screen(PatchScreen(self.plan))

    def action_write(self) -> None:
        from hipaa_tui.tui.screens.text_prompt import TextPrompt

        def answered(text: str | None) -> None:
            if text is not None:
                path, bench, plan = typed_target(text), self.hipaa.bench, self.plan
                self.work("Writing the plan", lambda _: bench.save_plan(plan, path), self._written)

        self.app.push_screen(
            TextPrompt(
                "Write the plan to a file",
                "Path of a new file. Leave it empty to use the plans folder of hipaa-tui.",
                _complaint,
            ),
            answered,
        )

    def _written(self, path: Path) -> None:
        self.say(f"Wrote the plan to {path}. To apply it: hipaa-tui apply {path}")

    def action_copy(self) -> None:
        commands = sum(len(change.calls) for change in self.plan.changes)
        self.copy(all_commands(self.plan), count(commands, "command"))


def _no_file(text: str) -> str:
    try:
        typed_file(text)
    except InputError as error:
        return str(error)
    return ""


def _complaint(text: str) -> str:
    try:
        typed_target(text)
    except InputError as error:
        return str(error)
    return ""
