"""Stops out of machine events: when they begin, end and are cut, whatever happens to the edge."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from console.domain.machine_events import DataGap, OrderChanged, StateChanged
from console.domain.packml import MachineState
from console.domain.policies import Mode
from console.domain.stops import StopOrigin
from tests.unit.services.shop import FIRST, SECOND, count
from tests.unit.services.stops_world import (
    ABORTED,
    EXECUTE,
    FAILURE,
    JAM,
    STOPPED,
    Line,
    open_line,
)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return open_line(tmp_path / "line")


# --- when it begins and ends -------------------------------------------------------------------------------


def test_all_that_is_not_execute_is_one_stop(line: Line) -> None:
    for i, state in enumerate(
        (MachineState.ABORTING, ABORTED, MachineState.CLEARING, STOPPED, MachineState.RESETTING)
    ):
        line.state(f"06:1{i}", state)
    line.state("06:15", MachineState.IDLE)
    line.state("06:16", MachineState.STARTING)
    assert line.spans() == [("06:10:00", "", "unplanned")]
    line.state("06:17", EXECUTE)
    assert line.spans() == [("06:10:00", "06:17:00", "unplanned")]
    stop = line.all()[0]
    assert (stop.state, stop.order_reference) == (MachineState.ABORTING, FIRST)


def test_a_stop_below_the_machines_threshold_is_a_micro_stop(line: Line) -> None:
    line.stood("06:10", "06:10:59")
    line.stood("06:20", "06:21")
    assert [s[2] for s in line.spans()] == ["micro", "unplanned"]


def test_a_machine_that_completed_is_changed_over_until_it_goes_on_with_the_same_order(line: Line) -> None:
    line.state("06:10", MachineState.COMPLETING)
    line.state("06:11", MachineState.COMPLETE)
    assert line.spans() == [("06:10:00", "", "changeover")]
    line.state("06:15", EXECUTE)
    assert line.spans() == [("06:10:00", "06:15:00", "unplanned")]


def test_a_state_without_a_meaning_neither_begins_nor_ends_a_stop(line: Line) -> None:
    line.state("06:10", MachineState.UNDEFINED)
    assert line.spans() == []
    line.state("06:11", STOPPED)
    line.state("06:12", MachineState.UNDEFINED)
    assert line.spans() == [("06:11:00", "", "unplanned")]
    line.state("06:14", EXECUTE)
    assert line.spans() == [("06:11:00", "06:14:00", "unplanned")]


def test_the_first_word_of_a_machine_can_be_a_stop(line: Line) -> None:
    line.sql("DELETE FROM machine_status WHERE machine = 'packer'")
    line.said["packer"].state = MachineState.UNDEFINED
    line.state("06:10", STOPPED, "packer")
    assert line.spans("packer") == [("06:10:00", "", "unplanned")]


# --- kills, repeats, and times that do not fit -------------------------------------------------------------


def test_an_edge_killed_during_a_stop_goes_on_with_it(line: Line) -> None:
    line.state("06:10", STOPPED)
    line.restart()
    line.state("06:20", ABORTED)
    line.restart()
    line.state("06:30", EXECUTE)
    assert line.spans() == [("06:10:00", "06:30:00", "unplanned")]


def test_events_told_twice_make_no_second_stop(line: Line) -> None:
    line.turn("06:10")
    down = line.change(STOPPED)
    line.tell("filler", down)
    line.turn("06:15")
    up = StateChanged("filler", line.at("06:15"), STOPPED, EXECUTE, "6")
    line.tell("filler", up)
    line.restart()
    line.tell("filler", down, up)
    line.tell("filler", down)
    assert line.spans() == [("06:10:00", "06:15:00", "unplanned")]


def test_an_event_that_comes_late_counts_from_the_end_of_the_last_stop(line: Line) -> None:
    line.stood("06:10", "06:15")
    late = StateChanged("filler", line.at("06:14:50"), EXECUTE, STOPPED, "2")
    line.tell("filler", late)
    line.state("06:20", EXECUTE)
    assert line.spans() == [
        ("06:10:00", "06:15:00", "unplanned"),
        ("06:15:00", "06:20:00", "unplanned"),
    ]


def test_an_end_before_its_beginning_leaves_no_negative_time(line: Line) -> None:
    line.state("06:10", STOPPED)
    line.tell("filler", StateChanged("filler", line.at("06:09:58"), STOPPED, EXECUTE, "6"))
    assert line.spans() == [("06:10:00", "06:10:00", "micro")]


def test_a_stop_goes_on_through_a_gap_in_which_nothing_was_made(line: Line) -> None:
    line.state("06:10", STOPPED)
    line.gap("06:12", "06:20", 500, 500)
    line.state("06:30", EXECUTE)
    assert line.spans() == [("06:10:00", "06:30:00", "unplanned")]


def test_a_gap_in_which_something_was_made_parts_the_stop(line: Line) -> None:
    line.state("06:10", STOPPED)
    line.gap("06:12", "06:20", 500, 740)
    assert line.spans() == [("06:10:00", "06:12:00", "unplanned"), ("06:20:00", "", "unplanned")]
    assert line.all()[1].origin is StopOrigin.GAP
    line.gap("06:12", "06:20", 40, 41)  # the scrap counter tells of the same gap
    assert len(line.all()) == 2


def test_a_stop_known_until_the_edge_went_ends_there_when_something_was_made_meanwhile(line: Line) -> None:
    """The counter's gap begins at its last count, before the stop; the edge listened longer."""
    line.state("06:10", STOPPED)
    gap = DataGap(
        "filler",
        line.at("06:20"),
        "filler.good",
        "good",
        "the edge was not running",
        line.at("06:09"),
        500,
        740,
        silent_from=line.at("06:14"),
    )
    line.turn("06:20")
    line.tell("filler", gap)
    assert line.spans() == [("06:10:00", "06:14:00", "unplanned"), ("06:20:00", "", "unplanned")]


