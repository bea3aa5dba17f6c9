"""Inspections without a server: payloads that are no inspection are never sent."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from console.domain.equipment import OdooConnection
from console.domain.records import PostingKind, RecordWrite
from console.odoo.client import OdooClient
from console.odoo.errors import OdooMisuse
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
