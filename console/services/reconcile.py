"""Station [7]: machine, people and Odoo side by side, each record once.

Nothing is asked of Odoo here: what the last read-back or synchronisation saw is compared. A difference that
a person made on purpose (an amendment, a split, a rejection) is no disagreement; what waits is none either.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from console.domain.equipment import Plant
from console.domain.master_data import OPEN_ORDER_STATES
from console.domain.postings import PostingState
from console.domain.proposals import Choice, Override, ReviewDomain
from console.domain.units import same_quantity
from console.domain.validate import number
from console.services.screens.common import Known
from console.services.screens.orders import order_rows, settled, standing
from console.services.views import OrderRow
from console.store import audit, master, outbox, reconciliations, review
from console.store.engine import write
from console.store.outbox import Balance
from console.store.reconciliations import Reconciled

RULE = "totals-agree v1"


@dataclass(frozen=True, slots=True)
class Reconciliation:
    """The result.

    Attributes:
        rows: one a record and machine.
        disagreements: by record, what does not agree, in words.
    """

    rows: tuple[OrderRow, ...]
    disagreements: dict[str, str]


def reconcile(
    ledger: Engine, plant: Plant, asked_by: str, clock: Callable[[], datetime]
) -> tuple[OrderRow, ...]:
    """Compares, keeps the result, opens and resolves review items. Returns the rows compared."""
    return reconcile_all(ledger, plant, asked_by, clock).rows


def reconcile_all(
    ledger: Engine, plant: Plant, asked_by: str, clock: Callable[[], datetime]
) -> Reconciliation:
    """As ``reconcile``, and says what disagrees. One transaction."""
    now = clock()
    with write(ledger) as tx:
        known = Known(master.mirror(tx))
        rows = order_rows(tx, plant, known)
        balances, before = outbox.all_balances(tx), reconciliations.last(tx)
        posted = outbox.sums_by_target(tx)
        lost = reconciliations.lost_counts(tx)
        disagreements: dict[str, str] = {}
        for key in sorted({r.target_key for r in rows if r.target_key}):
            own = [r for r in rows if r.target_key == key]
            states = [s for (target, _), s in posted.items() if target == key]
            found = _compare(key, own, balances.get(key), states, lost.get(key, 0))
            order = known.mirror.orders.get(own[0].order_id)
            closed = order is None or order.state not in OPEN_ORDER_STATES
            if not (closed and before.get(key) == found):  # an old order is not told again and again
                reconciliations.add(tx, now, asked_by, found)
            if not found.agrees:
                disagreements[key] = " ".join(str(w) for w in found.detail.values())
            _to_review(tx, found, own[0], now)
        detail = {"records": len({r.target_key for r in rows}), "disagree": sorted(disagreements)}
        audit.append(tx, now, asked_by, "reconciled", "plant", detail)
    return Reconciliation(rows, disagreements)


def _compare(
    key: str,
    rows: list[OrderRow],
    balance: Balance | None,
    states: list[dict[PostingState, float]],
    lost: int,
) -> Reconciled:
    """One record: what the console itself must agree on, and what Odoo holds once nothing is under way."""
    confirmed = sum(standing(s) for s in states)
    expected = balance.booked if balance is not None else rows[0].expected_in_odoo
    odoo = balance.seen if balance is not None else rows[0].odoo
    words: dict[str, str] = {}
    if lost:
        words["counts"] = f"{number(lost)} counts of the machine events are not in the proposals."
    if balance is not None and not same_quantity(balance.decided, confirmed):
        words["decided"] = f"{number(confirmed)} stand in the outbox, {number(balance.decided)} were decided."
    comparable = balance is not None and odoo is not None and all(settled(s) for s in states)
    if comparable and odoo is not None and not same_quantity(odoo, expected):
        words["odoo"] = f"Odoo holds {number(odoo)}, {number(expected)} were decided."
    return Reconciled(
        key,
        rows[0].order_reference,
        sum(r.machine_total for r in rows),
        confirmed,
        expected,
        odoo,
        not words,
        dict(words),
    )


def _to_review(tx: Connection, found: Reconciled, row: OrderRow, now: datetime) -> None:
    """Opens an item about what disagrees, or closes the one that was open."""
    cause = f"target:{found.target_key}/reconcile"
    if found.agrees:
        review.resolve_cause(tx, cause, "the console", "agrees again", "machine, people and Odoo agree", now)
        return
    known = review.open_of_target(tx, found.target_key)
    if known is not None and known.cause != cause:
        return  # a person is asked about this record already
    last = outbox.last_of_target(tx, found.target_key)
    only_odoo = set(found.detail) == {"odoo"} and last is not None and found.odoo is not None
    remedy = "" if only_odoo else " The console contradicts itself: keep a copy of its ledger, and report it."
    item = review.NewItem(
        cause=cause,
        domain=ReviewDomain.SYNCHRONISATION,
        level="high",
        rule=RULE,
        title=f"{found.order_reference}: machine, people and Odoo do not agree",
        explanation=" ".join(found.detail.values()) + remedy,
        choices=_choices(found, row.unit) if only_odoo and found.odoo is not None else (),
        evidence={"seen": found.odoo, "facts": _facts(found, row)},
        machine=row.machine,
        order_reference=found.order_reference,
        posting_id=last.id if last is not None else None,
        target_key=found.target_key,
        trace_id=last.trace_id if last is not None else "",
        due_at=now + timedelta(hours=8),
    )
    review.open_item(tx, item, now)


def _choices(found: Reconciled, unit: str) -> tuple[Choice, ...]:
    """As for a record that was edited in Odoo; carried out by ``Reviews``."""
    seen = found.odoo or 0.0
    wanted = number(found.expected)
    return (
        Choice(
            "put-back",
            f"Put {wanted} in Odoo",
            f"Writes {wanted} {unit} over the {number(seen)} there.",
            found.expected,
            Override.REASON,
        ),
        Choice(
            "accept",
            f"Accept {number(seen)} as the new start",
            "Nothing is written; the difference stays in the audit.",
            seen,
            Override.REASON,
        ),
    )


def _facts(found: Reconciled, row: OrderRow) -> dict[str, list[str] | list[list[str]]]:
    read_at = row.odoo_read_at.isoformat() if row.odoo_read_at is not None else ""
    return {
        "headers": ["", "Quantity", "When"],
        "rows": [
            ["Machine total", number(found.machine_total), ""],
            ["Confirmed here", number(found.confirmed), ""],
            ["Expected in Odoo", number(found.expected), ""],
            ["Odoo now", number(found.odoo) if found.odoo is not None else "never read", read_at],
        ],
    }