# --- orders ------------------------------------------------------------------------------------------------


def test_another_order_makes_it_a_changeover(line: Line) -> None:
    line.state("06:10", STOPPED)
    line.order("06:12", SECOND)
    assert line.spans() == [("06:10:00", "", "changeover")]
    line.state("06:15", EXECUTE)
    assert line.spans() == [("06:10:00", "06:15:00", "changeover")]


def test_another_lot_of_the_same_order_is_no_changeover(line: Line) -> None:
    line.state("06:10", STOPPED)
    line.tell("filler", OrderChanged("filler", line.at("06:11"), FIRST, FIRST, "", "L-2"))
    line.state("06:15", EXECUTE)
    assert line.spans() == [("06:10:00", "06:15:00", "unplanned")]


def test_without_an_order_there_is_nothing_to_make(line: Line) -> None:
    line.sql("UPDATE operations SET state = 'done'")
    line.order("06:05", "")
    line.state("06:10", STOPPED)
    assert line.spans() == [("06:10:00", "", "no_order")]
    line.order("07:00", SECOND)
    line.state("07:10", EXECUTE)
    assert line.spans() == [("06:10:00", "07:00:00", "no_order"), ("07:00:00", "07:10:00", "changeover")]


def test_an_order_that_goes_away_for_good_ends_what_can_be_lost(line: Line) -> None:
    line.sql("UPDATE operations SET state = 'done'")
    line.state("06:10", MachineState.COMPLETE)
    line.order("06:20", "")
    line.tend("06:20:30")
    assert line.spans() == [("06:10:00", "", "changeover")]
    line.tend("06:21:00")
    assert line.spans() == [("06:10:00", "06:20:00", "changeover"), ("06:20:00", "", "no_order")]


def test_an_order_that_is_away_for_a_moment_parts_nothing(line: Line) -> None:
    line.sql("UPDATE operations SET state = 'done'")
    line.state("06:10", STOPPED)
    line.order("06:20", "")
    line.order("06:20:02", SECOND)
    line.state("06:30", EXECUTE)
    assert line.spans() == [("06:10:00", "06:30:00", "changeover")]


