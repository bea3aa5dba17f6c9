"""Rows of shifts: notes and seals; and what is summed for a shift from events, proposals and scrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, insert, select
from sqlalchemy.exc import IntegrityError

from console.domain.proposals import UNDECIDED, ProposalState
from console.errors import AlreadyDecided
from console.store.schema import (
    SELDOM,
    audit,
    checkpoints,
    decisions,
    machine_events,
    proposals,
    scraps,
    shift_notes,
    shift_seals,
)

_e, _p = machine_events.c, proposals.c


# --- notes and seals ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Note:
    """A note of the hand-over."""

    at: datetime
    person: str
    text: str


def add_note(tx: Connection, key: str, at: datetime, person: str, text: str) -> None:
    """Keeps a note with a shift."""
    tx.execute(insert(shift_notes).values(shift_key=key, at=at, person=person, text=text))


def notes(tx: Connection, key: str) -> list[Note]:
    """A shift's notes, oldest first."""
    rows = tx.execute(select(shift_notes).where(shift_notes.c.shift_key == key).order_by(shift_notes.c.id))
    return [Note(r.at, r.person, r.text) for r in rows]


@dataclass(frozen=True, slots=True)
class Seal:
    """A shift that was signed off, with the report as it was then and its sha256."""

    key: str
    sealed_at: datetime
    handed_over_by: str
    taken_over_by: str
    report: Mapping[str, Any]
    hash: str
    audit_seq: int
    signed_hash: str = ""  # as the audit has it


def seal(tx: Connection, key: str) -> Seal | None:
    """The seal of a shift; None while it is open."""
    r = tx.execute(
        select(shift_seals, audit.c.detail)
        .join(audit, audit.c.seq == shift_seals.c.audit_seq)
        .where(shift_seals.c.shift_key == key)
    ).first()
    if r is None:
        return None
    return Seal(
        r.shift_key,
        r.sealed_at,
        r.handed_over_by,
        r.taken_over_by,
        r.report,
        r.hash,
        r.audit_seq,
        str(r.detail.get("sha256", "")),
    )


def sealed_keys(tx: Connection, keys: Sequence[str]) -> set[str]:
    """Those of these shifts that are sealed."""
    c = shift_seals.c
    return {r.shift_key for r in tx.execute(select(c.shift_key).where(c.shift_key.in_(keys)))}


def add_seal(tx: Connection, made: Seal) -> None:
    """Seals a shift. Raises AlreadyDecided where it is sealed."""
    try:
        tx.execute(
            insert(shift_seals).values(
                shift_key=made.key,
                sealed_at=made.sealed_at,
                handed_over_by=made.handed_over_by,
                taken_over_by=made.taken_over_by,
                report=made.report,
                hash=made.hash,
                audit_seq=made.audit_seq,
            )
        )
    except IntegrityError as error:
        raise AlreadyDecided("This shift was signed off already.", "Look at it again.") from error


# --- what the machines told --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Told:
    """What a counter told in an interval, with the order of the proposal that it went into."""

    start: datetime
    end: datetime
    tag: str
    counter: str
    count: int
    order_reference: str


def counts(tx: Connection, machine: str, start: datetime, end: datetime) -> list[Told]:
    """What the good and scrap counters told in a time, by interval and order, oldest first. A machine event
    belongs to the time that it ended in; ``end`` itself is the next time's."""
    return _counts(tx, machine, _e.at >= start, _e.at < end)


def counts_across(tx: Connection, machine: str, start: datetime, end: datetime) -> list[Told]:
    """As ``counts``, what was told in a gap or at its end."""
    return _counts(tx, machine, _e.at > start, _e.at <= end)


def _counts(tx: Connection, machine: str, *where: ColumnElement[bool]) -> list[Told]:
    # summed here: a shift has thousands of these events, and each row read costs more than the sum
    tag, counter, count = (func.json_extract(_e.detail, f"$.{k}") for k in ("tag", "counter", "count"))
    order = func.coalesce(_p.order_reference, "")
    query = (
        select(_p.interval_start, _p.interval_end, tag, counter, func.sum(count), order, func.min(_e.at))
        .outerjoin(proposals, _p.id == _e.proposal_id)
        .where(_e.machine == machine, _e.kind == "CountAdvanced", counter.in_(("good", "scrap")), *where)
        .group_by(_p.interval_start, _p.interval_end, tag, counter, order)
        .order_by(_p.interval_start, tag)
    )
    return [Told(r[0] or r[6], r[1] or r[6], r[2], r[3], int(r[4] or 0), r[5]) for r in tx.execute(query)]


