"""An order's life: start, pause and finish of operations, scrap, consumption, and closing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Engine

from console.domain.equipment import Plant
from console.domain.people import Person
from console.services.views import Decided
from console.services.views.order_life import OrderDetail


class OrderLife:
    """Reads and decides. Every action raises NotAllowed, AlreadyDecided or InvalidDecision, with nothing
    changed, where it cannot be taken."""

    def __init__(self, ledger: Engine, plant: Plant, console: str, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._plant = plant
        self._console = console
        self._clock = clock

    def order(self, order_id: int) -> OrderDetail:
        """One order. Raises NotFound."""
        raise NotImplementedError

    def operate(self, person: Person, operation_id: int, action: str, reason: str = "") -> Decided:
        """start, pause or finish an operation; against what the machine does it takes a reason."""
        raise NotImplementedError

    def close(self, person: Person, order_id: int, *, seen: float, backorder: bool, reason: str) -> Decided:
        """Closes the order in Odoo. ``seen`` is the produced quantity that the preview showed."""
        raise NotImplementedError

    def scrap(
        self, person: Person, machine: str, order_id: int, quantity: float, reason: str, rework: bool = False
    ) -> Decided:
        """Gives counted scrap a reason and books the material that it used; rework books nothing."""
        raise NotImplementedError

    def confirm_consumption(
        self, person: Person, consumption_id: int, version: int, quantity: float, reason: str
    ) -> Decided:
        """Books what was used of a component, absolute; outside the tolerance it takes a reason."""
        raise NotImplementedError
