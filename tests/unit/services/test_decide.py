"""A decision, its audit entry and its posting are one commit, taken once, by somebody who may."""

from __future__ import annotations

import random
import sqlite3
import subprocess
import sys
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, event, text

from console.domain.detect import MachineMemory
from console.domain.equipment import Counter
from console.domain.machine_events import AdvanceKind, CountAdvanced, CounterJump, OrderChanged
from console.domain.master_data import OrderState
from console.domain.people import Person, Role
from console.domain.proposals import ProposalState
from console.errors import AlreadyDecided, DecisionError, DiskFull, InvalidDecision, NotAllowed
from console.services.decide import Given, Pick
from console.services.ingest import Detected
from console.store import audit, machines, outbox, proposals
from console.store.engine import read
from console.store.proposals import ProposalRow
from tests.rigs.floor import Floor, machine
from tests.unit.services.shop import (
    DOZEN,
    FIRST,
    PASTE,
    SECOND,
    a_green_hour,
    count,
    later,
    master_data,
    open_shop,
    synced,
)

WHY = "counted by hand"
INSPECTOR = Person(77, "Kim", frozenset({Role.INSPECTOR}))
REPOSITORY = Path(__file__).parents[3]


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    return open_shop(tmp_path)


def row_of(floor: Floor, proposal_id: int) -> ProposalRow:
    with read(floor.ledger) as tx:
        row = proposals.get(tx, proposal_id)
    assert row is not None
    return row


def the_pick(floor: Floor, state: ProposalState = ProposalState.PENDING) -> Pick:
    (pick,) = floor.picks(state)
    return pick


def choose(floor: Floor, choice: str, **given: object):
    pick = the_pick(
        floor, ProposalState.REVIEW if floor.picks(ProposalState.REVIEW) else ProposalState.PENDING
    )
    return floor.decide.choose(floor.lead, pick, choice, Given(**given))  # type: ignore[arg-type]


def booked(floor: Floor) -> list[tuple[str, float]]:
    return [(p.order_reference, p.quantity) for p in floor.postings()]


def consistent(floor: Floor) -> int:
    """That the ledger tells one story; the number of confirmed proposals."""
    with read(floor.ledger) as tx:

        def number(query: str) -> float:
            return float(tx.execute(text(query)).scalar_one() or 0)

        confirmed = number("SELECT count(*) FROM proposals WHERE state = 'confirmed'")
        assert number("SELECT count(*) FROM decisions WHERE kind = 'confirm'") == confirmed
        assert number("SELECT count(*) FROM postings") == confirmed
        assert number("SELECT count(*) FROM audit WHERE action = 'count confirm'") == confirmed
        assert number("SELECT sum(decided) FROM balances") == number("SELECT sum(quantity) FROM postings")
        assert number("SELECT max(target_quantity) FROM postings") == number(
            "SELECT sum(decided) FROM balances"
        )
        joined = """SELECT count(*) FROM decisions d JOIN audit a ON a.seq = d.audit_seq
                    JOIN postings p ON p.decision_id = d.id JOIN proposals q ON q.id = d.proposal_id
                    WHERE a.subject = 'proposal:' || q.id AND q.trace_id = p.trace_id"""
        assert number(joined) == confirmed
        report = audit.verify(tx)
        assert (report.broken_at, report.problem) == (None, "")
    return int(confirmed)


def assert_untouched(floor: Floor) -> None:
    assert [count(floor, t) for t in ("decisions", "postings", "balances")] == [0, 0, 0]


# --- who may -----------------------------------------------------------------------------------------------


def test_a_supervisor_confirms_and_all_of_it_is_there(floor: Floor) -> None:
    a_green_hour(floor)
    decided = floor.confirm_all()
    assert (decided.decisions, decided.postings, decided.message) == (1, 1, "1 confirmed.")
    assert consistent(floor) == 1
    (posting,) = floor.postings()
    assert (posting.target_key, posting.quantity, posting.target_quantity) == ("operation:11", 60.0, 60.0)
    with read(floor.ledger) as tx:
        decision = proposals.decision(tx, posting.decision_id)
    assert decision is not None
    assert (decision.person, decision.role, decision.console) == ("Lead A", floor.lead.title, "test")
    assert (decision.quantity, decision.machine_quantity, decision.reason) == (60.0, 60.0, "")