def gaps(
    tx: Connection, machine: str, start: datetime, end: datetime
) -> list[tuple[datetime, datetime, str]]:
    """(start, end, cause) of the gaps in the counters' data that reach into a time, each time once."""
    query = (
        select(_e.at, _e.detail)
        .where(_e.machine == machine, _e.kind == "DataGap", SELDOM, _e.at > start)
        .order_by(_e.at, _e.id)
    )
    told = [
        (datetime.fromisoformat(r.detail["started_at"]), r.at, str(r.detail["cause"]))
        for r in tx.execute(query)
    ]
    joined: list[tuple[datetime, datetime, str]] = []
    for a, b, cause in sorted(g for g in told if g[0] < end):
        if joined and a <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], b), joined[-1][2])
        else:
            joined.append((a, b, cause))
    return joined


def last_heard(tx: Connection, machine: str) -> datetime | None:
    """When the edge last kept anything of a machine."""
    event: datetime | None = tx.execute(
        select(_e.recorded_at).where(_e.machine == machine).order_by(_e.at.desc(), _e.id.desc()).limit(1)
    ).scalar()
    c = checkpoints.c
    mark: datetime | None = tx.execute(select(func.max(c.updated_at)).where(c.machine == machine)).scalar()
    return max((x for x in (event, mark) if x is not None), default=None)


def orders_told(tx: Connection, machine: str, start: datetime, end: datetime) -> list[tuple[datetime, str]]:
    """(since when, order) as the machine told it, oldest first; the first one holds from ``start``."""
    query = select(_e.at, _e.detail).where(_e.machine == machine, _e.kind == "OrderChanged", SELDOM)
    before = tx.execute(query.where(_e.at <= start).order_by(_e.at.desc(), _e.id.desc()).limit(1)).first()
    inside = tx.execute(query.where(_e.at > start, _e.at < end).order_by(_e.at, _e.id)).fetchall()
    found = [(start, str(before.detail["order_after"]))] if before is not None else []
    if before is None and inside and inside[0].detail["order_before"]:
        found = [(start, str(inside[0].detail["order_before"]))]
    return found + [(r.at, str(r.detail["order_after"])) for r in inside]


@dataclass(frozen=True, slots=True)
class OrderSum:
    """What was decided about one order's intervals that began in a time, in the machine's unit.

    Attributes:
        first_at, last_at: of what was counted for it.
    """

    machine: str
    order_reference: str
    confirmed: float
    waiting: float
    first_at: datetime
    last_at: datetime


def order_sums(tx: Connection, start: datetime, end: datetime, machine: str | None = None) -> list[OrderSum]:
    """By machine and order: what was confirmed, and what waits."""
    query = (
        select(
            _p.machine, _p.order_reference, _p.state, _p.good, _p.first_at, _p.last_at, decisions.c.quantity
        )
        .outerjoin(decisions, decisions.c.proposal_id == _p.id)
        .where(_p.interval_start >= start, _p.interval_start < end)
    )
    if machine is not None:
        query = query.where(_p.machine == machine)
    found: dict[tuple[str, str], OrderSum] = {}
    waiting = {s.value for s in UNDECIDED}
    for r in tx.execute(query):
        key = (r.machine, r.order_reference)
        known = found.get(key, OrderSum(*key, 0.0, 0.0, r.first_at, r.last_at))
        decided = 0.0 if r.state == ProposalState.REJECTED.value else float(r.quantity or 0.0)
        found[key] = OrderSum(
            *key,
            known.confirmed + decided,
            known.waiting + (r.good if r.state in waiting else 0.0),
            min(known.first_at, r.first_at),
            max(known.last_at, r.last_at),
        )
    return [found[k] for k in sorted(found)]


def rework(
    tx: Connection, machine: str, start: datetime, end: datetime, order_reference: str | None = None
) -> float:
    """Counted scrap that people called rework in a time, in the machine's unit."""
    s = scraps.c
    query = select(func.sum(s.quantity)).where(
        s.machine == machine, s.kind == "rework", s.at >= start, s.at < end
    )
    if order_reference is not None:
        query = query.where(s.order_reference == order_reference)
    return float(tx.execute(query).scalar() or 0.0)
