"""Postings: what Odoo must hold, and the states on the way (station [5]).

ready -> sending -> posted -> verified
              |-> ready      not sent, or a transient answer: later again
              |-> unknown    the answer was lost: ask before anything else
              `-> rejected   Odoo refused: a person decides
ready | unknown | rejected -> dead_letter   stopped until a person acts
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class PostingState(StrEnum):
    """State of a posting; see the module's drawing."""

    READY = "ready"
    SENDING = "sending"
    UNKNOWN = "unknown"
    POSTED = "posted"
    VERIFIED = "verified"
    REJECTED = "rejected"
    DEAD_LETTER = "dead_letter"


OPEN_POSTING_STATES = frozenset(
    {PostingState.READY, PostingState.SENDING, PostingState.UNKNOWN, PostingState.POSTED}
)


class FlowClass(StrEnum):
    """How fast a posting must arrive. The value of ``deadline_s`` makes a late one visible."""

    REAL_TIME = "real_time"
    NEAR_REAL_TIME = "near_real_time"
    BATCH = "batch"

    @property
    def deadline_s(self) -> float:
        """Seconds from decision to verified that count as on time."""
        return {"real_time": 10.0, "near_real_time": 60.0, "batch": 3600.0}[self.value]


class TargetKind(StrEnum):
    """Which record holds a production quantity."""

    OPERATION = "operation"
    ORDER = "order"


@dataclass(frozen=True, slots=True)
class ProductionTarget:
    """The record that holds the absolute quantity: an operation, or an order without operations.

    ``key`` names it in lanes, balances and on the command line: ``operation:177`` or ``order:42``.
    """

    kind: TargetKind
    id: int
    order_id: int

    @property
    def key(self) -> str:
        return f"{self.kind.value}:{self.id}"

    @property
    def lane(self) -> str:
        """The lane: one call in flight per order."""
        return f"order:{self.order_id}"


@dataclass(frozen=True, slots=True)
class ProductionWrite:
    """One absolute write of recipe A.

    Attributes:
        quantity: what the target shall hold, absolute, in the order's unit.
        expected: what it must hold before; anything else means that somebody edited it in Odoo.
        lot_name: lot produced into; empty for untracked products. Made where absent (insert-only).
        posting_key: names this posting in external ids.
    """

    target: ProductionTarget
    quantity: float
    expected: float
    unit_id: int
    product_id: int
    lot_name: str
    posting_key: str


@dataclass(frozen=True, slots=True)
class ProductionSeen:
    """What Odoo holds for a target, as read now.

    Attributes:
        exists: False where the record is gone.
        open: False where the target or its order is done or cancelled, so that it takes no quantity.
        state: Odoo's words for target and order, for evidence: "progress / confirmed".
        lot_names: lots on it.
        components_follow: False where Odoo holds the quantity but not the consumption of components yet: a
            booking of two calls was cut between them. The same write, sent again, mends it.
    """

    target: ProductionTarget
    exists: bool
    open: bool
    quantity: float
    unit_id: int
    product_id: int
    state: str
    lot_names: tuple[str, ...]
    read_at: datetime
    components_follow: bool = True
