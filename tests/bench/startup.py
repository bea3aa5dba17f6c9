"""How long until something is there: command line, window, edge; beside an interpreter that does nothing."""

from __future__ import annotations

import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.bench.floor import Past, write_plant
from tests.bench.measure import ROOT, Child, Result, Row, environment, middle

TAGS = 2000


def run(folder: Path, quick: bool) -> Result:
    """One of each in turn, several rounds, medians."""
    rounds = 3 if quick else 7
    with socket.create_server(("127.0.0.1", 0)) as listener:
        url = f"opc.tcp://127.0.0.1:{listener.getsockname()[1]}/none"
        plant_file = folder / "plant.toml"
        plant = write_plant(plant_file, TAGS, url, odoo=False)
        Past.begin(folder / "ledger.db", plant).ledger.dispose()
        edge_times: dict[str, list[float]] = {"lease": [], "connecting": []}
        steps: dict[str, Callable[[], float]] = {
            "pass": lambda: _until_ended("-c", "pass"),
            "qt": lambda: _until_ended("-c", "import PySide6.QtWidgets"),
            "help": lambda: _until_ended("-m", "console", "--help"),
            "window": lambda: _until_shown(folder, "tests.bench.bare_window"),
            "desktop": lambda: _until_shown(folder, "tests.bench.desktop_child", folder, plant_file),
        }
        found: dict[str, list[float]] = {name: [] for name in steps}
        for step in steps.values():
            step()  # once unseen, so that every file is in the page cache for all alike
        _edge(folder, plant_file, listener)
        for _ in range(rounds):
            for name, step in steps.items():
                found[name].append(step())
            for name, value in zip(edge_times, _edge(folder, plant_file, listener), strict=True):
                edge_times[name].append(value)
    at = {name: middle(values) * 1000 for name, values in (found | edge_times).items()}
    rows = [
        Row("`plant-console --help` / `python -c pass`", "ms", at["help"], at["pass"]),
        Row("desktop, window painted / `import PySide6.QtWidgets`", "ms", at["desktop"], at["qt"]),
        Row("desktop, window painted / empty window painted", "ms", at["desktop"], at["window"]),
        Row("edge, lease taken / `python -c pass`", "ms", at["lease"], at["pass"]),
        Row("edge, connecting to its sources / `python -c pass`", "ms", at["connecting"], at["pass"]),
    ]
    return Result(
        "startup",
        "From starting a process",
        "the bare interpreter, a bare import of Qt, an empty window; in turn",
        rows,
        [f"The plant has {TAGS:,} tags. Files are in the page cache and byte-compiled; medians of {rounds}."],
        {"seconds": found | edge_times},
    )


def _until_ended(*arguments: str) -> float:
    begun = time.perf_counter()
    command = [sys.executable, *arguments]
    subprocess.run(command, cwd=ROOT, env=environment(), capture_output=True, check=True, timeout=60)
    return time.perf_counter() - begun


def _until_shown(folder: Path, module: str, *arguments: object) -> float:
    child = Child.python(folder / "shown.log", module, *arguments)
    try:
        child.answer()
        return time.perf_counter() - child.started
    finally:
        child.stop()


def _edge(folder: Path, plant_file: Path, listener: socket.socket) -> tuple[float, float]:
    """Seconds until a new edge holds the lease (seen to 2 ms), and until it knocks at its server."""
    db = sqlite3.connect(f"file:{folder / 'ledger.db'}?mode=ro", uri=True)
    query = "SELECT token FROM leases WHERE name = 'edge'"
    before = db.execute(query).fetchone()
    command = [sys.executable, "-m", "console", "--data", str(folder), "--plant", str(plant_file), "edge"]
    edge = Child(command, folder / "edge.log")
    try:
        while db.execute(query).fetchone() == before:
            if time.perf_counter() - edge.started > 60:
                raise RuntimeError("The edge took no lease:\n" + (folder / "edge.log").read_text()[-2000:])
            time.sleep(0.002)
        lease = time.perf_counter() - edge.started
        listener.settimeout(60)
        knocking, _ = listener.accept()
        connecting = time.perf_counter() - edge.started
        knocking.close()
        return lease, connecting
    finally:
        edge.stop()
        db.close()
        _drain(listener)


def _drain(listener: socket.socket) -> None:
    """Forgets who knocked again before the edge had ended."""
    listener.settimeout(0)
    try:
        while True:
            listener.accept()[0].close()
    except BlockingIOError:
        return
