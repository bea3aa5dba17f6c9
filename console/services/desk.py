"""The desk: everything that the desktop and the command line may ask for or do.

One object, so that the screens need to know one thing. Reads return frozen views; actions take the person
who acts and raise DecisionError, with nothing changed, where they cannot be taken.
All calls block on the store and may be made from any worker thread, never from Qt's main thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from console.domain.people import Person, Role
from console.services import views


@dataclass(frozen=True, slots=True)
class Pick:
    """A proposal as it was shown: the version guards against deciding something else than was seen."""

    proposal_id: int
    version: int


class Desk:
    """See the module's text. Built by bootstrap."""

    # --- people -------------------------------------------------------------------------------------
    def needs_first_person(self) -> bool: ...
    def people(self) -> tuple[Person, ...]: ...
    def create_person(self, actor: Person | None, name: str, roles: frozenset[Role], pin: str) -> Person:
        """The first one needs no actor and becomes administrator and supervisor too."""
        ...

    def sign_in(self, name: str, pin: str) -> Person: ...
    def sign_out(self, person: Person, why: str) -> None: ...

    # --- reads --------------------------------------------------------------------------------------
    def header(self) -> views.HeaderView: ...
    def overview(self) -> tuple[views.TileView, ...]: ...
    def machine(self, name: str) -> views.MachineView: ...
    def trend(
        self, machine: str, tag: str, start: datetime, end: datetime, max_points: int
    ) -> views.Trend: ...
    def counts(self, machine: str | None, columns: int) -> views.CountsView: ...
    def proposal(self, proposal_id: int) -> views.ProposalDetail: ...
    def preview(self, picks: Sequence[Pick]) -> views.Preview: ...
    def reviews(self, resolved: bool) -> tuple[views.ReviewRow, ...]: ...
    def review(self, item_id: int) -> views.ReviewDetail: ...
    def outbox(self, limit: int) -> views.OutboxView: ...
    def trace(self, trace_id: str) -> views.TraceView: ...
    def trace_search(self, text: str, limit: int) -> tuple[views.TraceHit, ...]: ...
    def orders(self) -> tuple[views.OrderRow, ...]: ...

    # --- actions ------------------------------------------------------------------------------------
    def confirm(self, person: Person, picks: Sequence[Pick]) -> views.Decided: ...
    def choose(
        self,
        person: Person,
        pick: Pick,
        choice: str,
        *,
        quantity: float | None = None,
        parts: Sequence[tuple[str, float]] = (),
        order_reference: str = "",
        lot: str = "",
        reason: str = "",
        witness: Person | None = None,
    ) -> views.Decided:
        """Decide one proposal. ``choice``: confirm, leave-out (jumps left out), count-all (jumps counted),
        amend (quantity), split (parts: order reference and quantity), reject, assign-order
        (order_reference), assign-lot (lot). All but a green confirm need a reason."""
        ...

    def take_review(self, person: Person, item_id: int) -> None: ...
    def resolve_review(
        self,
        person: Person,
        item_id: int,
        version: int,
        choice: str,
        *,
        reason: str,
        witness: Person | None = None,
    ) -> views.Decided:
        """For items that are not about a proposal (those go through ``choose``)."""
        ...

    def retry_posting(self, person: Person, posting_id: int, reason: str) -> None: ...
