"""What time brings about for quality: stock of held lots that appears, batches of machines that name no
order, and the summaries of batches that are over."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from console.domain.equipment import Plant
from console.domain.holds import HoldState
from console.domain.propose import running_order
from console.services import hold_book
from console.services.check_summary import figures, keep_summary
from console.services.facts import released_to
from console.services.follow_quality import turn_batch
from console.store import batches, holds, machines, master
from console.store.engine import read, write
from console.store.holds import HoldRow
from console.store.master import Mirror
from console.store.telemetry import Telemetry

Fence = Callable[[Connection], None]
# the last values of a batch may still be on their way
SETTLE = timedelta(seconds=10)


class TendHolds:
    """Books what is held and not booked yet, once Odoo shows stock of it."""

    every_s = 5.0

    def __init__(self, ledger: Engine, plant: Plant) -> None:
        self._ledger = ledger
        self._plant = plant

    def tend(self, now: datetime, fence: Fence) -> None:
        """See ``Tender``."""
        with read(self._ledger) as tx:
            kept = [h for h in holds.in_states(tx, [HoldState.HELD, HoldState.REWORK]) if self._mine(h)]
            mirror = master.mirror(tx) if kept else None
            due = [h.id for h in kept if mirror is not None and self._due(tx, mirror, h, now)]
        for hold_id in due:
            with write(self._ledger) as tx:
                fence(tx)
                hold, decision = holds.get(tx, hold_id), holds.deciding(tx, hold_id)
                if hold is not None and decision is not None and self._mine(hold):
                    hold_book.book(tx, self._plant, master.mirror(tx), hold, decision, now)

    def _mine(self, hold: HoldRow) -> bool:
        """A booking that a person gave up is theirs to ask for again."""
        kept = hold.state in (HoldState.HELD, HoldState.REWORK)
        return kept and bool(hold.lot) and not hold.evidence.get("given_up")

    def _due(self, tx: Connection, mirror: Mirror, hold: HoldRow, now: datetime) -> bool:
        plan = hold_book.planned(tx, self._plant, mirror, hold, now)
        return bool(plan.lines or plan.learned) or plan.waiting != hold.evidence.get("waiting", "")


class TendBatches:
    """Ends and begins batches where a person says what runs; makes the summaries."""

    every_s = 5.0

    def __init__(self, ledger: Engine, telemetry: Telemetry, plant: Plant) -> None:
        self._ledger = ledger
        self._telemetry = telemetry
        self._plant = plant
        self._machines = tuple(m for m in plant.machines if any(x.environmental for x in m.limits))

    def tend(self, now: datetime, fence: Fence) -> None:
        """See ``Tender``."""
        if not self._machines:
            return
        self._turn(now, fence)
        if not self._plant.quality.batch_test:
            return
        with read(self._ledger) as tx:
            due = [b for b in batches.unsummed(tx) if b.ended_at is not None and b.ended_at + SETTLE <= now]
        for batch in due:
            machine, ended = self._plant.machine(batch.machine), batch.ended_at
            if machine is None or ended is None:
                continue
            with read(self._ledger) as tx:
                mirror = master.mirror(tx)
                results = figures(tx, self._telemetry, machine, mirror, batch, ended)
            with write(self._ledger) as tx:
                fence(tx)
                keep_summary(tx, self._plant, machine, mirror, batch, results, now)

    def _turn(self, now: datetime, fence: Fence) -> None:
        with read(self._ledger) as tx:
            said, status = machines.assignments(tx), machines.statuses(tx)
            mirror = master.mirror(tx)
            turned = []
            for machine in self._machines:
                own, told = said.get(machine.name), status.get(machine.name)
                reported = (told.order_reference, told.lot) if told is not None else ("", "")
                assigned = (own.order_reference, own.lot) if own is not None else None
                runs = running_order(reported, assigned, released_to(mirror, machine))
                batch = batches.running(tx, machine.name)
                known = (batch.order_reference, batch.lot) if batch is not None else ("", "")
                if known != (runs.reference, runs.lot):
                    turned.append((machine, runs.reference, runs.lot))
        for machine, reference, lot in turned:
            with write(self._ledger) as tx:
                fence(tx)
                turn_batch(tx, machine, reference, lot, now)
