"""Rows of machine events, checkpoints and what each machine runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from console.domain.machine_events import AlarmCleared, AlarmRaised, MachineEvent
from console.domain.packml import MachineState
from console.store.schema import (
    SELDOM,
    checkpoints,
    machine_events,
    machine_orders,
    machine_status,
    plant_versions,
)


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """What a machine was last known to do, as it says."""

    machine: str
    state: MachineState
    since: datetime
    order_reference: str
    lot: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """Which order a person says that a machine runs."""

    order_reference: str
    lot: str
    by: str
    at: datetime


def detail_of(event: MachineEvent) -> dict[str, Any]:
    """The event's own fields as JSON-able data (machine and time have columns of their own)."""
    data = asdict(event)
    del data["machine"], data["at"]
    return {
        k: v.isoformat() if isinstance(v, datetime) else (v.value if hasattr(v, "value") else v)
        for k, v in data.items()
    }


def add_event(
    tx: Connection, event: MachineEvent, now: datetime, plant_version: str, proposal_id: int | None
) -> int:
    """Stores one event; a cleared alarm also closes its raised row."""
    if isinstance(event, AlarmCleared):
        tx.execute(
            update(machine_events)
            .where(
                machine_events.c.machine == event.machine,
                machine_events.c.kind == AlarmRaised.__name__,
                machine_events.c.cleared_at.is_(None),
                _in_detail("tag") == event.tag,
            )
            .values(cleared_at=event.at)
        )
    result = tx.execute(
        insert(machine_events).values(
            machine=event.machine,
            kind=type(event).__name__,
            at=event.at,
            recorded_at=now,
            detail=detail_of(event),
            plant_version=plant_version,
            proposal_id=proposal_id,
        )
    )
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def set_status(tx: Connection, status: MachineStatus, plant_version: str) -> None:
    """Keeps what the machine does now."""
    values = {
        "state": status.state.value,
        "since": status.since,
        "order_reference": status.order_reference,
        "lot": status.lot,
        "plant_version": plant_version,
    }
    done = tx.execute(
        update(machine_status).where(machine_status.c.machine == status.machine).values(**values)
    )
    if done.rowcount == 0:
        tx.execute(insert(machine_status).values(machine=status.machine, **values))


def statuses(tx: Connection) -> dict[str, MachineStatus]:
    """What every machine does, by name."""
    return {
        r.machine: MachineStatus(r.machine, MachineState(r.state), r.since, r.order_reference, r.lot)
        for r in tx.execute(select(machine_status))
    }


def save_checkpoint(tx: Connection, machine: str, tag: str, state: Mapping[str, Any], at: datetime) -> None:
    """Keeps the detector's memory of a tag; in the transaction of the events made from it."""
    values = {"machine": machine, "state": dict(state), "updated_at": at}
    done = tx.execute(update(checkpoints).where(checkpoints.c.tag == tag).values(**values))
    if done.rowcount == 0:
        tx.execute(insert(checkpoints).values(tag=tag, **values))


def load_checkpoints(tx: Connection, machine: str) -> dict[str, dict[str, Any]]:
    """The detector's memory of a machine's tags."""
    rows = tx.execute(select(checkpoints).where(checkpoints.c.machine == machine))
    return {r.tag: r.state for r in rows}


def assignment(tx: Connection, machine: str) -> Assignment | None:
    """Which order a person said."""
    r = tx.execute(select(machine_orders).where(machine_orders.c.machine == machine)).first()
    return Assignment(r.order_reference, r.lot, r.assigned_by, r.assigned_at) if r else None


def assign(tx: Connection, machine: str, order_reference: str, lot: str, by: str, at: datetime) -> None:
    """A person says which order a machine runs."""
    tx.execute(delete(machine_orders).where(machine_orders.c.machine == machine))
    tx.execute(
        insert(machine_orders).values(
            machine=machine, order_reference=order_reference, lot=lot, assigned_by=by, assigned_at=at
        )
    )


def events_of(
    tx: Connection,
    machine: str,
    start: datetime,
    end: datetime,
    kinds: Sequence[str] | None = None,
    limit: int = 500,
) -> Sequence[Row[Any]]:
    """Events of a machine in a time, newest first."""
    query = select(machine_events).where(
        machine_events.c.machine == machine, machine_events.c.at >= start, machine_events.c.at <= end
    )
    if kinds is not None:
        query = query.where(machine_events.c.kind.in_(kinds))
    return tx.execute(
        query.order_by(machine_events.c.at.desc(), machine_events.c.id.desc()).limit(limit)
    ).fetchall()


def state_before(tx: Connection, machine: str, at: datetime) -> MachineState | None:
    """The state that a machine was in just before a time."""
    r = tx.execute(
        select(machine_events.c.detail)
        .where(
            machine_events.c.machine == machine,
            machine_events.c.kind == "StateChanged",
            SELDOM,
            machine_events.c.at < at,
        )
        .order_by(machine_events.c.at.desc(), machine_events.c.id.desc())
        .limit(1)
    ).first()
    return MachineState(r.detail["after"]) if r else None


