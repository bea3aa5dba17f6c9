"""An order's life from decision to Odoo and back, with answers lost and people at work in Odoo meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.demo.odoo_seed import seed
from console.domain.equipment import Counter
from console.domain.machine_events import AdvanceKind, CountAdvanced
from console.domain.postings import PostingState
from console.errors import AlreadyDecided, InvalidDecision
from console.odoo.client import OdooClient
from console.services.order_life import OrderLife
from tests.rigs.floor import Floor, machine, plant_of
from tests.rigs.odoo import FILLER, PACKER, MakeOdooPlant, OdooPlant

V, R, U = PostingState.VERIFIED, PostingState.REJECTED, PostingState.UNKNOWN


@pytest.fixture(scope="module")
def database(make_odoo_plant: MakeOdooPlant) -> OdooPlant:
    return make_odoo_plant((FILLER, PACKER))


@pytest.fixture
def odoo(database: OdooPlant) -> OdooPlant:
    """The same database, with new orders for each test."""
    fresh = seed(database.server, database.machines, database.connection.database)
    return replace(database, seeded=fresh)


@pytest.fixture
def floor(odoo: OdooPlant, tmp_path: Path) -> Floor:
    counters = (
        Counter("filler.good", "good", 65536, 10.0),
        Counter("filler.scrap", "scrap", 65536, 10.0),
        Counter("filler.used", "consumption", 65536, 100.0, units_per_count=0.1, component="RM-JUICE"),
    )
    machines = (machine("filler", "FIL1", counters=counters), machine("packer", "PACK1"))
    return Floor(tmp_path, plant_of(machines, odoo.connection), odoo.key)


def run(floor: Floor, work: Callable[[OdooClient], Coroutine[Any, Any, None]]) -> None:
    async def go() -> None:
        async with floor.client() as client:
            await floor.synchronise(client)
            await work(client)

    asyncio.run(go())


def life(floor: Floor) -> OrderLife:
    return OrderLife(floor.ledger, floor.plant, "here", floor.clock)


def state(odoo: OdooPlant, number: int, *fields: str) -> Any:
    row = odoo.admin("mrp.production", "read", [odoo.seeded.order_of(number).id], list(fields))[0]
    return row[fields[0]] if len(fields) == 1 else [row[f] for f in fields]


def made(floor: Floor, odoo: OdooPlant, quantity: int = 120, used: int = 0, scrap: int = 0) -> None:
    """An hour of the filler, confirmed."""
    floor.runs("filler", odoo.seeded.order_of(0).reference)
    floor.makes("filler", quantity)
    if scrap:
        floor.makes("filler", scrap, "scrap")
    if used:
        at = floor.clock()
        floor.tell(
            "filler",
            CountAdvanced(
                "filler", at, "filler.used", "consumption", AdvanceKind.NORMAL, 0, used, used, 1, at
            ),
        )
    floor.next_hour()
    floor.confirm_all()


def stock(odoo: OdooPlant) -> tuple[float, float]:
    """(in stock, of that reserved) of the filler's component."""
    domain = [
        ["product_id", "=", odoo.seeded.order_of(0).component_id],
        ["location_id.usage", "=", "internal"],
    ]
    found = odoo.admin("stock.quant", "search_read", domain, ["quantity", "reserved_quantity"])
    return sum(q["quantity"] for q in found), sum(q["reserved_quantity"] for q in found)


def stocktake(odoo: OdooPlant, quantity: float) -> None:
    """A person counts the component in Odoo: so much is there."""
    warehouse = odoo.admin("stock.warehouse", "search_read", [], ["lot_stock_id"], limit=1)[0]
    vals = {
        "product_id": odoo.seeded.order_of(0).component_id,
        "location_id": warehouse["lot_stock_id"][0],
        "inventory_quantity": quantity,
    }
    quants = odoo.admin("stock.quant", "create", [vals], context={"inventory_mode": True})
    odoo.admin("stock.quant", "action_apply_inventory", quants)


def transfers(odoo: OdooPlant) -> list[tuple[str, float, str, str]]:
    """(state, quantity, from, to) of every transfer that names the order."""
    domain = [["picking_id.origin", "=", odoo.seeded.order_of(0).reference]]
    fields = ["state", "quantity", "location_id", "location_dest_id"]
    found = odoo.admin("stock.move", "search_read", domain, fields)
    return [(m["state"], m["quantity"], m["location_id"][1], m["location_dest_id"][1]) for m in found]


