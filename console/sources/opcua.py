"""Reader of OPC UA servers, on asyncua's client.

It browses nothing, calls no method and writes no value: it subscribes to the configured nodes. The life
cycle is our own, because the library's reconnecting was seen to end "connected, but no notifications" after a
server froze (docs/sources.md): every connection is a new client with all settings again (``opcua_session``).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from console.domain.equipment import OpcuaConnection
from console.domain.ports import SampleSink
from console.domain.tags import Tag
from console.errors import ConfigurationError
from console.sources.link import LinkLost, LinkReporter, backoff_delays, end_if_cancelled
from console.sources.opcua_client import POLICIES
from console.sources.opcua_session import OpcuaSession
from console.sources.opcua_values import check_address
from console.sources.quiet import quiet_libraries


class OpcuaSource:
    """Delivers the tags of one OPC UA server (implements ``domain.ports.TagSource``)."""

    def __init__(
        self, connection: OpcuaConnection, tags: Sequence[Tag], secrets: Callable[[str], str]
    ) -> None:
        """`secrets` resolves a secret reference, at every connect, in a thread of its own.

        Errors: ConfigurationError for an address or a security setting that no retry can mend.
        """
        _check_security(connection)
        for tag in tags:
            check_address(tag)
        self._connection = connection
        self._tags = tuple(tags)
        self._secrets = secrets
        self._link = LinkReporter(connection.name)

    @property
    def connection(self) -> str:
        """The name of the connection it serves."""
        return self._connection.name

    async def run(self, sink: SampleSink) -> None:
        """Connect, subscribe, deliver; connect again after each loss; until cancelled."""
        quiet_libraries()
        self._link.start(sink)
        delays = backoff_delays()
        while True:
            session = OpcuaSession(self._connection, self._tags, self._secrets, self._link, sink)
            try:
                await session.run()
            except LinkLost as lost:
                self._link.down(lost)
            except asyncio.CancelledError:
                end_if_cancelled()
                # the library cancels a future of its own now and then: that is a lost link, not our end
                self._link.down(LinkLost(f"{self._connection.url} was lost while it answered."))
            end_if_cancelled()
            if session.was_up:
                delays = backoff_delays()
            await asyncio.sleep(next(delays))


def _check_security(connection: OpcuaConnection) -> None:
    """Errors: ConfigurationError for a security that is unknown or would trust anybody."""
    if connection.security == "none":
        return
    policy, _, mode = connection.security.partition(",")
    if policy not in POLICIES or mode not in ("Sign", "SignAndEncrypt"):
        raise ConfigurationError(
            f"The security {connection.security!r} of connection {connection.name} is not known.",
            f'Use "none" or <policy>,<mode>: one of {", ".join(POLICIES)}, and Sign or SignAndEncrypt.',
        )
    needed = {
        "certificate": connection.certificate,
        "private_key": connection.private_key,
        # without it any server would be trusted, the one in the middle too
        "server_certificate": connection.server_certificate,
    }
    missing = [name for name, value in needed.items() if not value]
    if missing:
        raise ConfigurationError(
            f"The secured connection {connection.name} lacks {', '.join(missing)}.",
            "Name the files in the plant file; server_certificate is the one server to be trusted.",
        )
