"""Tells cheaply whether somebody wrote to a database since one last asked.

A hint, never the truth: whoever is told "yes" looks, and whoever is told "no" for long looks anyway.
SQLite's ``PRAGMA data_version`` changes on a connection whenever another connection, of this process or any
other, has committed (https://www.sqlite.org/pragma.html#pragma_data_version). One poll takes some 10 us.
"""

from __future__ import annotations

import sqlite3
from types import TracebackType
from typing import cast

from sqlalchemy import Engine

from console.errors import StoreUnavailable
from console.store.sqlite import store_fault


class ChangeFeed:
    """Change notice of one database. For one thread at a time; holds a connection until closed.

    Made before the first look at the data, no change is missed: ``changed`` counts from here.
    """

    def __init__(self, engine: Engine) -> None:
        self._place = engine.url.database or ""
        pooled = engine.raw_connection()
        self._connection = cast(sqlite3.Connection, pooled.driver_connection)
        # taken out of the pool for good: a connection that also wrote would not see its own changes
        pooled.detach()
        self._seen = self._version()

    def changed(self) -> bool:
        """Whether anything was committed since the last call. Raises StoreUnavailable."""
        version = self._version()
        if version == self._seen:
            return False
        self._seen = version
        return True

    def close(self) -> None:
        """Give the connection back. May be called twice."""
        self._connection.close()

    def __enter__(self) -> ChangeFeed:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _version(self) -> int:
        try:
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except sqlite3.Error as error:
            fault = store_fault(error, self._place)
            if fault is None:
                fault = StoreUnavailable(f"The database {self._place} cannot be watched ({error}).")
            raise fault from error
        return int(version)
