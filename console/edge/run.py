"""Runs the edge: takes the lease, starts the tasks, tells its health, and shuts down cleanly."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

import structlog
from sqlalchemy import Connection, Engine

from console.domain.equipment import Plant
from console.domain.ports import TagSource
from console.edge.acquire import Acquisition
from console.edge.posting import Posting
from console.edge.supervise import Supervisor
from console.errors import ConsoleError, LeaseHeld
from console.odoo.client import OdooClient
from console.services.followers import Tender, tenders
from console.services.ingest import Ingest
from console.services.post import Post, mark_link
from console.services.reconcile import reconcile
from console.services.synchronise import Synchronise
from console.store import leases
from console.store.leases import Lease
from console.store.telemetry import Heartbeat, Telemetry

log = structlog.get_logger()

LEASE = "edge"
SHORTEST_RECONCILIATION_S = 60


@dataclass(frozen=True, slots=True)
class EdgeParts:
    """What bootstrap hands over.

    Attributes:
        plant_source: text of the plant file, kept in the ledger under its hash.
        api_key: gives the key of Odoo when it is needed; None where no Odoo is configured.
        lease_s: another edge may take over from one that was silent for so long.
        merge_s: counts are collected for so long before they become one machine event.
        grace_s: an interval is closed this long after its end.
    """

    ledger: Engine
    telemetry: Telemetry
    plant: Plant
    plant_source: str
    sources: Sequence[TagSource]
    api_key: Callable[[], str] | None
    clock: Callable[[], datetime]
    lease_s: float = 15.0
    merge_s: float = 5.0
    grace_s: float = 8.0


class Edge:
    """One run of the edge."""

    def __init__(self, parts: EdgeParts) -> None:
        self._parts = parts
        self._holder = f"edge@{socket.gethostname()} {os.getpid()} {secrets.token_hex(3)}"
        self._ttl = timedelta(seconds=parts.lease_s)
        self._lease: Lease | None = None
        self._acquisition: Acquisition | None = None

    async def run(self) -> None:
        """Until a signal, or until the lease is lost.

        Raises:
            LeaseHeld: another edge works on this ledger.
        """
        p = self._parts
        self._lease = await self._take_lease()
        log.info("edge started", holder=self._holder, plant=p.plant.name, version=p.plant.version[:12])
        supervisor = Supervisor()
        ingest = Ingest(p.ledger, p.plant, timedelta(seconds=p.grace_s))
        ingest.activate(p.plant_source, self._holder, p.clock())
        acquisition = Acquisition(
            p.plant, ingest, p.telemetry, ingest.load(), p.clock, self._fence, merge_s=p.merge_s
        )
        self._acquisition = acquisition
        self._stop_on_signals(supervisor)
        for source in p.sources:
            supervisor.start(f"source {source.connection}", partial(source.run, acquisition))
        supervisor.start("acquisition", acquisition.run)
        supervisor.start("intervals", acquisition.close_intervals)
        supervisor.start("retention", acquisition.retain)
        supervisor.start("limits", acquisition.follow_orders)
        supervisor.start("lease", self._keep_lease)
        supervisor.start("health", lambda: self._beat(supervisor))
        supervisor.start("Odoo", lambda: self._odoo(ingest))
        supervisor.start("reconciliation", self._reconcile)
        for tender in tenders(p.ledger, p.telemetry, p.plant):
            supervisor.start(type(tender).__name__, partial(self._tend, tender))
        try:
            await supervisor.wait()
        finally:
            await asyncio.to_thread(self._release)
            log.info("edge stopped", holder=self._holder)

    # --- lease --------------------------------------------------------------------------------------------

    def _fence(self, tx: Connection) -> None:
        assert self._lease is not None
        leases.check_token(tx, self._lease)

    async def _take_lease(self) -> Lease:
        """Takes the lease; waits for one whose holder is gone to run out, not for one that is alive."""
        p, seen = self._parts, None
        while True:
            try:
                return leases.acquire(p.ledger, LEASE, self._holder, p.clock(), self._ttl)
            except LeaseHeld as held:
                now = leases.current(p.ledger, LEASE)
                if now is None:
                    continue
                if _holder_is_gone(now.holder):
                    log.info("taking over from an edge that is gone", holder=now.holder)
                    leases.release(p.ledger, now, p.clock())
                    continue
                if seen is not None and now.expires_at > seen.expires_at:
                    raise LeaseHeld(
                        f"Another edge works on this ledger: {now.holder}.",
                        "One edge reads the machines of a ledger. Stop that one first, or give this one its "
                        "own data folder.",
                    ) from held
                seen = now
                await asyncio.sleep(1.0)

    async def _keep_lease(self) -> None:
        while True:
            await asyncio.sleep(self._parts.lease_s / 3)
            assert self._lease is not None
            p = self._parts
            self._lease = await asyncio.to_thread(leases.renew, p.ledger, self._lease, p.clock(), self._ttl)

    def _release(self) -> None:
        assert self._lease is not None
        leases.release(self._parts.ledger, self._lease, self._parts.clock())

    # --- Odoo ---------------------------------------------------------------------------------------------

    async def _odoo(self, ingest: Ingest) -> None:
        p = self._parts
        if p.plant.odoo is None or p.api_key is None:
            return
        try:
            client = OdooClient(p.plant.odoo, p.api_key())
        except ConsoleError as error:
            mark_link(p.ledger, "refused", error, p.clock())
            raise
        async with client:
            post = Post(p.ledger, p.plant.odoo, client, p.clock, self._fence)
            posting = Posting(
                p.ledger,
                client,
                post,
                Synchronise(p.ledger, p.clock),
                ingest,
                p.clock,
                p.plant.odoo.sync_interval_s,
            )
            async with asyncio.TaskGroup() as both:
                both.create_task(posting.run_lanes())
                both.create_task(posting.keep_synchronised())

    async def _reconcile(self) -> None:
        """Machine, confirmed and Odoo side by side, once an interval (an hour on a plant floor)."""
        p = self._parts
        intervals = [m.confirmation_interval_s for m in p.plant.machines]
        every_s = max(SHORTEST_RECONCILIATION_S, min(intervals, default=3600))
        while True:
            await asyncio.sleep(every_s)
            await asyncio.to_thread(reconcile, p.ledger, p.plant, "the edge", p.clock)

    async def _tend(self, tender: Tender) -> None:
        while True:
            await asyncio.sleep(tender.every_s)
            await asyncio.to_thread(tender.tend, self._parts.clock(), self._fence)

    # --- health -------------------------------------------------------------------------------------------

    async def _beat(self, supervisor: Supervisor) -> None:
        """A sign of life each second, with what the edge says of itself."""
        p, acquisition = self._parts, self._acquisition
        assert acquisition is not None
        while True:
            data = {
                "holder": self._holder,
                "committed": acquisition.committed,
                "waiting": acquisition.waiting,
                "dropped": acquisition.dropped,
                "faults": dict(supervisor.faults)
                | ({"store": acquisition.fault} if acquisition.fault else {}),
            }
            await asyncio.to_thread(p.telemetry.beat, Heartbeat("edge", os.getpid(), p.clock(), data))
            await asyncio.sleep(1.0)

    def _stop_on_signals(self, supervisor: Supervisor) -> None:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, supervisor.stop)
            except NotImplementedError:
                # Windows: asyncio cannot; Ctrl-C arrives as KeyboardInterrupt
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(supervisor.stop))


def _holder_is_gone(holder: str) -> bool:
    """Whether the holder was a process of this very host and is no more."""
    try:
        place, pid, _ = holder.split(" ")
        if place != f"edge@{socket.gethostname()}" or os.name == "nt":
            return False
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except (ValueError, PermissionError):
        return False
    return False
