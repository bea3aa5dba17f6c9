"""Keeps a table of the mirror as Odoo was seen to have it, writing only what changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

IDS_AT_ONCE = 500


def put(tx: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Inserts what is new, by ``id``, and updates what changed; columns that are not told stay."""
    for at in range(0, len(rows), IDS_AT_ONCE):
        part = {row["id"]: row for row in rows[at : at + IDS_AT_ONCE]}
        asked = select(table).where(table.c.id.in_(part))
        held = {r["id"]: r for r in tx.execute(asked).mappings()}
        fresh = [dict(row) for i, row in part.items() if i not in held]
        for i, row in part.items():
            if i in held and any(held[i][name] != value for name, value in row.items()):
                tx.execute(update(table).where(table.c.id == i).values(**row))
        if fresh:
            tx.execute(insert(table), fresh)


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
    put(tx, table, [{**row, "gone": False} for row in rows])
    here = {row["id"] for row in rows}
    known = tx.execute(select(table.c.id).where(~table.c.gone)).scalars()
    lost = [i for i in known if i not in here and (asked is None or i in asked)]
    if lost:
        tx.execute(update(table).where(table.c.id.in_(lost)).values(gone=True))
