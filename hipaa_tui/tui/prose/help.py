"""The help: the workflow first, then the keys of every screen as they are actually bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.app import App
from textual.binding import Binding

from hipaa_tui.tui.text_layout import GAP, Para, heading

SAFE_WAY = (
    "Load a report, or scan: scanning is read-only.",
    "Open a finding, or mark several with Space, and plan the fix: planning is read-only, too.",
    "Read the preview: differences, exact API calls, guard results, permissions, rollback.",
    "Apply the plan, or commit it on a branch of your Terraform repository. Applying asks for confirmation; for a"
    " change that cannot be undone you type the resource's name.",
    "Each change is journaled before it is made and verified by a fresh read afterwards. If the resource has"
    " changed since the plan was made, nothing is written.",
    "Roll back from the history: a rollback is a plan, too, and is previewed like any other.",
)


def help_text(app: App[None], screens: Iterable[tuple[str, Iterable[Binding]]]) -> list[Para]:
    """The help text. `screens` are (name, bindings), starting with the screen from which help was opened."""
    lines = [heading("How to fix a finding safely")]
    lines += [Para(text, lead=f"{number}. ") for number, text in enumerate(SAFE_WAY, start=1)]
    lines += [
        GAP,
        heading("Everywhere"),
        _key("?", "this help"),
        _key("^p", "command palette"),
        _key("Esc", "back; stops work in progress"),
        _key("j k", "down, up (also arrow keys)"),
        _key("g G", "top, bottom"),
        _key("Tab", "next field or pane"),
        _key("^q", "quit"),
    ]
    for name, bindings in screens:
        lines += [GAP, heading(name), *_keys(app, bindings)]
    return [
        *lines,
        GAP,
        Para(
            "Signs: ✓ OK, ! warning, ✗ blocked or failed; + added, - removed, ~ changed. Color only repeats them.",
            "muted",
        ),
        Para(
            'To change a key, set its name from the right column under [keys] in config.toml: "queue.plan" = "m".',
            "muted",
        ),
    ]


def _keys(app: App[None], bindings: Iterable[Binding]) -> Iterator[Para]:
    shown: dict[str, tuple[str, str]] = {}
    for binding in bindings:
        if not binding.description or (binding.id or "").startswith("list."):
            continue
        key = app.get_key_display(binding)
        if binding.description in shown:
            continue
        shown[binding.description] = (key, binding.id or "")
    for description, (key, id) in shown.items():
        yield _key(key, f"{description:<30} {id}")


def _key(key: str, what: str) -> Para:
    return Para(what, lead=f"{key:<8}", lead_tone="code", indent=2)
