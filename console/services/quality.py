"""Quality: holds and their dispositions (recipe C), checks and measurements."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine

from console.domain.equipment import LimitSpec, Machine, Plant
from console.domain.holds import Disposition, HoldState, two_people_needed
from console.domain.people import Permission, Person
from console.errors import InvalidDecision
from console.services import check_record, hold_decide, hold_place, hold_views
from console.services.hold_decide import Circumstances
from console.services.hold_views import MEANINGS, TWO_PEOPLE, link_words
from console.services.people import People
from console.services.permit import must
from console.services.screens.common import NotFound, Stores
from console.services.signatures import Signature, content_of, sign, signers
from console.services.views import Decided
from console.services.views.quality import ChildLot, HoldDetail, HoldsView, TestForm
from console.store import holds
from console.store.engine import read, write
from console.store.telemetry import Telemetry

__all__ = ["Quality", "Signature"]

SEVERITIES = (1, 2, 3)
MOST_HELD = timedelta(days=31)


class Quality:
    """Reads and decides. Every action raises NotAllowed, AlreadyDecided or InvalidDecision (SignInFailed for
    a wrong PIN), with nothing changed, where it cannot be taken."""

    def __init__(
        self,
        ledger: Engine,
        telemetry: Telemetry,
        plant: Plant,
        people: People,
        console: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._ledger = ledger
        self._plant = plant
        self._people = people
        self._console = console
        self._clock = clock
        self._stores = Stores(ledger, telemetry, plant, clock, "")

    # --- reads --------------------------------------------------------------------------------------------

    def holds(self) -> HoldsView:
        """The Holds page."""
        return hold_views.holds_view(self._stores)

    def hold(self, hold_id: int) -> HoldDetail:
        """One hold. Raises NotFound."""
        return hold_views.hold_detail(self._stores, hold_id, self._here())

    def cascade(self, hold_id: int) -> tuple[ChildLot, ...]:
        """Lots that have the held one in them, as Odoo's genealogy says. Raises NotFound."""
        with read(self._ledger) as tx:
            hold = holds.get(tx, hold_id)
            if hold is None:
                raise NotFound(f"There is no hold {hold_id}.", "Look at the list again.")
            return hold_views.children(tx, self._stores.known(tx).mirror, hold)

    def tests(self) -> tuple[TestForm, ...]:
        """The tests that Odoo knows."""
        with read(self._ledger) as tx:
            return hold_views.tests(tx)

    # --- holds --------------------------------------------------------------------------------------------

    def place_hold(
        self,
        person: Person,
        *,
        lot: str = "",
        machine: str = "",
        start: datetime | None = None,
        end: datetime | None = None,
        severity: int = 2,
        reason: str,
    ) -> Decided:
        """Holds a lot, or what a machine made in a time; effective at once, booked when Odoo is reached.

        Args:
            lot: its name; with ``machine`` that of the machine that made it, where several products have it.
            start, end: of the time, where no lot is given; until now without an end.

        Raises:
            InvalidDecision: neither lot nor machine and start; the lot or machine is not known; no reason.
            AlreadyDecided: the lot is on hold already.
        """
        lot, reason = lot.strip(), reason.strip()
        if not reason:
            raise InvalidDecision("The reason is missing.", "Say in a few words why.")
        if severity not in SEVERITIES:
            raise InvalidDecision("The severity is none.", "Choose 1 (critical), 2 (major) or 3 (minor).")
        here = self._here()
        if not lot and (not machine or start is None):
            raise InvalidDecision(
                "It says neither lot nor machine and time.", "Scan a lot, or choose a machine and a time."
            )
        with write(self._ledger) as tx:
            must(tx, person, Permission.PLACE_HOLDS)
            if lot:
                return hold_place.place_lot(tx, here, person, lot, machine, severity, reason)
            assert start is not None
            until = min(end or here.now, here.now)
            if until - start > MOST_HELD:
                raise InvalidDecision("The time is longer than a month.", "Hold the lots of it instead.")
            return hold_place.place_window(tx, here, person, machine, start, until, severity, reason)

    def keep(
        self, person: Person, hold_id: int, version: int, reason: str, children: Sequence[int] = ()
    ) -> Decided:
        """Keeps a proposed hold: books it; with it the child lots (by lot id) that are named.

        More evidence that came in since it was shown is no reason not to keep it: only another decision is.
        """
        if not reason.strip():
            raise InvalidDecision("The reason is missing.", "Say in a few words why.")
        here = self._here()
        with write(self._ledger) as tx:
            must(tx, person, Permission.DECIDE_HOLDS)
            hold = hold_decide.seen(tx, hold_id, None)
            if hold.state is not HoldState.PROPOSED:
                hold = hold_decide.seen(tx, hold_id, version)
            return hold_decide.keep(tx, here, person, hold, reason.strip(), children)

    def dispose(
        self, person: Person, hold_id: int, version: int, disposition: Disposition, signature: Signature
    ) -> Decided:
        """Releases, scraps or sends to rework, under a signature. Release does not work offline."""
        if disposition is Disposition.KEEP:
            return self.keep(person, hold_id, version, signature.reason)
        with read(self._ledger) as tx:
            must(tx, person, Permission.DECIDE_HOLDS)
            shown = hold_decide.seen(tx, hold_id, version)
        if signature.meaning not in MEANINGS[disposition]:
            raise InvalidDecision("The signature has no such meaning.", "Choose one of those offered.")
        two = disposition in TWO_PEOPLE and two_people_needed(
            shown.severity, self._plant.quality.two_people_from
        )
        who = signers(self._people, person, signature, two)
        here = self._here()
        with write(self._ledger) as tx:
            for each in who:
                must(tx, each, Permission.DECIDE_HOLDS)
            hold = hold_decide.seen(tx, hold_id, version)
            content = content_of(hold)
            witness = who[1] if len(who) > 1 else None
            reason = signature.reason.strip()
            decision_id, done = hold_decide.dispose(tx, here, who[0], witness, hold, disposition, reason)
            sign(
                tx,
                who,
                signature,
                record=f"hold:{hold.id}",
                content=content,
                decision_id=decision_id,
                now=here.now,
                console=self._console,
                trace_id=hold.trace_id,
            )
        return done

    # --- checks -------------------------------------------------------------------------------------------

    def record_check(
        self,
        person: Person,
        test_id: int,
        answers: Mapping[int, float | int],
        *,
        lot: str = "",
        order_reference: str = "",
        hold_id: int | None = None,
        note: str = "",
    ) -> Decided:
        """An inspection by hand: a number for a quantitative question, an answer's id for a qualitative one.
        A failed one proposes a hold."""
        here = self._here()
        with write(self._ledger) as tx:
            must(tx, person, Permission.RECORD_CHECKS)
            return check_record.inspect(
                tx,
                here,
                person,
                test_id,
                answers,
                lot=lot,
                order_reference=order_reference,
                hold_id=hold_id,
                note=note.strip(),
            )

    def record_measurement(self, person: Person, machine: str, limit: str, value: float) -> Decided:
        """A value measured by hand against a configured limit; a breach proposes a hold."""
        found, spec = self._limit(machine, limit)
        here = self._here()
        with write(self._ledger) as tx:
            must(tx, person, Permission.RECORD_CHECKS)
            return check_record.measure(tx, here, person, found, spec, value)

    def decide_summary(
        self, person: Person, check_id: int, version: int, accept: bool, reason: str
    ) -> Decided:
        """Books the summary of a batch, or rejects it with a reason."""
        here = self._here()
        with write(self._ledger) as tx:
            must(tx, person, Permission.RECORD_CHECKS)
            return check_record.decide_summary(tx, here, person, check_id, version, accept, reason)

    # --- inside -------------------------------------------------------------------------------------------

    def _here(self) -> Circumstances:
        return Circumstances(self._plant, self._console, self._clock(), link_words(self._stores))

    def _limit(self, machine: str, limit: str) -> tuple[Machine, LimitSpec]:
        found = self._plant.machine(machine)
        if found is None:
            raise InvalidDecision(f"There is no machine {machine!r}.", "Choose one of the plant file.")
        spec = next((x for x in found.limits if x.name == limit), None)
        if spec is None:
            names = ", ".join(x.name for x in found.limits) or "none"
            raise InvalidDecision(f"{found.title} has no limit {limit!r}.", f"Its limits are: {names}.")
        return found, spec
