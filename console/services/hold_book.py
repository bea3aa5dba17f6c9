"""Recipe C from the ledger's side: which stock of a held lot goes where, and the postings that ask for it.

Only what the mirror shows is moved; where there is nothing (yet), the hold stays effective here and
``TendHolds`` asks again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from console.domain import units
from console.domain.equipment import Plant
from console.domain.holds import HoldState, Scope
from console.domain.master_data import Location
from console.domain.policies import Flow, Mode
from console.domain.postings import OPEN_POSTING_STATES, FlowClass, PostingState
from console.domain.records import PostingKind
from console.domain.validate import number
from console.services.record_postings import ask_for
from console.store import holds, machines, master, outbox, policies, stock_master
from console.store.holds import HoldRow
from console.store.master import Mirror
from console.store.outbox import PostingRow
from console.store.stock_master import LotPlace

# usage of locations that goods have left the plant for
AWAY = ("customer", "supplier")
_TRANSFERS = (PostingKind.HOLD.value, PostingKind.RELEASE.value, PostingKind.SCRAP.value)
# counts are collected for some seconds before they become a machine event
COUNTS_COME_WITHIN = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Booking:
    """What came of asking.

    Attributes:
        posting_id: None where nothing could be booked.
        words: what is booked, or why nothing is and when it will be.
    """

    posting_id: int | None
    words: str


def subject(hold: HoldRow) -> str:
    """As postings, decisions, signatures and the audit name it."""
    return f"hold:{hold.id}"


def identified(tx: Connection, mirror: Mirror, hold: HoldRow) -> HoldRow:
    """Lot and product as Odoo knows them by now; a lot may be younger in Odoo than its hold here."""
    known = _identity(mirror, hold)
    return holds.change(tx, hold, **known) if known else hold


def _identity(mirror: Mirror, hold: HoldRow) -> dict[str, Any]:
    if hold.lot_id is not None or not hold.lot:
        return {}
    same = [x for x in mirror.lots if x.name == hold.lot and hold.product_id in (None, x.product_id)]
    if len(same) != 1:
        return {}
    product = mirror.products.get(same[0].product_id)
    name = product.name if product is not None else hold.product
    return {"lot_id": same[0].id, "product_id": same[0].product_id, "product": name}


def on_the_way(tx: Connection, hold: HoldRow) -> PostingRow | None:
    """A posting of the hold that is not settled, a rejected one included."""
    unsettled = (*OPEN_POSTING_STATES, PostingState.REJECTED)
    return next((p for p in outbox.of_subject(tx, subject(hold)) if p.state in unsettled), None)


def book(
    tx: Connection, plant: Plant, mirror: Mirror, hold: HoldRow, decision_id: int, now: datetime
) -> Booking:
    """Asks Odoo to move what is held, and not moved yet, to the quarantine location."""
    plan = planned(tx, plant, mirror, hold, now)
    if plan.learned:
        hold = holds.change(tx, hold, **plan.learned)
    posting = None
    if plan.lines:
        total = sum(line["quantity"] for line in plan.lines)
        posting = _ask(
            tx, PostingKind.HOLD, hold, plan.lines, total, unit_name(mirror, hold), decision_id, now
        )
    fresh = holds.get(tx, hold.id)
    assert fresh is not None
    if fresh.evidence.get("waiting", "") != plan.waiting:
        holds.change(tx, fresh, evidence={**fresh.evidence, "waiting": plan.waiting})
    return Booking(posting, plan.words)


@dataclass(frozen=True, slots=True)
class Plan:
    """What ``book`` would do now; changes nothing.

    Attributes:
        learned: columns of the hold that are known by now.
        lines: of the transfer; none: ``words`` says why.
    """

    learned: dict[str, Any]
    lines: list[dict[str, Any]]
    words: str

    @property
    def waiting(self) -> str:
        """Why nothing is booked; "" where something is."""
        return "" if self.lines else self.words


def planned(tx: Connection, plant: Plant, mirror: Mirror, hold: HoldRow, now: datetime) -> Plan:
    """What of a hold is to be moved to quarantine, or why nothing is."""
    learned = _identity(mirror, hold) | _counted(tx, plant, hold, now)
    hold = replace(hold, **learned)
    why = _unbookable(tx, plant, mirror, hold)
    if why:
        return Plan(learned, [], why)
    assert hold.lot_id is not None
    quarantine = stock_master.location(tx, plant.quality.quarantine)
    assert quarantine is not None
    places = stock_master.stock_of_lot(tx, hold.lot_id)
    lines = _lines(mirror, hold, places, quarantine, _wanted(mirror, hold))
    if not lines:
        return Plan(learned, [], _nothing(hold, places, quarantine.id))
    total = number(sum(line["quantity"] for line in lines))
    words = f"{total} {unit_name(mirror, hold)} of lot {hold.lot} go to {quarantine.name}."
    return Plan(learned, lines, f"{words} {_shipped(places)}".strip())


def _unbookable(tx: Connection, plant: Plant, mirror: Mirror, hold: HoldRow) -> str:
    """Why stock of it cannot even be looked for now."""
    if hold.machine and policies.policy(tx, hold.machine, Flow.HOLD).mode is Mode.SHADOW:
        return f"Holds of {hold.machine} are in shadow: it is held here, nothing is booked."
    if not hold.lot:
        return (
            "It has no lot, so Odoo's stock cannot tell it apart: set it aside by hand. Its counts cannot be "
            "confirmed while the hold stands."
        )
    if hold.scope is not Scope.LOT and hold.window_end is None:
        return "It goes on: what was made is booked when the breach is over."
    if hold.scope is not Scope.LOT and hold.quantity is None:
        return "What was made in its time is being counted; it is booked then."
    if hold.lot_id is None or hold.product_id is None or hold.product_id not in mirror.products:
        return f"Odoo does not know lot {hold.lot} yet; it is booked as soon as it does."
    name = plant.quality.quarantine
    quarantine = stock_master.location(tx, name)
    if quarantine is None or not quarantine.active or quarantine.usage != "internal":
        return (
            f"Odoo has no internal location {name}: make it beside the stock location, or correct "
            "[quality] quarantine in the plant file. It is booked then."
        )
    if on_the_way(tx, hold) is not None:
        return "An earlier booking of it is on its way."
    return _not_fresh(tx, f"lot:{hold.lot_id}")


def give_back(tx: Connection, mirror: Mirror, hold: HoldRow, decision_id: int, now: datetime) -> int:
    """Asks for the way back of all that was moved, under a new key; returns the posting."""
    lines = [{**m, "source_id": m["destination_id"], "destination_id": m["source_id"]} for m in hold.moves]
    total = sum(line["quantity"] for line in lines)
    return _ask(tx, PostingKind.RELEASE, hold, lines, total, unit_name(mirror, hold), decision_id, now)


def scrap(tx: Connection, mirror: Mirror, hold: HoldRow, to: int, decision_id: int, now: datetime) -> int:
    """Asks for the transfer of all that was moved from quarantine to a scrap location."""
    lines = [{**m, "source_id": m["destination_id"], "destination_id": to} for m in hold.moves]
    total = sum(line["quantity"] for line in lines)
    return _ask(tx, PostingKind.SCRAP, hold, lines, total, unit_name(mirror, hold), decision_id, now)


def scrap_location(tx: Connection) -> int | None:
    """Where Odoo keeps what was scrapped; None where that is not known."""
    found = stock_master.scrap_location(tx)
    return found.id if found is not None else None


def heir(tx: Connection, hold: HoldRow) -> HoldRow | None:
    """Another hold that still covers the same lot: what lies in quarantine stays there for it."""
    if not hold.lot:
        return None
    keeping = (HoldState.PROPOSED, HoldState.HELD, HoldState.REWORK)
    for other in holds.in_states(tx, keeping):
        same = other.lot == hold.lot and (
            None in (other.product_id, hold.product_id) or other.product_id == hold.product_id
        )
        if same and other.id != hold.id and other.effective:
            return other
    return None


# --- inside ------------------------------------------------------------------------------------------------


def _not_fresh(tx: Connection, lane: str) -> str:
    """Why the mirror does not show what our own transfers of the lot did: one is under way, or Odoo was not
    read since the last one was seen to have landed."""
    waiting = [*outbox.work_of_lane(tx, lane), *outbox.stuck_in_lane(tx, lane)]
    if any(p.kind in _TRANSFERS for p in waiting):
        return "Another transfer of the lot is under way, or waits in Review; it is booked after that."
    link = master.link(tx)
    last = holds.last_transfer_at(tx, lane)
    if last is None or (link is not None and link.stock_at is not None and link.stock_at > last):
        return ""
    return "Where the lot lies is being read from Odoo again; it is booked then."


def _wanted(mirror: Mirror, hold: HoldRow) -> float | None:
    """How much is still to be moved, in the product's unit; None: all there is."""
    if hold.scope is Scope.LOT:
        return None
    assert hold.product_id is not None
    made, unit = hold.quantity or 0.0, mirror.unit(hold.unit)
    there = mirror.unit_by_id(mirror.products[hold.product_id].unit_id)
    if unit is None or there is None or not units.convertible(unit, there):
        # what was counted says nothing about the stock: all of the lot is doubtful
        return None
    return max(units.convert(made, unit, there) - _moved(hold), 0.0)


