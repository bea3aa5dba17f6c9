"""Rows of alarms: occurrences, shelvings, floods.

What the header and the tiles count stands here too. Counted is every alarm that stands or waits to be seen,
unless it is shelved. Standing below a cause takes none away: ISA-18.2 knows three ways for an alarm not to
be announced (shelved, suppressed by design, out of service), and a place in a list is none of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, exists, func, insert, or_, select, update

from console.domain.alarms import AlarmState, Occurrence, rank
from console.errors import AlreadyDecided
from console.store import machines
from console.store.schema import alarm_floods, alarm_occurrences, alarm_shelves, machine_events

_o, _s = alarm_occurrences.c, alarm_shelves.c
# named one by one, so that the index on the state serves
_LIVE = _o.state.in_([s.value for s in AlarmState if s is not AlarmState.NORMAL])


@dataclass(frozen=True, slots=True)
class Shelf:
    """A shelving; over when ``ended_at`` is set or ``until`` has passed."""

    id: int
    machine: str
    tag: str
    person: str
    reason: str
    at: datetime
    until: datetime
    ended_at: datetime | None
    ended_by: str


@dataclass(frozen=True, slots=True)
class Flood:
    """An alarm flood; ``ended_at`` None while there is one."""

    id: int
    started_at: datetime
    ended_at: datetime | None
    alarms: int


# --- occurrences -------------------------------------------------------------------------------------------


def _occurrence(r: Row[Any]) -> Occurrence:
    values = dict(r._mapping)
    values["state"] = AlarmState(r.state)
    return Occurrence(**values)


def get(tx: Connection, occurrence_id: int) -> Occurrence | None:
    """One occurrence."""
    r = tx.execute(select(alarm_occurrences).where(_o.id == occurrence_id)).first()
    return _occurrence(r) if r else None


def newest(tx: Connection, machine: str, tag: str) -> Occurrence | None:
    """The newest occurrence of an alarm; the live one where there is one."""
    about = select(alarm_occurrences).where(_o.machine == machine, _o.tag == tag)
    found = tx.execute(about.where(_LIVE)).first()
    if found is None:
        found = tx.execute(about.order_by(_o.raised_at.desc(), _o.id.desc()).limit(1)).first()
    return _occurrence(found) if found else None


def live(tx: Connection, machine: str | None = None) -> list[Occurrence]:
    """Occurrences that are not over, oldest first."""
    query = select(alarm_occurrences).where(_LIVE)
    if machine is not None:
        query = query.where(_o.machine == machine)
    return [_occurrence(r) for r in tx.execute(query.order_by(_o.raised_at, _o.id))]


def ended(tx: Connection, limit: int) -> list[Occurrence]:
    """Occurrences that are over, the newest first."""
    query = select(alarm_occurrences).where(_o.state == AlarmState.NORMAL.value)
    rows = tx.execute(query.order_by(_o.last_raised_at.desc(), _o.id.desc()).limit(limit))
    return [_occurrence(r) for r in rows]


def brought_along(tx: Connection, occurrence_id: int) -> list[Occurrence]:
    """Those that an occurrence brought along, oldest first."""
    query = select(alarm_occurrences).where(_o.cause_id == occurrence_id)
    return [_occurrence(r) for r in tx.execute(query.order_by(_o.raised_at, _o.id))]


def add(tx: Connection, occurrence: Occurrence) -> int:
    """A new occurrence."""
    values = asdict(occurrence) | {"state": occurrence.state.value}
    del values["id"]
    result = tx.execute(insert(alarm_occurrences).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def change(tx: Connection, before: Occurrence, after: Occurrence) -> None:
    """Takes over what a transition made of an occurrence.

    Raises:
        AlreadyDecided: it changed since it was read.
    """
    values = asdict(after) | {"state": after.state.value}
    del values["id"]
    where = (_o.id == before.id, _o.version == before.version, _o.state == before.state.value)
    if tx.execute(update(alarm_occurrences).where(*where).values(**values)).rowcount == 0:
        raise AlreadyDecided("This alarm changed since it was shown.", "Look at it again and decide then.")


def touch(tx: Connection, occurrence: Occurrence) -> None:
    """A person did something about it: who saw it before has to look again."""
    tx.execute(update(alarm_occurrences).where(_o.id == occurrence.id).values(version=_o.version + 1))


def put_below(tx: Connection, occurrence_ids: Iterable[int], cause_id: int) -> None:
    """Their cause came after them."""
    tx.execute(update(alarm_occurrences).where(_o.id.in_(list(occurrence_ids))).values(cause_id=cause_id))


def times_raised(tx: Connection, machine: str, tag: str, since: datetime) -> list[datetime]:
    """Each time that an alarm was raised, chatter too, oldest first: from the machine events."""
    told = func.json_extract(machine_events.c.detail, "$.tag")
    rows = tx.execute(
        select(machine_events.c.at)
        .where(
            machine_events.c.machine == machine,
            machine_events.c.kind == "AlarmRaised",
            machine_events.c.at >= since,
            told == tag,
        )
        .order_by(machine_events.c.at)
    )
    return [r.at for r in rows]


def open_raised(tx: Connection) -> dict[tuple[str, str], datetime]:
    """By machine and tag: since when the machine events say that an alarm stands."""
    return {(r.machine, str(r.detail["tag"])): r.at for r in machines.open_alarms(tx)}


# --- what is counted ---------------------------------------------------------------------------------------


def _not_shelved(now: datetime) -> ColumnElement[bool]:
    return ~exists().where(_s.machine == _o.machine, _s.tag == _o.tag, *_active(now))


def _active(now: datetime) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _s.ended_at.is_(None), _s.until > now


def shown(tx: Connection, now: datetime) -> list[Occurrence]:
    """Live occurrences that are not shelved, oldest first."""
    query = select(alarm_occurrences).where(_LIVE, _not_shelved(now))
    return [_occurrence(r) for r in tx.execute(query.order_by(_o.raised_at, _o.id))]


def counts(tx: Connection, now: datetime) -> tuple[int, int, int]:
    """Alarms that stand or wait to be seen, not shelved, by priority 1, 2, 3; see the module's text."""
    found = [0, 0, 0]
    query = select(_o.priority, func.count()).where(_LIVE, _not_shelved(now))
    for priority, number in tx.execute(query.group_by(_o.priority)):
        found[rank(priority) - 1] += number
    return found[0], found[1], found[2]


