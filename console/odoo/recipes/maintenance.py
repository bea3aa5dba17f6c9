"""Recipe D: a maintenance request, one maintenance.request for each, or joined to one that is open.

Payload: ``equipment_id, team_id (or null: the equipment's own), title, description (plain text),
priority ("0" to "3"), kind (corrective | preventive), requested_on ("YYYY-MM-DD"), join (ticket id or null),
attachments: [{id, name, mime, sha256}]``; their bytes come in ``RecordWrite.files``.

The ticket, its attachments and, where it joins, one note in the ticket's log are each made by an insert-only
``load`` under external ids of their own: ``<key>``, ``<file key>``, ``<key>-note``. So every part is there
once, however often it is asked for and wherever an answer was lost.

The people of maintenance own a ticket once it is there. A later revision touches only what it changes itself,
never a stage (a done stage written again copies recurring requests), and nothing on a ticket that is closed.
What the real Odoo 19 does besides stands in docs/odoo.md, "Recipe D".
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from typing import Any

from console.domain.records import File, RecordSeen, RecordWrite
from console.odoo import external_ids
from console.odoo.answers import ASK_FIRST
from console.odoo.client import OdooClient
from console.odoo.errors import (
    OdooMissing,
    OdooMisuse,
    OdooOutcomeUnknown,
    OdooRejected,
    OdooTransient,
)
from console.odoo.floor_data import EQUIPMENT, TICKET
from console.odoo.mapping import Record
from console.odoo.recipes.changes import edited_fields, written_by_us
from console.odoo.recipes.payloads import Payload

ATTACHMENT = "ir.attachment"
NOTE = "mail.message"
FIELDS = (
    "name",
    "equipment_id",
    "maintenance_team_id",
    "maintenance_type",
    "priority",
    "request_date",
    "description",
    "stage_id",
    "done",
    "archive",
    "write_uid",
)
# Odoo shrinks pictures wider than 1920 px, and evidence would not be what was signed
AS_IT_IS = {"image_no_postprocess": True}
OWN_TICKET = "Request it anew as a ticket of its own, or reject this with a reason."
NOT_AGAIN = "It is not made again. Request it anew if it is still needed, or reject this with a reason."
Refusal = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Found:
    """A ticket and what of ours is on it.

    Attributes:
        lacking: files that are not there yet. noted: the note of a joined request is there.
    """

    ticket: Record
    lacking: tuple[File, ...]
    noted: bool

    @property
    def record(self) -> str:
        return f"{TICKET}:{self.ticket.integer('id')}"

    @property
    def stage(self) -> str:
        stage = self.ticket.optional_reference("stage_id")
        return self.ticket.title("stage_id") if stage is not None else ""

    @property
    def closed(self) -> bool:
        return self.ticket.flag("done") or self.ticket.flag("archive")

    @property
    def complete(self) -> bool:
        return not self.lacking and self.noted

    @property
    def words(self) -> str:
        """As evidence: "ticket 7 'Leak', Repaired (done)"."""
        marks = [w for w, on in (("done", "done"), ("archived", "archive")) if self.ticket.flag(on)]
        told = f" ({', '.join(marks)})" if marks else ""
        return f"ticket {self.ticket.integer('id')} {self.ticket.text('name')!r}, {self.stage}{told}"

    @property
    def detail(self) -> dict[str, Any]:
        done = self.ticket.flag("done")
        return {"ticket_id": self.ticket.integer("id"), "stage": self.stage, "done": done}


async def read(client: OdooClient, order: RecordWrite) -> RecordSeen:
    """What Odoo holds of the request now. ``detail``: ``ticket_id``, ``stage``, ``done``."""
    _check_files(order)
    found = await _find(client, order)
    now = datetime.now(UTC)
    if found is None:
        return await _nothing_there(client, order, now)
    differing = _differing(order, found.ticket)
    if not differing and found.complete:
        return RecordSeen(True, found.record, found.words, now, detail=found.detail)
    refused, remedy = await _refusal(client, order, found, differing) or ("", "")
    edited = await _edited(client, order, found) if differing else ""
    return RecordSeen(False, found.record, found.words, now, refused, remedy, edited, found.detail)


async def _nothing_there(client: OdooClient, order: RecordWrite, now: datetime) -> RecordSeen:
    if _joins(order) is not None:
        why = "The ticket that it joins was deleted in Odoo."
        return RecordSeen(False, "", "deleted", now, why, OWN_TICKET)
    if _was_there(order):
        why = "The ticket was deleted in Odoo after it had been made."
        return RecordSeen(False, "", "deleted", now, why, NOT_AGAIN)
    equipment_id = _values(order.key, order.payload)["equipment_id"]
    refused, remedy = await _equipment_refusal(client, equipment_id) or ("", "")
    return RecordSeen(False, "", "not there", now, refused, remedy)


async def write(client: OdooClient, order: RecordWrite) -> str:
    """Make the ticket and what belongs to it, part by part; see ``recipe.Recipe``."""
    _check_files(order)
    found = await _find(client, order)
    if found is None:
        if _joins(order) is not None or _was_there(order):
            raise OdooMissing("The ticket was deleted in Odoo.", NOT_AGAIN)
        ticket_id = await _make(client, order)
        await _complete(client, order, ticket_id, None, begun=True)
        return f"{TICKET}:{ticket_id}"
    differing = _differing(order, found.ticket)
    if found.closed and (differing or not found.complete):
        # a closing between this look and the write is harmless: nothing here touches the stage
        raise OdooRejected(f"It is closed in Odoo by now: {found.words}.", OWN_TICKET)
    ticket_id = found.ticket.integer("id")
    if differing:
        await client.write(TICKET, [ticket_id], _as_odoo(order, differing))
    await _complete(client, order, ticket_id, found, begun=bool(differing))
    return found.record


# ---------------------------------------------------------------- what is asked for and what is there


def _join(key: str, payload: Mapping[str, Any]) -> int | None:
    return Payload(key, payload).optional_integer("join")


def _joins(order: RecordWrite) -> int | None:
    return _join(order.key, order.payload)


def _joined_before(order: RecordWrite) -> int | None:
    return _join(order.key, order.before) if order.before is not None else None


def _was_there(order: RecordWrite) -> bool:
    """Whether a ticket of its own was seen in Odoo before."""
    return _joined_before(order) is None and (bool(order.record) or order.before is not None)


def _values(key: str, payload: Mapping[str, Any]) -> dict[str, Any]:
    """The ticket's fields; the description by its words alone, since Odoo keeps it as HTML of its own."""
    told = Payload(key, payload)
    values = {
        "name": told.text("title").strip(),
        "equipment_id": told.integer("equipment_id"),
        "maintenance_type": told.text("kind"),
        "priority": told.text("priority"),
        "request_date": told.text("requested_on"),
        "description": " ".join(told.text("description").split()),
    }
    team = told.optional_integer("team_id")
    return values if team is None else values | {"maintenance_team_id": team}


