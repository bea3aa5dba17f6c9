"""One order as the Orders page shows it."""

from __future__ import annotations

from datetime import datetime

from console.domain.equipment import Machine
from console.domain.master_data import Operation
from console.domain.order_life import actions_of, judge_close, stands_in_the_way, suggested
from console.domain.postings import PostingState
from console.domain.validate import number
from console.services.order_facts import Component, OrderFacts
from console.services.views import Level
from console.services.views.order_life import (
    CloseEffect,
    ComponentRow,
    OperationRow,
    OrderDetail,
    ScrapRow,
)
from console.store import machines, outbox, scraps
from console.store.outbox import PostingRow

# offered first; any other word may be typed
SCRAP_REASONS = (
    "Set-up and start-up",
    "Material fault",
    "Wrong fill level",
    "Damaged",
    "Contaminated",
    "Label or print fault",
)
_HISTORY = 20


def order_detail(facts: OrderFacts) -> OrderDetail:
    """Everything about the order, and what closing it would do."""
    order, closing = facts.order, facts.closing()
    unit = facts.unit.name if facts.unit is not None else ""
    first = stands_in_the_way(judge_close(facts.close_facts(facts.produced)))
    short = order.quantity - facts.produced
    return OrderDetail(
        order_id=order.id,
        order_reference=order.reference,
        product=facts.product.name if facts.product is not None else "",
        unit=unit,
        state=order.state.value,
        ordered=order.quantity,
        produced=facts.produced,
        lots=_lots(facts),
        operations=tuple(_operation(facts, o) for o in facts.operations),
        components=tuple(_component(facts, c) for c in facts.components()),
        scrap=tuple(_scrap(facts, m) for m in facts.machines()),
        scrap_reasons=_reasons(facts),
        close_effects=_effects(facts, unit),
        can_backorder=short > 1e-6,
        close_why_not=f"{first.message} {first.remedy}".strip() if first is not None else "",
        closing=closing.state if closing is not None else None,
        closing_waiting=_waiting(closing),
        history=_history(facts),
    )


def _lots(facts: OrderFacts) -> tuple[str, ...]:
    known = [x.name for x in facts.mirror.lots if x.id in facts.order.lot_ids]
    booked = [r.lot for r in outbox.of_order(facts.tx, facts.order.id) if r.lot]
    return tuple(dict.fromkeys([*known, *booked]))


def _operation(facts: OrderFacts, operation: Operation) -> OperationRow:
    machine = facts.machine_of.get(operation.work_center_id)
    status = machines.statuses(facts.tx).get(machine.name) if machine is not None else None
    booked = facts.booked(operation)
    rows = outbox.of_subject(facts.tx, f"operation:{operation.id}")
    last = rows[-1] if rows else None
    center = next((w for w in facts.mirror.work_centers if w.id == operation.work_center_id), None)
    under_way = last is not None and last.state not in (PostingState.VERIFIED, PostingState.DEAD_LETTER)
    return OperationRow(
        id=operation.id,
        name=operation.name,
        work_center=center.name if center is not None else "",
        machine=machine.title if machine is not None else "",
        state=operation.state.value,
        produced=booked,
        ordered=operation.quantity,
        suggested=suggested(
            operation.state,
            status.state if status is not None else None,
            machine is not None and facts.runs_on(machine),
            booked,
            operation.quantity,
        ),
        actions=() if under_way else actions_of(operation.state, booked),
        posting=last.state if last is not None else None,
        waiting=_waiting(last),
    )


