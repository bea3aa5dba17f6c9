"""What is known of one order: its operations, components, scrap, and what stands in the way of closing it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from console.domain import units
from console.domain.equipment import Machine, Plant
from console.domain.master_data import BomUse, Operation, OperationState, Order, Product, Tracking, Unit
from console.domain.order_life import CloseFacts, consumption_tolerance
from console.domain.postings import OPEN_POSTING_STATES, PostingState
from console.domain.proposals import UNDECIDED
from console.domain.records import PostingKind
from console.domain.validate import number
from console.errors import InvalidDecision
from console.services.facts import context_of
from console.store import holds, machines, master, outbox, proposals, scraps, stock_master
from console.store.master import Mirror
from console.store.outbox import PostingRow
from console.store.scraps import Consumption

SETTLED = frozenset({PostingState.VERIFIED, PostingState.DEAD_LETTER})


@dataclass(frozen=True, slots=True)
class Component:
    """A component of an order: what the bill of materials asks for, what machines counted, what is decided.

    Attributes:
        by_bom: for what was produced, in the component's unit.
        differs: the count is further from it than the tolerance.
    """

    use: BomUse
    by_bom: float
    counted: Consumption | None
    tolerance: float

    @property
    def differs(self) -> bool:
        """Whether what was counted takes a person's word."""
        return self.counted is not None and abs(self.counted.counted - self.by_bom) > self.tolerance + 1e-6

    @property
    def decided(self) -> bool:
        """A person said what was used."""
        return self.counted is not None and self.counted.confirmed is not None

    @property
    def undecided(self) -> bool:
        """Takes a person's word about what is counted now: it differs, or grew since it was decided."""
        row = self.counted
        if row is None or row.counted_then is None:
            return self.differs
        return abs(row.counted - row.counted_then) > self.tolerance + 1e-6


@dataclass(frozen=True, slots=True)
class OrderFacts:
    """Everything about one order, read in one transaction.

    Attributes:
        machine_of: by work center id, the machine of ours that works there.
        produced: what the order comes to by our reckoning, in its unit: the least of its operations.
    """

    tx: Connection
    plant: Plant
    mirror: Mirror
    order: Order
    operations: tuple[Operation, ...]
    product: Product | None
    unit: Unit | None
    machine_of: dict[int, Machine]
    produced: float

    def booked(self, operation: Operation) -> float:
        """What an operation holds by our reckoning."""
        balance = outbox.balance(self.tx, f"operation:{operation.id}")
        return balance.booked if balance is not None else operation.produced

    def runs_on(self, machine: Machine) -> bool:
        """Whether the order is the one that the machine runs now, as it or a person says."""
        status = machines.statuses(self.tx).get(machine.name)
        if status is not None and status.order_reference:
            return status.order_reference == self.order.reference
        said = machines.assignment(self.tx, machine.name)
        return said is not None and said.order_reference == self.order.reference

    def machines(self) -> tuple[Machine, ...]:
        """Those that work on the order."""
        if self.order.has_operations:
            return tuple(
                self.machine_of[o.work_center_id]
                for o in self.operations
                if o.work_center_id in self.machine_of
            )
        references = {self.order.reference}
        counted = {m for m, _ in scraps.counted_scrap(self.tx, sorted(references))}
        return tuple(m for m in self.plant.machines if m.name in counted or self.runs_on(m))

    def components(self) -> tuple[Component, ...]:
        """What the order uses."""
        counted = {c.component: c for c in scraps.consumptions_of(self.tx, self.order.reference)}
        scrapped = self.scrapped()
        found = []
        for use in self.mirror.bom_uses:
            if use.order_id != self.order.id:
                continue
            row = counted.get(use.code)
            machine = self.plant.machine(row.machine) if row is not None else None
            percent = machine.consumption_tolerance_percent if machine is not None else 0.0
            by_bom = use.per_unit * (self.produced + (scrapped if row is not None else 0.0))
            found.append(Component(use, by_bom, row, consumption_tolerance(by_bom, percent)))
        return tuple(found)

    def scrapped(self) -> float:
        """Scrap that was counted for the order, in its unit; it used material too."""
        total = 0.0
        for (name, reference), quantity in scraps.counted_scrap(self.tx, [self.order.reference]).items():
            machine = self.plant.machine(name)
            if machine is not None:
                there = in_order_unit(self.mirror, machine, reference, quantity)
                total += there if there is not None else 0.0
        return total

    def postings(self) -> list[PostingRow]:
        """What is under way for the order, its closing left out."""
        return [
            r
            for r in outbox.of_order(self.tx, self.order.id)
            if r.kind != PostingKind.CLOSE.value and r.state not in SETTLED
        ]

    def closing(self) -> PostingRow | None:
        """The posting that closes it, if somebody decided so."""
        rows = [r for r in outbox.of_subject(self.tx, f"order:{self.order.id}") if r.kind == "close"]
        return rows[-1] if rows and rows[-1].state is not PostingState.DEAD_LETTER else None

    def undecided(self) -> int:
        """Intervals with something counted for the order that nobody decided."""
        known = proposals.newest_of_order(self.tx, self.order.reference, 100_000)
        return sum(r.proposal.state in UNDECIDED and r.proposal.good > 0 for r in known)

    def holds(self) -> tuple[str, ...]:
        """Effective holds on what the order makes."""
        names = {m.name for m in self.machines()}
        lots = {x.name for x in self.mirror.lots if x.id in self.order.lot_ids}
        return tuple(
            h.title
            for h in holds.not_over(self.tx)
            if h.effective
            and (
                (h.lot and h.lot in lots and h.product_id in (None, self.order.product_id))
                or h.order_reference == self.order.reference
                or (not h.lot and not h.order_reference and h.machine in names)
            )
        )

    def close_facts(self, shown: float) -> CloseFacts:
        """What the rules of closing look at."""
        under_way = self.postings()
        closed = (OperationState.DONE, OperationState.CANCEL)
        tracked = self.product is not None and self.product.tracking is Tracking.LOT
        used_lots = any(r.lot for r in outbox.of_order(self.tx, self.order.id))
        return CloseFacts(
            order=self.order,
            produced=self.produced,
            shown=shown,
            undecided=self.undecided(),
            in_flight=len(under_way),
            stuck=sum(r.state not in OPEN_POSTING_STATES for r in under_way),
            closing=self.closing() is not None,
            lot_missing=tracked and not self.order.lot_ids and not used_lots,
            holds=self.holds(),
            behind=tuple(
                o.name
                for o in self.operations
                if o.state not in closed and self.booked(o) < self.produced - 1e-6
            ),
            differing=tuple(
                f"{c.use.product_name}: {number(c.counted.counted)} {c.use.unit_name} counted, "
                f"{number(c.by_bom)} by the bill of materials"
                for c in self.components()
                if c.undecided and c.counted is not None
            ),
        )


