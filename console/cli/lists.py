"""Verbs that list: ``outbox list``, ``review list``, ``orders list``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from console.cli.opened import opened
from console.cli.output import print_json, print_table
from console.domain.postings import PostingState

if TYPE_CHECKING:
    from console.settings import Settings


def register(verbs: argparse._SubParsersAction[Any]) -> None:
    """Adds the verbs."""
    outbox = _group(verbs, "outbox", "what waits for Odoo, and why")
    one = outbox.add_parser("list", help="postings, newest first")
    one.add_argument("--state", choices=[s.value for s in PostingState], help="only those in this state")
    one.add_argument("--limit", type=int, default=50, help="at most so many (default 50)")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(handler=list_outbox)

    review = _group(verbs, "review", "what needs a person")
    one = review.add_parser("list", help="open items, oldest first")
    one.add_argument("--all", action="store_true", help="resolved ones too")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(handler=list_review)

    orders = _group(verbs, "orders", "orders with their totals: machine, confirmed, Odoo")
    one = orders.add_parser("list", help="a line for each order and machine")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(handler=list_orders)


def _group(verbs: argparse._SubParsersAction[Any], name: str, help_text: str) -> Any:
    parser = verbs.add_parser(name, help=help_text)
    return parser.add_subparsers(dest="action", metavar="ACTION", required=True)


def list_outbox(arguments: argparse.Namespace, settings: Settings) -> int:
    """Postings, newest first."""
    state = PostingState(arguments.state) if arguments.state else None
    with opened(settings) as console:
        view = console.desk.outbox(max(arguments.limit, 1), state)
    if arguments.json:
        print_json(view)
        return 0
    counts = ", ".join(f"{n} {s.value}" for s, n in view.counts if n)
    rows = [
        (
            r.id,
            r.kind,
            r.state,
            r.summary or r.order_reference,
            "" if r.summary else r.quantity,
            "" if r.summary else r.target_quantity,
            r.unit,
            r.created_at,
            r.waiting,
        )
        for r in view.rows
    ]
    headers = ("id", "kind", "state", "about", "adds", "total", "unit", "created", "waiting")
    print_table(headers, rows, "Nothing was posted yet." if not counts else "None of these.")
    if counts:
        print(f"\n{counts}. Odoo: {view.odoo.value}{f' ({view.odoo_reason})' if view.odoo_reason else ''}")
    return 0


def list_review(arguments: argparse.Namespace, settings: Settings) -> int:
    """Review items."""
    with opened(settings) as console:
        items = console.desk.reviews(False)
        if arguments.all:
            items += console.desk.reviews(True)
    if arguments.json:
        print_json(items)
        return 0
    rows = [
        (r.id, r.level, r.domain, r.opened_at, r.owner, r.title, r.resolution if r.resolved_at else "open")
        for r in items
    ]
    headers = ("id", "level", "domain", "opened", "owner", "title", "resolution")
    print_table(headers, rows, "Nothing needs a person.")
    return 0


def list_orders(arguments: argparse.Namespace, settings: Settings) -> int:
    """Orders with their totals."""
    with opened(settings) as console:
        rows = console.desk.orders()
    if arguments.json:
        print_json(rows)
    else:
        print_orders(rows)
    return 0


def print_orders(rows: Any) -> None:
    """The three totals side by side, for people."""
    print_table(
        (
            "order",
            "machine",
            "unit",
            "ordered",
            "machine made",
            "confirmed",
            "Odoo",
            "verified",
            "difference",
        ),
        [
            (
                r.order_reference,
                r.machine,
                r.unit,
                r.ordered,
                r.machine_total,
                r.confirmed,
                r.odoo,
                "yes" if r.verified else "no",
                r.difference,
            )
            for r in rows
        ],
        "Nothing was counted yet.",
    )
