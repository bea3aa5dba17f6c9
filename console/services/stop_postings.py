"""What is asked of Odoo about stops (recipe B), and what follows when it was seen or taken back.

The payload is the whole row each time; its revision is counted up in the stop. No operation goes along: Odoo
adds every row of an operation to the time that it worked, and so to the order's cost, a loss too.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from console.domain.equipment import Machine, Plant
from console.domain.postings import FlowClass
from console.domain.records import GivenUp, PostingKind, RecordSeen
from console.domain.stops import Reason, reason_tree, suggested_key, title_of
from console.domain.wording import lasted
from console.services.record_postings import ask_for, record_target
from console.store import outbox, review, stops
from console.store.outbox import PostingRow
from console.store.stops import StoredStop


def subject_of(stop_id: int) -> str:
    """What decisions and postings about a stop name."""
    return f"stop:{stop_id}"


def cause_of(stop_id: int) -> str:
    """The cause of the review item about a stop without a reason."""
    return f"stop:{stop_id}/unexplained"


def target_of(stop: StoredStop) -> str:
    """The Odoo record of a stop."""
    return record_target(PostingKind.DOWNTIME, stop.trace_id)


def tree_of(tx: Connection, plant: Plant) -> tuple[Reason, ...]:
    """The reasons that can be chosen now."""
    return reason_tree([x.reason for x in stops.losses(tx) if not x.gone], plant.stop_reasons)


def suggestion(tx: Connection, plant: Plant, machine: Machine, raw: str) -> str:
    """The key of the reason that a raw value of the state tag suggests; empty for none."""
    reason = plant.stop_reason_of(machine, raw) if raw else None
    return suggested_key(reason, tree_of(tx, plant)) if reason is not None else ""


def asked(tx: Connection, stop: StoredStop) -> PostingRow | None:
    """What was last asked of Odoo about a stop and not taken back; None for nothing."""
    return outbox.last_of_target(tx, target_of(stop))


def book(
    tx: Connection,
    machine_title: str,
    stop: StoredStop,
    decision_id: int,
    now: datetime,
    work_center_id: int | None = None,
) -> int:
    """Asks Odoo to hold the stop as the ledger has it now; returns how many postings that takes.

    A stop with a planned reason is none of Odoo's losses: nothing is booked, and what was booked before is
    emptied. What Odoo was asked for already is not asked again.

    Args:
        work_center_id: for the first posting; later ones stay on the one that it was booked on.
    """
    before = asked(tx, stop)
    if stop.planned or stop.loss_id is None:
        return empty(tx, machine_title, stop, f"planned: {_title(tx, stop)}", decision_id, now)
    # a record stays in its lane: two calls about one record must never be under way
    center = int(before.payload["work_center_id"]) if before is not None else work_center_id
    assert center is not None
    title = _title(tx, stop)
    payload = _payload(stop, center, stop.loss_id, stop.ended_at, _description(stop, title))
    if before is not None and dict(before.payload) == payload:
        return 0
    seconds = stop.seconds(now)
    long = "is stopped" if stop.ended_at is None else f"stopped {lasted(seconds)}"
    _ask(tx, stop, payload, f"{machine_title} {long}: {title}", seconds / 60.0, decision_id, now)
    return 1


def empty(
    tx: Connection, machine_title: str, stop: StoredStop, why: str, decision_id: int, now: datetime
) -> int:
    """Takes the time out of what Odoo holds of a stop (rows are never deleted); 0 where it holds nothing."""
    before = asked(tx, stop)
    if before is None:
        return 0
    p = before.payload
    payload = {**p, "end": p["start"], "description": why}
    if dict(p) == payload:
        return 0
    _ask(tx, stop, payload, f"{machine_title} stop taken out: {why}", 0.0, decision_id, now)
    return 1


def _ask(
    tx: Connection,
    stop: StoredStop,
    payload: Mapping[str, Any],
    summary: str,
    minutes: float,
    decision_id: int,
    now: datetime,
) -> None:
    revision = stop.revision + 1
    stops.change(tx, stop.id, revision=revision)
    ask_for(
        tx,
        kind=PostingKind.DOWNTIME,
        subject=subject_of(stop.id),
        trace_id=stop.trace_id,
        record_key=stop.trace_id,
        revision=revision,
        lane=f"work-center:{payload['work_center_id']}",
        payload=payload,
        summary=summary,
        decision_id=decision_id,
        now=now,
        # an open row blocks the work center in Odoo: it comes and goes at once
        flow=FlowClass.REAL_TIME,
        machine=stop.machine,
        order_reference=stop.order_reference,
        lot=stop.lot,
        quantity=round(max(minutes, 0.0), 2),
        unit="min",
    )


def _payload(
    stop: StoredStop, work_center_id: int, loss_id: int, end: datetime | None, description: str
) -> dict[str, Any]:
    return {
        "work_center_id": work_center_id,
        "loss_id": loss_id,
        "start": stop.started_at.isoformat(),
        "end": end.isoformat() if end is not None else None,
        "description": description,
        "operation_id": None,
        "reason_key": stop.reason_key,  # ours: Odoo knows the loss reason only
    }


def _title(tx: Connection, stop: StoredStop) -> str:
    return title_of(stop.reason_key, [x.reason for x in stops.losses(tx)])


def _description(stop: StoredStop, title: str) -> str:
    """What Odoo's row says: local reason, note and who said it."""
    told = [title] if "/" in stop.reason_key else []
    told += [stop.note.strip()] if stop.note.strip() else []
    return f"{'. '.join(told)} ({stop.explained_by})".strip()


