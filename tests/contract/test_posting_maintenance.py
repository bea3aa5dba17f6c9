"""An alarm from the machine to a maintenance request in Odoo, with its evidence, and its progress back.

Tickets are joined, equipment is archived and tickets are closed by people there meanwhile, answers are lost.
"""

from __future__ import annotations

import asyncio
import base64
import csv
import io
import struct
import zlib
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from console.demo.odoo_seed_floor import TEAM, seed_floor
from console.domain.detect import MachineMemory
from console.domain.equipment import AlarmTag
from console.domain.machine_events import AlarmRaised
from console.domain.packml import MachineState
from console.domain.people import Role
from console.domain.postings import PostingState
from console.domain.tags import Quality, Sample
from console.errors import AlreadyDecided, InvalidDecision
from console.odoo.client import OdooClient
from console.services.alarms import Alarms
from console.services.ingest import Detected
from console.services.views.alarms import RequestForm, RequestRow
from console.store.engine import open_telemetry
from console.store.telemetry import Heartbeat, Telemetry
from tests.rigs.floor import PIN, Floor, machine, plant_of
from tests.rigs.odoo import FILLER, MakeOdooPlant, OdooPlant

V, R, U, DEAD = (
    PostingState.VERIFIED,
    PostingState.REJECTED,
    PostingState.UNKNOWN,
    PostingState.DEAD_LETTER,
)
TICKET, FILES, NOTES = "maintenance.request", "ir.attachment", "mail.message"
JAM = AlarmTag("filler.jam", "Bottle jam", 2, guidance="Clear the infeed.")
_numbers = count(1)


