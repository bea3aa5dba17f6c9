"""Preventive work that falls due by use: running hours, cycles, or whichever comes first."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from console.domain.equipment import UpkeepSpec


@dataclass(frozen=True, slots=True)
class Due:
    """Where the due points of one kind of work stand.

    Attributes:
        times: how often it fell due.
        seconds, cycles: the meter at the newest due point, or when the work was first known.
    """

    times: int = 0
    seconds: float = 0.0
    cycles: int = 0

    def to_data(self) -> dict[str, Any]:
        """As stored."""
        return asdict(self)


def due_from(data: Mapping[str, Any] | None) -> Due | None:
    """As stored before; None where the work was not known."""
    return Due(int(data["times"]), float(data["seconds"]), int(data["cycles"])) if data else None


def fallen_due(spec: UpkeepSpec, due: Due, seconds: float, cycles: int) -> Due:
    """The due points after the meter came to ``seconds`` and ``cycles``; ``due`` itself where none passed.

    By hours alone, or by cycles alone, due points stand at whole multiples: 500, 1000, 1500 hours. With both,
    the first to come counts and both start again there. Points that passed unseen count one by one.
    """
    hours_s = spec.every_hours * 3600.0
    by_hours = math.floor((seconds - due.seconds) / hours_s) if hours_s > 0 else 0
    by_cycles = (cycles - due.cycles) // spec.every_cycles if spec.every_cycles > 0 else 0
    passed = max(by_hours, by_cycles, 0)
    if passed == 0:
        return due
    if hours_s > 0 and spec.every_cycles > 0:
        return Due(due.times + passed, seconds, cycles)
    return Due(
        due.times + passed,
        due.seconds + passed * hours_s if hours_s > 0 else seconds,
        due.cycles + passed * spec.every_cycles if spec.every_cycles > 0 else cycles,
    )


def due_words(spec: UpkeepSpec, passed: int, seconds: float, cycles: int) -> str:
    """``Due every 500 running hours; the machine has run 1,003.2 hours and made 88,102 cycles.``"""
    every = []
    if spec.every_hours > 0:
        every.append(f"{spec.every_hours:,.5g} running hours")
    if spec.every_cycles > 0:
        every.append(f"{spec.every_cycles:,} cycles")
    late = f" It fell due {passed} times since it was last looked at." if passed > 1 else ""
    return (
        f"Due every {' or '.join(every)}; the machine has run {seconds / 3600:,.1f} hours and made "
        f"{cycles:,} cycles.{late}"
    )
