"""The demo's Odoo and the demo's plant file fit each other: every name in the file is one in Odoo."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from console.demo.odoo_sandbox import OdooServer
from console.demo.plant import DemoOdooPlant, orders_of, plant_file, seed_demo
from console.domain.equipment import Plant
from console.plant_file import parse_plant

DATABASE = "plant_demo"


@pytest.fixture(scope="module")
def demo(odoo_server: OdooServer) -> DemoOdooPlant:
    odoo_server.new_database(DATABASE)
    return seed_demo(odoo_server, DATABASE)


@pytest.fixture(scope="module")
def plant() -> Plant:
    return parse_plant(plant_file("opc.tcp://127.0.0.1:4840", "127.0.0.1", 502, 60, 15, None), "plant.toml")


@pytest.fixture(scope="module")
def odoo(odoo_server: OdooServer, demo: DemoOdooPlant) -> Iterator[Any]:
    with odoo_server.session(database=DATABASE) as session:
        yield session


def test_the_lot_has_an_earlier_batch_on_stock_and_a_child(odoo: Any, demo: DemoOdooPlant) -> None:
    (order,) = [o for o in demo.seeded.orders if o.lot_id]
    assert odoo.call("stock.lot", "read", [order.lot_id], ["name"])[0]["name"] == "L-2611-07"
    domain = [["lot_id", "=", order.lot_id], ["location_id", "=", demo.quality.stock_id]]
    quants = odoo.call("stock.quant", "search_read", domain, ["quantity", "reserved_quantity"])
    assert sum(q["quantity"] for q in quants) == 240
    assert sum(q["reserved_quantity"] for q in quants) == 0
    child = odoo.call("stock.lot", "read", [demo.quality.child_lot_id], ["name", "product_qty"])[0]
    assert (child["name"], child["product_qty"]) == ("L-2611-07/A", 60 - 24)


def test_every_name_of_the_plant_file_is_known(odoo: Any, demo: DemoOdooPlant, plant: Plant) -> None:
    losses = odoo.call("mrp.workcenter.productivity.loss", "search_read", [["manual", "=", True]], ["name"])
    assert {reason.loss for reason in plant.stop_reasons} <= {one["name"] for one in losses}
    assert {m.equipment for m in plant.machines} == set(demo.floor.equipments)
    place = odoo.call("stock.location", "read", [demo.quality.quarantine_id], ["complete_name", "usage"])[0]
    assert (place["complete_name"], place["usage"]) == (plant.quality.quarantine, "internal")
    test = odoo.call("qc.test", "read", [demo.quality.summary_id], ["name"])[0]
    assert test["name"] == plant.quality.batch_test
    codes = {p["default_code"] for p in odoo.call("product.product", "search_read", [], ["default_code"])}
    for machine in plant.machines:
        assert {c.component for c in machine.counters if c.component} <= codes
        assert {limit.product for limit in machine.limits if limit.product} <= codes
        assert {product for product, _ in machine.programs} <= codes


def test_the_summary_asks_what_the_console_measures(odoo: Any, demo: DemoOdooPlant, plant: Plant) -> None:
    questions = odoo.call("qc.test.question", "read", list(demo.quality.summary_questions), ["name", "type"])
    asked = {q["name"] for q in questions if q["type"] == "quantitative"}
    environmental = [x.title for m in plant.machines for x in m.limits if x.environmental]
    assert asked == {f"{t} {f}" for t in environmental for f in ("mean", "max", "minutes outside")}


def test_the_counted_material_is_a_component_in_its_own_unit(
    odoo: Any, demo: DemoOdooPlant, plant: Plant
) -> None:
    """12 units a case and half a kilogram a unit: what the simulated cartoner should take."""
    cartoner = plant.machine("cartoner")
    assert cartoner is not None
    (counter,) = [c for c in cartoner.counters if c.kind == "consumption"]
    reference = next(o.order for o in orders_of(demo.seeded) if o.machine == "Cartoner")
    (move,) = odoo.call(
        "stock.move",
        "search_read",
        [["raw_material_production_id.name", "=", reference]],
        ["product_id", "product_uom", "product_uom_qty"],
    )
    product = odoo.call("product.product", "read", [move["product_id"][0]], ["default_code", "uom_id"])[0]
    assert product["default_code"] == counter.component
    assert move["product_uom"] == product["uom_id"]
    assert move["product_uom"][1] == "kg"
    (order,) = odoo.call("mrp.production", "search_read", [["name", "=", reference]], ["product_qty"])
    assert move["product_uom_qty"] == pytest.approx(0.5 * order["product_qty"])
