"""The simulator's disturbances as a reader sees them, over both protocols."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from console.domain.tags import LinkState
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


def test_commands_that_are_wrong_are_refused(rig: SimulatorRig) -> None:
    for command, arguments in (
        ("dance", {}),
        ("jump", {"machine": "Nobody", "n": 1}),
        ("jump", {"machine": rig.machine}),
        ("jump", {"machine": rig.machine, "n": "many"}),
        ("glitch", {"machine": rig.machine, "counter": "hours"}),
    ):
        with pytest.raises(ControlError):
            rig.control.command(command, **arguments)
    assert rig.control.command("ping")["ok"]
