"""Rows of maintenance requests: proposed by the console or a person, then booked, joined or rejected."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, insert, not_, or_, select, update

from console.domain.records import File
from console.errors import AlreadyDecided
from console.store import attachments
from console.store.schema import (
    alarm_occurrences,
    conditions,
    decisions,
    maintenance_tickets,
    odoo_link,
    requests,
)
from console.store.schema import attachments as attachment_rows

_r = requests.c


class RequestState(StrEnum):
    """State of a request of ours.

    proposed -> requested | joined | rejected; requested | joined -> proposed, where its posting was taken
    back.
    """

    PROPOSED = "proposed"
    REQUESTED = "requested"
    JOINED = "joined"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Request:
    """A maintenance request of ours.

    Attributes:
        source: what it came from: "alarm:5", "condition:2", "upkeep:filler1/grease@3".
        kind: corrective or preventive. priority: 0 to 3, as Odoo's stars.
        ticket_id: the request in Odoo, once it is known.
    """

    id: int
    trace_id: str
    state: RequestState
    source: str
    machine: str
    equipment_id: int | None
    title: str
    description: str
    kind: str
    priority: int
    evidence: Mapping[str, Any]
    ticket_id: int | None
    opened_at: datetime
    decided_at: datetime | None
    decided_by: str
    version: int

    @property
    def subject(self) -> str:
        """As decisions and postings name it."""
        return f"request:{self.id}"

    @property
    def sent(self) -> bool:
        """A person decided that Odoo shall have it."""
        return self.state in (RequestState.REQUESTED, RequestState.JOINED)


@dataclass(frozen=True, slots=True)
class Told:
    """One decision about something, for its history."""

    at: datetime
    subject: str
    kind: str
    person: str
    reason: str


def _request(r: Row[Any]) -> Request:
    values = dict(r._mapping)
    values["state"] = RequestState(r.state)
    return Request(**values)


def add(tx: Connection, values: Mapping[str, Any]) -> int:
    """A new request."""
    result = tx.execute(insert(requests).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def get(tx: Connection, request_id: int) -> Request | None:
    """One request."""
    r = tx.execute(select(requests).where(_r.id == request_id)).first()
    return _request(r) if r else None


def several(tx: Connection, request_ids: Sequence[int]) -> dict[int, Request]:
    """Requests by id."""
    rows = tx.execute(select(requests).where(_r.id.in_(request_ids)))
    return {r.id: _request(r) for r in rows}


def trace_used(tx: Connection, trace_id: str) -> bool:
    """Whether a request carries this trace id already."""
    return tx.execute(select(_r.id).where(_r.trace_id == trace_id)).first() is not None


def listed(tx: Connection, states: Sequence[RequestState], limit: int = 500) -> list[Request]:
    """Requests in some states, the newest first."""
    query = select(requests).where(_r.state.in_([s.value for s in states]))
    return [_request(r) for r in tx.execute(query.order_by(_r.id.desc()).limit(limit))]


def of_source(tx: Connection, prefix: str) -> list[Request]:
    """Requests whose source begins so, oldest first."""
    query = select(requests).where(_r.source.startswith(prefix, autoescape=True))
    return [_request(r) for r in tx.execute(query.order_by(_r.id))]


def change(tx: Connection, request: Request, **values: Any) -> None:
    """Changes a request.

    Raises:
        AlreadyDecided: it changed since it was read.
    """
    where = (_r.id == request.id, _r.version == request.version)
    done = tx.execute(update(requests).where(*where).values(**values, version=request.version + 1))
    if done.rowcount == 0:
        raise AlreadyDecided(
            "This request was decided or changed since it was shown.", "Look at it again and decide then."
        )


def set_ticket(tx: Connection, request_id: int, ticket_id: int) -> None:
    """Odoo was seen to hold it."""
    tx.execute(update(requests).where(_r.id == request_id).values(ticket_id=ticket_id))


def link_alarm(tx: Connection, occurrence_id: int, request_id: int) -> None:
    """An alarm has a request now; who saw it without one has to look again."""
    tx.execute(
        update(alarm_occurrences)
        .where(alarm_occurrences.c.id == occurrence_id)
        .values(request_id=request_id, version=alarm_occurrences.c.version + 1)
    )


def link_condition(tx: Connection, condition_id: int, request_id: int) -> None:
    """A condition has a request now."""
    tx.execute(update(conditions).where(conditions.c.id == condition_id).values(request_id=request_id))


def attachments_of(tx: Connection, request_id: int) -> list[File]:
    """The evidence that goes along with a request, oldest first."""
    ids = tx.execute(select(attachment_rows.c.id).where(attachment_rows.c.request_id == request_id)).scalars()
    return attachments.files(tx, list(ids))


def history(tx: Connection, subjects: Sequence[str]) -> list[Told]:
    """What people and policies decided about some subjects ("alarm:5", "request:7"), oldest first."""
    d = decisions.c
    query = select(d.at, d.subject, d.kind, d.person, d.reason).where(d.subject.in_(subjects))
    return [Told(*row) for row in tx.execute(query.order_by(d.at, d.id))]


# --- with what the mirror knows of Odoo --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ticket:
    """A request of Odoo's as last mirrored; ``gone``: it was deleted there."""

    id: int
    name: str
    equipment_id: int | None
    stage: str
    done: bool
    priority: str
    archived: bool
    gone: bool

    @property
    def over(self) -> bool:
        """Nobody works on it any more."""
        return self.done or self.archived or self.gone

    @property
    def words(self) -> str:
        """Its stage, and whether it was put away."""
        if self.gone:
            return "deleted in Odoo"
        return f"{self.stage} (archived)" if self.archived else self.stage


