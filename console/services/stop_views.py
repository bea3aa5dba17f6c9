"""Stops as the screens show them: rows, the panel of one, Pareto. Reads only."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from console.domain.equipment import Plant
from console.domain.packml import MachineState
from console.domain.policies import Flow, Mode
from console.domain.postings import PostingState
from console.domain.proposals import Verdict
from console.domain.stop_rules import judge_stop
from console.domain.stops import Reason, StopCategory, likeliest, pareto, title_of
from console.domain.wording import from_to, lasted
from console.services import stop_postings
from console.services.stop_facts import executed_spans, gather, span_of
from console.services.views import Level, StateBand
from console.services.views.stops import ParetoBar, ReasonNode, StopDetail, StopRow, StopsView
from console.store import machines, master, outbox, policies, stops
from console.store.outbox import PostingRow
from console.store.stops import StoredStop

HISTORY = timedelta(days=30)
AROUND = timedelta(minutes=10)
UNEXPLAINED = "Not explained"
_FIXED = frozenset({StopCategory.PLANNED, StopCategory.NO_ORDER})
_CATEGORY = {
    StopCategory.UNPLANNED: UNEXPLAINED,
    StopCategory.MICRO: "Micro-stops",
    StopCategory.PLANNED: "Planned break",
    StopCategory.CHANGEOVER: "Changeover",
    StopCategory.NO_ORDER: "No order",
}
_DID = {
    "explain": "explained it",
    "split": "split it",
    "merge": "merged it",
    "move": "moved it",
    "annotate": "made a note",
}
_WAITING = {
    PostingState.READY: "waits to be sent to Odoo",
    PostingState.SENDING: "is being sent to Odoo",
    PostingState.UNKNOWN: "the answer was lost: Odoo is asked what became of it",
    PostingState.POSTED: "was sent; it is being read back",
    PostingState.REJECTED: "Odoo does not take it: decide in Review",
    PostingState.DEAD_LETTER: "was given up; it is not booked",
}


def needs_reason(stop: StoredStop, micro_s: float, now: datetime) -> bool:
    """Whether a person has to say why: unplanned, unexplained, and as long as the machine's threshold."""
    return (
        stop.merged_into is None
        and stop.category is StopCategory.UNPLANNED
        and not stop.reason_key
        and stop.seconds(now) >= micro_s
    )


