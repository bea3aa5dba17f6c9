"""Condition monitoring: what a process value usually does while its machine runs, and when it no longer does.

Samples become points: the median of each slice of ``learn_s / 240`` seconds (15 s of an hour), so that one
stray sample moves nothing. The first ``learn_s`` seconds of running give the baseline of the machine state:
the points' median, and their median absolute deviation times 1.4826 as standard deviation. From then on each
point is standardised (and cut off at 4 standard deviations) and goes into two statistics:

    EWMA    e = smoothing * z + (1 - smoothing) * e                       a level that is not the usual one
    CUSUM   high = max(0, high + z - slack), low = max(0, low - z - slack)    a slow drift, either way

A finding needs three points in a row beyond the limit: of the CUSUM the ``threshold``, of the EWMA 6 of its
own standard deviations, sqrt(smoothing / (2 - smoothing)). Two corrections keep false findings away: points
that follow each other are alike, so the standard deviation is widened by sqrt((1 + r) / (1 - r)) with their
lag-1 correlation r; and the baseline is known only so well, so the slack and the limit of the EWMA grow by
two standard errors of its median. With slack 0.5 and threshold 8 one false finding in some 50,000 points is
to be expected.

The cut-off leaves nothing for an EWMA with a smoothing above 0.6 to find: such a one is left to the CUSUM.

Found too: a change faster than ``most_change_per_s``, and ``missing_cycle_s`` without a count while running.
What other machine states tell is ignored, and so is the first ``learn_s / 60`` seconds after a state change.

Sources: NIST/SEMATECH e-Handbook of Statistical Methods, 6.3.2.3 (CUSUM), 6.3.2.4 (EWMA) and 1.3.5.6 (MAD);
D. C. Montgomery, Introduction to Statistical Quality Control, 10.4 (correlated data).
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum

from console.domain.condition_model import CUT_OFF, Model, StateModel, learned
from console.domain.equipment import ConditionSpec
from console.domain.packml import MachineState
from console.domain.wording import unit_words

POINTS_LEARNED = 240
FEWEST_POINTS = 60
SETTLE_SHARE = 1 / 60
MOST_IN_POINT = 256  # more samples of one slice say nothing new about its median
IN_A_ROW = 3
EWMA_WIDTH = 6.0
# rates are taken over this long at least: noise of two samples close together is no change
RATE_OVER_S = 1.0
RATE_QUIET_S = 60.0
# a score of 1 is twice the limit; from 0.5 on there is a finding, and it ends below 0.25
AT_LIMIT = 0.5
OVER_BELOW = 0.25
# growth of a score that is worth telling
GROWTH = 0.05


class Finding(StrEnum):
    """What is unusual."""

    DRIFT = "drift"
    LEVEL = "level"
    CHANGE = "fast change"
    CYCLES = "missing cycles"


@dataclass(frozen=True, slots=True)
class Change:
    """A finding begins, grows or ends.

    Attributes:
        at_s: seconds since the epoch. score: 0 to 1; 0.5 is the limit, 1 twice the limit.
        evidence: JSON-able numbers behind it.
    """

    finding: Finding
    what: str  # began | grew | ended
    at_s: float
    score: float
    evidence: Mapping[str, float]


BEGAN, GREW, ENDED = "began", "grew", "ended"


class Watch:
    """Takes samples, machine states and counts by time, and tells what changes.

    Attributes:
        scores: with ``keep_scores``, the score of each point: (seconds, score).
    """

    def __init__(
        self,
        spec: ConditionSpec,
        model: Model,
        watched: frozenset[MachineState],
        *,
        keep_scores: bool = False,
    ) -> None:
        self.spec = spec
        self.model = model
        self.scores: list[tuple[float, float]] = []
        self._keep = keep_scores
        self._watched = {s.value for s in watched}
        self._point_s = spec.learn_s / POINTS_LEARNED
        self._settle_s = spec.learn_s * SETTLE_SHARE
        self._changes: list[Change] = []

    def take(self) -> list[Change]:
        """What changed since the last call."""
        changes, self._changes = self._changes, []
        return changes

    # --- what comes in ------------------------------------------------------------------------------------

    def state(self, at_s: float, state: MachineState) -> None:
        """The machine changed its state: what was being collected is left."""
        m = self.model
        if state.value == m.state:
            return
        self.until(at_s)
        m.state, m.state_s = state.value, at_s
        self._forget_moment()
        m.silent_since = at_s + self._settle_s if state.value in self._watched else None
        self._end(Finding.CYCLES, at_s)

    def cycle(self, at_s: float) -> None:
        """The machine counted something."""
        m = self.model
        if m.state not in self._watched:
            return
        self._judge_cycles(at_s)
        m.silent_since = max(m.silent_since, at_s) if m.silent_since is not None else at_s
        self._end(Finding.CYCLES, at_s)

    def gap(self, start_s: float, end_s: float) -> None:
        """Nothing could be heard: neither silence nor a step over it means anything."""
        m = self.model
        self._forget_moment()
        if m.silent_since is not None:
            m.silent_since = max(m.silent_since, end_s)

    def value(self, at_s: float, value: float) -> None:
        """A sample of good quality."""
        m = self.model
        if not math.isfinite(value) or at_s < m.last_s:
            return  # too late to be put in its place
        before_s, m.last_s = m.last_s, at_s
        self._end_change(at_s)
        if m.state not in self._watched or at_s < m.state_s + self._settle_s:
            return
        here = self._here()
        if here.baseline is None and m.recent:
            here.learned_s += at_s - before_s
        self._judge_rate(at_s, value)
        number = math.floor(at_s / self._point_s)
        if m.slice != number:
            self._close_slice()
            m.slice = number
        if len(m.slice_values) < MOST_IN_POINT:
            m.slice_values.append(value)

    def go_on_with(self, findings: Mapping[str, float], at_s: float) -> None:
        """Findings that were open before learning began anew: they end by what is judged from now on."""
        self.model.open = dict(findings)
        if Finding.CHANGE.value in findings:
            self.model.change_at = at_s

    def clock_set_back(self) -> None:
        """The device's clock was set back: what comes next is taken although it looks older."""
        self._forget_moment()
        self.model.last_s = -math.inf

    def until(self, at_s: float) -> None:
        """Everything until then was heard."""
        m = self.model
        if m.slice is not None and math.floor(at_s / self._point_s) > m.slice:
            self._close_slice()
        self._end_change(at_s)
        self._judge_cycles(at_s)

    def _forget_moment(self) -> None:
        m = self.model
        m.slice, m.slice_values, m.recent, m.trail = None, [], [], []

    def _here(self) -> StateModel:
        m = self.model
        if m.state not in m.states:
            m.states[m.state] = StateModel()
        return m.states[m.state]

    # --- points -------------------------------------------------------------------------------------------

    def _close_slice(self) -> None:
        m = self.model
        if m.slice is not None and m.slice_values:
            self._point((m.slice + 1) * self._point_s, statistics.median(m.slice_values))
        m.slice, m.slice_values = None, []

    def _point(self, at_s: float, value: float) -> None:
        here = self._here()
        if here.baseline is None:
            here.learning.append(value)
            if here.learned_s >= self.spec.learn_s and len(here.learning) >= FEWEST_POINTS:
                here.baseline = learned(here.learning)
                here.learning = []
            return
        base, spec = here.baseline, self.spec
        z = min(max((value - base.center) / base.spread, -CUT_OFF), CUT_OFF)
        slack, most = spec.slack + base.guard, 2 * spec.threshold
        here.ewma = spec.smoothing * z + (1 - spec.smoothing) * here.ewma
        # a bound, so that what is mended is seen to be mended soon
        here.high = min(max(0.0, here.high + z - slack), most)
        here.low = min(max(0.0, here.low - z - slack), most)
        drift = min(max(here.high, here.low) / spec.threshold * AT_LIMIT, 1.0)
        limit = ewma_limit(spec.smoothing) + base.guard
        level = min(abs(here.ewma) / limit * AT_LIMIT, 1.0)
        here.drift_row = here.drift_row + 1 if drift >= AT_LIMIT else 0
        here.level_row = here.level_row + 1 if level >= AT_LIMIT else 0
        facts = {
            "value": value,
            "center": base.center,
            "spread": base.spread,
            "average": base.center + here.ewma * base.spread,
            "ewma": here.ewma,
            "ewma_limit": limit,
            "cusum_high": here.high,
            "cusum_low": here.low,
            "threshold": spec.threshold,
            "points_learned": float(base.points),
        }
        self._judge(Finding.DRIFT, here.drift_row >= IN_A_ROW, at_s, drift, facts)
        self._judge(Finding.LEVEL, here.level_row >= IN_A_ROW, at_s, level, facts)
        if self._keep:
            self.scores.append((at_s, max(drift, level)))

    # --- changes and cycles -------------------------------------------------------------------------------

    def _judge_rate(self, at_s: float, value: float) -> None:
        """The rate of the running median of three, over a second at least: a single stray sample has none."""
        m, limit = self.model, self.spec.most_change_per_s
        m.recent = [*m.recent[-2:], (at_s, value)]
        if limit <= 0 or len(m.recent) < 3:
            return
        middle = statistics.median(v for _, v in m.recent), m.recent[1][0]
        m.trail.append((middle[1], middle[0]))
        while len(m.trail) > 1 and middle[1] - m.trail[1][0] >= RATE_OVER_S:
            m.trail.pop(0)
        start_s, start = m.trail[0]
        seconds = middle[1] - start_s
        if seconds < RATE_OVER_S:
            return
        rate = (middle[0] - start) / seconds
        score = min(abs(rate) / limit * AT_LIMIT, 1.0)
        if score >= AT_LIMIT:
            m.change_at = at_s
            facts = {"value": middle[0], "before": start, "rate_per_s": rate, "most_per_s": limit}
            self._judge(Finding.CHANGE, True, at_s, score, facts)
        if self._keep and score >= AT_LIMIT:
            self.scores.append((at_s, score))

    def _end_change(self, at_s: float) -> None:
        m, quiet_s = self.model, max(RATE_QUIET_S, 2 * self._point_s)
        if m.change_at is not None and at_s - m.change_at >= quiet_s:
            self._end(Finding.CHANGE, m.change_at + quiet_s)
            m.change_at = None

    def _judge_cycles(self, at_s: float) -> None:
        m, limit = self.model, self.spec.missing_cycle_s
        if limit <= 0 or m.silent_since is None:
            return
        silent = at_s - m.silent_since
        score = min(silent / limit * AT_LIMIT, 1.0)
        if score >= AT_LIMIT:
            facts = {"silent_s": silent, "most_s": limit, "since": m.silent_since}
            known = Finding.CYCLES.value in self.model.open
            began_s = at_s if known else min(at_s, m.silent_since + limit)
            self._judge(Finding.CYCLES, True, began_s, score, facts)
            if self._keep:
                self.scores.append((at_s, score))

    # --- findings -----------------------------------------------------------------------------------------

    def _judge(
        self, finding: Finding, beyond: bool, at_s: float, score: float, facts: Mapping[str, float]
    ) -> None:
        known = self.model.open.get(finding.value)
        if known is None:
            if beyond:
                self.model.open[finding.value] = score
                self._changes.append(Change(finding, BEGAN, at_s, score, facts))
        elif score < OVER_BELOW:
            self._end(finding, at_s)
        elif score >= known + GROWTH or (score == 1.0 and known < 1.0):
            self.model.open[finding.value] = score
            self._changes.append(Change(finding, GREW, at_s, score, facts))

    def _end(self, finding: Finding, at_s: float) -> None:
        score = self.model.open.pop(finding.value, None)
        if score is not None:
            self._changes.append(Change(finding, ENDED, at_s, score, {}))


