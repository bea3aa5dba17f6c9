"""Holds and inspections from decision to Odoo and back: quarantine, release, scrap, lost answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from console.demo.odoo_sandbox import OdooSession
from console.demo.odoo_seed_stock import SeededQuality, put_on_stock, seed_quality
from console.domain.equipment import QualityPlan
from console.domain.holds import Disposition, HoldState
from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.errors import InvalidDecision
from console.odoo.client import OdooClient
from console.services.quality import Quality, Signature
from console.services.tend_quality import TendHolds
from console.store import holds
from console.store.engine import open_telemetry, read
from console.store.holds import HoldRow
from console.store.telemetry import Heartbeat, Telemetry
from tests.rigs.floor import PIN, Floor, machine, plant_of
from tests.rigs.odoo import MIXER, MakeOdooPlant, OdooPlant

V = PostingState.VERIFIED
RELEASE = Signature(PIN, "I reviewed the evidence and release the material", "within the deviation")
SCRAP = Signature(PIN, "I reviewed the evidence and reject the material", "glass in it")
_numbers = count(1)


@dataclass
class Shop:
    """The mixer's product by lot; every test takes a lot of its own."""

    plant: OdooPlant
    odoo: OdooSession
    seeded: SeededQuality
    product_id: int

    def lot(self, quantity: float) -> str:
        name = f"Q-{next(_numbers)}"
        lot_id = self.odoo.create("stock.lot", {"name": name, "product_id": self.product_id})
        if quantity:
            put_on_stock(self.odoo, self.product_id, lot_id, self.seeded.stock_id, quantity)
        return name

    def add(self, lot: str, quantity: float) -> None:
        (lot_id,) = self.odoo.call("stock.lot", "search", [["name", "=", lot]])
        put_on_stock(self.odoo, self.product_id, lot_id, self.seeded.stock_id, quantity)

    def lies(self, lot: str, location: int) -> float:
        domain = [["lot_id.name", "=", lot], ["location_id", "=", location]]
        return float(
            sum(r["quantity"] for r in self.odoo.call("stock.quant", "search_read", domain, ["quantity"]))
        )


@pytest.fixture(scope="module")
def shop(make_odoo_plant: MakeOdooPlant) -> Iterator[Shop]:
    plant = make_odoo_plant([MIXER])
    order = plant.seeded.order_of(0)
    assert order.lot_id is not None
    seeded = seed_quality(
        plant.server, order.product_id, order.lot_id, 10, database=plant.connection.database
    )
    with plant.server.session(database=plant.connection.database) as odoo:
        yield Shop(plant, odoo, seeded, order.product_id)


class Desk:
    """The console beside it."""

    def __init__(self, folder: Path, shop: Shop) -> None:
        plant = plant_of((machine("mixer", "MIX1", unit="kg"),), shop.plant.connection)
        plant = type(plant)(
            **{f: getattr(plant, f) for f in plant.__slots__} | {"quality": QualityPlan("WH/Quarantine")}
        )
        self.floor = Floor(folder, plant, shop.plant.key)
        self.telemetry = Telemetry(open_telemetry(folder / "telemetry.db"))
        self.quality = Quality(
            self.floor.ledger, self.telemetry, plant, self.floor.people, "test", self.floor.clock
        )
        self.inspector = self._person("Ines")
        self.plant = plant

    def _person(self, name: str) -> Person:
        return self.floor.people.create(self.floor.lead, name, frozenset({Role.INSPECTOR}), PIN)

    def run(self, work: Callable[[OdooClient], Coroutine[Any, Any, None]]) -> None:
        async def go() -> None:
            async with self.floor.client() as client:
                await self.read(client)
                await work(client)

        asyncio.run(go())

    async def read(self, client: OdooClient) -> None:
        """Odoo is read; the edge lives."""
        self.floor.clock.turn(1)
        await self.floor.synchronise(client)
        self.telemetry.beat(Heartbeat("edge", 1, self.floor.clock(), {}))

    async def drain(self, client: OdooClient) -> None:
        await self.floor.drain(client)
        await self.read(client)

    def tend(self) -> None:
        TendHolds(self.floor.ledger, self.plant).tend(self.floor.clock(), lambda tx: None)

    def hold(self) -> HoldRow:
        with read(self.floor.ledger) as tx:
            found = holds.get(tx, 1)
        assert found is not None
        return found

    def dispose(self, what: Disposition, signature: Signature) -> None:
        self.quality.dispose(self.inspector, 1, self.hold().version, what, signature)


@pytest.fixture
def desk(tmp_path: Path, shop: Shop) -> Desk:
    return Desk(tmp_path, shop)


