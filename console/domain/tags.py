"""Tags and samples: station [1] of the flow.

A tag is one configured data point; a sample is one value of it with quality and two times.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

Scalar = bool | int | float | str


class Quality(StrEnum):
    """Quality of a sample, as OPC UA's status severity groups it (OPC 10000-4, 7.39)."""

    GOOD = "good"
    UNCERTAIN = "uncertain"
    BAD = "bad"


class Sample(NamedTuple):
    """One value of one tag. A tuple, because tens of thousands are made each second.

    Attributes:
        tag: the tag's name.
        value: None exactly where there is no value (quality is then BAD).
        source_time: aware UTC, as the machine said; equal to received_time where it said nothing.
        received_time: aware UTC, this computer's clock.
    """

    tag: str
    value: Scalar | None
    quality: Quality
    source_time: datetime
    received_time: datetime


class DataType(StrEnum):
    """How the raw registers of a Modbus tag are read. OPC UA tags carry their own type."""

    BOOL = "bool"
    INT16 = "int16"
    UINT16 = "uint16"
    INT32 = "int32"
    UINT32 = "uint32"
    INT64 = "int64"
    UINT64 = "uint64"
    FLOAT32 = "float32"
    FLOAT64 = "float64"
    STRING = "string"

    @property
    def registers(self) -> int:
        """16-bit registers one value takes (a string's length is in its address)."""
        return {"32": 2, "64": 4}.get(self.value[-2:], 1)


@dataclass(frozen=True, slots=True)
class Tag:
    """A configured data point.

    Attributes:
        name: unique in the plant, ``<machine>.<signal>``.
        connection: the connection that delivers it.
        address: an OPC UA node (``nsu=<uri>;s=<id>``, ``ns=2;s=<id>`` or ``i=<n>``) or a Modbus place
            (``holding:100``, ``input:7``, ``coil:3``, ``discrete:4``, string ``holding:40:8`` = 8 registers).
        data_type: Modbus only.
        scale, offset: engineering value = raw * scale + offset; untouched where 1 and 0.
        unit: engineering unit as shown, for example "degC".
    """

    name: str
    connection: str
    address: str
    data_type: DataType | None = None
    scale: float = 1.0
    offset: float = 0.0
    unit: str = ""


class LinkState(StrEnum):
    """State of the connection to a device or server."""

    CONNECTING = "connecting"
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class LinkStatus:
    """What is known of one connection; told on every change.

    Attributes:
        since: aware UTC, when this state began.
        reason: plain words; empty while all is well.
        remedy: what a person can do about it.
        missing_tags: tags that the device does not know (still retried).
        dropped: samples dropped since start because the edge could not keep up; 0 in health.
    """

    connection: str
    state: LinkState
    since: datetime
    reason: str = ""
    remedy: str = ""
    missing_tags: tuple[str, ...] = ()
    dropped: int = 0
