"""Quality follows the machine events: an action breach proposes a hold, a change of order begins a batch.

In the commit of the events, so that a kill loses and doubles nothing. What only time brings about is tended
in ``tend_quality``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.domain.equipment import LimitSpec, Machine, Plant
from console.domain.holds import HoldState, Scope
from console.domain.limits import LimitLevel
from console.domain.machine_events import LimitBreached, LimitReturned, MachineEvent, OrderChanged
from console.domain.policies import Flow, Mode
from console.services import hold_book, hold_open
from console.services.hold_open import Finding, Running
from console.services.record_postings import decided
from console.store import batches, holds, machines, master, policies, review
from console.store.holds import HoldRow
from console.store.master import Mirror

# order and lot come as two values of one change
ONE_CHANGE = timedelta(seconds=5)


class FollowQuality:
    """Makes holds and batches out of LimitBreached, LimitReturned and OrderChanged."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant

    def follow(
        self, tx: Connection, machine: Machine, events: Sequence[tuple[int, MachineEvent]], now: datetime
    ) -> None:
        """See ``Follower``."""
        wanted = [e for e in events if isinstance(e[1], LimitBreached | LimitReturned | OrderChanged)]
        if not machine.limits or not wanted:
            return
        mirror = master.mirror(tx)
        reported = _reported_before(tx, machine, events)
        for event_id, event in wanted:
            if isinstance(event, OrderChanged):
                reported = (event.order_after, event.lot_after)
                runs = hold_open.running_on(tx, mirror, machine, reported)
                turn_batch(tx, machine, runs.order_reference, runs.lot, event.at)
            elif isinstance(event, LimitReturned):
                hold_open.ended(tx, machine.name, event.limit, event.rule, event.at)
            elif isinstance(event, LimitBreached) and event.level == LimitLevel.ACTION.value:
                spec = next((x for x in machine.limits if x.name == event.limit), None)
                if spec is not None:
                    runs = hold_open.running_on(tx, mirror, machine, reported)
                    breached(tx, self._plant, mirror, machine, spec, runs, event, now, event_id)


def _reported_before(
    tx: Connection, machine: Machine, events: Sequence[tuple[int, MachineEvent]]
) -> tuple[str, str]:
    """What the machine reported before the first of these events; its status is already that after them."""
    first = next((e for _, e in events if isinstance(e, OrderChanged)), None)
    if first is not None:
        return first.order_before, first.lot_before
    status = machines.statuses(tx).get(machine.name)
    return (status.order_reference, status.lot) if status is not None else ("", "")


def breached(
    tx: Connection,
    plant: Plant,
    mirror: Mirror,
    machine: Machine,
    spec: LimitSpec,
    runs: Running,
    event: LimitBreached,
    now: datetime,
    event_id: int | None = None,
    by: str = "",
) -> HoldRow:
    """An action limit or a run rule is broken: the hold of it, new or with more evidence.

    Args:
        by: who measured it by hand; such a breach is a moment, it does not go on.
    """
    words = hold_open.breach_words(spec.title, event.rule, event.value, event.bound, event.unit)
    at = event.at.isoformat()
    found = Finding(
        key=f"limit:{machine.name}/{spec.name}",
        title=words,
        rule=f"{event.rule} v1",
        severity=spec.severity,
        scope=Scope(spec.scope),
        breach={
            "words": words,
            "machine": machine.name,
            "limit": spec.name,
            "tag": event.tag,
            "rule": event.rule,
            "value": event.value,
            "bound": event.bound,
            "unit": event.unit,
            "at": at,
            "ended_at": at if by else None,
            "event": event_id,
            "by": by,
        },
        since=hold_open.since_of(tx, spec, event.rule, machine.name, runs, event.at),
        until=event.at if by else None,
    )
    hold = hold_open.propose(tx, machine, runs, found, now)
    automatic = policies.policy(tx, machine.name, Flow.HOLD).mode is Mode.AUTOMATIC
    if automatic and hold.state is HoldState.PROPOSED and not hold.shadow:
        keep_by_policy(tx, plant, mirror, hold, now)
    return hold


def keep_by_policy(tx: Connection, plant: Plant, mirror: Mirror, hold: HoldRow, now: datetime) -> None:
    """Keeps a proposed hold at once. Its release is never automatic."""
    reason = "policy of holds: automatic"
    decision_id = decided(
        tx,
        person=None,
        subject=hold_book.subject(hold),
        kind="keep",
        reason=reason,
        detail={"title": hold.title, "severity": hold.severity},
        now=now,
        console="edge",
        trace_id=hold.trace_id,
    )
    kept = holds.change(
        tx, hold, state=HoldState.HELD, decided_at=now, decided_by="policy", disposition="keep"
    )
    review.resolve_cause(tx, hold_open.review_cause(hold.id), "policy", "keep", reason, now)
    hold_book.book(tx, plant, mirror, kept, decision_id, now)


def turn_batch(tx: Connection, machine: Machine, order_reference: str, lot: str, at: datetime) -> None:
    """Another order or lot is another batch, on machines whose surroundings are judged."""
    if not any(x.environmental for x in machine.limits):
        return
    running = batches.running(tx, machine.name)
    if running is not None:
        if (running.order_reference, running.lot) == (order_reference, lot):
            return
        learns_lot = running.order_reference == order_reference and not running.lot
        if (order_reference or lot) and (learns_lot or at - running.started_at < ONE_CHANGE):
            batches.rename(tx, running, order_reference, lot)
            return
        batches.end(tx, running, at)
    if order_reference or lot:
        batches.start(tx, machine.name, order_reference, lot, at)
