"""The mirror of master data from the real server, whole and in changes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from console.demo.odoo_seed import SeedMachine, seed
from console.domain.master_data import MasterData, OperationState, OrderState, Tracking
from console.odoo import errors, master_data
from tests.rigs.odoo import OdooPlant


def fetch(plant: OdooPlant, since: datetime | None = None, key: str | None = None) -> MasterData:
    async def run() -> MasterData:
        async with plant.client(key) as odoo:
            return await master_data.fetch_master_data(odoo, since)

    return asyncio.run(run())


def test_whole(odoo_plant: OdooPlant) -> None:
    data = fetch(odoo_plant)
    assert data.whole
    assert data.watermark is not None
    assert abs(datetime.now(UTC) - data.watermark) < timedelta(minutes=5)
    assert {w.code for w in data.work_centers} >= {"FIL1", "MIX1", "PACK1", "CUT1", "WELD1"}
    orders = {o.id: o for o in data.orders}
    for seeded in odoo_plant.seeded.orders:
        order = orders[seeded.id]
        assert order.reference == seeded.reference
        assert order.state is OrderState.CONFIRMED
        assert order.has_operations is bool(seeded.operations)
        assert order.unit_id == seeded.unit_id
        assert [o.id for o in data.operations if o.order_id == seeded.id] == [o.id for o in seeded.operations]
        uses = [u for u in data.bom_uses if u.order_id == seeded.id]
        assert [(u.product_id, u.unit_name, u.per_unit) for u in uses] == [(seeded.component_id, "kg", 0.5)]
    mixer = odoo_plant.seeded.order_of(1)
    product = next(p for p in data.products if p.id == mixer.product_id)
    assert (product.code, product.tracking, product.active) == ("PASTE", Tracking.LOT, True)
    assert [(lot.id, lot.name) for lot in data.lots if lot.product_id == mixer.product_id] == [
        (mixer.lot_id, "L-1")
    ]


def test_units_have_roots(odoo_plant: OdooPlant) -> None:
    units = {u.name: u for u in fetch(odoo_plant).units}
    assert units["kg"].root_id == units["g"].id == units["g"].root_id
    assert units["kg"].factor == 1000
    assert units["Dozens"].root_id == units["Units"].id
    assert not units["Dozens"].active
    assert units["kg"].root_id != units["Units"].root_id


def test_changes_show_what_no_order_tells(odoo_plant: OdooPlant) -> None:
    """Closed orders, a first quantity, a new lot, an archived work center; and nothing that is old."""
    start = fetch(odoo_plant)
    assert start.watermark is not None
    operation = odoo_plant.seeded.order_of(0).operations[0]
    odoo_plant.admin("mrp.workorder", "write", [operation.id], {"qty_produced": 4})
    packer = odoo_plant.seeded.order_of(2)
    odoo_plant.admin("mrp.production", "action_cancel", [packer.id])
    odoo_plant.admin(
        "mrp.workcenter", "write", [odoo_plant.seeded.work_centers["PACK1"]], {"active": False, "name": "Old"}
    )
    mixer = odoo_plant.seeded.order_of(1)
    odoo_plant.admin("stock.lot", "create", [{"name": "L-9", "product_id": mixer.product_id}])
    later = seed(
        odoo_plant.server,
        [SeedMachine("FIL1", "Filler 1", "TEA", "Tea", 10)],
        odoo_plant.connection.database,
    ).orders[0]

    data = fetch(odoo_plant, start.watermark)

    assert not data.whole
    assert data.watermark is not None
    assert data.watermark >= start.watermark
    produced = {o.id: o for o in data.operations}[operation.id]
    assert (produced.produced, produced.state) == (4, OperationState.READY)
    orders = {o.id: o for o in data.orders}
    assert orders[packer.id].state is OrderState.CANCEL
    assert later.id in orders
    center = next(w for w in data.work_centers if w.code == "PACK1")
    assert (center.active, center.name) == (False, "Old")
    assert "L-9" in {lot.name for lot in data.lots}
    # long after, the cancelled order is no news; the open ones are told again
    quiet = fetch(odoo_plant, data.watermark + timedelta(hours=1))
    assert packer.id not in {o.id for o in quiet.orders}
    assert later.id in {o.id for o in quiet.orders}
    assert operation.id in {o.id for o in quiet.operations}


def test_first_quantity_of_an_operation_shows_after_an_hour(odoo_plant: OdooPlant) -> None:
    """Operations of open orders are told whatever their write_date."""
    future = datetime.now(UTC) + timedelta(hours=1)
    data = fetch(odoo_plant, future)
    assert {o.order_id for o in data.operations} >= {odoo_plant.seeded.order_of(3).id}
    assert data.watermark == future


def test_without_rights(odoo_plant: OdooPlant) -> None:
    account = odoo_plant.server.make_service_account(
        "clerk2", ("base.group_user",), database=odoo_plant.connection.database
    )
    with pytest.raises(errors.OdooDenied):
        fetch(odoo_plant, key=account.key)
