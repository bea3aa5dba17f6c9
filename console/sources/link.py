"""What both protocols share: the link's state, pauses between attempts, plain words for network faults."""

from __future__ import annotations

import asyncio
import random
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime

import structlog

from console.domain.ports import SampleSink
from console.domain.tags import LinkState, LinkStatus

_log = structlog.get_logger(__name__)

FIRST_DELAY_S = 0.2
LONGEST_DELAY_S = 5.0


class LinkLost(Exception):
    """The connection cannot be made or held. Never leaves a source: it becomes a LinkStatus.

    Attributes:
        reason: plain words, what happened.
        remedy: what a person can do about it; empty where waiting is all.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.remedy = remedy


def utc_now() -> datetime:
    """This computer's clock, aware UTC."""
    return datetime.now(UTC)


def end_if_cancelled() -> None:
    """Raise CancelledError when this task was asked to end, also where a library swallowed the asking.

    asyncua catches CancelledError while it closes; ``asyncio.wait_for`` before Python 3.12, which pymodbus
    uses, loses one that comes together with the answer (python/cpython issue 86296).
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


def backoff_delays(
    first_s: float = FIRST_DELAY_S,
    longest_s: float = LONGEST_DELAY_S,
    jitter: Callable[[], float] = random.random,
) -> Iterator[float]:
    """Seconds to wait before each further attempt: doubled each time, spread by half.

    The spread keeps many consoles from knocking at a restarted server at the same instant.
    """
    delay_s = first_s
    while True:
        yield delay_s * (0.5 + 0.5 * jitter())
        delay_s = min(delay_s * 2, longest_s)


def network_fault(error: BaseException, host: str, port: int) -> LinkLost:
    """Plain words for what the operating system says of a TCP connection."""
    where = f"{host}:{port}"
    if isinstance(error, ConnectionRefusedError):
        return LinkLost(
            f"{where} refuses the connection.",
            "Check that the device or server runs, and that the port is right.",
        )
    if isinstance(error, socket.gaierror):
        return LinkLost(
            f"The name {host} is not known.",
            "Check the spelling, or use the device's IP address.",
        )
    if isinstance(error, TimeoutError):
        return LinkLost(
            f"{where} does not answer in time.",
            "Check power, cable, VLAN and firewall between this computer and the device.",
        )
    if isinstance(error, ConnectionError):
        return LinkLost(
            f"{where} closed the connection.",
            "The device may be restarting, out of connections, or speak another protocol on this port.",
        )
    detail = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return LinkLost(f"{where} cannot be reached: {detail}.", "Check the network of this computer.")


class LinkReporter:
    """Tells a sink each change of one connection's state, once; and the log each loss and recovery, once."""

    def __init__(self, connection: str, now: Callable[[], datetime] = utc_now) -> None:
        self._now = now
        self._sink: SampleSink | None = None
        self._status = LinkStatus(connection, LinkState.CONNECTING, now())
        self._log = _log.bind(connection=connection)

    @property
    def status(self) -> LinkStatus:
        """What was told last."""
        return self._status

    def start(self, sink: SampleSink) -> None:
        """Begin to tell this sink, with the state `connecting`."""
        self._sink = sink
        self._status = replace(self._status, state=LinkState.CONNECTING, since=self._now())
        sink.link(self._status)

    def up(self, missing: Iterable[str] = (), reason: str = "", remedy: str = "") -> None:
        """Values flow. `missing` are tags that the device does not know; `reason` what else is amiss."""
        told_down = self._status.state is LinkState.DOWN
        before = self._status.missing_tags
        names = tuple(sorted(missing))
        self._tell(LinkState.UP, reason, remedy, names)
        if told_down:
            self._log.info("link recovered")
        if names and names != before:
            self._log.warning("tags missing", tags=names)

    def down(self, lost: LinkLost) -> None:
        """Nothing flows, for this reason. The missing tags are forgotten: nobody can know them now."""
        if self._status.state is not LinkState.DOWN:
            self._log.warning("link lost", reason=lost.reason, remedy=lost.remedy)
        self._tell(LinkState.DOWN, lost.reason, lost.remedy, ())

    def add_dropped(self, count: int) -> None:
        """Samples that the server could not keep for us."""
        if count:
            self._status = replace(self._status, dropped=self._status.dropped + count)
            self._send()

    def _tell(self, state: LinkState, reason: str, remedy: str, missing: tuple[str, ...]) -> None:
        since = self._status.since if state is self._status.state else self._now()
        status = replace(
            self._status, state=state, since=since, reason=reason, remedy=remedy, missing_tags=missing
        )
        if status != self._status:
            self._status = status
            self._send()

    def _send(self) -> None:
        if self._sink is not None:
            self._sink.link(self._status)
