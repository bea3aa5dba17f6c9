"""Rows of Shift: OEE by ISO 22400 with its terms, and the hand-over."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.services.views.stops import ParetoBar


@dataclass(frozen=True, slots=True)
class Term:
    """One term of a formula, with what it is made of.

    Attributes:
        symbol: the standard's: PBT, APT, PRI, PQ, GQ, ...
        value, unit: minutes, units, ...
        rows: what it was summed from: (when or what, text, value).
    """

    symbol: str
    title: str
    value: float
    unit: str
    rows: tuple[tuple[str, str, float], ...]


@dataclass(frozen=True, slots=True)
class OeeView:
    """OEE of a machine over a span. A ratio is None where its divisor is 0.

    Attributes:
        formula: in words and numbers: "availability 0.83 x effectiveness 0.91 x quality 0.99 = 0.75".
        odoo_note: why Odoo shows another figure (calendar hours, closed rows only), with the numbers.
        missing: what is not known and therefore left out (gaps in the data, no ideal rate), in words.
    """

    machine: str
    title: str
    order_reference: str
    start: datetime
    end: datetime
    availability: float | None
    effectiveness: float | None
    quality_ratio: float | None
    oee: float | None
    terms: tuple[Term, ...]
    formula: str
    odoo_note: str
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ShiftRef:
    """A shift that can be picked. ``key``: "2026-11-21/Morning"."""

    key: str
    title: str
    start: datetime
    end: datetime
    running: bool
    sealed: bool


@dataclass(frozen=True, slots=True)
class ShiftNote:
    """A note of the hand-over."""

    at: datetime
    person: str
    text: str


@dataclass(frozen=True, slots=True)
class CountLine:
    """Counts of a machine and order in the shift, in the machine's unit."""

    machine: str
    order_reference: str
    product: str
    unit: str
    good: float
    scrap: float
    expected: float
    confirmed: float
    waiting: float


@dataclass(frozen=True, slots=True)
class ShiftView:
    """The hand-over, filled by itself.

    Attributes:
        open_holds, open_reviews, open_stops, open_alarms: lines of what is handed over.
        sealed: who signed and when, in words; "" while it is open.
        why_not: why it cannot be signed off now; "" where it can.
        changes: of a sealed one: what became different since, in words.
    """

    ref: ShiftRef
    oee: tuple[OeeView, ...]
    counts: tuple[CountLine, ...]
    pareto: tuple[ParetoBar, ...]
    open_holds: tuple[str, ...]
    open_reviews: tuple[str, ...]
    open_stops: tuple[str, ...]
    open_alarms: tuple[str, ...]
    notes: tuple[ShiftNote, ...]
    sealed: str
    why_not: str
    changes: tuple[str, ...] = ()
