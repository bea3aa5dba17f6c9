"""Ports: contracts with more than one implementation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from console.domain.tags import LinkStatus, Sample


class SampleSink(Protocol):
    """Where a source delivers. Both calls return at once and are made on the event loop's thread."""

    def samples(self, batch: Sequence[Sample]) -> None:
        """Takes samples in the order in which the device made them."""

    def link(self, status: LinkStatus) -> None:
        """Takes a change of the connection's state."""


class TagSource(Protocol):
    """A reader of tags: OPC UA, Modbus TCP, ... It reads, and has no way to write.

    ``run`` connects, delivers and reconnects until it is cancelled; it raises only for our own bugs and
    for a configuration that no retry can mend (ConfigurationError). After a reconnect it delivers the
    current value of every tag. On a lost link it says so with ``link`` and delivers nothing: silence is
    not a value.
    """

    @property
    def connection(self) -> str:
        """The name of the connection it serves."""

    async def run(self, sink: SampleSink) -> None:
        """Deliver until cancelled."""