@pytest.mark.parametrize("role", [Role.INSPECTOR, Role.MAINTENANCE, Role.ADMINISTRATOR])
def test_other_roles_may_not(floor: Floor, role: Role) -> None:
    a_green_hour(floor)
    other = Person(77, "Kim", frozenset({role}))
    with pytest.raises(NotAllowed):
        floor.decide.confirm(other, floor.picks())
    with pytest.raises(NotAllowed):
        floor.decide.choose(other, the_pick(floor), "reject", Given(reason=WHY))
    assert_untouched(floor)


def test_nothing_picked_is_no_decision(floor: Floor) -> None:
    with pytest.raises(InvalidDecision):
        floor.decide.confirm(floor.lead, [])


# --- once --------------------------------------------------------------------------------------------------


def test_what_changed_since_it_was_shown_is_not_decided(floor: Floor) -> None:
    a_green_hour(floor)
    pick = the_pick(floor)
    for stale in (Pick(pick.proposal_id, pick.version - 1), Pick(999, 1)):
        with pytest.raises(AlreadyDecided):
            floor.decide.confirm(floor.lead, [stale])
    assert_untouched(floor)


def test_one_stale_pick_among_several_decides_none(floor: Floor) -> None:
    a_green_hour(floor)
    a_green_hour(floor, 20)
    good, other = floor.picks()
    with pytest.raises(AlreadyDecided):
        floor.decide.confirm(floor.lead, [good, Pick(other.proposal_id, other.version - 1)])
    assert_untouched(floor)
    with pytest.raises(AlreadyDecided):
        floor.decide.confirm(floor.lead, [good, good])
    assert_untouched(floor)


@pytest.mark.parametrize("choice", ["confirm", "amend", "reject", "assign-order"])
def test_what_is_decided_stays_decided_even_as_it_is_shown_now(floor: Floor, choice: str) -> None:
    """Also where a rule would fail by now: it must not come back to Review."""
    a_green_hour(floor)
    floor.confirm_all()
    pick = the_pick(floor, ProposalState.CONFIRMED)
    later(floor, 100)  # master data is stale now
    given = Given(quantity=5.0, reason=WHY, order_reference=SECOND)
    with pytest.raises(AlreadyDecided):
        floor.decide.choose(floor.lead, pick, choice, given)
    with pytest.raises(AlreadyDecided):
        floor.decide.confirm(floor.lead, [pick])
    assert row_of(floor, pick.proposal_id).proposal.state is ProposalState.CONFIRMED
    assert floor.open_reviews() == []
    assert consistent(floor) == 1


def test_an_interval_that_still_runs_is_not_decided(floor: Floor) -> None:
    floor.runs("filler", FIRST)
    floor.makes("filler", 5)
    pick = the_pick(floor, ProposalState.OPEN)
    later(floor, 100)
    with pytest.raises(DecisionError, match="still runs"):
        floor.decide.confirm(floor.lead, [pick])
    assert row_of(floor, pick.proposal_id).proposal.state is ProposalState.OPEN