# --- what follows ------------------------------------------------------------------------------------------


def landed(tx: Connection, posting: PostingRow, seen: RecordSeen, now: datetime) -> None:
    """Odoo was seen to hold it: its own duration is kept."""
    stop = _stop(tx, posting)
    minutes = seen.detail.get("duration_min")
    if stop is not None and isinstance(minutes, int | float):
        stops.change(tx, stop.id, odoo_minutes=float(minutes))


def taken_back(tx: Connection, posting: PostingRow, how: GivenUp, now: datetime) -> None:
    """A person gave the booking up: the stop waits for a reason again, unless Odoo holds this very stop
    under an earlier decision, which then stands. Where a person let stand what somebody changed in Odoo, the
    stop takes Odoo's reason."""
    stop = _stop(tx, posting)
    if stop is None or stop.merged_into is not None:
        return
    if how.accepted:
        _take_word(tx, stop, how)
        return
    verified = outbox.last_verified(tx, posting.target_key)
    if verified is not None and _same_time(verified, posting):
        loss_id = int(verified.payload["loss_id"])
        key = str(verified.payload.get("reason_key") or loss_id)
        if key != stop.reason_key:
            stops.change(
                tx, stop.id, reason_key=key, loss_id=loss_id, planned=False, version=stop.version + 1
            )
        return
    stops.change(
        tx,
        stop.id,
        reason_key="",
        loss_id=None,
        planned=False,
        explained_by="",
        explained_at=None,
        version=stop.version + 1,
    )


def _take_word(tx: Connection, stop: StoredStop, how: GivenUp) -> None:
    """What Odoo says of the stop; where it names no reason that is known here, it stays as it was explained.
    Its times stay the machine's."""
    values: dict[str, Any] = {}
    minutes, loss_id = how.held.get("duration_min"), how.held.get("loss_id")
    if isinstance(minutes, int | float):
        values["odoo_minutes"] = float(minutes)
    if loss_id != stop.loss_id and loss_id in {x.reason.id for x in stops.losses(tx)}:
        values |= {
            "reason_key": str(loss_id),
            "loss_id": loss_id,
            "planned": False,
            "version": stop.version + 1,
        }
    if values:
        stops.change(tx, stop.id, **values)


def _same_time(one: PostingRow, other: PostingRow) -> bool:
    return all(one.payload.get(k) == other.payload.get(k) for k in ("start", "end"))


def _stop(tx: Connection, posting: PostingRow) -> StoredStop | None:
    head, _, number = posting.subject.partition(":")
    return stops.get(tx, int(number)) if head == "stop" and number.isdigit() else None


def resolve_item(tx: Connection, stop_id: int, by: str, resolution: str, reason: str, now: datetime) -> None:
    """Closes the review item about a stop without a reason, where there is one."""
    review.resolve_cause(tx, cause_of(stop_id), by, resolution, reason, now)