def _changes(order: RecordWrite) -> dict[str, Any]:
    """The fields that this revision sets: all of a first one, none of a ticket that is joined."""
    wanted = _values(order.key, order.payload)
    if _joins(order) is not None:
        return {}
    if order.before is None or not _was_there(order):
        return wanted
    before = _values(order.key, order.before)
    return {field: value for field, value in wanted.items() if before.get(field) != value}


def _check_files(order: RecordWrite) -> None:
    """The bytes must be those that the payload names, all of them."""
    asked = sorted(str(a["sha256"]) for a in order.payload.get("attachments") or ())
    given = sorted(hashlib.sha256(f.data).hexdigest() for f in order.files)
    if asked != given:
        raise OdooMisuse(
            f"The posting {order.key} names {len(asked)} attachments, and other files came with it.",
            "Report this; it is not sent.",
        )


def _held(ticket: Record) -> dict[str, Any]:
    return {
        "name": ticket.text("name").strip(),
        "equipment_id": ticket.optional_reference("equipment_id"),
        "maintenance_team_id": ticket.optional_reference("maintenance_team_id"),
        "maintenance_type": ticket.text("maintenance_type"),
        "priority": ticket.text("priority") or "0",
        "request_date": ticket.text("request_date"),
        "description": words_of(ticket.text("description")),
    }


