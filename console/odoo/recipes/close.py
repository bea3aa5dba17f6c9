"""Closing of an order: posts its stock moves. The one step that cannot be taken back in Odoo.

Payload: ``order_id``, ``product_id``, ``unit_id``, ``expected`` (the produced quantity decided about),
``backorder`` (what is missing becomes an order of its own) and ``accept_consumption`` (a person saw that the
components differ from the bill of materials).

Everything is checked before, since Odoo would take it: nothing produced books the whole order, a missing lot
is invented, an operation without quantity is filled up (docs/odoo.md, "Closing"). Read back: the order is
done with the quantity expected. A close is not sent twice while the first may still arrive: the poster waits.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from console.domain.records import RecordSeen, RecordWrite
from console.odoo.client import OdooClient
from console.odoo.errors import OdooRejected
from console.odoo.mapping import Record, lot_ids
from console.odoo.master_data import lots_field

MODEL = "mrp.production"
FIELDS = (
    "name",
    "state",
    "product_id",
    "product_uom_id",
    "product_qty",
    "product_tracking",
    "qty_producing",
    "qty_produced",
    "consumption",
    "production_group_id",
)
MOVE_FIELDS = ("product_id", "quantity", "should_consume_qty", "picked", "has_tracking", "lot_ids")
TOLERANCE = 0.005
REVIEW = "Mend it in Odoo or confirm what is missing, then close again."
_OPEN = ("confirmed", "progress", "to_close")


async def read(client: OdooClient, order: RecordWrite) -> RecordSeen:
    """Whether the order is closed with what was decided; else what stands in the way."""
    now, payload = datetime.now(UTC), order.payload
    lots = await lots_field(client)
    rows = await client.read(MODEL, [int(payload["order_id"])], (*FIELDS, lots))
    if not rows:
        return RecordSeen(False, "", "gone", now, "The order is gone from Odoo.", REVIEW)
    found = Record(MODEL, rows[0])
    name, state = found.text("name"), found.text("state")
    record, expected = f"{MODEL}:{found.integer('id')}", float(payload["expected"])
    made = found.number("qty_produced" if state == "done" else "qty_producing")
    words, detail = f"{name} is {state} with {made:g}", {"state": state, "quantity": made, "name": name}
    if state == "done":
        same = abs(made - expected) <= TOLERANCE
        why = "" if same else f"{name} was closed in Odoo with {made:g}, {expected:g} was decided."
        if same and payload["backorder"]:
            detail["backorder"] = await _backorder(client, found)
        remedy = "It cannot be undone; reconcile it." if why else ""
        return RecordSeen(same, record, words, now, why, remedy, detail=detail)
    refused = await _in_the_way(client, found, bool(lot_ids(found, lots)), payload)
    return RecordSeen(False, record, words, now, refused, REVIEW if refused else "", detail=detail)


async def write(client: OdooClient, order: RecordWrite) -> str:
    """Close it. Raises as ``Recipe.write``."""
    seen = await read(client, order)
    if seen.holds:
        return seen.record
    if seen.refused:
        raise OdooRejected(seen.refused, seen.remedy)
    order_id = int(order.payload["order_id"])
    context: dict[str, Any] = {"skip_backorder": True, "skip_redirection": True}
    if order.payload["accept_consumption"]:
        context["skip_consumption"] = True
    if order.payload["backorder"]:
        context["mo_ids_to_backorder"] = [order_id]
    await client.call(MODEL, "button_mark_done", writes=True, ids=[order_id], context=context)
    return f"{MODEL}:{order_id}"


async def _in_the_way(client: OdooClient, found: Record, has_lot: bool, payload: Any) -> str:
    """Why Odoo must not be asked to close the order now; empty where nothing stands in the way."""
    name, expected = found.text("name"), float(payload["expected"])
    producing = found.number("qty_producing")
    if found.text("state") not in _OPEN:
        return f"{name} is {found.text('state')} in Odoo."
    if found.reference("product_id") != payload["product_id"]:
        return f"The product of {name} was changed in Odoo."
    if found.reference("product_uom_id") != payload["unit_id"]:
        return f"The unit of {name} was changed in Odoo."
    if producing <= 0:
        return f"Nothing is booked on {name}; closed now, Odoo would book all of it."
    if abs(producing - expected) > TOLERANCE:
        return f"Odoo holds {producing:g} for {name}, the decision was about {expected:g}."
    if found.text("product_tracking") == "serial":
        return f"{name} makes a product tracked by serial number; close it in Odoo."
    if found.text("product_tracking") == "lot" and not has_lot:
        return f"{name} has no lot; closed now, Odoo would invent one."
    behind = await _operations_behind(client, found.integer("id"), expected)
    if behind:
        return f"{behind} of {name} has less than {expected:g} booked; closed now, Odoo would fill it up."
    return await _components(client, found, bool(payload["accept_consumption"]))


async def _operations_behind(client: OdooClient, order_id: int, expected: float) -> str:
    domain = [["production_id", "=", order_id], ["state", "not in", ["done", "cancel"]]]
    rows = await client.search_read("mrp.workorder", domain, ("name", "qty_produced"))
    for row in rows:
        operation = Record("mrp.workorder", row)
        if operation.number("qty_produced") < expected - TOLERANCE:
            return operation.text("name")
    return ""


async def _components(client: OdooClient, found: Record, accepted: bool) -> str:
    domain = [
        ["raw_material_production_id", "=", found.integer("id")],
        ["state", "not in", ["done", "cancel"]],
    ]
    for row in await client.search_read("stock.move", domain, MOVE_FIELDS):
        move = Record("stock.move", row)
        title = move.title("product_id")
        if move.text("has_tracking") != "none" and not move.references("lot_ids"):
            return f"{title} is tracked, and no lot of it is given."
        differs = abs(move.number("quantity") - move.number("should_consume_qty")) > TOLERANCE
        if differs and found.text("consumption") == "strict":
            return f"{title} differs from the bill of materials, which allows no difference."
        if differs and found.text("consumption") == "warning" and not accepted:
            return (
                f"{title}: {move.number('quantity'):g} used, {move.number('should_consume_qty'):g} by the "
                "bill of materials; the decision did not say so."
            )
    return ""


async def _backorder(client: OdooClient, found: Record) -> str:
    """The order made for the rest; they are told by their group, since the names change."""
    group = found.optional_reference("production_group_id")
    domain = [["production_group_id", "=", group], ["id", "!=", found.integer("id")]]
    rows = await client.search_read(MODEL, domain, ("name",), order="id desc", limit=1) if group else []
    return Record(MODEL, rows[0]).text("name") if rows else ""
