"""What a stop is made of, and which reasons there are for it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.domain.equipment import StopReason
from console.domain.master_data import LossReason
from console.domain.packml import MachineState
from console.domain.shifts import PlannedBreak
from console.domain.stops import (
    StopCategory,
    StopOrigin,
    category_of,
    completed,
    executes,
    flat,
    likeliest,
    loss_of,
    pareto,
    pieces,
    reason_tree,
    stands,
    suggested_key,
    title_of,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
LOSSES = (
    LossReason(2, "Equipment Failure", "availability", True, 2),
    LossReason(1, "Material Availability", "availability", True, 1),
    LossReason(7, "Fully Productive Time", "productive", False, 0),
)
LOCAL = (
    StopReason("Jam", "equipment failure"),
    StopReason("Cleaning", "Fully Productive Time"),
    StopReason("Nowhere", "No such loss"),
)
TREE = reason_tree(LOSSES, LOCAL)


def at(minute: float) -> datetime:
    return NOON + timedelta(minutes=minute)


BREAK = PlannedBreak("Lunch", at(10), at(20))


def cut(
    start: float, end: float | None, now: float = 60, gone: float | None = None
) -> list[tuple[object, ...]]:
    found = pieces(
        at(start),
        at(end) if end is not None else None,
        at(now),
        [BREAK],
        at(gone) if gone is not None else None,
        60.0,
    )
    return [
        (
            (p.start - NOON).total_seconds() / 60,
            (p.end - NOON).total_seconds() / 60 if p.end else None,
            p.kind.value if p.kind else "",
        )
        for p in found
    ]


def test_every_state_is_one_of_three() -> None:
    neither = [s for s in MachineState if not executes(s) and not stands(s)]
    assert neither == [MachineState.UNDEFINED]
    assert [s for s in MachineState if executes(s)] == [MachineState.EXECUTE]
    assert {s for s in MachineState if completed(s)} == {MachineState.COMPLETING, MachineState.COMPLETE}


@pytest.mark.parametrize(
    ("start", "end", "pieces_"),
    [
        (0, 5, [(0, 5, "")]),
        (0, 10, [(0, 10, "")]),
        (0, 15, [(0, 10, ""), (10, 15, "planned")]),
        (0, 20, [(0, 10, ""), (10, 20, "planned")]),
        (0, 30, [(0, 10, ""), (10, 20, "planned"), (20, 30, "")]),
        (12, 15, [(12, 15, "planned")]),
        (20, 30, [(20, 30, "")]),
        (5, 5, [(5, 5, "")]),
    ],
)
def test_a_break_cuts_a_stop_that_is_over(start: float, end: float, pieces_: list[object]) -> None:
    assert cut(start, end) == pieces_


@pytest.mark.parametrize(
    ("now", "pieces_"),
    [
        (9, [(0, None, "")]),
        (10, [(0, 10, ""), (10, None, "planned")]),
        (20, [(0, 10, ""), (10, 20, "planned"), (20, None, "")]),
    ],
)
def test_a_break_cuts_a_stop_that_stands_up_to_now(now: float, pieces_: list[object]) -> None:
    assert cut(0, None, now) == pieces_


def test_where_the_order_went_away_for_good_it_is_cut() -> None:
    assert cut(0, 8, gone=7.5) == [(0, 8, "")]
    assert cut(0, 9, gone=7) == [(0, 7, ""), (7, 9, "no_order")]
    assert cut(0, 30, gone=0) == [(0, 10, "no_order"), (10, 20, "planned"), (20, 30, "no_order")]
    assert cut(0, None, 0.1, gone=0) == [(0, None, "no_order")]
    assert cut(0, 30, gone=15) == [(0, 10, ""), (10, 20, "planned"), (20, 30, "no_order")]


def test_a_piece_knows_why_it_begins() -> None:
    found = pieces(at(0), at(40), at(60), [BREAK], at(30), 60.0)
    assert [p.origin for p in found[1:]] == [StopOrigin.BREAK, StopOrigin.BREAK, StopOrigin.ORDER]


@pytest.mark.parametrize(
    ("kind", "seconds", "changeover", "category"),
    [
        (StopCategory.PLANNED, 5.0, True, StopCategory.PLANNED),
        (StopCategory.NO_ORDER, None, True, StopCategory.NO_ORDER),
        (None, 5.0, True, StopCategory.CHANGEOVER),
        (None, 59.9, False, StopCategory.MICRO),
        (None, 60.0, False, StopCategory.UNPLANNED),
        (None, None, False, StopCategory.UNPLANNED),
    ],
)
def test_the_category(
    kind: StopCategory | None, seconds: float | None, changeover: bool, category: StopCategory
) -> None:
    assert category_of(kind, seconds, 60.0, changeover) is category


def test_the_tree_keeps_odoos_order_and_leaves_out_what_nobody_may_choose() -> None:
    assert [(r.key, r.planned, [c.key for c in r.children]) for r in TREE] == [
        ("7/Cleaning", True, []),
        ("1", False, []),
        ("2", False, ["2/Jam"]),
    ]


def test_a_suggestion_is_a_reason_that_can_be_chosen() -> None:
    assert suggested_key(LOCAL[0], TREE) == "2/Jam"
    assert suggested_key(LOCAL[2], TREE) == ""
    assert suggested_key(None, TREE) == ""


@pytest.mark.parametrize(("key", "loss"), [("12", 12), ("12/a/b", 12), ("", None), ("x/1", None)])
def test_the_loss_in_a_key(key: str, loss: int | None) -> None:
    assert loss_of(key) == loss


def test_a_reason_has_its_name_also_when_it_is_gone() -> None:
    assert [title_of(k, LOSSES) for k in ("2/Jam", "2", "44", "")] == [
        "Jam",
        "Equipment Failure",
        "reason 44",
        "",
    ]


def test_the_likeliest_first_each_once_and_no_more_than_asked() -> None:
    here, plant = {"1": 2, "2/Jam": 5, "gone": 9}, {"2": 4, "1": 40}
    assert [r.key for r in likeliest("7/Cleaning", here, plant, TREE)][:4] == [
        "7/Cleaning",
        "2/Jam",
        "1",
        "2",
    ]
    assert [r.key for r in likeliest("", here, plant, TREE, most=2)] == ["2/Jam", "1"]


def test_on_the_first_day_the_plants_own_reasons_come_first() -> None:
    found = [r.key for r in likeliest("", {}, {}, TREE)]
    assert set(found[:2]) == {"2/Jam", "7/Cleaning"}
    assert len(found) == min(5, len(flat(TREE)))
    assert all("/" not in key for key in found[2:])


def test_the_pareto_adds_up() -> None:
    found = pareto([("A", 60.0), ("B", 300.0), ("A", 60.0)])
    assert [(s.reason, s.minutes, s.stops) for s in found] == [("B", 5.0, 1), ("A", 2.0, 2)]
    assert [round(s.cumulative, 4) for s in found] == [0.7143, 1.0]
    assert pareto([]) == ()
    assert [s.share for s in pareto([("A", 0.0)])] == [0.0]
