"""Record postings (every kind but counts): read, write if need be, read back.

A recipe's write may be repeated at will with the same payload; what keeps two payloads of one record apart is
the lane: after an unknown outcome nothing else goes out there until it is settled.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from console.domain.records import PostingKind, RecordSeen, RecordWrite
from console.odoo.client import OdooClient
from console.odoo.errors import OdooError, OdooMisuse, OdooOutcomeUnknown, OdooRejected
from console.odoo.recipes.recipe import Recipe
from console.services.posting_book import PostingBook, Rows

# kinds whose write is not sent a second time while the first may still arrive
ONCE = frozenset({PostingKind.CLOSE})


class RecordPoster:
    """Brings record postings into Odoo along their kinds' recipes."""

    def __init__(self, client: OdooClient, book: PostingBook, recipes: Mapping[PostingKind, Recipe]) -> None:
        self._client = client
        self._book = book
        self._recipes = recipes

    async def bring(self, rows: Rows, step: str) -> None:
        """One round for the postings of a record; the last one's payload stands for all.

        Args:
            step: "read-before", or "ask" where an earlier write may have gone out.

        Raises:
            OdooError: Odoo, or the way to it, is the trouble; what is known is stored.
        """
        order = await asyncio.to_thread(self._book.record_order, rows[-1])
        seen = await self._read(rows, order, step)
        if seen is None:
            return
        if seen.holds:
            await asyncio.to_thread(self._book.record_verified, rows, seen)
        elif seen.refused:
            await asyncio.to_thread(self._book.refused, rows, seen.refused, seen.remedy)
        elif seen.edited and seen.edited != rows[-1].seen.get("write_over"):
            await asyncio.to_thread(self._book.record_edited, rows, seen)
        elif step == "ask" and order.kind in ONCE and await asyncio.to_thread(self._book.settling, rows):
            return  # it may still arrive; a second one behind it would be one too many
        else:
            await self._write(rows, order)

    async def _read(self, rows: Rows, order: RecordWrite, step: str) -> RecordSeen | None:
        """What Odoo holds; None where it may not be read: the record's trouble, not the link's."""
        attempt = await asyncio.to_thread(self._book.begin, rows[-1], step)
        try:
            seen = await self._recipes[order.kind].read(self._client, order)
        except (OdooRejected, OdooMisuse) as error:
            await asyncio.to_thread(self._book.rejected, rows, attempt, error)
            return None
        except OdooError as error:
            await asyncio.to_thread(self._book.not_sent, rows, attempt, error)
            raise
        await asyncio.to_thread(self._book.finish, attempt, "seen", seen.state, None)
        return seen

    async def _write(self, rows: Rows, order: RecordWrite) -> None:
        lead = rows[-1]
        attempt = await asyncio.to_thread(self._book.begin, lead, "write", lead.target_quantity)
        try:
            record = await self._recipes[order.kind].write(self._client, order)
        except OdooOutcomeUnknown as error:
            await asyncio.to_thread(self._book.unknown, rows, attempt, error)
            raise
        except (OdooRejected, OdooMisuse) as error:
            await asyncio.to_thread(self._book.rejected, rows, attempt, error)
            return
        except OdooError as error:
            await asyncio.to_thread(self._book.not_sent, rows, attempt, error)
            raise
        rows = await asyncio.to_thread(self._book.posted, rows, attempt, record)
        order = await asyncio.to_thread(self._book.record_order, rows[-1])
        seen = await self._read(rows, order, "read-back")
        if seen is None:
            return
        if seen.holds:
            await asyncio.to_thread(self._book.record_verified, rows, seen)
        else:
            why = seen.refused or seen.edited or f"Odoo took it, and shows {seen.state}."
            remedy = seen.remedy or "Look at the record in Odoo, then try again."
            await asyncio.to_thread(self._book.refused, rows, why, remedy)
