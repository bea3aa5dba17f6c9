"""Recipe D on the real server: what it claims, and what it refuses in Odoo's place."""

from __future__ import annotations

import asyncio
import hashlib
import struct
import zlib
from collections.abc import Awaitable, Callable
from dataclasses import replace
from itertools import count
from typing import Any, TypeVar

import httpx
import pytest

from console.demo.odoo_seed_floor import SeededFloor, seed_floor
from console.domain.records import File, PostingKind, RecordSeen, RecordWrite
from console.odoo import errors
from console.odoo.client import OdooClient
from console.odoo.recipes import maintenance
from tests.rigs.late import Lost
from tests.rigs.odoo import OdooPlant

Value = TypeVar("Value")
_keys = count(1)


@pytest.fixture(scope="module")
def floor(odoo_plant: OdooPlant) -> SeededFloor:
    machines = [("Filler 1", "SN-1"), ("Mixer 1", "SN-2")]
    return seed_floor(odoo_plant.server, machines, database=odoo_plant.connection.database)


def picture(width: int, height: int) -> bytes:
    """A PNG of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x40\x80\xc0" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def file(name: str = "trend.csv", data: bytes = b"at;value\n1;2\n", mime: str = "text/csv") -> File:
    return File(f"req-file-a{next(_keys)}", name, mime, data)


def with_files(order: RecordWrite, *files: File) -> RecordWrite:
    told = [
        {"id": n, "name": f.name, "mime": f.mime, "sha256": hashlib.sha256(f.data).hexdigest()}
        for n, f in enumerate(files)
    ]
    return replace(order, payload=dict(order.payload) | {"attachments": told}, files=files)


def request(floor: SeededFloor, *files: File, **changes: Any) -> RecordWrite:
    payload = {
        "equipment_id": floor.equipments["Filler 1"],
        "team_id": None,
        "title": "Pressure <too> low & falling",
        "description": "Alarm E-12, 3 times since 9:00\n  limit 2.5 bar, value 1.9 bar < limit\n\nSee it.",
        "priority": "3",
        "kind": "corrective",
        "requested_on": "2026-03-01",
        "join": None,
        "attachments": [],
    }
    made = RecordWrite(PostingKind.MAINTENANCE, f"req-{next(_keys)}", payload | changes)
    return with_files(made, *files)


def later(order: RecordWrite, seen: RecordSeen, **changes: Any) -> RecordWrite:
    """The next revision of a record that was verified."""
    payload = dict(order.payload) | changes
    return replace(order, payload=payload, record=seen.record, before=order.payload)


def run(plant: OdooPlant, act: Callable[[OdooClient], Awaitable[Value]]) -> Value:
    async def main() -> Value:
        async with plant.client() as odoo:
            return await act(odoo)

    return asyncio.run(main())


def read(plant: OdooPlant, order: RecordWrite) -> RecordSeen:
    return run(plant, lambda odoo: maintenance.read(odoo, order))


def write(plant: OdooPlant, order: RecordWrite) -> str:
    return run(plant, lambda odoo: maintenance.write(odoo, order))


def book(plant: OdooPlant, order: RecordWrite, times: int = 1) -> RecordSeen:
    """As the poster does: read, write, read back."""

    async def act(odoo: OdooClient) -> RecordSeen:
        before = await maintenance.read(odoo, order)
        assert (before.refused, before.edited) == ("", "")
        for _ in range(times):
            await maintenance.write(odoo, order)
        return await maintenance.read(odoo, order)

    return run(plant, act)


def ticket_id(seen: RecordSeen) -> int:
    return int(seen.detail["ticket_id"])


def ticket(plant: OdooPlant, number: int) -> dict[str, Any]:
    fields = [*maintenance.FIELDS, "owner_user_id"]
    return dict(plant.admin("maintenance.request", "read", [number], fields)[0])


def tickets(plant: OdooPlant) -> int:
    return int(plant.admin("maintenance.request", "search_count", []))


def attached(plant: OdooPlant, number: int) -> list[tuple[str, str, str]]:
    domain = [["res_model", "=", "maintenance.request"], ["res_id", "=", number]]
    rows = plant.admin("ir.attachment", "search_read", domain, ["name", "checksum", "mimetype"], order="id")
    return [(r["name"], r["checksum"] or "", r["mimetype"]) for r in rows]


def notes(plant: OdooPlant, number: int) -> list[str]:
    domain = [
        ["model", "=", "maintenance.request"],
        ["res_id", "=", number],
        ["message_type", "=", "comment"],
    ]
    return [r["body"] for r in plant.admin("mail.message", "search_read", domain, ["body"])]


def to_stage(plant: OdooPlant, number: int, *, done: bool) -> str:
    found = plant.admin("maintenance.stage", "search_read", [["done", "=", done]], ["name"], limit=1)[0]
    plant.admin("maintenance.request", "write", [number], {"stage_id": found["id"]})
    return str(found["name"])


def other_ticket(plant: OdooPlant, floor: SeededFloor, machine: str = "Filler 1") -> int:
    """A ticket that somebody made in Odoo."""
    vals = {"name": "Noise", "equipment_id": floor.equipments[machine], "description": "<p>loud</p>"}
    return int(plant.admin("maintenance.request", "create", [vals])[0])


def test_request_is_made_once(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    before = tickets(odoo_plant)
    wide = picture(2400, 30)  # Odoo would shrink it
    order = request(floor, file(), file("chart.png", wide, "image/png"), file("empty.txt", b"", "text/plain"))
    first = read(odoo_plant, order)
    assert (first.holds, first.record, first.refused, first.edited) == (False, "", "", "")
    seen = book(odoo_plant, order, times=5)
    assert seen.holds
    number = ticket_id(seen)
    assert seen.record == f"maintenance.request:{number}"
    assert seen.detail == {"ticket_id": number, "stage": "New Request", "done": False}
    assert tickets(odoo_plant) == before + 1
    made = ticket(odoo_plant, number)
    assert (made["name"], made["priority"], made["maintenance_type"], made["request_date"]) == (
        "Pressure <too> low & falling",
        "3",
        "corrective",
        "2026-03-01",
    )
    assert made["equipment_id"][0] == floor.equipments["Filler 1"]
    assert made["maintenance_team_id"][0] == floor.team_id  # the equipment's own
    assert "value 1.9 bar &lt; limit" in made["description"]
    assert made["description"].count("<br>") == 3
    assert [(name, checksum) for name, checksum, _ in attached(odoo_plant, number)] == [
        ("trend.csv", hashlib.sha1(b"at;value\n1;2\n").hexdigest()),
        ("chart.png", hashlib.sha1(wide).hexdigest()),
        ("empty.txt", ""),
    ]
    assert notes(odoo_plant, number) == []


def test_team_and_kind_as_told(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    team = odoo_plant.admin("maintenance.team", "create", [{"name": "Electricians"}])[0]
    order = request(floor, team_id=team, kind="preventive", priority="0", description="")
    seen = book(odoo_plant, order)
    assert seen.holds
    made = ticket(odoo_plant, ticket_id(seen))
    assert (made["maintenance_team_id"][0], made["maintenance_type"]) == (team, "preventive")


def test_people_work_on_it_and_a_file_comes_later(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    """What a revision does not change is theirs: priority, title, stage stay as they set them."""
    order = request(floor, file())
    seen = book(odoo_plant, order)
    number = ticket_id(seen)
    stage = odoo_plant.admin("maintenance.stage", "search", [["done", "=", False]], order="sequence desc")[0]
    vals = {"priority": "1", "name": "Pump worn", "stage_id": stage, "description": "<p><b>Ours</b></p>"}
    odoo_plant.admin("maintenance.request", "write", [number], vals)
    later_file = file("more.csv", b"3;4\n")
    more = replace(with_files(order, *order.files, later_file), record=seen.record, before=order.payload)
    found = read(odoo_plant, more)
    assert (found.holds, found.edited, found.refused) == (False, "", "")
    assert book(odoo_plant, more, times=3).holds
    made = ticket(odoo_plant, number)
    assert (made["priority"], made["name"], made["stage_id"][0]) == ("1", "Pump worn", stage)
    assert [name for name, _, _ in attached(odoo_plant, number)] == ["trend.csv", "more.csv"]


def test_attachment_that_people_deleted_is_not_made_again(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    order = request(floor, file())
    seen = book(odoo_plant, order)
    domain = [["res_model", "=", "maintenance.request"], ["res_id", "=", ticket_id(seen)]]
    odoo_plant.admin("ir.attachment", "unlink", odoo_plant.admin("ir.attachment", "search", domain))
    assert not read(odoo_plant, replace(order, record=seen.record)).holds
    urgent = later(order, seen, priority="2")
    assert book(odoo_plant, urgent).holds
    assert attached(odoo_plant, ticket_id(seen)) == []


def test_edited_in_odoo(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    order = request(floor)
    seen = book(odoo_plant, order)
    vals = {"priority": "1", "equipment_id": floor.equipments["Mixer 1"], "description": "<p>other</p>"}
    odoo_plant.admin("maintenance.request", "write", [ticket_id(seen)], vals)
    found = read(odoo_plant, later(order, seen, priority="2"))
    assert not found.holds
    assert found.edited == "Somebody changed the ticket in Odoo: its priority is '1'"
    # before it was ever verified, everything of it is ours
    found = read(odoo_plant, replace(order, record=seen.record))
    assert "equipment is 'Mixer 1/SN-2'" in found.edited
    assert "description is 'other'" in found.edited
    # a person decides that ours is right
    write(odoo_plant, order)
    assert read(odoo_plant, order).holds


def test_other_tags_are_no_edit(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    """Odoo's editor rewrites HTML when somebody saves the form; the words are what counts."""
    order = request(floor, description="one & two\nthree")
    seen = book(odoo_plant, order)
    html = "<div>one &amp; <b>two</b></div><div>three</div>"
    odoo_plant.admin("maintenance.request", "write", [ticket_id(seen)], {"description": html})
    assert read(odoo_plant, order).holds


