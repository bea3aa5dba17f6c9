"""Gives a stop its reason, by a person or the policy: decision, audit and posting in the caller's commit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import Connection

from console.domain.equipment import Machine, Plant
from console.domain.people import Person
from console.domain.policies import Flow, Mode
from console.domain.proposals import Outcome, Verdict
from console.domain.stop_rules import StopFacts, judge_stop
from console.domain.stops import StopCategory
from console.services import stop_postings
from console.services.record_postings import POLICY_ACTOR, decided
from console.services.stop_facts import gather
from console.store import policies, stops
from console.store.stops import StoredStop

EDGE = "the edge"


def verdict_data(verdicts: Sequence[Verdict]) -> list[dict[str, object]]:
    """Verdicts as the audit keeps them."""
    return [asdict(v) | {"outcome": v.outcome.value, "override": v.override.value} for v in verdicts]


def give_reason(
    tx: Connection,
    *,
    person: Person | None,
    machine: Machine,
    stop: StoredStop,
    version: int,
    facts: StopFacts,
    verdicts: Sequence[Verdict],
    note: str,
    now: datetime,
    console: str,
) -> int:
    """Explains a stop; returns the number of postings.

    Args:
        facts: of this stop, with the reason to be given and a known work center: judged already.
        note: empty: the note that it has stays.

    Raises:
        AlreadyDecided: it is not what the person saw.
    """
    reason, center = facts.reason, facts.work_center
    assert reason is not None
    assert center is not None
    who = person.name if person is not None else POLICY_ACTOR
    stops.decide(
        tx,
        stop,
        version,
        reason_key=reason.key,
        loss_id=reason.loss_id,
        planned=reason.planned,
        note=note.strip() or stop.note,
        explained_by=who,
        explained_at=now,
    )
    fresh = stops.get(tx, stop.id)
    assert fresh is not None
    decision_id = decided(
        tx,
        person=person,
        subject=stop_postings.subject_of(stop.id),
        kind="explain",
        reason=reason.title,
        detail={
            "machine": machine.name,
            "start": stop.started_at.isoformat(),
            "end": stop.ended_at.isoformat() if stop.ended_at is not None else None,
            "reason_key": reason.key,
            "before": stop.reason_key,
            "note": fresh.note,
            "verdicts": verdict_data(verdicts),
        },
        now=now,
        console=console,
        trace_id=stop.trace_id,
    )
    stop_postings.resolve_item(tx, stop.id, who, "explained", reason.title, now)
    return stop_postings.book(tx, machine.title, fresh, decision_id, now, center.id)


def explain_by_policy(
    tx: Connection, plant: Plant, machine: Machine, stop: StoredStop, now: datetime
) -> bool:
    """Explains an ended stop with what the machine's state suggests, where the policy goes that far and no
    rule stands in the way; a person decides the rest."""
    if stop.category is not StopCategory.UNPLANNED or stop.ended_at is None or stop.reason_key:
        return False
    if policies.policy(tx, machine.name, Flow.DOWNTIME).mode is not Mode.AUTOMATIC:
        return False
    key = stop.suggested or stop_postings.suggestion(tx, plant, machine, stop.raw)
    facts = gather(tx, plant, machine, stop, now, reason_key=key)
    verdicts = judge_stop(facts)
    if facts.reason is None or any(v.outcome is Outcome.FAIL for v in verdicts):
        return False
    give_reason(
        tx,
        person=None,
        machine=machine,
        stop=stop,
        version=stop.version,
        facts=facts,
        verdicts=verdicts,
        note="",
        now=now,
        console=EDGE,
    )
    return True
