"""The edge as a whole: one works at a time, what it heard is stored, and it ends when told."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from console.bootstrap import utc_now
from console.domain.equipment import ModbusConnection
from console.domain.ports import SampleSink
from console.domain.tags import LinkState, LinkStatus, Quality, Sample, Tag
from console.edge import run as module
from console.edge.run import LEASE, Edge, EdgeParts
from console.errors import LeaseHeld
from console.store import leases, proposals
from console.store.engine import open_ledger, open_telemetry, read
from console.store.telemetry import Telemetry
from tests.rigs.edge import EdgeProcess, command, environment, plant_text
from tests.rigs.floor import plant_of
from tests.rigs.machines import free_port
from tests.unit.services.shop import MACHINES

HELD = 3


class Talker:
    """A source whose values a test says."""

    connection = "line1"

    def __init__(self) -> None:
        self.sink: SampleSink | None = None
        self.fault: Exception | None = None
        self.runs = 0

    async def run(self, sink: SampleSink) -> None:
        self.runs += 1
        if self.fault is not None:
            raise self.fault
        self.sink = sink
        sink.link(LinkStatus(self.connection, LinkState.UP, utc_now()))
        await asyncio.Event().wait()

    def says(self, value: int) -> None:
        assert self.sink is not None
        now = utc_now()
        self.sink.samples([Sample("filler.good", value, Quality.GOOD, now, now)])


class Bench:
    """An edge in this process over real stores."""

    def __init__(self, folder: Path, talker: Talker) -> None:
        filler = MACHINES[0]
        tags = tuple(Tag(name, "line1", "holding:1") for name in filler.tag_names())
        plant = replace(
            plant_of((filler,), None), tags=tags, connections=(ModbusConnection("line1", "127.0.0.1"),)
        )
        self.ledger = open_ledger(folder / "ledger.db")
        self.telemetry = Telemetry(open_telemetry(folder / "telemetry.db"))
        self.parts = EdgeParts(
            self.ledger, self.telemetry, plant, "[plant]", [talker], None, utc_now, lease_s=3.0, merge_s=0.1
        )

    def counted(self) -> int:
        with read(self.ledger) as tx:
            return proposals.counted(tx, "filler", "good")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(Edge(self.parts).run())
        try:
            yield task
        finally:
            if not task.done():
                os.kill(os.getpid(), signal.SIGTERM)
            await asyncio.wait([task], timeout=10)
            assert task.done()


async def until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.02)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


@pytest.fixture
def talker() -> Talker:
    return Talker()


@pytest.fixture
def bench(tmp_path: Path, talker: Talker) -> Bench:
    return Bench(tmp_path, talker)


def test_counts_are_stored_and_a_signal_ends_it_with_everything_stored(bench: Bench, talker: Talker) -> None:
    async def work() -> None:
        async with bench.running() as edge:
            await until(lambda: talker.sink)
            talker.says(100)
            await asyncio.sleep(0.3)
            talker.says(104)
            await until(lambda: bench.counted() == 4)
            talker.says(109)  # and at once the end
        assert edge.exception() is None

    run(work())
    assert bench.counted() == 9
    beat = bench.telemetry.heartbeats()["edge"]
    assert (beat.pid, beat.data["faults"], beat.data["dropped"]) == (os.getpid(), {}, 0)
    lease = leases.current(bench.ledger, LEASE)
    assert lease is not None
    assert lease.expires_at <= utc_now()  # let go, not left to run out


def test_a_source_that_fails_is_named_in_the_sign_of_life(bench: Bench, talker: Talker) -> None:
    talker.fault = RuntimeError("broken driver")

    async def work() -> None:
        async with bench.running():
            await until(lambda: talker.runs > 1)
            await until(lambda: "edge" in bench.telemetry.heartbeats())
            await until(lambda: bench.telemetry.heartbeats()["edge"].data["faults"])
            faults = bench.telemetry.heartbeats()["edge"].data["faults"]
            assert faults == {"source line1": "RuntimeError: broken driver"}

    run(work())


def test_an_edge_that_lost_its_lease_stores_nothing_more_and_ends(bench: Bench, talker: Talker) -> None:
    async def work() -> None:
        async with bench.running() as edge:
            await until(lambda: talker.sink)
            talker.says(100)
            talker.says(101)
            await until(lambda: bench.counted() == 1)
            mine = leases.current(bench.ledger, LEASE)
            assert mine is not None
            # it slept too long, and somebody else took over
            later = mine.expires_at + timedelta(seconds=1)
            leases.acquire(bench.ledger, LEASE, "another", later, timedelta(seconds=60))
            talker.says(110)
            await asyncio.wait([edge], timeout=10)
            with pytest.raises(LeaseHeld):
                edge.result()

    run(work())
    assert bench.counted() == 1
    now = leases.current(bench.ledger, LEASE)
    assert now is not None
    assert now.holder == "another"  # not released by the one that lost it


def test_the_lease_of_a_silent_edge_elsewhere_is_waited_for(bench: Bench, talker: Talker) -> None:
    leases.acquire(bench.ledger, LEASE, "edge@elsewhere 4711 ab", utc_now(), timedelta(seconds=1.5))

    async def work() -> None:
        async with bench.running():
            await until(lambda: talker.sink)

    begun = utc_now()
    run(work())
    assert utc_now() - begun >= timedelta(seconds=1)


@pytest.mark.parametrize(
    ("holder", "gone"),
    [
        ("edge@{host} {dead} ab12", True),
        ("edge@{host} {alive} ab12", False),
        ("edge@elsewhere {dead} ab12", False),
        ("somebody", False),
        ("edge@{host} x ab12", False),
    ],
)
def test_whether_a_holder_is_gone_is_known_of_this_host_only(holder: str, gone: bool) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    words = holder.format(host=socket.gethostname(), dead=ended.pid, alive=os.getpid())
    assert module._holder_is_gone(words) is gone


def test_an_edge_without_odoo_does_not_ask_for_a_key(bench: Bench, talker: Talker) -> None:
    assert bench.parts.api_key is None
    assert bench.parts.plant.odoo is None

    async def work() -> None:
        async with bench.running():
            await until(lambda: talker.sink)
            await until(lambda: "edge" in bench.telemetry.heartbeats())

    run(work())
    assert bench.telemetry.heartbeats()["edge"].data["faults"] == {}


def test_the_edge_keeps_the_plant_file_that_its_events_name(bench: Bench) -> None:
    async def work() -> None:
        async with bench.running():
            await until(lambda: "edge" in bench.telemetry.heartbeats())

    run(work())
    with read(bench.ledger) as tx:
        stored = tx.exec_driver_sql("SELECT version, source FROM plant_versions").one()
    assert stored == ("f" * 64, "[plant]")


# --- as processes ------------------------------------------------------------------------------------------


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    return environment(tmp_path, plant_text(free_port()), PLANT_CONSOLE_EDGE_LEASE_S="3")


def test_a_second_edge_on_the_same_ledger_says_who_works_and_leaves(
    env: dict[str, str], tmp_path: Path
) -> None:
    with EdgeProcess(env, tmp_path) as first:
        first.await_alive()
        second = command(env, "edge")
        assert second.returncode == HELD
        assert f"edge@{socket.gethostname()} {first.pid}" in second.stderr
        assert "Stop that one first" in second.stderr
        assert "Traceback" not in second.stderr
        assert first.running
        beat = first.heartbeat()
        assert beat is not None
        assert beat.pid == first.pid
        assert first.stop() == 0


def test_after_a_kill_the_next_edge_takes_over_at_once(env: dict[str, str], tmp_path: Path) -> None:
    env["PLANT_CONSOLE_EDGE_LEASE_S"] = "600"
    with EdgeProcess(env, tmp_path) as edge:
        edge.await_alive()
        first = edge.pid
        edge.kill()
        begun = datetime.now(UTC)
        edge.start()
        edge.await_alive()
        assert edge.pid != first
        assert datetime.now(UTC) - begun < timedelta(seconds=60)
        assert "taking over from an edge that is gone" in edge.said()
