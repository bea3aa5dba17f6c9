"""Inspections, with OCA's quality_control_oca: one qc.inspection for each, with its answers.

Payload: ``test_id, product_id, quantity, at, lot, order_reference, notes`` and ``answers``, each
``question_id, value or null, answer_id or null`` and, where a number is not in the question's own unit,
``unit_id``. A number answers a quantitative question, an answer's id a qualitative one.

The inspection is made by an insert-only ``load`` under ``<site_prefix>.<key>`` with its lines, and confirmed
where it never was: confirming a failed one again would take a supervisor's approval back. One that does not
pass is ``waiting`` in Odoo until a supervisor there approves it (``failed``); the console never approves for
them. Both are booked for us; ``detail["success"]`` is Odoo's own judgement.

Odoo does not convert: its lines are written in the question's unit. Where OCA's module is absent and Odoo's
own Quality app (Enterprise) is there, ``quality_check`` books instead (UNTESTED).
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from console.domain.master_data import Unit
from console.domain.records import RecordSeen, RecordWrite
from console.domain.units import convert, convertible
from console.domain.validate import number
from console.odoo import external_ids, mapping
from console.odoo.answers import ASK_FIRST
from console.odoo.client import OdooClient
from console.odoo.errors import (
    OdooConfiguration,
    OdooMissing,
    OdooOutcomeUnknown,
    OdooRejected,
    OdooTransient,
)
from console.odoo.mapping import Record, to_odoo
from console.odoo.recipes import quality_check
from console.odoo.recipes.payloads import Payload
from console.odoo.recipes.quality_check import Answer, Inspection
from console.odoo.stock_data import has_enterprise_quality

MODEL = "qc.inspection"
LINE_MODEL = "qc.inspection.line"
FIELDS = ("name", "state", "success", "test", "object_id", "qty", "inspection_lines")
LINE_FIELDS = ("test_line", "quantitative_value", "qualitative_value", "uom_id", "success")
QUESTION_FIELDS = ("name", "type", "min_value", "max_value", "uom_id", "ql_values", "notes")
# states before confirming, and after it
OPEN = frozenset({"plan", "draft", "ready"})
CONFIRMED = frozenset({"waiting", "success", "failed"})
# half of the smallest step of a value in Odoo ("Quality Control", five decimals) and of a quantity
VALUE_TOLERANCE = 0.000005
QUANTITY_TOLERANCE = 0.005
QUALITATIVE = "qualitative"
ARCHIVED_TOO = ["active", "in", [True, False]]
ANEW = "Refresh master data and record it again; reject this with a reason."
NOT_AGAIN = "The console does not make it again. Enter it in Odoo if it is missing there."
DELETE_AND_RETRY = "Delete the inspection in Odoo and try again, or reject this with a reason."
ACCEPT = "Correct it in Odoo, or reject this with a reason."
NO_MODULE = (
    "Odoo has no quality module: inspections cannot be booked there.",
    "Install OCA's quality_control_oca in Odoo and try again, or reject this with a reason.",
)

Refusal = tuple[str, str]


@dataclass(frozen=True, slots=True)
class _Line:
    """What a line must hold.

    Attributes:
        unit_id: the question's, or (Odoo confirms no number without one) the product's where it has none.
    """

    question: Record
    unit_id: int
    value: float
    answer_id: int | None


async def read(client: OdooClient, order: RecordWrite) -> RecordSeen:
    """What Odoo holds of the inspection now. ``detail``: ``name`` (its number in Odoo), ``success``."""
    asked = _asked(order)
    now = datetime.now(UTC)
    if not await _has_oca(client):
        if await has_enterprise_quality(client):
            return await quality_check.read(client, order, asked)
        return RecordSeen(False, "", "not there", now, refused=NO_MODULE[0], remedy=NO_MODULE[1])
    found = await _find(client, order.key)
    if found is None:
        if order.before is not None:
            why = f"The inspection {order.record} was deleted in Odoo after it had been booked."
            return RecordSeen(False, "", "deleted", now, refused=why, remedy=NOT_AGAIN)
        lines = await _lines(client, asked)
        why, remedy = lines if isinstance(lines, tuple) else ("", "")
        return RecordSeen(False, "", "not there", now, refused=why, remedy=remedy)
    why, remedy = await _changed(client, asked, found)
    state = found.text("state")
    return RecordSeen(
        holds=state in CONFIRMED and not why,
        record=f"{MODEL}:{found.integer('id')}",
        state=state,
        read_at=now,
        refused=why,
        remedy=remedy,
        detail={"name": found.text("name"), "success": found.flag("success")},
    )


async def write(client: OdooClient, order: RecordWrite) -> str:
    """Make the inspection and confirm it.

    Raises:
        OdooRejected: the test was changed in Odoo, or Odoo refuses; nothing was changed.
        OdooOutcomeUnknown: Odoo may hold it, confirmed or not.
        OdooError: see console.odoo.errors.
    """
    asked = _asked(order)
    if not await _has_oca(client):
        if await has_enterprise_quality(client):
            return await quality_check.write(client, order, asked)
        raise OdooRejected(*NO_MODULE)
    lines = await _lines(client, asked)
    if isinstance(lines, tuple):
        raise OdooRejected(*lines)
    values = {
        "object_id": f"product.product,{asked.product_id}",
        "test/.id": asked.test_id,
        "qty": asked.quantity,
        "date": to_odoo(asked.at),
        "internal_notes": asked.notes,
    }
    external_id = external_ids.external_id(client, order.key)
    made = await client.load_new(MODEL, external_id, values, [_columns(line) for line in lines])
    try:
        await _confirm(client, asked, order.key, made)
    except OdooTransient as cut:
        # it stands there, not confirmed: "not sent" does not mean "nothing changed" any more
        raise OdooOutcomeUnknown(f"Booked in part: {cut.what}", ASK_FIRST, status=cut.status) from None
    return f"{MODEL}:{made}"


# ---------------------------------------------------------------- the payload


def _asked(order: RecordWrite) -> Inspection:
    payload = Payload(order.key, order.payload)
    told = order.payload.get("answers")
    if not isinstance(told, Sequence) or isinstance(told, str) or not told:
        payload.bad("answers")
    answers = tuple(_answer(order.key, values) for values in told)
    if len({a.question_id for a in answers}) != len(answers):
        payload.bad("answers")
    lot = payload.text("lot")
    about = (("Lot", lot), ("Order", payload.text("order_reference")))
    notes = [*(f"{title}: {text}" for title, text in about if text), payload.text("notes")]
    return Inspection(
        test_id=payload.integer("test_id"),
        product_id=payload.integer("product_id"),
        quantity=_number(payload, order.payload, "quantity"),
        at=payload.moment("at"),
        notes="\n".join(n for n in notes if n),
        answers=answers,
        lot=lot,
    )


def _answer(key: str, values: Mapping[str, Any]) -> Answer:
    payload = Payload(key, values)
    answer_id = payload.optional_integer("answer_id")
    value = None if values.get("value") is None else _number(payload, values, "value")
    if (answer_id is None) == (value is None):
        payload.bad("value")
    return Answer(payload.integer("question_id"), value, answer_id, payload.optional_integer("unit_id"))


def _number(payload: Payload, values: Mapping[str, Any], name: str) -> float:
    value = values.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        payload.bad(name)
    return float(value)


# ---------------------------------------------------------------- reading


async def _has_oca(client: OdooClient) -> bool:
    try:
        await client.fields_of(MODEL)
    except OdooConfiguration:
        return False
    return True


async def _find(client: OdooClient, key: str) -> Record | None:
    found = await external_ids.find(client, MODEL, key)
    rows = await client.read(MODEL, [found], FIELDS) if found is not None else []
    return Record(MODEL, rows[0]) if rows else None


async def _lines(client: OdooClient, asked: Inspection) -> list[_Line] | Refusal:
    """What the lines must hold by Odoo's test as it is now, or why they cannot."""
    tests = await client.search_read(
        "qc.test", [["id", "=", asked.test_id], ARCHIVED_TOO], ["name", "test_lines"]
    )
    if not tests:
        return f"The test {asked.test_id} is gone from Odoo.", ANEW
    test = Record("qc.test", tests[0])
    products = await client.read("product.product", [asked.product_id], ["uom_id"])
    if not products:
        return f"Product {asked.product_id} is gone from Odoo.", ANEW
    product_unit = Record("product.product", products[0]).reference("uom_id")
    rows = await client.read("qc.test.question", test.references("test_lines"), QUESTION_FIELDS)
    questions = {row["id"]: Record("qc.test.question", row) for row in rows}
    answers = {a.question_id: a for a in asked.answers}
    if gone := [i for i in answers if i not in questions]:
        return f"The test {test.text('name')} has not (or no longer) the question {gone[0]} in Odoo.", ANEW
    if fresh := [q for i, q in questions.items() if i not in answers]:
        why = f"The test {test.text('name')} asks {fresh[0].text('name')!r} in Odoo, which was not answered."
        return why, ANEW
    units: Mapping[int, Unit] = {}
    if any(a.unit_id is not None for a in asked.answers):
        found = await client.search_read("uom.uom", [ARCHIVED_TOO], mapping.UNIT_FIELDS)
        units = {u.id: u for u in mapping.units(found)}
    lines: list[_Line] = []
    for id_, question in questions.items():
        line = _line(question, answers[id_], units, product_unit)
        if isinstance(line, tuple):
            return line
        lines.append(line)
    return lines


