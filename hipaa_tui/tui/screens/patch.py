"""Puts a plan on a branch of the operator's Terraform repository instead of into the cloud."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from hipaa_tui.tui.paragraphs import GAP, Para, heading
from hipaa_tui.tui.prose.patch import patch as patch_words
from hipaa_tui.tui.screens.page import Page
from hipaa_tui.tui.widgets.document import Document
from hipaa_tui.tui.widgets.note import Note
from hipaa_tui.tui.widgets.plain_input import PlainInput
from hipaa_tui.tui.widgets.reader import Reader
from hipaa_tui.tui.words import extent

if TYPE_CHECKING:
    from hipaa_tui.patches.model import Patch
    from hipaa_tui.plans.model import Plan


class PatchScreen(Page):
    """Asks for repository and branch, then shows the commit."""

    caption = "Terraform patch"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "make", "Make the patch", id="patch.make"),
        Binding("y", "copy", "Copy branch", id="patch.copy"),
    ]
    DEFAULT_CSS = """
    PatchScreen #made { display: none; }
    PatchScreen.-made #made { display: block; height: 1fr; }
    PatchScreen.-made #ask { display: none; }
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.made: Patch | None = None

    def body(self) -> ComposeResult:
        with Reader(classes="body", id="ask"):
            yield Note(
                [
                    heading(f"A commit with {extent(self.plan)}"),
                    Para(
                        "Your repository's files are edited in place and committed on a branch of their own;"
                        " your work tree and the branch that you are on stay untouched.",
                        "muted",
                    ),
                    GAP,
                    Para("Folder of the repository, or of the Terraform code in it"),
                ]
            )
            yield PlainInput(str(Path.cwd()), id="repo")
            yield Note(id="complaint")
            yield Note([Para("Branch")])
            yield PlainInput(default_branch(self.plan), id="branch")
            yield Note([GAP, Para("Enter makes the patch. Nothing in the cloud is changed by it.", "muted")])
        yield Document(id="made")

    def on_mount(self) -> None:
        self.query_one("#repo", Input).focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self._complain("")

    @on(Input.Submitted)
    def action_make(self) -> None:
        """Check what can be checked at once, then make the patch in a thread."""
        typed = self.query_one("#repo", Input).value.strip()
        branch = self.query_one("#branch", Input).value.strip()
        try:
            repo = Path(typed).expanduser()
            is_folder = bool(typed) and repo.is_dir()
        except (OSError, RuntimeError, ValueError):
            is_folder = False
        if not is_folder:
            self._complain(
                f"{typed or 'nothing'}: there is no such folder; name the one with your Terraform code"
            )
            return
        if not branch:
            self._complain("The branch needs a name")
            return
        bench, plan = self.hipaa.bench, self.plan
        self.work(
            "Making the patch",
            lambda progress: bench.patch(plan, repo, branch, progress),
            self._show,
        )

    def _complain(self, sentence: str) -> None:
        lines = [Para(sentence, "bad", lead="✗ ", lead_tone="bad")] if sentence else []
        self.query_one("#complaint", Note).show(lines)

    def _show(self, made: Patch) -> None:
        self.made = made
        self.add_class("-made")
        document = self.query_one("#made", Document)
        document.show(patch_words(made))
        document.focus()
        self.refresh_bindings()

    def action_copy(self) -> None:
        if self.made is not None:
            self.copy(self.made.branch, f"the branch {self.made.branch}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "make":
            return self.made is None
        return action != "copy" or self.made is not None


def default_branch(plan: Plan) -> str:
    """ "hipaa-tui/aws.s3.tls-only-3fa2b1c9"."""
    playbooks = sorted({change.playbook for change in plan.changes if change.playbook})
    what = playbooks[0] if len(playbooks) == 1 else f"{len(playbooks)}-playbooks"
    return f"hipaa-tui/{what}-{plan.hash[:8]}"
