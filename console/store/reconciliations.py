"""Rows of reconciliations: what machine, people and Odoo said of one record at one time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select

from console.store.schema import machine_events, proposals, reconciliations


@dataclass(frozen=True, slots=True)
class Reconciled:
    """One record, once; quantities in the order's unit.

    Attributes:
        odoo: None where the record was never read.
        detail: what disagrees, in words, by kind; empty where all agrees.
    """

    target_key: str
    order_reference: str
    machine_total: float
    confirmed: float
    expected: float
    odoo: float | None
    agrees: bool
    detail: dict[str, Any]


def add(tx: Connection, at: datetime, asked_by: str, found: Reconciled) -> None:
    """Keeps one."""
    tx.execute(
        insert(reconciliations).values(
            at=at,
            asked_by=asked_by,
            target_key=found.target_key,
            order_reference=found.order_reference,
            machine_total=found.machine_total,
            confirmed=found.confirmed,
            expected=found.expected,
            odoo=found.odoo,
            agrees=found.agrees,
            detail=found.detail,
        )
    )


def last(tx: Connection) -> dict[str, Reconciled]:
    """The newest of each record."""
    newest = select(func.max(reconciliations.c.id)).group_by(reconciliations.c.target_key)
    rows = tx.execute(select(reconciliations).where(reconciliations.c.id.in_(newest)))
    return {
        r.target_key: Reconciled(
            r.target_key,
            r.order_reference,
            r.machine_total,
            r.confirmed,
            r.expected,
            r.odoo,
            r.agrees,
            r.detail,
        )
        for r in rows
    }


def lost_counts(tx: Connection) -> dict[str, int]:
    """Raw good counts that the machine events tell and the proposals made from them do not hold, by record.

    Always empty, unless the console itself is wrong: both are written in one commit.
    """
    p = proposals.c
    counter, count = (func.json_extract(machine_events.c.detail, f"$.{key}") for key in ("counter", "count"))
    told = (
        select(machine_events.c.proposal_id, func.sum(count).label("counts"))
        .where(machine_events.c.kind == "CountAdvanced", counter == "good")
        .group_by(machine_events.c.proposal_id)
        .subquery()
    )
    missing = func.sum(func.coalesce(told.c.counts, 0) - p.good_counts)
    rows = tx.execute(
        select(p.target_key, missing)
        .outerjoin(told, told.c.proposal_id == p.id)
        .group_by(p.target_key)
        .having(missing != 0)
    )
    return {r[0]: int(r[1]) for r in rows}
