"""The seven stations of a trace, each as a card: what is known, or why it is not reached yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from console.domain.equipment import Machine
from console.domain.postings import PostingState
from console.domain.proposals import Outcome, ProposalState
from console.domain.units import same_quantity
from console.domain.validate import number
from console.services.screens.common import Stores, joined, odoo_link
from console.services.screens.outbox import step_of, waiting_words
from console.services.views import Level, Station
from console.store import audit, machines, master, outbox, proposals
from console.store.outbox import Balance, PostingRow
from console.store.proposals import DecisionRow, ProposalRow

_ODDITIES = {
    "CounterReset": "reset of the counter",
    "CounterGlitch": "false value, not counted",
    "CounterJump": "jump of the counter",
    "DataGap": "gap in the data",
}
_MODELS = {"operation": "mrp.workorder", "order": "mrp.production"}
NOT_YET = "–"


@dataclass(frozen=True, slots=True)
class Path:
    """Everything that one trace id leads to, as far as it got.

    Attributes:
        tag: the good counter that was counted; ``samples`` and ``raw`` are its.
        chain_fits: the decision's audit entry is unchanged and linked to its neighbours.
        posting: the one asked for, or the trace's first; ``others`` went to Odoo in the same write.
        attempts: of the posting that the write was made for.
        waiting: why the posting is not verified; empty when it is.
    """

    row: ProposalRow
    machine: Machine | None
    advances: list[machines.Advances]
    oddities: tuple[str, ...]
    tag: str
    samples: int
    raw: tuple[int, int] | None
    decision: DecisionRow | None
    chain_fits: bool
    posting: PostingRow | None
    postings: int
    others: list[PostingRow]
    attempts: list[Row[Any]]
    balance: Balance | None
    waiting: str


def follow(stores: Stores, tx: Connection, row: ProposalRow, posting: PostingRow | None) -> Path:
    """Reads the whole path in the caller's transaction."""
    p, machine = row.proposal, stores.plant.machine(row.proposal.machine)
    advances = machines.advances_of_proposal(tx, p.id)
    tag = _counter_tag(machine, advances)
    decision = proposals.decision_of(tx, p.id)
    of_trace = outbox.of_trace(tx, p.trace_id)
    posting = posting or next(iter(of_trace), None)
    return Path(
        row=row,
        machine=machine,
        advances=advances,
        oddities=tuple(r.kind for r in machines.kinds_of_proposal(tx, p.id, tuple(_ODDITIES))),
        tag=tag,
        samples=stores.telemetry.count(tag, p.interval_start, p.interval_end) if tag else 0,
        raw=machines.first_and_last_raw(tx, p.id, tag) if tag else None,
        decision=decision,
        chain_fits=decision is not None and audit.fits(tx, decision.audit_seq),
        posting=posting,
        postings=len(of_trace),
        others=outbox.coalesced_with(tx, posting) if posting is not None else [],
        attempts=list(outbox.attempts_of(tx, posting.coalesced_into or posting.id)) if posting else [],
        balance=outbox.balance(tx, posting.target_key) if posting is not None else None,
        waiting=_waiting(stores, tx, posting) if posting is not None else "",
    )


def _counter_tag(machine: Machine | None, advances: list[machines.Advances]) -> str:
    told = [a.tag for a in advances if a.counter == "good"]
    known = [c.tag for c in machine.counters if c.kind == "good"] if machine is not None else []
    return next(iter([*told, *known]), "")


def _waiting(stores: Stores, tx: Connection, posting: PostingRow) -> str:
    now = stores.clock()
    edge = stores.edge(now)
    link, reason, _ = odoo_link(stores.plant, master.link(tx), edge)
    return waiting_words(stores, posting, step_of(tx, posting, now), link, reason, edge, now)


def stations(stores: Stores, path: Path, odoo_url: str) -> tuple[Station, ...]:
    """The seven cards."""
    return (
        _samples(stores, path),
        _events(path),
        _proposal(stores, path),
        _decision(stores, path),
        _posting(path),
        _odoo(path, odoo_url),
        _verified(stores, path, odoo_url),
    )


