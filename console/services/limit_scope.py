"""Which limits hold for what a machine runs: a limit may be meant for one product or operation."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Engine

from console.domain.equipment import Machine, Plant
from console.domain.limits import holds_for
from console.domain.propose import running_order
from console.services.facts import context_of, released_to
from console.store import machines, master
from console.store.engine import read
from console.store.machines import Assignment
from console.store.master import Mirror


def limits_meant(ledger: Engine, plant: Plant) -> dict[str, Mapping[str, frozenset[str]]]:
    """By machine with such limits: order reference -> names of those that hold while it runs.

    "" stands for a machine that names no order itself: then it is what a person said, or the only one
    released there. An order that is not in the mirror has only the limits that hold for every product.
    """
    scoped = [m for m in plant.machines if any(x.product or x.operation for x in m.limits)]
    if not scoped:
        return {}
    with read(ledger) as tx:
        mirror, said = master.mirror(tx), machines.assignments(tx)
    return {m.name: _of_machine(m, mirror, said.get(m.name)) for m in scoped}


def _of_machine(machine: Machine, mirror: Mirror, said: Assignment | None) -> dict[str, frozenset[str]]:
    references = {o.reference for o in mirror.orders.values()}
    found = {r: names_for(machine, mirror, r) for r in references}
    assigned = (said.order_reference, said.lot) if said is not None else None
    running = running_order(("", ""), assigned, released_to(mirror, machine)).reference
    found[""] = names_for(machine, mirror, running)
    return found


def names_for(machine: Machine, mirror: Mirror, order_reference: str) -> frozenset[str]:
    """Names of the machine's limits that hold while an order runs there."""
    context = context_of(mirror, machine, order_reference)
    product = context.product.code if context.product is not None else ""
    operation = context.operation.name if context.operation is not None else ""
    return frozenset(x.name for x in machine.limits if holds_for(x, product, operation))
