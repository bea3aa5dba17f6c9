"""Begins, cuts and ends stops in a caller's transaction; the rules of when stand in ``domain.stops``."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from console.domain.equipment import Machine, Plant
from console.domain.packml import MachineState
from console.domain.propose import RunningOrder, running_order
from console.domain.shifts import breaks_between
from console.domain.stops import Piece, StopCategory, StopOrigin, category_of, completed, pieces
from console.services import stop_postings
from console.services.facts import released_to
from console.services.stop_explain import explain_by_policy
from console.services.trace_ids import new_trace_id
from console.store import machines, master, stops
from console.store.master import Mirror
from console.store.stops import StoredStop


class Orders:
    """The orders released in Odoo, as one transaction has them; read once, and only where asked for."""

    def __init__(self, tx: Connection) -> None:
        self._tx = tx
        self._mirror: Mirror | None = None

    def released(self, machine: Machine) -> tuple[str, ...]:
        """References of those that could run on a machine."""
        if self._mirror is None:
            self._mirror = master.mirror(self._tx)
        return released_to(self._mirror, machine)


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of a machine around its stop.

    Attributes:
        reported: order and lot as the machine says them.
    """

    tx: Connection
    machine: Machine
    reported: tuple[str, str]
    now: datetime
    orders: Orders

    def running(self) -> RunningOrder:
        """The order that runs, as counts see it; Odoo's orders are asked only where nobody says one."""
        said = machines.assignment(self.tx, self.machine.name)
        word = (said.order_reference, said.lot) if said is not None else None
        known = running_order(self.reported, word, ())
        if known.reference:
            return known
        return running_order(self.reported, word, self.orders.released(self.machine))