# --- limits and words --------------------------------------------------------------------------------------


def ewma_limit(smoothing: float) -> float:
    """Limit of the EWMA of standardised values (NIST/SEMATECH 6.3.2.4), in their standard deviations."""
    return EWMA_WIDTH * math.sqrt(smoothing / (2 - smoothing))


def words(finding: str, facts: Mapping[str, float], label: str, unit: str) -> str:
    """A finding in plain words: ``Fill weight drifts up: 251.3 g on average, 250 ± 0.3 g is usual.``"""
    of = f" {unit_words(unit)}" if unit else ""
    if finding == Finding.CHANGE:
        rate, most = abs(facts["rate_per_s"]), facts["most_per_s"]
        return f"{label} changes by {rate:.4g}{of} a second; {most:.4g}{of} is the most."
    if finding == Finding.CYCLES:
        silent, most = facts["silent_s"], facts["most_s"]
        return f"No count for {silent:.0f} s while the machine runs; {most:.0f} s is the most."
    up = facts["ewma"] > 0 if finding == Finding.LEVEL else facts["cusum_high"] > facts["cusum_low"]
    moved = "drifts" if finding == Finding.DRIFT else "stands"
    where = {"drifts": ("up", "down"), "stands": ("too high", "too low")}[moved][0 if up else 1]
    return (
        f"{label} {moved} {where}: {facts['average']:.5g}{of} on average, {facts['center']:.5g} ± "
        f"{facts['spread']:.2g}{of} is usual."
    )


