"""The mirror of Odoo's master data, and what is known of the link to Odoo."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select, update

from console.domain.master_data import (
    BomUse,
    Lot,
    MasterData,
    Operation,
    OperationState,
    Order,
    OrderState,
    Product,
    Tracking,
    Unit,
    WorkCenter,
)
from console.store import floor_master, stock_master
from console.store.mirrored import put
from console.store.schema import (
    bom_uses,
    lots,
    odoo_link,
    operations,
    orders,
    products,
    units,
    work_centers,
)


@dataclass(frozen=True, slots=True)
class OdooLinkRow:
    """What the edge last knew of Odoo. ``state``: up, down, refused, unknown.

    Attributes:
        parts_missing: what this Odoo has not, or does not let us read, in words.
        stock_at: when the fetch began from which it is known where lots lie.
    """

    state: str
    since: datetime
    reason: str
    remedy: str
    synced_at: datetime | None
    whole_at: datetime | None
    watermark: datetime | None
    clock_offset_s: float | None
    parts_missing: tuple[str, ...] = ()
    stock_at: datetime | None = None


def _put(tx: Connection, table: Table, rows: Iterable[Any], extra: dict[str, Any] | None = None) -> None:
    put(tx, table, [_values(row) | (extra or {}) for row in rows])


def _values(row: Any) -> dict[str, Any]:
    return {k: (list(v) if isinstance(v, tuple) else v) for k, v in asdict(row).items()}


def _put_bom_uses(tx: Connection, rows: Iterable[BomUse]) -> None:
    """Replaces the components of the orders among them, where they changed."""
    told: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        told.setdefault(row.order_id, []).append(_values(row))
    held: dict[int, list[dict[str, Any]]] = {}
    for r in tx.execute(select(bom_uses)).mappings():
        held.setdefault(r["order_id"], []).append(dict(r))
    for order_id, uses in told.items():
        # an order may name a product in several lines; the last one stands, as the table holds one
        fresh = {u["product_id"]: u for u in uses}
        if fresh != {u["product_id"]: u for u in held.get(order_id, ())}:
            tx.execute(delete(bom_uses).where(bom_uses.c.order_id == order_id))
            tx.execute(insert(bom_uses), list(fresh.values()))


def store(tx: Connection, data: MasterData) -> None:
    """Takes a fetch over. What a whole fetch no longer holds is marked as gone, never removed."""
    if data.whole:
        for table, seen in ((orders, data.orders), (operations, data.operations)):
            ids = [r.id for r in seen]
            tx.execute(update(table).where(table.c.id.not_in(ids)).values(gone=True))
    _put(tx, work_centers, data.work_centers)
    _put(tx, units, data.units)
    _put(tx, products, data.products)
    _put(tx, orders, data.orders, {"gone": False})
    _put(tx, operations, data.operations, {"gone": False})
    _put(tx, lots, data.lots)
    _put_bom_uses(tx, data.bom_uses)
    if data.floor_fetched:
        floor_master.store(tx, data)
    if data.stock_fetched:
        stock_master.store(tx, data)
        tx.execute(update(odoo_link).values(stock_at=data.fetched_at))


def product_ids(tx: Connection) -> tuple[int, ...]:
    """Every product that the mirror knows."""
    return tuple(tx.execute(select(products.c.id)).scalars())


def link(tx: Connection) -> OdooLinkRow | None:
    """What is known of the link; None before the first word."""
    r = tx.execute(select(odoo_link)).first()
    if r is None:
        return None
    return OdooLinkRow(
        r.state,
        r.since,
        r.reason,
        r.remedy,
        r.synced_at,
        r.whole_at,
        r.watermark,
        r.clock_offset_s,
        tuple(r.parts_missing),
        r.stock_at,
    )


def set_link(tx: Connection, state: str, reason: str, remedy: str, now: datetime) -> bool:
    """Keeps the link's state; True where it changed (a loss is told once, its end once)."""
    known = link(tx)
    if known is None:
        tx.execute(insert(odoo_link).values(id=1, state=state, since=now, reason=reason, remedy=remedy))
        return True
    if (known.state, known.reason) == (state, reason):
        return False
    since = known.since if known.state == state else now
    tx.execute(update(odoo_link).values(state=state, since=since, reason=reason, remedy=remedy))
    return known.state != state


