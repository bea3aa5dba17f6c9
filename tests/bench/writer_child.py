"""Writes what an edge would: every tag four times a second, counts every few seconds. Reads no machine.

    python -m tests.bench.writer_child FOLDER PLANT_FILE

Says {"ready": true} after the first values; "mark" on stdin tells how many values were written.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path

from console.domain.detect import MachineMemory
from console.plant_file import load_plant
from console.services.ingest import Detected, Ingest
from console.store.engine import open_ledger
from tests.bench.floor import CHANGES_PER_S, Telling, made, utc_now

MERGE_S = 5.0


def main(folder: Path, plant_file: Path) -> None:
    """Until its standard input ends."""
    plant = load_plant(plant_file)
    telling = Telling(folder / "telemetry.db", plant)
    ingest = Ingest(open_ledger(folder / "ledger.db"), plant)
    written = 0

    def answer() -> None:
        for _ in sys.stdin:
            print(json.dumps({"written": written}), flush=True)
        os._exit(0)

    begun, turn, counted = time.monotonic(), 0, 0
    while True:
        now = utc_now()
        written += telling.all_change(now)
        if turn % CHANGES_PER_S == 0:
            telling.alive(now, os.getpid())
        if turn % int(MERGE_S * CHANGES_PER_S) == 0:
            counted += 20
            found = [
                Detected(m, MachineMemory(), [made(m, now, counted, 20, MERGE_S)]) for m in plant.machines
            ]
            ingest.store(found, now)
        if turn == 0:
            print(json.dumps({"ready": True}), flush=True)
            threading.Thread(target=answer, daemon=True).start()
        turn += 1
        time.sleep(max(0.0, begun + turn / CHANGES_PER_S - time.monotonic()))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
