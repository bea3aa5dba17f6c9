"""An order's life that lives in memory: for the desktop's tests only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

from console.domain.people import Person
from console.domain.policies import Flow, Mode
from console.domain.postings import PostingState
from console.errors import ConsoleError
from console.services.order_life import OrderLife
from console.services.policies import Policies
from console.services.screens.common import NotFound
from console.services.views import Decided, Level
from console.services.views.order_life import (
    CloseEffect,
    ComponentRow,
    OperationRow,
    OrderDetail,
    PolicyRow,
    ScrapRow,
)

Call = tuple[str, Any]


def detail(at: datetime, order_id: int = 42, **changes: Any) -> OrderDetail:
    """An order in the middle of its life."""
    made = OrderDetail(
        order_id=order_id,
        order_reference=f"WH/MO/{order_id:05}",
        product="Shampoo 250 ml",
        unit="Units",
        state="progress",
        ordered=4000.0,
        produced=3660.0,
        lots=("L-2611-07",),
        operations=(
            OperationRow(
                11,
                "Filling 1",
                "Filling 1",
                "Filler 1",
                "done",
                3660.0,
                4000.0,
                "",
                (),
                PostingState.VERIFIED,
                "",
            ),
            OperationRow(
                12,
                "Capping 1",
                "Capping 1",
                "Capper 1",
                "progress",
                3660.0,
                4000.0,
                "finish",
                ("pause", "finish"),
                None,
                "",
            ),
        ),
        components=(
            ComponentRow(
                5,
                1,
                "Carton 12 x 250 ml",
                "Units",
                305.0,
                322.0,
                6.1,
                None,
                Level.MEDIUM,
                "17 Units more than planned",
                None,
            ),
            ComponentRow(None, 0, "Shampoo base", "kg", 915.0, None, 0.0, None, Level.NORMAL, "", None),
        ),
        scrap=(
            ScrapRow(
                "filler1",
                "Filler 1",
                "Units",
                61.0,
                40.0,
                21.0,
                ((at, 40.0, "Wrong fill level", "Lead A"),),
                "",
            ),
            ScrapRow(
                "capper1",
                "Capper 1",
                "Units",
                4.0,
                4.0,
                0.0,
                ((at, 4.0, "Damaged", "Lead A"),),
                "All has a reason.",
            ),
        ),
        scrap_reasons=("Wrong fill level", "Damaged", "Material fault"),
        close_effects=(
            CloseEffect("3,660 Units of Shampoo 250 ml go to stock into lot L-2611-07."),
            CloseEffect("915 kg of Shampoo base are used, by the bill of materials."),
            CloseEffect(
                "340 Units less than ordered: with a backorder they become an order of their own, without "
                "one they are given up.",
                Level.NOTICE,
            ),
            CloseEffect("21 Units of scrap at Filler 1 have no reason yet.", Level.MEDIUM),
            CloseEffect("It cannot be undone in Odoo."),
        ),
        can_backorder=True,
        close_why_not="",
        closing=None,
        closing_waiting="",
        history=((at, "Filling 1 of WH/MO/00042 finished (verified)"),),
    )
    return replace(made, **changes)


class MemoryOrderLife(OrderLife):
    """Answers from its attributes, tells the desk what was asked.

    Attributes:
        details: by order id.
        refusals: errors that the next actions raise, in order.
    """

    def __init__(self, tell: Callable[[Call], object], read: Callable[[str], object]) -> None:
        self.tell, self.read = tell, read
        self.details: dict[int, OrderDetail] = {}
        self.refusals: list[ConsoleError] = []

    def order(self, order_id: int) -> OrderDetail:
        self.read("order")
        if order_id not in self.details:
            raise NotFound("The order is not among Odoo's open orders any more.", "Search it on Trace.")
        return self.details[order_id]

    def _act(self, name: str, *given: Any) -> Decided:
        self.tell((name, given))
        if self.refusals:
            raise self.refusals.pop(0)
        return Decided(1, 1, f"{name} done.")

    def operate(self, person: Person, operation_id: int, action: str, reason: str = "") -> Decided:
        return self._act("operate", operation_id, action, reason)

    def close(self, person: Person, order_id: int, *, seen: float, backorder: bool, reason: str) -> Decided:
        return self._act("close", order_id, seen, backorder, reason)

    def scrap(
        self, person: Person, machine: str, order_id: int, quantity: float, reason: str, rework: bool = False
    ) -> Decided:
        return self._act("scrap", machine, order_id, quantity, reason, rework)

    def confirm_consumption(
        self, person: Person, consumption_id: int, version: int, quantity: float, reason: str
    ) -> Decided:
        return self._act("confirm_consumption", consumption_id, version, quantity, reason)


class MemoryPolicies(Policies):
    """As ``MemoryOrderLife``, for policies."""

    def __init__(self, tell: Callable[[Call], object], read: Callable[[str], object]) -> None:
        self.tell, self.read = tell, read
        self.rows: tuple[PolicyRow, ...] = ()
        self.error: ConsoleError | None = None

    def few(self) -> None:
        """Two machines."""
        machines = (("filler1", "Filler 1"), ("filler2", "Filler 2"), ("capper1", "Capper 1"))
        self.rows = tuple(
            PolicyRow(name, title, flow, Mode.CONFIRM, 0.0, "", "", None)
            for name, title in machines
            for flow in Flow
        )
        self._change(
            "filler1", Flow.PRODUCTION, Mode.AUTOMATIC, 2.0, "Lead A", "Four weeks without a difference"
        )
        self._change("capper1", Flow.HOLD, Mode.SHADOW, 0.0, "Lead A", "Limits are tried out")

    def policies(self) -> tuple[PolicyRow, ...]:
        self.read("policies")
        return self.rows

    def set(
        self, person: Person, machine: str, flow: Flow, mode: Mode, tolerance_percent: float, reason: str
    ) -> Decided:
        self.tell(("set_policy", (machine, flow, mode, tolerance_percent, reason)))
        if self.error:
            raise self.error
        self._change(machine, flow, mode, tolerance_percent, person.name, reason)
        return Decided(1, 0, "Set.")

    def _change(self, machine: str, flow: Flow, mode: Mode, percent: float, by: str, why: str) -> None:
        changed = {"mode": mode, "tolerance_percent": percent, "set_by": by, "reason": why}
        self.rows = tuple(
            replace(r, **changed) if (r.machine, r.flow) == (machine, flow) else r  # type: ignore[arg-type]
            for r in self.rows
        )