def _samples(stores: Stores, path: Path) -> Station:
    p = path.row.proposal
    lines = [f"values of {path.tag}" if path.tag else "no counter is configured"]
    lines.append(stores.span(p.interval_start, p.interval_end))
    if path.row.gap_s:
        lines.append(f"nothing heard for {number(round(path.row.gap_s))} s")
    if not path.samples and path.advances:
        lines.append("no longer kept; the events stay")
    foot = f"counter {number(path.raw[0])} → {number(path.raw[1])}" if path.raw else ""
    level = Level.NOTICE if path.row.gap_s else Level.NORMAL
    link = f"machine:{p.machine}"
    return Station(1, "Samples", number(path.samples), tuple(lines), foot, level, link)


def _events(path: Path) -> Station:
    p = path.row.proposal
    good = [a for a in path.advances if a.counter == "good"]
    count, steps = sum(a.count for a in good), sum(a.steps for a in good)
    kinds = {a.kind for a in good} - {"normal"}
    lines = [f"counted in {number(steps)} steps" if good else "No count in this interval."]
    lines.append(f"over a {joined(sorted(kinds))}" if kinds else "no rollover, no reset")
    for kind, words in _ODDITIES.items():
        if path.oddities.count(kind):
            lines.append(f"{path.oddities.count(kind)} {words}")
    if p.scrap:
        lines.append(f"{number(p.scrap)} scrap apart")
    level = Level.HIGH if "CounterJump" in path.oddities else Level.NORMAL
    foot = f"plant file {p.plant_version}"
    link = f"machine:{p.machine}"
    return Station(2, "Machine event", f"+{number(count)}", tuple(lines), foot, level, link)


def _proposal(stores: Stores, path: Path) -> Station:
    p = path.row.proposal
    order = p.order_reference or "no order"
    lines = [f"{stores.title(p.machine)}, {order}", stores.span(p.interval_start, p.interval_end)]
    if p.lot:
        lines.append(f"lot {p.lot}")
    if p.part > 1:
        lines.append(f"part {p.part}: came after the first was decided")
    if p.state is ProposalState.OPEN:
        lines.append("The interval still runs.")
    failing = p.failing
    passed = sum(v.outcome is not Outcome.FAIL for v in p.verdicts)
    foot = f"{passed} rules passed" if p.verdicts else "not judged yet"
    if failing:
        foot += f", {joined([f'{v.rule} v{v.version}' for v in failing])} failed"
    level = Level.HIGH if failing else Level.NORMAL
    big = f"{number(p.good)} of {number(p.expected)}" if p.expected else number(p.good)
    return Station(3, "Proposal", big, tuple(lines), foot, level, f"counts:{p.id}")


def _decision(stores: Stores, path: Path) -> Station:
    p, d = path.row.proposal, path.decision
    link = f"counts:{p.id}"
    if d is None:
        why = {
            ProposalState.OPEN: "Its interval still runs.",
            ProposalState.PENDING: "A person can confirm it on Counts.",
            ProposalState.REVIEW: "A person has to look at it in Review.",
        }.get(p.state, "It waits for a person.")
        return Station(4, "Decision", NOT_YET, ("Not decided yet.", why), "", Level.NORMAL, link)
    lines = [f"{d.person}, {stores.near(d.at, stores.clock())}", f"{d.role}, console {d.console}"]
    if d.kind != "confirm":
        lines.append(f"{d.kind}, machine {number(d.machine_quantity)}")
    if d.witness:
        lines.append(f"with {d.witness}")
    if d.reason:
        lines.append(d.reason)
    fits = path.chain_fits
    foot = f"audit {number(d.audit_seq)} ✓ chain" if fits else f"audit {number(d.audit_seq)} does NOT fit"
    level = Level.NORMAL if fits else Level.CRITICAL
    return Station(4, "Decision", number(d.quantity), tuple(lines), foot, level, link)


def _no_posting(path: Path) -> str:
    if path.decision is None:
        return "Nothing is posted before a person decides."
    if path.decision.kind == "reject":
        return "Rejected: nothing is booked."
    return "Nothing to book."


