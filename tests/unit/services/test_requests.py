"""Maintenance requests: prefilled, sent or joined by a person, with their evidence; what becomes of them."""

from __future__ import annotations

import csv
import hashlib
import io
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.domain.people import Person, Role
from console.domain.policies import Flow, Mode, Policy
from console.domain.postings import FlowClass, PostingState
from console.domain.records import GivenUp
from console.domain.tags import Quality
from console.errors import AlreadyDecided, InvalidDecision, NotAllowed
from console.services.request_acts import taken_back
from console.services.request_files import samples_csv
from console.services.screens.common import NotFound
from console.services.views import Decided
from console.services.views.alarms import RequestForm
from console.store import audit, outbox, policies, requests
from console.store.engine import read, write
from console.store.requests import RequestState
from tests.unit.services.alarm_world import FILLER, PNG, AlarmWorld


@pytest.fixture
def world(tmp_path: Path) -> AlarmWorld:
    return AlarmWorld(tmp_path)


def send(world: AlarmWorld, person: Person, form: RequestForm, **values: object) -> Decided:
    """What two taps do."""
    given = {
        "equipment_id": form.equipment_id,
        "title": form.title,
        "description": form.description,
        "priority": form.priority,
        **values,
    }
    return world.desk.alarms.request(person, form.source, form.version, **given)  # type: ignore[arg-type]


def form_of(world: AlarmWorld, key: str = "alarm:1") -> RequestForm:
    return world.desk.alarms.form(key)


# --- the form ----------------------------------------------------------------------------------------------


def test_the_form_is_filled_for_two_taps(world: AlarmWorld) -> None:
    world.runs("filler1", lot="L-7")
    for _ in range(3):
        world.raises("jam")
        world.turn(minutes=5)
        world.clears("jam")
        world.turn(minutes=5)
    world.values("filler1.air_bar", [6.0] * 50 + [5.25])
    world.raises("jam")
    form = form_of(world)
    assert (form.equipment_id, form.equipments[0]) == (FILLER.id, (FILLER.id, "Filler 1"))
    assert [name for _, name in form.equipments] == ["Filler 1", "Packer"]
    assert (form.title, form.kind, form.priority) == ("Filler1: Bottle jam", "corrective", 2)
    assert (form.why_not, form.open_requests, form.version) == ("", (), 4)
    assert "Raised 4 times in the last 24 hours." in form.description
    assert "Running WH/MO/00042 L-7." in form.description
    assert "still standing" in form.description
    # the values when it was first raised: nothing was known then
    assert "Air bar" not in form.description
    assert form.evidence == ("The trend as shown, as a picture",) or "samples" in form.evidence[1]
    assert "for Filler 1" in form.effect


def test_values_of_the_moment_are_told_in_words(world: AlarmWorld) -> None:
    world.values("filler1.air_bar", [6.0] * 40 + [6.1] * 10 + [5.25])
    world.raises("air")
    words = form_of(world).description
    assert "Air bar: 5.25 when it was raised, 5.25 to 6.1 in the 10 minutes before." in words


@pytest.mark.parametrize(("signal", "stars"), [("estop", 3), ("jam", 2), ("slow", 1)])
def test_priority_comes_from_the_alarms(world: AlarmWorld, signal: str, stars: int) -> None:
    world.raises(signal)
    assert form_of(world).priority == stars


def test_open_requests_of_the_equipment_come_first(world: AlarmWorld) -> None:
    world.ticket(7)
    world.ticket(8, done=True, stage="Repaired")
    world.ticket(9, archived=True)
    world.ticket(10, equipment=32)
    world.raises("jam")
    form = form_of(world)
    assert [(r.ticket_id, r.stage) for r in form.open_requests] == [(7, "New Request")]
    assert "joining adds the evidence" in form.effect
    assert '7 "Ticket 7"' in form.effect


