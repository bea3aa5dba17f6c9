"""The mirror of where lots lie in Odoo, what was made of them, and the quality tests."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from sqlalchemy import Connection, Table, and_, delete, insert, select, update

from console.domain.master_data import (
    Location,
    Lot,
    LotLink,
    LotStock,
    Product,
    QualityQuestion,
    QualityTest,
)
from console.store.schema import locations as locations_table
from console.store.schema import lot_links, lot_stock, lots, products
from console.store.schema import quality_tests as tests_table

LOTS_PER_QUESTION = 500


class Parts(Protocol):
    """What a fetch gives (console.odoo.stock_data.StockParts, or MasterData): each part whole."""

    @property
    def locations(self) -> Sequence[Location]: ...
    @property
    def lot_stock(self) -> Sequence[LotStock]: ...
    @property
    def lot_links(self) -> Sequence[LotLink]: ...
    @property
    def quality_tests(self) -> Sequence[QualityTest]: ...
    @property
    def lots(self) -> Sequence[Lot]: ...
    @property
    def products(self) -> Sequence[Product]: ...


@dataclass(frozen=True, slots=True)
class LotPlace:
    """How much of a lot lies in one location, in the product's unit.

    Attributes:
        location: its full name; "" where the location is not known here.
        usage: Odoo's word: internal, customer, inventory, transit, ...
    """

    lot_id: int
    product_id: int
    location_id: int
    location: str
    usage: str
    quantity: float
    reserved: float


@dataclass(frozen=True, slots=True)
class MadeLot:
    """A lot that has another one in it.

    Attributes:
        depth: 1 where it was made of that lot itself, 2 where it was made of such a one, ...
        name, product_id: "" and 0 where the lot is not known here.
        order_reference: the order that made it.
    """

    lot_id: int
    depth: int
    name: str
    product_id: int
    order_reference: str


def store(tx: Connection, parts: Parts) -> None:
    """Takes a fetch over. What it does not hold is gone; locations and tests that are gone stay marked, since
    holds and inspections name them. Writes only what changed.
    """
    _keep(tx, locations_table, [asdict(r) for r in parts.locations])
    _keep(tx, tests_table, [asdict(r) for r in parts.quality_tests])
    _replace(tx, lot_stock, [asdict(r) for r in parts.lot_stock])
    _replace(tx, lot_links, [asdict(r) for r in parts.lot_links])
    _put(tx, lots, [asdict(r) for r in parts.lots])
    _put(tx, products, [asdict(r) for r in parts.products])


def locations(tx: Connection) -> tuple[Location, ...]:
    """All that Odoo has, archived ones too."""
    found = tx.execute(
        select(locations_table).where(~locations_table.c.gone).order_by(locations_table.c.name)
    )
    return tuple(Location(r.id, r.name, r.usage, r.active) for r in found)


def location(tx: Connection, full_name: str) -> Location | None:
    """By its full name, such as WH/Quarantine; one in use before an archived one."""
    found = [x for x in locations(tx) if x.name == full_name]
    return min(found, key=lambda x: (not x.active, x.id), default=None)


def scrap_location(tx: Connection) -> Location | None:
    """Where scrap is moved: the inventory loss location named so, else the one that Odoo itself takes (its
    first); Odoo 19 has but one, "Inventory adjustment".
    """
    lost = [x for x in locations(tx) if x.usage == "inventory" and x.active]
    return min(lost, key=lambda x: ("scrap" not in x.name.casefold(), x.id), default=None)


def stock_of_lot(tx: Connection, lot_id: int) -> tuple[LotPlace, ...]:
    """Where the lot lies, the largest quantity first; as of the last refresh."""
    asked = (
        select(lot_stock, locations_table.c.name, locations_table.c.usage)
        .outerjoin(locations_table, locations_table.c.id == lot_stock.c.location_id)
        .where(lot_stock.c.lot_id == lot_id)
        .order_by(lot_stock.c.quantity.desc(), lot_stock.c.location_id)
    )
    return tuple(
        LotPlace(r.lot_id, r.product_id, r.location_id, r.name or "", r.usage or "", r.quantity, r.reserved)
        for r in tx.execute(asked)
    )


def children_of(tx: Connection, lot_id: int) -> tuple[MadeLot, ...]:
    """Every lot that has this one in it, near or far, each once at its least depth; rings do no harm."""
    seen = {lot_id}
    found: list[tuple[int, int, str]] = []
    front, depth = [lot_id], 0
    while front:
        depth += 1
        fresh: dict[int, str] = {}
        for part in _slices(front):
            asked = (
                select(lot_links)
                .where(lot_links.c.parent_lot_id.in_(part))
                .order_by(lot_links.c.child_lot_id)
            )
            for r in tx.execute(asked):
                if r.child_lot_id not in seen:
                    fresh.setdefault(r.child_lot_id, r.order_reference)
        seen |= set(fresh)
        found += [(child, depth, reference) for child, reference in fresh.items()]
        front = list(fresh)
    known = _lots(tx, [child for child, _, _ in found])
    return tuple(
        MadeLot(child, depth, *known.get(child, ("", 0)), reference) for child, depth, reference in found
    )


def quality_tests(tx: Connection) -> tuple[QualityTest, ...]:
    """The tests in use, by name."""
    asked = select(tests_table).where(~tests_table.c.gone, tests_table.c.active).order_by(tests_table.c.name)
    return tuple(_test(r) for r in tx.execute(asked))


def quality_test(tx: Connection, test_id: int) -> QualityTest | None:
    """One test, in use or not; None where it is not (or no longer) in Odoo."""
    r = tx.execute(select(tests_table).where(tests_table.c.id == test_id, ~tests_table.c.gone)).first()
    return _test(r) if r is not None else None


# ---------------------------------------------------------------- rows


def _test(r: Any) -> QualityTest:
    questions = tuple(
        QualityQuestion(**{**q, "answers": tuple((int(i), str(t), bool(ok)) for i, t, ok in q["answers"])})
        for q in r.questions
    )
    return QualityTest(r.id, r.name, questions, r.active)


def _lots(tx: Connection, ids: Sequence[int]) -> dict[int, tuple[str, int]]:
    found: dict[int, tuple[str, int]] = {}
    for part in _slices(ids):
        found |= {r.id: (r.name, r.product_id) for r in tx.execute(select(lots).where(lots.c.id.in_(part)))}
    return found


def _slices(ids: Sequence[int]) -> Iterable[Sequence[int]]:
    for at in range(0, len(ids), LOTS_PER_QUESTION):
        yield ids[at : at + LOTS_PER_QUESTION]


Key = tuple[Any, ...]
Values = Mapping[str, Any]


def _keys(table: Table) -> list[str]:
    return [c.name for c in table.primary_key.columns]


def _held(tx: Connection, table: Table) -> dict[Key, dict[str, Any]]:
    keys = _keys(table)
    return {tuple(r[k] for k in keys): dict(r) for r in tx.execute(select(table)).mappings()}


def _keep(tx: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Rows are put; what is not among them is marked as gone."""
    held = _put(tx, table, [{**r, "gone": False} for r in rows])
    here = {r["id"] for r in rows}
    lost = [key[0] for key, row in held.items() if key[0] not in here and not row["gone"]]
    if lost:
        tx.execute(update(table).where(table.c.id.in_(lost)).values(gone=True))


def _replace(tx: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Rows are put; what is not among them is removed."""
    held = _put(tx, table, rows)
    keys = _keys(table)
    for key in held.keys() - {tuple(r[k] for k in keys) for r in rows}:
        tx.execute(delete(table).where(_is(table, key)))


def _put(tx: Connection, table: Table, rows: Sequence[Values]) -> dict[Key, dict[str, Any]]:
    """Inserts what is new, updates what changed; returns what was held before."""
    keys, held = _keys(table), _held(tx, table)
    fresh = []
    for row in rows:
        values = {name: _plain(value) for name, value in row.items()}
        key = tuple(values[k] for k in keys)
        before = held.get(key)
        if before is None:
            fresh.append(values)
        elif any(before[name] != value for name, value in values.items()):
            tx.execute(update(table).where(_is(table, key)).values(**values))
    if fresh:
        tx.execute(insert(table), fresh)
    return held


def _is(table: Table, key: Key) -> Any:
    return and_(*(table.c[name] == value for name, value in zip(_keys(table), key, strict=True)))


def _plain(value: Any) -> Any:
    """As it comes back from a JSON column, so that what did not change is seen not to have changed."""
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    return value
