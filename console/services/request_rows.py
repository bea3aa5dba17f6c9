"""Maintenance requests as the screens show them: with the posting on its way and the progress in Odoo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.domain.master_data import Equipment
from console.services.screens.common import EdgeLife, Stores, odoo_link
from console.services.screens.outbox import step_of, waiting_words
from console.services.views import OdooLink
from console.services.views.alarms import RequestRow
from console.store import floor_master, master, outbox, requests
from console.store.outbox import PostingRow
from console.store.requests import Request, RequestState, Ticket

# what is done stays on the list for so long
DONE_SHOWN = timedelta(days=7)


class RequestRows:
    """Makes rows; lives as long as one read."""

    def __init__(self, stores: Stores, tx: Connection, now: datetime) -> None:
        self._stores = stores
        self._tx = tx
        self._now = now
        self._link: tuple[OdooLink, str, EdgeLife] | None = None
        self._names: dict[int, str] | None = None

    def of(self, found: Iterable[Request]) -> dict[int, RequestRow]:
        """Rows by the request's id."""
        listed = list(found)
        if not listed:
            return {}
        postings = outbox.newest_of_subjects(self._tx, [r.subject for r in listed])
        tickets = requests.tickets(self._tx, {r.ticket_id for r in listed if r.ticket_id is not None})
        return {
            r.id: self._row(
                r, tickets.get(r.ticket_id) if r.ticket_id is not None else None, postings.get(r.subject)
            )
            for r in listed
        }

    def _row(self, request: Request, ticket: Ticket | None, posting: PostingRow | None) -> RequestRow:
        told = posting if request.sent else None
        return RequestRow(
            id=request.id,
            ticket_id=request.ticket_id,
            title=request.title,
            machine=request.machine,
            equipment=self._name(request.equipment_id),
            stage=ticket.words if ticket is not None else "",
            done=ticket is not None and ticket.over,
            priority=request.priority,
            state=request.state.value,
            posting=told.state if told is not None else None,
            waiting=self._waiting(told) if told is not None else "",
            at=request.decided_at or request.opened_at,
            by=request.decided_by,
            source=request.source,
            version=request.version,
            trace_id=request.trace_id,
        )

    def _in_odoo(self, ticket: Ticket, machine: str) -> RequestRow:
        """One that stands in Odoo; whoever made it."""
        return RequestRow(
            id=0,
            ticket_id=ticket.id,
            title=ticket.name,
            machine=machine,
            equipment=self._name(ticket.equipment_id),
            stage=ticket.words,
            done=ticket.over,
            priority=int(ticket.priority) if ticket.priority.isdigit() else 0,
            state="in Odoo",
            posting=None,
            waiting="",
            at=None,
            by="",
        )

    def proposals(self) -> tuple[RequestRow, ...]:
        """What the console proposes, and what was taken back; the newest first."""
        found = requests.listed(self._tx, [RequestState.PROPOSED])
        return tuple(self.of(found).values())

    def sent(self) -> tuple[RequestRow, ...]:
        """Ours that are not done, or were sent lately; then those that only Odoo has, of our machines."""
        rows = self.of(requests.sent(self._tx, self._now - DONE_SHOWN))
        known = {r.ticket_id for r in rows.values()}
        machines = {
            e.id: m.name
            for m in self._stores.plant.machines
            if (e := self._equipment(m.equipment)) is not None
        }
        others = [t for t in requests.open_tickets(self._tx, machines) if t.id not in known]
        return *rows.values(), *(self._in_odoo(t, machines[t.equipment_id or 0]) for t in others)

    def of_equipment(self, equipment_id: int, machine: str) -> tuple[RequestRow, ...]:
        """The requests of an equipment that are open in Odoo; ours with what we know of them."""
        found = requests.open_tickets(self._tx, [equipment_id])
        mine = requests.of_tickets(self._tx, [t.id for t in found])
        rows = self.of(mine.values())
        return tuple(rows[mine[t.id].id] if t.id in mine else self._in_odoo(t, machine) for t in found)

    def _equipment(self, name: str) -> Equipment | None:
        return floor_master.equipment_named(self._tx, name) if name else None

    def _name(self, equipment_id: int | None) -> str:
        if self._names is None:
            self._names = {e.id: e.name for e in floor_master.equipments(self._tx)}
        return self._names.get(equipment_id, "") if equipment_id is not None else ""

    def _waiting(self, posting: PostingRow) -> str:
        if self._link is None:
            edge = self._stores.edge(self._now)
            link, reason, _ = odoo_link(self._stores.plant, master.link(self._tx), edge)
            self._link = link, reason, edge
        link, reason, edge = self._link
        step = step_of(self._tx, posting, self._now)
        return waiting_words(self._stores, posting, step, link, reason, edge, self._now)


def named(rows: Sequence[RequestRow]) -> str:
    """``17 "Belt worn"``; for sentences."""
    return ", ".join(f'{r.ticket_id} "{r.title}"' for r in rows)