@pytest.mark.parametrize(
    ("equipment", "known", "words"),
    [
        ("SN-100", replace(FILLER, active=False), "archived in Odoo"),
        ("SN-999", FILLER, "not known in Odoo"),
        ("", FILLER, ""),
    ],
)
def test_equipment_that_is_not_there(tmp_path: Path, equipment: str, known: object, words: str) -> None:
    world = AlarmWorld(tmp_path, equipment=equipment)
    world.equipments[FILLER.id] = known  # type: ignore[assignment]
    world.mirror()
    world.raises("jam")
    form = form_of(world)
    assert form.equipment_id is None
    assert words in form.why_not
    assert bool(form.why_not) == bool(words)  # where none is configured a person chooses


def test_equipment_named_twice_is_asked_for_by_its_serial_number(tmp_path: Path) -> None:
    world = AlarmWorld(tmp_path, equipment="Filler 1")
    world.equipments[33] = replace(FILLER, id=33, serial="SN-300")
    world.mirror()
    world.raises("jam")
    assert "2 times" in form_of(world).why_not


def test_equipment_archived_meanwhile_is_refused_and_nothing_changes(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("jam")
    form = form_of(world)
    world.equipments[FILLER.id] = replace(FILLER, active=False)
    world.mirror()
    with pytest.raises(InvalidDecision, match="archived"):
        send(world, mia, form)
    del world.equipments[FILLER.id]
    world.mirror()
    with pytest.raises(InvalidDecision, match="not in Odoo"):
        send(world, mia, form)
    assert world.postings() == []
    assert world.desk.alarms.alarms().requests == ()
    assert world.row("jam").version == 1


def test_an_odoo_without_maintenance_says_so(world: AlarmWorld) -> None:
    world.raises("jam")
    with write(world.ledger) as tx:
        tx.exec_driver_sql("UPDATE odoo_link SET parts_missing = '[\"Odoo has no maintenance module.\"]'")
    assert form_of(world).why_not == "Odoo has no maintenance module."
    assert world.desk.alarms.alarms().maintenance_missing == "Odoo has no maintenance module."


def test_in_shadow_nothing_is_booked(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("jam")
    form = form_of(world)
    with write(world.ledger) as tx:
        policies.add(tx, Policy("filler1", Flow.MAINTENANCE, Mode.SHADOW, 0.0, "Ada", "try", world.now))
    assert "shadow" in form_of(world).why_not
    with pytest.raises(InvalidDecision, match="shadow"):
        send(world, mia, form)
    assert world.postings() == []


@pytest.mark.parametrize("key", ["alarm:9", "condition:1", "request:1", "alarm:x", "nonsense", ""])
def test_sources_that_are_not_there(world: AlarmWorld, key: str) -> None:
    mia = world.maintainer()
    with pytest.raises(NotFound):
        form_of(world, key)
    with pytest.raises(NotFound):
        world.desk.alarms.request(mia, key, 1, equipment_id=FILLER.id, title="x", description="", priority=1)


# --- sending -----------------------------------------------------------------------------------------------


def test_a_request_is_one_commit_with_its_posting_and_evidence(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.values("filler1.weight", [250.0 + i for i in range(20)])
    world.raises("jam")
    world.turn(seconds=30)
    done = send(world, mia, form_of(world), priority=3, picture=PNG)
    assert (done.decisions, done.postings) == (1, 1)
    (posting,) = world.postings()
    assert (posting.kind, posting.lane, posting.subject) == ("maintenance", "equipment:31", "request:1")
    assert posting.flow_class == FlowClass.REAL_TIME.value
    assert posting.trace_id == world.row("jam").trace_id
    payload = dict(posting.payload)
    files = payload.pop("attachments")
    form = form_of(world)
    assert payload == {
        "equipment_id": 31,
        "team_id": 4,
        "title": "Filler1: Bottle jam",
        "description": form.description,
        "priority": "3",
        "kind": "corrective",
        "requested_on": "2026-11-20",
        "join": None,
    }
    with read(world.ledger) as tx:
        kept = requests.attachments_of(tx, 1)
        assert audit.verify(tx).problem == ""
    assert [(f["name"], f["mime"]) for f in files] == [
        ("trend.png", "image/png"),
        ("samples.csv", "text/csv"),
    ]
    assert [f["sha256"] for f in files] == [hashlib.sha256(k.data).hexdigest() for k in kept]
    assert kept[0].data == PNG
    table = list(csv.DictReader(io.StringIO(kept[1].data.decode())))
    assert len(table) == 20
    assert table[-1] == {
        "time_utc": "2026-11-20T08:00:00.000Z",
        "tag": "filler1.weight",
        "value": "269",
        "unit": "",
    }
    row = world.row("jam")
    assert row.request is not None
    assert (row.request.state, row.request.posting, row.request.by) == (
        "requested",
        PostingState.READY,
        "Mia",
    )
    assert row.request.waiting  # in words
    assert [t for _, t in world.desk.alarms.alarm(1).history] == ["Raised", "Mia requested maintenance"]


def test_a_second_request_of_the_same_alarm_is_refused_naming_the_first(world: AlarmWorld) -> None:
    mia, max_ = world.maintainer(), world.maintainer("Max")
    world.raises("jam")
    seen = form_of(world)
    send(world, mia, seen)
    with pytest.raises(AlreadyDecided, match=r'Mia requested it at .*"Filler1: Bottle jam"'):
        send(world, max_, seen)  # both looked at the same time
    again = form_of(world)
    assert "Mia requested it" in again.why_not
    with pytest.raises(InvalidDecision, match="Mia requested it"):
        send(world, max_, again)
    world.ticket(7)
    with pytest.raises(InvalidDecision, match="Mia requested it"):
        world.desk.alarms.join(max_, again.source, again.version, 7)
    assert len(world.postings()) == 1


def test_once_it_is_done_in_odoo_the_alarm_may_be_requested_again(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("jam")
    send(world, mia, form_of(world))
    world.odoo_holds(world.postings()[0], "maintenance.request:17")
    world.ticket(17, stage="Repaired", done=True)
    form = form_of(world)
    assert form.why_not == ""
    send(world, mia, form)
    first, second = world.postings()
    assert second.target_key != first.target_key
    assert second.trace_id != first.trace_id


def test_its_progress_in_odoo_shows(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("jam")
    send(world, mia, form_of(world))
    world.odoo_holds(world.postings()[0], "maintenance.request:17")
    world.ticket(17, stage="In Progress")
    row = world.row("jam").request
    assert row is not None
    assert (row.ticket_id, row.stage, row.done, row.posting) == (
        17,
        "In Progress",
        False,
        PostingState.VERIFIED,
    )
    assert row.waiting == ""
    assert [r.ticket_id for r in world.desk.alarms.alarms().requests] == [17]  # once, not also as Odoo's own
    # of a colleague's alarm it is offered to be joined, as ours
    world.turn(minutes=10)
    world.raises("slow")
    (offered,) = form_of(world, "alarm:2").open_requests
    assert (offered.id, offered.ticket_id, offered.by) == (1, 17, "Mia")
    world.ticket(17, stage="Repaired", done=True)
    row = world.row("jam").request
    assert row is not None
    assert (row.stage, row.done) == ("Repaired", True)
    world.turn(days=8)
    assert world.desk.alarms.alarms().requests == ()


def test_one_deleted_in_odoo_is_done_and_does_not_stand_in_the_way(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("jam")
    send(world, mia, form_of(world))
    world.odoo_holds(world.postings()[0], "maintenance.request:17")
    world.ticket(17)
    with write(world.ledger) as tx:
        tx.exec_driver_sql("UPDATE maintenance_tickets SET gone = 1")
    row = world.row("jam").request
    assert row is not None
    assert (row.stage, row.done) == ("deleted in Odoo", True)
    assert form_of(world).why_not == ""


def test_taken_back_it_is_proposed_again_and_can_be_sent_anew(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("jam")
    send(world, mia, form_of(world), title="Clean the infeed")
    world.take_back(world.postings()[0])
    (proposal,) = world.desk.alarms.alarms().proposals
    assert (proposal.state, proposal.posting, proposal.by) == ("proposed", None, "")
    assert form_of(world).title == "Clean the infeed"  # also from the alarm
    form = form_of(world, f"request:{proposal.id}")
    assert (form.title, form.why_not) == ("Clean the infeed", "")
    send(world, mia, form)
    first, second = world.postings()
    assert second.target_key == first.target_key  # the same record in Odoo, if it was made after all
    assert second.posting_key != first.posting_key
    assert len(world.desk.alarms.alarms().requests) == 1


def test_a_posting_that_odoo_held_before_is_not_proposed_again(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("jam")
    send(world, mia, form_of(world))
    posting = world.postings()[0]
    world.odoo_holds(posting, "maintenance.request:17")
    with write(world.ledger) as tx:
        taken_back(tx, posting, GivenUp(), world.now)
    assert world.desk.alarms.alarms().proposals == ()


def test_a_ticket_that_somebody_changed_and_a_person_let_stand_stays_sent(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("jam")
    send(world, mia, form_of(world))
    posting = world.postings()[0]
    with write(world.ledger) as tx:
        outbox.move(tx, posting, PostingState.DEAD_LETTER)
        taken_back(tx, posting, GivenUp(accepted=True, held={"ticket_id": 17}), world.now)
    assert world.desk.alarms.alarms().proposals == ()
    (row,) = world.desk.alarms.alarms().requests
    assert row.ticket_id == 17


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"title": " "}, "1 to 200 characters"),
        ({"title": "x" * 201}, "1 to 200 characters"),
        ({"priority": 4}, "0 to 3 stars"),
        ({"priority": -1}, "0 to 3 stars"),
        ({"picture": b"GIF89a"}, "no PNG file"),
        ({"picture": PNG + b"x" * (5 * 1024 * 1024)}, "larger than 5 MB"),
        ({"equipment_id": 99}, "not in Odoo"),
    ],
)
def test_what_is_wrong_in_a_request_is_named(
    world: AlarmWorld, values: dict[str, object], words: str
) -> None:
    mia = world.maintainer()
    world.raises("jam")
    with pytest.raises(InvalidDecision, match=words):
        send(world, mia, form_of(world), **values)
    assert world.postings() == []
    with read(world.ledger) as tx:
        assert requests.get(tx, 1) is None


def test_who_may_not(world: AlarmWorld) -> None:
    world.maintainer()
    ida = world.person("Ida", Role.INSPECTOR)
    world.raises("jam")
    world.ticket(7)
    form = form_of(world)
    with pytest.raises(NotAllowed):
        send(world, ida, form)
    with pytest.raises(NotAllowed):
        world.desk.alarms.join(ida, form.source, form.version, 7)
    with pytest.raises(NotAllowed):
        world.desk.alarms.dismiss(ida, 1, 1, "why")
    assert world.postings() == []


# --- joining -----------------------------------------------------------------------------------------------


def test_joining_adds_the_evidence_and_makes_no_second_one(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.ticket(7)
    world.values("filler1.weight", [250.0] * 3)
    world.raises("jam")
    form = form_of(world)
    done = world.desk.alarms.join(mia, form.source, form.version, 7, PNG)
    assert 'request 7 "Ticket 7"' in done.message
    (posting,) = world.postings()
    assert (posting.payload["join"], posting.lane) == (7, "equipment:31")
    assert posting.payload["description"] == form.description
    assert [a["name"] for a in posting.payload["attachments"]] == ["trend.png", "samples.csv"]
    row = world.row("jam").request
    assert row is not None
    assert (row.state, row.ticket_id, row.stage) == ("joined", 7, "New Request")


@pytest.mark.parametrize(
    ("meanwhile", "words"),
    [
        ({"done": True, "stage": "Repaired"}, r"closed meanwhile \(Repaired\)"),
        ({"archived": True}, "not in Odoo any more"),
        ({"equipment_id": None}, "names no equipment"),
    ],
)
def test_one_closed_meanwhile_cannot_be_joined(
    world: AlarmWorld, meanwhile: dict[str, object], words: str
) -> None:
    mia = world.maintainer()
    world.ticket(7)
    world.raises("jam")
    form = form_of(world)
    world.ticket(7, **meanwhile)
    with pytest.raises(InvalidDecision, match=words):
        world.desk.alarms.join(mia, form.source, form.version, 7)
    with pytest.raises(InvalidDecision, match="not in Odoo"):
        world.desk.alarms.join(mia, form.source, form.version, 99)
    assert world.row("jam").request is None


def test_a_refused_joining_taken_back_becomes_a_request_of_its_own(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.ticket(7)
    world.raises("jam")
    form = form_of(world)
    world.desk.alarms.join(mia, form.source, form.version, 7)
    world.take_back(world.postings()[0])
    form = form_of(world)
    assert form.why_not == ""
    send(world, mia, form)
    first, second = world.postings()
    assert second.target_key != first.target_key
    row = world.row("jam").request
    assert row is not None
    assert (row.state, row.ticket_id) == ("requested", None)


# --- dismissing --------------------------------------------------------------------------------------------


def proposed(world: AlarmWorld) -> None:
    with write(world.ledger) as tx:
        requests.add(
            tx,
            {
                "trace_id": "pc-1",
                "state": RequestState.PROPOSED.value,
                "source": "upkeep:filler1/grease@1",
                "machine": "filler1",
                "equipment_id": FILLER.id,
                "title": "Grease the bearings",
                "kind": "preventive",
                "priority": 1,
                "evidence": {},
                "opened_at": world.now,
            },
        )


def test_a_proposal_is_dismissed_with_a_reason_once(world: AlarmWorld) -> None:
    mia, max_ = world.maintainer(), world.maintainer("Max")
    proposed(world)
    form = form_of(world, "request:1")
    assert (form.kind, form.title, form.evidence) == ("preventive", "Grease the bearings", ())
    with pytest.raises(InvalidDecision, match="reason"):
        world.desk.alarms.dismiss(mia, 1, 1, " ")
    world.desk.alarms.dismiss(mia, 1, 1, "done last week")
    assert world.desk.alarms.alarms().proposals == ()
    with pytest.raises(AlreadyDecided):
        world.desk.alarms.dismiss(max_, 1, 1, "me too")
    with pytest.raises(AlreadyDecided, match="Mia rejected it"):
        send(world, max_, form)
    with pytest.raises(InvalidDecision, match="Mia rejected it"):
        send(world, max_, form_of(world, "request:1"))
    assert world.postings() == []


def test_a_proposal_is_sent_as_it_stands(world: AlarmWorld) -> None:
    mia = world.maintainer()
    proposed(world)
    send(world, mia, form_of(world, "request:1"))
    (posting,) = world.postings()
    assert (posting.payload["kind"], posting.trace_id) == ("preventive", "pc-1")
    assert posting.flow_class == FlowClass.NEAR_REAL_TIME.value
    with pytest.raises(AlreadyDecided):
        world.desk.alarms.dismiss(mia, 1, 1, "too late")


def test_dismissing_what_was_taken_back_lets_the_alarm_be_looked_at_again(world: AlarmWorld) -> None:
    mia = world.maintainer()
    world.raises("jam")
    send(world, mia, form_of(world))
    world.take_back(world.postings()[0])
    seen = form_of(world)
    (proposal,) = world.desk.alarms.alarms().proposals
    world.desk.alarms.dismiss(mia, proposal.id, proposal.version, "not needed")
    with pytest.raises(AlreadyDecided):
        send(world, mia, seen)  # a colleague who had the form open
    send(world, mia, form_of(world))  # but who decides anew may
    assert len(world.desk.alarms.alarms().requests) == 1


def test_samples_of_bad_quality_have_no_value_and_long_spans_are_thinned(world: AlarmWorld) -> None:
    world.values("filler1.weight", [float(i) for i in range(12_000)], step_s=0.05)
    world.sample("filler1.air_bar", None, quality=Quality.BAD)
    span = (world.now - timedelta(minutes=10), world.now)
    data, behind = samples_csv(
        world.telemetry, world.plant, ["filler1.weight", "filler1.air_bar", "nothing"], span
    )
    lines = data.decode().splitlines()
    assert behind == 12_001
    assert 5000 < len(lines) < 5100
    assert lines[-1].endswith("filler1.air_bar,,")
    assert samples_csv(world.telemetry, world.plant, ["nothing"], span) == (b"", 0)
