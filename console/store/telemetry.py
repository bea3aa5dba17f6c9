"""The telemetry store: samples for a bounded time, the latest value of each tag, and live health.

See ``telemetry_schema`` for how samples are laid out and why. One process appends (the edge), any number
read.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select, update
from sqlalchemy.dialects.sqlite import insert as upsert

from console.domain.tags import LinkState, LinkStatus, Sample
from console.errors import DiskFull
from console.store.room import give_back, hold_reserve, release_reserve
from console.store.sqlite import read, write
from console.store.telemetry_rows import (
    NUMBER_SQL,
    Row,
    from_us,
    to_number,
    to_rows,
    to_sample,
    to_samples,
    to_us,
)
from console.store.telemetry_schema import heartbeats, link_status, partitions, tags

_APPEND = "INSERT INTO fresh (tag_id, source_us, delay_us, flags, value) VALUES (?, ?, ?, ?, ?)"
_LATEST = (
    "INSERT INTO latest (tag_id, source_us, delay_us, flags, value) VALUES (?, ?, ?, ?, ?) "
    "ON CONFLICT (tag_id) DO UPDATE SET source_us = excluded.source_us, delay_us = excluded.delay_us, "
    "flags = excluded.flags, value = excluded.value"
)
_IN_RANGE = "WHERE tag_id = ? AND source_us BETWEEN ? AND ?"
# free pages are used again by the next partition; only an unusual lot of them is given back to the disk
_FREE_PAGES_KEPT = 16_384


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """A process's last sign of life; ``data`` is what it says of itself."""

    process: str
    pid: int
    at: datetime
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Partition:
    """A row of the catalogue; times in microseconds."""

    number: int
    opened_us: int
    closed_us: int
    first_us: int
    last_us: int
    rows: int
    sealed: bool

    @property
    def table(self) -> str:
        return f"samples_{self.number}" if self.sealed else "fresh"

    @property
    def order(self) -> str:
        """The order of arrival inside one instant."""
        return "seq" if self.sealed else "rowid"


