"""Recipe A on the real server: what it claims, and what it refuses in Odoo's place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import httpx
import pytest

from console.demo.odoo_seed import SeedMachine
from console.domain.postings import ProductionSeen, ProductionTarget, ProductionWrite, TargetKind
from console.odoo import errors
from console.odoo.client import OdooClient
from console.odoo.recipes import production
from tests.rigs.odoo import FILLER, MACHINES, PACKER, MakeOdooPlant, OdooPlant

POT = SeedMachine("POT1", "Pots", "POT", "Pot", 40, tracking="lot", with_operations=False)
EGGS = SeedMachine(
    "EGG1", "Eggs", "EGG", "Egg", 10, unit="Dozens", product_unit="Units", with_operations=False
)
PHONE = SeedMachine("TEL1", "Phones", "TEL", "Phone", 5, tracking="serial")


def target(plant: OdooPlant, machine: int, operation: int = 0) -> ProductionTarget:
    order = plant.seeded.order_of(machine)
    if not order.operations:
        return ProductionTarget(TargetKind.ORDER, order.id, order.id)
    return ProductionTarget(TargetKind.OPERATION, order.operations[operation].id, order.id)


def posting(plant: OdooPlant, machine: int, quantity: float, **changes: Any) -> ProductionWrite:
    order = plant.seeded.order_of(machine)
    made = ProductionWrite(
        target=target(plant, machine),
        quantity=quantity,
        expected=0.0,
        unit_id=order.unit_id,
        product_id=order.product_id,
        lot_name="",
        posting_key=f"production.{machine}-{quantity:g}",
    )
    return replace(made, **changes)


def read(plant: OdooPlant, of: ProductionTarget) -> ProductionSeen:
    async def run() -> ProductionSeen:
        async with plant.client() as odoo:
            return await production.read(odoo, of)

    return asyncio.run(run())


def write(plant: OdooPlant, *postings: ProductionWrite) -> ProductionSeen:
    """Write them one after another, then read the last one back."""

    async def run() -> ProductionSeen:
        async with plant.client() as odoo:
            for one in postings:
                await production.write(odoo, one)
            return await production.read(odoo, postings[-1].target)

    return asyncio.run(run())


def consumed(plant: OdooPlant, machine: int) -> float:
    order = plant.seeded.order_of(machine)
    domain = [["raw_material_production_id", "=", order.id]]
    return float(plant.admin("stock.move", "search_read", domain, ["quantity"])[0]["quantity"])


@pytest.fixture(scope="module")
def plant(make_odoo_plant: MakeOdooPlant) -> OdooPlant:
    """0 filler, 1 mixer, 2 packer, 3 cutter, 4 welder, 5 pots, 6 eggs, 7 phones, 8 to 11 to close."""
    return make_odoo_plant([*MACHINES, POT, EGGS, PHONE, FILLER, PACKER, FILLER, PACKER])


def test_operation_quantity_is_absolute(plant: OdooPlant) -> None:
    seen = write(plant, posting(plant, 0, 12), posting(plant, 0, 5))
    assert (seen.quantity, seen.open, seen.exists) == (5, True, True)
    assert seen.unit_id == plant.seeded.order_of(0).unit_id
    assert seen.state == "ready / progress"
    assert consumed(plant, 0) == 2.5
    again = write(plant, posting(plant, 0, 5), posting(plant, 0, 5))
    assert again.quantity == 5
    assert consumed(plant, 0) == 2.5


def test_zero_takes_the_order_along(plant: OdooPlant) -> None:
    """Odoo itself leaves the order's quantity and components at the last positive value."""
    seen = write(plant, posting(plant, 0, 8), posting(plant, 0, 0))
    assert (seen.quantity, seen.components_follow) == (0, True)
    order = plant.seeded.order_of(0)
    row = plant.admin("mrp.production", "read", [order.id], ["qty_producing"])[0]
    assert row["qty_producing"] == 0
    assert consumed(plant, 0) == 0
    assert write(plant, posting(plant, 0, 6)).quantity == 6
    assert consumed(plant, 0) == 3


def test_zero_left_behind_by_odoo_is_seen(plant: OdooPlant) -> None:
    write(plant, posting(plant, 0, 8))
    plant.admin("mrp.workorder", "write", [target(plant, 0).id], {"qty_produced": 0})
    assert not read(plant, target(plant, 0)).components_follow
    assert write(plant, posting(plant, 0, 0)).components_follow


def test_order_follows_the_least_of_its_operations(plant: OdooPlant) -> None:
    first, second = target(plant, 3, 0), target(plant, 3, 1)
    assert first.order_id == second.order_id
    assert first.lane == second.lane
    assert read(plant, second).state == "blocked / confirmed"
    seen = write(plant, posting(plant, 3, 9, target=second))
    assert (seen.quantity, seen.open) == (9, True)
    write(plant, posting(plant, 3, 19, target=first))
    row = plant.admin("mrp.production", "read", [first.order_id], ["qty_producing"])[0]
    assert row["qty_producing"] == 9
    assert consumed(plant, 3) == 4.5


def test_order_without_operations(plant: OdooPlant) -> None:
    seen = write(plant, posting(plant, 2, 6), posting(plant, 2, 4), posting(plant, 2, 4))
    assert (seen.quantity, seen.open, seen.state) == (4, True, "progress")
    assert seen.components_follow
    assert consumed(plant, 2) == 2


