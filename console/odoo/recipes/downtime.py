"""Recipe B: downtime, one row of mrp.workcenter.productivity for each stop.

Payload: ``work_center_id, loss_id, start, end (null: it still stands), description, operation_id (or null)``.

The row is made by an insert-only ``load`` under ``<site_prefix>.<key>``; closing, moving or giving another
reason is an absolute write of the fields that differ. Never ``unblock``: it closes every open row of the work
center, at the server's time.

What Odoo does not look at, and the recipe therefore does: rows that overlap, times in the future, an end
before its start. What the real Odoo 19 does besides stands in docs/odoo.md, "Recipe B".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from console.domain.records import RecordSeen, RecordWrite
from console.odoo import external_ids
from console.odoo.client import OdooClient
from console.odoo.errors import OdooMissing
from console.odoo.mapping import Record, to_odoo
from console.odoo.recipes.changes import edited_fields, written_by_us
from console.odoo.recipes.payloads import Payload

MODEL = "mrp.workcenter.productivity"
LOSS = "mrp.workcenter.productivity.loss"
FIELDS = (
    "workcenter_id",
    "loss_id",
    "loss_type",
    "date_start",
    "date_end",
    "description",
    "workorder_id",
    "duration",
    "write_uid",
)
# how far a stop's times may lie ahead of this computer's clock
AHEAD = timedelta(minutes=1)
# time that an operation works, in Odoo's own rows: no downtime
WORKING = ["productive", "performance"]
NOT_AGAIN = "It is not made again. Enter it in Odoo if it is missing there, or reject this with a reason."
Refusal = tuple[str, str]


async def read(client: OdooClient, order: RecordWrite) -> RecordSeen:
    """What Odoo holds of the stop now. ``detail``: ``duration_min`` as Odoo reckons, 0 while it stands, and
    ``loss_id``, the reason there."""
    wanted = _values(order.key, order.payload)
    row = await _row(client, order)
    now = datetime.now(UTC)
    if row is None:
        if order.record or order.before is not None:
            why = f"The downtime {order.record or order.key} was deleted in Odoo after it had been booked."
            return RecordSeen(False, "", "deleted", now, refused=why, remedy=NOT_AGAIN)
        refused, remedy = await _refusal(client, wanted, None, now) or ("", "")
        return RecordSeen(False, "", "not there", now, refused=refused, remedy=remedy)
    held = _held(row)
    record = f"{MODEL}:{row.integer('id')}"
    detail = {"duration_min": round(row.number("duration"), 2), "loss_id": held["loss_id"]}
    if held == wanted:
        return RecordSeen(True, record, _words(row), now, detail=detail)
    refused, remedy = await _refusal(client, wanted, row, now) or ("", "")
    return RecordSeen(
        holds=False,
        record=record,
        state=_words(row),
        read_at=now,
        refused=refused,
        remedy=remedy,
        edited=await _edited(client, order, wanted, row),
        detail=detail,
    )


async def write(client: OdooClient, order: RecordWrite) -> str:
    """Make the row, or write what differs; see ``recipe.Recipe``."""
    wanted = _values(order.key, order.payload)
    row = await _row(client, order)
    if row is not None:
        differing = _differing(_held(row), wanted)
        if differing:
            await client.write(MODEL, [row.integer("id")], differing)
        return f"{MODEL}:{row.integer('id')}"
    if order.record or order.before is not None:
        raise OdooMissing(f"The downtime {order.record or order.key} was deleted in Odoo.", NOT_AGAIN)
    columns = {
        "workcenter_id/.id": wanted["workcenter_id"],
        "loss_id/.id": wanted["loss_id"],
        "date_start": wanted["date_start"],
        "date_end": wanted["date_end"],
        "description": wanted["description"],
        "workorder_id/.id": wanted["workorder_id"],
    }
    name = external_ids.external_id(client, order.key)
    made = await client.load_new(MODEL, name, {k: v for k, v in columns.items() if v})
    return f"{MODEL}:{made}"


# ---------------------------------------------------------------- what is asked for and what is there


def _values(key: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The payload as Odoo's fields; False where empty, as Odoo says it."""
    told = Payload(key, payload)
    end = told.optional_moment("end")
    # an open row on an operation would be ended, and given another reason, by whoever pauses or finishes it
    operation = told.optional_integer("operation_id") if end is not None else None
    return {
        "workcenter_id": told.integer("work_center_id"),
        "loss_id": told.integer("loss_id"),
        "date_start": to_odoo(told.moment("start")),
        "date_end": to_odoo(end) if end is not None else False,
        "description": told.text("description").strip() or False,
        "workorder_id": operation or False,
    }


def _held(row: Record) -> dict[str, Any]:
    start, end = row.moment("date_start"), row.moment("date_end")
    return {
        "workcenter_id": row.reference("workcenter_id"),
        "loss_id": row.reference("loss_id"),
        "date_start": to_odoo(start) if start else False,
        "date_end": to_odoo(end) if end else False,
        "description": row.text("description").strip() or False,
        "workorder_id": row.optional_reference("workorder_id") or False,
    }


