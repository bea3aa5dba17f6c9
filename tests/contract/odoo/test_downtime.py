"""Recipe B on the real server: what it claims, and what it refuses in Odoo's place."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

import pytest

from console.demo.odoo_sandbox import SandboxError
from console.domain.records import PostingKind, RecordSeen, RecordWrite
from console.odoo import errors, external_ids
from console.odoo.client import OdooClient
from console.odoo.recipes import downtime
from tests.rigs.late import Lost
from tests.rigs.odoo import OdooPlant

Value = TypeVar("Value")
FAILURE, SETUP, SLOW, DEFECT, PRODUCTIVE = 2, 3, 4, 5, 7
DAY = datetime(2024, 1, 1, tzinfo=UTC)  # a Monday, long past
_keys = count(1)
_weeks = count(1)


def stop(plant: OdooPlant, center: str = "FIL1", **changes: Any) -> RecordWrite:
    """A stop of 12 minutes on a Monday of its own, later than all before it."""
    start = DAY + timedelta(weeks=next(_weeks), hours=9)
    payload = {
        "work_center_id": plant.seeded.work_centers[center],
        "loss_id": FAILURE,
        "start": start.isoformat(),
        "end": (start + timedelta(minutes=12)).isoformat(),
        "description": "Jam at infeed",
        "operation_id": None,
    }
    return RecordWrite(PostingKind.DOWNTIME, f"stop-{next(_keys)}", payload | changes)


def later(order: RecordWrite, seen: RecordSeen, **changes: Any) -> RecordWrite:
    """The next revision of a record that was verified."""
    payload = dict(order.payload) | changes
    return replace(order, payload=payload, record=seen.record, before=order.payload)


def minutes(order: RecordWrite, name: str, by: float) -> str:
    return (datetime.fromisoformat(order.payload[name]) + timedelta(minutes=by)).isoformat()


def odoo_time(text: str) -> str:
    return datetime.fromisoformat(text).strftime("%Y-%m-%d %H:%M:%S")


def run(plant: OdooPlant, act: Callable[[OdooClient], Awaitable[Value]]) -> Value:
    async def main() -> Value:
        async with plant.client() as odoo:
            return await act(odoo)

    return asyncio.run(main())


def read(plant: OdooPlant, order: RecordWrite) -> RecordSeen:
    return run(plant, lambda odoo: downtime.read(odoo, order))


def book(plant: OdooPlant, order: RecordWrite, times: int = 1) -> RecordSeen:
    """As the poster does: read, write, read back."""

    async def act(odoo: OdooClient) -> RecordSeen:
        before = await downtime.read(odoo, order)
        assert (before.refused, before.edited) == ("", "")
        for _ in range(times):
            await downtime.write(odoo, order)
        return await downtime.read(odoo, order)

    return run(plant, act)


def rows(plant: OdooPlant, order: RecordWrite) -> list[dict[str, Any]]:
    """All of the work center's rows on the stop's day."""
    start = datetime.fromisoformat(order.payload["start"])
    domain = [
        ["workcenter_id", "=", order.payload["work_center_id"]],
        ["date_start", ">=", start.strftime("%Y-%m-%d 00:00:00")],
        ["date_start", "<=", start.strftime("%Y-%m-%d 23:59:59")],
    ]
    return plant.admin(downtime.MODEL, "search_read", domain, list(downtime.FIELDS), order="id")


def record_id(seen: RecordSeen) -> int:
    return int(seen.record.partition(":")[2])


def test_closed_stop_is_made_once(odoo_plant: OdooPlant) -> None:
    order = stop(odoo_plant)
    first = read(odoo_plant, order)
    assert (first.holds, first.record, first.refused, first.edited) == (False, "", "", "")
    seen = book(odoo_plant, order, times=5)
    assert (seen.holds, seen.detail["duration_min"]) == (True, 12.0)
    assert "Equipment Failure" in seen.state
    (row,) = rows(odoo_plant, order)
    assert seen.record == f"mrp.workcenter.productivity:{row['id']}"
    assert (row["date_start"], row["date_end"]) == (
        odoo_time(order.payload["start"]),
        odoo_time(order.payload["end"]),
    )
    assert (row["loss_id"][0], row["description"], row["workorder_id"]) == (FAILURE, "Jam at infeed", False)


def test_fractions_of_a_second_and_other_offsets_are_no_difference(odoo_plant: OdooPlant) -> None:
    order = stop(odoo_plant)
    start = datetime.fromisoformat(order.payload["start"]) + timedelta(microseconds=900_000)
    order = replace(order, payload=dict(order.payload) | {"start": start.isoformat().replace("+00:00", "Z")})
    assert book(odoo_plant, order).holds


def test_off_shift_counts_nothing(odoo_plant: OdooPlant) -> None:
    """Odoo counts hours of the work center's calendar only; ours are told beside it."""
    start = DAY + timedelta(hours=2)
    order = stop(odoo_plant, start=start.isoformat(), end=(start + timedelta(hours=1)).isoformat())
    seen = book(odoo_plant, order)
    assert (seen.holds, seen.detail["duration_min"]) == (True, 0.0)


