"""Decisions about quality holds: keep, release, scrap, rework. Each is one commit of the caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from console.domain.equipment import Plant
from console.domain.holds import FROM, Disposition, HoldState, Scope
from console.domain.people import Person
from console.domain.policies import Flow
from console.domain.validate import number
from console.errors import AlreadyDecided, InvalidDecision
from console.services import hold_book, hold_open
from console.services.hold_landed import over
from console.services.policies import must_book
from console.services.record_postings import decided
from console.services.trace_ids import new_trace_id
from console.services.views import Decided
from console.store import holds, master, review, stock_master
from console.store.holds import HoldRow, NewHold
from console.store.master import Mirror

_PAST = {
    Disposition.RELEASE: "released",
    Disposition.SCRAP: "scrapped",
    Disposition.REWORK: "sent to rework",
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """What a decision is taken with.

    Attributes:
        link_words: why Odoo cannot be asked now; "" while it is reached.
    """

    plant: Plant
    console: str
    now: datetime
    link_words: str


def seen(tx: Connection, hold_id: int, version: int | None) -> HoldRow:
    """The hold as the person saw it. Raises AlreadyDecided."""
    hold = holds.get(tx, hold_id)
    if hold is None:
        raise AlreadyDecided(f"There is no hold {hold_id}.", "Look at the list again.")
    if version is not None and hold.version != version:
        raise AlreadyDecided(
            "This hold was decided or changed since it was shown.", "Look at it again and decide then."
        )
    return hold


# --- keep --------------------------------------------------------------------------------------------------


def keep(
    tx: Connection, here: Circumstances, person: Person, hold: HoldRow, reason: str, children: Sequence[int]
) -> Decided:
    """Keeps a hold and books it; the child lots become holds of their own."""
    if hold.state not in FROM[Disposition.KEEP]:
        raise AlreadyDecided(f"This hold is {hold.state.value}.", "Look at it again.")
    if kept_already(hold) and not children:
        raise AlreadyDecided("This hold is kept already.", "There is nothing more to do.")
    machine = here.plant.machine(hold.machine)
    if machine is not None:
        must_book(tx, machine.name, machine.title, Flow.HOLD)
    mirror = master.mirror(tx)
    hold = hold_book.identified(tx, mirror, hold)
    below = _chosen(tx, hold, children)
    detail = {"title": hold.title, "severity": hold.severity, "children": [c.name for c in below]}
    decision_id = decide(tx, here, person, hold, "keep", reason, detail)
    evidence = {k: v for k, v in hold.evidence.items() if k != "given_up"}
    kept = holds.change(
        tx,
        hold,
        state=HoldState.HELD,
        disposition=Disposition.KEEP,
        decided_at=here.now,
        decided_by=person.name,
        shadow=False,
        evidence=evidence,
    )
    review.resolve_cause(tx, hold_open.review_cause(hold.id), person.name, "keep", reason, here.now)
    bookings = [hold_book.book(tx, here.plant, mirror, kept, decision_id, here.now)]
    more = f" {len(below)} lots made of it are held too." if below else ""
    for child in below:
        booking = _keep_child(tx, here, person, kept, child, mirror, reason)
        bookings.append(booking)
        more += f" {booking.words}" if booking.posting_id is None else ""
    posted = sum(1 for b in bookings if b.posting_id is not None)
    return Decided(1 + len(below), posted, f"Kept. {bookings[0].words}{more}".strip())


def kept_already(hold: HoldRow) -> bool:
    """Whether keeping it would do nothing; it is asked for again where its booking was given up."""
    return hold.state is HoldState.HELD and not hold.evidence.get("given_up")


def _chosen(tx: Connection, hold: HoldRow, children: Sequence[int]) -> list[stock_master.MadeLot]:
    if not children:
        return []
    known = {c.lot_id: c for c in (stock_master.children_of(tx, hold.lot_id) if hold.lot_id else ())}
    strange = [c for c in children if c not in known]
    if strange:
        raise InvalidDecision(
            f"Lot {strange[0]} is not made of lot {hold.lot}, as Odoo says.",
            "Look at the list of lots again.",
        )
    chosen = [known[c] for c in dict.fromkeys(children)]
    return [c for c in chosen if not holds.of_lot(tx, c.name, c.product_id or None)]


def _keep_child(
    tx: Connection,
    here: Circumstances,
    person: Person,
    parent: HoldRow,
    child: stock_master.MadeLot,
    mirror: Mirror,
    reason: str,
) -> hold_book.Booking:
    product = mirror.products.get(child.product_id)
    new = NewHold(
        trace_id=new_trace_id(),
        state=HoldState.HELD,
        severity=parent.severity,
        scope=Scope.LOT,
        cause=hold_open.cause_of_lot(child.product_id, child.name),
        title=f"Made of lot {parent.lot} (hold {parent.id}): lot {child.name}",
        opened_by=person.name,
        product_id=child.product_id or None,
        product=product.name if product is not None else "",
        lot=child.name,
        lot_id=child.lot_id,
        order_reference=child.order_reference,
        evidence={"breaches": []},
        parent_id=parent.id,
    )
    hold_id = holds.add(tx, new, here.now)
    hold = holds.get(tx, hold_id)
    assert hold is not None
    detail = {"title": new.title, "severity": new.severity, "parent": parent.id}
    decision_id = decide(tx, here, person, hold, "keep", reason, detail)
    hold = holds.change(tx, hold, disposition=Disposition.KEEP, decided_at=here.now, decided_by=person.name)
    return hold_book.book(tx, here.plant, mirror, hold, decision_id, here.now)


# --- dispose -----------------------------------------------------------------------------------------------


def why_not(tx: Connection, here: Circumstances, hold: HoldRow, disposition: Disposition) -> str:
    """Why a hold cannot be decided so now; "" where it can. Two sentences at most: what, and the way out."""
    if hold.state not in FROM[disposition]:
        if hold.state is HoldState.PROPOSED:
            return "Keep it first."
        return f"It is {hold.state.value}."
    if disposition is Disposition.KEEP:
        return _why_not_keep(tx, here, hold)
    if disposition is Disposition.REWORK:
        return ""
    under_way = hold_book.on_the_way(tx, hold)
    if under_way is not None and under_way.state.value == "rejected":
        return "Odoo refused its booking: decide that in Review first."
    if under_way is not None:
        return here.link_words or "Its booking is on its way to Odoo: wait until it is read back."
    if disposition is Disposition.SCRAP:
        if not hold.moves:
            return "Nothing of it lies in quarantine in Odoo. Keep it until it does, or reject its counts."
        if hold_book.scrap_location(tx) is None:
            return "No scrap location of Odoo is known here: wait for the next synchronisation."
        return here.link_words
    if hold.moves and hold_book.heir(tx, hold) is None:
        return here.link_words
    return ""


def _why_not_keep(tx: Connection, here: Circumstances, hold: HoldRow) -> str:
    if kept_already(hold):
        return "It is kept already."
    machine = here.plant.machine(hold.machine)
    if machine is not None:
        try:
            must_book(tx, machine.name, machine.title, Flow.HOLD)
        except InvalidDecision as error:
            return str(error)
    return ""


def dispose(
    tx: Connection,
    here: Circumstances,
    person: Person,
    witness: Person | None,
    hold: HoldRow,
    disposition: Disposition,
    reason: str,
) -> tuple[int, Decided]:
    """Releases, scraps or sends to rework; returns the decision's id and what was done."""
    refused = why_not(tx, here, hold, disposition)
    if refused:
        if hold.state not in FROM[disposition] and hold.state is not HoldState.PROPOSED:
            raise AlreadyDecided(f"This hold is {hold.state.value}.", "Look at it again.")
        raise InvalidDecision(f"It cannot be {_PAST[disposition]} now.", refused)
    mirror = master.mirror(tx)
    detail = {"title": hold.title, "severity": hold.severity, "lot": hold.lot, "moves": len(hold.moves)}
    decision_id = decide(tx, here, person, hold, disposition.value, reason, detail, witness)
    values = {"disposition": disposition, "decided_at": here.now, "decided_by": person.name}
    review.resolve_cause(
        tx, hold_open.review_cause(hold.id), person.name, disposition.value, reason, here.now
    )
    if disposition is Disposition.REWORK:
        holds.change(tx, hold, state=HoldState.REWORK, **values)
        return decision_id, Decided(1, 0, "Sent to rework. It stays on hold until it is released.")
    evidence = {**hold.evidence, "before": hold.state.value}
    if disposition is Disposition.SCRAP:
        scrap_to = hold_book.scrap_location(tx)
        assert scrap_to is not None
        gone = holds.change(tx, hold, state=HoldState.SCRAPPING, evidence=evidence, **values)
        hold_book.scrap(tx, mirror, gone, scrap_to, decision_id, here.now)
        return decision_id, Decided(1, 1, "Scrapping: it is said when Odoo was read back.")
    return decision_id, _release(tx, here, hold, mirror, evidence, values, decision_id)


