"""Recipe C: quality holds, their release, and scrap: one transfer (stock.picking) for each record.

Payload: ``lines`` (each ``product_id, lot_id or null, unit_id, quantity, source_id, destination_id``),
``origin`` (shown in Odoo as Source Document) and ``note``. Where ``take_reserved`` is true, what is reserved
for orders and deliveries is taken too, and they lack it then; else that is refused. A hold moves to the
quarantine location beside the stock location, a release back, scrap to an inventory loss location: Odoo's own
scrap cannot be repeated.

The transfer is made by an insert-only ``load`` under ``<site_prefix>.<key>`` with its move lines, which
reserves them, and then validated, which does nothing where it is done. In between it is looked again whether
enough is there: from then on no order or delivery reserves it. Where too little is, or Odoo refuses, the
transfer is deleted again, so that nothing was changed.

What Odoo does not look at, and ``stock_check`` therefore does, stands there and in docs/odoo.md, "Recipe C".
"""

from __future__ import annotations

import html
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from console.domain.records import RecordSeen, RecordWrite
from console.domain.validate import number
from console.odoo import external_ids
from console.odoo.answers import ASK_FIRST
from console.odoo.client import OdooClient
from console.odoo.errors import OdooError, OdooMisuse, OdooOutcomeUnknown, OdooRejected, OdooTransient
from console.odoo.mapping import Record
from console.odoo.recipes import stock_check
from console.odoo.recipes.payloads import Payload
from console.odoo.recipes.stock_check import NOTHING_YET, QUANTITY_TOLERANCE, Line, Own, Place, Refusal

MODEL = "stock.picking"
LINE_MODEL = "stock.move.line"
FIELDS = ("name", "state", "date_done", "return_ids")
LINE_FIELDS = (
    "product_id",
    "lot_id",
    "product_uom_id",
    "quantity",
    "quantity_product_uom",
    "location_id",
    "location_dest_id",
)
# what Odoo or its modules would else ask in a window of their own
VALIDATE_CONTEXT = {"skip_backorder": True, "skip_expired": True, "skip_sms": True}
NOT_AGAIN = "The console does not make it again. Look where the stock is, and decide anew."
DELETE_AND_RETRY = "Delete the transfer in Odoo and try again, or reject this with a reason."
ACCEPT = "Look where the stock is; reject this with a reason and decide anew about the rest."

TOO_SMALL = (
    "Every quantity is below a hundredth of its unit, which Odoo rounds to nothing.",
    "Nothing is to be booked; reject this with a reason.",
)

Moved = Mapping[tuple[int, int | None, int, int, int], float]
"""Product, lot, unit, source and destination -> quantity."""


async def read(client: OdooClient, order: RecordWrite) -> RecordSeen:
    """What Odoo holds of the transfer now.

    ``detail``: ``name`` (its number in Odoo), ``done_at``, ``returned_by`` (transfers that took it back).
    """
    lines = _lines(order)
    now = datetime.now(UTC)
    if not lines:
        return RecordSeen(False, "", "not there", now, refused=TOO_SMALL[0], remedy=TOO_SMALL[1])
    picking = await _picking(client, order)
    if picking is None:
        if order.before is not None:
            why = f"The transfer {order.record} was deleted in Odoo after it had been booked."
            return RecordSeen(False, "", "deleted", now, refused=why, remedy=NOT_AGAIN)
        why, remedy = await _refusal(client, order, lines, None, ()) or ("", "")
        return RecordSeen(False, "", "not there", now, refused=why, remedy=remedy)
    rows = await _move_lines(client, picking)
    why, remedy = _changed(picking, lines, rows)
    if not why and picking.text("state") != "done":
        why, remedy = await _refusal(client, order, lines, picking, rows) or ("", "")
    returns = await _returns(client, picking)
    done = picking.moment("date_done")
    return RecordSeen(
        holds=picking.text("state") == "done" and not why,
        record=_name(picking.integer("id")),
        state=f"{picking.text('state')}, returned by {', '.join(returns)}"
        if returns
        else picking.text("state"),
        read_at=now,
        refused=why,
        remedy=remedy,
        detail={
            "name": picking.text("name"),
            "done_at": done.isoformat() if done is not None else "",
            "returned_by": returns,
        },
    )


