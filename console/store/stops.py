"""Rows of stops, and what is read around them: machine states, orders, decisions, Odoo's loss reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, text, update

from console.domain.master_data import LossReason
from console.domain.packml import MachineState
from console.domain.stops import StopCategory, StopOrigin
from console.errors import AlreadyDecided
from console.store.schema import (
    SELDOM,
    audit,
    decisions,
    loss_reasons,
    machine_events,
    review_items,
    stops,
)


@dataclass(frozen=True, slots=True)
class StoredStop:
    """A stop as stored; see the schema."""

    id: int
    trace_id: str
    machine: str
    started_at: datetime
    ended_at: datetime | None
    state: MachineState
    raw: str
    category: StopCategory
    origin: StopOrigin
    order_reference: str
    lot: str
    suggested: str
    reason_key: str
    loss_id: int | None
    note: str
    explained_by: str
    explained_at: datetime | None
    planned: bool
    no_order_since: datetime | None
    odoo_minutes: float | None
    merged_into: int | None
    revision: int
    version: int
    plant_version: str

    def seconds(self, now: datetime) -> float:
        """How long it lasted, or stands by now."""
        until = self.ended_at if self.ended_at is not None else max(now, self.started_at)
        return (until - self.started_at).total_seconds()


def _row(r: Row[Any]) -> StoredStop:
    values = dict(r._mapping)
    values["state"] = MachineState(r.state)
    values["category"] = StopCategory(r.category)
    values["origin"] = StopOrigin(r.origin)
    return StoredStop(**values)


def add(tx: Connection, values: Mapping[str, Any]) -> int:
    """A new stop."""
    result = tx.execute(insert(stops).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def get(tx: Connection, stop_id: int) -> StoredStop | None:
    """One stop."""
    r = tx.execute(select(stops).where(stops.c.id == stop_id)).first()
    return _row(r) if r else None


def change(tx: Connection, stop_id: int, **values: Any) -> None:
    """What the console itself finds out; what a person saw still stands."""
    tx.execute(update(stops).where(stops.c.id == stop_id).values(**values))


def decide(tx: Connection, stop: StoredStop, version: int, **values: Any) -> None:
    """What a person changes, if the stop still is what they saw.

    Raises:
        AlreadyDecided: somebody was faster, or it changed meanwhile.
    """
    done = tx.execute(
        update(stops)
        .where(stops.c.id == stop.id, stops.c.version == version, stops.c.merged_into.is_(None))
        .values(**values, version=version + 1)
    )
    if done.rowcount == 0:
        raise AlreadyDecided(
            "This stop was decided or changed since it was shown.", "Look at it again and decide then."
        )


def standing(tx: Connection, machine: str | None = None) -> list[StoredStop]:
    """The stops that stand: one a machine at most."""
    query = select(stops).where(stops.c.ended_at.is_(None))
    if machine is not None:
        query = query.where(stops.c.machine == machine)
    return [_row(r) for r in tx.execute(query.order_by(stops.c.machine))]


def last_of(tx: Connection, machine: str) -> StoredStop | None:
    """The newest stop of a machine, merged ones not among them."""
    r = tx.execute(
        select(stops)
        .where(stops.c.machine == machine, stops.c.merged_into.is_(None))
        .order_by(stops.c.started_at.desc(), stops.c.id.desc())
        .limit(1)
    ).first()
    return _row(r) if r else None


def overlapping(
    tx: Connection, start: datetime, end: datetime, machine: str | None = None
) -> list[StoredStop]:
    """The stops that have some of this time, oldest first; merged ones not among them."""
    query = select(stops).where(
        stops.c.merged_into.is_(None),
        stops.c.started_at < end,
        or_(stops.c.ended_at.is_(None), stops.c.ended_at > start),
    )
    # the machine is looked at here: asked for it, SQLite would walk through all that it ever stood
    rows = tx.execute(query.order_by(stops.c.started_at, stops.c.id))
    return [_row(r) for r in rows if machine in (None, r.machine)]


def unexplained(tx: Connection, before: datetime | None = None) -> list[StoredStop]:
    """Unplanned stops without a reason, whatever their length; those begun before a time, oldest first."""
    # said as the index says it, which a bound value would not be
    query = select(stops).where(
        text("stops.reason_key = '' AND stops.category = 'unplanned' AND stops.merged_into IS NULL")
    )
    if before is not None:
        query = query.where(stops.c.started_at < before)
    return [_row(r) for r in tx.execute(query.order_by(stops.c.started_at, stops.c.id))]


def neighbours(tx: Connection, stop: StoredStop) -> tuple[StoredStop | None, StoredStop | None]:
    """The stop before and the one after, of the same machine."""
    own = [stops.c.machine == stop.machine, stops.c.merged_into.is_(None), stops.c.id != stop.id]
    before = tx.execute(
        select(stops)
        .where(*own, stops.c.started_at <= stop.started_at, stops.c.ended_at.is_not(None))
        .order_by(stops.c.started_at.desc(), stops.c.id.desc())
        .limit(1)
    ).first()
    after = None
    if stop.ended_at is not None:
        after = tx.execute(
            select(stops)
            .where(*own, stops.c.started_at >= stop.ended_at)
            .order_by(stops.c.started_at, stops.c.id)
            .limit(1)
        ).first()
    return (_row(before) if before else None), (_row(after) if after else None)


def ended_at(tx: Connection, machine: str, at: datetime) -> StoredStop | None:
    """The stop of a machine that ended at exactly this time."""
    r = tx.execute(
        select(stops)
        .where(stops.c.machine == machine, stops.c.ended_at == at, stops.c.merged_into.is_(None))
        .order_by(stops.c.id.desc())
        .limit(1)
    ).first()
    return _row(r) if r else None


def merged_from(tx: Connection, stop_id: int) -> list[StoredStop]:
    """The stops that were merged into one."""
    return [_row(r) for r in tx.execute(select(stops).where(stops.c.merged_into == stop_id))]


def reason_counts(tx: Connection, since: datetime, machine: str | None = None) -> dict[str, int]:
    """How often each reason was chosen for the stops of a time."""
    query = select(stops.c.reason_key, func.count()).where(
        stops.c.started_at >= since, stops.c.reason_key != "", stops.c.merged_into.is_(None)
    )
    if machine is not None:
        query = query.where(stops.c.machine == machine)
    return {r[0]: int(r[1]) for r in tx.execute(query.group_by(stops.c.reason_key))}


# --- what is read around a stop ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Change:
    """The machine came from one state into another."""

    at: datetime
    before: MachineState
    after: MachineState


def state_changes(tx: Connection, machine: str, start: datetime, end: datetime) -> list[Change]:
    """The changes of a machine's state in a time, in the order in which they were told."""
    e = machine_events.c
    query = (
        select(e.at, e.detail)
        .where(e.machine == machine, e.kind == "StateChanged", SELDOM, e.at >= start, e.at <= end)
        .order_by(e.at, e.id)
    )
    return [
        Change(r.at, MachineState(r.detail["before"]), MachineState(r.detail["after"]))
        for r in tx.execute(query)
    ]