def baseline_words(model: Model, spec: ConditionSpec, unit: str) -> str:
    """What was learned, or how far learning has come."""
    of = f" {unit_words(unit)}" if unit else ""
    told = []
    for name, here in model.states.items():
        state = "" if name == MachineState.UNDEFINED.value else f" while the machine is in {name}"
        if here.baseline is not None:
            b = here.baseline
            told.append(f"{b.center:.5g} ± {b.spread:.2g}{of} is usual{state} ({b.points} points)")
        else:
            share = min(here.learned_s / spec.learn_s, len(here.learning) / FEWEST_POINTS, 1.0)
            told.append(f"still learning{state}: {share * 100:.0f} %")
    return "; ".join(told) or "still learning: nothing was heard while the machine runs"


def parameters_wrong(spec: ConditionSpec) -> str:
    """What is wrong with parameters, in words; empty where they can be used."""
    numbers = {k: v for k, v in asdict(spec).items() if k != "tag"}
    for name, value in numbers.items():
        if not math.isfinite(value) or value < 0:
            return f"{name} is {value}; it must not be negative."
    if not 0 < spec.smoothing <= 1:
        return f"smoothing is {spec.smoothing:g}; it is above 0 and at most 1."
    if spec.threshold <= 0:
        return f"threshold is {spec.threshold:g}; it is above 0."
    if spec.learn_s <= 0:
        return f"learn_s is {spec.learn_s:g}; it is above 0."
    return ""
