"""A task that fails is started again, is told once, and stops nobody else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from console.edge import supervise
from console.edge.supervise import Supervisor
from console.errors import ConfigurationError, EnvironmentFault, LeaseHeld

Work = Callable[[Supervisor], Awaitable[None]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same proportions, a hundred times as fast."""
    monkeypatch.setattr(supervise, "FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(supervise, "LONGEST_PAUSE_S", 0.08)
    monkeypatch.setattr(supervise, "RECOVERED_S", 0.05)
    monkeypatch.setattr(supervise.random, "uniform", lambda low, high: high)


def run(work: Work) -> None:
    async def go() -> None:
        supervisor = Supervisor()
        try:
            await asyncio.wait_for(work(supervisor), 10)
        finally:
            supervisor.stop()
            await supervisor.wait()

    asyncio.run(go())


async def until(condition: Callable[[], object]) -> None:
    while not condition():
        await asyncio.sleep(0.002)


def test_a_failing_task_is_started_again_with_growing_pauses() -> None:
    starts: list[float] = []

    async def work(supervisor: Supervisor) -> None:
        async def fails() -> None:
            starts.append(asyncio.get_running_loop().time())
            raise EnvironmentFault("No route.")

        supervisor.start("source", fails)
        await until(lambda: len(starts) == 6)

    run(work)
    pauses = [b - a for a, b in pairwise(starts)]
    for pause, least in zip(pauses, (0.01, 0.02, 0.04, 0.08, 0.08), strict=True):
        assert pause >= least * 0.95
    assert pauses[-1] < 0.16 + 0.1  # capped; some slack for a busy computer


def test_the_others_go_on() -> None:
    ticks = 0

    async def work(supervisor: Supervisor) -> None:
        async def fails() -> None:
            raise RuntimeError("a bug")

        async def ticking() -> None:
            nonlocal ticks
            while True:
                ticks += 1
                await asyncio.sleep(0.001)

        supervisor.start("bad", fails)
        supervisor.start("good", ticking)
        await until(lambda: ticks > 20 and supervisor.faults)
        assert supervisor.faults == {"bad": "RuntimeError: a bug"}

    run(work)


def test_a_loss_is_told_once_and_its_recovery_once() -> None:
    fail = True

    async def work(supervisor: Supervisor) -> None:
        tries = 0

        async def flaky() -> None:
            nonlocal tries
            tries += 1
            if fail:
                raise EnvironmentFault("No route.", "Check the cable.")
            await asyncio.Event().wait()

        nonlocal fail
        supervisor.start("source", flaky)
        await until(lambda: tries >= 3)
        assert supervisor.faults == {"source": "No route. Check the cable."}
        fail = False
        await until(lambda: not supervisor.faults)

    with capture_logs() as logs:
        run(work)
    assert [(e["event"], e["log_level"]) for e in logs] == [
        ("task failed", "error"),
        ("task works again", "info"),
    ]


def test_another_fault_of_the_same_task_is_told_too() -> None:
    async def work(supervisor: Supervisor) -> None:
        faults = [EnvironmentFault("One."), EnvironmentFault("Two."), ConfigurationError("Three.")]

        async def fails() -> None:
            if faults:
                raise faults.pop(0)
            await asyncio.Event().wait()

        supervisor.start("source", fails)
        await until(lambda: not faults and not supervisor.faults)

    with capture_logs() as logs:
        run(work)
    assert [e.get("what") for e in logs] == ["One.", "Two.", "Three.", None]


def test_a_bug_is_called_one_and_keeps_its_traceback() -> None:
    async def work(supervisor: Supervisor) -> None:
        async def fails() -> None:
            raise KeyError("x")

        supervisor.start("source", fails)
        await until(lambda: supervisor.faults)

    with capture_logs() as logs:
        run(work)
    assert logs[0]["event"] == "task failed: our bug"
    assert isinstance(logs[0]["exc_info"], KeyError)


def test_a_task_that_is_done_is_not_started_again() -> None:
    runs = 0

    async def work(supervisor: Supervisor) -> None:
        async def once() -> None:
            nonlocal runs
            runs += 1

        supervisor.start("once", once)
        await asyncio.sleep(0.1)

    run(work)
    assert runs == 1


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_lost_lease_stops_everything(wrapped: bool) -> None:
    ended: list[str] = []

    async def go() -> None:
        supervisor = Supervisor()

        async def loses() -> None:
            await asyncio.sleep(0.01)
            held = LeaseHeld("Another edge works.")
            raise (
                ExceptionGroup("two", [RuntimeError("x"), ExceptionGroup("in", [held])]) if wrapped else held
            )

        async def other() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                ended.append("other")

        supervisor.start("lease", loses)
        supervisor.start("other", other)
        await asyncio.wait_for(supervisor.wait(), 5)

    with pytest.raises(LeaseHeld):
        asyncio.run(go())
    assert ended == ["other"]


def test_stop_ends_all_tasks_and_waits_for_their_last_words() -> None:
    ended: list[str] = []

    async def go() -> None:
        supervisor = Supervisor()

        async def slow_end() -> None:
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0.02)
                ended.append("stored")

        supervisor.start("acquisition", slow_end)
        await asyncio.sleep(0.01)
        supervisor.stop()
        supervisor.stop()  # a second signal
        await supervisor.wait()

    asyncio.run(go())
    assert ended == ["stored"]