def test_held_in_quarantine_and_released_from_it(desk: Desk, shop: Shop) -> None:
    lot = shop.lot(60)

    async def work(client: OdooClient) -> None:
        desk.quality.place_hold(desk.inspector, lot=lot, reason="too warm")
        await desk.drain(client)
        assert (shop.lies(lot, shop.seeded.stock_id), shop.lies(lot, shop.seeded.quarantine_id)) == (0, 60)
        assert desk.quality.hold(1).row.stock == "60 kg in WH/Quarantine"
        desk.dispose(Disposition.RELEASE, RELEASE)
        assert desk.hold().state is HoldState.RELEASING
        await desk.drain(client)

    desk.run(work)
    assert desk.hold().state is HoldState.RELEASED
    assert (shop.lies(lot, shop.seeded.stock_id), shop.lies(lot, shop.seeded.quarantine_id)) == (60, 0)
    assert set(desk.floor.states()) == {V}


def test_a_lost_answer_moves_it_once(desk: Desk, shop: Shop) -> None:
    lot = shop.lot(60)

    async def work(client: OdooClient) -> None:
        desk.quality.place_hold(desk.inspector, lot=lot, reason="too warm")
        desk.floor.wire.next_fault("button_validate", "lose_answer")
        await desk.drain(client)
        with pytest.raises(InvalidDecision):
            desk.dispose(Disposition.SCRAP, RELEASE)  # a meaning of another disposition
        desk.dispose(Disposition.SCRAP, SCRAP)
        desk.floor.wire.next_fault("load", "lose_answer")
        await desk.drain(client)

    desk.run(work)
    assert desk.hold().state is HoldState.SCRAPPED
    assert (shop.lies(lot, shop.seeded.quarantine_id), shop.lies(lot, shop.seeded.stock_id)) == (0, 0)
    moved = [["lot_id.name", "=", lot], ["picking_id", "!=", False], ["state", "=", "done"]]
    rows = shop.odoo.call(
        "stock.move.line", "search_read", moved, ["quantity", "location_dest_usage"], order="id"
    )
    assert [(r["quantity"], r["location_dest_usage"]) for r in rows] == [(60, "internal"), (60, "inventory")]


def test_stock_that_appears_later_follows_and_all_of_it_comes_back(desk: Desk, shop: Shop) -> None:
    lot = shop.lot(0)

    async def work(client: OdooClient) -> None:
        # the mirror names lots that lie somewhere or that an order makes; this one was typed from its label
        shop.add(lot, 5)
        await desk.read(client)
        desk.quality.place_hold(desk.inspector, lot=lot, reason="too warm")
        await desk.drain(client)
        shop.add(lot, 25)  # an inventory count says that there are 25 in stock now
        await desk.read(client)
        desk.tend()
        await desk.drain(client)
        assert shop.lies(lot, shop.seeded.quarantine_id) == 30
        desk.tend()
        desk.dispose(Disposition.RELEASE, RELEASE)
        await desk.drain(client)

    desk.run(work)
    assert shop.lies(lot, shop.seeded.stock_id) == 30
    assert [p.kind for p in desk.floor.postings()] == ["hold", "hold", "release"]


def test_while_odoo_is_away_it_is_held_here_and_booked_when_it_is_back(desk: Desk, shop: Shop) -> None:
    lot = shop.lot(60)

    async def work(client: OdooClient) -> None:
        desk.floor.wire.down = True
        desk.quality.place_hold(desk.inspector, lot=lot, reason="too warm")
        await desk.floor.drain(client, rounds=2)
        assert desk.hold().effective
        assert shop.lies(lot, shop.seeded.quarantine_id) == 0
        desk.floor.wire.down = False
        await desk.drain(client)
        assert shop.lies(lot, shop.seeded.quarantine_id) == 60

    desk.run(work)


def test_an_inspection_is_booked_and_a_failed_one_holds_the_lot(desk: Desk, shop: Shop) -> None:
    lot = shop.lot(60)
    seeded = shop.seeded

    async def work(client: OdooClient) -> None:
        (form,) = [t for t in desk.quality.tests() if t.id == seeded.check_id]
        assert {q.id for q in form.questions} == {seeded.number_id, seeded.look_id}
        good = {seeded.number_id: 10.0, seeded.look_id: seeded.good_id}
        desk.quality.record_check(desk.inspector, seeded.check_id, good, lot=lot)
        dull = {seeded.number_id: 11.0, seeded.look_id: seeded.dull_id}
        desk.quality.record_check(desk.inspector, seeded.check_id, dull, lot=lot, note="second look")
        assert desk.hold().effective
        desk.quality.keep(desk.inspector, 1, desk.hold().version, "failed")
        await desk.drain(client)

    desk.run(work)
    assert set(desk.floor.states()) == {V}
    found = shop.odoo.call(
        "qc.inspection", "search_read", [["internal_notes", "ilike", lot]], ["success", "state"]
    )
    assert sorted((r["success"], r["state"]) for r in found) == [(False, "waiting"), (True, "success")]
    assert shop.lies(lot, seeded.quarantine_id) == 60
