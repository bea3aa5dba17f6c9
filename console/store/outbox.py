"""Rows of the outbox: postings, attempts, lanes, and the balance of each Odoo record.

State changes are guarded: ``claim`` and ``move`` change a row only if it still is in the state and version
that the caller saw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, case, func, insert, select, update

from console.domain.postings import OPEN_POSTING_STATES, PostingState
from console.domain.records import PostingKind
from console.store.schema import attempts, balances, lanes, postings


@dataclass(frozen=True, slots=True)
class PostingRow:
    """A posting as stored; see the schema."""

    id: int
    posting_key: str
    trace_id: str
    kind: str
    lane: str
    target_key: str
    decision_id: int
    order_id: int
    order_reference: str
    machine: str
    product_id: int
    unit_id: int
    unit: str
    lot: str
    quantity: float
    target_quantity: float
    flow_class: str
    state: PostingState
    version: int
    created_at: datetime
    due_at: datetime
    not_before: datetime | None
    attempt_count: int
    error: str
    remedy: str
    sent_at: datetime | None
    posted_at: datetime | None
    verified_at: datetime | None
    coalesced_into: int | None
    subject: str = ""
    summary: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
    record: str = ""
    seen: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Balance:
    """What one Odoo record should hold (baseline + decided) and was seen to hold."""

    target_key: str
    order_id: int
    baseline: float
    decided: float
    verified: float | None
    verified_at: datetime | None
    seen: float | None
    seen_at: datetime | None
    seen_state: str

    @property
    def booked(self) -> float:
        """The absolute quantity that all decisions so far ask for."""
        return self.baseline + self.decided

    @property
    def expected(self) -> float:
        """What Odoo must hold before the next write: what was last verified, else the baseline."""
        return self.verified if self.verified is not None else self.baseline


@dataclass(frozen=True, slots=True)
class Lane:
    """A lane's lock on newer values after an unknown outcome."""

    lane: str
    unsettled_until: datetime | None
    unsettled_target: str
    unsettled_quantity: float | None


def _row(r: Row[Any]) -> PostingRow:
    values = dict(r._mapping)
    values["state"] = PostingState(r.state)
    return PostingRow(**values)


