"""Stations [5] to [7]: brings each posting into Odoo and reads it back. Recipe A.

Every step is stored before it is taken, so that a poster that dies at any point is followed by one that knows
what may be under way. The order of things is: claim - read before - store the attempt - write - store the
answer - read back - verified.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from console.domain.equipment import OdooConnection
from console.domain.postings import (
    PostingState,
    ProductionSeen,
    ProductionTarget,
    ProductionWrite,
    TargetKind,
)
from console.domain.proposals import Choice, Override, ReviewDomain
from console.domain.units import same_quantity
from console.domain.validate import number
from console.errors import ConsoleError
from console.odoo.client import OdooClient
from console.odoo.errors import (
    OdooError,
    OdooMisuse,
    OdooOutcomeUnknown,
    OdooRejected,
)
from console.odoo.recipes import production
from console.services.backoff import delay
from console.services.lanes import Ask, Send, Step, Wait, next_step
from console.store import master, outbox, review
from console.store.engine import read, write
from console.store.outbox import PostingRow

Fence = Callable[[Connection], None]


def target_of(row: PostingRow) -> ProductionTarget:
    """The Odoo record of a posting."""
    kind, _, record = row.target_key.partition(":")
    return ProductionTarget(TargetKind(kind), int(record), row.order_id)


@dataclass(frozen=True, slots=True)
class LaneOutcome:
    """What running a lane came to.

    Attributes:
        error: the fault that ended it, where Odoo (not the posting) is the trouble; pauses all lanes.
    """

    progressed: bool
    error: OdooError | None = None


class Post:
    """Runs lanes. One instance per plant, under the poster's lease (``fence`` checks it in each commit)."""

    def __init__(
        self,
        ledger: Engine,
        connection: OdooConnection,
        client: OdooClient,
        clock: Callable[[], datetime],
        fence: Fence,
    ) -> None:
        self._ledger = ledger
        self._connection = connection
        self._client = client
        self._clock = clock
        self._fence = fence

    # --- one lane -----------------------------------------------------------------------------------------

    def lanes(self) -> list[str]:
        """Lanes with something under way or to do."""
        with read(self._ledger) as tx:
            return outbox.open_lanes(tx)

    async def run_lane(self, lane: str) -> LaneOutcome:
        """Takes the lane's next step, if it has one now."""
        step = await asyncio.to_thread(self._claim, lane)
        if isinstance(step, Wait):
            return LaneOutcome(False)
        try:
            if isinstance(step, Ask):
                await self._ask(step.rows)
            else:
                await self._send(step.rows)
        except OdooError as error:
            return LaneOutcome(True, error)
        return LaneOutcome(True)

    def _claim(self, lane: str) -> Step:
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
            unsettled_until=since + timedelta(seconds=self._connection.settle_s),
            unsettled_target=lead.target_key,
            unsettled_quantity=lead.target_quantity,
        )

    # --- read before, write, read back --------------------------------------------------------------------

    async def _read(self, rows: tuple[PostingRow, ...], step: str) -> ProductionSeen:
        lead = rows[-1]
        attempt = await asyncio.to_thread(self._begin, lead, step)
        try:
            seen = await production.read(self._client, target_of(lead))
        except OdooError as error:
            await asyncio.to_thread(self._not_read, rows, attempt, error)
            raise
        await asyncio.to_thread(self._finish, attempt, "seen", seen.state, seen.quantity)
        return seen

    async def _send(self, rows: tuple[PostingRow, ...]) -> None:
        lead = rows[-1]
        seen = await self._read(rows, "read-before")
        expected = await asyncio.to_thread(self._expected, lead)
        if not await self._acceptable(rows, seen):
            return
        if self._holds(seen, lead):
            await asyncio.to_thread(self._verified, rows, seen)
            return
        await self._write_over(rows, seen, expected)

    async def _ask(self, rows: tuple[PostingRow, ...]) -> None:
        """After an unknown outcome: what does Odoo hold? Then only the same value goes out again."""
        lead = rows[-1]
        seen = await self._read(rows, "ask")
        expected = await asyncio.to_thread(self._expected, lead)
        if self._holds(seen, lead):
            await asyncio.to_thread(self._verified, rows, seen)
            return
        if not await self._acceptable(rows, seen):
            return
        await self._write_over(rows, seen, expected)

    async def _write_over(self, rows: tuple[PostingRow, ...], seen: ProductionSeen, expected: float) -> None:
        """Writes only over what must be there: the last verified value, or (to complete it) our own."""
        fits = (expected, rows[-1].target_quantity)
        if any(same_quantity(seen.quantity, value) for value in fits):
            await self._write(rows, expected)
        else:
            await asyncio.to_thread(self._edited, rows, seen, expected)

    async def _write(self, rows: tuple[PostingRow, ...], expected: float) -> None:
        lead = rows[-1]
        order = ProductionWrite(
            target=target_of(lead),
            quantity=lead.target_quantity,
            expected=expected,
            unit_id=lead.unit_id,
            product_id=lead.product_id,
            lot_name=lead.lot,
            posting_key=lead.posting_key,
        )
        attempt = await asyncio.to_thread(self._begin, lead, "write", lead.target_quantity)
        try:
            await production.write(self._client, order)
        except OdooOutcomeUnknown as error:
            await asyncio.to_thread(self._unknown, rows, attempt, error)
            raise
        except (OdooRejected, OdooMisuse) as error:
            await asyncio.to_thread(self._rejected, rows, attempt, error)
            return
        except OdooError as error:
            await asyncio.to_thread(self._not_written, rows, attempt, error)
            raise
        rows = await asyncio.to_thread(self._posted, rows, attempt)
        seen = await self._read(rows, "read-back")
        if self._holds(seen, lead):
            await asyncio.to_thread(self._verified, rows, seen)
        elif same_quantity(seen.quantity, lead.target_quantity):
            why = (
                f"Odoo took {number(lead.target_quantity)} without the lot or the components that go with it."
            )
            await asyncio.to_thread(self._refused, rows, why, "Look at the order in Odoo, then try again.")
        else:
            await asyncio.to_thread(self._edited, rows, seen, lead.target_quantity)

    def _holds(self, seen: ProductionSeen, lead: PostingRow) -> bool:
        return (
            seen.exists
            and same_quantity(seen.quantity, lead.target_quantity)
            and seen.components_follow
            and (not lead.lot or lead.lot in seen.lot_names)
        )

    async def _acceptable(self, rows: tuple[PostingRow, ...], seen: ProductionSeen) -> bool:
        """Whether the record still takes a quantity and is what was decided about; else to Review."""
        lead, why = rows[-1], ""
        if not seen.exists:
            why = f"{lead.order_reference} is gone from Odoo."
        elif not seen.open:
            why = f"{lead.order_reference} takes no more quantity in Odoo: it is {seen.state}."
        elif seen.product_id != lead.product_id:
            why = f"The product of {lead.order_reference} was changed in Odoo."
        elif seen.unit_id != lead.unit_id:
            why = f"The unit of {lead.order_reference} was changed in Odoo."
        if why:
            await asyncio.to_thread(self._refused, rows, why, "Decide in Review what becomes of it.")
        return not why

    # --- what is stored -----------------------------------------------------------------------------------

    def _expected(self, lead: PostingRow) -> float:
        with read(self._ledger) as tx:
            balance = outbox.balance(tx, lead.target_key)
        assert balance is not None
        return balance.expected

    def _begin(self, lead: PostingRow, step: str, quantity: float | None = None) -> int:
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

    def _finish(self, attempt: int, outcome: str, detail: str, seen: float | None) -> None:
        with write(self._ledger) as tx:
            outbox.finish_attempt(tx, attempt, self._clock(), outcome, detail, seen)

    def _all(
        self, tx: Connection, rows: tuple[PostingRow, ...], state: PostingState, **values: object
    ) -> None:
        """Moves every row; a row that somebody changed meanwhile stays as it is."""
        for row in rows:
            fresh = outbox.get(tx, row.id)
            if fresh is not None and fresh.state not in (PostingState.VERIFIED, PostingState.DEAD_LETTER):
                outbox.move(tx, fresh, state, **values)

    def _not_read(self, rows: tuple[PostingRow, ...], attempt: int, error: OdooError) -> None:
        """Nothing was sent: what was only claimed goes back, what is unknown stays unknown."""
        with write(self._ledger) as tx:
            outbox.finish_attempt(tx, attempt, self._clock(), "not-sent", error.what)
            self._again(tx, rows, error)

    def _not_written(self, rows: tuple[PostingRow, ...], attempt: int, error: OdooError) -> None:
        with write(self._ledger) as tx:
            outbox.finish_attempt(tx, attempt, self._clock(), "not-sent", error.what)
            self._again(tx, rows, error)

    def _again(self, tx: Connection, rows: tuple[PostingRow, ...], error: ConsoleError) -> None:
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

    def _unknown(self, rows: tuple[PostingRow, ...], attempt: int, error: OdooError) -> None:
        now = self._clock()
        with write(self._ledger) as tx:
            outbox.finish_attempt(tx, attempt, now, "unknown", error.what)
            self._all(tx, rows, PostingState.UNKNOWN, error=error.what, not_before=now + delay(1))
            self._unsettle(tx, rows[-1], now)

    def _posted(self, rows: tuple[PostingRow, ...], attempt: int) -> tuple[PostingRow, ...]:
        now = self._clock()
        with write(self._ledger) as tx:
            outbox.finish_attempt(tx, attempt, now, "accepted")
            self._all(tx, rows, PostingState.POSTED, posted_at=now, error="", remedy="")
            fresh = [outbox.get(tx, r.id) for r in rows]
        return tuple(r for r in fresh if r is not None)

    def _verified(self, rows: tuple[PostingRow, ...], seen: ProductionSeen) -> None:
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

    def _settled(self, tx: Connection, rows: tuple[PostingRow, ...], lead: PostingRow) -> None:
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

    def _rejected(self, rows: tuple[PostingRow, ...], attempt: int, error: OdooError) -> None:
        with write(self._ledger) as tx:
            outbox.finish_attempt(tx, attempt, self._clock(), "rejected", error.what)
        self._refused(rows, error.what, error.remedy)

    def _refused(self, rows: tuple[PostingRow, ...], why: str, remedy: str) -> None:
        lead, now = rows[-1], self._clock()
        with write(self._ledger) as tx:
            self._all(tx, rows, PostingState.REJECTED, error=why, remedy=remedy)
            total = sum(r.quantity for r in rows)
            item = review.NewItem(
                cause=f"posting:{lead.id}/refused",
                domain=ReviewDomain.SYNCHRONISATION,
                level="high",
                rule="odoo-accepts v1",
                title=f"Odoo does not take {number(total)} {lead.unit} for {lead.order_reference}",
                explanation=f"{why} {remedy}".strip(),
                choices=(
                    Choice(
                        "retry", "Try again", "After the cause was mended in Odoo.", None, Override.REASON
                    ),
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
            review.open_item(tx, item, now)

    def _edited(self, rows: tuple[PostingRow, ...], seen: ProductionSeen, expected: float) -> None:
        """Odoo holds something else than it should: somebody edited it. A person decides."""
        lead, now = rows[-1], self._clock()
        with write(self._ledger) as tx:
            why = f"Odoo holds {number(seen.quantity)}, {number(expected)} was expected."
            self._all(tx, rows, PostingState.REJECTED, error=why, remedy="Decide in Review.")
            outbox.change_balance(tx, lead.target_key, seen=seen.quantity, seen_at=now, seen_state=seen.state)
            balance = outbox.balance(tx, lead.target_key)
            assert balance is not None
            open_edited_item(tx, balance, lead, now)


def open_edited_item(tx: Connection, balance: outbox.Balance, about: PostingRow, now: datetime) -> int:
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


def mark_link(ledger: Engine, state: str, error: ConsoleError | None, now: datetime) -> bool:
    """Keeps what is known of the link to Odoo; True where it changed."""
    reason, remedy = (error.what, error.remedy) if error is not None else ("", "")
    with read(ledger) as tx:
        known = master.link(tx)
    if known is not None and (known.state, known.reason) == (state, reason):
        return False
    with write(ledger) as tx:
        return master.set_link(tx, state, reason, remedy, now)
