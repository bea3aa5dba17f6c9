"""Rows of production proposals and decisions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, or_, select, update

from console.domain.proposals import (
    Outcome,
    Override,
    ProductionProposal,
    ProposalState,
    Verdict,
)
from console.errors import AlreadyDecided
from console.store.schema import decisions, machine_events, proposals


@dataclass(frozen=True, slots=True)
class ProposalRow:
    """A proposal with what the ledger knows beside it.

    Attributes:
        jump_choices: explanations of doubtful steps of the good counter and the units each adds.
        first_at, last_at: first and last time of what was counted.
    """

    proposal: ProductionProposal
    jump_choices: tuple[tuple[str, float], ...]
    first_at: datetime
    last_at: datetime
    gap_s: float
    order_changed_in_gap: bool
    max_skew_s: float
    good_counts: int
    scrap_counts: int
    validated_at: datetime | None


@dataclass(frozen=True, slots=True)
class DecisionRow:
    """A decision as it was taken."""

    id: int
    proposal_id: int | None
    kind: str
    quantity: float
    machine_quantity: float
    reason: str
    person: str
    role: str
    witness: str
    console: str
    at: datetime
    audit_seq: int


def verdicts_to_data(verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """As stored."""
    return [asdict(v) for v in verdicts]


def verdicts_from_data(data: Sequence[dict[str, Any]]) -> tuple[Verdict, ...]:
    """As judged."""
    return tuple(
        Verdict(
            d["rule"],
            d["version"],
            Outcome(d["outcome"]),
            d["message"],
            d["remedy"],
            Override(d["override"]),
            d["evidence"],
        )
        for d in data
    )


def from_row(r: Row[Any]) -> ProposalRow:
    """A row of the table as a proposal."""
    proposal = ProductionProposal(
        id=r.id,
        trace_id=r.trace_id,
        machine=r.machine,
        order_reference=r.order_reference,
        order_id=r.order_id,
        target_key=r.target_key,
        lot=r.lot,
        interval_start=r.interval_start,
        interval_end=r.interval_end,
        part=r.part,
        good=r.good,
        scrap=r.scrap,
        unit=r.unit,
        expected=r.expected,
        jumps=r.jumps,
        state=ProposalState(r.state),
        version=r.version,
        plant_version=r.plant_version,
        verdicts=verdicts_from_data(r.verdicts),
        program=r.program,
    )
    return ProposalRow(
        proposal,
        tuple((str(words), float(extra)) for words, extra in r.jump_choices),
        r.first_at,
        r.last_at,
        r.gap_s,
        r.order_changed_in_gap,
        r.max_skew_s,
        r.good_counts,
        r.scrap_counts,
        r.validated_at,
    )


def add(tx: Connection, values: dict[str, Any]) -> int:
    """A new proposal."""
    result = tx.execute(insert(proposals).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def change(tx: Connection, proposal_id: int, values: dict[str, Any]) -> None:
    """Changes a proposal that nobody has decided; raises its version."""
    tx.execute(
        update(proposals)
        .where(proposals.c.id == proposal_id)
        .values(**values, version=proposals.c.version + 1)
    )


def decide(
    tx: Connection, proposal_id: int, version: int, state: ProposalState, good: float | None = None
) -> None:
    """Takes a proposal out of the undecided ones, if it still is what the person saw.

    Raises:
        AlreadyDecided: somebody was faster, or it changed meanwhile.
    """
    values: dict[str, Any] = {"state": state.value, "version": version + 1}
    if good is not None:
        values["good"] = good
    done = tx.execute(
        update(proposals)
        .where(
            proposals.c.id == proposal_id,
            proposals.c.version == version,
            proposals.c.state.in_([ProposalState.PENDING.value, ProposalState.REVIEW.value]),
        )
        .values(**values)
    )
    if done.rowcount == 0:
        raise AlreadyDecided(
            "This interval was decided or changed since it was shown.", "Look at it again and decide then."
        )


def get(tx: Connection, proposal_id: int) -> ProposalRow | None:
    """One proposal."""
    r = tx.execute(select(proposals).where(proposals.c.id == proposal_id)).first()
    return from_row(r) if r else None


def by_trace(tx: Connection, trace_id: str) -> ProposalRow | None:
    """The proposal of a trace."""
    r = tx.execute(select(proposals).where(proposals.c.trace_id == trace_id)).first()
    return from_row(r) if r else None


def open_part(
    tx: Connection, machine: str, interval_start: datetime, order_reference: str, lot: str
) -> tuple[int | None, int]:
    """(id of the part that still takes counts or None, highest part number so far)."""
    rows = tx.execute(
        select(proposals.c.id, proposals.c.part, proposals.c.state)
        .where(
            proposals.c.machine == machine,
            proposals.c.interval_start == interval_start,
            proposals.c.order_reference == order_reference,
            proposals.c.lot == lot,
        )
        .order_by(proposals.c.part)
    ).fetchall()
    taking = next((r.id for r in rows if r.state == ProposalState.OPEN.value), None)
    return taking, max((r.part for r in rows), default=0)


def in_states(
    tx: Connection, states: Sequence[ProposalState], ended_before: datetime | None = None
) -> list[ProposalRow]:
    """Proposals in some states, oldest interval first."""
    query = select(proposals).where(proposals.c.state.in_([s.value for s in states]))
    if ended_before is not None:
        query = query.where(proposals.c.interval_end <= ended_before)
    return [from_row(r) for r in tx.execute(query.order_by(proposals.c.interval_start, proposals.c.id))]


def since(tx: Connection, start: datetime, machine: str | None = None) -> list[ProposalRow]:
    """Proposals of intervals that ended after a time, and all undecided ones, oldest first."""
    undecided = [ProposalState.OPEN.value, ProposalState.PENDING.value, ProposalState.REVIEW.value]
    query = select(proposals).where((proposals.c.interval_end > start) | proposals.c.state.in_(undecided))
    if machine is not None:
        query = query.where(proposals.c.machine == machine)
    return [from_row(r) for r in tx.execute(query.order_by(proposals.c.interval_start, proposals.c.id))]


def count_in(tx: Connection, state: ProposalState) -> int:
    """How many proposals are in a state."""
    return int(
        tx.execute(
            select(func.count()).select_from(proposals).where(proposals.c.state == state.value)
        ).scalar_one()
    )


def add_decision(tx: Connection, values: dict[str, Any]) -> int:
    """Stores a decision; one a proposal, or the database refuses."""
    result = tx.execute(insert(decisions).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def _decision(r: Row[Any]) -> DecisionRow:
    return DecisionRow(
        r.id,
        r.proposal_id,
        r.kind,
        r.quantity,
        r.machine_quantity,
        r.reason,
        r.person,
        r.role,
        r.witness,
        r.console,
        r.at,
        r.audit_seq,
    )


def decision_of(tx: Connection, proposal_id: int) -> DecisionRow | None:
    """The decision about a proposal."""
    r = tx.execute(select(decisions).where(decisions.c.proposal_id == proposal_id)).first()
    return _decision(r) if r else None


def decision(tx: Connection, decision_id: int) -> DecisionRow | None:
    """A decision by id."""
    r = tx.execute(select(decisions).where(decisions.c.id == decision_id)).first()
    return _decision(r) if r else None


@dataclass(frozen=True, slots=True)
class OrderTotals:
    """Sums over the proposals of one target and machine, in the machine's unit.

    Attributes:
        machine_total: counted as made (jumps left out), whatever became of it.
        waiting: not decided yet; rejected: decided to book nothing.
    """

    machine: str
    order_reference: str
    target_key: str
    unit: str
    machine_total: float
    waiting: float
    rejected: float


def totals(tx: Connection) -> list[OrderTotals]:
    """The machine's side of the reconciliation, by machine, order and target."""
    p = proposals.c
    undecided = p.state.in_(
        [ProposalState.OPEN.value, ProposalState.PENDING.value, ProposalState.REVIEW.value]
    )
    rows = tx.execute(
        select(
            p.machine,
            p.order_reference,
            p.target_key,
            p.unit,
            func.sum(p.good),
            func.sum(p.good).filter(undecided),
            func.sum(p.good).filter(p.state == ProposalState.REJECTED.value),
        ).group_by(p.machine, p.order_reference, p.target_key, p.unit)
    )
    return [OrderTotals(r[0], r[1], r[2], r[3], r[4] or 0.0, r[5] or 0.0, r[6] or 0.0) for r in rows]


