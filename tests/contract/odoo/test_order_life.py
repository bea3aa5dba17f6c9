"""Operations, consumption and closing on the real server: what the recipes claim, and what they refuse."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from console.demo.odoo_seed import SeedMachine, seed
from console.domain.records import PostingKind, RecordSeen, RecordWrite
from console.odoo import errors
from console.odoo.recipes import close, consumption, operation
from console.odoo.recipes.recipe import Recipe
from tests.rigs.odoo import MakeOdooPlant, OdooPlant

FILL = SeedMachine("FIL1", "Filler 1", "JUICE", "Juice 1 l", 100)
CUT = SeedMachine("CUT1", "Cutter 1", "PART", "Part", 100, order_key="part")
WELD = SeedMachine("WELD1", "Welder 1", "PART", "Part", 100, order_key="part")
POT = SeedMachine("POT1", "Pots", "POT", "Pot", 40, tracking="lot", with_operations=False)
BOX = SeedMachine("PACK1", "Packer 1", "BOX", "Box", 50, with_operations=False)


MACHINES = (FILL, CUT, WELD, POT, BOX)
_numbers = count(1)


@pytest.fixture(scope="module")
def database(make_odoo_plant: MakeOdooPlant) -> OdooPlant:
    return make_odoo_plant(MACHINES)


@pytest.fixture
def plant(database: OdooPlant) -> OdooPlant:
    """The same database, with orders for new products for each test: closing an order is for ever."""
    number = next(_numbers)
    machines = tuple(replace(m, product_code=f"{m.product_code}{number}") for m in MACHINES)
    seeded = seed(database.server, machines, database.connection.database)
    return replace(database, machines=machines, seeded=seeded)


def asked(kind: PostingKind, before: dict[str, Any] | None = None, **payload: Any) -> RecordWrite:
    return RecordWrite(kind, "k-1", payload, before=before)


def run(plant: OdooPlant, recipe: Recipe, order: RecordWrite, times: int = 1) -> RecordSeen:
    """Writes so often, then reads back."""

    async def play() -> RecordSeen:
        async with plant.client() as odoo:
            for _ in range(times):
                await recipe.write(odoo, order)
            return await recipe.read(odoo, order)

    return asyncio.run(play())


def seen(plant: OdooPlant, recipe: Recipe, order: RecordWrite) -> RecordSeen:
    return run(plant, recipe, order, 0)


def operation_order(plant: OdooPlant, machine: int, action: str, which: int = 0) -> RecordWrite:
    order = plant.seeded.order_of(machine)
    return asked(
        PostingKind.OPERATION, operation_id=order.operations[which].id, order_id=order.id, action=action
    )


def close_order(plant: OdooPlant, machine: int, expected: float, **changes: Any) -> RecordWrite:
    order = plant.seeded.order_of(machine)
    payload: dict[str, Any] = {
        "order_id": order.id,
        "product_id": order.product_id,
        "unit_id": order.unit_id,
        "expected": expected,
        "backorder": False,
        "accept_consumption": False,
    }
    return asked(PostingKind.CLOSE, **(payload | changes))


def produced(plant: OdooPlant, machine: int, quantity: float) -> None:
    """As the counts' recipe leaves it."""
    order = plant.seeded.order_of(machine)
    for one in order.operations:
        plant.admin("mrp.workorder", "write", [one.id], {"qty_produced": quantity})
    if not order.operations:
        plant.admin("mrp.production", "write", [order.id], {"qty_producing": quantity})
        plant.admin("mrp.production", "set_qty_producing", [order.id])


def of_order(plant: OdooPlant, machine: int, *fields: str) -> dict[str, Any]:
    found: dict[str, Any] = plant.admin(
        "mrp.production", "read", [plant.seeded.order_of(machine).id], list(fields)
    )[0]
    return found


def stock(plant: OdooPlant, product_id: int) -> float:
    domain = [["product_id", "=", product_id], ["location_id.usage", "=", "internal"]]
    quants = plant.admin("stock.quant", "search_read", domain, ["quantity"])
    return float(sum(q["quantity"] for q in quants))


# --- operations ---------------------------------------------------------------------------------------------


def test_start_pause_and_finish_touch_nothing_but_the_state(plant: OdooPlant) -> None:
    started = run(plant, operation, operation_order(plant, 0, "start"), times=3)
    assert started.holds
    assert of_order(plant, 0, "qty_producing")["qty_producing"] == 0
    operation_id = plant.seeded.order_of(0).operations[0].id
    timers = [["workorder_id", "=", operation_id]]
    assert plant.admin("mrp.workcenter.productivity", "search_count", timers) == 0  # of the service user
    assert run(plant, operation, operation_order(plant, 0, "pause"), times=2).holds
    produced(plant, 0, 30)
    assert run(plant, operation, operation_order(plant, 0, "finish"), times=3).holds
    assert of_order(plant, 0, "qty_producing", "state") == {
        "id": plant.seeded.order_of(0).id,
        "qty_producing": 30.0,
        "state": "to_close",
    }


def test_finishing_with_nothing_booked_would_book_all_and_is_refused(plant: OdooPlant) -> None:
    order = operation_order(plant, 0, "finish")
    assert "book the whole order" in seen(plant, operation, order).refused
    with pytest.raises(errors.OdooRejected, match="book the whole order"):
        run(plant, operation, order)
    assert of_order(plant, 0, "state", "qty_producing")["qty_producing"] == 0


