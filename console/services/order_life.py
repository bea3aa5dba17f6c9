"""An order's life: start, pause and finish of operations, scrap, consumption, and closing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection, Engine

from console.domain.equipment import Machine, Plant
from console.domain.order_life import actions_of, judge_close, stands_in_the_way, suggested
from console.domain.people import Permission, Person
from console.domain.postings import FlowClass
from console.domain.records import GivenUp, PostingKind, RecordSeen
from console.domain.validate import number
from console.errors import AlreadyDecided, InvalidDecision
from console.services.order_facts import OrderFacts, in_order_unit, order_facts, scrap_location
from console.services.order_view import order_detail
from console.services.permit import must
from console.services.record_postings import ask_for, decided
from console.services.screens.common import NotFound
from console.services.trace_ids import new_trace_id
from console.services.views import Decided
from console.services.views.order_life import OrderDetail
from console.store import machines, outbox, scraps
from console.store.engine import read, write
from console.store.outbox import PostingRow

_DONE = {"start": "started", "pause": "paused", "finish": "finished"}


class OrderLife:
    """Reads and decides. Every action raises NotAllowed, AlreadyDecided or InvalidDecision, with nothing
    changed, where it cannot be taken."""

    def __init__(self, ledger: Engine, plant: Plant, console: str, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._plant = plant
        self._console = console
        self._clock = clock

    def order(self, order_id: int) -> OrderDetail:
        """One order. Raises NotFound."""
        with read(self._ledger) as tx:
            facts = order_facts(tx, self._plant, order_id)
            if facts is None:
                raise NotFound(
                    f"Order {order_id} is not among Odoo's open orders any more.",
                    "Search it on Trace; its numbers stay there.",
                )
            return order_detail(facts)

    def operate(self, person: Person, operation_id: int, action: str, reason: str = "") -> Decided:
        """start, pause or finish an operation; against what the machine does it takes a reason."""
        now = self._clock()
        if action not in _DONE:
            raise InvalidDecision(f"There is no action {action!r}.", "Start, pause or finish.")
        with write(self._ledger) as tx:
            must(tx, person, Permission.RUN_ORDERS)
            facts = self._facts_of_operation(tx, operation_id)
            operation = next(o for o in facts.operations if o.id == operation_id)
            if action not in actions_of(operation.state, facts.booked(operation)):
                raise AlreadyDecided(
                    f"{operation.name} is {operation.state.value}: it cannot be {_DONE[action]} now.",
                    "Look at the order again.",
                )
            waiting = [r for r in outbox.of_subject(tx, f"operation:{operation_id}") if not _settled(r)]
            if waiting:
                raise AlreadyDecided(
                    f"{operation.name} is being changed already: {waiting[-1].summary}.",
                    "Wait until Odoo was read back.",
                )
            machine = facts.machine_of.get(operation.work_center_id)
            against = self._against_the_machine(tx, facts, machine, operation_id, action)
            if against and not reason.strip():
                raise InvalidDecision(against, "Do it with a reason, or look at the machine.")
            trace, title = new_trace_id(), f"{operation.name} of {facts.order.reference}"
            detail = {"order": facts.order.reference, "operation": operation.name, "against": against}
            subject = f"operation:{operation_id}"
            decision = decided(
                tx,
                person=person,
                subject=subject,
                kind=action,
                reason=reason,
                detail=detail,
                now=now,
                console=self._console,
                trace_id=trace,
            )
            ask_for(
                tx,
                kind=PostingKind.OPERATION,
                subject=subject,
                trace_id=trace,
                record_key=trace,
                revision=1,
                lane=f"order:{facts.order.id}",
                payload={"operation_id": operation_id, "order_id": facts.order.id, "action": action},
                summary=f"{title} {_DONE[action]}",
                decision_id=decision,
                now=now,
                machine=machine.name if machine is not None else "",
                order_id=facts.order.id,
                order_reference=facts.order.reference,
            )
        return Decided(1, 1, f"{title}: {_DONE[action]}.")

    def close(self, person: Person, order_id: int, *, seen: float, backorder: bool, reason: str) -> Decided:
        """Closes the order in Odoo. ``seen`` is the produced quantity that the preview showed."""
        now = self._clock()
        with write(self._ledger) as tx:
            must(tx, person, Permission.RUN_ORDERS)
            facts = self._facts(tx, order_id)
            verdicts = judge_close(facts.close_facts(seen))
            first = stands_in_the_way(verdicts)
            if first is not None and first.rule == "close-not-decided":
                raise AlreadyDecided(first.message, "Look at the order again.")
            if first is not None:
                raise InvalidDecision(first.message, first.remedy)
            short = facts.order.quantity - facts.produced
            if short > 1e-6 and not reason.strip():
                raise InvalidDecision(
                    f"{number(short)} less than ordered were made.", "Say in a few words why it is closed."
                )
            order, trace = facts.order, new_trace_id()
            detail = {
                "order": order.reference,
                "produced": facts.produced,
                "ordered": order.quantity,
                "backorder": backorder,
                "rules": [f"{v.rule} v{v.version}" for v in verdicts],
            }
            subject = f"order:{order.id}"
            decision = decided(
                tx,
                person=person,
                subject=subject,
                kind="close",
                reason=reason,
                detail=detail,
                now=now,
                console=self._console,
                trace_id=trace,
            )
            ask_for(
                tx,
                kind=PostingKind.CLOSE,
                subject=subject,
                trace_id=trace,
                record_key=trace,
                revision=1,
                lane=f"order:{order.id}",
                payload={
                    "order_id": order.id,
                    "product_id": order.product_id,
                    "unit_id": order.unit_id,
                    "expected": facts.produced,
                    "backorder": backorder and short > 1e-6,
                    # a person said what was used, so that it may differ from the bill of materials
                    "accept_consumption": any(c.decided for c in facts.components()),
                },
                summary=f"Close {order.reference} with {number(facts.produced)}",
                decision_id=decision,
                now=now,
                order_id=order.id,
                order_reference=order.reference,
                quantity=facts.produced,
                unit=facts.unit.name if facts.unit is not None else "",
            )
        return Decided(1, 1, f"{order.reference} is closed once Odoo was read back.")

    def scrap(
        self, person: Person, machine: str, order_id: int, quantity: float, reason: str, rework: bool = False
    ) -> Decided:
        """Gives counted scrap a reason and books the material that it used; rework books nothing."""
        now = self._clock()
        with write(self._ledger) as tx:
            must(tx, person, Permission.BOOK_SCRAP)
            facts, at = self._facts(tx, order_id), self._machine(machine)
            self._check_scrap(tx, facts, at, quantity, reason)
            trace, order = new_trace_id(), facts.order
            scrap_id = scraps.add_scrap(
                tx,
                {
                    "trace_id": trace,
                    "machine": machine,
                    "order_id": order.id,
                    "order_reference": order.reference,
                    "quantity": quantity,
                    "unit": at.unit,
                    "reason": reason.strip(),
                    "kind": "rework" if rework else "scrap",
                    "person": person.name,
                    "at": now,
                },
            )
            subject = f"scrap:{scrap_id}"
            detail = {"order": order.reference, "machine": machine, "quantity": quantity, "rework": rework}
            decision = decided(
                tx,
                person=person,
                subject=subject,
                kind="rework" if rework else "scrap",
                reason=reason,
                detail=detail,
                now=now,
                console=self._console,
                trace_id=trace,
            )
            lines = [] if rework else self._material(tx, facts, at, quantity)
            if lines:
                ask_for(
                    tx,
                    kind=PostingKind.SCRAP,
                    subject=subject,
                    trace_id=trace,
                    record_key=trace,
                    revision=1,
                    lane=f"product:{lines[0]['product_id']}",
                    payload={
                        "lines": lines,
                        "origin": order.reference,
                        "note": f"{number(quantity)} {at.unit} scrapped at {at.title}: {reason.strip()}",
                        # it is gone, whoever it was reserved for; most often for this very order
                        "take_reserved": True,
                    },
                    summary=f"{number(quantity)} {at.unit} scrap of {order.reference}: {reason.strip()}",
                    decision_id=decision,
                    now=now,
                    flow=FlowClass.BATCH,
                    machine=machine,
                    order_id=order.id,
                    order_reference=order.reference,
                    quantity=quantity,
                    unit=at.unit,
                )
        said = "Rework" if rework else "Scrap"
        return Decided(1, int(bool(lines)), f"{said}: {number(quantity)} {at.unit}, {reason.strip()}.")

    def confirm_consumption(
        self, person: Person, consumption_id: int, version: int, quantity: float, reason: str
    ) -> Decided:
        """Books what was used of a component, absolute; outside the tolerance it takes a reason."""
        now = self._clock()
        if not 0 <= quantity < 1e12:
            raise InvalidDecision("The quantity is missing or negative.", "Enter what was really used.")
        with write(self._ledger) as tx:
            must(tx, person, Permission.BOOK_SCRAP)
            row = scraps.consumption(tx, consumption_id)
            if row is None or row.version != version:
                raise AlreadyDecided(
                    "This consumption was decided since it was shown.", "Look at it again and decide then."
                )
            order = next(
                (o for o in self._known_orders(tx) if o.order.reference == row.order_reference), None
            )
            if order is None:
                raise InvalidDecision(
                    f"Order {row.order_reference or '(none)'} is not among Odoo's open orders.",
                    "Say on Counts which order the machine ran.",
                )
            found = next((c for c in order.components() if c.use.code == row.component), None)
            if found is None or found.use.tracked:
                raise InvalidDecision(
                    f"{row.component} is tracked by lot: a count does not say which lot was used."
                    if found is not None
                    else f"{row.component} is no component of {row.order_reference} in Odoo.",
                    "Book it in Odoo, or correct the bill of materials there.",
                )
            if abs(quantity - found.by_bom) > found.tolerance + 1e-6 and not reason.strip():
                raise InvalidDecision(
                    f"{number(quantity)} differs from the {number(found.by_bom)} {found.use.unit_name} of "
                    f"the bill of materials by more than {number(found.tolerance)}.",
                    "Say in a few words why.",
                )
            scraps.decide_consumption(tx, row, quantity)
            subject, use = f"consumption:{row.id}", found.use
            detail = {
                "order": row.order_reference,
                "component": row.component,
                "counted": row.counted,
                "by_bom": found.by_bom,
                "quantity": quantity,
            }
            decision = decided(
                tx,
                person=person,
                subject=subject,
                kind="confirm",
                reason=reason,
                detail=detail,
                now=now,
                console=self._console,
                trace_id=row.trace_id,
            )
            ask_for(
                tx,
                kind=PostingKind.CONSUMPTION,
                subject=subject,
                trace_id=row.trace_id,
                record_key=row.trace_id,
                revision=row.revision + 1,
                lane=f"order:{order.order.id}",
                payload={
                    "order_id": order.order.id,
                    "product_id": use.product_id,
                    "unit_id": use.unit_id,
                    "quantity": quantity,
                },
                summary=f"{number(quantity)} {use.unit_name} {use.product_name} for {row.order_reference}",
                decision_id=decision,
                now=now,
                machine=row.machine,
                order_id=order.order.id,
                order_reference=row.order_reference,
                quantity=quantity,
                unit=use.unit_name,
            )
        return Decided(1, 1, f"{number(quantity)} {use.unit_name} of {use.product_name} confirmed.")

    # --- what they look at --------------------------------------------------------------------------------

    def _facts(self, tx: Connection, order_id: int) -> OrderFacts:
        facts = order_facts(tx, self._plant, order_id)
        if facts is None:
            raise InvalidDecision(
                "The order is not among Odoo's open orders any more.", "Look at the list again."
            )
        return facts

    def _known_orders(self, tx: Connection) -> list[OrderFacts]:
        first = scraps.orders_with_consumption(tx)
        found = [order_facts(tx, self._plant, o) for o in first]
        return [f for f in found if f is not None]

    def _facts_of_operation(self, tx: Connection, operation_id: int) -> OrderFacts:
        order_id = scraps.order_of_operation(tx, operation_id)
        if order_id is None:
            raise InvalidDecision("The operation is not in Odoo any more.", "Look at the list again.")
        return self._facts(tx, order_id)

    def _machine(self, name: str) -> Machine:
        machine = self._plant.machine(name)
        if machine is None:
            raise InvalidDecision(f"There is no machine {name!r}.", "Choose one of the plant file.")
        return machine

    def _against_the_machine(
        self, tx: Connection, facts: OrderFacts, machine: Machine | None, operation_id: int, action: str
    ) -> str:
        """What speaks against it, in words; empty where the machine agrees or none of ours works there."""
        if machine is None:
            return ""
        status = machines.statuses(tx).get(machine.name)
        operation = next(o for o in facts.operations if o.id == operation_id)
        runs = facts.runs_on(machine)
        if action == "start" and not runs:
            return f"{machine.title} does not run {facts.order.reference}."
        if action == "finish":
            hint = suggested(
                operation.state,
                status.state if status else None,
                runs,
                facts.booked(operation),
                operation.quantity,
            )
            if hint != "finish":
                return (
                    f"{number(facts.booked(operation))} of {number(operation.quantity)} are booked on "
                    f"{operation.name}."
                )
        return ""

    def _check_scrap(
        self, tx: Connection, facts: OrderFacts, machine: Machine, quantity: float, reason: str
    ) -> None:
        if not reason.strip():
            raise InvalidDecision("The reason is missing.", "Choose one, or say it in a few words.")
        if not 0 < quantity < 1e12:
            raise InvalidDecision("The quantity is missing.", "Enter how much was scrapped.")
        counted = scraps.counted_scrap(tx, [facts.order.reference]).get(
            (machine.name, facts.order.reference), 0.0
        )
        known = sum(s.quantity for s in scraps.scraps_of(tx, facts.order.id) if s.machine == machine.name)
        if quantity > counted - known + 1e-6:
            raise InvalidDecision(
                f"{machine.title} counted {number(counted)} {machine.unit} of scrap for "
                f"{facts.order.reference}, {number(known)} have a reason already.",
                f"Enter at most {number(max(counted - known, 0.0))}.",
            )

    def _material(
        self, tx: Connection, facts: OrderFacts, machine: Machine, quantity: float
    ) -> list[dict[str, object]]:
        """The lines of the transfer: what the scrap used by the bill of materials."""
        there = in_order_unit(facts.mirror, machine, facts.order.reference, quantity)
        if there is None:
            raise InvalidDecision(
                f"{machine.unit} does not convert to the unit of {facts.order.reference}.",
                "Correct `unit` in the plant file.",
            )
        uses = [u for u in facts.mirror.bom_uses if u.order_id == facts.order.id and u.per_unit > 0]
        tracked = [u.product_name for u in uses if u.tracked]
        if tracked:
            raise InvalidDecision(
                f"{tracked[0]} is tracked by lot: a count does not say which lot was scrapped.",
                "Scrap it in Odoo with its lot, and give it the reason rework here.",
            )
        to = scrap_location(tx)
        return [
            {
                "product_id": u.product_id,
                "lot_id": None,
                "unit_id": u.unit_id,
                "quantity": round(u.per_unit * there, 4),
                "source_id": u.location_id,
                "destination_id": to,
            }
            for u in uses
        ]


def _settled(row: PostingRow) -> bool:
    return row.state.value in ("verified", "dead_letter")


# --- what follows when Odoo was read back, or a posting was given up ---------------------------------------


def scrap_taken_back(tx: Connection, row: PostingRow, how: GivenUp, now: datetime) -> None:
    """The scrap has no reason again."""
    scraps.remove_scrap(tx, int(row.subject.partition(":")[2]))


def consumption_taken_back(tx: Connection, row: PostingRow, how: GivenUp, now: datetime) -> None:
    """Nothing is decided about the component again: Odoo reckons it, or holds what was last verified, or what
    somebody wrote there and a person let stand."""
    known = scraps.consumption(tx, int(row.subject.partition(":")[2]))
    before = outbox.last_verified(tx, row.target_key)
    stands = before.payload["quantity"] if before is not None else None
    if how.accepted:
        stands = how.held.get("quantity", stands)
    if known is not None:
        scraps.decide_consumption(tx, known, float(stands) if stands is not None else None)


def order_closed(tx: Connection, row: PostingRow, seen: RecordSeen, now: datetime) -> None:
    """The mirror says so at once; the next synchronisation only repeats it."""
    scraps.mark_closed(tx, row.order_id)
