"""Recipe C on the real server: holds, releases and scrap move what they say, once, or are refused."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar

import pytest

from console.demo.odoo_sandbox import OdooSession, SandboxError
from console.demo.odoo_seed_stock import SeededQuality, deliver, put_on_stock, reserve, seed_quality
from console.domain.records import PostingKind, RecordSeen, RecordWrite
from console.odoo import errors
from console.odoo.client import OdooClient
from console.odoo.recipes import transfer
from tests.rigs.lost_calls import Losing
from tests.rigs.odoo import MIXER, MakeOdooPlant, OdooPlant

Answer = TypeVar("Answer")
_numbers = count(1)


class Floor:
    """A plant with quality data, a product by lot (kg) and one without; every test takes a lot of its own."""

    def __init__(self, plant: OdooPlant, odoo: OdooSession) -> None:
        self.plant = plant
        self.odoo = odoo
        order = plant.seeded.order_of(0)
        self.product_id, self.unit_id = order.product_id, order.unit_id
        self.loose_id = order.component_id
        assert order.lot_id is not None
        self.seeded: SeededQuality = seed_quality(
            plant.server, self.product_id, order.lot_id, 10, database=plant.connection.database
        )
        self.stock, self.quarantine = self.seeded.stock_id, self.seeded.quarantine_id

    def lot(self, quantity: float, location: int | None = None) -> int:
        name = f"T-{next(_numbers)}"
        lot_id = self.odoo.create("stock.lot", {"name": name, "product_id": self.product_id})
        put_on_stock(self.odoo, self.product_id, lot_id, location or self.stock, quantity)
        return lot_id

    def line(self, lot_id: int | None, quantity: float, **changes: Any) -> dict[str, Any]:
        made = {
            "product_id": self.product_id,
            "lot_id": lot_id,
            "unit_id": self.unit_id,
            "quantity": quantity,
            "source_id": self.stock,
            "destination_id": self.quarantine,
        }
        return made | changes

    def order(
        self, *lines: dict[str, Any], kind: PostingKind = PostingKind.HOLD, key: str = "", **changes: Any
    ) -> RecordWrite:
        payload = {"lines": list(lines), "origin": "Hold 1: too hot", "note": "8 > 7 & rising\nsecond line"}
        return RecordWrite(kind, key or f"hold-{next(_numbers)}", payload, **changes)

    def held(self, lot_id: int | None, location: int, product_id: int | None = None) -> float:
        domain = [
            ["lot_id", "=", lot_id or False],
            ["location_id", "=", location],
            ["product_id", "=", product_id or self.product_id],
        ]
        rows = self.odoo.call("stock.quant", "search_read", domain, ["quantity"])
        return float(sum(r["quantity"] for r in rows))

    def pickings(self, lot_id: int) -> list[dict[str, Any]]:
        domain = [["move_line_ids.lot_id", "=", lot_id]]
        found: list[dict[str, Any]] = self.odoo.call(
            "stock.picking", "search_read", domain, ["name", "state", "origin", "note"]
        )
        return found

    def run(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run(work)

    def read(self, order: RecordWrite) -> RecordSeen:
        async def ask() -> RecordSeen:
            async with self.plant.client() as odoo:
                return await transfer.read(odoo, order)

        return self.run(ask())

    def write(self, order: RecordWrite, times: int = 1) -> RecordSeen:
        """Write, then read back."""

        async def book() -> RecordSeen:
            async with self.plant.client() as odoo:
                records = {await transfer.write(odoo, order) for _ in range(times)}
                assert len(records) == 1
                return await transfer.read(odoo, order)

        return self.run(book())

    def without_validating(self, order: RecordWrite) -> int:
        """As after a cut between the two calls: the transfer stands, reserved only."""

        async def cut() -> None:
            transport = Losing("button_validate", reaches=False)
            async with OdooClient(self.plant.connection, self.plant.key, transport=transport) as odoo:
                with pytest.raises(errors.OdooOutcomeUnknown):
                    await transfer.write(odoo, order)

        self.run(cut())
        seen = self.read(order)
        assert (seen.holds, seen.state) == (False, "assigned")
        return int(seen.record.partition(":")[2])


@pytest.fixture(scope="module")
def floor(make_odoo_plant: MakeOdooPlant) -> Iterator[Floor]:
    plant = make_odoo_plant([MIXER])
    with plant.server.session(database=plant.connection.database) as odoo:
        yield Floor(plant, odoo)


# ---------------------------------------------------------------- booked, once


def test_hold_moves_the_lot_beside_the_stock(floor: Floor) -> None:
    lot = floor.lot(100)
    order = floor.order(floor.line(lot, 40))
    before = floor.read(order)
    assert (before.holds, before.record, before.state, before.refused) == (False, "", "not there", "")
    seen = floor.write(order)
    assert (seen.holds, seen.state, seen.refused, seen.edited) == (True, "done", "", "")
    assert (floor.held(lot, floor.stock), floor.held(lot, floor.quarantine)) == (60, 40)
    (picking,) = floor.pickings(lot)
    assert picking["name"] == seen.detail["name"]
    assert picking["origin"] == "Hold 1: too hot"
    assert "8 &gt; 7 &amp; rising<br>second line" in picking["note"]


def test_release_brings_it_back(floor: Floor) -> None:
    lot = floor.lot(100)
    floor.write(floor.order(floor.line(lot, 100)))
    back = floor.line(lot, 100, source_id=floor.quarantine, destination_id=floor.stock)
    seen = floor.write(floor.order(back, kind=PostingKind.RELEASE))
    assert seen.holds
    assert (floor.held(lot, floor.stock), floor.held(lot, floor.quarantine)) == (100, 0)


def test_scrap_leaves_the_plant(floor: Floor) -> None:
    lot = floor.lot(100)
    gone = floor.line(lot, 3.5, destination_id=floor.seeded.scrap_id)
    seen = floor.write(floor.order(gone, kind=PostingKind.SCRAP), times=3)
    assert seen.holds
    assert floor.held(lot, floor.stock) == 96.5


def test_untracked_product(floor: Floor) -> None:
    before = floor.held(None, floor.stock, floor.loose_id)
    seen = floor.write(floor.order(floor.line(None, 12.25, product_id=floor.loose_id)))
    assert seen.holds
    assert floor.held(None, floor.stock, floor.loose_id) == before - 12.25
    assert floor.held(None, floor.quarantine, floor.loose_id) == 12.25


def test_several_lines_from_several_places_make_one_transfer(floor: Floor) -> None:
    lot, other = floor.lot(10), floor.lot(20)
    shelf = floor.odoo.create(
        "stock.location", {"name": "Shelf", "usage": "internal", "location_id": floor.stock}
    )
    put_on_stock(floor.odoo, floor.product_id, lot, shelf, 5)
    order = floor.order(
        floor.line(lot, 10),
        floor.line(lot, 5, source_id=shelf),
        floor.line(other, 7),
        floor.line(None, 2, product_id=floor.loose_id),
    )
    before = floor.held(None, floor.quarantine, floor.loose_id)
    assert floor.write(order, times=2).holds
    assert floor.held(lot, floor.quarantine) == 15
    assert (floor.held(lot, floor.stock), floor.held(lot, shelf)) == (0, 0)
    assert (floor.held(other, floor.stock), floor.held(other, floor.quarantine)) == (13, 7)
    assert floor.held(None, floor.quarantine, floor.loose_id) == before + 2


def test_what_odoo_rounds_to_nothing_is_left_out(floor: Floor) -> None:
    """As a gram of one component in a scrap of several; alone it is told."""
    lot, other = floor.lot(10), floor.lot(10)
    assert floor.write(floor.order(floor.line(lot, 0.126), floor.line(other, 0.004)), times=2).holds
    assert (floor.held(lot, floor.quarantine), floor.held(other, floor.stock)) == (0.13, 10)
    refused(floor, floor.order(floor.line(other, 0.004)), "which Odoo rounds to nothing")


def test_another_unit_of_the_same_root(floor: Floor) -> None:
    gram = floor.odoo.ref("uom.product_uom_gram")
    lot = floor.lot(1)
    too_much = floor.order(floor.line(lot, 1500, unit_id=gram))
    assert "1.5 kg" in floor.read(too_much).refused
    seen = floor.write(floor.order(floor.line(lot, 400, unit_id=gram)))
    assert seen.holds
    assert floor.held(lot, floor.quarantine) == pytest.approx(0.4)


def test_repeated_writes_move_once(floor: Floor) -> None:
    lot = floor.lot(100)
    assert floor.write(floor.order(floor.line(lot, 40)), times=5).holds
    assert (floor.held(lot, floor.stock), floor.held(lot, floor.quarantine)) == (60, 40)
    assert len(floor.pickings(lot)) == 1


def test_two_clients_at_once_move_once(floor: Floor) -> None:
    lot = floor.lot(100)
    order = floor.order(floor.line(lot, 40))

    async def book(odoo: OdooClient) -> None:
        for _ in range(20):
            try:
                await transfer.write(odoo, order)
            except (errors.OdooTransient, errors.OdooOutcomeUnknown):
                continue
            return
        raise AssertionError("never booked")

    async def race() -> RecordSeen:
        async with floor.plant.client() as one, floor.plant.client() as two:
            await asyncio.gather(book(one), book(two))
            return await transfer.read(one, order)

    assert floor.run(race()).holds
    assert (floor.held(lot, floor.stock), floor.held(lot, floor.quarantine)) == (60, 40)
    assert len(floor.pickings(lot)) == 1


@pytest.mark.parametrize("method", ["load", "button_validate"])
def test_a_lost_call_that_lands_late_moves_once(floor: Floor, method: str) -> None:
    """The write times out, is asked for, is written again, and only then does the first one land."""
    lot = floor.lot(100)
    order = floor.order(floor.line(lot, 40))

    async def book() -> RecordSeen:
        transport = Losing(method, reaches=1.0)
        async with OdooClient(floor.plant.connection, floor.plant.key, transport=transport) as odoo:
            with pytest.raises(errors.OdooOutcomeUnknown):
                await transfer.write(odoo, order)
            asked = await transfer.read(odoo, order)
            assert (asked.holds, asked.refused) == (False, "")
            await transfer.write(odoo, order)
            await asyncio.gather(*transport.late)
            return await transfer.read(odoo, order)

    assert floor.run(book()).holds
    assert (floor.held(lot, floor.stock), floor.held(lot, floor.quarantine)) == (60, 40)
    assert len(floor.pickings(lot)) == 1


def test_a_lost_answer_is_found_though_its_stock_has_moved(floor: Floor) -> None:
    """Everything is in quarantine by then: not found, "too little" would be said of what is booked."""
    lot = floor.lot(40)
    order = floor.order(floor.line(lot, 40))
    floor.write(order)
    (picking,) = floor.pickings(lot)
    floor.odoo.call("stock.picking", "write", [picking["id"]], {"origin": "renamed by a person"})
    seen = floor.read(order)
    assert (seen.holds, seen.refused) == (True, "")
    assert seen.record == f"stock.picking:{picking['id']}"


def test_what_stands_reserved_only_is_completed(floor: Floor) -> None:
    lot = floor.lot(40)
    order = floor.order(floor.line(lot, 40))
    floor.without_validating(order)
    assert floor.read(order).refused == ""  # its own reservation is not in its way
    assert floor.write(order).holds
    assert floor.held(lot, floor.quarantine) == 40


# ---------------------------------------------------------------- refused


def refused(floor: Floor, order: RecordWrite, *words: str) -> None:
    """Read says so, and a write all the same changes nothing."""
    seen = floor.read(order)
    assert not seen.holds
    for word in words:
        assert word in seen.refused
    assert seen.remedy
    with pytest.raises(errors.OdooRejected):
        floor.write(order)
    assert floor.read(order).record == ""


def test_too_little_is_refused_and_nothing_stays_reserved(floor: Floor) -> None:
    lot = floor.lot(30)
    refused(floor, floor.order(floor.line(lot, 40)), "40 kg of lot T-", "WH/Stock", "30 are free")
    assert floor.pickings(lot) == []
    assert floor.write(floor.order(floor.line(lot, 30))).holds


def test_the_same_lot_twice_is_summed(floor: Floor) -> None:
    lot = floor.lot(30)
    refused(floor, floor.order(floor.line(lot, 20), floor.line(lot, 20)), "40 kg", "30 are free")


def test_shipped_lot_is_told(floor: Floor) -> None:
    lot = floor.lot(300)
    deliver(floor.odoo, floor.product_id, lot, floor.stock, floor.seeded.customers_id, 240)
    refused(floor, floor.order(floor.line(lot, 300)), "60 are free", "lot already shipped: 240 in Customers")


def test_reserved_stock_is_not_taken_from_a_delivery(floor: Floor) -> None:
    lot = floor.lot(100)
    delivery = reserve(floor.odoo, floor.product_id, lot, floor.stock, floor.seeded.customers_id, 70)
    name = floor.odoo.call("stock.picking", "read", [delivery], ["name"])[0]["name"]
    refused(floor, floor.order(floor.line(lot, 40)), "30 are free", f"70 reserved for {name}")
    assert floor.write(floor.order(floor.line(lot, 30))).holds
    floor.odoo.call("stock.picking", "button_validate", [delivery])
    assert floor.held(lot, floor.stock) == 0


def test_reserved_for_an_order_that_stands_beside_our_own_transfer(floor: Floor) -> None:
    """A component's line belongs to no transfer; ours is not counted against itself."""
    order = floor.plant.seeded.order_of(0)
    held = floor.held(None, floor.stock, floor.loose_id)
    hold = floor.order(floor.line(None, held, product_id=floor.loose_id))
    told = floor.read(hold).refused
    assert f"reserved for {order.reference}" in told
    floor.odoo.call("mrp.production", "do_unreserve", [order.id])
    picking = floor.without_validating(hold)
    assert floor.read(hold).refused == ""
    floor.odoo.call("mrp.production", "action_assign", [order.id])
    assert floor.read(hold).refused == ""  # Odoo reserves nothing that is ours
    floor.odoo.call("stock.picking", "unlink", [picking])
    floor.odoo.call("mrp.production", "action_assign", [order.id])
    assert floor.read(hold).refused == told


