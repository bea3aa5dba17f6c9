"""Rows of Alarms: occurrences grouped by cause, guidance, maintenance requests, conditions."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from console.domain.alarms import AlarmState
from console.domain.postings import PostingState
from console.services.views import Level, Series


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A maintenance request of ours, or one that is open in Odoo.

    Attributes:
        id: ours; 0 for one that only Odoo has. ticket_id: Odoo's; None while it is not booked.
        stage: Odoo's stage; "" while it is not known. priority: 0 to 3.
    """

    id: int
    ticket_id: int | None
    title: str
    machine: str
    equipment: str
    stage: str
    done: bool
    priority: int
    state: str
    posting: PostingState | None
    waiting: str
    at: datetime | None
    by: str
    source: str = ""
    version: int = 1
    trace_id: str = ""


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """An alarm occurrence.

    Attributes:
        raises: how often it was raised; more than 1: chatter, shown once.
        children: those that it brought along.
        shelved_until: shelved until then; None where it is not.
        request: its maintenance request, if any.
    """

    id: int
    version: int
    machine: str
    title: str
    tag: str
    text: str
    priority: int
    level: Level
    state: AlarmState
    raised_at: datetime
    cleared_at: datetime | None
    acknowledged_by: str
    acknowledged_at: datetime | None
    raises: int
    in_flood: bool
    shelved_until: datetime | None
    request: RequestRow | None
    trace_id: str
    children: tuple[AlarmRow, ...] = ()


@dataclass(frozen=True, slots=True)
class ShelfRow:
    """A shelved alarm."""

    id: int
    machine: str
    tag: str
    text: str
    person: str
    reason: str
    until: datetime


@dataclass(frozen=True, slots=True)
class ConditionRow:
    """A scored anomaly of a machine."""

    id: int
    machine: str
    title: str
    tag: str
    finding: str
    score: float
    text: str
    started_at: datetime
    ended_at: datetime | None
    request: RequestRow | None
    trace_id: str


@dataclass(frozen=True, slots=True)
class AlarmsView:
    """The Alarms page.

    Attributes:
        groups: causes with what they brought along, most urgent first.
        counts: standing or unacknowledged, by priority 1, 2, 3.
        flood: in words while there is one; "".
        suppressed: what was not shown by itself, in words: "14 repeats of 3 alarms".
        history: cleared and acknowledged ones, newest first.
        proposals: maintenance that the console proposes (upkeep by use, conditions).
    """

    groups: tuple[AlarmRow, ...]
    counts: tuple[int, int, int]
    flood: str
    suppressed: str
    shelved: tuple[ShelfRow, ...]
    history: tuple[AlarmRow, ...]
    proposals: tuple[RequestRow, ...]
    requests: tuple[RequestRow, ...]
    conditions: tuple[ConditionRow, ...]
    maintenance_missing: str


@dataclass(frozen=True, slots=True)
class RequestForm:
    """A request, prefilled: two taps send it.

    Attributes:
        source: "alarm:5", "condition:2" or "request:7" (a proposed one).
        equipments: (id, name) to choose from; the machine's own first.
        open_requests: those of the equipment that are open in Odoo; to be joined before a new one is made.
        why_not: why none can be made; "" where it can.
    """

    source: str
    version: int
    machine: str
    equipment_id: int | None
    equipments: tuple[tuple[int, str], ...]
    title: str
    description: str
    kind: str
    priority: int
    open_requests: tuple[RequestRow, ...]
    evidence: tuple[str, ...]
    effect: str
    why_not: str


@dataclass(frozen=True, slots=True)
class AlarmDetail:
    """The panel of one alarm."""

    row: AlarmRow
    guidance: str
    series: Series | None
    highlight: tuple[datetime, datetime] | None
    form: RequestForm
    history: tuple[tuple[datetime, str], ...]
    shelve_why_not: str
    shelve_most_min: int


@dataclass(frozen=True, slots=True)
class TrialFinding:
    """What the parameters would have found."""

    at: datetime
    finding: str
    score: float
    text: str


@dataclass(frozen=True, slots=True)
class Trial:
    """Condition parameters tried on recorded samples.

    Attributes:
        series: the values; score: the statistic over time, same clock; threshold: its limit.
        live_findings: what the parameters that are live now would have found in the same span.
    """

    machine: str
    tag: str
    start: datetime
    end: datetime
    series: Series
    score: Series
    threshold: float
    findings: tuple[TrialFinding, ...]
    live_findings: tuple[TrialFinding, ...]
    baseline: str
