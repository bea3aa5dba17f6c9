"""Orders: the three totals side by side - machine, confirmed, Odoo (station [7])."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import Connection

from console.domain.equipment import Plant
from console.domain.postings import PostingState
from console.domain.units import same_quantity
from console.domain.validate import number
from console.services.facts import Context
from console.services.screens.common import Known, Stores, factor_to_order, ordered_quantity, product_name
from console.services.views import Level, OrderRow
from console.store import outbox, proposals
from console.store.engine import read
from console.store.outbox import Balance
from console.store.proposals import OrderTotals

_Sums = dict[PostingState, float]


def orders(stores: Stores) -> tuple[OrderRow, ...]:
    """A row for every machine and order that was counted, by order."""
    with read(stores.ledger) as tx:
        return order_rows(tx, stores.plant, stores.known(tx))


def order_rows(tx: Connection, plant: Plant, known: Known) -> tuple[OrderRow, ...]:
    """As ``orders``, in the caller's transaction. Quantities in the order's unit where it converts."""
    balances = outbox.all_balances(tx)
    posted = outbox.sums_by_target(tx)
    totals = _merged([t for t in proposals.totals(tx) if t.target_key or t.machine_total])
    counted = {(t.target_key, t.machine) for t in totals}
    # a split books on orders that the machine itself never named
    totals += [
        OrderTotals(machine, _reference(tx, target), target, "", 0.0, 0.0, 0.0)
        for target, machine in posted
        if (target, machine) not in counted
    ]
    shared: dict[str, float] = {}
    for (target, _), by_state in posted.items():
        shared[target] = shared.get(target, 0.0) + standing(by_state)
    rows = []
    for total in totals:
        machine = plant.machine(total.machine)
        context = known.context(machine, total.order_reference) if machine is not None else None
        sums = posted.get((total.target_key, total.machine), {})
        balance = balances.get(total.target_key)
        row = _row(total, sums, balance, context, shared.get(total.target_key, 0.0))
        rows.append(replace(row, title=machine.title if machine is not None else total.machine))
    return tuple(sorted(rows, key=lambda r: (r.order_reference, r.machine, r.target_key)))


def standing(sums: _Sums) -> float:
    """What was decided to be booked and was not taken back."""
    return sum((q for s, q in sums.items() if s is not PostingState.DEAD_LETTER), 0.0)


def settled(sums: _Sums) -> bool:
    """Whether nothing is under way or stuck."""
    return all(s in (PostingState.VERIFIED, PostingState.DEAD_LETTER) for s in sums)


def _stuck(sums: _Sums) -> bool:
    return bool(sums.get(PostingState.REJECTED))


def _merged(totals: list[OrderTotals]) -> list[OrderTotals]:
    """One entry a record and machine: a backorder renames the order, the record stays the same."""
    found: dict[tuple[str, str, str], OrderTotals] = {}
    for total in totals:
        key = (total.machine, total.target_key, total.unit if total.target_key else total.order_reference)
        known = found.get(key)
        found[key] = total
        if known is not None:
            found[key] = replace(
                total,
                machine_total=total.machine_total + known.machine_total,
                waiting=total.waiting + known.waiting,
                rejected=total.rejected + known.rejected,
            )
    return list(found.values())


def _reference(tx: Connection, target_key: str) -> str:
    last = outbox.last_of_target(tx, target_key)
    return last.order_reference if last is not None else ""


@dataclass(frozen=True, slots=True)
class _Side:
    """What the mirror says of an order; all unknown where the order is closed and gone from it."""

    factor: float | None
    unit: str
    rounding: float
    order_id: int
    product: str
    ordered: float
    held: float | None


def _side(context: Context | None, machine_unit: str) -> _Side:
    if context is None or context.order is None:
        return _Side(None, machine_unit, 0.01, 0, "", 0.0, None)
    factor, unit = factor_to_order(context), context.order_unit
    return _Side(
        factor=factor,
        unit=unit.name if factor is not None and unit is not None else machine_unit,
        rounding=unit.rounding if unit is not None else 0.01,
        order_id=context.order.id,
        product=product_name(context),
        ordered=ordered_quantity(context) or 0.0,
        held=context.held_by_odoo if context.target is not None else None,
    )


def _row(
    total: OrderTotals, sums: _Sums, balance: Balance | None, context: Context | None, shared: float
) -> OrderRow:
    side = _side(context, total.unit)
    there = side.factor if side.factor is not None else 1.0
    expected = balance.booked if balance is not None else side.held or 0.0
    seen = balance.seen if balance is not None else side.held
    confirmed, done = standing(sums), settled(sums)
    made, waiting, rejected = (x * there for x in (total.machine_total, total.waiting, total.rejected))
    agrees = seen is None or same_quantity(seen, expected, side.rounding)
    words = [f"{number(waiting)} not decided yet"] if waiting > 0 else []
    words += [f"{number(rejected)} rejected"] if rejected > 0 else []
    decided = made - waiting - rejected
    if not same_quantity(decided, confirmed, side.rounding):
        words.append(f"{number(confirmed)} confirmed of {number(decided)} counted (amended or split)")
    if shared - confirmed > 1e-6:
        words.append(f"{number(shared - confirmed)} from other machines")
    if not done:
        words.append("postings under way")
    elif not agrees and seen is not None:
        words.append(f"Odoo holds {number(seen)}, {number(expected)} expected")
    return OrderRow(
        order_id=balance.order_id if balance is not None else side.order_id,
        order_reference=total.order_reference,
        machine=total.machine,
        target_key=total.target_key,
        product=side.product,
        unit=side.unit,
        ordered=side.ordered,
        machine_total=made,
        confirmed=confirmed,
        waiting=waiting,
        rejected=rejected,
        baseline=balance.baseline if balance is not None else expected,
        expected_in_odoo=expected,
        odoo=seen,
        odoo_read_at=balance.seen_at if balance is not None else None,
        verified=bool(sums) and done and seen is not None and agrees,
        difference="; ".join(words),
        level=Level.HIGH if _stuck(sums) or (done and not agrees) else Level.NORMAL,
    )
