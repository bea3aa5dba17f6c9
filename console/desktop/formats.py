"""How quantities, times and ages are written: once, for all screens.

Times come in as aware UTC and are written in the plant's time zone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, tzinfo

from PySide6.QtCore import QCoreApplication

from console.domain.wording import with_unit

MINUS = "\u2212"
THIN_ARROW = "\u2192"


def tr(text: str, **values: object) -> str:
    """Translates a sentence and fills ``{name}`` places in."""
    found = QCoreApplication.translate("console", text)
    return found.format(**values) if values else found


def upper_first(text: str) -> str:
    """``waits for Odoo`` -> ``Waits for Odoo``; names inside keep their capitals."""
    return text[:1].upper() + text[1:]


def quantity(value: float | None, decimals: int = 3) -> str:
    """``1780.0`` -> ``1,780``; at most ``decimals`` places, no trailing zeros; a dash where unknown."""
    if value is None or value != value:  # nan is the only value unlike itself
        return "–"
    text = f"{abs(value):,.{decimals}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return f"{MINUS}{text}" if value < 0 and text != "0" else text


def amount(value: float | None, unit: str) -> str:
    """A quantity with its unit, if it has one."""
    return with_unit(quantity(value), unit)


def difference(value: float) -> str:
    """A signed quantity: ``+12``, ``−13``, ``0``."""
    text = quantity(value)
    return f"+{text}" if value > 0 and text != "0" else text


def duration(seconds: float) -> str:
    """``4380`` -> ``1 h 13 min``; ``380`` -> ``6 min 20 s``; ``9`` -> ``9 s``."""
    total = max(0, round(seconds))
    if total < 60:
        return f"{total} s"
    if total < 3600:
        return f"{total // 60} min" + (f" {total % 60:02d} s" if total % 60 else "")
    if total < 48 * 3600:
        return f"{total // 3600} h {total % 3600 // 60:02d} min"
    return f"{total // 86400} d {total % 86400 // 3600} h"


def rough(seconds: float) -> str:
    """An age in one unit: ``12 min``, ``3 h``, ``5 d``."""
    total = max(0, round(seconds))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if total >= (2 * size if unit != "min" else size):
            return f"{total // size} {unit}"
    return f"{total} s"


def stopwatch(seconds: float) -> str:
    """``9`` -> ``0:09``; ``754`` -> ``12:34``; ``7384`` -> ``2:03:04``."""
    total = max(0, round(seconds))
    hours, rest = divmod(total, 3600)
    minutes, secs = divmod(rest, 60)
    return f"{hours}:{minutes:02d}:{secs:02d}" if hours else f"{minutes}:{secs:02d}"


@dataclass(frozen=True, slots=True)
class Times:
    """Writes times in the plant's zone."""

    zone: tzinfo

    def local(self, at: datetime) -> datetime:
        """The same instant, plant time."""
        return at.astimezone(self.zone)

    def minute(self, at: datetime) -> str:
        """``11:08``."""
        return f"{self.local(at):%H:%M}"

    def second(self, at: datetime) -> str:
        """``11:08:31``."""
        return f"{self.local(at):%H:%M:%S}"

    def mark(self, at: datetime) -> str:
        """The clock time, with seconds only where there are any."""
        return self.second(at) if at.second else self.minute(at)

    def full(self, at: datetime | None) -> str:
        """``2026-11-20 11:08:31``; empty where there is none."""
        return f"{self.local(at):%Y-%m-%d %H:%M:%S}" if at else ""

    def near(self, at: datetime, now: datetime) -> str:
        """The clock time; with the date where it was another day."""
        same = self.local(at).date() == self.local(now).date()
        return self.minute(at) if same else f"{self.local(at):%d %b %H:%M}"

    def near_second(self, at: datetime, now: datetime) -> str:
        """As ``near``, to the second on the same day."""
        same = self.local(at).date() == self.local(now).date()
        return self.second(at) if same else self.near(at, now)


def utc_now() -> datetime:
    """This computer's clock, aware UTC. The screens take it through their context, tests give another."""
    return datetime.now(UTC)
