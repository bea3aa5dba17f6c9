"""Stops out of machine events: they begin, end and are cut in the commit of the events that say so.

Everything is read from the ledger each time, so a killed edge goes on where it was: the open row is the stop
that stands. ``TendStops`` does what only time brings about: the edge of a planned break, an order that came
or went in Odoo, a stop that nobody explained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from console.domain.equipment import Machine, Plant
from console.domain.machine_events import DataGap, MachineEvent, OrderChanged, StateChanged
from console.domain.proposals import ReviewDomain
from console.domain.stops import StopOrigin, executes, stands
from console.domain.wording import lasted
from console.services import stop_postings
from console.services.stop_book import Around, Orders, StopBook
from console.store import machines, review, stops
from console.store.engine import read, write
from console.store.machines import detail_of
from console.store.stops import StoredStop

RULE = "stop-explained v1"


class FollowStops:
    """Makes stops of what the machines tell."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._book = StopBook(plant)

    def follow(
        self, tx: Connection, machine: Machine, events: Sequence[tuple[int, MachineEvent]], now: datetime
    ) -> None:
        """See ``followers.Follower``. An event that was told before changes nothing; one that comes late
        counts from the end of the last stop on."""
        around = Around(tx, machine, _reported_before(tx, machine, events), now, Orders(tx))
        for event_id, event in events:
            if isinstance(event, OrderChanged):
                around = replace(around, reported=(event.order_after, event.lot_after))
                self._order_changed(around, event.at)
            elif isinstance(event, StateChanged):
                if not stops.told_before(
                    tx, event_id, machine.name, StateChanged.__name__, event.at, detail_of(event)
                ):
                    self._state_changed(around, event)
            elif isinstance(event, DataGap):
                self._gap(around, event)

    def _order_changed(self, around: Around, at: datetime) -> None:
        standing = _standing(around)
        if standing is not None:
            self._book.look(around, standing, at)

    def _state_changed(self, around: Around, event: StateChanged) -> None:
        standing = _standing(around)
        if executes(event.after):
            if standing is not None:
                self._book.end(around, standing, event.at)
        elif stands(event.after) and standing is None:
            last = stops.last_of(around.tx, around.machine.name)
            at = event.at if last is None or last.ended_at is None else max(event.at, last.ended_at)
            self._book.begin(around, at, event.after, event.raw, StopOrigin.DETECTED)
        elif standing is not None and not standing.suggested:
            # the first state on the way down often says less than the one that it comes to rest in
            key = stop_postings.suggestion(around.tx, self._plant, around.machine, event.raw)
            if key:
                stops.change(around.tx, standing.id, suggested=key)

    def _gap(self, around: Around, event: DataGap) -> None:
        """A machine that stood before a gap and after it, and made something in it, did not stand all the
        time: the stop that is known ends where the gap began, another one begins where it ended."""
        standing = _standing(around)
        moved = None not in (event.raw_before, event.raw_after) and event.raw_before != event.raw_after
        began = event.silent_from or event.started_at
        if standing is None or not moved or standing.started_at >= began:
            return
        self._book.end(around, standing, began)
        self._book.begin(around, event.at, standing.state, standing.raw, StopOrigin.GAP)


def _standing(around: Around) -> StoredStop | None:
    return next(iter(stops.standing(around.tx, around.machine.name)), None)


def _reported_before(
    tx: Connection, machine: Machine, events: Sequence[tuple[int, MachineEvent]]
) -> tuple[str, str]:
    """The order and lot that the machine told before these events."""
    for _, event in events:
        if isinstance(event, OrderChanged):
            return event.order_before, event.lot_before
    status = machines.statuses(tx).get(machine.name)
    return (status.order_reference, status.lot) if status is not None else ("", "")


class TendStops:
    """Looks after stops while time passes; see the module's text."""

    every_s = 5.0

    def __init__(self, ledger: Engine, plant: Plant) -> None:
        self._ledger = ledger
        self._plant = plant
        self._book = StopBook(plant)

    def tend(self, now: datetime, fence: Callable[[Connection], None]) -> None:
        """One round; writes only where something is due."""
        with read(self._ledger) as tx:
            due = [s.id for a, s in self._standing(tx, now) if self._book.due(a, s)]
            late = self._late(tx, now)
        if not due and not late:
            return
        with write(self._ledger) as tx:
            fence(tx)
            for around, stop in self._standing(tx, now):
                if stop.id in due:
                    self._book.look(around, stop)
            for stop in self._late(tx, now):
                review.open_item(tx, self._item(stop, now), now)

    def _standing(self, tx: Connection, now: datetime) -> list[tuple[Around, StoredStop]]:
        statuses, orders = machines.statuses(tx), Orders(tx)
        found = []
        for stop in stops.standing(tx):
            machine, status = self._plant.machine(stop.machine), statuses.get(stop.machine)
            if machine is not None:  # one that left the plant file is not cut any more
                reported = (status.order_reference, status.lot) if status is not None else ("", "")
                found.append((Around(tx, machine, reported, now, orders), stop))
        return found

    def _late(self, tx: Connection, now: datetime) -> list[StoredStop]:
        """Stops that nobody explained for an interval, and that no review item tells of yet."""
        found = []
        for stop in stops.unexplained(tx):
            machine = self._plant.machine(stop.machine)
            wait_s = machine.confirmation_interval_s if machine is not None else 3600
            if now - stop.started_at > timedelta(seconds=wait_s):
                found.append(stop)
        told = stops.open_causes(tx, [stop_postings.cause_of(s.id) for s in found])
        return [s for s in found if stop_postings.cause_of(s.id) not in told]

    def _item(self, stop: StoredStop, now: datetime) -> review.NewItem:
        machine = self._plant.machine(stop.machine)
        title = machine.title if machine is not None else stop.machine
        stood = f"stopped for {lasted(stop.seconds(now))}"
        long = stood if stop.ended_at is not None else "stands"
        return review.NewItem(
            cause=stop_postings.cause_of(stop.id),
            domain=ReviewDomain.STOP,
            level="medium",
            rule=RULE,
            title=f"{title} {long}, and nobody said why",
            explanation=f"{title} {long} without a planned break or a changeover, and has no reason. "
            "Give it one on the page Stops; this item is then resolved by itself.",
            choices=(),
            evidence={"stop_id": stop.id, "start": stop.started_at.isoformat()},
            machine=stop.machine,
            order_reference=stop.order_reference,
            trace_id=stop.trace_id,
            due_at=now + timedelta(hours=8),
        )
