"""Alarms (ISA-18.2) and the maintenance requests that people make of them (recipe D)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Engine

from console.domain.equipment import Plant
from console.domain.people import Person
from console.services.alarm_acts import AlarmActs
from console.services.alarm_detail import alarm_detail
from console.services.alarm_rows import alarms_view
from console.services.request_acts import RequestActs
from console.services.request_form import form
from console.services.screens.common import Stores
from console.services.views import Decided
from console.services.views.alarms import AlarmDetail, AlarmsView, RequestForm
from console.store.engine import read
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
        self._stores = Stores(ledger, telemetry, plant, clock, "")
        self._alarms = AlarmActs(self._stores, console)
        self._requests = RequestActs(self._stores, console)

    def alarms(self) -> AlarmsView:
        """The Alarms page."""
        return alarms_view(self._stores)

    def alarm(self, occurrence_id: int) -> AlarmDetail:
        """One occurrence. Raises NotFound."""
        return alarm_detail(self._stores, occurrence_id)

    def form(self, source: str) -> RequestForm:
        """A request prefilled from "alarm:5", "condition:2" or "request:7". Raises NotFound."""
        with read(self._stores.ledger) as tx:
            return form(self._stores, tx, source, self._stores.clock())

    def acknowledge(self, person: Person, alarms: Sequence[tuple[int, int]]) -> Decided:
        """Acknowledges occurrences (id, version): all of them, or none where one changed meanwhile."""
        return self._alarms.acknowledge(person, alarms)

    def shelve(self, person: Person, occurrence_id: int, version: int, minutes: int, reason: str) -> Decided:
        """Takes an alarm out of sight for a time; always expires, and not too often."""
        return self._alarms.shelve(person, occurrence_id, version, minutes, reason)

    def unshelve(self, person: Person, shelf_id: int) -> Decided:
        """Ends a shelving early."""
        return self._alarms.unshelve(person, shelf_id)

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
        return self._requests.request(
            person, source, version, equipment_id, title, description, priority, picture
        )

    def join(
        self, person: Person, source: str, version: int, ticket_id: int, picture: bytes | None = None
    ) -> Decided:
        """Adds the evidence to a request that is open in Odoo; no second one is made."""
        return self._requests.join(person, source, version, ticket_id, picture)

    def dismiss(self, person: Person, request_id: int, version: int, reason: str) -> Decided:
        """Rejects a proposed request."""
        return self._requests.dismiss(person, request_id, version, reason)
