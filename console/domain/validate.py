"""Validation: rules with ids and versions, whose verdicts are data.

Each rule is a function of ``Facts`` and gives one verdict. A changed meaning raises the rule's version. What
fails goes to Review with its evidence; it never reaches Odoo unseen.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from console.domain import units
from console.domain.equipment import Machine
from console.domain.holds import Held
from console.domain.master_data import (
    OPEN_OPERATION_STATES,
    OPEN_ORDER_STATES,
    Lot,
    Operation,
    Order,
    Product,
    Tracking,
    Unit,
    WorkCenter,
)
from console.domain.proposals import Outcome, Override, ProductionProposal, Verdict


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything the rules look at, gathered in one transaction.

    Attributes:
        quantity: what would be booked, in the machine's unit.
        reported_order / assigned_order: as the machine / a person says.
        machine_unit: the machine's unit as Odoo knows it; order_unit, product_unit likewise.
        booked: what the target holds by our reckoning (baseline and decided), in the order's unit.
        verified / seen: last value read back as ours / last value read at all; None where never read.
        in_flight: postings for the target are on their way, so that ``seen`` may be on either side.
        master_data_age_s: None where master data was never fetched.
        most_in_interval: the most units the machine can make in the interval.
        closing: somebody decided to close the order.
        holds: every quality hold that is effective now.
        made: when the first and the last of it were made; None: not known closer than the interval.
        gap_s: seconds without data of the counters; order_changed_in_gap tells whether the split is known.
    """

    proposal: ProductionProposal
    machine: Machine
    quantity: float
    now: datetime
    work_center: WorkCenter | None
    order: Order | None
    operation: Operation | None
    product: Product | None
    machine_unit: Unit | None
    order_unit: Unit | None
    lot: Lot | None
    reported_order: str
    assigned_order: str
    booked: float
    verified: float | None
    seen: float | None
    in_flight: bool
    master_data_age_s: float | None
    master_data_stale_after_s: float
    skew_s: float
    skew_warn_s: float
    skew_fail_s: float
    most_in_interval: float
    gap_s: float
    order_changed_in_gap: bool
    closing: bool = False
    holds: tuple[Held, ...] = ()
    made: tuple[datetime, datetime] | None = None

    def in_order_unit(self) -> float | None:
        """The quantity in the order's unit; None where it cannot be converted."""
        if self.machine_unit is None or self.order_unit is None:
            return None
        if not units.convertible(self.machine_unit, self.order_unit):
            return None
        return units.convert(self.quantity, self.machine_unit, self.order_unit)


def number(value: float) -> str:
    """A quantity as people read it: 1,202 or 12.5."""
    if abs(value - round(value)) < 1e-6:
        return f"{value:,.0f}"
    return f"{value:,.2f}".rstrip("0").rstrip(".")


@dataclass(frozen=True, slots=True)
class Rule:
    """A validation rule.

    Attributes:
        override: who may confirm although it fails.
        check: gives (outcome, message, remedy, evidence).
    """

    id: str
    version: int
    override: Override
    check: Callable[[Facts], _Word]


@dataclass(frozen=True, slots=True)
class _Word:
    outcome: Outcome
    message: str
    remedy: str = ""
    evidence: dict[str, Any] | None = None


def _passed(message: str) -> _Word:
    return _Word(Outcome.PASS, message)


def _work_center_known(f: Facts) -> _Word:
    code = f.machine.work_center
    if f.work_center is None:
        return _Word(
            Outcome.FAIL,
            f"Work center {code} of {f.machine.title} is not known in Odoo.",
            "Correct the work center in the plant file, or create it in Odoo.",
        )
    if not f.work_center.active:
        return _Word(
            Outcome.FAIL, f"Work center {code} is archived in Odoo.", "Unarchive it in Odoo, or map another."
        )
    return _passed(f"Work center {code} is {f.work_center.name}.")


