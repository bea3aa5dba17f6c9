"""Stops in words: times as people type them, what Odoo will hold, what several machines have in common."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from console.desktop.formats import Times
from console.desktop.models.stops import (
    all_rows,
    common_reasons,
    effect_words,
    find_reason,
    likeliest,
    move_problem,
    parse_clock,
    split_problem,
)
from console.desktop.widgets.pareto import summed
from console.services.views.stops import ParetoBar, StopsView
from tests.desktop import rows_stops
from tests.desktop.rows import NOW, ZONE, ago

TIMES = Times(ZONE)  # an hour ahead of UTC


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("11:08", "10:08:00"),
        (" 11:08:31 ", "10:08:31"),
        ("110831", "10:08:31"),
        ("1108", "10:08:00"),
        ("9.05", "08:05:00"),
        ("7h30", "06:30:00"),
    ],
)
def test_times_as_people_type_them(text: str, utc: str) -> None:
    found = parse_clock(text, NOW, TIMES)
    assert found is not None
    assert f"{found:%H:%M:%S}" == utc
    assert found.utcoffset() == timedelta(0)


@pytest.mark.parametrize("text", ["", "soon", "25:00", "11:60", "11:08:61", "1", "11:08:31:02", "-1:00"])
def test_what_is_no_time(text: str) -> None:
    assert parse_clock(text, NOW, TIMES) is None


def test_a_time_is_the_one_nearest_to_the_stop() -> None:
    after_midnight = datetime(2026, 11, 20, 23, 10, tzinfo=UTC)  # 00:10 in the plant, the 21st
    found = parse_clock("23:50", after_midnight, TIMES)
    assert found == datetime(2026, 11, 20, 22, 50, tzinfo=UTC)
    assert parse_clock("00:20", after_midnight - timedelta(minutes=30), TIMES) == datetime(
        2026, 11, 20, 23, 20, tzinfo=UTC
    )


def test_the_effect_is_told_for_the_reason_that_is_chosen() -> None:
    every = rows_stops.stops()
    explained = rows_stops.detail(every[2], every)
    other = find_reason(explained.tree, "1")
    assert other is not None
    assert explained.effect.endswith("under Jam at infeed.")
    assert effect_words(explained, None) == explained.effect
    assert effect_words(explained, other).endswith("under Material Availability.")
    planned = find_reason(explained.tree, "8")
    assert "Odoo gets no downtime" in effect_words(explained, planned)
    told_otherwise = replace(explained, effect="A planned stop: nothing is booked in Odoo.")
    assert effect_words(told_otherwise, other) == "Odoo gets this downtime under Material Availability."


def test_where_a_stop_can_be_cut_and_moved_to() -> None:
    every = rows_stops.stops()
    detail = rows_stops.detail(every[2], every)
    start, end = detail.row.started_at, detail.row.ended_at
    assert end is not None
    assert split_problem(detail, start, NOW) != ""
    assert split_problem(detail, end, NOW) != ""
    assert split_problem(detail, start + timedelta(seconds=1), NOW) == ""
    assert move_problem(detail, start, end, NOW, TIMES) == "Drag an edge, or type another time."
    assert move_problem(detail, detail.earliest, end, NOW, TIMES) == ""
    assert "It can lie between" in move_problem(
        detail, detail.earliest - timedelta(seconds=1), end, NOW, TIMES
    )
    assert "It can lie between" in move_problem(
        detail, start, detail.latest + timedelta(seconds=1), NOW, TIMES
    )
    standing = rows_stops.detail(every[0], every)
    assert move_problem(standing, standing.row.started_at - timedelta(seconds=9), None, NOW, TIMES) == ""


def test_what_machines_have_in_common() -> None:
    tree = rows_stops.tree()
    without_jam = (replace(tree[0], children=tree[0].children[1:]), *tree[2:])
    both = common_reasons([tree, without_jam])
    assert find_reason(both, "2/Belt torn") is not None
    assert find_reason(both, "2/Jam at infeed") is None
    assert find_reason(both, "1") is None
    assert common_reasons([]) == ()
    assert [n.key for n in likeliest(tree)][:2] == ["2/Jam at infeed", "1"]


def test_no_stop_is_listed_twice() -> None:
    every = rows_stops.stops()
    old = rows_stops.stop(99, 0, ago(hours=40), 300)
    view = StopsView((every[0], old), every, (), 0, 0.0, ())
    listed = all_rows(view)
    assert len(listed) == len(every) + 1
    assert [r.started_at for r in listed] == sorted((r.started_at for r in listed), reverse=True)


def test_what_is_left_over_is_summed() -> None:
    bars = tuple(ParetoBar(f"r{n}", 10.0 - n, 1, 0.1, 0.1 * (n + 1)) for n in range(8))
    shown = summed(bars, 5)
    assert [b.reason for b in shown] == ["r0", "r1", "r2", "r3", "4 others"]
    assert sum(b.minutes for b in shown) == sum(b.minutes for b in bars)
    assert shown[-1].cumulative == bars[-1].cumulative
