"""The desk: everything that the desktop and the command line may ask for or do.

One object, so that the screens need to know one thing. Reads return frozen views; actions take the person
who acts and raise DecisionError, with nothing changed, where they cannot be taken.
All calls block on the store and may be made from any worker thread, never from Qt's main thread.

Nothing here, nor in what it imports, knows Odoo's client or a source: the desktop starts without them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Engine

from console.domain.equipment import Plant
from console.domain.people import Person, Role
from console.domain.postings import PostingState
from console.services import views
from console.services.alarms import Alarms
from console.services.conditions import Conditions
from console.services.decide import Decide, Given, Pick
from console.services.order_life import OrderLife
from console.services.people import People
from console.services.policies import Policies
from console.services.quality import Quality
from console.services.reviews import Reviews
from console.services.screens import (
    counts,
    header,
    orders,
    outbox,
    overview,
    proposal,
    review,
    trace,
)
from console.services.screens import machine as machine_page
from console.services.screens.common import Stores
from console.services.shifts import Shifts
from console.services.stops import Stops
from console.store.telemetry import Telemetry

__all__ = ["Desk", "Pick"]


class Desk:
    """See the module's text. Built by bootstrap.

    Attributes:
        stops, shifts, quality, alarms, conditions, order_life, policies: the same for their part of the work.
    """

    def __init__(
        self,
        ledger: Engine,
        telemetry: Telemetry,
        plant: Plant,
        people: People,
        decide: Decide,
        reviews: Reviews,
        clock: Callable[[], datetime],
        odoo_web_url: str,
        console: str,
    ) -> None:
        self._stores = Stores(ledger, telemetry, plant, clock, odoo_web_url)
        self._people = people
        self._decide = decide
        self._reviews = reviews
        self.stops = Stops(ledger, plant, console, clock)
        self.shifts = Shifts(ledger, plant, people, console, clock)
        self.quality = Quality(ledger, telemetry, plant, people, console, clock)
        self.alarms = Alarms(ledger, telemetry, plant, console, clock)
        self.conditions = Conditions(ledger, telemetry, plant, console, clock)
        self.order_life = OrderLife(ledger, plant, console, clock)
        self.policies = Policies(ledger, plant, console, clock)

    # --- people -------------------------------------------------------------------------------------------

    def needs_first_person(self) -> bool:
        """Whether nobody was ever created."""
        return self._people.needs_first_person()

    def people(self, archived: bool = False) -> tuple[Person, ...]:
        """Everybody who may sign in, by name; with ``archived`` those too who may not any more."""
        return self._people.everybody(archived)

    def create_person(self, actor: Person | None, name: str, roles: frozenset[Role], pin: str) -> Person:
        """The first one needs no actor and becomes administrator and supervisor too."""
        return self._people.create(actor, name, roles, pin)

    def set_person_active(self, actor: Person, person_id: int, active: bool) -> Person:
        """Lets a person sign in, or not any more."""
        return self._people.set_active(actor, person_id, active)

    def set_person_pin(self, actor: Person, person_id: int, pin: str) -> Person:
        """Another PIN for somebody who forgot theirs."""
        return self._people.set_pin(actor, person_id, pin)

    def sign_in(self, name: str, pin: str) -> Person:
        """The person, where the PIN is right. Raises SignInFailed."""
        return self._people.sign_in(name, pin)

    def verify_witness(self, name: str, pin: str) -> Person:
        """A second person for one decision: the PIN is checked, nobody is signed in. Raises SignInFailed."""
        return self._people.sign_in(name, pin, what="witnessed")

    def sign_out(self, person: Person, why: str) -> None:
        """Keeps in the audit that a person left, or was locked out."""
        self._people.sign_out(person, why)

    # --- reads --------------------------------------------------------------------------------------------

    def header(self) -> views.HeaderView:
        """What stands above every page."""
        return header.header(self._stores)

    def overview(self) -> tuple[views.TileView, ...]:
        """Every machine, in the plant file's order."""
        return overview.overview(self._stores)

    def machine(self, name: str) -> views.MachineView:
        """One machine's page. Raises NotFound."""
        return machine_page.machine(self._stores, name)

    def trend(self, machine: str, tag: str, start: datetime, end: datetime, max_points: int) -> views.Trend:
        """A tag's line with the machine's states and gaps. Raises NotFound."""
        return machine_page.trend(self._stores, machine, tag, start, end, max_points)

    def counts(self, machine: str | None, columns: int) -> views.CountsView:
        """The hour grid: the newest intervals, and older ones that still wait."""
        return counts.counts(self._stores, machine, columns)

    def proposal(self, proposal_id: int) -> views.ProposalDetail:
        """The panel beside the grid. Raises NotFound."""
        return proposal.proposal(self._stores, proposal_id)

    def preview(self, picks: Sequence[Pick]) -> views.Preview:
        """What confirming these would do."""
        return counts.preview(self._stores, picks)

    def reviews(self, resolved: bool) -> tuple[views.ReviewRow, ...]:
        """Open items, oldest first; or resolved ones, newest first."""
        return review.reviews(self._stores, resolved)

    def review(self, item_id: int) -> views.ReviewDetail:
        """All about one item. Raises NotFound."""
        return review.review(self._stores, item_id)

    def outbox(self, limit: int, state: PostingState | None = None) -> views.OutboxView:
        """The newest postings (of one state, where it is given) and the counts over all."""
        return outbox.outbox_view(self._stores, limit, (state,) if state is not None else None)

    def trace(self, trace_id: str) -> views.TraceView:
        """The seven stations of a trace id, posting key, ``proposal:17``, ``posting:4`` or order reference.

        Raises NotFound.
        """
        return trace.trace(self._stores, trace_id)

    def trace_search(self, text: str, limit: int) -> tuple[views.TraceHit, ...]:
        """Numbers that can be traced, newest first."""
        return trace.trace_search(self._stores, text, limit)

    def orders(self) -> tuple[views.OrderRow, ...]:
        """Every order and machine with its totals: machine, confirmed, Odoo."""
        return orders.orders(self._stores)

    # --- actions ------------------------------------------------------------------------------------------

    def confirm(self, person: Person, picks: Sequence[Pick]) -> views.Decided:
        """Confirms green intervals; see ``Decide.confirm``."""
        return self._decide.confirm(person, picks)

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
        """Decide one proposal. ``choice``: confirm, leave-out (jumps left out), count-all:N (explanation N of
        the jumps counted), amend (quantity), split (parts: order reference and quantity), reject,
        assign-order (order_reference), assign-lot (lot). All but a green confirm need a reason."""
        given = Given(quantity, tuple(parts), order_reference, lot, reason, witness)
        return self._decide.choose(person, pick, choice, given)

    def take_review(self, person: Person, item_id: int) -> None:
        """Says that this person looks after it."""
        self._reviews.take(person, item_id)

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
        """For items that are not about a proposal (those go through ``choose``).

        Args:
            witness: none of these choices asks for one today; taken so that callers need not tell apart.
        """
        return self._reviews.resolve(person, item_id, version, choice, reason)

    def retry_posting(self, person: Person, posting_id: int, reason: str) -> None:
        """Lets a waiting or rejected posting try again at once."""
        self._reviews.retry_posting(person, posting_id, reason)
