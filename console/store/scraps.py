"""Rows of scrap that got a reason, and of what machines counted of components."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from console.domain.master_data import OperationState, OrderState
from console.domain.proposals import ProposalState
from console.errors import AlreadyDecided
from console.store.schema import consumptions, operations, orders, proposals, scraps


@dataclass(frozen=True, slots=True)
class ScrapEntry:
    """Scrap as a person gave it a reason, in the machine's unit. ``kind``: scrap or rework."""

    id: int
    trace_id: str
    machine: str
    order_id: int
    order_reference: str
    quantity: float
    unit: str
    reason: str
    kind: str
    person: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Consumption:
    """What a machine counted of one component for one order, in the component's unit.

    Attributes:
        confirmed: absolute, as last decided; None: nobody decided, Odoo reckons it by the bill of materials.
        counted_then: what was counted when that was decided.
    """

    id: int
    machine: str
    order_reference: str
    component: str
    counted: float
    confirmed: float | None
    counted_then: float | None
    trace_id: str
    version: int
    revision: int


def add_scrap(tx: Connection, values: dict[str, Any]) -> int:
    """Keeps scrap with its reason."""
    result = tx.execute(insert(scraps).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def scraps_of(tx: Connection, order_id: int) -> list[ScrapEntry]:
    """What got a reason for an order, oldest first."""
    rows = tx.execute(select(scraps).where(scraps.c.order_id == order_id).order_by(scraps.c.id))
    return [ScrapEntry(**r._mapping) for r in rows]


def usual_reasons(tx: Connection, limit: int) -> list[str]:
    """The reasons that people give most often."""
    rows = tx.execute(
        select(scraps.c.reason).group_by(scraps.c.reason).order_by(func.count().desc(), scraps.c.reason)
    )
    return [r[0] for r in rows.fetchmany(limit)]


def remove_scrap(tx: Connection, scrap_id: int) -> None:
    """Its posting was given up: it counts as not explained again. The decision and the audit keep it."""
    tx.execute(update(scraps).where(scraps.c.id == scrap_id).values(quantity=0.0))


def counted_scrap(tx: Connection, order_references: Sequence[str]) -> dict[tuple[str, str], float]:
    """Scrap counted in closed intervals, by (machine, order reference), in the machine's unit."""
    p = proposals.c
    rows = tx.execute(
        select(p.machine, p.order_reference, func.sum(p.scrap))
        .where(p.order_reference.in_(order_references), p.state != ProposalState.OPEN.value)
        .group_by(p.machine, p.order_reference)
    )
    return {(r[0], r[1]): float(r[2] or 0.0) for r in rows}


# --- consumption -------------------------------------------------------------------------------------------


def _consumption(r: Row[Any]) -> Consumption:
    return Consumption(**r._mapping)


def grow(
    tx: Connection, machine: str, order_reference: str, component: str, by: float, trace_id: str
) -> None:
    """More was counted of a component; ``trace_id`` is that of a new row."""
    c = consumptions.c
    where = (c.machine == machine, c.order_reference == order_reference, c.component == component)
    grown = update(consumptions).where(*where).values(counted=c.counted + by)
    if tx.execute(grown).rowcount == 0:
        tx.execute(
            insert(consumptions).values(
                machine=machine,
                order_reference=order_reference,
                component=component,
                counted=by,
                trace_id=trace_id,
            )
        )


def consumption(tx: Connection, consumption_id: int) -> Consumption | None:
    """One row."""
    r = tx.execute(select(consumptions).where(consumptions.c.id == consumption_id)).first()
    return _consumption(r) if r else None


def consumptions_of(tx: Connection, order_reference: str) -> list[Consumption]:
    """What machines counted for an order."""
    query = select(consumptions).where(consumptions.c.order_reference == order_reference)
    return [_consumption(r) for r in tx.execute(query.order_by(consumptions.c.id))]


def orders_with_consumption(tx: Connection) -> list[int]:
    """Ids of the orders that machines counted components for."""
    query = select(orders.c.id).join(consumptions, consumptions.c.order_reference == orders.c.reference)
    return [r[0] for r in tx.execute(query.where(~orders.c.gone).distinct().order_by(orders.c.id))]


def order_of_operation(tx: Connection, operation_id: int) -> int | None:
    """The order that an operation belongs to."""
    found: int | None = tx.execute(
        select(operations.c.order_id).where(operations.c.id == operation_id, ~operations.c.gone)
    ).scalar()
    return found


def mark_closed(tx: Connection, order_id: int) -> None:
    """Odoo was seen to hold the order as done, with its operations."""
    tx.execute(update(orders).where(orders.c.id == order_id).values(state=OrderState.DONE.value))
    tx.execute(
        update(operations)
        .where(operations.c.order_id == order_id, operations.c.state != OperationState.CANCEL.value)
        .values(state=OperationState.DONE.value)
    )


def decide_consumption(tx: Connection, row: Consumption, confirmed: float | None) -> None:
    """Keeps the quantity decided.

    Raises:
        AlreadyDecided: somebody was faster.
    """
    done = tx.execute(
        update(consumptions)
        .where(consumptions.c.id == row.id, consumptions.c.version == row.version)
        .values(
            confirmed=confirmed,
            counted_then=row.counted if confirmed is not None else None,
            version=row.version + 1,
            revision=row.revision + 1,
        )
    )
    if done.rowcount == 0:
        raise AlreadyDecided(
            "This consumption was decided since it was shown.", "Look at it again and decide then."
        )
