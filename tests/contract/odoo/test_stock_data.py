"""Where lots lie, what was made of them, and the tests, as the real server tells them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from console.demo.odoo_sandbox import OdooServer, OdooSession
from console.demo.odoo_seed_stock import (
    BATCH_SUMMARY,
    FINAL_CHECK,
    SeededQuality,
    SeedQuestion,
    reserve,
    seed_quality,
)
from console.domain.equipment import OdooConnection
from console.domain.master_data import Location, LotLink, Tracking
from console.odoo.client import OdooClient
from console.odoo.stock_data import StockParts, fetch_quality_data
from tests.rigs.odoo import FILLER, MIXER, MakeOdooPlant, OdooPlant


@dataclass(frozen=True)
class Stock:
    """A lot of 100 kg, 30 of it used up for 30 of a child, of which 12 were shipped; 5 are reserved."""

    plant: OdooPlant
    odoo: OdooSession
    product_id: int
    lot_id: int
    seeded: SeededQuality
    parts: StockParts


def fetch(plant: OdooPlant, *product_ids: int) -> StockParts:
    async def ask() -> StockParts:
        async with plant.client() as odoo:
            return await fetch_quality_data(odoo, product_ids)

    return asyncio.run(ask())


@pytest.fixture(scope="module")
def stock(make_odoo_plant: MakeOdooPlant) -> Iterator[Stock]:
    plant = make_odoo_plant([MIXER, FILLER])
    order = plant.seeded.order_of(0)
    assert order.lot_id is not None
    seeded = seed_quality(
        plant.server,
        order.product_id,
        order.lot_id,
        100,
        consumed=30,
        shipped=12,
        summary_questions=[SeedQuestion("Hall temperature max", 0.0, 30.0)],
        database=plant.connection.database,
    )
    with plant.server.session(database=plant.connection.database) as odoo:
        reserve(odoo, order.product_id, order.lot_id, seeded.stock_id, seeded.customers_id, 5)
        parts = fetch(plant, order.product_id, plant.seeded.order_of(1).product_id)
        yield Stock(plant, odoo, order.product_id, order.lot_id, seeded, parts)


def test_locations_by_their_full_names_archived_ones_too(stock: Stock) -> None:
    found = {x.name: x for x in stock.parts.locations}
    assert found["WH/Quarantine"] == Location(stock.seeded.quarantine_id, "WH/Quarantine", "internal")
    assert found["Customers"].usage == "customer"
    assert found["Inventory adjustment"].id == stock.seeded.scrap_id
    assert not found["WH/Quality Control"].active


def test_stock_is_summed_by_lot_and_location(stock: Stock) -> None:
    stock.plant.server.sql(  # as Odoo splits them when two transactions meet
        "INSERT INTO stock_quant (product_id, company_id, location_id, lot_id, quantity, reserved_quantity, "
        "in_date) SELECT product_id, company_id, location_id, lot_id, 7, 1, in_date FROM stock_quant "
        f"WHERE lot_id = {stock.lot_id} AND location_id = {stock.seeded.stock_id}",
        stock.plant.connection.database,
    )
    parts = fetch(stock.plant, stock.product_id)
    held = {(s.lot_id, s.location_id): (s.quantity, s.reserved) for s in parts.lot_stock}
    child = stock.seeded.child_lot_id
    assert held[stock.lot_id, stock.seeded.stock_id] == (77, 6)
    assert held[child, stock.seeded.stock_id] == (18, 0)
    assert held[child, stock.seeded.customers_id] == (12, 0)


def test_what_was_made_of_a_lot(stock: Stock) -> None:
    child = stock.seeded.child_lot_id
    assert child is not None
    assert stock.parts.lot_links == (LotLink(stock.lot_id, child, stock.seeded.child_order),)
    names = {x.id: (x.name, x.product_id) for x in stock.parts.lots}
    assert names[stock.lot_id] == ("L-1", stock.product_id)
    assert names[child] == ("L-1/A", stock.seeded.child_product_id)
    products = {p.id: p for p in stock.parts.products}
    assert products[stock.seeded.child_product_id or 0].code == "PASTE-PACK"
    assert all(p.tracking is Tracking.LOT for p in products.values())  # the untracked one has no lots


def test_what_was_made_of_what_was_made(stock: Stock) -> None:
    child, child_product = stock.seeded.child_lot_id, stock.seeded.child_product_id
    assert child is not None
    assert child_product is not None
    further = seed_quality(
        stock.plant.server,
        child_product,
        child,
        0,
        consumed=4,
        database=stock.plant.connection.database,
    )
    parts = fetch(stock.plant, stock.product_id)
    assert {(k.parent_lot_id, k.child_lot_id) for k in parts.lot_links} == {
        (stock.lot_id, child),
        (child, further.child_lot_id),
    }
    assert further.child_product_id in {p.id for p in parts.products}


def test_tests_with_their_questions(stock: Stock) -> None:
    tests = {t.name: t for t in stock.parts.quality_tests}
    number, look = tests[FINAL_CHECK].questions
    assert (number.id, number.kind, number.minimum, number.maximum, number.unit) == (
        stock.seeded.number_id,
        "quantitative",
        9.5,
        10.5,
        "kg",
    )
    assert (look.id, look.kind) == (stock.seeded.look_id, "qualitative")
    assert look.answers == ((stock.seeded.good_id, "good", True), (stock.seeded.dull_id, "dull", False))
    summary = tests[BATCH_SUMMARY].questions
    assert [q.id for q in summary] == list(stock.seeded.summary_questions)
    assert [q.name for q in summary] == ["All within limits", "Hall temperature max"]
    stock.odoo.call("qc.test", "write", [stock.seeded.summary_id], {"active": False})
    archived = {t.name: t.active for t in fetch(stock.plant).quality_tests}
    assert archived == {FINAL_CHECK: True, BATCH_SUMMARY: False}


def test_nothing_is_missing_for_the_service_account(stock: Stock) -> None:
    assert stock.parts.missing == ()


def test_without_products_only_places_and_tests(stock: Stock) -> None:
    parts = fetch(stock.plant)
    assert parts.locations
    assert parts.quality_tests
    assert (parts.lot_stock, parts.lot_links, parts.lots, parts.products) == ((), (), (), ())


def test_modules_that_are_not_there_are_named(odoo_server: OdooServer) -> None:
    odoo_server.new_database("plant_bare_stock", base_only=True)
    account = odoo_server.make_service_account("bare", ("base.group_user",), database="plant_bare_stock")
    connection = OdooConnection(
        url=odoo_server.url, database="plant_bare_stock", api_key="env:UNUSED", site_prefix="testsite"
    )

    async def ask() -> StockParts:
        async with OdooClient(connection, account.key) as odoo:
            return await fetch_quality_data(odoo, ())

    parts = asyncio.run(ask())
    assert parts == StockParts(
        missing=(
            "stock locations: the module is not installed in Odoo",
            "quality tests: the module is not installed in Odoo",
        )
    )


def test_rights_that_are_lacking_are_named(stock: Stock) -> None:
    account = stock.plant.server.make_service_account(
        "narrow", ("base.group_user", "mrp.group_mrp_user"), database=stock.plant.connection.database
    )

    async def ask() -> StockParts:
        async with stock.plant.client(account.key) as odoo:
            return await fetch_quality_data(odoo, [stock.product_id])

    parts = asyncio.run(ask())
    assert parts.missing == ("quality tests: the account may not read them in Odoo",)
    assert parts.lot_stock
