"""Rows of Holds: quality holds, their evidence and dispositions, checks and limits."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.domain.holds import Disposition, HoldState
from console.domain.postings import PostingState
from console.services.views import FactTable, Level, Series


@dataclass(frozen=True, slots=True)
class HoldRow:
    """A quality hold.

    Attributes:
        effective: confirmations for what it covers are stopped here.
        posting: state of its newest posting; waiting: why that is not verified, in words.
        stock: where the lot lies now as last known: "240 Units in WH/Quarantine".
    """

    id: int
    version: int
    title: str
    state: HoldState
    severity: int
    level: Level
    effective: bool
    machine: str
    machine_title: str
    product: str
    lot: str
    order_reference: str
    quantity: float | None
    unit: str
    opened_at: datetime
    opened_by: str
    age_s: float
    disposition: Disposition | None
    posting: PostingState | None
    waiting: str
    stock: str
    trace_id: str
    parent_id: int | None = None


@dataclass(frozen=True, slots=True)
class LimitLine:
    """A line to draw into the trend. ``kind``: "action" or "warning" or "target"."""

    value: float
    kind: str
    label: str


@dataclass(frozen=True, slots=True)
class ChildLot:
    """A lot that has the held one in it."""

    lot_id: int
    lot: str
    product: str
    depth: int
    stock: str
    shipped: bool
    held: bool


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A measurement or inspection."""

    id: int
    at: datetime
    title: str
    result: str
    text: str
    person: str
    lot: str
    order_reference: str
    posting: PostingState | None
    trace_id: str
    kind: str = "inspection"
    state: str = "recorded"
    version: int = 1


@dataclass(frozen=True, slots=True)
class DispositionChoice:
    """A way to decide a hold.

    Attributes:
        signed: takes a signature (re-authentication, meaning, reason). two_people: and a second one.
        meanings: what the signature may mean, the usual one first.
        why_not: why it cannot be chosen now; "" where it can.
    """

    key: Disposition
    title: str
    effect: str
    signed: bool
    two_people: bool
    meanings: tuple[str, ...]
    why_not: str


@dataclass(frozen=True, slots=True)
class HoldDetail:
    """All about one hold."""

    row: HoldRow
    explanation: str
    series: Series | None
    limits: tuple[LimitLine, ...]
    highlight: tuple[datetime, datetime] | None
    facts: FactTable | None
    children: tuple[ChildLot, ...]
    checks: tuple[CheckRow, ...]
    choices: tuple[DispositionChoice, ...]
    signatures: tuple[str, ...]
    history: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True)
class Question:
    """A question of a test, to be answered by hand or scanner."""

    id: int
    title: str
    kind: str
    minimum: float
    maximum: float
    unit: str
    answers: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class TestForm:
    """A quality test of Odoo as a form."""

    id: int
    title: str
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class LimitRow:
    """A limit as configured, with the last value."""

    machine: str
    name: str
    title: str
    unit: str
    product: str
    text: str
    run_rules: tuple[str, ...]
    by_hand: bool
    value: float | None
    level: Level


@dataclass(frozen=True, slots=True)
class HoldsView:
    """The Holds page: open ones by severity then age, and the newest closed ones."""

    open: tuple[HoldRow, ...]
    closed: tuple[HoldRow, ...]
    limits: tuple[LimitRow, ...]
    checks: tuple[CheckRow, ...]
    quality_missing: str
