"""What reaches the terminal from outside obeys nobody."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hipaa_tui.support.sanitize import ELLIPSIS, plain, plain_lines

ANY_TEXT = st.text(st.characters(), max_size=300)  # surrogates included
HOSTILE = st.lists(
    st.sampled_from(
        ["\x1b", "\x1b[", "\x1b]0;", "\x9b", "\x9d", "\x07", "\x1b\\", "31m", "bucket", "\u202e", "\r"]
    )
).map("".join)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("phi-records", "phi-records"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;a title\x07bucket", "bucket"),
        ("\x1b]8;;http://x.test\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("\x1bP1$r0m\x1b\\after", "after"),
        ("\x9b2Jgone", "gone"),
        ("\x9d0;title\x9cafter", "after"),
        ("\x1b(Bascii", "ascii"),
        ("unfinished \x1b]0;stays", "unfinished 0;stays"),
        ("bell\x07 null\x00 del\x7f c1\x80", "bell null del c1"),
        ("safe\u202egnp.exe", "safegnp.exe"),
        ("a\u200eb\u200fc\u061cd\u2066e\u2069f", "abcdef"),
        ("zero\u200bwidth\u200d\ufeff\u2060", "zerowidth"),
        ("soft\u00adhyphen \U000e0041tag \ufe0fselector \u3164filler", "softhyphen tag selector filler"),
        ("lone \ud800 surrogate", "lone  surrogate"),
        ("a\nb\tc\r\nd\u2028e\x85f", "a b c d e f"),
        ("Zürich 東京 😀 naïve", "Zürich 東京 😀 naïve"),
        ("[bold]markup[/bold]", "[bold]markup[/bold]"),
        ("", ""),
    ],
)
def test_only_what_a_reader_can_see_is_left(text, shown):
    assert plain(text) == shown


def test_lines_are_kept_where_asked_for():
    assert plain_lines("a\r\nb\rc\nd\te\x1b[2Jf\u2029g") == "a\nb\nc\nd ef\ng"


@pytest.mark.parametrize(
    ("limit", "shown"), [(7, "abcdefg"), (6, "abcde…"), (1, ELLIPSIS), (0, ""), (-1, "")]
)
def test_long_text_is_cut_with_an_ellipsis(limit, shown):
    assert plain("abcdefg", limit) == shown
    assert plain_lines("abcdefg", limit) == shown


@given(ANY_TEXT | HOSTILE, st.integers(0, 400))
def test_nothing_hostile_survives(text, limit):
    for shown, kept in ((plain(text, limit), ""), (plain_lines(text, limit), "\n")):
        assert len(shown) <= limit
        assert not [c for c in shown if unicodedata.category(c) in {"Cc", "Cf", "Cs"} and c not in kept]
        shown.encode()
    assert plain(plain(text, limit), limit) == plain(text, limit)
    assert plain_lines(plain_lines(text, limit), limit) == plain_lines(text, limit)


@given(st.text(st.characters(whitelist_categories=("L", "N", "P", "S", "Zs")), max_size=80))
def test_ordinary_text_keeps_its_letters(text):
    assert [c for c in plain(text) if c.isalnum()] == [
        c for c in text if c.isalnum() and c not in "\u115f\u1160\u3164\uffa0"
    ]


@pytest.mark.parametrize("piece", ["\x1b]", "\x9d", "\x1b[", "\x1b[0;", "\x1bP a", "\x90"])
def test_a_flood_of_unfinished_sequences_takes_no_time(piece):
    started = time.perf_counter()
    plain(piece * 200_000)
    assert time.perf_counter() - started < 2
