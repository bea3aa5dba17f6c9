"""Fetches the mirror of Odoo's master data: everything, or what changed since a watermark.

Work centers and units are few and always fetched whole (a work center's name lives in another record, whose
change does not touch the work center). Orders are the open ones, and any that changed: so a closing is
seen. Operations, components and products of open orders are fetched each time: neither a first work order's
quantity nor a product's change touches the order. Lots are many: only the changed ones, and all of a product
whose order is new.

What stops and maintenance need (floor_data) is fetched each time too; where lots lie and what was made of
them (stock_data) only where asked for: it takes several times as many calls.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from console.domain.master_data import (
    OPEN_ORDER_STATES,
    BomUse,
    Lot,
    MasterData,
    Operation,
    Order,
    Product,
    Unit,
    WorkCenter,
)
from console.odoo import mapping
from console.odoo.client import OdooClient, Row
from console.odoo.errors import OdooConfiguration
from console.odoo.floor_data import fetch_floor_data
from console.odoo.stock_data import StockParts, fetch_quality_data

# write_date is the start of the writing transaction, which may be committed much later
OVERLAP = timedelta(minutes=10)
IDS_PER_CALL = 500
ARCHIVED_TOO = ["active", "in", [True, False]]
OPEN = sorted(s.value for s in OPEN_ORDER_STATES)

Item = TypeVar("Item")
Known = TypeVar("Known", Lot, Product)


async def fetch_master_data(
    client: OdooClient,
    since: datetime | None,
    *,
    ticket_ids: Iterable[int] = (),
    product_ids: Iterable[int] = (),
    stock: bool = True,
) -> MasterData:
    """Fetch the mirror.

    Args:
        since: the watermark of the last fetch; None fetches everything.
        ticket_ids: maintenance tickets to fetch whatever their stage.
        product_ids: products whose lots are followed, besides those of the orders in hand.
        stock: False leaves out where lots lie, what was made of them, and the quality tests.

    Raises:
        OdooError: classified; nothing partial is returned.
    """
    fetched_at = datetime.now(UTC)
    fetch = _Fetch(client, since)
    work_centers = await fetch.work_centers()
    units = await fetch.units()
    orders = await fetch.orders()
    open_ids = [o.id for o in orders if o.state in OPEN_ORDER_STATES]
    operations = await fetch.operations([o.id for o in orders])
    bom_uses = await fetch.bom_uses(open_ids)
    products = await fetch.products(sorted({o.product_id for o in orders}))
    lots = await fetch.lots(orders)
    floor = await fetch_floor_data(client, ticket_ids)
    used = {*product_ids, *(p.id for p in products), *(u.product_id for u in bom_uses)}
    more = await fetch_quality_data(client, used) if stock else StockParts()
    return MasterData(
        fetched_at=fetched_at,
        whole=since is None,
        watermark=fetch.newest,
        work_centers=work_centers,
        units=units,
        products=_together(products, more.products),
        orders=orders,
        operations=operations,
        lots=_together(lots, more.lots),
        bom_uses=bom_uses,
        loss_reasons=floor.loss_reasons,
        equipments=floor.equipments,
        maintenance_teams=floor.maintenance_teams,
        maintenance_tickets=floor.maintenance_tickets,
        quality_tests=more.quality_tests,
        locations=more.locations,
        lot_stock=more.lot_stock,
        lot_links=more.lot_links,
        floor_fetched=True,
        stock_fetched=stock,
        tickets_asked=floor.tickets_asked,
        floor_missing=floor.missing,
        stock_missing=more.missing,
    )


async def lots_field(client: OdooClient) -> str:
    """The field of an order's lots: ``lot_producing_ids`` in 19, ``lot_producing_id`` before."""
    return await field_among(client, "mrp.production", ("lot_producing_ids", "lot_producing_id"))


async def field_among(client: OdooClient, model: str, names: Sequence[str]) -> str:
    """The first of the names that the model has.

    Raises:
        OdooConfiguration: it has none of them.
    """
    fields = await client.fields_of(model)
    for name in names:
        if name in fields:
            return name
    raise OdooConfiguration(
        f"Odoo's {model} has none of the fields {', '.join(names)}.",
        "This version of Odoo is not one that the console knows; docs/odoo.md names those that were tried.",
    )


