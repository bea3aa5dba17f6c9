"""Builds and wires objects. The only place that does.

Imports are inside the functions, so that the desktop never loads the drivers of machines or of Odoo, the
edge never loads Qt, and ``--help`` loads nothing.
"""

from __future__ import annotations

import socket
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from console.errors import ConfigurationError, StoreUnavailable
from console.settings import Settings

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from console.desktop.app import Desktop
    from console.desktop.context import About
    from console.domain.equipment import Plant
    from console.edge.run import EdgeParts
    from console.services.desk import Desk
    from console.store.telemetry import Telemetry

# The longest time for which counts are collected into one machine event, and late samples are waited for
MERGE_S = 5.0
LATE_S = 3.0


def utc_now() -> datetime:
    """The one clock of the program: aware UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Console:
    """The opened stores and what works on them.

    Attributes:
        ledger, telemetry: the two databases.
        plant: the plant file as read.
        desk: everything that screens and commands may ask for.
    """

    settings: Settings
    ledger: Engine
    telemetry_engine: Engine
    telemetry: Telemetry
    plant: Plant
    desk: Desk

    def close(self) -> None:
        """Closes the databases."""
        self.ledger.dispose()
        self.telemetry_engine.dispose()


def read_plant(settings: Settings) -> Plant:
    """The plant file.

    Raises:
        ConfigurationError: there is none where the settings say; PlantFileError: all that is wrong in it.
    """
    from console.plant_file import load_plant

    if not settings.plant_file.exists():
        raise ConfigurationError(
            f"There is no plant file {settings.plant_file}.",
            "Give its place with --plant or PLANT_CONSOLE_PLANT. docs/plant-file.md tells how to write one, "
            "and `plant-console demo` shows a plant without one.",
        )
    return load_plant(settings.plant_file)


def make_data_dir(settings: Settings) -> None:
    """The folder of the stores. Raises StoreUnavailable."""
    try:
        settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            f"The data folder {settings.data_dir} cannot be made ({error.strerror}).",
            "Choose another with --data or PLANT_CONSOLE_DATA.",
        ) from error


def timing(plant: Plant) -> tuple[float, float]:
    """(merge_s, grace_s): shorter where the plant's confirmation intervals are."""
    shortest = min((m.confirmation_interval_s for m in plant.machines), default=3600)
    merge_s = min(MERGE_S, shortest / 20)
    return merge_s, merge_s + LATE_S


def open_console(settings: Settings, clock: Callable[[], datetime] = utc_now) -> Console:
    """Opens the stores and builds the desk.

    Raises:
        ConfigurationError, PlantFileError: the plant file; EnvironmentFault: the stores.
    """
    from datetime import timedelta

    from console.services.decide import Decide
    from console.services.desk import Desk
    from console.services.ingest import Ingest
    from console.services.people import People
    from console.services.reviews import Reviews
    from console.store.engine import open_ledger, open_telemetry
    from console.store.telemetry import Telemetry

    plant = read_plant(settings)
    make_data_dir(settings)
    ledger = open_ledger(settings.ledger)
    telemetry_engine = open_telemetry(settings.telemetry)
    telemetry = Telemetry(telemetry_engine)
    console = socket.gethostname()
    ingest = Ingest(ledger, plant, timedelta(seconds=timing(plant)[1]))
    desk = Desk(
        ledger=ledger,
        telemetry=telemetry,
        plant=plant,
        people=People(ledger, clock),
        decide=Decide(ledger, plant, ingest, console, clock),
        reviews=Reviews(ledger, console, clock),
        clock=clock,
        odoo_web_url=plant.odoo.url if plant.odoo else "",
        console=console,
    )
    return Console(settings, ledger, telemetry_engine, telemetry, plant, desk)


def build_edge(settings: Settings, clock: Callable[[], datetime] = utc_now) -> EdgeParts:
    """What the edge runs on. Raises as ``open_console``."""
    from console import secrets
    from console.edge.run import EdgeParts
    from console.sources.build import build_source
    from console.store.engine import open_ledger, open_telemetry
    from console.store.telemetry import Telemetry

    plant = read_plant(settings)
    make_data_dir(settings)
    merge_s, grace_s = timing(plant)
    odoo = plant.odoo
    return EdgeParts(
        ledger=open_ledger(settings.ledger),
        telemetry=Telemetry(open_telemetry(settings.telemetry)),
        plant=plant,
        plant_source=settings.plant_file.read_text(encoding="utf-8-sig"),
        sources=[build_source(c, plant.tags_of(c.name), secrets.resolve) for c in plant.connections],
        api_key=(lambda: secrets.resolve(odoo.api_key)) if odoo is not None else None,
        clock=clock,
        lease_s=settings.edge_lease_s,
        merge_s=merge_s,
        grace_s=grace_s,
    )


def run_desktop(
    console: Console, drive: Callable[[Desktop], None] | None = None, settings_path: str = ""
) -> int:
    """Shows the desktop until it is closed; returns the exit code."""
    from zoneinfo import ZoneInfo

    from console.desktop import app
    from console.desktop.store_watch import Feeds
    from console.store.changes import ChangeFeed

    class _Feed:
        """A change feed made at the first call: a SQLite connection belongs to the thread that uses it."""

        def __init__(self, engine: Engine) -> None:
            self._engine = engine
            self._feed: ChangeFeed | None = None

        def changed(self) -> bool:
            if self._feed is None:
                self._feed = ChangeFeed(self._engine)
                return True
            return self._feed.changed()

        def close(self) -> None:
            if self._feed is not None:
                self._feed.close()

    ledger, telemetry = _Feed(console.ledger), _Feed(console.telemetry_engine)

    def close() -> None:
        ledger.close()
        telemetry.close()

    options = app.DesktopOptions(
        zone=ZoneInfo(console.plant.timezone),
        about=about(console),
        settings_path=settings_path,
        lock_after_min=max(1, round(console.settings.lock_after_min)),
    )
    feeds = Feeds(ledger.changed, telemetry.changed, close)
    return app.run_desktop(console.desk, feeds, options, drive)


def about(console: Console) -> About:
    """What Settings tells about this installation."""
    from importlib.metadata import version

    from console.desktop.context import About

    plant, settings = console.plant, console.settings
    return About(
        version("plant-console"),
        (
            ("Plant file", f"{settings.plant_file} ({plant.version[:12]})"),
            ("Ledger", settings.ledger if "://" not in settings.ledger else "a database server"),
            ("Telemetry", str(settings.telemetry)),
            ("Odoo", f"{plant.odoo.url}, {plant.odoo.database}" if plant.odoo else "not configured"),
        ),
    )
