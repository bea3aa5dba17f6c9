"""Quality that lives in memory: decides, guards versions and asks for PINs as the real one does."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from console.domain.holds import EFFECTIVE, Disposition, HoldState
from console.domain.people import Permission, Person
from console.domain.postings import PostingState
from console.errors import AlreadyDecided, ConsoleError, InvalidDecision, NotAllowed, SignInFailed
from console.services.quality import Quality, Signature
from console.services.views import Decided
from console.services.views import quality as q
from tests.desktop import rows_quality as rows

AFTER = {
    Disposition.RELEASE: HoldState.RELEASING,
    Disposition.SCRAP: HoldState.SCRAPPING,
    Disposition.REWORK: HoldState.REWORK,
}


class MemoryQuality(Quality):
    """Answers from its attributes, remembers what was asked of it.

    Attributes:
        calls: name and arguments of every action that got as far as to be decided.
        pins: name and PIN of everybody who can sign.
        odoo_away: why nothing can be released now.
    """

    def __init__(self, check_pin: Callable[[str, str], Person]) -> None:
        self._check_pin = check_pin
        self.open: tuple[q.HoldRow, ...] = ()
        self.closed: tuple[q.HoldRow, ...] = ()
        self.check_rows: tuple[q.CheckRow, ...] = ()
        self.limit_rows: tuple[q.LimitRow, ...] = ()
        self.forms: tuple[q.TestForm, ...] = ()
        self.missing = ""
        self.odoo_away = ""
        self.error: ConsoleError | None = None
        self.calls: list[tuple[str, Any]] = []

    def few(self) -> None:
        """An ordinary morning."""
        self.open, self.closed, self.check_rows = rows.holds(), rows.closed(), rows.checks()
        self.limit_rows, self.forms = rows.limits(), rows.test_forms()

    def many(self, n: int = 1000) -> None:
        """A thousand of everything."""
        self.few()
        self.open = rows.many(n)
        self.closed = tuple(replace(rows.closed()[i % 2], id=10_000 + i) for i in range(n))
        self.check_rows = tuple(replace(rows.checks()[i % 3], id=i + 1) for i in range(n))
        self.limit_rows = tuple(replace(rows.limits()[i % 3], name=f"limit-{i}") for i in range(n))

    # --- reads ------------------------------------------------------------------------------------
    def holds(self) -> q.HoldsView:
        return q.HoldsView(self.open, self.closed, self.limit_rows, self.check_rows, self.missing)

    def _row(self, hold_id: int) -> q.HoldRow:
        found = next((r for r in (*self.open, *self.closed) if r.id == hold_id), None)
        if found is None:
            raise InvalidDecision(f"Hold {hold_id} is not known.", "Look at the list again.")
        return found

    def hold(self, hold_id: int) -> q.HoldDetail:
        return rows.detail(self._row(hold_id), self.odoo_away)

    def cascade(self, hold_id: int) -> tuple[q.ChildLot, ...]:
        return self.hold(hold_id).children

    def tests(self) -> tuple[q.TestForm, ...]:
        return self.forms

    # --- actions ----------------------------------------------------------------------------------
    def _must(self, person: Person, permission: Permission) -> None:
        if self.error is not None:
            raise self.error
        if not person.may(permission):
            raise NotAllowed(f"{person.name} may not {permission.value}.", "Ask somebody who may.")

    def _decide(self, hold_id: int, version: int, **now: object) -> q.HoldRow:
        row = self._row(hold_id)
        if row.version != version:
            raise AlreadyDecided(
                f"Somebody decided about {row.lot} meanwhile.", "Look at it again; nothing was changed."
            )
        new = replace(row, version=version + 1, **now)  # type: ignore[arg-type]
        self.open = tuple(new if r.id == hold_id else r for r in self.open)
        return new

    def somebody_else(self, hold_id: int, **now: object) -> None:
        """Another person is faster."""
        self._decide(hold_id, self._row(hold_id).version, **now)

    def odoo_read_back(self, hold_id: int) -> None:
        """The edge saw in Odoo what was decided."""
        row = self._row(hold_id)
        state = {HoldState.RELEASING: HoldState.RELEASED, HoldState.SCRAPPING: HoldState.SCRAPPED}[row.state]
        done = replace(row, state=state, posting=PostingState.VERIFIED, version=row.version + 1, waiting="")
        self.open = tuple(r for r in self.open if r.id != hold_id)
        self.closed = (done, *self.closed)
        assert done.state not in EFFECTIVE

    def keep(
        self, person: Person, hold_id: int, version: int, reason: str, children: Sequence[int] = ()
    ) -> Decided:
        self._must(person, Permission.DECIDE_HOLDS)
        self._decide(
            hold_id, version, state=HoldState.HELD, disposition=Disposition.KEEP, posting=PostingState.READY
        )
        self.calls.append(("keep", (person, hold_id, version, reason, tuple(children))))
        return Decided(1, 1, "Kept; it is booked in Odoo as soon as it is reached.")

    def dispose(
        self, person: Person, hold_id: int, version: int, disposition: Disposition, signature: Signature
    ) -> Decided:
        self._must(person, Permission.DECIDE_HOLDS)
        if self.odoo_away and disposition is Disposition.RELEASE:
            raise InvalidDecision(self.odoo_away, "Release it once Odoo is reached.")
        self._check_pin(person.name, signature.pin)
        if signature.witness:
            if signature.witness == person.name:
                raise SignInFailed("One person cannot sign twice.", "Ask somebody else.")
            self._check_pin(signature.witness, signature.witness_pin)
        self._decide(
            hold_id,
            version,
            state=AFTER[disposition],
            disposition=disposition,
            posting=PostingState.READY,
            waiting="Odoo is written next.",
        )
        self.calls.append(("dispose", (person, hold_id, version, disposition, signature)))
        return Decided(1, 1, "Decided; it is released once Odoo was read back.")

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
        self._must(person, Permission.PLACE_HOLDS)
        self.calls.append(("place_hold", (person, lot, machine, start, end, severity, reason)))
        new = rows.hold(500, title=f"{lot or machine}: {reason}", lot=lot, severity=severity, age_s=0)
        self.open = (*self.open, new)
        return Decided(1, 1, f"{lot or machine} is held.")

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
        self._must(person, Permission.RECORD_CHECKS)
        self.calls.append(
            ("record_check", (person, test_id, dict(answers), lot, order_reference, hold_id, note))
        )
        return Decided(1, 1, "Recorded.")

    def record_measurement(self, person: Person, machine: str, limit: str, value: float) -> Decided:
        self._must(person, Permission.RECORD_CHECKS)
        self.calls.append(("record_measurement", (person, machine, limit, value)))
        return Decided(1, 0, "Recorded.")

    def decide_summary(
        self, person: Person, check_id: int, version: int, accept: bool, reason: str
    ) -> Decided:
        self._must(person, Permission.RECORD_CHECKS)
        self.calls.append(("decide_summary", (person, check_id, version, accept, reason)))
        state = "recorded" if accept else "rejected"
        self.check_rows = tuple(
            replace(c, state=state, version=version + 1) if c.id == check_id else c for c in self.check_rows
        )
        return Decided(1, int(accept), "The summary is decided.")