def _line(question: Record, answer: Answer, units: Mapping[int, Unit], product_unit: int) -> _Line | Refusal:
    name = question.text("name")
    own = question.optional_reference("uom_id")
    unit_id = product_unit if own is None else own
    if (question.text("type") == QUALITATIVE) != (answer.answer_id is not None):
        return f"The question {name!r} takes another kind of answer in Odoo by now.", ANEW
    if answer.answer_id is not None:
        if answer.answer_id not in question.references("ql_values"):
            return f"The question {name!r} has no such answer ({answer.answer_id}) in Odoo (any more).", ANEW
        return _Line(question, unit_id, 0.0, answer.answer_id)
    value = answer.value if answer.value is not None else math.nan
    if answer.unit_id is not None and answer.unit_id != own:
        given, target = units.get(answer.unit_id), units.get(own or 0)
        if given is None or target is None or not convertible(given, target):
            return f"The answer to {name!r} is in a unit that cannot be told in the question's.", ANEW
        value = convert(value, given, target)
    return _Line(question, unit_id, value, None)


async def _changed(client: OdooClient, asked: Inspection, found: Record) -> Refusal:
    """What somebody made of the inspection in Odoo, and what to do; empty where it is as it was asked for."""
    name, state = found.text("name"), found.text("state")
    remedy = DELETE_AND_RETRY if state in OPEN else ACCEPT
    if state == "canceled":
        return f"The inspection {name} was cancelled in Odoo.", ACCEPT
    if state not in OPEN | CONFIRMED:
        return f"The inspection {name} is in a state that the console does not know ({state}).", ACCEPT
    if (
        found.optional_reference("test") != asked.test_id
        or found.text("object_id") != f"product.product,{asked.product_id}"
        or abs(found.number("qty") - asked.quantity) > QUANTITY_TOLERANCE
    ):
        return f"The inspection {name} was changed in Odoo: its test, product or quantity.", remedy
    wanted = {a.question_id: a for a in asked.answers}
    rows = await client.read(LINE_MODEL, found.references("inspection_lines"), LINE_FIELDS)
    lines = {Record(LINE_MODEL, r).optional_reference("test_line"): Record(LINE_MODEL, r) for r in rows}
    if set(lines) != set(wanted) or len(lines) != len(rows):
        return f"The inspection {name} was changed in Odoo: its questions.", remedy
    units = mapping.units(await client.search_read("uom.uom", [ARCHIVED_TOO], mapping.UNIT_FIELDS))
    for id_, answer in wanted.items():
        told = _differs(lines[id_], answer, {u.id: u for u in units})
        if told:
            return f"The inspection {name} was changed in Odoo: {told}.", remedy
    return "", ""


