"""The classes of time and the ratios: what is divided by what, and what is left unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.domain.oee import Counted, Oee, formula, reckon
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


def counted(kind: str, units: float, start: float = 0, end: float = 1) -> Counted:
    return Counted(at(start), at(end), kind, units, "counter")


def of(time: tuple[Slice, ...], *counts: Counted, rate: float = 60.0, rework: float = 0.0) -> Oee:
    return reckon(time, counts, (), rework, rate, "Units")


# --- time --------------------------------------------------------------------------------------------------


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


# --- ratios ------------------------------------------------------------------------------------------------

TIME = slices(
    at(0),
    at(100),
    [stood(80, 90, StopCategory.UNPLANNED), stood(90, 100, StopCategory.NO_ORDER)],
    [(at(0), at(80))],
    (),
)


def test_the_ratios_of_the_standard() -> None:
    oee = of(TIME, counted("good", 60), counted("scrap", 12))
    assert oee.availability == 80 / 90
    assert oee.effectiveness == 1.0 * 72 / 80
    assert oee.quality_ratio == 60 / 72
    assert oee.oee == pytest.approx(60 / 90)
    assert formula(oee) == "availability 0.89 x effectiveness 0.90 x quality 0.83 = 0.67"
    assert oee.missing == ()


def test_rework_is_part_of_what_was_counted_as_scrap() -> None:
    oee = of(TIME, counted("good", 60), counted("scrap", 12), rework=5)
    assert [oee.figure(s).value for s in ("GQ", "SQ", "RQ", "PQ")] == [60, 7, 5, 72]
    over = of(TIME, counted("good", 60), counted("scrap", 2), rework=5)
    assert [over.figure(s).value for s in ("SQ", "RQ", "PQ")] == [0, 2, 62]
    assert over.missing == ("3 Units of rework were counted as scrap in another time.",)


@pytest.mark.parametrize(
    ("time", "counts", "rate", "known"),
    [
        ((), (), 60.0, (False, False, False)),
        (TIME, (), 60.0, (True, True, False)),
        (TIME, (counted("good", 1),), 0.0, (True, False, True)),
        (
            slices(at(0), at(9), [stood(0, 9, StopCategory.UNPLANNED)], (), ()),
            (counted("good", 1),),
            60.0,
            (True, False, True),
        ),
        (slices(at(0), at(9), [stood(0, 9, StopCategory.NO_ORDER)], (), ()), (), 60.0, (False, False, False)),
    ],
)
def test_a_ratio_is_unknown_where_its_divisor_is_nothing(
    time: tuple[Slice, ...], counts: tuple[Counted, ...], rate: float, known: tuple[bool, ...]
) -> None:
    oee = of(time, *counts, rate=rate)
    ratios = (oee.availability, oee.effectiveness, oee.quality_ratio)
    assert tuple(r is not None for r in ratios) == known
    assert (oee.oee is not None) == all(known)


def test_what_was_counted_across_a_gap_is_left_out_and_told() -> None:
    gap = Gap(at(10), at(20), "gap")
    time = slices(at(0), at(80), [], [(at(0), at(80))], [gap])
    oee = reckon(time, [counted("good", 50)], [counted("good", 14)], 0.0, 60.0, "Units")
    assert oee.figure("GQ").value == 50
    assert oee.missing == (
        "10.0 min are left out: gap.",
        "14 Units counted across gaps in the data are left out, as their time is.",
    )


def test_a_missing_rate_is_told() -> None:
    assert "No ideal rate" in of(TIME, counted("good", 1), rate=0.0).missing[0]


def test_every_figure_is_the_sum_of_its_parts() -> None:
    oee = of(TIME, counted("good", 60), counted("scrap", 12), rework=5)
    for figure in oee.figures:
        assert sum(p.value for p in figure.parts) == pytest.approx(figure.value), figure.symbol