def test_reserved_between_our_look_and_our_write(floor: Floor) -> None:
    lot = floor.lot(100)
    order = floor.order(floor.line(lot, 40))
    assert floor.read(order).refused == ""
    reserve(floor.odoo, floor.product_id, lot, floor.stock, floor.seeded.customers_id, 70)
    with pytest.raises(errors.OdooRejected, match="30 are free"):
        floor.write(order)
    assert [p["state"] for p in floor.pickings(lot)] == ["assigned"]  # the delivery alone


def test_reserved_stock_is_taken_where_that_was_decided(floor: Floor) -> None:
    """The delivery lacks it then, and nothing goes negative."""
    lot = floor.lot(100)
    delivery = reserve(floor.odoo, floor.product_id, lot, floor.stock, floor.seeded.customers_id, 70)
    order = floor.order(floor.line(lot, 100))
    taking = replace(order, payload={**order.payload, "take_reserved": True})
    assert "30 are free" in floor.read(order).refused
    assert floor.read(taking).refused == ""
    assert floor.write(taking, times=2).holds
    assert (floor.held(lot, floor.stock), floor.held(lot, floor.quarantine)) == (0, 100)
    lines = floor.odoo.call("stock.move.line", "search_count", [["picking_id", "=", delivery]])
    assert lines == 0
    with pytest.raises(SandboxError, match="zero quantity"):
        floor.odoo.call("stock.picking", "button_validate", [delivery])


