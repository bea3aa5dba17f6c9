"""Loss reasons, equipment, teams and tickets from the real server."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from console.demo.odoo_sandbox import OdooServer
from console.demo.odoo_seed_floor import SeededFloor, seed_floor
from console.odoo.client import OdooClient
from console.odoo.floor_data import FloorParts, fetch_floor_data
from tests.rigs.odoo import OdooPlant


def fetch(plant: OdooPlant, *ticket_ids: int, key: str | None = None) -> FloorParts:
    async def run() -> FloorParts:
        async with plant.client(key) as odoo:
            return await fetch_floor_data(odoo, ticket_ids)

    return asyncio.run(run())


@pytest.fixture(scope="module")
def floor(odoo_plant: OdooPlant) -> SeededFloor:
    machines = [("Filler 1", "SN-1"), ("Mixer 1", "")]
    return seed_floor(odoo_plant.server, machines, database=odoo_plant.connection.database)


def test_all_parts(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    parts = fetch(odoo_plant)
    assert parts.missing == ()
    reasons = {r.name: r for r in parts.loss_reasons}
    assert (reasons["Equipment Failure"].loss_type, reasons["Equipment Failure"].manual) == (
        "availability",
        True,
    )
    assert (reasons["Fully Productive Time"].loss_type, reasons["Fully Productive Time"].manual) == (
        "productive",
        False,
    )
    assert set(floor.loss_reasons) <= set(reasons)
    assert {r.id for r in parts.loss_reasons} >= set(floor.loss_reasons.values())
    machines = {e.id: e for e in parts.equipments}
    filler = machines[floor.equipments["Filler 1"]]
    assert (filler.name, filler.serial, filler.team_id, filler.active) == (
        "Filler 1",
        "SN-1",
        floor.team_id,
        True,
    )
    assert machines[floor.equipments["Mixer 1"]].serial == ""
    assert floor.team_id in {t.id for t in parts.maintenance_teams}
    (ticket,) = [t for t in parts.maintenance_tickets if t.id == floor.ticket_id]
    assert (ticket.equipment_id, ticket.done, ticket.archived, ticket.stage) == (
        floor.equipments["Filler 1"],
        False,
        False,
        "New Request",
    )
    assert len(ticket.requested_on) == 10


def test_seeding_again_makes_nothing_twice(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    again = seed_floor(
        odoo_plant.server, [("Filler 1", "SN-1"), ("Mixer 1", "")], database=odoo_plant.connection.database
    )
    assert again == floor


def test_reason_deleted_and_equipment_archived_show_at_once(
    odoo_plant: OdooPlant, floor: SeededFloor
) -> None:
    made = odoo_plant.admin("mrp.workcenter.productivity.loss", "create", [{"name": "Short-lived"}])[0]
    old = odoo_plant.admin("maintenance.equipment", "create", [{"name": "Old press"}])[0]
    parts = fetch(odoo_plant)
    assert made in {r.id for r in parts.loss_reasons}
    assert next(e for e in parts.equipments if e.id == old).active
    odoo_plant.admin("mrp.workcenter.productivity.loss", "unlink", [made])
    odoo_plant.admin("maintenance.equipment", "write", [old], {"active": False})
    parts = fetch(odoo_plant)
    assert made not in {r.id for r in parts.loss_reasons}
    assert not next(e for e in parts.equipments if e.id == old).active


def test_closed_and_archived_tickets_are_told_when_asked_for(
    odoo_plant: OdooPlant, floor: SeededFloor
) -> None:
    def made(**vals: Any) -> int:
        return int(odoo_plant.admin("maintenance.request", "create", [{"name": "Noise", **vals}])[0])

    closed, archived, deleted = made(), made(), made()
    stages = odoo_plant.admin("maintenance.stage", "search_read", [["done", "=", True]], ["name"])
    odoo_plant.admin("maintenance.request", "write", [closed], {"stage_id": stages[0]["id"]})
    odoo_plant.admin("maintenance.request", "archive_equipment_request", [archived])
    odoo_plant.admin("maintenance.request", "unlink", [deleted])
    assert {closed, archived, deleted}.isdisjoint(t.id for t in fetch(odoo_plant).maintenance_tickets)
    parts = fetch(odoo_plant, closed, archived, deleted)
    found = {t.id: t for t in parts.maintenance_tickets}
    assert (found[closed].done, found[closed].stage) == (True, stages[0]["name"])
    assert (found[archived].archived, found[archived].equipment_id) == (True, None)
    assert deleted not in found
    assert parts.tickets_asked == (closed, archived, deleted)
    assert floor.ticket_id in found


def test_without_rights(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    """An internal user sees no loss reasons, and no equipment that it does not follow: without an error."""
    database = odoo_plant.connection.database
    clerk = odoo_plant.server.make_service_account("clerk9", ("base.group_user",), database=database)
    parts = fetch(odoo_plant, key=clerk.key)
    assert (parts.loss_reasons, parts.equipments) == ((), ())
    assert [m.partition(":")[0] for m in parts.missing] == ["loss reasons", "equipment"]
    worker = odoo_plant.server.make_service_account("worker9", ("mrp.group_mrp_user",), database=database)
    parts = fetch(odoo_plant, key=worker.key)
    assert parts.loss_reasons
    assert "Equipment Manager" in parts.missing[0]


def test_without_the_modules(odoo_server: OdooServer, odoo_plant: OdooPlant) -> None:
    odoo_server.new_database("plant_no_floor", base_only=True)
    account = odoo_server.make_service_account(groups=("base.group_user",), database="plant_no_floor")

    async def run() -> FloorParts:
        connection = replace(odoo_plant.connection, database="plant_no_floor")
        async with OdooClient(connection, account.key) as odoo:
            return await fetch_floor_data(odoo)

    parts = asyncio.run(run())
    assert parts.missing == (
        "loss reasons: the module is not installed in Odoo",
        "equipment: the module is not installed in Odoo",
    )
