"""Condition monitoring: parameters tried on recorded days before they go live."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from console.domain.equipment import ConditionSpec, Plant
from console.domain.people import Person
from console.services.views import Decided
from console.services.views.alarms import Trial
from console.store.telemetry import Telemetry


class Conditions:
    """Reads, tries and activates parameters of condition monitoring."""

    def __init__(
        self, ledger: Engine, telemetry: Telemetry, plant: Plant, console: str, clock: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._telemetry = telemetry
        self._plant = plant
        self._console = console
        self._clock = clock

    def parameters(self, machine: str) -> tuple[ConditionSpec, ...]:
        """What is live: the plant file's, or what a person set since. Raises NotFound."""
        raise NotImplementedError

    def trial(self, machine: str, parameters: ConditionSpec, start: datetime, end: datetime) -> Trial:
        """What these parameters would have found in recorded samples. Raises NotFound, InvalidDecision."""
        raise NotImplementedError

    def activate(self, person: Person, machine: str, parameters: ConditionSpec, reason: str) -> Decided:
        """Makes them live; with a reason, audited."""
        raise NotImplementedError
