"""What follows in the ledger when Odoo was seen to hold a record posting, or when one was taken back.

Called inside the poster's commit. A kind that needs nothing has no entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from console.domain.records import PostingKind, RecordSeen
from console.services.order_life import consumption_taken_back, order_closed, scrap_taken_back
from console.store.outbox import PostingRow

Landed = Callable[[Connection, PostingRow, RecordSeen, datetime], None]
TakenBack = Callable[[Connection, PostingRow, datetime], None]

LANDED: Mapping[PostingKind, Landed] = {
    PostingKind.CLOSE: order_closed,
}
TAKEN_BACK: Mapping[PostingKind, TakenBack] = {
    PostingKind.SCRAP: scrap_taken_back,
    PostingKind.CONSUMPTION: consumption_taken_back,
}
