"""Tables of the telemetry store. Times are whole microseconds since 1970 UTC: they are many and sorted by.

New samples are appended to ``fresh``, which has no index, so that a commit touches a page or two and not
one page a tag. When it is full or old it is sealed: written out once, sorted by tag and time, as
``samples_<number>``. Those tables come and go and are made by ``console.store.telemetry``.
"""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Integer, MetaData, String, Table

from console.store.types import AnyValue, JsonText

telemetry_metadata = MetaData(
    naming_convention={
        "ix": "ix_%(column_0_label)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

tags = Table(
    "tags",
    telemetry_metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String, nullable=False, unique=True),
)

# flags and value: see console.store.telemetry_rows; delay_us is received time minus source time
fresh = Table(
    "fresh",
    telemetry_metadata,
    Column("tag_id", Integer, nullable=False),
    Column("source_us", Integer, nullable=False),
    Column("delay_us", Integer, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("value", AnyValue),
)

# the newest sample of each tag in order of arrival; columns as in fresh
latest = Table(
    "latest",
    telemetry_metadata,
    Column("tag_id", ForeignKey("tags.id"), primary_key=True),
    Column("source_us", Integer, nullable=False),
    Column("delay_us", Integer, nullable=False),
    Column("flags", Integer, nullable=False),
    Column("value", AnyValue),
)

# what fresh (the one that is not sealed) and each samples_<number> hold. opened_us and closed_us are the
# first and last arrival; first_us and last_us the earliest and latest source time, so that a query skips it
partitions = Table(
    "partitions",
    telemetry_metadata,
    Column("number", Integer, primary_key=True),
    Column("opened_us", Integer, nullable=False),
    Column("closed_us", Integer, nullable=False),
    Column("first_us", Integer, nullable=False),
    Column("last_us", Integer, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("sealed", Boolean, nullable=False),
)

link_status = Table(
    "link_status",
    telemetry_metadata,
    Column("connection", String, primary_key=True),
    Column("state", String, nullable=False),
    Column("since_us", Integer, nullable=False),
    Column("reason", String, nullable=False),
    Column("remedy", String, nullable=False),
    Column("missing_tags", JsonText, nullable=False),
    Column("dropped", Integer, nullable=False),
)

heartbeats = Table(
    "heartbeats",
    telemetry_metadata,
    Column("process", String, primary_key=True),
    Column("pid", Integer, nullable=False),
    Column("at_us", Integer, nullable=False),
    Column("data", JsonText, nullable=False),
)
