"""Quality holds: what must not move on, how severe, and what becomes of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HoldState(StrEnum):
    """State of a quality hold. Effective here from the first moment; in Odoo once its posting is verified.

    proposed (by a limit) -> held (an inspector keeps it) -> releasing -> released
    proposed -> released (nothing was booked)
    held -> scrapping -> scrapped; held -> rework -> releasing
    """

    PROPOSED = "proposed"
    HELD = "held"
    REWORK = "rework"
    RELEASING = "releasing"  # decided; "released" is said only after Odoo was read back
    RELEASED = "released"
    SCRAPPING = "scrapping"
    SCRAPPED = "scrapped"


# what stops confirmations here
EFFECTIVE = frozenset(
    {HoldState.PROPOSED, HoldState.HELD, HoldState.REWORK, HoldState.RELEASING, HoldState.SCRAPPING}
)
OVER = frozenset({HoldState.RELEASED, HoldState.SCRAPPED})


class Disposition(StrEnum):
    """What a person decides about a hold."""

    KEEP = "keep"
    RELEASE = "release"
    SCRAP = "scrap"
    REWORK = "rework"


# in which states a disposition can be decided
FROM: dict[Disposition, frozenset[HoldState]] = {
    Disposition.KEEP: frozenset({HoldState.PROPOSED, HoldState.HELD}),
    Disposition.RELEASE: frozenset({HoldState.PROPOSED, HoldState.HELD, HoldState.REWORK}),
    Disposition.SCRAP: frozenset({HoldState.HELD, HoldState.REWORK}),
    Disposition.REWORK: frozenset({HoldState.HELD}),
}


class Scope(StrEnum):
    """What a hold covers.

    lot: a lot, wherever it is. window: what a machine made in a time. output: what it made since the last
    good check. Without a machine the last two cover an order.
    """

    LOT = "lot"
    WINDOW = "window"
    OUTPUT = "output"


@dataclass(frozen=True, slots=True)
class Held:
    """What one effective hold covers, for the rule ``not-held``.

    Attributes:
        product_id: None where the lot's product is not known.
        start, end: of the window; None: open on that side.
    """

    id: int
    title: str
    scope: Scope
    machine: str
    lot: str
    product_id: int | None
    order_reference: str
    start: datetime | None
    end: datetime | None

    def covers(
        self,
        machine: str,
        lot: str,
        product_id: int | None,
        order_reference: str,
        first_at: datetime,
        last_at: datetime,
    ) -> bool:
        """Whether something made on a machine from ``first_at`` to ``last_at`` is held."""
        if self.scope is Scope.LOT:
            same_product = None in (self.product_id, product_id) or self.product_id == product_id
            return bool(lot) and lot == self.lot and same_product
        if self.machine and self.machine != machine:
            return False
        if not self.machine and self.order_reference != order_reference:
            return False
        begun = self.start is None or last_at >= self.start
        return begun and (self.end is None or first_at <= self.end)


def two_people_needed(severity: int, two_people_from: int) -> bool:
    """Whether ending a hold of this severity (1 is the most severe) takes two people; from 0: never."""
    return severity <= two_people_from