async def write(client: OdooClient, order: RecordWrite) -> str:
    """Make the transfer and validate it.

    Raises:
        OdooRejected: too little is there, or Odoo refuses; nothing was changed.
        OdooOutcomeUnknown: Odoo may hold it, wholly or reserved only.
        OdooError: see console.odoo.errors.
    """
    lines, payload = _lines(order), Payload(order.key, order.payload)
    if not lines:
        raise OdooRejected(*TOO_SMALL)
    values = {
        "origin": payload.text("origin"),
        "note": html.escape(payload.text("note"), quote=False).replace("\n", "<br/>"),
        "picking_type_id/.id": await _internal_type(client, lines[0]),
        "location_id/.id": lines[0].source_id,
        "location_dest_id/.id": lines[0].destination_id,
    }
    external_id = external_ids.external_id(client, order.key)
    picking_id = await client.load_new(MODEL, external_id, values, [_columns(line) for line in lines])
    try:
        await _validate(client, order, picking_id, lines)
    except OdooTransient as cut:
        # the transfer stands and reserves: "not sent" does not mean "nothing changed" any more
        raise OdooOutcomeUnknown(f"Booked in part: {cut.what}", ASK_FIRST, status=cut.status) from None
    return _name(picking_id)


# ---------------------------------------------------------------- reading


def _lines(order: RecordWrite) -> list[Line]:
    """What is to be moved, without what Odoo would round to nothing (a gram of a component in kg)."""
    told = order.payload.get("lines")
    if not isinstance(told, Sequence) or isinstance(told, str) or not told:
        Payload(order.key, order.payload).bad("lines")
    lines = [_line(order.key, values) for values in told]
    return [line for line in lines if line.quantity >= QUANTITY_TOLERANCE]


def _line(key: str, values: Mapping[str, Any]) -> Line:
    payload = Payload(key, values)
    quantity = values.get("quantity")
    if isinstance(quantity, bool) or not isinstance(quantity, int | float) or not math.isfinite(quantity):
        payload.bad("quantity")
    if quantity <= 0:
        payload.bad("quantity")
    return Line(
        product_id=payload.integer("product_id"),
        lot_id=payload.optional_integer("lot_id"),
        unit_id=payload.integer("unit_id"),
        quantity=float(quantity),
        source_id=payload.integer("source_id"),
        destination_id=payload.integer("destination_id"),
    )


async def _picking(client: OdooClient, order: RecordWrite) -> Record | None:
    """The transfer, by its external id: whatever became of its lines, origin or state since."""
    found = await external_ids.find(client, MODEL, order.key)
    rows = await client.read(MODEL, [found], FIELDS) if found is not None else []
    return Record(MODEL, rows[0]) if rows else None


async def _move_lines(client: OdooClient, picking: Record) -> list[Record]:
    domain = [["picking_id", "=", picking.integer("id")], ["state", "!=", "cancel"]]
    return [Record(LINE_MODEL, row) for row in await client.search_read(LINE_MODEL, domain, LINE_FIELDS)]


async def _refusal(
    client: OdooClient,
    order: RecordWrite,
    lines: Sequence[Line],
    picking: Record | None,
    rows: Sequence[Record],
) -> Refusal | None:
    own = Own(picking.integer("id"), _reserved(rows)) if picking is not None else NOTHING_YET
    take = order.payload.get("take_reserved") is True
    return await stock_check.refusal(client, order.kind, lines, own=own, take_reserved=take)


async def _returns(client: OdooClient, picking: Record) -> list[str]:
    """Names of validated transfers by which somebody took it back in Odoo."""
    rows = await client.read(MODEL, picking.references("return_ids"), ("name", "state"))
    found = [Record(MODEL, row) for row in rows]
    return [r.text("name") for r in found if r.text("state") == "done"]


def _changed(picking: Record, lines: Sequence[Line], rows: Sequence[Record]) -> tuple[str, str]:
    """What somebody made of the transfer in Odoo, and what to do; empty where it is as it was asked for."""
    name, state = picking.text("name"), picking.text("state")
    if state == "cancel":
        return f"The transfer {name} was cancelled in Odoo.", DELETE_AND_RETRY
    asked, seen = _asked(lines), _seen(rows)
    if all(abs(asked.get(k, 0.0) - seen.get(k, 0.0)) <= QUANTITY_TOLERANCE for k in {*asked, *seen}):
        return "", ""
    total, wanted = sum(seen.values()), sum(asked.values())
    what = (
        f"moves {number(total)} instead of {number(wanted)}"
        if abs(total - wanted) > QUANTITY_TOLERANCE
        else "moves another product, lot or unit, or from or to another location, than was decided"
    )
    if state == "done":
        return f"The transfer {name} is done in Odoo and {what}.", ACCEPT
    return f"The transfer {name} was changed in Odoo before it was validated: it {what}.", DELETE_AND_RETRY


