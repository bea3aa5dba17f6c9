"""What the screens and the command line show: frozen rows, ready to paint.

The desktop never sees a table or a query; it sees these. Times are aware UTC, the screen makes them
local. ``level`` says how abnormal a thing is, in the one scale that all screens use.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from console.domain.packml import MachineState
from console.domain.postings import PostingState
from console.domain.proposals import Choice, Override, ProposalState, Verdict
from console.domain.tags import LinkState, Quality


class Level(StrEnum):
    """How abnormal: colour and shape follow from it, and from nothing else (ISA-101)."""

    NORMAL = "normal"
    NOTICE = "notice"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class LinkRow:
    """A connection to a machine or server, for the header's list; ``machines`` are read through it."""

    name: str
    state: LinkState
    since: datetime
    reason: str
    remedy: str
    missing_tags: tuple[str, ...]
    dropped: int
    machines: tuple[str, ...] = ()


class OdooLink(StrEnum):
    """The link to Odoo, as people need it."""

    UP = "up"
    DOWN = "down"
    REFUSED = "refused"  # key or rights: a person must act
    NOT_CONFIGURED = "not configured"
    UNKNOWN = "unknown"  # the edge has not said anything yet


@dataclass(frozen=True, slots=True)
class StopPrompt:
    """A stop that waits for a reason, for the line above every page.

    Attributes:
        title: the machine as people call it.
        ended_at: None while it stands.
    """

    stop_id: int
    title: str
    started_at: datetime
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeaderView:
    """The header: always there.

    Attributes:
        outbox_waiting: postings that are not verified yet; dead letters and rejected not among them.
        outbox_stuck: rejected: they wait for a person. Dead letters were decided about.
        clock_skew_s: the largest difference of a source's clock to ours; None where nothing is known.
        alarms: count by priority 1, 2, 3.
        edge_alive: False: nothing is read or posted, ``edge_reason`` says why.
        counts_waiting: closed intervals that wait for a person; review_open likewise.
        machines_up: of ``machines_all``, those whose every connection is up.
        edge_trouble: what a living edge fails with (a full disk, a fault of a task); empty in health.
        stops_waiting: stops that wait for a reason.
        stop_prompts: of these, those to ask about first, at most five: what stands before what ran again,
            then the longest.
        holds_open: quality holds that are not decided.
    """

    plant: str
    now: datetime
    shift: str
    shift_left_s: float | None
    links: tuple[LinkRow, ...]
    odoo: OdooLink
    odoo_reason: str
    odoo_remedy: str
    odoo_verified_at: datetime | None
    outbox_waiting: int
    outbox_oldest_s: float | None
    outbox_late: bool
    outbox_unknown: int
    outbox_stuck: int
    clock_skew_s: float | None
    clock_level: Level
    alarms: tuple[int, int, int]
    master_data_age_s: float | None
    master_data_level: Level
    edge_alive: bool
    edge_reason: str
    counts_waiting: int
    counts_failing: int
    review_open: int
    machines_up: int = 0
    machines_all: int = 0
    edge_trouble: str = ""
    stops_waiting: int = 0
    stop_prompts: tuple[StopPrompt, ...] = ()
    holds_open: int = 0


@dataclass(frozen=True, slots=True)
class TileView:
    """A machine on the Overview.

    Attributes:
        stale_s: age of the newest value where it is stale, else None; a stale tile never looks live.
        made, ordered: good units of the running order; None without an order.
        confirmed, verified: of ``made``, confirmed by a person / seen in Odoo.
        expected: units that should be made by now at the ideal rate; None where not known.
        spark: rate of the last intervals, oldest first, for the small line.
        attention: what a person should do, in a word or two; empty when nothing.
        policy: how far its counts go by themselves, where it is not that a person confirms each: "shadow".
    """

    machine: str
    title: str
    area: str
    work_center: str
    state: MachineState
    since: datetime | None
    stale_s: float | None
    stale_reason: str
    order_reference: str
    product: str
    lot: str
    unit: str
    made: float | None
    ordered: float | None
    confirmed: float
    verified: float
    expected: float | None
    rate_per_h: float | None
    ideal_rate_per_h: float
    spark: tuple[float, ...]
    attention: str
    level: Level
    alarms: tuple[str, ...]
    policy: str = ""


