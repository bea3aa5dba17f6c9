"""What is forced on the simulated plant, and what it says really happened."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from console.simulator.catalog import MATERIAL_STEP
from console.simulator.excursion import HUMIDITY_PERCENT
from console.simulator.modbus_server import registers_of
from console.simulator.model import ABORTED, EXECUTE, HELD, STOPPED, SUSPENDED, Machine, Plant
from console.simulator.opcua_server import signal_value
from tests.unit.simulator.test_model import made, run_for

T0 = 1_700_000_000.0


def at_work(seed: int = 7) -> Plant:
    """A plant that has run for a while, with its clock set."""
    plant = Plant(seed, 60)
    plant.step(0.1, T0)
    run_for(plant, 5)
    return plant


def running(plant: Plant, name: str) -> Machine:
    """The machine, once it executes."""
    machine = plant.machine(name)
    for _ in range(1000):
        if machine.state == EXECUTE:
            return machine
        plant.step(0.1)
    raise AssertionError(f"{name} does not run")


def stops(machine: Machine) -> list[dict[str, Any]]:
    told = machine.truth()["stops"]
    assert isinstance(told, list)
    return told


# --- stops ------------------------------------------------------------------------------------------------


def test_stops_are_told_as_a_reader_saw_them() -> None:
    """Beside the log: the state after each step, which is what both servers show."""
    plant = Plant(7, 60)
    seen: list[list[Any]] = []
    machine = plant.machine("Filler1")
    before = EXECUTE
    for step in range(9000):
        at = T0 + step / 10
        plant.step(0.1, at)
        if machine.state != EXECUTE and before == EXECUTE:
            seen.append([at, None])
        if machine.state == EXECUTE and before != EXECUTE:
            seen[-1][1] = at
        before = machine.state
    told = stops(machine)
    assert [[s["started"], s["ended"]] for s in told] == seen
    assert len(told) > 10
    assert {s["cause"] for s in told} >= {"micro", "starved"}
    named = {"micro": SUSPENDED, "starved": SUSPENDED, "held": HELD, "jam": ABORTED}
    assert all(s["state"] == named[s["cause"]] for s in told if s["ended"] is not None)


def test_a_breakdown_lasts_as_long_as_asked_and_starts_up_again() -> None:
    plant = at_work()
    machine = running(plant, "Filler1")
    before = len(stops(machine))
    machine.break_down(300, plant.acting_s)  # 5 real seconds
    plant.note(plant.at)
    began = plant.at
    assert stops(machine)[-1]["ended"] is None
    assert machine.alarm("alarm_jam")
    run_for(plant, 15)
    stop = stops(machine)[before]
    assert (stop["cause"], stop["state"], stop["started"]) == ("breakdown", ABORTED, began)
    aborted = dict(stop["states"])
    assert aborted[1] - aborted[ABORTED] == pytest.approx(5, abs=0.21)
    # six acting states around it
    assert stop["ended"] - stop["started"] == pytest.approx(5 + 6 * 0.3, abs=0.4)
    assert not machine.alarm("alarm_jam")


def test_a_breakdown_stops_nothing_else() -> None:
    one, other = at_work(), at_work()
    running(one, "Filler1").break_down(300, one.acting_s)
    run_for(one, 20)
    run_for(other, 20)
    for name in set(one.machines) - {"Filler1"}:
        assert one.machine(name).truth() == other.machine(name).truth()


def test_a_stopped_machine_does_not_break_down() -> None:
    plant = at_work()
    machine = plant.machine("Filler1")
    machine.stop(plant.acting_s)
    with pytest.raises(ValueError, match="resume it first"):
        machine.break_down(60, plant.acting_s)
    plant.note(plant.at)
    assert (stops(machine)[-1]["state"], stops(machine)[-1]["cause"]) == (STOPPED, "asked")


# --- alarms -----------------------------------------------------------------------------------------------


def test_a_lasting_jam_starves_what_stands_behind() -> None:
    plant = at_work()
    machine = running(plant, "Capper1")
    machine.break_down(300, plant.acting_s)
    seen: list[tuple[bool, bool]] = []
    for _ in range(150):
        plant.step(0.1)
        seen.append((machine.alarm("alarm_jam"), machine.alarm("alarm_downstream")))
    assert seen.index((True, True)) == pytest.approx(10, abs=2)
    assert (False, True) in seen
    assert seen[-1] == (False, False)
    told = {a["name"]: a for a in machine.truth()["alarms"]}  # type: ignore[attr-defined]
    assert told["alarm_jam"]["started"] < told["alarm_downstream"]["started"]
    assert told["alarm_jam"]["ended"] < told["alarm_downstream"]["ended"]


@pytest.mark.parametrize("name", ["alarm_jam", "jam"])
def test_an_alarm_without_its_cause(name: str) -> None:
    plant = at_work()
    machine = running(plant, "Filler2")
    assert machine.raise_alarm(name, 120) == "alarm_jam"
    assert signal_value(machine, "alarm_jam") is True
    run_for(plant, 1.5)
    assert machine.alarm("alarm_jam")
    run_for(plant, 1)
    assert not machine.alarm("alarm_jam")
    assert [a["name"] for a in machine.truth()["alarms"]][-1:] == ["alarm_jam"]  # type: ignore[attr-defined]
    with pytest.raises(KeyError):
        machine.raise_alarm("fire", 120)


# --- values -----------------------------------------------------------------------------------------------


def test_an_excursion_of_the_temperature_goes_and_comes_back() -> None:
    plant = at_work()
    machine = plant.machine("Filler2")
    usual = [machine.shown_temperature_degc]
    machine.make_excursion(14, 300)
    shown = []
    for _ in range(70):
        plant.step(0.1)
        shown.append(machine.shown_temperature_degc)
    assert max(shown) == pytest.approx(71 + 14, abs=1.5)
    assert machine.excursion is None
    assert shown[-1] == machine.temperature_degc == pytest.approx(usual[0], abs=4)
    (told,) = machine.truth()["excursions"]  # type: ignore[misc]
    assert told["name"] == "temperature"
    assert told["most"] == pytest.approx(max(shown), abs=0.06)
    assert told["ended"] - told["started"] == pytest.approx(5, abs=0.21)
    assert any(a["name"] == "alarm_temperature" for a in machine.truth()["alarms"])  # type: ignore[attr-defined]


def test_an_excursion_changes_nothing_of_what_is_made() -> None:
    one, other = at_work(), at_work()
    one.machine("Filler2").make_excursion(14, 300)
    one.machine("Labeller1").drift_mm_s_per_h = 2
    one.machine("Capper1").raise_alarm("jam", 60)
    for plant in (one, other):
        run_for(plant, 30)
    assert made(one) == made(other)


def test_the_hall_breathes_and_can_be_made_damp() -> None:
    plant = at_work()
    usual = []
    for _ in range(3000):
        plant.step(0.1)
        usual.append(plant.hall.value("humidity"))
    assert 42 < min(usual) < max(usual) < 54
    assert len(set(usual)) > 10
    plant.hall.make_excursion(20, 120)
    run_for(plant, 1)
    assert plant.hall.value("humidity") == pytest.approx(HUMIDITY_PERCENT + 20, abs=2)
    run_for(plant, 2)
    (told,) = plant.hall.truth()["excursions"]  # type: ignore[misc]
    assert told["ended"] is not None


def test_wear_shows_in_the_vibration_while_it_runs() -> None:
    plant = Plant(7, 60)
    machine = plant.machine("Labeller1")
    healthy = []
    for _ in range(1200):
        plant.step(0.1)
        if machine.state == EXECUTE:
            healthy.append(machine.vibration_mm_s)
    assert machine.spec.vibration_mm_s - 0.4 < min(healthy) < max(healthy) < machine.spec.vibration_mm_s + 0.4
    machine.drift_mm_s_per_h = 1.5
    run_for(plant, 120)
    assert machine.wear_mm_s > 2
    running(plant, "Labeller1")
    plant.step(0.1)
    assert machine.vibration_mm_s > max(healthy)
    machine.stop(plant.acting_s)
    plant.step(0.1)
    assert machine.vibration_mm_s < 1


# --- counts -----------------------------------------------------------------------------------------------


def test_scrap_on_demand_is_counted_and_what_comes_later_stays() -> None:
    one, other = at_work(), at_work()
    running(one, "Filler1").make_scrap(5)
    before = [plant.machine("Filler1").made[""].scrap for plant in (one, other)]
    for plant in (one, other):
        run_for(plant, 30)
    (first, second) = (plant.machine("Filler1").made[""] for plant in (one, other))
    assert first.good + first.scrap == second.good + second.scrap
    more = (first.scrap - before[0]) - (second.scrap - before[1])
    # one of the five may have been scrap anyway
    assert 3 <= more <= 5
    assert one.machine("Filler1").scrap_raw == first.scrap


def test_material_goes_with_every_count_good_or_not_and_a_little_more() -> None:
    plant = Plant(7, 60)
    machine = plant.machine("Cartoner")
    machine.set_order("MO/1", "")
    run_for(plant, 60)
    machine.set_order("MO/2", "")
    run_for(plant, 60)
    for order in ("MO/1", "MO/2"):
        truth = machine.made[order]
        told = machine.truth()["orders"][order]  # type: ignore[index]
        assert told["consumed"] == pytest.approx(truth.material * MATERIAL_STEP)
        # the parts at both ends are not whole
        parts = told["consumed"] / machine.spec.material_per_count / 1.02
        assert parts == pytest.approx(truth.good + truth.scrap, abs=1.2 + 0.01 * parts)
    assert machine.material_raw == sum(t.material for t in machine.made.values())
    words = registers_of(machine)
    assert (words[28] << 16) + words[29] == machine.material_raw
    assert "consumed" not in plant.machine("Filler1").truth()["orders"][""]  # type: ignore[index]


@pytest.mark.parametrize(
    "ask",
    [
        lambda m: m.break_down(0, 18),
        lambda m: m.make_excursion(5, -1),
        lambda m: m.make_excursion(5, float("inf")),
        lambda m: m.raise_alarm("jam", 0),
        lambda m: m.make_scrap(0),
    ],
)
def test_what_makes_no_sense_is_refused(ask: Callable[[Machine], object]) -> None:
    with pytest.raises(ValueError, match="is not more than 0"):
        ask(at_work().machine("Filler1"))
