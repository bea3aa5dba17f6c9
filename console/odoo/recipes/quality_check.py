"""Inspections with Odoo's own Quality app (Enterprise): one quality.check for each answered question.

UNTESTED: no server with this app was to be had. Made from Odoo's public documentation (Quality: control
points, pass-fail and measure checks) and tried only against answers as that documentation lets expect. Every
field is used only where ``fields_get`` shows it; what is needed and is not there is refused in words.

Reached from ``inspection`` where OCA's qc.inspection is absent; payload as there. A test is a control point
(quality.point) and has one question, whose id is the point's (see stock_data). Each check is made by an
insert-only ``load`` under ``<site_prefix>.<key>-q<question id>``, then passed or failed with the methods of
Odoo's buttons, ``do_pass`` and ``do_fail``, while it is "none", and never once it has a result: somebody may
have set it. Buttons are public; where this Odoo does not offer them, ``quality_state`` is written.

A number is judged by the point's tolerance at booking. The team is the point's own, or the only one there is.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from console.domain.records import RecordSeen, RecordWrite
from console.domain.validate import number
from console.odoo import external_ids
from console.odoo.answers import ASK_FIRST
from console.odoo.client import OdooClient
from console.odoo.errors import (
    OdooConfiguration,
    OdooDenied,
    OdooMissing,
    OdooOutcomeUnknown,
    OdooRejected,
    OdooTransient,
)
from console.odoo.mapping import Record, to_odoo
from console.odoo.stock_data import (
    ANSWER_PASS,
    CHECK,
    KINDS,
    MEASURE,
    POINT,
    control_points,
    title_of_point,
)

TEAM = "quality.alert.team"
LOT = "stock.lot"
NEEDED = ("product_id", "team_id", "quality_state")
NOTES = ("additional_note", "note")
NONE, PASS, FAIL = "none", "pass", "fail"
BUTTONS = {PASS: "do_pass", FAIL: "do_fail"}
# of a measured value where Odoo does not say its decimals
VALUE_TOLERANCE = 0.000005
ANEW = "Refresh master data and record it again; reject this with a reason."
BY_HAND = "Enter the check in Odoo by hand and reject this with a reason."
SET_TEAM = "Enter a team in the control point in Odoo and try again, or reject this with a reason."
NOT_AGAIN = "The console does not make it again. Enter it in Odoo if it is missing there."
ACCEPT = "Correct it in Odoo, or reject this with a reason."

Refusal = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Answer:
    """As decided: a number (in ``unit_id``, None for the question's own) or the id of an answer."""

    question_id: int
    value: float | None
    answer_id: int | None
    unit_id: int | None


@dataclass(frozen=True, slots=True)
class Inspection:
    """The payload of an inspection, read.

    Attributes:
        quantity: in the product's unit.
        notes: with lot and order, for people.
        lot: its name, "" for none.
    """

    test_id: int
    product_id: int
    quantity: float
    at: datetime
    notes: str
    answers: tuple[Answer, ...]
    lot: str


@dataclass(frozen=True, slots=True)
class _Check:
    """A check to make: its answer, its values as ``load`` names them, and its result."""

    answer: Answer
    values: Mapping[str, Any]
    result: str


async def read(client: OdooClient, order: RecordWrite, asked: Inspection) -> RecordSeen:
    """What Odoo holds of the checks now. ``detail``: ``name``, ``success``, ``checks`` and ``measures``."""
    now = datetime.now(UTC)
    found = {a.question_id: await _find(client, order.key, a.question_id) for a in asked.answers}
    there = [row for row in found.values() if row is not None]
    if len(there) < len(found):
        state, record = ("in part", _record(there)) if there else ("not there", "")
        if order.before is not None:
            why = f"A check of {order.record} was deleted in Odoo after it had been booked."
            return RecordSeen(False, record, "deleted", now, refused=why, remedy=NOT_AGAIN)
        plan = await _plan(client, asked)
        why, remedy = plan if isinstance(plan, tuple) else ("", "")
        return RecordSeen(False, record, state, now, refused=why, remedy=remedy)
    states = [row.text("quality_state") for row in there]
    tolerance = await _value_tolerance(client)
    differing = (_changed(r, asked, a, tolerance) for r, a in zip(there, asked.answers, strict=True))
    why = next((told for told in differing if told), "")
    measures = [r.number("measure") for r, a in zip(there, asked.answers, strict=True) if a.value is not None]
    return RecordSeen(
        holds=not why and all(state in BUTTONS for state in states),
        record=_record(there),
        state=_overall(states),
        read_at=now,
        refused=why,
        remedy=ACCEPT if why else "",
        detail={
            "name": ", ".join(row.text("name") for row in there),
            "success": all(state == PASS for state in states),
            "checks": [row.integer("id") for row in there],
            "measures": measures,
        },
    )


async def write(client: OdooClient, order: RecordWrite, asked: Inspection) -> str:
    """Make the checks and give each its result.

    Raises:
        OdooRejected: something is missing or was changed in Odoo, or Odoo refuses; nothing was changed.
        OdooOutcomeUnknown: Odoo may hold some of the checks, with or without their result.
        OdooError: see console.odoo.errors.
    """
    plan = await _plan(client, asked)
    if isinstance(plan, tuple):
        raise OdooRejected(*plan)
    made: list[int] = []
    try:
        for check in plan:
            external_id = external_ids.external_id(client, _key(order.key, check.answer.question_id))
            made.append(await client.load_new(CHECK, external_id, check.values))
        for id_, check in zip(made, plan, strict=True):
            await _judge(client, order.key, id_, asked, check)
    except OdooTransient as cut:
        if not made:
            raise
        # "not sent" does not mean "nothing changed" any more
        raise OdooOutcomeUnknown(f"Booked in part: {cut.what}", ASK_FIRST, status=cut.status) from None
    except OdooRejected as error:
        if not await _taken_back(client, made):
            raise OdooOutcomeUnknown(f"Booked in part: {error.what}", ASK_FIRST) from None
        raise error from None
    return f"{CHECK}:{made[0]}"


# ---------------------------------------------------------------- what to make


async def _plan(client: OdooClient, asked: Inspection) -> list[_Check] | Refusal:
    """The checks by Odoo's control points as they are now, or why they cannot be made."""
    try:
        fields = await client.fields_of(CHECK)
        points = await control_points(client, [a.question_id for a in asked.answers])
    except OdooConfiguration as error:
        return f"Odoo's Quality app has no control points that can be read: {error.what}", BY_HAND
    except OdooDenied as error:
        return error.what, error.remedy
    numbers = any(a.value is not None for a in asked.answers)
    wanted = [*NEEDED, *(("measure",) if numbers else ())]
    if lacking := [name for name in wanted if name not in fields]:
        return f"The checks of this Odoo have no field {lacking[0]} ({CHECK}).", BY_HAND
    if "point_id" not in fields and "title" not in fields:
        return f"The checks of this Odoo name neither a control point nor a title ({CHECK}).", BY_HAND
    if not await client.read("product.product", [asked.product_id], ["uom_id"]):
        return f"Product {asked.product_id} is gone from Odoo.", ANEW
    lot_id = await _lot(client, asked)
    checks: list[_Check] = []
    for answer in asked.answers:
        point = points.get(answer.question_id)
        if point is None:
            return f"The control point {answer.question_id} is gone from Odoo, or archived.", ANEW
        if refused := _misfit(point, answer):
            return refused, ANEW
        team = await _team(client, point)
        if isinstance(team, tuple):
            return team
        values = _values(fields, point, asked, answer, team, lot_id)
        checks.append(_Check(answer, values, _result(point, answer)))
    return checks


def _misfit(point: Mapping[str, Any], answer: Answer) -> str:
    """Why the answer is none to the control point; empty where it is one."""
    title = title_of_point(point)
    kind = point["kind"]
    if kind not in KINDS or (kind == MEASURE) != (answer.value is not None):
        return f"The control point {title!r} takes another kind of answer in Odoo by now."
    if answer.answer_id is not None and answer.answer_id not in KINDS[kind]:
        return f"The control point {title!r} has no such answer ({answer.answer_id})."
    if answer.unit_id is not None:
        return f"The answer to {title!r} names a unit; control points have theirs as mere text."
    if kind == MEASURE and ("tolerance_min" not in point or "tolerance_max" not in point):
        return f"The control point {title!r} has no tolerance in this Odoo."
    return ""


def _result(point: Mapping[str, Any], answer: Answer) -> str:
    if answer.value is None:
        return PASS if answer.answer_id == ANSWER_PASS else FAIL
    seen = Record(POINT, point)
    within = seen.number("tolerance_min") <= answer.value <= seen.number("tolerance_max")
    return PASS if within else FAIL


async def _team(client: OdooClient, point: Mapping[str, Any]) -> int | Refusal:
    """The point's team, or the only team there is: a check must have one."""
    if "team_id" in point:
        own = Record(POINT, point).optional_reference("team_id")
        if own is not None:
            return own
    title = title_of_point(point)
    try:
        teams = await client.search_read(TEAM, [], ["name"], limit=2)
    except (OdooConfiguration, OdooDenied) as error:
        return f"The control point {title!r} has no team, and no team can be read: {error.what}", SET_TEAM
    if len(teams) != 1:
        why = "there is none in Odoo" if not teams else "there are several in Odoo"
        return f"The control point {title!r} has no quality team, and {why}.", SET_TEAM
    return Record(TEAM, teams[0]).integer("id")


async def _lot(client: OdooClient, asked: Inspection) -> int | None:
    """The product's lot of that name; None where there is none, or more than one: it stands in the notes."""
    if not asked.lot:
        return None
    domain = [["name", "=", asked.lot], ["product_id", "=", asked.product_id]]
    found = await client.search_read(LOT, domain, ["name"], limit=2)
    return Record(LOT, found[0]).integer("id") if len(found) == 1 else None


def _values(
    fields: Mapping[str, Mapping[str, Any]],
    point: Mapping[str, Any],
    asked: Inspection,
    answer: Answer,
    team_id: int,
    lot_id: int | None,
) -> dict[str, Any]:
    """The columns of ``load``, those that this Odoo has."""
    values: dict[str, Any] = {"product_id/.id": asked.product_id, "team_id/.id": team_id}
    if "point_id" in fields:
        values["point_id/.id"] = point["id"]
    else:
        values["title"] = title_of_point(point)
    if "test_type_id" in fields and point.get("test_type_id"):
        values["test_type_id/.id"] = Record(POINT, point).reference("test_type_id")
    if lot_id is not None:
        column = next((name for name in ("lot_id", "lot_ids") if name in fields), None)
        if column is not None:
            values[f"{column}/.id"] = lot_id
    if answer.value is not None:
        values["measure"] = answer.value
    note = next((name for name in NOTES if name in fields), None)
    if note is not None:
        told = f"Checked: {to_odoo(asked.at)} UTC\nQuantity: {number(asked.quantity)}\n{asked.notes}".strip()
        is_html = fields[note].get("type") == "html"
        values[note] = html.escape(told).replace("\n", "<br>") if is_html else told
    return values


# ---------------------------------------------------------------- what is there


def _key(key: str, question_id: int) -> str:
    return f"{key}-q{question_id}"


async def _find(client: OdooClient, key: str, question_id: int) -> Record | None:
    found = await external_ids.find(client, CHECK, _key(key, question_id))
    if found is None:
        return None
    known = await client.fields_of(CHECK)
    wanted = ("name", "quality_state", "measure", "product_id", "point_id")
    rows = await client.read(CHECK, [found], [name for name in wanted if name in known])
    # what this Odoo has not is empty, as Odoo says empty
    return Record(CHECK, {**dict.fromkeys(wanted, False), **rows[0]}) if rows else None


async def _value_tolerance(client: OdooClient) -> float:
    """Half of the smallest step of a measured value in this Odoo: Odoo rounds when it stores."""
    told = await client.call(CHECK, "fields_get", writes=False, allfields=["measure"], attributes=["digits"])
    digits = told.get("measure", {}).get("digits") if isinstance(told, dict) else None
    if isinstance(digits, list) and len(digits) == 2 and isinstance(digits[1], int):
        return 0.5 * 10.0 ** -digits[1] + 1e-9
    return VALUE_TOLERANCE


def _changed(row: Record, asked: Inspection, answer: Answer, tolerance: float) -> str:
    """What somebody made of the check in Odoo; empty where it is as it was asked for."""
    name, state = row.text("name"), row.text("quality_state")
    if state != NONE and state not in BUTTONS:
        return f"The check {name} is in a state that the console does not know ({state})."
    point_id = row.optional_reference("point_id")
    if row.optional_reference("product_id") != asked.product_id or point_id not in (answer.question_id, None):
        return f"The check {name} was changed in Odoo: its product or control point."
    if answer.value is not None:
        held = row.number("measure")
        if abs(held - answer.value) > tolerance:
            return (
                f"The check {name} was changed in Odoo: {number(held)} measured instead of "
                f"{number(answer.value)}."
            )
    elif state != NONE and (state == PASS) != (answer.answer_id == ANSWER_PASS):
        return f"The check {name} was changed in Odoo: its result is {state}."
    return ""


def _record(there: Sequence[Record]) -> str:
    return f"{CHECK}:{there[0].integer('id')}"


def _overall(states: Iterable[str]) -> str:
    """One word for all: failed where one did, to do where one is left."""
    told = set(states)
    return next((s for s in (FAIL, NONE, PASS) if s in told), ", ".join(sorted(told)))


# ---------------------------------------------------------------- writing


async def _judge(client: OdooClient, key: str, id_: int, asked: Inspection, check: _Check) -> None:
    """Pass or fail it, unless it has a result or was changed by now: reading back will say so."""
    row = await _find(client, key, check.answer.question_id)
    if row is None or row.text("quality_state") != NONE:
        return
    if _changed(row, asked, check.answer, await _value_tolerance(client)):
        return
    try:
        await client.call(CHECK, BUTTONS[check.result], writes=True, ids=[id_])
    except OdooMissing:
        return
    except OdooConfiguration:  # this Odoo has no such button
        await client.write(CHECK, [id_], {"quality_state": check.result})


async def _taken_back(client: OdooClient, made: Sequence[int]) -> bool:
    """Delete the checks, so that a refusal leaves nothing behind (as far as Odoo lets us).

    Returns:
        False where one of them has its result already: then none is deleted.
    """
    try:
        rows = await client.read(CHECK, made, ["quality_state"])
        if any(Record(CHECK, row).text("quality_state") != NONE for row in rows):
            return False
        if rows:
            await client.call(CHECK, "unlink", writes=True, ids=list(made))
    except OdooTransient:
        return False
    except OdooRejected:
        return True
    return True
