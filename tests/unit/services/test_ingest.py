"""Events, proposals and checkpoints in one commit, and which order a count goes to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.domain.detect import MachineMemory, detect, flush
from console.domain.machine_events import CounterJump, DataGap, OrderChanged
from console.domain.master_data import OrderState
from console.domain.proposals import Outcome, ProposalState
from console.domain.tags import Quality, Sample
from console.errors import LeaseHeld, StoreUnavailable
from console.services.decide import Given
from console.services.ingest import Detected
from console.store import leases, machines, proposals
from console.store.engine import read
from console.store.proposals import ProposalRow
from tests.rigs.floor import Floor
from tests.unit.services.shop import (
    DOZEN,
    FIRST,
    PASTE,
    SECOND,
    a_green_hour,
    count,
    master_data,
    open_shop,
    synced,
)

ALL = tuple(ProposalState)


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    return open_shop(tmp_path)


def rows(floor: Floor) -> list[ProposalRow]:
    with read(floor.ledger) as tx:
        return proposals.in_states(tx, ALL)


def rules_failing(row: ProposalRow) -> list[str]:
    return [v.rule for v in row.proposal.failing]


def sampled(floor: Floor, *values: int) -> Detected:
    """What a real detector makes of these values of the good counter, a second apart."""
    filler, memory = floor.plant.machines[0], MachineMemory()
    at = floor.clock()
    batch = [
        Sample("filler.good", v, Quality.GOOD, at + timedelta(seconds=n), at + timedelta(seconds=n))
        for n, v in enumerate(values)
    ]
    return Detected(filler, memory, [*detect(filler, memory, batch, at), *flush(memory)])


# --- one commit --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "module_and_step", ["machines.save_checkpoint", "machines.add_event", "proposals.change"]
)
def test_a_ledger_that_fails_in_the_middle_stores_nothing_and_a_retry_stores_once(
    floor: Floor, monkeypatch: pytest.MonkeyPatch, module_and_step: str
) -> None:
    synced(floor)
    found = sampled(floor, 100, 103, 107)
    module, step = module_and_step.split(".")
    broken = {"machines": machines, "proposals": proposals}[module]
    real = getattr(broken, step)

    def once(*args: object, **values: object) -> object:
        monkeypatch.setattr(broken, step, real)
        real(*args, **values)
        raise StoreUnavailable("The disk is gone.")

    monkeypatch.setattr(broken, step, once)
    with pytest.raises(StoreUnavailable):
        floor.ingest.store([found], floor.clock())
    assert [count(floor, t) for t in ("machine_events", "proposals", "checkpoints")] == [0, 0, 0]
    assert found.memory.dirty  # so that the retry stores the checkpoint too

    assert floor.ingest.store([found], floor.clock()) == len(found.events)
    assert [count(floor, t) for t in ("proposals", "checkpoints")] == [1, 1]
    (row,) = rows(floor)
    assert (row.proposal.good, row.good_counts) == (7.0, 7)
    assert floor.ingest.load()["filler"].counters["filler.good"].raw == 107
    assert not found.memory.dirty


def test_a_lost_lease_stores_nothing(floor: Floor) -> None:
    lease = leases.acquire(floor.ledger, "edge", "one", floor.clock(), timedelta(seconds=5))
    floor.clock.turn(6)
    leases.acquire(floor.ledger, "edge", "two", floor.clock(), timedelta(seconds=5))
    with pytest.raises(LeaseHeld):
        floor.ingest.store([sampled(floor, 1, 2)], floor.clock(), lambda tx: leases.check_token(tx, lease))
    assert count(floor, "machine_events") == 0


def test_nothing_new_is_no_transaction(floor: Floor) -> None:
    def fence(_tx: object) -> None:
        raise AssertionError("a transaction was begun for nothing")

    assert (
        floor.ingest.store([Detected(floor.plant.machines[0], MachineMemory(), ())], floor.clock(), fence)
        == 0
    )


def test_each_event_names_its_proposal_and_the_plant_file(floor: Floor) -> None:
    a_green_hour(floor)
    with read(floor.ledger) as tx:
        start = floor.clock() - timedelta(hours=3)
        (made,) = machines.events_of(tx, "filler", start, floor.clock(), ["CountAdvanced"])
    (row,) = rows(floor)
    assert (made.proposal_id, made.plant_version) == (row.proposal.id, "f" * 12)
    assert row.proposal.trace_id.startswith("pc-")


# --- intervals ---------------------------------------------------------------------------------------------


def test_counts_of_one_interval_and_order_are_one_proposal(floor: Floor) -> None:
    floor.runs("filler", FIRST)
    for _ in range(3):
        floor.makes("filler", 10)
        floor.clock.turn(60)
    floor.makes("filler", 2, "scrap")
    (row,) = rows(floor)
    p = row.proposal
    assert (p.good, p.scrap, p.state, p.part) == (30.0, 2.0, ProposalState.OPEN, 1)
    assert (row.good_counts, row.scrap_counts, p.expected) == (30, 2, 600.0)


def test_an_interval_is_closed_only_after_its_grace(floor: Floor) -> None:
    floor.runs("filler", FIRST)
    floor.makes("filler", 10)
    end = rows(floor)[0].proposal.interval_end
    floor.clock.now = end + floor.ingest.grace - timedelta(seconds=1)
    assert floor.ingest.close_intervals(floor.clock()) == 0
    floor.clock.turn(1)
    assert floor.ingest.close_intervals(floor.clock()) == 1
    assert rows(floor)[0].proposal.state is ProposalState.PENDING
    assert floor.ingest.close_intervals(floor.clock()) == 0


@pytest.mark.parametrize("decided", [False, True])
def test_what_comes_late_into_a_closed_interval_is_its_second_part(floor: Floor, decided: bool) -> None:
    a_green_hour(floor)
    if decided:
        floor.confirm_all()
    in_time = floor.clock.now
    floor.clock.now -= timedelta(minutes=31)  # the hour before
    floor.makes("filler", 5)
    floor.makes("filler", 6)
    floor.clock.now = in_time
    floor.ingest.close_intervals(in_time)
    first, second = (r.proposal for r in rows(floor))
    assert first.interval_start == second.interval_start
    assert [(p.part, p.good) for p in (first, second)] == [(1, 60.0), (2, 11.0)]
    assert second.state is ProposalState.PENDING
    floor.confirm_all()
    assert sum(p.quantity for p in floor.postings()) == 71.0


# --- whose count is it -------------------------------------------------------------------------------------


def only(floor: Floor) -> ProposalRow:
    (row,) = rows(floor)
    return row


def test_the_machine_says_the_order(floor: Floor) -> None:
    a_green_hour(floor, order=SECOND)
    p = only(floor).proposal
    assert (p.order_reference, p.order_id, p.target_key) == (SECOND, 2, "operation:12")
    assert p.state is ProposalState.PENDING


def test_an_order_without_operations_is_its_own_target(floor: Floor) -> None:
    floor.runs("mixer", PASTE, "L-1")
    floor.makes("mixer", 5)
    floor.next_hour()
    assert only(floor).proposal.target_key == "order:4"
    assert only(floor).proposal.lot == "L-1"


def test_a_person_says_the_order_where_the_machine_does_not(floor: Floor) -> None:
    floor.makes("filler", 5)
    floor.next_hour()
    assert only(floor).proposal.state is ProposalState.REVIEW
    (pick,) = floor.picks(ProposalState.REVIEW)
    floor.decide.choose(floor.lead, pick, "assign-order", Given(order_reference=SECOND, reason="seen"))
    floor.makes("filler", 7)
    assert [r.proposal.order_reference for r in rows(floor)] == [SECOND, SECOND]


def test_the_only_order_released_there_is_taken(floor: Floor) -> None:
    floor.makes("packer", 4)
    floor.next_hour()
    assert only(floor).proposal.order_reference == DOZEN
    assert only(floor).proposal.state is ProposalState.PENDING


def test_nobody_knows_the_order_and_a_mapping_item_asks(floor: Floor) -> None:
    floor.makes("filler", 5)  # two orders are released there
    floor.next_hour()
    assert rules_failing(only(floor)) == ["order-known"]
    (item,) = floor.open_reviews()
    assert (item.domain, item.rule, item.machine) == ("mapping", "order-known v1", "filler")
    assert item.choices[0].key == "assign-order"
    assert item.proposal_id == only(floor).proposal.id


def test_a_new_word_of_the_machine_ends_what_a_person_said(floor: Floor) -> None:
    floor.runs("filler", FIRST)
    floor.makes("filler", 5)
    filler = floor.plant.machines[0]
    with floor.ledger.begin() as tx:
        machines.assign(tx, "filler", SECOND, "", "Lead A", floor.clock())
    change = OrderChanged("filler", floor.clock(), FIRST, SECOND, "", "")
    floor.ingest.store([Detected(filler, MachineMemory(order=SECOND), [change])], floor.clock())
    with read(floor.ledger) as tx:
        said = machines.assignment(tx, "filler")
    assert said is not None
    assert said.order_reference == ""


def test_counts_around_a_change_of_order_go_to_each(floor: Floor) -> None:
    filler = floor.plant.machines[0]
    floor.runs("filler", FIRST)
    floor.makes("filler", 5)
    change = OrderChanged("filler", floor.clock(), FIRST, SECOND, "", "")
    floor.ingest.store([Detected(filler, MachineMemory(order=SECOND), [change])], floor.clock())
    floor.makes("filler", 8)
    assert [(r.proposal.order_reference, r.proposal.good) for r in rows(floor)] == [(FIRST, 5), (SECOND, 8)]


# --- units, jumps, gaps ------------------------------------------------------------------------------------


def test_cases_of_six_become_dozens(floor: Floor) -> None:
    a_green_hour(floor, 10, "packer", DOZEN)
    assert (only(floor).proposal.good, only(floor).good_counts) == (60.0, 10)
    floor.confirm_all()
    (posting,) = floor.postings()
    assert (posting.quantity, posting.target_quantity, posting.unit) == (5.0, 5.0, "Dozens")


def test_a_jump_is_left_out_and_asked_about_with_a_choice_for_each_explanation(floor: Floor) -> None:
    floor.runs("packer", DOZEN)
    floor.makes("packer", 10)
    at = floor.clock()
    jump = CounterJump(
        "packer",
        at,
        "packer.good",
        "good",
        110,
        150,
        at - timedelta(seconds=1),
        14,
        (("all 40 were made", 40), ("the counter was set by hand", 0)),
    )
    floor.tell("packer", jump)
    floor.next_hour()
    row = only(floor)
    assert (row.proposal.good, row.proposal.jumps) == (60.0, 240.0)
    assert rules_failing(row) == ["counter-explained"]
    (item,) = floor.open_reviews()
    assert item.domain == "count"
    assert [(c.key, c.quantity) for c in item.choices if c.quantity] == [
        ("leave-out", 60.0),
        ("count-all:0", 300.0),
    ]


def gap(floor: Floor, seconds: float) -> DataGap:
    at = floor.clock()
    return DataGap("filler", at, "filler.good", "good", "no route", at - timedelta(seconds=seconds), 100, 140)


def test_a_gap_is_told_and_does_not_stop_anybody(floor: Floor) -> None:
    floor.runs("filler", FIRST)
    floor.tell("filler", gap(floor, 90))
    floor.makes("filler", 40)
    floor.next_hour()
    row = only(floor)
    assert row.proposal.state is ProposalState.PENDING
    assert row.gap_s == 90
    assert [v.rule for v in row.proposal.verdicts if v.outcome is Outcome.NOTICE] == ["data-gap"]


def test_an_order_changed_inside_a_gap_asks_for_a_split(floor: Floor) -> None:
    floor.runs("filler", FIRST)
    change = OrderChanged("filler", floor.clock(), FIRST, SECOND, "", "")
    floor.clock.turn(60)
    filler = floor.plant.machines[0]
    events = [change, gap(floor, 90)]
    floor.ingest.store([Detected(filler, MachineMemory(order=SECOND), events)], floor.clock())
    floor.makes("filler", 40)
    floor.next_hour()
    assert rules_failing(only(floor)) == ["data-gap"]
    assert "split" in [c.key for c in floor.open_reviews()[0].choices]


def test_the_worst_clock_of_the_interval_is_kept_and_the_next_starts_anew(floor: Floor) -> None:
    filler, memory = floor.plant.machines[0], MachineMemory()
    floor.runs("filler", FIRST)
    at = floor.clock()
    for raw, (n, skew) in enumerate([(0, 0), (1, 40), (2, 1), (3700, 1)]):
        then = at + timedelta(seconds=n)
        batch = [Sample("filler.good", raw, Quality.GOOD, then + timedelta(seconds=skew), then)]
        events = [*detect(filler, memory, batch, then), *flush(memory)]
        floor.ingest.store([Detected(filler, memory, events)], then)
        floor.clock.now = then
    floor.makes("filler", 3)
    floor.next_hour()
    first, second = rows(floor)
    assert (first.max_skew_s, second.max_skew_s) == (40, 1)
    assert rules_failing(first) == ["clock-skew"]


# --- judged again ------------------------------------------------------------------------------------------


def test_master_data_that_arrives_later_turns_review_into_green(tmp_path: Path) -> None:
    floor = open_shop(tmp_path)
    synced(floor, orders=(), operations=())
    a_green_hour(floor)
    assert floor.open_reviews()
    assert floor.ingest.judge_again(floor.clock()) == 0  # nothing changed
    synced(floor)
    assert floor.ingest.judge_again(floor.clock()) == 1
    assert only(floor).proposal.state is ProposalState.PENDING
    assert only(floor).proposal.target_key == "operation:11"
    assert floor.open_reviews() == []
    assert floor.ingest.judge_again(floor.clock()) == 0


def test_an_order_closed_in_odoo_turns_green_into_review(floor: Floor) -> None:
    a_green_hour(floor)
    done = tuple(
        replace(o, state=OrderState.DONE) if o.reference == FIRST else o for o in master_data(floor).orders
    )
    synced(floor, orders=done)
    assert floor.ingest.judge_again(floor.clock()) == 1
    assert rules_failing(only(floor)) == ["order-open"]
    assert len(floor.open_reviews()) == 1


def test_the_age_of_master_data_alone_does_not_judge_again(floor: Floor) -> None:
    a_green_hour(floor)
    floor.clock.turn(600)
    assert floor.ingest.judge_again(floor.clock()) == 0


def test_what_is_decided_is_not_judged_again(floor: Floor) -> None:
    a_green_hour(floor)
    floor.confirm_all()
    synced(floor, orders=(), operations=())
    assert floor.ingest.judge_again(floor.clock()) == 0


def test_the_plant_file_is_kept_under_its_hash_once(floor: Floor) -> None:
    for _ in range(2):
        floor.ingest.activate("[plant]", "edge", floor.clock())
    assert count(floor, "plant_versions") == 1
