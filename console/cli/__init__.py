"""The command line: one module a group of verbs, each with ``register``; heavy imports in the handlers."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path

from console.errors import ConsoleError
from console.settings import Settings, load_settings, unknown_variables

# modules of this package that add verbs
GROUPS = ("processes", "lists", "records", "evidence", "config", "people", "policies", "condition")

Handler = Callable[[argparse.Namespace, Settings], int]


def build_parser() -> argparse.ArgumentParser:
    """Every verb with its options."""
    parser = argparse.ArgumentParser(
        prog="plant-console",
        description="What machines make and why they stand: checked by people, verified in Odoo. "
        "Without a verb: the desktop.",
    )
    parser.add_argument("--data", type=Path, help="data folder (default: PLANT_CONSOLE_DATA)")
    parser.add_argument("--plant", type=Path, help="plant file (default: PLANT_CONSOLE_PLANT)")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB")
    for group in GROUPS:
        import_module(f"console.cli.{group}").register(verbs)
    return parser


def run(argv: Sequence[str]) -> int:
    """Runs one command; returns the exit status: 0 well, 1 something disagrees, 2 it could not be done."""
    arguments = build_parser().parse_args(argv or ["desktop"])
    for name, given in (("PLANT_CONSOLE_DATA", arguments.data), ("PLANT_CONSOLE_PLANT", arguments.plant)):
        if given is not None:
            os.environ[name] = str(given)  # also for the processes that this one starts
    handler: Handler | None = getattr(arguments, "handler", None)
    if handler is None:
        arguments = build_parser().parse_args([*argv, "desktop"])
        handler = arguments.handler
    for warning in unknown_variables():
        print(warning, file=sys.stderr)
    try:
        return handler(arguments, load_settings())
    except ConsoleError as error:
        print(error.what, file=sys.stderr)
        if error.remedy:
            print(error.remedy, file=sys.stderr)
        return 2
