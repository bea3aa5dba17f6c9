"""Change notice: any commit is seen once, by whomever it was made."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from console.store.changes import ChangeFeed
from console.store.engine import open_ledger, read, write


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    engine = open_ledger(tmp_path / "x.db", migrate=False)
    with write(engine) as tx:
        tx.execute(text("CREATE TABLE t (id INTEGER)"))
    return engine


def test_a_commit_is_seen_once(engine: Engine) -> None:
    with ChangeFeed(engine) as feed:
        assert not feed.changed()
        with write(engine) as tx:
            tx.execute(text("INSERT INTO t VALUES (1)"))
            assert not feed.changed()
        assert feed.changed()
        assert not feed.changed()


def test_reading_and_rolling_back_are_no_change(engine: Engine) -> None:
    with ChangeFeed(engine) as feed:
        with read(engine) as tx:
            tx.execute(text("SELECT * FROM t")).all()
        with pytest.raises(ZeroDivisionError), write(engine) as tx:  # noqa: PT012
            tx.execute(text("INSERT INTO t VALUES (1)"))
            raise ZeroDivisionError
        assert not feed.changed()


def test_another_process(engine: Engine) -> None:
    insert = "c.execute('INSERT INTO t VALUES (1)'); c.commit()"
    program = f"import sqlite3; c = sqlite3.connect({engine.url.database!r}); {insert}"
    with ChangeFeed(engine) as feed:
        subprocess.run([sys.executable, "-c", program], check=True)
        assert feed.changed()


def test_each_feed_has_its_own_memory(engine: Engine) -> None:
    with ChangeFeed(engine) as one, ChangeFeed(engine) as two:
        with write(engine) as tx:
            tx.execute(text("INSERT INTO t VALUES (1)"))
        assert one.changed()
        assert two.changed()


def test_a_poll_is_cheap(engine: Engine) -> None:
    with ChangeFeed(engine) as feed:
        started = time.perf_counter()
        for _ in range(1000):
            feed.changed()
        assert (time.perf_counter() - started) / 1000 < 0.001
