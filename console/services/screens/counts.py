"""Counts: the hour grid, and what a confirmation will do."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from console.domain.equipment import Machine
from console.domain.policies import Flow
from console.domain.postings import PostingState
from console.domain.proposals import Outcome, ProposalState
from console.domain.validate import number
from console.services import policies
from console.services.decide import Pick
from console.services.facts import Context
from console.services.screens.common import (
    Known,
    Stores,
    factor_to_order,
    joined,
    ordered_quantity,
    product_name,
)
from console.services.views import (
    CellLevel,
    CountCell,
    CountColumn,
    CountRow,
    CountsView,
    Preview,
    PreviewLine,
)
from console.store import outbox, proposals
from console.store.engine import read
from console.store.proposals import DecisionRow, ProposalRow

LONG_NAME = 24
# A cell says how far its slowest posting is
_FURTHEST_BACK = (
    PostingState.REJECTED,
    PostingState.DEAD_LETTER,
    PostingState.UNKNOWN,
    PostingState.READY,
    PostingState.SENDING,
    PostingState.POSTED,
    PostingState.VERIFIED,
)
# Of several parts of one interval the one to look at comes first
_FIRST = (
    ProposalState.REVIEW,
    ProposalState.PENDING,
    ProposalState.OPEN,
    ProposalState.AMENDED,
    ProposalState.SPLIT,
    ProposalState.CONFIRMED,
    ProposalState.REJECTED,
)
_DECIDED = {
    ProposalState.CONFIRMED: CellLevel.DONE,
    ProposalState.AMENDED: CellLevel.DONE,
    ProposalState.SPLIT: CellLevel.DONE,
    ProposalState.REJECTED: CellLevel.REJECTED,
    ProposalState.OPEN: CellLevel.LIVE,
    ProposalState.REVIEW: CellLevel.FAIL,
}


def counts(stores: Stores, machine: str | None, columns: int) -> CountsView:
    """The grid of the newest ``columns`` intervals and of older ones that still wait.

    Args:
        machine: only this one; None for all.
    """
    now = stores.clock()
    with read(stores.ledger) as tx:
        known = stores.known(tx)
        spans = proposals.interval_columns(tx, max(columns, 1), machine)
        rows = proposals.in_columns(tx, spans, machine)
        decided = proposals.decisions_of(tx, [r.proposal.id for r in rows])
        posted = outbox.states_of_decisions(tx, [d.id for d in decided.values()])
    at = {span: i for i, span in enumerate(spans)}
    lines: dict[tuple[str, str, int], list[CountCell | None]] = {}
    taken: dict[tuple[str, str, int], int] = {}
    for row in sorted(rows, key=lambda r: (_FIRST.index(r.proposal.state), r.proposal.part, r.proposal.id)):
        p = row.proposal
        column = at[p.interval_start, p.interval_end]
        # a second part (late counts, another lot) never hides behind the first: it takes a line below
        line = taken.get((p.machine, p.order_reference, column), 0)
        taken[p.machine, p.order_reference, column] = line + 1
        cells = lines.setdefault((p.machine, p.order_reference, line), [None] * len(spans))
        cell = _cell(row, decided.get(p.id), posted)
        cells[column] = replace(cell, expected=_expected(stores.plant.machine(p.machine), row, now))
    return CountsView(tuple(CountColumn(start, end) for start, end in spans), _rows(stores, known, lines))


def _rows(
    stores: Stores, known: Known, lines: dict[tuple[str, str, int], list[CountCell | None]]
) -> tuple[CountRow, ...]:
    place = {m.name: i for i, m in enumerate(stores.plant.machines)}
    found = []
    for name, reference, line in sorted(lines, key=lambda k: (place.get(k[0], len(place)), *k)):
        machine = stores.plant.machine(name)
        context = known.context(machine, reference) if machine is not None else None
        notes = [_unit_note(context)] if context is not None else []
        if machine is not None:
            notes += [
                f"1 count = {number(c.units_per_count)} {machine.unit}"
                for c in machine.counters
                if c.kind == "good" and c.units_per_count != 1
            ]
        notes += [f"part {line + 1}"] if line else []
        found.append(
            CountRow(
                machine=name,
                title=stores.title(name),
                order_reference=reference,
                product=product_name(context) if context is not None else "",
                unit_note=", ".join(n for n in notes if n),
                cells=tuple(lines[name, reference, line]),
            )
        )
    return tuple(found)


def _unit_note(context: Context) -> str:
    """``12 Cases = 144 Units``; empty where machine and order count alike."""
    factor = factor_to_order(context)
    one, other = context.machine_unit, context.order_unit
    if factor is None or one is None or other is None or one.id == other.id:
        return ""
    if factor >= 1:
        return f"1 {one.name} = {number(factor)} {other.name}"
    return f"{number(1 / factor)} {one.name} = 1 {other.name}"


def _cell(row: ProposalRow, decision: DecisionRow | None, posted: dict[int, list[PostingState]]) -> CountCell:
    p = row.proposal
    states = posted.get(decision.id, []) if decision is not None else []
    return CountCell(
        proposal_id=p.id,
        version=p.version,
        level=_level(row),
        state=p.state,
        quantity=decision.quantity if decision is not None and decision.kind != "reject" else p.good,
        scrap=p.scrap,
        expected=p.expected,
        unit=p.unit,
        note=_note(row, decision),
        posting=min(states, key=_FURTHEST_BACK.index, default=None),
    )


def _expected(machine: Machine | None, row: ProposalRow, now: datetime) -> float:
    """At the ideal rate; by now where the interval still runs. Whole where the machine counts whole units."""
    p = row.proposal
    value = p.expected
    if p.state is ProposalState.OPEN:
        share = (now - p.interval_start) / (p.interval_end - p.interval_start)
        value *= min(max(share, 0.0), 1.0)
    whole = machine is not None and all(float(c.units_per_count).is_integer() for c in machine.counters)
    return float(round(value)) if whole else value


def _level(row: ProposalRow) -> CellLevel:
    p = row.proposal
    if p.state is not ProposalState.PENDING:
        return _DECIDED[p.state]
    noticed = any(v.outcome is Outcome.NOTICE for v in p.verdicts)
    return CellLevel.NOTICE if noticed else CellLevel.GREEN


def _note(row: ProposalRow, decision: DecisionRow | None) -> str:
    p = row.proposal
    if decision is not None:
        return {
            "amend": f"amended from {number(p.good)}",
            "split": "split between orders",
            "reject": f"rejected: {decision.reason}",
        }.get(decision.kind, "")
    if p.state is ProposalState.OPEN:
        return "still counting" if not p.jumps else "still counting; a step needs a look"
    worst = p.failing or tuple(v for v in p.verdicts if v.outcome is Outcome.NOTICE)
    return worst[0].message if worst else ""


# --- preview -----------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Sum:
    """What the picked intervals add to one Odoo record, in the order's unit."""

    context: Context
    before: float
    added: float = 0.0
    machines: list[str] = field(default_factory=list)


