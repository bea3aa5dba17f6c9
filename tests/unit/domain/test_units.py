"""Conversion between Odoo's units, and the rounding that Odoo does."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.master_data import Unit
from console.domain.units import convert, convertible, rounded, same_quantity

UNITS = Unit(1, "Units", 1, 1.0)
DOZENS = Unit(2, "Dozens", 1, 12.0)
KG = Unit(3, "kg", 3, 1.0)
GRAM = Unit(4, "g", 3, 0.001)
WHOLE = Unit(5, "Pieces", 1, 1.0, rounding=1.0)


def test_units_of_one_root_convert_and_others_do_not() -> None:
    assert convertible(UNITS, DOZENS)
    assert convertible(KG, GRAM)
    assert not convertible(UNITS, KG)


@pytest.mark.parametrize(
    ("quantity", "source", "target", "expected"),
    [(30, UNITS, DOZENS, 2.5), (2.5, DOZENS, UNITS, 30), (1500, GRAM, KG, 1.5), (7, KG, KG, 7)],
)
def test_convert(quantity: float, source: Unit, target: Unit, expected: float) -> None:
    assert convert(quantity, source, target) == pytest.approx(expected)


def test_a_unit_into_itself_is_exact_whatever_its_factor() -> None:
    odd = Unit(9, "Odd", 1, 0.3)
    assert convert(0.1, odd, odd) == 0.1


@given(st.floats(0, 1e9), st.sampled_from([UNITS, DOZENS]), st.sampled_from([UNITS, DOZENS]))
def test_there_and_back_is_the_same(quantity: float, one: Unit, other: Unit) -> None:
    assert convert(convert(quantity, one, other), other, one) == pytest.approx(quantity)


@pytest.mark.parametrize(
    ("quantity", "unit", "expected"),
    [
        (2.345, UNITS, 2.35),
        (2.344, UNITS, 2.34),
        (0.5, WHOLE, 1.0),
        (1.5, WHOLE, 2.0),
        (2.5, WHOLE, 3.0),
        (100 / 3, DOZENS, 33.33),
        (1.005, Unit(1, "no rounding", 1, 1.0, rounding=0.0), 1.01),
    ],
)
def test_rounded_half_up_as_odoo_does(quantity: float, unit: Unit, expected: float) -> None:
    assert rounded(quantity, unit) == expected


@given(st.floats(0, 1e9))
def test_rounding_twice_changes_nothing(quantity: float) -> None:
    once = rounded(quantity, UNITS)
    assert rounded(once, UNITS) == once
    assert abs(once - quantity) <= 0.005 + quantity * 1e-12


def test_same_quantity_is_half_a_step() -> None:
    assert same_quantity(10.0, 10.004)
    assert not same_quantity(10.0, 10.006)
    assert same_quantity(10.0, 10.4, rounding=1.0)
    assert not same_quantity(10.0, 10.1, rounding=0.0)