@dataclass(frozen=True, slots=True)
class ValueRow:
    """A live value on the machine's page."""

    tag: str
    label: str
    value: str
    unit: str
    quality: Quality
    age_s: float | None
    stale: bool
    numeric: bool


@dataclass(frozen=True, slots=True)
class StateBand:
    """The machine was in this state from ``start`` to ``end``."""

    start: datetime
    end: datetime
    state: MachineState


@dataclass(frozen=True, slots=True)
class EventRow:
    """A machine event in words."""

    at: datetime
    kind: str
    text: str
    level: Level


@dataclass(frozen=True, slots=True)
class MachineView:
    """One machine's page."""

    tile: TileView
    values: tuple[ValueRow, ...]
    events: tuple[EventRow, ...]
    connection: LinkRow | None


@dataclass(frozen=True, slots=True)
class Series:
    """A line for a chart, already thinned (min and max of each pixel kept).

    Attributes:
        times_s: seconds since the epoch, UTC; same length as ``values``; a nan value breaks the line.
    """

    tag: str
    unit: str
    times_s: tuple[float, ...]
    values: tuple[float, ...]
    samples: int


@dataclass(frozen=True, slots=True)
class Trend:
    """A tag's line with the machine's states and gaps behind it.

    Attributes:
        known_from: nothing of the tag is known before; None where the asked span is known from its start.
    """

    series: Series
    bands: tuple[StateBand, ...]
    gaps: tuple[tuple[datetime, datetime, str], ...]
    known_from: datetime | None = None


class CellLevel(StrEnum):
    """How a cell of the hour grid looks."""

    LIVE = "live"  # the interval still runs
    GREEN = "green"  # closed, nothing stands in the way: preselected
    NOTICE = "notice"  # closed, confirmable, with something to know; preselected
    FAIL = "fail"  # a rule fails: look first
    DONE = "done"  # decided by a person
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class CountCell:
    """One machine, order and interval.

    Attributes:
        quantity: what was decided where decided, else what the machine made (good).
        expected: at the ideal rate; of an interval that still runs, by now.
        posting: state of its posting where it has one, so that the cell can say "verified".
        note: one short line: the failing rule's message, or "amended from 914".
    """

    proposal_id: int
    version: int
    level: CellLevel
    state: ProposalState
    quantity: float
    scrap: float
    expected: float
    unit: str
    note: str
    posting: PostingState | None


@dataclass(frozen=True, slots=True)
class CountColumn:
    """An interval of the grid."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class CountRow:
    """A machine and order: its cells, one a column (None: nothing was made)."""

    machine: str
    title: str
    order_reference: str
    product: str
    unit_note: str
    cells: tuple[CountCell | None, ...]


@dataclass(frozen=True, slots=True)
class CountsView:
    """The hour grid, oldest column first."""

    columns: tuple[CountColumn, ...]
    rows: tuple[CountRow, ...]


@dataclass(frozen=True, slots=True)
class PreviewLine:
    """What Odoo will show for one order or operation; ``title`` names the machines that made it."""

    order_reference: str
    product: str
    unit: str
    before: float
    after: float
    ordered: float
    components: tuple[str, ...]
    over: float
    title: str = ""


@dataclass(frozen=True, slots=True)
class Preview:
    """What a confirmation will do, before it is done.

    Attributes:
        total, unit: of everything picked; where the picks, or the orders that they are booked on, are in
            different units, unit is empty and the total means nothing.
        orders: how many orders it is booked on.
        why_not: empty where it can be confirmed; else the reason, shown beside the disabled button.
        left_out: of what was picked, what would not be booked, in words; it is not among ``cells``.
    """

    cells: int
    total: float
    unit: str
    lines: tuple[PreviewLine, ...]
    why_not: str
    orders: int = 0
    left_out: str = ""


@dataclass(frozen=True, slots=True)
class FactTable:
    """Evidence as a small table; the last row is the one to look at."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class ProposalDetail:
    """The panel beside the grid for one cell.

    Attributes:
        highlight: the span that the explanation is about, shaded in the chart.
        choices: what can be done, likeliest first; the first may be preselected.
    """

    proposal_id: int
    version: int
    state: ProposalState
    machine: str
    title: str
    order_reference: str
    product: str
    lot: str
    interval_start: datetime
    interval_end: datetime
    good: float
    scrap: float
    expected: float
    unit: str
    explanation: str
    verdicts: tuple[Verdict, ...]
    facts: FactTable | None
    series: Series | None
    highlight: tuple[datetime, datetime] | None
    choices: tuple[Choice, ...]
    needs: Override
    trace_id: str
    decided: str
    orders: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Decided:
    """Answer to a decision: what is now on its way."""

    decisions: int
    postings: int
    message: str


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """An item of the Review queue."""

    id: int
    title: str
    domain: str
    level: Level
    opened_at: datetime
    owner: str
    due_at: datetime | None
    machine: str
    order_reference: str
    resolved_at: datetime | None
    resolution: str


