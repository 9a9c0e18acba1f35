"""Drives the application as a person would: keys in, screen out."""

from __future__ import annotations

from contextlib import asynccontextmanager

from hipaa_tui.tui.app import HipaaTuiApp
from hipaa_tui.tui.widgets.document import Document
from hipaa_tui.tui.widgets.static_text import StaticText

SMALL, LARGE = (80, 24), (120, 36)


@asynccontextmanager
async def opened(bench, *keys: str, size=SMALL, **options):
    """The application on this bench after the keys were pressed."""
    app = HipaaTuiApp(lambda: bench, **options)
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        await app.settled()
        await press(pilot, *keys)
        yield app, pilot


async def press(pilot, *keys: str) -> None:
    """Press the keys one by one; after each, wait for the work that it started."""
    for key in keys:
        await pilot.press(key)
        await pilot.app.settled()
    await pilot.pause()


async def type_text(pilot, text: str) -> None:
    """Put text into the focused field; it must have the focus, as it would for a person."""
    pilot.app.focused.insert_text_at_cursor(text)
    await pilot.pause()


def seen(app) -> str:
    """What stands on the screen, line by line, as text."""
    strips = app.screen._compositor.render_strips()
    return "\n".join(strip.text.rstrip() for strip in strips)


def said(app) -> str:
    """All notes and documents of the screen in full, whatever of them is in sight."""
    return "\n".join(
        part.text
        for part in app.screen.query("StaticText, Document")
        if isinstance(part, StaticText | Document)
    )


def name(app) -> str:
    return type(app.screen).__name__
