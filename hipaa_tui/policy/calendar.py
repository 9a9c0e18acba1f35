"""Change windows and freezes in time: what a wall clock in their zone reads decides, daylight saving or not.

A window from 01:00 to 03:00 is open twice as long in the night when the clock is put back, and one from 02:00
to 03:00 does not open in the night when that hour is left out.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from hipaa_tui.policy.model import Freeze, Window

_AHEAD: Final = 370
"""Days that are looked ahead. Every day of the week comes within 7; a left-out hour within a year."""


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
    """When a closed window opens next, in its own zone."""
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
    """The first moment of that day's window; None where the clock leaves all of it out."""
    naive = datetime.combine(day, window.start)
    early, late = (_instant(naive, window.zone, fold) for fold in (0, 1))
    if _reads(early, window.zone, naive):
        return early
    # The clock jumps over the beginning: the window opens where the clock goes on, if it is still in it.
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
    """When the freeze is over."""
    after = datetime.combine(freeze.last + timedelta(days=1), time())
    return after.replace(tzinfo=freeze.zone)


def told(moment: datetime, zone: ZoneInfo) -> str:
    """ "Sat 2026-12-05 22:00 America/New_York"."""
    return f"{moment.astimezone(zone):%a %Y-%m-%d %H:%M} {zone.key}"
