"""The header: what it says with nothing, with all well, and with each thing wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.domain.holds import HoldState, Scope
from console.domain.machine_events import AlarmRaised
from console.domain.packml import MachineState
from console.domain.stops import StopCategory
from console.domain.tags import LinkState, Quality
from console.services.screens.header import shift_of
from console.services.views import Level, OdooLink
from console.store import holds, stops
from console.store.engine import write
from console.store.holds import NewHold
from tests.unit.services.screens_world import World, machine, plant_of


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_without_an_edge_nothing_looks_alive(world: World) -> None:
    world.link("opcua")
    view = world.desk.header()
    assert not view.edge_alive
    assert "plant-console edge" in view.edge_reason
    assert {x.state for x in view.links} == {LinkState.DOWN}
    assert view.odoo is OdooLink.UNKNOWN
    assert (view.outbox_waiting, view.outbox_oldest_s, view.clock_skew_s) == (0, None, None)


def test_all_is_well(world: World) -> None:
    world.sync()
    world.alive()
    world.now += timedelta(seconds=4)
    view = world.desk.header()
    assert view.edge_alive
    assert view.odoo is OdooLink.UP
    assert [(x.name, x.state) for x in view.links] == [("opcua", LinkState.UP), ("modbus", LinkState.UP)]
    assert view.master_data_level is Level.NORMAL
    assert (view.shift, view.shift_left_s) == ("Morning", 5 * 3600 - 4)


def test_the_edge_counts_as_dead_after_five_seconds(world: World) -> None:
    world.sync()
    world.alive()
    world.now += timedelta(seconds=5.1)
    view = world.desk.header()
    assert not view.edge_alive
    assert view.odoo is OdooLink.UNKNOWN
    assert {x.state for x in view.links} == {LinkState.DOWN}


def test_odoo_not_configured_refused_and_down(world: World, tmp_path: Path) -> None:
    world.alive()
    world.odoo("refused", "The key is not known.")
    view = world.desk.header()
    assert (view.odoo, view.odoo_reason) == (OdooLink.REFUSED, "The key is not known.")
    without = World(tmp_path / "b", replace(world.plant, odoo=None))
    assert without.desk.header().odoo is OdooLink.NOT_CONFIGURED
    assert without.desk.header().master_data_level is Level.NORMAL


def test_clock_skew_is_told_by_the_freshest_sample(world: World) -> None:
    world.alive()
    world.now += timedelta(seconds=60)
    world.beat()
    world.sample("filler1.state", 6, late_s=3600)  # has not changed for an hour: says nothing of the clock
    world.sample("filler1.good", 5, late_s=3.5)
    view = world.desk.header()
    assert view.clock_skew_s == pytest.approx(-3.5)
    assert view.clock_level is Level.MEDIUM


def test_clock_skew_ahead_bad_and_first_values(world: World) -> None:
    world.alive()
    world.sample("filler1.good", 5, late_s=-40)  # right after connecting: of any age
    assert world.desk.header().clock_skew_s is None
    world.now += timedelta(seconds=4)
    world.sample("filler1.good", None, late_s=-40, quality=Quality.BAD)
    assert world.desk.header().clock_skew_s is None
    world.sample("filler1.good", 6, late_s=-40)
    view = world.desk.header()
    assert view.clock_skew_s == pytest.approx(40)
    assert view.clock_level is Level.HIGH


def test_what_waits_is_counted(world: World) -> None:
    world.sync()
    ada = world.person()
    world.hours("filler1", [587, 600])
    world.runs("m2")
    world.jump("m2", 430, world.now)
    world.make("m2", 5, world.now)
    view = world.desk.header()
    assert (view.counts_waiting, view.counts_failing, view.review_open) == (2, 0, 0)
    world.close(world.now + timedelta(hours=1))
    assert world.desk.header().review_open == 1
    assert world.desk.header().counts_failing == 1
    world.desk.confirm(ada, world.picks())
    view = world.desk.header()
    assert (view.counts_waiting, view.outbox_waiting, view.outbox_late) == (0, 2, False)
    world.now += timedelta(minutes=3)
    view = world.desk.header()
    assert view.outbox_late
    assert view.outbox_oldest_s == 180
    world.book(1)
    assert world.desk.header().odoo_verified_at == world.now


def test_alarms_by_priority(world: World) -> None:
    for number, priority in enumerate((1, 2, 2, 3)):
        world.tell("filler1", AlarmRaised("filler1", world.now, f"t{number}", "jam", priority))
    assert world.desk.header().alarms == (1, 2, 1)


def stands(world: World, machine_: str, ago_s: float, lasted_s: float | None = None) -> int:
    """An unexplained stop; None: it stands still."""
    start = world.now - timedelta(seconds=ago_s)
    values = {
        "trace_id": f"{machine_}-{ago_s}",
        "machine": machine_,
        "started_at": start,
        "ended_at": None if lasted_s is None else start + timedelta(seconds=lasted_s),
        "state": MachineState.STOPPED.value,
        "category": StopCategory.UNPLANNED.value,
        "plant_version": "1",
    }
    with write(world.ledger) as tx:
        return stops.add(tx, values)


def test_stops_without_a_reason_are_asked_about_what_stands_first(world: World) -> None:
    short = stands(world, "m2", 30.0)
    assert (world.desk.header().stops_waiting, world.desk.header().stop_prompts) == (0, ())
    world.now += timedelta(seconds=30)  # now it is as long as the machine's threshold
    assert [p.stop_id for p in world.desk.header().stop_prompts] == [short]
    stood = [stands(world, "m2", 9000.0 + 500 * n, 400.0 + n) for n in range(6)]
    longest = stands(world, "filler1", 120.0)
    view = world.desk.header()
    assert view.stops_waiting == 8
    assert [p.stop_id for p in view.stop_prompts] == [longest, short, stood[5], stood[4], stood[3]]
    first = view.stop_prompts[0]
    assert (first.title, first.started_at, first.ended_at) == (
        "Filler1",
        world.now - timedelta(seconds=120),
        None,
    )


def test_holds_that_a_person_must_decide_are_counted(world: World) -> None:
    with write(world.ledger) as tx:
        for number, state in enumerate(HoldState):
            hold = NewHold(f"h{number}", state, 1, Scope.LOT, f"cause {number}", "weight", "limit")
            holds.add(tx, hold, world.now)
    assert world.desk.header().holds_open == 3  # proposed, held, rework: the others wait for Odoo or are over


def test_shift_over_midnight_and_a_change_of_clocks() -> None:
    plant = plant_of((machine("filler1", "WC1"),))
    night = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)  # 02:00 in the plant
    assert shift_of(plant, night) == ("Night", 4 * 3600)
    # the night of 24 to 25 October 2026 is an hour longer
    before = datetime(2026, 10, 24, 22, 0, tzinfo=UTC)  # 00:00 summer time
    assert shift_of(plant, before) == ("Night", 7 * 3600)
    assert shift_of(replace(plant, shifts=()), night) == ("", None)


def test_machines_are_counted_by_their_connections(world: World) -> None:
    world.alive()
    view = world.desk.header()
    assert (view.machines_up, view.machines_all) == (2, 2)
    assert [x.machines for x in view.links] == [("Filler1",), ("M2",)]
    world.link("modbus", LinkState.DOWN, "It does not answer.")
    assert world.desk.header().machines_up == 1
    world.now += timedelta(seconds=6)  # the edge is silent: nobody knows of any machine
    assert world.desk.header().machines_up == 0