def counted(tx: Connection, machine: str, counter: str) -> int:
    """All counts of a machine's counter since the first: the sum of its events."""
    total = tx.execute(
        select(func.sum(func.json_extract(machine_events.c.detail, "$.count"))).where(
            machine_events.c.machine == machine,
            machine_events.c.kind == "CountAdvanced",
            func.json_extract(machine_events.c.detail, "$.counter") == counter,
        )
    ).scalar_one()
    return int(total or 0)


# --- for the screens ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RunningSum:
    """What one machine made for one order, in proposals of one state, in the machine's unit."""

    machine: str
    order_reference: str
    state: ProposalState
    good: float
    first_at: datetime


def running_sums(
    tx: Connection, machines: Sequence[str], order_references: Sequence[str]
) -> list[RunningSum]:
    """Sums by machine, order and state over these machines and orders."""
    p = proposals.c
    first = func.min(p.first_at)
    rows = tx.execute(
        select(p.machine, p.order_reference, p.state, func.sum(p.good), first)
        .where(p.machine.in_(machines), p.order_reference.in_(order_references))
        .group_by(p.machine, p.order_reference, p.state)
    )
    return [RunningSum(r[0], r[1], ProposalState(r[2]), r[3] or 0.0, r[4]) for r in rows]


def waiting_intervals(tx: Connection) -> dict[tuple[str, ProposalState], int]:
    """Closed intervals that wait for a person, by machine and state (pending or review)."""
    p = proposals.c
    rows = tx.execute(
        select(p.machine, p.state, func.count(p.interval_start.distinct()))
        .where(p.state.in_([ProposalState.PENDING.value, ProposalState.REVIEW.value]))
        .group_by(p.machine, p.state)
    )
    return {(r[0], ProposalState(r[1])): int(r[2]) for r in rows}


