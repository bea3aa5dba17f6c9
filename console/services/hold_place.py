"""People place holds: a lot, or what a machine made in a time. One commit of the caller."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.domain.equipment import Plant
from console.domain.holds import HoldState, Scope
from console.domain.people import Person
from console.errors import AlreadyDecided, InvalidDecision
from console.services import hold_book, hold_open
from console.services.hold_decide import Circumstances, decide
from console.services.hold_open import Running
from console.services.trace_ids import new_trace_id
from console.services.views import Decided
from console.store import holds, machines, master, proposals
from console.store.holds import NewHold
from console.store.master import Mirror


def place_lot(
    tx: Connection, here: Circumstances, person: Person, lot: str, machine: str, severity: int, reason: str
) -> Decided:
    """Holds a lot that is known here or in Odoo."""
    mirror = master.mirror(tx)
    runs = _lot_named(tx, mirror, here.plant, lot, machine)
    known = hold_open.open_of_lot(tx, runs.lot, runs.product_id)
    if known is not None:
        raise AlreadyDecided(
            f"Lot {lot} is on hold already: hold {known.id}, {known.title}.", "Look at that one."
        )
    new = NewHold(
        trace_id=new_trace_id(),
        state=HoldState.HELD,
        severity=severity,
        scope=Scope.LOT,
        cause=hold_open.cause_of_lot(runs.product_id, runs.lot),
        title=f"{reason}: lot {runs.lot}",
        opened_by=person.name,
        machine=machine,
        product_id=runs.product_id,
        product=runs.product.name if runs.product is not None else "",
        lot=runs.lot,
        order_reference=runs.order_reference,
        evidence={"breaches": []},
    )
    return _placed(tx, here, person, new, mirror, reason)


def place_window(
    tx: Connection,
    here: Circumstances,
    person: Person,
    machine: str,
    start: datetime,
    end: datetime,
    severity: int,
    reason: str,
) -> Decided:
    """Holds what a machine made in a time."""
    found = here.plant.machine(machine)
    if found is None:
        raise InvalidDecision(f"There is no machine {machine!r}.", "Choose one of the plant file.")
    if not start < end:
        raise InvalidDecision("The time ends before it begins.", "Turn the times around.")
    if start > here.now:
        raise InvalidDecision(
            "The time lies in the future.", "Hold what was made; a limit watches what will be."
        )
    mirror = master.mirror(tx)
    runs = _made_then(tx, mirror, here.plant, machine, start, end)
    new = NewHold(
        trace_id=new_trace_id(),
        state=HoldState.HELD,
        severity=severity,
        scope=Scope.WINDOW,
        cause=f"window:{machine}@{start.isoformat()}..{end.isoformat()}",
        title=f"{reason}: {found.title}",
        opened_by=person.name,
        machine=machine,
        product_id=runs.product_id,
        product=runs.product.name if runs.product is not None else "",
        lot=runs.lot,
        order_reference=runs.order_reference,
        window_start=start,
        window_end=end,
        unit=found.unit,
        evidence={"breaches": []},
    )
    if holds.open_of_cause(tx, new.cause) is not None:
        raise AlreadyDecided("Just this time is on hold already.", "Look at that hold.")
    return _placed(tx, here, person, new, mirror, reason)


def _placed(
    tx: Connection, here: Circumstances, person: Person, new: NewHold, mirror: Mirror, reason: str
) -> Decided:
    hold_id = holds.add(tx, new, here.now)
    hold = holds.get(tx, hold_id)
    assert hold is not None
    detail = {"title": new.title, "severity": new.severity, "scope": new.scope.value, "lot": new.lot}
    decision_id = decide(tx, here, person, hold, "place", reason, detail)
    hold = holds.change(tx, hold, decided_at=here.now, decided_by=person.name)
    booking = hold_book.book(tx, here.plant, mirror, hold, decision_id, here.now)
    posted = 1 if booking.posting_id is not None else 0
    return Decided(1, posted, f"Hold {hold_id} is effective. {booking.words}".strip())


def _lot_named(tx: Connection, mirror: Mirror, plant: Plant, lot: str, machine: str) -> Running:
    """The lot of this name: in Odoo, or as a machine or a person named it here."""
    told = [r for r in proposals.found(tx, lot, 200) if r.proposal.lot == lot]
    told = [r for r in told if not machine or r.proposal.machine == machine]
    references = list(dict.fromkeys(r.proposal.order_reference for r in told))
    of_orders = {o.product_id for ref in references if (o := mirror.order(ref)) is not None}
    in_odoo = [x for x in mirror.lots if x.name == lot]
    if machine and of_orders:
        in_odoo = [x for x in in_odoo if x.product_id in of_orders]
    if len(in_odoo) > 1:
        names = ", ".join(
            sorted(mirror.products[x.product_id].name for x in in_odoo if x.product_id in mirror.products)
        )
        raise InvalidDecision(
            f"Lot {lot} is there for several products: {names}.", "Say which machine made it."
        )
    running = [s for s in machines.statuses(tx).values() if s.lot == lot and machine in ("", s.machine)]
    if not in_odoo and not told and not running:
        raise InvalidDecision(
            f"Lot {lot} is not known, neither in Odoo nor here.", "Scan it, or type it as the label shows it."
        )
    reference = references[0] if references else (running[0].order_reference if running else "")
    order = mirror.order(reference) if reference else None
    product_id = in_odoo[0].product_id if in_odoo else (order.product_id if order is not None else None)
    product = mirror.products.get(product_id) if product_id is not None else None
    return Running(reference if order is not None and order.product_id == product_id else "", lot, product)


def _made_then(
    tx: Connection, mirror: Mirror, plant: Plant, machine: str, start: datetime, end: datetime
) -> Running:
    """What ran in a time: the one order and lot of its intervals; nothing where there were several."""
    machine_row = plant.machine(machine)
    assert machine_row is not None
    length = timedelta(seconds=machine_row.confirmation_interval_s)
    there = [
        r.proposal
        for r in proposals.since(tx, start - length, machine)
        if r.first_at <= end and r.last_at >= start
    ]
    ran = {(p.order_reference, p.lot) for p in there}
    if len(ran) != 1:
        return Running("", "", None)
    reference, lot = ran.pop()
    order = mirror.order(reference)
    return Running(reference, lot, mirror.products.get(order.product_id) if order is not None else None)
