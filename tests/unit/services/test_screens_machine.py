"""The machine's page: what a raw value is in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from console.domain.equipment import Machine, StateBits
from console.domain.packml import MachineState
from console.domain.tags import Quality, Sample, Scalar
from console.services.screens.machine import value_words
from tests.unit.services.screens_world import machine

AT = datetime(2026, 11, 20, 6, tzinfo=UTC)
WORD = replace(
    machine("filler1", "WC1"),
    state_map=((0, MachineState.IDLE),),
    state_bits=(
        StateBits(0x8000, 0x8000, MachineState.ABORTED),
        StateBits(0x0004, 0x0004, MachineState.EXECUTE),
    ),
)
MAPPED = machine("filler1", "WC1")


@pytest.mark.parametrize(
    ("at", "raw", "words"),
    [
        (MAPPED, 6, "execute (6)"),
        (MAPPED, 77, "77"),
        (WORD, 0, "idle (0)"),
        (WORD, 0x0006, "execute (6)"),
        (WORD, 0x8004, "aborted (32772)"),
        (WORD, -32768, "aborted (-32768)"),
        (WORD, 0x0001, "1"),
    ],
)
def test_a_state_is_told_in_words_whether_mapped_or_a_bit_of_a_word(
    at: Machine, raw: Scalar, words: str
) -> None:
    assert value_words(at, "filler1.state", Sample("filler1.state", raw, Quality.GOOD, AT, AT)) == words
