"""What only Modbus has: word order, holes in blocks, exception answers (against modbus-serial)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterator

import pytest

from console.domain.tags import DataType, LinkState, Quality
from console.sources import ModbusSource
from tests.contract.sources.harness import ModbusPeerRig, modbus, modbus_tag, run, running


@pytest.fixture(scope="module")
def rig() -> Iterator[ModbusPeerRig]:
    made = ModbusPeerRig()
    made.start()
    yield made
    made.kill()


def test_low_word_first_and_no_number(rig: ModbusPeerRig) -> None:
    async def work() -> None:
        tags = [
            modbus_tag("swapped", "holding:30", DataType.UINT32),
            modbus_tag("nan", "holding:32", DataType.FLOAT32),
        ]
        async with running(ModbusSource(modbus(rig.server.port, word_order="little"), tags)) as seen:
            await seen.until(lambda: len(seen.last()) == 2)
            assert seen.last()["Peer1.swapped"].value == 0x12345678
        async with running(ModbusSource(modbus(rig.server.port), tags)) as seen:
            await seen.until(lambda: len(seen.last()) == 2)
            assert seen.last()["Peer1.nan"][1:3] == (None, Quality.BAD)
            assert seen.links[-1].missing_tags == ()

    run(work())


def test_hole_in_a_block_hides_nothing(rig: ModbusPeerRig) -> None:
    """The planner reads over the unreadable 50..59, the device refuses, both sides come all the same."""

    async def work() -> None:
        tags = [
            modbus_tag("left", "holding:48", DataType.UINT16),
            modbus_tag("right", "holding:61", DataType.UINT16),
            modbus_tag("inside", "holding:58", DataType.UINT32),
        ]
        async with running(ModbusSource(modbus(rig.server.port), tags)) as seen:
            await seen.until(lambda: len(seen.last()) == 3)
            assert seen.links[-1].missing_tags == ("Peer1.inside",)
            assert seen.last()["Peer1.left"].quality is Quality.GOOD
            assert seen.last()["Peer1.right"].quality is Quality.GOOD
            assert seen.last()["Peer1.inside"].value is None

    run(work())


def test_busy_device_is_bad_quality_with_a_reason(rig: ModbusPeerRig) -> None:
    async def work() -> None:
        tags = [rig.tags[0]]
        async with running(ModbusSource(modbus(rig.server.port), tags)) as seen:
            await seen.until(lambda: bool(seen.last()))
            await asyncio.to_thread(rig.server.command, "busy 1")
            await seen.until(lambda: seen.last()["Peer1.state"].quality is Quality.BAD)
            assert "busy" in seen.links[-1].reason
            assert seen.links[-1].missing_tags == ()
            await asyncio.to_thread(rig.server.command, "busy 0")
            await seen.until(lambda: seen.last()["Peer1.state"].quality is Quality.GOOD)
            assert seen.links[-1].reason == ""

    run(work())


def test_unit_that_does_not_answer(rig: ModbusPeerRig) -> None:
    async def work() -> None:
        source = ModbusSource(modbus(rig.server.port, device_id=9, timeout_s=0.5), rig.tags)
        async with running(source) as seen:
            await seen.until(lambda: seen.state is LinkState.DOWN)
            assert "unit id 9" in seen.links[-1].remedy
            assert not seen.all

    run(work())


def test_standing_values_are_told_again(rig: ModbusPeerRig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.sources.modbus.FULL_ROUND_S", 0.5)

    async def work() -> None:
        async with running(ModbusSource(modbus(rig.server.port), [rig.tags[0]])) as seen:
            await seen.until(lambda: len(seen.of("Peer1.state")) == 3)
            times = [s.received_time for s in seen.of("Peer1.state")]
            assert 0.45 < (times[2] - times[1]).total_seconds() < 1.5

    run(work())


def test_a_counter_that_starts_at_zero_after_a_restart_is_not_believed_at_once() -> None:
    """A device that answers zeros for its first moments: its counter never seems to fall to zero."""

    async def work() -> None:
        answers = iter([0, 40_000, 40_001])
        last = 40_001

        async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal last
            while request := await reader.read(12):
                value = next(answers, last)
                writer.write(request[:4] + b"\0\x05" + request[6:8] + b"\x02" + value.to_bytes(2, "big"))
            writer.close()

        server = await asyncio.start_server(device, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        tag = modbus_tag("good", "holding:1", DataType.UINT16)
        async with running(ModbusSource(modbus(port), [tag])) as seen:
            await seen.until(lambda: bool(seen.all))
            assert seen.all[0].value == 40_001
        server.close()

    run(work())


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"\0\x05\x01\x03\x02\0\x07", "make no sense"),  # one register instead of two
        (b"\0\x07\x01\x04\x04\0\x07\0\x07", "make no sense"),  # an answer to another function
        (b"\0\x03\x01\x83\x0b", "behind the gateway"),
    ],
)
def test_senseless_answers_end_the_connection(answer: bytes, said: str) -> None:
    async def work() -> None:
        async def device(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while request := await reader.read(12):
                writer.write(request[:4] + answer)
            writer.close()

        server = await asyncio.start_server(device, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        tag = modbus_tag("good", "holding:1", DataType.UINT32)
        async with running(ModbusSource(modbus(port), [tag])) as seen:
            await seen.until(lambda: seen.state is LinkState.DOWN)
            assert said in seen.links[-1].reason
            assert not seen.all
        server.close()

    run(work())


def test_floats_survive_the_wire(rig: ModbusPeerRig) -> None:
    async def work() -> None:
        async with running(rig.source()) as seen:
            await seen.until(lambda: len(seen.last()) == len(rig.tags))
            assert seen.last()["Peer1.real"].value == math.pi

    run(work())
