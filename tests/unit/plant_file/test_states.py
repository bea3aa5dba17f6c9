"""What raw states mean: the map, the bits of status words, and the reasons that they suggest."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.domain.detect import mapped_state
from console.domain.equipment import StateBits
from console.domain.packml import MachineState
from console.plant_file import explain_plant
from console.plant_file.states import _some_word, clash
from tests.unit.plant_file.text import changed, is_told, machine, plant

BITS = "machines.labeller1.state.bits"
ONE_BIT = '{ mask = 0x8000, state = "aborted", reason = "Jam" }'
REASONS = "reasons = { 0 = "


def test_bits_reasons_and_what_they_say() -> None:
    filler, labeller = machine(), machine("labeller1")
    assert filler.state_reasons == (("0", "Jam"), ("True", "Changeover"))
    assert labeller.state_bits == (
        StateBits(0x8000, 0x8000, MachineState.ABORTED, "Jam"),
        StateBits(0x0003, 0x0001, MachineState.EXECUTE),
        StateBits(0x0003, 0x0000, MachineState.STOPPED),
    )
    assert mapped_state(labeller, 0x8001) is MachineState.ABORTED
    assert mapped_state(labeller, 0x0101) is MachineState.EXECUTE
    assert mapped_state(labeller, 2) is MachineState.UNDEFINED
    assert (labeller.reason_of(0x8001), labeller.reason_of(1)) == ("Jam", "")


def test_a_stop_reason_comes_from_the_machine_first_and_else_from_the_plant() -> None:
    read = plant()
    filler, labeller = read.machines
    names = {
        raw: reason.name if (reason := read.stop_reason_of(filler, raw)) else None
        for raw in (0, "0", "5.0", True, "True", 99)
    }
    assert names == {
        0: "Jam",
        "0": "Jam",
        "5.0": "Changeover",
        True: "Changeover",
        "True": "Changeover",
        99: None,
    }
    assert read.stop_reason_of(labeller, 0x8000) == read.stop_reasons[0]
    both = plant(changed('{ 0 = "Jam",', '{ 5 = "Jam",'))
    assert both.stop_reason_of(both.machines[0], 5) == both.stop_reasons[0]


def test_a_map_and_bits_together() -> None:
    both = machine("labeller1", changed("bits = [", 'map = { 0x9000 = "held", 36864 = "idle" }\nbits = ['))
    assert mapped_state(both, 36864) is MachineState.IDLE
    assert both.reason_of(36864) == ""
    assert mapped_state(both, 0x8000) is MachineState.ABORTED


@pytest.mark.parametrize(
    ("old", "new", "where", "line", "message"),
    [
        ('{ 0 = "stopped", 5', '{ 0 = "stoped", 5', "machines.filler1.state.map.0", '"stoped"', '"stopped"?'),
        ('{ 0 = "stopped", 5', "{ 0 = 3, 5", "machines.filler1.state.map.0", "0 = 3", "3 is no PackML state"),
        (REASONS, "reasons = { 9 = ", "machines.filler1.state.reasons.9", "reasons =", "no raw value 9"),
        (REASONS, "reasons = { 6 = ", "machines.filler1.state.reasons.6", "reasons =", "is execute"),
        (f'{REASONS}"Jam"', f'{REASONS}"Jamm"', "machines.filler1.state.reasons.0", "reasons =", '"Jam"?'),
        (f'{REASONS}"Jam"', f"{REASONS}3", "machines.filler1.state.reasons.0", "reasons =", "whole number"),
        (
            *('reasons = { 0 = "Jam", true = "Changeover" }', 'reasons = ["Jam"]'),
            *("machines.filler1.state.reasons", 'reasons = ["Jam"]', "must be a table"),
        ),
        ("mask = 0x8000, ", "mask = 0x18000, ", f"{BITS}[1].mask", "0x18000", "more bits than uint16"),
        ("mask = 0x8000, ", "mask = 0, ", f"{BITS}[1].mask", "mask = 0,", "at least 1"),
        ("mask = 0x8000, ", "", f"{BITS}[1].mask", "aborted", "is required: the bits"),
        ("mask = 0x8000, ", "mask = 0x8000, valu = 1, ", f"{BITS}[1].valu", "valu = 1", '"value"?'),
        ("value = 0x0001", "value = 0x0005", f"{BITS}[2].value", "0x0005", "never be seen"),
        ('state = "aborted"', 'state = "abort"', f"{BITS}[1].state", '"abort"', '"aborted"?'),
        ('reason = "Jam"', 'reason = "Jem"', f"{BITS}[1].reason", '"Jem"', '"Jam"?'),
        (
            *('state = "execute" },', 'state = "execute", reason = "Jam" },'),
            *(f"{BITS}[2].reason", '"execute", reason', "no stop"),
        ),
        ("value = 0x0000", "value = 0x0001", f"{BITS}[3]", '"stopped" },', "never reached"),
        ('data_type = "uint16"', 'data_type = "float32"', BITS, "bits = [", "a float32 has no bits"),
    ],
)
def test_a_mistake(old: str, new: str, where: str, line: str, message: str) -> None:
    is_told(old, new, where, line, message)


def test_neither_map_nor_bits() -> None:
    text = 'map = { 0 = "stopped", 5 = "suspended", 6 = "execute", RUN = "execute", true = "idle" }\n'
    is_told(
        text + 'reasons = { 0 = "Jam", true = "Changeover" }\n',
        "",
        "machines.filler1.state.map",
        "[machines.filler1.state]",
        "is required",
    )


@pytest.mark.parametrize("bits", ["3", "[]", '"0x01"', "{ mask = 1 }"])
def test_bits_of_the_wrong_kind(bits: str) -> None:
    old = """bits = [
  { mask = 0x8000, state = "aborted", reason = "Jam" },
  { mask = 0x0003, value = 0x0001, state = "execute" },
  { mask = 0x0003, value = 0x0000, state = "stopped" },
]"""
    is_told(old, f"bits = {bits}", BITS, f"bits = {bits}", "must be a list of bit patterns")


def test_a_pattern_covered_by_several_together_is_never_reached() -> None:
    is_told(
        ONE_BIT,
        '{ mask = 7, value = 1, state = "idle" },\n  { mask = 7, value = 5, state = "held" }',
        f"{BITS}[3]",
        "value = 0x0001",
        "bits[1] and bits[2]",
    )


def test_patterns_that_share_words_are_explained() -> None:
    text = explain_plant(plant())
    assert "where bits 1 and 2 both fit, it is aborted, not execute" in text
    assert "bits 2 and 3" not in text


def test_a_negative_word_shows_its_highest_bit() -> None:
    assert mapped_state(machine("labeller1"), -32768) is MachineState.ABORTED


SMALL = st.integers(0, 15)
PATTERN = st.tuples(SMALL, SMALL).map(lambda p: StateBits(p[0], p[0] & p[1], MachineState.IDLE))


@given(PATTERN, st.lists(PATTERN, max_size=4))
def test_reached_is_what_trying_every_word_says(one: StateBits, earlier: list[StateBits]) -> None:
    words = [w for w in range(16) if one.fit(w)]
    assert _some_word(one.mask, one.value, earlier) is any(not any(e.fit(w) for e in earlier) for w in words)
    for other in earlier:
        assert clash(one, other) is any(other.fit(w) for w in words)
