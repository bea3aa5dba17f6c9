"""The contract of every source, against every server: ours and independent ones.

Each server is started once and shared; a test leaves it running.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from console.domain.tags import LinkState, Quality
from tests.contract.sources.harness import ModbusPeerRig, OpcuaPeerRig, Rig, SimulatorRig, run, running
from tests.rigs.machines import GarbageServer, free_port

RIGS = ("opcua-simulator", "opcua-node", "modbus-simulator", "modbus-serial")


async def at_once(test: Callable[[Rig], Awaitable[None]], rigs: dict[str, Rig]) -> None:
    """The test for every server at the same time: what only waits need not wait four times."""
    async with asyncio.TaskGroup() as group:
        for name, rig in rigs.items():
            group.create_task(_named(name, test(rig)))


async def _named(name: str, work: Awaitable[None]) -> None:
    try:
        await work
    except AssertionError as error:
        error.add_note(f"against {name}")
        raise


def _make(name: str, folder: Path) -> Rig:
    if name == "opcua-node":
        return OpcuaPeerRig(folder)
    if name == "modbus-serial":
        return ModbusPeerRig()
    return SimulatorRig(name.split("-")[0], folder)


@pytest.fixture(scope="module")
def rigs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Rig]]:
    made: dict[str, Rig] = {}
    try:
        for name in RIGS:
            made[name] = _make(name, tmp_path_factory.mktemp("rig"))
            made[name].start()
        yield made
    finally:
        for rig in made.values():
            rig.kill()


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, rigs: dict[str, Rig]) -> Rig:
    return rigs[request.param]


def test_current_values_on_connect(rig: Rig) -> None:
    async def work() -> None:
        started = datetime.now(UTC)
        async with running(rig.source()) as seen:
            await seen.until(lambda: len(seen.last()) == len(rig.tags), what="a value of every tag")
            assert [s.state for s in seen.links] == [LinkState.CONNECTING, LinkState.UP]
            last = seen.last()
            for tag, value in rig.expected.items():
                assert last[tag].value == value
                assert type(last[tag].value) is type(value)
            assert {s.quality for s in last.values()} == {Quality.GOOD}
            assert type(last[rig.counter].value) is int
            for sample in seen.all:
                assert sample.source_time.utcoffset() == timedelta(0)
                assert sample.received_time.utcoffset() == timedelta(0)
                assert started <= sample.received_time <= datetime.now(UTC)

    run(work())


def test_no_count_is_lost(rig: Rig) -> None:
    async def work() -> None:
        async with running(rig.source()) as seen:
            await seen.until(
                lambda: len({s.value for s in seen.of(rig.counter)}) > 12, what="a moving counter"
            )
            final = await asyncio.to_thread(rig.hold)
            await seen.until(lambda: seen.last()[rig.counter].value == final, 5, f"the last value {final}")
            await asyncio.to_thread(rig.go)
            values = [s.value for s in seen.of(rig.counter) if isinstance(s.value, int)]
            steps = [(b - a) % 65536 for a, b in itertools.pairwise(values) if a != b]
            # in order: never back; and no batch of counts at once
            assert max(steps) <= 3, values
            times = [s.source_time for s in seen.of(rig.counter)]
            assert times == sorted(times)
            assert seen.links[-1].dropped == 0

    run(work())


def test_unknown_tag_does_not_hinder_the_others(rig: Rig) -> None:
    async def work() -> None:
        async with running(rig.source([*rig.tags, rig.unknown])) as seen:
            await seen.until(lambda: len(seen.last()) == len(rig.tags) + 1, what="every tag")
            status = seen.links[-1]
            assert status.state is LinkState.UP
            assert status.missing_tags == (rig.unknown.name,)
            assert seen.last()[rig.unknown.name].quality is Quality.BAD
            assert seen.last()[rig.unknown.name].value is None
            count = len(seen.of(rig.counter))
            await seen.until(lambda: len(seen.of(rig.counter)) > count + 2, what="a flowing counter")

    run(work())


def test_killed_and_started_again(rig: Rig) -> None:
    async def work() -> None:
        async with running(rig.source()) as seen:
            await seen.until(lambda: len(seen.last()) == len(rig.tags), what="every tag")
            await asyncio.to_thread(rig.kill)
            await seen.until(lambda: seen.state is LinkState.DOWN, what="the loss")
            assert seen.links[-1].reason
            await seen.until(lambda: "refuses" in seen.links[-1].reason, what="a plain reason")
            assert seen.links[-1].remedy
            delivered = len(seen.all)
            await asyncio.to_thread(rig.start)
            assert len(seen.all) == delivered or seen.state is LinkState.UP
            await seen.until(lambda: seen.state is LinkState.UP, what="the recovery")
            assert seen.links[-1].reason == ""
            await seen.until(lambda: {s.tag for s in seen.all[delivered:]} == {t.name for t in rig.tags})
            for tag, value in rig.expected.items():
                assert seen.last()[tag].value == value

    run(work())


def test_frozen_for_five_seconds(rigs: dict[str, Rig]) -> None:
    async def one(rig: Rig) -> None:
        async with running(rig.source()) as seen:
            await seen.until(lambda: len(seen.last()) == len(rig.tags), what="every tag")
            rig.freeze()
            await asyncio.sleep(5)
            rig.thaw()
            thawed = datetime.now(UTC)

            def fresh() -> int:
                return len({s.value for s in seen.of(rig.counter) if s.received_time > thawed})

            await seen.until(lambda: seen.state is LinkState.UP and fresh() > 2, 12, "fresh counts")
            final = await asyncio.to_thread(rig.hold)
            await seen.until(lambda: seen.last()[rig.counter].value == final, 10, f"the last value {final}")
            await asyncio.to_thread(rig.go)

    run(at_once(one, rigs))


def test_ends_at_any_moment(rig: Rig) -> None:
    """Cancelled while it connects, subscribes, delivers or closes: it ends soon and leaves nothing behind."""

    async def work() -> None:
        for step in range(16):
            async with running(rig.source()):
                await asyncio.sleep(step * 0.006)

    run(work())


def test_wrong_port(rig: Rig) -> None:
    async def work() -> None:
        port = free_port()
        async with running(rig.source(port=port)) as seen:
            await seen.until(lambda: seen.state is LinkState.DOWN, what="a reason")
            assert f"127.0.0.1:{port} refuses the connection." in seen.links[-1].reason
            assert "port" in seen.links[-1].remedy
            assert not seen.all

    run(work())


def test_garbage_is_never_a_value(rigs: dict[str, Rig]) -> None:
    async def one(rig: Rig) -> None:
        server = GarbageServer()
        try:
            async with running(rig.source(port=server.port)) as seen:
                await seen.until(lambda: seen.state is LinkState.DOWN and server.answered > 1, 30)
                reasons = {link.reason for link in seen.links if link.state is LinkState.DOWN}
                assert any("no sense" in r or "does not answer" in r for r in reasons), reasons
                assert all(link.remedy for link in seen.links if link.reason)
                assert not seen.all
                assert all(s.state is not LinkState.UP for s in seen.links)
        finally:
            server.close()

    run(at_once(one, rigs))
