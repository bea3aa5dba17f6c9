"""Occurrences made in the commit of the machine events; what only time ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.domain.alarms import AlarmState
from console.domain.detect import MachineMemory
from console.domain.equipment import AlarmPlan, AlarmTag
from console.domain.machine_events import AlarmRaised
from console.services.ingest import Detected, Ingest
from console.store import alarms, audit
from console.store.engine import read, write
from console.store.schema import audit as audit_rows
from tests.unit.services.alarm_world import ALARMS, AlarmWorld, filler
from tests.unit.services.screens_world import machine


@pytest.fixture
def world(tmp_path: Path) -> AlarmWorld:
    return AlarmWorld(tmp_path)


def live(world: AlarmWorld) -> list[tuple[str, AlarmState, int]]:
    with read(world.ledger) as tx:
        return [(o.tag.partition(".")[2], o.state, o.raises) for o in alarms.live(tx)]


def test_an_alarm_comes_chatters_and_goes(world: AlarmWorld) -> None:
    ada = world.maintainer()
    world.raises("slow")
    world.desk.alarms.acknowledge(ada, [(1, 1)])
    for _ in range(3):
        world.turn(seconds=5)
        world.clears("slow")
        world.turn(seconds=20)
        world.raises("slow")
    assert live(world) == [("slow", AlarmState.ACKNOWLEDGED, 4)]
    assert world.desk.alarms.alarms().suppressed == "3 repeats of 1 alarm"
    world.turn(seconds=5)
    world.clears("slow")
    assert live(world) == []
    world.turn(seconds=60)
    world.raises("slow")
    assert live(world) == [("slow", AlarmState.UNACKNOWLEDGED, 1)]
    assert world.row("slow").id == 2


def test_what_nobody_saw_stays_until_somebody_has(world: AlarmWorld) -> None:
    ada = world.maintainer()
    world.raises("slow")
    world.raises("estop")
    world.turn(seconds=5)
    world.clears("slow")
    world.clears("estop")
    assert {s for _, s, _ in live(world)} == {AlarmState.RETURNED, AlarmState.LATCHED}
    rows = {r.tag: r for g in world.groups() for r in (g, *g.children)}
    world.desk.alarms.acknowledge(ada, [(r.id, r.version) for r in rows.values()])
    assert live(world) == []


def test_a_latching_alarm_that_was_seen_waits_for_its_reset(world: AlarmWorld) -> None:
    ada = world.maintainer()
    world.raises("estop")
    world.desk.alarms.acknowledge(ada, [(1, 1)])
    world.turn(minutes=5)
    world.clears("estop")
    row = world.row("estop")
    assert row.state is AlarmState.LATCHED
    world.desk.alarms.acknowledge(ada, [(row.id, row.version)])
    assert live(world) == []


def test_consequences_stand_below_their_cause_in_whatever_order_they_came(world: AlarmWorld) -> None:
    world.raises("jam")
    world.turn(seconds=2)
    world.raises("air")
    world.turn(seconds=3)
    world.raises("slow")
    world.turn(seconds=20)
    world.raises("estop")
    groups = [(g.tag, [c.tag for c in g.children]) for g in world.groups()]
    assert groups == [("filler1.estop", []), ("filler1.air", ["filler1.jam", "filler1.slow"])]
    assert world.desk.alarms.alarms().suppressed == "2 alarms below their cause"


def test_what_loses_its_cause_stands_by_itself(world: AlarmWorld) -> None:
    ada = world.maintainer()
    world.raises("air")
    world.raises("jam")
    row = world.row("air")
    world.desk.alarms.acknowledge(ada, [(row.id, row.version)])
    world.clears("air")
    assert [(g.tag, g.children) for g in world.groups()] == [("filler1.jam", ())]


def test_the_occurrence_is_in_the_commit_of_its_event(world: AlarmWorld) -> None:
    found = world.plant.machine("filler1")
    assert found is not None
    memory = MachineMemory()
    memory.dirty.add("filler1.jam")

    class Killed(Exception):
        pass

    event = AlarmRaised("filler1", world.now, "filler1.jam", "Bottle jam", 2)

    class LastFollower:
        def follow(self, *_: object) -> None:
            raise Killed

    broken = Ingest(world.ledger, world.plant)
    broken._followers = (*broken._followers, LastFollower())
    with pytest.raises(Killed):
        broken.store([Detected(found, memory, [event])], world.now)
    assert live(world) == []
    with read(world.ledger) as tx:
        assert alarms.open_raised(tx) == {}
    # the same events again, as after a kill
    Ingest(world.ledger, world.plant).store([Detected(found, memory, [event])], world.now)
    assert live(world) == [("jam", AlarmState.UNACKNOWLEDGED, 1)]


def test_an_acknowledged_alarm_survives_a_restart(world: AlarmWorld, tmp_path: Path) -> None:
    ada = world.maintainer()
    world.raises("jam")
    world.desk.alarms.acknowledge(ada, [(1, 1)])
    world.ingest = Ingest(world.ledger, world.plant)  # the edge again: its memory tells nothing new
    assert world.ingest.load()["filler1"].alarms == {}
    world.tend()
    assert live(world) == [("jam", AlarmState.ACKNOWLEDGED, 1)]
    assert world.row("jam").acknowledged_by == ada.name


# --- floods ------------------------------------------------------------------------------------------------

MANY = tuple(AlarmTag(f"filler1.a{i}", f"Alarm {i}", 3) for i in range(30))


def burst(world: AlarmWorld, first: int, number: int) -> None:
    for i in range(first, first + number):
        world.turn(seconds=20)
        world.tell("filler1", AlarmRaised("filler1", world.now, f"filler1.a{i}", f"Alarm {i}", 3))


def test_a_flood_begins_with_the_eleventh_alarm_in_ten_minutes_and_ends_below_five(tmp_path: Path) -> None:
    world = AlarmWorld(tmp_path, alarms=MANY)
    burst(world, 0, 10)
    assert world.desk.alarms.alarms().flood == ""
    burst(world, 10, 1)
    view = world.desk.alarms.alarms()
    assert "11 alarms" in view.flood
    assert all(r.in_flood for r in view.groups)
    burst(world, 11, 1)
    assert "12 alarms" in world.desk.alarms.alarms().flood
    world.turn(seconds=600 - 81)  # five of them are within ten minutes
    world.tend()
    assert world.desk.alarms.alarms().flood
    world.turn(seconds=1)
    world.tend()
    view = world.desk.alarms.alarms()
    assert view.flood == ""
    assert not any(r.in_flood for r in view.groups)
    assert len(view.groups) == 12  # the alarms themselves are not gone


def test_chatter_makes_no_flood(world: AlarmWorld) -> None:
    for _ in range(20):
        world.raises("slow")
        world.turn(seconds=2)
        world.clears("slow")
        world.turn(seconds=2)
    assert world.desk.alarms.alarms().flood == ""


def test_a_shelved_alarm_makes_no_flood_and_is_recorded(tmp_path: Path) -> None:
    plan = AlarmPlan(flood_from=1, flood_until=1)
    world = AlarmWorld(tmp_path, plan)
    ada = world.maintainer()
    world.raises("slow")
    world.desk.alarms.shelve(ada, 1, 1, 30, "sensor is being changed")
    world.clears("slow")
    world.turn(minutes=5)
    world.raises("slow")  # shelved: not shown
    world.turn(minutes=1)
    world.raises("jam")
    assert world.desk.alarms.alarms().flood != ""  # slow, before it was shelved, and jam
    assert ("slow", AlarmState.UNACKNOWLEDGED, 2) in live(world)


# --- shelvings ---------------------------------------------------------------------------------------------


def test_a_shelving_ends_by_itself_and_the_console_says_so(world: AlarmWorld) -> None:
    ada = world.maintainer()
    world.raises("slow")
    world.desk.alarms.shelve(ada, 1, 1, 30, "known")
    assert world.groups() == ()
    assert world.desk.header().alarms == (0, 0, 0)
    world.turn(minutes=30)
    assert [g.tag for g in world.groups()] == ["filler1.slow"]  # also while no edge runs
    assert world.desk.header().alarms == (0, 0, 1)
    world.tend()
    world.tend()
    with read(world.ledger) as tx:
        assert alarms.run_out(tx, world.now) == []
        told = [r.action for r in tx.execute(audit_rows.select()) if r.actor == "the console"]
        assert told == ["alarm shelving ran out"]
        assert audit.verify(tx).problem == ""


def test_a_round_with_nothing_to_do_writes_nothing(world: AlarmWorld) -> None:
    world.raises("slow")
    fenced: list[object] = []
    world.tender.tend(world.now, fenced.append)
    assert fenced == []


def test_a_lost_lease_stops_the_tender(world: AlarmWorld) -> None:
    ada = world.maintainer()
    world.raises("slow")
    world.desk.alarms.shelve(ada, 1, 1, 30, "known")
    world.turn(hours=1)

    class Lost(Exception):
        pass

    def fence(tx: object) -> None:
        raise Lost

    with pytest.raises(Lost):
        world.tender.tend(world.now, fence)
    with read(world.ledger) as tx:
        assert len(alarms.run_out(tx, world.now)) == 1


# --- the plant file changes --------------------------------------------------------------------------------


def test_an_alarm_that_the_plant_file_loses_clears_and_one_that_comes_back_stands(world: AlarmWorld) -> None:
    world.raises("slow")
    without = replace(world.plant, machines=(filler(alarms=ALARMS[:2]), machine("m2", "WC2")))
    lost = type(world.tender)(world.ledger, without)
    world.turn(minutes=5)
    lost.tend(world.now, lambda tx: None)
    assert live(world) == [("slow", AlarmState.RETURNED, 1)]
    world.turn(hours=2)
    world.tend()  # the old plant file again; the machine events say that it stands
    assert live(world) == [("slow", AlarmState.UNACKNOWLEDGED, 2)]


def test_counts_leave_out_shelved_ones_and_keep_those_below_a_cause(world: AlarmWorld) -> None:
    world.raises("air")
    world.raises("jam")
    world.turn(seconds=15)
    world.raises("slow")
    world.clears("slow")
    assert world.desk.header().alarms == (0, 2, 1)  # the slow one has cleared, and nobody saw it
    with write(world.ledger) as tx:
        alarms.shelve(tx, "filler1", "filler1.jam", "Ada", "x", world.now, world.now + timedelta(hours=1))
        assert alarms.counts(tx, world.now) == (0, 1, 1)
        assert alarms.counts(tx, world.now + timedelta(hours=1)) == (0, 2, 1)
    tile = next(t for t in world.desk.overview() if t.machine == "filler1")
    assert tile.alarms == ("Air pressure low",)  # what stands now, and is not shelved