def _differs(line: Record, answer: Answer, units: Mapping[int, Unit]) -> str:
    """The first difference of a line in words."""
    title = line.title("test_line")
    if answer.answer_id is not None:
        same = line.optional_reference("qualitative_value") == answer.answer_id
        return "" if same else f"another answer to {title!r}"
    value, held = answer.value or 0.0, line.number("quantitative_value")
    given, kept = units.get(answer.unit_id or 0), units.get(line.optional_reference("uom_id") or 0)
    if given is not None and kept is not None and convertible(given, kept):
        value = convert(value, given, kept)
    if abs(held - value) <= VALUE_TOLERANCE:
        return ""
    return f"{title!r} is {number(held)} instead of {number(value)}"


# ---------------------------------------------------------------- writing


def _columns(line: _Line) -> dict[str, Any]:
    """A line as Odoo itself would make it from the test; columns of the other kind stay empty."""
    question = line.question
    values: dict[str, Any] = {
        "name": question.text("name"),
        "test_line/.id": question.integer("id"),
        "question_type": question.text("type"),
        "notes": question.text("notes"),
    }
    if line.answer_id is not None:
        values["possible_ql_values/.id"] = ",".join(str(i) for i in question.references("ql_values"))
        values["qualitative_value/.id"] = line.answer_id
    else:
        values["test_uom_id/.id"] = values["uom_id/.id"] = line.unit_id
        values["min_value"] = question.number("min_value")
        values["max_value"] = question.number("max_value")
        values["quantitative_value"] = line.value
    return {f"inspection_lines/{column}": value for column, value in values.items()}


async def _confirm(client: OdooClient, asked: Inspection, key: str, made: int) -> None:
    """Confirm it, unless it is confirmed, cancelled or changed by now: reading back will say so."""
    found = await _find(client, key)
    if found is None or found.text("state") not in OPEN:
        return
    if (await _changed(client, asked, found))[0]:
        return
    try:
        await client.call(MODEL, "action_confirm", writes=True, ids=[made])
    except OdooMissing:
        return
    except OdooRejected as error:
        with contextlib.suppress(OdooRejected):  # Odoo deletes drafts only
            await client.call(MODEL, "unlink", writes=True, ids=[made])
        raise error from None