class StopBook:
    """Keeps the stops of machines.

    A stop without an order carries since when in ``no_order_since``: from its start, or from when the order
    went away; that is what cuts it (see ``domain.stops.pieces``).
    """

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._zone = ZoneInfo(plant.timezone)

    def begin(self, around: Around, at: datetime, state: MachineState, raw: str, origin: StopOrigin) -> None:
        """A stop begins."""
        order = around.running()
        gone = None if order.reference else at
        made = self._add(
            around, Piece(at, None, None, origin), state, raw, (order.reference, order.lot), gone
        )
        self._cut(around, made, None)

    def end(self, around: Around, stop: StoredStop, at: datetime) -> None:
        """A stop ends: cut where breaks and orders say so; what was explained is closed in Odoo."""
        self._cut(around, stop, max(at, stop.started_at))

    def look(self, around: Around, stop: StoredStop, at: datetime | None = None) -> None:
        """What time and orders did to a stop that stands.

        Args:
            at: when the order changed; None: found out now.
        """
        when = max(at if at is not None else around.now, stop.started_at)
        self._cut(around, self._follow_order(around, stop, when), None)

    def due(self, around: Around, stop: StoredStop) -> bool:
        """Whether ``look`` would change anything."""
        if bool(around.running().reference) == (stop.no_order_since is not None):
            return True
        first, *rest = self._pieces(around, stop, None)
        return bool(rest) or self._category(around, stop, first, last=True) is not stop.category

    # --- orders -------------------------------------------------------------------------------------------

    def _follow_order(self, around: Around, stop: StoredStop, at: datetime) -> StoredStop:
        """Keeps since when there is no order; one that comes after a while begins a stop of its own."""
        order, gone = around.running(), stop.no_order_since
        if bool(order.reference) == (gone is None):
            return stop
        if gone is None:
            stops.change(around.tx, stop.id, no_order_since=at)
            return self._again(around, stop)
        if (at - gone).total_seconds() >= around.machine.micro_stop_s:
            self._cut(around, stop, at)
            piece = Piece(at, None, None, StopOrigin.ORDER)
            return self._add(around, piece, stop.state, stop.raw, (order.reference, order.lot), None)
        stops.change(around.tx, stop.id, no_order_since=None)
        if not stop.order_reference:  # not known for a moment only, as right after a start
            stops.change(around.tx, stop.id, order_reference=order.reference, lot=order.lot)
        return self._again(around, stop)

    # --- pieces -------------------------------------------------------------------------------------------

    def _pieces(self, around: Around, stop: StoredStop, end: datetime | None) -> tuple[Piece, ...]:
        until = end if end is not None else max(around.now, stop.started_at)
        breaks = breaks_between(
            self._plant.shifts, self._zone, stop.started_at, until + timedelta(microseconds=1)
        )
        micro_s = around.machine.micro_stop_s
        return pieces(stop.started_at, end, around.now, breaks, stop.no_order_since, micro_s)

    def _category(self, around: Around, stop: StoredStop, piece: Piece, last: bool) -> StopCategory:
        """
        Args:
            last: nothing of the stop comes after this piece.
        """
        seconds = (piece.end - piece.start).total_seconds() if piece.end is not None else None
        changeover = stop.origin is StopOrigin.ORDER
        if last:
            now = around.running().reference
            changeover = changeover or bool(now and stop.order_reference and now != stop.order_reference)
        if not last or piece.end is None:
            # it completed and was not seen to go on with the same order
            changeover = changeover or completed(stop.state)
        return category_of(piece.kind, seconds, around.machine.micro_stop_s, changeover)

    def _cut(self, around: Around, stop: StoredStop, end: datetime | None) -> None:
        """Writes a stop as the pieces that it is made of by now; the first keeps its row."""
        first, *rest = self._pieces(around, stop, end)
        category = self._category(around, stop, first, last=not rest)
        stops.change(around.tx, stop.id, category=category.value, ended_at=first.end)
        if category is not StopCategory.UNPLANNED:
            what = f"it is {category.value.replace('_', ' ')}"
            stop_postings.resolve_item(around.tx, stop.id, "the console", "needs no reason", what, around.now)
        fresh = self._again(around, stop)
        self._ended(around, fresh)
        before = self._explained(around, fresh)
        for i, piece in enumerate(rest, 1):
            gone = stop.no_order_since
            if gone is not None and piece.end is not None and gone >= piece.end:
                gone = None
            without = gone is not None and piece.start >= gone
            order = ("", "") if without else (stop.order_reference, stop.lot)
            origin = StopOrigin.ORDER if stop.origin is StopOrigin.ORDER else piece.origin
            made = self._add(
                around,
                Piece(piece.start, piece.end, piece.kind, origin),
                stop.state,
                stop.raw,
                order,
                max(gone, piece.start) if gone is not None else None,
                self._category(around, stop, piece, last=i == len(rest)),
            )
            if before is not None and piece.kind is None:
                self._carry(around, before, made)
            else:
                self._ended(around, made)

    def _add(
        self,
        around: Around,
        piece: Piece,
        state: MachineState,
        raw: str,
        order: tuple[str, str],
        no_order_since: datetime | None,
        category: StopCategory = StopCategory.UNPLANNED,
    ) -> StoredStop:
        stop_id = stops.add(
            around.tx,
            {
                "trace_id": new_trace_id(),
                "machine": around.machine.name,
                "started_at": piece.start,
                "ended_at": piece.end,
                "state": state.value,
                "raw": raw,
                "category": category.value,
                "origin": piece.origin.value,
                "order_reference": order[0],
                "lot": order[1],
                "no_order_since": no_order_since,
                "suggested": stop_postings.suggestion(around.tx, self._plant, around.machine, raw),
                "plant_version": self._plant.version[:12],
            },
        )
        made = stops.get(around.tx, stop_id)
        assert made is not None
        return made

    # --- what is booked -----------------------------------------------------------------------------------

    def _ended(self, around: Around, stop: StoredStop) -> None:
        """The closing revision of what was booked open, or the policy's word on what nobody explained."""
        if stop.ended_at is None:
            return
        posting = stop_postings.asked(around.tx, stop)
        if stop.reason_key and posting is not None:
            stop_postings.book(around.tx, around.machine.title, stop, posting.decision_id, around.now)
        elif not stop.reason_key:
            explain_by_policy(around.tx, self._plant, around.machine, stop, around.now)

    def _explained(self, around: Around, stop: StoredStop) -> StoredStop | None:
        """The stop whose reason goes on behind a break: this one, or the one that the break interrupted."""
        if stop.category is not StopCategory.PLANNED:
            return stop if stop.reason_key else None
        before = stops.ended_at(around.tx, stop.machine, stop.started_at)
        return before if before is not None and before.reason_key else None

    def _carry(self, around: Around, reason: StoredStop, made: StoredStop) -> None:
        """The reason of a stop that a break interrupted holds for the rest of it, under the same decision."""
        stops.change(
            around.tx,
            made.id,
            reason_key=reason.reason_key,
            loss_id=reason.loss_id,
            note=reason.note,
            planned=reason.planned,
            explained_by=reason.explained_by,
            explained_at=reason.explained_at,
        )
        posting = stop_postings.asked(around.tx, reason)
        if posting is not None:
            center = int(posting.payload["work_center_id"])
            fresh, title = self._again(around, made), around.machine.title
            stop_postings.book(around.tx, title, fresh, posting.decision_id, around.now, center)

    def _again(self, around: Around, stop: StoredStop) -> StoredStop:
        fresh = stops.get(around.tx, stop.id)
        assert fresh is not None
        return fresh
