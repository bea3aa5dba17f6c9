"""Stops: what a person says about them, and what is asked of Odoo for it (recipe B)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sqlalchemy import Engine

from console.domain.equipment import Plant
from console.domain.people import Permission, Person
from console.errors import InvalidDecision
from console.services import stop_change
from console.services.permit import must
from console.services.screens.common import NotFound
from console.services.stop_change import Desk
from console.services.stop_views import StopReader
from console.services.views import Decided
from console.services.views.stops import ReasonNode, StopDetail, StopsView
from console.store import stops
from console.store.engine import read, write


class Stops:
    """Reads and decides stops. Every action raises NotAllowed, AlreadyDecided or InvalidDecision, with
    nothing changed, where it cannot be taken; ``version`` is the stop's as it was shown."""

    def __init__(self, ledger: Engine, plant: Plant, console: str, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._plant = plant
        self._console = console
        self._clock = clock

    # --- reads --------------------------------------------------------------------------------------------

    def stops(self, machine: str | None, hours: float, micro: bool = False) -> StopsView:
        """The stops of the last hours (all that wait for a reason whatever their age)."""
        with self._reader() as reader:
            return reader.view(machine, reader.now - timedelta(hours=hours), micro)

    def stop(self, stop_id: int) -> StopDetail:
        """One stop; where it was merged, the one that it is part of. Raises NotFound."""
        with self._reader() as reader:
            found = stops.get(reader.tx, stop_id)
            while found is not None and found.merged_into is not None:
                found = stops.get(reader.tx, found.merged_into)
            if found is None:
                raise NotFound(f"There is no stop {stop_id}.", "Look at the list again.")
            return reader.detail(found)

    def reasons(self, machine: str) -> tuple[ReasonNode, ...]:
        """The reason tree: Odoo's loss reasons, local reasons below them."""
        with self._reader() as reader:
            return reader.nodes(machine)

    @contextmanager
    def _reader(self) -> Iterator[StopReader]:
        with read(self._ledger) as tx:
            yield StopReader(tx, self._plant, self._clock)

    # --- actions ------------------------------------------------------------------------------------------

    @contextmanager
    def _desk(self, person: Person) -> Iterator[Desk]:
        """One commit of a person who may explain stops."""
        with write(self._ledger) as tx:
            must(tx, person, Permission.EXPLAIN_STOPS)
            yield Desk(tx, self._plant, person, self._clock(), self._console)

    def explain(self, person: Person, stop_id: int, version: int, reason_key: str, note: str = "") -> Decided:
        """Gives the reason (or another one). A standing stop is booked open, and closed when it ends."""
        with self._desk(person) as desk:
            stop = desk.seen(stop_id, version)
            posted = stop_change.explain(desk, stop, reason_key, note)
            message = f"Explained: {desk.title(reason_key)}."
            if desk.again(stop).planned:
                message += " Nothing is booked: it is planned."
            elif stop.ended_at is None:
                message += " It is booked open until the machine executes."
            return Decided(1, posted, message)

    def explain_several(self, person: Person, stops: list[tuple[int, int]], reason_key: str) -> Decided:
        """Gives several closed stops (id, version) one reason, in one commit."""
        picked = dict(stops)
        if not picked:
            raise InvalidDecision("Nothing is selected.", "Select at least one stop.")
        with self._desk(person) as desk:
            posted = 0
            for stop_id, version in picked.items():
                stop = desk.seen(stop_id, version)
                if stop.ended_at is None:
                    raise InvalidDecision("One of these still stands.", "Explain it by itself.")
                posted += stop_change.explain(desk, stop, reason_key, "")
            return Decided(len(picked), posted, f"{len(picked)} stops explained: {desk.title(reason_key)}.")

    def split(self, person: Person, stop_id: int, version: int, at: datetime, reason: str) -> Decided:
        """Makes two stops of one; the second one is unexplained."""
        with self._desk(person) as desk:
            return stop_change.split(desk, desk.seen(stop_id, version), at, reason)

    def merge(
        self, person: Person, stop_id: int, version: int, other_id: int, other_version: int, reason: str
    ) -> Decided:
        """Makes one stop of two neighbours; what ran between them counts as stopped."""
        with self._desk(person) as desk:
            return stop_change.merge(
                desk, desk.seen(stop_id, version), desk.seen(other_id, other_version), reason
            )

    def move(
        self, person: Person, stop_id: int, version: int, start: datetime, end: datetime | None, reason: str
    ) -> Decided:
        """Moves a stop's start or end, within its bounds; a neighbour that it touches gives way.

        Args:
            end: None: it stays as it is.
        """
        with self._desk(person) as desk:
            return stop_change.move(desk, desk.seen(stop_id, version), start, end, reason)

    def annotate(self, person: Person, stop_id: int, version: int, note: str) -> Decided:
        """Keeps a note with the stop; it goes to Odoo with it."""
        with self._desk(person) as desk:
            return stop_change.annotate(desk, desk.seen(stop_id, version), note)