class _Fetch:
    """One fetch: remembers the newest write_date and which orders are new or changed."""

    def __init__(self, client: OdooClient, since: datetime | None) -> None:
        self._client = client
        self._since = mapping.to_odoo(since - OVERLAP) if since else None
        self._changed: set[int] = set()
        self.newest = since

    async def work_centers(self) -> tuple[WorkCenter, ...]:
        rows = await self._all("mrp.workcenter", [ARCHIVED_TOO], mapping.WORK_CENTER_FIELDS)
        return _mapped(mapping.work_center, rows)

    async def units(self) -> tuple[Unit, ...]:
        return mapping.units(await self._all("uom.uom", [ARCHIVED_TOO], mapping.UNIT_FIELDS))

    async def orders(self) -> tuple[Order, ...]:
        """Open orders, and those that changed."""
        field = await lots_field(self._client)
        domain: list[Any] = [["state", "in", OPEN]]
        if self._since:
            domain = ["|", *domain, ["write_date", ">=", self._since]]
        rows = await self._all("mrp.production", domain, (*mapping.ORDER_FIELDS, field))
        self._changed = {
            row["id"] for row in rows if self._since is None or str(row["write_date"]) >= self._since
        }
        return tuple(mapping.order(row, field) for row in rows)

    async def operations(self, order_ids: list[int]) -> tuple[Operation, ...]:
        """All operations of the orders in hand, and any that changed elsewhere."""
        rows: dict[int, Row] = {}
        for part in _parts(order_ids):
            domain = [["production_id", "in", part]]
            for row in await self._all("mrp.workorder", domain, mapping.OPERATION_FIELDS):
                rows[row["id"]] = row
        if self._since:
            changed = [["write_date", ">=", self._since], ["production_id", "not in", order_ids]]
            for row in await self._all("mrp.workorder", changed, mapping.OPERATION_FIELDS):
                rows[row["id"]] = row
        return _mapped(mapping.operation, rows.values())

    async def bom_uses(self, order_ids: list[int]) -> tuple[BomUse, ...]:
        found: list[BomUse] = []
        for part in _parts(order_ids):
            domain = [["raw_material_production_id", "in", part], ["state", "not in", ["done", "cancel"]]]
            rows = await self._all("stock.move", domain, mapping.BOM_USE_FIELDS)
            found += _mapped(mapping.bom_use, rows)
        return tuple(found)

    async def products(self, product_ids: list[int]) -> tuple[Product, ...]:
        found: list[Product] = []
        for part in _parts(product_ids):
            found += _mapped(
                mapping.product, await self._client.read("product.product", part, mapping.PRODUCT_FIELDS)
            )
        return tuple(found)

    async def lots(self, orders: Iterable[Order]) -> tuple[Lot, ...]:
        """Lots of the products of open orders."""
        known = [o for o in orders if o.state in OPEN_ORDER_STATES]
        fresh = sorted({o.product_id for o in known if o.id in self._changed})
        older = sorted({o.product_id for o in known} - set(fresh))
        used = sorted({lot for o in known for lot in o.lot_ids})
        domains: list[list[Any]] = [[["product_id", "in", part]] for part in _parts(fresh)]
        # a lot of another product on an order is an error that a rule must be able to name
        domains += [[["id", "in", part]] for part in _parts(used)]
        if self._since:
            changed: list[Any] = ["write_date", ">=", self._since]
            domains += [[["product_id", "in", part], changed] for part in _parts(older)]
        rows: dict[int, Row] = {}
        for domain in domains:
            for row in await self._all("stock.lot", domain, mapping.LOT_FIELDS):
                rows[row["id"]] = row
        return _mapped(mapping.lot, rows.values())

    async def _all(self, model: str, domain: list[Any], fields: Sequence[str]) -> list[Row]:
        """Every page, and the watermark kept up."""
        rows: list[Row] = []
        async for page in self._client.pages(model, domain, fields):
            rows += page
        if "write_date" in fields:
            for row in rows:
                written = mapping.Record(model, row).moment("write_date")
                if written is not None and (self.newest is None or written > self.newest):
                    self.newest = written
        return rows


def _mapped(make: Callable[[Row], Item], rows: Iterable[Row]) -> tuple[Item, ...]:
    return tuple(make(row) for row in rows)


def _together(first: Iterable[Known], more: Iterable[Known]) -> tuple[Known, ...]:
    """Both, each id once."""
    found: dict[int, Known] = {row.id: row for row in first}
    for row in more:
        found.setdefault(row.id, row)
    return tuple(found.values())


def _parts(ids: list[int]) -> Iterable[list[int]]:
    for start in range(0, len(ids), IDS_PER_CALL):
        yield ids[start : start + IDS_PER_CALL]
