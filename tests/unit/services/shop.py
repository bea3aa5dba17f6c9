"""A floor with master data of its own, for what needs no Odoo: three machines, four orders."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from dataclasses import replace
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import text

from console.domain.equipment import Counter, Machine, OdooConnection
from console.domain.master_data import (
    Lot,
    MasterData,
    Operation,
    OperationState,
    Order,
    OrderState,
    Product,
    Tracking,
    Unit,
    WorkCenter,
)
from console.services.synchronise import Synchronise
from console.store.engine import read
from tests.rigs.floor import Floor, machine, plant_of

FIRST, SECOND, DOZEN, PASTE = "WH/MO/00001", "WH/MO/00002", "WH/MO/00003", "WH/MO/00004"
ODOO = OdooConnection("http://127.0.0.1:9", "plant", "env:UNUSED_IN_TESTS", "testsite")
MACHINES: tuple[Machine, ...] = (
    machine("filler", "FIL1"),
    # counts cases of 6, its order is in dozens
    machine("packer", "PACK1", counters=(Counter("packer.good", "good", 65536, 10.0, units_per_count=6.0),)),
    machine("mixer", "MIX1", unit="kg"),
)


def master_data(floor: Floor, **values: Any) -> MasterData:
    """FIRST and SECOND on the filler, DOZEN on the packer, PASTE (tracked by lot) on the mixer."""
    orders = (
        Order(1, FIRST, OrderState.CONFIRMED, 7, 1, 1000.0),
        Order(2, SECOND, OrderState.CONFIRMED, 7, 1, 500.0),
        Order(3, DOZEN, OrderState.CONFIRMED, 7, 2, 100.0),
        Order(4, PASTE, OrderState.CONFIRMED, 8, 3, 400.0, has_operations=False),
    )
    operations = (
        Operation(11, 1, 1, "Fill", OperationState.READY, 1000.0),
        Operation(12, 2, 1, "Fill", OperationState.READY, 500.0),
        Operation(13, 3, 2, "Pack", OperationState.READY, 100.0),
    )
    base = MasterData(
        fetched_at=floor.clock(),
        whole=True,
        watermark=floor.clock(),
        work_centers=(
            WorkCenter(1, "FIL1", "Filler"),
            WorkCenter(2, "PACK1", "Packer"),
            WorkCenter(3, "MIX1", "Mixer"),
        ),
        units=(Unit(1, "Units", 1, 1.0), Unit(2, "Dozens", 1, 12.0), Unit(3, "kg", 3, 1.0)),
        products=(Product(7, "JUICE", "Juice", 1), Product(8, "PASTE", "Paste", 3, Tracking.LOT)),
        orders=orders,
        operations=operations,
        lots=(Lot(5, "L-1", 8),),
    )
    return replace(base, **values)


def synced(floor: Floor, **values: Any) -> int:
    """A fetch of master data arrives, read just now."""
    return Synchronise(floor.ledger, floor.clock).take(master_data(floor, **values), 0.0)


@cache
def _ledger_with_people() -> Path:
    """Made once: hashing PINs is slow on purpose."""
    folder = Path(tempfile.mkdtemp(prefix="plant-console-shop-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Floor(folder, plant_of(MACHINES, ODOO)).ledger.dispose()
    return folder / "ledger.db"


def open_shop(folder: Path, machines: tuple[Machine, ...] = MACHINES) -> Floor:
    """Everything is known and fresh."""
    folder.mkdir(exist_ok=True)
    shutil.copyfile(_ledger_with_people(), folder / "ledger.db")
    floor = Floor(folder, plant_of(machines, ODOO))
    synced(floor)
    return floor


def a_green_hour(floor: Floor, made: int = 60, name: str = "filler", order: str = FIRST) -> None:
    """One closed interval that waits to be confirmed."""
    floor.runs(name, order)
    floor.makes(name, made)
    floor.next_hour()


def count(floor: Floor, what: str) -> int:
    """Rows, past every service: ``count(floor, "decisions")``."""
    with read(floor.ledger) as tx:
        return int(tx.execute(text(f"SELECT count(*) FROM {what}")).scalar_one())


def later(floor: Floor, hours: float = 1.0) -> None:
    """Time passes."""
    floor.clock.now += timedelta(hours=hours)