def open_alarms(tx: Connection) -> Sequence[Row[Any]]:
    """Alarms raised and not cleared."""
    return tx.execute(
        select(machine_events)
        .where(machine_events.c.kind == "AlarmRaised", machine_events.c.cleared_at.is_(None))
        .order_by(machine_events.c.at)
    ).fetchall()


def activate_plant(tx: Connection, version: str, source: str, by: str, at: datetime) -> bool:
    """Stores the plant file's text under its hash, once; True where it is new."""
    if tx.execute(select(plant_versions.c.version).where(plant_versions.c.version == version)).first():
        return False
    tx.execute(
        insert(plant_versions).values(version=version, source=source, activated_at=at, activated_by=by)
    )
    return True


# --- for the screens ---------------------------------------------------------------------------------------


def assignments(tx: Connection) -> dict[str, Assignment]:
    """Which order a person said, by machine."""
    return {
        r.machine: Assignment(r.order_reference, r.lot, r.assigned_by, r.assigned_at)
        for r in tx.execute(select(machine_orders))
    }


@dataclass(frozen=True, slots=True)
class Advances:
    """What one counter told in a time.

    Attributes:
        count: raw counts; steps: samples behind them.
        first_at, last_at: from the sample before the first count to the last one.
    """

    machine: str
    tag: str
    counter: str
    kind: str
    events: int
    count: int
    steps: int
    first_at: datetime
    last_at: datetime


def _in_detail(key: str) -> ColumnElement[Any]:
    """A field inside an event's detail."""
    return func.json_extract(machine_events.c.detail, f"$.{key}")


def _advances(tx: Connection, *where: ColumnElement[bool]) -> list[Advances]:
    tag, counter, kind = (_in_detail(k) for k in ("tag", "counter", "kind"))
    rows = tx.execute(
        select(
            machine_events.c.machine,
            tag,
            counter,
            kind,
            func.count(),
            func.sum(_in_detail("count")),
            func.sum(_in_detail("steps")),
            func.min(_in_detail("started_at")),
            func.max(machine_events.c.at),
        )
        .where(machine_events.c.kind == "CountAdvanced", *where)
        .group_by(machine_events.c.machine, tag, counter, kind)
    )
    return [
        Advances(r[0], r[1], r[2], r[3], r[4], r[5] or 0, r[6] or 0, datetime.fromisoformat(r[7]), r[8])
        for r in rows
    ]


def advances_since(tx: Connection, names: Sequence[str], start: datetime) -> list[Advances]:
    """What the counters of these machines told since a time, by machine and tag."""
    return _advances(tx, machine_events.c.machine.in_(names), machine_events.c.at >= start)


def advances_between(tx: Connection, name: str, start: datetime, end: datetime) -> list[Advances]:
    """What a machine's counters told after ``start`` and until ``end``, by tag."""
    c = machine_events.c
    return _advances(tx, c.machine == name, c.at > start, c.at <= end)


def advances_of_proposal(tx: Connection, proposal_id: int) -> list[Advances]:
    """What a proposal was counted from, by tag and kind of advance."""
    return _advances(tx, machine_events.c.proposal_id == proposal_id)


def kinds_of_proposal(tx: Connection, proposal_id: int, kinds: Sequence[str]) -> Sequence[Row[Any]]:
    """The events of some kinds that a proposal was made from, oldest first."""
    return tx.execute(
        select(machine_events)
        .where(machine_events.c.proposal_id == proposal_id, machine_events.c.kind.in_(kinds))
        .order_by(machine_events.c.at, machine_events.c.id)
    ).fetchall()


def first_and_last_raw(tx: Connection, proposal_id: int, tag: str) -> tuple[int, int] | None:
    """What a counter showed before the first and after the last count of a proposal."""
    query = select(_in_detail("raw_before"), _in_detail("raw_after")).where(
        machine_events.c.proposal_id == proposal_id,
        machine_events.c.kind == "CountAdvanced",
        _in_detail("tag") == tag,
    )
    order = (machine_events.c.at, machine_events.c.id)
    first = tx.execute(query.order_by(*order).limit(1)).first()
    last = tx.execute(query.order_by(*(c.desc() for c in order)).limit(1)).first()
    return (first[0], last[1]) if first is not None and last is not None else None


def last_recorded(tx: Connection) -> datetime | None:
    """When the newest machine event was stored: until then the edge is known to have listened."""
    newest = select(machine_events.c.recorded_at).order_by(machine_events.c.id.desc()).limit(1)
    found: datetime | None = tx.execute(newest).scalar()
    return found


def first_event_at(tx: Connection) -> datetime | None:
    """When the first event of this ledger was recorded."""
    found: datetime | None = tx.execute(
        select(machine_events.c.recorded_at).order_by(machine_events.c.id).limit(1)
    ).scalar()
    return found
