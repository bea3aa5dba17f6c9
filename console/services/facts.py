"""Gathers, in one transaction, everything that validation looks at, and judges."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from console.domain import units
from console.domain.counters import BURST_COUNTS, RATE_MARGIN
from console.domain.equipment import Machine, Plant
from console.domain.master_data import Operation, Order, Product, Unit
from console.domain.postings import ProductionTarget, TargetKind
from console.domain.proposals import ProductionProposal, Verdict
from console.domain.propose import released_orders
from console.domain.validate import Facts, validate
from console.store import holds, machines, master, outbox
from console.store.master import Mirror
from console.store.proposals import ProposalRow


@dataclass(frozen=True, slots=True)
class Context:
    """The order side of a proposal, as far as the mirror knows it."""

    order: Order | None
    operation: Operation | None
    product: Product | None
    machine_unit: Unit | None
    order_unit: Unit | None
    target: ProductionTarget | None

    @property
    def held_by_odoo(self) -> float:
        """What the mirror says that the target holds."""
        if self.operation is not None:
            return self.operation.produced
        return self.order.producing if self.order is not None else 0.0

    def in_order_unit(self, quantity: float) -> float:
        """A quantity of the machine's unit in the order's; both must be known and convertible."""
        assert self.machine_unit is not None
        assert self.order_unit is not None
        return units.convert(quantity, self.machine_unit, self.order_unit)


def context_of(mirror: Mirror, machine: Machine, order_reference: str) -> Context:
    """Finds order, operation, product and units for a machine and an order reference."""
    order = mirror.order(order_reference) if order_reference else None
    center = mirror.work_center(machine.work_center)
    operation = None
    target = None
    if order is not None and order.has_operations and center is not None:
        operation = mirror.operation_at(order.id, center.id)
        if operation is not None:
            target = ProductionTarget(TargetKind.OPERATION, operation.id, order.id)
    elif order is not None and not order.has_operations:
        target = ProductionTarget(TargetKind.ORDER, order.id, order.id)
    return Context(
        order=order,
        operation=operation,
        product=mirror.products.get(order.product_id) if order else None,
        machine_unit=mirror.unit(machine.unit),
        order_unit=mirror.unit_by_id(order.unit_id) if order else None,
        target=target,
    )


def released_to(mirror: Mirror, machine: Machine) -> tuple[str, ...]:
    """References of the orders that could run on a machine."""
    center = mirror.work_center(machine.work_center)
    if center is None:
        return ()
    return released_orders(center.id, tuple(mirror.orders.values()), tuple(mirror.operations.values()))


def gather(
    tx: Connection,
    plant: Plant,
    machine: Machine,
    mirror: Mirror,
    row: ProposalRow,
    now: datetime,
    quantity: float | None = None,
) -> Facts:
    """The facts about one proposal, for ``quantity`` of it (its own good quantity by default)."""
    p = row.proposal
    context = context_of(mirror, machine, p.order_reference)
    balance = outbox.balance(tx, context.target.key) if context.target else None
    in_flight = False
    if context.target is not None:
        in_flight = any(
            x.target_key == context.target.key for x in outbox.work_of_lane(tx, context.target.lane)
        )
    status = machines.statuses(tx).get(machine.name)
    said = machines.assignment(tx, machine.name)
    age = master.age(tx, now)
    lot = mirror.lot(p.lot, context.product.id) if p.lot and context.product else None
    return Facts(
        proposal=p,
        machine=machine,
        quantity=p.good if quantity is None else quantity,
        now=now,
        work_center=mirror.work_center(machine.work_center),
        order=context.order,
        operation=context.operation,
        product=context.product,
        machine_unit=context.machine_unit,
        order_unit=context.order_unit,
        lot=lot,
        reported_order=status.order_reference if status else "",
        assigned_order=said.order_reference if said else "",
        booked=balance.booked if balance else context.held_by_odoo,
        verified=balance.verified if balance else None,
        seen=balance.seen if balance else None,
        in_flight=in_flight,
        master_data_age_s=age.total_seconds() if age is not None else None,
        master_data_stale_after_s=plant.odoo.stale_after_s if plant.odoo else 0.0,
        skew_s=row.max_skew_s,
        skew_warn_s=plant.clock_skew_warn_s,
        skew_fail_s=plant.clock_skew_fail_s,
        most_in_interval=_most(machine, row),
        gap_s=row.gap_s,
        order_changed_in_gap=row.order_changed_in_gap,
        closing=context.order is not None and outbox.closing(tx, context.order.id),
        holds=holds.held(tx),
        made=(row.first_at, row.last_at),
    )


def _most(machine: Machine, row: ProposalRow) -> float:
    """The most units that the machine can make in the interval, and in a gap that ended in it."""
    p = row.proposal
    seconds = (p.interval_end - p.interval_start).total_seconds() + row.gap_s
    return sum(
        c.max_rate_per_s * c.units_per_count * seconds * RATE_MARGIN + BURST_COUNTS * c.units_per_count
        for c in machine.counters
        if c.kind == "good"
    )


def judge(
    tx: Connection,
    plant: Plant,
    machine: Machine,
    mirror: Mirror,
    row: ProposalRow,
    now: datetime,
    quantity: float | None = None,
) -> tuple[Verdict, ...]:
    """Every rule's verdict on a proposal."""
    return validate(gather(tx, plant, machine, mirror, row, now, quantity))


def with_order(row: ProposalRow, order_reference: str, lot: str | None = None) -> ProposalRow:
    """The same proposal for another order, to be judged."""
    p: ProductionProposal = replace(
        row.proposal, order_reference=order_reference, lot=row.proposal.lot if lot is None else lot
    )
    return replace(row, proposal=p)
