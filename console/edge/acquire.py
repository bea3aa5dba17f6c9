"""Acquisition: from sources to samples, machine events and proposals, a few times a second.

One commit for many changes. What could not be stored (disk full, database busy) is kept and tried again;
counts are never dropped, process values are only when memory would run out, and then they are counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from console.domain import detect
from console.domain.detect import MachineMemory
from console.domain.equipment import Machine, Plant
from console.domain.machine_events import MachineEvent
from console.domain.tags import LinkState, LinkStatus, Sample
from console.errors import DiskFull, StoreUnavailable
from console.services.ingest import Detected, Ingest
from console.store.telemetry import Telemetry

log = structlog.get_logger()

# Samples kept in memory while the telemetry store cannot be written (some 100 MB)
MOST_WAITING = 400_000


class Acquisition:
    """The sink of all sources, and the loop that stores what they bring.

    Attributes:
        committed: samples whose events and values are on disk, since start.
        dropped: process values given up since start; 0 in health.
        fault: why nothing can be stored now, in words; empty in health.
    """

    def __init__(
        self,
        plant: Plant,
        ingest: Ingest,
        telemetry: Telemetry,
        memories: dict[str, MachineMemory],
        clock: Callable[[], datetime],
        fence: Callable[[Connection], None],
        *,
        cycle_s: float = 0.25,
        merge_s: float = 5.0,
    ) -> None:
        self._plant = plant
        self._ingest = ingest
        self._telemetry = telemetry
        self._memories = memories
        self._clock = clock
        self._fence = fence
        self._cycle_s = cycle_s
        self._merge_s = merge_s
        self._machine_of = {t: m for m in plant.machines for t in _detected_tags(m)}
        # samples, and between them the links that were lost: what came before a loss is judged first
        self._incoming: list[Sample | LinkStatus] = []
        self._links: dict[str, LinkStatus] = {}
        self._links_changed: set[str] = set()
        self._waiting: list[Sample] = []
        self._untold: dict[str, list[MachineEvent]] = {}
        self._round: asyncio.Future[None] | None = None
        self.committed = 0
        self.dropped = 0
        self.fault = ""

    # --- SampleSink ---------------------------------------------------------------------------------------

    def samples(self, batch: Sequence[Sample]) -> None:
        """Takes samples; see ``SampleSink``."""
        self._incoming.extend(batch)

    def link(self, status: LinkStatus) -> None:
        """Takes a change of a connection's state; a lost link opens a gap for its counters."""
        before = self._links.get(status.connection)
        self._links[status.connection] = status
        self._links_changed.add(status.connection)
        if before is None or before.state is not status.state:
            log.info("link", connection=status.connection, state=status.state.value, reason=status.reason)
        if status.state is LinkState.DOWN:
            # not here: the memories are being stored by another thread, perhaps
            self._incoming.append(status)

    def _gap(self, status: LinkStatus) -> None:
        tags = {t.name for t in self._plant.tags_of(status.connection)}
        for machine in self._plant.machines:
            memory = self._memories[machine.name]
            own = [*(c.tag for c in machine.counters), *(x.tag for x in machine.limits)]
            mine = [t for t in own if t in tags]
            detect.link_lost(machine, memory, mine, status.since, status.reason or "no connection")

    # --- the loop -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Detects and stores until cancelled; then stores what is still held."""
        try:
            while True:
                await asyncio.sleep(self._cycle_s)
                await self.cycle()
        finally:
            await asyncio.shield(self._last())

    async def cycle(self) -> None:
        """One round: everything that came in is judged and committed."""
        self._judge(self._take())
        # a round that is cancelled is finished all the same, or its events would be stored once more
        self._round = asyncio.ensure_future(self._store())
        await asyncio.shield(self._round)

    async def _last(self) -> None:
        """On a clean shutdown nothing stays only in memory."""
        if self._round is not None:
            await asyncio.gather(self._round, return_exceptions=True)
        self._judge(self._take())
        for machine in self._plant.machines:
            self._untold.setdefault(machine.name, []).extend(detect.flush(self._memories[machine.name]))
        await self._store()

    def _take(self) -> list[Sample | LinkStatus]:
        batch, self._incoming = self._incoming, []
        return batch

    def _judge(self, batch: Iterable[Sample | LinkStatus]) -> None:
        """Detects what is in a batch. Never while a round is stored: it changes the memories."""
        heard: list[Sample] = []
        for item in batch:
            if isinstance(item, LinkStatus):
                self._detect(heard)
                heard = []
                self._gap(item)
            else:
                heard.append(item)
        self._detect(heard)

    def _detect(self, batch: Iterable[Sample]) -> None:
        by_machine: dict[str, list[Sample]] = {}
        for sample in batch:
            self._waiting.append(sample)
            machine = self._machine_of.get(sample.tag)
            if machine is not None:
                by_machine.setdefault(machine.name, []).append(sample)
        now = self._clock()
        for machine in self._plant.machines:
            events = detect.detect(
                machine,
                self._memories[machine.name],
                by_machine.get(machine.name, ()),
                now,
                merge_s=self._merge_s,
                skew_fail_s=self._plant.clock_skew_fail_s,
            )
            if events:
                self._untold.setdefault(machine.name, []).extend(events)

    async def _store(self) -> None:
        """Counts first: a value that is stored but not counted would be lost for good at a kill, one that is
        counted but not stored is only missing from a chart. The two fail and are tried again separately."""
        now = self._clock()
        faults = [await self._store_events(now), await self._store_samples(now)]
        fault = next((f for f in faults if f), "")
        if fault and not self.fault:
            log.error("cannot store; keeping everything in memory and trying again", what=fault)
        elif self.fault and not fault:
            log.info("storing works again")
        self.fault = fault

    async def _store_events(self, now: datetime) -> str:
        found = [
            Detected(m, self._memories[m.name], tuple(self._untold.get(m.name, ())))
            for m in self._plant.machines
        ]
        try:
            await asyncio.to_thread(self._ingest.store, found, now, self._fence)
        except StoreUnavailable as error:
            return str(error)
        for d in found:
            held = self._untold.get(d.machine.name)
            if held:  # what came in while it was stored stays for the next round
                del held[: len(d.events)]
        return ""

    async def _store_samples(self, now: datetime) -> str:
        batch = self._waiting
        links = [self._links[name] for name in self._links_changed]
        try:
            await asyncio.to_thread(self._telemetry.append, batch)
            self.committed += len(batch)
            self._waiting = self._waiting[len(batch) :]
            await asyncio.to_thread(self._save_links, links)
        except StoreUnavailable as error:
            self._give_up_surplus()
            if isinstance(error, DiskFull):
                await self._make_room(now)
            return str(error)
        # a link that changed meanwhile is saved in the next round
        self._links_changed -= {s.connection for s in links if self._links[s.connection] is s}
        return ""

    def _save_links(self, links: list[LinkStatus]) -> None:
        for status in links:
            self._telemetry.save_link(replace(status, dropped=status.dropped + self.dropped))

    async def _make_room(self, now: datetime) -> None:
        """The oldest half of the samples goes, so that the ledger can go on: counts matter more."""
        used = await asyncio.to_thread(self._telemetry.used_bytes)
        try:
            gone = await asyncio.to_thread(self._telemetry.retain, now, self._plant.telemetry_keep, used // 2)
        except StoreUnavailable:
            return  # not even that; the next round tries again
        if gone:  # asked each round while the disk is full; told where something went
            log.warning("the disk is full: the oldest samples were dropped", partitions=gone)

    def _give_up_surplus(self) -> None:
        surplus = len(self._waiting) - MOST_WAITING
        if surplus > 0:
            # their counts are in ``_untold``; only the raw values go
            del self._waiting[:surplus]
            self.dropped += surplus

    async def close_intervals(self) -> None:
        """Closes what is due, each second, until cancelled."""
        while True:
            await asyncio.sleep(1.0)
            await asyncio.to_thread(self._ingest.close_intervals, self._clock())
            await asyncio.to_thread(self._ingest.judge_held, self._clock())

    async def follow_orders(self) -> None:
        """Keeps which limits hold for what runs, each second, until cancelled."""
        while True:
            for name, meant in (await asyncio.to_thread(self._ingest.limits_meant)).items():
                limits = self._memories[name].limits
                if limits.meant != meant:
                    limits.meant = meant
            await asyncio.sleep(1.0)

    async def retain(self) -> None:
        """Drops old samples, each minute, until cancelled."""
        while True:
            await asyncio.sleep(60.0)
            keep: timedelta = self._plant.telemetry_keep
            most = self._plant.telemetry_max_mb * 1024 * 1024
            await asyncio.to_thread(self._telemetry.retain, self._clock(), keep, most)

    @property
    def waiting(self) -> int:
        """Samples held in memory now."""
        return len(self._waiting) + len(self._incoming)


def _detected_tags(machine: Machine) -> set[str]:
    return (set(machine.tag_names()) - set(machine.process_tags)) | {x.tag for x in machine.limits if x.tag}
