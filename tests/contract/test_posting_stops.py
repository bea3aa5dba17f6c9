"""A stop from the machine's states to Odoo's table of downtimes and back: answers lost, reasons deleted, rows
changed by people there, two people at once. Odoo's table is looked at by its administrator each time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from console.domain.detect import MachineMemory
from console.domain.equipment import StopReason
from console.domain.packml import MachineState
from console.domain.people import Person
from console.domain.postings import PostingState
from console.errors import AlreadyDecided, InvalidDecision
from console.odoo.client import OdooClient
from console.store.stops import StoredStop
from tests.rigs.floor import Clock, Floor, machine, plant_of
from tests.rigs.odoo import FILLER, PACKER, MakeOdooPlant, OdooPlant
from tests.unit.services.stops_world import EXECUTE, STOPPED, Line

V, R, U, DEAD = (
    PostingState.VERIFIED,
    PostingState.REJECTED,
    PostingState.UNKNOWN,
    PostingState.DEAD_LETTER,
)
ROWS = "mrp.workcenter.productivity"
FIELDS = ["date_start", "date_end", "loss_id", "description", "workorder_id"]
JAM = StopReason("Jam at infeed", "Equipment Failure", ("9",))
CLEANING = StopReason("Weekly cleaning", "Fully Productive Time", ())
_weeks = count(1)
_names = count(1)


@pytest.fixture(scope="module")
def odoo(make_odoo_plant: MakeOdooPlant) -> OdooPlant:
    return make_odoo_plant((FILLER, PACKER))


@dataclass
class Hall:
    """The filler on a Monday of its own in 2024, in Odoo's working hours, and Odoo's table of that day."""

    line: Line
    odoo: OdooPlant

    @property
    def floor(self) -> Floor:
        return self.line.floor

    def loss(self, name: str) -> int:
        return int(self.odoo.admin(ROWS + ".loss", "search", [["name", "=", name]])[0])

    @property
    def jam(self) -> str:
        return f"{self.loss('Equipment Failure')}/{JAM.name}"

    @property
    def setup(self) -> str:
        return str(self.loss("Setup and Adjustments"))

    def rows(self, machine: str = "FIL1") -> list[tuple[str, str, str, str]]:
        """(start, end, reason, description) as Odoo has it, times of the day; "" for an open end."""
        day = f"{self.floor.clock.now:%Y-%m-%d}"
        domain = [
            ["workcenter_id", "=", self.odoo.seeded.work_centers[machine]],
            ["date_start", ">=", f"{day} 00:00:00"],
            ["date_start", "<=", f"{day} 23:59:59"],
        ]
        found = self.odoo.admin(ROWS, "search_read", domain, FIELDS, order="date_start, id")
        assert all(r["workorder_id"] is False for r in found)
        return [
            (r["date_start"][11:16], (r["date_end"] or "")[11:16], r["loss_id"][1], r["description"])
            for r in found
        ]

    def ids(self) -> list[int]:
        center = self.odoo.seeded.work_centers["FIL1"]
        domain = [["workcenter_id", "=", center], ["date_start", ">=", f"{self.floor.clock.now:%Y-%m-%d}"]]
        domain.append(["date_start", "<=", f"{self.floor.clock.now:%Y-%m-%d} 23:59:59"])
        return list(self.odoo.admin(ROWS, "search", domain))

    def blocked(self) -> bool:
        center = self.odoo.seeded.work_centers["FIL1"]
        found = self.odoo.admin("mrp.workcenter", "read", [center], ["working_state"])
        return bool(found[0]["working_state"] == "blocked")

    def explain(self, stop: StoredStop, key: str, note: str = "", person: Person | None = None) -> None:
        fresh = self.line.get(stop.id)
        self.line.stops.explain(person or self.line.second, stop.id, fresh.version, key, note)

    def states(self) -> list[PostingState]:
        return self.floor.states()

    def item(self) -> Any:
        (item,) = self.floor.open_reviews()
        return item

    def resolve(self, choice: str, reason: str = "looked at it in Odoo") -> None:
        item = self.item()
        self.floor.reviews.resolve(self.line.lead, item.id, item.version, choice, reason)

    def run(self, work: Callable[[OdooClient], Coroutine[Any, Any, None]]) -> None:
        async def go() -> None:
            async with self.floor.client() as client:
                await self.floor.synchronise(client)
                await work(client)

        asyncio.run(go())


@pytest.fixture
def hall(odoo: OdooPlant, tmp_path: Path) -> Hall:
    machines = (
        machine("filler", "FIL1", state_tag="filler.state", micro_stop_s=60.0),
        machine("packer", "PACK1", state_tag="packer.state", micro_stop_s=60.0),
    )
    plant = replace(plant_of(machines, odoo.connection), stop_reasons=(JAM, CLEANING))
    monday = datetime(2024, 1, 1, 8, 0, tzinfo=UTC) + timedelta(weeks=next(_weeks))
    floor = Floor(tmp_path, plant, odoo.key, Clock(monday))
    orders = {"filler": odoo.seeded.order_of(0).reference, "packer": odoo.seeded.order_of(1).reference}
    line = Line(floor, {n: MachineMemory(state=MachineState.UNDEFINED, order=o) for n, o in orders.items()})
    for name in orders:
        line.state("08:00", EXECUTE, name)
    return Hall(line, odoo)


def test_a_closed_stop_is_explained_and_lies_in_odoo(hall: Hall) -> None:
    stop = hall.line.stood("09:00", "09:12", raw="9")
    assert hall.line.row(stop.id).needs_reason

    async def work(client: OdooClient) -> None:
        detail = hall.line.stops.stop(stop.id)
        assert detail.top[0].key == hall.jam  # what the state says: one tap
        hall.explain(stop, hall.jam, "a bottle lay across")
        assert hall.rows() == []
        await hall.floor.drain(client)

    hall.run(work)
    assert hall.states() == [V]
    told = "Jam at infeed. a bottle lay across (Lead C)"
    assert hall.rows() == [("09:00", "09:12", "Equipment Failure", told)]
    row = hall.line.row(stop.id)
    assert (row.posting, row.waiting, row.odoo_minutes, row.needs_reason) == (V, "", 12.0, False)


def test_a_standing_stop_is_open_in_odoo_and_closed_when_it_ends(hall: Hall) -> None:
    async def work(client: OdooClient) -> None:
        hall.line.state("09:00", STOPPED)
        hall.line.turn("09:05")
        (stop,) = hall.line.all()
        hall.explain(stop, hall.jam)
        await hall.floor.drain(client)
        assert hall.states() == [V]
        assert [r[:2] for r in hall.rows()] == [("09:00", "")]
        assert hall.blocked()
        (before,) = hall.ids()
        hall.line.state("09:40", EXECUTE)
        await hall.floor.drain(client)
        assert hall.ids() == [before]

    hall.run(work)
    assert hall.states() == [V, V]
    assert [r[:2] for r in hall.rows()] == [("09:00", "09:40")]
    assert not hall.blocked()
    assert hall.line.row(hall.line.all()[0].id).odoo_minutes == 40.0


def test_what_ended_before_it_was_sent_goes_out_in_one_call(hall: Hall) -> None:
    async def work(client: OdooClient) -> None:
        hall.line.state("09:00", STOPPED)
        hall.line.turn("09:05")
        hall.explain(hall.line.all()[0], hall.jam)
        hall.line.state("09:10", EXECUTE)
        hall.floor.wire.calls.clear()
        await hall.floor.drain(client)

    hall.run(work)
    assert hall.states() == [V, V]
    assert (hall.floor.wire.calls.count("load"), hall.floor.wire.calls.count("write")) == (1, 0)
    assert [r[:2] for r in hall.rows()] == [("09:00", "09:10")]


def test_another_reason_another_note_and_other_times_change_the_same_row(hall: Hall) -> None:
    stop = hall.line.stood("09:00", "09:30")
    start, end = hall.line.at("09:00"), hall.line.at("09:20")  # would leave ten minutes in no stop

    async def work(client: OdooClient) -> None:
        hall.explain(stop, hall.jam)
        await hall.floor.drain(client)
        (made,) = hall.ids()
        hall.explain(stop, hall.setup, "it was the new format")
        await hall.floor.drain(client)
        assert hall.rows()[0][2:] == ("Setup and Adjustments", "it was the new format (Lead C)")
        with pytest.raises(InvalidDecision, match="belong to no stop"):
            hall.line.stops.move(
                hall.line.lead, stop.id, hall.line.get(stop.id).version, start, end, "shorter"
            )
        hall.line.stops.annotate(
            hall.line.lead, stop.id, hall.line.get(stop.id).version, "new format, ordered"
        )
        await hall.floor.drain(client)
        assert hall.ids() == [made]

    hall.run(work)
    assert set(hall.states()) == {V}
    expected = ("09:00", "09:30", "Setup and Adjustments", "new format, ordered (Lead C)")
    assert hall.rows() == [expected]


def test_a_split_stop_shrinks_in_odoo_and_its_rest_waits_for_a_reason(hall: Hall) -> None:
    stop = hall.line.stood("09:00", "09:30")

    async def work(client: OdooClient) -> None:
        hall.explain(stop, hall.jam)
        await hall.floor.drain(client)
        version = hall.line.get(stop.id).version
        hall.line.stops.split(hall.line.lead, stop.id, version, hall.line.at("09:20"), "then we set up")
        await hall.floor.drain(client)
        assert [r[:3] for r in hall.rows()] == [("09:00", "09:20", "Equipment Failure")]
        first, rest = hall.line.all()
        assert hall.line.row(rest.id).needs_reason
        hall.explain(rest, hall.setup)
        await hall.floor.drain(client)
        assert [r[:3] for r in hall.rows()] == [
            ("09:00", "09:20", "Equipment Failure"),
            ("09:20", "09:30", "Setup and Adjustments"),
        ]
        first, rest = hall.line.get(first.id), hall.line.get(rest.id)
        moved_to = hall.line.at("09:25")
        hall.line.stops.move(hall.line.lead, rest.id, rest.version, moved_to, None, "it took longer")
        await hall.floor.drain(client)
        assert [r[:2] for r in hall.rows()] == [("09:00", "09:25"), ("09:25", "09:30")]
        first, rest = hall.line.get(first.id), hall.line.get(rest.id)
        hall.line.stops.merge(
            hall.line.lead, first.id, first.version, rest.id, rest.version, "one jam after all"
        )
        await hall.floor.drain(client)

    hall.run(work)
    assert set(hall.states()) == {V}
    # rows are never deleted: what was merged away is left without a length
    (whole, rest) = hall.rows()
    assert whole[:3] == ("09:00", "09:30", "Equipment Failure")
    assert rest[:2] == ("09:25", "09:25")
    assert rest[3].startswith("merged into the stop of ")


def test_a_planned_reason_takes_what_was_booked_out_again(hall: Hall) -> None:
    stop = hall.line.stood("09:00", "09:30")

    async def work(client: OdooClient) -> None:
        hall.explain(stop, hall.jam)
        await hall.floor.drain(client)
        hall.explain(stop, f"{hall.loss('Fully Productive Time')}/{CLEANING.name}")
        await hall.floor.drain(client)

    hall.run(work)
    assert hall.states() == [V, V]
    assert [(r[0], r[1], r[3]) for r in hall.rows()] == [("09:00", "09:00", "planned: Weekly cleaning")]


@pytest.mark.parametrize("choice", ["retry", "take-back"])
def test_a_reason_deleted_in_odoo_meanwhile_is_told_and_nothing_is_lost(hall: Hall, choice: str) -> None:
    stop = hall.line.stood("09:00", "09:12")
    name = f"Glass broken {next(_names)}"
    kind = hall.odoo.admin(ROWS + ".loss.type", "search", [["loss_type", "=", "availability"]])[0]
    doomed = hall.odoo.admin(ROWS + ".loss", "create", [{"name": name, "loss_id": kind}])[0]

    async def work(client: OdooClient) -> None:
        await hall.floor.synchronise(client)
        hall.explain(stop, str(doomed))
        hall.odoo.admin(ROWS + ".loss", "unlink", [doomed])
        await hall.floor.drain(client)
        assert hall.states() == [R]
        item = hall.item()
        assert item.title == f"Odoo does not take it: Filler stopped 12 min: {name}"
        assert item.explanation == (
            "The loss reason was deleted in Odoo. Explain the stop with another reason."
        )
        assert hall.line.row(stop.id).waiting
        await hall.floor.synchronise(client)
        with pytest.raises(InvalidDecision, match="deleted or archived"):
            hall.explain(stop, str(doomed))
        if choice == "take-back":
            hall.resolve("take-back")
            assert hall.line.row(stop.id).needs_reason
        hall.explain(stop, hall.jam)
        if choice == "retry":
            await hall.floor.drain(client, rounds=2)
            assert hall.rows() == []  # the item says what to do; nothing goes by it unseen
            hall.resolve("retry", "explained anew")
        await hall.floor.drain(client)

    hall.run(work)
    assert hall.states() == ([V, V] if choice == "retry" else [DEAD, V])
    assert [r[:3] for r in hall.rows()] == [("09:00", "09:12", "Equipment Failure")]
    assert hall.floor.open_reviews() == []


@pytest.mark.parametrize("choice", ["put-back", "accept"])
def test_a_row_that_a_person_changed_in_odoo_is_not_written_over_unseen(hall: Hall, choice: str) -> None:
    stop = hall.line.stood("09:00", "09:30")

    async def work(client: OdooClient) -> None:
        hall.explain(stop, hall.jam)
        await hall.floor.drain(client)
        mine = {"loss_id": hall.loss("Material Availability"), "description": "no bottles (Odoo)"}
        hall.odoo.admin(ROWS, "write", hall.ids(), mine)
        hall.explain(stop, hall.setup)
        await hall.floor.drain(client)
        assert hall.states() == [V, R]
        item = hall.item()
        assert item.title == "Changed in Odoo: Filler stopped 30 min: Setup and Adjustments"
        assert "its reason is 'Material Availability'" in item.explanation
        assert hall.rows()[0][2:] == ("Material Availability", "no bottles (Odoo)")
        hall.resolve(choice)
        await hall.floor.drain(client)
        if choice == "accept":
            assert hall.states() == [V, DEAD]
            assert hall.rows()[0][2:] == ("Material Availability", "no bottles (Odoo)")
            assert hall.line.row(stop.id).reason == "Material Availability"
            # decided once more, it is asked once more: their word is still not ours to wipe out
            hall.explain(stop, hall.setup)
            await hall.floor.drain(client)
            assert hall.states() == [V, DEAD, R]
            hall.resolve("put-back")
            await hall.floor.drain(client)

    hall.run(work)
    assert hall.states()[-1] is V
    assert hall.rows() == [("09:00", "09:30", "Setup and Adjustments", "(Lead C)")]
    assert hall.floor.open_reviews() == []


def test_a_row_deleted_in_odoo_is_not_made_again(hall: Hall) -> None:
    stop = hall.line.stood("09:00", "09:30")

    async def work(client: OdooClient) -> None:
        hall.explain(stop, hall.jam)
        await hall.floor.drain(client)
        hall.odoo.admin(ROWS, "unlink", hall.ids())
        hall.explain(stop, hall.setup)
        await hall.floor.drain(client)
        assert hall.states() == [V, R]
        assert "was deleted in Odoo after it had been booked" in hall.item().explanation
        hall.resolve("take-back")
        await hall.floor.drain(client)

    hall.run(work)
    assert hall.states() == [V, DEAD]
    assert hall.rows() == []


def test_unblocked_in_odoo_while_it_stands_is_seen_at_its_end(hall: Hall) -> None:
    """Unblock ends every open row at the server's time; the stop's own end goes over it only by a person."""

    async def work(client: OdooClient) -> None:
        hall.line.state("09:00", STOPPED)
        hall.line.turn("09:05")
        hall.explain(hall.line.all()[0], hall.jam)
        await hall.floor.drain(client)
        hall.odoo.admin("mrp.workcenter", "unblock", [hall.odoo.seeded.work_centers["FIL1"]])
        hall.line.state("09:40", EXECUTE)
        await hall.floor.drain(client)
        assert hall.states() == [V, R]
        assert "it ends " in hall.item().explanation
        hall.resolve("put-back", "it stood until 09:40")
        await hall.floor.drain(client)

    hall.run(work)
    assert hall.states() == [V, V]
    assert [r[:2] for r in hall.rows()] == [("09:00", "09:40")]


def test_a_downtime_entered_in_odoo_for_the_same_time_is_named(hall: Hall) -> None:
    stop = hall.line.stood("09:00", "09:30")
    day = f"{hall.floor.clock.now:%Y-%m-%d}"
    theirs = {
        "workcenter_id": hall.odoo.seeded.work_centers["FIL1"],
        "loss_id": hall.loss("Equipment Failure"),
        "date_start": f"{day} 09:10:00",
        "date_end": f"{day} 09:20:00",
        "description": "entered by hand",
    }

    async def work(client: OdooClient) -> None:
        (made,) = hall.odoo.admin(ROWS, "create", [theirs])
        hall.explain(stop, hall.jam)
        await hall.floor.drain(client)
        assert hall.states() == [R]
        assert f"{day} 09:10:00 to 09:20:00 UTC, Equipment Failure" in hall.item().explanation
        hall.odoo.admin(ROWS, "unlink", [made])
        hall.resolve("retry", "deleted the one entered by hand")
        await hall.floor.drain(client)

    hall.run(work)
    assert hall.states() == [V]
    assert [r[:2] for r in hall.rows()] == [("09:00", "09:30")]


@pytest.mark.parametrize("kind", ["lose_answer", "lose_call"])
def test_lost_answers_make_one_row_and_close_it_once(hall: Hall, kind: str) -> None:
    async def work(client: OdooClient) -> None:
        hall.line.state("09:00", STOPPED)
        hall.line.turn("09:05")
        (stop,) = hall.line.all()
        hall.explain(stop, hall.jam)
        hall.floor.wire.next_fault("load", kind)
        post = hall.floor.post(client)
        (lane,) = post.lanes()
        assert (await post.run_lane(lane)).error is not None
        assert hall.states() == [U]
        hall.line.state("09:05:06", EXECUTE)
        await post.run_lane(lane)
        # it was asked about, and made where it was not there; the end waits while an opening may still arrive
        assert hall.states() == [V, PostingState.READY]
        assert [r[:2] for r in hall.rows()] == [("09:00", "")]
        if kind == "lose_call":
            await post.run_lane(lane)
            assert [r[:2] for r in hall.rows()] == [("09:00", "")]
        await hall.floor.drain(client)
        assert hall.states() == [V, V]
        assert [r[:2] for r in hall.rows()] == [("09:00", "09:05")]
        hall.explain(stop, hall.setup)
        hall.floor.wire.next_fault("write", kind)
        await hall.floor.drain(client)

    hall.run(work)
    assert hall.states() == [V, V, V]
    assert hall.rows() == [("09:00", "09:05", "Setup and Adjustments", "(Lead C)")]


def test_it_is_not_verified_before_it_was_read_back(hall: Hall) -> None:
    stop = hall.line.stood("09:00", "09:12")

    async def work(client: OdooClient) -> None:
        hall.explain(stop, hall.jam)
        hall.floor.wire.next_fault("load", "")  # the row is made
        hall.floor.wire.next_fault("read", "lose_answer")  # and what is there now is not heard
        post = hall.floor.post(client)
        (lane,) = post.lanes()
        assert (await post.run_lane(lane)).error is not None
        assert hall.states() == [PostingState.POSTED]
        assert len(hall.rows()) == 1
        assert hall.line.row(stop.id).waiting
        await hall.floor.drain(client)

    hall.run(work)
    assert hall.states() == [V]
    assert hall.floor.wire.calls.count("load") == 1
    assert len(hall.rows()) == 1


def test_while_odoo_is_away_stops_go_on_and_all_are_booked_when_it_is_back(hall: Hall) -> None:
    async def work(client: OdooClient) -> None:
        hall.floor.wire.down = True
        first = hall.line.stood("09:00", "09:10")
        hall.explain(first, hall.jam)
        await hall.floor.drain(client, rounds=2)
        assert hall.states() == [PostingState.READY]
        (waits,) = hall.floor.postings()
        assert "cannot be reached" in waits.error
        hall.line.state("09:20", STOPPED)
        hall.line.turn("09:25")
        standing = hall.line.all()[-1]
        hall.explain(standing, hall.setup)
        hall.line.state("09:45", EXECUTE)
        packed = hall.line.stood("09:50", "09:55", "packer")
        hall.explain(packed, hall.jam)
        await hall.floor.drain(client, rounds=2)
        assert (hall.rows(), hall.rows("PACK1")) == ([], [])
        hall.floor.wire.down = False
        await hall.floor.drain(client)

    hall.run(work)
    assert set(hall.states()) == {V}
    assert [r[:3] for r in hall.rows()] == [
        ("09:00", "09:10", "Equipment Failure"),
        ("09:20", "09:45", "Setup and Adjustments"),
    ]
    assert [r[:2] for r in hall.rows("PACK1")] == [("09:50", "09:55")]


def test_two_people_explain_at_once_and_one_of_them_is_told(hall: Hall) -> None:
    stop = hall.line.stood("09:00", "09:12")
    gate = Barrier(2)

    def one(person: Person, key: str) -> str:
        gate.wait()
        try:
            hall.line.stops.explain(person, stop.id, stop.version, key)
        except AlreadyDecided:
            return ""
        return key

    async def work(client: OdooClient) -> None:
        with ThreadPoolExecutor(2) as pool:
            jam, setup = hall.jam, hall.setup
            asked = [pool.submit(one, hall.line.lead, jam), pool.submit(one, hall.line.second, setup)]
            won = [f.result() for f in asked]
        assert sorted(bool(k) for k in won) == [False, True]
        assert hall.line.get(stop.id).reason_key == "".join(won)
        await hall.floor.drain(client)

    hall.run(work)
    assert hall.states() == [V]
    reason = "Equipment Failure" if hall.line.get(stop.id).reason_key == hall.jam else "Setup and Adjustments"
    assert [r[:3] for r in hall.rows()] == [("09:00", "09:12", reason)]