def picture(width: int = 2400, height: int = 3) -> bytes:
    """A real PNG, wider than what Odoo would leave as it is by itself."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    lines = b"".join(b"\0" + bytes((x + y) % 256 for x in range(width)) for y in range(height))
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


PNG = picture()


@pytest.fixture(scope="module")
def odoo(make_odoo_plant: MakeOdooPlant) -> OdooPlant:
    return make_odoo_plant((FILLER,))


@pytest.fixture(scope="module")
def team(odoo: OdooPlant) -> int:
    return seed_floor(odoo.server, (), database=odoo.connection.database).team_id


@dataclass
class Workshop:
    """The filler with a jam, and equipment of its own in Odoo for each test."""

    floor: Floor
    odoo: OdooPlant
    telemetry: Telemetry
    equipment_id: int
    team_id: int

    def __post_init__(self) -> None:
        floor = self.floor
        self.alarms = Alarms(floor.ledger, self.telemetry, floor.plant, "test", floor.clock)
        self.keeper = floor.people.create(floor.lead, "Max", frozenset({Role.MAINTENANCE}), PIN)

    @property
    def order(self) -> str:
        return self.odoo.seeded.order_of(0).reference

    def jam(self) -> None:
        """Samples of ten minutes, then the alarm."""
        now = self.floor.clock()
        samples = [
            Sample("filler.air", 6.0 - i / 100, Quality.GOOD, at, at)
            for i, at in enumerate(now - timedelta(seconds=10 * (59 - n)) for n in range(60))
        ]
        self.telemetry.append(samples)
        self.floor.runs("filler", self.order)
        event = AlarmRaised("filler", now, JAM.tag, JAM.text, JAM.priority)
        memory = MachineMemory(state=MachineState.ABORTED, order=self.order)
        self.floor.ingest.store([Detected(self.floor.plant.machines[0], memory, [event])], now)
        self.floor.clock.turn(30)

    def form(self, source: str = "alarm:1") -> RequestForm:
        return self.alarms.form(source)

    def request(self, source: str = "alarm:1", **changes: Any) -> None:
        """Two taps: the form as it comes."""
        form = self.form(source)
        assert form.why_not == ""
        values: dict[str, Any] = {
            "equipment_id": form.equipment_id,
            "title": form.title,
            "description": form.description,
            "priority": form.priority,
            "picture": PNG,
        }
        self.alarms.request(self.keeper, source, form.version, **values | changes)

    def row(self) -> RequestRow:
        """The request as the alarm shows it."""
        found = self.alarms.alarm(1).row.request
        assert found is not None
        return found

    def tickets(self, *fields: str) -> list[dict[str, Any]]:
        """Everything that Odoo has for the equipment, archived too."""
        domain = [["equipment_id", "=", self.equipment_id]]
        return list(
            self.odoo.admin(TICKET, "search_read", domain, list(fields) or ["name", "stage_id"], order="id")
        )

    def files(self, ticket_id: int) -> dict[str, bytes]:
        domain = [["res_model", "=", TICKET], ["res_id", "=", ticket_id]]
        found = self.odoo.admin(FILES, "search_read", domain, ["name", "datas"], order="id")
        names = [f["name"] for f in found]
        assert len(set(names)) == len(names)
        return {f["name"]: base64.b64decode(f["datas"]) for f in found}

    def theirs(self, title: str = "Leak at the head") -> int:
        """A ticket that a person opens in Odoo."""
        vals = {"name": title, "equipment_id": self.equipment_id, "maintenance_team_id": self.team_id}
        return int(self.odoo.admin(TICKET, "create", [vals])[0])

    def done(self, ticket_id: int) -> None:
        """A person moves it to the stage that is done."""
        (stage,) = self.odoo.admin(
            "maintenance.stage", "search", [["done", "=", True]], limit=1, order="sequence"
        )
        self.odoo.admin(TICKET, "write", [ticket_id], {"stage_id": stage})

    def archive(self, archived: bool) -> None:
        self.odoo.admin("maintenance.equipment", "write", [self.equipment_id], {"active": not archived})

    def resolve(self, choice: str) -> None:
        (item,) = self.floor.open_reviews()
        self.floor.reviews.resolve(self.keeper, item.id, item.version, choice, "looked at it in Odoo")

    def run(self, work: Callable[[OdooClient], Coroutine[Any, Any, None]]) -> None:
        async def go() -> None:
            async with self.floor.client() as client:
                await self.synchronise(client)
                self.jam()
                await work(client)

        asyncio.run(go())

    async def synchronise(self, client: OdooClient) -> None:
        self.floor.clock.turn(60)
        await self.floor.synchronise(client)
        self.telemetry.beat(Heartbeat("edge", 1, self.floor.clock(), {}))


@pytest.fixture
def workshop(odoo: OdooPlant, team: int, tmp_path: Path) -> Workshop:
    serial = f"SN-{next(_numbers)}"
    vals = {"name": "Filler 1", "serial_no": serial, "maintenance_team_id": team}
    (equipment_id,) = odoo.admin("maintenance.equipment", "create", [vals])
    found = machine("filler", "FIL1", equipment=serial, alarms=(JAM,), process_tags=("filler.air",))
    floor = Floor(tmp_path, plant_of((found,), odoo.connection), odoo.key)
    return Workshop(floor, odoo, Telemetry(open_telemetry(tmp_path / "telemetry.db")), equipment_id, team)


def test_two_taps_make_a_ticket_with_the_trend_and_the_samples(workshop: Workshop) -> None:
    async def work(client: OdooClient) -> None:
        workshop.request()
        assert workshop.tickets() == []
        await workshop.floor.drain(client)

    workshop.run(work)
    assert workshop.floor.states() == [V]
    fields = ("name", "maintenance_team_id", "maintenance_type", "priority", "description", "request_date")
    (ticket,) = workshop.tickets(*fields)
    assert ticket["name"] == "Filler: Bottle jam"
    assert ticket["maintenance_team_id"][1] == TEAM
    assert (ticket["maintenance_type"], ticket["priority"]) == ("corrective", "2")
    assert ticket["request_date"] == f"{workshop.floor.clock():%Y-%m-%d}"
    assert "Alarm of priority 2 on Filler: Bottle jam." in ticket["description"]
    assert f"Running {workshop.order}." in ticket["description"]
    files = workshop.files(ticket["id"])
    assert set(files) == {"trend.png", "samples.csv"}
    assert files["trend.png"] == PNG
    head, *rows = csv.reader(io.StringIO(files["samples.csv"].decode()))
    assert head == ["time_utc", "tag", "value", "unit"]
    assert (len(rows), rows[0][1:3], rows[-1][1:3]) == (60, ["filler.air", "6"], ["filler.air", "5.41"])
    row = workshop.row()
    assert (row.ticket_id, row.posting, row.waiting) == (ticket["id"], V, "")


def test_a_second_request_of_the_same_alarm_is_refused_by_name(workshop: Workshop) -> None:
    async def work(client: OdooClient) -> None:
        seen = workshop.form().version
        workshop.request()
        with pytest.raises((AlreadyDecided, InvalidDecision), match="Max requested it"):
            workshop.alarms.request(
                workshop.floor.second,
                "alarm:1",
                seen,
                equipment_id=workshop.equipment_id,
                title="again",
                description="",
                priority=1,
            )
        await workshop.floor.drain(client)

    workshop.run(work)
    assert len(workshop.tickets()) == 1


def test_joining_adds_the_evidence_to_their_ticket_and_changes_nothing_of_it(workshop: Workshop) -> None:
    theirs = workshop.theirs()

    async def work(client: OdooClient) -> None:
        (row,) = workshop.form().open_requests
        assert (row.ticket_id, row.title) == (theirs, "Leak at the head")
        workshop.alarms.join(workshop.keeper, "alarm:1", workshop.form().version, theirs, PNG)
        await workshop.floor.drain(client)

    before = workshop.tickets("name", "priority", "description", "stage_id", "maintenance_team_id")
    workshop.run(work)
    assert workshop.floor.states() == [V]
    assert workshop.tickets("name", "priority", "description", "stage_id", "maintenance_team_id") == before
    assert workshop.files(theirs)["trend.png"] == PNG
    assert set(workshop.files(theirs)) == {"trend.png", "samples.csv"}
    domain = [["model", "=", TICKET], ["res_id", "=", theirs], ["body", "ilike", "Filler: Bottle jam"]]
    assert workshop.odoo.admin(NOTES, "search_count", domain) == 1
    assert workshop.row().ticket_id == theirs


@pytest.mark.parametrize("choice", ["retry", "take-back"])
def test_equipment_archived_meanwhile_is_told_in_review(workshop: Workshop, choice: str) -> None:
    async def work(client: OdooClient) -> None:
        workshop.request()
        workshop.archive(True)
        await workshop.floor.drain(client)
        assert workshop.floor.states() == [R]
        (item,) = workshop.floor.open_reviews()
        assert item.title == "Odoo does not take it: Filler: Bottle jam"
        assert "The equipment 'Filler 1" in item.explanation
        assert "is archived in Odoo" in item.explanation
        assert workshop.tickets() == []
        await workshop.synchronise(client)
        if choice == "take-back":
            workshop.resolve("take-back")
            assert "is archived in Odoo" in workshop.form().why_not
            workshop.archive(False)
            await workshop.synchronise(client)
            workshop.request()
        else:
            workshop.archive(False)
            workshop.resolve("retry")
        await workshop.floor.drain(client)

    workshop.run(work)
    assert workshop.floor.states() == ([V] if choice == "retry" else [DEAD, V])
    assert len(workshop.tickets()) == 1
    assert set(workshop.files(workshop.tickets()[0]["id"])) == {"trend.png", "samples.csv"}


def test_a_joined_ticket_that_was_closed_meanwhile_takes_nothing_more(workshop: Workshop) -> None:
    theirs = workshop.theirs()

    async def work(client: OdooClient) -> None:
        workshop.alarms.join(workshop.keeper, "alarm:1", workshop.form().version, theirs, PNG)
        workshop.done(theirs)
        await workshop.floor.drain(client)
        assert workshop.floor.states() == [R]
        (item,) = workshop.floor.open_reviews()
        assert "It is closed in Odoo by now" in item.explanation
        assert workshop.files(theirs) == {}
        await workshop.synchronise(client)
        workshop.resolve("take-back")
        form = workshop.form()
        assert form.open_requests == ()
        with pytest.raises(InvalidDecision, match="was closed meanwhile"):
            workshop.alarms.join(workshop.keeper, "alarm:1", form.version, theirs, PNG)
        workshop.request()
        await workshop.floor.drain(client)

    workshop.run(work)
    assert workshop.floor.states() == [DEAD, V]
    closed, made = workshop.tickets()
    assert closed["id"] == theirs
    assert set(workshop.files(made["id"])) == {"trend.png", "samples.csv"}


@pytest.mark.parametrize("fault", ["lose_answer", "lose_call"])
@pytest.mark.parametrize("lost", [1, 2, 3])
def test_lost_answers_make_one_ticket_and_each_file_once(workshop: Workshop, fault: str, lost: int) -> None:
    """The ticket, the picture and the table are a load each: the first, second or third of them is lost."""

    async def work(client: OdooClient) -> None:
        workshop.request()
        for _ in range(lost - 1):
            workshop.floor.wire.next_fault("load", "")
        workshop.floor.wire.next_fault("load", fault)
        post = workshop.floor.post(client)
        (lane,) = post.lanes()
        assert (await post.run_lane(lane)).error is not None
        assert workshop.floor.states() == [U]
        await workshop.floor.drain(client)

    workshop.run(work)
    assert workshop.floor.wire.faults == []
    assert workshop.floor.states() == [V]
    (ticket,) = workshop.tickets()
    assert workshop.files(ticket["id"])["trend.png"] == PNG


def test_lost_answers_while_joining_leave_one_note(workshop: Workshop) -> None:
    theirs = workshop.theirs()

    async def work(client: OdooClient) -> None:
        workshop.alarms.join(workshop.keeper, "alarm:1", workshop.form().version, theirs, PNG)
        for fault in ("lose_answer", "lose_answer", "lose_answer"):
            workshop.floor.wire.next_fault("load", fault)
        await workshop.floor.drain(client)

    workshop.run(work)
    assert workshop.floor.wire.faults == []
    assert workshop.floor.states() == [V]
    assert set(workshop.files(theirs)) == {"trend.png", "samples.csv"}
    domain = [["model", "=", TICKET], ["res_id", "=", theirs], ["body", "ilike", "Filler: Bottle jam"]]
    assert workshop.odoo.admin(NOTES, "search_count", domain) == 1


def test_asked_for_while_odoo_is_away_it_is_made_when_it_is_back(workshop: Workshop) -> None:
    async def work(client: OdooClient) -> None:
        workshop.floor.wire.down = True
        workshop.request()
        await workshop.floor.drain(client, rounds=2)
        assert workshop.floor.states() == [PostingState.READY]
        assert workshop.row().waiting
        workshop.floor.wire.down = False
        await workshop.floor.drain(client)

    workshop.run(work)
    assert workshop.floor.states() == [V]
    assert len(workshop.tickets()) == 1


def test_its_progress_in_odoo_shows_on_the_alarm(workshop: Workshop) -> None:
    async def work(client: OdooClient) -> None:
        workshop.request()
        await workshop.floor.drain(client)
        await workshop.synchronise(client)
        assert (workshop.row().stage, workshop.row().done) == ("New Request", False)
        assert workshop.form().why_not
        (ticket,) = workshop.tickets()
        workshop.done(ticket["id"])
        await workshop.synchronise(client)
        row = workshop.row()
        assert (row.stage, row.done) == ("Repaired", True)
        assert workshop.form().why_not == ""  # the same alarm may ask for maintenance once more
        workshop.request()
        await workshop.floor.drain(client)
        second = workshop.tickets()[1]["id"]
        assert workshop.row().ticket_id == second
        workshop.odoo.admin(TICKET, "unlink", [second])
        await workshop.synchronise(client)
        assert workshop.row().stage == "deleted in Odoo"

    workshop.run(work)
    assert workshop.floor.states() == [V, V]
