"""Recipe A: production progress, booked as an absolute quantity on an operation or an order.

``read`` says what Odoo holds; ``write`` books one absolute quantity. Both are safe to repeat with the same
arguments. Whether to write, and what a lost answer means, is the poster's to decide: read, write, read back.

What the real Odoo 19 does beyond its documentation, and the code therefore heeds (docs/odoo.md, "Recipe A"):

- A quantity of 0 on an operation leaves the order's own quantity and components where they were.
- A second lot replaces the first (``[[6, 0, [lot]]]``) or is refused: an order takes one lot.
- An order without operations takes two calls. Cut between them its quantity stands and its components do
  not follow; ``ProductionSeen.components_follow`` says so, and the same write mends it.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from console.domain.master_data import OPEN_OPERATION_STATES, OPEN_ORDER_STATES, Tracking
from console.domain.postings import ProductionSeen, ProductionTarget, ProductionWrite, TargetKind
from console.odoo.answers import ASK_FIRST
from console.odoo.client import OdooClient
from console.odoo.errors import OdooMissing, OdooOutcomeUnknown, OdooRejected, OdooTransient
from console.odoo.mapping import Record, lot_ids, to_odoo
from console.odoo.master_data import field_among, lots_field

ORDER_FIELDS = (
    "state",
    "product_id",
    "product_uom_id",
    "product_tracking",
    "qty_producing",
    "workorder_ids",
    "date_start",
    "is_planned",
)
OPERATION_FIELDS = ("state", "production_id", "product_id", "product_uom_id", "qty_produced")
MOVE_FIELDS = ("quantity", "should_consume_qty", "picked")
# half of the smallest step of a quantity in Odoo ("Product Unit", two decimals)
QUANTITY_TOLERANCE = 0.005
REVIEW = "Correct it in Odoo and send it again, or reject it with a reason."
_OPEN_ORDER = {s.value for s in OPEN_ORDER_STATES}
_OPEN_OPERATION = {s.value for s in OPEN_OPERATION_STATES}


@dataclass(frozen=True, slots=True)
class _Found:
    """An order, and the operation where the target is one, as read."""

    order: Record
    operation: Record | None
    order_lots: tuple[int, ...]

    @property
    def order_state(self) -> str:
        return self.order.text("state")

    def belongs(self, target: ProductionTarget) -> bool:
        """False where a backorder took the operation along."""
        return self.operation is None or self.operation.reference("production_id") == target.order_id

    @property
    def open(self) -> bool:
        return self.order_state in _OPEN_ORDER and (
            self.operation is None or self.operation.text("state") in _OPEN_OPERATION
        )

    @property
    def words(self) -> str:
        """The states as evidence: "progress / confirmed"."""
        return f"{self.operation.text('state')} / {self.order_state}" if self.operation else self.order_state


async def read(client: OdooClient, target: ProductionTarget) -> ProductionSeen:
    """What Odoo holds for the target now.

    Raises:
        OdooError: it could not be asked, or its answer is not usable.
    """
    found = await _find(client, target)
    now = datetime.now(UTC)
    if found is None:
        return ProductionSeen(target, False, False, 0.0, 0, 0, "gone", (), now)
    state = found.words
    if not found.belongs(target):
        state += " (moved to another order)"
    holder = found.operation or found.order
    quantity = holder.number("qty_produced" if found.operation else "qty_producing")
    lots = await client.read("stock.lot", found.order_lots, ["name"])
    return ProductionSeen(
        target=target,
        exists=True,
        open=found.open and found.belongs(target),
        quantity=quantity,
        unit_id=found.order.reference("product_uom_id"),
        product_id=found.order.reference("product_id"),
        state=state,
        lot_names=tuple(Record("stock.lot", lot).text("name") for lot in lots),
        read_at=now,
        components_follow=await _components_follow(client, target, found, quantity),
    )


async def write(client: OdooClient, posting: ProductionWrite) -> None:
    """Book one absolute quantity. Say it is there only after reading it back.

    Raises:
        OdooRejected: Odoo, or a rule that Odoo itself would not keep, refuses; nothing was changed.
        OdooOutcomeUnknown: Odoo may hold it, wholly or in part.
        OdooError: see console.odoo.errors.
    """
    found = await _find(client, posting.target)
    if found is None:
        raise OdooMissing(f"{posting.target.key} does not exist in Odoo any more.", REVIEW)
    _refuse_what_odoo_would_take(posting, found)
    lot_id = await _lot(client, posting) if posting.lot_name else None
    _refuse_second_lot(posting, found, lot_id)
    if posting.target.kind is TargetKind.OPERATION:
        vals: dict[str, Any] = {"qty_produced": posting.quantity}
        if lot_id is not None:
            field = await field_among(client, "mrp.workorder", ("finished_lot_ids", "finished_lot_id"))
            vals[field] = _lot_value(field, lot_id)
        await client.write("mrp.workorder", [posting.target.id], vals)
        if posting.quantity == 0:
            await _second_step(_write_order(client, posting, found, None))
    else:
        await _write_order(client, posting, found, lot_id)


# ---------------------------------------------------------------- reading


async def _find(client: OdooClient, target: ProductionTarget) -> _Found | None:
    """The target's records; None where one of them is gone."""
    operation: Record | None = None
    order_id = target.order_id
    if target.kind is TargetKind.OPERATION:
        rows = await client.read("mrp.workorder", [target.id], OPERATION_FIELDS)
        if not rows:
            return None
        operation = Record("mrp.workorder", rows[0])
        order_id = operation.reference("production_id")
    field = await lots_field(client)
    rows = await client.read("mrp.production", [order_id], (*ORDER_FIELDS, field))
    if not rows:
        return None
    order = Record("mrp.production", rows[0])
    return _Found(order, operation, lot_ids(order, field))


