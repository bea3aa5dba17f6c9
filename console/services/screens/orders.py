"""Orders: the three totals side by side - machine, confirmed, Odoo (station [7])."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection

from console.domain.postings import PostingState
from console.domain.units import same_quantity
from console.domain.validate import number
from console.services.facts import Context
from console.services.screens.common import Known, Stores, factor_to_order, ordered_quantity, product_name
from console.services.views import OrderRow
from console.store import outbox, proposals
from console.store.engine import read
from console.store.outbox import Balance
from console.store.proposals import OrderTotals

_Sums = dict[PostingState, float]


def orders(stores: Stores) -> tuple[OrderRow, ...]:
    """A row for every machine and order that was counted, by order."""
    with read(stores.ledger) as tx:
        return order_rows(tx, stores, stores.known(tx))


def order_rows(tx: Connection, stores: Stores, known: Known) -> tuple[OrderRow, ...]:
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
    for target, _ in posted:
        shared[target] = sum(_standing(s) for (t, _), s in posted.items() if t == target)
    rows = []
    for total in totals:
        sums = posted.get((total.target_key, total.machine), {})
        machine = stores.plant.machine(total.machine)
        context = known.context(machine, total.order_reference) if machine is not None else None
        rows.append(_row(total, sums, balances.get(total.target_key), context, shared))
    return tuple(sorted(rows, key=lambda r: (r.order_reference, r.machine, r.target_key)))


def _merged(totals: list[OrderTotals]) -> list[OrderTotals]:
    """One entry a record and machine: a backorder renames the order, the record stays the same."""
    found: dict[tuple[str, str, str], OrderTotals] = {}
    for t in totals:
        key = (t.machine, t.target_key, t.unit if t.target_key else t.order_reference)
        known = found.get(key)
        if known is not None:
            t = replace(
                t,
                machine_total=t.machine_total + known.machine_total,
                waiting=t.waiting + known.waiting,
                rejected=t.rejected + known.rejected,
            )
        found[key] = t
    return list(found.values())


def _reference(tx: Connection, target_key: str) -> str:
    last = outbox.last_of_target(tx, target_key)
    return last.order_reference if last is not None else ""


def _standing(sums: _Sums) -> float:
    return sum(q for s, q in sums.items() if s is not PostingState.DEAD_LETTER)


def _row(
    total: OrderTotals,
    sums: _Sums,
    balance: Balance | None,
    context: Context | None,
    shared: dict[str, float],
) -> OrderRow:
    # a closed order leaves the mirror; what was booked on it is still told in the machine's unit
    factor = factor_to_order(context) if context is not None else None
    there = factor if factor is not None else 1.0
    unit = context.order_unit.name if factor is not None and context and context.order_unit else total.unit
    order = context.order if context is not None else None
    rounding = context.order_unit.rounding if context is not None and context.order_unit else 0.01
    expected = balance.booked if balance is not None else context.held_by_odoo if context else 0.0
    held = context.held_by_odoo if context is not None and order is not None else None
    seen = balance.seen if balance is not None else held
    confirmed = _standing(sums)
    settled = all(q == 0 or s in (PostingState.VERIFIED, PostingState.DEAD_LETTER) for s, q in sums.items())
    verified = bool(sums) and settled and seen is not None and same_quantity(seen, expected, rounding)
    row = OrderRow(
        order_id=balance.order_id if balance is not None else order.id if order is not None else 0,
        order_reference=total.order_reference,
        machine=total.machine,
        target_key=total.target_key,
        product=product_name(context) if context is not None else "",
        unit=unit,
        ordered=(ordered_quantity(context) or 0.0) if context is not None else 0.0,
        machine_total=total.machine_total * there,
        confirmed=confirmed,
        waiting=total.waiting * there,
        rejected=total.rejected * there,
        baseline=balance.baseline if balance is not None else expected,
        expected_in_odoo=expected,
        odoo=seen,
        odoo_read_at=balance.seen_at if balance is not None else None,
        verified=verified,
        difference="",
    )
    elsewhere = shared.get(total.target_key, 0.0) - confirmed
    words = _difference(row, settled, elsewhere, rounding)
    return replace(row, difference=words)


def _difference(row: OrderRow, settled: bool, elsewhere: float, rounding: float) -> str:
    """What stands between machine and Odoo, in words; empty where they agree."""
    words = []
    if row.waiting > 0:
        words.append(f"{number(row.waiting)} not decided yet")
    if row.rejected > 0:
        words.append(f"{number(row.rejected)} rejected")
    decided = row.machine_total - row.waiting - row.rejected
    if not same_quantity(decided, row.confirmed, rounding):
        words.append(f"{number(row.confirmed)} confirmed of {number(decided)} counted (amended or split)")
    if elsewhere > 0:
        words.append(f"{number(elsewhere)} from other machines")
    if not settled:
        words.append("postings under way")
    elif row.odoo is not None and not same_quantity(row.odoo, row.expected_in_odoo, rounding):
        words.append(f"Odoo holds {number(row.odoo)}, {number(row.expected_in_odoo)} expected")
    return "; ".join(words)
