"""The mirror of lots: what is absent is gone, and genealogy is followed however deep."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import Engine, event

from console.domain.master_data import (
    Location,
    Lot,
    LotLink,
    LotStock,
    Product,
    QualityQuestion,
    QualityTest,
)
from console.odoo.stock_data import StockParts
from console.store import stock_master
from console.store.engine import open_ledger, read, write

STOCK = Location(8, "WH/Stock", "internal")
QUARANTINE = Location(20, "WH/Quarantine", "internal")
CUSTOMERS = Location(5, "Customers", "customer")
TEST = QualityTest(
    1,
    "Final",
    (
        QualityQuestion(1, "Weight", "quantitative", 9.5, 10.5, "kg"),
        QualityQuestion(2, "Look", "qualitative", 0, 0, "", ((1, "good", True), (2, "dull", False))),
    ),
)
PARTS = StockParts(
    locations=(STOCK, QUARANTINE, CUSTOMERS),
    lot_stock=(LotStock(1, 7, 8, 60, 10), LotStock(1, 7, 20, 40), LotStock(2, 9, 5, 240)),
    lot_links=(
        LotLink(1, 2, "WH/MO/2"),
        LotLink(2, 3, "WH/MO/3"),
        LotLink(1, 3, "WH/MO/4"),
        LotLink(3, 1, "WH/UB/1"),
    ),
    quality_tests=(TEST,),
    lots=(Lot(1, "A", 7), Lot(2, "B", 9)),
    products=(Product(7, "P7", "Seven", 1),),
)


@pytest.fixture
def ledger(tmp_path: Path) -> Engine:
    engine = open_ledger(tmp_path / "ledger.db")
    with write(engine) as tx:
        stock_master.store(tx, PARTS)
    return engine


def test_a_location_is_found_by_its_full_name_and_one_in_use_first(ledger: Engine) -> None:
    with write(ledger) as tx:
        old = Location(3, "WH/Quarantine", "internal", active=False)
        stock_master.store(tx, replace(PARTS, locations=(old, *PARTS.locations)))
    with read(ledger) as tx:
        assert stock_master.location(tx, "WH/Quarantine") == QUARANTINE
        assert stock_master.location(tx, "Quarantine") is None


def test_scrap_goes_to_the_location_named_so_else_to_odoos_own(ledger: Engine) -> None:
    with read(ledger) as tx:
        assert stock_master.scrap_location(tx) is None
    first, named = Location(11, "Inventory adjustment", "inventory"), Location(30, "Scrap", "inventory")
    old = Location(9, "Old scrap", "inventory", active=False)
    for offered, chosen in (((first,), first), ((old, first, named), named)):
        with write(ledger) as tx:
            stock_master.store(tx, replace(PARTS, locations=(*PARTS.locations, *offered)))
        with read(ledger) as tx:
            assert stock_master.scrap_location(tx) == chosen


def test_stock_of_a_lot_names_its_places(ledger: Engine) -> None:
    with read(ledger) as tx:
        places = stock_master.stock_of_lot(tx, 1)
    assert [(p.location, p.usage, p.quantity, p.reserved) for p in places] == [
        ("WH/Stock", "internal", 60, 10),
        ("WH/Quarantine", "internal", 40, 0),
    ]


def test_what_a_fetch_no_longer_holds_is_gone(ledger: Engine) -> None:
    with write(ledger) as tx:
        less = replace(
            PARTS, locations=(STOCK,), lot_stock=(LotStock(1, 7, 8, 5),), lot_links=(), quality_tests=()
        )
        stock_master.store(tx, less)
    with read(ledger) as tx:
        assert stock_master.locations(tx) == (STOCK,)
        assert [p.quantity for p in stock_master.stock_of_lot(tx, 1)] == [5]
        assert stock_master.stock_of_lot(tx, 2) == ()
        assert stock_master.children_of(tx, 1) == ()
        assert stock_master.quality_tests(tx) == ()
        assert stock_master.quality_test(tx, TEST.id) is None
    with write(ledger) as tx:
        stock_master.store(tx, PARTS)  # and back again
    with read(ledger) as tx:
        assert stock_master.location(tx, "WH/Quarantine") == QUARANTINE
        assert stock_master.quality_test(tx, TEST.id) == TEST


def test_children_are_followed_in_rings_too_each_once_at_its_least_depth(ledger: Engine) -> None:
    with read(ledger) as tx:
        made = stock_master.children_of(tx, 1)
    assert [(m.lot_id, m.depth, m.name, m.product_id) for m in made] == [(2, 1, "B", 9), (3, 1, "", 0)]
    with read(ledger) as tx:
        far = stock_master.children_of(tx, 2)
    assert [(m.lot_id, m.depth, m.order_reference) for m in far] == [(3, 1, "WH/MO/3"), (1, 2, "WH/UB/1")]


def test_an_archived_test_is_known_but_not_offered(ledger: Engine) -> None:
    with write(ledger) as tx:
        stock_master.store(tx, replace(PARTS, quality_tests=(replace(TEST, active=False),)))
    with read(ledger) as tx:
        assert stock_master.quality_tests(tx) == ()
        assert stock_master.quality_test(tx, 1) == replace(TEST, active=False)


def test_lots_known_from_orders_stay(ledger: Engine) -> None:
    with write(ledger) as tx:
        stock_master.store(tx, replace(PARTS, lots=(Lot(2, "B2", 9),)))
    with read(ledger) as tx:
        assert stock_master.children_of(tx, 1)[0].name == "B2"
        assert stock_master.children_of(tx, 3)[0].name == "A"


def test_the_same_again_writes_nothing(ledger: Engine) -> None:
    said: list[str] = []
    event.listen(ledger, "before_cursor_execute", lambda *a: said.append(str(a[2])))
    with write(ledger) as tx:
        stock_master.store(tx, PARTS)
    assert not [s for s in said if s.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE"))]
