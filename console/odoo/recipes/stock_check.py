"""Looks whether a transfer can be booked as decided: Odoo itself would not.

Odoo moves what it does not have (the stock goes negative), takes what is reserved for others, and moves into
archived locations, all without a word. Each rule here answers with why not and what to do, in words that name
lot, place and quantity.

Quantities of different quants are summed, since Odoo splits them under concurrency. What lies in a package or
belongs to somebody else is not counted: a transfer of loose stock would make a negative quant beside it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from console.domain.master_data import Tracking, Unit
from console.domain.records import PostingKind
from console.domain.units import convert, convertible
from console.domain.validate import number
from console.odoo import mapping
from console.odoo.client import OdooClient
from console.odoo.mapping import Record
from console.odoo.master_data import lots_field

# half of the smallest step of a quantity in Odoo ("Product Unit", two decimals)
QUANTITY_TOLERANCE = 0.005
ARCHIVED_TOO = ["active", "in", [True, False]]
PRODUCT_FIELDS = ("display_name", "is_storable", "tracking", "uom_id")
LOCATION_FIELDS = ("complete_name", "usage", "active", "warehouse_id", "parent_path")
QUANT_FIELDS = (
    "product_id",
    "lot_id",
    "location_id",
    "package_id",
    "owner_id",
    "quantity",
    "reserved_quantity",
)
# where stock lies that may be moved
IN_PLANT = ("internal", "transit")
DESTINATIONS = {
    PostingKind.HOLD: ("internal",),
    PostingKind.RELEASE: ("internal",),
    PostingKind.SCRAP: ("inventory",),
}
MOST_NAMED = 5
LEFT = "Decide anew about what is left, or reject it with a reason."
MEND = "Correct it in Odoo and try again, or reject it with a reason."
ANEW = "Refresh master data and decide anew."

Refusal = tuple[str, str]
Place = tuple[int, int | None, int]
"""Product, lot (None where it has none) and location, by id."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a transfer; the quantity is in ``unit_id``."""

    product_id: int
    lot_id: int | None
    unit_id: int
    quantity: float
    source_id: int
    destination_id: int

    @property
    def place(self) -> Place:
        """Where it is taken from."""
        return self.product_id, self.lot_id, self.source_id


@dataclass(frozen=True, slots=True)
class Own:
    """The transfer itself, where it stands in Odoo already.

    Attributes:
        reserved: by its lines, in the product's unit.
    """

    picking_id: int
    reserved: Mapping[Place, float]


NOTHING_YET = Own(0, {})


async def refusal(
    client: OdooClient,
    kind: PostingKind,
    lines: Sequence[Line],
    *,
    own: Own = NOTHING_YET,
    take_reserved: bool = False,
) -> Refusal | None:
    """Why the transfer cannot be booked, and what to do; None where it can.

    Args:
        take_reserved: what is reserved for others is taken from them, unless they have it in hand already
            ("picked" in Odoo): their transfer would then make the stock negative.

    Raises:
        OdooError: Odoo could not be asked.
    """
    facts = await _facts(client, lines)
    for line in lines:
        told = facts.product_refusal(line) or facts.place_refusal(kind, line)
        if told is not None:
            return told
    under = await _under_stock(client, kind, facts, lines)
    return under or await _shortage(client, facts, lines, own, take_reserved)


# ---------------------------------------------------------------- what is named


