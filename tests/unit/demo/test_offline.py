"""The demo without an Odoo: the mirror knows what the demo's plant file names."""

from __future__ import annotations

from datetime import UTC, datetime

from console.demo.offline import offline_master_data, offline_orders
from tests.unit.demo.test_demo_plant import demo

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)


def test_every_name_of_the_plant_file_is_known() -> None:
    data, plant = offline_master_data(NOW), demo()
    codes = {product.code for product in data.products}
    assert {r.loss for r in plant.stop_reasons} <= {x.name for x in data.loss_reasons if x.manual}
    assert {m.equipment for m in plant.machines} == {x.name for x in data.equipments}
    assert plant.quality.quarantine in {x.name for x in data.locations}
    assert plant.quality.batch_test in {x.name for x in data.quality_tests}
    for machine in plant.machines:
        assert {c.component for c in machine.counters if c.component} <= {x.code for x in data.bom_uses}
        assert {x.product for x in machine.limits if x.product} <= codes
    assert {o.order for o in offline_orders()} == {o.reference for o in data.orders}


def test_numbers_are_each_one_thing() -> None:
    data = offline_master_data(NOW)
    for rows in (data.products, data.orders, data.operations, data.lots, data.loss_reasons, data.equipments):
        ids = [row.id for row in rows]
        assert len(set(ids)) == len(ids) > 0
    known = {p.id for p in data.products}
    assert {x.product_id for x in (*data.lot_stock, *data.bom_uses, *data.lots)} <= known
