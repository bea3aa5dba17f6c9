"""Limits of process values: warning and action limits, and run rules (Western Electric 1956, Nelson 1984).

Pure: memory comes in and goes out. A value beyond a limit is told at once; the breach is over when the value
was back inside for ``return_s``. Run rules look at points, each the mean of the values of ``every_s``
seconds, measured in standard deviations from the target.

Durations are taken on this computer's clock, so that a machine's clock that jumps tears no point apart; the
times in events are the machine's own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import Any

from console.domain.equipment import LimitSpec, Machine
from console.domain.machine_events import LimitBreached, LimitReturned
from console.domain.tags import Quality, Sample
from console.domain.wording import with_unit

LimitEvent = LimitBreached | LimitReturned


class LimitLevel(StrEnum):
    """How far: a warning shows, an action limit (or a run rule) proposes a quality hold."""

    WARNING = "warning"
    ACTION = "action"


CHECKPOINT = "limit:"  # no tag begins so
_RANK = {"": 0, LimitLevel.WARNING.value: 1, LimitLevel.ACTION.value: 2}


# --- run rules ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunRule:
    """One run rule.

    Attributes:
        points: how many points it looks at, the newest included.
        bound: in standard deviations from the target, what it watches; for evidence.
        broken: whether ``points`` scores (standard deviations from the target, oldest first) break it.
    """

    id: str
    title: str
    points: int
    bound: float
    broken: Callable[[Sequence[float]], bool]


def _beyond(scores: Sequence[float], sigmas: float, least: int) -> bool:
    """``least`` of them beyond, on one and the same side; the newest is one of them."""
    high = sum(1 for s in scores if s > sigmas)
    low = sum(1 for s in scores if s < -sigmas)
    return (high >= least and scores[-1] > sigmas) or (low >= least and scores[-1] < -sigmas)


def _one_side(scores: Sequence[float]) -> bool:
    return all(s > 0 for s in scores) or all(s < 0 for s in scores)


def _trending(scores: Sequence[float]) -> bool:
    pairs = list(pairwise(scores))
    return all(b > a for a, b in pairs) or all(b < a for a, b in pairs)


def _alternating(scores: Sequence[float]) -> bool:
    steps = [b - a for a, b in pairwise(scores)]
    return all(a * b < 0 for a, b in pairwise(steps))


def _all_within(scores: Sequence[float]) -> bool:
    return all(abs(s) < 1.0 for s in scores)


def _all_outside(scores: Sequence[float]) -> bool:
    return all(abs(s) > 1.0 for s in scores)


RUN_RULES: Mapping[str, RunRule] = {
    r.id: r
    for r in (
        RunRule("1-beyond-3s", "1 point beyond 3 sigma", 1, 3.0, lambda s: _beyond(s, 3.0, 1)),
        RunRule("2-of-3-beyond-2s", "2 of 3 beyond 2 sigma", 3, 2.0, lambda s: _beyond(s, 2.0, 2)),
        RunRule("4-of-5-beyond-1s", "4 of 5 beyond 1 sigma", 5, 1.0, lambda s: _beyond(s, 1.0, 4)),
        RunRule("8-on-one-side", "8 on one side of the target", 8, 0.0, _one_side),
        RunRule("6-trending", "6 rising or falling in a row", 6, 0.0, _trending),
        RunRule("14-alternating", "14 alternating up and down", 14, 0.0, _alternating),
        RunRule("15-within-1s", "15 within 1 sigma", 15, 1.0, _all_within),
        RunRule("8-outside-1s", "8 outside 1 sigma, on either side", 8, 1.0, _all_outside),
    )
}
MOST_POINTS = max(r.points for r in RUN_RULES.values())


def broken_rules(spec: LimitSpec, points: Sequence[float]) -> dict[str, bool]:
    """Of the rules that are switched on and have points enough, whether each is broken by the newest ones."""
    if spec.sigma <= 0:
        return {}
    scores = [(p - spec.target) / spec.sigma for p in points]
    return {
        name: rule.broken(scores[-rule.points :])
        for name in spec.run_rules
        if (rule := RUN_RULES.get(name)) is not None and len(scores) >= rule.points
    }


# --- limits ------------------------------------------------------------------------------------------------


def zone(spec: LimitSpec, value: float) -> tuple[str, str, float]:
    """(level, rule, bound) of a value; ("", "", 0.0) inside. On the limit is inside."""
    if spec.action_high is not None and value > spec.action_high:
        return LimitLevel.ACTION.value, "action-high", spec.action_high
    if spec.action_low is not None and value < spec.action_low:
        return LimitLevel.ACTION.value, "action-low", spec.action_low
    if spec.warning_high is not None and value > spec.warning_high:
        return LimitLevel.WARNING.value, "warning-high", spec.warning_high
    if spec.warning_low is not None and value < spec.warning_low:
        return LimitLevel.WARNING.value, "warning-low", spec.warning_low
    return "", "", 0.0


def holds_for(spec: LimitSpec, product: str, operation: str) -> bool:
    """Whether a limit is meant for what runs; one without product and operation always is."""
    return spec.product in ("", product) and spec.operation in ("", operation)


def in_words(spec: LimitSpec) -> str:
    """``-2 to 8 °C, warning 0 to 6``."""

    def span(low: float | None, high: float | None) -> str:
        if low is not None and high is not None:
            return f"{low:g} to {high:g}"
        if high is not None:
            return f"at most {high:g}"
        return f"at least {low:g}" if low is not None else ""

    action, warning = span(spec.action_low, spec.action_high), span(spec.warning_low, spec.warning_high)
    words = [with_unit(action, spec.unit) if action else "", f"warning {warning}" if warning else ""]
    if spec.sigma > 0 and spec.run_rules:
        words.append(f"target {spec.target:g}, sigma {spec.sigma:g}")
    return ", ".join(w for w in words if w)


@dataclass(slots=True)
class LimitMemory:
    """What is remembered of one limit.

    Attributes:
        level, rule, bound: the limit that is breached; empty while inside. Part of the checkpoint.
        rules: run rules that are broken and were told. Part of the checkpoint.
        value: the last value that was judged; None after a gap or a bad one.
        seen_at, heard: its time, the machine's, and ours.
        better_since: since when the value is less far out than ``level`` says; on our clock.
        points: newest means, oldest first; empty after a gap: a series with a hole is none.
        window, total, count: the point that is being collected: its number, sum and count of values.
    """

    level: str = ""
    rule: str = ""
    bound: float = 0.0
    rules: dict[str, float] = field(default_factory=dict)
    value: float | None = None
    seen_at: datetime | None = None
    heard: float = 0.0
    better_since: float | None = None
    points: list[float] = field(default_factory=list)
    window: int = -1
    total: float = 0.0
    count: int = 0

    def checkpoint(self) -> dict[str, Any]:
        """What a restart needs, so that a breach is told once."""
        return {"level": self.level, "rule": self.rule, "bound": self.bound, "rules": dict(self.rules)}

    @staticmethod
    def remember(data: Mapping[str, Any]) -> LimitMemory:
        """The memory after a restart. Nobody listened meanwhile: points begin anew."""
        return LimitMemory(
            level=data["level"], rule=data["rule"], bound=data["bound"], rules=dict(data["rules"])
        )


@dataclass(slots=True)
class Watch:
    """A limit, its memory, and what the quick look needs: inside ``low`` to ``high`` nothing is to be told.

    Attributes:
        applies: whether it is meant for what runs now.
    """

    spec: LimitSpec
    memory: LimitMemory
    machine: str
    low: float = -math.inf
    high: float = math.inf
    charts: bool = False
    applies: bool = True

    def __post_init__(self) -> None:
        s = self.spec
        self.low = max((x for x in (s.warning_low, s.action_low) if x is not None), default=-math.inf)
        self.high = min((x for x in (s.warning_high, s.action_high) if x is not None), default=math.inf)
        self.charts = s.sigma > 0 and any(r in RUN_RULES for r in s.run_rules)

    @property
    def key(self) -> str:
        """Names its checkpoint. Names of limits are unique in their machine only."""
        return checkpoint_key(self.machine, self.spec.name)


def checkpoint_key(machine: str, limit: str) -> str:
    """The checkpoint of a limit, beside those of tags."""
    return f"{CHECKPOINT}{machine}/{limit}"


@dataclass(slots=True)
class Limits:
    """The limits of one machine and where they stand. Owned by the machine's memory.

    Attributes:
        memories: by the limit's name.
        by_tag: those that are judged by themselves; None until they were first asked for.
        alone: of these tags, those that nothing else of the machine comes from.
        meant: names of the limits for a product or operation that hold while an order runs, by its reference
            ("" while the machine names none); None while that is not known: they are then neither judged
            nor ended.
    """

    memories: dict[str, LimitMemory] = field(default_factory=dict)
    by_tag: dict[str, tuple[Watch, ...]] | None = None
    alone: frozenset[str] = frozenset()
    meant: Mapping[str, frozenset[str]] | None = None
    _scoped: tuple[Watch, ...] = ()
    _timed: tuple[Watch, ...] = ()
    _asked: tuple[str, Mapping[str, frozenset[str]] | None] = ("", None)

    def watches(self, machine: Machine) -> dict[str, tuple[Watch, ...]]:
        """By tag; a missing memory is made."""
        if self.by_tag is None:
            found: dict[str, tuple[Watch, ...]] = {}
            for spec in machine.limits:
                if spec.tag:
                    watch = Watch(spec, self.memories.setdefault(spec.name, LimitMemory()), machine.name)
                    watch.applies = not (spec.product or spec.operation)
                    found[spec.tag] = (*found.get(spec.tag, ()), watch)
            every = tuple(w for watches in found.values() for w in watches)
            self.by_tag = found
            self.alone = frozenset(found) - (set(machine.tag_names()) - set(machine.process_tags))
            self._timed = tuple(w for w in every if w.charts)
            self._scoped = tuple(w for w in every if w.spec.product or w.spec.operation)
        return self.by_tag

    def rescope(self, order: str, at: datetime) -> list[LimitEvent]:
        """Asks again which limits hold, where the order or what is known of it changed."""
        meant = self.meant
        if meant is None or (self._asked[0] == order and self._asked[1] is meant):
            return []
        self._asked = (order, meant)
        names = meant.get(order, frozenset())
        events: list[LimitEvent] = []
        for watch in self._scoped:
            m, applies = watch.memory, watch.spec.name in names
            if not applies and (watch.applies or m.level or m.rules):
                events += _not_meant(watch, at)
            elif applies and not watch.applies and m.value is not None:
                # the value may stand still, so that no other one comes
                events += _step(watch, m.value, m.heard, at)
            watch.applies = applies
        return events

    def look(self, now: datetime) -> list[LimitEvent]:
        """What time alone brings; see ``look``."""
        events: list[LimitEvent] = []
        for watch in self._timed:
            events += look(watch, now)
        for watches in (self.by_tag or {}).values():
            for watch in watches:
                if watch.memory.better_since is not None and not watch.charts:
                    events += look(watch, now)
        return events

    def lost(self, tags: Iterable[str]) -> None:
        """Nothing is heard of these tags any more; see ``lost``."""
        for tag in tags:
            for watch in (self.by_tag or {}).get(tag, ()):
                lost(watch)


def judge(watch: Watch, sample: Sample, at: datetime) -> list[LimitEvent]:
    """What one sample comes to. A bad value is not judged; it breaks the time inside.

    Args:
        at: the time that the sample counts at (``detect.booking_time``).
    """
    memory, value = watch.memory, sample.value
    if (
        sample.quality is Quality.BAD
        or not isinstance(value, int | float)
        or isinstance(value, bool)
        or not math.isfinite(value)
    ):
        memory.value, memory.better_since = None, None
        return []
    now = sample.received_time.timestamp()
    events = _collect(watch, value, now, at) if watch.charts and watch.applies else []
    memory.value, memory.seen_at, memory.heard = value, at, now
    if not watch.applies:
        return []
    if not memory.level and watch.low <= value <= watch.high:
        return events
    return events + _step(watch, value, now, at)


def look(watch: Watch, now: datetime) -> list[LimitEvent]:
    """What time alone brings: the end of a breach, a point that is complete. A value that stands still comes
    only once from many machines."""
    memory = watch.memory
    if memory.value is None or memory.seen_at is None or not watch.applies:
        return []
    seconds = now.timestamp()
    # what this instant still brings comes first into its point: a second is waited for it
    events = _close_points(watch, seconds - 1.0, memory.seen_at) if watch.charts else []
    if memory.better_since is not None and seconds - memory.better_since >= watch.spec.return_s:
        at = memory.seen_at + timedelta(seconds=max(seconds - memory.heard, 0.0))
        events += _step(watch, memory.value, seconds, at)
    return events


def lost(watch: Watch) -> None:
    """Nothing is heard of the value any more: neither inside nor outside is known, and the points end."""
    m = watch.memory
    m.value, m.better_since, m.window, m.total, m.count = None, None, -1, 0.0, 0
    m.points.clear()


# --- steps -------------------------------------------------------------------------------------------------


def _not_meant(watch: Watch, at: datetime) -> list[LimitEvent]:
    """Something else runs now that the limit does not hold for: what it said is over."""
    m, action = watch.memory, LimitLevel.ACTION.value
    events: list[LimitEvent] = [_returned(watch, m.level, m.rule, at, "other product")] if m.level else []
    events += [_returned(watch, action, rule, at, "other product") for rule in sorted(m.rules)]
    value, seen_at, heard = m.value, m.seen_at, m.heard
    lost(watch)
    m.value, m.seen_at, m.heard = value, seen_at, heard
    m.level, m.rule, m.bound = "", "", 0.0
    m.rules.clear()
    return events


def _step(watch: Watch, value: float, now: float, at: datetime) -> list[LimitEvent]:
    m = watch.memory
    level, rule, bound = zone(watch.spec, value)
    if rule == m.rule:
        m.better_since = None
        return []
    before, after = _RANK[m.level], _RANK[level]
    if after > before or (after == before and after > 0):
        # farther out, or out on the other side: told at once
        events: list[LimitEvent] = (
            [_returned(watch, m.level, m.rule, at, "other side")] if after == before else []
        )
        m.level, m.rule, m.bound, m.better_since = level, rule, bound, None
        return [*events, _breached(watch, level, rule, value, bound, at)]
    if m.better_since is None:
        m.better_since = now
    if now - m.better_since < watch.spec.return_s:
        return []
    events = [_returned(watch, m.level, m.rule, at, "inside")]
    m.level, m.rule, m.bound, m.better_since = level, rule, bound, None
    if level:
        events.append(_breached(watch, level, rule, value, bound, at))
    return events


def _collect(watch: Watch, value: float, now: float, at: datetime) -> list[LimitEvent]:
    m = watch.memory
    events = _close_points(watch, now, at) if m.window >= 0 else []
    if m.window < 0:
        m.window = int(now // watch.spec.every_s)
    m.total += value
    m.count += 1
    return events


def _close_points(watch: Watch, now: float, at: datetime) -> list[LimitEvent]:
    """Ends the points that are over at ``now``. A value that stood still counts on; without one the series
    ends: a hole in it would make points neighbours that are none."""
    m, current = watch.memory, int(now // watch.spec.every_s)
    events: list[LimitEvent] = []
    if m.window < 0 or current <= m.window:
        return events
    # after a long silence only as many as any rule looks at
    for _ in range(min(current - m.window, MOST_POINTS)):
        if m.count:
            m.points.append(m.total / m.count)
        elif m.value is not None:
            m.points.append(m.value)
        else:
            m.points.clear()
        m.total, m.count = 0.0, 0
        del m.points[:-MOST_POINTS]
        events += _judge_points(watch, at)
    m.window = current
    return events


def _judge_points(watch: Watch, at: datetime) -> list[LimitEvent]:
    m, spec = watch.memory, watch.spec
    events: list[LimitEvent] = []
    for name, broken in broken_rules(spec, m.points).items():
        if broken and name not in m.rules:
            side = 1 if m.points[-1] >= spec.target else -1
            bound = spec.target + side * RUN_RULES[name].bound * spec.sigma
            m.rules[name] = bound
            events.append(_breached(watch, LimitLevel.ACTION.value, name, m.points[-1], bound, at))
        elif not broken and name in m.rules:
            events.append(_returned(watch, LimitLevel.ACTION.value, name, at, "inside"))
            del m.rules[name]
    return events


def _breached(watch: Watch, level: str, rule: str, value: float, bound: float, at: datetime) -> LimitBreached:
    s = watch.spec
    return LimitBreached(watch.machine, at, s.tag, s.name, level, rule, value, bound, s.unit)


def _returned(watch: Watch, level: str, rule: str, at: datetime, cause: str) -> LimitReturned:
    s = watch.spec
    return LimitReturned(watch.machine, at, s.tag, s.name, level, rule, watch.memory.value, s.unit, cause)
