"""Keeps the edge's tasks running. The only place with a broad except: a fault of one task is logged once,
the task is started again after a pause, and the others go on."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import structlog

from console.errors import ConfigurationError, ConsoleError, EnvironmentFault, LeaseHeld

log = structlog.get_logger()

FIRST_PAUSE_S = 0.5
LONGEST_PAUSE_S = 30.0
# A task that ran this long was healthy; the next fault starts from the first pause again
HEALTHY_S = 60.0
# A restarted task that ran this long without a fault works again
RECOVERED_S = 5.0


class Supervisor:
    """Runs named tasks until one of them must stop everything.

    Attributes:
        faults: by task, what it is failing with now, in words; shown in the header as the edge's health.
    """

    def __init__(self) -> None:
        self.faults: dict[str, str] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopped: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def start(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        """Starts a task under supervision."""
        task = asyncio.create_task(self._keep(name, work), name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop(self, error: BaseException | None = None) -> None:
        """Ends ``wait``; with an error where there is one to tell."""
        if not self._stopped.done():
            if error is None:
                self._stopped.set_result(None)
            else:
                self._stopped.set_exception(error)

    async def wait(self) -> None:
        """Until ``stop``; then ends all tasks. Raises what ``stop`` was given."""
        try:
            await self._stopped
        finally:
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _keep(self, name: str, work: Callable[[], Awaitable[None]]) -> None:
        loop, pause = asyncio.get_running_loop(), FIRST_PAUSE_S
        while True:
            begun = loop.time()
            better = loop.call_later(RECOVERED_S, self.recovered, name)
            try:
                await work()
                return
            except asyncio.CancelledError:
                raise
            except Exception as raised:  # noqa: BLE001 - the supervisor is where faults end
                error = _first(raised)
                if isinstance(error, LeaseHeld):
                    # somebody else works now: going on would mean two hands on one ledger
                    self.stop(error)
                    return
                if loop.time() - begun > HEALTHY_S:
                    pause = FIRST_PAUSE_S
                self._failed(name, error)
            finally:
                better.cancel()
            await asyncio.sleep(random.uniform(pause / 2, pause))
            pause = min(pause * 2, LONGEST_PAUSE_S)

    def _failed(self, name: str, error: Exception) -> None:
        known = isinstance(error, ConsoleError)
        words = str(error) if known else f"{type(error).__name__}: {error}"
        if self.faults.get(name) == words:
            return  # told once
        self.faults[name] = words
        if isinstance(error, EnvironmentFault | ConfigurationError):
            log.error("task failed", task=name, what=words)
        else:
            log.error("task failed: our bug", task=name, what=words, exc_info=error)

    def recovered(self, name: str) -> None:
        """A task works again: told once."""
        if self.faults.pop(name, None) is not None:
            log.info("task works again", task=name)


def _first(error: Exception) -> Exception:
    """The fault inside a task group's wrapper; a lost lease before anything else."""
    if not isinstance(error, ExceptionGroup):
        return error
    inner = [_first(e) for e in error.exceptions]
    return next((e for e in inner if isinstance(e, LeaseHeld)), inner[0])
