"""Rows of an order's life: operations, components, scrap, what closing it will do; and policies."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.domain.policies import Flow, Mode
from console.domain.postings import PostingState
from console.services.views import Level


@dataclass(frozen=True, slots=True)
class OperationRow:
    """An operation and what can be done with it: ``actions`` of start, pause, finish."""

    id: int
    name: str
    work_center: str
    machine: str
    state: str
    produced: float
    ordered: float
    suggested: str
    actions: tuple[str, ...]
    posting: PostingState | None
    waiting: str


@dataclass(frozen=True, slots=True)
class ComponentRow:
    """A component: what the bill of materials asks for what was made, and what the machine counted.

    Attributes:
        tolerance: largest difference that needs no person, in the component's unit.
        confirmed: absolute, as booked; None: Odoo reckons it by the bill of materials.
    """

    consumption_id: int | None
    version: int
    product: str
    unit: str
    by_bom: float
    counted: float | None
    tolerance: float
    confirmed: float | None
    level: Level
    note: str
    posting: PostingState | None


@dataclass(frozen=True, slots=True)
class ScrapRow:
    """Scrap of a machine and order: counted, given a reason, booked; in the machine's unit."""

    machine: str
    title: str
    unit: str
    counted: float
    explained: float
    open: float
    booked: tuple[tuple[datetime, float, str, str], ...]
    why_not: str


@dataclass(frozen=True, slots=True)
class CloseEffect:
    """One line of what Odoo will do when the order is closed."""

    text: str
    level: Level = Level.NORMAL


@dataclass(frozen=True, slots=True)
class OrderDetail:
    """One order.

    Attributes:
        close_effects: quantity, components, backorder, lots: what closing does in Odoo.
        can_backorder: what is missing may be ordered again; the choice is part of the decision.
        close_why_not: why it cannot be closed now; "" where it can.
    """

    order_id: int
    order_reference: str
    product: str
    unit: str
    state: str
    ordered: float
    produced: float
    lots: tuple[str, ...]
    operations: tuple[OperationRow, ...]
    components: tuple[ComponentRow, ...]
    scrap: tuple[ScrapRow, ...]
    scrap_reasons: tuple[str, ...]
    close_effects: tuple[CloseEffect, ...]
    can_backorder: bool
    close_why_not: str
    closing: PostingState | None
    closing_waiting: str
    history: tuple[tuple[datetime, str], ...]


@dataclass(frozen=True, slots=True)
class PolicyRow:
    """The policy of one flow of one machine."""

    machine: str
    title: str
    flow: Flow
    mode: Mode
    tolerance_percent: float
    set_by: str
    reason: str
    at: datetime | None