def set_synced(
    tx: Connection,
    at: datetime,
    whole: bool,
    watermark: datetime | None,
    clock_offset_s: float | None,
    parts_missing: Sequence[str] | None = None,
) -> None:
    """Keeps when the mirror was last fresh, and what Odoo does not give (None: as known)."""
    values: dict[str, Any] = {"synced_at": at, "watermark": watermark, "clock_offset_s": clock_offset_s}
    if whole:
        values["whole_at"] = at
    if parts_missing is not None:
        values["parts_missing"] = list(parts_missing)
    tx.execute(update(odoo_link).values(**values))


def age(tx: Connection, now: datetime) -> timedelta | None:
    """How old the mirror is."""
    known = link(tx)
    return now - known.synced_at if known is not None and known.synced_at is not None else None


def _order(r: Any) -> Order:
    return Order(
        r.id,
        r.reference,
        OrderState(r.state),
        r.product_id,
        r.unit_id,
        r.quantity,
        r.producing,
        tuple(r.lot_ids),
        r.has_operations,
        r.start,
    )


def _operation(r: Any) -> Operation:
    return Operation(
        r.id,
        r.order_id,
        r.work_center_id,
        r.name,
        OperationState(r.state),
        r.quantity,
        r.produced,
        r.sequence,
    )


@dataclass(frozen=True, slots=True)
class Mirror:
    """The mirror as read in one transaction, with the look-ups that rules and screens need."""

    work_centers: tuple[WorkCenter, ...]
    units: tuple[Unit, ...]
    products: dict[int, Product]
    orders: dict[int, Order]
    operations: dict[int, Operation]
    lots: tuple[Lot, ...]
    bom_uses: tuple[BomUse, ...]

    def work_center(self, code_or_name: str) -> WorkCenter | None:
        """By code, else by name."""
        by_code = [w for w in self.work_centers if w.code == code_or_name]
        by_name = [w for w in self.work_centers if w.name == code_or_name]
        return next(iter(by_code or by_name), None)

    def unit(self, name: str) -> Unit | None:
        """By name, whatever its case; Odoo's names are translated, so the plant file uses the same."""
        return next((u for u in self.units if u.name.lower() == name.lower()), None)

    def unit_by_id(self, unit_id: int) -> Unit | None:
        """By Odoo's id."""
        return next((u for u in self.units if u.id == unit_id), None)

    def order(self, reference: str) -> Order | None:
        """By reference; the newest where a backorder took the name over."""
        found = [o for o in self.orders.values() if o.reference == reference]
        return max(found, key=lambda o: o.id, default=None)

    def operation_at(self, order_id: int, work_center_id: int) -> Operation | None:
        """The order's operation on a work center; an open one before a closed one, then the earliest."""
        found = [
            op
            for op in self.operations.values()
            if op.order_id == order_id and op.work_center_id == work_center_id
        ]
        closed = (OperationState.DONE, OperationState.CANCEL)
        return min(found, key=lambda op: (op.state in closed, op.sequence, op.id), default=None)

    def lot(self, name: str, product_id: int) -> Lot | None:
        """By name and product."""
        return next((x for x in self.lots if x.name == name and x.product_id == product_id), None)


def mirror(tx: Connection) -> Mirror:
    """Reads the whole mirror (some thousand rows at most: open orders and what they need)."""
    return Mirror(
        work_centers=tuple(
            WorkCenter(r.id, r.code, r.name, r.active) for r in tx.execute(select(work_centers))
        ),
        units=tuple(
            Unit(r.id, r.name, r.root_id, r.factor, r.rounding, r.active) for r in tx.execute(select(units))
        ),
        products={
            r.id: Product(r.id, r.code, r.name, r.unit_id, Tracking(r.tracking), r.active)
            for r in tx.execute(select(products))
        },
        orders={r.id: _order(r) for r in tx.execute(select(orders).where(~orders.c.gone))},
        operations={r.id: _operation(r) for r in tx.execute(select(operations).where(~operations.c.gone))},
        lots=tuple(Lot(r.id, r.name, r.product_id) for r in tx.execute(select(lots))),
        bom_uses=tuple(
            BomUse(
                r.order_id,
                r.product_id,
                r.product_name,
                r.unit_name,
                r.per_unit,
                r.unit_id,
                r.location_id,
                r.tracked,
                r.code,
            )
            for r in tx.execute(select(bom_uses))
        ),
    )
