"""Preventive work that falls due by use."""

from __future__ import annotations

from console.domain.equipment import UpkeepSpec
from console.domain.upkeep import Due, due_from, due_words, fallen_due

HOURS = UpkeepSpec("grease", "Grease", every_hours=500)
CYCLES = UpkeepSpec("belt", "Belt", every_cycles=10_000)
BOTH = UpkeepSpec("oil", "Oil", every_hours=100, every_cycles=1_000)
H = 3600.0


def test_due_points_stand_at_multiples() -> None:
    assert fallen_due(HOURS, Due(), 500 * H - 1, 10**9) == Due()
    first = fallen_due(HOURS, Due(), 503 * H, 7)
    assert (first.times, first.seconds) == (1, 500 * H)
    assert fallen_due(HOURS, first, 999 * H, 8) == first  # once
    assert fallen_due(HOURS, first, 1000 * H, 8).times == 2  # not at 1003
    by_cycles = fallen_due(CYCLES, Due(), 0.0, 10_050)
    assert (by_cycles.times, by_cycles.cycles) == (1, 10_000)
    assert fallen_due(CYCLES, by_cycles, 10**9, 19_999) == by_cycles


def test_points_that_passed_unseen_count_one_by_one() -> None:
    assert fallen_due(HOURS, Due(), 1700 * H, 0) == Due(3, 1500 * H, 0)
    assert fallen_due(CYCLES, Due(), 0.0, 35_000) == Due(3, 0.0, 30_000)


def test_with_both_the_first_to_come_counts_and_both_start_again() -> None:
    by_cycles = fallen_due(BOTH, Due(), 40 * H, 1_000)
    assert by_cycles == Due(1, 40 * H, 1_000)
    assert fallen_due(BOTH, by_cycles, 100 * H, 1_500) == by_cycles  # a hundred hours, but sixty since
    assert fallen_due(BOTH, by_cycles, 140 * H, 1_500).times == 2


def test_work_without_a_measure_never_falls_due() -> None:
    assert fallen_due(UpkeepSpec("x", "X"), Due(), 1e12, 10**12) == Due()


def test_as_stored_and_in_words() -> None:
    due = Due(2, 3.5, 7)
    assert due_from(due.to_data()) == due
    assert due_from(None) is None
    words = due_words(BOTH, 2, 361_152.0, 88_102)
    assert words == (
        "Due every 100 running hours or 1,000 cycles; the machine has run 100.3 hours and made 88,102 "
        "cycles. It fell due 2 times since it was last looked at."
    )