def told_before(
    tx: Connection, event_id: int, machine: str, kind: str, at: datetime, detail: Mapping[str, Any]
) -> bool:
    """Whether an earlier event of the same time says the very same."""
    e = machine_events.c
    rows = tx.execute(
        select(e.detail).where(e.machine == machine, e.at == at, e.kind == kind, e.id < event_id)
    )
    return any(r.detail == detail for r in rows)


@dataclass(frozen=True, slots=True)
class Loss:
    """A loss reason as mirrored; ``gone``: Odoo has it no more."""

    reason: LossReason
    gone: bool


def losses(tx: Connection) -> tuple[Loss, ...]:
    """Every loss reason that Odoo ever told of, in its order."""
    rows = tx.execute(select(loss_reasons).order_by(loss_reasons.c.sequence, loss_reasons.c.id))
    return tuple(
        Loss(LossReason(r.id, r.name, r.loss_type, bool(r.manual), r.sequence), bool(r.gone)) for r in rows
    )


@dataclass(frozen=True, slots=True)
class Told:
    """A decision about a stop, as the audit keeps it."""

    id: int
    at: datetime
    person: str
    kind: str
    reason: str
    detail: Mapping[str, Any]


def decisions_about(tx: Connection, subjects: Sequence[str]) -> list[Told]:
    """The decisions about these subjects, oldest first."""
    rows = tx.execute(
        select(decisions, audit.c.detail.label("told"))
        .join(audit, audit.c.seq == decisions.c.audit_seq)
        .where(decisions.c.subject.in_(subjects))
        .order_by(decisions.c.id)
    )
    return [Told(r.id, r.at, r.person, r.kind, r.reason, r.told) for r in rows]


def open_causes(tx: Connection, causes: Sequence[str]) -> set[str]:
    """Those of these causes that an open review item tells of."""
    c = review_items.c
    return {r.cause for r in tx.execute(select(c.cause).where(c.cause.in_(causes), c.state == "open"))}
