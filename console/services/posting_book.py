"""The poster's book: every step of a posting is stored before it is taken, and what came of it after.

What stands here lets a poster that follows a dead one know what may be under way.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from console.domain.postings import PostingState, ProductionSeen
from console.domain.records import PostingKind, RecordSeen, RecordWrite
from console.domain.validate import number
from console.errors import ConsoleError
from console.services import posting_items
from console.services.backoff import delay
from console.services.landed import LANDED
from console.services.lanes import Ask, Send, Step, Wait, next_step
from console.store import attachments, outbox
from console.store.engine import read, write
from console.store.outbox import PostingRow

Fence = Callable[[Connection], None]
Rows = tuple[PostingRow, ...]


class PostingBook:
    """Claims steps and stores outcomes, under the poster's lease (``fence`` checks it in each claim).

    Args:
        settle_s: after an unknown outcome only the same value may be sent for so long.
    """

    def __init__(self, ledger: Engine, clock: Callable[[], datetime], fence: Fence, settle_s: float) -> None:
        self._ledger = ledger
        self._clock = clock
        self._fence = fence
        self._settle_s = settle_s

    def lanes(self) -> list[str]:
        """Lanes with something under way or to do."""
        with read(self._ledger) as tx:
            return outbox.open_lanes(tx)

    def claim(self, lane: str) -> Step:
        """Decides the step and marks what is about to be sent, in one commit."""
        now = self._clock()
        with read(self._ledger) as tx:
            step = self._next(tx, lane, now)
        if isinstance(step, Wait):
            return step
        with write(self._ledger) as tx:
            self._fence(tx)
            step = self._next(tx, lane, now)
            if isinstance(step, Send):
                claimed = []
                for row in step.rows:
                    if not outbox.move(tx, row, PostingState.SENDING, not_before=None):
                        return Wait("somebody else changed it")
                    fresh = outbox.get(tx, row.id)
                    assert fresh is not None
                    claimed.append(fresh)
                return Send(tuple(claimed))
            if isinstance(step, Ask):
                return self._never_sent(tx, step)
            return step

    def _next(self, tx: Connection, lane: str, now: datetime) -> Step:
        return next_step(
            outbox.work_of_lane(tx, lane), outbox.lane(tx, lane), outbox.stuck_in_lane(tx, lane), now
        )

    def _never_sent(self, tx: Connection, step: Ask) -> Step:
        """A row left in SENDING whose write was never begun goes back; one that was begun is unknown."""
        rows = []
        for row in step.rows:
            if row.state is not PostingState.SENDING:
                rows.append(row)
                continue
            begun = [a for a in outbox.attempts_of(tx, row.id) if a.step == "write" and not a.outcome]
            lead = self._lead_of(tx, row)
            if not begun and lead is None:
                outbox.move(tx, row, PostingState.READY)
                continue
            outbox.move(tx, row, PostingState.UNKNOWN, error="the console stopped while it was sent")
            for attempt in begun:
                outbox.finish_attempt(tx, attempt.id, self._clock(), "unknown", "the console stopped")
                self._unsettle(tx, row, attempt.started_at)
            fresh = outbox.get(tx, row.id)
            assert fresh is not None
            rows.append(fresh)
        return Ask(tuple(rows)) if rows else Wait("taken back: it was never sent")

    def _lead_of(self, tx: Connection, row: PostingRow) -> PostingRow | None:
        """The later row of the same record that was sent for this one too, and is not settled."""
        for other in outbox.work_of_lane(tx, row.lane):
            if other.id <= row.id or other.target_key != row.target_key:
                continue
            if any(
                a.step == "write" and a.outcome in ("", "unknown") for a in outbox.attempts_of(tx, other.id)
            ):
                return other
        return None

    def _unsettle(self, tx: Connection, lead: PostingRow, since: datetime) -> None:
        """Only this value may be sent to this record until the server cannot hold an old call any more."""
        outbox.set_lane(
            tx,
            lead.lane,
            unsettled_until=since + timedelta(seconds=self._settle_s),
            unsettled_target=lead.target_key,
            unsettled_quantity=lead.target_quantity,
        )

    # --- what became of it --------------------------------------------------------------------------------

    def expected(self, lead: PostingRow) -> float:
        """What Odoo must hold before this write."""
        with read(self._ledger) as tx:
            balance = outbox.balance(tx, lead.target_key)
        assert balance is not None
        return balance.expected

    def begin(self, lead: PostingRow, step: str, quantity: float | None = None) -> int:
        """Stores that a step begins, before it does; returns the attempt."""
        with write(self._ledger) as tx:
            self._fence(tx)
            return outbox.add_attempt(
                tx,
                {
                    "posting_id": lead.id,
                    "started_at": self._clock(),
                    "step": step,
                    "sent_quantity": quantity,
                    "outcome": "",
                },
            )

    def finish(self, attempt: int, outcome: str, detail: str, seen: float | None) -> None:
        """Stores how it ended."""
        with write(self._ledger) as tx:
            outbox.finish_attempt(tx, attempt, self._clock(), outcome, detail, seen)

    def _all(self, tx: Connection, rows: Rows, state: PostingState, **values: object) -> None:
        """Moves every row; a row that somebody changed meanwhile stays as it is."""
        for row in rows:
            fresh = outbox.get(tx, row.id)
            if fresh is not None and fresh.state not in (PostingState.VERIFIED, PostingState.DEAD_LETTER):
                outbox.move(tx, fresh, state, **values)

    def not_sent(self, rows: Rows, attempt: int, error: ConsoleError) -> None:
        """Nothing was sent: what was only claimed goes back, what is unknown stays unknown."""
        with write(self._ledger) as tx:
            outbox.finish_attempt(tx, attempt, self._clock(), "not-sent", error.what)
            self._again(tx, rows, error)

    def _again(self, tx: Connection, rows: Rows, error: ConsoleError) -> None:
        for row in rows:
            fresh = outbox.get(tx, row.id)
            if fresh is None:
                continue
            tries = fresh.attempt_count + 1
            state = PostingState.READY if fresh.state is PostingState.SENDING else fresh.state
            outbox.move(
                tx,
                fresh,
                state,
                attempt_count=tries,
                not_before=self._clock() + delay(tries),
                error=error.what,
                remedy=error.remedy,
            )

    def unknown(self, rows: Rows, attempt: int, error: ConsoleError) -> None:
        """The answer was lost: the lane is locked to this value, and Odoo is asked first."""
        now = self._clock()
        with write(self._ledger) as tx:
            outbox.finish_attempt(tx, attempt, now, "unknown", error.what)
            self._all(tx, rows, PostingState.UNKNOWN, error=error.what, not_before=now + delay(1))
            self._unsettle(tx, rows[-1], now)

    def posted(self, rows: Rows, attempt: int, record: str = "") -> Rows:
        """Odoo accepted it; success is only what is read back. ``record``: as Odoo named it, if it did."""
        now = self._clock()
        with write(self._ledger) as tx:
            outbox.finish_attempt(tx, attempt, now, "accepted", record)
            named = {"record": record} if record else {}
            self._all(tx, rows, PostingState.POSTED, posted_at=now, error="", remedy="", **named)
            fresh = [outbox.get(tx, r.id) for r in rows]
        return tuple(r for r in fresh if r is not None)

    def verified(self, rows: Rows, seen: ProductionSeen) -> None:
        """Odoo was seen to hold it: the only way to success."""
        now, lead = self._clock(), rows[-1]
        with write(self._ledger) as tx:
            for row in rows:
                fresh = outbox.get(tx, row.id)
                if fresh is not None:
                    into = lead.id if row.id != lead.id else None
                    outbox.move(
                        tx,
                        fresh,
                        PostingState.VERIFIED,
                        verified_at=now,
                        error="",
                        remedy="",
                        coalesced_into=into,
                    )
            outbox.change_balance(
                tx,
                lead.target_key,
                verified=lead.target_quantity,
                verified_at=now,
                seen=seen.quantity,
                seen_at=now,
                seen_state=seen.state,
            )
            self._settled(tx, rows, lead)

    def settling(self, rows: Rows) -> bool:
        """Whether an earlier write of these may still arrive; then they are asked about again afterwards."""
        now, lead = self._clock(), rows[-1]
        with write(self._ledger) as tx:
            until = outbox.lane(tx, lead.lane).unsettled_until
            if until is None or until <= now:
                return False
            self._all(
                tx,
                rows,
                PostingState.UNKNOWN,
                error="an earlier write may still arrive in Odoo; it is asked again then",
                not_before=until,
            )
        return True

    def record_verified(self, rows: Rows, seen: RecordSeen) -> None:
        """Odoo was seen to hold the record as asked; what follows from it here is the same commit."""
        now, lead = self._clock(), rows[-1]
        with write(self._ledger) as tx:
            for row in rows:
                fresh = outbox.get(tx, row.id)
                if fresh is not None and fresh.state is not PostingState.DEAD_LETTER:
                    outbox.move(
                        tx,
                        fresh,
                        PostingState.VERIFIED,
                        verified_at=now,
                        error="",
                        remedy="",
                        record=seen.record,
                        seen={"state": seen.state, **seen.detail},
                        coalesced_into=lead.id if row.id != lead.id else None,
                    )
            self._settled(tx, rows, lead)
            follows = LANDED.get(PostingKind(lead.kind))
            if follows is not None:
                follows(tx, lead, seen, now)

    def record_edited(self, rows: Rows, seen: RecordSeen) -> None:
        """Somebody changed the record in Odoo since it was verified: a person decides."""
        lead, now = rows[-1], self._clock()
        with write(self._ledger) as tx:
            self._all(tx, rows, PostingState.REJECTED, error=seen.edited, remedy="Decide in Review.")
            posting_items.open_record_edited(tx, lead, seen, now)

    def record_order(self, lead: PostingRow) -> RecordWrite:
        """What a record posting asks for, with what is known of its record."""
        with read(self._ledger) as tx:
            verified = outbox.last_verified(tx, lead.target_key)
            files = attachments.files(tx, [a["id"] for a in lead.payload.get("attachments", ())])
            return RecordWrite(
                kind=PostingKind(lead.kind),
                key=lead.target_key.partition("/")[2],
                payload=lead.payload,
                record=outbox.record_of(tx, lead.target_key),
                before=verified.payload if verified is not None else None,
                files=tuple(files),
            )

    def _settled(self, tx: Connection, rows: Rows, lead: PostingRow) -> None:
        """Frees the lane where the one write that was in doubt is the one that was just seen to have landed.

        With a second write behind it, the first may still arrive: the lane stays locked to the value.
        """
        lane = outbox.lane(tx, lead.lane)
        if (lane.unsettled_target, lane.unsettled_quantity) != (lead.target_key, lead.target_quantity):
            return
        sent = [
            a.outcome
            for row in rows
            for a in outbox.attempts_of(tx, row.id)
            if a.step == "write" and a.outcome != "not-sent"
        ]
        if sent == ["unknown"]:
            outbox.set_lane(tx, lead.lane, unsettled_until=None)

    def rejected(self, rows: Rows, attempt: int, error: ConsoleError) -> None:
        """Odoo refused the write."""
        with write(self._ledger) as tx:
            outbox.finish_attempt(tx, attempt, self._clock(), "rejected", error.what)
        self.refused(rows, error.what, error.remedy)

    def refused(self, rows: Rows, why: str, remedy: str) -> None:
        """It cannot be booked as decided: the lane waits for a person."""
        now = self._clock()
        with write(self._ledger) as tx:
            self._all(tx, rows, PostingState.REJECTED, error=why, remedy=remedy)
            posting_items.open_refused(tx, rows, why, remedy, now)

    def edited(self, rows: Rows, seen: ProductionSeen, expected: float) -> None:
        """Odoo holds something else than it should: somebody edited it. A person decides."""
        lead, now = rows[-1], self._clock()
        with write(self._ledger) as tx:
            why = f"Odoo holds {number(seen.quantity)}, {number(expected)} was expected."
            self._all(tx, rows, PostingState.REJECTED, error=why, remedy="Decide in Review.")
            outbox.change_balance(tx, lead.target_key, seen=seen.quantity, seen_at=now, seen_state=seen.state)
            balance = outbox.balance(tx, lead.target_key)
            assert balance is not None
            posting_items.open_edited(tx, balance, lead, now)
