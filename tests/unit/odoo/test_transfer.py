"""Recipe C without a server: payloads that are no transfer are never sent."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from console.domain.equipment import OdooConnection
from console.domain.records import PostingKind, RecordWrite
from console.odoo.client import OdooClient
from console.odoo.errors import OdooMisuse
from console.odoo.recipes import transfer

LINE = {"product_id": 7, "lot_id": 5, "unit_id": 1, "quantity": 4.0, "source_id": 8, "destination_id": 20}
CONNECTION = OdooConnection(
    url="http://127.0.0.1:1", database="plant", api_key="env:UNUSED", site_prefix="site"
)


def sent(request: httpx.Request) -> httpx.Response:
    raise AssertionError(f"{request.url} was asked")


def attempt(payload: Mapping[str, Any]) -> None:
    order = RecordWrite(PostingKind.HOLD, "hold-1", payload)

    async def run() -> None:
        async with OdooClient(CONNECTION, "key", transport=httpx.MockTransport(sent)) as odoo:
            with pytest.raises(OdooMisuse) as told:
                await transfer.write(odoo, order)
            with pytest.raises(OdooMisuse):
                await transfer.read(odoo, order)
            raise told.value

    asyncio.run(run())


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", 0),
        ("quantity", 0.004),
        ("quantity", -4.0),
        ("quantity", float("nan")),
        ("quantity", True),
        ("quantity", "4"),
        ("lot_id", "5"),
        ("product_id", None),
        ("source_id", 8.0),
    ],
)
def test_a_line_that_moves_nothing_or_names_nothing(field: str, value: Any) -> None:
    with pytest.raises(OdooMisuse, match=f"hold-1 has .* in {field}"):
        attempt({"lines": [LINE, {**LINE, field: value}], "origin": "Hold 1", "note": ""})


@pytest.mark.parametrize("lines", [None, [], "lines", 5])
def test_no_lines(lines: Any) -> None:
    with pytest.raises(OdooMisuse, match="in lines"):
        attempt({"lines": lines, "origin": "Hold 1", "note": ""})
