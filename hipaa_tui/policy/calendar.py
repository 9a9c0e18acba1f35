"""When change windows and freezes apply, by the wall clock of their time zone.

In the night when clocks are set back, a window from 01:00 to 02:00 is open twice; in the night when they are set
forward, a window within the skipped hour does not open.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hipaa_tui.policy.model import Freeze, Window

_AHEAD: Final = 370
"""Days to search ahead for the next opening; one may be skipped by the clock, but not a year of them."""


def is_open(window: Window, now: datetime) -> bool:
    """Is it within the window?"""
    local = now.astimezone(window.zone)
    clock, today = local.time(), local.weekday()
    if window.start < window.end:
        return today in window.days and window.start <= clock < window.end
    # Over midnight: the hours after it belong to the day before.
    return (today in window.days and clock >= window.start) or (
        (today - 1) % 7 in window.days and clock < window.end
    )


def next_opening(window: Window, now: datetime) -> datetime | None:
    """When a closed window opens next, in its own time zone."""
    today = now.astimezone(window.zone).date()
    for ahead in range(_AHEAD):
        day = today + timedelta(days=ahead)
        if day.weekday() not in window.days:
            continue
        opening = _first_at(window, day)
        if opening is not None and opening > now:
            return opening.astimezone(window.zone)
    return None


def _first_at(window: Window, day: date) -> datetime | None:
    """The start of that day's window; None if the clock skips all of it."""
    naive = datetime.combine(day, window.start)
    early, late = (_instant(naive, window.zone, fold) for fold in (0, 1))
    if _reads(early, window.zone, naive):
        return early
    # The clock skips the start: the window opens when the clock continues, if that is still within it.
    moment, end = min(early, late), max(early, late)
    while moment <= end:
        if is_open(window, moment) and moment.astimezone(window.zone).time() >= window.start:
            return moment
        moment += timedelta(minutes=1)
    return None


def _instant(naive: datetime, zone: ZoneInfo, fold: int) -> datetime:
    return naive.replace(tzinfo=zone, fold=fold).astimezone(UTC)


def _reads(moment: datetime, zone: ZoneInfo, naive: datetime) -> bool:
    return moment.astimezone(zone).replace(tzinfo=None) == naive


def is_frozen(freeze: Freeze, now: datetime) -> bool:
    """Is it on one of the freeze's days?"""
    return freeze.first <= now.astimezone(freeze.zone).date() <= freeze.last


def thaw(freeze: Freeze) -> datetime:
    """When the freeze ends."""
    after = datetime.combine(freeze.last + timedelta(days=1), time())
    return after.replace(tzinfo=freeze.zone)


def told(moment: datetime, zone: ZoneInfo) -> str:
    """ "Sat 2026-12-05 22:00 America/New_York"."""
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M} {zone.key}"
