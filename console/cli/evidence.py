"""Verbs that prove: ``reconcile``, ``trace``, ``audit verify``."""

from __future__ import annotations

import argparse
import textwrap
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from console.cli.lists import print_orders
from console.cli.opened import opened
from console.cli.output import print_json

if TYPE_CHECKING:
    from console.settings import Settings


def register(verbs: argparse._SubParsersAction[Any]) -> None:
    """Adds the verbs."""
    one = verbs.add_parser("reconcile", help="machine, people and Odoo side by side; 1 where they disagree")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(handler=reconcile)

    one = verbs.add_parser("trace", help="why a number stands in Odoo: from sample to read-back")
    one.add_argument(
        "id", help="a trace id, posting key, proposal:<number>, posting:<number> or order reference"
    )
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(handler=trace)

    audit = verbs.add_parser("audit", help="the audit chain")
    actions = audit.add_subparsers(dest="action", metavar="ACTION", required=True)
    one = actions.add_parser("verify", help="follow the whole chain; 1 where it is broken")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(handler=verify)


def reconcile(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 where all agrees, 1 where something disagrees; keeps the result and opens review items."""
    from console.bootstrap import utc_now
    from console.services.reconcile import reconcile_all

    with opened(settings) as console:
        found = reconcile_all(console.ledger, console.plant, "the command line", utc_now)
    if arguments.json:
        print_json(found)
    else:
        print_orders(found.rows)
        for key, words in found.disagreements.items():
            print(f"\n{key} disagrees: {words} A review item is open.")
        if not found.disagreements:
            print("\nNothing disagrees.")
    return 1 if found.disagreements else 0


def trace(arguments: argparse.Namespace, settings: Settings) -> int:
    """The seven stations."""
    with opened(settings) as console:
        view = console.desk.trace(arguments.id)
    if arguments.json:
        print_json(view)
        return 0
    print(f"{view.title}\n{view.trace_id}\n")
    for station in view.stations:
        print(f"{station.number} {station.title:<14}{station.big}")
        for line in (*station.lines, station.foot):
            if line:
                print(textwrap.fill(line, 100, initial_indent=" " * 16, subsequent_indent=" " * 16))
    if view.odoo_url:
        print(f"\n{view.odoo_url}")
    return 0


def verify(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 where the chain is whole, 1 where it is broken."""
    from console.store.audit import verify as follow
    from console.store.engine import read
    from console.store.signatures import first_that_differs

    with opened(settings) as console, read(console.ledger) as tx:
        report = follow(tx)
        wrong = first_that_differs(tx) if report.broken_at is None else ""
    if wrong and not arguments.json:
        print(f"The audit is whole, but {wrong}.")
        return 1
    if arguments.json:
        print_json({**asdict(report), "signatures": wrong or "all fit"})
    elif report.broken_at is None:
        print(f"The audit is whole: {report.entries:,} entries, head {report.head[:16]}…")
    else:
        print(f"The audit is BROKEN: {report.problem} ({report.entries:,} entries before it fit).")
    return 0 if report.broken_at is None and not wrong else 1
