"""Running hours and cycles, in the commit of the machine events; preventive work proposed when it is due."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine

from console.domain.equipment import Machine, Plant, UpkeepSpec
from console.domain.machine_events import CountAdvanced, MachineEvent, StateChanged
from console.domain.packml import MachineState
from console.domain.upkeep import Due, due_from, due_words, fallen_due
from console.services import request_proposals
from console.services.request_sources import PREVENTIVE
from console.services.trace_ids import new_trace_id
from console.store import machines, requests, usage
from console.store.engine import read, write
from console.store.requests import RequestState
from console.store.usage import Meter

CYCLE_COUNTERS = ("good", "scrap")
RULE = "upkeep-due v1"


class FollowUse:
    """Grows a machine's meter with its events: exactly once, because in their commit."""

    def follow(
        self, tx: Connection, machine: Machine, events: Sequence[tuple[int, MachineEvent]], now: datetime
    ) -> None:
        """See ``Follower``."""
        told = [e for _, e in events if isinstance(e, StateChanged | CountAdvanced)]
        if not told:
            return
        known = usage.meter(tx, machine.name)
        meter = known or self._first(tx, machine, told)
        for event in told:
            meter = grown(meter, event)
        if meter != known:
            usage.save(tx, meter)

    def _first(self, tx: Connection, machine: Machine, told: Sequence[MachineEvent]) -> Meter:
        """A new meter: all work begins at zero, and what runs already runs since its state says so."""
        status = machines.statuses(tx).get(machine.name)
        running = status is not None and status.state is MachineState.EXECUTE
        changed = any(isinstance(e, StateChanged) for e in told)
        since = status.since if status is not None and running and not changed else None
        return Meter(machine.name, 0.0, 0, since, {u.name: Due().to_data() for u in machine.upkeep})


def grown(meter: Meter, event: MachineEvent) -> Meter:
    """The meter after one event. Running is PackML's execute; jumps that nobody decided are not counted."""
    if isinstance(event, CountAdvanced) and event.counter in CYCLE_COUNTERS:
        return replace(meter, cycles=meter.cycles + event.count)
    if not isinstance(event, StateChanged):
        return meter
    if event.after is MachineState.EXECUTE:
        return meter if meter.running_since is not None else replace(meter, running_since=event.at)
    return replace(meter, seconds=meter.seconds_at(event.at), running_since=None)


class TendUpkeep:
    """Proposes preventive work once a due point: request, review item and due point are one commit."""

    every_s = 10.0

    def __init__(self, ledger: Engine, plant: Plant) -> None:
        self._ledger = ledger
        self._plant = plant

    def tend(self, now: datetime, fence: Callable[[Connection], None]) -> None:
        """See ``Tender``. Writes only where something fell due or is new."""
        machines_of = [m for m in self._plant.machines if m.upkeep]
        with read(self._ledger) as tx:
            meters = usage.meters(tx)
        busy = [m for m in machines_of if m.name in meters and _look(m, meters[m.name], now)]
        if not busy:
            return
        with write(self._ledger) as tx:
            fence(tx)
            for machine in busy:
                self._propose(tx, machine, now)

    def _propose(self, tx: Connection, machine: Machine, now: datetime) -> None:
        meter = usage.meter(tx, machine.name)
        assert meter is not None
        triggered: dict[str, Any] = dict(meter.triggered)
        seconds = meter.seconds_at(now)
        for spec, before, after in _look(machine, meter, now):
            triggered[spec.name] = after.to_data()
            passed = after.times - before.times if before is not None else 0
            if passed:
                self._request(tx, machine, spec, after, passed, (seconds, meter.cycles), now)
        usage.set_triggered(tx, machine.name, triggered)

    def _request(
        self,
        tx: Connection,
        machine: Machine,
        spec: UpkeepSpec,
        due: Due,
        passed: int,
        run: tuple[float, int],
        now: datetime,
    ) -> None:
        """One proposal for the work, however many due points passed: nobody greases a bearing three times."""
        source = f"upkeep:{machine.name}/{spec.name}@"
        words = due_words(spec, passed, *run)
        waiting = [r for r in requests.of_source(tx, source) if r.state is RequestState.PROPOSED]
        if waiting:
            since = waiting[-1].source.rpartition("@")[2]
            words = f"{words} It was proposed when it fell due for time {since}, and still waits."
            requests.change(tx, waiting[-1], description=words)
            request_proposals.tell(tx, waiting[-1], words, RULE, now)
            return
        request_proposals.propose(
            tx,
            machine,
            source=f"{source}{due.times}",
            trace_id=new_trace_id(),
            title=f"{machine.title}: {spec.title}",
            words=words,
            kind=PREVENTIVE,
            priority=spec.priority,
            evidence={"times": due.times, "seconds": run[0], "cycles": run[1]},
            rule=RULE,
            now=now,
        )


def _look(machine: Machine, meter: Meter, now: datetime) -> list[tuple[UpkeepSpec, Due | None, Due]]:
    """Work whose due points have to be stored: (work, before, after). Work that is new begins now."""
    found: list[tuple[UpkeepSpec, Due | None, Due]] = []
    seconds = meter.seconds_at(now)
    for spec in machine.upkeep:
        before = due_from(meter.triggered.get(spec.name))
        if before is None:
            found.append((spec, None, Due(0, seconds, meter.cycles)))
            continue
        after = fallen_due(spec, before, seconds, meter.cycles)
        if after != before:
            found.append((spec, before, after))
    return found
