"""Review: the list of what needs a person, and all about one item."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from console.domain.proposals import Outcome, ReviewState
from console.services.screens import proposal as proposal_page
from console.services.screens.common import NotFound, Stores
from console.services.screens.proposal import line
from console.services.views import FactTable, Level, ProposalDetail, ReviewDetail, ReviewRow, Series
from console.store import review as items
from console.store.engine import read
from console.store.review import ItemRow

LISTED = 500
# A reader wants to see what led to it: ten minutes before and after
AROUND = timedelta(minutes=10)
# by what an item's evidence names
_DECIDED_AT = {"stop_id": "stops", "hold": "holds", "request": "alarms:request"}


def reviews(stores: Stores, resolved: bool) -> tuple[ReviewRow, ...]:
    """Open items, oldest first; or resolved ones, newest first."""
    with read(stores.ledger) as tx:
        return tuple(_row(i) for i in items.listed(tx, resolved, LISTED))


def _row(item: ItemRow) -> ReviewRow:
    by = f"{item.resolution} by {item.resolved_by}" if item.resolved_by else item.resolution
    return ReviewRow(
        id=item.id,
        title=item.title,
        domain=item.domain,
        level=Level(item.level),
        opened_at=item.opened_at,
        owner=item.owner,
        due_at=item.due_at,
        machine=item.machine,
        order_reference=item.order_reference,
        resolved_at=item.resolved_at,
        resolution=f"{by}: {item.reason}" if item.reason else by,
    )


def review(stores: Stores, item_id: int) -> ReviewDetail:
    """All about one item. Raises NotFound."""
    with read(stores.ledger) as tx:
        item = items.get(tx, item_id)
        known = stores.known(tx)
    if item is None:
        raise NotFound(f"There is no review item {item_id}.", "Look at the list again.")
    machine = stores.plant.machine(item.machine)
    detail = proposal_page.proposal(stores, item.proposal_id) if item.proposal_id is not None else None
    series, highlight = _evidence(stores, item, detail)
    return ReviewDetail(
        row=_row(item),
        version=item.version,
        rule=item.rule,
        explanation=detail.explanation if detail is not None and _open(item) else item.explanation,
        facts=_facts(stores, item) or (detail.facts if detail is not None else None),
        series=series,
        highlight=highlight,
        # what a proposal allows now, not what it allowed when the item was opened
        choices=() if not _open(item) else detail.choices if detail is not None else item.choices,
        proposal_id=item.proposal_id,
        trace_id=item.trace_id,
        orders=known.released(machine) if machine is not None else (),
        leads_to=_leads_to(item, detail) if _open(item) else "",
    )


def _leads_to(item: ItemRow, detail: ProposalDetail | None) -> str:
    """Where it is decided: stops, holds and requests have pages of their own."""
    for key, where in _DECIDED_AT.items():
        if not item.choices and isinstance(number := item.evidence.get(key), int):
            return f"{where}:{number}"
    if detail is None:
        return ""
    failing = [v for v in detail.verdicts if v.outcome is Outcome.FAIL]
    held = failing[0].evidence.get("holds") if [v.rule for v in failing] == ["not-held"] else None
    return f"holds:{held[0]}" if isinstance(held, list | tuple) and held else ""


def _open(item: ItemRow) -> bool:
    return item.state is ReviewState.OPEN


def _evidence(
    stores: Stores, item: ItemRow, detail: ProposalDetail | None
) -> tuple[Series | None, tuple[datetime, datetime] | None]:
    """The machine's count around it: the proposal's interval, else the time when it was opened."""
    if detail is not None:
        return detail.series, detail.highlight
    machine = stores.plant.machine(item.machine)
    tag = next((c.tag for c in machine.counters if c.kind == "good"), "") if machine is not None else ""
    if not tag:
        return None, None
    series = line(stores, tag, item.opened_at - AROUND, item.opened_at + AROUND, 400)
    return (series, None) if series.samples else (None, None)


def _facts(stores: Stores, item: ItemRow) -> FactTable | None:
    table: Any = item.evidence.get("facts")
    if not table:
        return None
    rows = tuple(tuple(_cell(stores, str(c)) for c in row) for row in table["rows"])
    return FactTable(tuple(str(h) for h in table["headers"]), rows)


def _cell(stores: Stores, text: str) -> str:
    """Stored instants are UTC for machines; people read the plant's time."""
    if len(text) < 20 or text[4:5] != "-" or "T" not in text:
        return text
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return stores.near(at, stores.clock()) if at.tzinfo is not None else text
