"""Odoo's field dictionaries <-> the domain's dataclasses. Pure.

Odoo says False for an empty text, date or reference, and ``[id, name]`` for a reference. A value that is not
what its field promises raises OdooBadAnswer naming the record and the field: a guess would be booked.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NoReturn, TypeVar

from console.domain.master_data import (
    BomUse,
    Lot,
    Operation,
    OperationState,
    Order,
    OrderState,
    Product,
    Tracking,
    Unit,
    WorkCenter,
)
from console.odoo.errors import OdooBadAnswer

Row = Mapping[str, Any]
Choice = TypeVar("Choice", bound=StrEnum)

FORMAT = "%Y-%m-%d %H:%M:%S"
# a longer chain of "1 of this = n of that" is a ring
LONGEST_UNIT_CHAIN = 20

WORK_CENTER_FIELDS = ("code", "name", "active")
UNIT_FIELDS = ("name", "factor", "rounding", "active", "relative_uom_id")
PRODUCT_FIELDS = ("default_code", "name", "uom_id", "tracking", "active")
ORDER_FIELDS = (
    "name",
    "state",
    "product_id",
    "product_uom_id",
    "product_qty",
    "qty_producing",
    "workorder_ids",
    "date_start",
    "write_date",
)
OPERATION_FIELDS = (
    "name",
    "state",
    "production_id",
    "workcenter_id",
    "qty_production",
    "qty_produced",
    "sequence",
    "write_date",
)
LOT_FIELDS = ("name", "product_id", "write_date")
BOM_USE_FIELDS = (
    "raw_material_production_id",
    "product_id",
    "product_uom",
    "unit_factor",
    "location_id",
    "has_tracking",
)


def to_odoo(moment: datetime) -> str:
    """A moment as Odoo takes it: "YYYY-MM-DD HH:MM:SS" in UTC, seconds cut off; anything else is a 500 there.

    Raises:
        ValueError: the datetime has no time zone (our bug).
    """
    if moment.tzinfo is None:
        raise ValueError(f"naive datetime {moment}")
    return moment.astimezone(UTC).strftime(FORMAT)


class Record:
    """One row of an answer, read field by field with the type that the field must have."""

    def __init__(self, model: str, row: Row) -> None:
        self._model = model
        self._row = row

    def bad(self, field: str) -> NoReturn:
        """Refuse the field's value."""
        value = repr(self._row.get(field, "nothing"))[:80]
        raise OdooBadAnswer(
            f"Odoo's {self._model} {self._row.get('id', '?')} has {value} in the field {field}, "
            "which the console cannot use.",
            "Look at the record in Odoo; if it looks right there, report this with the Odoo version.",
        )

    def integer(self, field: str) -> int:
        value = self._row.get(field)
        if isinstance(value, bool) or not isinstance(value, int):
            self.bad(field)
        return value

    def number(self, field: str) -> float:
        value = self._row.get(field)
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            self.bad(field)
        return float(value)

    def flag(self, field: str) -> bool:
        value = self._row.get(field)
        if not isinstance(value, bool):
            self.bad(field)
        return value

    def text(self, field: str) -> str:
        """A text; empty where Odoo says False."""
        value = self._row.get(field)
        if value is False:
            return ""
        if not isinstance(value, str):
            self.bad(field)
        return value

    def choice(self, field: str, kind: type[Choice]) -> Choice:
        """A selection's value as the domain's enumeration."""
        try:
            return kind(self.text(field))
        except ValueError:
            self.bad(field)

    def moment(self, field: str) -> datetime | None:
        """A datetime as aware UTC; None where Odoo says False."""
        value = self.text(field)
        if not value:
            return None
        try:
            return datetime.strptime(value, FORMAT).replace(tzinfo=UTC)
        except ValueError:
            self.bad(field)

    def optional_reference(self, field: str) -> int | None:
        """The id of a many2one; None where it is empty."""
        value = self._row.get(field)
        if value is False:
            return None
        if isinstance(value, list) and value and isinstance(value[0], int):
            return value[0]
        return self.bad(field)

    def reference(self, field: str) -> int:
        """The id of a many2one that must be there."""
        value = self.optional_reference(field)
        return self.bad(field) if value is None else value

    def title(self, field: str) -> str:
        """The display name of a many2one."""
        value = self._row.get(field)
        if isinstance(value, list) and len(value) > 1 and isinstance(value[1], str):
            return value[1]
        return self.bad(field)

    def references(self, field: str) -> tuple[int, ...]:
        """The ids of an x2many."""
        value = self._row.get(field)
        if not isinstance(value, list) or not all(isinstance(v, int) for v in value):
            self.bad(field)
        return tuple(value)


