"""Fetches what quality needs of Odoo: where lots lie, what was made of them, and the tests.

Always whole: stock moves all the time and leaves no mark on the lot. Bounded by the products that the plant
makes (and what was made of those), and in time for what left the plant: ``HISTORY``.

Tests are OCA's (qc.test); where those are absent, the control points (quality.point) of Odoo's own Quality
app, which is UNTESTED: see recipes/quality_check.

Lots and products of what was made from a lot are fetched along, since no open order may name them any more.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from console.domain.master_data import (
    Location,
    Lot,
    LotLink,
    LotStock,
    Product,
    QualityQuestion,
    QualityTest,
    Tracking,
)
from console.odoo import mapping
from console.odoo.client import OdooClient, Row
from console.odoo.errors import OdooConfiguration, OdooDenied
from console.odoo.mapping import Record

# how far back lots are followed that are no longer in the plant, and what was made of which
HISTORY = timedelta(days=400)
IDS_PER_CALL = 500
# products made of products made of ...: as deep as the genealogy is fetched
LONGEST_CHAIN = 12
ARCHIVED_TOO = ["active", "in", [True, False]]
IN_PLANT = ("internal", "transit")
LEFT_PLANT = ("customer", "inventory")

# Odoo's own Quality app (Enterprise); see recipes/quality_check
CHECK = "quality.check"
POINT = "quality.point"
POINT_TYPE = "quality.point.test_type"
POINT_FIELDS = ("title", "name", "test_type", "test_type_id", "team_id")
TOLERANCE_FIELDS = ("tolerance_min", "tolerance_max", "norm_unit")
MEASURE, PASS_FAIL = "measure", "passfail"
# ours and stable: Odoo has no records for the two answers
ANSWER_PASS, ANSWER_FAIL = 1, 2
# the kinds of control points that are booked, with the answers that each takes
KINDS = {MEASURE: frozenset[int](), PASS_FAIL: frozenset({ANSWER_PASS, ANSWER_FAIL})}

LOCATION_FIELDS = ("complete_name", "usage", "active")
QUANT_FIELDS = ("lot_id", "product_id", "location_id", "quantity", "reserved_quantity")
CONSUMED_FIELDS = ("lot_id", "produce_line_ids")
PRODUCED_FIELDS = ("lot_id", "product_id", "reference")
TEST_FIELDS = ("name", "test_lines", "active")
QUESTION_FIELDS = ("name", "type", "min_value", "max_value", "uom_id", "ql_values")
ANSWER_FIELDS = ("name", "ok")

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class StockParts:
    """What was fetched; each part is whole.

    Attributes:
        lot_stock: summed by lot and location (Odoo splits its quants), without what sums to nothing.
        lots, products: of ``lot_stock`` and ``lot_links``; more may be known from orders.
        missing: what this Odoo has not or does not let us read, in words; that part is empty then.
    """

    locations: tuple[Location, ...] = ()
    lot_stock: tuple[LotStock, ...] = ()
    lot_links: tuple[LotLink, ...] = ()
    quality_tests: tuple[QualityTest, ...] = ()
    lots: tuple[Lot, ...] = ()
    products: tuple[Product, ...] = ()
    missing: tuple[str, ...] = ()


async def fetch_quality_data(client: OdooClient, product_ids: Iterable[int]) -> StockParts:
    """Fetch everything.

    Args:
        product_ids: the products that the plant makes or uses; what was made of them is followed.

    Raises:
        OdooError: Odoo could not be asked, or its answer is not usable. A module that is absent, or a right
            that is lacking, is no error: see ``StockParts.missing``.
    """
    fetch = _Fetch(client, mapping.to_odoo(datetime.now(UTC) - HISTORY))
    locations: tuple[Location, ...] = await fetch.part("stock locations", fetch.locations, ())
    start = await fetch.tracked(product_ids)
    no_links: tuple[tuple[LotLink, ...], tuple[Product, ...]] = ((), start)
    links, products = await fetch.part("which lot went into which", lambda: fetch.links(start), no_links)
    no_stock: tuple[LotStock, ...] = ()
    stock = await fetch.part("stock of lots", lambda: fetch.stock([p.id for p in products]), no_stock)
    tests = await fetch.tests_or_why()
    used = {s.lot_id for s in stock} | {i for k in links for i in (k.parent_lot_id, k.child_lot_id)}
    lots = await fetch.lots(sorted(used))
    return StockParts(locations, stock, links, tests, lots, products, tuple(fetch.missing))


async def has_enterprise_quality(client: OdooClient) -> bool:
    """Whether Odoo's own Quality app is there (quality.check), by its model and never by a version."""
    try:
        await client.fields_of(CHECK)
    except OdooConfiguration:
        return False
    except OdooDenied:
        return True
    return True