def test_what_others_have_in_hand_is_never_taken(floor: Floor) -> None:
    """A picked line is not given up by Odoo: it would go negative when it is validated."""
    lot = floor.lot(100)
    delivery = reserve(floor.odoo, floor.product_id, lot, floor.stock, floor.seeded.customers_id, 70)
    lines = floor.odoo.call("stock.move.line", "search", [["picking_id", "=", delivery]])
    floor.odoo.call("stock.move.line", "write", lines, {"picked": True})
    order = floor.order(floor.line(lot, 40))
    refused(floor, replace(order, payload={**order.payload, "take_reserved": True}), "30 are free")


def test_a_lot_still_in_the_making_is_told(floor: Floor) -> None:
    order = floor.plant.seeded.order_of(0)
    lot = floor.odoo.create("stock.lot", {"name": f"M-{next(_numbers)}", "product_id": floor.product_id})
    vals = {"qty_producing": 5, "lot_producing_ids": [[6, 0, [lot]]]}
    floor.odoo.call("mrp.production", "write", [order.id], vals)
    told = f"{order.reference} still makes it: it is in stock once that order is closed"
    refused(floor, floor.order(floor.line(lot, 5)), told)


def test_stock_in_a_package_is_not_taken_loose(floor: Floor) -> None:
    lot = floor.lot(100)
    package = floor.odoo.create("stock.package", {"name": f"PACK-{next(_numbers)}"})
    floor.plant.server.sql(
        f"UPDATE stock_quant SET package_id = {package} WHERE lot_id = {lot} AND location_id = {floor.stock}",
        floor.plant.connection.database,
    )
    refused(floor, floor.order(floor.line(lot, 40)), "0 are free", "100 in the package PACK-")


