"""Column types of both databases: instants and JSON, each in one canonical form.

One form matters: equal values are equal text, so they compare, sort, hash and index without thought.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import DateTime, Dialect, String, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

_UTC_TEXT_LENGTH = 27


def utc_text(instant: datetime) -> str:
    """The instant as ``2026-01-31T06:00:00.000000Z``: fixed width, so that text order is time order.

    Raises ValueError for a naive datetime: nobody can tell what it means.
    """
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError(f"a naive datetime cannot be stored: {instant!r}")
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def utc_instant(text: str) -> datetime:
    """The aware UTC instant of what ``utc_text`` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)


def canonical_json(value: Any) -> str:
    """JSON with sorted keys and no spaces; NaN is refused because no other reader would take it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant: sortable ISO text in SQLite, ``timestamptz`` in PostgreSQL.

    Binding a naive datetime raises ValueError.
    """

    impl = String(_UTC_TEXT_LENGTH)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(DateTime(timezone=True))
        return dialect.type_descriptor(String(_UTC_TEXT_LENGTH))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        text = utc_text(value)
        return value.astimezone(UTC) if dialect.name == "postgresql" else text

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if isinstance(value, datetime):
            return value.astimezone(UTC)
        return utc_instant(value)


class JsonText(TypeDecorator[Any]):
    """A JSON value: canonical text in SQLite, ``jsonb`` in PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        if dialect.name == "postgresql":
            return dialect.type_descriptor(JSONB())
        return dialect.type_descriptor(Text())

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        if value is None:
            return None
        # the round trip through text refuses on every dialect what one of them could not hold
        text = canonical_json(value)
        return json.loads(text) if dialect.name == "postgresql" else text

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        if value is None or dialect.name == "postgresql":
            return value
        return json.loads(value)


class AnyValue(UserDefinedType[Any]):
    """A value kept exactly as it came: whole number, float or text. SQLite only (``BLOB``: no affinity)."""

    cache_ok = True

    def get_col_spec(self, **_options: Any) -> str:
        return "BLOB"
