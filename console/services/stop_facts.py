"""Gathers, in one transaction, everything that the rules about stops look at, and judges."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import Connection

from console.domain.equipment import Machine, Plant
from console.domain.packml import MachineState
from console.domain.proposals import Outcome, Override, Verdict
from console.domain.stop_rules import Span, StopFacts, judge_stop
from console.domain.stops import executes, flat, loss_of
from console.errors import InvalidDecision
from console.services.stop_postings import tree_of
from console.store import machines, master, stops
from console.store.stops import StoredStop


def span_of(stop: StoredStop, now: datetime) -> Span:
    """The time that a stop has; until now while it stands."""
    end = stop.ended_at if stop.ended_at is not None else max(now, stop.started_at)
    return stop.started_at, end


def executed_spans(tx: Connection, machine: str, start: datetime, end: datetime) -> list[Span]:
    """The times in which a machine executed."""
    state = machines.state_before(tx, machine, start) or MachineState.UNDEFINED
    found: list[Span] = []
    at = start
    for change in stops.state_changes(tx, machine, start, end):
        if executes(state) and change.at > at:
            found.append((at, change.at))
        state, at = change.after, max(change.at, at)
    if executes(state) and end > at:
        found.append((at, end))
    return found


def gather(
    tx: Connection,
    plant: Plant,
    machine: Machine,
    stop: StoredStop,
    now: datetime,
    *,
    reason_key: str = "",
    times: tuple[datetime, datetime | None] | None = None,
    instead: Mapping[int, Span | None] | None = None,
    covers: Sequence[Span] = (),
) -> StopFacts:
    """The facts about a stop as it shall be.

    Args:
        times: its start and end as they shall be; as they are by default.
        instead: what other stops shall have; None for one that is no more.
        covers: more time that it may have, although the machine executed there, because stops had it before.
    """
    start, end = times if times is not None else (stop.started_at, stop.ended_at)
    until = end if end is not None else max(now, start)
    own = span_of(stop, now)
    replaced = dict(instead or {})
    near = stops.overlapping(tx, min(start, own[0]), max(until, own[1]), machine.name)
    before = [span_of(s, now) for s in near if s.id in replaced]
    others = [span_of(s, now) for s in near if s.id != stop.id and s.id not in replaced]
    others += [span for span in replaced.values() if span is not None]
    loss_id = loss_of(reason_key)
    known = next((x for x in stops.losses(tx) if x.reason.id == loss_id), None)
    executed = executed_spans(tx, machine.name, start, until)
    return StopFacts(
        machine=machine.title,
        work_center_code=machine.work_center,
        work_center=master.mirror(tx).work_center(machine.work_center),
        reason_key=reason_key,
        reason=flat(tree_of(tx, plant)).get(reason_key),
        reason_gone=known.reason.name if known is not None and known.gone else "",
        start=start,
        end=end,
        now=now,
        most_ahead_s=plant.clock_skew_fail_s,
        others=others,
        covered=_without([own, *before], executed_spans(tx, machine.name, *own)),
        executed=_without(executed, [own, *covers]),
    )


def _without(spans: Sequence[Span], cuts: Sequence[Span]) -> list[Span]:
    """What is left of spans when others are taken out."""
    left = list(spans)
    for a, b in cuts:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, a)), (max(start, b), end))
            if part[1] > part[0]
        ]
    return left


def allowed(facts: StopFacts, overridable: bool = False) -> tuple[Verdict, ...]:
    """The verdicts, where nothing stands in the way.

    Args:
        overridable: a reason was given for what a reason may override.

    Raises:
        InvalidDecision: a rule fails, with its words.
    """
    verdicts = judge_stop(facts)
    for each in verdicts:
        over = overridable and each.override is Override.REASON
        if each.outcome is Outcome.FAIL and not over:
            raise InvalidDecision(each.message, each.remedy)
    return verdicts
