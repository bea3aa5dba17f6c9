"""The seven stations of what is no count: a stop, a hold, a check, a request, scrap, an order closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row

from console.domain.postings import PostingState
from console.domain.validate import number
from console.services.screens.common import Stores, ago, odoo_link
from console.services.screens.machine import event_words
from console.services.screens.outbox import step_of, waiting_words
from console.services.screens.record_series import series_of
from console.services.views import Level, Station, TraceView
from console.store import audit, machines, master, outbox, proposals, subjects
from console.store.outbox import PostingRow
from console.store.proposals import DecisionRow
from console.store.subjects import Subject

NOT_YET = "–"
_PAGES = {
    "stop": "stops:{id}",
    "hold": "holds:{id}",
    "check": "holds:checks",
    "request": "alarms:request:{id}",
}


@dataclass(frozen=True, slots=True)
class RecordPath:
    """Everything that the trace of a record leads to, as far as it got."""

    subject: Subject | None
    events: list[Row[Any]]
    samples: int
    tag: str
    decision: DecisionRow | None
    chain_fits: bool
    posting: PostingRow | None
    attempts: list[Row[Any]]
    waiting: str

    @property
    def machine(self) -> str:
        """Where it happened; empty for an order as a whole."""
        return self.subject.machine if self.subject else self.posting.machine if self.posting else ""


def find(tx: Connection, text: str) -> tuple[Subject | None, PostingRow | None] | None:
    """The subject and posting that a text names: "stop:12", "posting:4", a trace id or a posting key."""
    kind, _, number_text = text.partition(":")
    posting = outbox.get(tx, int(number_text)) if kind == "posting" and number_text.isdigit() else None
    posting = posting or outbox.by_key(tx, text)
    if posting is not None:
        if not posting.summary:
            return None  # a count
        return subjects.of_key(tx, posting.subject), posting
    subject = subjects.of_key(tx, text) or (subjects.of_trace(tx, text) if ":" not in text else None)
    trace_id = subject.trace_id if subject is not None else text
    rows = [r for r in outbox.of_trace(tx, trace_id) if r.summary]
    if subject is None and not rows:
        return None
    return subject, rows[-1] if rows else None


def trace(stores: Stores, tx: Connection, subject: Subject | None, posting: PostingRow | None) -> TraceView:
    """The seven stations of a record."""
    path = _follow(stores, tx, subject, posting)
    trace_id = subject.trace_id if subject is not None else posting.trace_id if posting is not None else ""
    what = posting.summary if posting is not None else " · ".join(subject.lines[:2]) if subject else ""
    url = record_url(stores, posting)
    series, highlight = (
        series_of(stores, tx, subject, stores.clock()) if subject is not None else (None, None)
    )
    return TraceView(
        trace_id=trace_id,
        title=what,
        stations=(
            _samples(stores, path),
            _event(stores, path),
            _proposal(path),
            _decision(stores, path),
            _posting(path),
            _odoo(path, url),
            _verified(stores, path, url),
        ),
        series=series,
        odoo_url=url,
        highlight=highlight,
    )


def record_url(stores: Stores, posting: PostingRow | None) -> str:
    """The record in Odoo's own web page; empty where it is not known yet."""
    if posting is None or not posting.record or not stores.odoo_web_url:
        return ""
    model, _, record = posting.record.partition(":")
    return f"{stores.odoo_web_url}/web#id={record}&model={model}&view_type=form"


def _follow(
    stores: Stores, tx: Connection, subject: Subject | None, posting: PostingRow | None
) -> RecordPath:
    now = stores.clock()
    machine = stores.plant.machine(subject.machine) if subject is not None and subject.machine else None
    tag = subject.tag if subject is not None else ""
    if not tag and machine is not None and subject is not None and subject.key.startswith("stop:"):
        tag = machine.state_tag
    events: list[Row[Any]] = []
    samples = 0
    if subject is not None and subject.start is not None:
        end = subject.end or now
        if subject.event_kinds:
            events = list(machines.events_of(tx, subject.machine, subject.start, end, subject.event_kinds))
        samples = stores.telemetry.count(tag, subject.start, end) if tag else 0
    key = subject.key if subject is not None else posting.subject if posting is not None else ""
    decision_id = posting.decision_id if posting is not None else subjects.decision_of(tx, key)
    decision = proposals.decision(tx, decision_id) if decision_id is not None else None
    return RecordPath(
        subject=subject,
        events=events,
        samples=samples,
        tag=tag,
        decision=decision,
        chain_fits=decision is not None and audit.fits(tx, decision.audit_seq),
        posting=posting,
        attempts=list(outbox.attempts_of(tx, posting.coalesced_into or posting.id)) if posting else [],
        waiting=_waiting(stores, tx, posting, now) if posting is not None else "",
    )


def _waiting(stores: Stores, tx: Connection, posting: PostingRow, now: datetime) -> str:
    edge = stores.edge(now)
    link, reason, _ = odoo_link(stores.plant, master.link(tx), edge)
    return waiting_words(stores, posting, step_of(tx, posting, now), link, reason, edge, now)


