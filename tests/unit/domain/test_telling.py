"""Which process value tells most about an alarm."""

from __future__ import annotations

import math
import random

from console.domain.telling import Line, most_telling

RAISED_S = 1000.0


def line(level: float, noise: float, after: float | None = None, seed: int = 1) -> Line:
    """A value each second from 600 s before to 60 s after; ``after`` is its level from 30 s before on."""
    chance = random.Random(seed)
    times = [RAISED_S - 600 + i for i in range(660)]
    values = [chance.gauss(level if after is None or t < RAISED_S - 30 else after, noise) for t in times]
    return Line(times, values)


def test_the_value_that_left_its_range_is_shown_not_the_one_that_moves_most() -> None:
    lines = {"temperature": line(80, 5.0), "pressure": line(6.0, 0.02, 5.8), "speed": line(600, 30.0)}
    assert most_telling(lines, RAISED_S) == "pressure"
    assert most_telling({**lines, "temperature": line(80, 5.0, 160)}, RAISED_S) == "temperature"


def test_a_stray_sample_does_not_choose_the_picture() -> None:
    stray = line(50, 1.0, seed=3)
    values = list(stray.values)
    values[590] = 500.0
    lines = {"stray": Line(stray.times_s, values), "drifted": line(20, 1.0, 28)}
    assert most_telling(lines, RAISED_S) == "drifted"


def test_a_value_that_stood_still_and_then_moved_is_told() -> None:
    still = Line([float(i) for i in range(400, 1001)], [3.0] * 570 + [4.0] * 31)
    assert most_telling({"noisy": line(80, 5.0), "still": still}, RAISED_S) == "still"


def test_without_history_the_first_value_with_samples_is_shown() -> None:
    bad = Line([999.0], [math.nan])
    assert most_telling({"bad": bad, "empty": Line([], []), "few": Line([999.0], [1.0])}, RAISED_S) == "few"
    assert most_telling({"bad": bad}, RAISED_S) is None
    assert most_telling({}, RAISED_S) is None
