"""``plant-console condition try``: what parameters would have found on recorded days."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from console.cli.opened import opened
from console.cli.output import print_json, print_table
from console.domain.equipment import ConditionSpec
from console.errors import InvalidDecision

if TYPE_CHECKING:
    from console.services.views.alarms import Trial
    from console.settings import Settings

# option -> field of ConditionSpec, what it is
OPTIONS = {
    "--smoothing": ("smoothing", "weight of the newest point in the moving average, 0 to 1"),
    "--slack": ("slack", "of the CUSUM, in standard deviations"),
    "--threshold": ("threshold", "of the CUSUM, in standard deviations"),
    "--most-change": ("most_change_per_s", "a faster change per second is found; 0: not watched"),
    "--missing-cycle": ("missing_cycle_s", "seconds without a count while running; 0: not watched"),
    "--learn": ("learn_s", "seconds of running that the usual is learned from"),
}


def register(verbs: argparse._SubParsersAction[Any]) -> None:
    """Adds the verb."""
    parser = verbs.add_parser("condition", help="condition monitoring")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    one = actions.add_parser(
        "try", help="what parameters would have found in recorded samples; changes nothing"
    )
    one.add_argument("machine", metavar="MACHINE", help="the machine's name in the plant file")
    one.add_argument("value", metavar="VALUE", help="the value's tag, or its name without the machine")
    one.add_argument("--from", dest="start", help="ISO time, plant time (default: 24 hours before --to)")
    one.add_argument("--to", dest="end", help="ISO time, plant time (default: now)")
    for option, (name, words) in OPTIONS.items():
        one.add_argument(option, dest=name, type=float, help=f"{words} (default: as it is live)")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.set_defaults(handler=try_out)


def try_out(arguments: argparse.Namespace, settings: Settings) -> int:
    """0, whatever is found."""
    from console.bootstrap import utc_now

    with opened(settings) as console:
        zone = ZoneInfo(console.plant.timezone)
        end = _time(arguments.end, zone) or utc_now()
        start = _time(arguments.start, zone) or end - timedelta(hours=24)
        live = console.desk.conditions.parameters(arguments.machine)
        tag = _tag(arguments.machine, arguments.value, {t.name for t in console.plant.tags})
        spec = next((s for s in live if s.tag == tag), ConditionSpec(tag))
        given = {name: getattr(arguments, name) for name, _ in OPTIONS.values()}
        spec = replace(spec, **{k: v for k, v in given.items() if v is not None})
        found = console.desk.conditions.trial(arguments.machine, spec, start, end)
    if arguments.json:
        print_json({"parameters": spec, "trial": found})
    else:
        _print(found)
    return 0


def _print(found: Trial) -> None:
    print(f"{found.series.samples:,} samples of {found.tag}: {found.baseline}.\n")
    headers = ("at", "finding", "score", "what")
    rows = [(f.at, f.finding, f.score, f.text) for f in found.findings]
    print_table(headers, rows, "These parameters would have found nothing.")
    if found.live_findings:
        print("\nWhat is live would have found:")
        print_table(headers, [(f.at, f.finding, f.score, f.text) for f in found.live_findings], "")
    else:
        print("\nWhat is live would have found nothing.")


def _tag(machine: str, value: str, known: set[str]) -> str:
    return f"{machine}.{value}" if value not in known and f"{machine}.{value}" in known else value


def _time(text: str | None, zone: ZoneInfo) -> datetime | None:
    """Plant time where no zone is written. Raises InvalidDecision."""
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidDecision(
            f"{text!r} is no time.", "Write it as 2026-03-02T06:00, plant time, or with its zone."
        ) from None
    return at if at.tzinfo is not None else at.replace(tzinfo=zone)
