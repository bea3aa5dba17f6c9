"""The mirror of master data from the real server, whole and in changes."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from console.demo.odoo_seed import SeedMachine, seed
from console.demo.odoo_seed_floor import seed_floor
from console.domain.master_data import MasterData, OperationState, OrderState, Tracking
from console.odoo import errors, master_data
from console.odoo.client import OdooClient
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


def test_floor_each_time_and_stock_where_asked_for(odoo_plant: OdooPlant) -> None:
    """A reason deleted and equipment archived in Odoo show in the next fetch, one of changes too."""
    database = odoo_plant.connection.database
    floor = seed_floor(odoo_plant.server, [("Filler 1", "SN-1")], database=database)
    start = fetch(odoo_plant)
    assert (start.floor_fetched, start.stock_fetched) == (True, True)
    assert (start.floor_missing, start.stock_missing) == ((), ())
    assert {r.name for r in start.loss_reasons} >= {"Equipment Failure", *floor.loss_reasons}
    assert [e.serial for e in start.equipments] == ["SN-1"]
    assert floor.ticket_id in {t.id for t in start.maintenance_tickets}
    assert "WH/Stock" in {x.name for x in start.locations}
    mixer = odoo_plant.seeded.order_of(1)
    assert len({lot.id for lot in start.lots}) == len(start.lots)
    assert len({p.id for p in start.products}) == len(start.products)

    odoo_plant.admin("mrp.workcenter.productivity.loss", "unlink", [floor.loss_reasons["Cleaning"]])
    odoo_plant.admin("maintenance.equipment", "write", [floor.equipments["Filler 1"]], {"active": False})
    stock = odoo_plant.admin("stock.location", "search", [["complete_name", "=", "WH/Stock"]])[0]
    quant = odoo_plant.admin(
        "stock.quant",
        "create",
        [
            {
                "product_id": mixer.product_id,
                "lot_id": mixer.lot_id,
                "location_id": stock,
                "inventory_quantity": 12,
            }
        ],
        context={"inventory_mode": True},
    )
    odoo_plant.admin("stock.quant", "action_apply_inventory", quant)

    async def changes(stock: bool) -> MasterData:
        async with odoo_plant.client() as odoo:
            return await master_data.fetch_master_data(
                odoo, start.watermark, ticket_ids=[987654], stock=stock
            )

    data = asyncio.run(changes(stock=False))
    assert "Cleaning" not in {r.name for r in data.loss_reasons}
    assert [e.active for e in data.equipments] == [False]
    assert data.tickets_asked == (987654,)
    assert (data.stock_fetched, data.lot_stock, data.locations) == (False, (), ())
    data = asyncio.run(changes(stock=True))
    assert [(s.lot_id, s.quantity) for s in data.lot_stock if s.location_id == stock] == [(mixer.lot_id, 12)]


def test_a_round_takes_few_calls(odoo_plant: OdooPlant) -> None:
    """Every few seconds one goes out: stops and maintenance add four calls, whatever the plant's size."""
    seen: list[str] = []

    class Counting(httpx.AsyncHTTPTransport):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            seen.append(request.url.path.removeprefix("/json/2/"))
            return await super().handle_async_request(request)

    async def run() -> None:
        connection, key = odoo_plant.connection, odoo_plant.key
        async with OdooClient(connection, key, transport=Counting()) as odoo:
            first = await master_data.fetch_master_data(odoo, None)
            seen.clear()
            await master_data.fetch_master_data(odoo, first.watermark, ticket_ids=[1], stock=False)

    asyncio.run(run())
    assert [c for c in seen if c.startswith(("maintenance.", "mrp.workcenter.productivity"))] == [
        "mrp.workcenter.productivity.loss/search_read",
        "maintenance.equipment/search_read",
        "maintenance.team/search_read",
        "maintenance.request/search_read",
    ]
    assert not [c for c in seen if c.startswith(("stock.quant", "stock.move.line", "qc."))]


def test_without_rights(odoo_plant: OdooPlant) -> None:
    account = odoo_plant.server.make_service_account(
        "clerk2", ("base.group_user",), database=odoo_plant.connection.database
    )
    with pytest.raises(errors.OdooDenied):
        fetch(odoo_plant, key=account.key)