def _differing(order: RecordWrite, ticket: Record) -> dict[str, Any]:
    held = _held(ticket)
    return {field: value for field, value in _changes(order).items() if held[field] != value}


async def _find(client: OdooClient, order: RecordWrite) -> _Found | None:
    ticket_id = _joins(order)
    if ticket_id is None and order.record and _was_there(order):
        ticket_id = int(order.record.partition(":")[2])
    if ticket_id is None:
        ticket_id = await external_ids.find(client, TICKET, order.key)
    rows = await client.read(TICKET, [ticket_id] if ticket_id else [], FIELDS)
    if not rows:
        return None
    ticket = Record(TICKET, rows[0])
    joins = _joins(order)
    noted = joins is None or joins == _joined_before(order) or await _noted(client, order)
    return _Found(ticket, await _lacking(client, order, ticket.integer("id")), noted)


async def _noted(client: OdooClient, order: RecordWrite) -> bool:
    return await external_ids.find(client, NOTE, f"{order.key}-note") is not None


async def _lacking(client: OdooClient, order: RecordWrite, ticket_id: int) -> tuple[File, ...]:
    """Files that Odoo does not hold byte by byte. One that was verified and is gone was deleted by people."""
    seen = {str(a["sha256"]) for a in (order.before or {}).get("attachments") or ()}
    files = [f for f in order.files if hashlib.sha256(f.data).hexdigest() not in seen]
    if not files:
        return ()
    domain = [["res_model", "=", TICKET], ["res_id", "=", ticket_id]]
    rows = await client.search_read(ATTACHMENT, domain, ["name", "checksum"])
    there = {(r.text("name"), r.text("checksum")) for r in (Record(ATTACHMENT, row) for row in rows)}
    return tuple(f for f in files if (f.name, _checksum(f)) not in there)


def _checksum(file: File) -> str:
    """As ir.attachment keeps it: SHA-1, and nothing for an empty file. A comparison, not a signature."""
    return hashlib.sha1(file.data, usedforsecurity=False).hexdigest() if file.data else ""


async def _edited(client: OdooClient, order: RecordWrite, found: _Found) -> str:
    before = _values(order.key, order.before) if order.before is not None and _was_there(order) else None
    held = _held(found.ticket)
    fields = edited_fields(held, _changes(order), before, by_us=await written_by_us(client, found.ticket))
    titles = {
        "name": "title",
        "equipment_id": "equipment",
        "maintenance_team_id": "team",
        "maintenance_type": "kind",
        "request_date": "date",
    }
    said = [
        f"its {titles.get(f, f)} is {found.ticket.title(f) if f.endswith('_id') and held[f] else held[f]!r}"
        for f in fields
    ]
    return "Somebody changed the ticket in Odoo: " + "; ".join(said) if said else ""


# ---------------------------------------------------------------- what Odoo would take, or say less clearly


async def _refusal(
    client: OdooClient, order: RecordWrite, found: _Found, differing: Mapping[str, Any]
) -> Refusal | None:
    if found.closed:
        return f"It is closed in Odoo by now: {found.words}.", OWN_TICKET
    if _joins(order) is not None:
        equipment = found.ticket.optional_reference("equipment_id")
        if equipment != _values(order.key, order.payload)["equipment_id"]:
            return f"It is about other equipment by now: {found.words}.", OWN_TICKET
    if "equipment_id" in differing:
        return await _equipment_refusal(client, differing["equipment_id"])
    return None


