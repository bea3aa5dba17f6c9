"""Rows of Stops: stops with their reasons, the reason tree, Pareto."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.domain.packml import MachineState
from console.domain.postings import PostingState
from console.domain.proposals import Verdict
from console.domain.stops import StopCategory
from console.services.views import Level, StateBand


@dataclass(frozen=True, slots=True)
class StopRow:
    """A stop.

    Attributes:
        ended_at: None while it stands.
        needs_reason: longer than the machine's threshold, unplanned and unexplained.
        prompted_at: when the threshold was passed; the prompt is due then.
        odoo_minutes: the duration that Odoo reckons for its row; None where it was never read.
        waiting: why its posting is not verified yet, in words.
    """

    id: int
    version: int
    machine: str
    title: str
    started_at: datetime
    ended_at: datetime | None
    duration_s: float
    state: MachineState
    category: StopCategory
    needs_reason: bool
    prompted_at: datetime | None
    order_reference: str
    reason_key: str
    reason: str
    note: str
    explained_by: str
    posting: PostingState | None
    waiting: str
    odoo_minutes: float | None
    trace_id: str
    level: Level


@dataclass(frozen=True, slots=True)
class ReasonNode:
    """A reason of the tree. ``key`` is what ``explain`` takes: "12" or "12/Jam at infeed".

    Attributes:
        times: how often it was chosen for this machine in the last 30 days.
        planned: a planned stop (productive or planned loss), which does not count against availability.
    """

    key: str
    title: str
    group: str
    loss_type: str
    times: int
    planned: bool
    children: tuple[ReasonNode, ...] = ()


@dataclass(frozen=True, slots=True)
class StopDetail:
    """The panel of one stop.

    Attributes:
        top: up to five reasons, likeliest first: what the machine's state suggests, then by history.
        tree: all reasons.
        before, after: neighbours that it can be merged with; None where there is none.
        earliest, latest: the bounds within which its times may be moved.
        bands: the machine's states around it.
        effect: what Odoo will hold, in words.
        why_not: why it cannot be explained now; "" where it can.
        odoo_note: why Odoo shows another duration; "" where it does not.
        history: who did what about it, oldest first: (when, text).
        verdicts: what the rules say about it as it stands, with the reason that it has.
    """

    row: StopRow
    top: tuple[ReasonNode, ...]
    tree: tuple[ReasonNode, ...]
    before: StopRow | None
    after: StopRow | None
    earliest: datetime
    latest: datetime
    bands: tuple[StateBand, ...]
    effect: str
    why_not: str
    odoo_note: str
    history: tuple[tuple[datetime, str], ...]
    verdicts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class ParetoBar:
    """One reason's share of the lost time."""

    reason: str
    minutes: float
    stops: int
    share: float
    cumulative: float


@dataclass(frozen=True, slots=True)
class StopsView:
    """The Stops page.

    Attributes:
        prompts: stops that wait for a reason, the longest standing first.
        rows: all of the span, newest first; micro-stops only where asked for.
        machines: (name, title) to filter by.
    """

    prompts: tuple[StopRow, ...]
    rows: tuple[StopRow, ...]
    pareto: tuple[ParetoBar, ...]
    micro_stops: int
    micro_minutes: float
    machines: tuple[tuple[str, str], ...]
