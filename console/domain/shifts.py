"""Shifts as they happen: patterns of local time of day become dated occurrences in UTC.

A shift lasts until the next pattern starts, so that on the days when the clocks change it is an hour longer
or shorter. Where a local time comes twice (clocks set back) the first one counts; one that does not exist
(clocks set forward) is taken as the time just after the gap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from console.domain.equipment import ShiftPattern

# Where the plant file names no shifts: one a calendar day
WHOLE_DAY = (ShiftPattern("Day", time(0, 0)),)


@dataclass(frozen=True, slots=True)
class PlannedBreak:
    """A planned break as it happens, aware UTC."""

    name: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Shift:
    """A dated occurrence of a pattern, aware UTC.

    Attributes:
        key: date of its start in plant time and name: "2026-11-21/Morning".
    """

    key: str
    name: str
    start: datetime
    end: datetime
    breaks: tuple[PlannedBreak, ...]


def shifts_between(
    patterns: Sequence[ShiftPattern], zone: ZoneInfo, start: datetime, end: datetime
) -> tuple[Shift, ...]:
    """The shifts that overlap a time, oldest first."""
    found = patterns or WHOLE_DAY
    first, last = _day(start, zone) - timedelta(days=1), _day(end, zone) + timedelta(days=2)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    starts = sorted(
        ((_instant(day, p.start, zone), day, p) for day in days for p in found), key=lambda s: s[0]
    )
    made = []
    for (at, day, pattern), (until, _, _) in pairwise(starts):
        if at < until and at < end and until > start:
            breaks = _breaks(pattern, day, zone, at, until)
            made.append(Shift(f"{day.isoformat()}/{pattern.name}", pattern.name, at, until, breaks))
    return tuple(made)


def shift_at(patterns: Sequence[ShiftPattern], zone: ZoneInfo, at: datetime) -> Shift:
    """The shift that runs at a time."""
    around = shifts_between(patterns, zone, at, at + timedelta(microseconds=1))
    return next(s for s in around if s.start <= at < s.end)


def shift_of_key(patterns: Sequence[ShiftPattern], zone: ZoneInfo, key: str) -> Shift | None:
    """The shift of a key; None where the patterns have none of that name and date."""
    text, _, _ = key.partition("/")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    noon = _instant(day, time(12, 0), zone)
    around = shifts_between(patterns, zone, noon - timedelta(days=1), noon + timedelta(days=1))
    return next((s for s in around if s.key == key), None)


def breaks_between(
    patterns: Sequence[ShiftPattern], zone: ZoneInfo, start: datetime, end: datetime
) -> tuple[PlannedBreak, ...]:
    """The planned breaks that overlap a time, oldest first; ones that overlap each other are one."""
    if not any(p.breaks for p in patterns):
        return ()
    found = [b for s in shifts_between(patterns, zone, start, end) for b in s.breaks]
    joined: list[PlannedBreak] = []
    for each in sorted(found, key=lambda b: b.start):
        if joined and each.start <= joined[-1].end:
            last = joined[-1]
            joined[-1] = PlannedBreak(last.name, last.start, max(last.end, each.end))
        else:
            joined.append(each)
    return tuple(b for b in joined if b.start < end and b.end > start)


def _breaks(
    pattern: ShiftPattern, day: date, zone: ZoneInfo, start: datetime, end: datetime
) -> tuple[PlannedBreak, ...]:
    """The pattern's breaks inside the shift that began on ``day``; what is outside of it is none."""
    found = []
    for each in pattern.breaks:
        # a time of day before the shift's start is that of the next day
        first = day if each.start >= pattern.start else day + timedelta(days=1)
        last = first if each.end > each.start else first + timedelta(days=1)
        at = max(_instant(first, each.start, zone), start)
        until = min(_instant(last, each.end, zone), end)
        if at < until:
            found.append(PlannedBreak(each.name, at, until))
    return tuple(sorted(found, key=lambda b: b.start))


def _day(at: datetime, zone: ZoneInfo) -> date:
    return at.astimezone(zone).date()


def _instant(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