def _samples(stores: Stores, path: RecordPath) -> Station:
    link = f"machine:{path.machine}" if path.machine else ""
    if not path.tag or path.subject is None or path.subject.start is None:
        lines = ("No samples: a person entered it.",)
        return Station(1, "Samples", NOT_YET, lines, "", Level.NORMAL, link)
    end = path.subject.end
    until = stores.span(path.subject.start, end) if end else f"from {stores.minute(path.subject.start)} on"
    return Station(
        1, "Samples", number(path.samples), (f"values of {path.tag}", until), "", Level.NORMAL, link
    )


def _event(stores: Stores, path: RecordPath) -> Station:
    link = f"machine:{path.machine}" if path.machine else ""
    if not path.events:
        by_hand = path.subject is None or not path.subject.event_kinds
        words = "No machine event: a person entered it." if by_hand else "No event of it is kept."
        return Station(2, "Machine event", NOT_YET, (words,), "", Level.NORMAL, link)
    now = stores.clock()
    machine = stores.plant.machine(path.machine)
    lines = [f"{event_words(machine, r)[0]}, {stores.near(r.at, now)}" for r in reversed(path.events[-3:])]
    more = len(path.events) - len(lines)
    if more > 0:
        lines.append(f"and {more} more")
    foot = f"plant file {path.events[-1].plant_version}"
    return Station(2, "Machine event", number(len(path.events)), tuple(lines), foot, Level.NORMAL, link)


def _proposal(path: RecordPath) -> Station:
    subject = path.subject
    if subject is None:
        title = path.posting.kind.capitalize() if path.posting is not None else NOT_YET
        return Station(3, "Proposal", title, ("Asked for by a person.",), "", Level.NORMAL, "")
    big = subject.title
    if subject.key.startswith("stop:") and subject.start is not None and subject.end is not None:
        big = f"Stop, {ago((subject.end - subject.start).total_seconds())}"
    kind, _, number_text = subject.key.partition(":")
    link = _PAGES.get(kind, "").format(id=number_text)
    return Station(3, "Proposal", big, subject.lines, subject.state.replace("_", " "), Level.NORMAL, link)


def _decision(stores: Stores, path: RecordPath) -> Station:
    d = path.decision
    if d is None:
        return Station(4, "Decision", NOT_YET, ("Not decided yet.",), "", Level.NORMAL, "")
    lines = [f"{d.person}, {stores.near(d.at, stores.clock())}"]
    if d.role:
        lines.append(f"{d.role}, console {d.console}")
    if d.witness:
        lines.append(f"with {d.witness}")
    if d.reason:
        lines.append(d.reason)
    fits = path.chain_fits
    foot = f"audit {number(d.audit_seq)} ✓ chain" if fits else f"audit {number(d.audit_seq)} does NOT fit"
    level = Level.NORMAL if fits else Level.CRITICAL
    return Station(4, "Decision", d.kind.replace("_", " "), tuple(lines), foot, level, "")


def _posting(path: RecordPath) -> Station:
    row = path.posting
    if row is None:
        why = "Nothing is posted before a person decides." if path.decision is None else "Nothing to book."
        return Station(5, "Posting", NOT_YET, (why,), "", Level.NORMAL, "")
    lines = [row.state.value.replace("_", " "), f"lane {row.lane}"]
    if row.target_quantity > 1:
        lines.append(f"revision {number(row.target_quantity)} of the record")
    stuck = row.state in (PostingState.REJECTED, PostingState.DEAD_LETTER)
    big = f"{number(row.quantity)} {row.unit}".strip() if row.quantity else row.kind
    level = Level.HIGH if stuck else Level.NORMAL
    return Station(5, "Posting", big, tuple(lines), f"key {row.posting_key}", level, f"outbox:{row.id}")


def _odoo(path: RecordPath, url: str) -> Station:
    row = path.posting
    if row is None:
        return Station(6, "Odoo", NOT_YET, ("Nothing is posted.",), "", Level.NORMAL, "")
    writes = [a for a in path.attempts if a.step == "write"]
    model, _, record = row.record.partition(":")
    lines = [f"{model} {record}"] if row.record else []
    if not writes:
        lines.append(path.waiting or "Odoo held it already; nothing was written")
        return Station(6, "Odoo", record or NOT_YET, tuple(lines), row.error, _trouble(row), url)
    lines.append(f"{len(writes)} attempt" + ("s" if len(writes) > 1 else ""))
    if row.state is not PostingState.VERIFIED and path.waiting:
        lines.append(path.waiting)
    foot = writes[-1].outcome.replace("-", " ") or "no answer yet"
    return Station(6, "Odoo", record or NOT_YET, tuple(lines), foot, _trouble(row), url)


def _verified(stores: Stores, path: RecordPath, url: str) -> Station:
    row = path.posting
    if row is None or row.state is not PostingState.VERIFIED or row.verified_at is None:
        lines = tuple(x for x in ("Not seen in Odoo yet.", path.waiting) if x)
        trouble = _trouble(row) if row is not None else Level.NORMAL
        return Station(7, "Verified", NOT_YET, lines, "", trouble, url)
    told = [f"read back {stores.near(row.verified_at, stores.clock())}"]
    if row.seen.get("state"):
        told.append(str(row.seen["state"]))
    return Station(7, "Verified", "as asked", tuple(told), "open in Odoo", Level.NORMAL, url)


def _trouble(row: PostingRow) -> Level:
    if row.state in (PostingState.REJECTED, PostingState.DEAD_LETTER):
        return Level.HIGH
    return Level.MEDIUM if row.state is PostingState.UNKNOWN else Level.NORMAL
