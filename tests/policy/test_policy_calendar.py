"""Windows and freezes follow the wall clock of their zone, over midnight and over the nights of the clock change."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hipaa_tui.policy.calendar import is_frozen, is_open, next_opening, thaw, told
from hipaa_tui.policy.model import Freeze, Window

NEW_YORK = ZoneInfo("America/New_York")
BERLIN = ZoneInfo("Europe/Berlin")
EVERY = frozenset(range(7))


def window(start, end, days=EVERY, zone=NEW_YORK):
    return Window("w", frozenset(days), time.fromisoformat(start), time.fromisoformat(end), zone)


def at(text, zone=NEW_YORK, fold=0):
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).astimezone(UTC)


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("2026-12-04 21:59", False),  # Friday
        ("2026-12-04 22:00", True),
        ("2026-12-05 03:59", True),
        ("2026-12-05 04:00", False),
        ("2026-12-05 22:00", True),
        ("2026-12-06 03:00", True),  # Sunday morning belongs to Saturday
        ("2026-12-06 22:00", False),
        ("2026-12-04 03:00", False),  # Friday morning belongs to Thursday
    ],
)
def test_a_window_over_midnight_belongs_to_the_day_on_which_it_begins(when, expected):
    assert is_open(window("22:00", "04:00", {4, 5}), at(when)) is expected


@pytest.mark.parametrize(
    ("when", "expected"), [("08:59", False), ("09:00", True), ("16:59", True), ("17:00", False)]
)
def test_a_window_by_day_has_its_end_outside(when, expected):
    assert is_open(window("09:00", "17:00"), at(f"2026-12-04 {when}")) is expected


def test_a_window_that_ends_where_it_begins_is_open_all_day():
    always = window("00:00", "00:00", {0})
    assert is_open(always, at("2026-12-07 00:00"))
    assert is_open(always, at("2026-12-07 23:59"))
    assert not is_open(always, at("2026-12-08 00:00"))


def test_an_hour_that_comes_twice_is_open_twice():
    # 2026-11-01, New York: 01:30 comes at 05:30 and again at 06:30 UTC.
    one = window("01:00", "02:00")
    assert is_open(one, at("2026-11-01 01:30", fold=0))
    assert is_open(one, at("2026-11-01 01:30", fold=1))
    assert at("2026-11-01 01:30", fold=1) - at("2026-11-01 01:30") == timedelta(hours=1)
    assert not is_open(one, at("2026-11-01 02:00"))


def test_an_hour_that_is_left_out_does_not_open():
    # 2027-03-14, New York: the clock goes from 02:00 to 03:00.
    left_out = window("02:00", "03:00")
    assert next_opening(left_out, at("2027-03-14 01:00")) == at("2027-03-15 02:00")


def test_a_window_whose_beginning_is_left_out_opens_where_the_clock_goes_on():
    half = window("02:30", "04:00")
    assert next_opening(half, at("2027-03-14 01:00")) == at("2027-03-14 03:00")
    assert is_open(half, at("2027-03-14 03:00"))


def test_the_same_window_opens_at_another_time_of_utc_in_summer():
    night = window("22:00", "04:00", zone=BERLIN)
    assert next_opening(night, at("2026-07-01 12:00", UTC)) == at("2026-07-01 20:00", UTC)
    assert next_opening(night, at("2026-12-01 12:00", UTC)) == at("2026-12-01 21:00", UTC)


def test_the_next_opening_is_on_a_day_of_the_window():
    found = next_opening(window("22:00", "04:00", {5}), at("2026-12-06 05:00"))
    assert told(found, NEW_YORK) == "Sat 2026-12-12 22:00 America/New_York"


@settings(max_examples=150, deadline=None)
@given(
    start=st.times(),
    end=st.times(),
    days=st.frozensets(st.integers(0, 6), min_size=1),
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    zone=st.sampled_from([NEW_YORK, BERLIN, ZoneInfo("Australia/Lord_Howe"), ZoneInfo("Asia/Kolkata"), UTC]),
)
def test_a_closed_window_is_open_when_it_said_it_opens_and_not_before(start, end, days, now, zone):
    zone = ZoneInfo("UTC") if zone is UTC else zone
    one = Window(
        "w", days, start.replace(microsecond=0, second=0), end.replace(microsecond=0, second=0), zone
    )
    moment = now.replace(tzinfo=UTC)
    if is_open(one, moment):
        return
    opening = next_opening(one, moment)
    assert opening is not None
    assert opening > moment
    assert is_open(one, opening)
    assert not is_open(one, opening - timedelta(seconds=1))
    step = (opening - moment) / 50
    assert not any(is_open(one, moment + step * number) for number in range(50))


def test_a_freeze_holds_through_its_last_day_in_its_zone():
    freeze = Freeze("year end", date(2026, 12, 18), date(2027, 1, 3), NEW_YORK)
    assert not is_frozen(freeze, at("2026-12-17 23:59"))
    assert is_frozen(freeze, at("2026-12-18 00:00"))
    assert is_frozen(freeze, at("2027-01-03 23:59"))
    assert not is_frozen(freeze, at("2027-01-04 00:00"))
    assert thaw(freeze) == at("2027-01-04 00:00")
