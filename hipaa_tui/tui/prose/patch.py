"""A Terraform patch in words: where the commit stands, what it holds, and what it could not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipaa_tui.tui.text_layout import GAP, Para, bullet, heading, labelled

if TYPE_CHECKING:
    from hipaa_tui.patches.git.publish import Opened, Pushed
    from hipaa_tui.patches.model import Patch


def patch(made: Patch, pushed: Pushed | None = None, opened: Opened | None = None) -> list[Para]:
    """The commit, where it was pushed, its files, what is left out, terraform's verdict, and the diff."""
    valid = made.validated == "valid"
    lines = [
        Para(
            "The patch is on its branch; your work tree, index and HEAD are as they were.",
            "good",
            "✓ ",
            "good",
        ),
        GAP,
        labelled("Repository", str(made.repo), 12),
        labelled("Branch", made.branch, 12, "strong"),
        labelled("Commit", made.commit, 12),
        labelled("Terraform", made.validated, 12, "good" if valid else "warn"),
        labelled("Formatted", "yes" if made.formatted else "no: terraform fmt did not run", 12),
    ]
    if made.hooks:
        lines.append(labelled("Hooks", f"{', '.join(made.hooks)} passed", 12))
    if pushed is not None:
        lines.append(labelled("Pushed", f"{pushed.remote} ({pushed.url})", 12, "good"))
    if pushed is not None and opened is not None:
        lines += _request(pushed, opened)
    lines += [labelled("File" if number == 0 else "", name, 12) for number, name in enumerate(made.files)]
    if made.addresses:
        lines += [GAP, heading("Resources"), *(bullet(address, "code") for address in made.addresses)]
    if made.left_out:
        lines += [GAP, heading(f"Left out: {len(made.left_out)}")]
        lines += [Para(f"{one.resource}: {one.reason}", lead="- ") for one in made.left_out]
    return [*lines, GAP, heading("Diff"), *(_diff_line(line) for line in made.diff.splitlines())]


def _request(pushed: Pushed, opened: Opened) -> list[Para]:
    if opened.link:
        return [labelled("Request", opened.link, 12, "good")]
    lines = [labelled("Request", f"not opened: {opened.reason}", 12, "warn")]
    where = pushed.page or "the page of your repository"
    return [*lines, labelled("", f"Copy its text (t) and paste it at {where}", 12)]


def _diff_line(line: str) -> Para:
    if line.startswith(("+++", "---", "diff ", "index ")):
        return Para(line, "strong")
    if line.startswith("@@"):
        return Para(line, "muted")
    tone = {"+": "added", "-": "removed"}.get(line[:1], "plain")
    return Para(line, tone)
