"""Policies per flow and machine: shadow, confirm, automatic within tolerance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from console.domain.equipment import Plant
from console.domain.people import Person
from console.domain.policies import Flow, Mode
from console.services.views import Decided
from console.services.views.order_life import PolicyRow


class Policies:
    """Reads and sets policies."""

    def __init__(self, ledger: Engine, plant: Plant, console: str, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._plant = plant
        self._console = console
        self._clock = clock

    def policies(self) -> tuple[PolicyRow, ...]:
        """Every machine and flow."""
        raise NotImplementedError

    def set(
        self, person: Person, machine: str, flow: Flow, mode: Mode, tolerance_percent: float, reason: str
    ) -> Decided:
        """Sets one; with a reason, audited."""
        raise NotImplementedError
