"""A decision until it is safe on the disk, beside the least that could be: one row and one fsync."""

from __future__ import annotations

import sqlite3
import time
from datetime import timedelta
from pathlib import Path

from tests.bench.floor import Past, utc_now, write_plant
from tests.bench.measure import Result, Row, spread

TAGS = 2000
HOURS_DECIDED = 2
COPIES = 100  # 50 machines x 2 hours x 100
TOGETHER = 8  # intervals that one confirm takes where a whole shift of a machine is confirmed


class BareTable:
    """A WAL database with ``synchronous=FULL`` and one table; a transaction is one insert and its fsync."""

    def __init__(self, file: Path) -> None:
        self._db = sqlite3.connect(file, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.execute("CREATE TABLE decided (id INTEGER PRIMARY KEY, what TEXT NOT NULL)")

    def decide(self) -> None:
        """One transaction of about the size of a decision's row."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.execute("INSERT INTO decided (what) VALUES (?)", ("x" * 400,))
        self._db.execute("COMMIT")

    def close(self) -> None:
        """Closes it."""
        self._db.close()


def run(folder: Path, quick: bool) -> Result:
    """One of each in turn, so that both meet the same disk at the same time."""
    single = 100 if quick else 300
    batches = 6 if quick else 12
    plant = write_plant(folder / "plant.toml", TAGS, "opc.tcp://127.0.0.1:9/none", odoo=True)
    past = Past.begin(folder / "ledger.db", plant)
    start = (utc_now() - timedelta(hours=20)).replace(minute=0, second=0, microsecond=0)
    waiting = single + batches * TOGETHER
    past.run(start, HOURS_DECIDED + -(-waiting // len(plant.machines)))
    first = past.picks()[: HOURS_DECIDED * len(plant.machines)]
    past.decide.confirm(past.person, first)
    decided = past.multiply(COPIES)
    picks = past.picks()
    bare = BareTable(folder / "bare.db")
    ours_ms, bare_ms, together_ms = [], [], []
    for pick in picks[:single]:
        bare_ms.append(_ms(bare.decide))
        ours_ms.append(_ms(lambda p=pick: past.decide.confirm(past.person, [p])))
    rest = picks[single:waiting]
    for n in range(0, len(rest), TOGETHER):
        some = rest[n : n + TOGETHER]
        together_ms.append(_ms(lambda s=some: past.decide.confirm(past.person, s)) / len(some))
    bare.close()
    past.ledger.dispose()
    ours, least, each = spread(ours_ms), spread(bare_ms), spread(together_ms)
    rows = [Row(f"one decision, {p}", "ms", ours[p], least[p]) for p in ("p50", "p95", "p99")]
    rows.append(Row(f"a decision among {TOGETHER} in one confirm, p50", "ms", each["p50"], least["p50"]))
    notes = [
        f"The ledger holds {decided:,} decided proposals with their decisions, postings, events and audit "
        f"entries; {single} decisions are taken one by one."
    ]
    return Result(
        "decision",
        "A decision until it is durable (synchronous=FULL)",
        "a bare SQLite transaction: one insert, one fsync, same disk, in turn",
        rows,
        notes,
        {"decided": decided, "ours_ms": ours, "bare_ms": least, "each_of_many_ms": each},
    )


def _ms(work: object) -> float:
    assert callable(work)
    begun = time.perf_counter()
    work()
    return (time.perf_counter() - begun) * 1000