@dataclass(frozen=True, slots=True)
class ReviewDetail:
    """All about one item: what is wrong, who says so, evidence, choices.

    Attributes:
        leads_to: page and what to open there, "stops:12", where it is decided there and not here.
    """

    row: ReviewRow
    version: int
    rule: str
    explanation: str
    facts: FactTable | None
    series: Series | None
    highlight: tuple[datetime, datetime] | None
    choices: tuple[Choice, ...]
    proposal_id: int | None
    trace_id: str
    orders: tuple[str, ...]
    leads_to: str = ""


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """A posting.

    Attributes:
        waiting: why it is not verified yet, in words; empty when it is.
        quantity: what it adds; ``target_quantity`` the absolute value that Odoo shall hold.
        attempts: writes to Odoo that were made for it, alone or together with others of its lane.
        title: the machine as people call it.
        summary: what it books, in words; empty for counts, whose quantities say it.
    """

    id: int
    posting_key: str
    kind: str
    lane: str
    order_reference: str
    machine: str
    quantity: float
    target_quantity: float
    unit: str
    state: PostingState
    created_at: datetime
    age_s: float
    late: bool
    attempts: int
    waiting: str
    error: str
    decided_by: str
    verified_at: datetime | None
    trace_id: str
    title: str = ""
    summary: str = ""


@dataclass(frozen=True, slots=True)
class OutboxView:
    """The outbox: counts by state, oldest waiting, rows newest first."""

    counts: tuple[tuple[PostingState, int], ...]
    oldest_waiting_s: float | None
    buffer_hours: float | None
    odoo: OdooLink
    odoo_reason: str
    rows: tuple[OutboxRow, ...]


@dataclass(frozen=True, slots=True)
class Station:
    """One of the seven stations of a trace."""

    number: int
    title: str
    big: str
    lines: tuple[str, ...]
    foot: str
    level: Level
    link: str


@dataclass(frozen=True, slots=True)
class TraceView:
    """Why a number stands in Odoo: its seven stations.

    Attributes:
        stations: 1 samples, 2 machine event, 3 proposal, 4 decision, 5 posting, 6 Odoo, 7 verified. A station
            not reached yet says so.
        odoo_url: opens the record in Odoo's own web page; empty where there is none.
        highlight: the span of the series that it is about, shaded in the chart.
    """

    trace_id: str
    title: str
    stations: tuple[Station, ...]
    series: Series | None
    odoo_url: str
    highlight: tuple[datetime, datetime] | None = None


@dataclass(frozen=True, slots=True)
class TraceHit:
    """A number that can be traced, for the search box."""

    trace_id: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True)
class OrderRow:
    """An order with its three totals (the reconciliation of station [7]).

    Attributes:
        machine_total: good units counted since the console knows the order.
        confirmed: of these, confirmed by people (as decided).
        waiting: machine units not yet decided.
        expected_in_odoo: what Odoo should hold: its value when first seen, and what was confirmed since.
        odoo: what Odoo was last seen to hold; None where it was never read.
        verified: True where odoo equals expected_in_odoo and every posting is verified.
        difference: all that is to be said about the totals, in words.
        level: above normal only where Odoo holds something else, or a posting is stuck; what merely waits for
            a person is normal.
        title: the machine as people call it.
    """

    order_id: int
    order_reference: str
    machine: str
    target_key: str
    product: str
    unit: str
    ordered: float
    machine_total: float
    confirmed: float
    waiting: float
    rejected: float
    baseline: float
    expected_in_odoo: float
    odoo: float | None
    odoo_read_at: datetime | None
    verified: bool
    difference: str
    level: Level = Level.NORMAL
    title: str = ""
