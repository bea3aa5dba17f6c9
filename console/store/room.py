"""Room on the disk: giving free pages back, and a reserve for when there is none left.

Deleting needs room in SQLite: the freed pages are first noted in the log. So a store that has filled its
disk could not shrink. A file of some megabytes beside it, removed in that moment, lets it.
"""

from __future__ import annotations

import os
from pathlib import Path

from sqlalchemy import Engine

from console.errors import DiskFull
from console.store.sqlite import driver

# more than the log grows while a partition is sealed
RESERVE_BYTES = 24 * 1024 * 1024
# pages moved in one transaction: bounds how much the log grows meanwhile
_STEP_PAGES = 500


def give_back(engine: Engine, keep_pages: int) -> None:
    """Return free pages to the disk, all but ``keep_pages`` that will be used again anyway.

    Raises DiskFull, StoreUnavailable; what was returned until then stays returned.
    """
    while (free := _free_pages(engine)) > keep_pages:
        with driver(engine) as connection:
            # one transaction by itself; each row fetched is a page moved
            pages = min(_STEP_PAGES, free - keep_pages)
            connection.execute(f"PRAGMA incremental_vacuum({pages})").fetchall()
        left = _free_pages(engine)
        try:
            _empty_log(engine)
        except DiskFull:
            # the file still has to grow for what the log holds; the smaller it gets, the less
            if left <= keep_pages:
                raise
        if left >= free:
            return  # a file of before incremental vacuum


def hold_reserve(engine: Engine) -> None:
    """Keep the reserve; where there is no room for it, it is tried again the next time."""
    path = _reserve(engine)
    try:
        if path.exists() and path.stat().st_size == RESERVE_BYTES:
            return
        with path.open("wb") as file:
            # written, not merely sized: a file with holes keeps no room
            file.write(bytes(RESERVE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        path.unlink(missing_ok=True)


def release_reserve(engine: Engine) -> None:
    """Let the reserve go, so that what frees room has room to write."""
    _reserve(engine).unlink(missing_ok=True)


def _reserve(engine: Engine) -> Path:
    return Path(f"{engine.url.database}.reserve")


def _free_pages(engine: Engine) -> int:
    with driver(engine) as connection:
        (pages,) = connection.execute("PRAGMA freelist_count").fetchone()
    return int(pages)


def _empty_log(engine: Engine) -> None:
    with driver(engine) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
