"""Scrap and rights of an order's life; what ends in Odoo is tried on the real one (tests/contract)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from console.domain.equipment import Counter
from console.domain.master_data import BomUse, Location
from console.domain.people import Role
from console.domain.postings import PostingState
from console.domain.records import GivenUp
from console.errors import InvalidDecision, NotAllowed
from console.services.order_life import OrderLife, consumption_taken_back, scrap_taken_back
from console.services.screens.common import NotFound
from console.store import outbox, scraps, stock_master
from console.store.engine import read, write
from tests.rigs.floor import Floor
from tests.unit.services.shop import DOZEN, FIRST, MACHINES, a_green_hour, open_shop, synced

USES = (
    BomUse(1, 20, "[RM-1] Juice base", "kg", 0.5, unit_id=3, location_id=8, code="RM-1"),
    BomUse(3, 20, "[RM-1] Juice base", "kg", 6.0, unit_id=3, location_id=8, code="RM-1"),
)


class Parts:
    """Only locations."""

    locations = (
        Location(8, "WH/Stock", "internal"),
        Location(14, "Virtual Locations/Inventory adjustment", "inventory"),
        Location(16, "Virtual Locations/Scrap", "inventory"),
    )
    lot_stock = lot_links = quality_tests = lots = products = ()


packer = replace(
    MACHINES[1],
    counters=(
        *MACHINES[1].counters,
        Counter("packer.scrap", "scrap", 65536, 10.0, units_per_count=6.0),
    ),
)


@pytest.fixture
def floor(tmp_path: Path) -> Iterator[Floor]:
    shop = open_shop(tmp_path / "shop", (MACHINES[0], packer, MACHINES[2]))
    synced(shop, bom_uses=USES)
    with write(shop.ledger) as tx:
        stock_master.store(tx, Parts())
    yield shop
    shop.ledger.dispose()


def life(floor: Floor) -> OrderLife:
    return OrderLife(floor.ledger, floor.plant, "here", floor.clock)


def scrap_hour(floor: Floor, name: str = "filler", order: str = FIRST, count: int = 4) -> None:
    floor.runs(name, order)
    floor.makes(name, 60)
    floor.makes(name, count, "scrap")
    floor.next_hour()
    floor.confirm_all()


def test_scrap_books_the_material_that_it_used(floor: Floor) -> None:
    scrap_hour(floor)
    (row,) = life(floor).order(1).scrap
    assert (row.counted, row.explained, row.open) == (4.0, 0.0, 4.0)
    life(floor).scrap(floor.lead, "filler", 1, 3.0, "Damaged")
    posting = floor.postings()[-1]
    assert posting.kind == "scrap"
    (line,) = posting.payload["lines"]
    assert (line["product_id"], line["quantity"], line["source_id"], line["destination_id"]) == (
        20,
        1.5,
        8,
        16,
    )
    (row,) = life(floor).order(1).scrap
    assert (row.open, row.booked[0][1:3]) == (1.0, (3.0, "Damaged"))


def test_scrap_in_cases_is_reckoned_in_the_orders_unit(floor: Floor) -> None:
    """Two cases of 6 are one dozen, and a dozen uses 6 kg."""
    scrap_hour(floor, "packer", DOZEN, count=2)
    life(floor).scrap(floor.lead, "packer", 3, 12.0, "Damaged")
    (line,) = floor.postings()[-1].payload["lines"]
    assert line["quantity"] == 6.0


def test_rework_keeps_the_reason_and_books_nothing(floor: Floor) -> None:
    scrap_hour(floor)
    before = len(floor.postings())
    done = life(floor).scrap(floor.lead, "filler", 1, 4.0, "Label crooked", rework=True)
    assert (done.decisions, done.postings) == (1, 0)
    assert len(floor.postings()) == before
    (row,) = life(floor).order(1).scrap
    assert row.open == 0
    assert row.why_not


@pytest.mark.parametrize(
    ("quantity", "reason", "words"),
    [(5.0, "Damaged", "counted 4"), (0.0, "Damaged", "quantity"), (1.0, " ", "reason")],
)
def test_what_scrap_refuses(floor: Floor, quantity: float, reason: str, words: str) -> None:
    scrap_hour(floor)
    with pytest.raises(InvalidDecision, match=words):
        life(floor).scrap(floor.lead, "filler", 1, quantity, reason)


def test_two_people_cannot_give_the_same_scrap_twice(floor: Floor) -> None:
    scrap_hour(floor)
    life(floor).scrap(floor.lead, "filler", 1, 4.0, "Damaged")
    with pytest.raises(InvalidDecision, match="4 have a reason already"):
        life(floor).scrap(floor.second, "filler", 1, 4.0, "Damaged")


def test_material_tracked_by_lot_is_not_guessed(floor: Floor) -> None:
    synced(floor, bom_uses=(BomUse(1, 20, "Base", "kg", 0.5, 3, 8, tracked=True, code="RM-1"),))
    scrap_hour(floor)
    with pytest.raises(InvalidDecision, match="tracked by lot"):
        life(floor).scrap(floor.lead, "filler", 1, 1.0, "Damaged")


def test_given_up_scrap_is_open_again(floor: Floor) -> None:
    scrap_hour(floor)
    life(floor).scrap(floor.lead, "filler", 1, 4.0, "Damaged")
    with write(floor.ledger) as tx:
        row = outbox.newest(tx, 1)[0]
        scrap_taken_back(tx, row, GivenUp(), floor.clock())
    assert life(floor).order(1).scrap[0].open == 4.0


def test_roles(floor: Floor) -> None:
    scrap_hour(floor)
    inspector = floor.people.create(floor.lead, "Inspector", frozenset({Role.INSPECTOR}), "1357")
    with pytest.raises(NotAllowed):
        life(floor).scrap(inspector, "filler", 1, 1.0, "Damaged")
    with pytest.raises(NotAllowed):
        life(floor).operate(inspector, 11, "start")
    with pytest.raises(NotAllowed):
        life(floor).close(inspector, 1, seen=60, backorder=False, reason="why")


def test_an_operation_is_started_against_the_machine_only_with_a_reason(floor: Floor) -> None:
    with pytest.raises(InvalidDecision, match="does not run"):
        life(floor).operate(floor.lead, 11, "start")
    life(floor).operate(floor.lead, 11, "start", "set-up by hand")
    posting = floor.postings()[-1]
    assert posting.payload == {"operation_id": 11, "order_id": 1, "action": "start"}
    assert life(floor).order(1).operations[0].actions == ()  # it is under way


def test_nothing_is_closed_before_it_is_verified_and_as_shown(floor: Floor) -> None:
    a_green_hour(floor)
    with pytest.raises(InvalidDecision, match="1 intervals"):
        life(floor).close(floor.lead, 1, seen=0, backorder=False, reason="why")
    floor.confirm_all()
    assert "not verified" in life(floor).order(1).close_why_not
    with read(floor.ledger) as tx:
        assert not outbox.closing(tx, 1)


def test_an_order_that_is_gone_says_so(floor: Floor) -> None:
    with pytest.raises(NotFound, match="99"):
        life(floor).order(99)
    assert PostingState.READY not in floor.states()


@pytest.mark.parametrize(
    ("how", "stands"),
    [
        (GivenUp(), None),
        (GivenUp(accepted=True, held={"quantity": 31.5}), 31.5),
        (GivenUp(accepted=True), None),
    ],
)
def test_what_becomes_of_a_consumption_that_is_given_up(
    floor: Floor, how: GivenUp, stands: float | None
) -> None:
    scrap_hour(floor)
    with write(floor.ledger) as tx:
        scraps.grow(tx, "filler", FIRST, "RM-1", 33.0, "tr-1")
        (known,) = scraps.consumptions_of(tx, FIRST)
    life(floor).confirm_consumption(floor.lead, known.id, known.version, 33.0, "weighed")
    with write(floor.ledger) as tx:
        consumption_taken_back(tx, outbox.newest(tx, 1)[0], how, floor.clock())
    with read(floor.ledger) as tx:
        (known,) = scraps.consumptions_of(tx, FIRST)
    assert known.confirmed == stands
