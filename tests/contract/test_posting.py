"""From a confirmed count to a verified quantity, against a real Odoo and a wire that loses answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from console.demo.odoo_seed import seed
from console.domain.postings import PostingState
from console.domain.proposals import ProposalState
from console.errors import InvalidDecision
from console.odoo.client import OdooClient
from console.services.decide import Given
from console.store import audit, outbox
from console.store.engine import read
from tests.rigs.floor import Floor, machine, plant_of
from tests.rigs.odoo import FILLER, MIXER, PACKER, MakeOdooPlant, OdooPlant

V = PostingState.VERIFIED


@pytest.fixture(scope="module")
def database(make_odoo_plant: MakeOdooPlant) -> OdooPlant:
    return make_odoo_plant((FILLER, MIXER, PACKER))


@pytest.fixture
def odoo(database: OdooPlant) -> OdooPlant:
    """The same database, with new orders for each test."""
    again = [replace(m, lot_name="") for m in database.machines]
    fresh = seed(database.server, again, database.connection.database)
    return replace(database, seeded=fresh)


@pytest.fixture
def floor(odoo: OdooPlant, tmp_path: Path) -> Floor:
    machines = (
        machine("filler", "FIL1", tolerance_percent=2.0),
        machine("mixer", "MIX1", unit="kg"),
        machine("packer", "PACK1"),
    )
    return Floor(tmp_path, plant_of(machines, odoo.connection), odoo.key)


def run(floor: Floor, work: Callable[[OdooClient], Coroutine[Any, Any, None]]) -> None:
    async def go() -> None:
        async with floor.client() as client:
            await floor.synchronise(client)
            await work(client)

    asyncio.run(go())


def order_of(odoo: OdooPlant, number: int):
    return odoo.seeded.order_of(number)


def held(odoo: OdooPlant, number: int) -> float:
    order = order_of(odoo, number)
    if order.operations:
        return odoo.admin("mrp.workorder", "read", [order.operations[0].id], ["qty_produced"])[0][
            "qty_produced"
        ]
    return odoo.admin("mrp.production", "read", [order.id], ["qty_producing"])[0]["qty_producing"]


def a_confirmed_hour(floor: Floor, odoo: OdooPlant, made: int = 120) -> None:
    floor.runs("filler", order_of(odoo, 0).reference)
    floor.makes("filler", made)
    floor.next_hour()
    assert floor.confirm_all().decisions == 1


def test_an_hour_becomes_a_verified_quantity(floor: Floor, odoo: OdooPlant):
    async def work(client: OdooClient) -> None:
        a_confirmed_hour(floor, odoo)
        assert floor.states() == [PostingState.READY]
        await floor.drain(client)

    run(floor, work)
    assert floor.states() == [V]
    assert held(odoo, 0) == 120
    with read(floor.ledger) as tx:
        assert audit.verify(tx).broken_at is None


def test_hours_waiting_for_one_order_go_out_in_one_write(floor: Floor, odoo: OdooPlant):
    async def work(client: OdooClient) -> None:
        floor.runs("filler", order_of(odoo, 0).reference)
        for made in (100, 50, 25):
            floor.makes("filler", made)
            floor.next_hour()
        floor.confirm_all()
        floor.wire.calls.clear()
        await floor.drain(client)

    run(floor, work)
    assert floor.states() == [V, V, V]
    assert held(odoo, 0) == 175
    assert floor.wire.calls.count("write") == 1


def test_a_lot_and_an_order_without_operations(floor: Floor, odoo: OdooPlant):
    async def work(client: OdooClient) -> None:
        floor.runs("mixer", order_of(odoo, 1).reference, "L-NEW-7")
        floor.runs("packer", order_of(odoo, 2).reference)
        floor.makes("mixer", 40)
        floor.makes("packer", 7)
        floor.next_hour()
        floor.confirm_all()
        await floor.drain(client)

    run(floor, work)
    assert floor.states() == [V, V]
    assert (held(odoo, 1), held(odoo, 2)) == (40, 7)
    lots = odoo.admin("stock.lot", "search_count", [["name", "=", "L-NEW-7"]])
    assert lots == 1


@pytest.mark.parametrize("kind", ["lose_answer", "lose_call"])
def test_a_lost_answer_is_asked_about_and_booked_once(floor: Floor, odoo: OdooPlant, kind: str):
    async def work(client: OdooClient) -> None:
        a_confirmed_hour(floor, odoo)
        floor.wire.next_fault("write", kind)
        post = floor.post(client)
        (lane,) = post.lanes()
        outcome = await post.run_lane(lane)
        assert outcome.error is not None
        assert floor.states() == [PostingState.UNKNOWN]
        await floor.drain(client)

    run(floor, work)
    assert floor.states() == [V]
    assert held(odoo, 0) == 120


def test_no_newer_value_overtakes_one_that_may_still_arrive(floor: Floor, odoo: OdooPlant):
    """The first write was lost and sent again; until the server cannot hold it any more, 170 must wait."""

    async def work(client: OdooClient) -> None:
        a_confirmed_hour(floor, odoo)
        floor.wire.next_fault("write", "lose_call")
        post = floor.post(client)
        (lane,) = post.lanes()
        await post.run_lane(lane)
        floor.clock.turn(5)
        await post.run_lane(lane)
        assert floor.states() == [V]
        floor.clock.turn(1)
        # a second hour is confirmed at once (the clock is turned back for the wait to be on)
        now = floor.clock.now
        floor.makes("filler", 50)
        floor.next_hour()
        floor.confirm_all()
        floor.clock.now = now
        await post.run_lane(lane)
        assert floor.states() == [V, PostingState.READY]
        assert held(odoo, 0) == 120
        floor.clock.turn(floor.plant.odoo.settle_s)
        await post.run_lane(lane)

    run(floor, work)
    assert floor.states() == [V, V]
    assert held(odoo, 0) == 170


def test_odoo_away_keeps_everything_and_says_why(floor: Floor, odoo: OdooPlant):
    async def work(client: OdooClient) -> None:
        a_confirmed_hour(floor, odoo)
        post = floor.post(client)
        (lane,) = post.lanes()
        floor.wire.down = True
        outcome = await post.run_lane(lane)
        assert outcome.error is not None
        (posting,) = floor.postings()
        assert posting.state is PostingState.READY
        assert "cannot be reached" in posting.error
        floor.wire.down = False
        await floor.drain(client)

    run(floor, work)
    assert floor.states() == [V]


def test_an_edit_in_odoo_stops_the_lane_and_a_person_puts_it_back(floor: Floor, odoo: OdooPlant):
    async def work(client: OdooClient) -> None:
        a_confirmed_hour(floor, odoo)
        await floor.drain(client)
        operation = order_of(odoo, 0).operations[0].id
        odoo.admin("mrp.workorder", "write", [operation], {"qty_produced": 90})
        floor.makes("filler", 30)
        floor.next_hour()
        floor.confirm_all()
        await floor.drain(client, rounds=2)
        assert floor.states() == [V, PostingState.REJECTED]
        assert held(odoo, 0) == 90
        (item,) = floor.open_reviews()
        assert item.rule.startswith("edited-in-odoo")
        assert "90" in item.title
        with pytest.raises(InvalidDecision):
            floor.reviews.resolve(floor.lead, item.id, item.version, "put-back", " ")
        floor.reviews.resolve(floor.lead, item.id, item.version, "put-back", "typing error in Odoo")
        await floor.drain(client)

    run(floor, work)
    assert floor.states() == [V, V]
    assert held(odoo, 0) == 150


def test_an_edit_in_odoo_can_be_accepted_as_the_new_start(floor: Floor, odoo: OdooPlant):
    async def work(client: OdooClient) -> None:
        a_confirmed_hour(floor, odoo)
        await floor.drain(client)
        operation = order_of(odoo, 0).operations[0].id
        odoo.admin("mrp.workorder", "write", [operation], {"qty_produced": 110})
        floor.clock.turn(60)
        assert await floor.synchronise(client) == 1
        (item,) = floor.open_reviews()
        floor.reviews.resolve(floor.lead, item.id, item.version, "accept", "ten were taken out")
        floor.makes("filler", 30)
        floor.next_hour()
        floor.confirm_all()
        await floor.drain(client)

    run(floor, work)
    assert floor.states() == [V, V]
    assert held(odoo, 0) == 140


def test_an_edit_that_is_undone_in_odoo_closes_its_item_by_itself(floor: Floor, odoo: OdooPlant):
    async def work(client: OdooClient) -> None:
        a_confirmed_hour(floor, odoo)
        await floor.drain(client)
        operation = order_of(odoo, 0).operations[0].id
        for quantity, opened in ((90, 1), (120, 0)):
            odoo.admin("mrp.workorder", "write", [operation], {"qty_produced": quantity})
            floor.clock.turn(60)
            assert await floor.synchronise(client) == opened
            assert len(floor.open_reviews()) == opened

    run(floor, work)


def test_a_closed_order_goes_to_review_and_can_be_taken_back(floor: Floor, odoo: OdooPlant):
    async def work(client: OdooClient) -> None:
        a_confirmed_hour(floor, odoo)
        odoo.admin("mrp.production", "action_cancel", [order_of(odoo, 0).id])
        await floor.drain(client, rounds=2)
        assert floor.states() == [PostingState.REJECTED]
        (item,) = floor.open_reviews()
        assert "cancel" in item.explanation
        floor.reviews.resolve(floor.lead, item.id, item.version, "take-back", "order was cancelled")

    run(floor, work)
    assert floor.states() == [PostingState.DEAD_LETTER]
    with read(floor.ledger) as tx:
        (balance,) = outbox.all_balances(tx).values()
        assert balance.decided == 0


def test_one_stuck_lane_does_not_hold_up_another(floor: Floor, odoo: OdooPlant):
    async def work(client: OdooClient) -> None:
        a_confirmed_hour(floor, odoo)
        floor.runs("packer", order_of(odoo, 2).reference)
        floor.makes("packer", 5)
        floor.next_hour()
        odoo.admin("mrp.production", "action_cancel", [order_of(odoo, 0).id])
        floor.confirm_all()
        await floor.drain(client, rounds=2)

    run(floor, work)
    assert sorted(floor.states()) == sorted([PostingState.REJECTED, V])
    assert held(odoo, 2) == 5


def test_a_poster_that_died_after_sending_is_followed_by_one_that_asks(floor: Floor, odoo: OdooPlant):
    """The row stays in SENDING with a write begun: the next poster must find out, not send blindly."""

    async def work(client: OdooClient) -> None:
        a_confirmed_hour(floor, odoo)
        post = floor.post(client)
        (lane,) = post.lanes()
        floor.wire.next_fault("write", "lose_answer")
        died = post.book.unknown  # the commit that the dead poster never made
        post.book.unknown = lambda *_: None  # type: ignore[method-assign]
        await post.run_lane(lane)
        post.book.unknown = died  # type: ignore[method-assign]
        assert floor.states() == [PostingState.SENDING]
        assert held(odoo, 0) == 120
        floor.wire.calls.clear()
        await floor.drain(client)
        assert "write" not in floor.wire.calls

    run(floor, work)
    assert floor.states() == [V]


def test_a_poster_that_died_before_sending_gives_the_posting_back(floor: Floor, odoo: OdooPlant):
    async def work(client: OdooClient) -> None:
        a_confirmed_hour(floor, odoo)
        post = floor.post(client)
        (lane,) = post.lanes()
        post.book.claim(lane)
        assert floor.states() == [PostingState.SENDING]
        await floor.drain(client)

    run(floor, work)
    assert floor.states() == [V]
    assert held(odoo, 0) == 120


def test_what_exceeds_the_order_goes_to_review_and_needs_a_reason(floor: Floor, odoo: OdooPlant):
    async def work(client: OdooClient) -> None:
        floor.runs("filler", order_of(odoo, 0).reference)
        floor.makes("filler", 1021)  # 1000 ordered, 2 % tolerated
        floor.next_hour()
        (pick,) = floor.picks(ProposalState.REVIEW)
        with pytest.raises(InvalidDecision):
            floor.decide.choose(floor.lead, pick, "confirm", Given())
        floor.decide.choose(floor.lead, pick, "confirm", Given(reason="customer takes them"))
        await floor.drain(client)

    run(floor, work)
    assert held(odoo, 0) == 1021
    assert floor.open_reviews() == []
