"""Stations [5] to [7]: brings each posting into Odoo and reads it back. Counts (recipe A) here, all else in
``post_records``.

Every step is stored before it is taken, so that a poster that dies at any point is followed by one that knows
what may be under way. The order of things is: claim - read before - store the attempt - write - store the
answer - read back - verified.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from console.domain.equipment import OdooConnection
from console.domain.postings import (
    ProductionSeen,
    ProductionTarget,
    ProductionWrite,
    TargetKind,
)
from console.domain.records import PostingKind
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
from console.odoo.recipes.registry import RECIPES
from console.services.lanes import Ask, Wait
from console.services.post_records import RecordPoster
from console.services.posting_book import Fence, PostingBook, Rows
from console.store import master
from console.store.engine import read, write
from console.store.outbox import PostingRow


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
    """Runs lanes. One instance per plant.

    Attributes:
        book: where every step is stored.
    """

    def __init__(
        self,
        ledger: Engine,
        connection: OdooConnection,
        client: OdooClient,
        clock: Callable[[], datetime],
        fence: Fence,
    ) -> None:
        self._client = client
        self.book = PostingBook(ledger, clock, fence, connection.settle_s)
        self._records = RecordPoster(client, self.book, RECIPES)

    # --- one lane -----------------------------------------------------------------------------------------

    def lanes(self) -> list[str]:
        """Lanes with something under way or to do."""
        return self.book.lanes()

    async def run_lane(self, lane: str) -> LaneOutcome:
        """Takes the lane's next step, if it has one now."""
        step = await asyncio.to_thread(self.book.claim, lane)
        if isinstance(step, Wait):
            return LaneOutcome(False)
        try:
            if step.lead.kind != PostingKind.PRODUCTION.value:
                asking = isinstance(step, Ask)
                await self._records.bring(step.rows, "ask" if asking else "read-before")
            elif isinstance(step, Ask):
                await self._ask(step.rows)
            else:
                await self._send(step.rows)
        except OdooError as error:
            return LaneOutcome(True, error)
        return LaneOutcome(True)

    # --- read before, write, read back --------------------------------------------------------------------

    async def _read(self, rows: Rows, step: str) -> ProductionSeen:
        lead = rows[-1]
        attempt = await asyncio.to_thread(self.book.begin, lead, step)
        try:
            seen = await production.read(self._client, target_of(lead))
        except OdooError as error:
            await asyncio.to_thread(self.book.not_sent, rows, attempt, error)
            raise
        await asyncio.to_thread(self.book.finish, attempt, "seen", seen.state, seen.quantity)
        return seen

    async def _send(self, rows: Rows) -> None:
        lead = rows[-1]
        seen = await self._read(rows, "read-before")
        expected = await asyncio.to_thread(self.book.expected, lead)
        if not await self._acceptable(rows, seen):
            return
        if self._holds(seen, lead):
            await asyncio.to_thread(self.book.verified, rows, seen)
            return
        await self._write_over(rows, seen, expected)

    async def _ask(self, rows: Rows) -> None:
        """After an unknown outcome: what does Odoo hold? Then only the same value goes out again."""
        lead = rows[-1]
        seen = await self._read(rows, "ask")
        expected = await asyncio.to_thread(self.book.expected, lead)
        if self._holds(seen, lead):
            await asyncio.to_thread(self.book.verified, rows, seen)
            return
        if not await self._acceptable(rows, seen):
            return
        await self._write_over(rows, seen, expected)

    async def _write_over(self, rows: Rows, seen: ProductionSeen, expected: float) -> None:
        """Writes only over what must be there: the last verified value, or (to complete it) our own."""
        fits = (expected, rows[-1].target_quantity)
        if any(same_quantity(seen.quantity, value) for value in fits):
            await self._write(rows, expected)
        else:
            await asyncio.to_thread(self.book.edited, rows, seen, expected)

    async def _write(self, rows: Rows, expected: float) -> None:
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
        attempt = await asyncio.to_thread(self.book.begin, lead, "write", lead.target_quantity)
        try:
            await production.write(self._client, order)
        except OdooOutcomeUnknown as error:
            await asyncio.to_thread(self.book.unknown, rows, attempt, error)
            raise
        except (OdooRejected, OdooMisuse) as error:
            await asyncio.to_thread(self.book.rejected, rows, attempt, error)
            return
        except OdooError as error:
            await asyncio.to_thread(self.book.not_sent, rows, attempt, error)
            raise
        rows = await asyncio.to_thread(self.book.posted, rows, attempt)
        seen = await self._read(rows, "read-back")
        if self._holds(seen, lead):
            await asyncio.to_thread(self.book.verified, rows, seen)
        elif same_quantity(seen.quantity, lead.target_quantity):
            why = (
                f"Odoo took {number(lead.target_quantity)} without the lot or the components that go with it."
            )
            await asyncio.to_thread(
                self.book.refused, rows, why, "Look at the order in Odoo, then try again."
            )
        else:
            await asyncio.to_thread(self.book.edited, rows, seen, lead.target_quantity)

    def _holds(self, seen: ProductionSeen, lead: PostingRow) -> bool:
        return (
            seen.exists
            and same_quantity(seen.quantity, lead.target_quantity)
            and seen.components_follow
            and (not lead.lot or lead.lot in seen.lot_names)
        )

    async def _acceptable(self, rows: Rows, seen: ProductionSeen) -> bool:
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
            await asyncio.to_thread(self.book.refused, rows, why, "Decide in Review what becomes of it.")
        return not why


def mark_link(ledger: Engine, state: str, error: ConsoleError | None, now: datetime) -> bool:
    """Keeps what is known of the link to Odoo; True where it changed."""
    reason, remedy = (error.what, error.remedy) if error is not None else ("", "")
    with read(ledger) as tx:
        known = master.link(tx)
    if known is not None and (known.state, known.reason) == (state, reason):
        return False
    with write(ledger) as tx:
        return master.set_link(tx, state, reason, remedy, now)
