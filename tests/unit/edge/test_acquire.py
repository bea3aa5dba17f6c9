"""Each event is stored once, whatever fails, and whenever the edge is ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from console.domain.equipment import LimitSpec, ModbusConnection
from console.domain.tags import LinkState, LinkStatus, Quality, Sample, Tag
from console.edge import acquire
from console.edge.acquire import Acquisition
from console.errors import DiskFull, LeaseHeld, StoreUnavailable
from console.store import holds, machines, proposals
from console.store.engine import open_telemetry, read
from console.store.telemetry import Telemetry
from tests.rigs.floor import Floor
from tests.unit.services.shop import MACHINES, open_shop

FULL = DiskFull("The disk is full.", "Free some room.")


class Failing:
    """Stands before a method and lets it fail, a given number of times or until it is mended."""

    def __init__(self, owner: object, name: str) -> None:
        self._real = getattr(owner, name)
        self.fault: Exception | None = None
        self.calls = 0
        setattr(owner, name, self)

    def __call__(self, *arguments: Any, **values: Any) -> Any:
        self.calls += 1
        if self.fault is not None:
            raise self.fault
        return self._real(*arguments, **values)


class Hall:
    """An acquisition over real stores, and a filler whose counter is told by hand."""

    def __init__(self, folder: Path, limits: tuple[LimitSpec, ...] = ()) -> None:
        filler = replace(MACHINES[0], state_tag="filler.state", process_tags=("filler.speed",), limits=limits)
        floor = open_shop(folder, (filler,))
        tags = tuple(Tag(name, "line1", "holding:1") for name in filler.tag_names())
        connections = (ModbusConnection("line1", "127.0.0.1"),)
        self.floor: Floor = Floor(folder, replace(floor.plant, tags=tags, connections=connections))
        self.telemetry = Telemetry(open_telemetry(folder / "telemetry.db"))
        self.fenced = 0
        self.acquisition = self.started()
        self.raw = 100
        self.says("filler.order", "WH/MO/00001")
        self.says("filler.good", self.raw)

    def started(self) -> Acquisition:
        """As after a restart: from the checkpoints."""

        def fence(_tx: object) -> None:
            self.fenced += 1

        return Acquisition(
            self.floor.plant,
            self.floor.ingest,
            self.telemetry,
            self.floor.ingest.load(),
            self.floor.clock,
            fence,
            cycle_s=0.01,
            merge_s=0.0,
        )

    def says(self, tag: str, value: object) -> None:
        self.floor.clock.turn(0.25)
        at = self.floor.clock()
        self.acquisition.samples([Sample(tag, value, Quality.GOOD, at, at)])  # type: ignore[arg-type]

    def makes(self, count: int) -> None:
        self.raw += count
        self.says("filler.good", self.raw)

    def link(self, state: LinkState, reason: str = "") -> None:
        self.acquisition.link(LinkStatus("line1", state, self.floor.clock(), reason))

    def cycle(self) -> None:
        asyncio.run(self.acquisition.cycle())

    def counted(self) -> int:
        with read(self.floor.ledger) as tx:
            return proposals.counted(tx, "filler", "good")

    def proposed(self) -> float:
        with read(self.floor.ledger) as tx:
            return sum(t.machine_total for t in proposals.totals(tx))

    def checkpoint(self) -> int:
        with read(self.floor.ledger) as tx:
            return int(machines.load_checkpoints(tx, "filler")["filler.good"]["raw"])

    def stored_samples(self, tag: str = "filler.good") -> int:
        now = self.floor.clock()
        return self.telemetry.count(tag, now - timedelta(hours=1), now + timedelta(hours=1))


@pytest.fixture
def hall(tmp_path: Path) -> Hall:
    return Hall(tmp_path)


def run(work: Coroutine[Any, Any, None]) -> None:
    asyncio.run(work)


# --- stores that fail --------------------------------------------------------------------------------------


def test_in_health_everything_is_stored_in_one_round(hall: Hall) -> None:
    hall.makes(3)
    hall.says("filler.speed", 12.5)
    hall.cycle()
    assert (hall.counted(), hall.proposed(), hall.checkpoint()) == (3, 3.0, 103)
    assert (hall.stored_samples(), hall.stored_samples("filler.speed")) == (2, 1)
    assert (hall.acquisition.committed, hall.acquisition.waiting, hall.acquisition.fault) == (4, 0, "")
    assert hall.fenced == 1


def test_a_telemetry_store_that_fails_does_not_make_events_twice(hall: Hall) -> None:
    """Once they were: the round was tried again as a whole."""
    broken = Failing(hall.telemetry, "append")
    broken.fault = StoreUnavailable("The telemetry store is locked.")
    for _ in range(4):
        hall.makes(2)
        hall.cycle()
    assert (hall.counted(), hall.proposed(), hall.checkpoint()) == (8, 8.0, 108)
    assert hall.stored_samples() == 0
    assert "locked" in hall.acquisition.fault
    broken.fault = None
    hall.cycle()
    assert (hall.counted(), hall.stored_samples(), hall.acquisition.fault) == (8, 5, "")
    assert hall.acquisition.waiting == 0


def test_links_that_cannot_be_saved_do_not_make_samples_twice(hall: Hall) -> None:
    broken = Failing(hall.telemetry, "save_link")
    broken.fault = StoreUnavailable("The telemetry store is locked.")
    hall.link(LinkState.UP)
    hall.cycle()
    hall.cycle()
    broken.fault = None
    hall.cycle()
    assert hall.stored_samples() == 1
    assert hall.telemetry.links()["line1"].state is LinkState.UP


def test_a_ledger_that_fails_keeps_everything_in_memory_and_stores_it_once(hall: Hall) -> None:
    hall.cycle()
    broken = Failing(hall.floor.ingest, "store")
    broken.fault = FULL
    with capture_logs() as logs:
        for _ in range(5):
            hall.makes(2)
            hall.cycle()
        assert (hall.counted(), hall.checkpoint()) == (0, 100)
        assert "full" in hall.acquisition.fault
        assert hall.stored_samples() == 6  # charts go on
        broken.fault = None
        hall.cycle()
        hall.cycle()
    assert (hall.counted(), hall.proposed(), hall.checkpoint()) == (10, 10.0, 110)
    words = [entry["event"] for entry in logs]
    assert [w for w in words if "stor" in w] == [
        "cannot store; keeping everything in memory and trying again",
        "storing works again",
    ]


def test_a_full_disk_gives_up_old_samples_for_the_ledger(hall: Hall) -> None:
    append, retain = Failing(hall.telemetry, "append"), Failing(hall.telemetry, "retain")
    append.fault = FULL
    hall.cycle()
    assert retain.calls == 1
    retain.fault = FULL  # not even that works
    hall.cycle()
    append.fault = retain.fault = None
    hall.cycle()
    assert hall.stored_samples() == 1


def test_when_memory_would_run_out_values_go_and_counts_stay(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(acquire, "MOST_WAITING", 10)
    broken = Failing(hall.telemetry, "append")
    broken.fault = StoreUnavailable("locked")
    for _ in range(25):
        hall.makes(1)
        hall.cycle()
    assert (hall.acquisition.waiting, hall.acquisition.dropped) == (10, 17)
    broken.fault = None
    hall.link(LinkState.UP)
    hall.cycle()
    assert (hall.stored_samples(), hall.counted()) == (10, 25)
    assert hall.telemetry.links()["line1"].dropped == 17  # and it is said


def test_a_lost_lease_is_not_swallowed(hall: Hall) -> None:
    broken = Failing(hall.floor.ingest, "store")
    broken.fault = LeaseHeld("Another edge works.")
    with pytest.raises(LeaseHeld):
        hall.cycle()


# --- while a round is being stored -------------------------------------------------------------------------


class Slow:
    """Holds a store call, before or after its commit, until it is let go."""

    def __init__(self, hall: Hall, *, after: bool) -> None:
        self._real, self._after = hall.floor.ingest.store, after
        self.entered, self.go = threading.Event(), threading.Event()
        hall.floor.ingest.store = self  # type: ignore[method-assign]

    def __call__(self, *arguments: Any) -> int:
        done = self._real(*arguments) if self._after else 0
        self.entered.set()
        assert self.go.wait(10)
        return done if self._after else self._real(*arguments)


@pytest.mark.parametrize("after", [True, False], ids=["after the commit", "before it"])
def test_ended_in_the_middle_of_storing_each_event_is_stored_once(hall: Hall, after: bool) -> None:
    hall.cycle()
    hall.makes(5)

    async def work() -> None:
        slow = Slow(hall, after=after)
        task = asyncio.create_task(hall.acquisition.run())
        await asyncio.to_thread(slow.entered.wait, 10)
        hall.makes(2)  # came in after the round began
        task.cancel()
        await asyncio.sleep(0.05)
        assert not task.done()
        slow.go.set()
        with pytest.raises(asyncio.CancelledError):
            await task

    run(work())
    assert (hall.counted(), hall.checkpoint()) == (7, 107)
    assert hall.stored_samples() == 3


@pytest.mark.parametrize("after", [True, False], ids=["after the commit", "before it"])
def test_a_link_lost_in_the_middle_of_storing_keeps_events_and_checkpoints_together(
    hall: Hall, after: bool
) -> None:
    hall.cycle()
    hall.makes(5)

    async def work() -> None:
        slow = Slow(hall, after=after)
        storing = asyncio.create_task(hall.acquisition.cycle())
        await asyncio.to_thread(slow.entered.wait, 10)
        hall.makes(2)
        hall.link(LinkState.DOWN, "no route")
        slow.go.set()
        await storing

    run(work())
    # killed here, the next edge must come to the same sum
    assert (hall.counted(), hall.checkpoint()) == (5, 105)
    hall.cycle()
    assert (hall.counted(), hall.checkpoint()) == (7, 107)
    assert hall.telemetry.links()["line1"].state is LinkState.DOWN


def test_a_link_that_changes_while_it_is_saved_is_saved_again(hall: Hall) -> None:
    hall.link(LinkState.CONNECTING)
    real = hall.telemetry.save_link

    def changes_meanwhile(status: LinkStatus) -> None:
        real(status)
        if status.state is LinkState.CONNECTING:
            hall.link(LinkState.UP)

    hall.telemetry.save_link = changes_meanwhile  # type: ignore[method-assign]
    hall.cycle()
    hall.cycle()
    assert hall.telemetry.links()["line1"].state is LinkState.UP


# --- restarts and links ------------------------------------------------------------------------------------


def test_a_killed_edge_goes_on_from_its_checkpoint(hall: Hall) -> None:
    hall.makes(5)
    hall.cycle()
    hall.makes(4)  # heard, but never stored
    hall.acquisition = hall.started()
    hall.makes(3)
    hall.cycle()
    assert (hall.counted(), hall.checkpoint()) == (12, 112)


def test_a_clean_end_stores_what_was_only_waiting(hall: Hall) -> None:
    hall.acquisition._merge_s = 1000.0

    async def work() -> None:
        task = asyncio.create_task(hall.acquisition.run())
        await asyncio.sleep(0.1)
        hall.makes(6)
        assert hall.counted() == 0
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    run(work())
    assert (hall.counted(), hall.checkpoint()) == (6, 106)


def test_a_lost_link_is_a_gap_after_what_was_heard_before_it(hall: Hall) -> None:
    hall.cycle()
    hall.makes(5)
    hall.link(LinkState.DOWN, "no route")
    hall.cycle()
    hall.floor.clock.turn(60)
    hall.link(LinkState.UP)
    hall.makes(9)
    hall.cycle()
    with read(hall.floor.ledger) as tx:
        now = hall.floor.clock()
        events = machines.events_of(tx, "filler", now - timedelta(hours=1), now)
    kinds = [(e.kind, e.detail.get("count"), e.detail.get("cause")) for e in reversed(events)]
    assert kinds[-3:] == [
        ("CountAdvanced", 5, None),
        ("DataGap", None, "no route"),
        ("CountAdvanced", 9, None),
    ]


def test_a_link_is_logged_when_it_changes_not_each_time_it_is_told(hall: Hall) -> None:
    with capture_logs() as logs:
        for state in (LinkState.DOWN, LinkState.DOWN, LinkState.UP, LinkState.UP):
            hall.link(state)
    assert [e["state"] for e in logs if e["event"] == "link"] == ["down", "up"]


# --- limits ------------------------------------------------------------------------------------------------

SPEED = LimitSpec("speed", "filler.speed", "Speed", "1/min", action_high=100.0, scope="window")


def limit_events(hall: Hall) -> list[str]:
    with read(hall.floor.ledger) as tx:
        rows = machines.events_of(
            tx,
            "filler",
            hall.floor.clock() - timedelta(hours=1),
            hall.floor.clock(),
            ["LimitBreached", "LimitReturned"],
        )
    return [r.kind for r in reversed(rows)]


def test_a_process_value_with_a_limit_is_judged_and_its_breach_survives_a_kill(tmp_path: Path) -> None:
    hall = Hall(tmp_path / "hall", (SPEED,))
    hall.says("filler.speed", 120.0)
    hall.cycle()
    hall.acquisition = hall.started()
    hall.says("filler.speed", 121.0)
    hall.cycle()
    assert limit_events(hall) == ["LimitBreached"]
    with read(hall.floor.ledger) as tx:
        assert [h.title for h in holds.not_over(tx)] == ["Speed 120 1/min, limit 100: Filler, WH/MO/00001"]


def test_a_lost_link_does_not_end_a_breach(tmp_path: Path) -> None:
    hall = Hall(tmp_path / "hall", (SPEED,))
    hall.says("filler.speed", 120.0)
    hall.says("filler.speed", 80.0)
    hall.link(LinkState.DOWN, "cable")
    hall.cycle()
    hall.floor.clock.turn(60)
    hall.cycle()
    assert limit_events(hall) == ["LimitBreached"]
    hall.says("filler.speed", 80.0)
    hall.floor.clock.turn(5)
    hall.cycle()
    assert limit_events(hall) == ["LimitBreached", "LimitReturned"]


def test_which_limits_hold_follows_the_order_that_runs(tmp_path: Path) -> None:
    hall = Hall(tmp_path / "hall", (replace(SPEED, product="JUICE"),))

    async def follow() -> None:
        task = asyncio.ensure_future(hall.acquisition.follow_orders())
        while hall.acquisition._memories["filler"].limits.meant is None:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    hall.says("filler.speed", 120.0)
    hall.cycle()
    assert limit_events(hall) == []
    asyncio.run(follow())
    hall.cycle()
    assert limit_events(hall) == ["LimitBreached"]
    hall.says("filler.order", "WH/MO/00004")
    hall.cycle()
    assert limit_events(hall) == ["LimitBreached", "LimitReturned"]


def test_what_was_green_is_judged_again_when_it_is_held(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = Hall(tmp_path / "hall", (replace(SPEED, scope="output"),))
    hall.makes(10)
    hall.cycle()
    hall.floor.next_hour()
    assert len(hall.floor.picks()) == 1
    # output is doubtful since the order began
    hall.says("filler.speed", 120.0)
    hall.cycle()
    sleep = asyncio.sleep
    monkeypatch.setattr(acquire.asyncio, "sleep", lambda _s: sleep(0.001))

    async def rounds() -> None:
        task = asyncio.ensure_future(hall.acquisition.close_intervals())
        while hall.floor.picks():
            await sleep(0.01)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(asyncio.wait_for(rounds(), 30))
    (item,) = [i for i in hall.floor.open_reviews() if i.proposal_id is not None]
    assert item.rule == "not-held v1"
