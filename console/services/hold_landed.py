"""What becomes of a hold when Odoo was seen to hold a transfer of it, or when one was given up.

Called in the poster's or the person's commit (see ``landed``). Postings of other subjects are left alone.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from console.domain.holds import HoldState
from console.domain.records import GivenUp, PostingKind, RecordSeen
from console.services.hold_open import THE_CONSOLE, review_cause
from console.store import audit, holds, review
from console.store.holds import HoldRow
from console.store.outbox import PostingRow


def hold_landed(tx: Connection, row: PostingRow, seen: RecordSeen, now: datetime) -> None:
    """What was held lies in quarantine: kept to be given back from there."""
    hold = holds.by_subject(tx, row.subject)
    if hold is None:
        return
    evidence = {k: v for k, v in hold.evidence.items() if k not in ("waiting", "given_up")}
    moves = [*hold.moves, *row.payload["lines"]]
    holds.change(tx, hold, moves=moves, settled_at=now, evidence=evidence)
    _tell(tx, hold, "hold booked", seen, now)


def release_landed(tx: Connection, row: PostingRow, seen: RecordSeen, now: datetime) -> None:
    """Only now it is said: released."""
    hold = holds.by_subject(tx, row.subject)
    if hold is not None and hold.state is HoldState.RELEASING:
        over(tx, hold, HoldState.RELEASED, now)
        _tell(tx, hold, "hold released", seen, now)


def scrap_landed(tx: Connection, row: PostingRow, seen: RecordSeen, now: datetime) -> None:
    """Only now it is said: scrapped."""
    hold = holds.by_subject(tx, row.subject)
    if hold is not None and hold.state is HoldState.SCRAPPING:
        over(tx, hold, HoldState.SCRAPPED, now)
        _tell(tx, hold, "hold scrapped", seen, now)


def over(tx: Connection, hold: HoldRow, state: HoldState, now: datetime) -> HoldRow:
    """The hold ends; what it covered is judged again by the edge."""
    fresh = holds.change(tx, hold, state=state, settled_at=now)
    review.resolve_cause(tx, review_cause(hold.id), THE_CONSOLE, state.value, "Odoo was read back", now)
    return fresh


def taken_back(tx: Connection, row: PostingRow, how: GivenUp, now: datetime) -> None:
    """The posting is given up: the hold stays effective here, and says that Odoo does not know."""
    hold = holds.by_subject(tx, row.subject)
    if hold is None:
        return
    if row.kind == PostingKind.HOLD.value:
        words = "The booking in Odoo was given up; it is held here only. Keep it again to book it."
        holds.change(tx, hold, evidence={**hold.evidence, "given_up": words, "waiting": ""})
    elif hold.state in (HoldState.RELEASING, HoldState.SCRAPPING):
        before = HoldState(hold.evidence.get("before", HoldState.HELD.value))
        holds.change(tx, hold, state=before, disposition="", decided_at=None, decided_by="")
    else:
        return
    detail = {"posting": row.id, "kind": row.kind}
    audit.append(tx, now, THE_CONSOLE, "hold booking given up", f"hold:{hold.id}", detail, hold.trace_id)


def _tell(tx: Connection, hold: HoldRow, action: str, seen: RecordSeen, now: datetime) -> None:
    detail = {"record": seen.record, "odoo": seen.state, "read_at": seen.read_at.isoformat()}
    audit.append(tx, now, THE_CONSOLE, action, f"hold:{hold.id}", detail, hold.trace_id)
