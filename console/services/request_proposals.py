"""Maintenance that the console proposes: a request in state proposed, and a review item that leads to it.

Whatever the policy says, a person sends it: somebody has to do the work, so somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from console.domain.equipment import Machine
from console.domain.proposals import ReviewDomain
from console.store import floor_master, requests, review
from console.store.requests import Request, RequestState

# preventive work and slow changes are planned for the days to come
ANSWER_WITHIN = timedelta(days=1)


def propose(
    tx: Connection,
    machine: Machine,
    *,
    source: str,
    trace_id: str,
    title: str,
    words: str,
    kind: str,
    priority: int,
    evidence: Mapping[str, Any],
    rule: str,
    now: datetime,
) -> Request:
    """A new proposal with its review item."""
    equipment = floor_master.equipment_named(tx, machine.equipment)
    request_id = requests.add(
        tx,
        {
            "trace_id": trace_id,
            "state": RequestState.PROPOSED.value,
            "source": source,
            "machine": machine.name,
            "equipment_id": equipment.id if equipment is not None else None,
            "title": title,
            "description": words,
            "kind": kind,
            "priority": priority,
            "evidence": dict(evidence),
            "opened_at": now,
        },
    )
    request = requests.get(tx, request_id)
    assert request is not None
    tell(tx, request, words, rule, now)
    return request


def tell(tx: Connection, request: Request, words: str, rule: str, now: datetime) -> None:
    """Opens the review item of a proposal, or brings it up to date; closed when it is sent or dismissed."""
    review.open_item(
        tx,
        review.NewItem(
            cause=request.subject,
            domain=ReviewDomain.MAINTENANCE,
            level="medium",
            rule=rule,
            title=f"Maintenance proposed: {request.title}",
            explanation=f"{words} Request it, join it to an open request, or dismiss it: on Alarms.",
            choices=(),
            evidence={"request": request.id, "source": request.source},
            machine=request.machine,
            trace_id=request.trace_id,
            due_at=now + ANSWER_WITHIN,
        ),
        now,
    )
