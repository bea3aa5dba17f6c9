"""The simulator's disturbances as a reader sees them, over both protocols."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from console.domain.tags import LinkState, Tag
from console.simulator import catalog
from console.simulator.control import ControlError
from tests.contract.sources.harness import Recorder, SimulatorRig, run, running


@pytest.fixture(scope="module", params=["opcua", "modbus"])
def rig(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimulatorRig]:
    made = SimulatorRig(request.param, tmp_path_factory.mktemp("rig"))
    made.start()
    made.hold()
    yield made
    made.kill()


def values(seen: Recorder, rig: SimulatorRig) -> list[object]:
    return [s.value for s in seen.of(rig.counter)]


def test_disturbances(rig: SimulatorRig) -> None:
    async def work() -> None:
        async with running(rig.source()) as seen:
            await seen.until(lambda: len(seen.last()) == len(rig.tags))
            before = values(seen, rig)[-1]
            assert isinstance(before, int)
            command = rig.control.command
            garbage = (await asyncio.to_thread(command, "glitch", machine=rig.machine))["value"]
            await seen.until(lambda: garbage in values(seen, rig), what="the glitch")
            await seen.until(lambda: values(seen, rig)[-1] == before, what="the return")
            assert values(seen, rig).count(garbage) == 1
            await asyncio.to_thread(command, "jump", machine=rig.machine, n=500)
            await seen.until(lambda: values(seen, rig)[-1] == (before + 500) % rig.modulus, what="the jump")
            await asyncio.to_thread(command, "reset", machine=rig.machine)
            await seen.until(lambda: values(seen, rig)[-1] == 0, what="the reset")
            await asyncio.to_thread(command, "set_order", machine=rig.machine, order="WH/MO/9", lot="L9")
            await seen.until(lambda: seen.last()[f"{rig.machine}.order"].value == "WH/MO/9")
            await asyncio.to_thread(rig.go)
            await seen.until(lambda: int(str(values(seen, rig)[-1])) > 3, what="production")
            final = await asyncio.to_thread(rig.hold)
            await seen.until(lambda: values(seen, rig)[-1] == final, what="the last count")
            truth = rig.control.truth()[rig.machine]
            # since the reset every count went to the new order
            assert truth["orders"]["WH/MO/9"]["good"] == final
            assert truth["raw"]["good"] == final

    run(work())


def test_gap_hides_the_machine_and_loses_nothing(rig: SimulatorRig) -> None:
    async def work() -> None:
        async with running(rig.source()) as seen:
            await seen.until(lambda: len(seen.last()) == len(rig.tags))
            raw = int(str(values(seen, rig)[-1]))
            made = rig.control.truth()[rig.machine]["good"]
            await asyncio.to_thread(rig.go)
            await asyncio.to_thread(rig.control.command, "gap", seconds=1.5)
            await seen.until(lambda: seen.state is LinkState.DOWN, what="the gap")
            await seen.until(lambda: seen.state is LinkState.UP, what="its end")
            final = await asyncio.to_thread(rig.hold)
            await seen.until(lambda: values(seen, rig)[-1] == final)
            assert rig.control.truth()[rig.machine]["good"] - made == (final - raw) % rig.modulus > 0

    run(work())


def test_what_is_forced_is_seen_and_told_as_it_happened(rig: SimulatorRig) -> None:
    """A breakdown with its alarms, an excursion, scrap and a wrong alarm, as the wire shows them."""

    async def work() -> None:
        async with running(rig.source()) as seen:
            await seen.until(lambda: len(seen.last()) == len(rig.tags))
            command = rig.control.command

            def value(signal: str) -> object:
                return seen.last()[f"{rig.machine}.{signal}"].value

            def states() -> list[object]:
                return [s.value for s in seen.of(f"{rig.machine}.state")]

            await asyncio.to_thread(rig.go)
            await seen.until(lambda: value("state") == 6, what="production")
            # 250 simulated seconds a second
            await asyncio.to_thread(command, "breakdown", machine=rig.machine, seconds=250)
            await seen.until(lambda: value("alarm_jam") is True, what="the jam")
            await seen.until(lambda: value("alarm_downstream") is True, what="what the jam brings along")
            await seen.until(lambda: value("state") == 6, what="the end of the breakdown")
            assert 9 in states()
            truth = await asyncio.to_thread(rig.control.truth)
            stop = next(s for s in truth[rig.machine]["stops"] if s["cause"] == "breakdown")
            aborted = next(s for s in seen.of(f"{rig.machine}.state") if s.value == 9)
            (told,) = [at for state, at in stop["states"] if state == 9]
            # a poll or a sampling later than it was
            assert -0.1 < aborted.source_time.timestamp() - told < 2
            assert stop["ended"] - stop["started"] > 1

            usual = float(str(value("temperature")))
            await asyncio.to_thread(command, "excursion", machine=rig.machine, by=25, seconds=500)
            await seen.until(lambda: float(str(value("temperature"))) > usual + 15, what="the excursion")
            await seen.until(lambda: float(str(value("temperature"))) < usual + 10, what="its end")
            await asyncio.to_thread(
                command, "raise_alarm", machine=rig.machine, alarm="downstream", seconds=250
            )
            await seen.until(lambda: value("alarm_downstream") is True, what="the alarm")
            scrap = int(str(value("scrap")))
            await asyncio.to_thread(command, "scrap", machine=rig.machine, n=3)
            await seen.until(lambda: int(str(value("scrap"))) >= scrap + 3, what="the scrap")
            await asyncio.to_thread(command, "drift", machine=rig.machine, per_hour=20)
            await seen.until(lambda: float(str(value("vibration"))) > 4, what="the wear")
            truth = (await asyncio.to_thread(rig.control.truth))[rig.machine]
            assert truth["excursions"][-1]["most"] > usual + 15
            assert truth["wear_mm_s"] > 1
            await asyncio.to_thread(rig.hold)

    run(work())


@pytest.mark.parametrize("rig", ["opcua"], indirect=True)
def test_the_hall_is_one_for_all_machines(rig: SimulatorRig) -> None:
    """Served by the OPC UA server only."""
    (point,) = catalog.HALL_POINTS

    async def work() -> None:
        async with running(rig.source([Tag("hall.humidity", "line", point.address)])) as seen:
            await seen.until(lambda: "hall.humidity" in seen.last())
            usual = float(str(seen.last()["hall.humidity"].value))
            assert 35 < usual < 60
            await asyncio.to_thread(rig.control.command, "excursion", machine="hall", by=30, seconds=500)
            await seen.until(lambda: float(str(seen.last()["hall.humidity"].value)) > usual + 15)
            told = (await asyncio.to_thread(rig.control.command, "truth"))["hall"]["excursions"]
            assert [e["name"] for e in told] == ["humidity"]

    run(work())


def test_commands_that_are_wrong_are_refused(rig: SimulatorRig) -> None:
    for command, arguments in (
        ("dance", {}),
        ("jump", {"machine": "Nobody", "n": 1}),
        ("jump", {"machine": rig.machine}),
        ("jump", {"machine": rig.machine, "n": "many"}),
        ("glitch", {"machine": rig.machine, "counter": "hours"}),
        ("breakdown", {"machine": rig.machine, "seconds": 60}),  # it is stopped
        ("breakdown", {"machine": rig.machine}),
        ("excursion", {"machine": rig.machine, "by": "much", "seconds": 60}),
        ("excursion", {"machine": "Hall", "by": 5, "seconds": 0}),
        ("raise_alarm", {"machine": rig.machine, "alarm": "fire", "seconds": 60}),
        ("scrap", {"machine": rig.machine, "n": 0}),
        ("drift", {"machine": rig.machine, "per_hour": float("nan")}),
        ("set_program", {"machine": rig.machine, "program": "P-1"}),
    ):
        with pytest.raises(ControlError):
            rig.control.command(command, **arguments)
    assert rig.control.command("ping")["ok"]
