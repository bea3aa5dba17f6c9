"""Samples as rows of the telemetry store, and back.

A row is ``(tag_id, source_us, delay_us, flags, value)``. ``flags`` holds the quality in its two lowest bits
(0 good, 1 uncertain, 2 bad) and the value's kind above them, because SQLite itself knows neither booleans
nor whole numbers above 63 bits:

    0 no value   1 bool (0 or 1)   2 whole number   3 float (NULL: nan)   4 text   5 big whole number (text)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from console.domain.tags import Quality, Sample, Scalar

Row = tuple[int, int, int, int, Any]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_QUALITY_CODES = {Quality.GOOD: 0, Quality.UNCERTAIN: 1, Quality.BAD: 2}
_QUALITIES = (Quality.GOOD, Quality.UNCERTAIN, Quality.BAD)
_NONE, _BOOL, _INT, _FLOAT, _TEXT, _BIG = range(6)
_KINDS: dict[type, int] = {bool: _BOOL, int: _INT, float: _FLOAT, str: _TEXT, type(None): _NONE}
_LARGEST = 2**63 - 1

# SQL: the value as a float, NULL where there is none to draw (bad, no value, text)
NUMBER_SQL = (
    f"CASE WHEN flags & 3 = 2 OR flags >> 2 IN ({_NONE}, {_TEXT}) THEN NULL ELSE CAST(value AS REAL) END"
)


def to_us(instant: datetime) -> int:
    """Whole microseconds since 1970 UTC. Raises TypeError for a naive datetime."""
    return (instant - _EPOCH) // _MICROSECOND


def from_us(microseconds: int) -> datetime:
    """The aware UTC instant."""
    return _EPOCH + timedelta(microseconds=microseconds)


def to_rows(samples: Iterable[Sample], tag_ids: Mapping[str, int]) -> list[Row]:
    """The samples' rows, in their order. Tens of thousands a second go through here: kept flat on purpose."""
    rows: list[Row] = []
    add = rows.append
    epoch, microsecond, kinds, codes = _EPOCH, _MICROSECOND, _KINDS, _QUALITY_CODES
    source_before = received_before = None
    source_us = received_us = 0
    for tag, value, quality, source, received in samples:
        # one publish gives many samples the same instants, often the same objects
        if source is not source_before:
            source_us, source_before = (source - epoch) // microsecond, source
        if received is not received_before:
            received_us, received_before = (received - epoch) // microsecond, received
        kind = kinds.get(type(value), -1)
        if kind == _INT or kind < 0:
            kind, value = _unusual(value)
        add((tag_ids[tag], source_us, received_us - source_us, codes[quality] | kind << 2, value))
    return rows


def _unusual(value: Scalar | None) -> tuple[int, Any]:
    """Whole numbers of any size, and subclasses of the plain types."""
    if isinstance(value, bool | int):
        return (_INT, int(value)) if -_LARGEST <= value <= _LARGEST else (_BIG, str(int(value)))
    if isinstance(value, float):
        return _FLOAT, float(value)
    if isinstance(value, str):
        return _TEXT, str(value)
    raise TypeError(f"a sample cannot hold a {type(value).__name__}")


def to_sample(tag: str, source_us: int, delay_us: int, flags: int, value: Any) -> Sample:
    """The sample that ``to_rows`` was given."""
    quality, told = _QUALITIES[flags & 3], _told(flags >> 2, value)
    return Sample(tag, told, quality, from_us(source_us), from_us(source_us + delay_us))


def to_samples(rows: Iterable[tuple[str, int, int, int, Any]]) -> list[Sample]:
    """As ``to_sample``, for the newest samples of all tags; screens ask several times a second."""
    samples: list[Sample] = []
    add = samples.append
    source = received = _EPOCH
    source_before = received_before = 0
    for tag, source_us, delay_us, flags, value in rows:
        # as in to_rows: many samples share their instants
        if source_us != source_before:
            source, source_before = from_us(source_us), source_us
        received_us = source_us + delay_us
        if received_us != received_before:
            received, received_before = from_us(received_us), received_us
        kind = flags >> 2
        told = value if kind == _FLOAT and value is not None else _told(kind, value)
        add(Sample(tag, told, _QUALITIES[flags & 3], source, received))
    return samples


def _told(kind: int, value: Any) -> Scalar | None:
    """The value that was stored as this kind."""
    if kind == _BOOL:
        return bool(value)
    if kind == _FLOAT:
        return float("nan") if value is None else value
    return int(value) if kind == _BIG else value


def to_number(flags: int, value: Any) -> float:
    """The value to draw; nan where there is none. The same as ``NUMBER_SQL``."""
    if flags & 3 == 2 or flags >> 2 in (_NONE, _TEXT) or value is None:
        return float("nan")
    return float(value)