def test_started_counted_finished_and_closed(floor: Floor, odoo: OdooPlant) -> None:
    order = odoo.seeded.order_of(0)
    (operation,) = order.operations

    async def work(client: OdooClient) -> None:
        floor.runs("filler", order.reference)
        life(floor).operate(floor.lead, operation.id, "start")
        with pytest.raises(AlreadyDecided, match="already"):
            life(floor).operate(floor.second, operation.id, "start")
        made(floor, odoo)
        await floor.drain(client)
        await floor.synchronise(client)
        with pytest.raises(InvalidDecision, match="120 of 1,000"):
            life(floor).operate(floor.lead, operation.id, "finish")
        life(floor).operate(floor.lead, operation.id, "finish", "the order is cut short")
        await floor.drain(client)
        await floor.synchronise(client)
        detail = life(floor).order(order.id)
        assert detail.close_why_not == ""
        assert any("120 Units of Juice 1 l go to stock" in e.text for e in detail.close_effects)
        with pytest.raises(InvalidDecision, match="880 less"):
            life(floor).close(floor.lead, order.id, seen=120, backorder=False, reason="")
        life(floor).close(floor.lead, order.id, seen=120, backorder=False, reason="no more material")
        with pytest.raises(AlreadyDecided):
            life(floor).close(floor.second, order.id, seen=120, backorder=False, reason="me too")
        await floor.drain(client)

    run(floor, work)
    assert set(floor.states()) == {V}
    assert state(odoo, 0, "state", "qty_produced") == ["done", 120.0]


def test_a_lost_answer_closes_the_order_once(floor: Floor, odoo: OdooPlant) -> None:
    order = odoo.seeded.order_of(0)

    async def work(client: OdooClient) -> None:
        made(floor, odoo)
        await floor.drain(client)
        life(floor).close(floor.lead, order.id, seen=120, backorder=True, reason="the rest tomorrow")
        floor.wire.next_fault("button_mark_done", "lose_answer")
        await floor.drain(client)

    run(floor, work)
    assert set(floor.states()) == {V}
    assert floor.wire.calls.count("button_mark_done") == 1
    group = state(odoo, 0, "production_group_id")[0]
    family = odoo.admin(
        "mrp.production", "search_read", [["production_group_id", "=", group]], ["product_qty", "state"]
    )
    assert sorted((f["product_qty"], f["state"]) for f in family) == [(120.0, "done"), (880.0, "confirmed")]


def test_a_close_that_may_still_arrive_is_not_sent_again_before_it_cannot(
    floor: Floor, odoo: OdooPlant
) -> None:
    order = odoo.seeded.order_of(0)

    async def work(client: OdooClient) -> None:
        made(floor, odoo)
        await floor.drain(client)
        life(floor).close(floor.lead, order.id, seen=120, backorder=False, reason="enough")
        floor.wire.next_fault("button_mark_done", "lose_call")
        assert floor.plant.odoo is not None
        lane = f"order:{order.id}"
        await floor.post(client).run_lane(lane)
        assert floor.states()[-1] is U
        floor.clock.turn(floor.plant.odoo.settle_s - 5)
        await floor.post(client).run_lane(lane)
        assert floor.states()[-1] is U
        assert "button_mark_done" not in floor.wire.calls
        floor.clock.turn(10)
        await floor.post(client).run_lane(lane)

    run(floor, work)
    assert floor.states()[-1] is V
    assert state(odoo, 0, "state") == "done"


def test_counts_for_an_order_whose_closing_is_decided_go_to_review(floor: Floor, odoo: OdooPlant) -> None:
    order = odoo.seeded.order_of(0)

    async def work(client: OdooClient) -> None:
        made(floor, odoo)
        await floor.drain(client)
        life(floor).close(floor.lead, order.id, seen=120, backorder=False, reason="enough")
        floor.makes("filler", 5)
        floor.next_hour()
        assert "The closing of" in floor.open_reviews()[0].title

    run(floor, work)


def test_what_odoo_refuses_is_a_review_item_and_can_be_given_up(floor: Floor, odoo: OdooPlant) -> None:
    order = odoo.seeded.order_of(0)

    async def work(client: OdooClient) -> None:
        made(floor, odoo)
        await floor.drain(client)
        life(floor).close(floor.lead, order.id, seen=120, backorder=False, reason="enough")
        odoo.admin("mrp.production", "action_cancel", [order.id])
        await floor.drain(client)
        assert floor.states()[-1] is R
        (item,) = floor.open_reviews()
        assert item.title.startswith("Odoo does not take it: Close")
        floor.reviews.resolve(floor.lead, item.id, item.version, "take-back", "it was cancelled there")

    run(floor, work)
    assert floor.states()[-1] is PostingState.DEAD_LETTER
    assert floor.open_reviews() == []


def test_consumption_is_counted_checked_confirmed_and_booked(floor: Floor, odoo: OdooPlant) -> None:
    order = odoo.seeded.order_of(0)

    async def work(client: OdooClient) -> None:
        made(floor, odoo, quantity=100, used=600)  # 60 kg; the bill of materials says 50
        await floor.drain(client)
        await floor.synchronise(client)
        (component,) = life(floor).order(order.id).components
        assert (component.by_bom, component.counted) == (50.0, pytest.approx(60.0))
        assert component.note == "10 kg more than planned"
        assert "by the bill of materials" in life(floor).order(order.id).close_why_not
        assert component.consumption_id is not None
        book = life(floor).confirm_consumption
        with pytest.raises(InvalidDecision, match="differs from the 50"):
            book(floor.lead, component.consumption_id, component.version, 60.0, "")
        book(floor.lead, component.consumption_id, component.version, 60.0, "the hopper leaked")
        with pytest.raises(AlreadyDecided):
            book(floor.second, component.consumption_id, component.version, 55.0, "me too")
        floor.wire.next_fault("write", "lose_answer")
        await floor.drain(client)
        assert life(floor).order(order.id).close_why_not == ""
        life(floor).close(floor.lead, order.id, seen=100, backorder=False, reason="enough")
        await floor.drain(client)

    run(floor, work)
    assert set(floor.states()) == {V}
    domain = [["raw_material_production_id", "=", order.id]]
    moves = odoo.admin("stock.move", "search_read", domain, ["quantity", "state"])
    assert [(m["quantity"], m["state"]) for m in moves] == [(60.0, "done")]


