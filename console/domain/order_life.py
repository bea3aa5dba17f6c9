"""What may be done with an order and its operations, and what stands in the way. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from console.domain.master_data import OPEN_OPERATION_STATES, OPEN_ORDER_STATES, OperationState, Order
from console.domain.packml import MachineState
from console.domain.proposals import Outcome, Verdict
from console.domain.validate import number

_STARTABLE = frozenset({OperationState.READY, OperationState.BLOCKED})


def actions_of(state: OperationState, produced: float) -> tuple[str, ...]:
    """What an operation's state allows: of start, pause, finish.

    Finishing takes something produced: Odoo would book the whole order on an operation without a quantity.
    """
    found = []
    if state in _STARTABLE:
        found.append("start")
    if state is OperationState.PROGRESS:
        found.append("pause")
    if state in OPEN_OPERATION_STATES and produced > 0:
        found.append("finish")
    return tuple(found)


def suggested(
    state: OperationState, machine: MachineState | None, runs_it: bool, produced: float, ordered: float
) -> str:
    """What the machine suggests: it executes the order, or has made all of it, or stands; "" for nothing.

    Args:
        machine: what the machine does; None where no machine of ours works there.
        runs_it: whether the order is the one that the machine runs.
    """
    if state in OPEN_OPERATION_STATES and ordered > 0 and produced >= ordered:
        return "finish"
    if state in _STARTABLE and runs_it and machine is MachineState.EXECUTE:
        return "start"
    if state is OperationState.PROGRESS and machine is not None and not runs_it:
        return "pause"
    return ""


def consumption_tolerance(by_bom: float, percent: float) -> float:
    """The largest difference to the bill of materials that needs no person, in the component's unit."""
    return abs(by_bom) * percent / 100.0


@dataclass(frozen=True, slots=True)
class CloseFacts:
    """What the rules of closing look at.

    Attributes:
        produced: what Odoo was seen to hold of the order, by our reckoning; shown: what the person saw.
        undecided: closed or running intervals of the order that nobody decided.
        in_flight: postings of the order that are not verified, not counting the closing itself.
        stuck: of these, those that Odoo refused.
        holds: titles of effective quality holds on what the order makes.
        behind: operations with less than ``produced`` booked.
        differing: components whose consumption differs from the bill of materials beyond the tolerance and
            that nobody decided about, in words.
    """

    order: Order
    produced: float
    shown: float
    undecided: int
    in_flight: int
    stuck: int
    closing: bool
    lot_missing: bool
    holds: tuple[str, ...]
    behind: tuple[str, ...]
    differing: tuple[str, ...]


def judge_close(f: CloseFacts) -> tuple[Verdict, ...]:
    """Every rule's verdict on closing an order; none can be overridden, since it cannot be undone."""
    ref, made = f.order.reference, number(f.produced)
    return (
        _verdict("close-order-open", f.order.state in OPEN_ORDER_STATES, f"{ref} is {f.order.state.value}."),
        _verdict("close-not-decided", not f.closing, f"The closing of {ref} is decided already."),
        _verdict(
            "close-as-shown",
            abs(f.produced - f.shown) <= 1e-6,
            f"{ref} has {made} now, {number(f.shown)} was shown.",
            "Look at it again and decide then.",
        ),
        _verdict(
            "close-counts-decided",
            f.undecided == 0,
            f"{f.undecided} intervals of {ref} are not decided.",
            "Confirm or reject them on Counts first.",
        ),
        _verdict(
            "close-something-made",
            f.produced > 0,
            f"Nothing is booked on {ref}; closed now, Odoo would book all of it.",
            "Confirm its counts, or cancel it in Odoo.",
        ),
        _verdict(
            "close-postings-settled",
            f.in_flight == 0,
            f"{f.in_flight} postings of {ref} are not verified in Odoo"
            + (f", {f.stuck} of them refused." if f.stuck else "."),
            "Wait until they are, or decide them in Review.",
        ),
        _verdict(
            "close-not-held",
            not f.holds,
            f"Quality holds it: {', '.join(f.holds)}.",
            "An inspector decides about the hold first.",
        ),
        _verdict(
            "close-operations-complete",
            not f.behind,
            f"{', '.join(f.behind)} has less booked than the order.",
            "Confirm its counts; closed now, Odoo would fill it up.",
        ),
        _verdict("close-lot-known", not f.lot_missing, f"{ref} has no lot.", "Give the lot with a count."),
        _verdict(
            "close-consumption-decided",
            not f.differing,
            f"{'; '.join(f.differing)}.",
            "Decide what was used first.",
        ),
    )


def stands_in_the_way(verdicts: Sequence[Verdict]) -> Verdict | None:
    """The first that fails."""
    return next((v for v in verdicts if v.outcome is Outcome.FAIL), None)


def _verdict(
    rule: str, passes: bool, message: str, remedy: str = "Nothing can be done about it here."
) -> Verdict:
    if passes:
        return Verdict(rule, 1, Outcome.PASS, "")
    return Verdict(rule, 1, Outcome.FAIL, message, remedy)