@dataclass
class StopReader:
    """Reads stops in one transaction; what many rows need is read once."""

    tx: Connection
    plant: Plant
    clock: Callable[[], datetime]
    tree: tuple[Reason, ...] = field(init=False)

    def __post_init__(self) -> None:
        self.now = self.clock()
        self.zone = ZoneInfo(self.plant.timezone)
        self._losses = [x.reason for x in stops.losses(self.tx)]
        self.tree = stop_postings.tree_of(self.tx, self.plant)

    # --- rows ---------------------------------------------------------------------------------------------

    def rows(self, found: Sequence[StoredStop]) -> tuple[StopRow, ...]:
        """Rows in the order given."""
        subjects = [stop_postings.subject_of(s.id) for s in found]
        postings = outbox.newest_of_subjects(self.tx, subjects)
        return tuple(self._row(s, postings) for s in found)

    def _row(self, stop: StoredStop, postings: Mapping[str, PostingRow]) -> StopRow:
        machine = self.plant.machine(stop.machine)
        micro_s = machine.micro_stop_s if machine is not None else 0.0
        posting = postings.get(stop_postings.subject_of(stop.id))
        needs, long_s = needs_reason(stop, micro_s, self.now), stop.seconds(self.now)
        prompt = stop.category is StopCategory.UNPLANNED and long_s >= micro_s
        return StopRow(
            id=stop.id,
            version=stop.version,
            machine=stop.machine,
            title=machine.title if machine is not None else stop.machine,
            started_at=stop.started_at,
            ended_at=stop.ended_at,
            duration_s=long_s,
            state=stop.state,
            category=stop.category,
            needs_reason=needs,
            prompted_at=stop.started_at + timedelta(seconds=micro_s) if prompt else None,
            order_reference=stop.order_reference,
            reason_key=stop.reason_key,
            reason=self.title(stop.reason_key),
            note=stop.note,
            explained_by=stop.explained_by,
            posting=posting.state if posting is not None else None,
            waiting=_waiting(posting),
            odoo_minutes=stop.odoo_minutes,
            trace_id=stop.trace_id,
            level=_level(stop, needs, posting),
        )

    def title(self, key: str) -> str:
        """A reason as people call it."""
        return title_of(key, self._losses) if key else ""

    def view(self, machine: str | None, start: datetime, micro: bool) -> StopsView:
        """The page: what has some of the time since ``start``, and all that waits for a reason."""
        near = stops.overlapping(self.tx, start, self.now + timedelta(days=1), machine)
        waiting = [s for s in stops.unexplained(self.tx) if machine in (None, s.machine)]
        every = {s.id: s for s in (*waiting, *near)}
        newest = sorted(every.values(), key=lambda s: (s.started_at, s.id), reverse=True)
        small = [s for s in near if s.category is StopCategory.MICRO and not s.reason_key]
        rows = self.rows([s for s in newest if micro or s not in small])
        prompts = sorted((r for r in rows if r.needs_reason), key=lambda r: (r.started_at, r.id))
        return StopsView(
            prompts=tuple(prompts),
            rows=rows,
            pareto=self.pareto(near, start, self.now),
            micro_stops=len(small),
            micro_minutes=sum(_inside(s, start, self.now) for s in small) / 60.0,
            machines=tuple((m.name, m.title) for m in self.plant.machines),
        )

    def pareto(self, found: Sequence[StoredStop], start: datetime, end: datetime) -> tuple[ParetoBar, ...]:
        """Lost time by reason; breaks, time without an order and planned stops are no loss."""
        lost = [
            (self.title(s.reason_key) or _CATEGORY[s.category], _inside(s, start, end))
            for s in found
            if s.category not in _FIXED and not s.planned
        ]
        shares = pareto([x for x in lost if x[1] > 0])
        return tuple(ParetoBar(s.reason, s.minutes, s.stops, s.share, s.cumulative) for s in shares)

    # --- reasons ------------------------------------------------------------------------------------------

    def nodes(self, machine: str) -> tuple[ReasonNode, ...]:
        """The whole tree."""
        here = stops.reason_counts(self.tx, self.now - HISTORY, machine)
        return tuple(_node(r, here) for r in self.tree)

    def top(self, stop: StoredStop) -> tuple[ReasonNode, ...]:
        """Up to five, likeliest first."""
        since = self.now - HISTORY
        here = stops.reason_counts(self.tx, since, stop.machine)
        everywhere = stops.reason_counts(self.tx, since)
        found = likeliest(self.suggested(stop), here, everywhere, self.tree)
        return tuple(_node(r, here, alone=True) for r in found)

    def suggested(self, stop: StoredStop) -> str:
        """What the state suggests: as known when it began, else by what Odoo and the plant file say now."""
        machine = self.plant.machine(stop.machine)
        if stop.suggested or machine is None:
            return stop.suggested
        return stop_postings.suggestion(self.tx, self.plant, machine, stop.raw)

    # --- one ----------------------------------------------------------------------------------------------

    def detail(self, stop: StoredStop) -> StopDetail:
        """The panel of one stop."""
        before, after = stops.neighbours(self.tx, stop)
        earliest, latest = self._bounds(stop, before, after)
        (row,) = self.rows([stop])
        return StopDetail(
            row=row,
            top=self.top(stop),
            tree=self.nodes(stop.machine),
            before=self._mergeable(stop, before),
            after=self._mergeable(stop, after),
            earliest=earliest,
            latest=latest,
            bands=self._bands(stop),
            effect=self._effect(stop),
            why_not=self.why_not(stop),
            odoo_note=self._odoo_note(stop),
            history=self._history(stop),
            verdicts=self._verdicts(stop),
        )

    def _verdicts(self, stop: StoredStop) -> tuple[Verdict, ...]:
        machine = self.plant.machine(stop.machine)
        if machine is None:
            return ()
        return judge_stop(gather(self.tx, self.plant, machine, stop, self.now, reason_key=stop.reason_key))

    def _mergeable(self, stop: StoredStop, other: StoredStop | None) -> StopRow | None:
        if other is None or other.category in _FIXED or stop.category in _FIXED:
            return None
        return self.rows([other])[0]

    def _bounds(
        self, stop: StoredStop, before: StoredStop | None, after: StoredStop | None
    ) -> tuple[datetime, datetime]:
        """Between the neighbours (into one that it touches and that may give way) and what was executed."""
        start, end = span_of(stop, self.now)
        low, high = start - AROUND, min(end + AROUND, self.now) if stop.ended_at is not None else end
        ran = executed_spans(self.tx, stop.machine, low, high)
        low = max([low, *(b for _, b in ran if b <= start)])
        high = min([high, *(a for a, _ in ran if a >= end)])
        if before is not None and before.ended_at is not None:
            gives = before.ended_at == start and before.category not in _FIXED
            low = before.started_at if gives else max(low, before.ended_at)
        if after is not None and stop.ended_at is not None:
            gives = after.started_at == end and after.category not in _FIXED
            high = (after.ended_at or self.now) if gives else min(high, after.started_at)
        return min(low, start), max(high, end)

    def _bands(self, stop: StoredStop) -> tuple[StateBand, ...]:
        start, end = span_of(stop, self.now)
        return bands(self.tx, stop.machine, start - AROUND, min(end + AROUND, max(self.now, end)))

    def why_not(self, stop: StoredStop) -> str:
        """Why it cannot be explained now; "" where it can."""
        machine = self.plant.machine(stop.machine)
        if stop.merged_into is not None:
            return "It was merged into another stop."
        if machine is None:
            return f"Machine {stop.machine} is not in the plant file any more. Put it back first."
        if policies.policy(self.tx, machine.name, Flow.DOWNTIME).mode is Mode.SHADOW:
            return f"The downtime of {machine.title} is in shadow: stops are shown, none is booked."
        center = master.mirror(self.tx).work_center(machine.work_center)
        if center is None or not center.active:
            known = "not known" if center is None else "archived"
            return f"Work center {machine.work_center} is {known} in Odoo."
        return ""

    def _effect(self, stop: StoredStop) -> str:
        machine = self.plant.machine(stop.machine)
        center = machine.work_center if machine is not None else stop.machine
        reason = f"under {self.title(stop.reason_key)}" if stop.reason_key else "under the reason you choose"
        since = self._minute(stop.started_at)
        if stop.planned:
            return "A planned stop: nothing is booked in Odoo, and it does not count against availability."
        if stop.ended_at is None:
            return (
                f"Odoo gets an open row on {center} from {since} {reason}. It blocks the work center there, "
                "and is closed by itself when the machine executes again."
            )
        span = from_to(stop.started_at, stop.ended_at, self.zone)
        return f"Odoo gets {lasted(stop.seconds(self.now))} on {center}, {span}, {reason}."

    def _odoo_note(self, stop: StoredStop) -> str:
        """Why Odoo reckons another duration."""
        theirs, ours = stop.odoo_minutes, stop.seconds(self.now) / 60.0
        if theirs is None or stop.planned:
            return ""
        if stop.ended_at is None:
            return "Odoo shows 0 min: it counts a row when it is closed."
        if abs(theirs - ours) <= 1 / 60 + 0.01:  # Odoo keeps whole seconds
            return ""
        return (
            f"Odoo shows {theirs:.1f} min, the stop lasted {ours:.1f} min: Odoo counts only the hours of the "
            "work center's calendar."
        )

    def _history(self, stop: StoredStop) -> tuple[tuple[datetime, str], ...]:
        ids = [stop.id, *(s.id for s in stops.merged_from(self.tx, stop.id))]
        told = stops.decisions_about(self.tx, [stop_postings.subject_of(i) for i in ids])
        lines = []
        for each in told:
            did = _DID.get(each.kind, each.kind)
            lines.append(
                (each.at, f"{each.person} {did}: {each.reason}" if each.reason else f"{each.person} {did}")
            )
        return tuple(lines)

    def _minute(self, at: datetime) -> str:
        return f"{at.astimezone(self.zone):%H:%M}"