@pytest.mark.parametrize("kind", ["lose_answer", "lose_call"])
@pytest.mark.parametrize("method", ["load", "button_validate"])
def test_scrap_leaves_the_stock_once_wherever_an_answer_is_lost(
    floor: Floor, odoo: OdooPlant, method: str, kind: str
) -> None:
    order = odoo.seeded.order_of(0)

    async def work(client: OdooClient) -> None:
        made(floor, odoo, quantity=20, scrap=4)
        before, _ = stock(odoo)
        life(floor).scrap(floor.lead, "filler", order.id, 3.0, "Damaged")
        with pytest.raises(InvalidDecision, match="3 have a reason already"):
            life(floor).scrap(floor.second, "filler", order.id, 3.0, "Damaged")
        floor.wire.next_fault(method, kind)
        await floor.drain(client)
        assert stock(odoo)[0] == before - 1.5

    run(floor, work)
    assert floor.wire.faults == []
    assert set(floor.states()) == {V}
    assert transfers(odoo) == [("done", 1.5, "WH/Stock", "Inventory adjustment")]


def test_scrap_of_material_that_is_reserved_for_orders_is_gone_all_the_same(
    floor: Floor, odoo: OdooPlant
) -> None:
    order = odoo.seeded.order_of(0)
    there, reserved = stock(odoo)
    assert reserved >= 500  # Odoo reserves for an order as soon as it is confirmed

    async def work(client: OdooClient) -> None:
        floor.runs("filler", order.reference)
        floor.makes("filler", 4, "scrap")
        floor.next_hour()
        floor.confirm_all()
        stocktake(odoo, reserved)
        life(floor).scrap(floor.lead, "filler", order.id, 4.0, "Damaged")
        await floor.drain(client)
        assert stock(odoo) == (reserved - 2.0, reserved - 2.0)

    run(floor, work)
    stocktake(odoo, there)
    assert set(floor.states()) == {V}


def test_scrap_of_what_is_not_in_stock_goes_to_review_and_is_open_again(
    floor: Floor, odoo: OdooPlant
) -> None:
    order = odoo.seeded.order_of(0)
    there, _ = stock(odoo)

    async def work(client: OdooClient) -> None:
        made(floor, odoo, quantity=20, scrap=4)
        await floor.drain(client)
        stocktake(odoo, 0)
        life(floor).scrap(floor.lead, "filler", order.id, 4.0, "Damaged")
        assert life(floor).order(order.id).scrap[0].open == 0
        await floor.drain(client)
        assert floor.states()[-1] is R
        (item,) = floor.open_reviews()
        assert item.title == f"Odoo does not take it: 4 Units scrap of {order.reference}: Damaged"
        assert "Too little is there: 2 kg of [RM-JUICE]" in item.explanation
        floor.reviews.resolve(floor.lead, item.id, item.version, "take-back", "it was never delivered")
        assert floor.states()[-1] is PostingState.DEAD_LETTER
        assert life(floor).order(order.id).scrap[0].open == 4.0
        assert transfers(odoo) == []
        stocktake(odoo, there)
        life(floor).scrap(floor.lead, "filler", order.id, 4.0, "Damaged")
        await floor.drain(client)

    run(floor, work)
    assert floor.states()[-1] is V
    assert [t[:2] for t in transfers(odoo)] == [("done", 2.0)]


def test_scrap_that_odoo_refused_goes_out_once_the_stock_is_there(floor: Floor, odoo: OdooPlant) -> None:
    order = odoo.seeded.order_of(0)
    there, _ = stock(odoo)

    async def work(client: OdooClient) -> None:
        floor.runs("filler", order.reference)
        floor.makes("filler", 4, "scrap")
        floor.next_hour()
        floor.confirm_all()
        stocktake(odoo, 0)
        life(floor).scrap(floor.lead, "filler", order.id, 4.0, "Damaged")
        await floor.drain(client)
        stocktake(odoo, there)
        (item,) = floor.open_reviews()
        floor.reviews.resolve(floor.lead, item.id, item.version, "retry", "the delivery was entered")
        await floor.drain(client)

    run(floor, work)
    assert floor.states()[-1] is V
    assert [t[:2] for t in transfers(odoo)] == [("done", 2.0)]