async def control_points(client: OdooClient, ids: Sequence[int] | None = None) -> dict[int, Row]:
    """The control points in use of Odoo's own Quality app, by id; those of ``ids`` where given.

    Rows hold ``kind`` (Odoo's technical name, such as "measure" or "passfail") besides the fields of
    POINT_FIELDS and TOLERANCE_FIELDS that this Odoo has.

    Raises:
        OdooConfiguration: there are none in this Odoo, or they do not say their kind.
        OdooError: Odoo could not be asked.
    """
    known = await client.fields_of(POINT)
    fields = [name for name in (*POINT_FIELDS, *TOLERANCE_FIELDS) if name in known]
    domain = [] if ids is None else [["id", "in", list(ids)]]
    rows = [row async for page in client.pages(POINT, domain, fields) for row in page]
    if "test_type" in known:
        return {row["id"]: {**row, "kind": Record(POINT, row).text("test_type")} for row in rows}
    if "test_type_id" not in known:
        raise OdooConfiguration(f"Odoo's {POINT} does not say of which type a control point is.")
    found = await client.search_read(POINT_TYPE, [], ["technical_name"])
    types = {row["id"]: Record(POINT_TYPE, row).text("technical_name") for row in found}
    kinds = ((row, Record(POINT, row).optional_reference("test_type_id")) for row in rows)
    return {row["id"]: {**row, "kind": types.get(kind or 0, "")} for row, kind in kinds}


class _Fetch:
    """One fetch; collects what is missing."""

    def __init__(self, client: OdooClient, since: str) -> None:
        self._client = client
        self._since = since
        self.missing: list[str] = []

    async def part(self, title: str, fetch: Callable[[], Awaitable[Found]], otherwise: Found) -> Found:
        try:
            return await fetch()
        except OdooConfiguration:
            self.missing.append(f"{title}: the module is not installed in Odoo")
        except OdooDenied:
            self.missing.append(f"{title}: the account may not read them in Odoo")
        return otherwise

    async def locations(self) -> tuple[Location, ...]:
        rows = await self._all("stock.location", [ARCHIVED_TOO], LOCATION_FIELDS)
        return tuple(location(row) for row in rows)

    async def tracked(self, ids: Iterable[int]) -> tuple[Product, ...]:
        """Those of the products that have lots."""
        found: list[Product] = []
        for part in _parts(sorted(set(ids))):
            rows = await self._client.read("product.product", part, mapping.PRODUCT_FIELDS)
            found += [mapping.product(row) for row in rows]
        return tuple(p for p in found if p.tracking is not Tracking.NONE)

    async def links(self, products: Sequence[Product]) -> tuple[tuple[LotLink, ...], tuple[Product, ...]]:
        """What was made of lots of the products, and so on; with all products met on the way."""
        found: dict[tuple[int, int], LotLink] = {}
        known = {p.id: p for p in products}
        front = sorted(known)
        for _ in range(LONGEST_CHAIN):
            made: set[int] = set()
            for part in _parts(front):
                made |= await self._links_from(part, found)
            fresh = await self.tracked(made - set(known))
            known |= {p.id: p for p in fresh}
            front = sorted(p.id for p in fresh)
            if not front:
                break
        return tuple(found.values()), tuple(known.values())

    async def _links_from(self, product_ids: list[int], found: dict[tuple[int, int], LotLink]) -> set[int]:
        """Adds what was made of lots of these products; the products made."""
        domain = [
            ["product_id", "in", product_ids],
            ["state", "=", "done"],
            ["lot_id", "!=", False],
            ["produce_line_ids.lot_id", "!=", False],
            ["date", ">=", self._since],
        ]
        consumed = [
            Record("stock.move.line", r) for r in await self._all("stock.move.line", domain, CONSUMED_FIELDS)
        ]
        ids = sorted({i for line in consumed for i in line.references("produce_line_ids")})
        produced: dict[int, Record] = {}
        for part in _parts(ids):
            for row in await self._client.read("stock.move.line", part, PRODUCED_FIELDS):
                produced[row["id"]] = Record("stock.move.line", row)
        made: set[int] = set()
        for line in consumed:
            parent = line.reference("lot_id")
            for into in (produced[i] for i in line.references("produce_line_ids") if i in produced):
                child = into.optional_reference("lot_id")
                if child is not None and child != parent:
                    found[parent, child] = LotLink(parent, child, into.text("reference"))
                    made.add(into.reference("product_id"))
        return made

    async def stock(self, product_ids: Sequence[int]) -> tuple[LotStock, ...]:
        sums: dict[tuple[int, int], LotStock] = {}
        for part in _parts(product_ids):
            domain = [
                ["product_id", "in", part],
                ["lot_id", "!=", False],
                "|",
                ["location_id.usage", "in", IN_PLANT],
                "&",
                ["location_id.usage", "in", LEFT_PLANT],
                ["lot_id.create_date", ">=", self._since],
            ]
            for row in await self._all("stock.quant", domain, QUANT_FIELDS):
                _add(sums, row)
        return tuple(s for s in sums.values() if round(s.quantity, 6) or round(s.reserved, 6))

    async def lots(self, ids: Sequence[int]) -> tuple[Lot, ...]:
        found: list[Lot] = []
        for part in _parts(ids):
            rows = await self._client.read("stock.lot", part, mapping.LOT_FIELDS)
            found += [mapping.lot(row) for row in rows]
        return tuple(found)

    async def tests_or_why(self) -> tuple[QualityTest, ...]:
        return await self.part("quality tests", self._tests_of_either, ())

    async def _tests_of_either(self) -> tuple[QualityTest, ...]:
        """OCA's where it is installed, else the control points of Odoo's own Quality app."""
        try:
            return await self.tests()
        except OdooConfiguration:
            if not await has_enterprise_quality(self._client):
                raise
        points = await control_points(self._client)
        found = [p for p in points.values() if p["kind"] in KINDS]
        for point in (p for p in found if not _judges(p)):
            title = title_of_point(point)
            self.missing.append(f"quality tests: the control point {title!r} has no tolerance in Odoo")
        return tuple(point_test(p) for p in found if _judges(p))

    async def tests(self) -> tuple[QualityTest, ...]:
        """Tests of OCA's quality_control_oca."""
        tests = await self._all("qc.test", [ARCHIVED_TOO], TEST_FIELDS)
        questions = {r["id"]: r for r in await self._all("qc.test.question", [], QUESTION_FIELDS)}
        answers = {r["id"]: r for r in await self._all("qc.test.question.value", [], ANSWER_FIELDS)}
        return tuple(quality_test(row, questions, answers) for row in tests)

    async def _all(self, model: str, domain: Sequence[Any], fields: Sequence[str]) -> list[Row]:
        return [row async for page in self._client.pages(model, domain, fields) for row in page]