def preview(stores: Stores, picks: Sequence[Pick]) -> Preview:
    """What confirming these would do, by order."""
    if not picks:
        return Preview(0, 0.0, "", (), "Nothing is selected.")
    with read(stores.ledger) as tx:
        known = stores.known(tx)
        rows = proposals.several(tx, [p.proposal_id for p in picks])
        balances = outbox.all_balances(tx)
        shadow = policies.shadowed(tx, Flow.PRODUCTION)
    sums: dict[str, _Sum] = {}
    why_not = ""
    unbooked: list[str] = []
    for pick in picks:
        row = rows.get(pick.proposal_id)
        why_not = why_not or _why_not(stores, row, pick)
        machine = stores.plant.machine(row.proposal.machine) if row is not None else None
        if row is None or machine is None:
            continue
        if machine.name in shadow:
            unbooked.append(machine.title)
            del rows[pick.proposal_id]
            continue
        context = known.context(machine, row.proposal.order_reference)
        factor = factor_to_order(context)
        if context.target is None or factor is None:
            continue
        balance = balances.get(context.target.key)
        before = balance.booked if balance is not None else context.held_by_odoo
        entry = sums.setdefault(context.target.key, _Sum(context, before))
        entry.added += row.proposal.good * factor
        if machine.title not in entry.machines:
            entry.machines.append(machine.title)
    chosen = [rows[p.proposal_id].proposal for p in picks if p.proposal_id in rows]
    lines = _lines(known, list(sums.values()))
    units = {p.unit for p in chosen} | {x.unit for x in lines}
    if len(unbooked) == len(picks):
        why_not = why_not or policies.in_shadow(unbooked[0], Flow.PRODUCTION).what
    return Preview(
        cells=len(picks) - len(unbooked),
        total=sum(p.good for p in chosen),
        unit=units.pop() if len(units) == 1 else "",
        lines=lines,
        why_not=why_not,
        orders=len({x.order_reference for x in lines}),
        left_out=_left_out(unbooked) if len(unbooked) < len(picks) else "",
    )


