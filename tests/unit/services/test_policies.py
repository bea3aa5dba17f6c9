"""Policies: who may set them, what shadow stops, and what automatic lets pass."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.domain.equipment import Machine
from console.domain.people import Role
from console.domain.policies import Flow, Mode
from console.errors import AlreadyDecided, InvalidDecision, NotAllowed
from console.services.desk import Pick
from console.services.policies import Policies
from console.services.tend_policies import TendPolicies
from console.store import audit, outbox, proposals
from console.store.engine import read
from tests.rigs.floor import Floor
from tests.unit.services.shop import DOZEN, MACHINES, a_green_hour, open_shop


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    shop = open_shop(tmp_path / "shop", tuple(_rated(m) for m in MACHINES))
    yield shop
    shop.ledger.dispose()


def _rated(machine: Machine) -> Machine:
    return replace(machine, ideal_rate_per_h=60.0)


def policies(floor: Floor) -> Policies:
    return Policies(floor.ledger, floor.plant, "here", floor.clock)


def set_policy(floor: Floor, mode: Mode, tolerance: float = 0.0, flow: Flow = Flow.PRODUCTION) -> None:
    policies(floor).set(floor.lead, "filler", flow, mode, tolerance, "agreed with quality")


def tend(floor: Floor) -> None:
    TendPolicies(floor.ledger, floor.plant, "edge").tend(floor.clock(), lambda tx: None)


def only(floor: Floor):
    with read(floor.ledger) as tx:
        (row,) = proposals.since(tx, floor.clock.now.replace(year=2000))
        return row.proposal


def test_everything_is_confirmed_by_a_person_until_somebody_says_otherwise(floor: Floor) -> None:
    rows = policies(floor).policies()
    assert len(rows) == len(MACHINES) * len(Flow)
    assert {r.mode for r in rows} == {Mode.CONFIRM}
    a_green_hour(floor)
    tend(floor)
    assert only(floor).state.value == "pending"


def test_a_policy_takes_the_right_a_reason_and_a_change(floor: Floor) -> None:
    inspector = floor.people.create(floor.lead, "Inspector", frozenset({Role.INSPECTOR}), "1357")
    with pytest.raises(NotAllowed):
        policies(floor).set(inspector, "filler", Flow.PRODUCTION, Mode.SHADOW, 0.0, "why not")
    with pytest.raises(InvalidDecision, match="reason"):
        policies(floor).set(floor.lead, "filler", Flow.PRODUCTION, Mode.SHADOW, 0.0, "  ")
    with pytest.raises(AlreadyDecided):
        policies(floor).set(floor.lead, "filler", Flow.PRODUCTION, Mode.CONFIRM, 0.0, "as it is")
    with pytest.raises(InvalidDecision, match="no machine"):
        policies(floor).set(floor.lead, "nowhere", Flow.PRODUCTION, Mode.SHADOW, 0.0, "why")
    with pytest.raises(InvalidDecision, match="percentage"):
        policies(floor).set(floor.lead, "filler", Flow.PRODUCTION, Mode.AUTOMATIC, 101.0, "why")
    with pytest.raises(InvalidDecision, match="sent by a person"):
        set_policy(floor, Mode.AUTOMATIC, flow=Flow.MAINTENANCE)


def test_a_policy_is_audited_with_what_it_was_before(floor: Floor) -> None:
    set_policy(floor, Mode.AUTOMATIC, 2.0)
    (row,) = [r for r in policies(floor).policies() if r.mode is Mode.AUTOMATIC]
    assert (row.machine, row.flow, row.tolerance_percent) == ("filler", Flow.PRODUCTION, 2.0)
    assert (row.set_by, row.reason) == (floor.lead.name, "agreed with quality")
    with read(floor.ledger) as tx:
        assert audit.verify(tx).broken_at is None


def test_shadow_shows_and_books_nothing(floor: Floor) -> None:
    set_policy(floor, Mode.SHADOW)
    a_green_hour(floor)
    p = only(floor)
    with pytest.raises(InvalidDecision, match="is in shadow"):
        floor.decide.confirm(floor.lead, [Pick(p.id, p.version)])
    assert only(floor).state.value == "pending"
    set_policy(floor, Mode.CONFIRM)
    assert floor.decide.confirm(floor.lead, [Pick(p.id, p.version)]).postings == 1


def test_what_is_in_shadow_is_left_out_of_a_confirmation_of_several(floor: Floor) -> None:
    set_policy(floor, Mode.SHADOW)
    a_green_hour(floor)
    a_green_hour(floor, made=8, name="packer", order=DOZEN)
    with read(floor.ledger) as tx:
        rows = {
            r.proposal.machine: r.proposal for r in proposals.since(tx, floor.clock.now.replace(year=2000))
        }
    picks = [Pick(p.id, p.version) for p in rows.values()]
    done = floor.decide.confirm(floor.lead, picks)
    assert (done.decisions, done.message) == (1, "1 confirmed. 1 left out, of machines in shadow.")
    with read(floor.ledger) as tx:
        states = {
            p.proposal.machine: p.proposal.state.value
            for p in proposals.several(tx, [x.proposal_id for x in picks]).values()
        }
    assert states == {"filler": "pending", "packer": "confirmed"}


def test_a_tolerance_that_nobody_looks_at_is_not_kept(floor: Floor) -> None:
    set_policy(floor, Mode.AUTOMATIC, 3.0, Flow.HOLD)
    (row,) = [r for r in policies(floor).policies() if r.mode is Mode.AUTOMATIC]
    assert row.tolerance_percent == 0.0
    with pytest.raises(AlreadyDecided):
        set_policy(floor, Mode.AUTOMATIC, 4.0, Flow.HOLD)


def test_automatic_confirms_within_its_tolerance_and_says_who_set_it(floor: Floor) -> None:
    set_policy(floor, Mode.AUTOMATIC, 5.0)
    a_green_hour(floor, made=58)
    tend(floor)
    p = only(floor)
    assert p.state.value == "confirmed"
    with read(floor.ledger) as tx:
        decision = proposals.decision_of(tx, p.id)
        assert decision is not None
        assert decision.person == "policy"
        assert floor.lead.name in decision.reason
        assert len(outbox.newest(tx, 10)) == 1
    tend(floor)
    with read(floor.ledger) as tx:
        assert len(outbox.newest(tx, 10)) == 1


def test_outside_the_tolerance_a_person_decides(floor: Floor) -> None:
    set_policy(floor, Mode.AUTOMATIC, 5.0)
    a_green_hour(floor, made=40)
    tend(floor)
    assert only(floor).state.value == "pending"
