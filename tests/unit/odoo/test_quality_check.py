"""Inspections and tests with Odoo's own Quality app.

Against made-up answers only: the app is Odoo Enterprise's, and no server for tests has it. The shapes are
those of Odoo's public documentation; that a real server answers so is not shown here.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import httpx
import pytest

from console.domain.equipment import OdooConnection
from console.domain.master_data import QualityQuestion, QualityTest
from console.domain.records import PostingKind, RecordSeen, RecordWrite
from console.odoo import preflight
from console.odoo.client import OdooClient
from console.odoo.errors import OdooDenied, OdooOutcomeUnknown, OdooRejected
from console.odoo.recipes import inspection
from console.odoo.stock_data import StockParts, fetch_quality_data

CONNECTION = OdooConnection(
    url="http://127.0.0.1:1", database="plant", api_key="env:UNUSED", site_prefix="site"
)
WEIGHT, LOOK, NOTE_ONLY, BARE = 4, 5, 6, 7
Done = TypeVar("Done")


def point(id_: int, title: str, kind: str, low: float = 0.0, high: float = 0.0) -> dict[str, Any]:
    return {
        "id": id_,
        "title": title,
        "name": f"QCP{id_}",
        "test_type": kind,
        "test_type_id": [id_ + 20, kind],
        "team_id": [2, "Lab"],
        "tolerance_min": low,
        "tolerance_max": high,
        "norm_unit": "kg" if kind == "measure" else False,
    }


def fields(*names: str, **kinds: str) -> dict[str, Any]:
    return {**{name: {"type": "many2one"} for name in names}, **{n: {"type": k} for n, k in kinds.items()}}


@dataclass
class Quality:
    """An Odoo with the Quality app: keeps checks by external id, as the insert-only load does."""

    points: list[dict[str, Any]] = field(
        default_factory=lambda: [
            point(WEIGHT, "Weight", "measure", 9.5, 10.5),
            point(LOOK, "Look", "passfail"),
            point(NOTE_ONLY, "Read this", "instructions"),
            point(BARE, "", "measure"),
        ]
    )
    models: dict[str, dict[str, Any]] = field(
        default_factory=lambda: {
            "quality.check": fields(
                "point_id",
                "product_id",
                "lot_id",
                "team_id",
                "test_type_id",
                quality_state="selection",
                measure="float",
                additional_note="text",
            ),
            "quality.point": {name: {} for name in point(1, "", "")},
        }
    )
    teams: list[dict[str, Any]] = field(default_factory=list)
    refusing: dict[str, str] = field(default_factory=dict)
    digits: int = 2
    by_name: dict[str, int] = field(default_factory=dict)
    checks: dict[int, dict[str, Any]] = field(default_factory=dict)
    loaded: list[dict[str, str]] = field(default_factory=list)
    wrote: list[str] = field(default_factory=list)

    def answer(self, request: httpx.Request) -> httpx.Response:
        call = request.url.path.removeprefix("/json/2/")
        model, _, method = call.partition("/")
        asked = json.loads(request.content)
        if call in self.refusing:
            kind = self.refusing[call]
            if kind == "cut":
                raise httpx.ConnectError("down", request=request)
            return httpx.Response(422, json={"name": kind, "message": "no"})
        if method == "fields_get":
            if model not in self.models:
                missing = {"name": "werkzeug.exceptions.NotFound", "message": "no model"}
                return httpx.Response(404, json=missing)
            if asked["attributes"] == ["digits"]:
                return httpx.Response(200, json={"measure": {"digits": [16, self.digits]}})
            return httpx.Response(200, json=self.models[model])
        if model in {"qc.test", "qc.inspection"}:
            missing = {"name": "werkzeug.exceptions.NotFound", "message": "no model"}
            return httpx.Response(404, json=missing)
        done = self.do(model, method, asked)
        if done is None:
            unknown = {"name": "builtins.ValueError", "message": "no such external id"}
            return httpx.Response(500, json=unknown)
        return httpx.Response(200, json=done)

    def do(self, model: str, method: str, asked: dict[str, Any]) -> Any:
        match model, method:
            case "quality.point", "search_read":
                wanted = next((d[2] for d in asked["domain"] if d[:2] == ["id", "in"]), None)
                found = [p for p in self.points if wanted is None or p["id"] in wanted]
                return [{n: p[n] for n in ("id", *asked["fields"])} for p in found]
            case "quality.point.test_type", "search_read":
                return [{"id": i + 20, "technical_name": k} for i, k in ((4, "measure"), (5, "passfail"))]
            case "quality.alert.team", "search_read":
                return self.teams
            case "stock.lot", "search_read":
                return [{"id": 31, "name": "L-1"}]
            case "product.product", "read":
                return [{"id": 7, "uom_id": [1, "Units"]}]
            case "ir.model.data", "check_object_reference":
                id_ = self.by_name.get(f"{asked['module']}.{asked['xml_id']}")
                return None if id_ is None else ["quality.check", id_]
            case "quality.check", "load":
                return {"ids": [self.load(dict(zip(asked["fields"], asked["data"][0], strict=True)), asked)]}
            case "quality.check", "read":
                return [self.checks[i] for i in asked["ids"] if i in self.checks]
            case "quality.check", "do_pass" | "do_fail":
                return self.judge(asked["ids"], method.removeprefix("do_"), method)
            case "quality.check", "write":
                return self.judge(asked["ids"], asked["vals"]["quality_state"], "write")
            case "quality.check", "unlink":
                self.wrote.append("unlink")
                self.by_name = {n: i for n, i in self.by_name.items() if i not in asked["ids"]}
                self.checks = {i: c for i, c in self.checks.items() if i not in asked["ids"]}
                return True
            case _:  # stock and lots: nothing lies here
                return []

    def load(self, row: dict[str, str], asked: dict[str, Any]) -> int:
        assert asked["context"]["noupdate"] is True
        if row["id"] not in self.by_name:
            self.by_name[row["id"]] = id_ = len(self.by_name) + 90
            self.loaded.append(row)
            self.wrote.append("load")
            point_id = int(row["point_id/.id"]) if "point_id/.id" in row else 0
            self.checks[id_] = {
                "id": id_,
                "name": f"QC{id_}",
                "quality_state": "none",
                "measure": round(float(row.get("measure", 0)), self.digits),
                "product_id": [int(row["product_id/.id"]), "Widget"],
                "point_id": [point_id, "a point"] if point_id else False,
            }
        return self.by_name[row["id"]]

    def judge(self, ids: list[int], state: str, how: str) -> bool:
        self.wrote.append(how)
        for id_ in ids:
            self.checks[id_]["quality_state"] = state
        return True


def answered(question_id: int, value: float | None = None, answer_id: int | None = None) -> dict[str, Any]:
    return {"question_id": question_id, "value": value, "answer_id": answer_id}


def order(*answers: dict[str, Any], before: Mapping[str, Any] | None = None) -> RecordWrite:
    payload = {
        "test_id": WEIGHT,
        "product_id": 7,
        "quantity": 12.5,
        "at": "2026-11-02T06:00:30+01:00",
        "lot": "L-1",
        "order_reference": "WH/MO/00001",
        "answers": list(answers),
        "notes": "5 < 6",
    }
    return RecordWrite(PostingKind.INSPECTION, "check-1", payload, before=before)


GOOD = order(answered(WEIGHT, 10.0))


async def _with(quality: Quality, work: Any) -> Any:
    transport = httpx.MockTransport(quality.answer)
    async with OdooClient(CONNECTION, "key", transport=transport) as odoo:
        return await work(odoo)


def run(work: Coroutine[Any, Any, Done]) -> Done:
    return asyncio.run(work)


def read(quality: Quality, asked: RecordWrite) -> RecordSeen:
    seen: RecordSeen = run(_with(quality, lambda odoo: inspection.read(odoo, asked)))
    return seen


def write(quality: Quality, asked: RecordWrite) -> str:
    record: str = run(_with(quality, lambda odoo: inspection.write(odoo, asked)))
    return record


def fetch(quality: Quality) -> StockParts:
    parts: StockParts = run(_with(quality, lambda odoo: fetch_quality_data(odoo, [])))
    return parts


# ---------------------------------------------------------------- tests


@pytest.mark.parametrize("lacking", ["nothing", "test_type"])
def test_control_points_become_tests_of_one_question(lacking: str) -> None:
    quality = Quality()
    quality.models["quality.point"].pop(lacking, None)
    if lacking == "test_type":  # the kind is then that of its type
        quality.points = quality.points[:2]
    parts = fetch(quality)
    answers = ((1, "Pass", True), (2, "Fail", False))
    assert parts.quality_tests == (
        QualityTest(WEIGHT, "Weight", (QualityQuestion(WEIGHT, "Weight", "quantitative", 9.5, 10.5, "kg"),)),
        QualityTest(LOOK, "Look", (QualityQuestion(LOOK, "Look", "qualitative", 0.0, 0.0, "", answers),)),
    )
    told = [m for m in parts.missing if m.startswith("quality tests")]
    nothing = ["quality tests: the control point 'QCP7' has no tolerance in Odoo"]
    assert told == (nothing if lacking == "nothing" else [])


def test_without_either_module_tests_are_missing() -> None:
    parts = fetch(Quality(models={}))
    assert parts.quality_tests == ()
    assert "quality tests: the module is not installed in Odoo" in parts.missing


def test_control_points_that_the_account_may_not_read_are_missing() -> None:
    denied = {"quality.point/search_read": "odoo.exceptions.AccessError"}
    assert "quality tests: the account may not read them in Odoo" in fetch(Quality(refusing=denied)).missing


# ---------------------------------------------------------------- what is written


def test_one_check_for_each_answer() -> None:
    quality = Quality()
    asked = order(answered(WEIGHT, 10.0), answered(LOOK, answer_id=2))
    assert (read(quality, asked).holds, read(quality, asked).refused) == (False, "")
    assert write(quality, asked) == "quality.check:90"
    weight, look = quality.loaded
    assert weight == {
        "id": "site.check-1-q4",
        "product_id/.id": "7",
        "team_id/.id": "2",
        "point_id/.id": "4",
        "test_type_id/.id": "24",
        "lot_id/.id": "31",
        "measure": "10.0",
        "additional_note": (
            "Checked: 2026-11-02 05:00:30 UTC\nQuantity: 12.5\nLot: L-1\nOrder: WH/MO/00001\n5 < 6"
        ),
    }
    assert (look["id"], look["point_id/.id"], "measure" in look) == ("site.check-1-q5", "5", False)
    seen = read(quality, asked)
    assert (seen.holds, seen.record, seen.state, seen.refused) == (True, "quality.check:90", "fail", "")
    assert seen.detail == {"name": "QC90, QC91", "success": False, "checks": [90, 91], "measures": [10.0]}


def test_repeating_writes_nothing_new() -> None:
    quality = Quality()
    for _ in range(3):
        write(quality, GOOD)
    assert quality.wrote == ["load", "do_pass"]
    assert read(quality, GOOD).holds


@pytest.mark.parametrize(("value", "how"), [(9.5, "do_pass"), (10.5, "do_pass"), (10.51, "do_fail")])
def test_a_number_is_judged_by_the_tolerance(value: float, how: str) -> None:
    quality = Quality()
    write(quality, order(answered(WEIGHT, value)))
    assert quality.wrote == ["load", how]


def test_where_there_are_no_buttons_the_result_is_written() -> None:
    quality = Quality(refusing={"quality.check/do_pass": "werkzeug.exceptions.NotFound"})
    write(quality, GOOD)
    assert (quality.wrote, read(quality, GOOD).state) == (["load", "write"], "pass")


def test_a_denied_button_is_not_gone_round() -> None:
    quality = Quality(refusing={"quality.check/do_pass": "odoo.exceptions.AccessError"})
    with pytest.raises(OdooDenied):
        write(quality, GOOD)
    assert quality.wrote == ["load", "unlink"]


def test_other_fields_of_another_odoo() -> None:
    """Without point_id its title; lots in the plural; notes as HTML."""
    quality = Quality()
    quality.models["quality.check"] = fields(
        "title", "product_id", "lot_ids", "team_id", quality_state="selection", measure="float", note="html"
    )
    write(quality, GOOD)
    (row,) = quality.loaded
    assert (row["title"], row["lot_ids/.id"]) == ("Weight", "31")
    assert row["note"].endswith("Order: WH/MO/00001<br>5 &lt; 6")
    assert not {"point_id/.id", "lot_id/.id", "test_type_id/.id", "additional_note"} & set(row)
    assert read(quality, GOOD).holds


# ---------------------------------------------------------------- read back


def test_odoo_rounds_to_its_decimals() -> None:
    quality, asked = Quality(), order(answered(WEIGHT, 10.004))
    write(quality, asked)
    assert quality.checks[90]["measure"] == 10.0
    assert read(quality, asked).holds


@pytest.mark.parametrize(
    ("answer", "change", "why"),
    [
        (answered(WEIGHT, 10.0), {"measure": 10.1}, "10.1 measured instead of 10"),
        (answered(WEIGHT, 10.0), {"product_id": [8, "Other"]}, "its product or control point"),
        (answered(WEIGHT, 10.0), {"point_id": [5, "Look"]}, "its product or control point"),
        (answered(WEIGHT, 10.0), {"quality_state": "odd"}, "a state that the console does not know"),
        (answered(LOOK, answer_id=1), {"quality_state": "fail"}, "its result is fail"),
    ],
)
def test_what_was_changed_in_odoo_is_told(answer: dict[str, Any], change: dict[str, Any], why: str) -> None:
    quality, asked = Quality(), order(answer)
    write(quality, asked)
    quality.checks[90].update(change)
    seen = read(quality, asked)
    assert not seen.holds
    assert why in seen.refused


def test_a_result_that_somebody_set_stays() -> None:
    quality = Quality(refusing={"quality.check/do_pass": "cut"})
    with pytest.raises(OdooOutcomeUnknown):
        write(quality, GOOD)
    assert (read(quality, GOOD).holds, read(quality, GOOD).state) == (False, "none")
    quality.refusing.clear()
    quality.checks[90]["quality_state"] = "fail"
    write(quality, GOOD)
    assert (quality.wrote, read(quality, GOOD).state) == (["load"], "fail")


def test_what_was_deleted_after_it_was_booked_is_not_made_again() -> None:
    seen = read(Quality(), replace(GOOD, before=GOOD.payload, record="quality.check:90"))
    assert (seen.holds, seen.state) == (False, "deleted")
    assert "deleted in Odoo" in seen.refused


@pytest.mark.parametrize(
    ("refusing", "error", "left"),
    [("do_pass", OdooRejected, []), ("do_fail", OdooOutcomeUnknown, ["pass", "none"])],
)
def test_a_refusal_leaves_nothing_behind_or_says_so(
    refusing: str, error: type[Exception], left: list[str]
) -> None:
    quality = Quality(refusing={f"quality.check/{refusing}": "odoo.exceptions.UserError"})
    with pytest.raises(error):
        write(quality, order(answered(WEIGHT, 10.0), answered(LOOK, answer_id=2)))
    assert [c["quality_state"] for c in quality.checks.values()] == left


# ---------------------------------------------------------------- refused


def refused(quality: Quality, asked: RecordWrite) -> str:
    """Refused in the same words by both, and nothing was written."""
    told = read(quality, asked).refused
    with pytest.raises(OdooRejected) as error:
        write(quality, asked)
    assert error.value.what == told
    assert quality.wrote == []
    return told


@pytest.mark.parametrize(
    ("teams", "why"),
    [([], "there is none in Odoo"), ([{"id": 2, "name": "A"}, {"id": 3, "name": "B"}], "there are several")],
)
def test_without_a_team_it_is_refused(teams: list[dict[str, Any]], why: str) -> None:
    quality = Quality(points=[{**point(WEIGHT, "Weight", "measure", 9.5, 10.5), "team_id": False}])
    quality.teams = teams
    assert f"'Weight' has no quality team, and {why}" in refused(quality, GOOD)


def test_the_only_team_is_taken() -> None:
    quality = Quality(points=[{**point(WEIGHT, "Weight", "measure", 9.5, 10.5), "team_id": False}])
    quality.teams = [{"id": 3, "name": "Only"}]
    write(quality, GOOD)
    assert quality.loaded[0]["team_id/.id"] == "3"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (order(answered(99, 1.0)), "The control point 99 is gone"),
        (order(answered(LOOK, 1.0)), "takes another kind of answer"),
        (order(answered(NOTE_ONLY, answer_id=1)), "takes another kind of answer"),
        (order(answered(LOOK, answer_id=3)), "has no such answer (3)"),
        (order({**answered(WEIGHT, 1.0), "unit_id": 1}), "names a unit"),
    ],
)
def test_what_does_not_fit_the_control_point_is_refused(asked: RecordWrite, why: str) -> None:
    assert why in refused(Quality(), asked)


@pytest.mark.parametrize("name", ["product_id", "team_id", "quality_state", "measure"])
def test_a_lacking_field_is_refused(name: str) -> None:
    quality = Quality()
    del quality.models["quality.check"][name]
    assert f"have no field {name}" in refused(quality, GOOD)


def test_without_either_module_it_is_refused() -> None:
    assert "no quality module" in refused(Quality(models={}), GOOD)


def test_the_check_before_connecting_says_untested() -> None:
    result = run(_with(Quality(), preflight._quality))
    assert (result.status, "UNTESTED" in result.message) == (preflight.CheckStatus.WARN, True)
