"""Station [4]: a person decides. Decision, audit entry and posting are one commit.

Everything is judged again inside that commit, on what the ledger holds then: what was green a minute ago and
is not now goes to Review instead of to Odoo.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Engine

from console.domain import units
from console.domain.decisions import required
from console.domain.equipment import Machine, Plant
from console.domain.people import Permission, Person
from console.domain.policies import Flow, Policy
from console.domain.postings import FlowClass, PostingState
from console.domain.proposals import (
    UNDECIDED,
    DecisionKind,
    Outcome,
    Override,
    ProductionProposal,
    ProposalState,
    Verdict,
)
from console.domain.validate import number
from console.errors import AlreadyDecided, InvalidDecision
from console.services.facts import Context, context_of, judge, with_order
from console.services.ingest import Ingest
from console.services.permit import must
from console.services.policies import automatic_production, in_shadow, must_book, shadowed, words
from console.services.record_postings import POLICY_ACTOR
from console.services.views import Decided
from console.store import audit, machines, master, outbox, proposals, review
from console.store.engine import read, write
from console.store.master import Mirror
from console.store.proposals import ProposalRow


@dataclass(frozen=True, slots=True)
class Pick:
    """A proposal as it was shown: the version guards against deciding something else than was seen."""

    proposal_id: int
    version: int


@dataclass(frozen=True, slots=True)
class Given:
    """What a person gave along with a choice.

    Attributes:
        quantity: for amend, in the machine's unit.
        parts: for split, order reference and quantity.
        witness: the second person, whose PIN was checked just now.
    """

    quantity: float | None = None
    parts: Sequence[tuple[str, float]] = ()
    order_reference: str = ""
    lot: str = ""
    reason: str = ""
    witness: Person | None = None


_STATE = {
    DecisionKind.CONFIRM: ProposalState.CONFIRMED,
    DecisionKind.AMEND: ProposalState.AMENDED,
    DecisionKind.SPLIT: ProposalState.SPLIT,
    DecisionKind.REJECT: ProposalState.REJECTED,
}


class Decide:
    """Takes decisions about production proposals.

    Attributes:
        console: name of this console (host), kept with each decision.
    """

    def __init__(
        self, ledger: Engine, plant: Plant, ingest: Ingest, console: str, clock: Callable[[], datetime]
    ) -> None:
        self._ledger = ledger
        self._plant = plant
        self._ingest = ingest
        self.console = console
        self._clock = clock

    # --- confirm ------------------------------------------------------------------------------------------

    def confirm(self, person: Person, picks: Sequence[Pick]) -> Decided:
        """Confirms green intervals as the machine counted them, all in one commit.

        Raises:
            NotAllowed: the role does not permit it.
            AlreadyDecided: one of them was decided or changed meanwhile; none is confirmed.
            InvalidDecision: nothing was picked, or only what is in shadow.
        """
        if not picks:
            raise InvalidDecision("Nothing is selected.", "Select at least one interval.")
        now, booked, withheld, left_out = self._clock(), 0, [], 0
        with write(self._ledger) as tx:
            must(tx, person, Permission.CONFIRM_COUNTS)
            mirror = master.mirror(tx)
            shadow = shadowed(tx, Flow.PRODUCTION)
            rows = sorted((self._seen(tx, p) for p in picks), key=lambda r: r.proposal.interval_start)
            for row in rows:
                machine = self._machine(row)
                if machine.name in shadow:
                    left_out += 1
                    continue
                verdicts = judge(tx, self._plant, machine, mirror, row, now)
                if any(v.outcome is Outcome.FAIL for v in verdicts):
                    judged = self._ingest.judge(tx, mirror, row, now)
                    withheld.append(judged.proposal.failing[0].message)
                    continue
                self._decide(tx, person, row, machine, DecisionKind.CONFIRM, verdicts, mirror, now, Given())
                booked += 1
            if left_out == len(rows):
                raise in_shadow(self._machine(rows[0]).title, Flow.PRODUCTION)
        message = f"{booked} confirmed." if booked else "Nothing confirmed."
        if left_out:
            message += f" {left_out} left out, of machines in shadow."
        if withheld:
            message += f" {len(withheld)} went to Review: {withheld[0]}"
        return Decided(booked, booked, message)

    def confirm_by_policy(self, fence: Callable[[Connection], None]) -> int:
        """Confirms what the policies of their machines let pass without a person; returns how many.

        Only what passes every rule without a notice and is as close to what was expected as the policy says.
        """
        now, booked = self._clock(), 0
        with read(self._ledger) as tx:
            automatic = automatic_production(tx)
            waiting = any(r.proposal.machine in automatic for r in _pending(tx)) if automatic else False
        if not waiting:
            return 0
        with write(self._ledger) as tx:
            fence(tx)
            automatic, mirror = automatic_production(tx), master.mirror(tx)
            for row in _pending(tx):
                policy, machine = (
                    automatic.get(row.proposal.machine),
                    self._plant.machine(row.proposal.machine),
                )
                if policy is None or machine is None or not within_tolerance(policy, row.proposal):
                    continue
                verdicts = judge(tx, self._plant, machine, mirror, row, now)
                if any(v.outcome is not Outcome.PASS for v in verdicts):
                    continue
                given = Given(reason=f"policy: {words(policy)}, set by {policy.by}")
                self._decide(tx, None, row, machine, DecisionKind.CONFIRM, verdicts, mirror, now, given)
                booked += 1
        return booked

    # --- everything else ----------------------------------------------------------------------------------

    def choose(self, person: Person, pick: Pick, choice: str, given: Given) -> Decided:
        """Decides one interval in another way; see ``Desk.choose`` for the choices.

        Raises:
            NotAllowed, AlreadyDecided: as in ``confirm``.
            InvalidDecision: something is missing (reason, second person, lot) or a rule forbids it.
        """
        now = self._clock()
        with write(self._ledger) as tx:
            must(tx, person, Permission.CONFIRM_COUNTS)
            row = self._seen(tx, pick)
            machine, mirror = self._machine(row), master.mirror(tx)
            key, _, index = choice.partition(":")
            if key == "assign-order":
                self._needs_reason(key, row, given)
                return self._assign(tx, person, row, machine, mirror, given, now)
            if key == "assign-lot":
                return self._assign(tx, person, row, machine, mirror, given, now, lot_only=True)
            self._needs_reason(key, row, given)
            if key == "reject":
                self._decide(
                    tx, person, row, machine, DecisionKind.REJECT, row.proposal.verdicts, mirror, now, given
                )
                return Decided(1, 0, "Rejected: nothing is booked.")
            if key == "split":
                must_book(tx, machine.name, machine.title, Flow.PRODUCTION)
                return self._split(tx, person, row, machine, mirror, given, now)
            must_book(tx, machine.name, machine.title, Flow.PRODUCTION)
            kind, quantity = self._quantity(key, index, row, given)
            verdicts = self._allowed(tx, row, machine, mirror, now, quantity, given, person, key)
            self._decide(tx, person, row, machine, kind, verdicts, mirror, now, given, quantity)
            return Decided(1, 1, f"{number(quantity)} {row.proposal.unit} confirmed.")

    def _quantity(self, key: str, index: str, row: ProposalRow, given: Given) -> tuple[DecisionKind, float]:
        good = row.proposal.good
        if key in ("confirm", "leave-out"):
            return DecisionKind.CONFIRM, good
        if key == "count-all":
            if not index.isdigit() or int(index) >= len(row.jump_choices):
                raise AlreadyDecided("The explanation chosen is not there any more.", "Look at it again.")
            return DecisionKind.AMEND, good + row.jump_choices[int(index)][1]
        if key == "amend":
            if given.quantity is None or not 0 <= given.quantity < 1e12:
                raise InvalidDecision("The quantity is missing or negative.", "Enter what was really made.")
            return DecisionKind.AMEND, given.quantity
        raise InvalidDecision(f"There is no choice {key!r}.", "Choose one of those shown.")

    def _needs_reason(self, key: str, row: ProposalRow, given: Given) -> None:
        if key == "confirm" and not row.proposal.failing:
            return
        if not given.reason.strip():
            raise InvalidDecision("The reason is missing.", "Say in a few words why.")

    def _allowed(
        self,
        tx: Connection,
        row: ProposalRow,
        machine: Machine,
        mirror: Mirror,
        now: datetime,
        quantity: float,
        given: Given,
        person: Person,
        key: str = "",
    ) -> tuple[Verdict, ...]:
        """The verdicts on what would be booked; raises where it takes more than was given."""
        verdicts = judge(tx, self._plant, machine, mirror, row, now, quantity)
        failing = [v for v in verdicts if v.outcome is Outcome.FAIL]
        if key == "leave-out":  # the choice is the answer to what this rule asks
            failing = [v for v in failing if v.rule != "counter-explained"]
        needed = required(failing) if failing else Override.REASON
        if key == "count-all":
            needed = Override.SECOND_PERSON if needed is Override.REASON else needed
        if needed is Override.NOBODY:
            first = next(v for v in failing if v.override is Override.NOBODY)
            raise InvalidDecision(first.message, first.remedy)
        if failing and not given.reason.strip():  # it was green when it was shown
            raise InvalidDecision(failing[0].message, "Look at it again, and give a reason.")
        if needed is Override.SECOND_PERSON:
            _witnessed(tx, person, given)
        return verdicts

    def _split(
        self,
        tx: Connection,
        person: Person,
        row: ProposalRow,
        machine: Machine,
        mirror: Mirror,
        given: Given,
        now: datetime,
    ) -> Decided:
        good = row.proposal.good
        if len(given.parts) < 2 or any(q <= 0 for _, q in given.parts):
            raise InvalidDecision(
                "A split has two parts or more, each above zero.", "Give each order its part."
            )
        if len({reference for reference, _ in given.parts}) < len(given.parts):
            raise InvalidDecision("A split names the same order twice.", "Give each order one part.")
        total = sum(q for _, q in given.parts)
        if abs(total - good) > 1e-6:
            raise InvalidDecision(
                f"The parts come to {number(total)}, the machine made {number(good)}.",
                "Make the parts come to the machine's count, or enter another quantity first.",
            )
        verdicts: list[Verdict] = []
        for reference, quantity in given.parts:
            part = with_order(row, reference)
            verdicts += self._allowed(tx, part, machine, mirror, now, quantity, given, person, "leave-out")
        self._decide(tx, person, row, machine, DecisionKind.SPLIT, tuple(verdicts), mirror, now, given)
        return Decided(1, len(given.parts), f"Split between {len(given.parts)} orders.")

    def _assign(
        self,
        tx: Connection,
        person: Person,
        row: ProposalRow,
        machine: Machine,
        mirror: Mirror,
        given: Given,
        now: datetime,
        lot_only: bool = False,
    ) -> Decided:
        """A person says which order or lot it was; every dependent interval is judged again at once."""
        p = row.proposal
        reference = p.order_reference if lot_only else given.order_reference.strip()
        lot = given.lot.strip() or ("" if lot_only else p.lot)
        if lot_only and not lot:
            raise InvalidDecision("The lot is missing.", "Scan or type it.")
        if not lot_only and mirror.order(reference) is None:
            raise InvalidDecision(f"Order {reference!r} is not known.", "Type or scan it as Odoo shows it.")
        dependent = [
            r
            for r in proposals.since(tx, now, machine.name)
            if (r.proposal.order_reference, r.proposal.lot) == (p.order_reference, p.lot)
            and r.proposal.state in (ProposalState.OPEN, ProposalState.PENDING, ProposalState.REVIEW)
            and (r.proposal.id == p.id or not p.order_reference or lot_only)
        ]
        machines.assign(tx, machine.name, reference, lot, person.name, now)
        for each in dependent:
            start = each.proposal.interval_start
            if (each.proposal.order_reference, each.proposal.lot) != (reference, lot):
                _, parts = proposals.open_part(tx, machine.name, start, reference, lot)
                values = {"order_reference": reference, "lot": lot, "part": parts + 1}
                proposals.change(tx, each.proposal.id, values)
            moved = proposals.get(tx, each.proposal.id)
            if moved is not None and moved.proposal.state is not ProposalState.OPEN:
                self._ingest.judge(tx, mirror, moved, now)
        what = "assign-lot" if lot_only else "assign-order"
        detail = {"order": reference, "lot": lot, "intervals": len(dependent), "reason": given.reason}
        audit.append(tx, now, person.name, what, f"machine:{machine.name}", detail, p.trace_id)
        return Decided(0, 0, f"{len(dependent)} intervals now belong to {reference} {lot}".strip() + ".")

    # --- the commit ---------------------------------------------------------------------------------------

    def _seen(self, tx: Connection, pick: Pick) -> ProposalRow:
        row = proposals.get(tx, pick.proposal_id)
        if row is None or row.proposal.version != pick.version:
            raise AlreadyDecided(
                "This interval was decided or changed since it was shown.",
                "Look at it again and decide then.",
            )
        if row.proposal.state is ProposalState.OPEN:
            raise InvalidDecision("This interval still runs.", "Decide when it is over.")
        if row.proposal.state not in UNDECIDED:
            raise AlreadyDecided("This interval is decided.", "Look at it again.")
        return row

    def _machine(self, row: ProposalRow) -> Machine:
        machine = self._plant.machine(row.proposal.machine)
        if machine is None:
            raise InvalidDecision(
                f"Machine {row.proposal.machine} is not in the plant file any more.",
                "Put it back, decide its open intervals, then remove it.",
            )
        return machine

    def _decide(
        self,
        tx: Connection,
        person: Person | None,
        row: ProposalRow,
        machine: Machine,
        kind: DecisionKind,
        verdicts: Sequence[Verdict],
        mirror: Mirror,
        now: datetime,
        given: Given,
        quantity: float | None = None,
    ) -> None:
        p, actor = row.proposal, person.name if person is not None else POLICY_ACTOR
        booked = 0.0 if kind is DecisionKind.REJECT else (p.good if quantity is None else quantity)
        proposals.decide(tx, p.id, p.version, _STATE[kind])
        detail: dict[str, Any] = {
            "machine": p.machine,
            "order": p.order_reference,
            "lot": p.lot,
            "interval": [p.interval_start.isoformat(), p.interval_end.isoformat()],
            "machine_quantity": p.good,
            "quantity": booked,
            "unit": p.unit,
            "parts": [list(x) for x in given.parts] if kind is DecisionKind.SPLIT else [],
            "reason": given.reason,
            "witness": given.witness.name if given.witness else "",
            "console": self.console,
        }
        seq = audit.append(tx, now, actor, f"count {kind.value}", f"proposal:{p.id}", detail, p.trace_id)
        decision_id = proposals.add_decision(
            tx,
            {
                "proposal_id": p.id,
                "kind": kind.value,
                "quantity": booked,
                "machine_quantity": p.good,
                "reason": given.reason,
                "person": actor,
                "role": person.title if person is not None else "",
                "witness": given.witness.name if given.witness else "",
                "console": self.console,
                "at": now,
                "verdicts": proposals.verdicts_to_data(verdicts),
                "audit_seq": seq,
            },
        )
        review.resolve_cause(tx, f"proposal:{p.id}", actor, kind.value, given.reason, now)
        if kind is DecisionKind.REJECT or (booked == 0 and kind is not DecisionKind.SPLIT):
            return
        parts = given.parts if kind is DecisionKind.SPLIT else [(p.order_reference, booked)]
        for index, (reference, part) in enumerate(parts, 1):
            context = context_of(mirror, machine, reference)
            add_posting(
                tx, p.trace_id, f"{p.trace_id}-{index}", decision_id, machine, context, part, p.lot, now
            )


def add_posting(
    tx: Connection,
    trace_id: str,
    posting_key: str,
    decision_id: int,
    machine: Machine,
    context: Context,
    quantity: float,
    lot: str,
    now: datetime,
) -> int:
    """A production posting: raises what the Odoo record should hold, and asks for that absolute value."""
    order, target, unit, product = context.order, context.target, context.order_unit, context.product
    if order is None or target is None or unit is None or product is None:
        raise InvalidDecision(
            "Order, operation, product or unit are not known.", "Wait for the next synchronisation."
        )
    balance = outbox.open_balance(tx, target.key, order.id, context.held_by_odoo)
    there = context.in_order_unit(quantity)
    decided = balance.decided + there
    outbox.change_balance(tx, target.key, decided=decided)
    return outbox.add(
        tx,
        {
            "posting_key": posting_key,
            "trace_id": trace_id,
            "kind": "production",
            "lane": target.lane,
            "target_key": target.key,
            "decision_id": decision_id,
            "order_id": order.id,
            "order_reference": order.reference,
            "machine": machine.name,
            "product_id": product.id,
            "unit_id": unit.id,
            "unit": unit.name,
            "lot": lot,
            "quantity": there,
            "target_quantity": units.rounded(balance.baseline + decided, unit),
            "flow_class": FlowClass.NEAR_REAL_TIME.value,
            "state": PostingState.READY.value,
            "created_at": now,
            "due_at": now + timedelta(seconds=FlowClass.NEAR_REAL_TIME.deadline_s),
        },
    )


def _pending(tx: Connection) -> list[ProposalRow]:
    return proposals.in_states(tx, [ProposalState.PENDING])


def within_tolerance(policy: Policy, proposal: ProductionProposal) -> bool:
    """Whether the machine's count is as close to what was expected as the policy asks; not without a rate."""
    if proposal.expected <= 0:
        return False
    off = abs(proposal.good - proposal.expected) / proposal.expected * 100.0
    return off <= policy.tolerance_percent + 1e-9


def _witnessed(tx: Connection, person: Person, given: Given) -> None:
    """A second person who may confirm counts, and is not the first."""
    if given.witness is None:
        raise InvalidDecision("This needs a second person.", "Let a colleague enter their PIN.")
    if given.witness.id == person.id:
        raise InvalidDecision("The second person is the same as the first.", "Ask a colleague.")
    must(tx, given.witness, Permission.CONFIRM_COUNTS)