async def _equipment_refusal(client: OdooClient, equipment_id: int) -> Refusal | None:
    rows = await client.read(EQUIPMENT, [equipment_id], ["display_name", "active"])
    remedy = "Correct the machine's equipment in the plant file, or restore it in Odoo, and request it again."
    if not rows:
        return "The equipment was deleted in Odoo.", remedy
    equipment = Record(EQUIPMENT, rows[0])
    if equipment.flag("active"):
        return None
    return f"The equipment {equipment.text('display_name')!r} is archived in Odoo.", remedy


# ---------------------------------------------------------------- writing, part by part


async def _make(client: OdooClient, order: RecordWrite) -> int:
    vals = _as_odoo(order, _values(order.key, order.payload))
    if "maintenance_team_id" not in vals:
        # left to itself, Odoo takes the first team there is, not the equipment's
        rows = await client.read(EQUIPMENT, [vals["equipment_id"]], ["maintenance_team_id"])
        team = Record(EQUIPMENT, rows[0]).optional_reference("maintenance_team_id") if rows else None
        vals["maintenance_team_id"] = team
    columns = {f"{f}/.id" if f.endswith("_id") else f: value for f, value in vals.items()}
    name = external_ids.external_id(client, order.key)
    return await client.load_new(TICKET, name, {k: v for k, v in columns.items() if v})


def _as_odoo(order: RecordWrite, vals: Mapping[str, Any]) -> dict[str, Any]:
    if "description" not in vals:
        return dict(vals)
    return {**vals, "description": html_of(order.payload["description"])}


async def _complete(
    client: OdooClient, order: RecordWrite, ticket_id: int, found: _Found | None, *, begun: bool
) -> None:
    """Attachments, then the note. ``begun``: an earlier step took effect already."""
    for file in found.lacking if found is not None else order.files:
        values = {
            "name": file.name,
            "res_model": TICKET,
            "res_id": ticket_id,
            "mimetype": file.mime,
            "datas": base64.b64encode(file.data).decode("ascii"),
        }
        name = external_ids.external_id(client, file.key)
        step = client.load_new(ATTACHMENT, name, values, context=AS_IT_IS)
        await (_after_a_first_step(step) if begun else step)
        begun = True
    if found is not None and not found.noted:
        body = f"<p><b>{html.escape(order.payload['title'])}</b></p>"
        values = {
            "model": TICKET,
            "res_id": ticket_id,
            "message_type": "comment",
            "subtype_id/id": "mail.mt_note",
            "body": body + html_of(order.payload["description"]),
        }
        step = client.load_new(NOTE, external_ids.external_id(client, f"{order.key}-note"), values)
        await (_after_a_first_step(step) if begun else step)


async def _after_a_first_step(step: Awaitable[object]) -> None:
    """Await a step after one that took effect: "not sent" does then not mean "nothing changed"."""
    try:
        await step
    except OdooTransient as cut:
        raise OdooOutcomeUnknown(f"Booked in part: {cut.what}", ASK_FIRST, status=cut.status) from None
    except OdooRejected as refused:
        raise OdooRejected(f"Booked in part: {refused.what}", refused.remedy, status=refused.status) from None


# ---------------------------------------------------------------- words and HTML


def html_of(text: str) -> str:
    """Plain text as Odoo keeps it: one paragraph, its lines kept."""
    lines = [html.escape(line, quote=False) for line in text.strip().splitlines()]
    return f"<p>{'<br>'.join(lines)}</p>" if lines else ""


def words_of(text: str) -> str:
    """The words of HTML, in one line: what a person reads, whatever the editor made of the tags."""
    reader = _Words()
    reader.feed(text)
    reader.close()
    return " ".join("".join(reader.found).split())


class _Words(HTMLParser):
    """Collects text; a tag that breaks the line counts as a space."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, _: list[tuple[str, str | None]]) -> None:
        if tag in {"br", "p", "div", "li", "tr", "td"}:
            self.found.append(" ")

    def handle_data(self, data: str) -> None:
        self.found.append(data)