def _left_out(titles: Sequence[str]) -> str:
    """``2 of Filler 1 and Filler 2 are left out: production is in shadow there.``"""
    if not titles:
        return ""
    are = "is" if len(titles) == 1 else "are"
    where = joined(list(dict.fromkeys(titles)))
    return f"{len(titles)} of {where} {are} left out: production is in shadow there."


def _why_not(stores: Stores, row: ProposalRow | None, pick: Pick) -> str:
    if row is None:
        return "A selected interval is not there any more."
    p = row.proposal
    where = f"{stores.title(p.machine)}, {stores.span(p.interval_start, p.interval_end)}"
    if p.state is ProposalState.OPEN:
        return f"{where}: the interval still runs."
    if p.failing:
        return f"{where}: {p.failing[0].message}"
    if p.state is not ProposalState.PENDING:
        return f"{where} is {p.state.value} already."
    if p.version != pick.version:
        return f"{where} changed since it was shown."
    return ""


def _lines(known: Known, sums: Sequence[_Sum]) -> tuple[PreviewLine, ...]:
    """One line an Odoo record; the components stand once an order, by its largest addition."""
    most: dict[int, float] = {}
    for entry in sums:
        assert entry.context.order is not None
        most[entry.context.order.id] = max(most.get(entry.context.order.id, 0.0), entry.added)
    lines = []
    for entry in sums:
        order, unit = entry.context.order, entry.context.order_unit
        assert order is not None
        largest = most.get(order.id) == entry.added
        if largest:
            del most[order.id]
        ordered = ordered_quantity(entry.context) or 0.0
        after = entry.before + entry.added
        lines.append(
            PreviewLine(
                order_reference=order.reference,
                product=product_name(entry.context),
                unit=unit.name if unit is not None else "",
                before=entry.before,
                after=after,
                ordered=ordered,
                components=_components(known, order.id, entry.added) if largest else (),
                over=max(0.0, after - ordered),
                title=", ".join(entry.machines),
            )
        )
    return tuple(lines)


def _components(known: Known, order_id: int, added: float) -> tuple[str, ...]:
    """``1,800 Bottle``, ``22.5 kg Resin``: what the added quantity uses by the bill of materials."""
    found = []
    for u in known.mirror.bom_uses:
        if u.order_id == order_id:
            unit = "" if u.unit_name in ("", "Units") else u.unit_name
            words = (_rounded(u.per_unit * added), unit, _short(u.product_name))
            found.append(" ".join(w for w in words if w))
    return tuple(found)


def _rounded(value: float) -> str:
    """No more figures than a person reads at a glance: 1,284, 128.4, 12.8, 1.28."""
    return number(round(value, 0 if value >= 1000 else 1 if value >= 10 else 2))


def _short(product: str) -> str:
    """A long product name goes without its ``[code]``."""
    return re.sub(r"^\[[^\]]*\]\s*", "", product) if len(product) > LONG_NAME else product