def test_closed_meanwhile(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    order = request(floor)
    seen = book(odoo_plant, order)
    stage = to_stage(odoo_plant, ticket_id(seen), done=True)
    # it was made as asked, whatever became of it since
    found = read(odoo_plant, order)
    assert (found.holds, found.detail["stage"], found.detail["done"]) == (True, stage, True)
    changed = later(order, seen, priority="1")
    found = read(odoo_plant, changed)
    assert f"{stage} (done)" in found.refused
    assert found.remedy
    with pytest.raises(errors.OdooRejected, match="closed"):
        write(odoo_plant, changed)
    assert ticket(odoo_plant, ticket_id(seen))["priority"] == "3"


def test_deleted_in_odoo_is_not_made_again(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    order = request(floor)
    seen = book(odoo_plant, order)
    odoo_plant.admin("maintenance.request", "unlink", [ticket_id(seen)])
    before = tickets(odoo_plant)
    for asked in (later(order, seen, priority="1"), replace(order, record=seen.record)):
        assert "deleted in Odoo" in read(odoo_plant, asked).refused
        with pytest.raises(errors.OdooMissing):
            write(odoo_plant, asked)
    assert tickets(odoo_plant) == before


def test_equipment_archived_or_gone(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    old = odoo_plant.admin("maintenance.equipment", "create", [{"name": "Old press", "serial_no": "O-1"}])[0]
    odoo_plant.admin("maintenance.equipment", "write", [old], {"active": False})
    seen = read(odoo_plant, request(floor, equipment_id=old))
    assert "'Old press/O-1' is archived" in seen.refused
    assert seen.remedy
    assert "deleted" in read(odoo_plant, request(floor, equipment_id=987654)).refused


def test_join_adds_files_and_one_note(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    number = other_ticket(odoo_plant, floor)
    before = tickets(odoo_plant)
    order = request(floor, file(), join=number)
    assert not read(odoo_plant, order).holds
    seen = book(odoo_plant, order, times=5)
    assert (seen.holds, ticket_id(seen)) == (True, number)
    assert tickets(odoo_plant) == before
    assert [name for name, _, _ in attached(odoo_plant, number)] == ["trend.csv"]
    (note,) = notes(odoo_plant, number)
    assert "Pressure &lt;too&gt; low &amp; falling" in note
    assert "Alarm E-12" in note
    told = odoo_plant.admin("mail.notification", "search_count", [["mail_message_id.res_id", "=", number]])
    assert told == 0
    joined = ticket(odoo_plant, number)
    assert (joined["name"], joined["priority"], joined["description"]) == ("Noise", False, "<p>loud</p>")
    # a second file for the same joined request: no second note
    more = replace(
        with_files(order, *order.files, file("more.csv", b"3;4")), record=seen.record, before=order.payload
    )
    assert book(odoo_plant, more).holds
    assert len(notes(odoo_plant, number)) == 1


def test_join_of_a_ticket_closed_or_gone_or_moved(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    number = other_ticket(odoo_plant, floor)
    to_stage(odoo_plant, number, done=True)
    order = request(floor, file(), join=number)
    seen = read(odoo_plant, order)
    assert "closed in Odoo" in seen.refused
    assert "ticket of its own" in seen.remedy
    with pytest.raises(errors.OdooRejected, match="closed"):
        write(odoo_plant, order)
    assert (attached(odoo_plant, number), notes(odoo_plant, number)) == ([], [])
    archived = other_ticket(odoo_plant, floor)
    odoo_plant.admin("maintenance.request", "archive_equipment_request", [archived])
    assert "closed in Odoo" in read(odoo_plant, request(floor, join=archived)).refused
    elsewhere = other_ticket(odoo_plant, floor, "Mixer 1")
    assert "other equipment" in read(odoo_plant, request(floor, join=elsewhere)).refused
    odoo_plant.admin("maintenance.request", "unlink", [elsewhere])
    gone = request(floor, join=elsewhere)
    assert "deleted in Odoo" in read(odoo_plant, gone).refused
    with pytest.raises(errors.OdooMissing):
        write(odoo_plant, gone)


def test_joined_and_closed_afterwards_is_still_held(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    number = other_ticket(odoo_plant, floor)
    order = request(floor, file(), join=number)
    assert book(odoo_plant, order).holds
    to_stage(odoo_plant, number, done=True)
    assert read(odoo_plant, order).holds


def test_two_clients_at_once(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    """Six rounds of two that make the same ticket with a file, and join one: each part once."""

    async def attempt(odoo: OdooClient, order: RecordWrite) -> None:
        for _ in range(10):
            try:
                await maintenance.write(odoo, order)
            except (errors.OdooTransient, errors.OdooOutcomeUnknown):
                continue
            return
        raise AssertionError("ten conflicts on end")

    async def race(order: RecordWrite) -> None:
        async with odoo_plant.client() as one, odoo_plant.client() as other:
            await asyncio.gather(attempt(one, order), attempt(other, order))

    for round_ in range(6):
        before = tickets(odoo_plant)
        join = other_ticket(odoo_plant, floor) if round_ % 2 else None
        order = request(floor, file(), join=join)
        asyncio.run(race(order))
        assert tickets(odoo_plant) == before + 1
        seen = read(odoo_plant, order)
        assert seen.holds
        assert len(attached(odoo_plant, ticket_id(seen))) == 1
        assert len(notes(odoo_plant, ticket_id(seen))) == (1 if join else 0)


@pytest.mark.parametrize("call", ["maintenance.request/load", "ir.attachment/load", "mail.message/load"])
def test_lost_answers_and_late_writes(odoo_plant: OdooPlant, floor: SeededFloor, call: str) -> None:
    """Each step's answer is lost once, and once it lands only after it was asked for again."""
    for before_sent in (False, True):
        join = other_ticket(odoo_plant, floor) if call == "mail.message/load" else None
        order = request(floor, file(), join=join)
        there = tickets(odoo_plant)
        late = Lost(call, before=before_sent)

        async def give_up(order: RecordWrite = order, late: Lost = late) -> None:
            async with OdooClient(odoo_plant.connection, odoo_plant.key, transport=late) as odoo:
                await maintenance.write(odoo, order)

        with pytest.raises(errors.OdooOutcomeUnknown):
            asyncio.run(give_up())
        seen = book(odoo_plant, order)
        assert seen.holds
        if before_sent:
            assert late.deliver() == 200
            assert read(odoo_plant, order).holds
        assert tickets(odoo_plant) == there + (0 if join else 1)
        assert len(attached(odoo_plant, ticket_id(seen))) == 1
        assert len(notes(odoo_plant, ticket_id(seen))) == (1 if join else 0)


def test_cut_between_the_ticket_and_its_file_is_no_clean_failure(
    odoo_plant: OdooPlant, floor: SeededFloor
) -> None:
    """The ticket is there: "not sent" would be untrue."""

    class Refusing(Lost):
        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            if request.url.path.endswith("ir.attachment/load"):
                raise httpx.ConnectError("no way", request=request)
            return await super().handle_async_request(request)

    order = request(floor, file())

    async def cut() -> None:
        async with OdooClient(odoo_plant.connection, odoo_plant.key, transport=Refusing("-")) as odoo:
            await maintenance.write(odoo, order)

    with pytest.raises(errors.OdooOutcomeUnknown, match="in part"):
        asyncio.run(cut())
    seen = read(odoo_plant, order)
    assert (seen.holds, seen.refused, seen.edited) == (False, "", "")
    assert book(odoo_plant, order).holds


def test_files_that_are_not_those_named(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    order = request(floor, file())
    for wrong in (replace(order, files=()), replace(order, files=(file(data=b"other"),))):
        with pytest.raises(errors.OdooMisuse, match=order.key):
            read(odoo_plant, wrong)
        with pytest.raises(errors.OdooMisuse, match=order.key):
            write(odoo_plant, wrong)


def test_plant_without_rights_on_equipment(odoo_plant: OdooPlant, floor: SeededFloor) -> None:
    """Equipment that a record rule hides is a denial, not "deleted"."""
    database = odoo_plant.connection.database
    worker = odoo_plant.server.make_service_account("worker8", ("mrp.group_mrp_user",), database=database)

    async def ask() -> RecordSeen:
        async with odoo_plant.client(worker.key) as odoo:
            return await maintenance.read(odoo, request(floor))

    with pytest.raises(errors.OdooDenied):
        asyncio.run(ask())
