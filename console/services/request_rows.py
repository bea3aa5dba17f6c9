"""Maintenance requests as the screens show them: with the posting on its way and the progress in Odoo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.domain.master_data import MaintenanceTicket
from console.services.screens.common import EdgeLife, Stores, odoo_link
from console.services.screens.outbox import step_of, waiting_words
from console.services.views import OdooLink
from console.services.views.alarms import RequestRow
from console.store import floor_master, master, outbox, requests
from console.store.outbox import PostingRow
from console.store.requests import Request, RequestState

# what is done stays on the list for so long
DONE_SHOWN = timedelta(days=7)


class RequestRows:
    """Makes rows; lives as long as one read."""

    def __init__(self, stores: Stores, tx: Connection, now: datetime) -> None:
        self._stores = stores
        self._tx = tx
        self._now = now
        self._link: tuple[OdooLink, str, EdgeLife] | None = None

    def of(self, found: Iterable[Request]) -> dict[int, RequestRow]:
        """Rows by the request's id."""
        listed = list(found)
        if not listed:
            return {}
        postings = outbox.newest_of_subjects(self._tx, [r.subject for r in listed])
        ids = {r.ticket_id for r in listed if r.ticket_id is not None}
        tickets = {i: floor_master.ticket(self._tx, i) for i in ids}
        deleted = requests.deleted_tickets(self._tx, ids)
        names = self._names({r.equipment_id for r in listed if r.equipment_id is not None})
        rows: dict[int, RequestRow] = {}
        for each in listed:
            ticket = tickets.get(each.ticket_id) if each.ticket_id is not None else None
            name = names.get(each.equipment_id, "") if each.equipment_id is not None else ""
            row = self._row(each, ticket, postings.get(each.subject), name)
            gone = each.ticket_id in deleted
            rows[each.id] = replace(row, stage="deleted in Odoo", done=True) if gone else row
        return rows

    def _row(
        self, request: Request, ticket: MaintenanceTicket | None, posting: PostingRow | None, equipment: str
    ) -> RequestRow:
        return RequestRow(
            id=request.id,
            ticket_id=request.ticket_id,
            title=request.title,
            machine=request.machine,
            equipment=equipment,
            stage=stage_words(ticket),
            done=is_done(ticket),
            priority=request.priority,
            state=request.state.value,
            posting=posting.state if posting is not None and request.sent else None,
            waiting=self._waiting(posting) if posting is not None and request.sent else "",
            at=request.decided_at or request.opened_at,
            by=request.decided_by,
            source=request.source,
            version=request.version,
            trace_id=request.trace_id,
        )

    def in_odoo(self, ticket: MaintenanceTicket, machine: str) -> RequestRow:
        """One that stands in Odoo; whoever made it."""
        names = self._names({ticket.equipment_id} if ticket.equipment_id is not None else set())
        return RequestRow(
            id=0,
            ticket_id=ticket.id,
            title=ticket.name,
            machine=machine,
            equipment=next(iter(names.values()), ""),
            stage=stage_words(ticket),
            done=is_done(ticket),
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
        ours = requests.listed(self._tx, [RequestState.REQUESTED, RequestState.JOINED])
        rows = [
            r
            for r in self.of(ours).values()
            if not r.done or (r.at is not None and self._now - r.at < DONE_SHOWN)
        ]
        known = {r.ticket_id for r in ours if r.ticket_id is not None}
        for machine in self._stores.plant.machines:
            equipment = floor_master.equipment_named(self._tx, machine.equipment)
            for ticket in floor_master.open_tickets(self._tx, equipment.id) if equipment else ():
                if ticket.id not in known:
                    known.add(ticket.id)
                    rows.append(self.in_odoo(ticket, machine.name))
        return tuple(rows)

    def of_equipment(self, equipment_id: int, machine: str) -> tuple[RequestRow, ...]:
        """The requests of an equipment that are open in Odoo; ours with what we know of them."""
        tickets = floor_master.open_tickets(self._tx, equipment_id)
        ours = requests.listed(self._tx, [RequestState.REQUESTED, RequestState.JOINED])
        mine = {r.ticket_id: r for r in ours if r.ticket_id is not None}
        rows = self.of(mine[t.id] for t in tickets if t.id in mine)
        return tuple(rows[mine[t.id].id] if t.id in mine else self.in_odoo(t, machine) for t in tickets)

    def _names(self, ids: set[int]) -> dict[int, str]:
        found = {i: floor_master.equipment(self._tx, i) for i in ids}
        return {i: e.name for i, e in found.items() if e is not None}

    def _waiting(self, posting: PostingRow) -> str:
        if self._link is None:
            edge = self._stores.edge(self._now)
            link, reason, _ = odoo_link(self._stores.plant, master.link(self._tx), edge)
            self._link = link, reason, edge
        link, reason, edge = self._link
        step = step_of(self._tx, posting, self._now)
        return waiting_words(self._stores, posting, step, link, reason, edge, self._now)


def stage_words(ticket: MaintenanceTicket | None) -> str:
    """Odoo's stage; empty while nothing is known of the ticket."""
    if ticket is None:
        return ""
    return f"{ticket.stage} (archived)" if ticket.archived else ticket.stage


def is_done(ticket: MaintenanceTicket | None) -> bool:
    """Whether nobody works on it any more."""
    return ticket is not None and (ticket.done or ticket.archived)


def done_in_odoo(tx: Connection, request: Request) -> bool:
    """Whether a request of ours is done there, as far as the mirror knows."""
    if request.ticket_id is None:
        return False
    gone = request.ticket_id in requests.deleted_tickets(tx, {request.ticket_id})
    return gone or is_done(floor_master.ticket(tx, request.ticket_id))


def named(rows: Sequence[RequestRow]) -> str:
    """``17 "Belt worn"``; for sentences."""
    return ", ".join(f'{r.ticket_id} "{r.title}"' for r in rows)
