"""Overview and the machine's page."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from console.domain.equipment import Counter
from console.domain.machine_events import AlarmRaised, CounterReset, DataGap, StateChanged
from console.domain.packml import MachineState
from console.domain.policies import Flow, Mode
from console.domain.tags import LinkState, LinkStatus, Quality
from console.services.desk import Desk
from console.services.screens.common import NotFound
from console.services.views import Level, TileView
from tests.unit.services.screens_world import (
    DOZENS,
    ORDER,
    SECOND,
    START,
    UNITS,
    World,
    machine,
    master_data,
    plant_of,
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def tile(desk: Desk, name: str) -> TileView:
    return next(t for t in desk.overview() if t.machine == name)


def test_nothing_known_yet(world: World) -> None:
    first, second = world.desk.overview()
    assert (first.machine, second.machine) == ("filler1", "m2")
    assert first.state is MachineState.UNDEFINED
    assert first.stale_s is not None
    assert (first.made, first.ordered, first.expected, first.spark) == (None, None, None, ())


def test_no_machine_at_all(tmp_path: Path) -> None:
    assert World(tmp_path, plant_of(())).desk.overview() == ()


def test_a_running_machine(world: World) -> None:
    world.sync()
    ada = world.person()
    world.sample("filler1.good", 1000)
    world.hours("filler1", [587, 600])
    world.alive()
    world.desk.confirm(ada, world.picks()[:1])
    world.book(1)
    for i in range(60):  # ten a five seconds, for five minutes
        world.make("filler1", 10, world.now + timedelta(seconds=5 * (i + 1)))
    world.now += timedelta(seconds=302)
    world.alive()
    view = tile(world.desk, "filler1")
    assert (view.stale_s, view.order_reference, view.product) == (None, ORDER, "Shampoo 250 ml")
    assert view.made == 587 + 600 + 600
    assert (view.ordered, view.confirmed, view.verified) == (2000, 587, 587)
    assert view.spark == (587, 600)
    assert view.rate_per_h == pytest.approx(7200, rel=0.1)
    assert (view.attention, view.level) == ("1 h to confirm", Level.NORMAL)
    assert view.expected is not None
    assert 960 < view.expected < 970  # since the first count, at 08:29


def test_a_quiet_machine_is_not_stale_but_a_lost_one_is(world: World) -> None:
    world.sync()
    world.alive()
    world.sample("filler1.state", 2)
    world.sample("m2.state", 2)
    world.now += timedelta(hours=3)
    world.beat()
    assert tile(world.desk, "filler1").stale_s is None
    world.link("opcua", LinkState.DOWN, "192.0.2.14 is not reached.")
    lost = tile(world.desk, "filler1")
    assert lost.stale_s == 3 * 3600
    assert "3 h old" in lost.stale_reason
    assert "192.0.2.14" in lost.stale_reason
    assert lost.rate_per_h is None
    assert tile(world.desk, "m2").stale_s is None
    world.now += timedelta(seconds=10)
    assert "edge does not run" in tile(world.desk, "m2").stale_reason


def test_values_that_the_device_calls_bad_are_stale(world: World) -> None:
    world.alive()
    world.sample("filler1.state", None, quality=Quality.BAD)
    assert "bad" in tile(world.desk, "filler1").stale_reason


def test_a_tag_that_the_device_does_not_know_is_told(world: World) -> None:
    world.alive()
    world.sample("filler1.state", 6)
    world.telemetry.save_link(LinkStatus("opcua", LinkState.UP, world.now, "", "", ("filler1.good",)))
    view = tile(world.desk, "filler1")
    assert (view.attention, view.level) == ("tag missing", Level.HIGH)
    assert tile(world.desk, "m2").attention == ""


def test_the_only_released_order_is_taken_and_no_order_is_told(world: World) -> None:
    data = master_data(world.now)
    world.sync(replace(data, operations=data.operations[:1]))
    world.alive()
    world.tell(
        "filler1", StateChanged("filler1", world.now, MachineState.UNDEFINED, MachineState.EXECUTE, "6")
    )
    assert tile(world.desk, "filler1").order_reference == ORDER
    world.sync(replace(data, fetched_at=world.at(minutes=1)))
    view = tile(world.desk, "filler1")
    assert (view.order_reference, view.attention, view.level) == ("", "no order", Level.MEDIUM)


def test_review_and_alarms_by_urgency(world: World) -> None:
    world.sync()
    world.runs("filler1")
    world.jump("filler1", 430, world.at(minutes=5))
    world.make("filler1", 10, world.at(minutes=6))
    world.close(world.at(hours=1, minutes=1))
    assert tile(world.desk, "filler1").attention == "review"
    world.tell("filler1", AlarmRaised("filler1", world.now, "filler1.jam", "Bottle jam", 1))
    view = tile(world.desk, "filler1")
    assert (view.attention, view.level) == ("alarm: Bottle jam", Level.CRITICAL)
    assert view.alarms == ("Bottle jam",)


def test_a_case_counter_is_told_in_the_orders_unit(tmp_path: Path) -> None:
    cartoner = machine("filler1", "WC1", unit="Dozens", ideal_rate_per_h=50.0)
    world = World(tmp_path, plant_of((cartoner,)))
    world.sync()
    world.hours("filler1", [50])
    view = tile(world.desk, "filler1")
    assert (view.unit, view.made, view.ideal_rate_per_h, view.spark) == ("Units", 600, 600, (600,))
    assert world.desk.counts(None, 5).rows[0].unit_note == "1 Dozens = 12 Units"
    assert DOZENS.factor / UNITS.factor == 12


# --- the machine's page ---------------------------------------------------------------------------------


def test_an_unknown_machine_is_told_with_the_known_ones(world: World) -> None:
    with pytest.raises(NotFound, match="filler1, m2"):
        world.desk.machine("fillr1")
    with pytest.raises(NotFound):
        world.desk.trend("filler1", "m2.good", START, world.at(hours=1), 100)


def test_values_and_events_in_words(world: World) -> None:
    world.sync()
    world.alive()
    world.runs("filler1", ORDER)
    world.runs("filler1", SECOND)
    world.sample("filler1.state", 6)
    world.sample("filler1.good", 41807)
    world.sample("filler1.fill_weight", 250.4321)
    world.sample("filler1.jam", False)
    world.sample("filler1.order", None, quality=Quality.BAD)
    at = world.at(minutes=2)
    world.tell(
        "filler1",
        CounterReset("filler1", at, "filler1.good", "good", 65102, 3),
        DataGap("filler1", at, "filler1.good", "good", "the link was lost", START, 1, 2),
        AlarmRaised("filler1", at, "filler1.jam", "Bottle jam", 2),
    )
    world.now = at
    world.beat()
    view = world.desk.machine("filler1")
    values = {v.tag: v for v in view.values}
    assert values["filler1.state"].value == "execute (6)"
    assert (values["filler1.good"].value, values["filler1.good"].numeric) == ("41,807", True)
    assert (values["filler1.fill_weight"].value, values["filler1.fill_weight"].label) == (
        "250.4",
        "Fill weight",
    )
    assert (values["filler1.jam"].label, values["filler1.jam"].value) == ("Bottle jam", "off")
    assert values["filler1.order"].stale
    assert not values["filler1.good"].stale
    words = [e.text for e in view.events]
    assert f"Order {ORDER} → {SECOND}" in words
    assert "The good counter started again: 65,102 → 3" in words
    assert "No data of the good counter for 2 min: the link was lost" in words
    assert view.events[0].text == "Alarm: Bottle jam"
    assert view.connection is not None
    assert view.connection.state is LinkState.UP


def test_trend_with_states_gaps_and_bad_values(world: World) -> None:
    for minute, value in enumerate((1.0, 2.0, None, 4.0)):
        world.now = world.at(minutes=minute)
        quality = Quality.BAD if value is None else Quality.GOOD
        world.sample("filler1.fill_weight", value, late_s=0, quality=quality)
    world.tell(
        "filler1",
        StateChanged("filler1", world.at(minutes=1), MachineState.STOPPED, MachineState.EXECUTE, "6"),
        DataGap("filler1", world.at(minutes=9), "filler1.good", "good", "lost", world.at(minutes=7), 1, 2),
    )
    view = world.desk.trend("filler1", "filler1.fill_weight", START, world.at(minutes=10), 100)
    assert view.series.samples == 4
    assert [(b.state, b.start, b.end) for b in view.bands] == [
        (MachineState.STOPPED, START, world.at(minutes=1)),
        (MachineState.EXECUTE, world.at(minutes=1), world.at(minutes=10)),
    ]
    assert [(g[0], g[1], g[2]) for g in view.gaps] == [
        (world.at(minutes=2), world.at(minutes=3), "bad values"),
        (world.at(minutes=7), world.at(minutes=9), "lost"),
    ]


def test_a_second_good_counter_counts_with_its_own_units(tmp_path: Path) -> None:
    two = machine("filler1", "WC1")
    two = replace(two, counters=(*two.counters, Counter("filler1.cases", "good", 65536, 1.0, 12.0)))
    world = World(tmp_path, plant_of((two,)))
    world.sync()
    world.hours("filler1", [10])
    assert "1 count = 12 Units" in world.desk.counts(None, 5).rows[0].unit_note


def test_nothing_is_missing_before_the_first_value(world: World) -> None:
    world.now = world.at(minutes=50)
    world.sample("filler1.good", 1000, late_s=0)
    world.tell(
        "filler1",
        StateChanged("filler1", world.now, MachineState.UNDEFINED, MachineState.EXECUTE, "6"),
        DataGap("filler1", world.at(minutes=51), "filler1.good", "good", "lost", START, 1, 2),
    )
    view = world.desk.trend("filler1", "filler1.good", START, world.at(minutes=60), 100)
    assert view.known_from == world.at(minutes=50)
    assert [(b.state, b.start) for b in view.bands] == [(MachineState.EXECUTE, world.at(minutes=50))]
    assert [(g[0], g[1]) for g in view.gaps] == [(world.at(minutes=50), world.at(minutes=51))]
    later = world.desk.trend("filler1", "filler1.good", world.at(minutes=55), world.at(minutes=60), 100)
    assert later.known_from is None


def test_a_policy_that_is_not_confirm_stands_on_the_tile(world: World) -> None:
    ada = world.person()
    assert [t.policy for t in world.desk.overview()] == ["", ""]
    world.desk.policies.set(ada, "filler1", Flow.PRODUCTION, Mode.AUTOMATIC, 2.0, "runs well")
    world.desk.policies.set(ada, "filler1", Flow.HOLD, Mode.SHADOW, 0.0, "new limits")
    world.desk.policies.set(ada, "m2", Flow.PRODUCTION, Mode.SHADOW, 0.0, "new")
    assert [t.policy for t in world.desk.overview()] == ["automatic 2 % · hold shadow", "shadow"]
    world.desk.policies.set(ada, "m2", Flow.PRODUCTION, Mode.CONFIRM, 0.0, "known now")
    assert world.desk.overview()[1].policy == ""
