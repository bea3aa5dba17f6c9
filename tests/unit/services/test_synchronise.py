"""The mirror of master data, and edits in Odoo that it brings to light."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError

from console.domain.master_data import (
    BomUse,
    Equipment,
    Location,
    LossReason,
    LotStock,
    MaintenanceTicket,
    MasterData,
)
from console.errors import EnvironmentFault
from console.services.post import mark_link
from console.services.synchronise import STOCK_EVERY, WHOLE_EVERY, Synchronise, Wanted
from console.store import floor_master, master, outbox, stock_master
from console.store.engine import read, write
from tests.rigs.floor import Clock, Floor, plant_of
from tests.unit.services.shop import MACHINES, a_green_hour, master_data, open_shop, synced

TARGET = "operation:11"


@pytest.fixture
def floor(tmp_path: Path) -> Floor:
    return open_shop(tmp_path)


def verified(floor: Floor, quantity: float) -> None:
    """An hour that Odoo was seen to hold, some time ago."""
    a_green_hour(floor, int(quantity))
    floor.confirm_all()
    with write(floor.ledger) as tx:
        (row,) = outbox.work_of_lane(tx, "order:1")
        outbox.move(tx, row, type(row.state)("verified"), verified_at=floor.clock())
        outbox.change_balance(tx, TARGET, verified=quantity, verified_at=floor.clock(), seen=quantity)
    floor.clock.turn(60)


def held(floor: Floor, quantity: float) -> int:
    """A fetch which says that Odoo holds so much; the number of edits found."""
    operations = tuple(
        replace(o, produced=quantity) if o.id == 11 else o for o in master_data(floor).operations
    )
    return synced(floor, operations=operations)


def test_whole_at_first_then_from_the_watermark_and_whole_again_each_hour(tmp_path: Path) -> None:
    floor = Floor(tmp_path, plant_of(MACHINES, None))
    sync = Synchronise(floor.ledger, floor.clock)
    assert sync.since() is None
    mark = floor.clock() - timedelta(seconds=7)
    synced(floor, watermark=mark)
    assert sync.since() == mark
    floor.clock.now += WHOLE_EVERY
    assert sync.since() == mark
    floor.clock.turn(1)
    assert sync.since() is None


def test_a_fetch_without_changes_keeps_the_watermark(floor: Floor) -> None:
    sync = Synchronise(floor.ledger, floor.clock)
    before = sync.since()
    floor.clock.turn(60)
    empty = replace(master_data(floor), whole=False, watermark=None, orders=(), operations=())
    sync.take(empty, 0.0)
    assert sync.since() == before
    with read(floor.ledger) as tx:
        assert master.mirror(tx).order("WH/MO/00001") is not None
        assert master.age(tx, floor.clock()) == timedelta(0)


def test_what_a_whole_fetch_misses_is_gone(floor: Floor) -> None:
    fewer = tuple(o for o in master_data(floor).orders if o.id != 1)
    synced(floor, orders=fewer)
    with read(floor.ledger) as tx:
        assert master.mirror(tx).order("WH/MO/00001") is None
    synced(floor)
    with read(floor.ledger) as tx:
        assert master.mirror(tx).order("WH/MO/00001") is not None


def test_a_fetch_says_that_the_link_is_up(floor: Floor) -> None:
    fault = EnvironmentFault("Odoo is away.", "Wait.")
    assert mark_link(floor.ledger, "down", fault, floor.clock())
    assert not mark_link(floor.ledger, "down", fault, floor.clock())  # told once
    synced(floor)
    with read(floor.ledger) as tx:
        link = master.link(tx)
    assert link is not None
    assert (link.state, link.reason, link.remedy) == ("up", "", "")


# --- edits in Odoo -----------------------------------------------------------------------------------------


def test_an_edit_in_odoo_opens_one_item_with_both_numbers(floor: Floor) -> None:
    verified(floor, 60.0)
    assert held(floor, 75.0) == 1
    assert held(floor, 75.0) == 1
    (item,) = floor.open_reviews()
    assert "75 there, 60 expected" in item.title
    assert [c.key for c in item.choices] == ["put-back", "accept"]


def test_an_edit_that_is_taken_back_in_odoo_closes_its_item(floor: Floor) -> None:
    verified(floor, 60.0)
    held(floor, 75.0)
    assert held(floor, 60.0) == 0
    assert floor.open_reviews() == []


def test_the_same_quantity_is_no_edit(floor: Floor) -> None:
    verified(floor, 60.0)
    assert held(floor, 60.004) == 0


def test_what_was_read_while_we_wrote_proves_nothing(floor: Floor) -> None:
    verified(floor, 60.0)
    floor.clock.now -= timedelta(seconds=59)
    assert held(floor, 0.0) == 0
    assert floor.open_reviews() == []


def test_while_a_posting_is_under_way_nothing_is_compared(floor: Floor) -> None:
    verified(floor, 60.0)
    held(floor, 60.0)
    a_green_hour(floor)
    floor.confirm_all()
    assert held(floor, 120.0) == 0  # it may just have landed


def test_nothing_is_said_of_records_that_were_never_verified(floor: Floor) -> None:
    a_green_hour(floor)
    floor.confirm_all()
    with write(floor.ledger) as tx:
        (row,) = outbox.work_of_lane(tx, "order:1")
        outbox.move(tx, row, type(row.state)("dead_letter"))
    floor.clock.turn(60)
    assert held(floor, 75.0) == 0


def test_counts_on_an_edited_record_go_to_review(floor: Floor) -> None:
    verified(floor, 60.0)
    held(floor, 75.0)
    a_green_hour(floor)
    rules = {i.rule for i in floor.open_reviews()}
    assert "edited-in-odoo v1" in rules
    assert any(i.proposal_id is not None for i in floor.open_reviews())


def test_the_age_grows_without_a_fetch(floor: Floor) -> None:
    clock = Clock(floor.clock())
    clock.turn(90)
    with read(floor.ledger) as tx:
        assert master.age(tx, clock()) == timedelta(seconds=90)


FAILURE = LossReason(2, "Equipment Failure", "availability")
FILLER = Equipment(4, "Filler 1", "SN-1", 1)
TICKET = MaintenanceTicket(7, "Leak", 4, "New Request", False, "2", "2026-03-01")
STOCK = Location(8, "WH/Stock", "internal")


def with_parts(floor: Floor, **values: Any) -> MasterData:
    told: dict[str, Any] = {
        "loss_reasons": (FAILURE,),
        "equipments": (FILLER,),
        "maintenance_tickets": (TICKET,),
        "locations": (STOCK,),
        "lot_stock": (LotStock(5, 8, 8, 40.0),),
        "floor_fetched": True,
        "stock_fetched": True,
    }
    return replace(master_data(floor), **(told | values))


def test_parts_are_stored_in_the_same_commit(floor: Floor) -> None:
    """Either all of a fetch is known, or nothing of it."""
    sync = Synchronise(floor.ledger, floor.clock)
    broken = with_parts(floor, locations=(replace(STOCK, name=None),))
    with pytest.raises(IntegrityError):
        sync.take(broken, 0.0)
    with read(floor.ledger) as tx:
        assert floor_master.loss_reasons(tx) == ()
    sync.take(with_parts(floor), 0.0)
    with read(floor.ledger) as tx:
        assert floor_master.loss_reasons(tx) == (FAILURE,)
        assert floor_master.equipment_named(tx, "SN-1") == FILLER
        assert [p.location for p in stock_master.stock_of_lot(tx, 5)] == ["WH/Stock"]


def test_what_was_not_asked_for_stays_known(floor: Floor) -> None:
    sync = Synchronise(floor.ledger, floor.clock)
    sync.take(with_parts(floor), 0.0)
    sync.take(master_data(floor), 0.0)
    sync.take(with_parts(floor, stock_fetched=False, locations=(), lot_stock=(), loss_reasons=()), 0.0)
    with read(floor.ledger) as tx:
        assert floor_master.loss_reasons(tx) == ()  # deleted in Odoo: gone within one fetch
        assert floor_master.equipment(tx, 4) == FILLER
        assert len(stock_master.stock_of_lot(tx, 5)) == 1
        assert stock_master.location(tx, "WH/Stock") == STOCK


def test_stock_is_wanted_at_intervals_and_open_tickets_always(floor: Floor) -> None:
    sync = Synchronise(floor.ledger, floor.clock)
    want = sync.wanted()
    assert (want.stock, want.product_ids, want.ticket_ids) == (True, (7, 8), ())
    sync.take(with_parts(floor), 0.0)
    want = sync.wanted()
    assert (want.stock, want.product_ids, want.ticket_ids) == (False, (), (7,))
    assert want.since == sync.since()
    floor.clock.turn(STOCK_EVERY.total_seconds())
    assert sync.wanted().stock
    sync.take(with_parts(floor, stock_fetched=False), 0.0)
    assert sync.wanted().stock  # it was asked for and has not come
    sync.take(with_parts(floor), 0.0)
    assert not sync.wanted().stock
    floor.clock.now += WHOLE_EVERY
    floor.clock.turn(1)
    assert sync.wanted() == Wanted(None, (7,), (7, 8), True)


def test_what_odoo_does_not_give_is_kept(floor: Floor) -> None:
    def missing() -> tuple[str, ...]:
        with read(floor.ledger) as tx:
            link = master.link(tx)
        assert link is not None
        return link.parts_missing

    sync = Synchronise(floor.ledger, floor.clock)
    assert missing() == ()
    sync.take(with_parts(floor, floor_missing=("equipment: none",), stock_missing=("tests: none",)), 0.0)
    assert missing() == ("equipment: none", "tests: none")
    sync.take(with_parts(floor, stock_fetched=False), 0.0)
    assert missing() == ("tests: none",)  # of the stock as last told
    sync.take(master_data(floor), 0.0)
    assert missing() == ("tests: none",)
    sync.take(with_parts(floor), 0.0)
    assert missing() == ()


def test_the_same_fetch_again_changes_no_row_of_the_mirror(floor: Floor) -> None:
    told: list[str] = []

    def note(_: Any, __: Any, statement: str, *___: Any) -> None:
        if statement.startswith(("INSERT", "UPDATE", "DELETE")):
            told.append(statement.split(" SET ")[0])

    uses = (BomUse(1, 9, "Material", "kg", 0.5),)
    sync = Synchronise(floor.ledger, floor.clock)
    sync.take(with_parts(floor, bom_uses=uses), 0.0)
    event.listen(floor.ledger, "before_cursor_execute", note)
    sync.take(with_parts(floor, bom_uses=uses, whole=False), 0.0)
    assert set(told) == {"UPDATE odoo_link"}
    told.clear()
    sync.take(with_parts(floor, bom_uses=(replace(uses[0], per_unit=0.6),), whole=False), 0.0)
    assert [s.split(" (")[0] for s in told if "bom_uses" in s] == [
        "DELETE FROM bom_uses WHERE bom_uses.order_id = ?",
        "INSERT INTO bom_uses",
    ]
