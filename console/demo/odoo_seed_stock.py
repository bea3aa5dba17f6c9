"""Fills a sandbox database with what quality needs: stock of a lot, quarantine, tests, and a lot made of it.

``seed_quality`` makes, for a lot that exists:

- the location WH/Quarantine beside (not under) WH/Stock;
- ``quantity`` of the lot in WH/Stock, by an inventory adjustment;
- the test "Final check": one question with a number (9.5 to 10.5, in the product's unit) and one with answers
  ("good", "dull");
- the test "Batch summary": whether all was within its limits ("yes", "no"), and a number for each of
  ``summary_questions`` (none unless told: the console matches them by name to the plant file's limits);
- where ``consumed`` is above 0: a product made of this one, tracked by lot, and a done order for it that took
  ``consumed`` of the lot; ``shipped`` of what it made is delivered to a customer.

What exists by name is used, so that it may be called for several lots of one database.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # the sandbox itself runs on Linux only; what is seeded is also read elsewhere
    from console.demo.odoo_sandbox import OdooServer, OdooSession

QUARANTINE = "Quarantine"
FINAL_CHECK = "Final check"
BATCH_SUMMARY = "Batch summary"


@dataclass(frozen=True, slots=True)
class SeedQuestion:
    """A question with a number, such as "Hall temperature max"; right from ``minimum`` to ``maximum``."""

    name: str
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class SeededQuality:
    """What ``seed_quality`` made, by Odoo's ids.

    Attributes:
        scrap_id: the inventory loss location to which scrap is moved.
        check_id: the test "Final check"; number_id, look_id: its questions; good_id, dull_id: to look.
        summary_id: the test "Batch summary"; summary_questions: its questions, in order.
        child_product_id ... child_order: what was made of the lot; None and "" where nothing was.
    """

    stock_id: int
    quarantine_id: int
    scrap_id: int
    customers_id: int
    check_id: int
    number_id: int
    look_id: int
    good_id: int
    dull_id: int
    summary_id: int
    summary_questions: tuple[int, ...]
    child_product_id: int | None = None
    child_lot_id: int | None = None
    child_order_id: int | None = None
    child_order: str = ""


def seed_quality(
    server: OdooServer,
    product_id: int,
    lot_id: int,
    quantity: float,
    *,
    consumed: float = 0.0,
    shipped: float = 0.0,
    child_lot: str = "",
    summary_questions: Sequence[SeedQuestion] = (),
    database: str | None = None,
) -> SeededQuality:
    """Make it; see the module.

    Args:
        quantity: of the lot to put into WH/Stock, in the product's unit; ``consumed`` of it is used up.
        shipped: of what was made of it, delivered; at most ``consumed``.
        child_lot: name of the lot made; "" for one named after the lot: "L-1/A".

    Raises:
        EnvironmentFault: Odoo refused something.
    """
    with server.session(database=database) as odoo:
        stock_id = odoo.ref("stock.stock_location_stock")
        check_id = _test(odoo, FINAL_CHECK) or _final_check(odoo, product_id)
        number_id, look_id = _questions(odoo, check_id)
        good_id, dull_id = odoo.call(
            "qc.test.question.value", "search", [["test_line", "=", look_id]], order="id"
        )
        summary_id = _test(odoo, BATCH_SUMMARY) or _summary(odoo, summary_questions)
        customers_id = odoo.ref("stock.stock_location_customers")
        quarantine_id = _quarantine(odoo, stock_id)
        put_on_stock(odoo, product_id, lot_id, stock_id, quantity)
        child: tuple[int | None, int | None, int | None, str] = (None, None, None, "")
        if consumed > 0:
            made = _child(odoo, product_id, lot_id, consumed, child_lot)
            if shipped > 0:
                deliver(odoo, made[0], made[1], stock_id, customers_id, shipped)
            child = made
        return SeededQuality(
            stock_id=stock_id,
            quarantine_id=quarantine_id,
            scrap_id=_scrap_location(odoo),
            customers_id=customers_id,
            check_id=check_id,
            number_id=number_id,
            look_id=look_id,
            good_id=good_id,
            dull_id=dull_id,
            summary_id=summary_id,
            summary_questions=tuple(_questions(odoo, summary_id)),
            child_product_id=child[0],
            child_lot_id=child[1],
            child_order_id=child[2],
            child_order=child[3],
        )


def put_on_stock(
    odoo: OdooSession, product_id: int, lot_id: int | None, location_id: int, quantity: float
) -> None:
    """Add a quantity of a lot (None: of an untracked product) in a location, as an inventory adjustment."""
    domain = [
        ["product_id", "=", product_id],
        ["lot_id", "=", lot_id or False],
        ["location_id", "=", location_id],
    ]
    held = sum(q["quantity"] for q in odoo.call("stock.quant", "search_read", domain, ["quantity"]))
    vals = {
        "product_id": product_id,
        "lot_id": lot_id or False,
        "location_id": location_id,
        "inventory_quantity": held + quantity,
    }
    quant = odoo.call("stock.quant", "create", [vals], context={"inventory_mode": True})
    odoo.call("stock.quant", "action_apply_inventory", quant)


def deliver(
    odoo: OdooSession,
    product_id: int,
    lot_id: int | None,
    source_id: int,
    customers_id: int,
    quantity: float,
) -> int:
    """Ship a quantity to a customer, as a validated delivery; its id."""
    picking_id = reserve(odoo, product_id, lot_id, source_id, customers_id, quantity)
    odoo.call("stock.picking", "button_validate", [picking_id])
    return picking_id


def reserve(
    odoo: OdooSession,
    product_id: int,
    lot_id: int | None,
    source_id: int,
    customers_id: int,
    quantity: float,
) -> int:
    """Make a delivery that waits with the quantity reserved; its id."""
    unit_id = _unit(odoo, product_id)
    line = {
        "product_id": product_id,
        "lot_id": lot_id or False,
        "product_uom_id": unit_id,
        "quantity": quantity,
        "location_id": source_id,
        "location_dest_id": customers_id,
    }
    vals = {
        "picking_type_id": odoo.ref("stock.picking_type_out"),
        "location_id": source_id,
        "location_dest_id": customers_id,
        "move_line_ids": [[0, 0, line]],
    }
    return odoo.create("stock.picking", vals)


# ---------------------------------------------------------------- parts


def _unit(odoo: OdooSession, product_id: int) -> int:
    return int(odoo.call("product.product", "read", [product_id], ["uom_id"])[0]["uom_id"][0])


def _quarantine(odoo: OdooSession, stock_id: int) -> int:
    """Beside the stock location: under it, orders would go on taking from there."""
    parent = odoo.call("stock.location", "read", [stock_id], ["location_id"])[0]["location_id"][0]
    domain = [["name", "=", QUARANTINE], ["location_id", "=", parent]]
    found = odoo.call("stock.location", "search", domain, limit=1)
    vals = {"name": QUARANTINE, "usage": "internal", "location_id": parent}
    return int(found[0]) if found else odoo.create("stock.location", vals)


def _scrap_location(odoo: OdooSession) -> int:
    found = odoo.call("stock.location", "search", [["usage", "=", "inventory"]], limit=1, order="id")
    return int(found[0])


def _test(odoo: OdooSession, name: str) -> int | None:
    found = odoo.call("qc.test", "search", [["name", "=", name]], limit=1)
    return int(found[0]) if found else None


def _questions(odoo: OdooSession, test_id: int) -> list[int]:
    found = odoo.call("qc.test.question", "search", [["test", "=", test_id]], order="sequence, id")
    return [int(i) for i in found]


def _final_check(odoo: OdooSession, product_id: int) -> int:
    answers = [[0, 0, {"name": "good", "ok": True}], [0, 0, {"name": "dull", "ok": False}]]
    number = {
        "name": "Filled quantity",
        "type": "quantitative",
        "min_value": 9.5,
        "max_value": 10.5,
        "uom_id": _unit(odoo, product_id),
        "sequence": 10,
    }
    look = {"name": "Look", "type": "qualitative", "ql_values": answers, "sequence": 20}
    return odoo.create("qc.test", {"name": FINAL_CHECK, "test_lines": [[0, 0, number], [0, 0, look]]})


def _summary(odoo: OdooSession, questions: Sequence[SeedQuestion]) -> int:
    answers = [[0, 0, {"name": "yes", "ok": True}], [0, 0, {"name": "no", "ok": False}]]
    within = {"name": "All within limits", "type": "qualitative", "ql_values": answers, "sequence": 10}
    numbers = [
        {
            "name": q.name,
            "type": "quantitative",
            "min_value": q.minimum,
            "max_value": q.maximum,
            "uom_id": odoo.ref("uom.product_uom_unit"),
            "sequence": 10 * (at + 2),
        }
        for at, q in enumerate(questions)
    ]
    lines = [[0, 0, x] for x in (within, *numbers)]
    return odoo.create("qc.test", {"name": BATCH_SUMMARY, "test_lines": lines})


def _child(
    odoo: OdooSession, product_id: int, lot_id: int, consumed: float, lot_name: str
) -> tuple[int, int, int, str]:
    """A done order of a product of its own that took ``consumed`` of the lot, piece for piece."""
    above = odoo.call("product.product", "read", [product_id], ["default_code", "name"])[0]
    lot = odoo.call("stock.lot", "read", [lot_id], ["name"])[0]["name"]
    code = f"{above['default_code'] or product_id}-PACK"
    found = odoo.call("product.product", "search", [["default_code", "=", code]], limit=1)
    child_id = int(found[0]) if found else _child_product(odoo, product_id, code, f"{above['name']}, packed")
    vals = {"name": lot_name or f"{lot}/A", "product_id": child_id}
    child_lot_id = odoo.create("stock.lot", vals)
    order_id = odoo.create(
        "mrp.production",
        {"product_id": child_id, "product_qty": consumed, "product_uom_id": _unit(odoo, child_id)},
    )
    odoo.call("mrp.production", "action_confirm", [order_id])
    order = odoo.call("mrp.production", "read", [order_id], ["name", "move_raw_ids"])[0]
    odoo.call(
        "mrp.production",
        "write",
        [order_id],
        {"qty_producing": consumed, "lot_producing_ids": [[6, 0, [child_lot_id]]]},
    )
    raw = order["move_raw_ids"]
    reserved = odoo.call("stock.move.line", "search", [["move_id", "in", raw]])
    odoo.call("stock.move.line", "unlink", reserved)  # perhaps of another lot
    line = {
        "lot_id": lot_id,
        "quantity": consumed,
        "product_id": product_id,
        "product_uom_id": _unit(odoo, product_id),
        "picked": True,
    }
    odoo.call("stock.move", "write", raw, {"move_line_ids": [[0, 0, line]], "picked": True})
    odoo.call(
        "mrp.production",
        "button_mark_done",
        [order_id],
        context={"skip_backorder": True, "skip_redirection": True},
    )
    return child_id, child_lot_id, order_id, str(order["name"])


def _child_product(odoo: OdooSession, product_id: int, code: str, name: str) -> int:
    vals = {
        "name": name,
        "default_code": code,
        "type": "consu",
        "is_storable": True,
        "tracking": "lot",
        "uom_id": _unit(odoo, product_id),
    }
    child_id = odoo.create("product.product", vals)
    template = odoo.call("product.product", "read", [child_id], ["product_tmpl_id"])[0]["product_tmpl_id"][0]
    unit_id = _unit(odoo, product_id)  # else Odoo takes one by itself, and not the product's
    part = {"product_id": product_id, "product_qty": 1.0, "product_uom_id": unit_id}
    bom = {
        "product_tmpl_id": template,
        "product_qty": 1.0,
        "product_uom_id": unit_id,
        "bom_line_ids": [[0, 0, part]],
    }
    odoo.create("mrp.bom", bom)
    return child_id