def test_of_two_people_at_once_exactly_one_wins(floor: Floor) -> None:
    for round_ in range(5):
        a_green_hour(floor, 10)
        picks, door = floor.picks(), threading.Barrier(2)
        outcomes: list[str] = []

        def act(person: Person, picks=picks, door=door, outcomes=outcomes) -> None:
            door.wait()
            try:
                outcomes.append(floor.decide.confirm(person, picks).message)
            except AlreadyDecided:
                outcomes.append("too late")

        threads = [threading.Thread(target=act, args=(p,)) for p in (floor.lead, floor.second)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["1 confirmed.", "too late"]
        assert consistent(floor) == round_ + 1


# --- several, and what fails by now ------------------------------------------------------------------------


def test_hours_confirmed_together_are_weighed_together(floor: Floor) -> None:
    """Each of three hours fits SECOND's 500 alone; the third no more after the first two."""
    for _ in range(3):
        a_green_hour(floor, 200, order=SECOND)
    assert len(floor.picks()) == 3
    decided = floor.confirm_all()
    assert (decided.decisions, decided.postings) == (2, 2)
    assert "1 went to Review" in decided.message
    assert "600 of 500" in decided.message
    assert [p.target_quantity for p in floor.postings()] == [200.0, 400.0]
    (item,) = floor.open_reviews()
    assert item.rule == "within-remaining v1"
    assert consistent(floor) == 2


def test_what_was_green_and_is_not_now_goes_to_review_instead_of_to_odoo(floor: Floor) -> None:
    a_green_hour(floor)
    later(floor, 100)
    decided = floor.confirm_all()
    assert (decided.decisions, decided.message.startswith("Nothing confirmed.")) == (0, True)
    assert_untouched(floor)
    assert floor.open_reviews()[0].rule == "master-data-fresh v1"


# --- the other choices -------------------------------------------------------------------------------------


def test_amend_books_what_a_person_counted(floor: Floor) -> None:
    a_green_hour(floor)
    choose(floor, "amend", quantity=55.0, reason=WHY)
    assert booked(floor) == [(FIRST, 55.0)]
    with read(floor.ledger) as tx:
        decision = proposals.decision(tx, floor.postings()[0].decision_id)
    assert decision is not None
    assert (decision.kind, decision.quantity, decision.machine_quantity, decision.reason) == (
        "amend",
        55.0,
        60.0,
        WHY,
    )


def test_amend_to_nothing_is_a_decision_without_a_posting(floor: Floor) -> None:
    a_green_hour(floor)
    choose(floor, "amend", quantity=0.0, reason=WHY)
    assert (count(floor, "decisions"), count(floor, "postings")) == (1, 0)


@pytest.mark.parametrize("quantity", [None, -1.0, float("nan"), float("inf"), 1e12])
def test_amend_needs_a_quantity_that_can_be(floor: Floor, quantity: float | None) -> None:
    a_green_hour(floor)
    with pytest.raises(InvalidDecision, match="quantity"):
        choose(floor, "amend", quantity=quantity, reason=WHY)
    assert_untouched(floor)


def test_amend_beyond_what_the_machine_can_make_needs_a_second_person(floor: Floor) -> None:
    slow = machine("filler", "FIL1", counters=(Counter("filler.good", "good", 65536, 0.01),))
    floor = open_shop(floor.folder / "slow", (slow,))
    a_green_hour(floor, 20)
    for witness in (None, floor.lead, INSPECTOR):
        with pytest.raises(DecisionError):
            choose(floor, "amend", quantity=300.0, reason=WHY, witness=witness)
    assert_untouched(floor)
    choose(floor, "amend", quantity=300.0, reason=WHY, witness=floor.second)
    assert booked(floor) == [(FIRST, 300.0)]
    with read(floor.ledger) as tx:
        decision = proposals.decision(tx, floor.postings()[0].decision_id)
    assert decision is not None
    assert decision.witness == "Lead C"


@pytest.mark.parametrize(
    ("choice", "given"),
    [
        ("amend", {"quantity": 5.0}),
        ("split", {"parts": [(FIRST, 30.0), (SECOND, 30.0)]}),
        ("reject", {}),
        ("leave-out", {}),
        ("assign-order", {"order_reference": SECOND}),
    ],
)
@pytest.mark.parametrize("reason", ["", "   "])
def test_all_but_a_green_confirm_need_a_reason(
    floor: Floor, choice: str, given: dict[str, object], reason: str
) -> None:
    a_green_hour(floor)
    with pytest.raises(InvalidDecision, match="reason"):
        choose(floor, choice, reason=reason, **given)
    assert_untouched(floor)


def test_confirming_against_a_rule_needs_a_reason(floor: Floor) -> None:
    a_green_hour(floor, 600, order=SECOND)
    with pytest.raises(InvalidDecision, match="reason"):
        choose(floor, "confirm")
    choose(floor, "confirm", reason="the planner agreed")
    assert booked(floor) == [(SECOND, 600.0)]
    assert floor.open_reviews() == []


def test_a_rule_that_nobody_may_override(floor: Floor) -> None:
    a_green_hour(floor, order="WH/MO/77777")
    for choice in ("confirm", "amend", "leave-out"):
        with pytest.raises(InvalidDecision, match="WH/MO/77777"):
            choose(floor, choice, quantity=5.0, reason=WHY, witness=floor.second)
    assert_untouched(floor)


def test_reject_books_nothing_and_stays_in_the_audit(floor: Floor) -> None:
    a_green_hour(floor)
    choose(floor, "reject", reason="test run")
    assert (count(floor, "decisions"), count(floor, "postings")) == (1, 0)
    with read(floor.ledger) as tx:
        last = tx.execute(text("SELECT action, detail FROM audit ORDER BY seq DESC LIMIT 1")).one()
    assert last.action == "count reject"
    assert "test run" in last.detail
    assert floor.picks(*ProposalState)[0].version == row_of(floor, 1).proposal.version


def test_split_books_each_part_under_its_own_key(floor: Floor) -> None:
    a_green_hour(floor)
    decided = choose(floor, "split", parts=[(FIRST, 40.0), (SECOND, 20.0)], reason=WHY)
    assert (decided.decisions, decided.postings) == (1, 2)
    assert booked(floor) == [(FIRST, 40.0), (SECOND, 20.0)]
    one, other = floor.postings()
    assert one.trace_id == other.trace_id
    assert {p.posting_key for p in (one, other)} == {f"{one.trace_id}-1", f"{one.trace_id}-2"}


@pytest.mark.parametrize(
    "parts",
    [
        (),
        ((FIRST, 60.0),),
        ((FIRST, 40.0), (SECOND, 19.0)),
        ((FIRST, 70.0), (SECOND, -10.0)),
        ((FIRST, 60.0), (SECOND, 0.0)),
        ((FIRST, 40.0), ("WH/MO/77777", 20.0)),
        ((FIRST, 40.0), (DOZEN, 20.0)),  # has no operation on the filler
    ],
)
def test_a_split_that_does_not_add_up_books_nothing(
    floor: Floor, parts: tuple[tuple[str, float], ...]
) -> None:
    a_green_hour(floor)
    with pytest.raises(InvalidDecision):
        choose(floor, "split", parts=parts, reason=WHY)
    assert_untouched(floor)


def test_an_unknown_choice(floor: Floor) -> None:
    a_green_hour(floor)
    with pytest.raises(InvalidDecision, match="no choice"):
        choose(floor, "give-away", reason=WHY)


# --- jumps -------------------------------------------------------------------------------------------------


def a_jump(floor: Floor) -> None:
    floor.runs("filler", FIRST)
    floor.makes("filler", 60)
    at = floor.clock()
    explanations = (("all 430 were made", 430), ("the counter was set by hand", 0))
    jump = CounterJump(
        "filler", at, "filler.good", "good", 160, 590, at - timedelta(seconds=1), 50, explanations
    )
    floor.tell("filler", jump)
    floor.next_hour()


def test_leaving_a_jump_out_needs_a_reason_only(floor: Floor) -> None:
    a_jump(floor)
    choose(floor, "leave-out", reason="set by hand")
    assert booked(floor) == [(FIRST, 60.0)]


def test_counting_a_jump_needs_a_second_person(floor: Floor) -> None:
    a_jump(floor)
    with pytest.raises(InvalidDecision, match="second person"):
        choose(floor, "count-all:0", reason=WHY)
    with pytest.raises(InvalidDecision, match="same as the first"):
        choose(floor, "count-all:0", reason=WHY, witness=floor.lead)
    with pytest.raises(NotAllowed):
        choose(floor, "count-all:0", reason=WHY, witness=INSPECTOR)
    assert_untouched(floor)
    choose(floor, "count-all:0", reason=WHY, witness=floor.second)
    assert booked(floor) == [(FIRST, 490.0)]


@pytest.mark.parametrize("index", ["2", "", "-1", "x"])
def test_an_explanation_that_is_not_there(floor: Floor, index: str) -> None:
    a_jump(floor)
    with pytest.raises(AlreadyDecided):
        choose(floor, f"count-all:{index}", reason=WHY, witness=floor.second)


def test_an_amended_quantity_answers_the_jump_too(floor: Floor) -> None:
    a_jump(floor)
    choose(floor, "amend", quantity=77.0, reason=WHY)
    assert booked(floor) == [(FIRST, 77.0)]


# --- which order, which lot --------------------------------------------------------------------------------


def states(floor: Floor) -> list[tuple[str, str, str]]:
    with read(floor.ledger) as tx:
        every = proposals.in_states(tx, tuple(ProposalState))
    return [(r.proposal.order_reference, r.proposal.lot, r.proposal.state.value) for r in every]


def test_saying_the_order_once_settles_every_interval_that_waits_for_it(floor: Floor) -> None:
    for _ in range(3):
        floor.makes("filler", 10)
        floor.next_hour()
    floor.makes("filler", 10)  # still runs
    assert len(floor.open_reviews()) == 3
    pick = floor.picks(ProposalState.REVIEW)[1]
    decided = floor.decide.choose(floor.lead, pick, "assign-order", Given(order_reference=FIRST, reason=WHY))
    assert (decided.decisions, decided.postings) == (0, 0)
    assert states(floor) == [(FIRST, "", "pending")] * 3 + [(FIRST, "", "open")]
    assert floor.open_reviews() == []
    floor.confirm_all()
    assert sum(q for _, q in booked(floor)) == 30.0


def test_an_order_that_is_not_known_cannot_be_said(floor: Floor) -> None:
    floor.makes("filler", 10)
    floor.next_hour()
    with pytest.raises(InvalidDecision, match="not known"):
        choose(floor, "assign-order", order_reference="WH/MO/77777", reason=WHY)
    assert states(floor) == [("", "", "review")]


def test_another_order_that_does_not_fit_stays_in_review_for_its_own_reason(floor: Floor) -> None:
    floor.makes("filler", 10)
    floor.next_hour()
    choose(floor, "assign-order", order_reference=DOZEN, reason=WHY)
    assert states(floor) == [(DOZEN, "", "review")]
    assert "no operation" in floor.open_reviews()[0].title


@pytest.mark.parametrize("shown", ["WH/MO/77777", FIRST])
def test_a_machine_that_shows_a_wrong_order_can_be_corrected(floor: Floor, shown: str) -> None:
    """A typing mistake on the panel, or an order that was closed in Odoo: the hours must not be lost."""
    a_green_hour(floor, order=shown)
    closed = tuple(
        replace(o, state=OrderState.DONE) if o.reference == FIRST else o for o in master_data(floor).orders
    )
    synced(floor, orders=closed)
    floor.ingest.judge_again(floor.clock())
    choose(floor, "assign-order", order_reference=SECOND, reason=WHY)
    assert states(floor) == [(SECOND, "", "pending")]
    floor.confirm_all()
    assert booked(floor) == [(SECOND, 60.0)]


def test_machine_and_person_disagree_until_a_person_says_which(floor: Floor) -> None:
    a_green_hour(floor)
    with floor.ledger.begin() as tx:
        machines.assign(tx, "filler", SECOND, "", "Lead C", floor.clock())
    assert floor.ingest.judge_again(floor.clock()) == 1
    assert floor.open_reviews()[0].rule.startswith("machine-order-agree")
    choose(floor, "assign-order", order_reference=FIRST, reason="the panel is right")
    assert states(floor) == [(FIRST, "", "pending")]
    assert row_of(floor, 1).proposal.part == 1


def test_an_interval_that_is_moved_onto_one_that_is_there_becomes_its_next_part(floor: Floor) -> None:
    filler = floor.plant.machines[0]
    floor.makes("filler", 10)
    told = OrderChanged("filler", floor.clock(), "", FIRST, "", "")
    floor.ingest.store([Detected(filler, MachineMemory(order=FIRST), [told])], floor.clock())
    floor.makes("filler", 20)
    floor.next_hour()
    choose(floor, "assign-order", order_reference=FIRST, reason=WHY)
    assert states(floor) == [(FIRST, "", "pending")] * 2
    floor.confirm_all()
    assert sorted(booked(floor)) == [(FIRST, 10.0), (FIRST, 20.0)]


def test_the_lot_is_given_for_every_interval_that_waits_for_one(floor: Floor) -> None:
    for _ in range(2):
        floor.runs("mixer", PASTE)
        floor.makes("mixer", 5)
        floor.next_hour()
    pick = floor.picks(ProposalState.REVIEW)[0]
    with pytest.raises(InvalidDecision, match="lot"):
        floor.decide.choose(floor.lead, pick, "assign-lot", Given(lot="  "))
    floor.decide.choose(floor.lead, pick, "assign-lot", Given(lot="L-1"))
    assert states(floor) == [(PASTE, "L-1", "pending")] * 2
    floor.confirm_all()
    assert [p.lot for p in floor.postings()] == ["L-1", "L-1"]
    floor.makes("mixer", 5)  # and what comes goes into it
    assert states(floor)[-1] == (PASTE, "L-1", "open")


# --- one commit, whatever happens --------------------------------------------------------------------------


def many_green(floor: Floor, intervals: int) -> None:
    """So many minutes of one count each, closed."""
    filler, at = floor.plant.machines[0], floor.clock()
    floor.runs("filler", FIRST)
    events = []
    for n in range(intervals):
        then = at + timedelta(seconds=60 * n + 30)
        since = then - timedelta(seconds=1)
        made = ("filler.good", "good", AdvanceKind.NORMAL, n, n + 1, 1, 1, since)
        events.append(CountAdvanced("filler", then, *made))
    floor.ingest.store([Detected(filler, MachineMemory(), events)], floor.clock())
    floor.clock.now = at + timedelta(seconds=60 * intervals + 30)
    synced(floor)
    assert floor.ingest.close_intervals(floor.clock()) == intervals


MINUTES = 300
BY_THE_MINUTE = (machine("filler", "FIL1", confirmation_interval_s=60),)

_CONFIRM_IN_A_LOOP = """
import sys
from datetime import datetime
from pathlib import Path
from tests.rigs.floor import Floor
from tests.unit.services.test_decide import BY_THE_MINUTE
from tests.unit.services.shop import ODOO
from tests.rigs.floor import plant_of
floor = Floor(Path(sys.argv[1]), plant_of(BY_THE_MINUTE, ODOO))
floor.clock.now = datetime.fromisoformat(sys.argv[2])
picks = floor.picks()
print("go", flush=True)
for pick in picks:
    floor.decide.confirm(floor.lead, [pick])
"""


def test_killed_at_any_instant_decision_audit_and_posting_are_all_there_or_none(tmp_path: Path) -> None:
    floor = open_shop(tmp_path, BY_THE_MINUTE)
    many_green(floor, MINUTES)
    chance, before, caught = random.Random(), 0, 0
    for _ in range(4):
        command = [sys.executable, "-c", _CONFIRM_IN_A_LOOP, str(tmp_path), floor.clock().isoformat()]
        with subprocess.Popen(command, cwd=REPOSITORY, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            assert child.stdout.readline() == b"go\n"
            threading.Event().wait(chance.uniform(0.02, 0.2))  # the instant is the point
            child.kill()
        confirmed = consistent(floor)
        caught += before < confirmed < MINUTES
        before = confirmed
    assert caught, "the child was never caught in the middle"
    # and what is left can be decided by the next one
    assert floor.confirm_all().decisions == MINUTES - before
    assert consistent(floor) == MINUTES
    assert floor.postings()[-1].target_quantity == MINUTES


@pytest.mark.parametrize("moment", ["before the decision", "before the posting", "at the commit"])
def test_a_ledger_that_fails_before_the_commit_keeps_nothing_of_it(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, moment: str
) -> None:
    a_green_hour(floor)
    a_green_hour(floor)
    picks = floor.picks()

    def fail(*_arguments: object, **_values: object) -> None:
        fault = sqlite3.OperationalError("database or disk is full")
        fault.sqlite_errorcode = sqlite3.SQLITE_FULL  # type: ignore[misc]
        raise fault

    if moment == "at the commit":

        def at_commit(_connection: Connection) -> None:
            fail()

        event.listen(floor.ledger, "commit", at_commit)
    else:
        place, step = (proposals, "add_decision") if moment == "before the decision" else (outbox, "add")
        monkeypatch.setattr(place, step, fail)
    with pytest.raises(DiskFull):
        floor.decide.confirm(floor.lead, picks)
    monkeypatch.undo()
    if moment == "at the commit":
        event.remove(floor.ledger, "commit", at_commit)
    assert consistent(floor) == 0
    assert floor.decide.confirm(floor.lead, picks).decisions == 2  # the picks are still good
    assert consistent(floor) == 2


def test_a_target_that_is_not_known_any_more_takes_the_whole_decision_back(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules would have caught it; the commit does even where they do not."""
    a_green_hour(floor)
    monkeypatch.setattr("console.services.decide.judge", lambda *a, **k: ())
    synced(floor, orders=(), operations=())
    with pytest.raises(InvalidDecision, match="not known"):
        floor.confirm_all()
    assert_untouched(floor)
    assert consistent(floor) == 0


def test_a_baseline_that_odoo_already_holds_is_added_to(floor: Floor) -> None:
    started = tuple(replace(o, produced=250.0) for o in master_data(floor).operations)
    synced(floor, operations=started)
    a_green_hour(floor)
    floor.confirm_all()
    assert floor.postings()[0].target_quantity == 310.0
    with read(floor.ledger) as tx:
        balance = outbox.balance(tx, "operation:11")
    assert balance is not None
    assert (balance.baseline, balance.decided, balance.booked) == (250.0, 60.0, 310.0)


def test_who_was_shut_out_while_signed_in_decides_nothing_more(floor: Floor) -> None:
    a_green_hour(floor)
    floor.people.set_active(floor.lead, floor.second.id, active=False)
    with pytest.raises(NotAllowed, match="may not sign in any more"):
        floor.confirm_all(floor.second)
    assert_untouched(floor)
    assert floor.confirm_all(floor.lead).decisions == 1


def test_a_split_gives_each_order_one_part(floor: Floor) -> None:
    a_green_hour(floor)
    (pick,) = floor.picks()
    with read(floor.ledger) as tx:
        row = proposals.get(tx, pick.proposal_id)
    assert row is not None
    reference, half = row.proposal.order_reference, row.proposal.good / 2
    given = Given(parts=[(reference, half), (reference, half)], reason="two pallets")
    with pytest.raises(InvalidDecision, match="same order twice"):
        floor.decide.choose(floor.lead, pick, "split", given)
    assert_untouched(floor)


def test_green_when_shown_but_too_much_by_now_asks_for_a_reason(floor: Floor) -> None:
    a_green_hour(floor)
    (pick,) = floor.picks()
    # meanwhile the order was made smaller in Odoo, and nobody has judged the interval again yet
    smaller = tuple(replace(o, quantity=50.0) for o in master_data(floor).operations)
    synced(floor, operations=smaller)
    with pytest.raises(InvalidDecision, match="too many"):
        floor.decide.choose(floor.lead, pick, "confirm", Given())
    assert_untouched(floor)
    floor.decide.choose(floor.lead, pick, "confirm", Given(reason="the customer takes them"))
    assert consistent(floor) == 1
