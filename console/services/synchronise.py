"""Keeps the mirror of Odoo's master data fresh, and looks whether somebody changed what we booked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Engine

from console.domain.master_data import MasterData
from console.domain.units import same_quantity
from console.services.posting_items import open_edited
from console.store import floor_master, master, outbox, review
from console.store.engine import read, write

# No tombstones in Odoo: what was deleted is only missed by a whole fetch
WHOLE_EVERY = timedelta(hours=1)
# where lots lie, what was made of them, and the tests: several times the calls of all the rest
STOCK_EVERY = timedelta(seconds=15)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the next fetch of master data should ask for; see ``fetch_master_data``."""

    since: datetime | None
    ticket_ids: tuple[int, ...]
    product_ids: tuple[int, ...]
    stock: bool


class Synchronise:
    """Takes fetches of master data over."""

    def __init__(self, ledger: Engine, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._clock = clock
        self._stock_at: datetime | None = None
        self._stock_missing: tuple[str, ...] = ()

    def wanted(self) -> Wanted:
        """What the next fetch should ask for: everything at first and each hour, else the changes."""
        since, now = self.since(), self._clock()
        stock = since is None or self._stock_at is None or now - self._stock_at >= STOCK_EVERY
        with read(self._ledger) as tx:
            tickets = floor_master.tickets_to_ask(tx, whole=since is None)
            return Wanted(since, tickets, master.product_ids(tx) if stock else (), stock)

    def since(self) -> datetime | None:
        """From where the next fetch should ask; None for a whole one."""
        with read(self._ledger) as tx:
            known = master.link(tx)
        if known is None or known.watermark is None or known.whole_at is None:
            return None
        return None if self._clock() - known.whole_at > WHOLE_EVERY else known.watermark

    def take(self, data: MasterData, clock_offset_s: float | None) -> int:
        """Stores a fetch; returns the number of records that were changed in Odoo behind our back."""
        now = self._clock()
        with write(self._ledger) as tx:
            master.set_link(tx, "up", "", "", now)
            known = master.link(tx)
            master.store(tx, data)
            watermark = data.watermark or (known.watermark if known else None)
            missing = self._missing(data)
            master.set_synced(tx, data.fetched_at, data.whole, watermark, clock_offset_s, missing)
            edited = self._look(tx, data, now)
        if data.stock_fetched:
            self._stock_at, self._stock_missing = now, data.stock_missing
        return edited

    def _missing(self, data: MasterData) -> tuple[str, ...] | None:
        """What Odoo does not give; of the stock as last told, where it was not asked for."""
        if not data.floor_fetched:
            return None
        return data.floor_missing + (data.stock_missing if data.stock_fetched else self._stock_missing)

    def _look(self, tx: Connection, data: MasterData, now: datetime) -> int:
        held = {f"operation:{o.id}": (o.produced, o.state.value) for o in data.operations}
        held |= {f"order:{o.id}": (o.producing, o.state.value) for o in data.orders if not o.has_operations}
        edited = 0
        for key, balance in outbox.all_balances(tx).items():
            if key not in held or balance.verified is None or balance.verified_at is None:
                continue
            if data.fetched_at <= balance.verified_at + timedelta(seconds=2):
                continue  # read before, or while, we wrote
            if any(r.target_key == key for r in outbox.work_of_lane(tx, f"order:{balance.order_id}")):
                continue
            seen, state = held[key]
            outbox.change_balance(tx, key, seen=seen, seen_at=data.fetched_at, seen_state=state)
            edited += self._compare(tx, key, seen, now)
        return edited

    def _compare(self, tx: Connection, key: str, seen: float, now: datetime) -> int:
        balance = outbox.balance(tx, key)
        assert balance is not None
        cause = f"target:{key}/edited-in-odoo"
        if same_quantity(seen, balance.expected):
            review.resolve_cause(
                tx, cause, "the console", "agrees again", "Odoo holds what was verified", now
            )
            return 0
        about = outbox.last_of_target(tx, key)
        if about is None:
            return 0
        open_edited(tx, balance, about, now)
        return 1