def test_quants_are_summed(floor: Floor) -> None:
    """Odoo splits them when two transactions meet."""
    lot = floor.lot(60)
    floor.plant.server.sql(
        "INSERT INTO stock_quant (product_id, company_id, location_id, lot_id, quantity, reserved_quantity, "
        "in_date) SELECT product_id, company_id, location_id, lot_id, -20, 0, in_date FROM stock_quant "
        f"WHERE lot_id = {lot} AND location_id = {floor.stock}",
        floor.plant.connection.database,
    )
    assert "40 are free" in floor.read(floor.order(floor.line(lot, 41))).refused
    assert floor.write(floor.order(floor.line(lot, 40))).holds


def test_quarantine_under_the_stock_location_holds_nothing_back(floor: Floor) -> None:
    vals = {"name": "Corner", "usage": "internal", "location_id": floor.stock}
    corner = floor.odoo.create("stock.location", vals)
    lot = floor.lot(100)
    line = floor.line(lot, 40, destination_id=corner)
    refused(floor, floor.order(line), "WH/Stock/Corner lies under WH/Stock")
    seen = floor.read(floor.order(floor.line(lot, 4, destination_id=corner), kind=PostingKind.RELEASE))
    assert seen.refused == ""


def test_archived_location(floor: Floor) -> None:
    vals = {"name": "Old cage", "usage": "internal", "location_id": floor.quarantine}
    cage = floor.odoo.create("stock.location", vals)
    floor.odoo.call("stock.location", "write", [cage], {"active": False})
    lot = floor.lot(100)
    refused(floor, floor.order(floor.line(lot, 40, destination_id=cage)), "Old cage is archived")