def test_open_stop_blocks_and_is_closed_in_place(odoo_plant: OdooPlant) -> None:
    center = odoo_plant.seeded.work_centers["PACK1"]
    order = stop(odoo_plant, "PACK1", end=None)
    seen = book(odoo_plant, order, times=2)
    assert (seen.holds, seen.detail["duration_min"]) == (True, 0.0)
    assert seen.state.startswith("open since")

    def state() -> str:
        found = odoo_plant.admin("mrp.workcenter", "read", [center], ["working_state"])
        return str(found[0]["working_state"])

    assert state() == "blocked"
    closed = later(order, seen, end=minutes(order, "start", 30), loss_id=SETUP, description="Setup")
    seen = book(odoo_plant, closed, times=2)
    assert (seen.holds, seen.detail["duration_min"]) == (True, 30.0)
    assert state() == "normal"
    (row,) = rows(odoo_plant, order)
    assert (row["loss_id"][0], row["description"]) == (SETUP, "Setup")
    # moved, shortened, and opened again: all absolute
    moved = later(closed, seen, start=minutes(order, "start", 5), end=minutes(order, "start", 20))
    assert book(odoo_plant, moved).detail["duration_min"] == 15.0
    assert book(odoo_plant, later(moved, seen, end=None)).holds
    assert state() == "blocked"
    assert book(odoo_plant, moved).holds


def test_open_stop_lets_counts_through_and_no_start(odoo_plant: OdooPlant) -> None:
    """A blocked work center takes quantities; only Start is refused there."""
    operation = odoo_plant.seeded.order_of(1).operations[0].id
    order = stop(odoo_plant, "MIX1", end=None, operation_id=operation)
    seen = book(odoo_plant, order)
    (row,) = rows(odoo_plant, order)
    assert row["workorder_id"] is False  # an open row on the operation would be ended by its pause
    for button in ("button_start", "action_mark_as_done"):
        with pytest.raises(SandboxError, match="unblock the work center"):
            odoo_plant.admin("mrp.workorder", button, [operation])
    odoo_plant.admin("mrp.workorder", "write", [operation], {"qty_produced": 2})
    closed = later(order, seen, end=minutes(order, "start", 12))
    assert book(odoo_plant, closed).holds
    (row,) = rows(odoo_plant, order)
    assert row["workorder_id"][0] == operation
    # the operation's own time in Odoo, and with it its cost, then holds the stop
    duration = odoo_plant.admin("mrp.workorder", "read", [operation], ["duration"])[0]["duration"]
    assert duration == pytest.approx(12.0)


def test_working_time_of_an_operation_is_no_overlap(odoo_plant: OdooPlant) -> None:
    operation = odoo_plant.seeded.order_of(3).operations[0].id
    now = datetime.now(UTC)
    order = stop(
        odoo_plant, "CUT1", start=(now - timedelta(minutes=2)).isoformat(), end=None, description="now"
    )
    odoo_plant.admin("mrp.workorder", "button_start", [operation])
    seen = book(odoo_plant, order)
    assert seen.holds
    closed = later(order, seen, end=(now + timedelta(seconds=5)).isoformat())
    assert book(odoo_plant, closed).holds
    times = odoo_plant.admin(
        downtime.MODEL, "search_read", [["workorder_id", "=", operation]], ["date_end", "loss_type"]
    )
    assert [(t["date_end"], t["loss_type"]) for t in times] == [(False, "productive")]


