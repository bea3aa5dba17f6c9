"""Rows of checks: measurements and inspections, by hand or as the summary of a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from console.errors import AlreadyDecided
from console.store.schema import checks


@dataclass(frozen=True, slots=True)
class NewCheck:
    """A check to be kept.

    Attributes:
        kind: inspection | measurement | batch_summary. state: proposed | recorded | rejected.
        result: pass | fail. results: the answers, JSON-able.
    """

    trace_id: str
    kind: str
    state: str
    title: str
    result: str
    results: Sequence[Mapping[str, Any]]
    at: datetime
    machine: str = ""
    product_id: int | None = None
    product: str = ""
    lot: str = ""
    order_reference: str = ""
    test_id: int | None = None
    person: str = ""
    hold_id: int | None = None


def add(tx: Connection, check: NewCheck) -> int:
    """A new check; returns its id."""
    values = asdict(check) | {"results": [dict(r) for r in check.results]}
    result = tx.execute(insert(checks).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def get(tx: Connection, check_id: int) -> Row[Any] | None:
    """One check."""
    return tx.execute(select(checks).where(checks.c.id == check_id)).first()


def change(tx: Connection, check_id: int, version: int, **values: Any) -> None:
    """Changes a check that is still as it was seen. Raises AlreadyDecided."""
    done = tx.execute(
        update(checks)
        .where(checks.c.id == check_id, checks.c.version == version)
        .values(**values, version=version + 1)
    )
    if done.rowcount == 0:
        raise AlreadyDecided(
            "This check was decided or changed since it was shown.", "Look at it again and decide then."
        )


def newest(tx: Connection, limit: int) -> Sequence[Row[Any]]:
    """The newest checks; those that wait for a decision first."""
    waits = (checks.c.state == "proposed").desc()
    return tx.execute(
        select(checks).order_by(waits, checks.c.at.desc(), checks.c.id.desc()).limit(limit)
    ).fetchall()


def about(
    tx: Connection, *, lot: str = "", order_reference: str = "", hold_id: int | None = None, limit: int = 50
) -> Sequence[Row[Any]]:
    """Checks of a lot, of an order or on a hold, newest first."""
    wanted = [checks.c.hold_id == hold_id] if hold_id is not None else []
    wanted += [checks.c.lot == lot] if lot else []
    wanted += [checks.c.order_reference == order_reference] if order_reference and not lot else []
    if not wanted:
        return ()
    either = wanted[0]
    for other in wanted[1:]:
        either = either | other
    return tx.execute(select(checks).where(either).order_by(checks.c.at.desc()).limit(limit)).fetchall()


def last_good_at(
    tx: Connection, machine: str, order_reference: str, lot: str, before: datetime
) -> datetime | None:
    """When what a machine makes was last found good: by a passed check on the machine, lot or order."""
    c = checks.c
    same = c.machine == machine
    if lot:
        same = same | (c.lot == lot)
    if order_reference:
        same = same | (c.order_reference == order_reference)
    query = select(func.max(c.at)).where(
        same, c.result == "pass", c.state == "recorded", c.kind != "batch_summary", c.at <= before
    )
    found: datetime | None = tx.execute(query).scalar()
    return found


def last_measured(tx: Connection, machine: str) -> dict[str, Row[Any]]:
    """The newest measurement by hand of each limit of a machine, by the limit's name."""
    c = checks.c
    rows = tx.execute(
        select(checks).where(c.machine == machine, c.kind == "measurement").order_by(c.at, c.id)
    )
    return {r.results[0]["limit"]: r for r in rows}
