"""Decisions about what is no count, and the postings that follow: one commit of the caller.

``decided`` keeps who decided what and why (with its audit entry); ``ask_for`` asks Odoo to hold a record.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from console.domain.people import Person
from console.domain.postings import FlowClass, PostingState
from console.domain.records import PostingKind
from console.store import audit, outbox, proposals

# who decides where a policy does: automatic within tolerance
POLICY_ACTOR = "policy"


def record_target(kind: PostingKind, record_key: str) -> str:
    """The target key of a record posting; never one of a production target ("operation:177")."""
    return f"{kind.value}/{record_key}"


def decided(
    tx: Connection,
    *,
    person: Person | None,
    subject: str,
    kind: str,
    reason: str,
    detail: Mapping[str, Any],
    now: datetime,
    console: str,
    trace_id: str,
    witness: Person | None = None,
) -> int:
    """Keeps a decision and its audit entry; returns the decision's id.

    Args:
        person: None where a policy decided; the audit and the decision then name ``POLICY_ACTOR``.
        subject: what it is about: "stop:12", "hold:3", "alarm:5", "order:42", "request:7".
        kind: what was done, for example "explain", "keep", "release", "close".
    """
    actor = person.name if person is not None else POLICY_ACTOR
    told = {
        **detail,
        "reason": reason,
        "witness": witness.name if witness is not None else "",
        "console": console,
    }
    seq = audit.append(tx, now, actor, f"{subject.partition(':')[0]} {kind}", subject, told, trace_id)
    return proposals.add_decision(
        tx,
        {
            "subject": subject,
            "kind": kind,
            "quantity": 0.0,
            "machine_quantity": 0.0,
            "reason": reason,
            "person": actor,
            "role": person.title if person is not None else "",
            "witness": witness.name if witness is not None else "",
            "console": console,
            "at": now,
            "verdicts": [],
            "audit_seq": seq,
        },
    )


def ask_for(
    tx: Connection,
    *,
    kind: PostingKind,
    subject: str,
    trace_id: str,
    record_key: str,
    revision: int,
    lane: str,
    payload: Mapping[str, Any],
    summary: str,
    decision_id: int,
    now: datetime,
    flow: FlowClass = FlowClass.NEAR_REAL_TIME,
    machine: str = "",
    order_id: int = 0,
    order_reference: str = "",
    lot: str = "",
    quantity: float = 0.0,
    unit: str = "",
) -> int:
    """A record posting; returns its id.

    Args:
        record_key: names the record for ever; stem of its external id. Letters, digits, "-" and "_".
        revision: 1 for the first payload of the record, one more for each that replaces it.
        lane: "work-center:3", "lot:5", "product:7", "equipment:9" or "order:42": one call in flight each,
            in order.
        payload: the whole state of the record (see the kind's recipe); JSON-able.
        summary: one line for people: "Filler 1 stopped 12 min: Jam at infeed".
        quantity, unit: for lists; minutes of a stop, pieces of a hold.
    """
    return outbox.add(
        tx,
        {
            "posting_key": f"{record_key}-r{revision}",
            "trace_id": trace_id,
            "kind": kind.value,
            "lane": lane,
            "target_key": record_target(kind, record_key),
            "decision_id": decision_id,
            "order_id": order_id,
            "order_reference": order_reference,
            "machine": machine,
            "lot": lot,
            "quantity": quantity,
            "unit": unit,
            "target_quantity": float(revision),
            "subject": subject,
            "summary": summary,
            "payload": dict(payload),
            "flow_class": flow.value,
            "state": PostingState.READY.value,
            "created_at": now,
            "due_at": now + timedelta(seconds=flow.deadline_s),
        },
    )