def foreign(plant: OdooPlant, order: RecordWrite, start: float, end: float | None, **vals: Any) -> int:
    """Somebody enters a downtime in Odoo, in minutes after the stop's start."""
    made = {
        "workcenter_id": order.payload["work_center_id"],
        "loss_id": SETUP,
        "date_start": odoo_time(minutes(order, "start", start)),
        "date_end": odoo_time(minutes(order, "start", end)) if end is not None else False,
    }
    return int(plant.admin(downtime.MODEL, "create", [made | vals])[0])


@pytest.mark.parametrize(
    ("start", "end"), [(-5, 1), (11, 20), (3, 4), (-5, 30)], ids=["before", "after", "within", "around"]
)
def test_overlap_with_a_row_entered_in_odoo(odoo_plant: OdooPlant, start: float, end: float) -> None:
    order = stop(odoo_plant)
    made = foreign(odoo_plant, order, start, end)
    seen = read(odoo_plant, order)
    assert not seen.holds
    assert "Setup and Adjustments" in seen.refused
    assert odoo_time(minutes(order, "start", start)) in seen.refused
    assert seen.remedy
    odoo_plant.admin(downtime.MODEL, "unlink", [made])
    assert book(odoo_plant, order).holds


def test_open_row_entered_in_odoo_overlaps_all_that_follows(odoo_plant: OdooPlant) -> None:
    order = stop(odoo_plant)
    made = foreign(odoo_plant, order, -60, None)
    assert "open since" in read(odoo_plant, order).refused
    odoo_plant.admin(downtime.MODEL, "unlink", [made])
    assert read(odoo_plant, order).refused == ""


def test_what_only_touches_or_is_elsewhere_or_ours_does_not_overlap(odoo_plant: OdooPlant) -> None:
    order = stop(odoo_plant)
    foreign(odoo_plant, order, -10, 0)
    foreign(odoo_plant, order, 12, 20)
    foreign(odoo_plant, order, 0, 12, workcenter_id=odoo_plant.seeded.work_centers["WELD1"])
    # another machine on the same work center
    other = replace(order, key=f"stop-{next(_keys)}")
    assert book(odoo_plant, other).holds
    assert book(odoo_plant, order).holds


def test_growing_into_a_row_entered_in_odoo(odoo_plant: OdooPlant) -> None:
    order = stop(odoo_plant)
    seen = book(odoo_plant, order)
    foreign(odoo_plant, order, 20, 30)
    longer = later(order, seen, end=minutes(order, "start", 25))
    assert "Setup and Adjustments" in read(odoo_plant, longer).refused
    # what does not touch the times is not refused for it
    assert book(odoo_plant, later(order, seen, loss_id=SETUP)).holds


def test_reason_in_use_cannot_be_deleted(odoo_plant: OdooPlant) -> None:
    """So what is refused as deleted was never booked."""
    assert book(odoo_plant, stop(odoo_plant, loss_id=DEFECT)).holds
    with pytest.raises(SandboxError):
        odoo_plant.admin(downtime.LOSS, "unlink", [DEFECT])


def test_newest_open_row_decides_whether_the_work_center_is_blocked(odoo_plant: OdooPlant) -> None:
    """An open stop of reduced speed does not block; Odoo then shows the work center as in progress."""
    center = odoo_plant.seeded.work_centers["WELD1"]

    def state() -> str:
        return str(
            odoo_plant.admin("mrp.workcenter", "read", [center], ["working_state"])[0]["working_state"]
        )

    failure = stop(odoo_plant, "WELD1", end=None)
    failed = book(odoo_plant, failure)
    assert state() == "blocked"
    slow = stop(odoo_plant, "WELD1", end=None, loss_id=SLOW)
    slowed = book(odoo_plant, slow)
    assert state() == "done"
    assert book(odoo_plant, later(slow, slowed, end=minutes(slow, "start", 1))).holds
    assert state() == "blocked"
    assert book(odoo_plant, later(failure, failed, end=minutes(failure, "start", 1))).holds
    assert state() == "normal"


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [(10, None, "future"), (-10, 20, "future"), (-10, -20, "before it begins")],
    ids=["begins in the future", "ends in the future", "ends before it begins"],
)
def test_times_that_odoo_would_take(
    odoo_plant: OdooPlant, start: float, end: float | None, words: str
) -> None:
    now = datetime.now(UTC)
    told = {
        "start": (now + timedelta(minutes=start)).isoformat(),
        "end": (now + timedelta(minutes=end)).isoformat() if end is not None else None,
    }
    seen = read(odoo_plant, stop(odoo_plant, **told))
    assert words in seen.refused
    assert seen.remedy


