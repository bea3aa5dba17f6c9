"""Conversion between units that Odoo knows to be related."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from console.domain.master_data import Unit


def convertible(one: Unit, other: Unit) -> bool:
    """Whether quantities in one can be told in the other: they come from the same root."""
    return one.root_id == other.root_id


def convert(quantity: float, source: Unit, target: Unit) -> float:
    """``quantity`` of ``source`` in ``target``, not rounded. Only for convertible units."""
    return quantity if source.id == target.id else quantity * source.factor / target.factor


def rounded(quantity: float, unit: Unit) -> float:
    """The nearest quantity that Odoo can hold in this unit (half up, as Odoo's default)."""
    step = Decimal(str(unit.rounding)) if unit.rounding > 0 else Decimal("0.01")
    steps = (Decimal(repr(quantity)) / step).quantize(Decimal(1), rounding=ROUND_HALF_UP)
    return float(steps * step)


def same_quantity(one: float, other: float, rounding: float = 0.01) -> bool:
    """Whether two quantities are equal as far as the unit can tell."""
    return abs(one - other) < max(rounding, 1e-6) / 2
