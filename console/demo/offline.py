"""The demo without an Odoo: orders as the mirror would hold them after an earlier synchronisation.

Everything else is as in any outage: counts can be confirmed, postings wait, and the header says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TypedDict

from console.bootstrap import open_console, utc_now
from console.demo import plant_watch
from console.demo.odoo_seed import SeedMachine
from console.demo.odoo_seed_floor import LOSS_REASONS, TEAM
from console.demo.plant import OrderOf, seed_machines
from console.domain.master_data import (
    BomUse,
    Equipment,
    Location,
    LossReason,
    Lot,
    LotStock,
    MaintenanceTeam,
    MasterData,
    Operation,
    OperationState,
    Order,
    OrderState,
    Product,
    QualityQuestion,
    QualityTest,
    Tracking,
    Unit,
    WorkCenter,
)
from console.services.synchronise import Synchronise
from console.settings import load_settings
from console.simulator.catalog import MACHINES

_UNITS = {
    "Units": Unit(1, "Units", 1, 1.0),
    "Dozens": Unit(2, "Dozens", 1, 12.0),
    "kg": Unit(3, "kg", 3, 1.0),
}


# Odoo's own reasons that people may choose, before those of the seed
_ODOO_LOSSES = {
    "Material Availability": "availability",
    "Equipment Failure": "availability",
    "Setup and Adjustments": "availability",
    "Process Defect": "quality",
    "Reduced Yield": "quality",
}
_STOCK = Location(1, "WH/Stock", "internal")


def _grouped() -> list[list[tuple[str, SeedMachine]]]:
    """Simulated machines by the order that they share."""
    groups: dict[str, list[tuple[str, SeedMachine]]] = {}
    for spec, work in zip(MACHINES, seed_machines(), strict=True):
        groups.setdefault(work.order_key or spec.name, []).append((spec.name, work))
    return list(groups.values())


def _reference(number: int) -> str:
    return f"WH/MO/{number:05}"


def offline_orders() -> list[OrderOf]:
    """The order (and lot) of each simulated machine."""
    found = {
        name: OrderOf(name, _reference(number), work.lot_name)
        for number, group in enumerate(_grouped(), 1)
        for name, work in group
    }
    return [found[spec.name] for spec in MACHINES]


def offline_master_data(now: datetime) -> MasterData:
    """What the mirror holds."""
    centers = {w.work_center_code: n for n, w in enumerate(seed_machines(), 1)}
    products, orders, operations, lots = [], [], [], []
    bom_uses, stock = [], []
    for number, group in enumerate(_grouped(), 1):
        first = group[0][1]
        unit = _UNITS[first.unit]
        product = Product(number, first.product_code, first.product_name, unit.id, Tracking(first.tracking))
        products.append(product)
        orders.append(
            Order(
                number,
                _reference(number),
                OrderState.CONFIRMED,
                product.id,
                unit.id,
                first.quantity,
                has_operations=first.with_operations,
            )
        )
        if first.lot_name:
            lots.append(Lot(number, first.lot_name, product.id))
            stock.append(LotStock(number, product.id, _STOCK.id, 240.0))
        code, kg = f"RM-{first.product_code}", _UNITS["kg"]
        material = Product(100 + number, code, f"Material of {first.product_name}", kg.id, Tracking.NONE)
        products.append(material)
        bom_uses.append(BomUse(number, material.id, material.name, kg.name, 0.5, kg.id, _STOCK.id, code=code))
        if first.with_operations:
            operations += [
                Operation(
                    number * 10 + step,
                    number,
                    centers[work.work_center_code],
                    work.work_center_name,
                    OperationState.READY,
                    first.quantity,
                    sequence=step,
                )
                for step, (_, work) in enumerate(group)
            ]
    return MasterData(
        fetched_at=now,
        whole=True,
        watermark=None,
        work_centers=tuple(
            WorkCenter(centers[w.work_center_code], w.work_center_code, w.work_center_name)
            for w in seed_machines()
        ),
        units=tuple(_UNITS.values()),
        products=tuple(products),
        orders=tuple(orders),
        operations=tuple(operations),
        lots=tuple(lots),
        bom_uses=tuple(bom_uses),
        lot_stock=tuple(stock),
        locations=(_STOCK, Location(2, plant_watch.QUARANTINE, "internal")),
        stock_fetched=True,
        floor_fetched=True,
        **_floor(),
    )


class _Floor(TypedDict):
    loss_reasons: tuple[LossReason, ...]
    equipments: tuple[Equipment, ...]
    maintenance_teams: tuple[MaintenanceTeam, ...]
    quality_tests: tuple[QualityTest, ...]


def _floor() -> _Floor:
    """What stops, requests and summaries are booked with, as the seed makes it in a real Odoo."""
    losses = {**_ODOO_LOSSES, **LOSS_REASONS}
    within = QualityQuestion(
        1, "All within limits", "qualitative", 0, 0, "", ((1, "yes", True), (2, "no", False))
    )
    figures = [
        QualityQuestion(n, f"{plant_watch.HUMIDITY} {figure}", "quantitative", 0, 100, "")
        for n, figure in enumerate(("mean", "max", "minutes outside"), 2)
    ]
    return {
        "loss_reasons": tuple(
            LossReason(n, name, kind, True, n) for n, (name, kind) in enumerate(losses.items(), 1)
        ),
        "equipments": tuple(
            Equipment(n, spec.title, f"SN-{spec.work_center}", 1) for n, spec in enumerate(MACHINES, 1)
        ),
        "maintenance_teams": (MaintenanceTeam(1, TEAM),),
        "quality_tests": (QualityTest(1, plant_watch.BATCH_TEST, (within, *figures)),),
    }


def fill_mirror(env: Mapping[str, str]) -> None:
    """Puts the orders into the demo's ledger."""
    console = open_console(load_settings(env))
    try:
        Synchronise(console.ledger, utc_now).take(offline_master_data(utc_now()), None)
    finally:
        console.close()