def _order_known(f: Facts) -> _Word:
    reference = f.proposal.order_reference
    if not reference:
        return _Word(
            Outcome.FAIL,
            f"No order is known for {f.machine.title} in this interval.",
            "Say which order it was.",
        )
    if f.order is None:
        return _Word(
            Outcome.FAIL,
            f"Order {reference} is not known in Odoo.",
            "Say which order it was, or wait for the next synchronisation if it is new.",
        )
    if f.work_center is not None and f.order.has_operations and f.operation is None:
        return _Word(
            Outcome.FAIL,
            f"Order {reference} has no operation on {f.work_center.name}.",
            "Say which order it was, or correct the routing in Odoo.",
        )
    return _passed(f"Order {reference} is known.")


def _order_open(f: Facts) -> _Word:
    if f.order is None:
        return _passed("No order to look at.")
    if f.order.state not in OPEN_ORDER_STATES:
        return _Word(
            Outcome.FAIL,
            f"Order {f.order.reference} is {f.order.state.value} in Odoo: it takes no more quantity.",
            "Book on another order, or reject.",
            {"state": f.order.state.value},
        )
    if f.operation is not None and f.operation.state not in OPEN_OPERATION_STATES:
        return _Word(
            Outcome.FAIL,
            f"Operation {f.operation.name} of {f.order.reference} is {f.operation.state.value} in Odoo.",
            "Book on another order, or reject.",
            {"state": f.operation.state.value},
        )
    return _passed(f"Order {f.order.reference} is {f.order.state.value}.")


def _order_not_closing(f: Facts) -> _Word:
    if f.closing and f.order is not None:
        return _Word(
            Outcome.FAIL,
            f"The closing of {f.order.reference} is decided: it takes no more quantity.",
            "Book on another order, or reject.",
        )
    return _passed("Nobody closes the order.")


def _program_agrees(f: Facts) -> _Word:
    running = f.proposal.program
    wanted = dict(f.machine.programs).get(f.product.code) if f.product is not None else None
    if not f.machine.program_tag or wanted is None or not running or running == wanted:
        return _passed("Program and product agree, or nobody says which belongs to which.")
    assert f.product is not None
    return _Word(
        Outcome.FAIL,
        f"{f.machine.title} ran program {running}, {f.product.name} is made with {wanted}.",
        "Say which order it was, or confirm with a reason if the program is right.",
        {"program": running, "expected": wanted},
    )


def _machine_order_agree(f: Facts) -> _Word:
    if f.assigned_order and f.proposal.order_reference == f.assigned_order:
        # said about this very interval, or agreed: without it a person could never correct a machine
        return _passed(f"A person said that it was {f.assigned_order}.")
    if f.reported_order and f.assigned_order and f.reported_order != f.assigned_order:
        return _Word(
            Outcome.FAIL,
            f"{f.machine.title} says it runs {f.reported_order}, a person said {f.assigned_order}.",
            "Say which order it was.",
            {"machine": f.reported_order, "person": f.assigned_order},
        )
    return _passed("Machine and person agree on the order.")


def _product_active(f: Facts) -> _Word:
    if f.order is None:
        return _passed("No order to look at.")
    if f.product is None:
        return _Word(
            Outcome.FAIL,
            f"The product of {f.order.reference} is not known here.",
            "Wait for the next synchronisation.",
        )
    if not f.product.active:
        return _Word(Outcome.FAIL, f"{f.product.name} is archived in Odoo.", "Unarchive it in Odoo.")
    return _passed(f"{f.product.name} is active.")


def _unit_match(f: Facts) -> _Word:
    if f.order is None or f.order_unit is None:
        return _passed("No order to look at.")
    if f.machine_unit is None:
        return _Word(
            Outcome.FAIL,
            f"The unit {f.machine.unit!r} of {f.machine.title} is not known in Odoo.",
            "Correct `unit` in the plant file.",
        )
    if not units.convertible(f.machine_unit, f.order_unit):
        return _Word(
            Outcome.FAIL,
            f"{f.machine.title} counts {f.machine_unit.name}, {f.order.reference} is in {f.order_unit.name}: "
            "they do not convert.",
            "Correct `unit` and `units_per_count` in the plant file, or the order's unit in Odoo.",
        )
    if f.machine_unit.id != f.order_unit.id:
        there = units.convert(f.quantity, f.machine_unit, f.order_unit)
        return _passed(f"{number(f.quantity)} {f.machine_unit.name} = {number(there)} {f.order_unit.name}.")
    return _passed(f"Both in {f.order_unit.name}.")