def test_an_order_released_in_odoo_is_noticed_while_it_stands(line: Line) -> None:
    line.sql("UPDATE operations SET state = 'done'")
    line.order("06:05", "")
    line.state("06:10", STOPPED)
    line.sql("UPDATE operations SET state = 'ready' WHERE id = 11")
    line.tend("06:40")
    assert line.spans() == [("06:10:00", "06:40:00", "no_order"), ("06:40:00", "", "changeover")]


def test_an_order_told_right_after_the_state_is_no_changeover(line: Line) -> None:
    line.sql("UPDATE operations SET state = 'done'")
    line.order("06:05", "")
    line.state("06:10", STOPPED)
    line.order("06:10:01", FIRST)
    assert line.spans() == [("06:10:00", "", "unplanned")]
    assert line.all()[0].order_reference == FIRST


# --- breaks ------------------------------------------------------------------------------------------------


def test_a_break_parts_a_stop_that_stands(line: Line) -> None:
    line.state("08:50", STOPPED)
    line.tend("08:59")
    assert line.spans() == [("08:50:00", "", "unplanned")]
    line.tend("09:00")
    assert line.spans() == [("08:50:00", "09:00:00", "unplanned"), ("09:00:00", "", "planned")]
    line.tend("09:29:59")
    line.tend("09:30")
    assert line.spans()[1:] == [("09:00:00", "09:30:00", "planned"), ("09:30:00", "", "unplanned")]
    line.state("09:40", EXECUTE)
    assert line.spans()[2] == ("09:30:00", "09:40:00", "unplanned")


def test_a_break_parts_a_stop_that_ended_while_nobody_looked(line: Line) -> None:
    line.stood("08:50", "09:40")
    assert line.spans() == [
        ("08:50:00", "09:00:00", "unplanned"),
        ("09:00:00", "09:30:00", "planned"),
        ("09:30:00", "09:40:00", "unplanned"),
    ]


def test_a_break_is_at_its_local_time_in_summer_too(line: Line) -> None:
    line.floor.clock.now = line.floor.clock.now.replace(month=6)
    line.stood("07:50", "08:40")
    assert [s[1:] for s in line.spans()] == [
        ("08:00:00", "unplanned"),
        ("08:30:00", "planned"),
        ("08:40:00", "unplanned"),
    ]


def test_tending_again_changes_nothing(line: Line) -> None:
    line.state("08:50", STOPPED)
    line.tend("09:10")
    before = line.spans()
    line.tend("09:10")
    line.tend("09:11")
    assert line.spans() == before
    line.stood("09:20", "09:25")


def test_a_reason_given_before_a_break_goes_on_after_it(line: Line) -> None:
    line.state("08:50", STOPPED)
    first = line.all()[0]
    line.turn("08:55")
    line.stops.explain(line.lead, first.id, first.version, JAM)
    line.tend("09:00")
    line.tend("09:30")
    line.state("09:45", EXECUTE)
    one, planned, two = line.all()
    assert (one.reason_key, planned.reason_key, two.reason_key) == (JAM, "", JAM)
    payloads = [
        (p.subject, p.payload["start"][11:16], (p.payload["end"] or "")[11:16]) for p in line.floor.postings()
    ]
    assert payloads == [
        (f"stop:{one.id}", "08:50", ""),
        (f"stop:{one.id}", "08:50", "09:00"),
        (f"stop:{two.id}", "09:30", ""),
        (f"stop:{two.id}", "09:30", "09:45"),
    ]
    assert len({p.decision_id for p in line.floor.postings()}) == 1


# --- what was booked, and policies -------------------------------------------------------------------------


