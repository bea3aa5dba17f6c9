"""Fills a fresh sandbox database with a plant: work centers, products, bills of materials, orders."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from console.errors import EnvironmentFault

if TYPE_CHECKING:  # the sandbox itself runs on Linux only; what is ordered is also read elsewhere
    from console.demo.odoo_sandbox import OdooServer, OdooSession


@dataclass(frozen=True, slots=True)
class SeedMachine:
    """One machine's work: an order of its own, or one operation of an order that machines share.

    Attributes:
        unit: the order's unit by Odoo's name ("Units", "kg", "Dozens"); an archived one is made active.
        product_unit: the product's unit, where it is not the order's.
        tracking: "none", "lot" or "serial".
        with_operations: False makes an order without work orders.
        lot_name: a lot to make beforehand; empty where the console shall make it.
        order_key: machines of the same key are successive operations of one order, in the order given;
            product, unit and quantity are the first one's. Empty: an order of its own.
    """

    work_center_code: str
    work_center_name: str
    product_code: str
    product_name: str
    quantity: float
    unit: str = "Units"
    product_unit: str = ""
    tracking: str = "none"
    with_operations: bool = True
    lot_name: str = ""
    order_key: str = ""


@dataclass(frozen=True, slots=True)
class SeededOperation:
    """A work order of a seeded order."""

    id: int
    work_center_code: str


@dataclass(frozen=True, slots=True)
class SeededOrder:
    """A confirmed manufacturing order.

    Attributes:
        machines: numbers of its machines in the sequence given to ``seed``.
        lot_id: the lot made beforehand, or None.
    """

    machines: tuple[int, ...]
    id: int
    reference: str
    product_id: int
    component_id: int
    unit_id: int
    lot_id: int | None
    operations: tuple[SeededOperation, ...]


@dataclass(frozen=True, slots=True)
class SeededPlant:
    """What ``seed`` made.

    Attributes:
        orders: one for each order key, in the order of first mention.
        work_centers: code -> id.
    """

    orders: tuple[SeededOrder, ...]
    work_centers: dict[str, int]

    def order_of(self, machine: int) -> SeededOrder:
        """The order of the machine with this number in the sequence given to ``seed``."""
        return next(o for o in self.orders if machine in o.machines)


def seed(server: OdooServer, machines: Sequence[SeedMachine], database: str | None = None) -> SeededPlant:
    """Make what the machines need, and confirm an order for each order key.

    Products and work centers that exist by code are used, so that it may be called again for more orders.

    Raises:
        EnvironmentFault: Odoo refused something, or does not know a unit.
    """
    with server.session(database=database) as odoo:
        work_centers = {m.work_center_code: _work_center(odoo, m) for m in machines}
        numbered = [(m.order_key or f"#{number}", number, m) for number, m in enumerate(machines)]
        first = {key: number for key, number, _ in reversed(numbered)}
        numbered.sort(key=lambda entry: (first[entry[0]], entry[1]))
        orders = [
            _order(odoo, [(number, m) for _, number, m in group], work_centers)
            for _, group in groupby(numbered, key=lambda entry: entry[0])
        ]
    return SeededPlant(tuple(orders), work_centers)


def _found(odoo: OdooSession, model: str, field: str, value: str) -> int | None:
    ids = odoo.call(model, "search", [[field, "=", value]], limit=1)
    return int(ids[0]) if ids else None


def _work_center(odoo: OdooSession, machine: SeedMachine) -> int:
    found = _found(odoo, "mrp.workcenter", "code", machine.work_center_code)
    return found or odoo.create(
        "mrp.workcenter", {"name": machine.work_center_name, "code": machine.work_center_code}
    )


def _unit(odoo: OdooSession, name: str) -> int:
    domain = [["name", "=", name], ["active", "in", [True, False]]]
    found = odoo.call("uom.uom", "search_read", domain, ["active"], limit=1)
    if not found:
        raise EnvironmentFault(f"Odoo knows no unit named {name!r}.")
    if not found[0]["active"]:
        odoo.call("uom.uom", "write", [found[0]["id"]], {"active": True})
    return int(found[0]["id"])


def _product(odoo: OdooSession, code: str, name: str, unit_id: int, tracking: str) -> int:
    vals = {
        "name": name,
        "default_code": code,
        "type": "consu",
        "is_storable": True,
        "uom_id": unit_id,
        "tracking": tracking,
    }
    return _found(odoo, "product.product", "default_code", code) or odoo.create("product.product", vals)


def _order(
    odoo: OdooSession, machines: list[tuple[int, SeedMachine]], work_centers: dict[str, int]
) -> SeededOrder:
    head = machines[0][1]
    unit_id = _unit(odoo, head.unit)
    product_unit_id = _unit(odoo, head.product_unit or head.unit)
    product_id = _product(odoo, head.product_code, head.product_name, product_unit_id, head.tracking)
    component_id = _product(
        odoo, f"RM-{head.product_code}", f"Material of {head.product_name}", _unit(odoo, "kg"), "none"
    )
    _stock(odoo, component_id, 2 * head.quantity)
    operating = [m for _, m in machines if m.with_operations]
    bom_id = _bom(odoo, product_id, component_id, product_unit_id, operating, work_centers)
    lot_name = next((m.lot_name for _, m in machines if m.lot_name), "")
    lot_id = odoo.create("stock.lot", {"name": lot_name, "product_id": product_id}) if lot_name else None
    vals = {
        "product_id": product_id,
        "bom_id": bom_id,
        "product_qty": head.quantity,
        "product_uom_id": unit_id,
    }
    order_id = odoo.create("mrp.production", vals)
    odoo.call("mrp.production", "action_confirm", [order_id])
    seen = odoo.call("mrp.production", "read", [order_id], ["name"])[0]
    operations = odoo.call(
        "mrp.workorder", "search_read", [["production_id", "=", order_id]], ["workcenter_id"], order="id"
    )
    codes = {id_: code for code, id_ in work_centers.items()}
    return SeededOrder(
        machines=tuple(number for number, _ in machines),
        id=order_id,
        reference=str(seen["name"]),
        product_id=product_id,
        component_id=component_id,
        unit_id=unit_id,
        lot_id=lot_id,
        operations=tuple(SeededOperation(o["id"], codes[o["workcenter_id"][0]]) for o in operations),
    )


def _stock(odoo: OdooSession, product_id: int, quantity: float) -> None:
    """Put material on stock, so that orders show as available."""
    vals = {
        "product_id": product_id,
        "location_id": odoo.ref("stock.stock_location_stock"),
        "inventory_quantity": quantity,
    }
    quant = odoo.call(
        "stock.quant", "create", [vals], context={"inventory_mode": True}
    )  # fmt: skip
    odoo.call("stock.quant", "action_apply_inventory", quant)


def _bom(
    odoo: OdooSession,
    product_id: int,
    component_id: int,
    unit_id: int,
    operating: list[SeedMachine],
    work_centers: dict[str, int],
) -> int:
    """One component, half a kilogram a unit, and an operation for each machine."""
    template = odoo.call("product.product", "read", [product_id], ["product_tmpl_id"])[0]["product_tmpl_id"][
        0
    ]
    operations = [
        {
            "name": m.work_center_name,
            "workcenter_id": work_centers[m.work_center_code],
            "sequence": 10 * (number + 1),
            "time_cycle_manual": 1.0,
        }
        for number, m in enumerate(operating)
    ]
    vals = {
        "product_tmpl_id": template,
        "product_qty": 1.0,
        "product_uom_id": unit_id,
        "bom_line_ids": [[0, 0, {"product_id": component_id, "product_qty": 0.5}]],
        "operation_ids": [[0, 0, o] for o in operations],
    }
    return odoo.create("mrp.bom", vals)