async def _components_follow(
    client: OdooClient, target: ProductionTarget, found: _Found, quantity: float
) -> bool:
    if found.operation is not None:
        return quantity != 0 or found.order.number("qty_producing") == 0 or not found.open
    if not found.open:
        return True
    domain = [
        ["raw_material_production_id", "=", target.order_id],
        ["state", "not in", ["done", "cancel"]],
        ["manual_consumption", "=", False],
        ["has_tracking", "=", "none"],
    ]
    rows = await client.search_read("stock.move", domain, MOVE_FIELDS)
    return all(_follows(Record("stock.move", row), quantity) for row in rows)


def _follows(move: Record, quantity: float) -> bool:
    if not move.flag("picked"):
        # only reserved: right before the first count, and for a component too little to weigh
        return quantity == 0 or move.number("should_consume_qty") == 0
    return abs(move.number("quantity") - move.number("should_consume_qty")) <= QUANTITY_TOLERANCE


# ---------------------------------------------------------------- writing


def _refuse_what_odoo_would_take(posting: ProductionWrite, found: _Found) -> None:
    """Rules that Odoo does not keep: it would take the quantity, and be wrong."""
    key = posting.target.key
    if not found.open:
        # the guard in Odoo refuses too; ours is the clearer word, and the only one for what is cancelled
        raise OdooRejected(f"{key} is closed in Odoo ({found.words}) and takes no quantity.", REVIEW)
    if not found.belongs(posting.target):
        raise OdooRejected(f"{key} belongs to another order by now.", REVIEW)
    if found.operation is None and found.order.references("workorder_ids"):
        remedy = "Refresh master data and confirm it for an operation."
        raise OdooRejected(f"{key} has operations by now; progress is booked on them.", remedy)
    if found.order.text("product_tracking") == Tracking.SERIAL:
        remedy = "Book it in Odoo with its serial numbers."
        raise OdooRejected(f"{key} makes a product tracked by serial number.", remedy)
    if found.order.reference("product_id") != posting.product_id:
        raise OdooRejected(f"{key} makes another product than the one confirmed.", REVIEW)
    if found.order.reference("product_uom_id") != posting.unit_id:
        raise OdooRejected(f"{key} counts in another unit than the one confirmed.", REVIEW)


def _refuse_second_lot(posting: ProductionWrite, found: _Found, lot_id: int | None) -> None:
    if lot_id is not None and found.order_lots and found.order_lots != (lot_id,):
        raise OdooRejected(
            f"{posting.target.key} already produces into another lot than {posting.lot_name!r}; "
            "Odoo keeps one lot for an order.",
            "Split the order in Odoo and confirm this lot for the new one, or mend the lot in Odoo.",
        )


async def _lot(client: OdooClient, posting: ProductionWrite) -> int:
    """The lot of this name and product; made where absent.

    A lost answer is harmless here, since the lot is made insert-only: it is tried again as a whole.
    """
    domain = [["product_id", "=", posting.product_id], ["name", "=", posting.lot_name]]
    rows = await client.search_read("stock.lot", domain, ["name"], limit=1)
    if rows:
        return Record("stock.lot", rows[0]).integer("id")
    key = re.sub(r"[^A-Za-z0-9_-]", "_", posting.posting_key)  # a dot would name a module
    values = {"name": posting.lot_name, "product_id/.id": posting.product_id}
    try:
        return await client.load_new("stock.lot", f"{client.connection.site_prefix}.{key}-lot", values)
    except OdooOutcomeUnknown as lost:
        raise OdooTransient(lost.what, "It is tried again by itself.", status=lost.status) from None


def _lot_value(field: str, lot_id: int) -> Any:
    return [[6, 0, [lot_id]]] if field.endswith("_ids") else lot_id


async def _write_order(
    client: OdooClient, posting: ProductionWrite, found: _Found, lot_id: int | None
) -> None:
    """The order's own quantity, then its components: two calls, since no one call does both."""
    order_id = posting.target.order_id
    vals: dict[str, Any] = {"qty_producing": posting.quantity}
    start = found.order.moment("date_start")
    if start is not None and not found.order.flag("is_planned"):
        # unchanged: its presence makes a done order refuse. On a planned one it would undo the planning
        vals["date_start"] = to_odoo(start)
    if lot_id is not None:
        field = await lots_field(client)
        vals[field] = _lot_value(field, lot_id)
    await client.write("mrp.production", [order_id], vals)
    await _second_step(client.call("mrp.production", "set_qty_producing", writes=True, ids=[order_id]))


async def _second_step(step: Awaitable[object]) -> None:
    """Await a call after one that took effect: "not sent" does then not mean "nothing changed"."""
    try:
        await step
    except OdooTransient as cut:
        raise OdooOutcomeUnknown(f"Booked in part: {cut.what}", ASK_FIRST, status=cut.status) from None
