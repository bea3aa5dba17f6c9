"""The demo's plant file: it can be used, and what it watches goes off when the demo makes it, not before."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cache

import pytest

from console.demo.plant import DemoOdoo, plant_file, seed_machines
from console.domain.condition import Watch
from console.domain.condition_model import Model
from console.domain.equipment import LimitSpec, Machine, Plant
from console.domain.packml import MachineState
from console.plant_file import parse_plant
from console.simulator.catalog import HALL_POINTS, MACHINES
from console.simulator.model import ABORTED, EXECUTE
from console.simulator.model import Plant as SimulatedPlant

ODOO = DemoOdoo("http://127.0.0.1:8069", "plant", "env:KEY", 22.0, 15.0)


@cache
def demo(around: time = time(12), speed: float = 60) -> Plant:
    text = plant_file("opc.tcp://127.0.0.1:4840", "127.0.0.1", 502, speed, 15, ODOO, around=around)
    return parse_plant(text, "plant.toml")


def machine(name: str) -> Machine:
    found = demo().machine(name)
    assert found is not None
    return found


def limit(name: str) -> LimitSpec:
    return next(x for x in machine("filler2").limits if x.name == name)


@pytest.mark.parametrize("speed", [1, 60, 200])
def test_it_can_be_used_and_has_every_signal(speed: float) -> None:
    read = demo(speed=speed)
    wanted = {f"{m.name.lower()}.{p.signal}" for m in MACHINES for p in m.served_points()}
    wanted |= {f"filler2.{p.signal}" for p in HALL_POINTS}
    assert {tag.name for tag in read.tags} == wanted
    assert read.odoo is not None


def test_without_an_odoo() -> None:
    text = plant_file("opc.tcp://127.0.0.1:4840", "127.0.0.1", 502, 60, 15, None)
    assert parse_plant(text, "plant.toml").odoo is None


def test_everything_that_can_be_watched_is() -> None:
    read = demo()
    assert all(m.equipment and m.micro_stop_s == 2 for m in read.machines)
    assert {c.kind for m in read.machines for c in m.counters} == {"good", "scrap", "consumption"}
    assert [m.name for m in read.machines if m.upkeep] == ["labeller1", "palletiser"]
    assert [m.name for m in read.machines if m.conditions] == ["labeller1"]
    assert machine("filler2").programs == (("SH400", "P-400"),)
    made = dict(zip((m.name.lower() for m in MACHINES), seed_machines(), strict=True))
    for m in read.machines:
        products = {x.product for x in m.limits if x.product} | {product for product, _ in m.programs}
        assert products <= {made[m.name].product_code}
        causes = {a.tag: a.caused_by for a in m.alarms}
        assert causes[f"{m.name}.alarm_downstream"] == (f"{m.name}.alarm_jam",)
        assert all(a.guidance for a in m.alarms)
    jammed = read.stop_reason_of(read.machines[0], ABORTED)
    assert jammed is not None
    assert jammed.loss == "Equipment Failure"


def test_no_break_is_near_whatever_the_time() -> None:
    whole = {b.name for shift in demo(time(7)).shifts for b in shift.breaks}
    assert len(whole) == 6
    day = datetime(2026, 3, 2, tzinfo=None)  # noqa: DTZ001 local times of day
    for minutes in range(0, 24 * 60, 5):
        at = day + timedelta(minutes=minutes)
        for shift in demo(at.time()).shifts:
            for one in shift.breaks:
                start, end = (datetime.combine(day, t) for t in (one.start, one.end))
                for days in (-1, 0, 1):
                    away = timedelta(days=days)
                    assert not start + away - timedelta(minutes=29) < at < end + away + timedelta(minutes=29)


def test_by_itself_nothing_leaves_its_action_limits() -> None:
    temperature, humidity = limit("temperature"), limit("humidity")
    assert temperature.action_low is not None
    assert temperature.action_high is not None
    for seed in range(1, 7):
        plant = SimulatedPlant(seed, 60)
        filler = plant.machine("Filler2")
        for _ in range(6000):  # ten minutes of the demo
            plant.step(0.1)
            assert temperature.action_low < filler.shown_temperature_degc < temperature.action_high
            assert abs(plant.hall.value("humidity") - humidity.target) < 3 * humidity.sigma
    assert humidity.run_rules == ("1-beyond-3s",)


def test_an_excursion_leaves_them_whatever_the_machine_does() -> None:
    action_high = limit("temperature").action_high
    assert action_high is not None
    for seed in range(1, 7):
        plant = SimulatedPlant(seed, 60)
        filler = plant.machine("Filler2")
        for _ in range(300):
            plant.step(0.1)
        filler.make_excursion(14, 300)
        plant.hall.make_excursion(20, 300)
        beyond, damp = 0, 0.0
        for _ in range(50):
            plant.step(0.1)
            beyond += filler.shown_temperature_degc > action_high
            damp = max(damp, plant.hall.value("humidity"))
        assert beyond > 25  # tenths of a second
        assert damp > (limit("humidity").action_high or 0)


def test_a_stop_of_interest_lasts_two_seconds_here() -> None:
    """Micro-stops of the simulator stay below the threshold, jams are above it."""
    plant = SimulatedPlant(7, 60)
    for step in range(12_000):
        plant.step(0.1, 1000 + step / 10)
    lengths: dict[str, list[float]] = {}
    for simulated in plant.machines.values():
        for stop in simulated.history.stops:
            if stop.ended is not None:
                lengths.setdefault(stop.cause, []).append(stop.ended - stop.started)
    threshold = machine("filler1").micro_stop_s
    assert max(lengths["micro"]) < threshold < min(lengths["jam"])


def test_upkeep_falls_due_within_a_tour() -> None:
    plant = SimulatedPlant(7, 60)
    for _ in range(600):
        plant.step(0.1)
    labeller = plant.machine("Labeller1")
    (upkeep,) = machine("labeller1").upkeep
    assert labeller.good_raw - labeller.spec.good_start + labeller.scrap_raw > upkeep.every_cycles


@pytest.mark.parametrize("seed", [1, 4, 7])
def test_wear_is_found_within_seconds_and_nothing_before(seed: int) -> None:
    """As the edge feeds it: a sample where the value changed, and the machine's states."""
    plant = SimulatedPlant(seed, 60)
    labeller = plant.machine("Labeller1")
    (spec,) = machine("labeller1").conditions
    watch = Watch(spec, Model(), frozenset({MachineState.EXECUTE}))
    shown = -1.0
    found: list[float] = []
    for step in range(5 * 600 + 150):
        at = 1e9 + step / 10
        if step == 5 * 600:
            labeller.drift_mm_s_per_h = 6
        plant.step(0.1, at)
        watch.state(at, MachineState.EXECUTE if labeller.state == EXECUTE else MachineState.SUSPENDED)
        if labeller.vibration_mm_s != shown:
            shown = labeller.vibration_mm_s
            watch.value(at, shown)
        watch.until(at)
        learned = any(here.baseline is not None for here in watch.model.states.values())
        assert learned or step < 250, "learned in 25 seconds at the latest"
        found += [step / 10 - 300 for change in watch.take() if change.what == "began"]
    assert found
    assert 0 < min(found) < 15
