"""What condition monitoring remembers of a process value: baselines, and where the statistics stand.

See ``domain.condition`` for what it means.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from console.domain.packml import MachineState
from console.domain.telling import center_and_spread

# what one point may be at most, in standard deviations: two wild ones in a row are no finding
CUT_OFF = 4.0
# the standard error of a median is 1.2533 standard deviations by the root of the number
MEDIAN_ERROR = 1.2533
GUARD = 2.0


@dataclass(slots=True)
class Baseline:
    """What is usual in one machine state.

    Attributes:
        spread: robust standard deviation, widened for correlation.
        guard: added to the slack, because the center is known only so well.
    """

    center: float
    spread: float
    guard: float
    points: int


@dataclass(slots=True)
class StateModel:
    """What was learned in one machine state, and where the statistics stand.

    Attributes:
        learning: points so far, until there is a baseline. learned_s: seconds of running behind them.
        drift_row, level_row: points in a row beyond the limit.
    """

    learning: list[float] = field(default_factory=list)
    learned_s: float = 0.0
    baseline: Baseline | None = None
    ewma: float = 0.0
    high: float = 0.0
    low: float = 0.0
    drift_row: int = 0
    level_row: int = 0


@dataclass(slots=True)
class Model:
    """Everything that is remembered of one process value; JSON-able by ``to_data``.

    All times are seconds since the epoch, UTC.

    Attributes:
        state, state_s: the machine state and since when.
        slice, slice_values: the point that is being collected.
        recent: the newest two samples; trail: the last seconds of the running median of three.
        silent_since: since when a count is awaited.
        change_at: when a change was last too fast.
        open: findings that last, with the largest score they reached.
    """

    states: dict[str, StateModel] = field(default_factory=dict)
    state: str = MachineState.UNDEFINED.value
    state_s: float = -math.inf
    last_s: float = -math.inf
    slice: int | None = None
    slice_values: list[float] = field(default_factory=list)
    recent: list[tuple[float, float]] = field(default_factory=list)
    trail: list[tuple[float, float]] = field(default_factory=list)
    silent_since: float | None = None
    change_at: float | None = None
    open: dict[str, float] = field(default_factory=dict)

    def to_data(self) -> dict[str, Any]:
        """As stored."""
        data = asdict(self)
        for key in ("state_s", "last_s"):
            data[key] = data[key] if math.isfinite(data[key]) else None
        return data


def model_from(data: Mapping[str, Any]) -> Model:
    """As stored before."""
    states = {
        name: StateModel(**{**s, "baseline": Baseline(**s["baseline"]) if s["baseline"] else None})
        for name, s in data["states"].items()
    }
    times = {k: -math.inf if data[k] is None else float(data[k]) for k in ("state_s", "last_s")}
    pairs = {k: [(float(t), float(v)) for t, v in data[k]] for k in ("recent", "trail")}
    return Model(**{**data, "states": states, **times, **pairs})


# --- baselines ---------------------------------------------------------------------------------------------


def learned(points: list[float]) -> Baseline:
    """The baseline of some points; see the module's text."""
    center, spread = center_and_spread(points)
    if spread == 0.0:
        spread = _coarse_spread(points, center)
    z = [min(max((p - center) / spread, -CUT_OFF), CUT_OFF) for p in points]
    alike = min(max(_lag_one(z), 0.0), 0.9)
    spread *= math.sqrt((1 + alike) / (1 - alike))
    return Baseline(center, spread, GUARD * MEDIAN_ERROR / math.sqrt(len(points)), len(points))


def _coarse_spread(points: list[float], center: float) -> float:
    """Where more than half of the points are equal: half of the smallest step that the value makes; of one
    that never moved, its thousandth."""
    levels = sorted(set(points))
    steps = [b - a for a, b in pairwise(levels)]
    return max(min(steps) / 2 if steps else 0.0, abs(center) * 1e-3, 1e-9)


def _lag_one(z: list[float]) -> float:
    mean = statistics.fmean(z)
    total = sum((x - mean) ** 2 for x in z)
    return sum((a - mean) * (b - mean) for a, b in pairwise(z)) / total if total else 0.0
