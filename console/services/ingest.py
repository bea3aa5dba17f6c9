"""Stations [2] and [3]: machine events into the ledger, and proposals out of them.

``store`` is the transaction that counting exactly once hangs on: events, the proposals that they add to and
the counters' checkpoints are one commit.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeGuard

from sqlalchemy import Connection, Engine

from console.domain import decisions
from console.domain.detect import MachineMemory, checkpoint, interval_of, remember
from console.domain.equipment import Machine, Plant
from console.domain.holds import Held
from console.domain.machine_events import (
    CountAdvanced,
    CounterJump,
    DataGap,
    MachineEvent,
    OrderChanged,
    StateChanged,
)
from console.domain.proposals import Outcome, ProposalState, ReviewDomain, Verdict
from console.domain.propose import RunningOrder, expected_quantity, running_order
from console.services.facts import context_of, judge, released_to
from console.services.followers import followers
from console.services.limit_scope import limits_meant
from console.store import holds, machines, master, proposals, review, scraps
from console.store.engine import read, write
from console.store.master import Mirror
from console.store.proposals import ProposalRow


def new_trace_id() -> str:
    """The id that runs from sample to Odoo record."""
    return f"pc-{uuid.uuid4().hex[:20]}"


@dataclass(frozen=True, slots=True)
class Detected:
    """What one machine's samples came to, to be stored together."""

    machine: Machine
    memory: MachineMemory
    events: Sequence[MachineEvent]


