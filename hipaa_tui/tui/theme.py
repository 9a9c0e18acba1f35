"""The colors. They only repeat what a word or a sign says, so that nothing is lost with NO_COLOR."""

from __future__ import annotations

from typing import Final

from textual.theme import Theme

WIDE: Final = 100
"""Terminal width from which a list shows the details of its row beside it."""
BREAKPOINTS: Final[list[tuple[int, str]]] = [(0, "-narrow"), (WIDE, "-wide")]

THEME: Final = Theme(
    name="hipaa",
    primary="#7db8d8",
    secondary="#8ea4b8",
    accent="#d9b779",
    success="#86c79a",
    warning="#e3b968",
    error="#ee8f88",
    foreground="#d8dfe7",
    background="#11161c",
    surface="#171e26",
    panel="#202933",
    dark=True,
    variables={
        "footer-background": "#202933",
        "footer-key-foreground": "#d9b779",
        "footer-description-foreground": "#c3ccd6",
        "footer-item-background": "#202933",
        "input-selection-background": "#7db8d8 35%",
        "border": "#3a4857",
        "border-blurred": "#2a3541",
        "scrollbar": "#3a4857",
        "scrollbar-background": "#171e26",
        "scrollbar-corner-color": "#171e26",
    },
)

TONES: Final[set[str]] = {
    f"tone--{name}"
    for name in (
        "plain",
        "heading",
        "strong",
        "muted",
        "good",
        "warn",
        "bad",
        "added",
        "removed",
        "changed",
        "code",
    )
}
"""Component classes of the widgets that draw their own lines; `CSS` styles each."""
LIST_TONES: Final[set[str]] = TONES | {"tone--columns", "tone--cursor", "tone--cursor-blurred"}

CSS: Final = """
Screen { background: $background; color: $foreground; }
Screen > .body { height: 1fr; }
.tone--plain { color: $foreground; }
.tone--heading { color: $primary; text-style: bold; }
.tone--strong { color: $foreground; text-style: bold; }
.tone--muted { color: #94a3b2; }
.tone--good { color: $success; }
.tone--warn { color: $warning; }
.tone--bad { color: $error; text-style: bold; }
.tone--added { color: $success; }
.tone--removed { color: $error; }
.tone--changed { color: $warning; }
.tone--code { color: $accent; }
.tone--columns { color: #94a3b2; text-style: bold; }
.tone--cursor { background: #2b4255; text-style: bold; }
.tone--cursor-blurred { background: #232d38; }
Footer { height: 1; padding: 0 1; }
Footer.-compact FooterKey { margin-right: 2; }
* { scrollbar-size-vertical: 1; }
ModalScreen { align: center middle; background: $background 60%; }
.dialog {
    width: 72; max-width: 96%; height: auto; max-height: 96%;
    padding: 1 2; background: $panel; border: round $border;
}
.dialog Input { margin: 1 0 0 0; }
.dialog .hint { color: #94a3b2; margin-top: 1; }
.complaint { color: $error; height: auto; }
.buttons { height: auto; margin-top: 1; align-horizontal: right; }
.buttons Button { margin-left: 2; }
Input { border: tall $border; background: $surface; }
Input:focus { border: tall $primary; }
FilterLine Input, FilterLine Input:focus { border: none; height: 1; padding: 0; background: $surface; }
Toast { max-width: 72; }
"""