def order_facts(tx: Connection, plant: Plant, order_id: int) -> OrderFacts | None:
    """The facts about an order; None where the mirror does not hold it."""
    mirror = master.mirror(tx)
    order = mirror.orders.get(order_id)
    if order is None:
        return None
    operations = tuple(
        sorted(
            (o for o in mirror.operations.values() if o.order_id == order_id),
            key=lambda o: (o.sequence, o.id),
        )
    )
    machine_of: dict[int, Machine] = {}
    for machine in plant.machines:
        center = mirror.work_center(machine.work_center)
        if center is not None:
            machine_of.setdefault(center.id, machine)
    return OrderFacts(
        tx=tx,
        plant=plant,
        mirror=mirror,
        order=order,
        operations=operations,
        product=mirror.products.get(order.product_id),
        unit=mirror.unit_by_id(order.unit_id),
        machine_of=machine_of,
        produced=_produced(tx, order, operations),
    )


def _produced(tx: Connection, order: Order, operations: tuple[Operation, ...]) -> float:
    if not order.has_operations:
        balance = outbox.balance(tx, f"order:{order.id}")
        return balance.booked if balance is not None else order.producing
    made = []
    for operation in operations:
        if operation.state is OperationState.CANCEL:
            continue
        balance = outbox.balance(tx, f"operation:{operation.id}")
        made.append(balance.booked if balance is not None else operation.produced)
    return min(made, default=order.producing)


def in_order_unit(mirror: Mirror, machine: Machine, reference: str, quantity: float) -> float | None:
    """A machine's quantity in the order's unit; None where they do not convert."""
    context = context_of(mirror, machine, reference)
    one, other = context.machine_unit, context.order_unit
    if one is None or other is None or not units.convertible(one, other):
        return None
    return units.convert(quantity, one, other)


def scrap_location(tx: Connection) -> int:
    """Where Odoo keeps what was scrapped, by id; see ``stock_master.scrap_location``.

    Raises:
        InvalidDecision: locations were never fetched, or there is none.
    """
    found = stock_master.scrap_location(tx)
    if found is None:
        raise InvalidDecision(
            "No scrap location of Odoo is known here.",
            "Wait for the next synchronisation; `plant-console check` says what the account may not read.",
        )
    return found.id