def work_center(row: Row) -> WorkCenter:
    """From mrp.workcenter."""
    seen = Record("mrp.workcenter", row)
    return WorkCenter(seen.integer("id"), seen.text("code"), seen.text("name"), seen.flag("active"))


def units(rows: Sequence[Row]) -> tuple[Unit, ...]:
    """From all of uom.uom: the root is found over ``relative_uom_id`` (Odoo 19 has no unit categories)."""
    parents = {r["id"]: Record("uom.uom", r).optional_reference("relative_uom_id") for r in rows}
    found = []
    for row in rows:
        seen = Record("uom.uom", row)
        root = seen.integer("id")
        for _ in range(LONGEST_UNIT_CHAIN):
            above = parents.get(root)
            if above is None:
                break
            root = above
        else:
            seen.bad("relative_uom_id")
        found.append(
            Unit(
                id=seen.integer("id"),
                name=seen.text("name"),
                root_id=root,
                factor=seen.number("factor"),
                rounding=seen.number("rounding"),
                active=seen.flag("active"),
            )
        )
    return tuple(found)


def product(row: Row) -> Product:
    """From product.product."""
    seen = Record("product.product", row)
    return Product(
        id=seen.integer("id"),
        code=seen.text("default_code"),
        name=seen.text("name"),
        unit_id=seen.reference("uom_id"),
        tracking=seen.choice("tracking", Tracking),
        active=seen.flag("active"),
    )


def order(row: Row, lots_field: str) -> Order:
    """From mrp.production. ``lots_field`` is the version's name of the lots produced into."""
    seen = Record("mrp.production", row)
    return Order(
        id=seen.integer("id"),
        reference=seen.text("name"),
        state=seen.choice("state", OrderState),
        product_id=seen.reference("product_id"),
        unit_id=seen.reference("product_uom_id"),
        quantity=seen.number("product_qty"),
        producing=seen.number("qty_producing"),
        lot_ids=lot_ids(seen, lots_field),
        has_operations=bool(seen.references("workorder_ids")),
        start=seen.moment("date_start"),
    )


def lot_ids(seen: Record, field: str) -> tuple[int, ...]:
    """Lots of an order or operation: a list (``..._ids``, Odoo 19) or a single one (``..._id``, before)."""
    if field.endswith("_ids"):
        return seen.references(field)
    single = seen.optional_reference(field)
    return () if single is None else (single,)


def operation(row: Row) -> Operation:
    """From mrp.workorder."""
    seen = Record("mrp.workorder", row)
    return Operation(
        id=seen.integer("id"),
        order_id=seen.reference("production_id"),
        work_center_id=seen.reference("workcenter_id"),
        name=seen.text("name"),
        state=seen.choice("state", OperationState),
        quantity=seen.number("qty_production"),
        produced=seen.number("qty_produced"),
        sequence=seen.integer("sequence"),
    )


def lot(row: Row) -> Lot:
    """From stock.lot."""
    seen = Record("stock.lot", row)
    return Lot(seen.integer("id"), seen.text("name"), seen.reference("product_id"))


def bom_use(row: Row) -> BomUse:
    """From a raw move of an order (stock.move)."""
    seen = Record("stock.move", row)
    return BomUse(
        order_id=seen.reference("raw_material_production_id"),
        product_id=seen.reference("product_id"),
        product_name=seen.title("product_id"),
        unit_name=seen.title("product_uom"),
        per_unit=seen.number("unit_factor"),
        unit_id=seen.reference("product_uom"),
        location_id=seen.reference("location_id"),
        tracked=seen.text("has_tracking") != "none",
        code=code_of(seen.title("product_id")),
    )


def code_of(title: str) -> str:
    """The code in a product's display name: "RM-1" of "[RM-1] Material"; empty where it has none."""
    return title[1:].partition("]")[0] if title.startswith("[") and "]" in title else ""
