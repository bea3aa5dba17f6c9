"""The review items that postings end in: Odoo refused, or somebody edited the record there."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from console.domain.proposals import Choice, Override, ReviewDomain
from console.domain.validate import number
from console.store import outbox, review
from console.store.outbox import PostingRow


def open_refused(tx: Connection, rows: tuple[PostingRow, ...], why: str, remedy: str, now: datetime) -> int:
    """The review item for postings that Odoo does not take as decided."""
    lead = rows[-1]
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
