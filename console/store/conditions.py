"""Rows of condition monitoring: settings of people, models as learned, conditions found."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from console.store.schema import condition_models, condition_settings, conditions, machine_events

_c, _m, _s = conditions.c, condition_models.c, condition_settings.c


@dataclass(frozen=True, slots=True)
class Condition:
    """A scored anomaly of a machine; ``ended_at`` None while it lasts.

    Attributes:
        score: the largest it reached, 0 to 1.
    """

    id: int
    trace_id: str
    machine: str
    tag: str
    finding: str
    score: float
    text: str
    evidence: Mapping[str, Any]
    started_at: datetime
    ended_at: datetime | None
    request_id: int | None


@dataclass(frozen=True, slots=True)
class Setting:
    """Parameters as a person set them."""

    id: int
    machine: str
    tag: str
    parameters: Mapping[str, Any]
    person: str
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True)
class StoredModel:
    """What was learned of a value, as stored."""

    model: Mapping[str, Any]
    updated_at: datetime


# --- conditions --------------------------------------------------------------------------------------------


def _condition(r: Row[Any]) -> Condition:
    return Condition(**r._mapping)


def add(tx: Connection, values: Mapping[str, Any]) -> int:
    """A condition begins."""
    result = tx.execute(insert(conditions).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def get(tx: Connection, condition_id: int) -> Condition | None:
    """One condition."""
    r = tx.execute(select(conditions).where(_c.id == condition_id)).first()
    return _condition(r) if r else None


def listed(tx: Connection, limit: int) -> list[Condition]:
    """Open ones first, then the newest that are over."""
    query = select(conditions).order_by(_c.ended_at.is_not(None), _c.started_at.desc(), _c.id.desc())
    return [_condition(r) for r in tx.execute(query.limit(limit))]


def open_of(tx: Connection, machine: str, tag: str) -> dict[str, Condition]:
    """Conditions of a value that last, by finding."""
    query = select(conditions).where(_c.machine == machine, _c.tag == tag, _c.ended_at.is_(None))
    return {r.finding: _condition(r) for r in tx.execute(query)}


def open_now(tx: Connection) -> list[Condition]:
    """Every condition that lasts."""
    return [_condition(r) for r in tx.execute(select(conditions).where(_c.ended_at.is_(None)))]


def with_request(tx: Connection, machine: str, tag: str) -> list[Condition]:
    """Conditions of a value that a request was made of, the newest first."""
    query = select(conditions).where(_c.machine == machine, _c.tag == tag, _c.request_id.is_not(None))
    return [_condition(r) for r in tx.execute(query.order_by(_c.id.desc()).limit(20))]


def change(tx: Connection, condition_id: int, **values: Any) -> None:
    """Changes a condition."""
    tx.execute(update(conditions).where(_c.id == condition_id).values(**values))


# --- models ------------------------------------------------------------------------------------------------


def model(tx: Connection, machine: str, tag: str) -> StoredModel | None:
    """What was learned of a value, and where its statistics stand."""
    r = tx.execute(select(condition_models).where(_m.machine == machine, _m.tag == tag)).first()
    return StoredModel(r.model, r.updated_at) if r else None


def save_model(tx: Connection, machine: str, tag: str, data: Mapping[str, Any], now: datetime) -> None:
    """Keeps it; in the commit of the conditions that it opened or closed."""
    values = {"model": dict(data), "updated_at": now}
    where = (_m.machine == machine, _m.tag == tag)
    if tx.execute(update(condition_models).where(*where).values(**values)).rowcount == 0:
        tx.execute(insert(condition_models).values(machine=machine, tag=tag, **values))


# --- settings ----------------------------------------------------------------------------------------------


def add_setting(
    tx: Connection,
    machine: str,
    tag: str,
    parameters: Mapping[str, Any],
    person: str,
    reason: str,
    now: datetime,
) -> int:
    """Parameters go live; those before stay as history."""
    tx.execute(update(condition_settings).where(_s.machine == machine, _s.tag == tag).values(live=False))
    result = tx.execute(
        insert(condition_settings).values(
            machine=machine,
            tag=tag,
            parameters=dict(parameters),
            live=True,
            person=person,
            reason=reason,
            at=now,
        )
    )
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def settings_of(tx: Connection, machine: str) -> dict[str, Setting]:
    """The parameters that people set for a machine's values, by tag."""
    newest = select(func.max(_s.id)).where(_s.machine == machine, _s.live.is_(True)).group_by(_s.tag)
    rows = tx.execute(select(condition_settings).where(_s.id.in_(newest)).order_by(_s.id))
    return {r.tag: Setting(r.id, r.machine, r.tag, r.parameters, r.person, r.reason, r.at) for r in rows}


# --- machine events, in the order of their commits ----------------------------------------------------------


def newest_event_id(tx: Connection) -> int:
    """Id of the newest machine event; 0 where there is none."""
    return int(tx.execute(select(func.max(machine_events.c.id))).scalar() or 0)


def events_after(tx: Connection, event_id: int, kinds: Sequence[str], limit: int) -> Sequence[Row[Any]]:
    """Machine events of some kinds after one, oldest first."""
    query = select(machine_events).where(machine_events.c.id > event_id, machine_events.c.kind.in_(kinds))
    return tx.execute(query.order_by(machine_events.c.id).limit(limit)).fetchall()
