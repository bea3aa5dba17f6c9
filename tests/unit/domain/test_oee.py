"""The ratios: what is divided by what, and what is left unknown."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.domain.oee import Counted, Oee, formula, reckon
from console.domain.stops import StopCategory
from console.domain.time_model import Gap, Slice, Stood, slices

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


def stood(start: float, end: float, category: StopCategory, planned: bool = False) -> Stood:
    return Stood(at(start), at(end), category, planned, category.value)


def counted(kind: str, units: float, start: float = 0, end: float = 1) -> Counted:
    return Counted(at(start), at(end), kind, units, "counter")


def of(time: tuple[Slice, ...], *counts: Counted, rate: float = 60.0, rework: float = 0.0) -> Oee:
    return reckon(time, counts, (), rework, rate, "Units")


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