def _differing(held: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    return {field: value for field, value in wanted.items() if held[field] != value}


async def _row(client: OdooClient, order: RecordWrite) -> Record | None:
    """The stop's row; None where there is none."""
    known = int(order.record.partition(":")[2]) if order.record else None
    record = known or await external_ids.find(client, MODEL, order.key)
    rows = await client.read(MODEL, [record] if record else [], FIELDS)
    return Record(MODEL, rows[0]) if rows else None


def _words(row: Record) -> str:
    """The row as evidence: "2026-11-20 09:00:00 to 09:12:00 UTC, Equipment Failure"."""
    start, end = row.text("date_start"), row.text("date_end")
    if end:
        same_day = end[:10] == start[:10]
        return f"{start} to {end[11:] if same_day else end} UTC, {row.title('loss_id')}"
    return f"open since {start} UTC, {row.title('loss_id')}"


async def _edited(client: OdooClient, order: RecordWrite, wanted: Mapping[str, Any], row: Record) -> str:
    held = _held(row)
    before = _values(order.key, order.before) if order.before is not None else None
    if held == before:
        return ""
    fields = edited_fields(held, wanted, before, by_us=await written_by_us(client, row))
    said = {
        "workcenter_id": lambda: f"it lies on {row.title('workcenter_id')}",
        "loss_id": lambda: f"its reason is {row.title('loss_id')!r}",
        "date_start": lambda: f"it begins {row.text('date_start')} UTC",
        "date_end": lambda: f"it ends {held['date_end']} UTC" if held["date_end"] else "it has no end",
        "description": lambda: f"it is described as {held['description'] or ''!r}",
        "workorder_id": lambda: (
            f"it lies on {row.title('workorder_id')}" if held["workorder_id"] else "it lies on no operation"
        ),
    }
    return "Somebody changed the downtime in Odoo: " + "; ".join(said[f]() for f in fields) if fields else ""


# ---------------------------------------------------------------- what Odoo would take, or say less clearly


async def _refusal(
    client: OdooClient, wanted: Mapping[str, Any], row: Record | None, now: datetime
) -> Refusal | None:
    """Why it cannot be booked, and the way out. What the row has already is not asked again: a stop that
    stands can be ended whatever became of its work center."""
    held = _held(row) if row is not None else {}
    changes = {field for field, value in wanted.items() if held.get(field) != value}
    start, end = wanted["date_start"], wanted["date_end"]
    latest = to_odoo(now + AHEAD)
    if (end or start) > latest:  # texts of one format: their order is the order of time
        why = f"The stop's times ({start} to {end or 'now'} UTC) lie in the future."
        return why, "Compare the clocks of the machine and of this computer, then decide the stop again."
    if end and end < start:
        return f"The stop ends {end} UTC, before it begins {start} UTC.", "Decide the stop again."
    if "workcenter_id" in changes:
        refused = await _work_center_refusal(client, wanted["workcenter_id"])
        if refused:
            return refused
    if "loss_id" in changes:
        refused = await _reason_refusal(client, wanted["loss_id"])
        if refused:
            return refused
    operation = wanted["workorder_id"] if "workorder_id" in changes else False
    if operation and not await client.read("mrp.workorder", [operation], ["state"]):
        return "The stop's operation is no longer in Odoo.", "Decide the stop again, without it."
    if changes & {"workcenter_id", "date_start", "date_end"}:
        return await _overlap(client, wanted, row.integer("id") if row is not None else 0)
    return None


async def _work_center_refusal(client: OdooClient, work_center_id: int) -> Refusal | None:
    rows = await client.read("mrp.workcenter", [work_center_id], ["name", "active"])
    if not rows:
        why = "The stop's work center was deleted in Odoo."
        return why, "Correct the machine's work center in the plant file, then decide the stop again."
    center = Record("mrp.workcenter", rows[0])
    if center.flag("active"):
        return None
    why = f"The work center {center.text('name')!r} is archived in Odoo."
    return why, "Restore it in Odoo and send this again, or correct the machine's work center."


async def _reason_refusal(client: OdooClient, loss_id: int) -> Refusal | None:
    archives = "active" in await client.fields_of(LOSS)  # a customer's module may add it
    fields = ["name", "loss_type", *(["active"] if archives else [])]
    rows = await client.read(LOSS, [loss_id], fields)
    remedy = "Explain the stop with another reason."
    if not rows:
        return "The loss reason was deleted in Odoo.", remedy
    reason = Record(LOSS, rows[0])
    if archives and not reason.flag("active"):
        return f"The loss reason {reason.text('name')!r} is archived in Odoo.", remedy
    if reason.text("loss_type") == "productive":
        return f"{reason.text('name')!r} counts as productive time in Odoo, not as a loss.", remedy
    return None


async def _overlap(client: OdooClient, wanted: Mapping[str, Any], record: int) -> Refusal | None:
    """A row that somebody else entered for the same time on the same work center.

    The console's own rows are not among them: it keeps the stops of a machine apart itself, and machines that
    share a work center do stop at the same time.
    """
    domain: list[Any] = [
        ["id", "!=", record],
        ["workcenter_id", "=", wanted["workcenter_id"]],
        "|",
        ["date_end", "=", False],
        ["date_end", ">", wanted["date_start"]],
        "|",
        ["workorder_id", "=", False],
        ["loss_type", "not in", WORKING],
    ]
    if wanted["date_end"]:
        domain.append(["date_start", "<", wanted["date_end"]])
    found = await client.search_read(MODEL, domain, FIELDS, order="date_start,id")
    own = await external_ids.ours(client, MODEL, [row["id"] for row in found])
    foreign = next((row for row in found if row["id"] not in own), None)
    if foreign is None:
        return None
    words = _words(Record(MODEL, foreign))
    why = f"Odoo already has a downtime in this time that the console did not enter: {words}."
    return why, "Shorten or delete that row in Odoo and send this again, or reject this with a reason."