@dataclass(frozen=True, slots=True)
class _Facts:
    """The records that the lines name, by id; those that are gone are absent."""

    products: Mapping[int, Record]
    lots: Mapping[int, Record]
    locations: Mapping[int, Record]
    units: Mapping[int, Unit]

    def thing(self, place: Place) -> str:
        """What is moved: "lot L-1 of Juice"."""
        product_id, lot_id, _ = place
        product = self.products[product_id].text("display_name")
        return f"lot {self.lots[lot_id].text('name')} of {product}" if lot_id is not None else product

    def unit(self, product_id: int) -> Unit:
        """The unit in which the product's stock is kept."""
        return self.units[self.products[product_id].reference("uom_id")]

    def needed(self, lines: Iterable[Line]) -> dict[Place, float]:
        """How much is taken from each place, in the product's unit."""
        needs: dict[Place, float] = defaultdict(float)
        for line in lines:
            needs[line.place] += convert(line.quantity, self.units[line.unit_id], self.unit(line.product_id))
        return needs

    def product_refusal(self, line: Line) -> Refusal | None:
        product = self.products.get(line.product_id)
        if product is None:
            return f"Product {line.product_id} is gone from Odoo.", ANEW
        name = product.text("display_name")
        if not product.flag("is_storable"):
            return f"Odoo keeps no stock of {name} (Track Inventory is off): there is nothing to move.", MEND
        if line.lot_id is None and product.choice("tracking", Tracking) is not Tracking.NONE:
            return f"{name} is tracked by lot, and no lot is named.", ANEW
        if line.lot_id is not None:
            lot = self.lots.get(line.lot_id)
            if lot is None:
                return f"Lot {line.lot_id} of {name} is gone from Odoo.", ANEW
            if lot.reference("product_id") != line.product_id:
                return f"Lot {lot.text('name')} belongs to another product than {name}.", ANEW
        unit = self.units.get(line.unit_id)
        if unit is None or not convertible(unit, self.unit(line.product_id)):
            told = unit.name if unit is not None else f"unit {line.unit_id}"
            kept = self.unit(line.product_id).name
            return f"{name} is kept in {kept}; a quantity in {told} cannot be told in it.", ANEW
        return None

    def place_refusal(self, kind: PostingKind, line: Line) -> Refusal | None:
        for location_id in (line.source_id, line.destination_id):
            place = self.locations.get(location_id)
            if place is None:
                return f"Location {location_id} is gone from Odoo.", ANEW
            if not place.flag("active"):
                return f"The location {place.text('complete_name')} is archived in Odoo.", MEND
        source, destination = self.locations[line.source_id], self.locations[line.destination_id]
        name = destination.text("complete_name")
        if source.text("usage") not in IN_PLANT:
            where = f"{source.text('complete_name')} ({source.text('usage')})"
            return f"Stock can only be taken from inside the plant, not from {where}.", ANEW
        if destination.text("usage") not in DESTINATIONS[kind]:
            wanted = "inventory loss" if kind is PostingKind.SCRAP else "internal"
            why = f"{name} is no {wanted} location in Odoo ({destination.text('usage')})."
            return why, "Name another location in the plant file, or correct this one in Odoo."
        return None


async def _facts(client: OdooClient, lines: Sequence[Line]) -> _Facts:
    products = await _by_id(client, "product.product", {x.product_id for x in lines}, PRODUCT_FIELDS)
    lots = await _by_id(
        client, "stock.lot", {x.lot_id for x in lines if x.lot_id is not None}, mapping.LOT_FIELDS
    )
    ids = {i for x in lines for i in (x.source_id, x.destination_id)}
    locations = await _by_id(client, "stock.location", ids, LOCATION_FIELDS)
    rows = await client.search_read("uom.uom", [ARCHIVED_TOO], mapping.UNIT_FIELDS)
    return _Facts(products, lots, locations, {u.id: u for u in mapping.units(rows)})


async def _by_id(
    client: OdooClient, model: str, ids: Iterable[int], fields: Sequence[str]
) -> dict[int, Record]:
    return {row["id"]: Record(model, row) for row in await client.read(model, sorted(ids), fields)}


async def _under_stock(
    client: OdooClient, kind: PostingKind, facts: _Facts, lines: Sequence[Line]
) -> Refusal | None:
    """A quarantine below the stock location holds nothing back: orders and deliveries take from there too."""
    if kind is not PostingKind.HOLD:
        return None
    rows = await client.search_read("stock.warehouse", [], ["lot_stock_id"])
    stocks = {r.reference("lot_stock_id"): r.title("lot_stock_id") for r in _records("stock.warehouse", rows)}
    for line in lines:
        place = facts.locations[line.destination_id]
        for above in (int(part) for part in place.text("parent_path").split("/") if part):
            if above in stocks:
                why = (
                    f"{place.text('complete_name')} lies under {stocks[above]}: orders and deliveries would "
                    "still take what is held there."
                )
                return why, "Move the quarantine location beside the stock location in Odoo, then try again."
    return None


# ---------------------------------------------------------------- how much is there


