"""Inspections without a server: payloads that are no inspection are never sent."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from console.domain.equipment import OdooConnection
from console.domain.records import PostingKind, RecordWrite
from console.odoo.client import OdooClient
from console.odoo.errors import OdooError, OdooMisuse
from console.odoo.recipes import inspection

ANSWER = {"question_id": 1, "value": 1.0, "answer_id": None}
PAYLOAD = {
    "test_id": 1,
    "product_id": 7,
    "quantity": 12.5,
    "at": "2026-11-02T06:00:00+00:00",
    "lot": "L-1",
    "order_reference": "",
    "answers": [ANSWER],
    "notes": "",
}
CONNECTION = OdooConnection(
    url="http://127.0.0.1:1", database="plant", api_key="env:UNUSED", site_prefix="site"
)


def sent(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.url} was asked")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"answers": []}, "answers"),
        ({"answers": None}, "answers"),
        ({"answers": [ANSWER, ANSWER]}, "answers"),
        ({"answers": [{**ANSWER, "answer_id": 1}]}, "value"),
        ({"answers": [{**ANSWER, "value": None}]}, "value"),
        ({"answers": [{**ANSWER, "value": float("inf")}]}, "value"),
        ({"answers": [{**ANSWER, "value": True}]}, "value"),
        ({"answers": [{**ANSWER, "question_id": "1"}]}, "question_id"),
        ({"at": "2026-11-02T06:00:00"}, "at"),
        ({"quantity": True}, "quantity"),
        ({"lot": None}, "lot"),
        ({"test_id": None}, "test_id"),
    ],
)
def test_what_is_no_inspection_is_our_bug(changes: dict[str, Any], field: str) -> None:
    order = RecordWrite(PostingKind.INSPECTION, "check-1", PAYLOAD | changes)

    async def run() -> None:
        async with OdooClient(CONNECTION, "key", transport=httpx.MockTransport(sent)) as odoo:
            with pytest.raises(OdooMisuse, match=f"check-1 has .* in {field}"):
                await inspection.read(odoo, order)
            with pytest.raises(OdooMisuse, match=f"check-1 has .* in {field}"):
                await inspection.write(odoo, order)

    asyncio.run(run())


# ---------------------------------------------------------------- what Odoo answers after it was made

USER_ERROR = {"name": "odoo.exceptions.UserError", "message": "not today"}
FOUND = {
    "id": 9,
    "name": "QC-000009",
    "state": "draft",
    "success": True,
    "test": [1, "Final check"],
    "object_id": "product.product,7",
    "qty": 12.5,
    "inspection_lines": [3],
}
ANSWERS: dict[str, Any] = {
    "qc.inspection/fields_get": {"state": {}},
    "qc.test/search_read": [{"id": 1, "name": "Final check", "test_lines": [1]}],
    "product.product/read": [{"id": 7, "uom_id": [1, "Units"]}],
    "qc.test.question/read": [
        {
            "id": 1,
            "name": "Weight",
            "type": "quantitative",
            "min_value": 0.0,
            "max_value": 2.0,
            "uom_id": False,
            "ql_values": [],
            "notes": False,
        }
    ],
    "qc.inspection/load": {"ids": [9]},
    "ir.model.data/check_object_reference": ["qc.inspection", 9],
    "qc.inspection/read": [FOUND],
    "qc.inspection.line/read": [
        {
            "id": 3,
            "test_line": [1, "Weight"],
            "quantitative_value": 1.0,
            "qualitative_value": False,
            "uom_id": [1, "Units"],
            "success": True,
        }
    ],
    "uom.uom/search_read": [],
    "qc.inspection/unlink": True,
}


def write(answers: dict[str, Any]) -> list[str]:
    """Write the inspection to an Odoo that answers by rote; what was asked of it."""
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        call = request.url.path.removeprefix("/json/2/")
        asked.append(call)
        told = answers[call]
        if told is None:
            raise httpx.ConnectError("down", request=request)
        return httpx.Response(422 if told is USER_ERROR else 200, json=told)

    async def run() -> None:
        order = RecordWrite(PostingKind.INSPECTION, "check-1", PAYLOAD)
        async with OdooClient(CONNECTION, "key", transport=httpx.MockTransport(answer)) as odoo:
            try:
                assert await inspection.write(odoo, order) == "qc.inspection:9"
            except OdooError as error:
                raised.append(error)

    raised: list[OdooError] = []
    asyncio.run(run())
    return [*asked, *(f"{type(e).__name__}: {e.what}" for e in raised)]


def test_what_odoo_refuses_to_confirm_is_deleted_again() -> None:
    asked = write({**ANSWERS, "qc.inspection/action_confirm": USER_ERROR})
    assert asked[-3:-1] == ["qc.inspection/action_confirm", "qc.inspection/unlink"]
    assert asked[-1] == "OdooRejected: Odoo refuses qc.inspection.action_confirm: not today"


def test_the_reason_is_told_though_it_cannot_be_deleted() -> None:
    refused = {"qc.inspection/action_confirm": USER_ERROR, "qc.inspection/unlink": USER_ERROR}
    assert write({**ANSWERS, **refused})[-1].endswith("action_confirm: not today")


def test_cut_after_the_inspection_was_made_is_an_unknown_outcome() -> None:
    """It stands there unconfirmed: "nothing was sent" would be wrong."""
    asked = write({**ANSWERS, "qc.inspection/action_confirm": None})
    assert asked[-1].startswith("OdooOutcomeUnknown: Booked in part")


@pytest.mark.parametrize("state", ["waiting", "success", "failed", "canceled"])
def test_what_was_confirmed_or_cancelled_is_never_confirmed_again(state: str) -> None:
    asked = write({**ANSWERS, "qc.inspection/read": [{**FOUND, "state": state}]})
    assert asked[-1] == "qc.inspection/read"
