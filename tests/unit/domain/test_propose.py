"""Which order the counts of a machine go to, and what is expected of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from console.domain.master_data import Operation, OperationState, Order, OrderState
from console.domain.propose import RunningOrder, expected_quantity, released_orders, running_order
from tests.rigs.floor import machine

T0 = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("reported", "assigned", "released", "expected"),
    [
        (("A", "L1"), None, (), RunningOrder("A", "L1", "machine")),
        (("A", "L1"), ("B", "L2"), ("C",), RunningOrder("A", "L1", "machine")),
        # a machine that knows its order but no lot is told the lot by a person
        (("A", ""), ("A", "L2"), (), RunningOrder("A", "L2", "machine")),
        (("", ""), ("B", "L2"), ("C",), RunningOrder("B", "L2", "person")),
        (("", "L1"), ("B", ""), (), RunningOrder("B", "L1", "person")),
        (("", "L1"), ("", ""), ("C",), RunningOrder("C", "L1", "only one released")),
        (("", ""), None, ("C", "D"), RunningOrder("", "", "")),
        (("", "L1"), None, (), RunningOrder("", "L1", "")),
    ],
)
def test_running_order(
    reported: tuple[str, str],
    assigned: tuple[str, str] | None,
    released: tuple[str, ...],
    expected: RunningOrder,
) -> None:
    assert running_order(reported, assigned, released) == expected


def order(number: int, state: OrderState) -> Order:
    return Order(number, f"MO/{number}", state, 7, 1, 100.0)


def operation(order_id: int, state: OperationState, center: int = 1) -> Operation:
    return Operation(100 + order_id, order_id, center, "Fill", state, 100.0)


def test_released_orders_are_open_with_an_open_operation_there() -> None:
    orders = [order(n, OrderState.CONFIRMED) for n in (3, 1, 2, 5)] + [order(4, OrderState.DONE)]
    operations = [
        operation(3, OperationState.PROGRESS),
        operation(1, OperationState.BLOCKED),
        operation(2, OperationState.DONE),
        operation(4, OperationState.READY),
        operation(5, OperationState.READY, center=2),
        operation(99, OperationState.READY),
    ]
    assert released_orders(1, orders, operations) == ("MO/1", "MO/3")


def test_expected_quantity() -> None:
    filler = machine("filler", "FIL1", ideal_rate_per_h=1000.0)
    assert expected_quantity(filler, T0, T0 + timedelta(minutes=30)) == 500.0
    assert expected_quantity(filler, T0, T0 - timedelta(minutes=30)) == 0.0
