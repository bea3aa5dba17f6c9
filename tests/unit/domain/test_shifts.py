"""Shifts and breaks in local time, on the days when the clocks change too."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from console.domain.equipment import Break, ShiftPattern
from console.domain.shifts import breaks_between, shift_at, shift_of_key, shifts_between

BERLIN = ZoneInfo("Europe/Berlin")
PATTERNS = (
    ShiftPattern("Late", time(14, 0)),
    ShiftPattern("Early", time(6, 0), (Break("Lunch", time(10, 0), time(10, 30)),)),
    ShiftPattern("Night", time(22, 0), (Break("Meal", time(2, 15), time(2, 45)),)),
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_shift_lasts_until_the_next_pattern() -> None:
    found = shifts_between(PATTERNS, BERLIN, utc("2026-03-02T05:00"), utc("2026-03-03T05:00"))
    assert [(s.key, f"{s.start:%d %H:%M}", f"{s.end:%d %H:%M}") for s in found] == [
        ("2026-03-02/Early", "02 05:00", "02 13:00"),
        ("2026-03-02/Late", "02 13:00", "02 21:00"),
        ("2026-03-02/Night", "02 21:00", "03 05:00"),
    ]


@pytest.mark.parametrize(("day", "hours"), [("2026-03-28", 7), ("2026-10-24", 9), ("2026-06-01", 8)])
def test_the_night_in_which_the_clocks_change_is_shorter_or_longer(day: str, hours: int) -> None:
    night = shift_of_key(PATTERNS, BERLIN, f"{day}/Night")
    assert night is not None
    assert night.end - night.start == timedelta(hours=hours)


def test_a_break_past_midnight_belongs_to_the_shift_that_began_before() -> None:
    night = shift_at(PATTERNS, BERLIN, utc("2026-06-02T01:00"))
    assert night.key == "2026-06-01/Night"
    assert [(b.name, f"{b.start:%d %H:%M}", f"{b.end:%d %H:%M}") for b in night.breaks] == [
        ("Meal", "02 00:15", "02 00:45")
    ]


def test_a_break_at_a_time_that_comes_twice_is_taken_once() -> None:
    night = shift_of_key(PATTERNS, BERLIN, "2026-10-24/Night")
    assert night is not None
    assert [(b.start, b.end) for b in night.breaks] == [(utc("2026-10-25T00:15"), utc("2026-10-25T00:45"))]


def test_a_break_at_a_time_that_does_not_exist_comes_right_after() -> None:
    night = shift_of_key(PATTERNS, BERLIN, "2026-03-28/Night")
    assert night is not None
    assert [(b.start, b.end) for b in night.breaks] == [(utc("2026-03-29T01:15"), utc("2026-03-29T01:45"))]


def test_a_break_is_at_the_local_hour_in_summer_and_winter() -> None:
    winter = breaks_between(PATTERNS, BERLIN, utc("2026-03-02T08:00"), utc("2026-03-02T12:00"))
    summer = breaks_between(PATTERNS, BERLIN, utc("2026-06-02T07:00"), utc("2026-06-02T12:00"))
    assert [b.start for b in (*winter, *summer)] == [utc("2026-03-02T09:00"), utc("2026-06-02T08:00")]


def test_a_break_outside_of_its_shift_is_none_and_one_over_its_end_is_cut() -> None:
    early = ShiftPattern(
        "Early", time(6, 0), (Break("A", time(15, 0), time(15, 30)), Break("B", time(13, 50), time(14, 10)))
    )
    found = breaks_between(
        (early, ShiftPattern("Late", time(14, 0))), BERLIN, utc("2026-03-02T00:00"), utc("2026-03-03T00:00")
    )
    assert [(b.name, b.start, b.end) for b in found] == [
        ("B", utc("2026-03-02T12:50"), utc("2026-03-02T13:00"))
    ]


def test_breaks_that_overlap_are_one() -> None:
    day = ShiftPattern(
        "Day", time(6, 0), (Break("A", time(10, 0), time(10, 30)), Break("B", time(10, 20), time(10, 45)))
    )
    (found,) = breaks_between((day,), BERLIN, utc("2026-03-02T06:00"), utc("2026-03-02T20:00"))
    assert (found.start, found.end) == (utc("2026-03-02T09:00"), utc("2026-03-02T09:45"))


def test_a_plant_without_shifts_has_days() -> None:
    day = shift_at((), BERLIN, utc("2026-03-02T12:00"))
    assert (day.key, day.start, day.end) == (
        "2026-03-02/Day",
        utc("2026-03-01T23:00"),
        utc("2026-03-02T23:00"),
    )


@pytest.mark.parametrize("key", ["", "2026-03-02", "2026-03-02/None", "Early", "2026-13-02/Early"])
def test_a_key_that_names_no_shift(key: str) -> None:
    assert shift_of_key(PATTERNS, BERLIN, key) is None


def test_every_key_finds_its_shift() -> None:
    for shift in shifts_between(PATTERNS, BERLIN, utc("2026-03-25T00:00"), utc("2026-04-02T00:00")):
        assert shift_of_key(PATTERNS, BERLIN, shift.key) == shift
