"""Commits a plan on a branch of the user's Terraform repository, and offers to push it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Input

from hipaa_tui.tui.labels import extent
from hipaa_tui.tui.prose.patch import patch as patch_words
from hipaa_tui.tui.screens.base import Page
from hipaa_tui.tui.text_layout import GAP, Para, heading
from hipaa_tui.tui.widgets.document import Document
from hipaa_tui.tui.widgets.plain_input import PlainInput
from hipaa_tui.tui.widgets.scroll_form import ScrollForm
from hipaa_tui.tui.widgets.static_text import StaticText

if TYPE_CHECKING:
    from hipaa_tui.patches.git.publish import Opened, Pushed
    from hipaa_tui.patches.model import Patch
    from hipaa_tui.plans.model import Plan
    from hipaa_tui.providers.model import Progress


class PatchScreen(Page):
    """Asks for the folder and the branch, then shows the commit."""

    caption = "Terraform patch"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("p", "make", "Create patch", id="patch.make"),
        Binding("u", "push", "Push", id="patch.push"),
        Binding("o", "request", "Pull request", id="patch.request"),
        Binding("t", "text", "Copy PR text", id="patch.text"),
        Binding("y", "copy", "Copy branch", id="patch.copy"),
    ]
    DEFAULT_CSS = """
    PatchScreen #made { display: none; }
    PatchScreen.-made #made { display: block; height: 1fr; }
    PatchScreen.-made #ask { display: none; }
    PatchScreen .who { display: none; }
    PatchScreen.-anonymous .who { display: block; }
    """

    def __init__(self, plan: Plan) -> None:
        super().__init__()
        self.plan = plan
        self.made: Patch | None = None
        self.pushed: Pushed | None = None
        self.opened: Opened | None = None

    def body(self) -> ComposeResult:
        with ScrollForm(classes="body", id="ask"):
            yield StaticText(
                [
                    heading(f"Commit {extent(self.plan)}"),
                    Para(
                        "The Terraform files are edited in a commit on a new branch. Your work tree, index and current"
                        " branch stay as they are.",
                        "muted",
                    ),
                    GAP,
                    Para("Terraform folder in a git repository"),
                ]
            )
            yield PlainInput(str(Path.cwd()), id="repo")
            yield StaticText(id="complaint")
            yield StaticText([Para("New branch")])
            yield PlainInput(default_branch(self.plan), id="branch")
            yield StaticText(
                [Para("Author, as Name <email> (git has no user.name and user.email)")], classes="who"
            )
            yield PlainInput(id="author", classes="who")
            yield StaticText(
                [GAP, Para("Enter creates the patch. Nothing in the cloud is changed.", "muted")]
            )
        yield Document(id="made")

    def on_mount(self) -> None:
        self.query_one("#repo", Input).focus()

    @on(Input.Changed)
    def _changed(self) -> None:
        self._complain("")

    @on(Input.Submitted)
    def action_make(self) -> None:
        """Check the fields, then create the patch in a thread."""
        typed = self.query_one("#repo", Input).value.strip()
        branch = self.query_one("#branch", Input).value.strip()
        try:
            repo = Path(typed).expanduser()
            is_folder = bool(typed) and repo.is_dir()
        except (OSError, RuntimeError, ValueError):
            is_folder = False
        if not is_folder:
            self._complain(f"{typed}: no such folder" if typed else "Enter the folder of your Terraform code")
            return
        if not branch:
            self._complain("Enter a name for the branch")
            return
        author = self._author(repo)
        if author is None:
            return
        from hipaa_tui.patches.model import PatchOptions

        bench, plan = self.hipaa.bench, self.plan
        self.work(
            "Creating the patch",
            lambda progress: bench.patches.create(plan, repo, branch, progress, PatchOptions(author=author)),
            self._show,
        )

    def _author(self, repo: Path) -> str | None:
        """The author of the commit: "" if git is configured, None if the user has to enter one first."""
        from hipaa_tui.patches.git.commits import author_from
        from hipaa_tui.support.errors import InputError

        field = self.query_one("#author", Input)
        try:
            if self.hipaa.bench.patches.committer(repo):
                return ""
            if not self.has_class("-anonymous"):
                self.add_class("-anonymous")
                field.focus()
                return None
            author_from(field.value.strip())
        except InputError as error:
            self._complain(str(error))
            return None
        return field.value.strip()

    def _complain(self, sentence: str) -> None:
        lines = [Para(sentence, "bad", lead="✗ ", lead_tone="bad")] if sentence else []
        self.query_one("#complaint", StaticText).show(lines)

    def _show(self, made: Patch) -> None:
        self.made = made
        self.add_class("-made")
        document = self.query_one("#made", Document)
        document.show(patch_words(made, self.pushed, self.opened))
        document.focus()
        self.refresh_bindings()

    def action_push(self) -> None:
        """Offer to push the branch."""
        self._offer(request=False)

    def action_request(self) -> None:
        """Offer to push the branch and open its pull request."""
        self._offer(request=True)

    def _offer(self, *, request: bool) -> None:
        from hipaa_tui.patches.git.remotes import shown
        from hipaa_tui.tui.screens.confirm_push import ConfirmPush

        if self.made is None:
            return
        bench, made = self.hipaa.bench, self.made

        def ask(found: tuple[str, str]) -> None:
            remote, url = found

            def answered(yes: bool | None) -> None:
                if yes:
                    self._publish(made, remote, request=request)

            self.app.push_screen(ConfirmPush(made.branch, remote, shown(url), request=request), answered)

        self.work(
            "Finding the remote",
            lambda progress: bench.patches.publisher(made.repo, progress).remote(),
            ask,
        )

    def _publish(self, made: Patch, remote: str, *, request: bool) -> None:
        bench = self.hipaa.bench

        def publish(progress: Progress) -> tuple[Pushed, Opened | None]:
            publisher = bench.patches.publisher(made.repo, progress)
            pushed = publisher.push(made.branch, remote)
            return pushed, publisher.open(pushed, made.title, made.body) if request else None

        def done(found: tuple[Pushed, Opened | None]) -> None:
            self.pushed, opened = found
            self.opened = opened or self.opened
            self._show(made)

        self.work("Pushing the branch", publish, done, harmless=False)

    def action_text(self) -> None:
        """Copy the text for a pull request."""
        if self.made is not None:
            self.copy(f"{self.made.title}\n\n{self.made.body}", "the text of the pull request")

    def action_copy(self) -> None:
        if self.made is not None:
            self.copy(self.made.branch, f"the branch {self.made.branch}")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        if action == "make":
            return self.made is None
        if action == "request":
            return self.made is not None and not (self.opened and self.opened.link)
        if action == "push":
            return self.made is not None and self.pushed is None
        return action not in {"copy", "text"} or self.made is not None


def default_branch(plan: Plan) -> str:
    """ "hipaa-tui/aws.s3.tls-only-3fa2b1c9"."""
    playbooks = sorted({change.playbook for change in plan.changes if change.playbook})
    what = playbooks[0] if len(playbooks) == 1 else f"{len(playbooks)}-playbooks"
    return f"hipaa-tui/{what}-{plan.hash[:8]}"
