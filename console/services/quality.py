"""Quality: holds and their dispositions (recipe C), checks and measurements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from console.domain.equipment import Plant
from console.domain.holds import Disposition
from console.domain.people import Person
from console.services.people import People
from console.services.views import Decided
from console.services.views.quality import ChildLot, HoldDetail, HoldsView, TestForm
from console.store.telemetry import Telemetry


@dataclass(frozen=True, slots=True)
class Signature:
    """An electronic signature as it is given: the PIN is checked in the commit that it signs.

    Attributes:
        witness, witness_pin: the second person, where two must sign; "" else.
    """

    pin: str
    meaning: str
    reason: str
    witness: str = ""
    witness_pin: str = ""


class Quality:
    """Reads and decides. Every action raises NotAllowed, AlreadyDecided or InvalidDecision (SignInFailed for
    a wrong PIN), with nothing changed, where it cannot be taken."""

    def __init__(
        self,
        ledger: Engine,
        telemetry: Telemetry,
        plant: Plant,
        people: People,
        console: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._telemetry = telemetry
        self._plant = plant
        self._people = people
        self._console = console
        self._clock = clock

    def holds(self) -> HoldsView:
        """The Holds page."""
        raise NotImplementedError

    def hold(self, hold_id: int) -> HoldDetail:
        """One hold. Raises NotFound."""
        raise NotImplementedError

    def cascade(self, hold_id: int) -> tuple[ChildLot, ...]:
        """Lots that have the held one in them, as Odoo's genealogy says."""
        raise NotImplementedError

    def place_hold(
        self,
        person: Person,
        *,
        lot: str = "",
        machine: str = "",
        start: datetime | None = None,
        end: datetime | None = None,
        severity: int = 2,
        reason: str,
    ) -> Decided:
        """Holds a lot, or what a machine made in a time; effective at once, booked when Odoo is reached."""
        raise NotImplementedError

    def keep(
        self, person: Person, hold_id: int, version: int, reason: str, children: Sequence[int] = ()
    ) -> Decided:
        """Keeps a proposed hold: books it; with it the child lots (by lot id) that are named."""
        raise NotImplementedError

    def dispose(
        self, person: Person, hold_id: int, version: int, disposition: Disposition, signature: Signature
    ) -> Decided:
        """Releases, scraps or sends to rework, under a signature. Release does not work offline."""
        raise NotImplementedError

    def tests(self) -> tuple[TestForm, ...]:
        """The tests that Odoo knows."""
        raise NotImplementedError

    def record_check(
        self,
        person: Person,
        test_id: int,
        answers: Mapping[int, float | int],
        *,
        lot: str = "",
        order_reference: str = "",
        hold_id: int | None = None,
        note: str = "",
    ) -> Decided:
        """An inspection by hand: a number for a quantitative question, an answer's id for a qualitative one.
        A failed one proposes a hold."""
        raise NotImplementedError

    def record_measurement(self, person: Person, machine: str, limit: str, value: float) -> Decided:
        """A value measured by hand against a configured limit; a breach proposes a hold."""
        raise NotImplementedError

    def decide_summary(
        self, person: Person, check_id: int, version: int, accept: bool, reason: str
    ) -> Decided:
        """Books the summary of a batch, or rejects it with a reason."""
        raise NotImplementedError
