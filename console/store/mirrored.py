"""Keeps a table of the mirror as Odoo was seen to have it, writing only what changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update


def keep(
    tx: Connection,
    table: Table,
    rows: Sequence[Mapping[str, Any]],
    asked: Collection[int] | None = None,
) -> None:
    """Puts the rows, by ``id``; those that were asked for and are not among them are marked as gone.

    Rows are never removed: what people decided names them.

    Args:
        asked: ids whose absence means that they are gone; None where the rows are all there are.
    """
    held = {r["id"]: dict(r) for r in tx.execute(select(table)).mappings()}
    fresh = []
    for row in rows:
        values = {**row, "gone": False}
        before = held.get(row["id"])
        if before is None:
            fresh.append(values)
        elif before != values:
            tx.execute(update(table).where(table.c.id == row["id"]).values(**values))
    if fresh:
        tx.execute(insert(table), fresh)
    here = {row["id"] for row in rows}
    lost = [
        i for i, row in held.items() if i not in here and not row["gone"] and (asked is None or i in asked)
    ]
    if lost:
        tx.execute(update(table).where(table.c.id.in_(lost)).values(gone=True))
