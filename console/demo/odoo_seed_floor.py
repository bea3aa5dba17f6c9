"""Fills a sandbox database for stops and maintenance: loss reasons, equipment, a team, a ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from console.errors import EnvironmentFault

if TYPE_CHECKING:  # the sandbox itself runs on Linux only; what is ordered is also read elsewhere
    from console.demo.odoo_sandbox import OdooServer, OdooSession

# besides those that Odoo brings along: name -> category
LOSS_REASONS: Mapping[str, str] = {
    "Jam at infeed": "availability",
    "Waiting for operator": "availability",
    "Cleaning": "availability",
    "Out of tolerance": "quality",
}
TEAM = "Mechanics"
TICKET = "Leak at the filling head"


@dataclass(frozen=True, slots=True)
class SeededFloor:
    """What ``seed_floor`` made, by Odoo's ids.

    Attributes:
        equipments: by name.
        loss_reasons: the extra ones, by name.
        ticket_id: the open maintenance request, of the first machine; None without machines.
    """

    team_id: int
    equipments: dict[str, int]
    loss_reasons: dict[str, int]
    ticket_id: int | None


def seed_floor(
    server: OdooServer,
    machines: Sequence[tuple[str, str]],
    *,
    database: str | None = None,
    loss_reasons: Mapping[str, str] = LOSS_REASONS,
    team: str = TEAM,
    ticket: str = TICKET,
) -> SeededFloor:
    """Make what is not there yet by name, so that it may be called again for more machines.

    Args:
        machines: equipment as (name, serial number); the number may be empty.
        loss_reasons: name -> category, one of Odoo's (availability, performance, quality).

    Raises:
        EnvironmentFault: Odoo knows no such category. SandboxError: it refused something.
    """
    with server.session(database=database) as odoo:
        team_id = _one(odoo, "maintenance.team", {"name": team}, {})
        equipments = {
            name: _one(
                odoo,
                "maintenance.equipment",
                {"name": name, "serial_no": serial or False},
                {"maintenance_team_id": team_id},
            )
            for name, serial in machines
        }
        reasons = {name: _loss_reason(odoo, name, category) for name, category in loss_reasons.items()}
        ticket_id = None
        if machines:
            key = {"name": ticket, "equipment_id": equipments[machines[0][0]]}
            vals = {"maintenance_team_id": team_id, "priority": "2", "maintenance_type": "corrective"}
            ticket_id = _one(odoo, "maintenance.request", key, vals)
    return SeededFloor(team_id, equipments, reasons, ticket_id)


def _one(odoo: OdooSession, model: str, key: dict[str, Any], more: dict[str, Any]) -> int:
    """The record of these values, made where there is none."""
    found = odoo.call(model, "search", [[field, "=", value] for field, value in key.items()], limit=1)
    return int(found[0]) if found else odoo.create(model, key | more)


def _loss_reason(odoo: OdooSession, name: str, category: str) -> int:
    kinds = odoo.call(
        "mrp.workcenter.productivity.loss.type", "search", [["loss_type", "=", category]], limit=1
    )
    if not kinds:
        raise EnvironmentFault(f"Odoo knows no category of loss reasons named {category!r}.")
    return _one(odoo, "mrp.workcenter.productivity.loss", {"name": name}, {"loss_id": kinds[0]})