def test_scrap_goes_to_inventory_loss_only_and_a_hold_never(floor: Floor) -> None:
    lot = floor.lot(100)
    refused(floor, floor.order(floor.line(lot, 4), kind=PostingKind.SCRAP), "no inventory loss location")
    scrap = floor.line(lot, 4, destination_id=floor.seeded.scrap_id)
    refused(floor, floor.order(scrap), "is no internal location")
    shipped = floor.line(lot, 4, source_id=floor.seeded.customers_id)
    refused(floor, floor.order(shipped), "from inside the plant, not from Customers")


def test_lots_and_products_must_fit(floor: Floor) -> None:
    lot = floor.lot(100)
    foreign = floor.line(lot, 4, product_id=floor.loose_id)
    refused(floor, floor.order(foreign), "belongs to another product")
    refused(floor, floor.order(floor.line(None, 4)), "tracked by lot, and no lot is named")
    assert "is gone from Odoo" in floor.read(floor.order(floor.line(987654, 4))).refused
    assert "is gone from Odoo" in floor.read(floor.order(floor.line(lot, 4, product_id=987654))).refused
    pieces = floor.odoo.ref("uom.product_uom_unit")
    refused(floor, floor.order(floor.line(lot, 4, unit_id=pieces)), "is kept in kg; a quantity in Units")


def test_product_without_stock(floor: Floor) -> None:
    service = floor.odoo.create("product.product", {"name": "Water", "type": "consu", "is_storable": False})
    unit = floor.odoo.ref("uom.product_uom_unit")
    line = floor.line(None, 4, product_id=service, unit_id=unit)
    refused(floor, floor.order(line), "keeps no stock of Water")


# ---------------------------------------------------------------- changed by people in Odoo


