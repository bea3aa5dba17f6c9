"""What an order used of a component, booked absolutely on its raw move.

Payload: ``order_id``, ``product_id`` (the component), ``unit_id``, ``quantity``.

``manual_consumption`` goes along: without it the next progress of the order reckons the quantity by the bill
of materials again (docs/odoo.md, "Consumption").
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from console.domain.records import RecordSeen, RecordWrite
from console.odoo.client import OdooClient
from console.odoo.errors import OdooRejected
from console.odoo.mapping import Record

MODEL = "stock.move"
FIELDS = ("product_id", "product_uom", "quantity", "picked", "manual_consumption", "has_tracking", "state")
# half of the smallest step of a quantity in Odoo ("Product Unit", two decimals)
TOLERANCE = 0.005
REVIEW = "Correct it in Odoo, or do not book it."


async def read(client: OdooClient, order: RecordWrite) -> RecordSeen:
    """What the raw move holds, and whether it still takes a quantity."""
    now, payload = datetime.now(UTC), order.payload
    moves = await _moves(client, payload)
    if len(moves) != 1:
        why = (
            "The component is not among what the order still uses in Odoo."
            if not moves
            else "The order uses the component in several lines; which one it was is not known."
        )
        return RecordSeen(False, "", f"{len(moves)} raw moves", now, why, REVIEW)
    move, wanted = moves[0], float(payload["quantity"])
    quantity, taken = move.number("quantity"), move.flag("manual_consumption") and move.flag("picked")
    record, words = f"{MODEL}:{move.integer('id')}", f"{quantity:g} used"
    if taken and abs(quantity - wanted) <= TOLERANCE:
        return RecordSeen(True, record, words, now, detail={"quantity": quantity})
    refused = edited = ""
    if move.text("has_tracking") != "none":
        refused = "The component is tracked by lot: a count does not say which lot was used."
    elif move.reference("product_uom") != payload["unit_id"]:
        refused = "The unit of the component was changed in Odoo."
    elif order.before is not None and abs(quantity - float(order.before["quantity"])) > TOLERANCE:
        edited = (
            f"Odoo holds {quantity:g} for the component, {float(order.before['quantity']):g} was verified."
        )
    return RecordSeen(
        False, record, words, now, refused, REVIEW if refused else "", edited, {"quantity": quantity}
    )


async def write(client: OdooClient, order: RecordWrite) -> str:
    """Book the quantity. Raises as ``Recipe.write``."""
    moves = await _moves(client, order.payload)
    if len(moves) != 1:
        raise OdooRejected("The component is not among what the order still uses in Odoo.", REVIEW)
    move_id = moves[0].integer("id")
    values = {"quantity": float(order.payload["quantity"]), "picked": True, "manual_consumption": True}
    await client.write(MODEL, [move_id], values)
    return f"{MODEL}:{move_id}"


async def _moves(client: OdooClient, payload: Any) -> list[Record]:
    domain = [
        ["raw_material_production_id", "=", int(payload["order_id"])],
        ["product_id", "=", int(payload["product_id"])],
        ["state", "not in", ["done", "cancel"]],
    ]
    return [Record(MODEL, row) for row in await client.search_read(MODEL, domain, FIELDS)]