# ---------------------------------------------------------------- rows -> domain


def location(row: Row) -> Location:
    """From stock.location; its name is the full one, such as WH/Stock."""
    seen = Record("stock.location", row)
    return Location(seen.integer("id"), seen.text("complete_name"), seen.text("usage"), seen.flag("active"))


def quality_test(row: Row, questions: dict[int, Row], answers: dict[int, Row]) -> QualityTest:
    """From qc.test with all questions and answers by id."""
    seen = Record("qc.test", row)
    return QualityTest(
        id=seen.integer("id"),
        name=seen.text("name"),
        questions=tuple(
            _question(questions[i], answers) for i in seen.references("test_lines") if i in questions
        ),
        active=seen.flag("active"),
    )


def title_of_point(point: Mapping[str, Any]) -> str:
    """A control point's title, or its number where it has none."""
    seen = Record(POINT, point)
    told = (seen.text(name) for name in ("title", "name") if name in point)
    return next((text for text in told if text), f"control point {seen.integer('id')}")


def point_test(point: Row) -> QualityTest:
    """From quality.point (Odoo's own Quality app): a test with one question, both of the point's id.

    Tolerances are the smallest and the largest good value, in the norm's unit.
    """
    seen, title = Record(POINT, point), title_of_point(point)
    if point["kind"] == MEASURE:
        minimum, maximum = seen.number("tolerance_min"), seen.number("tolerance_max")
        unit = seen.text("norm_unit") if "norm_unit" in point else ""
        question = QualityQuestion(seen.integer("id"), title, "quantitative", minimum, maximum, unit)
    else:
        answers = ((ANSWER_PASS, "Pass", True), (ANSWER_FAIL, "Fail", False))
        question = QualityQuestion(seen.integer("id"), title, "qualitative", 0.0, 0.0, "", answers)
    return QualityTest(seen.integer("id"), title, (question,))


def _judges(point: Row) -> bool:
    """Whether a value can be judged: from and to are both 0 where nobody entered a tolerance."""
    if point["kind"] != MEASURE:
        return True
    if "tolerance_min" not in point or "tolerance_max" not in point:
        return False
    seen = Record(POINT, point)
    return (seen.number("tolerance_min"), seen.number("tolerance_max")) != (0.0, 0.0)


def _question(row: Row, answers: dict[int, Row]) -> QualityQuestion:
    seen = Record("qc.test.question", row)
    told = (
        Record("qc.test.question.value", answers[i]) for i in seen.references("ql_values") if i in answers
    )
    return QualityQuestion(
        id=seen.integer("id"),
        name=seen.text("name"),
        kind=seen.text("type"),
        minimum=seen.number("min_value"),
        maximum=seen.number("max_value"),
        unit=seen.title("uom_id") if seen.optional_reference("uom_id") is not None else "",
        answers=tuple((a.integer("id"), a.text("name"), a.flag("ok")) for a in told),
    )


def _add(sums: dict[tuple[int, int], LotStock], row: Row) -> None:
    seen = Record("stock.quant", row)
    key = seen.reference("lot_id"), seen.reference("location_id")
    before = sums.get(key, LotStock(key[0], seen.reference("product_id"), key[1], 0.0))
    sums[key] = LotStock(
        lot_id=before.lot_id,
        product_id=before.product_id,
        location_id=before.location_id,
        quantity=before.quantity + seen.number("quantity"),
        reserved=before.reserved + seen.number("reserved_quantity"),
    )


def _parts(ids: Sequence[int]) -> list[list[int]]:
    return [list(ids[at : at + IDS_PER_CALL]) for at in range(0, len(ids), IDS_PER_CALL)]
