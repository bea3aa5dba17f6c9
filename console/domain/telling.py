"""Which process value tells most about an alarm: the one that left its usual range furthest before it."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# usual is what stood before this long ahead of the alarm; what happened then is its story
STORY_S = 60.0
FEWEST = 5
# A median absolute deviation times this estimates the standard deviation of normal data
# (NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.5.6)
MAD_TO_SIGMA = 1.4826


@dataclass(frozen=True, slots=True)
class Line:
    """A value over time: seconds since the epoch, nan where it was bad."""

    times_s: Sequence[float]
    values: Sequence[float]


def center_and_spread(values: Sequence[float]) -> tuple[float, float]:
    """Median and robust standard deviation; the spread is 0 where more than half are equal."""
    center = statistics.median(values)
    return center, MAD_TO_SIGMA * statistics.median([abs(v - center) for v in values])


def most_telling(lines: Mapping[str, Line], raised_s: float) -> str | None:
    """The tag whose value moved furthest around an alarm, in robust standard deviations of its own past.

    None where no value has any samples. Where nothing can be compared, the first tag with samples.

    Args:
        lines: from some minutes before the alarm until some time after it.
        raised_s: when it was raised, seconds since the epoch.
    """
    best: tuple[float, str] | None = None
    for tag, line in lines.items():
        good = [(t, v) for t, v in zip(line.times_s, line.values, strict=True) if math.isfinite(v)]
        if not good:
            continue
        far = _distance(good, raised_s)
        if best is None or far > best[0]:
            best = far, tag
    return best[1] if best is not None else None


def _distance(good: Sequence[tuple[float, float]], raised_s: float) -> float:
    before = [v for t, v in good if t < raised_s - STORY_S]
    story = [v for t, v in good if raised_s - STORY_S <= t <= raised_s + STORY_S]
    if len(before) < FEWEST or not story:
        return 0.0
    center, spread = center_and_spread(before)
    least = 1e-3 * max(abs(center), 1e-9)  # a value that never moved: its thousandth is a step
    # the third largest, so that one or two stray samples do not choose the picture
    far = sorted((abs(v - center) for v in story), reverse=True)
    return far[min(2, len(far) - 1)] / max(spread, least)
