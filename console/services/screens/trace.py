"""Trace: why a number stands in Odoo, from sample to read-back, in seven stations."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from console.domain.validate import number
from console.services.screens import record_trace, stations
from console.services.screens.common import NotFound, Stores
from console.services.screens.proposal import counter_series
from console.services.views import TraceHit, TraceView
from console.store import outbox, proposals, subjects
from console.store.engine import read
from console.store.outbox import PostingRow
from console.store.proposals import DecisionRow, ProposalRow


def trace(stores: Stores, text: str) -> TraceView:
    """The seven stations. ``text``: see ``Desk.trace``. Raises NotFound."""
    with read(stores.ledger) as tx:
        wanted = text.strip()
        found = _find(tx, wanted)
        record = record_trace.find(tx, wanted) if found is None and wanted else None
        if record is not None:
            return record_trace.trace(stores, tx, *record)
        if found is None:
            raise NotFound(
                f"Nothing is known of {text!r}.",
                "Give an order, a trace id, a posting key, or one of proposal:, posting:, stop:, hold:, "
                "request: and check: with its number.",
            )
        path = stations.follow(stores, tx, *found)
    p = path.row.proposal
    url = odoo_url(stores, path.posting)
    about = p.order_reference or "no order"
    if path.posting is not None:
        about = f"{path.posting.order_reference}, quantity {number(path.posting.target_quantity)}"
    return TraceView(
        trace_id=p.trace_id,
        title=f"{about} · {stores.title(p.machine)}, {stores.span(p.interval_start, p.interval_end)}",
        stations=stations.stations(stores, path, url),
        series=counter_series(stores, path.machine, path.row),
        odoo_url=url,
    )


def _find(tx: Connection, text: str) -> tuple[ProposalRow, PostingRow | None] | None:
    """The proposal that a text names, and the posting where it names one."""
    if not text:
        return None
    kind, _, id_text = text.partition(":")
    if kind == "proposal" and id_text.isdigit():
        row = proposals.get(tx, int(id_text))
        return (row, None) if row is not None else None
    posting = outbox.get(tx, int(id_text)) if kind == "posting" and id_text.isdigit() else None
    posting = posting or outbox.by_key(tx, text)
    if posting is not None and posting.summary:
        return None  # no count
    row = proposals.by_trace(tx, posting.trace_id if posting is not None else text)
    if row is None:
        row = next(iter(proposals.newest_of_order(tx, text, 1)), None)
    return (row, posting) if row is not None else None


def odoo_url(stores: Stores, posting: PostingRow | None) -> str:
    """The order in Odoo's own web page; empty where nothing was posted or no address is known."""
    if posting is None or not stores.odoo_web_url:
        return ""
    return f"{stores.odoo_web_url}/web#id={posting.order_id}&model=mrp.production&view_type=form"


def trace_search(stores: Stores, text: str, limit: int) -> tuple[TraceHit, ...]:
    """Numbers that can be traced: by order, lot, machine, trace id, posting key or id; newest first."""
    wanted = text.strip()
    with read(stores.ledger) as tx:
        exact = _find(tx, wanted) if ":" in wanted or wanted.startswith("pc-") else None
        rows = [exact[0]] if exact is not None else proposals.found(tx, wanted, limit)
        if not rows and wanted:
            names = [m.name for m in stores.plant.machines if wanted.lower() in m.title.lower()]
            rows = [r for n in names for r in proposals.found(tx, n, limit)][:limit]
        decided = proposals.decisions_of(tx, [r.proposal.id for r in rows])
        records = [] if exact is not None else _records(tx, wanted, limit)
    hits = [_hit(stores, r, decided.get(r.proposal.id)) for r in rows]
    newest: dict[str, TraceHit] = {}
    for trace_id, summary, at in records:
        newest.setdefault(trace_id, TraceHit(trace_id, summary, at))
    return tuple(sorted([*hits, *newest.values()], key=lambda h: h.at, reverse=True)[:limit])


def _records(tx: Connection, wanted: str, limit: int) -> list[tuple[str, str, datetime]]:
    """(trace id, words, when) of what is no count: the one that the text names, else those that hold it."""
    named = record_trace.find(tx, wanted) if ":" in wanted or wanted.startswith("pc-") else None
    if named is None:
        return subjects.traced(tx, wanted, limit)
    subject, posting = named
    if posting is not None:
        return [(posting.trace_id, posting.summary, posting.created_at)]
    assert subject is not None
    at = subject.start or subject.end
    return [(subject.trace_id, " · ".join([subject.title, *subject.lines]), at)] if at is not None else []


def _hit(stores: Stores, row: ProposalRow, decision: DecisionRow | None) -> TraceHit:
    p = row.proposal
    quantity = decision.quantity if decision is not None else p.good
    words = [
        p.order_reference or "no order",
        stores.title(p.machine),
        stores.span(p.interval_start, p.interval_end),
        f"{number(quantity)} {p.unit}",
        p.state.value,
    ]
    return TraceHit(p.trace_id, " · ".join(words), decision.at if decision is not None else row.last_at)
