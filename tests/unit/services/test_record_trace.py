"""The trace of what is no count: its seven stations at every point of the way, and its samples."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from console.domain.equipment import Plant
from console.domain.people import Role
from console.domain.postings import PostingState
from console.domain.tags import Quality, Sample
from console.services.order_life import OrderLife
from console.services.screens import trace as trace_page
from console.services.screens.common import NotFound, Stores
from console.services.views import Level, Station, TraceView
from console.store import outbox, scraps
from console.store.engine import open_telemetry, read, write
from console.store.outbox import PostingRow
from console.store.schema import conditions, requests
from console.store.telemetry import Telemetry
from tests.rigs.floor import Floor
from tests.unit.services.alarm_world import AlarmWorld
from tests.unit.services.quality_world import QualityWorld
from tests.unit.services.shop import FIRST, a_green_hour, open_shop
from tests.unit.services.stops_world import FAILURE, STOPPED, Line, open_line

ODOO = "https://erp.example"
S = PostingState


def stores_of(floor: Floor | QualityWorld, folder: Path, telemetry: Telemetry | None = None) -> Stores:
    plant: Plant = floor.plant
    known = telemetry or Telemetry(open_telemetry(folder / "trace.db"))
    return Stores(floor.ledger, known, plant, floor.clock, ODOO)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return open_line(tmp_path / "line")


@pytest.fixture
def told(line: Line, tmp_path: Path) -> Stores:
    return stores_of(line.floor, tmp_path)


def station(view: TraceView, number: int) -> Station:
    found = view.stations[number - 1]
    assert found.number == number
    return found


def move(floor: Floor, row: PostingRow, state: PostingState, **values: object) -> None:
    with write(floor.ledger) as tx:
        assert outbox.move(tx, row, state, **values)


def explained(line: Line) -> PostingRow:
    stop = line.stood("06:10", "06:22")
    line.stops.explain(line.lead, stop.id, stop.version, FAILURE, "belt")
    return line.floor.postings()[-1]


# --- stops: every state of the way -------------------------------------------------------------------------


def test_a_stop_that_nobody_explained_waits_at_the_decision(line: Line, told: Stores) -> None:
    line.stood("06:10", "06:22")
    view = trace_page.trace(told, "stop:1")
    assert [s.number for s in view.stations] == [1, 2, 3, 4, 5, 6, 7]
    assert station(view, 2).big == "2"  # into the stop, and out of it
    assert (station(view, 3).big, station(view, 3).link) == ("Stop, 12 min", "stops:1")
    assert station(view, 4).lines == ("Not decided yet.",)
    assert station(view, 5).lines == ("Nothing is posted before a person decides.",)
    assert [station(view, n).big for n in (4, 5, 6, 7)] == ["–"] * 4
    assert view.odoo_url == ""
    assert (view.series, view.highlight) == (None, None)  # no sample is kept


def test_a_stop_is_shown_with_what_the_machine_made_and_its_time_shaded(line: Line, told: Stores) -> None:
    line.stood("06:10", "06:22")
    times = [line.at("06:05") + timedelta(seconds=30 * i) for i in range(60)]
    told.telemetry.append([Sample("filler.good", i, Quality.GOOD, at, at) for i, at in enumerate(times)])
    view = trace_page.trace(told, "stop:1")
    assert view.series is not None
    # ten minutes around it, of which it is 06:22 now
    assert (view.series.tag, view.series.samples) == ("filler.good", 35)
    assert view.highlight == (line.at("06:10"), line.at("06:22"))


def test_a_stop_that_stands_is_shaded_until_now(line: Line, told: Stores) -> None:
    line.state("06:10", STOPPED)
    line.turn("06:15")
    at = line.at("06:12")
    told.telemetry.append([Sample("filler.good", 5, Quality.GOOD, at, at)])
    view = trace_page.trace(told, "stop:1")
    assert view.highlight == (line.at("06:10"), line.at("06:15"))
    assert station(view, 3).foot == "standing"


def test_what_is_decided_says_who_why_and_that_the_audit_fits(line: Line, told: Stores) -> None:
    row = explained(line)
    view = trace_page.trace(told, "stop:1")
    assert station(view, 4).lines[0].startswith("Lead A, ")
    assert "chain" in station(view, 4).foot
    assert station(view, 4).level is Level.NORMAL
    assert (station(view, 5).big, station(view, 5).link) == ("12 min", f"outbox:{row.id}")
    assert station(view, 5).lines[0] == "ready"
    assert station(view, 7).lines[0] == "Not seen in Odoo yet."


@pytest.mark.parametrize("name", ["stop:1", "posting:{id}", "{key}", "{trace}", " stop:1 "])
def test_it_is_found_by_each_of_its_names(line: Line, told: Stores, name: str) -> None:
    row = explained(line)
    text = name.format(id=row.id, key=row.posting_key, trace=row.trace_id)
    assert trace_page.trace(told, text).trace_id == row.trace_id


@pytest.mark.parametrize(
    ("state", "level"),
    [
        (S.REJECTED, Level.HIGH),
        (S.DEAD_LETTER, Level.HIGH),
        (S.UNKNOWN, Level.MEDIUM),
        (S.READY, Level.NORMAL),
    ],
)
def test_a_posting_in_trouble_stands_out(line: Line, told: Stores, state: S, level: Level) -> None:
    move(
        line.floor, explained(line), state, error="The reason was deleted in Odoo.", remedy="Choose another."
    )
    view = trace_page.trace(told, "stop:1")
    assert station(view, 5).lines[0] == state.value.replace("_", " ")
    assert station(view, 5).level is (level if level is Level.HIGH else Level.NORMAL)
    assert station(view, 6).level is station(view, 7).level is level
    if level is Level.HIGH:
        assert station(view, 6).foot == "The reason was deleted in Odoo."
    assert station(view, 7).big == "–"


def test_what_was_verified_opens_in_odoo(line: Line, told: Stores) -> None:
    row = explained(line)
    record = "mrp.workcenter.productivity:9"
    move(line.floor, row, S.VERIFIED, verified_at=line.floor.clock(), record=record, seen={"state": "closed"})
    view = trace_page.trace(told, "stop:1")
    assert (station(view, 7).big, station(view, 7).foot) == ("as asked", "open in Odoo")
    assert station(view, 7).lines[1] == "closed"
    assert view.odoo_url == station(view, 7).link == station(view, 6).link
    assert view.odoo_url == f"{ODOO}/web#id=9&model=mrp.workcenter.productivity&view_type=form"


@pytest.mark.parametrize(
    "text", ["stop:99", "stop:", "stop:x", "hold:1", "request:1", "check:1", "nothing", " "]
)
def test_an_unknown_text_says_what_can_be_given(line: Line, told: Stores, text: str) -> None:
    with pytest.raises(NotFound, match="Nothing is known") as refused:
        trace_page.trace(told, text)
    assert "stop:" in refused.value.remedy


# --- holds and checks --------------------------------------------------------------------------------------


@pytest.fixture
def quality(tmp_path: Path) -> QualityWorld:
    return QualityWorld(tmp_path / "world")


def test_a_hold_shows_the_value_that_breached(quality: QualityWorld, tmp_path: Path) -> None:
    hold = quality.breach()
    stores = stores_of(quality, tmp_path, quality.telemetry)
    quality.clock.turn(60)
    view = trace_page.trace(stores, f"hold:{hold.id}")
    assert view.series is not None
    assert (view.series.tag, view.series.values) == ("mixer.temperature", (5.0, 9.5))
    assert view.highlight is not None
    assert view.highlight[1] == quality.clock()  # it still is too warm
    assert station(view, 2).lines[0].startswith("Paste temperature 9.5 °C, limit 8, ")
    assert (station(view, 3).big, station(view, 3).link) == ("Quality hold", f"holds:{hold.id}")
    assert station(view, 4).big == "–"


def test_a_value_that_came_back_is_told_in_words(quality: QualityWorld, tmp_path: Path) -> None:
    hold = quality.breach()
    quality.value("mixer.temperature", 5.0)
    quality.value("mixer.temperature", 5.0, later_s=600)
    stores = stores_of(quality, tmp_path, quality.telemetry)
    told = station(trace_page.trace(stores, f"hold:{hold.id}"), 2).lines
    assert [words.rpartition(", ")[0] for words in told] == [
        "Paste temperature 9.5 °C, limit 8",
        "Paste temperature back inside",
    ]


def test_a_hold_that_was_kept_is_followed_into_odoo(quality: QualityWorld, tmp_path: Path) -> None:
    quality.kept()
    view = trace_page.trace(stores_of(quality, tmp_path, quality.telemetry), "hold:1")
    assert station(view, 4).big == "keep"
    assert station(view, 7).big == "as asked"
    assert view.odoo_url.endswith("/web#id=77&model=stock.picking&view_type=form")


def test_a_hold_placed_by_hand_has_no_samples(quality: QualityWorld, tmp_path: Path) -> None:
    quality.quality.place_hold(quality.inspector, lot="L-1", reason="seen on site")
    view = trace_page.trace(stores_of(quality, tmp_path, quality.telemetry), "hold:1")
    assert (view.series, view.highlight) == (None, None)
    assert station(view, 1).lines == ("No samples: a person entered it.",)


def test_a_check_is_decided_when_it_is_recorded(quality: QualityWorld, tmp_path: Path) -> None:
    quality.quality.record_check(quality.inspector, 3, {31: 1.1, 32: 321}, lot="L-1")
    stores = stores_of(quality, tmp_path, quality.telemetry)
    view = trace_page.trace(stores, "check:1")
    assert (station(view, 3).big, station(view, 3).link) == ("Quality check", "holds:checks")
    assert station(view, 4).lines[0].startswith("Ines, ")
    assert (view.series, view.highlight) == (None, None)
    row = quality.postings()[-1]
    with write(quality.ledger) as tx:
        outbox.move(tx, row, S.REJECTED, error="The test is gone.")
    assert station(trace_page.trace(stores, "check:1"), 6).level is Level.HIGH


# --- requests ----------------------------------------------------------------------------------------------


@pytest.fixture
def alarms(tmp_path: Path) -> AlarmWorld:
    return AlarmWorld(tmp_path)


def test_a_request_shows_the_value_that_tells_most_about_its_alarm(alarms: AlarmWorld) -> None:
    alarms.turn(minutes=20)
    alarms.values("filler1.air_bar", [6.0] * 40 + [3.0] * 3)
    alarms.values("filler1.weight", [250.0] * 43)
    alarms.raises("jam")
    raised = alarms.now
    form = alarms.desk.alarms.form("alarm:1")
    mia = alarms.person("Mia", Role.MAINTENANCE)
    alarms.desk.alarms.request(
        mia,
        form.source,
        form.version,
        equipment_id=form.equipment_id,
        title=form.title,
        description=form.description,
        priority=form.priority,
    )
    alarms.turn(minutes=3)
    view = alarms.desk.trace("request:1")
    assert view.series is not None
    assert view.series.tag == "filler1.air_bar"
    assert view.highlight == (raised, alarms.now)
    assert (station(view, 3).big, station(view, 3).link) == ("Maintenance request", "alarms:request:1")
    assert station(view, 4).lines[0].startswith("Mia, ")
    assert station(view, 7).big == "–"
    alarms.odoo_holds(alarms.postings()[0], "maintenance.request:17")
    view = alarms.desk.trace("request:1")
    assert station(view, 7).big == "as asked"
    alarms.clears("jam")
    alarms.turn(minutes=5)
    assert alarms.desk.trace("request:1").highlight == (raised, alarms.now - timedelta(minutes=5))


def proposed(world: AlarmWorld, source: str) -> None:
    """A request that the console proposes."""
    with write(world.ledger) as tx:
        tx.execute(
            insert(requests).values(
                trace_id="tr-1",
                state="proposed",
                source=source,
                machine="filler1",
                title="Weight drifts",
                kind="corrective",
                priority=1,
                evidence={},
                opened_at=world.now,
            )
        )


def test_a_request_of_a_condition_shows_its_value(alarms: AlarmWorld) -> None:
    start = alarms.now
    alarms.turn(minutes=30)
    alarms.values("filler1.weight", [250.0] * 20)
    with write(alarms.ledger) as tx:
        tx.execute(
            insert(conditions).values(
                trace_id="tr-0",
                machine="filler1",
                tag="filler1.weight",
                finding="drift",
                score=7.0,
                started_at=start,
                text="Weight drifts up.",
                evidence={},
            )
        )
    proposed(alarms, "condition:1")
    view = alarms.desk.trace("request:1")
    assert view.series is not None
    assert (view.series.tag, view.highlight) == ("filler1.weight", (start, alarms.now))
    assert station(view, 4).lines == ("Not decided yet.",)
    assert station(view, 3).foot == "proposed"


@pytest.mark.parametrize("source", ["upkeep:oil", "alarm:99", "condition:99", "hand"])
def test_a_request_without_samples_has_no_line(alarms: AlarmWorld, source: str) -> None:
    proposed(alarms, source)
    view = alarms.desk.trace("request:1")
    assert (view.series, view.highlight) == (None, None)


# --- the life of an order ----------------------------------------------------------------------------------


def test_scrap_consumption_and_an_operation_are_told_too(tmp_path: Path) -> None:
    floor = open_shop(tmp_path / "shop")
    floor.runs("filler", FIRST)
    floor.makes("filler", 60)
    floor.makes("filler", 4, "scrap")
    floor.next_hour()
    life = OrderLife(floor.ledger, floor.plant, "here", floor.clock)
    stores = stores_of(floor, tmp_path)
    life.operate(floor.lead, 11, "start", "set-up by hand")
    row = floor.postings()[-1]
    view = trace_page.trace(stores, f"posting:{row.id}")
    assert (station(view, 3).big, station(view, 3).lines) == ("Operation", ("Asked for by a person.",))
    assert (view.series, station(view, 1).big, station(view, 3).link) == (None, "–", "")
    assert station(view, 4).lines[0].startswith("Lead A, ")
    life.scrap(floor.lead, "filler", 1, 4.0, "Damaged", rework=True)
    view = trace_page.trace(stores, "scrap:1")
    assert (station(view, 3).big, station(view, 5).lines) == ("Rework", ("Nothing to book.",))
    with write(floor.ledger) as tx:
        scraps.grow(tx, "filler", FIRST, "RM-1", 33.0, "tr-c")
    view = trace_page.trace(stores, "consumption:1")
    assert station(view, 3).lines[0] == f"RM-1 for {FIRST}"
    assert station(view, 4).big == "–"


def test_a_count_is_still_traced_as_a_count(tmp_path: Path) -> None:
    floor = open_shop(tmp_path / "shop")
    a_green_hour(floor)
    floor.confirm_all()
    with read(floor.ledger) as tx:
        (row,) = outbox.newest(tx, 5)
    view = trace_page.trace(stores_of(floor, tmp_path), f"posting:{row.id}")
    assert view.stations[2].link.startswith("counts:")
    assert view.highlight is None