class Ingest:
    """Writes what was detected.

    Attributes:
        grace: an interval is closed this long after its end, so that late samples still count into it.
    """

    def __init__(self, ledger: Engine, plant: Plant, grace: timedelta = timedelta(seconds=8)) -> None:
        self._ledger = ledger
        self._plant = plant
        self._followers = followers(plant)
        self._held: tuple[Held, ...] | None = None
        self.grace = grace

    def activate(self, source: str, by: str, now: datetime) -> None:
        """Keeps the text of the plant file that the events name."""
        with write(self._ledger) as tx:
            machines.activate_plant(tx, self._plant.version, source, by, now)

    def load(self) -> dict[str, MachineMemory]:
        """The detectors' memories from their checkpoints."""
        with read(self._ledger) as tx:
            heard = machines.last_recorded(tx)
            return {
                m.name: remember(m, machines.load_checkpoints(tx, m.name), heard)
                for m in self._plant.machines
            }

    def limits_meant(self) -> dict[str, Mapping[str, frozenset[str]]]:
        """Which limits hold for what the machines run; see ``limit_scope``."""
        return limits_meant(self._ledger, self._plant)

    def store(
        self, found: Sequence[Detected], now: datetime, fence: Callable[[Connection], None] | None = None
    ) -> int:
        """One transaction: events, proposals, checkpoints. Returns the number of events.

        Args:
            fence: called first inside the transaction; raises where the lease was lost.
        """
        busy = [d for d in found if d.events or d.memory.dirty]
        if not busy:
            return 0
        with write(self._ledger) as tx:
            if fence is not None:
                fence(tx)
            mirror = master.mirror(tx) if any(_counts(d.events) for d in busy) else None
            for d in busy:
                self._store_machine(tx, d, mirror, now)
        for d in busy:  # only once it is committed
            d.memory.dirty.clear()
            d.memory.max_skew_s = 0.0
        return sum(len(d.events) for d in busy)

    def _store_machine(self, tx: Connection, d: Detected, mirror: Mirror | None, now: datetime) -> None:
        machine, version = d.machine, self._plant.version[:12]
        status = machines.statuses(tx).get(machine.name)
        order = (status.order_reference, status.lot) if status else ("", "")
        gap = any(isinstance(e, DataGap) for e in d.events)
        split = gap and any(isinstance(e, OrderChanged) and e.order_before for e in d.events)
        stored: list[tuple[int, MachineEvent]] = []
        for event in d.events:
            proposal_id = None
            if isinstance(event, OrderChanged):
                order = (event.order_after, event.lot_after)
                self._newer_word(tx, machine, event)
            if isinstance(event, CountAdvanced) and event.counter == "consumption" and mirror is not None:
                self._consumed(tx, machine, mirror, event, order)
            elif _of_product(event) and mirror is not None:
                proposal_id = self._add_to_proposal(tx, machine, mirror, event, order, d.memory, split)
            stored.append((machines.add_event(tx, event, now, version, proposal_id), event))
        for tag in d.memory.dirty:
            machines.save_checkpoint(tx, machine.name, tag, checkpoint(machine, d.memory, tag), now)
        if any(isinstance(e, StateChanged | OrderChanged) for e in d.events):
            now_does = machines.MachineStatus(
                machine.name, d.memory.state, d.memory.since or now, d.memory.order, d.memory.lot
            )
            machines.set_status(tx, now_does, version)
        for follower in self._followers if stored else ():
            follower.follow(tx, machine, stored, now)

    def _newer_word(self, tx: Connection, machine: Machine, event: OrderChanged) -> None:
        """The machine's own word ends what a person said before."""
        said = machines.assignment(tx, machine.name)
        if said is not None and event.order_after and event.order_before:
            machines.assign(tx, machine.name, "", "", said.by, said.at)

    def _consumed(
        self,
        tx: Connection,
        machine: Machine,
        mirror: Mirror,
        event: CountAdvanced,
        reported: tuple[str, str],
    ) -> None:
        """What was counted of a component belongs to the order that runs, like the counts."""
        counter = machine.counter_of(event.tag)
        if counter is None:
            return
        running = self._running(tx, machine, mirror, reported)
        by = event.count * counter.units_per_count
        scraps.grow(tx, machine.name, running.reference, counter.component, by, new_trace_id())

    def _running(
        self, tx: Connection, machine: Machine, mirror: Mirror, reported: tuple[str, str]
    ) -> RunningOrder:
        said = machines.assignment(tx, machine.name)
        return running_order(
            reported, (said.order_reference, said.lot) if said else None, released_to(mirror, machine)
        )

    def _add_to_proposal(
        self,
        tx: Connection,
        machine: Machine,
        mirror: Mirror,
        event: CountAdvanced | CounterJump | DataGap,
        reported: tuple[str, str],
        memory: MachineMemory,
        split: bool,
    ) -> int | None:
        running = self._running(tx, machine, mirror, reported)
        start, end = interval_of(event.at, machine.confirmation_interval_s)
        open_id, parts = proposals.open_part(tx, machine.name, start, running.reference, running.lot)
        if open_id is None:
            context = context_of(mirror, machine, running.reference)
            open_id = proposals.add(
                tx,
                {
                    "trace_id": new_trace_id(),
                    "machine": machine.name,
                    "order_reference": running.reference,
                    "order_id": context.order.id if context.order else None,
                    "target_key": context.target.key if context.target else "",
                    "lot": running.lot,
                    "interval_start": start,
                    "interval_end": end,
                    "part": parts + 1,
                    "unit": machine.unit,
                    "expected": expected_quantity(machine, start, end),
                    "state": ProposalState.OPEN.value,
                    "jump_choices": [],
                    "verdicts": [],
                    "first_at": event.started_at,
                    "last_at": event.at,
                    "plant_version": self._plant.version[:12],
                    "program": memory.program,
                },
            )
        row = proposals.get(tx, open_id)
        assert row is not None
        proposals.change(tx, open_id, _grown(machine, row, event, memory, split))
        return open_id

    def close_intervals(self, now: datetime) -> int:
        """Judges the proposals whose interval is over: green, or to Review. Returns how many."""
        with read(self._ledger) as tx:
            due = proposals.in_states(tx, [ProposalState.OPEN], now - self.grace)
        if not due:
            return 0
        with write(self._ledger) as tx:
            mirror = master.mirror(tx)
            for row in proposals.in_states(tx, [ProposalState.OPEN], now - self.grace):
                self.judge(tx, mirror, row, now)
        return len(due)

    def judge_again(self, now: datetime) -> int:
        """Judges closed, undecided proposals anew: master data or mapping changed. Returns how many."""
        with read(self._ledger) as tx:
            mirror = master.mirror(tx)
            waiting = proposals.in_states(tx, [ProposalState.PENDING, ProposalState.REVIEW])
            changed = [r for r in waiting if self._differs(tx, mirror, r, now)]
        if not changed:
            return 0
        with write(self._ledger) as tx:
            for stale in changed:
                row = proposals.get(tx, stale.proposal.id)
                if row is not None and row.proposal.version == stale.proposal.version:
                    self.judge(tx, mirror, row, now)
        return len(changed)

    def judge_held(self, now: datetime) -> int:
        """Judges anew where a hold began, grew or ended since the last time. Returns how many changed."""
        with read(self._ledger) as tx:
            held = holds.held(tx)
        if held == self._held:
            return 0
        changed = self.judge_again(now)
        self._held = held
        return changed

    def _differs(self, tx: Connection, mirror: Mirror, row: ProposalRow, now: datetime) -> bool:
        machine = self._plant.machine(row.proposal.machine)
        if machine is None:
            return False
        fresh = judge(tx, self._plant, machine, mirror, row, now)
        return _outcomes(fresh) != _outcomes(row.proposal.verdicts)

    def judge(self, tx: Connection, mirror: Mirror, row: ProposalRow, now: datetime) -> ProposalRow:
        """Judges one closed proposal, stores the verdicts, opens or closes its review item."""
        machine = self._plant.machine(row.proposal.machine)
        if machine is None:
            return row
        verdicts = judge(tx, self._plant, machine, mirror, row, now)
        context = context_of(mirror, machine, row.proposal.order_reference)
        failing = [v for v in verdicts if v.outcome is Outcome.FAIL]
        state = ProposalState.REVIEW if failing else ProposalState.PENDING
        proposals.change(
            tx,
            row.proposal.id,
            {
                "state": state.value,
                "verdicts": proposals.verdicts_to_data(verdicts),
                "validated_at": now,
                "order_id": context.order.id if context.order else None,
                "target_key": context.target.key if context.target else "",
            },
        )
        judged = proposals.get(tx, row.proposal.id)
        assert judged is not None
        cause = f"proposal:{row.proposal.id}"
        if failing:
            review.open_item(tx, review_item_for(judged, machine, failing, cause, now), now)
        else:
            review.resolve_cause(tx, cause, "the console", "passed", "all rules pass now", now)
        return judged