async def _shortage(
    client: OdooClient,
    facts: _Facts,
    lines: Sequence[Line],
    own: Own,
    take_reserved: bool,
) -> Refusal | None:
    domain = [
        ["product_id", "in", sorted({x.product_id for x in lines})],
        ["location_id", "in", sorted({x.source_id for x in lines})],
    ]
    quants = _records("stock.quant", await client.search_read("stock.quant", domain, QUANT_FIELDS))
    for place, need in facts.needed(lines).items():
        here = [q for q in quants if _place(q) == place]
        loose = [q for q in here if not _bound(q)]
        free = sum(q.number("quantity") - q.number("reserved_quantity") for q in loose)
        free += own.reserved.get(place, 0.0)
        if free + QUANTITY_TOLERANCE >= need:
            continue
        others = await _reservations(client, place, own.picking_id)
        if take_reserved:
            free += sum(r.number("quantity_product_uom") for r in others if not r.flag("picked"))
        if free + QUANTITY_TOLERANCE >= need:
            continue
        reasons = [
            *await _elsewhere(client, place),
            *_told_reserved(others),
            *await _in_the_making(client, place),
            *[_told_bound(q) for q in here if _bound(q) and q.number("quantity") > 0],
        ]
        unit = facts.unit(place[0]).name
        where = facts.locations[place[2]].text("complete_name")
        words = (
            f"Too little is there: {number(need)} {unit} of {facts.thing(place)} were to be taken from "
            f"{where}, and {number(max(free, 0.0))} are free"
        )
        return f"{words}{' (' + '; '.join(reasons) + ')' if reasons else ''}.", LEFT
    return None


async def _elsewhere(client: OdooClient, place: Place) -> list[str]:
    """Where else the lot lies: what left the plant first, since that cannot be held any more."""
    product_id, lot_id, location_id = place
    if lot_id is None:
        return []
    domain = [
        ["product_id", "=", product_id],
        ["lot_id", "=", lot_id],
        ["location_id", "!=", location_id],
        ["quantity", ">", 0],
        ["location_id.usage", "in", ["customer", *IN_PLANT, "inventory", "production", "supplier"]],
    ]
    fields = ["location_id", "quantity"]
    found = _records("stock.quant", await client.search_read("stock.quant", domain, fields))
    ids = {q.reference("location_id") for q in found}
    places = await _by_id(client, "stock.location", ids, LOCATION_FIELDS)
    sums: dict[int, float] = defaultdict(float)
    for quant in found:
        sums[quant.reference("location_id")] += quant.number("quantity")
    shipped: list[str] = []
    other: list[str] = []
    for id_, quantity in sums.items():
        words = f"{number(quantity)} in {places[id_].text('complete_name')}"
        (shipped if places[id_].text("usage") == "customer" else other).append(words)
    told = [f"lot already shipped: {', '.join(shipped)}"] if shipped else []
    return [*told, *other[:MOST_NAMED]]


async def _reservations(client: OdooClient, place: Place, own_id: int) -> list[Record]:
    """Open lines of others that reserve loose stock there."""
    product_id, lot_id, location_id = place
    domain = [
        ["product_id", "=", product_id],
        ["lot_id", "=", lot_id or False],
        ["location_id", "=", location_id],
        ["package_id", "=", False],
        ["owner_id", "=", False],
        *(["|", ["picking_id", "=", False], ["picking_id", "!=", own_id]] if own_id else []),
        ["state", "not in", ["done", "cancel"]],
        ["quantity", ">", 0],
    ]
    fields = ["reference", "picked", "quantity_product_uom"]
    return _records("stock.move.line", await client.search_read("stock.move.line", domain, fields))


def _told_reserved(others: Sequence[Record]) -> list[str]:
    """For what it is reserved."""
    if not others:
        return []
    names = sorted({r.text("reference") for r in others} - {""})[:MOST_NAMED]
    reserved = sum(r.number("quantity_product_uom") for r in others)
    return [f"{number(reserved)} reserved{' for ' + ', '.join(names) if names else ''}"]


async def _in_the_making(client: OdooClient, place: Place) -> list[str]:
    """Open orders that make the lot: Odoo has stock of it only once they are closed."""
    if place[1] is None:
        return []
    field = await lots_field(client)
    domain = [[field, "in", [place[1]]], ["state", "not in", ["draft", "done", "cancel"]]]
    rows = await client.search_read("mrp.production", domain, ["name"], limit=MOST_NAMED)
    names = [r.text("name") for r in _records("mrp.production", rows)]
    return [f"{', '.join(names)} still makes it: it is in stock once that order is closed"] if names else []


def _place(quant: Record) -> Place:
    return quant.reference("product_id"), quant.optional_reference("lot_id"), quant.reference("location_id")


def _bound(quant: Record) -> bool:
    """In a package, or somebody else's."""
    return (
        quant.optional_reference("package_id") is not None or quant.optional_reference("owner_id") is not None
    )


def _told_bound(quant: Record) -> str:
    quantity = number(quant.number("quantity"))
    if quant.optional_reference("package_id") is not None:
        return f"{quantity} in the package {quant.title('package_id')}, which is moved in Odoo"
    return f"{quantity} owned by {quant.title('owner_id')}, which is moved in Odoo"


def _records(model: str, rows: Iterable[mapping.Row]) -> list[Record]:
    return [Record(model, row) for row in rows]
