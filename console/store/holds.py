"""Rows of quality holds.

``change`` is guarded by the version that the caller saw: two people deciding at once are told apart by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from console.domain.holds import EFFECTIVE, OVER, Disposition, Held, HoldState, Scope
from console.errors import AlreadyDecided
from console.store.schema import audit, decisions, holds, postings


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A quality hold as stored; see the schema.

    Attributes:
        shadow: proposed under a policy of shadow: shown, stops nothing, cannot be booked.
        evidence: ``breaches`` (oldest first), ``before`` (state to go back to), ``given_up`` (words).
        moves: lines of transfers that Odoo was seen to hold: product_id, lot_id, unit_id, quantity,
            source_id, destination_id.
    """

    id: int
    trace_id: str
    state: HoldState
    severity: int
    scope: Scope
    machine: str
    product_id: int | None
    product: str
    lot: str
    lot_id: int | None
    order_reference: str
    window_start: datetime | None
    window_end: datetime | None
    quantity: float | None
    unit: str
    cause: str
    title: str
    evidence: Mapping[str, Any]
    opened_at: datetime
    opened_by: str
    parent_id: int | None
    disposition: Disposition | None
    decided_at: datetime | None
    decided_by: str
    settled_at: datetime | None
    moves: Sequence[Mapping[str, Any]]
    revision: int
    version: int
    shadow: bool

    @property
    def effective(self) -> bool:
        """Whether confirmations for what it covers are stopped here."""
        return self.state in EFFECTIVE and not self.shadow


@dataclass(frozen=True, slots=True)
class NewHold:
    """A hold to be opened."""

    trace_id: str
    state: HoldState
    severity: int
    scope: Scope
    cause: str
    title: str
    opened_by: str
    machine: str = ""
    product_id: int | None = None
    product: str = ""
    lot: str = ""
    lot_id: int | None = None
    order_reference: str = ""
    window_start: datetime | None = None
    window_end: datetime | None = None
    quantity: float | None = None
    unit: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)
    parent_id: int | None = None
    shadow: bool = False


def _row(r: Row[Any]) -> HoldRow:
    values = dict(r._mapping)
    values["state"], values["scope"] = HoldState(r.state), Scope(r.scope)
    values["disposition"] = Disposition(r.disposition) if r.disposition else None
    return HoldRow(**values)


def _rows(tx: Connection, *where: Any) -> list[HoldRow]:
    return [_row(r) for r in tx.execute(select(holds).where(*where).order_by(holds.c.id))]


def add(tx: Connection, hold: NewHold, now: datetime) -> int:
    """A new hold; returns its id. A second open one of the same cause the schema refuses."""
    values = asdict(hold) | {"state": hold.state.value, "scope": hold.scope.value, "moves": []}
    result = tx.execute(insert(holds).values(**values, opened_at=now))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def get(tx: Connection, hold_id: int) -> HoldRow | None:
    """One hold."""
    r = tx.execute(select(holds).where(holds.c.id == hold_id)).first()
    return _row(r) if r else None


def open_of_cause(tx: Connection, cause: str) -> HoldRow | None:
    """The hold of this cause that is proposed or held, if any."""
    return next(iter(_rows(tx, holds.c.cause == cause, holds.c.state.in_(["proposed", "held"]))), None)


def in_states(tx: Connection, states: Sequence[HoldState]) -> list[HoldRow]:
    """Holds in these states, oldest first."""
    return _rows(tx, holds.c.state.in_([s.value for s in states]))


def not_over(tx: Connection) -> list[HoldRow]:
    """Every hold that is neither released nor scrapped, oldest first."""
    return _rows(tx, holds.c.state.not_in([s.value for s in OVER]))


def newest_over(tx: Connection, limit: int) -> list[HoldRow]:
    """The newest that are released or scrapped."""
    query = select(holds).where(holds.c.state.in_([s.value for s in OVER]))
    return [
        _row(r) for r in tx.execute(query.order_by(holds.c.settled_at.desc(), holds.c.id.desc()).limit(limit))
    ]


def held(tx: Connection) -> tuple[Held, ...]:
    """What is held now: effective holds, as the rule ``not-held`` looks at them."""
    c = holds.c
    query = select(
        c.id,
        c.title,
        c.scope,
        c.machine,
        c.lot,
        c.product_id,
        c.order_reference,
        c.window_start,
        c.window_end,
    ).where(c.state.in_([s.value for s in EFFECTIVE]), ~c.shadow)
    return tuple(Held(r.id, r.title, Scope(r.scope), *tuple(r)[3:]) for r in tx.execute(query.order_by(c.id)))


def of_lot(tx: Connection, lot: str, product_id: int | None) -> list[HoldRow]:
    """Holds of a lot that are not over."""
    found = _rows(
        tx,
        holds.c.lot == lot,
        holds.c.scope == Scope.LOT.value,
        holds.c.state.not_in([s.value for s in OVER]),
    )
    return [h for h in found if None in (h.product_id, product_id) or h.product_id == product_id]


def children_of(tx: Connection, hold_id: int) -> list[HoldRow]:
    """Holds that were cascaded from this one."""
    return _rows(tx, holds.c.parent_id == hold_id)


def change(tx: Connection, hold: HoldRow, **values: Any) -> HoldRow:
    """Changes a hold that is still as it was seen; returns it as it stands then.

    Raises:
        AlreadyDecided: somebody was faster.
    """
    plain = {k: v.value if isinstance(v, HoldState | Disposition) else v for k, v in values.items()}
    done = tx.execute(
        update(holds)
        .where(holds.c.id == hold.id, holds.c.version == hold.version)
        .values(**plain, version=hold.version + 1)
    )
    if done.rowcount == 0:
        raise AlreadyDecided(
            "This hold was decided or changed since it was shown.", "Look at it again and decide then."
        )
    fresh = get(tx, hold.id)
    assert fresh is not None
    return fresh


def by_subject(tx: Connection, subject: str) -> HoldRow | None:
    """The hold that a posting or decision names: ``hold:3``."""
    kind, _, number = subject.partition(":")
    return get(tx, int(number)) if kind == "hold" and number.isdigit() else None


def last_transfer_at(tx: Connection, lane: str) -> datetime | None:
    """When a transfer of a lot was last seen in Odoo."""
    c = postings.c
    found: datetime | None = tx.execute(
        select(func.max(c.verified_at)).where(
            c.lane == lane, c.kind.in_(["hold", "release", "scrap"]), c.state == "verified"
        )
    ).scalar()
    return found


def history(tx: Connection, hold_id: int) -> Sequence[Row[Any]]:
    """The audit entries about a hold, oldest first."""
    query = select(audit).where(audit.c.subject == f"hold:{hold_id}")
    return tx.execute(query.order_by(audit.c.seq)).fetchall()


def deciding(tx: Connection, hold_id: int) -> int | None:
    """The newest decision that keeps a hold: the one that a later booking of it follows from."""
    c = decisions.c
    found: int | None = tx.execute(
        select(c.id)
        .where(c.subject == f"hold:{hold_id}", c.kind.in_(["keep", "place"]))
        .order_by(c.id.desc())
        .limit(1)
    ).scalar()
    return found
