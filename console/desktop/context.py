"""What every page is given: the desk, and the few things all pages share."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from console.desktop.formats import Times
from console.desktop.preferences import Preferences
from console.desktop.session import Session
from console.desktop.store_watch import StoreWatch
from console.desktop.tasks import TaskRunner
from console.desktop.theme import Theme
from console.services.desk import Desk


@dataclass(frozen=True, slots=True)
class About:
    """What Settings tells about this installation.

    Attributes:
        version: of the plant console.
        facts: label and value, shown one a line (plant file version, ledger, Odoo, ...).
    """

    version: str = ""
    facts: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Context:
    """Handed to every page; pages reach nothing else."""

    desk: Desk
    tasks: TaskRunner
    session: Session
    theme: Theme
    watch: StoreWatch
    prefs: Preferences
    times: Times
    now: Callable[[], datetime]
    about: About = field(default_factory=About)
