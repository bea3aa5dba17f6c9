"""Opens the two databases: the ledger (every commit is on disk) and the telemetry store (bounded, fast).

``write`` and ``read`` are the only ways to a transaction:

    with write(engine) as tx:
        tx.execute(...)
"""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import Engine, make_url
from sqlalchemy.exc import ArgumentError

from console.errors import ConfigurationError
from console.store.migrate import LEDGER, TELEMETRY, upgrade
from console.store.sqlite import read, sqlite_engine, write

__all__ = ["open_ledger", "open_telemetry", "read", "write"]


def open_ledger(path_or_url: Path | str, *, migrate: bool = True) -> Engine:
    """The ledger, brought up to this program's schema. ``synchronous=FULL``: what is committed stays.

    Args:
        path_or_url: a file path, or an SQLAlchemy URL of an SQLite file.
        migrate: False leaves the schema as it is (tests of the migrations themselves).

    Raises StoreLocation, StoreTooNew, DiskFull, StoreUnavailable; ConfigurationError for another database.
    """
    engine = sqlite_engine(_file_of(path_or_url), "FULL")
    if migrate:
        upgrade(engine, LEDGER)
    return engine


def open_telemetry(path: Path | str, *, migrate: bool = True) -> Engine:
    """The telemetry store. ``synchronous=NORMAL``: a power cut may take the last moments' samples, never
    more and never the file. Raises as ``open_ledger``."""
    engine = sqlite_engine(Path(path), "NORMAL")
    if migrate:
        upgrade(engine, TELEMETRY)
    return engine


def _file_of(path_or_url: Path | str) -> Path:
    text = str(path_or_url)
    if "://" not in text:
        return Path(text)
    try:
        url = make_url(text)
    except ArgumentError as error:
        raise ConfigurationError(
            "The ledger's URL cannot be read.", "Write a file path, or sqlite:///path/to/ledger.db."
        ) from error
    if url.get_backend_name() != "sqlite" or not url.database:
        # the URL may hold a password, so only its kind is named
        raise ConfigurationError(
            f"The ledger's URL is of the kind {url.drivername!r}; this version keeps the ledger in SQLite.",
            "Write a file path, or sqlite:///path/to/ledger.db.",
        )
    return Path(url.database)