def review_item_for(
    row: ProposalRow, machine: Machine, failing: Sequence[Verdict], cause: str, now: datetime
) -> review.NewItem:
    """What Review shows about a failing proposal."""
    p, first = row.proposal, failing[0]
    return review.NewItem(
        cause=cause,
        domain=ReviewDomain.COUNT
        if first.rule not in ("order-known", "unit-match")
        else ReviewDomain.MAPPING,
        level="high",
        rule=f"{first.rule} v{first.version}",
        title=first.message,
        explanation=" ".join(
            dict.fromkeys(f"{v.message} {v.remedy}".strip() for v in failing)  # each once
        ),
        choices=decisions.choices_for(p, row.jump_choices),
        evidence={"interval": [p.interval_start.isoformat(), p.interval_end.isoformat()]},
        machine=machine.name,
        order_reference=p.order_reference,
        proposal_id=p.id,
        target_key=p.target_key,
        trace_id=p.trace_id,
        due_at=now + timedelta(hours=1),
    )


def _of_product(event: MachineEvent) -> TypeGuard[CountAdvanced | CounterJump | DataGap]:
    return isinstance(event, CountAdvanced | CounterJump | DataGap) and event.counter != "consumption"


def _counts(events: Sequence[MachineEvent]) -> bool:
    return any(isinstance(e, CountAdvanced | CounterJump | DataGap) for e in events)


def _outcomes(verdicts: Sequence[Verdict]) -> list[tuple[str, int, str, str]]:
    # numbers that only tell an age differ each time; the outcome is what matters, and a failing message
    return [
        (v.rule, v.version, v.outcome.value, "" if v.rule == "master-data-fresh" else v.message)
        if v.outcome is Outcome.FAIL
        else (v.rule, v.version, v.outcome.value, "")
        for v in verdicts
    ]


def _grown(
    machine: Machine,
    row: ProposalRow,
    event: CountAdvanced | CounterJump | DataGap,
    memory: MachineMemory,
    split: bool,
) -> dict[str, Any]:
    """The columns of a proposal after one more event."""
    counter = machine.counter_of(event.tag)
    per_count = counter.units_per_count if counter is not None else 1.0
    p = row.proposal
    values: dict[str, Any] = {
        "first_at": min(row.first_at, event.started_at),
        "last_at": max(row.last_at, event.at),
        "max_skew_s": max(row.max_skew_s, memory.max_skew_s),
    }
    if isinstance(event, CountAdvanced) and event.counter == "good":
        values |= {"good": p.good + event.count * per_count, "good_counts": row.good_counts + event.count}
    elif isinstance(event, CountAdvanced):
        values |= {"scrap": p.scrap + event.count * per_count, "scrap_counts": row.scrap_counts + event.count}
    elif isinstance(event, CounterJump) and event.counter == "good":
        added = [(words, extra * per_count) for words, extra in event.explanations]
        most = max((extra for _, extra in added), default=0.0)
        values |= {"jumps": p.jumps + max(most, 1.0), "jump_choices": [*map(list, row.jump_choices), *added]}
    elif isinstance(event, DataGap) and event.counter == "good":
        gap = (event.at - event.started_at).total_seconds()
        values |= {
            "gap_s": max(row.gap_s, gap),
            "order_changed_in_gap": row.order_changed_in_gap or split,
        }
    return values