def _asked(lines: Iterable[Line]) -> Moved:
    sums: dict[tuple[int, int | None, int, int, int], float] = defaultdict(float)
    for x in lines:
        sums[x.product_id, x.lot_id, x.unit_id, x.source_id, x.destination_id] += x.quantity
    return sums


def _seen(rows: Iterable[Record]) -> Moved:
    sums: dict[tuple[int, int | None, int, int, int], float] = defaultdict(float)
    for row in rows:
        key = (
            row.reference("product_id"),
            row.optional_reference("lot_id"),
            row.reference("product_uom_id"),
            row.reference("location_id"),
            row.reference("location_dest_id"),
        )
        sums[key] += row.number("quantity")
    return sums


def _reserved(rows: Iterable[Record]) -> dict[Place, float]:
    """What the transfer's own open lines reserve, in the product's unit."""
    sums: dict[Place, float] = defaultdict(float)
    for row in rows:
        key = row.reference("product_id"), row.optional_reference("lot_id"), row.reference("location_id")
        sums[key] += row.number("quantity_product_uom")
    return sums


def _name(picking_id: int) -> str:
    return f"{MODEL}:{picking_id}"


# ---------------------------------------------------------------- writing


async def _internal_type(client: OdooClient, line: Line) -> int:
    """The internal transfers of the warehouse where the stock lies (archived where Odoo has one location)."""
    rows = await client.read("stock.location", [line.source_id, line.destination_id], ["warehouse_id"])
    places = {row["id"]: Record("stock.location", row).optional_reference("warehouse_id") for row in rows}
    wanted = places.get(line.source_id) or places.get(line.destination_id)
    domain = [["id", "=", wanted]] if wanted is not None else []
    found = await client.search_read("stock.warehouse", domain, ["int_type_id"], limit=1)
    type_id = Record("stock.warehouse", found[0]).optional_reference("int_type_id") if found else None
    if type_id is None:
        raise OdooRejected(
            "Odoo has no warehouse with internal transfers for this stock.",
            "Make a warehouse around the location in Odoo, then try again.",
        )
    return type_id


def _columns(line: Line) -> dict[str, Any]:
    values = {
        "product_id/.id": line.product_id,
        "lot_id/.id": line.lot_id if line.lot_id is not None else "",
        "product_uom_id/.id": line.unit_id,
        "quantity": line.quantity,
        "picked": 1,
        "location_id/.id": line.source_id,
        "location_dest_id/.id": line.destination_id,
    }
    return {f"move_line_ids/{column}": value for column, value in values.items()}


async def _validate(client: OdooClient, order: RecordWrite, picking_id: int, lines: Sequence[Line]) -> None:
    """Move it, unless it is done, cancelled or changed by now: reading back will say so."""
    rows = await client.read(MODEL, [picking_id], FIELDS)
    if not rows or Record(MODEL, rows[0]).text("state") == "done":
        return
    picking = Record(MODEL, rows[0])
    reserved = await _move_lines(client, picking)
    if _changed(picking, lines, reserved)[0]:
        return
    refused = await _refusal(client, order, lines, picking, reserved)
    if refused is not None:
        await _give_up(client, picking_id, OdooRejected(*refused))
        return
    try:
        answer = await client.call(
            MODEL, "button_validate", writes=True, ids=[picking_id], context=VALIDATE_CONTEXT
        )
    except (OdooRejected, OdooMisuse) as error:
        await _give_up(client, picking_id, error)
        return
    if isinstance(answer, dict) and not await _done(client, picking_id):
        asked = answer.get("res_model") or answer.get("name") or "a window"
        remedy = "Book it in Odoo by hand and reject this with a reason, or change what Odoo asks for."
        why = f"Odoo wants to ask a person before it moves this ({asked})."
        await _give_up(client, picking_id, OdooRejected(why, remedy))


async def _done(client: OdooClient, picking_id: int) -> bool:
    rows = await client.read(MODEL, [picking_id], ("state",))
    return bool(rows) and Record(MODEL, rows[0]).text("state") == "done"


async def _give_up(client: OdooClient, picking_id: int, error: OdooError) -> None:
    """Delete the transfer, with what it reserves, and raise; unless somebody validated it meanwhile.

    One that is done cannot be deleted in Odoo.
    """
    try:
        await client.call(MODEL, "unlink", writes=True, ids=[picking_id])
    except OdooRejected:
        if await _done(client, picking_id):
            return
    raise error
