"""Describes a Terraform patch: commit, files, what was left out, diff."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hipaa_tui.tui.text_layout import GAP, Para, bullet, heading, labelled

if TYPE_CHECKING:
    from hipaa_tui.patches.git.publish import Opened, Pushed
    from hipaa_tui.patches.model import Patch


def patch(made: Patch, pushed: Pushed | None = None, opened: Opened | None = None) -> list[Para]:
    """The patch, and where it was pushed and its pull request if there are any."""
    valid = made.validated == "valid"
    lines = [
        Para(
            "The patch is committed; your work tree, index and HEAD are unchanged.",
            "good",
            "✓ ",
            "good",
        ),
        GAP,
        labelled("Repository", str(made.repo), 12),
        labelled("Branch", made.branch, 12, "strong"),
        labelled("Commit", made.commit, 12),
        labelled("Terraform", made.validated, 12, "good" if valid else "warn"),
        labelled("Formatted", "yes" if made.formatted else "no, terraform fmt did not run", 12),
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
        lines += [Para(f"{omitted.resource}: {omitted.reason}", lead="- ") for omitted in made.left_out]
    return [*lines, GAP, heading("Diff"), *(_diff_line(line) for line in made.diff.splitlines())]


def _request(pushed: Pushed, opened: Opened) -> list[Para]:
    if opened.link:
        return [labelled("Request", opened.link, 12, "good")]
    lines = [labelled("Request", f"not opened: {opened.reason}", 12, "warn")]
    where = pushed.page or "your repository"
    return [*lines, labelled("", f"Copy its text (t) and open it by hand at {where}", 12)]


def _diff_line(line: str) -> Para:
    if line.startswith(("+++", "---", "diff ", "index ")):
        return Para(line, "strong")
    if line.startswith("@@"):
        return Para(line, "muted")
    tone = {"+": "added", "-": "removed"}.get(line[:1], "plain")
    return Para(line, tone)
