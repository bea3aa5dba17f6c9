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
from console.odoo.errors import OdooMisuse, OdooOutcomeUnknown, OdooRejected
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


# ---------------------------------------------------------------- what Odoo answers to validating

ORDER = RecordWrite(PostingKind.HOLD, "hold-1", {"lines": [LINE], "origin": "Hold 1", "note": ""})
PLACE = {"active": True, "usage": "internal", "warehouse_id": [1, "WH"]}
UNIT = {"id": 1, "name": "Units", "factor": 1.0, "rounding": 0.01, "active": True, "relative_uom_id": False}
MOVE_LINE = {
    "id": 3,
    "product_id": [7, "Juice"],
    "lot_id": [5, "L-1"],
    "product_uom_id": [1, "Units"],
    "quantity": 4.0,
    "quantity_product_uom": 4.0,
    "location_id": [8, "WH/Stock"],
    "location_dest_id": [20, "WH/Quarantine"],
}
QUANT = {
    "id": 1,
    "product_id": [7, "Juice"],
    "lot_id": [5, "L-1"],
    "location_id": [8, "WH/Stock"],
    "package_id": False,
    "owner_id": False,
    "quantity": 4.0,
    "reserved_quantity": 4.0,
}
USER_ERROR = {"name": "odoo.exceptions.UserError", "message": "not today"}
WINDOW = {"type": "ir.actions.act_window", "res_model": "confirm.expiry"}


class Script:
    """An Odoo that answers by rote, and remembers what was asked of the transfer.

    Attributes:
        validated: what it answers to button_validate. state: of the transfer from then on.
        unlinked: what it answers to unlink.
    """

    def __init__(self, validated: Any, state: str = "assigned", unlinked: Any = True) -> None:
        self.validated = validated
        self.state = state
        self.unlinked = unlinked
        self.asked: list[str] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        model, method = request.url.path.removeprefix("/json/2/").split("/")
        if model == "stock.picking":
            self.asked.append(method)
        answer = self._answer(model, method)
        return httpx.Response(422 if answer is USER_ERROR else 200, json=answer)

    def _answer(self, model: str, method: str) -> Any:
        if model == "stock.picking" and method == "read":
            state = self.state if "button_validate" in self.asked else "assigned"
            return [{"id": 9, "name": "WH/INT/9", "state": state, "date_done": False, "return_ids": []}]
        answers: dict[tuple[str, str], Any] = {
            ("stock.picking", "load"): {"ids": [9]},
            ("stock.picking", "button_validate"): self.validated,
            ("stock.picking", "unlink"): self.unlinked,
            ("stock.warehouse", "search_read"): [
                {"id": 1, "int_type_id": [4, "Internal"], "lot_stock_id": [8, "WH/Stock"]}
            ],
            ("stock.location", "read"): [
                {**PLACE, "id": 8, "complete_name": "WH/Stock", "parent_path": "4/8/"},
                {**PLACE, "id": 20, "complete_name": "WH/Quarantine", "parent_path": "4/20/"},
            ],
            ("product.product", "read"): [
                {
                    "id": 7,
                    "display_name": "Juice",
                    "is_storable": True,
                    "tracking": "lot",
                    "uom_id": [1, "Units"],
                }
            ],
            ("stock.lot", "read"): [
                {"id": 5, "name": "L-1", "product_id": [7, "Juice"], "write_date": False}
            ],
            ("uom.uom", "search_read"): [UNIT],
            ("stock.move.line", "search_read"): [MOVE_LINE],
            ("stock.quant", "search_read"): [QUANT],
        }
        return answers[model, method]


def write(script: Script) -> str:
    async def run() -> str:
        async with OdooClient(CONNECTION, "key", transport=httpx.MockTransport(script)) as odoo:
            return await transfer.write(odoo, ORDER)

    return asyncio.run(run())


def test_what_odoo_refuses_to_validate_is_deleted_again() -> None:
    script = Script(USER_ERROR)
    with pytest.raises(OdooRejected, match="not today"):
        write(script)
    assert script.asked == ["load", "read", "button_validate", "unlink"]


def test_a_window_that_only_a_person_can_fill_in() -> None:
    script = Script(WINDOW)
    with pytest.raises(OdooRejected, match=r"wants to ask a person before it moves this \(confirm.expiry\)"):
        write(script)
    assert script.asked[-1] == "unlink"


def test_a_window_after_it_was_moved_is_no_refusal() -> None:
    """Such as labels to print."""
    script = Script(WINDOW, state="done")
    assert write(script) == "stock.picking:9"
    assert "unlink" not in script.asked


def test_validated_by_another_one_meanwhile_is_no_refusal() -> None:
    script = Script(USER_ERROR, state="done", unlinked=USER_ERROR)
    assert write(script) == "stock.picking:9"


def test_what_cannot_be_deleted_is_told_with_the_reason_why_it_should() -> None:
    script = Script(USER_ERROR, unlinked=USER_ERROR)
    with pytest.raises(OdooRejected, match="button_validate: not today"):
        write(script)


def test_cut_after_the_transfer_was_made_is_an_unknown_outcome() -> None:
    """It stands there, reserving: "nothing was sent" would be wrong."""

    def cut(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("stock.picking/read"):
            raise httpx.ConnectError("down", request=request)
        return script(request)

    script = Script(True, state="done")

    async def run() -> None:
        async with OdooClient(CONNECTION, "key", transport=httpx.MockTransport(cut)) as odoo:
            await transfer.write(odoo, ORDER)

    with pytest.raises(OdooOutcomeUnknown, match="Booked in part"):
        asyncio.run(run())
