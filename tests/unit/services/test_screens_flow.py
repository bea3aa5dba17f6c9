"""Outbox, review, trace, orders and the reconciliation: the way from a decision to Odoo."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from console.domain.holds import HoldState, Scope
from console.domain.postings import PostingState
from console.domain.proposals import Choice, Outcome, Override, ReviewDomain
from console.domain.validate import RULES
from console.services.desk import Pick
from console.services.posting_items import open_edited
from console.services.reconcile import reconcile, reconcile_all
from console.services.screens.common import NotFound
from console.services.views import Level, OdooLink, OrderRow
from console.store import holds, outbox, reconciliations, review
from console.store.engine import read, write
from console.store.schema import audit
from tests.unit.services.screens_world import ORDER, SECOND, World


@pytest.fixture
def world(tmp_path: Path) -> World:
    world = World(tmp_path)
    world.sync()
    return world


def confirmed(world: World, counts: list[int]) -> None:
    """Hours made by filler1 and confirmed by Ada, with everything up."""
    ada = world.person()
    world.hours("filler1", counts)
    world.alive()
    world.desk.confirm(ada, world.picks())


def move(world: World, posting_id: int, state: PostingState, **values: object) -> None:
    """The poster moves a posting."""
    with write(world.ledger) as tx:
        row = outbox.get(tx, posting_id)
        assert row is not None
        assert outbox.move(tx, row, state, **values)


def edit_in_odoo(world: World, key: str, seen: float) -> None:
    """A planner changes a record in Odoo, and the synchronisation sees it."""
    with write(world.ledger) as tx:
        outbox.change_balance(tx, key, seen=seen, seen_at=world.now, seen_state="progress")


# --- outbox ---------------------------------------------------------------------------------------------


def test_empty_outbox(world: World) -> None:
    view = world.desk.outbox(50)
    assert (view.rows, view.oldest_waiting_s, view.buffer_hours) == ((), None, None)
    assert dict(view.counts)[PostingState.READY] == 0


def test_what_waits_says_why(world: World) -> None:
    confirmed(world, [587, 600])
    first = world.desk.outbox(50).rows[-1]
    assert first.waiting == "It is sent next, in one write with 1 more."
    assert (first.decided_by, first.late, first.quantity, first.target_quantity) == ("Ada", False, 587, 587)
    move(world, 1, PostingState.SENDING)
    words = [r.waiting for r in world.desk.outbox(50).rows]
    assert words == ["It waits in its lane for posting 1.", "It is being sent now."]
    move(world, 1, PostingState.UNKNOWN)
    assert "answer was lost" in world.desk.outbox(50).rows[-1].waiting
    world.odoo("down", "Connection refused.")
    view = world.desk.outbox(50)
    assert view.odoo is OdooLink.DOWN
    assert view.rows[0].waiting == "Odoo is not reached: Connection refused."
    world.now += timedelta(minutes=5)
    view = world.desk.outbox(50)
    assert "edge was last heard" in view.rows[0].waiting
    assert (view.rows[0].late, view.oldest_waiting_s) == (True, 300)
    assert view.buffer_hours is not None
    assert view.buffer_hours > 0


def test_settled_and_stuck_postings(world: World) -> None:
    confirmed(world, [587, 600, 5])
    world.book(1)
    move(world, 2, PostingState.REJECTED, error="It is done.")
    rows = {r.id: r for r in world.desk.outbox(50).rows}
    assert (rows[1].waiting, rows[1].age_s) == ("", 0)
    assert rows[2].waiting == "Refused; a person decides in Review: It is done."
    assert "posting 2" in rows[3].waiting
    assert [r.id for r in world.desk.outbox(1).rows] == [3]
    assert [r.id for r in world.desk.outbox(9, PostingState.REJECTED).rows] == [2]


# --- review ---------------------------------------------------------------------------------------------


def test_review_is_empty_then_full_then_resolved(world: World) -> None:
    assert world.desk.reviews(False) == ()
    with pytest.raises(NotFound):
        world.desk.review(1)
    ada = world.person()
    world.runs("filler1")
    world.make("filler1", 484, world.at(minutes=30))
    world.jump("filler1", 430, world.at(minutes=34))
    world.close(world.at(hours=1, minutes=1))
    world.desk.take_review(ada, 1)
    (row,) = world.desk.reviews(False)
    assert (row.owner, row.level, row.machine) == ("Ada", Level.HIGH, "filler1")
    detail = world.desk.review(1)
    assert detail.explanation.startswith("The counter rose by 430")
    assert (detail.rule, detail.proposal_id, detail.orders) == ("counter-explained v1", 1, (ORDER, SECOND))
    proposal = world.desk.proposal(1)
    assert detail.choices == proposal.choices
    (pick,) = [c for r in world.desk.counts(None, 1).rows for c in r.cells if c]
    assert pick.note
    world.desk.choose(ada, Pick(1, proposal.version), "leave-out", reason="set by hand")
    assert world.desk.reviews(False) == ()
    assert world.desk.reviews(True)[0].resolution == "confirm by Ada: set by hand"
    assert world.desk.review(1).choices == ()


def test_an_edit_in_odoo_is_told_with_local_times(world: World) -> None:
    confirmed(world, [131])
    world.book(1)
    edit_in_odoo(world, "operation:101", 118)
    with write(world.ledger) as tx:
        balance, about = outbox.balance(tx, "operation:101"), outbox.get(tx, 1)
        assert balance is not None
        assert about is not None
        item = open_edited(tx, balance, about, world.now)
    detail = world.desk.review(item)
    assert detail.facts is not None
    assert detail.facts.rows[-1] == ("Odoo now", "118", "10:00:30")
    assert [c.key for c in detail.choices] == ["put-back", "accept"]


# --- trace ----------------------------------------------------------------------------------------------


def test_a_trace_from_sample_to_read_back(world: World) -> None:
    world.now = world.at(minutes=20)
    world.sample("filler1.good", 1000)
    world.now = world.at()
    confirmed(world, [587, 600])
    world.book(1)
    by_posting = world.desk.trace("posting:1")
    stations = by_posting.stations
    assert [s.number for s in stations] == [1, 2, 3, 4, 5, 6, 7]
    assert [s.big for s in stations] == [
        "1",
        "+587",
        "587 of 600",
        "587",
        "587 Units",
        "0 → 587",
        "587",
    ]
    assert [s.link for s in stations[:5]] == ["machine:filler1"] * 2 + ["counts:1"] * 2 + ["outbox:1"]
    assert stations[0].foot == "counter 1,000 → 1,587"
    assert stations[1].lines == ("counted in 10 steps", "no rollover, no reset")
    assert stations[2].foot == f"{len(RULES)} rules passed"
    assert stations[3].foot.endswith("✓ chain")
    assert stations[5].lines == ("mrp.workorder 101", "1 attempt, 84 ms")
    assert by_posting.odoo_url == ("https://erp.example/web#id=42&model=mrp.production&view_type=form")
    key = world.desk.outbox(9).rows[-1].posting_key
    for other in (by_posting.trace_id, key, "proposal:1"):
        assert world.desk.trace(other) == by_posting
    assert world.desk.trace(ORDER).stations[2].big == "600 of 600"


def test_one_write_for_several_postings_is_told(world: World) -> None:
    confirmed(world, [587, 600])
    world.book(2)
    move(world, 1, PostingState.VERIFIED, verified_at=world.now, coalesced_into=2)
    stations = world.desk.trace("posting:1").stations
    assert "one write with posting 2" in stations[4].lines
    assert (stations[5].big, stations[6].big) == ("0 → 1,187", "1,187")
    assert "one write with posting 1" in world.desk.trace("posting:2").stations[4].lines


def test_stations_not_reached_say_why(world: World) -> None:
    world.runs("filler1")
    world.make("filler1", 10, world.at(minutes=5))
    view = world.desk.trace("proposal:1")
    assert view.odoo_url == ""
    assert view.stations[3].lines == ("Not decided yet.", "Its interval still runs.")
    assert view.stations[6].lines == ("Nothing is posted before a person decides.",)
    world.close(world.at(hours=2))
    ada = world.person()
    world.desk.choose(ada, world.picks()[0], "reject", reason="cleaning")
    assert world.desk.trace("proposal:1").stations[4].lines == ("Rejected: nothing is booked.",)
    with pytest.raises(NotFound, match="nonsense"):
        world.desk.trace("nonsense")
    with pytest.raises(NotFound):
        world.desk.trace("  ")


def test_a_changed_audit_entry_is_seen_in_the_trace(world: World) -> None:
    confirmed(world, [587])
    with write(world.ledger) as tx:
        tx.execute(update(audit).where(audit.c.action == "count confirm").values(actor="Mallory"))
    station = world.desk.trace("proposal:1").stations[3]
    assert station.level is Level.CRITICAL
    assert "NOT" in station.foot


def test_search(world: World) -> None:
    assert world.desk.trace_search("", 5) == ()
    confirmed(world, [587, 600, 612])
    hits = world.desk.trace_search("00042", 2)
    assert [h.text.split(" · ")[3] for h in hits] == ["612 Units", "600 Units"]
    assert world.desk.trace_search("Filler1", 9) == world.desk.trace_search("filler1", 9)
    assert len(world.desk.trace_search("posting:2", 9)) == 1
    assert world.desk.trace_search("100%", 9) == ()


# --- orders and reconciliation --------------------------------------------------------------------------


def only(rows: tuple[OrderRow, ...], machine: str = "filler1") -> OrderRow:
    return next(r for r in rows if r.machine == machine)


def test_the_three_totals(world: World) -> None:
    assert world.desk.orders() == ()
    confirmed(world, [587, 600])
    row = only(world.desk.orders())
    assert (row.machine_total, row.confirmed, row.expected_in_odoo, row.verified) == (1187, 1187, 1187, False)
    assert row.difference == "postings under way"
    world.book(1)
    world.book(2)
    world.make("filler1", 9, world.now)
    row = only(world.desk.orders())
    assert (row.machine_total, row.waiting, row.odoo, row.verified) == (1196, 9, 1187, True)
    assert row.difference == "9 not decided yet"


def test_a_split_stands_on_both_orders(world: World) -> None:
    ada = world.person()
    world.hours("filler1", [100])
    world.desk.choose(ada, world.picks()[0], "split", parts=[(ORDER, 60), (SECOND, 40)], reason="changed")
    rows = {r.order_reference: r for r in world.desk.orders()}
    assert (rows[ORDER].machine_total, rows[ORDER].confirmed) == (100, 60)
    assert (rows[SECOND].machine_total, rows[SECOND].confirmed) == (0, 40)
    assert "amended or split" in rows[ORDER].difference


def test_reconciling_what_agrees_opens_nothing(world: World) -> None:
    assert reconcile(world.ledger, world.plant, "test", world.clock) == ()
    confirmed(world, [587, 600])
    world.book(1)
    world.book(2)
    found = reconcile_all(world.ledger, world.plant, "test", world.clock)
    assert (len(found.rows), found.disagreements) == (1, {})
    with read(world.ledger) as tx:
        kept = reconciliations.last(tx)["operation:101"]
    assert (kept.machine_total, kept.confirmed, kept.expected, kept.odoo) == (1187, 1187, 1187, 1187)
    assert world.desk.reviews(False) == ()


def test_what_waits_is_no_disagreement(world: World) -> None:
    confirmed(world, [587, 600])
    world.book(1)
    edit_in_odoo(world, "operation:101", 5)
    assert reconcile_all(world.ledger, world.plant, "test", world.clock).disagreements == {}


def test_a_true_disagreement_opens_one_item_and_closes_it_again(world: World) -> None:
    confirmed(world, [131])
    world.book(1)
    edit_in_odoo(world, "operation:101", 118)
    for _ in range(2):
        found = reconcile_all(world.ledger, world.plant, "test", world.clock)
        assert found.disagreements == {"operation:101": "Odoo holds 118, 131 were decided."}
    (row,) = world.desk.reviews(False)
    assert [c.key for c in world.desk.review(row.id).choices] == ["put-back", "accept"]
    edit_in_odoo(world, "operation:101", 131)
    assert reconcile_all(world.ledger, world.plant, "test", world.clock).disagreements == {}
    assert world.desk.reviews(False) == ()


def test_putting_back_and_accepting_settle_it(world: World) -> None:
    confirmed(world, [131])
    world.book(1)
    ada = world.people.everybody()[0]
    edit_in_odoo(world, "operation:101", 118)
    reconcile(world.ledger, world.plant, "test", world.clock)
    detail = world.desk.review(1)
    world.desk.resolve_review(ada, 1, detail.version, "put-back", reason="a typing error in Odoo")
    world.book(2)
    assert reconcile_all(world.ledger, world.plant, "test", world.clock).disagreements == {}
    assert only(world.desk.orders()).confirmed == 131
    edit_in_odoo(world, "operation:101", 120)
    reconcile(world.ledger, world.plant, "test", world.clock)
    detail = world.desk.review(2)
    world.desk.resolve_review(ada, 2, detail.version, "accept", reason="recounted")
    assert reconcile_all(world.ledger, world.plant, "test", world.clock).disagreements == {}
    assert only(world.desk.orders()).expected_in_odoo == 120


def test_the_console_contradicting_itself_is_told(world: World) -> None:
    confirmed(world, [131])
    world.book(1)
    with write(world.ledger) as tx:
        outbox.change_balance(tx, "operation:101", decided=130.0)
    found = reconcile_all(world.ledger, world.plant, "test", world.clock)
    assert "131 stand in the outbox, 130 were decided" in found.disagreements["operation:101"]
    detail = world.desk.review(1)
    assert detail.choices == ()
    assert "contradicts itself" in detail.explanation


def test_the_writes_to_odoo_are_counted(world: World) -> None:
    confirmed(world, [587, 600])
    assert [(r.attempts, r.title) for r in world.desk.outbox(9).rows] == [(0, "Filler1")] * 2
    world.book(2)
    move(world, 1, PostingState.VERIFIED, verified_at=world.now, coalesced_into=2)
    assert [r.attempts for r in world.desk.outbox(9).rows] == [1, 1]  # one write for both


def test_only_a_real_difference_of_an_order_is_abnormal(world: World) -> None:
    confirmed(world, [131, 140])
    assert only(world.desk.orders()).level is Level.NORMAL  # postings under way
    world.book(1)
    world.book(2)
    world.make("filler1", 20, world.now)
    row = only(world.desk.orders())
    assert (row.level, row.title) == (Level.NORMAL, "Filler1")
    assert "20 not decided yet" in row.difference
    edit_in_odoo(world, "operation:101", 118)
    row = only(world.desk.orders())
    assert row.level is Level.HIGH
    assert "Odoo holds 118" in row.difference


# --- where it is decided ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("evidence", "choices", "leads_to"),
    [
        ({"stop_id": 12}, (), "stops:12"),
        ({"hold": 3}, (), "holds:3"),
        ({"request": 7}, (), "alarms:request:7"),
        ({}, (), ""),
        ({"hold": 3}, (Choice("retry", "Try again", "", None, Override.REASON),), ""),
    ],
)
def test_an_item_without_choices_leads_to_where_it_is_decided(
    world: World, evidence: dict[str, int], choices: tuple[Choice, ...], leads_to: str
) -> None:
    with write(world.ledger) as tx:
        new = review.NewItem("a cause", ReviewDomain.STOP, "medium", "a v1", "what", "why", choices, evidence)
        item_id = review.open_item(tx, new, world.now)
    assert world.desk.review(item_id).leads_to == leads_to
    with write(world.ledger) as tx:
        review.resolve_cause(tx, "a cause", "Ada", "done", "", world.now)
    assert world.desk.review(item_id).leads_to == ""


def on_hold(world: World) -> int:
    """Lot L-1 is held, and an hour of it is counted."""
    with write(world.ledger) as tx:
        hold = holds.NewHold("tr", HoldState.HELD, 2, Scope.LOT, "by hand", "Lot L-1", "Ines", lot="L-1")
        hold_id = holds.add(tx, hold, world.now)
    world.runs("filler1", lot="L-1")
    return hold_id


def test_a_count_that_only_a_hold_stops_leads_to_the_hold(world: World) -> None:
    hold_id = on_hold(world)
    world.make("filler1", 484, world.at(minutes=30))
    world.close(world.at(hours=1, minutes=1))
    (row,) = world.desk.reviews(False)
    detail = world.desk.review(row.id)
    verdicts = world.desk.proposal(1).verdicts
    assert [v.rule for v in verdicts if v.outcome is Outcome.FAIL] == ["not-held"]
    assert detail.leads_to == f"holds:{hold_id}"


def test_a_count_that_something_else_stops_too_is_decided_in_review(world: World) -> None:
    on_hold(world)
    world.make("filler1", 484, world.at(minutes=20))
    world.jump("filler1", 430, world.at(minutes=34))
    world.close(world.at(hours=1, minutes=1))
    details = [world.desk.review(r.id) for r in world.desk.reviews(False)]
    assert any(d.proposal_id is not None for d in details)
    assert {d.leads_to for d in details} == {""}