class Telemetry:
    """See the module's text. Methods block on the disk; all raise StoreUnavailable, writing ones DiskFull.

    Attributes:
        partition_rows, partition_s: a partition is sealed when it holds so many samples or is so old.
            Rows bound what a look at the newest samples has to scan; age bounds how coarsely they expire.
    """

    def __init__(self, engine: Engine, *, partition_rows: int = 200_000, partition_s: float = 3600.0) -> None:
        self._engine = engine
        self.partition_rows = partition_rows
        self.partition_s = partition_s
        self._tag_ids: dict[str, int] = {}

    # --- samples in --------------------------------------------------------------------------------------

    def append(self, samples: Sequence[Sample]) -> None:
        """Store a batch in one transaction, in the order given, and remember the last one of each tag."""
        if not samples:
            return
        with write(self._engine) as tx:
            rows = to_rows(samples, self._ids(tx, {s[0] for s in samples}))
            tx.exec_driver_sql(_APPEND, rows)
            newest = {row[0]: row for row in rows}
            tx.exec_driver_sql(_LATEST, list(newest.values()))
            partition = self._note(tx, rows)
            age_s = (partition.closed_us - partition.opened_us) / 1e6
            if partition.rows >= self.partition_rows or age_s >= self.partition_s:
                _seal(tx, partition)

    def _ids(self, tx: Connection, names: set[str]) -> Mapping[str, int]:
        """The tags' numbers; unknown tags get one. Kept in memory, and read anew when one is missing."""
        if names <= self._tag_ids.keys():
            return self._tag_ids
        known = {name: number for number, name in tx.execute(select(tags.c.id, tags.c.name))}
        absent = sorted(names - known.keys())
        if absent:
            for name in absent:
                known[name] = tx.execute(insert(tags).values(name=name).returning(tags.c.id)).scalar_one()
            # not yet kept: a rollback of this transaction would make these numbers wrong
            return known
        self._tag_ids = known
        return known

    def _note(self, tx: Connection, rows: Sequence[Row]) -> _Partition:
        """Write the batch into the catalogue; gives the open partition as it is now."""
        source = [row[1] for row in rows]
        arrived = [rows[0][1] + rows[0][2], rows[-1][1] + rows[-1][2]]
        opened = next(iter(_catalogue(tx, partitions.c.sealed.is_(False))), None)
        if opened is None:
            values = (min(arrived), max(arrived), min(source), max(source), len(rows), False)
            names = ("opened_us", "closed_us", "first_us", "last_us", "rows", "sealed")
            last = tx.exec_driver_sql("SELECT coalesce(max(number), 0) FROM partitions").scalar_one()
            now = _Partition(last + 1, *values)
            tx.execute(insert(partitions).values(number=now.number, **dict(zip(names, values, strict=True))))
            return now
        now = _Partition(
            opened.number,
            opened.opened_us,
            max(opened.closed_us, *arrived),
            min(opened.first_us, *source),
            max(opened.last_us, *source),
            opened.rows + len(rows),
            sealed=False,
        )
        tx.execute(
            update(partitions)
            .where(partitions.c.number == now.number)
            .values(closed_us=now.closed_us, first_us=now.first_us, last_us=now.last_us, rows=now.rows)
        )
        return now

    def retain(self, now: datetime, keep: timedelta, max_bytes: int) -> int:
        """Drop whole partitions: those that ended more than ``keep`` ago, then the oldest until the store
        uses at most ``max_bytes``. The open partition goes only by age. Gives the number dropped.

        Works on a full disk, too, and then gives the freed room back to the disk.
        """
        horizon_us = to_us(now - keep)
        dropped, crowded = 0, False
        while True:
            try:
                # one at a time, so that the log stays short
                if not self._drop_oldest(horizon_us, max_bytes):
                    break
                dropped += 1
            except DiskFull:
                if crowded:
                    raise
                # a drop writes a little before it frees a lot; this is what the reserve is kept for
                release_reserve(self._engine)
                crowded = True
            if crowded:
                with suppress(DiskFull):
                    give_back(self._engine, 0)
        give_back(self._engine, 0 if crowded else _FREE_PAGES_KEPT)
        hold_reserve(self._engine)
        return dropped

    def _drop_oldest(self, horizon_us: int, max_bytes: int) -> bool:
        """Drop the first partition that is too old or, sealed, too much; False where none is."""
        with write(self._engine) as tx:
            crowded = _used_bytes(tx) > max_bytes
            for partition in _catalogue(tx):
                if partition.closed_us < horizon_us or (partition.sealed and crowded):
                    tx.exec_driver_sql(
                        f"DROP TABLE {partition.table}" if partition.sealed else "DELETE FROM fresh"
                    )
                    tx.execute(delete(partitions).where(partitions.c.number == partition.number))
                    return True
        return False

    # --- samples out -------------------------------------------------------------------------------------

    def latest(self, names: Iterable[str] | None = None) -> dict[str, Sample]:
        """The last sample of each tag in order of arrival; tags without one are left out. None: all tags."""
        query = (
            "SELECT t.name, l.source_us, l.delay_us, l.flags, l.value "
            "FROM latest l JOIN tags t ON t.id = l.tag_id"
        )
        with read(self._engine) as tx:
            if names is None:
                rows = tx.exec_driver_sql(query)
            else:
                query += " WHERE t.name IN (SELECT value FROM json_each(?))"
                rows = tx.exec_driver_sql(query, (json.dumps(list(names)),))
            # fetched at once: row by row costs more
            return {sample[0]: sample for sample in to_samples(rows.fetchall())}

    def window(self, tag: str, start: datetime, end: datetime) -> list[Sample]:
        """Every sample of a tag whose source time is in ``start`` to ``end``, both included, by time."""
        with read(self._engine) as tx:
            found = []
            for partition, key in _searched(tx, tag, start, end):
                query = f"SELECT source_us, {partition.order}, delay_us, flags, value FROM {partition.table} "
                for row in tx.exec_driver_sql(query + _IN_RANGE, key):
                    found.append((row[0], partition.number, row[1], row[2:]))
        found.sort(key=lambda entry: entry[:3])
        return [to_sample(tag, source_us, *rest) for source_us, _, _, rest in found]

    def count(self, tag: str, start: datetime, end: datetime) -> int:
        """How many samples ``window`` would give."""
        with read(self._engine) as tx:
            return _count(tx, _searched(tx, tag, start, end))

    def series(
        self, tag: str, start: datetime, end: datetime, max_points: int
    ) -> tuple[list[float], list[float], int]:
        """A line to draw: times (seconds since 1970 UTC), values, and the number of samples behind them.

        Up to ``max_points`` samples come as they are. More are thinned: the span is cut into
        ``max_points / 2`` equal steps, and each gives its smallest and largest value, so that no peak is
        lost. A nan breaks the line where a sample was bad; breaks in thinned lines come on top.
        """
        with read(self._engine) as tx:
            places = list(_searched(tx, tag, start, end))
            total = _count(tx, places)
            if total <= max_points:
                times, values = _raw(tx, places)
            else:
                steps = max(1, max_points // 2)
                width_us = (to_us(end) - to_us(start)) // steps + 1
                times, values = _thinned(tx, places, to_us(start), width_us)
        return times, values, total

    def used_bytes(self) -> int:
        """Room that the stored samples take, without free pages and the log."""
        with read(self._engine) as tx:
            return _used_bytes(tx)

    # --- live health -------------------------------------------------------------------------------------

    def save_link(self, status: LinkStatus) -> None:
        """Keep a connection's state; the one before is replaced."""
        values = {
            "connection": status.connection,
            "state": status.state.value,
            "since_us": to_us(status.since),
            "reason": status.reason,
            "remedy": status.remedy,
            "missing_tags": list(status.missing_tags),
            "dropped": status.dropped,
        }
        with write(self._engine) as tx:
            tx.execute(upsert(link_status).values(values).on_conflict_do_update(["connection"], set_=values))

    def links(self) -> dict[str, LinkStatus]:
        """The last known state of each connection. Whether it is still true, the edge's heartbeat says."""
        with read(self._engine) as tx:
            return {
                row.connection: LinkStatus(
                    connection=row.connection,
                    state=LinkState(row.state),
                    since=from_us(row.since_us),
                    reason=row.reason,
                    remedy=row.remedy,
                    missing_tags=tuple(row.missing_tags),
                    dropped=row.dropped,
                )
                for row in tx.execute(select(link_status))
            }

    def beat(self, heartbeat: Heartbeat) -> None:
        """Keep a process's sign of life; the one before is replaced."""
        values = {
            "process": heartbeat.process,
            "pid": heartbeat.pid,
            "at_us": to_us(heartbeat.at),
            "data": heartbeat.data,
        }
        with write(self._engine) as tx:
            tx.execute(upsert(heartbeats).values(values).on_conflict_do_update(["process"], set_=values))

    def heartbeats(self) -> dict[str, Heartbeat]:
        """The last sign of life of each process."""
        with read(self._engine) as tx:
            return {
                row.process: Heartbeat(row.process, row.pid, from_us(row.at_us), row.data)
                for row in tx.execute(select(heartbeats))
            }


# --- partitions ---------------------------------------------------------------------------------------------

_Key = tuple[int, int, int]
_Places = list[tuple[_Partition, _Key]]


def _catalogue(tx: Connection, *conditions: Any) -> list[_Partition]:
    """Partitions, oldest first."""
    c = partitions.c
    query = select(c.number, c.opened_us, c.closed_us, c.first_us, c.last_us, c.rows, c.sealed)
    return [_Partition(*row) for row in tx.execute(query.where(*conditions).order_by(c.number))]


def _seal(tx: Connection, partition: _Partition) -> None:
    """Write the fresh samples out, sorted by tag and time, and begin with none."""
    table = f"samples_{partition.number}"
    tx.exec_driver_sql(
        f"CREATE TABLE {table} (tag_id INTEGER NOT NULL, source_us INTEGER NOT NULL, seq INTEGER NOT NULL, "
        "delay_us INTEGER NOT NULL, flags INTEGER NOT NULL, value BLOB, "
        "PRIMARY KEY (tag_id, source_us, seq)) WITHOUT ROWID"
    )
    tx.exec_driver_sql(
        f"INSERT INTO {table} (tag_id, source_us, seq, delay_us, flags, value) "
        "SELECT tag_id, source_us, rowid, delay_us, flags, value FROM fresh ORDER BY tag_id, source_us, rowid"
    )
    tx.exec_driver_sql("DELETE FROM fresh")
    tx.execute(update(partitions).where(partitions.c.number == partition.number).values(sealed=True))


def _used_bytes(tx: Connection) -> int:
    page, pages, free = (
        tx.exec_driver_sql(f"PRAGMA {name}").scalar_one()
        for name in ("page_size", "page_count", "freelist_count")
    )
    return int(page * (pages - free))


def _searched(tx: Connection, tag: str, start: datetime, end: datetime) -> _Places:
    """The partitions that can hold samples of the tag and span, each with the key to look with."""
    tag_id = tx.execute(select(tags.c.id).where(tags.c.name == tag)).scalar()
    if tag_id is None:
        return []
    start_us, end_us = to_us(start), to_us(end)
    overlapping = _catalogue(tx, partitions.c.last_us >= start_us, partitions.c.first_us <= end_us)
    return [(partition, (tag_id, start_us, end_us)) for partition in overlapping]


def _count(tx: Connection, places: _Places) -> int:
    return sum(
        tx.exec_driver_sql(f"SELECT count(*) FROM {partition.table} {_IN_RANGE}", key).scalar_one()
        for partition, key in places
    )


def _raw(tx: Connection, places: _Places) -> tuple[list[float], list[float]]:
    """Every sample; bad ones as nan."""
    found: list[tuple[int, int, Any]] = []
    for partition, key in places:
        query = f"SELECT source_us, flags, value FROM {partition.table} {_IN_RANGE} ORDER BY source_us, "
        found += [tuple(row) for row in tx.exec_driver_sql(query + partition.order, key)]
    found.sort(key=lambda entry: entry[0])
    return [us / 1e6 for us, _, _ in found], [to_number(flags, value) for _, flags, value in found]


def _thinned(
    tx: Connection, places: _Places, start_us: int, width_us: int
) -> tuple[list[float], list[float]]:
    """Smallest and largest value of each step, at the step's first and last time; nan after a bad one."""
    steps: dict[int, tuple[float | None, float | None, int, int, int]] = {}
    for partition, key in places:
        query = (
            f"SELECT (source_us - {start_us}) / {width_us} AS step, min(x), max(x), min(source_us), "
            f"max(source_us), sum(x IS NULL) FROM "
            f"(SELECT source_us, {NUMBER_SQL} AS x FROM {partition.table} {_IN_RANGE}) GROUP BY step"
        )
        for step, *found in tx.exec_driver_sql(query, key):
            steps[step] = _joined(steps[step], found) if step in steps else tuple(found)
    times: list[float] = []
    values: list[float] = []
    for _, (low, high, first_us, last_us, breaks) in sorted(steps.items()):
        if low is not None and high is not None:
            times += [first_us / 1e6, last_us / 1e6]
            values += [low, high]
        if breaks:
            times.append(last_us / 1e6)
            values.append(float("nan"))
    return times, values


def _joined(a: Sequence[Any], b: Sequence[Any]) -> tuple[float | None, float | None, int, int, int]:
    """One step found in two partitions."""
    lows = [x for x in (a[0], b[0]) if x is not None]
    highs = [x for x in (a[1], b[1]) if x is not None]
    return (min(lows, default=None), max(highs, default=None), min(a[2], b[2]), max(a[3], b[3]), a[4] + b[4])
