"""What a person does with stops, and what Odoo is asked for then."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest

from console.domain.packml import MachineState
from console.domain.people import Role
from console.domain.policies import Mode
from console.domain.postings import PostingState
from console.domain.proposals import Outcome
from console.domain.records import GivenUp, RecordSeen
from console.domain.stops import StopCategory, StopOrigin
from console.errors import AlreadyDecided, ConsoleError, InvalidDecision, NotAllowed
from console.services.landed import LANDED, TAKEN_BACK
from console.services.posting_items import open_record_edited
from console.services.screens.common import NotFound
from console.services.stop_postings import subject_of
from console.store import audit, outbox, stops
from console.store.engine import read, write
from console.store.outbox import PostingRow
from tests.rigs.floor import PIN
from tests.unit.services.shop import count
from tests.unit.services.stops_world import (
    CLEANING,
    EXECUTE,
    FAILURE,
    JAM,
    NO_BOTTLES,
    STOPPED,
    Line,
    open_line,
)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return open_line(tmp_path / "line")


def explained(line: Line, start: str = "06:10", end: str = "06:22", key: str = JAM) -> int:
    """A stop that was explained when it was over."""
    stop = line.stood(start, end)
    line.stops.explain(line.lead, stop.id, stop.version, key)
    return stop.id


def seen_in_odoo(line: Line, posting: PostingRow, minutes: float) -> None:
    """The poster saw it there."""
    now = line.floor.clock()
    seen = RecordSeen(True, "mrp.workcenter.productivity:9", "closed", now, detail={"duration_min": minutes})
    with write(line.floor.ledger) as tx:
        outbox.move(tx, posting, PostingState.VERIFIED, verified_at=now, record=seen.record)
        LANDED[posting.kind](tx, posting, seen, now)  # type: ignore[index]


def give_up(line: Line, posting: PostingRow, how: GivenUp | None = None) -> None:
    """A person took it back in Review."""
    with write(line.floor.ledger) as tx:
        outbox.move(tx, posting, PostingState.DEAD_LETTER)
        TAKEN_BACK[posting.kind](tx, posting, how or GivenUp(), line.floor.clock())  # type: ignore[index]


# --- explain -----------------------------------------------------------------------------------------------


def test_explaining_keeps_who_and_why_and_asks_odoo_for_the_whole_row(line: Line) -> None:
    stop = line.stood("06:10", "06:22")
    answer = line.stops.explain(line.lead, stop.id, stop.version, JAM, "belt was loose")
    assert (answer.postings, answer.message) == (1, "Explained: Jam at infeed.")
    (posting,) = line.floor.postings()
    assert posting.payload == {
        "work_center_id": 1,
        "loss_id": 2,
        "start": "2026-03-02T06:10:00+00:00",
        "end": "2026-03-02T06:22:00+00:00",
        "description": "Jam at infeed. belt was loose (Lead A)",
        "operation_id": None,
        "reason_key": "2/Jam at infeed",
    }
    assert (posting.lane, posting.subject, posting.quantity) == ("work-center:1", f"stop:{stop.id}", 12.0)
    assert posting.summary == "Filler stopped 12 min: Jam at infeed"
    row = line.row(stop.id)
    assert (row.reason, row.explained_by, row.needs_reason) == ("Jam at infeed", "Lead A", False)
    assert (row.posting, row.waiting) == (PostingState.READY, "waits to be sent to Odoo")
    with read(line.floor.ledger) as tx:
        (told,) = stops.decisions_about(tx, [subject_of(stop.id)])
        assert audit.verify(tx).problem == ""
    assert {v["rule"] for v in told.detail["verdicts"]} == {
        "stop-work-center-known",
        "stop-reason-known",
        "stop-order-of-times",
        "stop-not-future",
        "stop-no-overlap",
        "stop-no-gap",
        "stop-not-running",
    }
    assert told.detail["console"] == "test"


def test_a_loss_of_odoo_alone_is_described_by_who_said_it(line: Line) -> None:
    explained(line, key=FAILURE)
    assert line.floor.postings()[0].payload["description"] == "(Lead A)"


def test_another_reason_is_the_next_revision_of_the_same_record(line: Line) -> None:
    stop_id = explained(line)
    line.stops.explain(line.second, stop_id, line.get(stop_id).version, NO_BOTTLES)
    first, second = line.floor.postings()
    assert (first.target_key, second.target_quantity) == (second.target_key, 2.0)
    assert second.payload["loss_id"] == 1
    assert [t for _, t in line.stops.stop(stop_id).history] == [
        "Lead A explained it: Jam at infeed",
        "Lead C explained it: No bottles",
    ]


def test_the_same_word_once_more_asks_odoo_for_nothing_new(line: Line) -> None:
    stop_id = explained(line)
    answer = line.stops.explain(line.lead, stop_id, line.get(stop_id).version, JAM)
    assert (answer.postings, answer.message) == (0, "Explained: Jam at infeed.")
    assert len(line.floor.postings()) == 1


def test_a_planned_reason_books_nothing(line: Line) -> None:
    stop = line.stood("06:10", "06:22")
    answer = line.stops.explain(line.lead, stop.id, stop.version, CLEANING)
    assert (answer.postings, line.floor.postings()) == (0, [])
    assert line.get(stop.id).planned
    assert line.stops.stops(None, 8).pareto == ()


def test_a_reason_that_turns_out_planned_takes_the_time_out_of_odoo(line: Line) -> None:
    stop_id = explained(line)
    line.stops.explain(line.lead, stop_id, line.get(stop_id).version, CLEANING)
    last = line.floor.postings()[-1].payload
    assert (last["start"], last["end"], last["loss_id"]) == (last["end"], last["start"], 2)
    assert last["description"] == "planned: Cleaning"


def test_several_stops_get_one_reason_in_one_commit(line: Line) -> None:
    one, two = line.stood("06:10", "06:12"), line.stood("06:20", "06:23")
    answer = line.stops.explain_several(line.lead, [(one.id, one.version), (two.id, two.version)], JAM)
    assert (answer.decisions, answer.postings) == (2, 2)
    assert [line.get(s.id).reason_key for s in (one, two)] == [JAM, JAM]


def test_one_that_was_decided_meanwhile_keeps_all_of_several_back(line: Line) -> None:
    one, two = line.stood("06:10", "06:12"), line.stood("06:20", "06:23")
    line.stops.explain(line.second, two.id, two.version, FAILURE)
    with pytest.raises(AlreadyDecided):
        line.stops.explain_several(line.lead, [(one.id, one.version), (two.id, two.version)], JAM)
    assert line.get(one.id).reason_key == ""


def test_a_stop_that_stands_is_not_explained_among_several(line: Line) -> None:
    line.state("06:10", STOPPED)
    stop = line.all()[0]
    with pytest.raises(InvalidDecision, match="still stands"):
        line.stops.explain_several(line.lead, [(stop.id, stop.version)], JAM)
    with pytest.raises(InvalidDecision, match="Nothing is selected"):
        line.stops.explain_several(line.lead, [], JAM)


def test_two_people_who_explain_at_once_give_one_reason(line: Line) -> None:
    stop = line.stood("06:10", "06:22")
    ready, outcomes = threading.Barrier(2), []

    def act(person: object, key: str) -> None:
        ready.wait()
        try:
            line.stops.explain(person, stop.id, stop.version, key)  # type: ignore[arg-type]
            outcomes.append("explained")
        except AlreadyDecided:
            outcomes.append("too late")

    both = [
        threading.Thread(target=act, args=(p, k)) for p, k in ((line.lead, JAM), (line.second, NO_BOTTLES))
    ]
    for thread in both:
        thread.start()
    for thread in both:
        thread.join()
    assert sorted(outcomes) == ["explained", "too late"]
    (posting,) = line.floor.postings()
    assert posting.payload["loss_id"] == line.get(stop.id).loss_id
    assert count(line.floor, "decisions") == 1


def test_who_may_not_explain_changes_nothing(line: Line) -> None:
    inspector = line.floor.people.create(line.lead, "Inspector", frozenset({Role.INSPECTOR}), PIN)
    stop = line.stood("06:10", "06:22")
    with pytest.raises(NotAllowed):
        line.stops.explain(inspector, stop.id, stop.version, JAM)
    with pytest.raises(NotAllowed):
        line.stops.annotate(inspector, stop.id, stop.version, "x")
    assert (line.get(stop.id).reason_key, count(line.floor, "decisions")) == ("", 0)


def test_in_shadow_nothing_is_booked(line: Line) -> None:
    line.policy(Mode.SHADOW)
    stop = line.stood("06:10", "06:22")
    assert "in shadow" in line.stops.stop(stop.id).why_not
    with pytest.raises(InvalidDecision, match="shadow") as told:
        line.stops.explain(line.lead, stop.id, stop.version, JAM)
    assert told.value.remedy
    assert line.floor.postings() == []


def test_in_shadow_what_was_booked_before_is_not_changed(line: Line) -> None:
    stop_id = explained(line)
    line.policy(Mode.SHADOW)
    with pytest.raises(InvalidDecision, match="shadow"):
        line.stops.annotate(line.lead, stop_id, line.get(stop_id).version, "more")


@pytest.mark.parametrize(
    ("key", "words"),
    [("", "missing"), ("4", "cannot|not among"), ("2/Nothing", "Nothing"), ("77", "77"), ("x", "x")],
)
def test_a_reason_that_cannot_be_chosen_is_refused(line: Line, key: str, words: str) -> None:
    stop = line.stood("06:10", "06:22")
    with pytest.raises(InvalidDecision, match=words):
        line.stops.explain(line.lead, stop.id, stop.version, key)
    assert line.get(stop.id).version == stop.version


def test_a_reason_that_odoo_lost_is_named(line: Line) -> None:
    stop = line.stood("06:10", "06:22")
    assert {v.outcome for v in line.stops.stop(stop.id).verdicts} == {Outcome.PASS}
    line.lose(2)
    with pytest.raises(InvalidDecision, match="Equipment Failure was deleted or archived in Odoo"):
        line.stops.explain(line.lead, stop.id, stop.version, JAM)


def test_a_booked_stop_whose_reason_odoo_lost_says_so(line: Line) -> None:
    stop_id = explained(line)
    line.lose(2)
    (failing,) = [v for v in line.stops.stop(stop_id).verdicts if v.outcome is Outcome.FAIL]
    assert (failing.rule, failing.version) == ("stop-reason-known", 1)
    assert line.row(stop_id).reason == "Jam at infeed"


def test_a_work_center_that_odoo_archived_is_named(line: Line) -> None:
    stop = line.stood("06:10", "06:22")
    line.sql("UPDATE work_centers SET active = 0 WHERE code = 'FIL1'")
    assert line.stops.stop(stop.id).why_not == "Work center FIL1 is archived in Odoo."
    with pytest.raises(InvalidDecision, match="archived"):
        line.stops.explain(line.lead, stop.id, stop.version, JAM)


def test_what_is_not_there_any_more_is_told(line: Line) -> None:
    with pytest.raises(AlreadyDecided):
        line.stops.explain(line.lead, 99, 1, JAM)
    with pytest.raises(NotFound):
        line.stops.stop(99)


# --- notes -------------------------------------------------------------------------------------------------


def test_a_note_goes_to_odoo_with_a_stop_that_is_booked(line: Line) -> None:
    stop_id = explained(line)
    line.stops.annotate(line.second, stop_id, line.get(stop_id).version, "belt changed")
    assert line.floor.postings()[-1].payload["description"] == "Jam at infeed. belt changed (Lead A)"


def test_a_note_on_a_stop_that_is_not_booked_stays_here_until_it_is(line: Line) -> None:
    stop = line.stood("06:10", "06:22")
    assert line.stops.annotate(line.lead, stop.id, stop.version, "belt").postings == 0
    line.stops.explain(line.lead, stop.id, line.get(stop.id).version, JAM)
    assert line.floor.postings()[0].payload["description"] == "Jam at infeed. belt (Lead A)"


def test_a_note_that_says_nothing_new_or_too_much_is_refused(line: Line) -> None:
    stop = line.stood("06:10", "06:22")
    with pytest.raises(InvalidDecision):
        line.stops.annotate(line.lead, stop.id, stop.version, " ")
    with pytest.raises(InvalidDecision, match="2001"):
        line.stops.annotate(line.lead, stop.id, stop.version, "x" * 2001)


# --- split -------------------------------------------------------------------------------------------------


def test_a_split_leaves_the_second_part_to_be_explained(line: Line) -> None:
    stop_id = explained(line, "06:10", "06:40")
    line.stops.split(
        line.lead, stop_id, line.get(stop_id).version, line.at("06:15"), "then the mechanic came"
    )
    one, two = line.all()
    assert [(s.started_at, s.ended_at, s.reason_key) for s in (one, two)] == [
        (line.at("06:10"), line.at("06:15"), JAM),
        (line.at("06:15"), line.at("06:40"), ""),
    ]
    assert two.origin is StopOrigin.SPLIT
    assert line.floor.postings()[-1].payload["end"] == line.at("06:15").isoformat()
    assert [r.id for r in line.stops.stops(None, 8).prompts] == [two.id]


def test_a_stop_that_stands_can_be_split(line: Line) -> None:
    line.state("06:10", STOPPED)
    stop = line.all()[0]
    line.stops.explain(line.lead, stop.id, stop.version, JAM)
    line.turn("06:30")
    line.stops.split(line.lead, stop.id, line.get(stop.id).version, line.at("06:20"), "why")
    line.state("06:40", EXECUTE)
    assert [(s.started_at, s.ended_at) for s in line.all()] == [
        (line.at("06:10"), line.at("06:20")),
        (line.at("06:20"), line.at("06:40")),
    ]
    assert [p.payload["end"] for p in line.floor.postings()] == [None, line.at("06:20").isoformat()]


@pytest.mark.parametrize("clock", ["06:10", "06:05", "06:22", "06:30"])
def test_a_split_outside_of_the_stop_is_refused(line: Line, clock: str) -> None:
    stop = line.stood("06:10", "06:22")
    line.turn("07:00")
    with pytest.raises(InvalidDecision):
        line.stops.split(line.lead, stop.id, stop.version, line.at(clock), "why")
    assert len(line.all()) == 1


@pytest.mark.parametrize("reason", ["", "  "])
def test_what_changes_times_needs_a_reason(line: Line, reason: str) -> None:
    one, two = line.stood("06:10", "06:22"), line.stood("06:30", "06:35")
    for act in (
        lambda: line.stops.split(line.lead, one.id, one.version, line.at("06:15"), reason),
        lambda: line.stops.merge(line.lead, one.id, one.version, two.id, two.version, reason),
        lambda: line.stops.move(line.lead, one.id, one.version, line.at("06:11"), None, reason),
    ):
        with pytest.raises(InvalidDecision, match="reason is missing"):
            act()


# --- merge -------------------------------------------------------------------------------------------------


def test_merging_takes_in_what_ran_between_and_keeps_the_verdict(line: Line) -> None:
    one, two = line.stood("06:10", "06:20"), line.stood("06:21", "06:30")
    line.stops.merge(line.lead, one.id, one.version, two.id, two.version, "one try to start")
    (stop,) = line.all()
    assert (stop.started_at, stop.ended_at, stop.origin) == (
        line.at("06:10"),
        line.at("06:30"),
        StopOrigin.MERGED,
    )
    with read(line.floor.ledger) as tx:
        (told,) = stops.decisions_about(tx, [subject_of(stop.id)])
    running = next(v for v in told.detail["verdicts"] if v["rule"] == "stop-not-running")
    assert (running["outcome"], running["evidence"]) == ("fail", {"executed_s": 60.0})
    assert told.reason == "one try to start"
    assert line.stops.stop(two.id).row.id == one.id
    line.stops.explain(line.lead, stop.id, stop.version, JAM)  # what runs inside is agreed by now


def test_the_stop_that_has_a_reason_keeps_it_when_merged(line: Line) -> None:
    one, two = line.stood("06:10", "06:20"), line.stood("06:21", "06:30")
    line.stops.explain(line.lead, two.id, two.version, JAM)
    two = line.get(two.id)
    line.stops.merge(line.lead, one.id, one.version, two.id, two.version, "one stop")
    (stop,) = line.all()
    assert (stop.id, stop.reason_key) == (two.id, JAM)
    last = line.floor.postings()[-1].payload
    assert (last["start"], last["end"]) == (line.at("06:10").isoformat(), line.at("06:30").isoformat())


def test_of_two_booked_stops_one_is_emptied_in_odoo(line: Line) -> None:
    one_id, two_id = explained(line, "06:10", "06:20"), explained(line, "06:21", "06:30", FAILURE)
    one, two = line.get(one_id), line.get(two_id)
    line.stops.merge(line.lead, one.id, one.version, two.id, two.version, "one stop")
    *_, emptied, longer = line.floor.postings()
    assert (emptied.subject, emptied.payload["end"]) == (f"stop:{two_id}", emptied.payload["start"])
    assert "merged into the stop of 2026-03-02 06:10 UTC" in emptied.payload["description"]
    assert (longer.subject, longer.payload["end"]) == (f"stop:{one_id}", line.at("06:30").isoformat())


def test_a_stop_can_be_merged_with_the_one_that_stands(line: Line) -> None:
    one = line.stood("06:10", "06:20")
    line.state("06:21", STOPPED)
    two = line.all()[1]
    line.turn("06:25")
    line.stops.merge(line.lead, one.id, one.version, two.id, two.version, "never really ran")
    line.state("06:30", EXECUTE)
    (stop,) = line.all()
    assert (stop.id, stop.started_at, stop.ended_at) == (one.id, line.at("06:10"), line.at("06:30"))


def test_two_short_ones_that_became_long_are_asked_about(line: Line) -> None:
    one, two = line.stood("06:10", "06:10:40"), line.stood("06:10:50", "06:11:30")
    assert one.category is StopCategory.MICRO
    line.stops.merge(line.lead, one.id, one.version, two.id, two.version, "stuttering")
    assert line.all()[0].category is StopCategory.UNPLANNED


def test_only_neighbours_of_one_machine_can_be_merged(line: Line) -> None:
    one, two, three = (line.stood(f"06:{m}0", f"06:{m}5") for m in (1, 2, 3))
    other = line.stood("06:40", "06:45", "packer")
    merge = line.stops.merge
    for id_, version, words in (
        (three.id, three.version, "Another stop lies between"),
        (other.id, other.version, "one machine"),
        (one.id, one.version, "Two stops"),
    ):
        with pytest.raises(InvalidDecision, match=words):
            merge(line.lead, one.id, one.version, id_, version, "why")
    merge(line.lead, one.id, one.version, two.id, two.version, "why")
    with pytest.raises(AlreadyDecided):
        line.stops.explain(line.lead, two.id, line.get(two.id).version, JAM)


def test_a_planned_break_is_not_merged(line: Line) -> None:
    line.stood("08:50", "09:40")
    one, planned, _ = line.all()
    detail = line.stops.stop(one.id)
    assert detail.after is None
    with pytest.raises(InvalidDecision, match="planned break"):
        line.stops.merge(line.lead, one.id, one.version, planned.id, planned.version, "why")


# --- move --------------------------------------------------------------------------------------------------


def test_the_border_of_two_stops_moves_with_both(line: Line) -> None:
    stop_id = explained(line, "06:10", "06:40")
    line.stops.split(line.lead, stop_id, line.get(stop_id).version, line.at("06:15"), "why")
    two = line.all()[1]
    line.stops.explain(line.lead, two.id, two.version, FAILURE)
    two = line.get(two.id)
    detail = line.stops.stop(two.id)
    assert (detail.earliest, detail.latest) == (line.at("06:10"), line.at("06:40"))
    before = len(line.floor.postings())
    line.stops.move(line.lead, two.id, two.version, line.at("06:20"), None, "it was later")
    assert [(s.started_at, s.ended_at) for s in line.all()] == [
        (line.at("06:10"), line.at("06:20")),
        (line.at("06:20"), line.at("06:40")),
    ]
    moved = {p.subject: p.payload for p in line.floor.postings()[before:]}
    assert moved[f"stop:{stop_id}"]["end"] == moved[f"stop:{two.id}"]["start"] == line.at("06:20").isoformat()


def test_a_move_into_time_that_was_executed_is_refused(line: Line) -> None:
    stop = line.stood("06:10", "06:22")
    line.turn("07:00")
    for start, end in (("06:08", "06:22"), ("06:10", "06:24")):
        with pytest.raises(InvalidDecision, match="executed for 2 min"):
            line.stops.move(line.lead, stop.id, stop.version, line.at(start), line.at(end), "why")


def test_a_move_that_leaves_a_hole_is_refused(line: Line) -> None:
    stop = line.stood("06:10", "06:22")
    for start, end in (("06:12", "06:22"), ("06:10", "06:20")):
        with pytest.raises(InvalidDecision, match="would belong to no stop"):
            line.stops.move(line.lead, stop.id, stop.version, line.at(start), line.at(end), "why")


def test_a_move_into_time_without_a_known_state_is_allowed(line: Line) -> None:
    line.state("06:08", MachineState.UNDEFINED)
    stop = line.stood("06:10", "06:22")
    assert line.stops.stop(stop.id).earliest == line.at("06:08")
    line.stops.move(line.lead, stop.id, stop.version, line.at("06:08"), None, "it stood already")
    assert line.get(stop.id).started_at == line.at("06:08")


def test_a_move_over_a_stop_or_a_break_is_refused(line: Line) -> None:
    line.stood("08:50", "09:40")
    one, _, two = line.all()
    with pytest.raises(InvalidDecision, match="planned break"):
        line.stops.move(line.lead, two.id, two.version, line.at("09:20"), None, "why")
    with pytest.raises(InvalidDecision, match="planned break"):
        line.stops.move(line.lead, one.id, one.version, one.started_at, line.at("09:10"), "why")


def test_a_stop_does_not_move_into_the_future_or_onto_its_head(line: Line) -> None:
    stop = line.stood("06:10", "06:22")
    with pytest.raises(InvalidDecision, match="future"):
        line.stops.move(line.lead, stop.id, stop.version, stop.started_at, line.at("07:30"), "why")
    with pytest.raises(InvalidDecision, match="before it begins"):
        line.stops.move(line.lead, stop.id, stop.version, line.at("06:25"), None, "why")
    with pytest.raises(InvalidDecision, match="Nothing was moved"):
        line.stops.move(line.lead, stop.id, stop.version, stop.started_at, stop.ended_at, "why")


def test_the_end_of_a_stop_that_stands_is_the_machines(line: Line) -> None:
    line.state("06:10", STOPPED)
    stop = line.all()[0]
    line.turn("06:20")
    with pytest.raises(InvalidDecision, match="still stands"):
        line.stops.move(line.lead, stop.id, stop.version, stop.started_at, line.at("06:15"), "why")


# --- what came of it in Odoo -------------------------------------------------------------------------------


def test_the_minutes_that_odoo_reckons_are_kept_and_explained(line: Line) -> None:
    stop_id = explained(line)
    seen_in_odoo(line, line.floor.postings()[0], 0.0)
    detail = line.stops.stop(stop_id)
    assert (detail.row.odoo_minutes, detail.row.posting) == (0.0, PostingState.VERIFIED)
    assert "Odoo shows 0.0 min, the stop lasted 12.0 min" in detail.odoo_note
    assert detail.row.version == line.get(stop_id).version


def test_where_odoo_agrees_there_is_nothing_to_say(line: Line) -> None:
    stop_id = explained(line)
    seen_in_odoo(line, line.floor.postings()[0], 12.0)
    assert line.stops.stop(stop_id).odoo_note == ""


def test_a_booking_that_is_taken_back_leaves_the_stop_unexplained(line: Line) -> None:
    stop_id = explained(line)
    give_up(line, line.floor.postings()[0])
    row = line.row(stop_id)
    assert (row.reason_key, row.explained_by, row.needs_reason) == ("", "", True)
    line.stops.explain(line.lead, stop_id, row.version, FAILURE)
    assert line.floor.postings()[-1].posting_key.endswith("-r2")


def test_a_later_word_that_is_taken_back_leaves_what_odoo_holds(line: Line) -> None:
    stop_id = explained(line)
    seen_in_odoo(line, line.floor.postings()[0], 12.0)
    line.stops.explain(line.lead, stop_id, line.get(stop_id).version, NO_BOTTLES)
    give_up(line, line.floor.postings()[-1])
    stop = line.get(stop_id)
    assert (stop.reason_key, stop.loss_id) == ("2/Jam at infeed", 2)


def test_a_closing_that_is_taken_back_is_asked_for_again(line: Line) -> None:
    line.state("06:10", STOPPED)
    stop = line.all()[0]
    line.stops.explain(line.lead, stop.id, stop.version, JAM)
    seen_in_odoo(line, line.floor.postings()[0], 0.0)
    line.state("06:20", EXECUTE)
    give_up(line, line.floor.postings()[-1])
    assert line.row(stop.id).needs_reason


def edited_in_odoo(line: Line, stop_id: int, held: dict[str, object]) -> None:
    """Somebody changed the row since it was verified; a person lets it stand."""
    seen_in_odoo(line, line.floor.postings()[0], 12.0)
    line.stops.explain(line.lead, stop_id, line.get(stop_id).version, NO_BOTTLES)
    posting, now = line.floor.postings()[-1], line.floor.clock()
    seen = RecordSeen(False, "x:9", "there", now, edited="its reason is another", detail=held)
    with write(line.floor.ledger) as tx:
        outbox.move(tx, posting, PostingState.REJECTED, error=seen.edited)
        open_record_edited(tx, posting, seen, now)
    (item,) = line.floor.open_reviews()
    line.floor.reviews.resolve(line.lead, item.id, item.version, "accept", "the planner knows")


def test_a_reason_that_a_person_let_stand_in_odoo_becomes_the_stop_s(line: Line) -> None:
    stop_id = explained(line)
    edited_in_odoo(line, stop_id, {"duration_min": 7.5, "loss_id": int(FAILURE)})
    stop = line.get(stop_id)
    assert (stop.reason_key, stop.loss_id, stop.explained_by) == (FAILURE, int(FAILURE), "Lead A")
    assert stop.odoo_minutes == 7.5
    assert not line.row(stop_id).needs_reason
    assert line.floor.postings()[-1].state is PostingState.DEAD_LETTER


@pytest.mark.parametrize("held", [{}, {"loss_id": 999}, {"loss_id": 1}])
def test_where_odoo_names_no_other_known_reason_it_stays_as_explained(
    line: Line, held: dict[str, object]
) -> None:
    stop_id = explained(line)
    edited_in_odoo(line, stop_id, held)
    assert line.get(stop_id).reason_key == NO_BOTTLES
    assert not line.row(stop_id).needs_reason


# --- what is shown -----------------------------------------------------------------------------------------


def test_what_waits_is_asked_about_however_old_it_is(line: Line) -> None:
    old = line.stood("06:10", "06:22")
    line.floor.clock.now += timedelta(days=40)
    line.state("12:00", STOPPED)
    line.turn("12:05")
    view = line.stops.stops(None, 8)
    assert [r.id for r in view.prompts] == [old.id, line.all()[1].id]
    assert view.prompts[1].prompted_at == line.at("12:01")
    assert line.stops.stops("packer", 8).prompts == ()


def test_a_short_stop_is_told_in_seconds_and_so_are_its_times(line: Line) -> None:
    stop = line.stood("06:10:05", "06:10:40")
    assert line.stops.stop(stop.id).effect.startswith("Odoo gets 35 s on FIL1, 07:10:05 to 07:10:40, under ")
    line.stops.explain(line.lead, stop.id, stop.version, JAM, "seen")
    assert line.floor.postings()[-1].summary == "Filler stopped 35 s: Jam at infeed"


def test_a_stop_is_not_asked_about_before_the_threshold(line: Line) -> None:
    line.state("06:10", STOPPED)
    line.turn("06:10:59")
    assert line.stops.stops(None, 8).prompts == ()
    line.turn("06:11:00")
    assert len(line.stops.stops(None, 8).prompts) == 1


def test_micro_stops_are_counted_and_shown_only_where_asked(line: Line) -> None:
    line.stood("06:10", "06:10:30")
    line.stood("06:20", "06:20:30")
    line.stood("06:30", "06:32")
    view = line.stops.stops(None, 8)
    assert (view.micro_stops, view.micro_minutes, len(view.rows)) == (2, 1.0, 1)
    assert len(line.stops.stops(None, 8, micro=True).rows) == 3


def test_the_pareto_is_of_lost_time_within_the_span(line: Line) -> None:
    explained(line, "06:10", "06:40")  # 30
    explained(line, "07:00", "07:05", FAILURE)  # 5
    line.stood("07:10", "07:14")  # 4, not explained
    line.stood("07:20", "07:20:30")
    line.stood("09:00", "09:25")  # in the break
    line.turn("10:00")
    bars = line.stops.stops(None, 3.5).pareto  # from 06:30
    assert [(b.reason, b.minutes, b.stops) for b in bars] == [
        ("Jam at infeed", 10.0, 1),
        ("Equipment Failure", 5.0, 1),
        ("Not explained", 4.0, 1),
        ("Micro-stops", 0.5, 1),
    ]
    assert bars[-1].cumulative == 1.0
    assert round(bars[0].share, 4) == round(10 / 19.5, 4)


def test_the_likeliest_reasons_come_first(line: Line) -> None:
    for i, key in enumerate((FAILURE, FAILURE, NO_BOTTLES)):
        explained(line, f"06:{i}0", f"06:{i}5", key)
    other = line.stood("07:00", "07:10", "packer")
    line.stops.explain(line.lead, other.id, other.version, "3")
    stop = line.stood("07:20", "07:30", raw="9")
    top = line.stops.stop(stop.id).top
    assert [n.key for n in top][:4] == [JAM, FAILURE, NO_BOTTLES, "3"]
    assert [n.times for n in top][:4] == [0, 2, 1, 0]


def test_the_tree_has_odoos_reasons_with_our_own_below(line: Line) -> None:
    tree = line.stops.reasons("filler")
    assert [(n.key, [c.key for c in n.children]) for n in tree] == [
        ("7/Cleaning", []),
        ("1", [NO_BOTTLES]),
        ("2", [JAM]),
        ("3", []),
        ("5", []),
    ]
    assert [n.planned for n in tree] == [True, False, False, False, False]


def test_the_panel_tells_what_will_happen(line: Line) -> None:
    line.state("06:10", STOPPED)
    stop = line.all()[0]
    line.turn("06:12")
    detail = line.stops.stop(stop.id)
    assert "open row on FIL1 from 07:10" in detail.effect
    assert [b.state for b in detail.bands] == [EXECUTE, STOPPED]
    line.state("06:22", EXECUTE)
    assert line.stops.stop(stop.id).effect.startswith("Odoo gets 12 min on FIL1, 07:10 to 07:22")


def test_a_machine_that_left_the_plant_file_is_still_listed(line: Line) -> None:
    from dataclasses import replace

    from console.services.stops import Stops

    stop = line.stood("06:10", "06:22")
    plant = replace(line.floor.plant, machines=line.floor.plant.machines[1:])
    service = Stops(line.floor.ledger, plant, "test", line.floor.clock)
    assert service.stops(None, 8).rows[0].title == "filler"
    with pytest.raises(ConsoleError, match="not in the plant file"):
        service.explain(line.lead, stop.id, stop.version, JAM)
