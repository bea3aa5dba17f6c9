"""What a record posting is about, told alike for every kind: for the trace and for lists.

A subject is named as in postings and decisions: "stop:12", "hold:3", "request:7", "check:4", "scrap:2",
"consumption:1", "order:42", "operation:177".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Table, select

from console.store.schema import (
    alarm_occurrences,
    checks,
    conditions,
    consumptions,
    decisions,
    holds,
    postings,
    requests,
    scraps,
    stops,
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What a record posting is about.

    Attributes:
        key: "stop:12".
        tag: whose samples led to it; "" where a person entered it, or where it is the machine's state.
        start, end: of what happened on the machine; None: unknown, or still going on.
        event_kinds: machine events of that time that led to it.
        title: what it is, in a few words; lines: more of it.
        state: where it stands, in the ledger's own word.
    """

    key: str
    trace_id: str
    machine: str
    tag: str
    start: datetime | None
    end: datetime | None
    event_kinds: tuple[str, ...]
    title: str
    lines: tuple[str, ...]
    state: str


def of_key(tx: Connection, key: str) -> Subject | None:
    """The subject of this name; None where there is none of it."""
    kind, _, number = key.partition(":")
    if kind not in _TELL or not number.isdigit():
        return None
    table, tell = _TELL[kind]
    row = tx.execute(select(table).where(table.c.id == int(number))).first()
    return tell(tx, row) if row is not None else None


def of_trace(tx: Connection, trace_id: str) -> Subject | None:
    """The subject with this trace id."""
    for table, tell in _TELL.values():
        row = tx.execute(select(table).where(table.c.trace_id == trace_id)).first()
        if row is not None:
            return tell(tx, row)
    return None


def decision_of(tx: Connection, key: str) -> int | None:
    """Id of the newest decision about a subject."""
    found: int | None = tx.execute(
        select(decisions.c.id).where(decisions.c.subject == key).order_by(decisions.c.id.desc()).limit(1)
    ).scalar()
    return found


def traced(tx: Connection, text: str, limit: int) -> list[tuple[str, str, datetime]]:
    """(trace id, summary, created) of record postings whose summary, order, machine or lot holds a text."""
    p = postings.c
    query = select(p.trace_id, p.summary, p.created_at).where(p.summary != "")
    if text:
        near = [c.contains(text, autoescape=True) for c in (p.summary, p.order_reference, p.machine, p.lot)]
        query = query.where(near[0] | near[1] | near[2] | near[3])
    rows = tx.execute(query.order_by(p.id.desc()).limit(limit))
    return [(r[0], r[1], r[2]) for r in rows]


# --- kind by kind ------------------------------------------------------------------------------------------


def _stop(tx: Connection, r: Row[Any]) -> Subject:
    lines = (r.category.replace("_", " "), r.reason_key.rpartition("/")[2] or "no reason yet", r.note)
    return Subject(
        f"stop:{r.id}",
        r.trace_id,
        r.machine,
        "",
        r.started_at,
        r.ended_at,
        ("StateChanged", "OrderChanged", "DataGap"),
        "Stop",
        tuple(x for x in lines if x),
        "standing" if r.ended_at is None else "ended",
    )


def _hold(tx: Connection, r: Row[Any]) -> Subject:
    breaches = r.evidence.get("breaches", [])
    first: Mapping[str, Any] = breaches[0] if breaches else {}
    start = r.window_start or _moment(first.get("at")) or r.opened_at
    about = f"lot {r.lot}" if r.lot else r.order_reference
    return Subject(
        f"hold:{r.id}",
        r.trace_id,
        r.machine,
        str(first.get("tag", "")),
        start,
        r.window_end,
        ("LimitBreached", "LimitReturned") if breaches else (),
        "Quality hold",
        tuple(x for x in (r.title, about, f"opened by {r.opened_by}") if x),
        r.state,
    )


def _request(tx: Connection, r: Row[Any]) -> Subject:
    kind, _, number = r.source.partition(":")
    tag, start, end = "", r.opened_at, None
    events: tuple[str, ...] = ()
    table = {"alarm": alarm_occurrences, "condition": conditions}.get(kind)
    if table is not None and number.isdigit():
        source = tx.execute(select(table).where(table.c.id == int(number))).first()
        if source is not None and kind == "alarm":
            tag, start, end = source.tag, source.raised_at, source.cleared_at
            events = ("AlarmRaised", "AlarmCleared")
        elif source is not None:
            tag, start, end = source.tag, source.started_at, source.ended_at
    return Subject(
        f"request:{r.id}",
        r.trace_id,
        r.machine,
        tag,
        start,
        end,
        events,
        "Maintenance request",
        (r.title, f"from {r.source.replace(':', ' ')}"),
        r.state,
    )


def _check(tx: Connection, r: Row[Any]) -> Subject:
    about = f"lot {r.lot}" if r.lot else r.order_reference
    lines = tuple(x for x in (r.title, about, f"result: {r.result}") if x)
    return Subject(
        f"check:{r.id}", r.trace_id, r.machine, "", r.at, r.at, (), "Quality check", lines, r.state
    )


def _scrap(tx: Connection, r: Row[Any]) -> Subject:
    lines = (f"{r.quantity:g} {r.unit} of {r.order_reference}", r.reason)
    title = "Rework" if r.kind == "rework" else "Scrap"
    return Subject(f"scrap:{r.id}", r.trace_id, r.machine, "", None, r.at, (), title, lines, r.kind)


def _consumption(tx: Connection, r: Row[Any]) -> Subject:
    lines = (f"{r.component} for {r.order_reference}", f"machine counted {r.counted:g}")
    return Subject(
        f"consumption:{r.id}", r.trace_id, r.machine, "", None, None, (), "Consumption", lines, "counted"
    )


def _moment(text: object) -> datetime | None:
    return datetime.fromisoformat(text) if isinstance(text, str) and text else None


_TELL: dict[str, tuple[Table, Callable[[Connection, Row[Any]], Subject]]] = {
    "stop": (stops, _stop),
    "hold": (holds, _hold),
    "request": (requests, _request),
    "check": (checks, _check),
    "scrap": (scraps, _scrap),
    "consumption": (consumptions, _consumption),
}