# --- shelvings ---------------------------------------------------------------------------------------------


def _shelf(r: Row[Any]) -> Shelf:
    return Shelf(**r._mapping)


def shelve(
    tx: Connection, machine: str, tag: str, person: str, reason: str, now: datetime, until: datetime
) -> int:
    """Takes an alarm out of sight until then."""
    result = tx.execute(
        insert(alarm_shelves).values(
            machine=machine, tag=tag, person=person, reason=reason, at=now, until=until
        )
    )
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def shelf(tx: Connection, shelf_id: int) -> Shelf | None:
    """One shelving."""
    r = tx.execute(select(alarm_shelves).where(_s.id == shelf_id)).first()
    return _shelf(r) if r else None


def shelves(tx: Connection, now: datetime) -> list[Shelf]:
    """Shelvings that hold now, the one ending first at the head."""
    query = select(alarm_shelves).where(*_active(now)).order_by(_s.until, _s.id)
    return [_shelf(r) for r in tx.execute(query)]


def shelved_times(tx: Connection, machine: str, tag: str, since: datetime) -> list[datetime]:
    """When an alarm was shelved."""
    query = select(_s.at).where(_s.machine == machine, _s.tag == tag, _s.at >= since)
    return list(tx.execute(query.order_by(_s.at)).scalars())


def run_out(tx: Connection, now: datetime) -> list[Shelf]:
    """Shelvings whose time is over and that nobody ended."""
    query = select(alarm_shelves).where(_s.ended_at.is_(None), _s.until <= now).order_by(_s.id)
    return [_shelf(r) for r in tx.execute(query)]


def end_shelf(tx: Connection, shelf_id: int, at: datetime, by: str) -> bool:
    """Ends a shelving; False where it had ended."""
    where = (_s.id == shelf_id, _s.ended_at.is_(None))
    return tx.execute(update(alarm_shelves).where(*where).values(ended_at=at, ended_by=by)).rowcount > 0


# --- floods ------------------------------------------------------------------------------------------------


def running_flood(tx: Connection) -> Flood | None:
    """The flood that there is now."""
    r = tx.execute(select(alarm_floods).where(alarm_floods.c.ended_at.is_(None))).first()
    return Flood(**r._mapping) if r else None


def shown_since(tx: Connection, since: datetime) -> list[tuple[int, datetime]]:
    """Occurrences first raised since then that were not shelved at that moment: (id, raised at)."""
    hidden = exists().where(
        _s.machine == _o.machine,
        _s.tag == _o.tag,
        _s.at < _o.raised_at,
        _s.until > _o.raised_at,
        or_(_s.ended_at.is_(None), _s.ended_at > _o.raised_at),
    )
    query = select(_o.id, _o.raised_at).where(_o.raised_at > since, ~hidden).order_by(_o.raised_at)
    return [(r.id, r.raised_at) for r in tx.execute(query)]


def begin_flood(tx: Connection, at: datetime) -> int:
    """A flood begins."""
    result = tx.execute(insert(alarm_floods).values(started_at=at, alarms=0))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def add_to_flood(tx: Connection, flood_id: int, occurrence_ids: Iterable[int]) -> None:
    """Occurrences that belong to a flood; each counts once."""
    tx.execute(
        update(alarm_occurrences)
        .where(_o.id.in_(list(occurrence_ids)), _o.flood_id.is_(None))
        .values(flood_id=flood_id)
    )
    number = select(func.count()).select_from(alarm_occurrences).where(_o.flood_id == flood_id)
    tx.execute(
        update(alarm_floods).where(alarm_floods.c.id == flood_id).values(alarms=number.scalar_subquery())
    )


def end_flood(tx: Connection, flood_id: int, at: datetime) -> None:
    """The flood is over."""
    tx.execute(update(alarm_floods).where(alarm_floods.c.id == flood_id).values(ended_at=at))


def day_before(now: datetime) -> datetime:
    """24 hours ago: what "in the last 24 hours" means here."""
    return now - timedelta(hours=24)


def by_tag(occurrences: Iterable[Occurrence]) -> Mapping[tuple[str, str], Occurrence]:
    """Occurrences by machine and tag."""
    return {(o.machine, o.tag): o for o in occurrences}
