"""Verbs that list what the three roles work on: ``stops list``, ``holds list``, ``alarms list``."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from console.cli.opened import opened
from console.cli.output import print_json, print_table

if TYPE_CHECKING:
    from console.settings import Settings


def register(verbs: argparse._SubParsersAction[Any]) -> None:
    """Adds the verbs."""
    one = _list(verbs, "stops", "machines that stood, and why", "the stops of the last hours", list_stops)
    one.add_argument("--machine", help="only this machine's")
    one.add_argument("--hours", type=float, default=24.0, help="how far back (default 24)")
    one.add_argument("--micro", action="store_true", help="micro-stops too")
    _list(verbs, "holds", "quality holds", "open holds, most severe first, then those over", list_holds)
    _list(verbs, "alarms", "alarms and maintenance requests", "alarms that stand, by cause", list_alarms)


def _list(
    verbs: argparse._SubParsersAction[Any], name: str, about: str, help_text: str, handler: Any
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=about)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    one: argparse.ArgumentParser = actions.add_parser("list", help=help_text)
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(handler=handler)
    return one


def list_stops(arguments: argparse.Namespace, settings: Settings) -> int:
    """Stops, newest first."""
    with opened(settings) as console:
        view = console.desk.stops.stops(arguments.machine, max(arguments.hours, 0.0), arguments.micro)
    if arguments.json:
        print_json(view)
        return 0
    rows = [
        (
            r.id,
            r.machine,
            r.started_at,
            r.ended_at,
            f"{r.duration_s / 60:.1f}",
            r.category.value.replace("_", " "),
            r.reason or ("needs a reason" if r.needs_reason else ""),
            r.posting.value if r.posting else "",
        )
        for r in view.rows
    ]
    headers = ("id", "machine", "from", "until", "minutes", "category", "reason", "posting")
    print_table(headers, rows, "No stop in this time.")
    if view.micro_stops:
        print(f"\n{view.micro_stops} micro-stops over {view.micro_minutes:.1f} minutes.")
    return 0


def list_holds(arguments: argparse.Namespace, settings: Settings) -> int:
    """Quality holds."""
    with opened(settings) as console:
        view = console.desk.quality.holds()
    if arguments.json:
        print_json(view)
        return 0
    rows = [
        (
            r.id,
            r.severity,
            r.state.value,
            r.lot or r.order_reference,
            r.product,
            r.opened_at,
            r.title,
            r.stock,
        )
        for r in (*view.open, *view.closed)
    ]
    headers = ("id", "severity", "state", "lot or order", "product", "opened", "what", "stock")
    print_table(headers, rows, "No quality hold.")
    return 0


def list_alarms(arguments: argparse.Namespace, settings: Settings) -> int:
    """Alarms by cause, with what they brought along."""
    with opened(settings) as console:
        view = console.desk.alarms.alarms()
    if arguments.json:
        print_json(view)
        return 0
    rows = []
    for group in view.groups:
        for indent, r in (("", group), *(("  ", child) for child in group.children)):
            request = r.request.stage or r.request.state if r.request is not None else ""
            rows.append(
                (r.id, r.priority, r.machine, indent + r.text, r.state.value, r.raised_at, r.raises, request)
            )
    headers = ("id", "priority", "machine", "alarm", "state", "raised", "times", "request")
    print_table(headers, rows, "No alarm stands.")
    for words in (view.flood, view.suppressed):
        if words:
            print(f"\n{words}")
    return 0
