"""Alarms (ISA-18.2) and the maintenance requests that people make of them (recipe D)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Engine

from console.domain.equipment import Plant
from console.domain.people import Person
from console.services.views import Decided
from console.services.views.alarms import AlarmDetail, AlarmsView, RequestForm
from console.store.telemetry import Telemetry


class Alarms:
    """Reads and decides. Every action raises NotAllowed, AlreadyDecided or InvalidDecision, with nothing
    changed, where it cannot be taken."""

    def __init__(
        self,
        ledger: Engine,
        telemetry: Telemetry,
        plant: Plant,
        console: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._telemetry = telemetry
        self._plant = plant
        self._console = console
        self._clock = clock

    def alarms(self) -> AlarmsView:
        """The Alarms page."""
        raise NotImplementedError

    def alarm(self, occurrence_id: int) -> AlarmDetail:
        """One occurrence. Raises NotFound."""
        raise NotImplementedError

    def form(self, source: str) -> RequestForm:
        """A request prefilled from "alarm:5", "condition:2" or "request:7". Raises NotFound."""
        raise NotImplementedError

    def acknowledge(self, person: Person, alarms: Sequence[tuple[int, int]]) -> Decided:
        """Acknowledges occurrences (id, version)."""
        raise NotImplementedError

    def shelve(self, person: Person, occurrence_id: int, version: int, minutes: int, reason: str) -> Decided:
        """Takes an alarm out of sight for a time; always expires, and not too often."""
        raise NotImplementedError

    def unshelve(self, person: Person, shelf_id: int) -> Decided:
        """Ends a shelving early."""
        raise NotImplementedError

    def request(
        self,
        person: Person,
        source: str,
        version: int,
        *,
        equipment_id: int,
        title: str,
        description: str,
        priority: int,
        picture: bytes | None = None,
    ) -> Decided:
        """A new maintenance request; ``picture`` (PNG of the trend) and the samples go along as evidence."""
        raise NotImplementedError

    def join(
        self, person: Person, source: str, version: int, ticket_id: int, picture: bytes | None = None
    ) -> Decided:
        """Adds the evidence to a request that is open in Odoo; no second one is made."""
        raise NotImplementedError

    def dismiss(self, person: Person, request_id: int, version: int, reason: str) -> Decided:
        """Rejects a proposed request."""
        raise NotImplementedError
