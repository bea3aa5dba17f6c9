"""Rows of batches: what ran on a machine for one lot or order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from console.store.schema import batches


@dataclass(frozen=True, slots=True)
class BatchRow:
    """A batch; ``ended_at`` None while it runs, ``check_id`` None before its summary was made."""

    id: int
    machine: str
    order_reference: str
    lot: str
    started_at: datetime
    ended_at: datetime | None
    check_id: int | None


def _row(r: Row[Any]) -> BatchRow:
    return BatchRow(**r._mapping)


def running(tx: Connection, machine: str) -> BatchRow | None:
    """The batch that runs on a machine."""
    query = select(batches).where(batches.c.machine == machine, batches.c.ended_at.is_(None))
    r = tx.execute(query.order_by(batches.c.id.desc()).limit(1)).first()
    return _row(r) if r else None


def start(tx: Connection, machine: str, order_reference: str, lot: str, at: datetime) -> int:
    """A batch begins; returns its id."""
    result = tx.execute(
        insert(batches).values(machine=machine, order_reference=order_reference, lot=lot, started_at=at)
    )
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def rename(tx: Connection, batch: BatchRow, order_reference: str, lot: str) -> None:
    """What runs is known better than when it began."""
    values = {"order_reference": order_reference, "lot": lot}
    tx.execute(update(batches).where(batches.c.id == batch.id).values(**values))


def end(tx: Connection, batch: BatchRow, at: datetime) -> None:
    """It is over; never before it began, whatever the machine's clock says."""
    tx.execute(update(batches).where(batches.c.id == batch.id).values(ended_at=max(at, batch.started_at)))


def unsummed(tx: Connection) -> Sequence[BatchRow]:
    """Batches that are over and have no summary yet, oldest first."""
    query = select(batches).where(batches.c.ended_at.is_not(None), batches.c.check_id.is_(None))
    return [_row(r) for r in tx.execute(query.order_by(batches.c.id))]


def summed(tx: Connection, batch_id: int, check_id: int) -> None:
    """Its summary was made."""
    tx.execute(update(batches).where(batches.c.id == batch_id).values(check_id=check_id))


def of_check(tx: Connection, check_id: int) -> BatchRow | None:
    """The batch that a summary is of."""
    r = tx.execute(select(batches).where(batches.c.check_id == check_id)).first()
    return _row(r) if r else None