def _ticket(r: Row[Any]) -> Ticket:
    return Ticket(r.id, r.name, r.equipment_id, r.stage, r.done, r.priority, r.archived, r.gone)


_t = maintenance_tickets.c
_OPEN = (_t.done.is_(False), _t.archived.is_(False), _t.gone.is_(False))


def tickets(tx: Connection, ticket_ids: Collection[int]) -> dict[int, Ticket]:
    """Requests of Odoo's by id, whatever became of them."""
    rows = tx.execute(select(maintenance_tickets).where(_t.id.in_(ticket_ids)))
    return {r.id: _ticket(r) for r in rows}


def open_tickets(tx: Connection, equipment_ids: Collection[int]) -> list[Ticket]:
    """Requests of some equipment that are open in Odoo, whoever made them, the newest first."""
    query = select(maintenance_tickets).where(_t.equipment_id.in_(equipment_ids), *_OPEN)
    return [_ticket(r) for r in tx.execute(query.order_by(_t.id.desc()))]


def sent(tx: Connection, since: datetime) -> list[Request]:
    """Ours that people sent and that are not over in Odoo, or were sent since then; the newest first."""
    over = or_(_t.done.is_(True), _t.archived.is_(True), _t.gone.is_(True))
    query = (
        select(requests)
        .outerjoin(maintenance_tickets, _t.id == _r.ticket_id)
        .where(_r.state.in_([RequestState.REQUESTED.value, RequestState.JOINED.value]))
        .where(or_(_t.id.is_(None), not_(over), _r.decided_at >= since))
        .order_by(_r.id.desc())
    )
    return [_request(r) for r in tx.execute(query)]


def of_tickets(tx: Connection, ticket_ids: Collection[int]) -> dict[int, Request]:
    """Ours by their id in Odoo; the newest where several were joined to one."""
    query = select(requests).where(_r.ticket_id.in_(ticket_ids)).order_by(_r.id)
    return {r.ticket_id: _request(r) for r in tx.execute(query)}


def over_in_odoo(tx: Connection, request: Request) -> bool:
    """Whether nobody works on a request of ours any more, as far as the mirror knows."""
    if request.ticket_id is None:
        return False
    found = tickets(tx, [request.ticket_id]).get(request.ticket_id)
    return found is not None and found.over


def maintenance_missing(tx: Connection) -> str:
    """Why maintenance cannot be read from this Odoo, in words; empty where it can."""
    told = tx.execute(select(odoo_link.c.parts_missing)).scalar()
    return " ".join(str(part) for part in told or () if "maintenance" in str(part).lower())
