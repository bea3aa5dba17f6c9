"""Stops: what a person says about them, and what is asked of Odoo for it (recipe B)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from console.domain.equipment import Plant
from console.domain.people import Person
from console.services.views import Decided
from console.services.views.stops import ReasonNode, StopDetail, StopsView


class Stops:
    """Reads and decides stops. Every action raises NotAllowed, AlreadyDecided or InvalidDecision, with
    nothing changed, where it cannot be taken; ``version`` is the stop's as it was shown."""

    def __init__(self, ledger: Engine, plant: Plant, console: str, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._plant = plant
        self._console = console
        self._clock = clock

    def stops(self, machine: str | None, hours: float, micro: bool = False) -> StopsView:
        """The stops of the last hours (all that wait for a reason whatever their age)."""
        raise NotImplementedError

    def stop(self, stop_id: int) -> StopDetail:
        """One stop. Raises NotFound."""
        raise NotImplementedError

    def reasons(self, machine: str) -> tuple[ReasonNode, ...]:
        """The reason tree: Odoo's loss reasons, local reasons below them."""
        raise NotImplementedError

    def explain(self, person: Person, stop_id: int, version: int, reason_key: str, note: str = "") -> Decided:
        """Gives the reason (or another one). A standing stop is booked open, and closed when it ends."""
        raise NotImplementedError

    def explain_several(self, person: Person, stops: list[tuple[int, int]], reason_key: str) -> Decided:
        """Gives several closed stops (id, version) one reason, in one commit."""
        raise NotImplementedError

    def split(self, person: Person, stop_id: int, version: int, at: datetime, reason: str) -> Decided:
        """Makes two stops of one; the second one is unexplained."""
        raise NotImplementedError

    def merge(
        self, person: Person, stop_id: int, version: int, other_id: int, other_version: int, reason: str
    ) -> Decided:
        """Makes one stop of two neighbours; what ran between them counts as stopped."""
        raise NotImplementedError

    def move(
        self, person: Person, stop_id: int, version: int, start: datetime, end: datetime | None, reason: str
    ) -> Decided:
        """Moves a stop's start or end, within its bounds."""
        raise NotImplementedError

    def annotate(self, person: Person, stop_id: int, version: int, note: str) -> Decided:
        """Keeps a note with the stop; it goes to Odoo with it."""
        raise NotImplementedError
