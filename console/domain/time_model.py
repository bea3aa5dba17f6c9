"""The time of a machine, each moment in one class (ISO 22400-2:2014, time model for work units).

    time looked at
    |-- not known                       nothing trustworthy was heard
    |-- planned down time (PDOT)        breaks, and stops whose reason is planned
    |-- actual unit down time (ADOT)    no order: nothing to make
    `-- planned busy time (PBT)
        |-- actual production time (APT)     it executed
        |-- actual unit setup time (AUST)    changeover
        `-- actual unit delay time (ADET)    unplanned stops and micro-stops

A stop goes before everything: it is what people see and explain. Time in which the machine executed is
production time in a break too: it was busy, whatever was planned. What is neither a stop nor executed, and
what lies in a gap of the data, is not known; it is told, and counts nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import pairwise

from console.domain.stops import StopCategory


class TimeClass(StrEnum):
    """A class of time; the values are the standard's symbols, "" for what it has none for."""

    PRODUCTION = "APT"
    SETUP = "AUST"
    DELAY = "ADET"
    NO_ORDER = "ADOT"
    PLANNED = "PDOT"
    UNKNOWN = ""


BUSY = frozenset({TimeClass.PRODUCTION, TimeClass.SETUP, TimeClass.DELAY})


@dataclass(frozen=True, slots=True)
class Stood:
    """A stop. ``planned``: by its reason. ``text``: what is shown for it."""

    start: datetime
    end: datetime
    category: StopCategory
    planned: bool
    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A time of which the data tell nothing, and why. What a counter tells at its end was made inside."""

    start: datetime
    end: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Slice:
    """A time of one class."""

    start: datetime
    end: datetime
    kind: TimeClass
    text: str

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.end - self.start).total_seconds()


def class_of(category: StopCategory, planned: bool) -> TimeClass:
    """The class of a stop's time."""
    if planned or category is StopCategory.PLANNED:
        return TimeClass.PLANNED
    if category is StopCategory.NO_ORDER:
        return TimeClass.NO_ORDER
    return TimeClass.SETUP if category is StopCategory.CHANGEOVER else TimeClass.DELAY


def slices(
    start: datetime,
    end: datetime,
    stood: Sequence[Stood],
    executed: Sequence[tuple[datetime, datetime]],
    gaps: Sequence[Gap],
) -> tuple[Slice, ...]:
    """A time cut into classes, without a hole and without overlap, oldest first."""
    if end <= start:
        return ()
    edges = {start, end}
    spans = [(s.start, s.end) for s in stood] + list(executed) + [(g.start, g.end) for g in gaps]
    edges |= {at for span in spans for at in span if start < at < end}
    cuts = sorted(edges)
    found: list[Slice] = []
    for at, until in pairwise(cuts):
        kind, text = _class_at(at, stood, executed, gaps)
        last = found[-1] if found else None
        if last is not None and (last.kind, last.text) == (kind, text):
            found[-1] = Slice(last.start, until, kind, text)
        else:
            found.append(Slice(at, until, kind, text))
    return tuple(found)


def _class_at(
    at: datetime,
    stood: Sequence[Stood],
    executed: Sequence[tuple[datetime, datetime]],
    gaps: Sequence[Gap],
) -> tuple[TimeClass, str]:
    for each in stood:
        if each.start <= at < each.end:
            return class_of(each.category, each.planned), each.text
    for gap in gaps:
        if gap.start <= at < gap.end:
            return TimeClass.UNKNOWN, gap.text
    if any(a <= at < b for a, b in executed):
        return TimeClass.PRODUCTION, "executed"
    return TimeClass.UNKNOWN, "the machine's state was not known"