def _component(facts: OrderFacts, component: Component) -> ComponentRow:
    use, row = component.use, component.counted
    rows = outbox.of_subject(facts.tx, f"consumption:{row.id}") if row is not None else []
    note = "tracked by lot: book it in Odoo" if use.tracked else ""
    if component.differs and row is not None:
        difference = row.counted - component.by_bom
        note = (
            f"{number(abs(difference))} {use.unit_name} {'more' if difference > 0 else 'less'} than planned"
        )
    return ComponentRow(
        consumption_id=row.id if row is not None and not use.tracked else None,
        version=row.version if row is not None else 0,
        product=use.product_name,
        unit=use.unit_name,
        by_bom=component.by_bom,
        counted=row.counted if row is not None else None,
        tolerance=component.tolerance,
        confirmed=row.confirmed if row is not None else None,
        level=Level.MEDIUM if component.undecided else Level.NORMAL,
        note=note,
        posting=rows[-1].state if rows else None,
    )


def _scrap(facts: OrderFacts, machine: Machine) -> ScrapRow:
    reference = facts.order.reference
    counted = scraps.counted_scrap(facts.tx, [reference]).get((machine.name, reference), 0.0)
    given = [s for s in scraps.scraps_of(facts.tx, facts.order.id) if s.machine == machine.name]
    explained = sum(s.quantity for s in given)
    left = max(counted - explained, 0.0)
    return ScrapRow(
        machine=machine.name,
        title=machine.title,
        unit=machine.unit,
        counted=counted,
        explained=explained,
        open=left,
        booked=tuple(
            (s.at, s.quantity, f"{s.reason} ({s.kind})" if s.kind == "rework" else s.reason, s.person)
            for s in given
            if s.quantity > 0
        ),
        why_not="" if left > 1e-6 else "All scrap that was counted has a reason.",
    )


def _reasons(facts: OrderFacts) -> tuple[str, ...]:
    used = scraps.usual_reasons(facts.tx, 5)
    return tuple(dict.fromkeys([*used, *SCRAP_REASONS]))


def _effects(facts: OrderFacts, unit: str) -> tuple[CloseEffect, ...]:
    """What Odoo does when the order is closed, in the order in which people ask."""
    order, made = facts.order, number(facts.produced)
    product = facts.product.name if facts.product is not None else "the product"
    lots = _lots(facts)
    into = f" into lot {', '.join(lots)}" if lots else ""
    found = [CloseEffect(f"{made} {unit} of {product} go to stock{into}.")]
    for component in facts.components():
        use, row = component.use, component.counted
        confirmed = row.confirmed if row is not None else None
        used = confirmed if confirmed is not None else use.per_unit * facts.produced
        how = "as confirmed" if confirmed is not None else "by the bill of materials"
        found.append(CloseEffect(f"{number(used)} {use.unit_name} of {use.product_name} are used, {how}."))
    short = order.quantity - facts.produced
    if short > 1e-6:
        found.append(
            CloseEffect(
                f"{number(short)} {unit} less than ordered: with a backorder they become an order of their "
                "own, without one they are given up.",
                Level.NOTICE,
            )
        )
    elif short < -1e-6:
        found.append(CloseEffect(f"{number(-short)} {unit} more than ordered.", Level.NOTICE))
    for machine in facts.machines():
        scrap = _scrap(facts, machine)
        if scrap.open > 1e-6:
            words = f"{number(scrap.open)} {scrap.unit} of scrap at {scrap.title} have no reason yet."
            found.append(CloseEffect(words, Level.MEDIUM))
    found.append(CloseEffect("It cannot be undone in Odoo."))
    return tuple(found)


def _waiting(row: PostingRow | None) -> str:
    if row is None or row.state in (PostingState.VERIFIED, PostingState.DEAD_LETTER):
        return ""
    words = {
        PostingState.REJECTED: "Refused; a person decides in Review.",
        PostingState.UNKNOWN: "The answer was lost; Odoo is asked first.",
    }
    return f"{words.get(row.state, 'On its way to Odoo.')} {row.error}".strip()


def _history(facts: OrderFacts) -> tuple[tuple[datetime, str], ...]:
    """What was asked of Odoo for the order beside counts, newest last."""
    rows = [r for r in outbox.of_order(facts.tx, facts.order.id) if r.summary]
    return tuple((r.created_at, f"{r.summary} ({r.state.value.replace('_', ' ')})") for r in rows[-_HISTORY:])
