"""The help: the safe way of working first, then the keys of every screen as they are really bound."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from textual.app import App
from textual.binding import Binding

from hipaa_tui.tui.text_layout import GAP, Para, heading

SAFE_WAY = (
    "Load a report or scan: both only read.",
    "Open a finding, or mark several with Space, and make the plan: it looks at the live cloud and writes nothing.",
    "Read the preview: what changes, the exact calls, what the guards found, the way back.",
    "Apply it by API, or put it on a branch of your Terraform repository. Applying asks again, and what"
    " cannot be undone asks for the resource's name.",
    "Each change is journaled before it is written and verified by a fresh look afterwards. If somebody"
    " changed the resource meanwhile, nothing is written.",
    "Roll back from the history: the way back is a plan of its own, previewed like this one.",
)


def help_text(app: App[None], screens: Iterable[tuple[str, Iterable[Binding]]]) -> list[Para]:
    """`screens` are (name, bindings), the screen that help was asked from first."""
    lines = [heading("The safe way of working")]
    lines += [Para(text, lead=f"{number}. ") for number, text in enumerate(SAFE_WAY, start=1)]
    lines += [
        GAP,
        heading("Everywhere"),
        _key("?", "this help"),
        _key("^p", "palette: everything that applies on this screen"),
        _key("Esc", "back; stops what is under way"),
        _key("j k", "down, up (arrows too)"),
        _key("g G", "top, bottom"),
        _key("Tab", "next field or pane"),
        _key("^q", "leave"),
    ]
    for name, bindings in screens:
        lines += [GAP, heading(name), *_keys(app, bindings)]
    return [
        *lines,
        GAP,
        Para(
            "Signs: ✓ good, ! look at this, ✗ stopped; + added, - removed, ~ changed. Colour only repeats them.",
            "muted",
        ),
        Para(
            'Keys are changed under [keys] in config.toml, by the names in the right column: "queue.plan" = "m".',
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