def _moved(hold: HoldRow) -> float:
    return sum(float(m["quantity"]) for m in hold.moves)


def _lines(
    mirror: Mirror, hold: HoldRow, places: Sequence[LotPlace], quarantine: Location, wanted: float | None
) -> list[dict[str, Any]]:
    """One line a place, the largest first. Reserved stock goes along: a hold is there to stop a delivery."""
    assert hold.product_id is not None
    left = wanted
    lines: list[dict[str, Any]] = []
    for place in places:
        there = place.location_id == quarantine.id or place.location.startswith(f"{quarantine.name}/")
        if place.usage != "internal" or there:
            continue
        quantity = place.quantity if left is None else min(place.quantity, left)
        if quantity <= 1e-9:
            continue
        left = None if left is None else left - quantity
        lines.append(
            {
                "product_id": place.product_id,
                "lot_id": place.lot_id,
                "unit_id": mirror.products[hold.product_id].unit_id,
                "quantity": quantity,
                "source_id": place.location_id,
                "destination_id": quarantine.id,
            }
        )
    return lines


def _nothing(hold: HoldRow, places: Sequence[LotPlace], quarantine_id: int) -> str:
    there = sum(p.quantity for p in places if p.location_id == quarantine_id)
    if there > 0 and not hold.moves:
        return f"All there is of lot {hold.lot} lies in quarantine already: {number(there)}."
    away = _shipped(places)
    if away:
        return f"{away} Nothing of it is left here to be moved."
    if hold.moves:
        return ""
    return f"Nothing of lot {hold.lot} is in stock in Odoo yet; it is booked when there is."


