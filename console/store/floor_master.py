"""The mirror of what stops and maintenance need of Odoo: loss reasons, equipment, teams, tickets."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, Protocol

from sqlalchemy import Connection, insert, or_, select

from console.domain.master_data import Equipment, LossReason, MaintenanceTeam, MaintenanceTicket
from console.store.mirrored import keep
from console.store.schema import equipments as equipments_table
from console.store.schema import loss_reasons as loss_reasons_table
from console.store.schema import maintenance_teams, maintenance_tickets, requests


class Parts(Protocol):
    """What a fetch gives (console.odoo.floor_data.FloorParts, or MasterData): each part whole."""

    @property
    def loss_reasons(self) -> Sequence[LossReason]: ...
    @property
    def equipments(self) -> Sequence[Equipment]: ...
    @property
    def maintenance_teams(self) -> Sequence[MaintenanceTeam]: ...
    @property
    def maintenance_tickets(self) -> Sequence[MaintenanceTicket]: ...
    @property
    def tickets_asked(self) -> Sequence[int]: ...


def store(tx: Connection, parts: Parts) -> None:
    """Takes a fetch over, writing only what changed. What it does not hold is marked as gone, never removed;
    a ticket only where it was asked for, since closed ones are not told again.
    """
    keep(tx, loss_reasons_table, [asdict(r) for r in parts.loss_reasons])
    keep(tx, equipments_table, [asdict(r) for r in parts.equipments])
    keep(tx, maintenance_teams, [asdict(r) for r in parts.maintenance_teams])
    tickets = [asdict(r) for r in parts.maintenance_tickets]
    keep(tx, maintenance_tickets, tickets, asked=set(parts.tickets_asked))
    _never_seen(tx, set(parts.tickets_asked))


def _never_seen(tx: Connection, asked: set[int]) -> None:
    """A ticket that was deleted before it was ever read: known to be gone, so that nobody waits for it."""
    t = maintenance_tickets
    known = set(tx.execute(select(t.c.id).where(t.c.id.in_(asked))).scalars())
    nothing = {"name": "", "stage": "", "done": False, "priority": "0", "requested_on": "", "archived": False}
    lost = [{"id": i, **nothing, "gone": True} for i in sorted(asked - known)]
    if lost:
        tx.execute(insert(t), lost)


def tickets_to_ask(tx: Connection, *, whole: bool) -> tuple[int, ...]:
    """Tickets whose state Odoo must be asked for by id: those last seen open, and ours not seen yet.

    Args:
        whole: all of ours besides, whatever their stage: so one that was deleted long after is noticed.
    """
    t = maintenance_tickets
    last_open = tx.execute(select(t.c.id).where(~t.c.done, ~t.c.archived, ~t.c.gone)).scalars()
    ours = select(requests.c.ticket_id).where(requests.c.ticket_id.is_not(None))
    if not whole:
        ours = ours.where(requests.c.ticket_id.not_in(select(t.c.id)))
    return tuple(sorted({*last_open, *tx.execute(ours).scalars()}))


def loss_reasons(tx: Connection) -> tuple[LossReason, ...]:
    """Those that Odoo has now, in its own order."""
    t = loss_reasons_table
    found = tx.execute(select(t).where(~t.c.gone).order_by(t.c.sequence, t.c.id))
    return tuple(_loss_reason(r) for r in found)


def loss_reason(tx: Connection, loss_id: int) -> LossReason | None:
    """One by Odoo's id; None where it is not (or no longer) in Odoo."""
    t = loss_reasons_table
    r = tx.execute(select(t).where(t.c.id == loss_id, ~t.c.gone)).first()
    return _loss_reason(r) if r is not None else None


def equipments(tx: Connection) -> tuple[Equipment, ...]:
    """All that Odoo has now, archived ones too, by name."""
    t = equipments_table
    return tuple(_equipment(r) for r in tx.execute(select(t).where(~t.c.gone).order_by(t.c.name, t.c.id)))


def equipment(tx: Connection, equipment_id: int) -> Equipment | None:
    """One by Odoo's id, archived or not; None where it is not (or no longer) in Odoo."""
    t = equipments_table
    r = tx.execute(select(t).where(t.c.id == equipment_id, ~t.c.gone)).first()
    return _equipment(r) if r is not None else None


def equipment_named(tx: Connection, name_or_serial: str) -> Equipment | None:
    """By serial number, which is unique in Odoo, else by name; one in use before an archived one.

    Two in use of the same name are told apart by nothing but their serial numbers: the first of them is
    given, as Odoo lists them.
    """
    t = equipments_table
    asked = select(t).where(~t.c.gone, or_(t.c.serial == name_or_serial, t.c.name == name_or_serial))
    found = [_equipment(r) for r in tx.execute(asked)] if name_or_serial else []
    return min(found, key=lambda e: (not e.active, e.serial != name_or_serial, e.id), default=None)


def teams(tx: Connection) -> tuple[MaintenanceTeam, ...]:
    """Those that Odoo has now, by name."""
    t = maintenance_teams
    found = tx.execute(select(t).where(~t.c.gone).order_by(t.c.name, t.c.id))
    return tuple(MaintenanceTeam(r.id, r.name) for r in found)


def open_tickets(tx: Connection, equipment_id: int) -> tuple[MaintenanceTicket, ...]:
    """Open tickets of the equipment, whoever made them, the newest first."""
    t = maintenance_tickets
    asked = select(t).where(t.c.equipment_id == equipment_id, ~t.c.done, ~t.c.archived, ~t.c.gone)
    return tuple(_ticket(r) for r in tx.execute(asked.order_by(t.c.id.desc())))


def ticket(tx: Connection, ticket_id: int) -> MaintenanceTicket | None:
    """One by Odoo's id, whatever its stage; None where it is not (or no longer) in Odoo."""
    t = maintenance_tickets
    r = tx.execute(select(t).where(t.c.id == ticket_id, ~t.c.gone)).first()
    return _ticket(r) if r is not None else None


def _loss_reason(r: Any) -> LossReason:
    return LossReason(r.id, r.name, r.loss_type, r.manual, r.sequence)


def _equipment(r: Any) -> Equipment:
    return Equipment(r.id, r.name, r.serial, r.team_id, r.active)


def _ticket(r: Any) -> MaintenanceTicket:
    return MaintenanceTicket(
        r.id, r.name, r.equipment_id, r.stage, r.done, r.priority, r.requested_on, r.archived
    )
