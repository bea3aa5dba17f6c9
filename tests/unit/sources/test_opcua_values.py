from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta, timezone
from enum import IntEnum
from uuid import UUID

import pytest
from asyncua import ua

from console.domain.tags import Quality, Tag
from console.errors import ConfigurationError
from console.sources.opcua_values import (
    UnknownNamespace,
    check_address,
    kind_of,
    node_id_of,
    overflowed,
    quality_of,
    sample_of,
    scalar_of,
)

TAG = Tag("filler1.good", "line", "nsu=urn:plant;s=Filler1.Good")
AT = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAMESPACES = ["http://opcfoundation.org/UA/", "urn:server", "urn:plant"]


class Colour(IntEnum):
    RED = 3


def data(value: object, **settings: object) -> ua.DataValue:
    variant = ua.Variant(value) if value is not None else None  # type: ignore[arg-type]
    return ua.DataValue(variant, **settings)  # type: ignore[arg-type]


def test_uri_becomes_the_servers_index() -> None:
    node = node_id_of("nsu=urn:plant;s=Filler1.Good", NAMESPACES)
    assert (node.NamespaceIndex, node.Identifier) == (2, "Filler1.Good")
    assert node_id_of("nsu=urn:server;i=7", NAMESPACES).Identifier == 7


@pytest.mark.parametrize("address", ["ns=2;s=Filler1.Good", "i=2258", "ns=1;i=7", "s=x;s=y"])
def test_index_addresses_are_taken_as_they_are(address: str) -> None:
    assert node_id_of(address, NAMESPACES) == ua.NodeId.from_string(address)


def test_names_may_hold_separators() -> None:
    assert node_id_of("nsu=urn:plant;s=a;s=b=c", NAMESPACES).Identifier == "a;s=b=c"


def test_unknown_namespace_is_told_apart() -> None:
    with pytest.raises(UnknownNamespace):
        node_id_of("nsu=urn:elsewhere;s=x", NAMESPACES)


@pytest.mark.parametrize("address", ["", "Filler1.Good", "holding:7", "nsu=urn:plant", "ns=x;s=y", "i=seven"])
def test_impossible_addresses_are_refused(address: str) -> None:
    with pytest.raises(ConfigurationError):
        check_address(Tag("t", "line", address))


@pytest.mark.parametrize(
    ("code", "quality"),
    [
        (0x00000000, Quality.GOOD),
        (0x00000480, Quality.GOOD),
        (0x40920000, Quality.UNCERTAIN),
        (0x80340000, Quality.BAD),
        (0xC0000000, Quality.BAD),
    ],
)
def test_quality_is_the_severity(code: int, quality: Quality) -> None:
    assert quality_of(code) is quality


def test_overflow_needs_info_type_and_bit() -> None:
    assert overflowed(0x00000480)
    assert overflowed(0x40920480)
    assert not overflowed(0x00000080)
    assert not overflowed(0x00000400)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (True, True),
        (7, 7),
        (Colour.RED, 3),
        (1.5, 1.5),
        ("text", "text"),
        (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "2026-01-02T03:04:05+00:00"),
        (datetime(2026, 1, 2, 3, 4, 5), "2026-01-02T03:04:05+00:00"),  # noqa: DTZ001 - as the library may give it
        (UUID(int=5), "00000000-0000-0000-0000-000000000005"),
        (ua.LocalizedText("Jam", "en"), "Jam"),
    ],
)
def test_scalars(raw: object, value: object) -> None:
    assert scalar_of(raw) == value
    assert type(scalar_of(raw)) is type(value)


@pytest.mark.parametrize(
    ("raw", "kind"),
    [
        ([1, 2], "an array"),
        (b"\0", "bytes"),
        (math.nan, "not a number"),
        (math.inf, "not a number"),
        (ua.EUInformation(), "a structure"),
    ],
)
def test_what_is_no_scalar_is_bad_with_a_reason(raw: object, kind: str) -> None:
    assert scalar_of(raw) is None
    assert kind_of(raw) == kind


def test_sample_takes_the_machines_time() -> None:
    elsewhere = timezone(timedelta(hours=2))
    source, server = AT - timedelta(seconds=5), AT - timedelta(seconds=1)
    sample, unusable = sample_of(TAG, data(7, SourceTimestamp=source.astimezone(elsewhere)), AT)
    assert (sample.value, sample.quality, sample.source_time, unusable) == (7, Quality.GOOD, source, "")
    assert sample.source_time.utcoffset() == timedelta(0)
    assert sample_of(TAG, data(7, ServerTimestamp=server), AT)[0].source_time == server
    assert sample_of(TAG, data(7), AT)[0].source_time == AT
    nothing = datetime(1601, 1, 1, tzinfo=UTC)
    assert sample_of(TAG, data(7, SourceTimestamp=nothing), AT)[0].source_time == AT


def test_bad_values_are_not_the_machines() -> None:
    bad = ua.StatusCode(ua.UInt32(0x80340000))
    assert sample_of(TAG, data(7, StatusCode=bad), AT)[0][1:3] == (None, Quality.BAD)
    assert sample_of(TAG, data(None), AT)[0][1:3] == (None, Quality.BAD)
    sample, unusable = sample_of(TAG, data([1, 2]), AT)
    assert (sample.quality, unusable) == (Quality.BAD, "an array")


def test_scaling() -> None:
    scaled = Tag("t", "line", "i=1", None, 0.5, 1.0)
    assert sample_of(scaled, data(7), AT)[0].value == 4.5
    assert sample_of(scaled, data(True), AT)[0].value is True
    assert sample_of(TAG, data(2**60), AT)[0].value == 2**60
