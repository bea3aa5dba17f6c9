"""From a configured connection to the source that reads it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from console.domain.equipment import Connection, OpcuaConnection
from console.domain.ports import TagSource
from console.domain.tags import Tag
from console.sources.modbus import ModbusSource
from console.sources.opcua import OpcuaSource


def build_source(connection: Connection, tags: Sequence[Tag], secrets: Callable[[str], str]) -> TagSource:
    """The source for this connection.

    Tags of other connections are left out, so a whole plant's tags may be given.

    Errors: ConfigurationError for an address or setting that no retry can mend.
    """
    own = [tag for tag in tags if tag.connection == connection.name]
    if isinstance(connection, OpcuaConnection):
        return OpcuaSource(connection, own, secrets)
    return ModbusSource(connection, own)
