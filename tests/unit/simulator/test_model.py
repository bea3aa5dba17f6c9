from __future__ import annotations

import itertools
import random
import struct

import pytest

from console.simulator import catalog
from console.simulator.catalog import MACHINES, UINT16, machine_spec
from console.simulator.modbus_server import registers_of
from console.simulator.model import ABORTED, EXECUTE, STOPPED, SUSPENDED, Machine, Plant


def run_for(plant: Plant, seconds: float, step_s: float = 0.1) -> None:
    for _ in range(round(seconds / step_s)):
        plant.step(step_s)


def made(plant: Plant) -> dict[str, object]:
    """What was made and what the counters show; not what happens beside it."""
    return {name: (m.truth()["orders"], m.truth()["raw"]) for name, m in plant.machines.items()}


def test_same_seed_same_plant() -> None:
    plants = [Plant(7, 60), Plant(7, 60), Plant(8, 60)]
    for plant in plants:
        run_for(plant, 60)
    assert plants[0].truth() == plants[1].truth()
    assert plants[0].truth() != plants[2].truth()


def test_what_a_seed_makes_stays() -> None:
    """Of every release: recorded runs and the tour's pictures go by it."""
    plant = Plant(7, 60)
    run_for(plant, 300)
    assert {name: (m.made[""].good, m.made[""].scrap) for name, m in plant.machines.items()} == {
        "Filler1": (510, 16),
        "Filler2": (485, 18),
        "Capper1": (641, 12),
        "Labeller1": (785, 26),
        "Cartoner": (246, 9),
        "Palletiser": (259, 3),
    }


def test_a_command_to_one_machine_changes_no_other() -> None:
    one, other = Plant(7, 60), Plant(7, 60)
    one.machine("filler1").jump("good", 500)
    one.machine("filler1").put_glitch("good")
    for plant in (one, other):
        run_for(plant, 30)
    assert one.machine("Capper1").truth() == other.machine("Capper1").truth()


def test_a_short_hour_has_counts_of_tens() -> None:
    plant = Plant(7, 60)
    run_for(plant, 20)
    for name in ("Filler1", "Filler2", "Capper1", "Labeller1"):
        truth = plant.machine(name).truth()
        assert 15 <= int(str(truth["good"])) <= 80, (name, truth)


def test_counters_never_beat_the_stated_rate() -> None:
    for speed in (1, 60, 200):
        plant = Plant(3, speed)
        for machine in plant.machines.values():
            before = machine.good_raw
            for _ in range(100):
                run_for(plant, 1)
                made = (machine.good_raw - before) % machine.spec.good_modulus
                before = machine.good_raw
                assert made <= machine.spec.max_rate_per_s(speed) * 1.1 + 1


def test_every_disturbance_happens_and_passes() -> None:
    plant = Plant(7, 60)
    seen: dict[int, int] = {}
    jams = alarms = 0
    for _ in range(20_000):
        plant.step(0.1)
        for machine in plant.machines.values():
            seen[machine.state] = seen.get(machine.state, 0) + 1
            jams += machine.jam and machine.state == ABORTED
            alarms += machine.hot
            assert not machine.jam or machine.state != EXECUTE
    assert {STOPPED, SUSPENDED, EXECUTE, ABORTED, 11} <= set(seen)
    assert seen[EXECUTE] > 0.5 * sum(seen.values())
    assert jams
    assert alarms


def test_sixteen_bit_counter_rolls_over_soon() -> None:
    plant = Plant(7, 60)
    machine = plant.machine("Cartoner")
    values = []
    for _ in range(900):
        plant.step(0.1)
        values.append(machine.good_raw)
    assert any(b < a for a, b in itertools.pairwise(values))
    truth = machine.truth()
    assert (machine.spec.good_start + int(str(truth["good"]))) % UINT16 == machine.good_raw


def test_stop_freezes_and_resume_starts_up() -> None:
    plant = Plant(7, 60)
    run_for(plant, 10)
    for machine in plant.machines.values():
        machine.stop(plant.acting_s)
    frozen = made(plant)
    run_for(plant, 30)
    assert made(plant) == frozen
    assert {m.state for m in plant.machines.values()} == {STOPPED}
    for machine in plant.machines.values():
        machine.resume(plant.acting_s)
    run_for(plant, 30)
    assert made(plant) != frozen
    assert EXECUTE in {m.state for m in plant.machines.values()}


def test_truth_knows_orders_and_no_lies() -> None:
    plant = Plant(7, 60)
    machine = plant.machine("Filler1")
    machine.set_order("MO/1", "L1")
    run_for(plant, 20)
    first = machine.made["MO/1"].good
    machine.jump("good", 1000)
    machine.set_order("MO/2", "L2")
    run_for(plant, 20)
    machine.reset("good")
    assert machine.made["MO/1"].good == first > 0
    assert machine.made["MO/2"].good > 0
    assert machine.made[""].good == 0
    assert machine.good_raw == 0


def test_glitch_is_far_off_and_hides_nothing() -> None:
    machine = Machine(machine_spec("cartoner"), random.Random(1))
    true = machine.shown("good")
    garbage = machine.put_glitch("good")
    assert machine.shown("good") == garbage
    assert min((garbage - true) % UINT16, (true - garbage) % UINT16) > 1000
    machine.take_glitch("good")
    assert machine.shown("good") == true


def test_registers_are_as_the_catalog_says() -> None:
    machine = Machine(machine_spec("Palletiser"), random.Random(1))
    machine.set_order("WH/MO/00012", "LOT-1")
    machine.temperature_degc = -3.26
    words = registers_of(machine)
    raw = struct.pack(f">{len(words)}H", *words)
    assert len(words) == catalog.REGISTERS
    assert struct.unpack_from(">I", raw, catalog.GOOD_32 * 2) == (70_000,)
    assert struct.unpack_from(">h", raw, catalog.TEMPERATURE * 2) == (-33,)
    assert raw[catalog.ORDER * 2 : catalog.ORDER * 2 + 16].rstrip(b"\0") == b"WH/MO/00012"


def test_catalog_is_usable() -> None:
    assert len({m.name for m in MACHINES}) == len(MACHINES) >= 6
    assert len({m.work_center for m in MACHINES}) == len(MACHINES)
    assert any(m.good_modulus == UINT16 for m in MACHINES if m.protocol == "opcua")
    addresses = [p.address for m in MACHINES for p in m.served_points()]
    assert len(set(addresses)) == len(addresses)
    for machine in MACHINES:
        signals = {p.signal for p in machine.served_points()}
        assert {"state", "good", "scrap", "order", "lot", "temperature", "alarm_jam"} <= signals
        assert machine.max_rate_per_s(60) > machine.ideal_rate_per_h * 60 / 3600
    with pytest.raises(KeyError):
        machine_spec("nobody")