def interval_sums(tx: Connection, since: datetime) -> list[tuple[str, datetime, datetime, float]]:
    """(machine, interval start, end, good) of the intervals that ended after a time, oldest first."""
    p = proposals.c
    # grouped here: asked to group, SQLite walks the whole index by machine instead of the newest rows
    query = select(p.machine, p.interval_start, p.interval_end, p.good).where(p.interval_end > since)
    sums: dict[tuple[datetime, str, datetime], float] = {}
    for name, start, end, good in tx.execute(query):
        sums[start, name, end] = sums.get((start, name, end), 0.0) + good
    return [(name, start, end, good) for (start, name, end), good in sorted(sums.items())]


def interval_columns(
    tx: Connection, limit: int, machine: str | None = None
) -> list[tuple[datetime, datetime]]:
    """The newest intervals that hold a proposal, and the oldest ones that still wait for a decision.

    Each list has up to ``limit`` intervals, so that an hour that was forgotten is seen, and a long backlog
    does not slow the grid down. Oldest first.
    """
    p = proposals.c
    span = select(p.interval_start, p.interval_end).distinct()
    if machine is not None:
        span = span.where(p.machine == machine)
    waiting = span.where(p.state.in_([ProposalState.PENDING.value, ProposalState.REVIEW.value]))
    newest = tx.execute(span.order_by(p.interval_end.desc(), p.interval_start.desc()).limit(limit))
    oldest = tx.execute(waiting.order_by(p.interval_end, p.interval_start).limit(limit))
    return sorted({(r[0], r[1]) for r in newest} | {(r[0], r[1]) for r in oldest})


def in_columns(
    tx: Connection, columns: Sequence[tuple[datetime, datetime]], machine: str | None = None
) -> list[ProposalRow]:
    """All proposals of these intervals, by interval, machine, order and part."""
    p = proposals.c
    query = select(proposals).where(p.interval_end.in_([end for _, end in columns]))
    if machine is not None:
        query = query.where(p.machine == machine)
    asked = set(columns)
    rows = tx.execute(query.order_by(p.interval_start, p.machine, p.order_reference, p.lot, p.part))
    return [from_row(r) for r in rows if (r.interval_start, r.interval_end) in asked]


def several(tx: Connection, proposal_ids: Sequence[int]) -> dict[int, ProposalRow]:
    """Proposals by id; unknown ids are left out."""
    rows = tx.execute(select(proposals).where(proposals.c.id.in_(proposal_ids)))
    return {r.id: from_row(r) for r in rows}


def decisions_of(tx: Connection, proposal_ids: Sequence[int]) -> dict[int, DecisionRow]:
    """Decisions by proposal id; undecided ones are left out."""
    rows = tx.execute(select(decisions).where(decisions.c.proposal_id.in_(proposal_ids)))
    return {r.proposal_id: _decision(r) for r in rows}


def people_of(tx: Connection, decision_ids: Sequence[int]) -> dict[int, str]:
    """Who took these decisions."""
    rows = tx.execute(select(decisions.c.id, decisions.c.person).where(decisions.c.id.in_(decision_ids)))
    return {r.id: r.person for r in rows}


def newest_of_order(tx: Connection, order_reference: str, limit: int) -> list[ProposalRow]:
    """Proposals of an order, newest interval first."""
    query = select(proposals).where(proposals.c.order_reference == order_reference)
    query = query.order_by(proposals.c.interval_end.desc(), proposals.c.id.desc()).limit(limit)
    return [from_row(r) for r in tx.execute(query)]


def found(tx: Connection, text: str, limit: int) -> list[ProposalRow]:
    """Proposals whose order, lot, machine or trace id holds a text (all for an empty one), newest first."""
    p = proposals.c
    query = select(proposals)
    if text:
        near = [c.contains(text, autoescape=True) for c in (p.order_reference, p.lot, p.machine)]
        query = query.where(or_(*near, p.trace_id.startswith(text, autoescape=True)))
    query = query.order_by(p.interval_end.desc(), p.id.desc()).limit(limit)
    return [from_row(r) for r in tx.execute(query)]
