"""OEE and its terms (ISO 22400-2:2014): availability x effectiveness x quality ratio.

    availability   = APT / PBT
    effectiveness  = PRI * PQ / APT
    quality ratio  = GQ / PQ
    OEE index      = availability * effectiveness * quality ratio

A ratio is None where its divisor is 0, or where something in it is not known. Every figure carries what it
was summed from.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain.time_model import BUSY, Slice, TimeClass
from console.domain.validate import number
from console.domain.wording import lasted


@dataclass(frozen=True, slots=True)
class Counted:
    """What one counter told in a time.

    Attributes:
        kind: "good" or "scrap". units: counts times units per count.
        text: what is shown for it.
    """

    start: datetime
    end: datetime
    kind: str
    units: float
    text: str


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a figure was summed from; ``end`` None: a moment. No ``start``: it has no time."""

    start: datetime | None
    end: datetime | None
    text: str
    value: float


@dataclass(frozen=True, slots=True)
class Figure:
    """A term. ``symbol`` is the standard's; in brackets where it has none."""

    symbol: str
    title: str
    value: float
    unit: str
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Oee:
    """The result.

    Attributes:
        missing: what is not known and left out, in words.
    """

    availability: float | None
    effectiveness: float | None
    quality_ratio: float | None
    oee: float | None
    figures: tuple[Figure, ...]
    missing: tuple[str, ...]

    def figure(self, symbol: str) -> Figure:
        """The figure of a symbol."""
        return next(f for f in self.figures if f.symbol == symbol)


_TITLES = {
    TimeClass.UNKNOWN: ("(unknown)", "Not known"),
    TimeClass.PLANNED: ("PDOT", "Planned down time"),
    TimeClass.NO_ORDER: ("ADOT", "Actual unit down time: no order"),
    TimeClass.PRODUCTION: ("APT", "Actual production time"),
    TimeClass.SETUP: ("AUST", "Actual unit setup time: changeover"),
    TimeClass.DELAY: ("ADET", "Actual unit delay time: stops"),
}


def reckon(
    time: Sequence[Slice],
    counted: Sequence[Counted],
    across: Sequence[Counted],
    rework: float,
    ideal_rate_per_h: float,
    unit: str,
) -> Oee:
    """OEE of the time that ``time`` covers.

    Args:
        counted: counts of that time.
        across: what was counted across gaps: left out, as the gaps' time is, and told.
        rework: of the scrap counted, what a person called rework, in ``unit``.
        ideal_rate_per_h: units per hour; 0 where nobody knows it.
    """
    minutes = {k: _minutes(k, [s for s in time if s.kind is k]) for k in TimeClass}
    busy = _busy(time)
    good = _units("GQ", "Good quantity", [c for c in counted if c.kind == "good"], unit)
    rejected = [c for c in counted if c.kind == "scrap"]
    total_rejected = sum(c.units for c in rejected)
    again = min(rework, total_rejected)
    scrap = _units("SQ", "Scrap quantity", rejected, unit, less=again)
    figures = (
        _span(time),
        *(minutes[k] for k in (TimeClass.UNKNOWN, TimeClass.PLANNED, TimeClass.NO_ORDER)),
        busy,
        *(minutes[k] for k in (TimeClass.PRODUCTION, TimeClass.SETUP, TimeClass.DELAY)),
        _pri(ideal_rate_per_h, unit),
        Figure(
            "PQ",
            "Produced quantity: good, scrap and rework",
            good.value + total_rejected,
            unit,
            (
                Part(None, None, "good", good.value),
                Part(None, None, "scrap", scrap.value),
                Part(None, None, "rework", again),
            ),
        ),
        good,
        scrap,
        Figure(
            "RQ",
            "Rework quantity",
            again,
            unit,
            (Part(None, None, "called rework by people", again),) if again else (),
        ),
    )
    by = {f.symbol: f.value for f in figures}
    availability = _ratio(by["APT"], by["PBT"])
    effectiveness = _ratio(by["PRI"] * by["PQ"], by["APT"]) if ideal_rate_per_h > 0 else None
    quality = _ratio(by["GQ"], by["PQ"])
    whole = (
        availability * effectiveness * quality
        if availability is not None and effectiveness is not None and quality is not None
        else None
    )
    missing = _missing(time, across, ideal_rate_per_h, unit, rework - again)
    return Oee(availability, effectiveness, quality, whole, figures, missing)


def formula(oee: Oee) -> str:
    """In words and numbers: "availability 0.83 x effectiveness 0.91 x quality 0.99 = 0.75"."""
    words = (
        ("availability", oee.availability),
        ("effectiveness", oee.effectiveness),
        ("quality", oee.quality_ratio),
    )
    told = " x ".join(f"{name} {_two(value)}" for name, value in words)
    return f"{told} = {_two(oee.oee)}"


def _two(value: float | None) -> str:
    return f"{value:.2f}" if value is not None else "unknown"


def _ratio(above: float, below: float) -> float | None:
    return above / below if below > 0 else None


def _span(time: Sequence[Slice]) -> Figure:
    parts = (
        (Part(time[0].start, time[-1].end, "time looked at", sum(s.seconds for s in time) / 60.0),)
        if time
        else ()
    )
    return Figure("(time)", "Time looked at", sum(p.value for p in parts), "min", parts)


def _minutes(kind: TimeClass, found: Sequence[Slice]) -> Figure:
    symbol, title = _TITLES[kind]
    parts = tuple(Part(s.start, s.end, s.text, s.seconds / 60.0) for s in found)
    return Figure(symbol, title, sum(p.value for p in parts), "min", parts)


def _busy(time: Sequence[Slice]) -> Figure:
    parts = tuple(
        Part(None, None, _TITLES[k][1], sum(s.seconds for s in time if s.kind is k) / 60.0)
        for k in TimeClass
        if k in BUSY
    )
    return Figure("PBT", "Planned busy time", sum(p.value for p in parts), "min", parts)


def _pri(rate: float, unit: str) -> Figure:
    value = 60.0 / rate if rate > 0 else 0.0
    parts = (Part(None, None, f"60 min / {number(rate)} {unit} per hour", value),) if rate > 0 else ()
    return Figure("PRI", "Planned run time per item", value, "min", parts)


def _units(symbol: str, title: str, found: Sequence[Counted], unit: str, less: float = 0.0) -> Figure:
    parts = [Part(c.start, c.end, c.text, c.units) for c in found]
    if less:
        parts.append(Part(None, None, "called rework by people", -less))
    return Figure(symbol, title, sum(p.value for p in parts), unit, tuple(parts))


def _missing(
    time: Sequence[Slice],
    across: Sequence[Counted],
    rate: float,
    unit: str,
    rework_over: float,
) -> tuple[str, ...]:
    told = []
    unknown: dict[str, float] = {}
    for each in time:
        if each.kind is TimeClass.UNKNOWN:
            unknown[each.text] = unknown.get(each.text, 0.0) + each.seconds
    told += [f"{lasted(seconds, 1)} are left out: {text}." for text, seconds in unknown.items()]
    if across:
        made = sum(c.units for c in across)
        told.append(f"{number(made)} {unit} counted across gaps in the data are left out, as their time is.")
    if rate <= 0:
        told.append("No ideal rate is configured: effectiveness and OEE are not known.")
    if rework_over > 0:
        told.append(f"{number(rework_over)} {unit} of rework were counted as scrap in another time.")
    return tuple(told)
