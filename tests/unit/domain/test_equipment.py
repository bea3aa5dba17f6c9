"""Raw values of a machine, however they were written, and what its state tag suggests."""

from __future__ import annotations

from dataclasses import replace

import pytest

from console.domain.equipment import Machine, Plant, StateBits, StopReason, same_raw, whole
from console.domain.packml import MachineState
from console.domain.tags import Scalar

JAM, LACK = StopReason("Jam", "Equipment Failure"), StopReason("Lack", "Material Availability", ("9", "5"))
MACHINE = Machine(
    *("m", "M", "", "WC", ()),
    state_tag="m.state",
    state_map=((9, MachineState.ABORTED), (5, MachineState.SUSPENDED)),
    state_bits=(StateBits(1, 1, MachineState.HELD, "Jam"), StateBits(2, 2, MachineState.STOPPED)),
    state_reasons=(("9", "Jam"),),
)
PLANT = Plant("p", "v", "UTC", (), (), (MACHINE,), None, stop_reasons=(JAM, LACK))


@pytest.mark.parametrize(
    ("raw", "number"),
    [
        (6, 6),
        (6.0, 6),
        ("6", 6),
        ("6.0", 6),
        (2**63 + 1, 2**63 + 1),
        ("-32768", -32768),
        (6.5, None),
        ("RUN", None),
        ("", None),
        (True, None),
        (float("nan"), None),
        (float("inf"), None),
    ],
)
def test_whole(raw: Scalar, number: int | None) -> None:
    assert whole(raw) == number


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (6, "6.0", True),
        ("RUN", "RUN", True),
        (True, "True", True),
        (6, 7, False),
        ("RUN", "run", False),
        ("", "0", False),
        ("A", "B", False),
    ],
)
def test_same_raw(one: Scalar, other: Scalar, same: bool) -> None:
    assert same_raw(one, other) is same


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ("9", JAM),  # the machine's own word goes before the plant's
        (5, LACK),
        ("3", JAM),  # the first pattern that fits
        (2, None),
        (4, None),
        ("", None),
    ],
)
def test_what_a_raw_value_suggests(raw: Scalar, reason: StopReason | None) -> None:
    assert PLANT.stop_reason_of(MACHINE, raw) == reason


def test_a_mapped_raw_value_is_no_pattern() -> None:
    """5 has the bit of the first pattern, but the map says what 5 means."""
    assert MACHINE.reason_of(5) == ""
    assert replace(MACHINE, state_map=()).reason_of(5) == "Jam"