def bands(tx: Connection, machine: str, start: datetime, end: datetime) -> tuple[StateBand, ...]:
    """The machine's states in a time; a time in which nothing was known has none."""
    state, at = machines.state_before(tx, machine, start), start
    found = []
    for change in stops.state_changes(tx, machine, start, end):
        before = state if state is not None else MachineState.UNDEFINED
        if change.at > at and before is not MachineState.UNDEFINED:
            found.append(StateBand(at, change.at, before))
        state, at = change.after, max(at, change.at)
    if state is not None and state is not MachineState.UNDEFINED and end > at:
        found.append(StateBand(at, end, state))
    return tuple(found)


def _inside(stop: StoredStop, start: datetime, end: datetime) -> float:
    """Seconds of a stop in a time."""
    until = stop.ended_at if stop.ended_at is not None else end
    return max((min(until, end) - max(stop.started_at, start)).total_seconds(), 0.0)


def _node(reason: Reason, times: Mapping[str, int], alone: bool = False) -> ReasonNode:
    children = () if alone else tuple(_node(c, times) for c in reason.children)
    return ReasonNode(
        key=reason.key,
        title=reason.title,
        group=reason.loss_type.capitalize() if reason.title == reason.loss else reason.loss,
        loss_type=reason.loss_type,
        times=times.get(reason.key, 0),
        planned=reason.planned,
        children=children,
    )


def _waiting(posting: PostingRow | None) -> str:
    if posting is None or posting.state is PostingState.VERIFIED:
        return ""
    words = _WAITING[posting.state]
    return f"{words}: {posting.error}" if posting.error else words


def _level(stop: StoredStop, needs: bool, posting: PostingRow | None) -> Level:
    if needs:
        return Level.HIGH if stop.ended_at is None else Level.MEDIUM
    if posting is not None and posting.state is PostingState.REJECTED:
        return Level.HIGH
    unplanned = stop.ended_at is None and stop.category is StopCategory.UNPLANNED and not stop.reason_key
    return Level.NOTICE if unplanned else Level.NORMAL
