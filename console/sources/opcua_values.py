"""OPC UA addresses and values, in the console's own terms. Pure functions.

Sources: OPC 10000-4 (status codes 7.39, data values 7.11), OPC 10000-6 5.3.1.10 (node ids as text).
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from asyncua import ua
from asyncua.ua.uaerrors import UaError

from console.domain.tags import Quality, Sample, Scalar, Tag
from console.errors import ConfigurationError

_URI_ADDRESS = re.compile(r"^nsu=(?P<uri>.+?);(?P<id>[isgb]=.+)$", re.DOTALL)
# OPC 10000-4 table "DataValue InfoBits": info type 01 and the overflow bit
_OVERFLOW = 0x0480
# before this a time stamp is a server's way to say "none" (FILETIME 0 is 1601)
_FIRST_PLAUSIBLE_YEAR = 1970


class UnknownNamespace(Exception):
    """The server has no namespace of this URI."""


def check_address(tag: Tag) -> None:
    """Errors: ConfigurationError for an address that cannot be a node id."""
    try:
        node_id_of(tag.address, None)
    except (UaError, ValueError, TypeError, AttributeError) as error:
        raise ConfigurationError(
            f"The OPC UA address {tag.address!r} of tag {tag.name} cannot be used: it is no node id.",
            "Write nsu=<namespace URI>;s=<name>, ns=2;s=<name> or i=<number> in the plant file.",
        ) from error


def node_id_of(address: str, namespaces: Sequence[str] | None) -> ua.NodeId:
    """The node id, with its namespace URI looked up in the server's array.

    `namespaces` None only checks the form. An index is a matter of one server start, a URI is not: so it is
    looked up at every connect.

    Errors: UnknownNamespace; UaError, ValueError for what is no node id.
    """
    match = _URI_ADDRESS.match(address.strip())
    if match is None:
        return ua.NodeId.from_string(address.strip())
    if namespaces is None:
        index = 1
    elif match["uri"] in namespaces:
        index = list(namespaces).index(match["uri"])
    else:
        raise UnknownNamespace(match["uri"])
    return ua.NodeId.from_string(f"ns={index};{match['id']}")


def quality_of(code: int) -> Quality:
    """The severity of a status code: its two highest bits; the reserved fourth value is bad too."""
    return (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD, Quality.BAD)[code >> 30 & 3]


def overflowed(code: int) -> bool:
    """Whether the server says that values before this one were lost from its queue."""
    return code & _OVERFLOW == _OVERFLOW


def scalar_of(value: object) -> Scalar | None:
    """The value as a scalar; None where it is none (absent, array, structure, bytes, NaN, infinity)."""
    if isinstance(value, bool | str):
        return str(value) if isinstance(value, str) else value
    if isinstance(value, int):
        return int(value)  # sheds enumeration classes
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, datetime):
        return aware(value).isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, ua.LocalizedText):
        return value.Text
    return None


def kind_of(value: object) -> str:
    """How a value that is no scalar is called in a reason."""
    if isinstance(value, list | tuple):
        return "an array"
    if isinstance(value, bytes):
        return "bytes"
    if isinstance(value, float):
        return "not a number"
    return "a structure"


def aware(moment: datetime) -> datetime:
    """The moment as aware UTC; the library's are UTC, with or without saying so."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def sample_of(tag: Tag, data: ua.DataValue, received: datetime) -> tuple[Sample, str]:
    """The sample a data value makes, and why its value could not be used ("" mostly)."""
    code = data.StatusCode.value if data.StatusCode is not None else 0
    raw = data.Value.Value if data.Value is not None else None
    value = scalar_of(raw)
    unusable = kind_of(raw) if value is None and raw is not None else ""
    if value is not None and (tag.scale != 1 or tag.offset != 0) and not isinstance(value, bool | str):
        value = value * tag.scale + tag.offset
    quality = quality_of(code) if value is not None else Quality.BAD
    if quality is Quality.BAD:
        value = None  # a bad value is not the machine's
    source = _plausible(data.SourceTimestamp) or _plausible(data.ServerTimestamp) or received
    return Sample(tag.name, value, quality, source, received), unusable


def _plausible(moment: datetime | None) -> datetime | None:
    if moment is None or moment.year < _FIRST_PLAUSIBLE_YEAR:
        return None
    return aware(moment)
