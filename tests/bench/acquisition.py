"""From a server to committed state, beside a bare asyncua client on the same stream at the same time."""

from __future__ import annotations

import sqlite3
import sys
import threading
import time
from collections import Counter
from pathlib import Path

from tests.bench.floor import CHANGES_PER_S, changing_tags, write_plant
from tests.bench.measure import Child, Result, Row, middle, spread
from tests.bench.stream import Stream

TAGS = 2000
POLL_S = 0.005


class CommitWatch(threading.Thread):
    """Sees, as any other process would, when a sample is there to be read.

    Attributes:
        delays_ms: by sample, from its source time to then; POLL_S coarse.
    """

    def __init__(self, file: Path) -> None:
        super().__init__(daemon=True)
        self._file = file
        self._stopped = threading.Event()
        self.delays_ms: list[float] = []

    def run(self) -> None:
        """Polls until stopped."""
        db = sqlite3.connect(f"file:{self._file}?mode=ro", uri=True)
        version, last = None, db.execute("SELECT coalesce(max(rowid), 0) FROM fresh").fetchone()[0]
        while not self._stopped.wait(POLL_S):
            (seen,) = db.execute("PRAGMA data_version").fetchone()
            if seen == version:
                continue
            version, now_us = seen, time.time() * 1e6
            if db.execute("SELECT coalesce(max(rowid), 0) FROM fresh").fetchone()[0] < last:
                last = 0  # sealed: the next ones are numbered from 1 again
            rows = db.execute("SELECT rowid, source_us FROM fresh WHERE rowid > ?", (last,)).fetchall()
            self.delays_ms += [(now_us - source_us) / 1000 for _, source_us in rows]
            last = rows[-1][0] if rows else last
        db.close()

    def stop(self) -> None:
        """Ends it."""
        self._stopped.set()
        self.join()


def committed(file: Path) -> int:
    """Samples in the telemetry store."""
    db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return int(db.execute("SELECT coalesce(sum(rows), 0) FROM partitions").fetchone()[0])
    finally:
        db.close()


def edge_lost(file: Path, names: list[str]) -> int:
    """Values between the first and the last stored one of each tag that are not stored."""
    db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    numbers = {name: number for number, name in db.execute("SELECT id, name FROM tags")}
    seen: dict[int, set[int]] = {numbers[n]: set() for n in names if n in numbers}
    tables = [r[0] for r in db.execute("SELECT 'samples_' || number FROM partitions WHERE sealed")]
    for table in ["fresh", *tables]:
        for number, value in db.execute(f"SELECT tag_id, value FROM {table} WHERE flags & 3 = 0"):
            if number in seen:
                seen[number].add(int(value))
    db.close()
    never = len(names) - len(seen)
    return never + sum(max(v) - min(v) + 1 - len(v) for v in seen.values() if v)


def bare_lost(steps: dict[str, int], tags: int) -> int:
    """Values that a bare client did not get between its first and last whole step."""
    counts = Counter({int(k): v for k, v in steps.items()})
    ordered = sorted(counts)[2:-2]  # at both ends a step is on its way
    return sum(tags - counts[s] for s in range(ordered[0], ordered[-1] + 1)) if ordered else 0


def start_edge(folder: Path, plant_file: Path) -> Child:
    """The real edge, by its own command, once samples come in."""
    command = [sys.executable, "-m", "console", "--data", str(folder), "--plant", str(plant_file), "edge"]
    edge, end = Child(command, folder / "edge.log"), time.monotonic() + 60
    while time.monotonic() < end:
        time.sleep(0.2)
        try:
            if committed(folder / "telemetry.db") > 0:
                return edge
        except sqlite3.OperationalError:
            continue  # not made yet
    edge.stop()
    raise RuntimeError("The edge stored nothing:\n" + (folder / "edge.log").read_text()[-2000:])


def run(folder: Path, quick: bool) -> Result:
    """Both clients read the same server during the same seconds; several rounds, medians."""
    rounds, seconds = (2, 5.0) if quick else (4, 8.0)
    stream = Stream(TAGS, folder / "server.log")
    children: list[Child] = []
    try:
        plant_file = folder / "plant.toml"
        plant = write_plant(plant_file, TAGS, stream.url, odoo=False)
        bare = Child.python(folder / "bare.log", "tests.bench.bare_client", stream.url, plant_file)
        children.append(bare)
        edge = start_edge(folder, plant_file)
        children.append(edge)
        bare.answer()
        time.sleep(2.0)  # the first values of all tags come at once
        telemetry = folder / "telemetry.db"
        watch = CommitWatch(telemetry)
        watch.start()
        found: dict[str, list[float]] = {
            k: [] for k in ("ours_us", "bare_us", "ours_rate", "bare_rate", "server")
        }
        for _ in range(rounds):
            before = (time.monotonic(), edge.cpu_s(), bare.cpu_s(), stream.child.cpu_s())
            count, bare_count = committed(telemetry), bare.ask("mark")["count"]
            time.sleep(seconds)
            took = time.monotonic() - before[0]
            ours, others = committed(telemetry) - count, bare.ask("mark")["count"] - bare_count
            found["ours_us"].append((edge.cpu_s() - before[1]) / ours * 1e6)
            found["bare_us"].append((bare.cpu_s() - before[2]) / others * 1e6)
            found["ours_rate"].append(ours / took)
            found["bare_rate"].append(others / took)
            found["server"].append((stream.child.cpu_s() - before[3]) / took)
        watch.stop()
        told = bare.ask("end")
        edge.stop()
    finally:
        for child in children:
            child.stop()
        stream.stop()
    delay, heard = spread(watch.delays_ms), told["delay_ms"]
    lost = edge_lost(telemetry, changing_tags(plant))
    rows = [
        Row("values", "1/s", middle(found["ours_rate"]), middle(found["bare_rate"])),
        Row("processor time a value", "us", middle(found["ours_us"]), middle(found["bare_us"])),
        Row(
            "values in one second of processor time",
            "1/s",
            1e6 / middle(found["ours_us"]),
            1e6 / middle(found["bare_us"]),
        ),
        Row("values lost", "", lost, bare_lost(told["steps"], TAGS)),
        *(
            Row(f"source to committed, {p} (bare: to handler)", "ms", delay[p], heard[p])
            for p in ("p50", "p95", "p99")
        ),
    ]
    notes = [
        f"{TAGS:,} tags change {CHANGES_PER_S} times a second; the server is {stream.made_by} in its own "
        f"process and takes {middle(found['server']):.0%} of a core for both clients.",
    ]
    return Result(
        "acquisition",
        "From the server to committed state",
        "a bare asyncua client, subscribed to the same server at the same time",
        rows,
        notes,
        {"rounds": found, "delay_ms": delay, "heard_ms": heard},
    )
