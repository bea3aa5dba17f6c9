"""Verbs that run something: ``edge``, ``desktop``, ``check``, ``demo``."""

from __future__ import annotations

import argparse
import asyncio
import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from console.errors import ConfigurationError, ConsoleError, LeaseHeld

if TYPE_CHECKING:
    from console.bootstrap import Console
    from console.settings import Settings

HELD = 3


def register(verbs: argparse._SubParsersAction[Any]) -> None:
    """Adds the verbs."""
    edge = verbs.add_parser("edge", help="read machines, propose, post to Odoo: the background process")
    edge.set_defaults(handler=run_edge)

    desktop = verbs.add_parser("desktop", help="the desktop (also what plain `plant-console` starts)")
    desktop.add_argument("--no-edge", action="store_true", help="do not start an edge where none runs")
    desktop.add_argument("--layout", default="", help=argparse.SUPPRESS)
    desktop.add_argument("--tour", type=Path, help=argparse.SUPPRESS)
    desktop.add_argument("--tour-work-s", type=float, default=54.0, help=argparse.SUPPRESS)
    desktop.add_argument("--tour-offline", action="store_true", help=argparse.SUPPRESS)
    desktop.set_defaults(handler=run_desktop)

    check = verbs.add_parser(
        "check", help="try plant file, stores, machines and Odoo, and say what is missing"
    )
    check.add_argument("--seconds", type=float, default=8.0, help="how long to wait for each machine")
    check.add_argument("--json", action="store_true", help="as JSON")
    check.set_defaults(handler=run_check)

    demo = verbs.add_parser("demo", help="a simulated plant, a real Odoo, edge and desktop, all at once")
    demo.add_argument(
        "--tour", type=Path, metavar="FOLDER", help="play by itself; pictures and summary go there"
    )
    demo.add_argument(
        "--fault", choices=("none", "odoo", "kill"), default="none", help="what fails in the tour"
    )
    demo.add_argument("--without-odoo", action="store_true", help="show an honest outage instead of an Odoo")
    demo.add_argument("--speed", type=float, default=60.0, help="simulated seconds in one (default 60)")
    demo.add_argument("--interval", type=int, default=15, help="seconds of an 'hour' to confirm (default 15)")
    demo.add_argument("--seed", type=int, default=7, help="the plant's fate (default 7)")
    demo.set_defaults(handler=run_demo)


def run_edge(arguments: argparse.Namespace, settings: Settings) -> int:
    """Until a signal; 3 where another edge works on the ledger."""
    from console import logs
    from console.bootstrap import build_edge
    from console.edge.run import Edge

    _log_to(settings, "edge", logs)
    parts = build_edge(settings)
    # what stands now stays: a full collection need not walk it again (docs/benchmarks.md)
    gc.collect()
    gc.freeze()
    try:
        asyncio.run(_edge(Edge(parts)))
    except LeaseHeld as held:
        print(held, file=sys.stderr)
        return HELD
    finally:
        parts.ledger.dispose()
    return 0


async def _edge(edge: Any) -> None:
    await edge.run()


def run_desktop(arguments: argparse.Namespace, settings: Settings) -> int:
    """The desktop; starts an edge where none is alive, and leaves it running."""
    from console import logs
    from console.bootstrap import open_console
    from console.bootstrap import run_desktop as show

    _log_to(settings, "desktop", logs)
    console = open_console(settings)
    try:
        if not arguments.no_edge and arguments.tour is None:
            _start_edge_where_none(console)
        return show(console, _driver(arguments), arguments.layout)
    finally:
        console.close()


def _driver(arguments: argparse.Namespace) -> Any:
    if arguments.tour is None:
        return None
    from console.desktop.tour import Tour
    from console.desktop.tour_player import TourOptions

    options = TourOptions(arguments.tour, arguments.tour_work_s, settles=not arguments.tour_offline)
    return lambda desktop: Tour(desktop, options).start()


def _start_edge_where_none(console: Console) -> None:
    """An edge of its own process group, so that it goes on when the desktop is closed."""
    if console.desk.header().edge_alive:
        return
    apart: dict[str, Any] = {"start_new_session": True}
    if os.name == "nt":
        apart = {"creationflags": 0x00000008 | 0x00000200}  # DETACHED_PROCESS, CREATE_NEW_PROCESS_GROUP
    subprocess.Popen(
        [sys.executable, "-m", "console", "edge"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        **apart,
    )


def run_check(arguments: argparse.Namespace, settings: Settings) -> int:
    """0 where everything is there, 1 where something is missing."""
    import logging

    import structlog

    from console.cli.check import check

    before = structlog.get_config()
    # what it finds is its answer; a log between the lines would spoil it, and the JSON altogether
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    try:
        return asyncio.run(check(settings, arguments.seconds, arguments.json))
    finally:
        structlog.configure(**before)


def run_demo(arguments: argparse.Namespace, settings: Settings) -> int:
    """See console/demo/run.py."""
    from console.demo.run import DemoOptions, Fault
    from console.demo.run import run_demo as demo

    if arguments.interval < 5 or not 1 <= arguments.speed <= 1000:
        raise ConfigurationError("The interval is at least 5 s and the speed from 1 to 1000.")
    options = DemoOptions(
        tour=arguments.tour.resolve() if arguments.tour else None,
        with_odoo=not arguments.without_odoo,
        fault=Fault(arguments.fault),
        speed=arguments.speed,
        interval_s=arguments.interval,
        seed=arguments.seed,
    )
    return demo(options, lambda words: print(words, flush=True))


def _log_to(settings: Settings, process: str, logs: Any) -> None:
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        logs.set_up(
            settings.log_dir,
            process,
            settings.log_level,
            max_mb=settings.log_max_mb,
            keep_files=settings.log_keep_files,
        )
    except OSError as error:
        raise ConsoleError(
            f"The data folder {settings.data_dir} cannot be made ({error.strerror}).",
            "Choose another with PLANT_CONSOLE_DATA.",
        ) from error
