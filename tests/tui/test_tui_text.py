"""Text from findings and clouds is data: no markup, no control characters, nothing that only colour says."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest
from rich.segment import Segment
from textual.color import Color

from hipaa_tui.tui.ascii_filter import AsciiFilter, speaks_utf8
from hipaa_tui.tui.text_layout import Para, fit, layout

from .bench import ROWS, StandIn
from .driving import LARGE, opened, press, seen

HOSTILE = "[red]x[/] \x1b[31mred \u202egnp.exe\u2066 \x07\x9b2J [link=http://evil]y[/link] [/] $HOME"


def hostile_bench() -> StandIn:
    return StandIn(
        rows=[
            replace(
                ROWS[1],
                title=HOSTILE,
                detail=HOSTILE,
                resource=f"arn:aws:s3:::{HOSTILE}",
                resource_name=HOSTILE,
                account=HOSTILE,
                region=HOSTILE,
                sources=(HOSTILE,),
            )
        ]
    )


async def test_hostile_text_is_shown_and_obeyed_nowhere():
    async with opened(hostile_bench(), size=LARGE) as (app, pilot):
        # The queue, the finding, three sections of the preview, the confirmation, the run's result.
        for key in ("", "enter", "p", "2", "5", "a", "y"):
            await press(pilot, *filter(None, [key]))
            screen = seen(app)
            assert "[red]x[/]" in screen, "markup is shown as it stands"
            for char in "\x1b\u202e\u2066\x07\x9b":
                assert char not in screen


async def test_hostile_text_does_not_reach_the_clipboard_or_a_notification():
    async with opened(hostile_bench(), "y") as (app, _):
        assert "\x1b" not in app.clipboard
        assert "\u202e" not in app.clipboard
        assert not any("\x1b" in note.message for note in app._notifications)


async def test_hostile_filter_words_only_filter(bench):
    async with opened(bench, "slash") as (app, pilot):
        app.screen.query_one("Input").value = "[red]x[/"
        await pilot.pause()
        assert "No finding matches" in seen(app)
        assert "[red]x[/" in seen(app)


async def test_an_error_with_markup_is_a_sentence_like_any_other(bench):
    from hipaa_tui.support.errors import InputError

    bench.fails = InputError(HOSTILE)
    async with opened(bench, "enter", "p") as (app, _):
        assert "[red]x[/]" in seen(app)


async def test_without_colour_signs_and_words_carry_the_meaning(bench, monkeypatch):
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened(bench, "space", "space", "space", "space", "space", "p", "p") as (app, pilot):
        assert "✗ 1 change BLOCKED" in seen(app)
        assert "~ BlockPublicAcls: false → true" in seen(app)
        await press(pilot, "3", "G")
        assert "[3 Guards, effects]" in seen(app)
        assert "✗ BLOCK" in seen(app)


async def test_under_lang_c_every_screen_is_ascii(bench, monkeypatch):
    monkeypatch.setenv("LANG", "C")
    async with opened(bench, size=LARGE) as (app, pilot):
        for keys in (("l",), ("escape", "j", "enter"), ("p",), ("ctrl+p",), ("escape", "a"), ("y",)):
            await press(pilot, *keys)
            screen = seen(app)
            assert screen.isascii(), {char for char in screen if not char.isascii()}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"LANG": "en_US.UTF-8"}, True),
        ({"LANG": "C.utf8"}, True),
        ({"LANG": "C"}, False),
        ({}, False),
        ({"LC_ALL": "C", "LANG": "en_US.UTF-8"}, False),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, False),  # what Python makes of LANG=C
        ({"LC_CTYPE": "UTF-8"}, True),  # macOS
        ({"LANG": "de_DE.ISO-8859-1"}, False),
    ],
)
def test_the_locale_that_was_asked_for_decides(environment, expected):
    assert speaks_utf8(environment) is expected


def test_the_ascii_filter_keeps_every_width():
    line = [Segment("✓ ─╭ é 漢字 ▁█ “x” 🔎 …")]
    (out,) = AsciiFilter().apply(line, Color(0, 0, 0))
    assert out.text.isascii()
    assert out.cell_length == line[0].cell_length


def test_paragraphs_wrap_with_a_hanging_indent_and_never_overflow():
    lines = layout([Para("one two three four five six", lead="12. "), Para("x" * 50), Para("漢" * 30)], 20)
    assert [line.text for line in lines[:2]] == ["12. one two three", "    four five six"]
    assert all(len(fit(line.text, 20).rstrip()) <= 20 for line in lines)
    from rich.cells import cell_len

    assert all(cell_len(line.text) <= 20 for line in lines)


@pytest.mark.parametrize("text", ["short", "a much longer text than fits", "漢字漢字漢字漢字漢字", ""])
def test_fit_gives_exactly_the_width(text):
    from rich.cells import cell_len

    assert cell_len(fit(text, 9)) == 9


def test_the_first_screen_imports_no_sdk_and_no_store():
    code = (
        "import sys, hipaa_tui.tui.app;"
        "bad = [m for m in ('boto3', 'botocore', 'azure', 'sqlalchemy', 'git', 'jsonschema', 'markdown_it',"
        " 'textual.widgets._data_table', 'textual.widgets._markdown') if m in sys.modules];"
        "print(bad)"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