def _lot_present(f: Facts) -> _Word:
    if f.product is None or f.product.tracking is Tracking.NONE:
        return _passed("The product is not tracked by lot.")
    if f.product.tracking is Tracking.SERIAL:
        return _Word(
            Outcome.FAIL,
            f"{f.product.name} is tracked by serial number: a count does not say which.",
            "Book it in Odoo by serial number, and reject it here.",
        )
    if not f.proposal.lot:
        return _Word(
            Outcome.FAIL,
            f"{f.product.name} is tracked by lot, and no lot is known.",
            "Scan or type the lot.",
        )
    known = "is known in Odoo" if f.lot is not None else "will be made in Odoo"
    return _passed(f"Lot {f.proposal.lot} {known}.")


def _not_held(f: Facts) -> _Word:
    p, product = f.proposal, f.product.id if f.product is not None else None
    first, last = f.made or (p.interval_start, p.interval_end)
    mine = [h for h in f.holds if h.covers(p.machine, p.lot, product, p.order_reference, first, last)]
    if not mine:
        return _passed("Nothing of it is on hold.")
    more = f" and {len(mine) - 1} more" if len(mine) > 1 else ""
    return _Word(
        Outcome.FAIL,
        f"On quality hold: {mine[0].title} (hold {mine[0].id}{more}).",
        "An inspector decides the hold on the Holds page; then this is judged again.",
        {"holds": [h.id for h in mine]},
    )


def _within_remaining(f: Facts) -> _Word:
    made = f.in_order_unit()
    if f.order is None or made is None or f.order_unit is None:
        return _passed("No order to look at.")
    ordered = f.operation.quantity if f.operation is not None else f.order.quantity
    limit = ordered * (1 + f.machine.tolerance_percent / 100.0)
    after = f.booked + made
    evidence = {"ordered": ordered, "booked": f.booked, "after": after, "limit": limit}
    if after > limit + 1e-6:
        return _Word(
            Outcome.FAIL,
            f"{f.order.reference} would have {number(after)} of {number(ordered)} {f.order_unit.name}, "
            f"{number(after - ordered)} too many (tolerance {number(f.machine.tolerance_percent)} %).",
            "Enter what was made for this order, split it, or confirm with a reason.",
            evidence,
        )
    return _Word(Outcome.PASS, f"{number(after)} of {number(ordered)} {f.order_unit.name}.", "", evidence)


def _rate_plausible(f: Facts) -> _Word:
    total = f.quantity + f.proposal.scrap
    evidence = {"made": total, "most": f.most_in_interval}
    if total > f.most_in_interval + 1e-6:
        return _Word(
            Outcome.FAIL,
            f"{f.machine.title} counted {number(total)}, at most {number(f.most_in_interval)} is possible.",
            "Enter another quantity, or confirm with a reason and a second person.",
            evidence,
        )
    return _Word(Outcome.PASS, f"At most {number(f.most_in_interval)} is possible.", "", evidence)


def _counter_explained(f: Facts) -> _Word:
    if f.proposal.jumps > 0 and f.quantity == f.proposal.good:
        return _Word(
            Outcome.FAIL,
            f"A counter of {f.machine.title} moved in a way that it cannot have made: "
            f"up to {number(f.proposal.jumps)} are left out of the count.",
            "Say whether they were made.",
            {"left_out": f.proposal.jumps},
        )
    return _passed("Every step of the counters is explained.")


def _data_gap(f: Facts) -> _Word:
    if f.gap_s <= 0:
        return _passed("No gap in the data.")
    seconds = number(round(f.gap_s))
    if f.order_changed_in_gap:
        return _Word(
            Outcome.FAIL,
            f"The order changed while nothing was heard for {seconds} s: the count cannot be told apart.",
            "Split it between the orders.",
            {"gap_s": f.gap_s},
        )
    return _Word(
        Outcome.NOTICE,
        f"Nothing was heard for {seconds} s; the counter tells what was made meanwhile.",
        "",
        {"gap_s": f.gap_s},
    )