def _posting(path: Path) -> Station:
    row = path.posting
    if row is None:
        return Station(5, "Posting", NOT_YET, (_no_posting(path),), "", Level.NORMAL, "")
    lines = [f"lane {row.order_reference}", row.state.value.replace("_", " ")]
    if path.postings > 1:
        lines.append(f"one of {path.postings} of this decision")
    if path.others:
        ids = [str(o.id) for o in path.others[:6]] + (["more"] if len(path.others) > 6 else [])
        lines.append(f"one write with posting {joined(ids)}")
    if row.lot:
        lines.append(f"lot {row.lot}")
    stuck = row.state in (PostingState.REJECTED, PostingState.DEAD_LETTER)
    big = f"{number(row.quantity)} {row.unit}"
    level = Level.HIGH if stuck else Level.NORMAL
    return Station(5, "Posting", big, tuple(lines), f"key {row.posting_key}", level, f"outbox:{row.id}")


def _odoo(path: Path, odoo_url: str) -> Station:
    row = path.posting
    if row is None:
        return Station(6, "Odoo", NOT_YET, (_no_posting(path),), "", Level.NORMAL, "")
    writes = [a for a in path.attempts if a.step == "write"]
    seen = [a for a in path.attempts if a.seen_quantity is not None]
    kind, _, record = row.target_key.partition(":")
    lines = [f"{_MODELS.get(kind, kind)} {record}"]
    if not writes and row.state is not PostingState.VERIFIED:
        lines.append(path.waiting or "Not sent yet.")
        return Station(6, "Odoo", NOT_YET, tuple(lines), row.error, _trouble(row), odoo_url)
    if not writes:
        lines.append("Odoo held it already; nothing was written")
        return Station(6, "Odoo", number(row.target_quantity), tuple(lines), "", Level.NORMAL, odoo_url)
    last = writes[-1]
    before = next((a.seen_quantity for a in reversed(seen) if a.id < writes[0].id), None)
    tries = f"{len(writes)} attempt" + ("s" if len(writes) > 1 else "")
    lines.append(f"{tries}, {_milliseconds(last)}" if last.finished_at else f"{tries}, under way")
    if row.state is not PostingState.VERIFIED and path.waiting:
        lines.append(path.waiting)
    big = number(last.sent_quantity if last.sent_quantity is not None else row.target_quantity)
    foot = last.outcome.replace("-", " ") or "no answer yet"
    big = f"{number(before)} → {big}" if before is not None else big
    return Station(6, "Odoo", big, tuple(lines), foot, _trouble(row), odoo_url)


def _trouble(row: PostingRow) -> Level:
    if row.state in (PostingState.REJECTED, PostingState.DEAD_LETTER):
        return Level.HIGH
    return Level.MEDIUM if row.state is PostingState.UNKNOWN else Level.NORMAL


def _milliseconds(attempt: Row[Any]) -> str:
    taken: datetime = attempt.finished_at
    return f"{number(round((taken - attempt.started_at).total_seconds() * 1000))} ms"


def _verified(stores: Stores, path: Path, odoo_url: str) -> Station:
    row, balance = path.posting, path.balance
    if row is None:
        return Station(7, "Verified", NOT_YET, (_no_posting(path),), "", Level.NORMAL, "")
    if row.state is not PostingState.VERIFIED or row.verified_at is None:
        lines = ("Not seen in Odoo yet.", path.waiting)
        return Station(7, "Verified", NOT_YET, tuple(x for x in lines if x), "", _trouble(row), odoo_url)
    now = stores.clock()
    back = [a.seen_quantity for a in path.attempts if a.step != "write" and a.seen_quantity is not None]
    value = back[-1] if back else row.target_quantity
    told = [f"read back {stores.near(row.verified_at, now)}"]
    level = Level.NORMAL
    if balance is not None and balance.seen is not None and balance.seen_at is not None:
        if balance.seen_at > row.verified_at:
            told.append(f"{number(balance.seen)} at {stores.near(balance.seen_at, now)}")
        if balance.verified is not None and not same_quantity(balance.seen, balance.verified):
            told.append("changed in Odoo since")
            level = Level.MEDIUM
    return Station(7, "Verified", number(value), tuple(told), "open in Odoo", level, odoo_url)
