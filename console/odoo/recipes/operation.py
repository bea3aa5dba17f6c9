"""Start, pause and finish of an operation.

Payload: ``operation_id``, ``order_id``, ``action`` ("start", "pause" or "finish").

Start and pause are the operation's state, written absolutely. Odoo's own ``button_start`` is never called: it
sets the quantity under production to all that remains, books its components and opens a time row of the
service user (docs/odoo.md, "Operations"). Finish is ``button_finish``, which does nothing on a finished one;
with nothing produced it would book the whole order, so that is refused here.
"""

from __future__ import annotations

from datetime import UTC, datetime

from console.domain.records import RecordSeen, RecordWrite
from console.odoo.client import OdooClient
from console.odoo.errors import OdooRejected
from console.odoo.mapping import Record

MODEL = "mrp.workorder"
FIELDS = ("name", "state", "qty_produced", "production_id", "production_state")
_OPEN_ORDER = ("confirmed", "progress", "to_close")
# the states in which an action has had its effect
_HOLDS = {"start": ("progress",), "pause": ("ready", "blocked"), "finish": ("done",)}


async def read(client: OdooClient, order: RecordWrite) -> RecordSeen:
    """The operation's state, and whether the action can still be taken."""
    now, payload = datetime.now(UTC), order.payload
    rows = await client.read(MODEL, [int(payload["operation_id"])], FIELDS)
    if not rows:
        return RecordSeen(
            False, "", "gone", now, "The operation is gone from Odoo.", "Look at the order there."
        )
    found = Record(MODEL, rows[0])
    state, name = found.text("state"), found.text("name")
    record, words = f"{MODEL}:{found.integer('id')}", f"{name} is {state}"
    if state in _HOLDS[payload["action"]]:
        return RecordSeen(True, record, words, now, detail={"state": state})
    refused = ""
    if found.reference("production_id") != payload["order_id"]:
        refused = f"{name} belongs to another order by now."
    elif found.text("production_state") not in _OPEN_ORDER or state in ("done", "cancel"):
        refused = f"{name} is {state} in Odoo, its order {found.text('production_state')}."
    elif payload["action"] == "finish" and found.number("qty_produced") <= 0:
        refused = f"Nothing is booked on {name} yet; finished now, Odoo would book the whole order."
    remedy = "Confirm the counts first, or decide in Review." if refused else ""
    return RecordSeen(False, record, words, now, refused, remedy, detail={"state": state})


async def write(client: OdooClient, order: RecordWrite) -> str:
    """Take the action. Raises as ``Recipe.write``."""
    seen = await read(client, order)  # finishing is only safe while something is booked
    if seen.refused:
        raise OdooRejected(seen.refused, seen.remedy)
    operation = int(order.payload["operation_id"])
    if order.payload["action"] == "finish":
        await client.call(MODEL, "button_finish", writes=True, ids=[operation])
    else:
        state = "progress" if order.payload["action"] == "start" else "ready"
        await client.write(MODEL, [operation], {"state": state})
    return f"{MODEL}:{operation}"
