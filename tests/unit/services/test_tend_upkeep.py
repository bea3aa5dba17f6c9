"""Running hours and cycles grow with the machine events, and preventive work falls due once a due point."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from console.domain.detect import MachineMemory
from console.domain.equipment import UpkeepSpec
from console.domain.machine_events import AdvanceKind, CountAdvanced, StateChanged
from console.domain.packml import MachineState
from console.services.ingest import Detected, Ingest
from console.services.tend_upkeep import TendUpkeep
from console.store import requests, usage
from console.store.engine import read, write
from console.store.requests import Request, RequestState
from console.store.usage import Meter
from tests.unit.services.alarm_world import FILLER, AlarmWorld

GREASE = UpkeepSpec("grease", "Grease the bearings", every_hours=10, priority=2)
BELT = UpkeepSpec("belt", "Look at the belt", every_cycles=100)
E, S = MachineState.EXECUTE, MachineState.STOPPED


@pytest.fixture
def world(tmp_path: Path) -> AlarmWorld:
    return AlarmWorld(tmp_path, upkeep=(GREASE, BELT))


def meter(world: AlarmWorld) -> Meter:
    with read(world.ledger) as tx:
        found = usage.meter(tx, "filler1")
    assert found is not None
    return found


def state(world: AlarmWorld, after: MachineState) -> None:
    world.tell("filler1", StateChanged("filler1", world.now, world.memories["filler1"].state, after, "x"))


def tend(world: AlarmWorld) -> list[Request]:
    TendUpkeep(world.ledger, world.plant).tend(world.now, lambda tx: None)
    with read(world.ledger) as tx:
        return list(reversed(requests.listed(tx, list(RequestState))))


def test_running_time_is_what_the_machine_executes(world: AlarmWorld) -> None:
    state(world, E)
    world.turn(hours=2)
    assert meter(world).seconds_at(world.now) == 2 * 3600
    state(world, S)
    world.turn(hours=5)
    assert meter(world).seconds_at(world.now) == 2 * 3600
    state(world, E)
    world.turn(minutes=30)
    state(world, MachineState.HELD)
    assert meter(world).seconds == 2.5 * 3600


def test_cycles_are_good_and_scrap_counts_and_no_jumps(world: AlarmWorld) -> None:
    world.make("filler1", 40, world.at(minutes=5))
    world.make("filler1", 3, world.at(minutes=6), counter="scrap")
    world.jump("filler1", 500, world.at(minutes=7))
    event = CountAdvanced("filler1", world.now, "t", "consumption", AdvanceKind.NORMAL, 0, 9, 9, 1, world.now)
    world.tell("filler1", event)
    assert meter(world).cycles == 43


def test_a_restart_in_between_counts_nothing_twice_and_loses_nothing(world: AlarmWorld) -> None:
    state(world, E)
    world.make("filler1", 10, world.at(minutes=5))
    found = world.plant.machine("filler1")
    assert found is not None

    class Killed(Exception):
        pass

    class LastFollower:
        def follow(self, *_: object) -> None:
            raise Killed

    broken = Ingest(world.ledger, world.plant)
    broken._followers = (*broken._followers, LastFollower())
    event = CountAdvanced(
        "filler1", world.now, "filler1.good", "good", AdvanceKind.NORMAL, 10, 17, 7, 1, world.now
    )
    with pytest.raises(Killed):
        broken.store([Detected(found, MachineMemory(), [event])], world.now)
    assert meter(world).cycles == 10
    Ingest(world.ledger, world.plant).store([Detected(found, MachineMemory(), [event])], world.now)
    assert meter(world).cycles == 17
    world.turn(hours=3)  # the edge was away, the machine ran on
    assert meter(world).seconds_at(world.now) == 3 * 3600


def test_a_machine_that_runs_before_there_is_a_meter_has_run_since_its_state_says_so(
    world: AlarmWorld,
) -> None:
    state(world, E)
    with write(world.ledger) as tx:
        tx.exec_driver_sql("DELETE FROM usage_meters")
    world.turn(hours=2)
    world.make("filler1", 5, world.now)
    assert meter(world).seconds_at(world.now) == 2 * 3600


def test_work_falls_due_once_a_due_point(world: AlarmWorld) -> None:
    state(world, E)
    world.turn(hours=9.9)
    assert tend(world) == []
    world.turn(hours=0.2)
    (made,) = tend(world)
    assert (made.state, made.source) == (RequestState.PROPOSED, "upkeep:filler1/grease@1")
    assert (made.kind, made.priority, made.equipment_id) == ("preventive", 2, FILLER.id)
    assert made.title == "Filler1: Grease the bearings"
    assert "run 10.1 hours" in made.description
    assert tend(world) == [made]
    (item,) = world.open_items()
    assert (item.domain, item.cause, item.choices) == ("maintenance", "request:1", ())
    (shown,) = world.desk.alarms.alarms().proposals
    assert (shown.id, shown.state) == (1, "proposed")


def test_also_after_the_edge_was_away_for_long(world: AlarmWorld) -> None:
    state(world, E)
    world.turn(hours=35)
    (made,) = tend(world)
    assert made.source == "upkeep:filler1/grease@3"
    assert "fell due 3 times" in made.description
    assert tend(world) == [made]
    world.turn(hours=4.9)
    assert tend(world) == [made]


def test_sent_it_closes_its_review_item_and_falls_due_again(world: AlarmWorld) -> None:
    mia = world.maintainer()
    state(world, E)
    world.turn(hours=10)
    tend(world)
    form = world.desk.alarms.form("request:1")
    world.desk.alarms.request(
        mia,
        "request:1",
        form.version,
        equipment_id=FILLER.id,
        title=form.title,
        description=form.description,
        priority=form.priority,
    )
    assert world.open_items() == []
    world.turn(hours=10)
    first, second = tend(world)
    assert (first.state, second.source) == (RequestState.REQUESTED, "upkeep:filler1/grease@2")


def test_due_again_while_nobody_decided_is_told_in_the_same_proposal(world: AlarmWorld) -> None:
    mia = world.maintainer()
    state(world, E)
    world.turn(hours=10)
    tend(world)
    world.turn(hours=10)
    (made,) = tend(world)
    assert made.source == "upkeep:filler1/grease@1"
    assert "for time 1, and still waits" in made.description
    assert made.version == 2
    assert len(world.open_items()) == 1
    world.desk.alarms.dismiss(mia, 1, 2, "done on Friday")
    assert world.open_items() == []
    world.turn(hours=10)
    assert [r.source for r in tend(world)] == ["upkeep:filler1/grease@1", "upkeep:filler1/grease@3"]


def test_by_cycles(world: AlarmWorld) -> None:
    world.make("filler1", 99, world.at(minutes=5))
    assert tend(world) == []
    world.make("filler1", 1, world.at(minutes=6))
    assert [r.source for r in tend(world)] == ["upkeep:filler1/belt@1"]


def test_work_that_the_plant_file_gets_later_begins_then(world: AlarmWorld) -> None:
    state(world, E)
    world.turn(hours=9)
    tend(world)
    new = UpkeepSpec("oil", "Change the oil", every_hours=2)
    machines = tuple(replace(m, upkeep=(new,)) if m.name == "filler1" else m for m in world.plant.machines)
    later = TendUpkeep(world.ledger, replace(world.plant, machines=machines))
    later.tend(world.now, lambda tx: None)
    with read(world.ledger) as tx:
        assert requests.listed(tx, [RequestState.PROPOSED]) == []
    world.turn(hours=2)
    later.tend(world.now, lambda tx: None)
    with read(world.ledger) as tx:
        assert [r.source for r in requests.listed(tx, [RequestState.PROPOSED])] == ["upkeep:filler1/oil@1"]


def test_a_lost_lease_proposes_nothing(world: AlarmWorld) -> None:
    state(world, E)
    world.turn(hours=10)

    class Lost(Exception):
        pass

    def fence(tx: object) -> None:
        raise Lost

    with pytest.raises(Lost):
        TendUpkeep(world.ledger, world.plant).tend(world.now, fence)
    assert meter(world).triggered["grease"]["times"] == 0
