"""Units and durations as people write them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from console.domain.wording import from_to, lasted, unit_words, with_unit

BERLIN = ZoneInfo("Europe/Berlin")
AT = datetime(2026, 11, 20, 5, 45, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("unit", "words"), [("degC", "°C"), ("percent", "%"), ("m3", "m³"), ("bar", "bar"), ("", "")]
)
def test_units_of_plain_letters_are_written_as_people_write_them(unit: str, words: str) -> None:
    assert unit_words(unit) == words


def test_a_number_without_unit_stands_alone() -> None:
    assert with_unit("9.2", "degC") == "9.2 °C"
    assert with_unit("9.2", "") == "9.2"


@pytest.mark.parametrize(
    ("seconds", "words"), [(0, "0 s"), (17.6, "18 s"), (119.4, "119 s"), (120, "2 min"), (754, "13 min")]
)
def test_what_lasted_less_than_two_minutes_is_told_in_seconds(seconds: float, words: str) -> None:
    assert lasted(seconds) == words


def test_minutes_may_have_decimals() -> None:
    assert lasted(754, 1) == "12.6 min"


def test_a_span_within_one_minute_has_seconds() -> None:
    assert from_to(AT, AT + timedelta(seconds=20), BERLIN) == "06:45:10 to 06:45:30"
    assert from_to(AT, AT + timedelta(seconds=50), BERLIN) == "06:45 to 06:46"
    assert from_to(AT, AT + timedelta(days=1), BERLIN) == "06:45 to 06:45"
