"""The panel beside the grid: one interval, why it looks as it does, and what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, Row

from console.domain.decisions import choices_for, required
from console.domain.equipment import Machine
from console.domain.proposals import Outcome, Override, ProposalState
from console.domain.validate import number
from console.services.facts import Context
from console.services.screens.common import (
    NotFound,
    Stores,
    around,
    factor_to_order,
    ordered_quantity,
    product_name,
)
from console.services.views import FactTable, ProposalDetail, Series
from console.store import machines, outbox, proposals
from console.store.engine import read
from console.store.proposals import DecisionRow, ProposalRow

CHART_POINTS = 600


def proposal(stores: Stores, proposal_id: int) -> ProposalDetail:
    """All about one interval. Raises NotFound."""
    with read(stores.ledger) as tx:
        row = proposals.get(tx, proposal_id)
        if row is None:
            raise NotFound(f"There is no proposal {proposal_id}.", "Look at the list again.")
        p, machine = row.proposal, stores.plant.machine(row.proposal.machine)
        known = stores.known(tx)
        context = known.context(machine, p.order_reference) if machine is not None else None
        decision = proposals.decision_of(tx, p.id)
        jumps = machines.kinds_of_proposal(tx, p.id, ["CounterJump"])
        facts = _facts(tx, row, context)
        orders = known.released(machine) if machine is not None else ()
    return ProposalDetail(
        proposal_id=p.id,
        version=p.version,
        state=p.state,
        machine=p.machine,
        title=stores.title(p.machine),
        order_reference=p.order_reference,
        product=product_name(context) if context is not None else "",
        lot=p.lot,
        interval_start=p.interval_start,
        interval_end=p.interval_end,
        good=p.good,
        scrap=p.scrap,
        expected=p.expected,
        unit=p.unit,
        explanation=explanation(stores, machine, row, jumps),
        verdicts=p.verdicts,
        facts=facts,
        series=counter_series(stores, machine, row, jumps),
        highlight=_highlight(jumps),
        choices=choices_for(p, row.jump_choices),
        needs=required(p.failing) if p.failing else Override.NOBODY,
        trace_id=p.trace_id,
        decided=decided_words(stores, decision, p.unit),
        orders=orders,
    )


def explanation(
    stores: Stores, machine: Machine | None, row: ProposalRow, jumps: Sequence[Row[tuple[object, ...]]]
) -> str:
    """What is to be known, in the words of the floor."""
    p = row.proposal
    words = [_jump_words(stores, machine, jump) for jump in jumps]
    if p.state is ProposalState.OPEN:
        return " ".join(["The interval still runs.", *words])
    jumped = bool(words)
    for verdict in p.failing:
        if jumped and verdict.rule == "counter-explained":
            words.append(f"Rule {verdict.rule} v{verdict.version}.")
        else:
            words.append(f"{verdict.message} Rule {verdict.rule} v{verdict.version}.")
    if not p.failing:
        words += [v.message for v in p.verdicts if v.outcome is Outcome.NOTICE]
        words.append(f"All {len(p.verdicts)} rules pass." if p.verdicts else "")
    return " ".join(w for w in words if w)


def _jump_words(stores: Stores, machine: Machine | None, jump: Row[tuple[object, ...]]) -> str:
    """``The counter rose by 430 within one second at 09:34. The machine makes at most 0.2 a second.``"""
    detail = jump.detail
    before, after = int(detail["raw_before"]), int(detail["raw_after"])
    seconds = (jump.at - datetime.fromisoformat(detail["started_at"])).total_seconds()
    moved = (
        f"rose by {number(after - before)}"
        if after > before
        else f"went from {number(before)} to {number(after)}"
    )
    counter = machine.counter_of(detail["tag"]) if machine is not None else None
    most = f" The machine makes at most {counter.max_rate_per_s:.3g} a second." if counter else ""
    return f"The counter {moved} {_within(seconds)} at {stores.minute(jump.at)}.{most}"


def _within(seconds: float) -> str:
    if seconds <= 1.0:
        return "within one second"
    return f"within {round(seconds)} s" if seconds < 120 else f"within {round(seconds / 60)} min"


def _highlight(jumps: Sequence[Row[tuple[object, ...]]]) -> tuple[datetime, datetime] | None:
    if not jumps:
        return None
    started = [datetime.fromisoformat(j.detail["started_at"]) for j in jumps]
    return min(started), max(j.at for j in jumps)


def counter_series(
    stores: Stores,
    machine: Machine | None,
    row: ProposalRow,
    jumps: Sequence[Row[tuple[object, ...]]] = (),
) -> Series | None:
    """The counter's samples in the interval and a little around it."""
    if machine is None:
        return None
    good = [c.tag for c in machine.counters if c.kind == "good"] or [c.tag for c in machine.counters]
    tags = [str(j.detail["tag"]) for j in jumps] or good
    if not tags:
        return None
    start, end = around(row.proposal.interval_start, row.proposal.interval_end)
    return line(stores, tags[0], start, end, CHART_POINTS)


def line(stores: Stores, tag: str, start: datetime, end: datetime, max_points: int) -> Series:
    """A tag's line, thinned."""
    times, values, samples = stores.telemetry.series(tag, start, end, max_points)
    unit = next((t.unit for t in stores.plant.tags if t.name == tag), "")
    return Series(tag, unit, tuple(times), tuple(values), samples)


def _facts(tx: Connection, row: ProposalRow, context: Context | None) -> FactTable:
    """Numbers beside each other; the last row is the one to look at."""
    p = row.proposal
    table = [("Expected", number(p.expected), p.unit)]
    if p.scrap:
        table.append(("Scrap", number(p.scrap), p.unit))
    if p.jumps:
        table.append(("Left out as doubtful", number(p.jumps), p.unit))
    if context is not None and context.target is not None and context.order_unit is not None:
        balance = outbox.balance(tx, context.target.key)
        booked = balance.booked if balance is not None else context.held_by_odoo
        ordered, unit = ordered_quantity(context), context.order_unit.name
        table.append((f"Ordered, {p.order_reference}", number(ordered or 0.0), unit))
        table.append(("Confirmed so far", number(booked), unit))
        factor = factor_to_order(context)
        if factor is not None and factor != 1:
            table.append(("In the order's unit", number(p.good * factor), unit))
    table.append(("Counted", number(p.good), p.unit))
    return FactTable(("", "Quantity", "Unit"), tuple(table))


def decided_words(stores: Stores, decision: DecisionRow | None, unit: str) -> str:
    """``Amended to 484 Units by Ada (Supervisor), witness Bo, at 10:04:12: counter was reset``."""
    if decision is None:
        return ""
    what = {
        "confirm": f"Confirmed {number(decision.quantity)} {unit}",
        "amend": f"Amended from {number(decision.machine_quantity)} to {number(decision.quantity)} {unit}",
        "split": f"Split {number(decision.quantity)} {unit} between orders",
        "reject": "Rejected, nothing booked,",
    }.get(decision.kind, decision.kind)
    witness = f", with {decision.witness}," if decision.witness else ""
    reason = f": {decision.reason}" if decision.reason else "."
    at = stores.near(decision.at, stores.clock())
    return f"{what} by {decision.person}{witness} at {at}{reason}"