def test_a_cancelled_order_or_a_missing_operation_is_refused(plant: OdooPlant) -> None:
    plant.admin("mrp.production", "action_cancel", [plant.seeded.order_of(0).id])
    assert "cancel" in seen(plant, operation, operation_order(plant, 0, "start")).refused
    gone = asked(PostingKind.OPERATION, operation_id=999_999, order_id=1, action="start")
    assert "gone" in seen(plant, operation, gone).refused


# --- consumption --------------------------------------------------------------------------------------------


def used(plant: OdooPlant, machine: int, quantity: float, **changes: Any) -> RecordWrite:
    order = plant.seeded.order_of(machine)
    unit = plant.admin("product.product", "read", [order.component_id], ["uom_id"])[0]["uom_id"][0]
    payload = {
        "order_id": order.id,
        "product_id": order.component_id,
        "unit_id": unit,
        "quantity": quantity,
    }
    return asked(PostingKind.CONSUMPTION, changes.pop("before", None), **(payload | changes))


def test_consumption_is_absolute_and_outlives_the_next_count(plant: OdooPlant) -> None:
    produced(plant, 0, 20)
    order = used(plant, 0, 12.5)
    assert not seen(plant, consumption, order).holds
    assert run(plant, consumption, order, times=3).holds
    produced(plant, 0, 30)
    assert seen(plant, consumption, order).detail["quantity"] == 12.5


def test_consumption_edited_by_a_person_is_not_written_over(plant: OdooPlant) -> None:
    produced(plant, 0, 20)
    first = used(plant, 0, 12.5)
    run(plant, consumption, first)
    domain = [["raw_material_production_id", "=", plant.seeded.order_of(0).id]]
    moves = plant.admin("stock.move", "search", domain)
    plant.admin("stock.move", "write", moves, {"quantity": 11.0})
    newer = used(plant, 0, 13.0, before=dict(first.payload))
    assert "Odoo holds 11" in seen(plant, consumption, newer).edited


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"product_id": 1}, "not among"), ({"unit_id": 1}, "unit of the component")],
)
def test_what_consumption_refuses(plant: OdooPlant, changes: dict[str, Any], why: str) -> None:
    produced(plant, 0, 20)
    assert why in seen(plant, consumption, used(plant, 0, 5.0, **changes)).refused


# --- closing ------------------------------------------------------------------------------------------------


def test_a_closed_order_holds_what_was_decided_once(plant: OdooPlant) -> None:
    produced(plant, 1, 40)
    order = close_order(plant, 1, 40)
    found = run(plant, close, order, times=3)
    assert found.holds, found
    assert of_order(plant, 1, "state", "qty_produced")["qty_produced"] == 40
    assert stock(plant, plant.seeded.order_of(1).product_id) == 40
    group = of_order(plant, 1, "production_group_id")["production_group_id"][0]
    assert plant.admin("mrp.production", "search_count", [["production_group_id", "=", group]]) == 1


def test_a_backorder_takes_the_rest_along(plant: OdooPlant) -> None:
    produced(plant, 4, 30)
    order = close_order(plant, 4, 30, backorder=True)
    found = run(plant, close, order, times=2)
    assert found.holds, found
    assert found.detail["backorder"]
    rest = plant.admin(
        "mrp.production", "search_read", [["name", "=", found.detail["backorder"]]], ["product_qty", "state"]
    )
    assert [r["product_qty"] for r in rest] == [20.0]
    assert stock(plant, plant.seeded.order_of(4).product_id) == 30


def test_a_lot_tracked_order_without_its_lot_is_refused(plant: OdooPlant) -> None:
    produced(plant, 3, 10)
    order = close_order(plant, 3, 10)
    assert "has no lot" in seen(plant, close, order).refused
    with pytest.raises(errors.OdooRejected, match="has no lot"):
        run(plant, close, order)
    assert of_order(plant, 3, "state")["state"] != "done"


def test_nothing_produced_another_quantity_or_an_operation_behind_is_refused(plant: OdooPlant) -> None:
    assert "Nothing is booked" in seen(plant, close, close_order(plant, 0, 100)).refused
    produced(plant, 0, 20)
    assert "Odoo holds 20" in seen(plant, close, close_order(plant, 0, 25)).refused
    cut, weld = (o.id for o in plant.seeded.order_of(1).operations)
    plant.admin("mrp.workorder", "write", [cut], {"qty_produced": 40})
    plant.admin("mrp.workorder", "write", [weld], {"qty_produced": 40})
    plant.admin("mrp.workorder", "write", [cut], {"qty_produced": 35})
    assert seen(plant, close, close_order(plant, 1, 40)).refused


def test_other_consumption_than_planned_takes_a_word(plant: OdooPlant) -> None:
    produced(plant, 0, 20)
    run(plant, consumption, used(plant, 0, 12.5))
    unsaid = close_order(plant, 0, 20)
    assert "12.5 used, 10 by the bill of materials" in seen(plant, close, unsaid).refused
    assert run(plant, close, close_order(plant, 0, 20, accept_consumption=True)).holds


def test_an_order_closed_by_a_person_with_another_quantity_is_told(plant: OdooPlant) -> None:
    produced(plant, 4, 30)
    context = {"skip_backorder": True, "skip_redirection": True}
    plant.admin("mrp.production", "button_mark_done", [plant.seeded.order_of(4).id], context=context)
    assert seen(plant, close, close_order(plant, 4, 30)).holds
    told = seen(plant, close, close_order(plant, 4, 40))
    assert "closed in Odoo with 30" in told.refused