def test_cut_between_the_two_calls_is_seen_and_mended(plant: OdooPlant) -> None:
    write(plant, posting(plant, 2, 4))
    plant.admin("mrp.production", "write", [target(plant, 2).id], {"qty_producing": 30})
    seen = read(plant, target(plant, 2))
    assert (seen.quantity, seen.components_follow) == (30, False)
    assert write(plant, posting(plant, 2, 30)).components_follow
    assert consumed(plant, 2) == 15


def test_order_in_another_unit_than_its_product(plant: OdooPlant) -> None:
    seen = write(plant, posting(plant, 6, 4))
    assert seen.quantity == 4
    assert seen.unit_id == plant.seeded.order_of(6).unit_id
    assert consumed(plant, 6) == 24  # 4 dozen at half a kilogram each


def test_existing_lot_on_an_operation(plant: OdooPlant) -> None:
    seen = write(plant, posting(plant, 1, 7, lot_name="L-1"))
    assert (seen.quantity, seen.lot_names) == (7, ("L-1",))


def test_second_lot_is_refused_and_nothing_changed(plant: OdooPlant) -> None:
    write(plant, posting(plant, 1, 7, lot_name="L-1"))
    with pytest.raises(errors.OdooRejected, match="another lot"):
        write(plant, posting(plant, 1, 9, lot_name="L-2"))
    seen = read(plant, target(plant, 1))
    assert (seen.quantity, seen.lot_names) == (7, ("L-1",))


def test_new_lot_on_an_order_is_made_once(plant: OdooPlant) -> None:
    one = posting(plant, 5, 3, lot_name="P-1")
    seen = write(plant, one, one)
    assert (seen.quantity, seen.lot_names) == (3, ("P-1",))
    found = plant.admin("stock.lot", "search_read", [["name", "=", "P-1"]], ["product_id"])
    assert [row["product_id"][0] for row in found] == [plant.seeded.order_of(5).product_id]
    # another posting into the same lot finds it by name
    assert write(plant, posting(plant, 5, 4, lot_name="P-1")).quantity == 4
    assert plant.admin("stock.lot", "search_count", [["name", "=", "P-1"]]) == 1


def test_serial_numbers_are_refused(plant: OdooPlant) -> None:
    with pytest.raises(errors.OdooRejected, match="serial"):
        write(plant, posting(plant, 7, 3))
    assert read(plant, target(plant, 7)).quantity == 0


@pytest.mark.parametrize("change", [{"unit_id": 16}, {"product_id": 1}], ids=["unit", "product"])
def test_other_unit_or_product_is_refused(plant: OdooPlant, change: dict[str, int]) -> None:
    before = read(plant, target(plant, 3)).quantity
    with pytest.raises(errors.OdooRejected, match="another"):
        write(plant, posting(plant, 3, before + 1, **change))
    assert read(plant, target(plant, 3)).quantity == before


def test_gone(plant: OdooPlant) -> None:
    gone = ProductionTarget(TargetKind.OPERATION, 987654, 987654)
    assert not read(plant, gone).exists
    with pytest.raises(errors.OdooMissing):
        write(plant, posting(plant, 0, 1, target=gone))


@pytest.mark.parametrize("machine", [8, 9], ids=["operation", "order"])
def test_closed_takes_nothing(plant: OdooPlant, machine: int) -> None:
    where = target(plant, machine)
    write(plant, posting(plant, machine, 20))
    if where.kind is TargetKind.OPERATION:
        plant.admin("mrp.workorder", "button_finish", [where.id])
    context = {"skip_backorder": True, "skip_redirection": True}
    plant.admin("mrp.production", "button_mark_done", [where.order_id], context=context)
    seen = read(plant, where)
    assert (seen.open, seen.exists) == (False, True)
    assert "done" in seen.state
    with pytest.raises(errors.OdooRejected, match="closed"):
        write(plant, posting(plant, machine, 21))


class Meanwhile(httpx.AsyncHTTPTransport):
    """Lets somebody act in Odoo right before the recipe's first write arrives."""

    def __init__(self, act: Callable[[], object]) -> None:
        super().__init__()
        self._act: Callable[[], object] | None = act

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self._act is not None and request.url.path.endswith("/write"):
            act, self._act = self._act, None
            await asyncio.to_thread(act)
        return await super().handle_async_request(request)


@pytest.mark.parametrize("machine", [10, 11], ids=["operation", "order"])
def test_closed_between_our_look_and_our_write(plant: OdooPlant, machine: int) -> None:
    """The race that the recipe's own look cannot see: Odoo must refuse, and nothing change."""
    where = target(plant, machine)
    write(plant, posting(plant, machine, 20))

    def close() -> None:
        if where.kind is TargetKind.OPERATION:
            plant.admin("mrp.workorder", "button_finish", [where.id])
        context = {"skip_backorder": True, "skip_redirection": True}
        plant.admin("mrp.production", "button_mark_done", [where.order_id], context=context)

    async def run() -> None:
        async with OdooClient(plant.connection, plant.key, transport=Meanwhile(close)) as odoo:
            await production.write(odoo, posting(plant, machine, 21))

    with pytest.raises(errors.OdooRejected) as caught:
        asyncio.run(run())
    assert caught.value.status == 422
    seen = read(plant, where)
    assert (seen.quantity, seen.open) == (20, False)
