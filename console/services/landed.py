"""What follows in the ledger when Odoo was seen to hold a record posting, or when one was given up.

Called inside the poster's commit. A kind that needs nothing has no entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from console.domain.records import GivenUp, PostingKind, RecordSeen
from console.services import hold_landed as holds
from console.services.order_life import consumption_taken_back, order_closed, scrap_taken_back
from console.services.request_acts import landed as request_landed
from console.services.request_acts import taken_back as request_taken_back
from console.services.stop_postings import landed as stop_landed
from console.services.stop_postings import taken_back as stop_taken_back
from console.store.outbox import PostingRow

Landed = Callable[[Connection, PostingRow, RecordSeen, datetime], None]
TakenBack = Callable[[Connection, PostingRow, GivenUp, datetime], None]


def _scrap_taken_back(tx: Connection, row: PostingRow, how: GivenUp, now: datetime) -> None:
    """A held lot is scrapped by a transfer of the same kind as scrap that a person gave a reason."""
    (holds.taken_back if row.subject.startswith("hold:") else scrap_taken_back)(tx, row, how, now)


LANDED: Mapping[PostingKind, Landed] = {
    PostingKind.HOLD: holds.hold_landed,
    PostingKind.RELEASE: holds.release_landed,
    PostingKind.SCRAP: holds.scrap_landed,
    PostingKind.CLOSE: order_closed,
    PostingKind.DOWNTIME: stop_landed,
    PostingKind.MAINTENANCE: request_landed,
}
TAKEN_BACK: Mapping[PostingKind, TakenBack] = {
    PostingKind.HOLD: holds.taken_back,
    PostingKind.RELEASE: holds.taken_back,
    PostingKind.SCRAP: _scrap_taken_back,
    PostingKind.CONSUMPTION: consumption_taken_back,
    PostingKind.DOWNTIME: stop_taken_back,
    PostingKind.MAINTENANCE: request_taken_back,
}