def test_a_stop_explained_while_it_stands_is_closed_when_it_ends(line: Line) -> None:
    line.state("06:10", STOPPED)
    stop = line.all()[0]
    line.turn("06:12")
    line.stops.explain(line.lead, stop.id, stop.version, FAILURE)
    line.restart()
    line.state("06:30", EXECUTE)
    opened, closed = line.floor.postings()
    assert (opened.payload["end"], opened.flow_class) == (None, "real_time")
    assert closed.payload == {**opened.payload, "end": line.at("06:30").isoformat()}
    assert (closed.decision_id, closed.target_key) == (opened.decision_id, opened.target_key)
    assert [p.posting_key for p in (opened, closed)] == [f"{stop.trace_id}-r1", f"{stop.trace_id}-r2"]
    assert line.get(stop.id).revision == 2


def test_the_policy_explains_what_the_state_suggests(line: Line) -> None:
    line.policy(Mode.AUTOMATIC)
    stop = line.stood("06:10", "06:20", raw="9")
    assert (stop.reason_key, stop.explained_by) == (JAM, "policy")
    (posting,) = line.floor.postings()
    assert posting.payload["description"] == "Jam at infeed (policy)"
    assert line.stops.stop(stop.id).history[0][1] == "policy explained it: Jam at infeed"


@pytest.mark.parametrize("mode", [Mode.CONFIRM, Mode.SHADOW])
def test_another_policy_explains_nothing(line: Line, mode: Mode) -> None:
    line.policy(mode)
    assert line.stood("06:10", "06:20", raw="9").reason_key == ""


def test_the_policy_leaves_what_it_has_no_word_for_to_a_person(line: Line) -> None:
    line.policy(Mode.AUTOMATIC)
    assert line.stood("06:10", "06:20", raw="2").reason_key == ""
    assert line.stood("06:30", "06:30:20", raw="9").reason_key == ""  # a micro-stop is not asked about
    line.lose(2)
    assert line.stood("06:40", "06:50", raw="9").reason_key == ""
    assert line.floor.postings() == []


def test_the_state_that_it_comes_to_rest_in_may_suggest_the_reason(line: Line) -> None:
    line.state("06:10", MachineState.ABORTING, raw="8")
    assert line.all()[0].suggested == ""
    line.state("06:10:05", ABORTED, raw="9")
    assert line.all()[0].suggested == JAM


# --- Review ------------------------------------------------------------------------------------------------


def test_a_stop_that_nobody_explains_becomes_a_review_item_once(line: Line) -> None:
    stop = line.stood("06:10", "06:20")
    line.tend("07:09")
    assert line.floor.open_reviews() == []
    line.tend("07:11")
    line.tend("07:12")
    (item,) = line.floor.open_reviews()
    assert (item.domain, item.machine, item.version) == ("stop", "filler", 1)
    assert item.title == "Filler stopped for 10 min, and nobody said why"
    line.stops.explain(line.lead, stop.id, stop.version, FAILURE)
    assert line.floor.open_reviews() == []
    line.tend("07:20")
    assert line.floor.open_reviews() == []


def test_a_stop_of_less_than_two_minutes_is_told_in_seconds(line: Line) -> None:
    line.stood("06:10", "06:11:30")
    line.tend("07:11")
    (item,) = line.floor.open_reviews()
    assert item.title == "Filler stopped for 90 s, and nobody said why"


def test_an_item_ends_when_the_stop_turns_out_to_need_no_reason(line: Line) -> None:
    line.state("06:10", STOPPED)
    line.tend("07:15")
    assert len(line.floor.open_reviews()) == 1
    line.order("07:16", SECOND)
    assert line.floor.open_reviews() == []


def test_a_tender_whose_lease_is_lost_writes_nothing(line: Line) -> None:
    from console.services.follow_stops import TendStops

    line.state("08:50", STOPPED)
    line.turn("09:10")

    def lost(tx: object) -> None:
        raise RuntimeError("lease lost")

    with pytest.raises(RuntimeError, match="lease lost"):
        TendStops(line.floor.ledger, line.floor.plant).tend(line.floor.clock() + timedelta(0), lost)
    assert len(line.all()) == 1
    assert count(line.floor, "review_items") == 0
