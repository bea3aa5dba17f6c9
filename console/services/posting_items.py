"""The review items that postings end in: Odoo refused, or somebody edited the record there."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.domain.proposals import Choice, Override, ReviewDomain
from console.domain.records import PostingKind, RecordSeen
from console.domain.validate import number
from console.store import outbox, review
from console.store.outbox import PostingRow

_DOMAINS = {
    PostingKind.DOWNTIME: ReviewDomain.STOP,
    PostingKind.HOLD: ReviewDomain.QUALITY,
    PostingKind.RELEASE: ReviewDomain.QUALITY,
    PostingKind.INSPECTION: ReviewDomain.QUALITY,
    PostingKind.MAINTENANCE: ReviewDomain.MAINTENANCE,
}


def open_refused(tx: Connection, rows: tuple[PostingRow, ...], why: str, remedy: str, now: datetime) -> int:
    """The review item for postings that Odoo does not take as decided."""
    lead = rows[-1]
    if lead.kind != PostingKind.PRODUCTION.value:
        return _open_record_refused(tx, lead, why, remedy, now)
    total = sum(r.quantity for r in rows)
    item = review.NewItem(
        cause=f"posting:{lead.id}/refused",
        domain=ReviewDomain.SYNCHRONISATION,
        level="high",
        rule="odoo-accepts v1",
        title=f"Odoo does not take {number(total)} {lead.unit} for {lead.order_reference}",
        explanation=f"{why} {remedy}".strip(),
        choices=(
            Choice("retry", "Try again", "After the cause was mended in Odoo.", None, Override.REASON),
            Choice(
                "take-back",
                f"Do not book these {number(total)}",
                "They stay in the outbox as dead letters; later ones are booked without them.",
                None,
                Override.REASON,
            ),
        ),
        machine=lead.machine,
        order_reference=lead.order_reference,
        posting_id=lead.id,
        target_key=lead.target_key,
        trace_id=lead.trace_id,
        due_at=now + timedelta(hours=1),
    )
    return review.open_item(tx, item, now)


def _open_record_refused(tx: Connection, lead: PostingRow, why: str, remedy: str, now: datetime) -> int:
    item = review.NewItem(
        cause=f"posting:{lead.id}/refused",
        domain=_DOMAINS.get(PostingKind(lead.kind), ReviewDomain.SYNCHRONISATION),
        level="high",
        rule="odoo-accepts v1",
        title=f"Odoo does not take it: {lead.summary}",
        explanation=f"{why} {remedy}".strip(),
        choices=(
            Choice("retry", "Try again", "After the cause was mended in Odoo.", None, Override.REASON),
            Choice(
                "take-back",
                "Do not book it",
                "It stays in the outbox as a dead letter; what it is about is open again.",
                None,
                Override.REASON,
            ),
        ),
        evidence={"facts": _facts_of(lead)},
        machine=lead.machine,
        order_reference=lead.order_reference,
        posting_id=lead.id,
        target_key=lead.target_key,
        trace_id=lead.trace_id,
        due_at=now + timedelta(hours=1),
    )
    return review.open_item(tx, item, now)


def open_record_edited(tx: Connection, lead: PostingRow, seen: RecordSeen, now: datetime) -> int:
    """The review item for a record that somebody changed in Odoo since we saw it there."""
    item = review.NewItem(
        cause=f"target:{lead.target_key}/edited-in-odoo",
        domain=_DOMAINS.get(PostingKind(lead.kind), ReviewDomain.SYNCHRONISATION),
        level="medium",
        rule="edited-in-odoo v1",
        title=f"Changed in Odoo: {lead.summary}",
        explanation=f"{seen.edited} Nothing is written over it until a person decides.",
        choices=(
            Choice(
                "put-back",
                "Write ours over it",
                "Odoo then holds what was decided here.",
                None,
                Override.REASON,
            ),
            Choice(
                "accept",
                "Leave it as it is in Odoo",
                "What was decided here since is not booked; it stays in the outbox as a dead letter.",
                None,
                Override.REASON,
            ),
        ),
        evidence={"facts": _facts_of(lead), "edited": seen.edited, "odoo": dict(seen.detail)},
        machine=lead.machine,
        order_reference=lead.order_reference,
        posting_id=lead.id,
        target_key=lead.target_key,
        trace_id=lead.trace_id,
        due_at=now + timedelta(hours=1),
    )
    return review.open_item(tx, item, now)


def _facts_of(lead: PostingRow) -> dict[str, object]:
    """What was asked for, as a table: only what is text or a number."""
    told = [
        [k.replace("_", " "), str(v)]
        for k, v in lead.payload.items()
        if isinstance(v, str | int | float) and v
    ]
    return {"headers": ["Asked of Odoo", ""], "rows": told}


def open_edited(tx: Connection, balance: outbox.Balance, about: PostingRow, now: datetime) -> int:
    """The review item for a record that was changed in Odoo after we posted."""
    seen = balance.seen if balance.seen is not None else 0.0
    unit, wanted = about.unit, about.target_quantity
    item = review.NewItem(
        cause=f"target:{balance.target_key}/edited-in-odoo",
        domain=ReviewDomain.SYNCHRONISATION,
        level="medium",
        rule="edited-in-odoo v1",
        title=f"{about.order_reference} was changed in Odoo: {number(seen)} there, "
        f"{number(balance.expected)} expected",
        explanation=f"Somebody or something changed {about.order_reference} in Odoo after the console last "
        "read it. Nothing more is booked on it until a person decides.",
        choices=(
            Choice(
                "put-back",
                f"Put {number(wanted)} in Odoo",
                f"Writes {number(wanted)} {unit} over the {number(seen)} there.",
                wanted,
                Override.REASON,
            ),
            Choice(
                "accept",
                f"Accept {number(seen)} as the new start",
                "What is confirmed and waiting is added to it; the difference stays in the audit.",
                seen,
                Override.REASON,
            ),
        ),
        evidence={
            "facts": {
                "headers": ["", "Quantity", "When"],
                "rows": [
                    ["Confirmed here", number(balance.booked), ""],
                    ["Verified in Odoo", number(balance.expected), _when(balance.verified_at)],
                    ["Odoo now", number(seen), _when(balance.seen_at)],
                ],
            },
            "seen": seen,
        },
        machine=about.machine,
        order_reference=about.order_reference,
        posting_id=about.id,
        target_key=balance.target_key,
        trace_id=about.trace_id,
        due_at=now + timedelta(hours=1),
    )
    return review.open_item(tx, item, now)


def _when(at: datetime | None) -> str:
    return at.isoformat() if at is not None else ""
