"""How late the desktop's frames are while everything changes, beside an empty window at the same time."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

from tests.bench.floor import CHANGES_PER_S, Past, Telling, utc_now, write_plant
from tests.bench.measure import Child, Result, Row, middle

TAGS = 2000
HISTORY_S = 60
PAGES = ("overview", "machine")
POINTS = ("p50", "p95", "p99", "max")


def prepare(folder: Path, plant_file: Path, history_s: int) -> None:
    """A ledger with half a day behind it and a telemetry store with ``history_s`` seconds."""
    plant = write_plant(plant_file, TAGS, "opc.tcp://127.0.0.1:9/none", odoo=True)
    past = Past.begin(folder / "ledger.db", plant)
    past.run((utc_now() - timedelta(hours=8)).replace(minute=0, second=0, microsecond=0), 7)
    past.decide.confirm(past.person, past.picks()[: 2 * len(plant.machines)])
    past.multiply(10)
    past.ledger.dispose()
    telling, now = Telling(folder / "telemetry.db", plant), utc_now()
    telling.stand_still(now - timedelta(seconds=history_s))
    for step in range(history_s * CHANGES_PER_S):
        telling.all_change(now - timedelta(seconds=history_s - step / CHANGES_PER_S))


def run(folder: Path, quick: bool) -> Result:
    """Both windows measure during the same seconds, page after page, in several rounds."""
    rounds, seconds = (1, 8.0) if quick else (3, 10.0)
    plant_file = folder / "plant.toml"
    prepare(folder, plant_file, HISTORY_S)
    children: list[Child] = []
    late: dict[tuple[str, str], list[dict[str, float]]] = {}
    cpu: dict[tuple[str, str], list[float]] = {}
    try:
        writer = Child.python(folder / "writer.log", "tests.bench.writer_child", folder, plant_file)
        children.append(writer)
        writer.answer()
        desktop = Child.python(folder / "child.log", "tests.bench.desktop_child", folder, plant_file)
        children.append(desktop)
        window = Child.python(folder / "window.log", "tests.bench.bare_window")
        children.append(window)
        desktop.answer()
        window.answer()
        desktop.ask("sign-in")
        first, since = writer.ask("mark")["written"], time.monotonic()
        for _ in range(rounds):
            for page in PAGES:
                desktop.ask(f"page {page}")
                time.sleep(2.0)
                before = desktop.cpu_s(), window.cpu_s()
                for child in (desktop, window):
                    child.send(f"measure {seconds}")
                for n, (who, child) in enumerate((("ours", desktop), ("bare", window))):
                    late.setdefault((page, who), []).append(child.answer()["late_ms"])
                    cpu.setdefault((page, who), []).append((child.cpu_s() - before[n]) / seconds)
        rate = (writer.ask("mark")["written"] - first) / (time.monotonic() - since)
    finally:
        for child in reversed(children):
            child.stop()
    rows = []
    for page in PAGES:
        for point in POINTS:
            ours, bare = (middle([r[point] for r in late[page, who]]) for who in ("ours", "bare"))
            rows.append(Row(f"{page.capitalize()}: late by, {point}", "ms", ours, bare))
        used = [middle(cpu[page, who]) * 100 for who in ("ours", "bare")]
        rows.append(Row(f"{page.capitalize()}: of one core", "%", *used))
    return Result(
        "frames",
        "How late a frame of the desktop is (a frame is 16 ms)",
        "an empty Qt window that measures at the same time",
        rows,
        [f"Another process writes {rate:,.0f} values a second to the telemetry store ({TAGS:,} tags)."],
        {f"{page} {who}": found for (page, who), found in late.items()},
    )
