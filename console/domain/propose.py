"""From machine events to production proposals (station [3])."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain.equipment import Machine
from console.domain.master_data import OPEN_OPERATION_STATES, OPEN_ORDER_STATES, Operation, Order


@dataclass(frozen=True, slots=True)
class RunningOrder:
    """Which order a machine runs, and who says so.

    Attributes:
        reference: empty where nobody knows.
        source: "machine", "person", "only one released" or "" - for evidence.
    """

    reference: str
    lot: str
    source: str


def running_order(
    reported: tuple[str, str], assigned: tuple[str, str] | None, released: Sequence[str]
) -> RunningOrder:
    """The order that counts go to: the machine's word, else a person's, else the only one released there.

    Args:
        reported: order and lot as the machine says them; empty where it does not know.
        assigned: order and lot as a person said them.
        released: references of the orders released to the machine's work center.
    """
    if reported[0]:
        return RunningOrder(reported[0], reported[1] or (assigned[1] if assigned else ""), "machine")
    if assigned is not None and assigned[0]:
        return RunningOrder(assigned[0], assigned[1] or reported[1], "person")
    if len(released) == 1:
        return RunningOrder(released[0], reported[1], "only one released")
    return RunningOrder("", reported[1], "")


def released_orders(
    work_center_id: int, orders: Sequence[Order], operations: Sequence[Operation]
) -> tuple[str, ...]:
    """References of open orders with an open operation on a work center."""
    by_id = {o.id: o for o in orders if o.state in OPEN_ORDER_STATES}
    found = {
        by_id[op.order_id].reference
        for op in operations
        if op.work_center_id == work_center_id and op.state in OPEN_OPERATION_STATES and op.order_id in by_id
    }
    return tuple(sorted(found))


def expected_quantity(machine: Machine, start: datetime, end: datetime) -> float:
    """Units that the machine makes between two times at its ideal rate, in the machine's unit."""
    return round(machine.ideal_rate_per_h * max((end - start).total_seconds(), 0.0) / 3600.0, 1)
