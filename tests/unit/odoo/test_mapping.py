"""Field dictionaries to dataclasses: what fits, and what must not be guessed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from console.domain.master_data import Operation, OperationState, Order, OrderState
from console.odoo import mapping
from console.odoo.errors import OdooBadAnswer

ORDER: dict[str, Any] = {
    "id": 4,
    "name": "WH/MO/00004",
    "state": "progress",
    "product_id": [7, "[PART] Part"],
    "product_uom_id": [1, "Units"],
    "product_qty": 100.0,
    "qty_producing": 9,
    "workorder_ids": [3, 4],
    "lot_producing_ids": [],
    "date_start": "2026-11-21 01:53:29",
    "write_date": "2026-11-21 01:53:29",
}
OPERATION: dict[str, Any] = {
    "id": 3,
    "name": "Cutter",
    "state": "blocked",
    "production_id": [4, "WH/MO/00004"],
    "workcenter_id": [4, "Cutter"],
    "qty_production": 100.0,
    "qty_produced": 19.0,
    "sequence": 0,
}


def test_order_and_operation() -> None:
    start = datetime(2026, 11, 21, 1, 53, 29, tzinfo=UTC)
    assert mapping.order(ORDER, "lot_producing_ids") == Order(
        4, "WH/MO/00004", OrderState.PROGRESS, 7, 1, 100.0, 9.0, (), True, start
    )
    assert mapping.operation(OPERATION) == Operation(
        3, 4, 4, "Cutter", OperationState.BLOCKED, 100.0, 19.0, 0
    )


def test_order_of_a_version_with_a_single_lot() -> None:
    row = {**ORDER, "lot_producing_id": [8, "L-8"], "workorder_ids": [], "date_start": False}
    order = mapping.order(row, "lot_producing_id")
    assert (order.lot_ids, order.has_operations, order.start) == ((8,), False, None)
    assert mapping.order({**row, "lot_producing_id": False}, "lot_producing_id").lot_ids == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("state", "paused"),
        ("state", False),
        ("product_id", False),
        ("product_id", 7),
        ("product_qty", "100"),
        ("product_qty", True),
        ("product_qty", float("nan")),
        ("qty_producing", None),
        ("workorder_ids", [[3, "x"]]),
        ("date_start", "2026-11-21T01:53:29Z"),
        ("date_start", 0),
        ("name", None),
        ("id", "4"),
    ],
)
def test_what_does_not_fit_names_record_and_field(field: str, value: object) -> None:
    with pytest.raises(OdooBadAnswer) as caught:
        mapping.order({**ORDER, field: value}, "lot_producing_ids")
    assert "mrp.production" in caught.value.what
    assert field in caught.value.what


def test_missing_field() -> None:
    row = {k: v for k, v in OPERATION.items() if k != "qty_produced"}
    with pytest.raises(OdooBadAnswer, match=r"mrp\.workorder 3 has 'nothing' in the field qty_produced"):
        mapping.operation(row)


def unit(id_: int, name: str, factor: float, parent: int | None) -> dict[str, Any]:
    relative = [parent, "x"] if parent else False
    return {
        "id": id_,
        "name": name,
        "factor": factor,
        "rounding": 0.01,
        "active": True,
        "relative_uom_id": relative,
    }


def test_units_find_their_root_over_several_steps() -> None:
    rows = [unit(17, "Ton", 1e6, 16), unit(15, "g", 1, None), unit(16, "kg", 1000, 15)]
    assert {u.name: u.root_id for u in mapping.units(rows)} == {"Ton": 15, "g": 15, "kg": 15}


def test_units_in_a_ring_are_refused() -> None:
    with pytest.raises(OdooBadAnswer, match="relative_uom_id"):
        mapping.units([unit(1, "a", 1, 2), unit(2, "b", 1, 1)])


def test_moments_go_to_odoo_in_utc_whole_seconds() -> None:
    summer = timezone(timedelta(hours=2))
    assert mapping.to_odoo(datetime(2026, 5, 4, 1, 2, 3, 999_999, tzinfo=summer)) == "2026-05-03 23:02:03"
    with pytest.raises(ValueError, match="naive"):
        mapping.to_odoo(datetime(2026, 5, 4))  # noqa: DTZ001
