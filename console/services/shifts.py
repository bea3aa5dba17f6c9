"""Shifts: OEE by ISO 22400, and the hand-over that both people sign."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from console.domain.equipment import Plant
from console.domain.people import Person
from console.services.people import People
from console.services.views import Decided
from console.services.views.shift import OeeView, ShiftRef, ShiftView


class Shifts:
    """Reads shifts and seals them."""

    def __init__(
        self, ledger: Engine, plant: Plant, people: People, console: str, clock: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._plant = plant
        self._people = people
        self._console = console
        self._clock = clock

    def shifts(self, limit: int = 30) -> tuple[ShiftRef, ...]:
        """The running shift first, then older ones."""
        raise NotImplementedError

    def shift(self, key: str) -> ShiftView:
        """One shift; a sealed one as it was sealed. Raises NotFound."""
        raise NotImplementedError

    def oee(self, machine: str, start: datetime, end: datetime, order_reference: str = "") -> OeeView:
        """OEE of a machine over a span, or of one order in it. Raises NotFound."""
        raise NotImplementedError

    def add_note(self, person: Person, key: str, text: str) -> Decided:
        """A note for the next shift. Raises InvalidDecision where it is sealed or empty."""
        raise NotImplementedError

    def sign_off(self, person: Person, pin: str, other: str, other_pin: str, key: str) -> Decided:
        """Seals a shift that is over: ``person`` hands over, ``other`` (by name) takes over; both PINs are
        checked now. Raises SignInFailed, NotAllowed, AlreadyDecided, InvalidDecision."""
        raise NotImplementedError