def test_reason_deleted(odoo_plant: OdooPlant) -> None:
    kind = odoo_plant.admin(
        "mrp.workcenter.productivity.loss.type", "search", [["loss_type", "=", "quality"]]
    )
    reason = odoo_plant.admin(downtime.LOSS, "create", [{"name": "Short-lived", "loss_id": kind[0]}])[0]
    order = stop(odoo_plant, loss_id=reason)
    assert read(odoo_plant, order).refused == ""
    odoo_plant.admin(downtime.LOSS, "unlink", [reason])
    seen = read(odoo_plant, order)
    assert "reason was deleted" in seen.refused
    assert "another reason" in seen.remedy
    with pytest.raises(errors.OdooRejected):
        run(odoo_plant, lambda odoo: downtime.write(odoo, order))
    assert rows(odoo_plant, order) == []


def test_productive_time_is_no_reason(odoo_plant: OdooPlant) -> None:
    assert "productive" in read(odoo_plant, stop(odoo_plant, loss_id=PRODUCTIVE)).refused


def test_work_center_archived_or_gone(odoo_plant: OdooPlant) -> None:
    center = odoo_plant.admin("mrp.workcenter", "create", [{"name": "Old press", "code": "OLD1"}])[0]
    order = stop(odoo_plant, work_center_id=center, end=None)
    seen = book(odoo_plant, order)
    assert seen.holds
    odoo_plant.admin("mrp.workcenter", "write", [center], {"active": False})
    refused = read(odoo_plant, stop(odoo_plant, work_center_id=center))
    assert "'Old press' is archived" in refused.refused
    # a stop that stands there can still be ended, and so must be: it would stay open for ever
    assert book(odoo_plant, later(order, seen, end=minutes(order, "start", 9))).holds
    gone = read(odoo_plant, stop(odoo_plant, work_center_id=987654))
    assert "work center was deleted" in gone.refused


def test_operation_gone(odoo_plant: OdooPlant) -> None:
    assert "operation" in read(odoo_plant, stop(odoo_plant, operation_id=987654)).refused


def test_edited_in_odoo(odoo_plant: OdooPlant) -> None:
    order = stop(odoo_plant, end=None)
    seen = book(odoo_plant, order)
    # as "Unblock" does it, at a time of its own
    ended = odoo_time(minutes(order, "start", 5))
    odoo_plant.admin(downtime.MODEL, "write", [record_id(seen)], {"date_end": ended, "loss_id": DEFECT})
    closed = later(order, seen, end=minutes(order, "start", 9))
    found = read(odoo_plant, closed)
    assert not found.holds
    assert f"it ends {ended} UTC" in found.edited
    assert "'Process Defect'" in found.edited
    assert read(odoo_plant, closed).edited == found.edited  # the same words each time
    # a person decides that ours is right
    run(odoo_plant, lambda odoo: downtime.write(odoo, closed))
    assert read(odoo_plant, closed).holds


def test_edited_to_the_very_value_is_no_edit(odoo_plant: OdooPlant) -> None:
    order = stop(odoo_plant, end=None)
    seen = book(odoo_plant, order)
    closed = later(order, seen, end=minutes(order, "start", 9))
    odoo_plant.admin(
        downtime.MODEL, "write", [record_id(seen)], {"date_end": odoo_time(closed.payload["end"])}
    )
    assert read(odoo_plant, closed).holds


def test_edited_before_it_was_ever_verified(odoo_plant: OdooPlant) -> None:
    order = stop(odoo_plant)
    run(odoo_plant, lambda odoo: downtime.write(odoo, order))
    (row,) = rows(odoo_plant, order)
    odoo_plant.admin(downtime.MODEL, "write", [row["id"]], {"description": "by hand"})
    assert "'by hand'" in read(odoo_plant, order).edited


def test_deleted_in_odoo_is_not_made_again(odoo_plant: OdooPlant) -> None:
    order = stop(odoo_plant)
    seen = book(odoo_plant, order)
    odoo_plant.admin(downtime.MODEL, "unlink", [record_id(seen)])
    for asked in (
        later(order, seen, loss_id=SETUP),
        replace(order, record=seen.record),
        replace(order, before=order.payload),
    ):
        found = read(odoo_plant, asked)
        assert "deleted in Odoo" in found.refused
        assert found.remedy
        with pytest.raises(errors.OdooMissing):
            run(odoo_plant, lambda odoo, a=asked: downtime.write(odoo, a))
    assert rows(odoo_plant, order) == []


