"""What both processes take after a while, beside a bare asyncua client and an empty window."""

from __future__ import annotations

import time
from pathlib import Path

from tests.bench.acquisition import start_edge
from tests.bench.floor import Past, write_plant
from tests.bench.measure import Child, Memory, Result, Row
from tests.bench.stream import Stream

TAGS = 2000


def run(folder: Path, quick: bool) -> Result:
    """All four live at the same time on the same stream."""
    seconds = 30 if quick else 60
    stream = Stream(TAGS, folder / "server.log")
    children: dict[str, Child] = {}
    peak: dict[str, float] = {}
    try:
        plant_file = folder / "plant.toml"
        plant = write_plant(plant_file, TAGS, stream.url, odoo=False)
        Past.begin(folder / "ledger.db", plant).ledger.dispose()
        bare = Child.python(folder / "bare.log", "tests.bench.bare_client", stream.url, plant_file)
        children["bare client"] = bare
        children["edge"] = start_edge(folder, plant_file)
        children["window"] = Child.python(folder / "window.log", "tests.bench.bare_window")
        children["desktop"] = Child.python(
            folder / "child.log", "tests.bench.desktop_child", folder, plant_file
        )
        for name in ("bare client", "window", "desktop"):
            children[name].answer()
        children["desktop"].ask("sign-in")
        children["desktop"].ask("page overview")
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(1.0)
            for name, child in children.items():
                peak[name] = max(peak.get(name, 0.0), child.memory().pss_mb)
        settled: dict[str, Memory] = {name: child.memory() for name, child in children.items()}
        top = {name: child.peak_rss_mb() for name, child in children.items()}
    finally:
        for child in reversed(children.values()):
            child.stop()
        stream.stop()
    rows = []
    for ours, beside in (("edge", "bare client"), ("desktop", "window")):
        pair = f"{ours} / {'bare asyncua client' if ours == 'edge' else 'empty window'}"
        rows += [
            Row(f"{pair}: PSS settled", "MB", settled[ours].pss_mb, settled[beside].pss_mb),
            Row(f"{pair}: PSS peak", "MB", peak[ours], peak[beside]),
            Row(f"{pair}: RSS settled", "MB", settled[ours].rss_mb, settled[beside].rss_mb),
            Row(f"{pair}: RSS peak", "MB", top[ours], top[beside]),
        ]
    return Result(
        "memory",
        f"Memory after {seconds} s at {TAGS:,} tags",
        "a bare asyncua client on the same server, and an empty Qt window",
        rows,
        [
            "PSS counts what processes share (libraries) in parts; RSS counts it in full for each. Peak RSS "
            "of the desktop includes the 64 MB that checking a PIN takes for a moment (argon2id)."
        ],
        {"settled": {k: [m.rss_mb, m.pss_mb] for k, m in settled.items()}},
    )
