"""Holds and inspections from decision to Odoo and back: quarantine, release, scrap, lost answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from console.demo.odoo_sandbox import OdooSession
from console.demo.odoo_seed import SeededOrder, seed
from console.demo.odoo_seed_stock import (
    BATCH_SUMMARY,
    SeededQuality,
    SeedQuestion,
    deliver,
    put_on_stock,
    reserve,
    seed_quality,
)
from console.domain.equipment import LimitSpec, QualityPlan
from console.domain.holds import Disposition, HoldState
from console.domain.machine_events import LimitBreached, LimitReturned
from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.domain.proposals import ProposalState
from console.domain.tags import Quality as SampleQuality
from console.domain.tags import Sample
from console.errors import InvalidDecision
from console.odoo.client import OdooClient
from console.odoo.errors import OdooError
from console.services.post import mark_link
from console.services.quality import Quality, Signature
from console.services.tend_quality import TendBatches, TendHolds
from console.store import checks, holds
from console.store.engine import open_telemetry, read
from console.store.holds import HoldRow
from console.store.telemetry import Heartbeat, Telemetry
from tests.rigs.floor import PIN, Floor, machine, plant_of
from tests.rigs.odoo import MIXER, MakeOdooPlant, OdooPlant

V, R, DEAD = PostingState.VERIFIED, PostingState.REJECTED, PostingState.DEAD_LETTER
WARM = LimitSpec("warm", "mixer.warm", "Product temperature", "degC", action_high=8.0)
HALL = LimitSpec("hall", "mixer.hall", "Hall temperature", "degC", action_high=30.0, environmental=True)
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

    def id_of(self, lot: str) -> int:
        (lot_id,) = self.odoo.call("stock.lot", "search", [["name", "=", lot]])
        return int(lot_id)

    def add(self, lot: str, quantity: float, location_id: int | None = None) -> None:
        place = location_id or self.seeded.stock_id
        put_on_stock(self.odoo, self.product_id, self.id_of(lot), place, quantity)

    def ship(self, lot: str, quantity: float, source_id: int | None = None) -> None:
        """Somebody in Odoo delivers it."""
        source = source_id or self.seeded.stock_id
        deliver(self.odoo, self.product_id, self.id_of(lot), source, self.seeded.customers_id, quantity)

    def reserve(self, lot: str, quantity: float) -> int:
        """A delivery that waits; its id."""
        places = self.seeded.stock_id, self.seeded.customers_id
        return reserve(self.odoo, self.product_id, self.id_of(lot), *places, quantity)

    def order(self) -> SeededOrder:
        """A new order, without a lot."""
        machines = [replace(m, lot_name="") for m in self.plant.machines]
        return seed(self.plant.server, machines, self.plant.connection.database).order_of(0)

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
        plant.server,
        order.product_id,
        order.lot_id,
        10,
        summary_questions=[SeedQuestion("Hall temperature max", 0, 30)],
        database=plant.connection.database,
    )
    with plant.server.session(database=plant.connection.database) as odoo:
        yield Shop(plant, odoo, seeded, order.product_id)


class Desk:
    """The console beside it."""

    def __init__(self, folder: Path, shop: Shop) -> None:
        mixer = machine("mixer", "MIX1", unit="kg", limits=(WARM, HALL))
        plan = QualityPlan("WH/Quarantine", BATCH_SUMMARY)
        plant = replace(plant_of((mixer,), shop.plant.connection), quality=plan)
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

    def breach(self) -> None:
        """The product gets too warm for a minute."""
        floor = self.floor
        at = floor.clock()
        told = ("mixer", at, WARM.tag, WARM.name, "action", "action-high", 9.2)
        floor.tell("mixer", LimitBreached(*told, 8.0, "degC"))
        floor.clock.turn(60)
        back = ("mixer", floor.clock(), WARM.tag, WARM.name, "action", "action-high", 7.0)
        floor.tell("mixer", LimitReturned(*back, "degC", "inside"))

    async def lose_odoo(self, client: OdooClient) -> None:
        """No connection, and the edge has noticed."""
        self.floor.wire.down = True
        with pytest.raises(OdooError) as told:
            await client.search_read("res.users", [], ["id"])
        mark_link(self.floor.ledger, "down", told.value, self.floor.clock())

    async def find_odoo(self, client: OdooClient) -> None:
        self.floor.wire.down = False
        await self.read(client)

    def resolve(self, choice: str) -> None:
        (item,) = [i for i in self.floor.open_reviews() if i.posting_id is not None]
        self.floor.reviews.resolve(self.inspector, item.id, item.version, choice, "looked at it in Odoo")

    def refused(self) -> str:
        """Why the one posting that was refused was."""
        (item,) = [i for i in self.floor.open_reviews() if i.posting_id is not None]
        return item.explanation

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


def test_from_a_breach_to_the_release_and_confirmations_go_on(desk: Desk, shop: Shop) -> None:
    lot, order = shop.lot(60), shop.order()
    floor = desk.floor

    async def work(client: OdooClient) -> None:
        floor.runs("mixer", order.reference, lot)
        desk.breach()
        assert (desk.hold().state, desk.hold().effective) == (HoldState.PROPOSED, True)
        (item,) = floor.open_reviews()
        assert item.title == f"Product temperature 9.2 °C, limit 8: lot {lot}"
        floor.makes("mixer", 40)
        floor.next_hour()
        assert floor.picks() == []  # what is held cannot be confirmed
        assert len(floor.picks(ProposalState.REVIEW)) == 1
        await desk.drain(client)
        assert (floor.states(), shop.lies(lot, shop.seeded.stock_id)) == ([], 60)
        desk.quality.keep(desk.inspector, 1, desk.hold().version, "too warm")
        await desk.drain(client)
        assert shop.lies(lot, shop.seeded.quarantine_id) == 60

        await desk.lose_odoo(client)
        with pytest.raises(InvalidDecision, match="Odoo is not reached"):
            desk.dispose(Disposition.RELEASE, RELEASE)
        assert desk.hold().state is HoldState.HELD
        await desk.find_odoo(client)
        desk.dispose(Disposition.RELEASE, RELEASE)
        floor.wire.down = True
        await floor.drain(client, rounds=2)
        assert desk.hold().state is HoldState.RELEASING  # decided, and not said before it was read back
        floor.ingest.judge_held(floor.clock())
        assert floor.picks() == []
        floor.wire.down = False
        floor.wire.next_fault("load", "lose_answer")
        floor.wire.next_fault("button_validate", "lose_answer")
        await desk.drain(client)
        assert desk.hold().state is HoldState.RELEASED
        assert shop.lies(lot, shop.seeded.stock_id) == 60
        floor.ingest.judge_held(floor.clock())
        assert floor.confirm_all().decisions == 1
        await desk.drain(client)

    desk.run(work)
    assert floor.wire.faults == []
    assert set(floor.states()) == {V}
    (made,) = shop.odoo.call("mrp.workorder", "read", [order.operations[0].id], ["qty_produced"])
    assert made["qty_produced"] == 40
    assert [i for i in floor.open_reviews() if i.domain != "counts"] == []


def test_a_lot_that_was_shipped_is_told_and_the_rest_of_it_is_held(desk: Desk, shop: Shop) -> None:
    lot = shop.lot(60)
    shop.ship(lot, 20)

    async def work(client: OdooClient) -> None:
        done = desk.quality.place_hold(desk.inspector, lot=lot, reason="too warm")
        assert "40 kg of lot" in done.message
        assert "Shipped already: 20 in Customers; call it back." in done.message
        await desk.drain(client)
        assert shop.lies(lot, shop.seeded.quarantine_id) == 40

    desk.run(work)
    assert "20 kg in Customers" in desk.quality.hold(1).row.stock


def test_shipped_before_the_hold_reached_odoo(desk: Desk, shop: Shop) -> None:
    lot = shop.lot(60)

    async def work(client: OdooClient) -> None:
        desk.quality.place_hold(desk.inspector, lot=lot, reason="too warm")
        shop.ship(lot, 60)
        await desk.drain(client)
        assert desk.floor.states() == [R]
        assert "lot already shipped: 60 in Customers" in desk.refused()
        with pytest.raises(InvalidDecision, match="decide that in Review first"):
            desk.dispose(Disposition.RELEASE, RELEASE)
        desk.resolve("take-back")
        assert (desk.hold().state, desk.hold().effective) == (HoldState.HELD, True)
        assert "given up" in desk.hold().evidence["given_up"]
        desk.tend()
        assert desk.floor.states() == [DEAD]  # nobody books it behind the person's back
        done = desk.quality.keep(desk.inspector, 1, desk.hold().version, "still too warm")
        assert "Shipped already: 60 in Customers; call it back." in done.message
        desk.dispose(Disposition.RELEASE, RELEASE)

    desk.run(work)
    assert desk.hold().state is HoldState.RELEASED
    assert desk.floor.states() == [DEAD]
    assert shop.lies(lot, shop.seeded.customers_id) == 60


def test_a_hold_wins_over_a_delivery_that_waits(desk: Desk, shop: Shop) -> None:
    lot = shop.lot(60)
    shop.reserve(lot, 45)

    async def work(client: OdooClient) -> None:
        desk.quality.place_hold(desk.inspector, lot=lot, reason="too warm")
        await desk.drain(client)

    desk.run(work)
    assert desk.floor.states() == [V]
    assert (shop.lies(lot, shop.seeded.stock_id), shop.lies(lot, shop.seeded.quarantine_id)) == (0, 60)


def test_what_is_picked_for_a_delivery_is_not_taken_and_can_be_held_after_all(desk: Desk, shop: Shop) -> None:
    lot = shop.lot(60)
    delivery = shop.reserve(lot, 45)
    lines = shop.odoo.call("stock.move.line", "search", [["picking_id", "=", delivery]])
    shop.odoo.call("stock.move.line", "write", lines, {"picked": True})
    (name,) = [p["name"] for p in shop.odoo.call("stock.picking", "read", [delivery], ["name"])]

    async def work(client: OdooClient) -> None:
        desk.quality.place_hold(desk.inspector, lot=lot, reason="too warm")
        await desk.drain(client)
        assert desk.floor.states() == [R]
        assert f"45 reserved for {name}" in desk.refused()
        assert desk.hold().effective
        desk.resolve("take-back")
        shop.odoo.call("stock.picking", "action_cancel", [delivery])
        await desk.read(client)
        desk.quality.keep(desk.inspector, 1, desk.hold().version, "the delivery was stopped")
        await desk.drain(client)

    desk.run(work)
    assert desk.floor.states() == [DEAD, V]
    assert shop.lies(lot, shop.seeded.quarantine_id) == 60
    assert "given_up" not in desk.hold().evidence


def test_a_lot_that_odoo_does_not_know_yet_is_booked_when_there_is_stock_of_it(
    desk: Desk, shop: Shop
) -> None:
    name, order = f"NEW-{next(_numbers)}", shop.order()

    async def work(client: OdooClient) -> None:
        desk.floor.runs("mixer", order.reference, name)
        done = desk.quality.place_hold(desk.inspector, lot=name, reason="too warm")
        assert f"Odoo does not know lot {name} yet; it is booked as soon as it does." in done.message
        assert (desk.hold().effective, desk.floor.states()) == (True, [])
        desk.tend()
        shop.odoo.create("stock.lot", {"name": name, "product_id": shop.product_id})
        shop.add(name, 12)  # as closing its order does
        await desk.read(client)
        desk.tend()
        await desk.drain(client)

    desk.run(work)
    assert desk.floor.states() == [V]
    assert shop.lies(name, shop.seeded.quarantine_id) == 12


def test_a_release_that_is_given_up_leaves_the_hold_as_it_was(desk: Desk, shop: Shop) -> None:
    lot = shop.lot(60)

    async def work(client: OdooClient) -> None:
        desk.quality.place_hold(desk.inspector, lot=lot, reason="too warm")
        await desk.drain(client)
        shop.ship(lot, 50, shop.seeded.quarantine_id)  # somebody took it out of quarantine in Odoo
        desk.dispose(Disposition.RELEASE, RELEASE)
        await desk.drain(client)
        assert (desk.floor.states(), desk.hold().state) == ([V, R], HoldState.RELEASING)
        assert "Too little is there: 60 kg" in desk.refused()
        desk.resolve("take-back")
        hold = desk.hold()
        assert (hold.state, hold.effective, hold.disposition) == (HoldState.HELD, True, None)
        shop.add(lot, 50, shop.seeded.quarantine_id)  # and brought it back
        await desk.read(client)
        desk.dispose(Disposition.RELEASE, RELEASE)
        await desk.drain(client)

    desk.run(work)
    assert desk.floor.states() == [V, DEAD, V]
    assert desk.hold().state is HoldState.RELEASED
    assert shop.lies(lot, shop.seeded.stock_id) == 60


@pytest.mark.parametrize("kind", ["lose_answer", "lose_call"])
@pytest.mark.parametrize("method", ["load", "action_confirm"])
def test_an_inspection_is_there_once_wherever_an_answer_is_lost(
    desk: Desk, shop: Shop, method: str, kind: str
) -> None:
    lot, seeded = shop.lot(5), shop.seeded

    async def work(client: OdooClient) -> None:
        good = {seeded.number_id: 10.0, seeded.look_id: seeded.good_id}
        desk.quality.record_check(desk.inspector, seeded.check_id, good, lot=lot)
        desk.floor.wire.next_fault(method, kind)
        await desk.drain(client)

    desk.run(work)
    assert desk.floor.wire.faults == []
    assert desk.floor.states() == [V]
    found = shop.odoo.call("qc.inspection", "search_read", [["internal_notes", "ilike", lot]], ["state"])
    assert [r["state"] for r in found] == ["success"]


def test_the_summary_of_a_batch_is_accepted_and_booked(desk: Desk, shop: Shop) -> None:
    lot, order, floor = shop.lot(5), shop.order(), desk.floor

    async def work(client: OdooClient) -> None:
        floor.runs("mixer", order.reference, lot)
        begun = floor.clock()
        times = [begun + timedelta(seconds=10 * i) for i in range(60)]
        values = [20.0 + i / 10 for i in range(60)]
        desk.telemetry.append(
            [Sample(HALL.tag, v, SampleQuality.GOOD, at, at) for at, v in zip(times, values, strict=True)]
        )
        floor.clock.turn(600)
        floor.runs("mixer", "", "")
        floor.clock.turn(60)
        tender = TendBatches(floor.ledger, desk.telemetry, desk.plant)
        tender.tend(floor.clock(), lambda tx: None)
        with read(floor.ledger) as tx:
            (summary,) = [c for c in checks.newest(tx, 10) if c.kind == "batch_summary"]
        assert (summary.lot, summary.result) == (lot, "pass")
        assert floor.states() == []
        desk.quality.decide_summary(desk.inspector, summary.id, summary.version, True, "")
        await desk.drain(client)

    desk.run(work)
    assert floor.states() == [V]
    fields = ["state", "test", "inspection_lines"]
    (found,) = shop.odoo.call("qc.inspection", "search_read", [["internal_notes", "ilike", lot]], fields)
    assert (found["state"], found["test"][1]) == ("success", BATCH_SUMMARY)
    lines = shop.odoo.call(
        "qc.inspection.line", "read", found["inspection_lines"], ["name", "quantitative_value"]
    )
    assert {r["name"]: r["quantitative_value"] for r in lines}["Hall temperature max"] == 25.9
