"""Fetches what stops and maintenance need of Odoo: loss reasons, equipment, teams, maintenance tickets.

Four calls a round, each whole: a loss reason that was deleted, or equipment that was archived, shows in the
next one. Tickets are the open ones, and those asked for by id: so a ticket is seen closing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from console.domain.master_data import Equipment, LossReason, MaintenanceTeam, MaintenanceTicket
from console.odoo.client import OdooClient, Row
from console.odoo.errors import OdooConfiguration, OdooDenied
from console.odoo.mapping import Record

LOSS_REASON = "mrp.workcenter.productivity.loss"
EQUIPMENT = "maintenance.equipment"
TEAM = "maintenance.team"
TICKET = "maintenance.request"
ARCHIVED_TOO = ["active", "in", [True, False]]

LOSS_REASON_FIELDS = ("name", "loss_type", "manual", "sequence")
EQUIPMENT_FIELDS = ("name", "serial_no", "maintenance_team_id", "active")
TEAM_FIELDS = ("name",)
TICKET_FIELDS = ("name", "equipment_id", "stage_id", "done", "priority", "request_date", "archive")

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class FloorParts:
    """What was fetched; each part is whole, but for tickets that are neither open nor asked for.

    Attributes:
        tickets_asked: ids that were asked for; one that is not among the tickets is no longer in Odoo. Empty
            where tickets could not be read.
        missing: what this Odoo has not or does not let us read, in words; that part is empty then.
    """

    loss_reasons: tuple[LossReason, ...] = ()
    equipments: tuple[Equipment, ...] = ()
    maintenance_teams: tuple[MaintenanceTeam, ...] = ()
    maintenance_tickets: tuple[MaintenanceTicket, ...] = ()
    tickets_asked: tuple[int, ...] = ()
    missing: tuple[str, ...] = ()


async def fetch_floor_data(client: OdooClient, ticket_ids: Iterable[int] = ()) -> FloorParts:
    """Fetch everything.

    Args:
        ticket_ids: tickets to fetch whatever their stage, such as those last seen open.

    Raises:
        OdooError: Odoo could not be asked, or its answer is not usable. A module that is absent, or a right
            that is lacking, is no error: see ``FloorParts.missing``.
    """
    asked = tuple(sorted(set(ticket_ids)))
    missing: list[str] = []

    async def part(title: str, fetch: Callable[[], Awaitable[tuple[Found, ...]]]) -> tuple[Found, ...]:
        try:
            return await fetch()
        except OdooConfiguration:
            missing.append(f"{title}: the module is not installed in Odoo")
        except OdooDenied:
            missing.append(f"{title}: the account may not read them in Odoo")
        return ()

    reasons = await part("loss reasons", lambda: _loss_reasons(client))
    known = len(missing)
    equipments = await part("equipment", lambda: _equipments(client))
    if len(missing) > known:  # the others are of the same module, and free to read where equipment is
        return FloorParts(reasons, missing=tuple(missing))
    if not equipments:
        # a record rule hides it without a word
        missing.append("equipment: Odoo has none, or the account is no Equipment Manager there")
    teams = await part("maintenance teams", lambda: _teams(client))
    known = len(missing)
    tickets = await part("maintenance requests", lambda: _tickets(client, asked))
    if len(missing) > known:  # not told is not gone
        asked = ()
    return FloorParts(reasons, equipments, teams, tickets, asked, tuple(missing))


async def _loss_reasons(client: OdooClient) -> tuple[LossReason, ...]:
    return tuple([loss_reason(r) for r in await _all(client, LOSS_REASON, [], LOSS_REASON_FIELDS)])


async def _equipments(client: OdooClient) -> tuple[Equipment, ...]:
    return tuple([equipment(r) for r in await _all(client, EQUIPMENT, [ARCHIVED_TOO], EQUIPMENT_FIELDS)])


async def _teams(client: OdooClient) -> tuple[MaintenanceTeam, ...]:
    return tuple([team(r) for r in await _all(client, TEAM, [], TEAM_FIELDS)])


async def _tickets(client: OdooClient, asked: Sequence[int]) -> tuple[MaintenanceTicket, ...]:
    domain: list[Any] = ["&", ["stage_id.done", "=", False], ["archive", "=", False]]
    if asked:
        domain = ["|", ["id", "in", list(asked)], *domain]
    return tuple([ticket(r) for r in await _all(client, TICKET, domain, TICKET_FIELDS)])


async def _all(client: OdooClient, model: str, domain: Sequence[Any], fields: Sequence[str]) -> list[Row]:
    return [row async for page in client.pages(model, domain, fields) for row in page]


# ---------------------------------------------------------------- rows -> domain


def loss_reason(row: Row) -> LossReason:
    """From mrp.workcenter.productivity.loss."""
    seen = Record(LOSS_REASON, row)
    return LossReason(
        id=seen.integer("id"),
        name=seen.text("name"),
        loss_type=seen.text("loss_type"),
        manual=seen.flag("manual"),
        sequence=seen.integer("sequence"),
    )


def equipment(row: Row) -> Equipment:
    """From maintenance.equipment."""
    seen = Record(EQUIPMENT, row)
    return Equipment(
        id=seen.integer("id"),
        name=seen.text("name"),
        serial=seen.text("serial_no"),
        team_id=seen.optional_reference("maintenance_team_id"),
        active=seen.flag("active"),
    )


def team(row: Row) -> MaintenanceTeam:
    """From maintenance.team."""
    seen = Record(TEAM, row)
    return MaintenanceTeam(seen.integer("id"), seen.text("name"))


def ticket(row: Row) -> MaintenanceTicket:
    """From maintenance.request. No stage and no stars are told as "" and "0"."""
    seen = Record(TICKET, row)
    return MaintenanceTicket(
        id=seen.integer("id"),
        name=seen.text("name"),
        equipment_id=seen.optional_reference("equipment_id"),
        stage=seen.title("stage_id") if seen.optional_reference("stage_id") is not None else "",
        done=seen.flag("done"),
        priority=seen.text("priority") or "0",
        requested_on=seen.text("request_date"),
        archived=seen.flag("archive"),
    )