def test_two_clients_at_once(odoo_plant: OdooPlant) -> None:
    """Six rounds of two that make the same record: one row each, whoever wins."""

    async def attempt(odoo: OdooClient, order: RecordWrite) -> None:
        for _ in range(10):
            try:
                await downtime.write(odoo, order)
            except errors.OdooTransient:
                continue
            return
        raise AssertionError("ten conflicts on end")

    async def race(order: RecordWrite) -> None:
        async with odoo_plant.client() as one, odoo_plant.client() as other:
            await asyncio.gather(attempt(one, order), attempt(other, order))

    for _ in range(6):
        order = stop(odoo_plant, "WELD1")
        asyncio.run(race(order))
        assert len(rows(odoo_plant, order)) == 1
        assert read(odoo_plant, order).holds


def test_lost_answer_is_found_again(odoo_plant: OdooPlant) -> None:
    """The write lands, its answer does not: asked without knowing the record, it is found by external id."""
    order = stop(odoo_plant)

    async def lose() -> None:
        async with OdooClient(odoo_plant.connection, odoo_plant.key, transport=Lost("/load")) as odoo:
            await downtime.write(odoo, order)

    with pytest.raises(errors.OdooOutcomeUnknown):
        asyncio.run(lose())
    seen = read(odoo_plant, order)
    assert seen.holds
    assert len(rows(odoo_plant, order)) == 1


def test_late_write_then_asked_again(odoo_plant: OdooPlant) -> None:
    """Given up before it reached Odoo, sent again, and then it lands: one row, as asked."""
    order = stop(odoo_plant)
    late = Lost("/load", before=True)

    async def give_up() -> None:
        async with OdooClient(odoo_plant.connection, odoo_plant.key, transport=late) as odoo:
            await downtime.write(odoo, order)

    with pytest.raises(errors.OdooOutcomeUnknown):
        asyncio.run(give_up())
    assert not read(odoo_plant, order).holds
    assert book(odoo_plant, order).holds
    assert late.deliver() == 200
    assert len(rows(odoo_plant, order)) == 1
    assert read(odoo_plant, order).holds


def test_late_closing_then_asked_again(odoo_plant: OdooPlant) -> None:
    """An end that was given up lands after it was written again: the same end, and still one row."""
    order = stop(odoo_plant, end=None)
    closed = later(order, book(odoo_plant, order), end=minutes(order, "start", 8))
    late = Lost("/write", before=True)

    async def give_up() -> None:
        async with OdooClient(odoo_plant.connection, odoo_plant.key, transport=late) as odoo:
            await downtime.write(odoo, closed)

    with pytest.raises(errors.OdooOutcomeUnknown):
        asyncio.run(give_up())
    assert read(odoo_plant, closed).state.startswith("open since")
    assert book(odoo_plant, closed).holds
    assert late.deliver() == 200
    assert read(odoo_plant, closed).detail["duration_min"] == 8.0
    assert len(rows(odoo_plant, closed)) == 1


def test_earlier_revision_that_landed_unseen_is_no_edit(odoo_plant: OdooPlant) -> None:
    """Revision 1 landed and was never verified; revision 2 goes over it, since nobody else wrote."""
    first = stop(odoo_plant, end=None)
    run(odoo_plant, lambda odoo: downtime.write(odoo, first))
    second = replace(first, payload=dict(first.payload) | {"end": minutes(first, "start", 7)})
    found = read(odoo_plant, second)
    assert (found.holds, found.edited, found.refused) == (False, "", "")
    assert book(odoo_plant, second).holds
    assert len(rows(odoo_plant, first)) == 1


def test_payload_that_is_none_is_named(odoo_plant: OdooPlant) -> None:
    for broken in ({"start": "yesterday"}, {"loss_id": None}, {"start": "2026-09-07T09:00:00"}):
        with pytest.raises(errors.OdooMisuse, match=next(iter(broken))):
            read(odoo_plant, stop(odoo_plant, **broken))


def test_external_id_of_another_kind_is_not_taken(odoo_plant: OdooPlant) -> None:
    order = stop(odoo_plant)
    run(odoo_plant, lambda odoo: downtime.write(odoo, order))
    with pytest.raises(errors.OdooBadAnswer, match=order.key):
        run(odoo_plant, lambda odoo: external_ids.find(odoo, "maintenance.request", order.key))