def _master_data_fresh(f: Facts) -> _Word:
    age = f.master_data_age_s
    if age is None:
        return _Word(
            Outcome.FAIL,
            "Orders and products were never fetched from Odoo.",
            "Connect Odoo once; `plant-console check` says what is missing.",
        )
    if age > f.master_data_stale_after_s:
        return _Word(
            Outcome.FAIL,
            f"Orders and products are {number(age / 3600)} h old: what Odoo says now is not known.",
            "Wait until Odoo is reached again, or confirm with a reason.",
            {"age_s": age},
        )
    return _passed(f"Orders and products are {number(round(age))} s old.")


def _clock_skew(f: Facts) -> _Word:
    evidence = {"skew_s": f.skew_s}
    if f.skew_s > f.skew_fail_s:
        return _Word(
            Outcome.FAIL,
            f"The clock of {f.machine.title} is {number(f.skew_s)} s off: "
            "our own times were used, the interval may be wrong.",
            "Set the machine's clock; confirm with a reason if the interval is right.",
            evidence,
        )
    if f.skew_s > f.skew_warn_s:
        return _Word(Outcome.NOTICE, f"The clock of {f.machine.title} is {f.skew_s:.1f} s off.", "", evidence)
    return _passed("The clocks agree.")


def _edited_in_odoo(f: Facts) -> _Word:
    if f.verified is None or f.seen is None or f.in_flight or f.order_unit is None:
        return _passed("Nothing verified that could have been changed.")
    if not units.same_quantity(f.seen, f.verified, f.order_unit.rounding):
        return _Word(
            Outcome.FAIL,
            f"{f.proposal.order_reference} was changed in Odoo: {number(f.seen)} there, "
            f"{number(f.verified)} verified here.",
            "Decide the item in Review first.",
            {"odoo": f.seen, "verified": f.verified},
        )
    return _passed(f"Odoo holds {number(f.seen)}, as verified.")


RULES: tuple[Rule, ...] = (
    Rule("work-center-known", 1, Override.NOBODY, _work_center_known),
    Rule("order-known", 1, Override.NOBODY, _order_known),
    Rule("order-open", 1, Override.NOBODY, _order_open),
    Rule("order-not-closing", 1, Override.NOBODY, _order_not_closing),
    Rule("machine-order-agree", 2, Override.NOBODY, _machine_order_agree),
    Rule("program-agrees", 1, Override.REASON, _program_agrees),
    Rule("product-active", 1, Override.NOBODY, _product_active),
    Rule("unit-match", 1, Override.NOBODY, _unit_match),
    Rule("lot-present", 1, Override.NOBODY, _lot_present),
    Rule("not-held", 1, Override.NOBODY, _not_held),
    Rule("counter-explained", 1, Override.NOBODY, _counter_explained),
    Rule("rate-plausible", 1, Override.SECOND_PERSON, _rate_plausible),
    Rule("within-remaining", 1, Override.REASON, _within_remaining),
    Rule("data-gap", 1, Override.REASON, _data_gap),
    Rule("master-data-fresh", 1, Override.REASON, _master_data_fresh),
    Rule("clock-skew", 1, Override.REASON, _clock_skew),
    Rule("edited-in-odoo", 1, Override.NOBODY, _edited_in_odoo),
)


def validate(facts: Facts, rules: tuple[Rule, ...] = RULES) -> tuple[Verdict, ...]:
    """Every rule's verdict, in the rules' order."""
    verdicts = []
    for rule in rules:
        word = rule.check(facts)
        verdicts.append(
            Verdict(
                rule=rule.id,
                version=rule.version,
                outcome=word.outcome,
                message=word.message,
                remedy=word.remedy,
                override=rule.override,
                evidence=word.evidence or {},
            )
        )
    return tuple(verdicts)