def _release(
    tx: Connection,
    here: Circumstances,
    hold: HoldRow,
    mirror: Mirror,
    evidence: dict[str, object],
    values: dict[str, object],
    decision_id: int,
) -> Decided:
    other = hold_book.heir(tx, hold) if hold.moves else None
    if other is not None:
        # what lies in quarantine stays there, and goes back when the other one is released
        holds.change(tx, other, moves=[*other.moves, *hold.moves])
        freed = holds.change(tx, hold, moves=[], **values)
        over(tx, freed, HoldState.RELEASED, here.now)
        return Decided(1, 0, f"Released. Lot {hold.lot} stays in quarantine for hold {other.id}.")
    if not hold.moves:
        freed = holds.change(tx, hold, **values)
        over(tx, freed, HoldState.RELEASED, here.now)
        return Decided(1, 0, "Released: nothing of it was moved in Odoo.")
    freed = holds.change(tx, hold, state=HoldState.RELEASING, evidence=evidence, **values)
    hold_book.give_back(tx, mirror, freed, decision_id, here.now)
    moved = sum(float(m["quantity"]) for m in hold.moves)
    return Decided(1, 1, f"Releasing {number(moved)}: it is said when Odoo was read back.")


def decide(
    tx: Connection,
    here: Circumstances,
    person: Person,
    hold: HoldRow,
    kind: str,
    reason: str,
    detail: dict[str, object],
    witness: Person | None = None,
) -> int:
    return decided(
        tx,
        person=person,
        subject=hold_book.subject(hold),
        kind=kind,
        reason=reason,
        detail=detail,
        now=here.now,
        console=here.console,
        trace_id=hold.trace_id,
        witness=witness,
    )
