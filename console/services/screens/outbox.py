"""Outbox: what waits for Odoo, and why."""

from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from console.domain.postings import OPEN_POSTING_STATES, PostingState
from console.services.lanes import Ask, Send, Step, Wait, next_step
from console.services.screens.common import EdgeLife, Stores, ago, odoo_link
from console.services.views import OdooLink, OutboxRow, OutboxView
from console.store import machines, master, outbox, proposals
from console.store.engine import read
from console.store.outbox import PostingRow

# Enough of a lane to know its next step; a day without Odoo can leave thousands behind it
LANE_HEAD = 50
LONGEST_BUFFER_H = 10_000.0
_TOLD = frozenset({PostingState.VERIFIED, PostingState.DEAD_LETTER, PostingState.REJECTED})


def outbox_view(stores: Stores, limit: int, states: tuple[PostingState, ...] | None = None) -> OutboxView:
    """The newest postings, and counts over all.

    Args:
        states: only postings in these; None for all.
    """
    now = stores.clock()
    edge = stores.edge(now)
    with read(stores.ledger) as tx:
        link, reason, _ = odoo_link(stores.plant, master.link(tx), edge)
        counts = outbox.counts(tx)
        oldest = outbox.oldest_waiting(tx)
        rows = outbox.newest(tx, limit, states)
        people = proposals.people_of(tx, sorted({r.decision_id for r in rows}))
        writes = outbox.writes_of(tx, sorted({r.coalesced_into or r.id for r in rows}))
        steps = {lane: _step(tx, lane, now) for lane in {r.lane for r in rows if r.state not in _TOLD}}
        shown = tuple(
            replace(
                _row(r, people, now, waiting_words(stores, r, steps.get(r.lane), link, reason, edge, now)),
                attempts=writes.get(r.coalesced_into or r.id, 0),
                title=stores.title(r.machine),
            )
            for r in rows
        )
        return OutboxView(
            counts=tuple(counts.items()),
            oldest_waiting_s=(now - oldest[0]).total_seconds() if oldest else None,
            buffer_hours=_buffer_hours(stores, tx, now),
            odoo=link,
            odoo_reason=reason,
            rows=shown,
        )


def _step(tx: Connection, lane: str, now: datetime) -> Step:
    rows = outbox.head_of_lane(tx, lane, LANE_HEAD)
    return next_step(rows, outbox.lane(tx, lane), outbox.stuck_in_lane(tx, lane), now)


def step_of(tx: Connection, row: PostingRow, now: datetime) -> Step | None:
    """The next step of a posting's lane; None where the posting itself is settled."""
    return _step(tx, row.lane, now) if row.state not in _TOLD else None


def _row(row: PostingRow, people: dict[int, str], now: datetime, waiting: str) -> OutboxRow:
    done = row.verified_at if row.state is PostingState.VERIFIED else None
    return OutboxRow(
        id=row.id,
        posting_key=row.posting_key,
        kind=row.kind,
        lane=row.lane,
        order_reference=row.order_reference,
        machine=row.machine,
        quantity=row.quantity,
        target_quantity=row.target_quantity,
        unit=row.unit,
        state=row.state,
        created_at=row.created_at,
        age_s=((done or now) - row.created_at).total_seconds(),
        late=row.state in OPEN_POSTING_STATES and row.due_at < now,
        attempts=row.attempt_count,
        waiting=waiting,
        error=row.error,
        decided_by=people.get(row.decision_id, ""),
        verified_at=row.verified_at,
        trace_id=row.trace_id,
        summary=row.summary,
    )


def waiting_words(
    stores: Stores,
    row: PostingRow,
    step: Step | None,
    link: OdooLink,
    reason: str,
    edge: EdgeLife,
    now: datetime,
) -> str:
    """Why it is not verified yet; empty when it is."""
    if row.state is PostingState.VERIFIED:
        return ""
    if row.state is PostingState.REJECTED:
        return f"Refused; a person decides in Review: {row.error}"
    if row.state is PostingState.DEAD_LETTER:
        return "A person decided not to book it."
    if link is OdooLink.NOT_CONFIGURED or not edge.alive:
        return reason or edge.reason
    own = {
        PostingState.SENDING: "It is being sent now.",
        PostingState.POSTED: "Odoo took it; it is read back next.",
        PostingState.UNKNOWN: "The answer was lost; Odoo is asked before anything is sent again.",
    }.get(row.state, "")
    if link in (OdooLink.DOWN, OdooLink.REFUSED):
        away = "Odoo refuses the connection" if link is OdooLink.REFUSED else "Odoo is not reached"
        return f"{own} {away}: {reason}".strip() if reason else f"{own} {away}.".strip()
    return own or _ready_words(row, step, now)


def _ready_words(row: PostingRow, step: Step | None, now: datetime) -> str:
    match step:
        case Send(rows=rows) if any(r.id == row.id for r in rows):
            more = len(rows) - 1
            return f"It is sent next, in one write with {more} more." if more else "It is sent next."
        case Send(lead=lead) | Ask(lead=lead):
            return f"It waits in its lane for posting {lead.id}."
        case Wait(why=why, until=until) if why != "nothing to do":
            left = f", again in {ago((until - now).total_seconds())}" if until is not None else ""
            return f"{why[:1].upper()}{why[1:]}{left}."
        case _:
            return "It waits for its turn."


def _buffer_hours(stores: Stores, tx: Connection, now: datetime) -> float | None:
    """Hours that the disk can take what is confirmed while Odoo is away; None where it cannot be told.

    The free room, less what the telemetry store may still grow to, by the ledger's average growth so far.
    """
    place = stores.ledger.url.database
    first = machines.first_event_at(tx)
    if not place or first is None or not Path(place).exists():
        return None
    used = Path(place).stat().st_size
    per_hour = used / max((now - first).total_seconds() / 3600.0, 1.0)
    room = stores.plant.telemetry_max_mb * 1024 * 1024 - stores.telemetry.used_bytes()
    free = shutil.disk_usage(Path(place).parent).free - max(room, 0)
    return min(max(free, 0) / max(per_hour, 1.0), LONGEST_BUFFER_H)
