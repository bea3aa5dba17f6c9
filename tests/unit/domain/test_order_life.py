"""What may be done with an order, and every rule of closing one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.domain.master_data import OperationState, Order, OrderState
from console.domain.order_life import (
    CloseFacts,
    actions_of,
    consumption_tolerance,
    judge_close,
    stands_in_the_way,
    suggested,
)
from console.domain.packml import MachineState
from console.domain.proposals import Outcome

S = OperationState
ORDER = Order(42, "WH/MO/00042", OrderState.PROGRESS, 7, 1, 1000.0)
CLOSABLE = CloseFacts(
    order=ORDER,
    produced=990.0,
    shown=990.0,
    undecided=0,
    in_flight=0,
    stuck=0,
    closing=False,
    lot_missing=False,
    holds=(),
    behind=(),
    differing=(),
)
FAILING = [
    ("close-order-open", replace(CLOSABLE, order=replace(ORDER, state=OrderState.DONE)), "is done"),
    ("close-order-open", replace(CLOSABLE, order=replace(ORDER, state=OrderState.DRAFT)), "is draft"),
    ("close-not-decided", replace(CLOSABLE, closing=True), "decided already"),
    ("close-something-made", replace(CLOSABLE, produced=0.0, shown=0.0), "Nothing is booked"),
    ("close-as-shown", replace(CLOSABLE, produced=991.0), "has 991 now, 990 was shown"),
    ("close-counts-decided", replace(CLOSABLE, undecided=2), "2 intervals"),
    ("close-postings-settled", replace(CLOSABLE, in_flight=3, stuck=1), "3 postings"),
    ("close-not-held", replace(CLOSABLE, holds=("Lot L-1: too warm",)), "too warm"),
    ("close-operations-complete", replace(CLOSABLE, behind=("Capping",)), "Capping"),
    ("close-lot-known", replace(CLOSABLE, lot_missing=True), "has no lot"),
    ("close-consumption-decided", replace(CLOSABLE, differing=("Caps: 60 counted",)), "Caps"),
]


def failing(facts: CloseFacts) -> list[str]:
    return [v.rule for v in judge_close(facts) if v.outcome is Outcome.FAIL]


def test_nothing_stands_in_the_way_of_a_complete_order() -> None:
    assert failing(CLOSABLE) == []
    assert stands_in_the_way(judge_close(CLOSABLE)) is None


@pytest.mark.parametrize(("rule", "facts", "words"), FAILING, ids=[f[0] for f in FAILING])
def test_exactly_this_rule_stands_in_the_way(rule: str, facts: CloseFacts, words: str) -> None:
    assert failing(facts) == [rule]
    first = stands_in_the_way(judge_close(facts))
    assert first is not None
    assert words in first.message
    assert first.remedy


def test_every_rule_of_closing_has_a_failing_case() -> None:
    assert {v.rule for v in judge_close(CLOSABLE)} == {rule for rule, _, _ in FAILING}


@pytest.mark.parametrize(
    ("state", "produced", "allowed"),
    [
        (S.READY, 0.0, ("start",)),
        (S.BLOCKED, 5.0, ("start", "finish")),
        (S.PROGRESS, 0.0, ("pause",)),
        (S.PROGRESS, 5.0, ("pause", "finish")),
        (S.DONE, 5.0, ()),
        (S.CANCEL, 5.0, ()),
    ],
)
def test_actions_follow_from_state_and_quantity(
    state: OperationState, produced: float, allowed: tuple[str, ...]
) -> None:
    assert actions_of(state, produced) == allowed


@pytest.mark.parametrize(
    ("state", "machine", "runs", "produced", "hint"),
    [
        (S.READY, MachineState.EXECUTE, True, 0.0, "start"),
        (S.READY, MachineState.STOPPED, True, 0.0, ""),
        (S.READY, MachineState.EXECUTE, False, 0.0, ""),
        (S.PROGRESS, MachineState.EXECUTE, True, 10.0, ""),
        (S.PROGRESS, MachineState.EXECUTE, False, 10.0, "pause"),
        (S.PROGRESS, None, False, 10.0, ""),
        (S.PROGRESS, MachineState.EXECUTE, True, 100.0, "finish"),
        (S.DONE, MachineState.EXECUTE, True, 100.0, ""),
    ],
)
def test_the_machine_suggests(
    state: OperationState, machine: MachineState | None, runs: bool, produced: float, hint: str
) -> None:
    assert suggested(state, machine, runs, produced, 100.0) == hint


def test_the_tolerance_is_a_share_of_the_bill_of_materials() -> None:
    assert consumption_tolerance(50.0, 5.0) == 2.5
    assert consumption_tolerance(0.0, 5.0) == 0.0
