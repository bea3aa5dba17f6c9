"""The poster's loop: lanes in parallel, one call in flight each, and a breaker when Odoo is the trouble."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog
from sqlalchemy import Engine

from console.errors import ConsoleError
from console.odoo.client import OdooClient
from console.odoo.errors import (
    OdooAuthentication,
    OdooConfiguration,
    OdooConflict,
    OdooDenied,
    OdooError,
    OdooOutcomeUnknown,
    OdooThrottled,
    OdooUnreachable,
)
from console.odoo.master_data import fetch_master_data
from console.services.backoff import delay
from console.services.ingest import Ingest
from console.services.post import Post, mark_link
from console.services.synchronise import Synchronise

log = structlog.get_logger()

LANES_AT_ONCE = 4
# While Odoo is away only one cheap question goes out, so that recovery is noticed soon
PROBE_CAP_S = 10.0


class Posting:
    """Posts and synchronises over one connection to Odoo.

    Attributes:
        healthy: set while Odoo answers; lanes wait for it.
    """

    def __init__(
        self,
        ledger: Engine,
        client: OdooClient,
        post: Post,
        synchronise: Synchronise,
        ingest: Ingest,
        clock: Callable[[], datetime],
        sync_interval_s: float,
    ) -> None:
        self._ledger = ledger
        self._client = client
        self._post = post
        self._synchronise = synchronise
        self._ingest = ingest
        self._clock = clock
        self._sync_interval_s = sync_interval_s
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._failing = 0
        self.healthy = asyncio.Event()
        self._sync_now = asyncio.Event()

    async def run_lanes(self) -> None:
        """Looks for work twice a second and starts lanes, until cancelled."""
        try:
            while True:
                await self.healthy.wait()
                for lane in await asyncio.to_thread(self._post.lanes):
                    if lane not in self._busy and len(self._busy) < LANES_AT_ONCE:
                        task = asyncio.create_task(self._lane(lane), name=f"lane {lane}")
                        self._busy[lane] = task
                self._raise_faults()
                await asyncio.sleep(0.3)
        finally:
            for task in self._busy.values():
                task.cancel()
            await asyncio.gather(*self._busy.values(), return_exceptions=True)
            self._busy.clear()

    def _raise_faults(self) -> None:
        for lane, task in list(self._busy.items()):
            if task.done():
                del self._busy[lane]
                task.result()

    async def _lane(self, lane: str) -> None:
        outcome = await self._post.run_lane(lane)
        if outcome.error is not None:
            await self._trouble(outcome.error)

    async def _trouble(self, error: OdooError) -> None:
        """A fault of Odoo or of the way to it closes the breaker; one record's conflict does not."""
        if isinstance(error, OdooConflict):
            return
        if isinstance(error, OdooThrottled):
            await self._down("down", error)
            await asyncio.sleep(error.retry_after_s)
            return
        if isinstance(error, OdooAuthentication | OdooConfiguration | OdooDenied):
            await self._down("refused", error)
        elif isinstance(error, OdooUnreachable | OdooOutcomeUnknown):
            await self._down("down", error)
        else:
            log.error("Odoo answered in a way that cannot be used", what=str(error))

    async def _down(self, state: str, error: ConsoleError) -> None:
        self.healthy.clear()
        if await asyncio.to_thread(mark_link, self._ledger, state, error, self._clock()):
            log.warning("Odoo is not to be had", state=state, what=str(error))

    async def keep_synchronised(self) -> None:
        """Fetches master data at intervals; while Odoo is away, asks until it is back. Until cancelled."""
        while True:
            try:
                want = await asyncio.to_thread(self._synchronise.wanted)
                data = await fetch_master_data(
                    self._client,
                    want.since,
                    ticket_ids=want.ticket_ids,
                    product_ids=want.product_ids,
                    stock=want.stock,
                )
                await asyncio.to_thread(self._synchronise.take, data, self._client.clock_offset_s)
            except OdooError as error:
                self._failing += 1
                await self._down(_state_of(error), error)
                if isinstance(error, OdooAuthentication):
                    # begun again with the key read anew: a renewed one is taken up without a restart
                    raise
                await asyncio.sleep(delay(self._failing, PROBE_CAP_S).total_seconds())
                continue
            if not self.healthy.is_set():
                log.info("Odoo answers", url=self._client.connection.url)
            self._failing = 0
            self.healthy.set()
            await asyncio.to_thread(self._ingest.judge_again, self._clock())
            await self._until_next()

    async def _until_next(self) -> None:
        """The interval, cut short where the breaker opened meanwhile: then it is the probe."""
        for _ in range(max(1, int(self._sync_interval_s / 0.5))):
            await asyncio.sleep(0.5)
            if not self.healthy.is_set():
                return


def _state_of(error: OdooError) -> str:
    refused = isinstance(error, OdooAuthentication | OdooConfiguration | OdooDenied)
    return "refused" if refused else "down"