def _shipped(places: Sequence[LotPlace]) -> str:
    gone = [p for p in places if p.usage in AWAY and p.quantity > 0]
    if not gone:
        return ""
    where = ", ".join(f"{number(p.quantity)} in {p.location}" for p in gone)
    return f"Shipped already: {where}; call it back."


def where_it_lies(tx: Connection, mirror: Mirror, hold: HoldRow) -> str:
    """``240 Units in WH/Quarantine, 12 in Partners/Customers``; empty where nothing is known."""
    if hold.lot_id is None:
        return ""
    places = [p for p in stock_master.stock_of_lot(tx, hold.lot_id) if p.quantity > 0]
    return words_of(places, unit_name(mirror, hold))


def words_of(places: Sequence[LotPlace], unit: str) -> str:
    """Stock in words."""
    return ", ".join(
        f"{number(p.quantity)} {unit} in {p.location}".replace("  ", " ")
        for p in places
        if p.quantity > 0 and p.usage != "production"
    )


def unit_name(mirror: Mirror, hold: HoldRow) -> str:
    """The unit that stock of it is in: the product's own."""
    product = mirror.products.get(hold.product_id) if hold.product_id is not None else None
    unit = mirror.unit_by_id(product.unit_id) if product is not None else None
    return unit.name if unit is not None else hold.unit


def _ask(
    tx: Connection,
    kind: PostingKind,
    hold: HoldRow,
    lines: Sequence[dict[str, Any]],
    total: float,
    unit: str,
    decision_id: int,
    now: datetime,
) -> int:
    fresh = holds.get(tx, hold.id)
    assert fresh is not None
    fresh = holds.change(tx, fresh, revision=fresh.revision + 1)
    verb = {PostingKind.HOLD: "held", PostingKind.RELEASE: "released", PostingKind.SCRAP: "scrapped"}[kind]
    return ask_for(
        tx,
        kind=kind,
        subject=subject(hold),
        trace_id=hold.trace_id,
        # each transfer is a record of its own: what was moved once is never changed, only moved on
        record_key=f"{hold.trace_id}-{kind.value}-{fresh.revision}",
        revision=1,
        lane=f"lot:{hold.lot_id}" if hold.lot_id is not None else f"product:{hold.product_id}",
        payload={
            "lines": [dict(x) for x in lines],
            "origin": f"Hold {hold.id}",
            "note": hold.title,
            # a hold is there to stop a delivery, too
            "take_reserved": kind is PostingKind.HOLD,
        },
        summary=f"Lot {hold.lot}: {number(total)} {unit} {verb}",
        decision_id=decision_id,
        now=now,
        flow=FlowClass.REAL_TIME if kind is PostingKind.HOLD else FlowClass.NEAR_REAL_TIME,
        machine=hold.machine,
        order_reference=hold.order_reference,
        lot=hold.lot,
        quantity=total,
        unit=unit,
    )


def _counted(tx: Connection, plant: Plant, hold: HoldRow, now: datetime) -> dict[str, Any]:
    """What was made in the hold's window, once every count of it has come in."""
    machine = plant.machine(hold.machine)
    if (
        hold.scope is Scope.LOT
        or hold.quantity is not None
        or machine is None
        or hold.window_end is None
        or now < hold.window_end + COUNTS_COME_WITHIN
    ):
        return {}
    per_count = {c.tag: c.units_per_count for c in machine.counters if c.kind == "good"}
    start = hold.window_start or datetime.min.replace(tzinfo=now.tzinfo)
    told = machines.advances_between(tx, machine.name, start, hold.window_end)
    return {"quantity": sum(a.count * per_count.get(a.tag, 0.0) for a in told)}
