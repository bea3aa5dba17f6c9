"""The classes of time: each moment in one of them, and a stop before all else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.domain.stops import StopCategory
from console.domain.time_model import BUSY, Gap, Slice, Stood, TimeClass, class_of, slices

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def stood(start: float, end: float, category: StopCategory, planned: bool = False) -> Stood:
    return Stood(at(start), at(end), category, planned, category.value)


def told(found: tuple[Slice, ...]) -> list[tuple[float, float, str]]:
    return [
        ((s.start - NOON).total_seconds() / 60, (s.end - NOON).total_seconds() / 60, s.kind.value)
        for s in found
    ]


@pytest.mark.parametrize(
    ("category", "planned", "kind"),
    [
        (StopCategory.UNPLANNED, False, TimeClass.DELAY),
        (StopCategory.MICRO, False, TimeClass.DELAY),
        (StopCategory.UNPLANNED, True, TimeClass.PLANNED),
        (StopCategory.CHANGEOVER, False, TimeClass.SETUP),
        (StopCategory.CHANGEOVER, True, TimeClass.PLANNED),
        (StopCategory.PLANNED, False, TimeClass.PLANNED),
        (StopCategory.NO_ORDER, False, TimeClass.NO_ORDER),
    ],
)
def test_the_class_of_a_stop(category: StopCategory, planned: bool, kind: TimeClass) -> None:
    assert class_of(category, planned) is kind


def test_a_stop_goes_before_a_gap_and_a_gap_before_executing() -> None:
    found = slices(
        at(0),
        at(10),
        [stood(2, 4, StopCategory.UNPLANNED)],
        [(at(0), at(8))],
        [Gap(at(3), at(5), "gap")],
    )
    assert told(found) == [(0, 2, "APT"), (2, 4, "ADET"), (4, 5, ""), (5, 8, "APT"), (8, 10, "")]
    assert [s.text for s in found if s.kind is TimeClass.UNKNOWN] == [
        "gap",
        "the machine's state was not known",
    ]


def test_time_is_cut_to_what_is_looked_at_and_covers_all_of_it() -> None:
    found = slices(
        at(3),
        at(6),
        [stood(0, 4, StopCategory.MICRO), stood(5, 99, StopCategory.NO_ORDER)],
        [(at(-9), at(99))],
        (),
    )
    assert told(found) == [(3, 4, "ADET"), (4, 5, "APT"), (5, 6, "ADOT")]
    assert sum(s.seconds for s in found) == 180.0


def test_of_no_time_there_is_nothing() -> None:
    assert slices(at(3), at(3), [], [], []) == ()
    assert slices(at(3), at(2), [], [], []) == ()


def test_the_busy_classes() -> None:
    assert {k.value for k in BUSY} == {"APT", "AUST", "ADET"}