def test_cancelled_in_odoo_then_deleted_is_made_again(floor: Floor) -> None:
    lot = floor.lot(100)
    order = floor.order(floor.line(lot, 40))
    picking = floor.without_validating(order)
    floor.odoo.call("stock.picking", "action_cancel", [picking])
    seen = floor.read(order)
    assert "was cancelled in Odoo" in seen.refused
    assert floor.write(order).refused  # a write all the same moves nothing
    assert floor.held(lot, floor.quarantine) == 0
    floor.odoo.call("stock.picking", "unlink", [picking])
    assert floor.write(order).holds
    assert floor.held(lot, floor.quarantine) == 40


def test_changed_before_it_was_validated(floor: Floor) -> None:
    lot = floor.lot(100)
    order = floor.order(floor.line(lot, 40))
    picking = floor.without_validating(order)
    lines = floor.odoo.call("stock.move.line", "search", [["picking_id", "=", picking]])
    floor.odoo.call("stock.move.line", "write", lines, {"quantity": 25})
    seen = floor.read(order)
    assert "was changed in Odoo before it was validated: it moves 25 instead of 40" in seen.refused
    assert floor.write(order).state == "assigned"  # we do not validate what was not decided
    floor.odoo.call("stock.picking", "button_validate", [picking])
    seen = floor.read(order)
    assert not seen.holds
    assert "is done in Odoo and moves 25 instead of 40" in seen.refused


def test_another_lot_than_decided_is_seen(floor: Floor) -> None:
    lot, other = floor.lot(100), floor.lot(100)
    order = floor.order(floor.line(lot, 40))
    picking = floor.without_validating(order)
    lines = floor.odoo.call("stock.move.line", "search", [["picking_id", "=", picking]])
    floor.odoo.call("stock.move.line", "write", lines, {"lot_id": other})
    assert "another product, lot or unit" in floor.read(order).refused


def test_verified_then_edited_by_a_person(floor: Floor) -> None:
    lot = floor.lot(100)
    order = floor.order(floor.line(lot, 40))
    seen = floor.write(order)
    picking = int(seen.record.partition(":")[2])
    lines = floor.odoo.call("stock.move.line", "search", [["picking_id", "=", picking]])
    floor.odoo.call("stock.move.line", "write", lines, {"quantity": 10})
    again = floor.read(replace(order, record=seen.record, before=order.payload))
    assert not again.holds
    assert "moves 10 instead of 40" in again.refused


def test_verified_and_gone_is_not_made_again(floor: Floor) -> None:
    """A done transfer cannot be deleted in Odoo; a restored backup may lack it all the same."""
    lot = floor.lot(100)
    order = floor.order(floor.line(lot, 40))
    seen = floor.read(replace(order, record="stock.picking:987654", before=order.payload))
    assert (seen.holds, seen.state) == (False, "deleted")
    assert "deleted in Odoo after it had been booked" in seen.refused


def test_returned_in_odoo_is_told(floor: Floor) -> None:
    lot = floor.lot(100)
    order = floor.order(floor.line(lot, 40))
    picking = int(floor.write(order).record.partition(":")[2])
    wizard = floor.odoo.call(
        "stock.return.picking",
        "create",
        [{"picking_id": picking}],
        context={"active_id": picking, "active_model": "stock.picking"},
    )
    rows = floor.odoo.call("stock.return.picking", "read", wizard, ["product_return_moves"])
    floor.odoo.call("stock.return.picking.line", "write", rows[0]["product_return_moves"], {"quantity": 40})
    action = floor.odoo.call("stock.return.picking", "action_create_returns", wizard)
    floor.odoo.call("stock.picking", "button_validate", [action["res_id"]])
    assert floor.held(lot, floor.stock) == 100
    seen = floor.read(order)
    assert seen.holds
    assert seen.state.startswith("done, returned by WH/")


def test_a_copy_of_ours_is_not_taken_for_it(floor: Floor) -> None:
    lot = floor.lot(100)
    order = floor.order(floor.line(lot, 40))
    seen = floor.write(order)
    floor.odoo.call("stock.picking", "copy", [int(seen.record.partition(":")[2])])
    assert floor.read(order).record == seen.record
