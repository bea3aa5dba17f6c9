"""SQLite as both databases use it: connections, transactions, and faults in plain words.

Python's driver begins transactions by itself and late; here it is switched to autocommit and SQLAlchemy's
``begin`` says exactly what is begun: ``IMMEDIATE`` for writers, so that two writers wait for each other at
the door instead of failing half-way, and a deferred snapshot with ``query_only`` for readers.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError

from console.errors import DiskFull, EnvironmentFault, StoreUnavailable
from console.store.location import prepare_place

BUSY_TIMEOUT_MS = 10_000
_WAL_TRIES = 100
_READ_ONLY = "console_read_only"

Synchronous = Literal["FULL", "NORMAL"]


def sqlite_engine(path: Path, synchronous: Synchronous) -> Engine:
    """An engine on a database file in WAL mode; the file and its folder are made where absent.

    Raises StoreLocation on a network share, DiskFull, StoreUnavailable where the file cannot be used.
    """
    prepare_place(path)
    engine = create_engine(
        URL.create("sqlite+pysqlite", database=str(path)),
        connect_args={"timeout": BUSY_TIMEOUT_MS / 1000, "check_same_thread": False},
    )
    event.listen(engine, "connect", _Connector(synchronous))
    event.listen(engine, "begin", _begin)
    # opens the file and reads its first page, so that a damaged or foreign file is found here and now
    with write(engine) as tx:
        tx.exec_driver_sql("SELECT count(*) FROM sqlite_schema")
    return engine


class _Connector:
    """Sets a new driver connection up."""

    def __init__(self, synchronous: Synchronous) -> None:
        self._synchronous = synchronous

    def __call__(self, connection: Any, _record: object) -> None:
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
        if connection.execute("PRAGMA page_count").fetchone() == (0,):
            # only a new file takes it, and an old one would be written to each time;
            # lets the telemetry store give room back after a retention
            connection.execute("PRAGMA auto_vacuum = INCREMENTAL")
        _ensure_wal(connection)
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")
        # a log that once grew during a long read gives its room back at the next checkpoint
        connection.execute("PRAGMA journal_size_limit = 67108864")


def _ensure_wal(connection: sqlite3.Connection) -> None:
    """Switch to WAL once. The switch itself does not wait for a second process doing the same, so we do."""
    for attempt in range(_WAL_TRIES):
        try:
            (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
        except sqlite3.OperationalError as error:
            if _code(error) != sqlite3.SQLITE_BUSY or attempt == _WAL_TRIES - 1:
                raise
            time.sleep(0.02)
            continue
        if mode == "wal":
            return
        raise sqlite3.OperationalError(f"write-ahead log refused (journal mode stays {mode})")


def _begin(connection: Connection) -> None:
    # begun writing unless said otherwise, so that Alembic and tests need no special word
    if connection.get_execution_options().get(_READ_ONLY, False):
        connection.exec_driver_sql("PRAGMA query_only = ON")
        connection.exec_driver_sql("BEGIN DEFERRED")
    else:
        connection.exec_driver_sql("PRAGMA query_only = OFF")
        connection.exec_driver_sql("BEGIN IMMEDIATE")


@contextmanager
def write(engine: Engine) -> Iterator[Connection]:
    """One write transaction: committed at the end of the block, rolled back when it raises.

    Waits for another writer up to the busy timeout. Raises DiskFull or StoreUnavailable; broken
    constraints stay SQLAlchemy's IntegrityError, because the caller knows what they mean.
    """
    with _faults(engine), engine.connect() as connection, connection.begin():
        yield connection


@contextmanager
def read(engine: Engine) -> Iterator[Connection]:
    """One consistent snapshot; never waits for a writer, and cannot write. Raises StoreUnavailable."""
    with _faults(engine), engine.connect() as connection:
        connection.execution_options(**{_READ_ONLY: True})
        with connection.begin():
            yield connection


@contextmanager
def driver(engine: Engine) -> Iterator[sqlite3.Connection]:
    """The driver's own connection, outside of any transaction, for what SQLite does only there."""
    with _faults(engine):
        pooled = engine.raw_connection()
        try:
            yield cast(sqlite3.Connection, pooled.driver_connection)
        finally:
            pooled.close()


@contextmanager
def _faults(engine: Engine) -> Iterator[None]:
    """Turns the driver's environment errors into ours; our own bugs pass as they are."""
    try:
        yield
    except DBAPIError as error:
        fault = store_fault(error.orig, engine.url.database or "")
        if fault is None:
            raise
        raise fault from error
    except sqlite3.Error as error:
        # from the driver directly: batches of samples go past SQLAlchemy
        fault = store_fault(error, engine.url.database or "")
        if fault is None:
            raise
        raise fault from error


def _code(error: BaseException | None) -> int:
    """SQLite's primary result code; 0 where the error has none."""
    return (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF


_DAMAGED = (
    "Stop the console, keep a copy of the file with its -wal and -shm beside it, and put the last backup in "
    "its place."
)


def store_fault(error: BaseException | None, path: str) -> EnvironmentFault | None:
    """What the surroundings did to the database at ``path``, or None where it is no fault of theirs."""
    match _code(error):
        case sqlite3.SQLITE_FULL:
            return DiskFull(
                f"The disk under {path} is full; nothing more is written, nothing written is lost.",
                "Free some room; the console goes on by itself.",
            )
        case sqlite3.SQLITE_CORRUPT | sqlite3.SQLITE_NOTADB:
            return StoreUnavailable(
                f"The database {path} is damaged or is not a database ({error}).", _DAMAGED
            )
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return StoreUnavailable(
                f"The database {path} was locked by another process for {BUSY_TIMEOUT_MS // 1000} s.",
                "Close programs that hold it open, such as a database browser with unsaved changes.",
            )
        case sqlite3.SQLITE_READONLY | sqlite3.SQLITE_PERM | sqlite3.SQLITE_CANTOPEN | sqlite3.SQLITE_AUTH:
            return StoreUnavailable(
                f"The database {path} cannot be opened for writing ({error}).",
                "Give this user the right to write the file and its folder.",
            )
        case sqlite3.SQLITE_IOERR:
            return StoreUnavailable(
                f"The disk failed while the database {path} was used ({error}).",
                "Check the disk and its room, then start the console again.",
            )
    return None
