"""No text from a report reaches the screens as anything but text: no markup, no escape, no broken layout."""

from __future__ import annotations

import json

import pytest

from hipaa_tui.support.config import Home
from hipaa_tui.workbench import Workbench
from tests.hostile.hostile_corpus import TEXTS, forbidden, ocsf
from tests.tui.driving import name, opened, press, said, seen, type_text


@pytest.fixture
def bench(home, few_playbooks, tmp_path):
    """A workbench whose queue holds a row for every hostile text."""
    desk = Workbench(Home(home))
    path = tmp_path / "report.json"
    rows = [ocsf(text, metadata={"event_code": f"check_{n}"}) for n, text in enumerate(TEXTS.values())]
    path.write_text(json.dumps([ocsf("first"), *rows]))
    desk.load([path])
    return desk


def clean(app, *, exported=False):
    shown = seen(app)
    assert forbidden(shown) == []
    assert forbidden(said(app)) == []
    if exported:
        assert forbidden(app.export_screenshot(), "\n\t") == []
    return shown


async def test_every_row_of_the_queue_and_every_finding_is_shown_as_text(bench):
    async with opened(bench, size=(120, 36)) as (app, pilot):
        shown = clean(app, exported=True)
        assert "[bold red]x[/]" in shown, "markup is shown, not obeyed"
        assert "{{ 7*7 }}" in shown
        for number in range(len(TEXTS) + 1):
            await press(pilot, "enter")
            clean(app, exported=number % 8 == 0)
            await press(pilot, "escape")
            assert name(app) == "QueueScreen"
            await press(pilot, "down")


HOSTILE = ("[bold", "[/]", "\x1b[2J", "{{ 7*7 }}", "\u202e", "%s", "\\", "a" * 500)


async def test_a_hostile_filter_and_a_hostile_path_are_only_text(bench):
    async with opened(bench, size=(120, 36)) as (app, pilot):
        for hostile in HOSTILE:
            await press(pilot, "slash")
            await type_text(pilot, hostile)
            await press(pilot, "enter")
            clean(app)
            await press(pilot, "escape")
    for hostile in HOSTILE[:3]:
        async with opened(bench, "l", size=(120, 36)) as (app, pilot):
            await type_text(pilot, f"{hostile}.json")
            await press(pilot, "enter")
            clean(app)