def add(tx: Connection, values: dict[str, Any]) -> int:
    """A new posting."""
    result = tx.execute(insert(postings).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def get(tx: Connection, posting_id: int) -> PostingRow | None:
    """One posting."""
    r = tx.execute(select(postings).where(postings.c.id == posting_id)).first()
    return _row(r) if r else None


def of_trace(tx: Connection, trace_id: str) -> list[PostingRow]:
    """The postings of one trace."""
    return [
        _row(r)
        for r in tx.execute(select(postings).where(postings.c.trace_id == trace_id).order_by(postings.c.id))
    ]


def newest(tx: Connection, limit: int, states: Sequence[PostingState] | None = None) -> list[PostingRow]:
    """Postings, newest first."""
    query = select(postings)
    if states is not None:
        query = query.where(postings.c.state.in_([s.value for s in states]))
    return [_row(r) for r in tx.execute(query.order_by(postings.c.id.desc()).limit(limit))]


def open_lanes(tx: Connection) -> list[str]:
    """Lanes with something to do, the one waiting longest first."""
    rows = tx.execute(
        select(postings.c.lane, func.min(postings.c.id))
        .where(postings.c.state.in_([s.value for s in OPEN_POSTING_STATES]))
        .group_by(postings.c.lane)
        .order_by(func.min(postings.c.id))
    )
    return [r[0] for r in rows]


def stuck_in_lane(tx: Connection, lane: str) -> list[PostingRow]:
    """The rejected postings that hold up a lane or a part of it, oldest first."""
    query = (
        select(postings)
        .where(postings.c.lane == lane, postings.c.state == PostingState.REJECTED.value)
        .order_by(postings.c.id)
    )
    return [_row(r) for r in tx.execute(query)]


def work_of_lane(tx: Connection, lane: str) -> list[PostingRow]:
    """Everything of a lane that is not settled, oldest first."""
    query = (
        select(postings)
        .where(postings.c.lane == lane, postings.c.state.in_([s.value for s in OPEN_POSTING_STATES]))
        .order_by(postings.c.id)
    )
    return [_row(r) for r in tx.execute(query)]


def move(tx: Connection, row: PostingRow, state: PostingState, **values: Any) -> bool:
    """Changes a posting's state if nobody else did; False where somebody was faster."""
    done = tx.execute(
        update(postings)
        .where(
            postings.c.id == row.id, postings.c.version == row.version, postings.c.state == row.state.value
        )
        .values(state=state.value, version=row.version + 1, **values)
    )
    return bool(done.rowcount)


def add_attempt(tx: Connection, values: dict[str, Any]) -> int:
    """One try, or one question, about a posting."""
    result = tx.execute(insert(attempts).values(**values))
    assert result.inserted_primary_key is not None
    return int(result.inserted_primary_key[0])


def finish_attempt(
    tx: Connection, attempt_id: int, at: datetime, outcome: str, detail: str = "", seen: float | None = None
) -> None:
    """How it ended."""
    tx.execute(
        update(attempts)
        .where(attempts.c.id == attempt_id)
        .values(finished_at=at, outcome=outcome, detail=detail, seen_quantity=seen)
    )


def attempts_of(tx: Connection, posting_id: int) -> Sequence[Row[Any]]:
    """The tries of a posting, oldest first."""
    return tx.execute(
        select(attempts).where(attempts.c.posting_id == posting_id).order_by(attempts.c.id)
    ).fetchall()


def writes_of(tx: Connection, posting_ids: Sequence[int]) -> dict[int, int]:
    """How many writes were made to Odoo for each posting; a write of several counts for its lead."""
    rows = tx.execute(
        select(attempts.c.posting_id, func.count())
        .where(attempts.c.posting_id.in_(posting_ids), attempts.c.step == "write")
        .group_by(attempts.c.posting_id)
    )
    return {r[0]: r[1] for r in rows}


def counts(tx: Connection) -> dict[PostingState, int]:
    """How many postings are in each state."""
    found = {
        PostingState(r[0]): int(r[1])
        for r in tx.execute(select(postings.c.state, func.count()).group_by(postings.c.state))
    }
    return {s: found.get(s, 0) for s in PostingState}


def oldest_waiting(tx: Connection) -> tuple[datetime, datetime] | None:
    """(created, earliest due) over the postings on their way; None where nothing waits."""
    r = tx.execute(
        select(func.min(postings.c.created_at), func.min(postings.c.due_at)).where(
            postings.c.state.in_([s.value for s in OPEN_POSTING_STATES])
        )
    ).first()
    if r is None or r[0] is None:
        return None
    return r[0], r[1]


def last_verified_at(tx: Connection) -> datetime | None:
    """When a posting was last seen in Odoo."""
    found: datetime | None = tx.execute(select(func.max(postings.c.verified_at))).scalar()
    return found


# --- balances ----------------------------------------------------------------------------------------------


def _balance(r: Row[Any]) -> Balance:
    return Balance(
        r.target_key,
        r.order_id,
        r.baseline,
        r.decided,
        r.verified,
        r.verified_at,
        r.seen,
        r.seen_at,
        r.seen_state,
    )


def balance(tx: Connection, target_key: str) -> Balance | None:
    """The balance of one Odoo record."""
    r = tx.execute(select(balances).where(balances.c.target_key == target_key)).first()
    return _balance(r) if r else None


def all_balances(tx: Connection) -> dict[str, Balance]:
    """Every balance by target."""
    return {r.target_key: _balance(r) for r in tx.execute(select(balances))}


def open_balance(tx: Connection, target_key: str, order_id: int, baseline: float) -> Balance:
    """The balance of a record; made with ``baseline`` where the record is new to the ledger."""
    known = balance(tx, target_key)
    if known is not None:
        return known
    tx.execute(
        insert(balances).values(target_key=target_key, order_id=order_id, baseline=baseline, decided=0.0)
    )
    return Balance(target_key, order_id, baseline, 0.0, None, None, None, None, "")


def change_balance(tx: Connection, target_key: str, **values: Any) -> None:
    """Sets fields of a balance."""
    tx.execute(update(balances).where(balances.c.target_key == target_key).values(**values))


# --- lanes -------------------------------------------------------------------------------------------------


def lane(tx: Connection, name: str) -> Lane:
    """A lane's locks; none where the lane was never troubled."""
    r = tx.execute(select(lanes).where(lanes.c.lane == name)).first()
    if r is None:
        return Lane(name, None, "", None)
    return Lane(r.lane, r.unsettled_until, r.unsettled_target, r.unsettled_quantity)


def set_lane(tx: Connection, name: str, **values: Any) -> None:
    """Sets a lane's locks."""
    if tx.execute(update(lanes).where(lanes.c.lane == name).values(**values)).rowcount == 0:
        tx.execute(insert(lanes).values(lane=name, **values))


def last_of_target(tx: Connection, target_key: str) -> PostingRow | None:
    """The newest posting for an Odoo record that was not taken back."""
    r = tx.execute(
        select(postings)
        .where(postings.c.target_key == target_key, postings.c.state != PostingState.DEAD_LETTER.value)
        .order_by(postings.c.id.desc())
        .limit(1)
    ).first()
    return _row(r) if r else None


def last_verified(tx: Connection, target_key: str) -> PostingRow | None:
    """The newest posting for an Odoo record that was seen there."""
    r = tx.execute(
        select(postings)
        .where(postings.c.target_key == target_key, postings.c.state == PostingState.VERIFIED.value)
        .order_by(postings.c.id.desc())
        .limit(1)
    ).first()
    return _row(r) if r else None


def record_of(tx: Connection, target_key: str) -> str:
    """The Odoo record ("model:id") that any posting of a target was seen as; empty for none yet."""
    found: str | None = tx.execute(
        select(postings.c.record)
        .where(postings.c.target_key == target_key, postings.c.record != "")
        .order_by(postings.c.id.desc())
        .limit(1)
    ).scalar()
    return found or ""


def of_order(tx: Connection, order_id: int) -> list[PostingRow]:
    """All postings about an order, oldest first."""
    query = select(postings).where(postings.c.order_id == order_id).order_by(postings.c.id)
    return [_row(r) for r in tx.execute(query)]


def closing(tx: Connection, order_id: int) -> bool:
    """Whether the closing of an order is decided and was not given up."""
    found = select(postings.c.id).where(
        postings.c.subject == f"order:{order_id}",
        postings.c.kind == PostingKind.CLOSE.value,
        postings.c.state != PostingState.DEAD_LETTER.value,
    )
    return tx.execute(found.limit(1)).first() is not None


def of_subject(tx: Connection, subject: str) -> list[PostingRow]:
    """All postings about a stop, hold, request or order ("stop:12"), oldest first."""
    return [
        _row(r)
        for r in tx.execute(select(postings).where(postings.c.subject == subject).order_by(postings.c.id))
    ]


def newest_of_subjects(tx: Connection, subjects: Sequence[str]) -> dict[str, PostingRow]:
    """The newest posting about each subject; subjects without one are left out."""
    rows = tx.execute(select(postings).where(postings.c.subject.in_(subjects)).order_by(postings.c.id))
    return {r.subject: _row(r) for r in rows}


def of_target(tx: Connection, target_key: str) -> list[PostingRow]:
    """All postings for an Odoo record, oldest first."""
    return [
        _row(r)
        for r in tx.execute(
            select(postings).where(postings.c.target_key == target_key).order_by(postings.c.id)
        )
    ]


# --- for the screens ---------------------------------------------------------------------------------------


# A value written again over an edit in Odoo adds nothing to what was decided (see ``Reviews``)
_ADDED = case((postings.c.posting_key.contains("-again-"), 0.0), else_=postings.c.quantity)


def sums_of_targets(
    tx: Connection, target_keys: Sequence[str]
) -> dict[tuple[str, str], dict[PostingState, float]]:
    """What was posted to these records, by (record, machine) and state, in the order's unit."""
    found: dict[tuple[str, str], dict[PostingState, float]] = {}
    rows = tx.execute(
        select(postings.c.target_key, postings.c.machine, postings.c.state, func.sum(_ADDED))
        .where(postings.c.target_key.in_(target_keys))
        .group_by(postings.c.target_key, postings.c.machine, postings.c.state)
    )
    for target, machine, state, total in rows:
        found.setdefault((target, machine), {})[PostingState(state)] = float(total or 0.0)
    return found


def sums_by_target(tx: Connection) -> dict[tuple[str, str], dict[PostingState, float]]:
    """As ``sums_of_targets``, of every record."""
    found: dict[tuple[str, str], dict[PostingState, float]] = {}
    rows = tx.execute(
        select(postings.c.target_key, postings.c.machine, postings.c.state, func.sum(_ADDED))
        .where(postings.c.kind == PostingKind.PRODUCTION.value)
        .group_by(postings.c.target_key, postings.c.machine, postings.c.state)
    )
    for target, machine, state, total in rows:
        found.setdefault((target, machine), {})[PostingState(state)] = float(total or 0.0)
    return found


def states_of_decisions(tx: Connection, decision_ids: Sequence[int]) -> dict[int, list[PostingState]]:
    """States of the postings that these decisions made."""
    found: dict[int, list[PostingState]] = {}
    rows = tx.execute(
        select(postings.c.decision_id, postings.c.state).where(postings.c.decision_id.in_(decision_ids))
    )
    for decision_id, state in rows:
        found.setdefault(decision_id, []).append(PostingState(state))
    return found


def head_of_lane(tx: Connection, lane: str, limit: int) -> list[PostingRow]:
    """The oldest of a lane that are not settled."""
    query = (
        select(postings)
        .where(postings.c.lane == lane, postings.c.state.in_([s.value for s in OPEN_POSTING_STATES]))
        .order_by(postings.c.id)
        .limit(limit)
    )
    return [_row(r) for r in tx.execute(query)]


def by_key(tx: Connection, posting_key: str) -> PostingRow | None:
    """A posting by its key."""
    r = tx.execute(select(postings).where(postings.c.posting_key == posting_key)).first()
    return _row(r) if r else None


def coalesced_with(tx: Connection, row: PostingRow) -> list[PostingRow]:
    """The other postings that one write stood for, oldest first."""
    lead = row.coalesced_into or row.id
    c = postings.c
    query = select(postings).where(
        c.target_key == row.target_key, c.id != row.id, (c.coalesced_into == lead) | (c.id == lead)
    )
    return [_row(r) for r in tx.execute(query.order_by(c.id))]
